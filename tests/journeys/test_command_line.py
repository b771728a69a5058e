"""The commands as a person meets them: what is printed, what is written, and what is refused without a trace."""

import csv
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from civicard.cli.main import main

PROGRAMMES = Path(__file__).parents[2] / "programmes"
SHANGHAI = str(PROGRAMMES / "shanghai-2018.yaml")
ZHENGZHOU = str(PROGRAMMES / "zhengzhou-2021.yaml")
GOOD = """civicard: 1
programme: {title: {zh: 示例, en: Example}, unit: 示例单位}
framework:
  sum: 20
  grades: [{grade: 合格, least: 12, most: 20}, {grade: 不合格, below: 12}]
  indicators:
    - {code: A, name: 甲, weight: 8, unit: "%", rule: {kind: step, figure: share, target: 100, step: 1, deduct: 2, reading: started}}
    - {code: B, name: 乙, weight: 12, unit: 元, rule: {kind: proportional, figure: spent, target: 60}}
figures:
  share: {name: 占比, unit: "% of whole", value: 99.60}
  spent: {name: 支出, unit: 元, value: 50}
"""


# Whatever language the person at this machine prefers.
ENVIRONMENT = {**os.environ, "CIVICARD_LANG": ""}


class Ran(NamedTuple):
    """What a command gave."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def civicard(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command line in this process, in Chinese unless told otherwise."""
    monkeypatch.delenv("CIVICARD_LANG", raising=False)

    def run(*argv: str | Path) -> Ran:
        capsys.readouterr()
        status = main([str(one) for one in argv])
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return run


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Return a small programme file in an empty folder."""
    path = tmp_path / "good.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def process(*argv: str | Path, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "civicard.cli.main", *map(str, argv)],
        env={**ENVIRONMENT, **environment},
        capture_output=True,
        check=False,
    )


def parsed(ran: Ran) -> dict[str, Any]:
    """Return the one JSON object that a command printed."""
    assert ran.status == 0, ran.err
    value: dict[str, Any] = json.loads(ran.out)
    return value


def floats(value: object) -> Iterator[object]:
    """Yield every number of a JSON value that is no whole number."""
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from floats(one)
    elif isinstance(value, float):
        yield value


def refused(ran: Ran, code: str) -> str:
    """Return the English sentence of a refusal, which must be all that happened."""
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith(f"[{code}] ")
    assert "Traceback" not in ran.err
    return ran.err.split(f"[{code}] ")[-1]


def left_in(folder: Path) -> list[str]:
    """Return everything in a folder, hidden or not."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


# evaluate


@pytest.mark.parametrize(
    ("path", "total", "grade"),
    [(SHANGHAI, "82", "良"), (ZHENGZHOU, "99.68", "优")],
    ids=["Shanghai", "Zhengzhou"],
)
def test_the_published_totals_come_out_as_json(civicard: Run, path: str, total: str, grade: str) -> None:
    result = parsed(civicard("evaluate", path, "--format", "json"))
    assert (result["total"], result["grade"]) == (total, grade)
    assert (result["total_low"], result["total_high"]) == (total, total)
    assert result["complete"] is True
    assert result["origin"] == "operated"
    assert list(floats(result)) == []


def test_the_groups_of_shanghai_come_out_as_published(civicard: Run) -> None:
    result = parsed(civicard("evaluate", SHANGHAI, "--format", "json"))
    points = {one["code"]: (one["points"], one["weight"]) for one in result["groups"]}
    assert (points["A"], points["B"], points["C"]) == (("6", "6"), ("24", "29"), ("52", "65"))
    assert len(result["scores"]) == 19
    assert len(result["disagreements"]) == 25


@pytest.mark.parametrize(
    ("path", "line"),
    [(SHANGHAI, "总分 82　等级 良"), (ZHENGZHOU, "总分 99.68　等级 优")],
    ids=["Shanghai", "Zhengzhou"],
)
def test_the_published_totals_come_out_as_text(civicard: Run, path: str, line: str) -> None:
    ran = civicard("evaluate", path)
    assert ran.status == 0
    assert line in ran.out.splitlines()
    assert "计算过程" in ran.out


