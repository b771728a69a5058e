"""Sealing what the database has recorded, in the order of commits.

On PostgreSQL numbers are given before transactions commit, so a late one may stand below what was sealed. What is
sealed follows the numbers of transactions instead: everything below the oldest one that still runs is final.
"""
# ruff: noqa: S608 - the SQL is made of declared names and quoted text; it takes no parameters in their places

import errno
import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from civicard.kernel.text import Text
from civicard.ledger.kinds import Arrival, Kind, all_kinds
from civicard.ledger.lake import UNFINISHED, About, Seal
from civicard.ledger.lake.arrow import ROW_GROUP, require
from civicard.ledger.lake.engine import literal
from civicard.ledger.lake.sealing import Sealing, sealing
from civicard.ledger.refusals import TransactionsWentBack
from civicard.ledger.rows.memory import remember, taken_over
from civicard.ledger.rows.row_checks import RowRefused, value_faults, why_unsound, wrong_day
from civicard.ledger.rows.staging import UNSOUND, Rows, Span, staged, typed_sql
from civicard.vault.interface import Signer

__all__ = ["seal"]

WORK = "work"


@dataclass(frozen=True, slots=True)
class Month:
    """The rows of one kind and month that are to be sealed."""

    kind: Kind
    month: str
    rows: int
    corrections: int


class _Unsound(Exception):
    """A row does not fit its kind; the thread that finds it cannot ask the database for more of it."""

    def __init__(self, kind: Kind, number: int) -> None:
        super().__init__(kind, number)
        self.kind, self.number = kind, number


def _no_step(_: str) -> None:
    """Go on; tests put a kill here."""


def seal(
    *,
    folder: Path | str,
    about: About,
    signers: Sequence[Signer],
    at: datetime,
    step: Callable[[str], None] = _no_step,
    by_scanner: bool = True,
) -> Seal | None:
    """Seal every fact that is final and not sealed yet.

    Args:
        folder: the lake; made when it is missing.
        about: what it holds.
        signers: the keys that sign.
        at: when it is sealed.
        step: called at each step on the way, by its name.
        by_scanner: whether PostgreSQL is read by DuckDB's scanner, where it can be loaded.

    Returns:
        The seal, or None when there is nothing new. Facts of transactions that still run, or that began after one
        that still runs, are left to the next seal.

    Raises:
        RowRefused: a row, which was not written by `record`, does not fit its kind; it is named.
        LakeCutShort, LakeOfOtherDatabase: the lake is not the one that the database remembers.
        SealNotRemembered: the seal is in the lake, and the database could not take note of it.
        TransactionsWentBack: the database counts its transactions lower than those sealed.
        SealInProgress, OtherLake, LakeUnreadable, SealNotWritten: as `sealing`.
        RuntimeError: within a transaction, whose facts are not final: a mistake of the program.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.in_atomic_block:
        raise RuntimeError("seal outside of transactions: what this one recorded is not final yet")
    with sealing(folder, signers=signers, at=at, about=about, step=step) as one, _disk_errors():
        work = one.lake.folder / UNFINISHED / WORK
        final = _final(connection)
        before = taken_over(connection, one.lake, final, work)
        step("remembered before")
        span = Span(before, max(final, before))
        with staged(connection, span, work, about.zone, by_scanner=by_scanner) as rows:
            relation = rows.all()
            step("staged")
            months = _months(rows, relation)
            _write(one, rows, relation, months, step)
        made = one.commit(facts=sum(month.rows for month in months), horizon=span.until)
        if made is not None:
            remember(made, before)
            step("remembered")
    return made


def _final(connection: BaseDatabaseWrapper) -> int:
    """Return the mark below which every fact is final.

    Raises:
        TransactionsWentBack: it is lower than that of the last seal that the database remembers.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
            (mark,) = cursor.fetchone()
            cursor.execute("SELECT coalesce(max(horizon), 0) FROM ledger_seal")
            if mark < cursor.fetchone()[0]:
                raise TransactionsWentBack
            return int(mark)
        cursor.execute("SELECT coalesce(max(number), 0) + 1 FROM ledger_fact")
        (mark,) = cursor.fetchone()
        return int(mark)


