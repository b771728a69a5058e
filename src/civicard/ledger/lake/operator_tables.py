"""What an operator's file holds: checked column by column, and written month by month as facts. No Django."""
# ruff: noqa: S608 - the text is made of declared names and quoted paths; SQL takes no parameters in their places

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from civicard.kernel.text import Text
from civicard.ledger.kinds import Arrival, Column, Kind, Store, all_kinds
from civicard.ledger.lake import Lake, damaged
from civicard.ledger.lake.arrow import ROW_GROUP
from civicard.ledger.lake.engine import connect, literal
from civicard.ledger.lake.rollups import quoted_path

__all__ = ["FIRST_NUMBER", "OperatorTable", "next_number"]

# Facts of files are numbered from here on, far above those of any database, and with few enough digits that a
# spreadsheet still shows all of them.
FIRST_NUMBER = 100_000_000_000_000
# What DuckDB calls the types that may come for each of ours, all without loss.
TAKEN: dict[Store, frozenset[str]] = {
    Store.WHOLE: frozenset({"BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UINTEGER", "USMALLINT", "UTINYINT"}),
    Store.TEXT: frozenset({"VARCHAR"}),
    Store.YES_NO: frozenset({"BOOLEAN"}),
    Store.DAY: frozenset({"DATE"}),
    Store.INSTANT: frozenset({"TIMESTAMP WITH TIME ZONE"}),
}
MOST_SHOWN = 5
FETCHED = 10_000


