"""DuckDB as the ledger uses it: in memory, nothing fetched from anywhere, no word on the terminal."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

__all__ = ["connect", "literal"]


def connect(zone: str = "UTC") -> "duckdb.DuckDBPyConnection":
    """Return a new engine in memory, to be closed by the caller.

    Args:
        zone: the time zone in which it shows instants.
    """
    import duckdb

    base = duckdb.connect(
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    base.execute("SET enable_progress_bar = false")
    base.execute("SET TimeZone = ?", [zone])
    return base


def literal(text: str) -> str:
    """Return text as a literal of SQL.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"
