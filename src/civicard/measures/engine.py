"""Measures on DuckDB, embedded: figures, breakdowns and evidence rows of one lake over one period.

The engine trusts no relation before it has seen that it is one: whole numbers only, nothing missing in them, keys
that tell the rows apart. What it runs is the measure's own SQL with the period filled in; for sums it leaves out
columns and joins that add nothing to them.
"""
# ruff: noqa: S608 - statements are made of measures that were checked and of declared names; values are parameters

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import duckdb

from civicard.kernel.text import Text
from civicard.ledger.lake import Lake, damaged
from civicard.ledger.lake.valid import valid_sql
from civicard.measures.definition import Measure
from civicard.measures.results import (
    Group,
    Page,
    RelationRefused,
    Result,
    check_dimensions,
    check_period,
    check_year,
    group_of,
    result_of,
)
from civicard.measures.statement import DIALECT, filled, lean, parsed

if TYPE_CHECKING:
    import pyarrow as pa

WHOLE = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
)
# What DuckDB raises when a file is missing, cut short or damaged, or may not be read.
UNREADABLE = (duckdb.IOException, duckdb.InvalidInputException)
INEXACT = ("FLOAT", "DOUBLE", "DECIMAL")
# Up to here, telling all keys apart takes about a second; beyond, it is done when asked for.
CHECKED_ROWS = 3_000_000
MOST_PAGE = 10_000