class OperatorTable:
    """One operator's file, open for checking and writing; use it in a `with`.

    Attributes:
        rows: how many facts it holds.
    """

    def __init__(self, path: Path, kind: Kind, zone: str) -> None:
        """Take the file of a kind; business days are those of `zone`."""
        self.rows = 0
        self._path, self._kind, self._zone = path, kind, zone
        self._base = connect()
        self._types: dict[str, str] = {}

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the engine."""
        self._base.close()

    def faults(self, months: Sequence[str], at: datetime) -> list[Text]:
        """Return everything that keeps the file from being taken: columns, types, values, days.

        Args:
            months: that its business days must lie in.
            at: the instant that none of its facts may be after.
        """
        import duckdb

        source = quoted_path(str(self._path))
        try:
            found = self._rows(f"DESCRIBE SELECT * FROM read_parquet({source}, hive_partitioning = false)")
            self._types = {str(name): str(kept) for name, kept, *_ in found}
            if wrong := list(self._columns()):
                return wrong
            self._base.execute(
                f"CREATE VIEW sent AS SELECT *, {self._day()} AS civicard_day FROM "
                f"read_parquet({source}, hive_partitioning = false, file_row_number = true)"
            )
            ((self.rows,),) = self._rows("SELECT count(*) FROM sent")
            if not self.rows:
                return [Text("没有任何事实", "it holds no fact")]
            return [*self._values(), *self._days(months, at)]
        except duckdb.Error as error:
            said = str(error).splitlines()[0]
            return [
                Text(f"不是可读的 Parquet 文件（{said}）", f"it is no Parquet file that can be read ({said})")
            ]

    def write(self, target: Path, month: str, *, first: int, actor: str, at: datetime, origin: str) -> int:
        """Write the facts of one month as a file of the lake, and return how many they are.

        Args:
            target: the file to write.
            month: such as `2018-07`.
            first: number of the file's first fact; each has the number of its row from there on.
            actor: who is said to have recorded them.
            at: when they were recorded.
            origin: `operated` or `simulated`.

        Raises:
            OSError: it could not be written.
        """
        import duckdb

        own = ", ".join(self._own(one) for one in self._kind.columns)
        envelope = (
            f'{first} + file_row_number AS fact, "at", civicard_day AS "day", {_instant(at)} AS recorded_at, '
            f"{literal(actor)} AS actor, NULL::BIGINT AS cause, NULL::BIGINT AS corrects"
        )
        marks = f"{{'civicard.kind': {literal(self._kind.name)}, 'civicard.origin': {literal(origin)}}}"
        # Version 2 keeps numbers as differences: a file a good deal smaller, and quicker to check.
        options = f"FORMAT parquet, PARQUET_VERSION V2, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}, KV_METADATA {marks}"
        where = f"strftime(civicard_day, '%Y-%m') = {literal(month)}"
        try:
            ((rows,),) = self._rows(
                f"COPY (SELECT {envelope}, {own} FROM sent WHERE {where}) TO {literal(str(target))} ({options})"
            )
        except duckdb.IOException as error:
            raise OSError(str(error)) from error
        return int(rows)

    def _own(self, one: Column) -> str:
        held = f'"{one.name}"' if one.name in self._types else "NULL"
        return f'CAST({held} AS {one.store}) AS "{one.name}"'

    def _day(self) -> str:
        return f'CAST("at" AT TIME ZONE {literal(self._zone)} AS DATE)'

    def _columns(self) -> Iterator[Text]:
        """Yield what is wrong with names and types."""
        wanted = {
            "at": Store.INSTANT,
            "day": Store.DAY,
            **{one.name: one.store for one in self._kind.columns},
        }
        optional = {"day", *(one.name for one in self._kind.columns if one.optional)}
        for name, store in wanted.items():
            if name not in self._types:
                if name not in optional:
                    yield Text(f"缺少列 {name}", f"the column {name} is missing")
            elif self._types[name] not in TAKEN[store]:
                kept = self._types[name]
                yield Text(
                    f"列 {name} 应为 {store}，却是 {kept}", f"the column {name} must be {store}, not {kept}"
                )
        for name in self._types:
            if name not in wanted:
                yield Text(f"没有列 {name}", f"there is no column {name} in this kind")

    def _values(self) -> Iterator[Text]:
        """Yield what is wrong with the values of the columns."""
        needed = ["at", *(one.name for one in self._kind.columns if not one.optional)]
        counts = ", ".join(f'count(*) - count("{name}")' for name in needed)
        (lacking,) = self._rows(f"SELECT {counts} FROM sent")
        for name, number in zip(needed, lacking, strict=True):
            if number:
                yield Text(
                    f"必填列 {name} 有 {number} 个空值", f"the required column {name} lacks {number} values"
                )
        for one in self._kind.columns:
            if one.store is Store.TEXT and one.name in self._types:
                yield from self._texts(one)

    def _texts(self, one: Column) -> Iterator[Text]:
        """Yield what is wrong with the different texts of a column, each judged by the rule of its kind."""
        found = self._base.execute(f'SELECT DISTINCT "{one.name}" FROM sent WHERE "{one.name}" IS NOT NULL')
        told = 0
        while rows := found.fetchmany(FETCHED):
            for (value,) in rows:
                if (why := one.fault(value)) is not None:
                    # The value itself is not shown: it may be somebody's number.
                    yield Text(f"列 {one.name} 有值{why.zh}", f"a value of the column {one.name} {why.en}")
                    told += 1
                    if told == MOST_SHOWN:
                        return

    def _days(self, months: Sequence[str], at: datetime) -> Iterator[Text]:
        """Yield what is wrong with instants and days."""
        listed = ", ".join(literal(one) for one in months)
        named = '"day" IS DISTINCT FROM civicard_day' if "day" in self._types else "false"
        ((late, outside, other),) = self._rows(
            f'SELECT count(*) FILTER ("at" > {_instant(at)}), '
            f"count(*) FILTER (strftime(civicard_day, '%Y-%m') NOT IN ({listed})), count(*) FILTER ({named}) FROM sent"
        )
        if late:
            yield Text(
                f"{late} 个事实晚于接收时刻 {at.isoformat()}", f"{late} facts are later than {at.isoformat()}"
            )
        if outside:
            said = "、".join(months)
            yield Text(
                f"{outside} 个事实不在所报月份 {said} 内",
                f"{outside} facts are outside of the months {', '.join(months)}",
            )
        if other:
            yield Text(
                f"{other} 个事实的 day 不是 at 在 {self._zone} 的日期",
                f"in {other} facts `day` is not the date of `at` in {self._zone}",
            )

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        return self._base.execute(statement).fetchall()


def next_number(lake: Lake) -> int:
    """Return the number that the next fact of a file gets: above those of all sealed files of such kinds.

    Raises:
        LakeUnreadable: a sealed file cannot be read.
    """
    highest = FIRST_NUMBER - 1
    for one in lake.files():
        kind = all_kinds().get(one.kind)
        if kind is None or kind.cls.arrival is not Arrival.FILE:
            continue
        try:
            about = pq.read_metadata(lake.folder / one.path)
        except (OSError, pa.ArrowException) as error:
            raise damaged(one.path, f"无法读取（{error}）", f"it cannot be read ({error})") from error
        at = about.schema.names.index("fact")
        for group in range(about.num_row_groups):
            found = about.row_group(group).column(at).statistics
            highest = max(highest, found.max)
    return highest + 1


def _instant(at: datetime) -> str:
    return f"TIMESTAMPTZ {literal(at.isoformat())}"
