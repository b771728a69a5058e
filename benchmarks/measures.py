"""All card measures over a simulated year, beside hand-written DuckDB SQL and PostgreSQL that give the same integers.

`--folder` keeps the simulated lakes; those that are missing are made. `--scale` is the largest city that is measured.
"""
# ruff: noqa: S608 - statements are made of measures that were checked and of declared names

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from benchmarks.measuring import ROOT, Line, Timing, print_table, run, size, timing, verdict, within
from benchmarks.peers.card_measures import Sums, by_hand

from civicard.ledger.kinds import all_kinds, kind_named
from civicard.ledger.lake import Lake, open_lake
from civicard.ledger.lake.rollups import relation
from civicard.ledger.lake.valid import valid, valid_sql
from civicard.measures.definition import all_measures
from civicard.measures.engine import Engine
from civicard.measures.statement import filled, parsed

SCENARIO = ROOT / "scenarios" / "shanghai-2018.yaml"
YEAR = (date(2018, 1, 1), date(2018, 12, 31))
# These are read by what they are broken down by; all others as one figure.
BROKEN_DOWN = {"cards_by_state": "state", "days_by_stage": "stage"}
NAMES = [name for name, one in all_measures().items() if one.app == "cards"]
MOST_TIMES_BY_HAND = 1.2
MOST_SECONDS = 10.0
# A city ten times the size may take ten times as long, and what it costs to start comes only once.
SCALES = (100, 10, 1)
POSTGRESQL = os.environ.get("POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")
POSTGRESQL_SCALE = 10
RUNS = 3


class Took(NamedTuple):
    """Seconds on the wall, and of all cores together, which is what the work costs on a machine that others share."""

    wall: Timing
    processor: Timing

    @property
    def shown(self) -> str:
        """Best of both."""
        return f"{self.wall.best:.2f} s, {self.processor.best:.2f} s of processors"


