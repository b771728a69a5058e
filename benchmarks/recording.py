"""Facts recorded through `record` on PostgreSQL, one by one, beside the same rows inserted by psycopg alone.

Both write ten facts a transaction through the same triggers; the peer's rows are ready before the clock starts. Runs
alternate, so that what else the machine does falls on both.
"""

import resource
import time
from collections.abc import Iterator, Sequence
from datetime import datetime

import psycopg
from benchmarks.measuring import Line, Timing, print_table, size, timing, verdict
from benchmarks.scratch import FACTS_A_CARD, facts, scratch_database

from civicard.ledger.kinds import Fact

LIMIT = 0.60
CARDS = 1_000
RUNS = 7
INSERT = (
    "INSERT INTO ledger_fact (kind, at, day, actor, cause, corrects, body) VALUES (%s, %s, %s, %s, %s, %s, %s) "
    "RETURNING number"
)
Row = tuple[str, datetime, object, str, None, None, str]


def main() -> None:
    """Measure, and print the table."""
    with scratch_database() as address:
        if address is None:
            print("skipped: no PostgreSQL answers")
            return
        written = list(facts(CARDS))
        rows = list(as_rows(written))
        ours, peer = [], []
        for _ in range(RUNS):
            peer.append(inserted(address, rows))
            ours.append(recorded(written))
        lines = [*table(len(rows), timing(ours), timing(peer)), *at_once(len(rows), written, address, rows)]
        print_table(f"Recording on PostgreSQL: {len(rows):,} facts, {FACTS_A_CARD} a transaction", lines)


def as_rows(written: Sequence[tuple[Fact, datetime]]) -> Iterator[Row]:
    """Yield the facts as rows ready to be inserted."""
    from civicard.ledger.bodies import encoded, kind_of_fact

    for fact, at in written:
        yield kind_of_fact(fact).name, at, at.date(), "clerk-0042", None, None, encoded(fact)


def inserted(address: str, rows: Sequence[Row]) -> float:
    """Return the seconds of psycopg alone: one statement a row, prepared after the fifth, its number read back."""
    with psycopg.connect(address, autocommit=True) as base, base.cursor() as cursor:
        start = time.perf_counter()
        for some in batches(rows):
            with base.transaction():
                for row in some:
                    cursor.execute(INSERT, row).fetchone()
        return time.perf_counter() - start


def batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Yield the rows of one transaction after another."""
    for at in range(0, len(rows), FACTS_A_CARD):
        yield rows[at : at + FACTS_A_CARD]


def recorded(written: Sequence[tuple[Fact, datetime]]) -> float:
    """Return the seconds of `record` within Django's transactions."""
    from django.db import transaction

    from civicard.kernel.actor import Actor
    from civicard.ledger.actions import record

    actor = Actor(code="clerk-0042")
    start = time.perf_counter()
    for at in range(0, len(written), FACTS_A_CARD):
        with transaction.atomic():
            for fact, when in written[at : at + FACTS_A_CARD]:
                record(fact, actor=actor, at=when)
    return time.perf_counter() - start


def table(number: int, ours: Timing, peer: Timing) -> list[Line]:
    """Return the lines of facts recorded one by one."""
    ratio, middle = peer.best / ours.best, peer.median / ours.median
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return [
        Line(
            what="facts a second, one by one",
            figure=f"{number / ours.best:,.0f}",
            limit=f"{LIMIT:.0%} of the peer",
            ratio=verdict(ratio / LIMIT),
            peer=f"{ratio:.0%} of psycopg, {number / peer.best:,.0f}",
        ),
        Line(
            what=f"  median of {ours.runs} runs",
            figure=f"{number / ours.median:,.0f}",
            ratio=f"{middle / LIMIT:.2f}",
            peer=f"{middle:.0%} of psycopg, {number / peer.median:,.0f}",
        ),
        Line(what="peak of this process", figure=size(peak)),
    ]


def at_once(
    number: int, written: Sequence[tuple[Fact, datetime]], address: str, rows: Sequence[Row]
) -> list[Line]:
    """Return the line of `record_all` beside COPY of rows that are ready."""
    from django.db import transaction

    from civicard.kernel.actor import Actor
    from civicard.ledger.actions import Entry, record_all

    ours, peer = [], []
    for _ in range(RUNS):
        with psycopg.connect(address) as base, base.cursor() as cursor:
            start = time.perf_counter()
            with cursor.copy(
                "COPY ledger_fact (kind, at, day, actor, cause, corrects, body) FROM STDIN"
            ) as copy:
                for row in rows:
                    copy.write_row(row)
            base.commit()
            peer.append(time.perf_counter() - start)
        start = time.perf_counter()
        with transaction.atomic():
            record_all((Entry(fact, at) for fact, at in written), actor=Actor(code="clerk-0042"))
        ours.append(time.perf_counter() - start)
    ratio = min(peer) / min(ours)
    return [
        Line(
            what="facts a second, all at once",
            figure=f"{number / min(ours):,.0f}",
            peer=f"{ratio:.0%} of COPY, {number / min(peer):,.0f}",
        )
    ]


if __name__ == "__main__":
    main()
