"""The same measures on Spark, for lakes that one machine is not enough for: the same SQL, translated by sqlglot.

Here it runs on this machine alone, so that the gate can prove that both engines give the same integers; a cluster is
the same code with another master and the lake on storage that all its machines see.
"""
# ruff: noqa: S608 - statements are made of measures that were checked and of declared names

import importlib.util
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.facts import FactRetracted
from civicard.ledger.kinds import Column, Store, kind_named, kind_of
from civicard.ledger.lake import Lake
from civicard.ledger.lake.valid import valid
from civicard.measures.definition import Measure
from civicard.measures.results import (
    Group,
    Result,
    check_dimensions,
    check_period,
    check_year,
    group_of,
    result_of,
)
from civicard.measures.statement import filled, parsed

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# Names of Spark's own SQL for what a column holds.
TYPES = {
    Store.WHOLE: "BIGINT",
    Store.TEXT: "STRING",
    Store.YES_NO: "BOOLEAN",
    Store.DAY: "DATE",
    Store.INSTANT: "TIMESTAMP",
}
RETRACTION = kind_of(FactRetracted)


class SparkMissing(Refusal):
    """Spark or the Java it runs on is not installed."""

    code = "spark_missing"


@contextmanager
def local_session(folder: Path, cores: int = 2) -> Iterator["SparkSession"]:
    """Run Spark on this machine alone, reachable from it alone; at the end nothing of it is left running.

    Args:
        folder: for everything Spark writes; nothing is left in the working folder.
        cores: how many to use.

    Raises:
        SparkMissing: there is no pyspark, or no Java.
    """
    lacking = [
        *(["pyspark"] if importlib.util.find_spec("pyspark") is None else []),
        *(["Java"] if shutil.which("java") is None else []),
    ]
    if lacking:
        named = ", ".join(lacking)
        raise SparkMissing(
            Text(
                f"缺少 {named}，不能用 Spark 计算。请安装（requirements/dev.txt；Java 17），或用内嵌的 DuckDB。",
                f"{named} is not installed, so Spark cannot measure. Install it (requirements/dev.txt; Java 17), or use "
                "the embedded DuckDB.",
            )
        )
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        # Overflow and wrong casts stop a query instead of giving null.
        "spark.sql.ansi.enabled": "true",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.local.dir": str(folder / "local"),
        # The quick compiler alone, as whoever starts Spark on one machine asks few queries and ends it again.
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={folder} -XX:TieredStopAtLevel=1",
        # Sized for one machine: the usual 200 parts cost more than the work in them.
        "spark.sql.shuffle.partitions": str(cores),
        "spark.ui.showConsoleProgress": "false",
        # Compiling a query takes longer than running it on what one machine holds.
        "spark.sql.codegen.wholeStage": "false",
    }
    builder = SparkSession.builder.master(f"local[{cores}]").appName("civicard")
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    try:
        yield session
    finally:
        session.stop()
        _end(SparkContext)


def _end(context: Any) -> None:  # noqa: ANN401 - pyspark has no types
    """End the Java process, which pyspark itself keeps until Python ends."""
    gateway = context._gateway  # noqa: SLF001 - pyspark has no public way to its process
    gateway.shutdown()
    gateway.proc.stdin.close()  # upon which it ends
    gateway.proc.wait()
    context._gateway = context._jvm = None  # noqa: SLF001 - so that another session starts anew


class SparkEngine:
    """A lake that Spark is asked for measures over a period; use it in a `with` statement.

    It gives sums and breakdowns. The checks of relations and the evidence rows are the embedded engine's.

    Attributes:
        lake: the lake, taken as it is.
        since: first day of the period.
        until: last day of the period.
    """

    def __init__(self, lake: Lake, since: date, until: date, session: "SparkSession | None" = None) -> None:
        """Ask `lake` about the days from `since` to `until`.

        Args:
            lake: an open lake.
            since: first day.
            until: last day.
            session: a session to use, which stays open; None starts one on this machine and stops it at the end.

        Raises:
            PeriodRefused: the period ends before it begins.
        """
        check_period(since, until)
        self.lake = lake
        self.since = since
        self.until = until
        self._session = session
        self._closing = ExitStack()
        self._kinds: set[str] = set()

    def __enter__(self) -> Self:
        """Start Spark where no session was given.

        Raises:
            SparkMissing: there is no pyspark, or no Java.
        """
        if self._session is None:
            with ExitStack() as opening:
                folder = opening.enter_context(tempfile.TemporaryDirectory(prefix="civicard-spark-"))
                self._session = opening.enter_context(local_session(Path(folder)))
                self._closing = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the views away again, and stop Spark where it was started here."""
        for name in self._kinds:
            self._opened.catalog.dropTempView(name)
        self._kinds.clear()
        self._closing.close()

    def result(self, measure: Measure) -> Result:
        """Return a measure's figure.

        Raises:
            PeriodRefused: it is measured by year and the period touches several.
        """
        (row,) = self._sums(measure, ())
        return result_of(measure, *row)

    def by(self, measure: Measure, *dimensions: str) -> list[Group]:
        """Return a measure broken down, as `Engine.by` does.

        Raises:
            DimensionUnknown: the measure cannot be broken down so.
            PeriodRefused: it is measured by year and the period touches several.
        """
        check_dimensions(measure, dimensions)
        at = len(dimensions)
        return [
            group_of(measure, row[:at], (row[at], row[at + 1], row[at + 2]))
            for row in self._sums(measure, dimensions)
        ]

    def _sums(self, measure: Measure, dimensions: Sequence[str]) -> list[tuple[Any, ...]]:
        check_year(measure, self.since, self.until)
        for kind in measure.sources:
            self._view(kind)
        tree = filled(parsed(measure.body), self.since, self.until)
        below = "SUM(denominator)" if "denominator" in tree.named_selects else "CAST(NULL AS BIGINT)"
        listed = ", ".join(dimensions)
        order = ", ".join(f"{name} NULLS LAST" for name in dimensions)
        found = self._opened.sql(
            f"SELECT {f'{listed}, ' if listed else ''}COUNT(*), SUM(numerator), {below} "
            f"FROM ({tree.sql(dialect='spark', comments=False)}) AS evidence"
            + (f" GROUP BY {listed} ORDER BY {order}" if listed else "")
        )
        return [tuple(row) for row in found.collect()]

    def _view(self, kind: str) -> None:
        """Make the valid facts of a kind a table under its name."""
        if kind in self._kinds:
            return
        found = valid(self.lake, kind)
        columns = kind_named(kind).all_columns
        sealed = {
            f"{kind}__facts": (columns, found.paths),
            f"{kind}__corrections": (columns, found.corrections),
            f"{kind}__retractions": (RETRACTION.all_columns, found.retractions),
        }
        for name, (own, paths) in sealed.items():
            self._read(own, paths).createOrReplaceTempView(name)
            self._kinds.add(name)
        self._opened.sql(found.over(*sealed)).createOrReplaceTempView(kind)
        self._kinds.add(kind)

    def _read(self, columns: Sequence[Column], paths: Sequence[str]) -> Any:  # noqa: ANN401 - pyspark has no types
        schema = ", ".join(f"`{one.name}` {TYPES[one.store]}" for one in columns)
        if not paths:
            return self._opened.createDataFrame([], schema)
        # A column that was added to the kind later reads null in older files.
        return self._opened.read.schema(schema).parquet(*paths)

    @property
    def _opened(self) -> "SparkSession":
        assert self._session is not None, "an engine is used in a `with` statement"
        return self._session
