"""Monthly summaries of facts: what a kind declares as its roll-up, made once at sealing. No Django."""
# ruff: noqa: S608 - the text is made of declared names and quoted paths; SQL takes no parameters in their places

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from civicard.kernel.text import Text
from civicard.ledger.kinds import Column, Kind, Rollup, Store, all_kinds
from civicard.ledger.lake import MONTHLY
from civicard.ledger.lake.arrow import FactTableRefused
from civicard.ledger.lake.engine import connect, literal

__all__ = ["added_up", "monthly", "quoted_path", "relation", "rollup_columns", "rollup_of", "write_rollup"]


def rollup_of(name: str) -> Kind | None:
    """Return the kind whose monthly summary `name` is, or None when it is no roll-up."""
    kind = all_kinds().get(name.removesuffix(MONTHLY)) if name.endswith(MONTHLY) else None
    return None if kind is None or kind.cls.rollup is None else kind


def rollup_columns(kind: Kind) -> tuple[Column, ...]:
    """Return the columns of a kind's monthly summary: the month, its keys, `facts`, then its sums."""
    rollup = _declared(kind)
    own = {one.name: one for one in kind.all_columns}
    return (
        Column("month", Store.TEXT, Text("月份", "month of the business day")),
        *(own[name] for name in rollup.keys),
        Column("facts", Store.WHOLE, Text("事实数", "how many facts")),
        *(own[name] for name in rollup.sums),
    )


def monthly(kind: Kind, facts: str) -> str:
    """Return the DuckDB SELECT that makes a kind's monthly summary out of the relation `facts`, in a fixed order.

    A sum is None where the column is unknown in every fact. A sum beyond a whole number of 64 bits stops the query.
    """
    rollup = _declared(kind)
    keys = "".join(f', "{name}"' for name in rollup.keys)
    sums = "".join(f', CAST(sum("{name}") AS BIGINT) AS "{name}"' for name in rollup.sums)
    return (
        f'SELECT strftime("day", \'%Y-%m\') AS "month"{keys}, count(*) AS facts{sums} '
        f"FROM {facts} GROUP BY ALL ORDER BY ALL"
    )


def added_up(kind: Kind, rows: str) -> str:
    """Return the DuckDB SELECT that brings the rows of several seals together: one row of a month and its keys.

    Args:
        kind: whose summary it is.
        rows: a SELECT with the columns of the summary, such as `valid.valid_sql` gives.
    """
    rollup = _declared(kind)
    keys = "".join(f', "{name}"' for name in rollup.keys)
    sums = "".join(f', CAST(sum("{name}") AS BIGINT) AS "{name}"' for name in ("facts", *rollup.sums))
    return f'SELECT "month"{keys}{sums} FROM ({rows}) GROUP BY ALL'


def relation(columns: Iterable[Column], paths: Collection[str]) -> str:
    """Return a DuckDB SELECT of `columns` from Parquet files, in this order.

    A column that a file does not have, because it was added to the kind later, is None in its rows. Without files
    it is an empty relation of the same types.
    """
    columns = list(columns)
    typed = ", ".join(f'NULL::{one.store} AS "{one.name}"' for one in columns)
    empty = f"SELECT {typed} WHERE false"
    if not paths:
        return empty
    listed = ", ".join(quoted_path(path) for path in paths)
    names = ", ".join(f'"{one.name}"' for one in columns)
    # The empty branch gives each column its type also where no file has it, and costs nothing (measured).
    return (
        f"SELECT {names} FROM ({empty} UNION ALL BY NAME "
        f"SELECT * FROM read_parquet([{listed}], union_by_name = true, hive_partitioning = false))"
    )


def quoted_path(path: str) -> str:
    """Return a path to be read as a literal of SQL in which nothing is taken for a pattern.

    >>> quoted_path("lake [2018]/facts.parquet")
    "'lake [[]2018]/facts.parquet'"
    """
    return literal("".join(f"[{one}]" if one in "*?[" else one for one in path))


def write_rollup(target: Path, kind: Kind, paths: Sequence[Path], origin: str) -> int:
    """Write the monthly summary of the facts in `paths` and return how many rows it has.

    Raises:
        FactTableRefused: a sum is too large for a whole number.
        OSError: it could not be written.
    """
    import duckdb

    summary = monthly(kind, f"({relation(kind.all_columns, [str(path) for path in paths])})")
    marks = f"{{'civicard.kind': {literal(kind.name + MONTHLY)}, 'civicard.origin': {literal(origin)}}}"
    options = f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {marks})"
    with connect() as base:
        try:
            base.execute(f"COPY ({summary}) TO {literal(str(target))} {options}")
        except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
            raise FactTableRefused(
                Text(
                    f"{kind.name} 的月度合计超出整数范围，未封签；请核对金额等列。",
                    f"The monthly sums of {kind.name} are too large for a whole number; nothing was sealed. "
                    "Check its amounts.",
                )
            ) from error
        except duckdb.IOException as error:
            raise OSError(str(error)) from error
        counted = base.execute(f"SELECT count(*) FROM read_parquet({quoted_path(str(target))})").fetchone()
    assert counted is not None  # a count always has its row
    return int(counted[0])


def _declared(kind: Kind) -> Rollup:
    assert kind.cls.rollup is not None  # asked only of kinds that declare one
    return kind.cls.rollup