class Engine:
    """A lake that is asked for measures over a period; use it in a `with` statement.

    Attributes:
        lake: the lake, which is taken as it is: `ledger.checking.check` tells whether it is sound.
        since: first day of the period.
        until: last day of the period; what happened later is not looked at, and the year is that of this day.
    """

    def __init__(self, lake: Lake, since: date, until: date) -> None:
        """Ask `lake` about the days from `since` to `until`.

        Raises:
            PeriodRefused: the period ends before it begins.
        """
        check_period(since, until)
        self.lake = lake
        self.since = since
        self.until = until
        self._closing = ExitStack()
        self._base: duckdb.DuckDBPyConnection | None = None
        self._kinds: set[str] = set()
        self._types: dict[str, dict[str, str]] = {}
        self._checked: set[str] = set()

    def __enter__(self) -> Self:
        """Open the database, which is in memory; what does not fit there spills into a folder that is removed."""
        with ExitStack() as opening:
            spill = opening.enter_context(
                tempfile.TemporaryDirectory(prefix="civicard-measures-", ignore_cleanup_errors=True)
            )
            base = opening.enter_context(
                duckdb.connect(
                    config={
                        "temp_directory": spill,
                        "memory_limit": f"{_half_of_memory()}KiB",
                        "preserve_insertion_order": False,
                        "autoinstall_known_extensions": False,
                        "autoload_known_extensions": False,
                    }
                )
            )
            # A measure reads facts, and nothing else that this machine holds.
            folder = str(self.lake.folder.resolve()).replace("'", "''")
            for setting in (
                "enable_progress_bar = false",
                # The files of a kind are opened anew for each statement; their footers are read once.
                "parquet_metadata_cache = true",
                f"allowed_directories = ['{folder}/']",
                "enable_external_access = false",
                "lock_configuration = true",
            ):
                base.execute(f"SET {setting}")
            self._base = base
            self._closing = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the database."""
        self._closing.close()
        self._base = None

    def result(self, measure: Measure, *, check: bool | None = None) -> Result:
        """Return a measure's figure.

        Args:
            measure: what to measure.
            check: whether to see that the keys tell all rows apart; None does so up to `CHECKED_ROWS` rows.

        Raises:
            PeriodRefused: it is measured by year and the period touches several.
            RelationRefused: its rows are not what a measure may give.
            LakeUnreadable: a file of the lake is missing or cannot be read; so for all that asks the lake.
        """
        columns = self._sums(measure)
        relation = self._relation(measure, columns)
        above, below = "numerator", "denominator" if "denominator" in columns else "NULL"
        worse = f"COUNT(*) FILTER (WHERE numerator > {below})" if measure.is_whole else "0"
        rows, known, numerator, known_below, denominator, larger = self._one(
            f"SELECT COUNT(*), COUNT({above}), SUM({above}), COUNT({below}), SUM({below}), {worse} FROM {relation}"
        )
        if known < rows or (below != "NULL" and known_below < rows):
            raise _refused(measure, "分子或分母有空值", "a numerator or denominator is null")
        if larger:
            raise _refused(
                measure,
                f"{larger} 行的分子大于分母",
                f"in {larger} rows the numerator exceeds the denominator",
            )
        if check or (check is None and rows <= CHECKED_ROWS):
            self.check(measure)
        return result_of(measure, rows, numerator, denominator)

    def by(self, measure: Measure, *dimensions: str) -> list[Group]:
        """Return a measure broken down by one or more of its dimensions.

        Returns:
            One group for each combination of values that has rows, in the order of the values, None last.

        Raises:
            DimensionUnknown: the measure cannot be broken down so.
            PeriodRefused, RelationRefused: as for `result`, which sees to it that the rows are sound.
        """
        check_dimensions(measure, dimensions)
        sums = self._sums(measure)
        relation = self._relation(measure, (*dimensions, *sums))
        listed = ", ".join(f'"{name}"' for name in dimensions)
        below = "SUM(denominator)" if "denominator" in sums else "NULL"
        order = ", ".join(f'"{name}" NULLS LAST' for name in dimensions)
        found = self._all(
            f"SELECT {listed}, COUNT(*), SUM(numerator), {below} FROM {relation} GROUP BY {listed} ORDER BY {order}"
        )
        at = len(dimensions)
        return [group_of(measure, row[:at], (row[at], row[at + 1], row[at + 2])) for row in found]

    def rows(
        self,
        measure: Measure,
        *,
        after: Sequence[object] | None = None,
        limit: int = 50,
        where: Mapping[str, str | None] | None = None,
        misses: bool = False,
    ) -> Page:
        """Return a page of a measure's evidence rows, in the order of its keys.

        Args:
            measure: whose rows.
            after: the `next` of the page before; None for the first.
            limit: rows of a page, at most 10,000.
            where: only rows with these values of dimensions, as `Group.values` gives them.
            misses: only rows whose numerator is less than their denominator.

        Raises:
            DimensionUnknown: `where` names no dimension of the measure.
            PeriodRefused, RelationRefused: as for `result`.
        """
        # A page ends at its last keys: another row with the same ones would be passed over.
        self.check(measure)
        select, values = self.selection(measure, where=where, misses=misses)
        keys = ", ".join(f'"{name}"' for name in measure.keys)
        if after is not None:
            marks = ", ".join("?" for _ in measure.keys)
            select = f"SELECT * FROM ({select}) AS kept WHERE ({keys}) > ({marks})"
            values = [*values, *after]
        size = max(1, min(limit, MOST_PAGE))
        # One row more than the page holds tells whether there is another page.
        found = self._all(f"{select} ORDER BY {keys} LIMIT {size + 1}", values)
        columns = tuple(self.columns(measure))
        places = [columns.index(name) for name in measure.keys]
        last = tuple(found[size - 1][place] for place in places) if len(found) > size else None
        return Page(columns=columns, rows=tuple(found[:size]), next=last)

    def selection(
        self, measure: Measure, *, where: Mapping[str, str | None] | None = None, misses: bool = False
    ) -> tuple[str, list[object]]:
        """Return the SELECT of a measure's evidence rows, or of some of them, and the values of its parameters.

        Raises:
            DimensionUnknown, PeriodRefused, RelationRefused: as for `rows`.
        """
        types = self.columns(measure)
        conditions: list[str] = []
        values: list[object] = []
        check_dimensions(measure, tuple(where or ()))
        for name, value in (where or {}).items():
            if value is None:
                conditions.append(f'"{name}" IS NULL')
            elif types[name] == "DATE":
                # A month stands in the rows as its first day.
                conditions.append(f'CAST("{name}" AS VARCHAR) = ?')
                values.append(f"{value}-01")
            else:
                conditions.append(f'CAST("{name}" AS VARCHAR) = ?')
                values.append(value)
        if misses:
            conditions.append("numerator < denominator" if "denominator" in types else "FALSE")
        kept = ", ".join(
            f'CAST("{name}" AS BIGINT) AS "{name}"' if kind == "HUGEINT" else f'"{name}"'
            for name, kind in types.items()
        )
        select = f"SELECT {kept} FROM {self._relation(measure)}"
        return (f"{select} WHERE {' AND '.join(conditions)}" if conditions else select), values

    def batches(self, select: str, values: Sequence[object] = ()) -> "pa.RecordBatchReader":
        """Return the rows of a `selection` as a stream of Arrow batches."""
        with self.reading():
            return self._opened.execute(select, list(values)).to_arrow_reader(100_000)

    def count(self, select: str, values: Sequence[object] = ()) -> int:
        """Return how many rows a `selection` has."""
        return int(self._all(f"SELECT COUNT(*) FROM ({select}) AS kept", values)[0][0])

    def export(self, measure: Measure, path: Path | str) -> int:
        """Write all evidence rows of a measure into a file; see `civicard.measures.export.export`."""
        from civicard.measures.export import export

        return export(self, measure, path)

    def columns(self, measure: Measure) -> dict[str, str]:
        """Return the columns of a measure's evidence rows with their types in DuckDB, in order.

        Raises:
            PeriodRefused: it is measured by year and the period touches several.
            RelationRefused: a column is missing or does not hold whole numbers.
        """
        check_year(measure, self.since, self.until)
        if measure.digest not in self._types:
            relation = self._relation(measure)
            try:
                found = self._all(f"DESCRIBE SELECT * FROM {relation}")
            except (duckdb.BinderException, duckdb.CatalogException) as error:
                said = str(error).splitlines()[0]
                raise _refused(
                    measure, f"DuckDB 无法执行：{said}", f"DuckDB cannot run it: {said}"
                ) from error
            types = {str(row[0]): str(row[1]) for row in found}
            _check_types(measure, types)
            self._types[measure.digest] = types
        return self._types[measure.digest]

    def check(self, measure: Measure) -> None:
        """See that a measure's keys are there in every row and tell all rows apart.

        Raises:
            RelationRefused: they do not; one of the doubled keys is named.
        """
        if measure.digest in self._checked:
            return
        self.columns(measure)
        keys = ", ".join(f'"{name}"' for name in measure.keys)
        missing = " OR ".join(f'"{name}" IS NULL' for name in measure.keys)
        relation = self._relation(measure)
        found = self._all(
            f"SELECT {keys}, COUNT(*) FROM {relation} GROUP BY {keys} HAVING COUNT(*) > 1 OR {missing} LIMIT 1"
        )
        if found:
            named = ", ".join(
                f"{name}={value}" for name, value in zip(measure.keys, found[0][:-1], strict=True)
            )
            raise _refused(
                measure,
                f"键 {named} 缺失，或有 {found[0][-1]} 行",
                f"the key {named} is missing or stands in {found[0][-1]} rows",
            )
        self._checked.add(measure.digest)

    def _sums(self, measure: Measure) -> tuple[str, ...]:
        types = self.columns(measure)
        return tuple(name for name in ("numerator", "denominator") if name in types)

    def _relation(self, measure: Measure, columns: Iterable[str] = ()) -> str:
        """Return a measure's SQL in parentheses; with `columns`, what is needed for these alone."""
        for kind in measure.sources:
            if kind not in self._kinds:
                self._all(f"CREATE VIEW {kind} AS {valid_sql(self.lake, kind)}")
                self._kinds.add(kind)
        tree = filled(parsed(measure.body), self.since, self.until)
        if wanted := tuple(columns):
            tree = lean(tree, wanted, measure.keys)
        return f"({tree.sql(dialect=DIALECT, comments=False)}) AS evidence"

    @property
    def _opened(self) -> duckdb.DuckDBPyConnection:
        assert self._base is not None, "an engine is used in a `with` statement"
        return self._base

    def _all(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self.reading():
            return self._opened.execute(statement, list(values)).fetchall()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Tell a file of the lake that cannot be read as what it is, whatever the statement was.

        Raises:
            LakeUnreadable: a file is missing, cut short or damaged, or may not be read.
        """
        try:
            yield
        except duckdb.Error as error:
            # Of a foot that is garbled DuckDB says so with no class of its own.
            if not isinstance(error, UNREADABLE) and type(error) is not duckdb.Error:
                raise
            said = str(error).splitlines()[0]
            raise damaged(self.lake.folder, f"无法读取（{said}）", f"it cannot be read ({said})") from error

    def _one(self, statement: str) -> tuple[Any, ...]:
        return self._all(statement)[0]


def _half_of_memory() -> int:
    """Return half of this machine's memory in KiB; other processes, and what Python holds, need the rest."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2 // 1024


def _check_types(measure: Measure, types: Mapping[str, str]) -> None:
    needed = dict.fromkeys((*measure.keys, *measure.by, "numerator"))
    lacking = [name for name in needed if name not in types]
    if lacking:
        raise _refused(measure, f"缺少列 {'、'.join(lacking)}", f"it lacks {', '.join(lacking)}")
    inexact = [f"{name} {kind}" for name, kind in types.items() if kind.startswith(INEXACT)]
    if inexact:
        raise _refused(
            measure,
            f"有非整数列：{'、'.join(inexact)}",
            f"columns that are no whole numbers: {', '.join(inexact)}",
        )
    for name in ("numerator", "denominator"):
        if name in types and types[name] not in WHOLE:
            raise _refused(
                measure,
                f"{name} 的类型是 {types[name]}，应为整数",
                f"{name} is {types[name]}, not a whole number",
            )


def _refused(measure: Measure, zh: str, en: str) -> RelationRefused:
    return RelationRefused(
        Text(
            f"{measure.title.zh}（{measure.name}）没有算出：{zh}。请检查数据湖（civicard ledger check）或测算口径。",
            f"{measure.name} was not measured: {en}. Look into the lake (`civicard ledger check`) or the measure.",
        )
    )
