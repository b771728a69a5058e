"""Recording facts, in the transaction of the change that they record."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.types.numeric import Int8

from civicard.kernel.actor import Actor
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.bodies import encoded, kind_of_fact
from civicard.ledger.kinds import CODE, FIRST_DAY, PERSONAL, Arrival, Fact, FactRefused
from civicard.ledger.refusals import refusal_of

__all__ = ["Entry", "FactByFileOnly", "record", "record_all"]

COLUMNS = "kind, at, day, actor, cause, corrects, body"
# psycopg and SQLite each know a parameter by their own sign; the body is checked to be JSON by the column.
POSTGRESQL = f"INSERT INTO ledger_fact ({COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING number"  # noqa: S608 - two constants
SQLITE = f"INSERT INTO ledger_fact ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - two constants


class FactByFileOnly(Refusal):
    """Facts of this kind come as an operator's signed file, not one by one."""

    code = "fact_by_file_only"


@dataclass(frozen=True, slots=True)
class Entry:
    """One of many facts to be recorded.

    Attributes:
        fact: what happened.
        at: when.
        cause: number of the fact it follows from.
        corrects: number of the fact it takes the place of.
    """

    fact: Fact
    at: datetime
    cause: int | None = None
    corrects: int | None = None


class _Row(NamedTuple):
    """The columns of a fact in the order of `COLUMNS`."""

    kind: str
    at: Any
    day: Any
    actor: str
    cause: Any
    corrects: Any
    body: str


def record(
    fact: Fact, *, actor: Actor, at: datetime, cause: int | None = None, corrects: int | None = None
) -> int:
    """Record one fact in the ledger, within the transaction of the change that it records.

    A refusal, also one that is caught, makes the innermost `atomic` block come to nothing: there is no change
    without its fact.

    Args:
        fact: what happened.
        actor: who did it.
        at: when it happened; a fact recorded late keeps its own time.
        cause: number of the fact it follows from.
        corrects: number of the fact of the same kind that it takes the place of.

    Returns:
        The number of the fact.

    Raises:
        FactRefused: a field is missing or of the wrong type, the actor is no code, or `at` has no zone or lies before
            all ledgers.
        FactByFileOnly: facts of its kind come as signed files.
        FactInFuture: `at` is after the present.
        FactCauseUnknown, FactBeforeCause: there is no such cause, or it is dated later.
        FactCorrectedUnknown, FactBeforeCorrected, FactCorrectsOtherKind, FactAlreadyCorrected: the fact to be
            corrected is not there, dated later, of another kind, or was corrected before.
        RuntimeError: there is no transaction to be part of, which is a mistake of the program.
    """
    connection = _within_a_transaction()
    with _nothing_by_halves(connection, fact):
        row = _row(fact, actor.code, at, cause, corrects)
        raw = connection.connection
        if connection.vendor == "sqlite":
            number = raw.execute(SQLITE, _for_sqlite(row)).lastrowid
        else:
            # Not Django's own cursor: it writes the values into the text, and the server plans each text anew.
            returned = psycopg.Cursor(raw).execute(POSTGRESQL, row).fetchone()
            assert returned is not None  # an INSERT that returns nothing has raised
            (number,) = returned
    return int(number)


def record_all(entries: Iterable[Entry], *, actor: Actor) -> int:
    """Record many facts in their order, all or none; otherwise as `record`, whose refusals it shares.

    Facts recorded together cannot name each other as cause: their numbers are not known before.

    Returns:
        How many were recorded.
    """
    connection = _within_a_transaction()
    with _nothing_by_halves(connection, None):
        rows = (_row(one.fact, actor.code, one.at, one.cause, one.corrects) for one in entries)
        raw = connection.connection
        if connection.vendor == "sqlite":
            return int(raw.executemany(SQLITE, map(_for_sqlite, rows)).rowcount)
        with psycopg.Cursor(raw) as cursor:
            with cursor.copy(f"COPY ledger_fact ({COLUMNS}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return cursor.rowcount


def _within_a_transaction() -> BaseDatabaseWrapper:
    connection = connections[DEFAULT_DB_ALIAS]
    if not connection.in_atomic_block:
        raise RuntimeError(
            "a fact is recorded in the transaction of its change: call it within transaction.atomic"
        )
    connection.validate_no_broken_transaction()
    return connection


@contextmanager
def _nothing_by_halves(connection: BaseDatabaseWrapper, fact: Fact | None) -> Iterator[None]:
    """Turn what a trigger says into its refusal, and let nothing of the block be committed after any error."""
    try:
        yield
    except Exception as error:
        transaction.set_rollback(True, using=connection.alias)
        if isinstance(error, (psycopg.Error, sqlite3.Error)):
            refusal = refusal_of(error, "" if fact is None else kind_of_fact(fact).name)
            if refusal is not None:
                raise refusal from error
        raise


def _row(fact: Fact, actor: str, at: datetime, cause: int | None, corrects: int | None) -> _Row:
    kind = kind_of_fact(fact)
    if fact.arrival is not Arrival.ROW:
        raise FactByFileOnly(
            Text(
                f"{kind.title.zh}（{kind.name}）由运营方以签名文件提交，不能逐条记录。"
                "请用 civicard ledger seal --file 封签该文件。",
                f"Facts of the kind {kind.name} come as an operator's signed file and are not recorded one by one. "
                "Seal the file with `civicard ledger seal --file`.",
            )
        )
    if at.utcoffset() is None:
        raise _refused(kind.name, Text("发生时刻应带时区", "the instant must have its zone"))
    if not _is_code(actor):
        raise _refused(
            kind.name, Text("经办应为代码，不得为姓名或号码", "the actor must be a code, no name or number")
        )
    return _Row(
        kind.name,
        at,
        _day(kind.name, at),
        actor,
        None if cause is None else Int8(cause),
        None if corrects is None else Int8(corrects),
        encoded(fact),
    )


def _day(kind: str, at: datetime) -> date:
    """Return the business day of an instant."""
    try:
        day = at.astimezone(_zone()).date()
    except OverflowError:  # the first or last hours of the calendar, which another zone does not have
        day = date.min
    if day < FIRST_DAY:
        # A row like that would hold up every seal after it.
        raise _refused(
            kind,
            Text(
                f"发生时刻 {at.isoformat()} 不在台账的年代之内，最早为 {FIRST_DAY}",
                f"the instant {at.isoformat()} is outside of what a ledger holds, which begins on {FIRST_DAY}",
            ),
        )
    return day


def _for_sqlite(row: _Row) -> tuple[object, ...]:
    """Return the row as SQLite keeps it: times as text of one length, so that they compare as text."""
    at = row.at.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    return (row.kind, at, row.day.isoformat(), row.actor, row.cause, row.corrects, row.body)


@cache
def _is_code(actor: str) -> bool:
    return CODE.fullmatch(actor) is not None and PERSONAL.search(actor) is None


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.CIVICARD_ZONE)


def _refused(kind: str, why: Text) -> FactRefused:
    return FactRefused(
        Text(
            f"不能记录 {kind}：{why.zh}。未写入任何内容。",
            f"Cannot record {kind}: {why.en}. Nothing was written.",
        )
    )