def test_the_whole_screen_speaks_english_when_asked(civicard: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    by_option = civicard("evaluate", SHANGHAI, "--lang", "en").out
    assert "Total 82, grade good" in by_option
    assert "8 started steps of 2 points cost 8; 5 − 8 falls below the floor: 0" in by_option
    monkeypatch.setenv("CIVICARD_LANG", "en_GB.UTF-8")
    assert civicard("evaluate", SHANGHAI).out == by_option


def test_columns_stand_below_each_other_although_chinese_is_twice_as_wide(civicard: Run) -> None:
    lines = civicard("evaluate", SHANGHAI).out.splitlines()
    table = lines[lines.index(next(line for line in lines if line.startswith("代码"))) :][:10]
    ends = {columns(line[: re.search(r" \d+(?=  +\d+(?:  |$))", line).end()]) for line in table[1:]}  # type: ignore[union-attr]  # every row has points and a weight
    assert len(ends) == 1


def columns(text: str) -> int:
    """Return how many columns a terminal needs for `text`."""
    return sum(2 if ord(char) > 0x2E80 else 1 for char in text)


def test_all_files_are_written_and_named_once(civicard: Run, good: Path, tmp_path: Path) -> None:
    ran = civicard("evaluate", good, "--out", tmp_path / "out", "--format", "text,json,html,docx,json")
    assert ran.status == 0
    assert left_in(tmp_path / "out") == [
        "receipt.json", "report.docx", "report.html", "score-table.docx", "score-table.html", "scores.json", "scores.txt",
        "self-evaluation-report.docx", "self-evaluation-report.html", "self-evaluation-table.docx",
        "self-evaluation-table.html",
    ]  # fmt: skip
    assert json.loads((tmp_path / "out" / "scores.json").read_text("utf-8"))["total"] == "16"


def test_only_the_documents_asked_for_are_made(civicard: Run, good: Path, tmp_path: Path) -> None:
    civicard("evaluate", good, "--out", tmp_path / "out", "--format", "html", "--document", "table,scores")
    assert left_in(tmp_path / "out") == ["receipt.json", "score-table.html", "self-evaluation-table.html"]


def test_the_same_file_gives_the_same_files_again(civicard: Run, good: Path, tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        civicard("evaluate", good, "--out", tmp_path / name, "--format", "json,html,docx,xlsx,pdf")
        made.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert made[0] == made[1]


def test_chinese_comes_out_whole_where_the_locale_says_ascii(good: Path) -> None:
    done = process("evaluate", good, LC_ALL="C", PYTHONIOENCODING="ascii")
    assert "总分 16　等级 合格" in done.stdout.decode()


@pytest.mark.parametrize("form", ["text", "json", "text,json"])
def test_a_reader_that_goes_away_is_no_error(form: str) -> None:
    readable, writable = os.pipe()
    # Less than what is printed, so that the command is still writing when its reader goes.
    fcntl.fcntl(writable, fcntl.F_SETPIPE_SZ, 4096)
    with subprocess.Popen(
        [sys.executable, "-m", "civicard.cli.main", "evaluate", SHANGHAI, "--format", form],
        env=ENVIRONMENT,
        stdout=writable,
        stderr=subprocess.PIPE,
    ) as running:
        os.close(writable)
        assert os.read(readable, 1)
        os.close(readable)
        assert running.stderr is not None
        assert running.stderr.read() == b""
    assert running.returncode == 0


def test_head_gets_its_line(good: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", '"$0" -m civicard.cli.main evaluate "$1" | head -1', sys.executable, str(good)],
        env=ENVIRONMENT,
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode() == "示例　示例单位\n"
    assert done.stderr == b""


# framework check


@pytest.mark.parametrize("path", [SHANGHAI, ZHENGZHOU], ids=["Shanghai", "Zhengzhou"])
def test_a_file_in_order_is_said_to_be(civicard: Run, path: str) -> None:
    assert civicard("framework", "check", path).status == 0
    assert "is in order" in civicard("framework", "check", path, "--lang", "en").out


def test_every_fault_is_named_with_file_and_line_and_nothing_is_written(civicard: Run, good: Path) -> None:
    good.write_text(
        GOOD.replace("weight: 8", 'weight: "8"')
        .replace("figure: spent", "figure: spend")
        .replace("99.60", "-1"),
        encoding="utf-8",
    )
    told = refused(civicard("framework", "check", good), "programme_refused")
    assert re.findall(r"^good\.yaml:(\d+): ", told, re.MULTILINE) == ["7", "8", "10"]
    assert "did you mean 'spent'?" in told
    assert refused(civicard("evaluate", good, "--out", good.parent / "out"), "programme_refused") == told
    assert left_in(good.parent) == ["good.yaml"]


# what cannot be read


def test_a_file_that_is_not_there(civicard: Run, tmp_path: Path) -> None:
    assert "there is no such file" in refused(civicard("evaluate", tmp_path / "none.yaml"), "file_unreadable")


def test_a_folder_in_place_of_a_file(civicard: Run, tmp_path: Path) -> None:
    assert "it is a folder" in refused(civicard("evaluate", tmp_path), "file_unreadable")


def test_a_huge_file_is_refused_before_it_is_read(civicard: Run, tmp_path: Path) -> None:
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as file:
        file.truncate(200_000_000)
    start = time.perf_counter()
    told = refused(civicard("evaluate", huge), "file_unreadable")
    assert time.perf_counter() - start < 1
    assert "200,000,000 bytes" in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("99.60", ".nan"), "is no number"),
        (GOOD.replace("99.60", "-.inf"), "is no number"),
        (GOOD + "targets: [", "not valid YAML"),
        (GOOD + "civicard: 1\n", "stands twice"),
        (GOOD.replace("value: 50", "value: !!python/name:os.getcwd x"), "the tag"),
        (
            "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)),
            "aliases of aliases",
        ),
    ],
    ids=["NaN", "infinity", "broken", "a key twice", "a tag", "an alias bomb"],
)
def test_what_is_no_safe_yaml_is_refused_with_its_line(
    civicard: Run, good: Path, text: str, said: str
) -> None:
    good.write_text(text, encoding="utf-8")
    start = time.perf_counter()
    told = refused(civicard("evaluate", good), "source_unreadable")
    assert said in told
    assert re.search(r"good\.yaml, line \d+", told)
    assert time.perf_counter() - start < 1


