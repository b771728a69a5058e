"""Rows of the database in DuckDB, where they are held to their kinds and get their types.

Rows come in chunks, and what does not fit into memory goes into a folder, so that the disk alone bounds their number.
PostgreSQL is read by DuckDB's own scanner and, where that cannot be loaded, through a file that COPY writes. SQLite
is read through Django's connection: a second SQLite library in one process would drop the locks of the first.
"""
# ruff: noqa: S608 - the SQL is made of declared names and quoted text; it takes no parameters in their places

import contextlib
import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psycopg
import pyarrow as pa
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.conninfo import make_conninfo

from civicard.ledger.bodies import body_sql, structure
from civicard.ledger.kinds import ENVELOPE, FIRST_DAY, Column, Kind, Store
from civicard.ledger.lake.engine import connect, literal

__all__ = ["UNSOUND", "Chunk", "Rows", "Span", "staged", "typed_sql"]

MEMORY = "512MB"
BATCH = 50_000
# Rows that are worked on at a time: enough to keep every core busy, and well within the memory.
CHUNK = 250_000
UNSOUND = "civicard:unsound "
COLUMNS: Mapping[str, Store] = {
    "number": Store.WHOLE, "kind": Store.TEXT, "at": Store.INSTANT, "day": Store.DAY, "recorded_at": Store.INSTANT,
    "actor": Store.TEXT, "cause": Store.WHOLE, "corrects": Store.WHOLE, "body": Store.TEXT,
}  # fmt: skip
SCANNER = "duckdb_extension_postgres_scanner"
POSTGRESQL = (
    "SELECT number, kind, at, day, recorded_at, actor, cause, corrects, body::text AS body FROM ledger_fact"
)
# As text, or Django's connection would make a Python object of every instant.
SQLITE = (
    "SELECT number, kind, at || '+00', day || '', recorded_at || '+00', actor, cause, corrects, body || '' "
    "FROM ledger_fact"
)
# Rows lie in the order of their numbers, so the index gives them so; without statistics the planner would sort them.
PLANNING = "-c enable_bitmapscan=off -c jit=off"
# The libpq options that Django's description of the database may hold and the scanner needs.
LIBPQ = frozenset(
    {"host", "port", "user", "password", "dbname", "sslmode", "sslrootcert", "sslcert", "sslkey"}
)