def main() -> None:
    """Make the lakes, measure, and print the table; or, as a process of its own, one of the two engines."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", default="1:10", help="the largest city: 1:100, 1:10 or 1:1")
    parser.add_argument("--folder", type=Path, help="where the lakes are kept")
    parser.add_argument("--only", choices=("ours", "by-hand"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only:
        lake = open_lake(asked.folder)
        once = ours if asked.only == "ours" else hand
        sys.stdout.write(json.dumps({name: str(sums) for name, sums in once(lake).items()}))
        return
    largest = int(asked.scale.removeprefix("1:"))
    with contextlib.ExitStack() as closing:
        folder = asked.folder or Path(closing.enter_context(tempfile.TemporaryDirectory()))
        scales = [one for one in SCALES if one >= largest]
        lakes = {scale: open_lake(simulated(folder, scale)) for scale in scales}
        lines = measured(lakes)
        lines += postgresql(lakes[max(largest, POSTGRESQL_SCALE)])
    print_table(f"Card measures: {len(NAMES)} of 2018, DuckDB on {os.cpu_count()} cores", lines)


def simulated(folder: Path, scale: int) -> Path:
    """Return the lake of the city at 1:`scale`, made when it is missing."""
    home = folder.resolve() / f"shanghai-2018-{scale}"
    if not home.exists():
        os.environ["CIVICARD_DATA"] = str(folder.resolve() / "keys")
        run(
            (
                *(sys.executable, "-m", "civicard.cli.main", "simulate", SCENARIO),
                *("--scale", f"1:{scale}", "--lake", home),
            )
        )
    return home


def ours(lake: Lake) -> dict[str, Sums]:
    """Return the integers of every card measure as the engine gives them."""
    found: dict[str, Sums] = {}
    with Engine(lake, *YEAR) as engine:
        for name in NAMES:
            measure = all_measures()[name]
            if name in BROKEN_DOWN:
                groups = engine.by(measure, BROKEN_DOWN[name])
                found[name] = sorted(
                    ((one.values[0], one.numerator, one.denominator) for one in groups), key=str
                )
            else:
                whole = engine.result(measure, check=False)
                found[name] = [(None, whole.numerator, whole.denominator)]
    return found


def checked(lake: Lake) -> None:
    """See that the keys of every card measure tell its rows apart, which the figures themselves leave out."""
    with Engine(lake, *YEAR) as engine:
        for name in NAMES:
            engine.check(all_measures()[name])


def hand(lake: Lake) -> dict[str, Sums]:
    """Return the same integers by hand-written SQL."""
    return by_hand(lake, lambda kind: relation(kind_named(kind).all_columns, []))


def measured(lakes: dict[int, Lake]) -> list[Line]:
    """Return the lines of both at every scale, what each measure costs at the largest, and the growth."""
    lines: list[Line] = []
    best: dict[int, float] = {}
    # First of all: a process begins with the peak of the one that started it.
    peaks = {scale: [peak(lake, which) for which in ("ours", "by-hand")] for scale, lake in lakes.items()}
    for scale, lake in lakes.items():
        assert not any(valid(lake, kind).excluded for kind in all_kinds())  # the peer knows no corrections
        mine, other = ours(lake), hand(lake)
        assert mine == other, {name: (mine[name], other[name]) for name in NAMES if mine[name] != other[name]}
        engine, peer = side_by_side(lambda lake=lake: ours(lake), lambda lake=lake: hand(lake))  # type: ignore[misc]  # bound at once
        best[scale] = engine.processor.best
        times = engine.processor.best / peer.processor.best
        (keys, _) = side_by_side(lambda lake=lake: checked(lake), lambda: None, runs=1)  # type: ignore[misc]  # as above
        lines += [
            Line(
                what=f"1:{scale}, {lake.seals[-1].facts:,} facts: all card measures",
                figure=engine.shown,
                limit=f"{MOST_SECONDS:.0f} s",
                ratio=within(engine.wall.best, MOST_SECONDS),
            ),
            Line(
                what="  hand-written SQL",
                figure=peer.shown,
                limit=f"{MOST_TIMES_BY_HAND} × by hand" if scale == 1 else "",
                ratio=verdict(MOST_TIMES_BY_HAND / times) if scale == 1 else "",
                peer=f"{times:.2f} × by hand",
            ),
            Line(what="  peak memory", figure=size(peaks[scale][0]), peer=f"{size(peaks[scale][1])} by hand"),
            Line(what="  telling all keys apart, when asked", figure=keys.shown),
        ]
    scales = list(best)
    for smaller, larger in pairwise(scales):
        growth, linear = best[larger] / best[smaller], smaller / larger
        lines.append(
            Line(
                what=f"growth from 1:{smaller} to 1:{larger}",
                figure=f"{growth:.1f} ×",
                limit=f"{linear:.0f} ×",
                ratio=verdict(linear / growth),
            )
        )
    return lines


def side_by_side(
    mine: Callable[[], object], other: Callable[[], object], runs: int = RUNS
) -> tuple[Took, Took]:
    """Return what both took, run by turns so that what else the machine does hits both."""
    wall: tuple[list[float], list[float]] = ([], [])
    processor: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        for at, work in enumerate((mine, other)):
            start, spent = time.perf_counter(), time.process_time()
            work()
            wall[at].append(time.perf_counter() - start)
            processor[at].append(time.process_time() - spent)
    first, second = (Took(timing(wall[at]), timing(processor[at])) for at in (0, 1))
    return first, second


def peak(lake: Lake, which: str) -> int:
    """Return the most memory that a process of its own held."""
    command = (sys.executable, "-m", "benchmarks.measures", "--only", which, "--folder", lake.folder)
    return run(command).peak_bytes


def postgresql(lake: Lake) -> list[Line]:
    """Return the lines of PostgreSQL with the same facts in typed tables and the same SQL."""
    what = f"PostgreSQL, 1:{lake.about.scale}"
    try:
        base = psycopg.connect(POSTGRESQL, connect_timeout=5, autocommit=True)
    except psycopg.OperationalError:
        return [Line(what=what, figure="skipped: none answers at POSTGRESQL")]
    with base, loaded(base, lake) as seconds:
        theirs: dict[str, Sums] = {}
        took, embedded = side_by_side(lambda: theirs.update(asked(base)), lambda: ours(lake))
    mine = ours(lake)
    assert theirs == mine, {name: (theirs[name], mine[name]) for name in NAMES if theirs[name] != mine[name]}
    return [
        Line(what=f"{what}: loading by COPY, with ANALYZE", figure=f"{seconds:.1f} s"),
        Line(
            what=f"{what}: all card measures, the same SQL",
            figure=f"{took.wall.best:.2f} s",
            peer=f"{took.wall.best / embedded.wall.best:.1f} × ours ({embedded.wall.best:.2f} s)",
        ),
    ]


@contextlib.contextmanager
def loaded(base: "psycopg.Connection[Any]", lake: Lake) -> Iterator[float]:
    """Load the facts that the measures read into tables of a schema of its own, which is removed again."""
    import duckdb

    kinds = sorted({kind for name in NAMES for kind in all_measures()[name].sources})
    schema = f"civicard_bench_{os.getpid()}"
    start = time.perf_counter()
    base.execute(f"CREATE SCHEMA {schema}")
    try:
        base.execute(f"SET search_path = {schema}")
        with duckdb.connect() as reader, tempfile.TemporaryDirectory() as folder:
            reader.execute("SET TimeZone = 'UTC'")
            for kind in kinds:
                columns = ", ".join(f'"{one.name}" {one.store}' for one in kind_named(kind).all_columns)
                base.execute(f"CREATE TABLE {kind} ({columns})")
                path = Path(folder) / "facts.csv"
                reader.execute(f"COPY ({valid_sql(lake, kind)}) TO '{path}' (HEADER false)")
                with (
                    base.cursor().copy(f"COPY {kind} FROM STDIN (FORMAT csv)") as copy,
                    path.open("rb") as file,
                ):
                    while block := file.read(1 << 20):
                        copy.write(block)
        base.execute("ANALYZE")
        yield time.perf_counter() - start
    finally:
        base.execute(f"DROP SCHEMA {schema} CASCADE")


def asked(base: "psycopg.Connection[Any]") -> dict[str, Sums]:
    """Return the integers of every card measure as PostgreSQL gives them."""
    found: dict[str, Sums] = {}
    for name in NAMES:
        tree = filled(parsed(all_measures()[name].body), *YEAR)
        below = "SUM(denominator)" if "denominator" in tree.named_selects else "NULL"
        by = BROKEN_DOWN.get(name)
        rows = base.execute(
            f"SELECT {by or 'NULL'}, SUM(numerator), {below} FROM ({tree.sql(dialect='postgres')}) AS evidence"
            + (f" GROUP BY {by}" if by else "")
        ).fetchall()
        found[name] = sorted(
            ((value, *(None if one is None else int(one) for one in sums)) for value, *sums in rows),
            key=str,
        )
    return found


if __name__ == "__main__":
    began = time.perf_counter()
    main()
    if "--only" not in sys.argv:
        print(f"\n{time.perf_counter() - began:.0f} s in all")