def test_a_file_in_another_encoding_is_refused_with_its_line(civicard: Run, good: Path) -> None:
    good.write_bytes(GOOD.encode("gb18030"))
    assert "line 2 is not UTF-8" in refused(civicard("evaluate", good), "file_unreadable")


# what does not go together


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--format", "odt"], "there is no format odt; possible: text, json, html, docx, pdf, xlsx"),
        (["--format", "pdf"], "give --out"),
        (["--template", "our.docx"], "goes with the format docx"),
        (["--units", "units.csv", "--format", "json"], "the ending of --out decides"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_that_do_not_go_together(civicard: Run, good: Path, options: list[str], said: str) -> None:
    assert said in refused(civicard("evaluate", good, *options), "wrong_use")
    assert left_in(good.parent) == ["good.yaml"]


def test_a_document_that_there_is_not(civicard: Run, good: Path) -> None:
    told = refused(
        civicard("evaluate", good, "--out", good.parent / "out", "--format", "docx", "--document", "memo"),
        "document_unknown",
    )
    assert "report (evaluation report)" in told
    assert left_in(good.parent) == ["good.yaml"]


@pytest.mark.parametrize("argv", [[], ["evaluates"], ["evaluate"], ["receipt", "verify"]], ids=" ".join)
def test_a_line_that_cannot_be_understood_has_a_status_of_its_own(argv: list[str]) -> None:
    done = process(*argv)
    assert done.returncode == 2
    assert done.stderr.startswith(b"usage: civicard")


# what cannot be written


def test_a_folder_that_cannot_be_made_leaves_nothing(civicard: Run, good: Path) -> None:
    told = refused(civicard("evaluate", good, "--out", good / "out", "--format", "json"), "file_unwritable")
    assert "Nothing was changed" in told
    assert left_in(good.parent) == ["good.yaml"]
    assert good.read_text("utf-8") == GOOD


def test_one_file_that_cannot_be_written_takes_back_all_others(civicard: Run, good: Path) -> None:
    out = good.parent / "out"
    civicard("evaluate", good, "--out", out, "--format", "text")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    (out / "scores.json").mkdir()
    good.write_text(GOOD.replace("99.60", "97.60"), encoding="utf-8")
    refused(civicard("evaluate", good, "--out", out, "--format", "text,json"), "file_unwritable")
    (out / "scores.json").rmdir()
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


# Stops the process at the moment when the content of its first file is written and not yet on the disk.
STOPPED = """
import os, signal, sys
def stop(_handle):
    print("writing", flush=True)
    signal.pause()
os.fsync = stop
from civicard.cli.main import main
main(sys.argv[1:])
"""


def test_a_kill_in_the_midst_of_writing_leaves_no_file_that_looks_finished(civicard: Run, good: Path) -> None:
    out = good.parent / "out"
    options = ["evaluate", str(good), "--out", str(out), "--format", "json,html"]
    with subprocess.Popen([sys.executable, "-c", STOPPED, *options], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"writing\n"
        running.send_signal(signal.SIGKILL)
    assert running.returncode == -signal.SIGKILL
    assert [name for name in left_in(out) if not name.endswith(".part")] == []
    assert civicard(*options).status == 0
    assert civicard("receipt", "verify", out / "receipt.json").status == 0


# receipts


@pytest.fixture
def receipt(civicard: Run, good: Path) -> Path:
    """Return the receipt of the small programme, in a folder with nothing else."""
    civicard("evaluate", good, "--out", good.parent / "out", "--format", "json")
    return good.parent / "out" / "receipt.json"


@pytest.mark.parametrize("path", [SHANGHAI, ZHENGZHOU], ids=["Shanghai", "Zhengzhou"])
def test_a_receipt_holds(civicard: Run, tmp_path: Path, path: str) -> None:
    civicard("evaluate", path, "--out", tmp_path, "--format", "json")
    ran = civicard("receipt", "verify", tmp_path / "receipt.json", "--programme", path, "--lang", "en")
    assert ran.status == 0
    assert ran.out.startswith("The receipt holds: computed anew, ")


def change(value: dict[str, Any], *way: str | int, to: Callable[[str], str]) -> None:
    """Change one text deep inside a value."""
    here: Any = value
    for step in way[:-1]:
        here = here[step]
    assert to(here[way[-1]]) != here[way[-1]]
    here[way[-1]] = to(here[way[-1]])


def other_digit(text: str) -> str:
    """Return text with its first character changed to another that may stand there."""
    return ("1" if text[0] == "0" else "0") + text[1:]


@pytest.mark.parametrize(
    ("way", "to", "named"),
    [
        (("inputs", 0, "text"), lambda text: text.replace("99.60", "98.60"), ["inputs.good.yaml.sha256", "results.total", "digest"]),
        (("inputs", 0, "text"), lambda text: text.replace("civicard: 1\n", "civicard: 1 \n"), ["inputs.good.yaml.sha256", "digest"]),
        (("inputs", 0, "sha256"), other_digit, ["inputs.good.yaml.sha256", "digest"]),
        (("rules", "A"), other_digit, ["rules.A", "digest"]),
        (("readings", "A.reading"), lambda _: "nearest", ["readings.A.reading", "digest"]),
        (("results", "total"), lambda _: "17", ["results.total", "digest"]),
        (("results", "scores", 0, "points"), lambda _: "8", ["results.scores.A.points", "digest"]),
        (("results", "scores", 0, "explanation"), lambda text: text.replace("6", "8"), ["results.scores.A.explanation", "digest"]),
        (("digest",), other_digit, ["digest"]),
    ],
    ids=["a figure", "a space", "a hash", "a rule", "a reading", "the total", "points", "a working", "the digest"],
)  # fmt: skip
def test_a_receipt_changed_in_one_place_says_where(
    civicard: Run, receipt: Path, way: tuple[str | int, ...], to: Callable[[str], str], named: list[str]
) -> None:
    value = json.loads(receipt.read_text("utf-8"))
    change(value, *way, to=to)
    receipt.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    ran = civicard("receipt", "verify", receipt, "--lang", "en")
    assert ran.status == 1
    differing = [line.split(": the receipt says ")[0] for line in ran.out.splitlines()[:-1]]
    assert set(named) <= set(differing)
    assert f"The receipt does not hold: {len(differing)} difference" in ran.out.splitlines()[-1]


def test_a_receipt_is_held_against_the_programme_file(civicard: Run, receipt: Path, good: Path) -> None:
    assert civicard("receipt", "verify", receipt, "--programme", good).status == 0
    good.write_text(GOOD.replace("99.60", "99.61"), encoding="utf-8")
    ran = civicard("receipt", "verify", receipt, "--programme", good, "--lang", "en")
    assert ran.status == 1
    assert ran.out.startswith("inputs.good.yaml: the receipt says ")


def test_a_receipt_of_another_programme_is_told_apart(civicard: Run, receipt: Path) -> None:
    ran = civicard("receipt", "verify", receipt, "--programme", ZHENGZHOU, "--lang", "en")
    assert ran.status == 1
    assert "inputs.zhengzhou-2021.yaml: the receipt says —" in ran.out


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"a": ', '"text"', "[" * 100_000], ids=lambda text: text[:8]
)
def test_what_is_no_receipt_is_refused(civicard: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "receipt.json").write_text(text, encoding="utf-8")
    refused(civicard("receipt", "verify", tmp_path / "receipt.json"), "receipt_unreadable")


# sensitivity


def test_shanghai_under_every_reading(civicard: Run) -> None:
    found = parsed(civicard("sensitivity", SHANGHAI, "--format", "json"))
    uniform = {one["label"]["en"].split()[-1]: (one["total"], one["grade"]) for one in found["uniform"]}
    assert (found["total"], found["grade"]) == ("82", "良")
    assert uniform["started"] == ("82", "良")
    assert uniform["nearest"] == ("84", "良")
    assert uniform["completed"] == ("86", "良")
    assert uniform["proportional"][0].startswith("83.88")
    (book,) = found["rule_books"]
    assert (book["total"][:5], book["grade"]) == ("96.78", "优")
    assert found["literal"]["total"] == "74"
    assert found["deciding"] == ["funds_in_time_rate.drawn=as_paid"]
    levers = {one["figure"]: one["value"] for one in found["above"]["levers"]}
    assert levers["cards_made"] == "2880000"
    assert [Decimal(found["combined"][end]["total"]) for end in ("least", "most")] == [74, 86]
    assert sum(found["combined"]["grades"].values()) == found["combined"]["number"]
    assert list(floats(found)) == []


def test_sensitivity_as_text_says_what_changes_the_grade(civicard: Run) -> None:
    lines = civicard("sensitivity", SHANGHAI).out.splitlines()
    marked = [line for line in lines if line.endswith("← 改变等级")]
    assert [re.findall(r"([\d.]+)  [优良中差]", line)[0] for line in marked] == ["79", "74", "96.78"]
    assert any("2,880,000 张" in line for line in lines)


def test_a_programme_without_readings_has_a_sensitivity_too(civicard: Run) -> None:
    found = parsed(civicard("sensitivity", ZHENGZHOU, "--format", "json"))
    assert (found["total"], found["alone"], found["combined"]["number"]) == ("99.68", [], 1)


# workbooks


def test_a_framework_goes_through_a_workbook_and_back(civicard: Run, good: Path) -> None:
    book, again = good.with_suffix(".xlsx"), good.parent / "again.yaml"
    assert civicard("framework", "to-xlsx", good).status == 0
    assert civicard("framework", "from-xlsx", book, "--out", again).status == 0
    assert parsed(civicard("evaluate", again, "--format", "json")) == parsed(
        civicard("evaluate", good, "--format", "json")
    )


def test_a_file_that_is_no_workbook_is_refused(civicard: Run, good: Path) -> None:
    book = shutil.copy(good, good.with_suffix(".xlsx"))
    for command in ("from-xlsx", "from-form"):
        refused(
            civicard("framework", command, book, "--out", good.parent / "again.yaml"), "workbook_unreadable"
        )
    assert left_in(good.parent) == ["good.xlsx", "good.yaml"]


# tables of units

TABLE = """区,占比,spent（元）,备注
东区,99.60,50,甲
西区,100,60,
南区,,30,=1+1
"""


def test_a_table_of_units_is_scored_row_by_row(civicard: Run, good: Path) -> None:
    (good.parent / "units.csv").write_text(TABLE, encoding="utf-8")
    ran = civicard("evaluate", good, "--units", good.parent / "units.csv")
    rows = list(csv.DictReader(ran.out.splitlines()))
    assert [(row["区"], row["总分"], row["等级"], row["完整"]) for row in rows] == [
        ("东区", "16", "合格", "是"), ("西区", "20", "合格", "是"), ("南区", "", "", "否"),
    ]  # fmt: skip
    assert (rows[2]["最低总分"], rows[2]["最高总分"], rows[2]["A 状态"]) == ("6", "14", "缺数据")
    assert rows[2]["备注"].lstrip("'") == "=1+1"


def test_the_same_unit_gets_the_same_points_alone_and_in_a_table(civicard: Run, good: Path) -> None:
    (good.parent / "units.csv").write_text(TABLE, encoding="utf-8")
    (row, *_) = csv.DictReader(
        civicard("evaluate", good, "--units", good.parent / "units.csv").out.splitlines()
    )
    alone = parsed(civicard("evaluate", good, "--format", "json"))
    assert {code: row[f"{code} 得分"] for code in ("A", "B")} == {
        one["code"]: one["points"] for one in alone["scores"]
    }


def test_a_table_goes_to_a_file_by_its_ending(civicard: Run, good: Path) -> None:
    (good.parent / "units.csv").write_text(TABLE, encoding="utf-8")
    for name in ("scores.csv", "scores.xlsx", "scores.parquet"):
        ran = civicard("evaluate", good, "--units", good.parent / "units.csv", "--out", good.parent / name)
        assert (ran.status, ran.out) == (0, "")
    assert {"scores.csv", "scores.xlsx", "scores.parquet"} <= set(left_in(good.parent))


def test_a_table_with_a_wrong_cell_is_refused_with_its_place(civicard: Run, good: Path) -> None:
    (good.parent / "units.csv").write_text(TABLE.replace("99.60", "约99"), encoding="utf-8")
    ran = civicard(
        "evaluate", good, "--units", good.parent / "units.csv", "--out", good.parent / "scores.csv"
    )
    told = refused(ran, "table_refused")
    assert "占比" in told
    assert left_in(good.parent) == ["good.yaml", "units.csv"]


def test_a_copy_under_another_name_is_the_same_input(civicard: Run, receipt: Path, good: Path) -> None:
    copy = good.with_name("good (1).yaml")
    copy.write_bytes(good.read_bytes())
    assert civicard("receipt", "verify", receipt, "--programme", copy).status == 0


def test_a_file_that_was_not_named_is_never_replaced(civicard: Run, good: Path) -> None:
    book = good.with_suffix(".xlsx")
    book.write_bytes(b"filled in by hand")
    said = refused(civicard("framework", "to-xlsx", good), "file_exists")
    assert f"--out {book}" in said
    assert book.read_bytes() == b"filled in by hand"
    assert civicard("framework", "to-xlsx", good, "--out", book).status == 0
    assert book.read_bytes() != b"filled in by hand"


def test_results_of_something_else_in_the_folder_are_pointed_out(
    civicard: Run, good: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert "report.docx" not in civicard("evaluate", good, "--out", out).err
    (out / "report.docx").write_bytes(b"of last year")
    assert "与本次凭据无关的文件：report.docx" in civicard("evaluate", good, "--out", out).err


def test_an_input_that_the_programme_file_does_not_name_is_no_part_of_a_receipt(
    civicard: Run, receipt: Path
) -> None:
    value = json.loads(receipt.read_text(encoding="utf-8"))
    value["inputs"].append({"name": "more.yaml", "sha256": "0", "text": "evidence: {}"})
    receipt.write_text(json.dumps(value), encoding="utf-8")
    assert "not those that its programme file names" in refused(
        civicard("receipt", "verify", receipt), "receipt_unreadable"
    )


@pytest.mark.parametrize("text", ["\\ud800", "[]"])
def test_a_damaged_receipt_is_refused(civicard: Run, receipt: Path, text: str) -> None:
    value = json.loads(receipt.read_text(encoding="utf-8"))
    value["inputs"] = []
    made = json.dumps(value)
    receipt.write_text(
        made if text == "[]" else made.replace('"inputs": []', f'"inputs": "{text}"'), encoding="utf-8"
    )
    refused(civicard("receipt", "verify", receipt), "receipt_unreadable")


def test_units_say_which_figures_came_from_the_programme_file(civicard: Run, good: Path) -> None:
    table = good.with_name("units.csv")
    table.write_text("区,spent\n东,60\n", encoding="utf-8")
    ran = civicard("evaluate", good, "--units", table)
    assert ran.status == 0
    assert "占比" in ran.err or "share" in ran.err
    table.write_text("区,spend\n东,60\n", encoding="utf-8")
    assert "spent" in refused(civicard("evaluate", good, "--units", table), "table_refused")
