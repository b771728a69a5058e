"""Simulating a city: seconds, memory and bytes at 1:100, 1:10 and 1:1, and the invented people behind it.

The limit is that of the whole city; the smaller ones show how it grows. Wall time with two workers, seals included
(without signatures, whose cost does not grow).
"""

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import MEBIBYTE, ROOT, Line, Run, print_table, run, size, verdict, within

SCENARIOS = ("shanghai-2018", "zhengzhou-2021")
SCALES = (100, 10, 1)
SECONDS, PEAK_BYTES = 120, 6 << 30
PEOPLE, PEOPLE_SECONDS = 1_000_000, 20
# Good cards at 1:1: the published figure of Shanghai, and what the scenario of Zhengzhou says.
MADE = {"shanghai-2018": 2_412_871, "zhengzhou-2021": 366_000}
# Both run in a process of their own, so that its most memory is theirs alone.
SIMULATE = """
import sys
from civicard.simulation.opening import open_scenario
from civicard.simulation.plan import Plan
from civicard.simulation.writing import simulate
written = simulate(Plan(open_scenario(sys.argv[1]), int(sys.argv[2]), 2018), sys.argv[3], ())
print(written.facts, written.made)
"""
REGISTER = """
import sys, time
from civicard.simulation.city import city
from civicard.simulation.opening import open_scenario
from civicard.simulation.people import register_csv
from civicard.simulation.plan import Plan
made = city(Plan(open_scenario(sys.argv[1]), 1, 2018))
begun = time.perf_counter()
print(register_csv(made).count(b"\\n") - 1, time.perf_counter() - begun)
"""


def main() -> None:
    """Simulate both cities at each scale, and print the table."""
    lines: list[Line] = []
    with tempfile.TemporaryDirectory() as folder:
        for scenario in SCENARIOS:
            before: tuple[int, float] | None = None
            for scale in SCALES:
                home = Path(folder) / f"{scenario}-{scale}"
                took = run([sys.executable, "-c", SIMULATE, path_of(scenario), str(scale), home])
                facts, made = (int(word) for word in took.output.split())
                assert scale > 1 or made == MADE[scenario], f"{made} good cards"
                lines += simulated(scenario, scale, facts, took, home)
                if before is not None:
                    lines.append(growth(facts / before[0], took.seconds / before[1]))
                before = (facts, took.seconds)
    lines.append(people())
    load = os.getloadavg()[0]
    print_table(f"Simulating a city, seed 2018; load of the machine at the end {load:.1f}", lines)


def path_of(scenario: str) -> str:
    """Return the file of a scenario."""
    return str(ROOT / "scenarios" / f"{scenario}.yaml")


def simulated(scenario: str, scale: int, facts: int, took: Run, home: Path) -> list[Line]:
    """Return the lines of one city: time and memory against their limits at 1:1, and what lies on the disk."""
    is_whole = scale == 1
    stored = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    return [
        Line(
            what=f"{scenario} at 1:{scale}, {facts:,} facts",
            figure=f"{took.seconds:.1f} s",
            limit=f"{SECONDS} s" if is_whole else "",
            ratio=within(took.seconds, SECONDS) if is_whole else "",
        ),
        Line(
            what="  processor; facts a second",
            figure=f"{took.cpu_seconds:.1f} s; {facts / took.seconds:,.0f}",
        ),
        Line(
            what="  most memory",
            figure=size(took.peak_bytes),
            limit=size(PEAK_BYTES) if is_whole else "",
            ratio=verdict(PEAK_BYTES / took.peak_bytes) if is_whole else "",
        ),
        Line(what="  lake", figure=f"{stored / MEBIBYTE:.1f} MiB; {stored / facts:.1f} B a fact"),
    ]


def growth(facts: float, seconds: float) -> Line:
    """Return how time grew beside facts since the scale before; above 1 it grew less than they did."""
    return Line(
        what="  growth: facts, seconds",
        figure=f"{facts:.1f} times, {seconds:.1f} times",
        limit="linear",
        ratio=verdict(facts / seconds),
    )


def people() -> Line:
    """Return what the register of a whole city costs, for a million people."""
    took = run([sys.executable, "-c", REGISTER, path_of("shanghai-2018")])
    number, seconds = int(took.output.split()[0]), float(took.output.split()[1])
    million = seconds * PEOPLE / number
    return Line(
        what=f"register of {number:,} people as CSV, a million of them",
        figure=f"{million:.1f} s; process at most {size(took.peak_bytes)}",
        limit=f"{PEOPLE_SECONDS} s",
        ratio=within(million, PEOPLE_SECONDS),
    )


if __name__ == "__main__":
    main()
