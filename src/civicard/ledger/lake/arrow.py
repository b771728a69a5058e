"""Facts as Arrow and Parquet: the types of their columns, and tables that are held to their kind. No Django."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.kinds import ENVELOPE_NAMES, Kind, Store

TYPES: dict[Store, pa.DataType] = {
    Store.WHOLE: pa.int64(),
    Store.TEXT: pa.string(),
    Store.YES_NO: pa.bool_(),
    Store.DAY: pa.date32(),
    Store.INSTANT: pa.timestamp("us", tz="UTC"),
}
# Numbers, days and instants mostly grow from row to row: as differences they take half the space of a dictionary,
# and are written and read several times as fast.
DELTAS = {Store.WHOLE, Store.DAY, Store.INSTANT}
# Rows of a group: small enough that a reader who wants one month of one district skips most of a file.
ROW_GROUP = 262_144


class FactTableRefused(Refusal):
    """A table's columns are not those of the kind of fact it should hold."""

    code = "fact_table_refused"


@cache
def schema(kind: Kind) -> pa.Schema:
    """Return the columns of a kind in the lake: the envelope, then its own."""
    return pa.schema(
        [pa.field(one.name, TYPES[one.store], nullable=one.optional) for one in kind.all_columns]
    )


def require(kind: Kind, found: pa.Schema, where: str, *, older: bool = False) -> None:
    """Hold the columns of a table or file to its kind; text may come as a dictionary.

    Args:
        kind: what it should hold.
        found: its columns.
        where: what the refusal calls it.
        older: whether columns that may be empty may also be missing, as they were added to the kind later.

    Raises:
        FactTableRefused: a column is missing, unknown, out of order, or of another type.
    """
    plain = [
        (one.name, one.type.value_type if pa.types.is_dictionary(one.type) else one.type) for one in found
    ]
    names = {one.name for one in found}
    wanted = [
        (one.name, one.type)
        for one in schema(kind)
        if one.name in names or not (older and one.nullable and one.name not in ENVELOPE_NAMES)
    ]
    if plain == wanted:
        return
    faults = [f"{name}: {kept}" for name, kept in plain if (name, kept) not in wanted]
    faults += [f"{name}: {kept} —" for name, kept in wanted if (name, kept) not in plain]
    shown = ", ".join(faults) or ", ".join(name for name, _ in plain)
    raise FactTableRefused(
        Text(
            f"{where} 的列不符合事实种类 {kind.name}：{shown}。应为 docs/reference/facts.md 所列的列，顺序相同。",
            f"The columns of {where} are not those of {kind.name}: {shown}. They must be those of "
            "docs/reference/facts.md, in that order.",
        )
    )


def write_parquet(path: Path, kind: Kind, tables: Iterable[pa.Table], origin: str) -> tuple[int, int]:
    """Write tables of one kind into one Parquet file.

    Args:
        path: where; what stands there is overwritten.
        kind: what the tables hold.
        tables: each with the columns of `schema(kind)`; text may come as a dictionary.
        origin: `operated` or `simulated`, which is written into the file itself.

    Returns:
        How many facts were written, and how many of them correct others.

    Raises:
        FactTableRefused: a table does not fit its kind, or a required column holds a null.
    """
    rows = corrections = 0
    writer: pq.ParquetWriter | None = None
    try:
        for table in tables:
            require(kind, table.schema, path.name)
            _whole_columns(kind, table)
            if writer is None:
                writer = pq.ParquetWriter(
                    path, table.schema, compression="zstd", store_schema=False,
                    use_dictionary=_named(kind, {Store.TEXT}),
                    column_encoding=dict.fromkeys(_named(kind, DELTAS), "DELTA_BINARY_PACKED"),
                )  # fmt: skip
                writer.add_key_value_metadata({"civicard.kind": kind.name, "civicard.origin": origin})
            writer.write_table(table, row_group_size=ROW_GROUP)
            rows += table.num_rows
            corrections += table.num_rows - table.column("corrects").null_count
    finally:
        if writer is not None:
            writer.close()
    return rows, corrections


def _named(kind: Kind, stores: Collection[Store]) -> list[str]:
    return [one.name for one in kind.all_columns if one.store in stores]


def _whole_columns(kind: Kind, table: pa.Table) -> None:
    lacking = [one.name for one in kind.all_columns if not one.optional and table.column(one.name).null_count]
    if lacking:
        raise FactTableRefused(
            Text(
                f"{kind.name} 的必填列有空值：{'、'.join(lacking)}。",
                f"Required columns of {kind.name} hold nulls: {', '.join(lacking)}.",
            )
        )


def table_of(kind: Kind, columns: Sequence[pa.Array]) -> pa.Table:
    """Return a table of `kind` from its columns in order; text may be a dictionary array."""
    fields = [
        pa.field(one.name, array.type, nullable=one.optional)
        for one, array in zip(kind.all_columns, columns, strict=True)
    ]
    return pa.Table.from_arrays(list(columns), schema=pa.schema(fields))
