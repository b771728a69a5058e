"""Transactions side by side on PostgreSQL: whichever commits last, no fact is lost and none is sealed twice."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.db import connection, transaction

from civicard.cards.facts import ApplicationPassed
from civicard.kernel.actor import Actor
from civicard.ledger.actions import record
from civicard.ledger.lake import About, Seal, open_lake
from civicard.ledger.queries import differences
from civicard.ledger.rows import seal
from civicard.vault.keystore import Keystore

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2018, 7, 31, 15, 0, tzinfo=UTC)
SEALED_AT = datetime(2018, 9, 1, tzinfo=UTC)
ORDERS = ["AaBb", "ABab", "ABba", "BAab"]


class Clerk:
    """Somebody with a connection of their own, in a thread of their own; each deed is done when its call returns."""

    def __init__(self, number: int) -> None:
        """Start the thread."""
        self.number = number
        self._thread = ThreadPoolExecutor(1)

    def begin(self, *, at_once: bool = False) -> None:
        """Begin a transaction; it gets its own number with its first write, or at once."""
        self._thread.submit(self._begin, at_once=at_once).result()

    def _begin(self, *, at_once: bool) -> None:
        self.block = transaction.atomic()
        self.block.__enter__()
        if at_once:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_current_xact_id()")

    def record(self) -> int:
        """Record a fact and return its number."""
        fact = ApplicationPassed(application=self.number)
        return self._thread.submit(record, fact, actor=Actor(code=f"clerk-{self.number}"), at=AT).result()

    def end(self, *, well: bool = True) -> None:
        """Commit, or else let it come to nothing."""
        self._thread.submit(self._end, well=well).result()

    def _end(self, *, well: bool) -> None:
        if not well:
            transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    def leave(self) -> None:
        """Close the connection and end the thread."""
        self._thread.submit(self._leave).result()
        self._thread.shutdown()

    def _leave(self) -> None:
        # Within the thread whose connection it is.
        connection.close()


@pytest.fixture
def clerks() -> Iterator[tuple[Clerk, Clerk]]:
    """Return two clerks."""
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite one transaction writes at a time, so none can commit out of order")
    both = Clerk(1), Clerk(2)
    yield both
    for one in both:
        one.leave()


@pytest.fixture
def seal_what_is_final(tmp_path: Path, about: About, keystore: Keystore) -> Callable[[], Seal | None]:
    """Return a function that seals without waiting for anybody."""

    def seal_it() -> Seal | None:
        return seal(folder=tmp_path / "lake", about=about, signers=[keystore.signer("seal")], at=SEALED_AT)

    return seal_it


def sealed(folder: Path) -> list[list[int]]:
    """Return the numbers of the facts in each seal."""
    lake = open_lake(folder)
    return [
        [number for file in one.files for number in pq.read_table(folder / file.path)["fact"].to_pylist()]
        for one in lake.seals
    ]


@pytest.mark.parametrize("well", [True, False], ids=["both commit", "the first comes to nothing"])
@pytest.mark.parametrize("order", ORDERS)
def test_every_committed_fact_is_sealed_once_whatever_the_order(
    order: str,
    *,
    well: bool,
    clerks: tuple[Clerk, Clerk],
    seal_what_is_final: Callable[[], Seal | None],
    seal_now: Callable[[], Seal | None],
    tmp_path: Path,
) -> None:
    first, second = clerks
    kept: set[int] = set()
    numbers: dict[str, int] = {}
    for deed in order:
        clerk = first if deed in "Aa" else second
        if deed.isupper():
            clerk.begin()
            numbers[deed.lower()] = clerk.record()
        else:
            ends_well = well or clerk is second
            clerk.end(well=ends_well)
            kept |= {numbers[deed]} if ends_well else set()
        seal_what_is_final()
    seal_now()
    found = [number for one in sealed(tmp_path / "lake") for number in one]
    assert sorted(found) == sorted(kept)
    assert differences(open_lake(tmp_path / "lake")) == []


def test_a_lower_number_that_commits_last_is_in_a_later_seal(
    clerks: tuple[Clerk, Clerk],
    seal_what_is_final: Callable[[], Seal | None],
    seal_now: Callable[[], Seal | None],
    tmp_path: Path,
) -> None:
    late, early = clerks
    early.begin(at_once=True)  # its transaction is the older one ...
    late.begin()
    low = late.record()
    high = early.record()  # ... but its fact has the higher number
    early.end()
    seal_what_is_final()
    late.end()
    seal_now()
    assert low < high
    seals = sealed(tmp_path / "lake")
    # With nothing else on the server the first seal takes the higher number alone; both come in the end.
    assert seals in ([[high], [low]], [[low, high]])
    assert differences(open_lake(tmp_path / "lake")) == []


def test_a_fact_that_still_may_come_to_nothing_is_in_no_seal(
    clerks: tuple[Clerk, Clerk],
    seal_what_is_final: Callable[[], Seal | None],
    seal_now: Callable[[], Seal | None],
    tmp_path: Path,
) -> None:
    first, second = clerks
    first.begin()
    first.record()
    second.begin()
    committed = second.record()
    second.end()
    # The first transaction is older and still runs: nothing from its number on is final.
    assert seal_what_is_final() is None
    first.end(well=False)
    seal_now()
    assert sealed(tmp_path / "lake") == [[committed]]


def test_clerks_who_record_without_pause_lose_nothing_to_seals_in_between(
    clerks: tuple[Clerk, Clerk],
    seal_what_is_final: Callable[[], Seal | None],
    seal_now: Callable[[], Seal | None],
    tmp_path: Path,
) -> None:
    def day(clerk: Clerk) -> list[int]:
        numbers = []
        for _ in range(40):
            clerk.begin()
            numbers.append(clerk.record())
            clerk.end()
        return numbers

    with ThreadPoolExecutor(2) as both:
        days = [both.submit(day, clerk) for clerk in clerks]
        while not all(one.done() for one in days):
            seal_what_is_final()
    kept = [number for one in days for number in one.result()]
    seal_now()
    found = [number for one in sealed(tmp_path / "lake") for number in one]
    assert sorted(found) == sorted(kept)
    assert len(kept) == 80
