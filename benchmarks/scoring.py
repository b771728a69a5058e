"""Exact scores a second on one core, beside openfisca-core and a LibreOffice workbook with the same rules and units.

The peers count in binary numbers; where that starts a step that no figure started, the scores are counted and shown.
"""

import resource
import tempfile
import time
import tracemalloc
from pathlib import Path

from benchmarks.measuring import ROOT, Line, Timing, print_table, size, timed, verdict
from benchmarks.peers.agreement import Noise, noise
from benchmarks.peers.openfisca import OpenFisca
from benchmarks.peers.table import SEED, Table, leaves, table, to_units, with_rates_given
from benchmarks.peers.workbook import LibreOffice, write_workbook

from civicard.evaluation.opening import open_programme
from civicard.scoring import Programme, Units, UnitScores, evaluate, explain_unit, score_units
from civicard.scoring.many import Cases

LIMIT = 200_000
UNITS = 4_000
SAMPLE = 25
RUNS = 15
# LibreOffice takes seconds a run and is for information.
SLOW_RUNS = 3


def main() -> None:
    """Check the points, measure, and print the table."""
    programme = open_programme(ROOT / "programmes" / "shanghai-2018.yaml").loaded.programme
    units_table = table(programme, UNITS)
    units = to_units(units_table)
    given = with_rates_given(programme, units)
    exact = score_units(programme, units)
    check_sample(programme, units, exact)
    assert [one.outcome for one in score_units(programme, given).totals] == [
        one.outcome for one in exact.totals
    ]
    number = UNITS * len(leaves(programme))
    worked_out = timed(lambda: score_units(programme, units), runs=RUNS)
    lines = [
        *rates("figures given", number, timed(lambda: score_units(programme, given), runs=RUNS)),
        *rates("rates worked out from amounts", number, worked_out),
        explaining(programme, units),
        memory(programme, units, number),
        *beside_openfisca(programme, units_table, units, exact, worked_out),
        *beside_libreoffice(programme, units_table, units, exact, worked_out),
    ]
    print_table(f"Scoring: {UNITS:,} units × {number // UNITS} indicators, one core, seed {SEED}", lines)


def check_sample(programme: Programme, units: Units, exact: UnitScores) -> None:
    """Assert that a sample of units gets the same points alone, with explanations, as in the table."""
    cases = Cases(programme, units)
    for at in range(0, UNITS, UNITS // SAMPLE):
        case = cases[at]
        own = programme.model_copy(update={"evidence": dict(case.answers)})
        for alone in (evaluate(own, case.figures), explain_unit(programme, units, at)):
            assert alone.total.outcome == exact.totals[at].outcome, f"the total of unit {at}"
            assert alone.total.grade == exact.totals[at].grade, f"the grade of unit {at}"
            for score in alone.leaves():
                assert score.points == exact.outcomes[score.code][at].points, f"{score.code} of unit {at}"
                assert score.explanation.zh, f"{score.code} of unit {at} has no explanation"


def rates(what: str, number: int, took: Timing) -> list[Line]:
    """Return the lines of best and median."""
    limit = f"{LIMIT:,}"
    best, middle = number / took.best, number / took.median
    return [
        Line(
            what=f"scores a second, {what}", figure=f"{best:,.0f}", limit=limit, ratio=verdict(best / LIMIT)
        ),
        Line(
            what=f"  median of {took.runs} runs",
            figure=f"{middle:,.0f}",
            limit=limit,
            ratio=f"{middle / LIMIT:.2f}",
        ),
    ]


def explaining(programme: Programme, units: Units) -> Line:
    """Return what one unit costs with all its workings in words, which are made only when asked for."""
    case = Cases(programme, units)[0]
    took = timed(lambda: evaluate(programme, case.figures), runs=RUNS)
    return Line(what="one unit with every working in words", figure=f"{took.best * 1000:.1f} ms")


def memory(programme: Programme, units: Units, number: int) -> Line:
    """Return the memory that the scores of all units hold, and the most this process held."""
    # Before the tracing, which needs memory of its own.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    tracemalloc.start()
    kept = score_units(programme, units)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(kept.totals) == units.number
    return Line(
        what="memory of the scores; peak of the process",
        figure=f"{held / number:.0f} B a score; {size(peak)}",
    )


def beside_openfisca(
    programme: Programme, units_table: Table, units: Units, exact: UnitScores, ours: Timing
) -> list[Line]:
    """Return the lines of openfisca-core: 32-bit vectors, one formula an indicator."""
    try:
        peer = OpenFisca(programme, units_table)
    except ModuleNotFoundError as error:
        return [
            Line(what="openfisca-core", figure=f"skipped: {error.name} is not installed; `make bench` does")
        ]
    found = noise(
        programme, units, exact, {code: list(map(float, one)) for code, one in peer.scores().items()}
    )
    took = timed(peer.scores, runs=RUNS)
    one = timed(OpenFisca(programme, table(programme, 1)).scores, runs=RUNS)
    number = UNITS * len(exact.outcomes)
    return [
        Line(
            what="openfisca-core, scores a second",
            figure=f"{number / took.best:,.0f}",
            peer=times(took.best, ours),
        ),
        Line(what="openfisca-core, one unit, no words", figure=f"{one.best * 1000:.1f} ms"),
        noise_line("openfisca-core", found),
    ]


def beside_libreoffice(
    programme: Programme, units_table: Table, units: Units, exact: UnitScores, ours: Timing
) -> list[Line]:
    """Return the lines of a workbook: what a conversion costs with live formulas, less that of an empty workbook."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            office = LibreOffice(folder)
        except FileNotFoundError:
            return [Line(what="LibreOffice workbook", figure="skipped: there is no soffice on the path")]
        write_workbook(folder / "values.xlsx", programme, units_table, live=False)
        write_workbook(folder / "live.xlsx", programme, units_table, live=True)
        seconds = {
            kind: min(office.convert(f"{kind}.xlsx").cpu_seconds for _ in range(SLOW_RUNS))
            for kind in ("empty", "values", "live")
        }
        found = noise(programme, units, exact, office.points("live.xlsx", programme))
    number = UNITS * len(exact.outcomes)
    whole, formulas = seconds["live"] - seconds["empty"], seconds["live"] - seconds["values"]
    lines = [noise_line("LibreOffice workbook", found)]
    for what, took in (("workbook, read to saved", whole), ("workbook, its formulas alone", formulas)):
        lines.insert(
            -1,
            Line(
                what=f"LibreOffice {what}, scores a second",
                figure=f"{number / took:,.0f}",
                peer=times(took, ours),
            ),
        )
    return lines


def times(peer_seconds: float, ours: Timing) -> str:
    """Return how many times as fast as the peer we are on the same units."""
    ratio = peer_seconds / ours.best
    return f"{ratio:.1f} × the peer" if ratio >= 1 else f"1/{1 / ratio:,.0f} of the peer"


def noise_line(peer: str, found: Noise) -> Line:
    """Return the line about what binary numbers changed."""
    return Line(
        what=f"{peer}, scores that binary noise changed",
        figure=f"{found.points:,} of {found.edges:,} where a step begins; {found.grades:,} grades of {UNITS:,}",
    )


if __name__ == "__main__":
    start = time.perf_counter()
    main()
    print(f"\n{time.perf_counter() - start:.0f} s in all")
