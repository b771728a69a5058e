"""Sealing from PostgreSQL beside a bare COPY of the same rows out, which nobody looks at.

Each run seals all rows into a new lake; the database forgets the seal afterwards, as only its owner can make it.
"""

import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from benchmarks.measuring import Line, print_table, size, timing, verdict
from benchmarks.scratch import FACTS_A_CARD, facts, scratch_database

from civicard.vault.interface import Signer

LIMIT = 0.40
CARDS = 150_000
RUNS = 3
COPY = "COPY (SELECT number, kind, at, day, recorded_at, actor, cause, corrects, body FROM ledger_fact) TO STDOUT"


def main() -> None:
    """Fill a database, measure, and print the table; the number of cards may be given."""
    cards = int(sys.argv[1]) if len(sys.argv) > 1 else CARDS
    with scratch_database() as address, tempfile.TemporaryDirectory() as name:
        if address is None:
            print("skipped: no PostgreSQL answers")
            return
        fill(cards)
        before = peak()
        signer = new_signer(Path(name))
        copied, scanned, fallback = [], [], []
        for run in range(RUNS):
            copied.append(copy_out(address))
            scanned.append(sealed(Path(name) / f"lake-{run}", signer, by_scanner=True))
        after = peak()
        fallback.append(sealed(Path(name) / "lake-fallback", signer, by_scanner=False))
        number = cards * FACTS_A_CARD
        lake = sum(one.stat().st_size for one in (Path(name) / "lake-0").rglob("*") if one.is_file())
        bare, ours = timing(copied), timing(scanned)
        lines = [
            Line(
                what="rows a second, sealed",
                figure=f"{number / ours.best:,.0f}",
                limit=f"{LIMIT:.0%} of the peer",
                ratio=verdict(bare.best / ours.best / LIMIT),
                peer=f"{bare.best / ours.best:.0%} of a bare COPY, {number / bare.best:,.0f}",
            ),
            Line(
                what=f"  median of {ours.runs} runs",
                figure=f"{number / ours.median:,.0f}",
                ratio=f"{bare.median / ours.median / LIMIT:.2f}",
                peer=f"{bare.median / ours.median:.0%} of a bare COPY, {number / bare.median:,.0f}",
            ),
            Line(
                what="  without DuckDB's scanner",
                figure=f"{number / min(fallback):,.0f}",
                peer=f"{bare.best / min(fallback):.0%} of a bare COPY",
            ),
            Line(what="peak of this process; before sealing", figure=f"{size(after)}; {size(before)}"),
            Line(what="size of the lake", figure=f"{size(lake)}, {lake / number:.0f} B a fact"),
        ]
        print_table(f"Sealing from PostgreSQL: {number:,} rows of ten kinds", lines)


def peak() -> int:
    """Return the most memory that this process ever held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def fill(cards: int) -> None:
    """Record the facts of so many cards, and let PostgreSQL settle them as it does in the course of a day."""
    from django.db import connection, transaction

    from civicard.kernel.actor import Actor
    from civicard.ledger.actions import Entry, record_all

    with transaction.atomic():
        record_all((Entry(fact, at) for fact, at in facts(cards)), actor=Actor(code="clerk-0042"))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE ledger_fact")


def new_signer(folder: Path) -> Signer:
    """Return a signer with a key of its own."""
    from civicard.vault.keystore import Keystore, Purpose
    from civicard.vault.master import Master

    store = Keystore.create(folder / "keys.json", Master.random())
    store.add("seal", Purpose.SIGNATURE_ED25519)
    return store.signer("seal")


def copy_out(address: str) -> float:
    """Return the seconds of COPY to a reader that throws everything away."""
    with psycopg.connect(address) as base, base.cursor() as cursor:
        start = time.perf_counter()
        with cursor.copy(COPY) as rows:
            for _ in rows:
                pass
        return time.perf_counter() - start


def sealed(folder: Path, signer: Signer, *, by_scanner: bool) -> float:
    """Return the seconds of sealing everything into a new lake."""
    from django.db import connection

    from civicard.kernel.text import Text
    from civicard.ledger.lake import About
    from civicard.ledger.rows import seal

    about = About(city=Text("示例市", "Sample City"), origin="operated")
    start = time.perf_counter()
    made = seal(folder=folder, about=about, signers=[signer], at=datetime.now(UTC), by_scanner=by_scanner)
    seconds = time.perf_counter() - start
    assert made is not None
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM ledger_seal")
        cursor.execute("SET session_replication_role = origin")
    return seconds


if __name__ == "__main__":
    main()