def _months(rows: Rows, relation: str) -> list[Month]:
    """Return what there is to write, by kind and month, and hold all kinds and days to what they may be."""
    found = rows.base.execute(
        "SELECT kind, strftime(any_value(day), '%Y-%m') AS month, count(*), count(corrects), min(number) "
        f"FROM {relation} GROUP BY kind, year(day), month(day) ORDER BY kind, month"
    ).fetchall()
    months = []
    for name, month, number, corrections, first in found:
        kind = all_kinds().get(name)
        if kind is None or kind.cls.arrival is not Arrival.ROW:
            raise RowRefused.of_kind(first, name)
        months.append(Month(kind, month, number, corrections))
    wrong = wrong_day(rows.base, relation, rows.zone)
    if wrong is not None:
        raise RowRefused.of_day(*wrong)
    return months


def _write(
    one: Sealing, rows: Rows, relation: str, months: Sequence[Month], step: Callable[[str], None]
) -> None:
    """Write the files of all kinds and months into the seal, several at a time."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(_file, one, rows, relation, month) for month in months]
        try:
            for month, job in zip(months, jobs, strict=True):
                path = job.result()
                step(f"filed {month.kind.name} {month.month}")
                one.take(path, month.kind.name, month.month, rows=month.rows, corrections=month.corrections)
        except _Unsound as unsound:
            why = why_unsound(unsound.kind, rows.body(unsound.number))
            raise RowRefused.of_row(unsound.kind, unsound.number, why) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _file(one: Sealing, rows: Rows, relation: str, month: Month) -> Path:
    """Write one file and hold it to its kind."""
    kind, path = month.kind, one.place(month.kind.name, month.month)
    with rows.base.cursor() as base:
        try:
            base.execute(_copy_sql(relation, month, path, one.lake.about.origin))
        except duckdb.InvalidInputException as error:
            number = re.search(f"{UNSOUND}(-?[0-9]+)", str(error))
            if number is None:
                raise
            raise _Unsound(kind, int(number[1])) from None
        for first, name, text in value_faults(base, kind, path):
            raise RowRefused.of_row(kind, first, Text(f"{name} {text.zh}", f"{name} {text.en}"))
    _hold_to_kind(path, kind, month.rows)
    return path


def _copy_sql(relation: str, month: Month, path: Path, origin: str) -> str:
    """Return the SQL that writes one month of a kind."""
    of_month = (
        f"(SELECT * FROM {relation} WHERE day >= DATE '{month.month}-01' "
        f"AND day < DATE '{month.month}-01' + INTERVAL 1 MONTH)"
    )
    return (
        f"COPY ({typed_sql(month.kind, of_month)}) TO {literal(str(path))} "
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}, KV_METADATA "
        f"{{'civicard.kind': {literal(month.kind.name)}, 'civicard.origin': {literal(origin)}}})"
    )


def _hold_to_kind(path: Path, kind: Kind, number: int) -> None:
    """Look at what was written: columns, how many rows, their order; a difference is a bug and rises as one.

    The rows come from the database in order and every step on the way keeps it: sorting them again is not cheap.
    """
    footer = pq.read_metadata(path)
    require(kind, footer.schema.to_arrow_schema(), path.name)
    if footer.num_rows != number:
        raise RuntimeError(f"{path} holds {footer.num_rows} rows where {number} were to be written")
    numbers = pq.read_table(path, columns=["fact"], partitioning=None)["fact"].to_numpy()
    if not bool((numbers[1:] > numbers[:-1]).all()):
        raise RuntimeError(f"{path} is not in the order of fact numbers")


@contextmanager
def _disk_errors() -> Iterator[None]:
    """Let what DuckDB says of the disk be what the system would have said."""
    try:
        yield
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        why = str(error).splitlines()[0]
        number = (
            errno.ENOSPC if "No space left" in why or "max_temp_directory_size" in str(error) else errno.EIO
        )
        raise OSError(number, why) from error