@dataclass(frozen=True, slots=True)
class Span:
    """Which rows: those between two marks, by transaction on PostgreSQL and by number on SQLite.

    Attributes:
        since: the first mark that belongs to it.
        until: the first mark that no longer does.
    """

    since: int
    until: int

    def where(self, vendor: str) -> str:
        """Return the condition in SQL."""
        mark = "xact" if vendor == "postgresql" else "number"
        return f"{mark} >= {self.since:d} AND {mark} < {self.until:d}"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some of the rows, as a table of the engine with the columns in `COLUMNS`.

    Attributes:
        table: its name.
        low: every row from this number on, None for the first chunk, ...
        high: ... and before this one, None for the last, stands in this chunk and no other.
    """

    table: str
    low: int | None
    high: int | None

    def where(self, column: str) -> str:
        """Return the condition in SQL that a number falls into this chunk."""
        parts = []
        if self.low is not None:
            parts.append(f"{column} >= {self.low:d}")
        if self.high is not None:
            parts.append(f"{column} < {self.high:d}")
        return " AND ".join(parts) or "true"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of the database, to be read in chunks.

    Attributes:
        connection: Django's.
        base: the engine; each thread takes a cursor of its own.
        zone: the time zone of business days.
        span: which rows.
        work: a folder for what does not fit into memory.
        is_scanned: whether the engine reads the database itself.
    """

    connection: BaseDatabaseWrapper
    base: duckdb.DuckDBPyConnection
    zone: str
    span: Span
    work: Path
    is_scanned: bool

    def chunks(self) -> Iterator[Chunk]:
        """Yield chunk after chunk, each ordered by number; its table is gone once the next is asked for.

        There is always one, though it may be empty.
        """
        for chunk in self._loaded(self._chunks()):
            yield chunk
            self.base.execute(f"DROP TABLE {chunk.table}")

    def all(self) -> str:
        """Read all rows and return the name of the relation that holds them, ordered by number."""
        # The engine itself reads any number of rows at once, and is quicker over one table than over many.
        chunks = [Chunk("chunk_0", None, None)] if self.is_scanned else self._chunks()
        tables = [f"SELECT * FROM {chunk.table}" for chunk in self._loaded(chunks)]
        self.base.execute(f"CREATE VIEW all_rows AS {' UNION ALL '.join(tables)}")
        return "all_rows"

    def _loaded(self, chunks: Sequence[Chunk]) -> Iterator[Chunk]:
        if not self.is_scanned:
            for chunk in chunks:
                self._load(self.base, chunk)
                yield chunk
            return
        # The database sends the next chunk while this one is worked on.
        with self.base.cursor() as reader, ThreadPoolExecutor(1) as ahead:
            loading = [ahead.submit(self._load, reader, chunk) for chunk in chunks[:1]]
            for at, chunk in enumerate(chunks):
                loading.pop().result()
                loading += [
                    ahead.submit(self._load, reader, following) for following in chunks[at + 1 : at + 2]
                ]
                yield chunk

    def body(self, number: int) -> str:
        """Return the body of one fact as the database holds it."""
        text = "body::text" if self.connection.vendor == "postgresql" else "body || ''"
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT {text} FROM ledger_fact WHERE number = %s", [number])
            return str(cursor.fetchone()[0])

    def _chunks(self) -> list[Chunk]:
        """Return even ranges of numbers with about `CHUNK` rows in each."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT min(number), max(number), count(*) FROM ledger_fact WHERE "
                + self.span.where(self.connection.vendor)
            )
            first, last, number = cursor.fetchone()
        many = -(-number // CHUNK) or 1
        edges = [first + (last - first + 1) * at // many for at in range(1, many)]
        return [
            Chunk(f"chunk_{at}", low, high)
            for at, (low, high) in enumerate(zip([None, *edges], [*edges, None], strict=True))
        ]

    def _load(self, base: duckdb.DuckDBPyConnection, chunk: Chunk) -> None:
        where = f"{self.span.where(self.connection.vendor)} AND {chunk.where('number')}"
        if self.is_scanned:
            query = literal(f"{POSTGRESQL} WHERE {where} ORDER BY number")
            base.execute(f"CREATE TABLE {chunk.table} AS SELECT * FROM postgres_query('source', {query})")
            return
        columns = ", ".join(f'"{name}" {store}' for name, store in COLUMNS.items())
        base.execute(f"CREATE TABLE {chunk.table} ({columns})")
        self.connection.ensure_connection()
        if self.connection.vendor == "sqlite":
            _from_sqlite(base, self.connection, chunk, where)
        else:
            _by_copy(base, self.connection, chunk, where, self.work / "rows.csv")


@contextlib.contextmanager
def staged(
    connection: BaseDatabaseWrapper, span: Span, work: Path, zone: str, *, by_scanner: bool = True
) -> Iterator[Rows]:
    """Make ready to read the rows of `span` into an engine that is closed afterwards.

    Args:
        connection: Django's, not within a transaction.
        span: which rows; none of them may change while they are read.
        work: a folder for what does not fit into memory; made when it is missing.
        zone: the time zone of business days.
        by_scanner: whether PostgreSQL is read by DuckDB's scanner, where it can be loaded.

    Raises:
        duckdb.Error: the disk is full, or the like.
    """
    work.mkdir(parents=True, exist_ok=True)
    with connect() as base:
        base.execute(f"SET memory_limit = '{MEMORY}'")
        base.execute(f"SET temp_directory = {literal(str(work))}")
        is_scanned = by_scanner and connection.vendor == "postgresql" and _attached(base, connection)
        yield Rows(connection, base, zone, span, work, is_scanned)


def typed_sql(kind: Kind, relation: str) -> str:
    """Return the SQL of a kind's rows with the columns of the kind, in the order in which they stand.

    A row whose body does not come out of its columns as it went in, or lacks something, stops the query with
    `UNSOUND` and its number. Whether codes are codes, and whether the business day is that of the instant, is not
    looked at here.

    Args:
        kind: which rows.
        relation: the name of the rows, of all kinds.
    """
    needed = [f't."{one.name}" IS NOT NULL' for one in kind.columns if not one.optional]
    sound = " AND ".join([f"t.body = {body_sql(kind, 't')}", f"t.day >= DATE '{FIRST_DAY}'", *needed])
    checked = f"CASE WHEN {sound} THEN t.fact ELSE error({literal(UNSOUND)} || t.fact)::BIGINT END AS fact"
    envelope = ", ".join(f's."{_row_name(one.name)}" AS "{one.name}"' for one in ENVELOPE)
    own = ", ".join(f'{_value_sql(one)} AS "{one.name}"' for one in kind.columns)
    return (
        f"SELECT {checked}, t.* EXCLUDE (fact, body) FROM (SELECT {envelope}, {own}, s.body FROM (SELECT *, "
        f"TRY(from_json(body, {literal(structure(kind))})) AS v FROM {relation} WHERE kind = {literal(kind.name)}) "
        "AS s) AS t"
    )


def _from_sqlite(
    base: duckdb.DuckDBPyConnection, connection: BaseDatabaseWrapper, chunk: Chunk, where: str
) -> None:
    types = [pa.int64() if store is Store.WHOLE else pa.string() for store in COLUMNS.values()]
    rows = connection.connection.execute(f"{SQLITE} WHERE {where} ORDER BY number")
    while batch := rows.fetchmany(BATCH):
        arrays = [pa.array(column, one) for column, one in zip(zip(*batch, strict=True), types, strict=True)]
        base.register("batch", pa.Table.from_arrays(arrays, names=list(COLUMNS)))
        base.execute(f"INSERT INTO {chunk.table} SELECT * FROM batch")
        base.unregister("batch")


def _by_copy(
    base: duckdb.DuckDBPyConnection, connection: BaseDatabaseWrapper, chunk: Chunk, where: str, file: Path
) -> None:
    query = f"COPY ({POSTGRESQL} WHERE {where} ORDER BY number) TO STDOUT (FORMAT csv)"
    with file.open("wb") as out, psycopg.Cursor(connection.connection).copy(query) as rows:
        for block in rows:
            out.write(block)
    columns = ", ".join(f"'{name}': '{store}'" for name, store in COLUMNS.items())
    base.execute(
        f"INSERT INTO {chunk.table} SELECT * FROM read_csv({literal(str(file))}, auto_detect = false, "
        f"header = false, delim = ',', quote = '\"', escape = '\"', columns = {{{columns}}})"
    )
    file.unlink()


def _attached(base: duckdb.DuckDBPyConnection, connection: BaseDatabaseWrapper) -> bool:
    """Attach the database by DuckDB's scanner; False when it is not there, or cannot reach it as Django does."""
    file = _scanner_file()
    if file is None:
        return False
    options = {
        name: value for name, value in connection.get_connection_params().items() if name in LIBPQ and value
    }
    try:
        base.execute(f"LOAD {literal(str(file))}")
        base.execute(
            f"ATTACH {literal(make_conninfo(**options, options=PLANNING))} AS source (TYPE postgres, READ_ONLY)"
        )
    except duckdb.Error:
        return False
    return True


def _scanner_file() -> Path | None:
    """Return the scanner's file in the installed wheel, which is of DuckDB's very version."""
    found = importlib.util.find_spec(SCANNER)
    if found is None or found.origin is None:
        return None
    file = (
        Path(found.origin).parent
        / "extensions"
        / f"v{duckdb.__version__}"
        / "postgres_scanner.duckdb_extension"
    )
    return file if file.is_file() else None


def _row_name(column: str) -> str:
    """Return what a column of the envelope is called in the rows."""
    return "number" if column == "fact" else column


def _value_sql(column: Column) -> str:
    """Return a value of a body in its own type; an instant comes as text, which must not stop the others."""
    value = f's.v."{column.name}"'
    return f"TRY_CAST({value} AS TIMESTAMPTZ)" if column.store is Store.INSTANT else value
