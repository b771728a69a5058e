"""Comparing rows of the database with the facts in sealed files: both as one text a fact, within DuckDB."""
# ruff: noqa: S608 - the SQL is made of declared names and quoted text; it takes no parameters in their places

from collections.abc import Iterator
from pathlib import Path

import duckdb
from django.db.backends.base.base import BaseDatabaseWrapper

from civicard.kernel.text import Text
from civicard.ledger.bodies import body_sql
from civicard.ledger.checking.faults import Fault
from civicard.ledger.kinds import ENVELOPE, Arrival, Kind, all_kinds
from civicard.ledger.lake import Lake
from civicard.ledger.lake.engine import literal
from civicard.ledger.rows.staging import Chunk, Rows, Span, staged

__all__ = ["differing"]

CHANGED, MISSING, ADDED = "fact_changed", "fact_missing", "fact_added"
SHARED = [one.name for one in ENVELOPE if one.name != "fact"]


def differing(
    connection: BaseDatabaseWrapper, lake: Lake, span: Span, work: Path, *, by_scanner: bool = True
) -> list[Fault]:
    """Return a fault for each fact in which the rows of `span` and the files of `lake` differ, by number.

    Args:
        connection: Django's, not within a transaction.
        lake: whose files to compare with; operators' files and roll-ups have no rows and are passed over.
        span: the rows that should stand there.
        work: a folder for what does not fit into memory.
        by_scanner: as for `staged`.
    """
    faults: list[Fault] = []
    kinds = {name: kind for name, kind in all_kinds().items() if kind.cls.arrival is Arrival.ROW}
    with staged(connection, span, work, lake.about.zone, by_scanner=by_scanner) as rows:
        for chunk in rows.chunks():
            found = rows.base.execute(f"SELECT DISTINCT kind FROM {chunk.table}").fetchall()
            names = {name for (name,) in found}
            for name in sorted(names - kinds.keys()):
                faults += _strangers(rows, chunk, name)
            for kind in kinds.values():
                if kind.name in names or any(lake.files(kind.name)):
                    faults += _of_kind(rows, chunk, lake, kind)
    # A file that cannot be read is found once for each chunk.
    return sorted(
        dict.fromkeys(faults), key=lambda one: (int(one.where.rpartition(" ")[2]), one.code, one.where)
    )


def _strangers(rows: Rows, chunk: Chunk, name: str) -> Iterator[Fault]:
    """Yield the rows of a name that is no kind's: none of them can have been sealed."""
    found = rows.base.execute(f"SELECT number FROM {chunk.table} WHERE kind = ?", [name]).fetchall()
    for (number,) in found:
        yield _fault(ADDED, number, name)


def _of_kind(rows: Rows, chunk: Chunk, lake: Lake, kind: Kind) -> Iterator[Fault]:
    paths = lake.paths(kind.name)
    ours = f"SELECT * FROM {chunk.table} WHERE kind = {literal(kind.name)}"
    shared = ", ".join(f'l."{name}"' for name in SHARED)
    files = ", ".join(literal(path) for path in paths)
    sealed = (
        f"SELECT l.fact AS number, {shared}, {body_sql(kind, 'l')} AS body "
        f"FROM read_parquet([{files}], hive_partitioning = false) AS l WHERE {chunk.where('l.fact')}"
        if paths
        else f"SELECT * EXCLUDE (kind) FROM ({ours}) WHERE false"
    )
    same = " AND ".join(f'd."{name}" IS NOT DISTINCT FROM l."{name}"' for name in [*SHARED, "body"])
    query = (
        f"SELECT coalesce(d.number, l.number), CASE WHEN d.number IS NULL THEN '{MISSING}' "
        f"WHEN l.number IS NULL THEN '{ADDED}' ELSE '{CHANGED}' END "
        f"FROM ({ours}) AS d FULL OUTER JOIN ({sealed}) AS l ON d.number = l.number "
        f"WHERE d.number IS NULL OR l.number IS NULL OR NOT ({same})"
    )
    try:
        found = rows.base.execute(query).fetchall()
    except duckdb.Error as error:
        # A damaged file is named, with its bytes, by `checking`; here it only must not hide the other kinds.
        why = str(error).splitlines()[0]
        yield Fault(
            "facts_not_comparable", f"{kind.name} 0",
            Text(f"{kind.name} 的封签文件无法读取：{why}", f"the sealed files of {kind.name} cannot be read: {why}"),
        )  # fmt: skip
        return
    for number, code in found:
        yield _fault(code, number, kind.name)


def _fault(code: str, number: int, kind: str) -> Fault:
    text = {
        CHANGED: Text("数据库中的记录与封签的不同", "the database's row is not what was sealed"),
        MISSING: Text("已封签，但数据库中没有", "it was sealed, but the database has no such row"),
        ADDED: Text(
            "数据库中有，但未在应封签的范围内封签",
            "the database has it among sealed facts, but it was not sealed",
        ),
    }[code]
    return Fault(
        code,
        f"fact {number}",
        Text(f"事实 {number}（{kind}）：{text.zh}", f"fact {number} ({kind}): {text.en}"),
    )
