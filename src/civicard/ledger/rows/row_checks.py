"""Why a row of the database is no fact: rows written by hand, past `record`."""
# ruff: noqa: S608 - the SQL is made of declared names and quoted text; it takes no parameters in their places

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Self

import duckdb

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.kinds import Kind, Store
from civicard.ledger.lake.engine import literal

__all__ = ["RowRefused", "value_faults", "why_unsound", "wrong_day"]

BATCH = 10_000
NOT_CANONICAL = Text(
    "内容的写法不符", "its body is written otherwise than bodies are, or its day is before all ledgers"
)


class RowRefused(Refusal):
    """A row of the ledger's table is no fact of its kind; nothing was sealed."""

    code = "ledger_row_refused"

    @classmethod
    def of_kind(cls, number: int, name: str) -> Self:
        """Return the refusal of a row whose kind is none that is recorded row by row."""
        shown = ascii(name)
        return cls._of(
            number,
            Text(
                f"种类 {shown} 不存在，或只能以签名文件提交",
                f"its kind {shown} is none, or comes as signed files alone",
            ),
        )

    @classmethod
    def of_day(cls, number: int, name: str) -> Self:
        """Return the refusal of a row whose business day is not that of its instant."""
        why = Text("业务日期不是该时刻所在的日期", "its business day is not that of its instant")
        return cls._of(number, Text(f"{name}：{why.zh}", f"{name}: {why.en}"))

    @classmethod
    def of_row(cls, kind: Kind, number: int, why: Text) -> Self:
        """Return the refusal of a row of a known kind."""
        return cls._of(number, Text(f"{kind.name}：{why.zh}", f"{kind.name}: {why.en}"))

    @classmethod
    def _of(cls, number: int, why: Text) -> Self:
        return cls(
            Text(
                f"事实 {number} 不能封签：{why.zh}。它不是由 civicard 记录的。未封签任何内容，数据湖仍是原样；"
                "请由数据库管理员查明来历，停用触发器后处理该行。",
                f"Fact {number} cannot be sealed: {why.en}. It was not recorded by civicard. Nothing was sealed and "
                "the lake is as it was; let the database's administrator find out where it came from, and mend that "
                "row with the triggers switched off.",
            )
        )


def why_unsound(kind: Kind, body: str) -> Text:
    """Return what is wrong with the row of a body that does not fit its kind as it stands."""
    try:
        values = json.loads(body)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        return Text("内容不是 JSON 对象", "its body is no object of JSON")
    faults = kind.faults(_typed(kind, values))
    if not faults:
        return NOT_CANONICAL
    return Text(
        "；".join(f"{ascii(name)[1:-1]} {text.zh}" for name, text in faults),
        "; ".join(f"{ascii(name)[1:-1]} {text.en}" for name, text in faults),
    )


def wrong_day(base: duckdb.DuckDBPyConnection, table: str, zone: str) -> tuple[int, str] | None:
    """Return number and kind of the first row whose business day is not that of its instant, or None.

    Only the first and last instant of each day are looked at: days follow each other as instants do.
    """
    local = f"AT TIME ZONE {literal(zone)})::DATE"
    ends = f'SELECT day, min("at") AS first, max("at") AS last FROM {table} GROUP BY day'
    (days,) = base.execute(
        f"SELECT count(*) FROM ({ends}) WHERE (first {local} <> day OR (last {local} <> day"
    ).fetchone() or (0,)
    if not days:
        return None
    return base.execute(
        f'SELECT number, kind FROM {table} WHERE ("at" {local} <> day ORDER BY number LIMIT 1'
    ).fetchone()


def value_faults(base: duckdb.DuckDBPyConnection, kind: Kind, path: Path) -> Iterator[tuple[int, str, Text]]:
    """Yield what no code or word may be: number of the first fact, column, why. Equal values are looked at once."""
    file = f"read_parquet({literal(str(path))}, hive_partitioning = false)"
    for column in kind.all_columns:
        if column.store is not Store.TEXT:
            continue
        with base.cursor() as values:
            values.execute(f'SELECT "{column.name}", min(fact) FROM {file} GROUP BY 1')
            while batch := values.fetchmany(BATCH):
                for value, number in batch:
                    text = column.fault(value)
                    if text is not None:
                        yield number, column.name, text


def _typed(kind: Kind, values: dict[str, object]) -> dict[str, object]:
    """Return the values of a body with dates and instants as such, where they can be read; the rest as it is."""
    readers = {Store.DAY: date.fromisoformat, Store.INSTANT: datetime.fromisoformat}
    typed = dict(values)
    for column in kind.columns:
        reader, value = readers.get(column.store), values.get(column.name)
        if reader is not None and isinstance(value, str):
            try:
                typed[column.name] = reader(value)
            except ValueError:
                continue
    return typed
