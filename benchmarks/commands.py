"""What a person waits for: the commands from start to end, each run in a fresh process."""

import importlib.util
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measuring import Line, Run, Timing, print_table, run, size, timing, within

LIMIT_TEXT = 0.5
# "In seconds": the four formats of one programme, together.
LIMIT_FORMATS = 10.0
RUNS = 15
SLOW_RUNS = 3
PYTHON = (sys.executable,)
CIVICARD = (*PYTHON, "-m", "civicard.cli.main")
# Programme to what its text must say: total and grade of the published evaluation.
PROGRAMMES = {"shanghai-2018": ("82", "良"), "zhengzhou-2021": ("99.68", "优")}
FORMATS = ("html", "xlsx", "docx", "pdf")


def main() -> None:
    """Run the commands and print the table."""
    bare = several((*PYTHON, "-c", "pass"), RUNS)
    lines = [plain("python -c pass", bare)]
    if importlib.util.find_spec("openfisca_core") is None:
        lines.append(Line(what="import openfisca_core", figure="skipped: not installed; `make bench` does"))
        openfisca = None
    else:
        code = "import openfisca_core.simulations, openfisca_core.taxbenefitsystems"
        openfisca = several((*PYTHON, "-c", code), SLOW_RUNS)
        lines.append(plain("import openfisca_core, nothing evaluated", openfisca))
    for programme, words in PROGRAMMES.items():
        lines.append(text_line(programme, words, bare, openfisca))
    lines += [
        plain(f"sensitivity {programme}", several((*CIVICARD, "sensitivity", path(programme)), SLOW_RUNS))
        for programme in PROGRAMMES
    ]
    lines += format_lines()
    print_table(
        "Commands: seconds from start to end, best (median); best processor time; most memory held", lines
    )


def text_line(
    programme: str, words: Sequence[str], bare: Sequence[Run], openfisca: Sequence[Run] | None
) -> Line:
    """Return the line of one evaluation to text."""
    runs = several((*CIVICARD, "evaluate", path(programme)), RUNS)
    for word in words:
        assert word in runs[0].output, f"the evaluation of {programme} does not say {word}"
    best = seconds(runs).best
    # Processor time, because what else runs on the machine hits one run and not the other.
    processor = cpu(runs)
    peers = f"{processor / cpu(bare):.0f} × python -c pass"
    if openfisca is not None:
        peers += f", {processor / cpu(openfisca):.2f} × import openfisca_core"
    return Line(
        what=f"evaluate {programme} to text", figure=figure(runs), limit=f"{LIMIT_TEXT} s",
        ratio=within(best, LIMIT_TEXT), peer=peers,
    )  # fmt: skip


def format_lines() -> list[Line]:
    """Return a line a format, and one for all four at once."""
    lines = []
    for formats in (*((one,) for one in FORMATS), FORMATS):
        runs = [documents(formats) for _ in range(SLOW_RUNS)]
        best = seconds(runs).best
        lines.append(
            Line(
                what=f"evaluate shanghai-2018 to {', '.join(formats)}",
                figure=figure(runs),
                limit=f"{LIMIT_FORMATS:.0f} s",
                ratio=within(best, LIMIT_FORMATS),
            )
        )
    return lines


def documents(formats: Sequence[str]) -> Run:
    """Make all documents of `formats` in a new folder, and assert that each format is there."""
    with tempfile.TemporaryDirectory() as folder:
        done = run(
            (*CIVICARD, "evaluate", path("shanghai-2018"), "--out", folder, "--format", ",".join(formats))
        )
        made = {file.suffix.removeprefix(".") for file in Path(folder).rglob("*") if file.stat().st_size}
    assert made.issuperset(formats), f"asked for {', '.join(formats)}; there are {', '.join(sorted(made))}"
    return done


def several(command: Sequence[str | Path], number: int) -> list[Run]:
    """Run `command` so many times."""
    return [run(command) for _ in range(number)]


def path(programme: str) -> str:
    """Return the programme file, from the root of the repository."""
    return f"programmes/{programme}.yaml"


def seconds(runs: Sequence[Run]) -> Timing:
    """Return best and median of what `runs` took on the clock."""
    return timing([one.seconds for one in runs])


def cpu(runs: Sequence[Run]) -> float:
    """Return the best processor seconds."""
    return min(one.cpu_seconds for one in runs)


def figure(runs: Sequence[Run]) -> str:
    """Return time and memory as the table shows them."""
    took = seconds(runs)
    most = size(max(one.peak_bytes for one in runs))
    return f"{took.best:.2f} ({took.median:.2f}) s, {cpu(runs):.2f} s of processor, {most}"


def plain(what: str, runs: Sequence[Run]) -> Line:
    """Return a line that has no limit."""
    return Line(what=what, figure=figure(runs))


if __name__ == "__main__":
    main()
