"""Sealed facts as tables for people and programs: CSV, Excel, Parquet, JSON Lines. No Django.

What is exported are the valid facts (`valid`), or every sealed one. A file is written whole or not at all, and one
with invented data says so in itself.
"""
# ruff: noqa: S608 - the text is made of declared names and quoted paths; SQL takes no parameters in their places

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from civicard.files import FileUnwritable, settle
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Language, Text
from civicard.ledger.kinds import Column, Store, kind_named
from civicard.ledger.lake import Lake, damaged
from civicard.ledger.lake.engine import connect, literal
from civicard.ledger.lake.rollups import added_up, relation, rollup_columns, rollup_of
from civicard.ledger.lake.valid import valid_sql

if TYPE_CHECKING:
    from collections.abc import Collection

    import duckdb

__all__ = ["ENDINGS", "Chosen", "ExportRefused", "export"]

ENDINGS = (".csv", ".xlsx", ".parquet", ".jsonl")
SIMULATED = Text("【模拟数据】", "[SIMULATED DATA] ")
# Excel has so many rows, one of them for the headings; so many digits it keeps; so long is a sheet's name.
MOST_SHEET_ROWS, MOST_SHEET_DIGITS, MOST_SHEET_NAME = 1_048_575, 15, 31
FETCHED = 10_000
# Text that a spreadsheet would take for a formula and run.
LIKE_A_FORMULA = "'*[=+\\-@\t\r＝＋－\uff20]"
BOM = "\ufeff"
PART = ".civicard-"
# The file is a part already; a second one, which the engine makes beside it, would be left behind on a full disk.
IN_PLACE = "USE_TMP_FILE false"
APOSTROPHE = literal("'")


class ExportRefused(Refusal):
    """Facts cannot be exported as asked: the format is unknown, or the rows are more than it holds."""

    code = "export_refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """Which sealed facts to export.

    Attributes:
        kind: name of the kind, or of a roll-up such as `card_used_monthly`.
        since: first business day; None for the beginning. Of a roll-up its whole month counts.
        until: last business day; None for the end. Of a roll-up its whole month counts.
        is_every: also those that were corrected or retracted.
    """

    kind: str
    since: date | None = None
    until: date | None = None
    is_every: bool = False


def _silent(done: int, of: int) -> None:
    """Tell nobody."""


def export(
    lake: Lake,
    chosen: Chosen,
    out: Path | str,
    *,
    language: Language = Language.CHINESE,
    progress: Callable[[int, int], None] = _silent,
) -> int:
    """Write the chosen facts to `out`, in the order of their numbers, and return how many they are.

    Args:
        lake: an open lake.
        chosen: which facts.
        out: the file; its ending decides the format.
        language: of the headings of CSV and Excel; Parquet and JSON Lines have the names of the columns.
        progress: told how many rows of how many are written, where that is known.

    Raises:
        ExportRefused: the ending is none of `ENDINGS`, or Excel cannot hold so many rows.
        UnknownKind: no app declares the kind.
        LakeUnreadable: a sealed file cannot be read.
        FileUnwritable: the file could not be written; what stood there before still does.
    """
    import duckdb

    target = Path(out)
    if target.suffix.lower() not in ENDINGS:
        listed = " ".join(ENDINGS)
        raise ExportRefused(
            Text(
                f"不能导出为 {target.name}：扩展名应为 {listed} 之一。",
                f"Cannot export to {target.name}: its ending must be one of {listed}.",
            )
        )
    columns, query = _query(lake, chosen)
    with connect(lake.about.zone) as base:
        table = _Table(
            base=base, lake=lake, kind=chosen.kind, columns=columns, query=query, language=language
        )
        try:
            ((rows,),) = base.execute(f"SELECT count(*) FROM ({query})").fetchall()
            progress(0, rows)
            with _whole(target) as part:
                match target.suffix.lower():
                    case ".csv":
                        table.to_csv(part)
                    case ".xlsx":
                        table.to_sheet(part, rows, progress)
                    case ".parquet":
                        table.to_parquet(part)
                    case _:
                        table.to_jsonl(part)
        except duckdb.Error as error:
            # The engine names the file that failed it: ours to write, or one of the lake's to read.
            said = str(error).splitlines()[0]
            if PART in said or isinstance(error, duckdb.OutOfMemoryException):
                raise _unwritable(target, said) from error
            raise damaged(lake.folder, f"无法读取（{said}）", f"it cannot be read ({said})") from error
        except OSError as error:
            raise _unwritable(target, error.strerror or str(error)) from error
    progress(rows, rows)
    return int(rows)


def _query(lake: Lake, chosen: Chosen) -> tuple[Sequence[Column], str]:
    """Return the columns of the chosen facts and the SELECT that gives them in their order."""
    months: Collection[str] | None = None
    if chosen.since is not None or chosen.until is not None:
        there = sorted({one.month for one in lake.files(chosen.kind)})
        first = chosen.since or (date.fromisoformat(f"{there[0]}-01") if there else date.min)
        # The last month counts from any of its days, also from one after the 28th.
        last = chosen.until or (max(first, date.fromisoformat(f"{there[-1]}-28")) if there else date.min)
        months = months_between(first, last) if first <= last else ()
    summed = rollup_of(chosen.kind)
    if summed is not None:
        columns = rollup_columns(summed)
        return columns, f"{added_up(summed, valid_sql(lake, chosen.kind, months))} ORDER BY ALL"
    columns = kind_named(chosen.kind).all_columns
    if chosen.is_every:
        files = [one for one in lake.files(chosen.kind) if months is None or one.month in months]
        source = relation(columns, [str(lake.folder / one.path) for one in files])
    else:
        source = valid_sql(lake, chosen.kind, months)
    days = [
        f"\"day\" {sign} DATE '{day}'"
        for sign, day in ((">=", chosen.since), ("<=", chosen.until))
        if day is not None
    ]
    where = f" WHERE {' AND '.join(days)}" if days else ""
    return columns, f"SELECT * FROM ({source}){where} ORDER BY fact"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Table:
    """A query with what its result is called, to be written in one format or another."""

    base: "duckdb.DuckDBPyConnection"
    lake: Lake
    kind: str
    columns: Sequence[Column]
    query: str
    language: Language

    def to_csv(self, part: Path) -> None:
        """Write UTF-8 with its mark, which Excel needs to read Chinese, and nothing that it would run."""
        first, *more = self._headings()
        # The mark stands before the first heading, which needs no quotes: they would come before it.
        heads = [f"{BOM}{first}", *more]
        chosen = ", ".join(
            f"{_harmless(one.name) if one.words else _name(one.name)} AS {_name(head)}"
            for one, head in zip(self.columns, heads, strict=True)
        )
        self.base.execute(
            f"COPY (SELECT {chosen} FROM ({self.query})) TO {literal(str(part))} (FORMAT csv, HEADER true, {IN_PLACE})"
        )

    def to_parquet(self, part: Path) -> None:
        """Write the columns as they are sealed, with where they come from in the file's own metadata."""
        marks = {
            "civicard.kind": self.kind, "civicard.origin": self.lake.about.origin,
            "civicard.seal": str(len(self.lake.seals)), "civicard.root": self.lake.root,
        }  # fmt: skip
        listed = ", ".join(f"'{key}': {literal(value)}" for key, value in marks.items())
        self.base.execute(
            f"COPY ({self.query}) TO {literal(str(part))} "
            f"(FORMAT parquet, COMPRESSION zstd, {IN_PLACE}, KV_METADATA {{{listed}}})"
        )

    def to_jsonl(self, part: Path) -> None:
        """Write one object a line, each with its origin: lines are cut out and passed on."""
        chosen = ", ".join(
            f"strftime(\"{one.name}\" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ') AS \"{one.name}\""
            if one.store is Store.INSTANT
            else f'"{one.name}"'
            for one in self.columns
        )
        self.base.execute(
            f"COPY (SELECT {literal(self.lake.about.origin)} AS origin, {chosen} FROM ({self.query})) "
            f"TO {literal(str(part))} (FORMAT json, {IN_PLACE})"
        )

    def to_sheet(self, part: Path, rows: int, progress: Callable[[int, int], None]) -> None:
        """Write one sheet; instants are shown in the time zone of the lake.

        Raises:
            ExportRefused: there are more rows than a sheet holds.
        """
        import xlsxwriter.exceptions

        if rows > MOST_SHEET_ROWS:
            raise ExportRefused(
                Text(
                    f"不能导出为 Excel：共 {rows:,} 行，一张工作表最多 {MOST_SHEET_ROWS:,} 行；"
                    "请用 --month 或 --since、--until 缩小范围，或导出为 .csv、.parquet。",
                    f"Cannot export to Excel: there are {rows:,} rows and a sheet holds {MOST_SHEET_ROWS:,}. Choose "
                    "fewer with --month or --since and --until, or export to .csv or .parquet.",
                )
            )
        try:
            self._write_sheet(part, rows, progress)
        except xlsxwriter.exceptions.FileCreateError as error:
            raise OSError(str(error)) from error

    def _write_sheet(self, part: Path, rows: int, progress: Callable[[int, int], None]) -> None:
        import xlsxwriter

        options = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
        with xlsxwriter.Workbook(str(part), {"constant_memory": True, **options}) as book:
            page = book.add_worksheet(self._sheet_name())
            head = book.add_format({"bold": True, "text_wrap": True})
            forms = {
                Store.INSTANT: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
                Store.DAY: book.add_format({"num_format": "yyyy-mm-dd"}),
            }
            for at, title in enumerate(self._headings()):
                page.write_string(0, at, title, head)
            page.freeze_panes(1, 0)
            found = self.base.execute(self.query)
            number = 0
            while some := found.fetchmany(FETCHED):
                for number, row in enumerate(some, number + 1):  # noqa: B020 - it goes on where the last part ended
                    for at, (one, cell) in enumerate(zip(self.columns, row, strict=True)):
                        _write(page, number, at, cell, forms.get(one.store))
                progress(number, rows)

    def _headings(self) -> list[str]:
        titles = [one.title.into(self.language) for one in self.columns]
        heads = [
            f"{title} ({one.name})" if titles.count(title) > 1 else title
            for title, one in zip(titles, self.columns, strict=True)
        ]
        if self.lake.about.origin == "simulated":
            heads[0] = SIMULATED.into(self.language) + heads[0]
        return heads

    def _sheet_name(self) -> str:
        is_simulated = self.lake.about.origin == "simulated"
        mark = Text("模拟 ", "simulated ").into(self.language) if is_simulated else ""
        return f"{mark}{self.kind}"[:MOST_SHEET_NAME]


def _name(text: str) -> str:
    """Return the name of a column as SQL quotes it."""
    return '"' + text.replace('"', '""') + '"'


def _harmless(name: str) -> str:
    """Return the SELECT item of a column of words, with an apostrophe before what a spreadsheet would run."""
    pattern = literal("^" + LIKE_A_FORMULA)
    return f'CASE WHEN regexp_matches("{name}", {pattern}) THEN {APOSTROPHE} || "{name}" ELSE "{name}" END'


def _write(page: Any, row: int, at: int, cell: object, form: object) -> None:  # noqa: ANN401 - xlsxwriter has no types
    match cell:
        case None:
            return
        case bool():
            page.write_boolean(row, at, cell)
        case int() if abs(cell) < 10**MOST_SHEET_DIGITS:
            page.write_number(row, at, cell)
        case datetime():
            page.write_datetime(row, at, cell.replace(tzinfo=None), form)
        case date():
            page.write_datetime(row, at, cell, form)
        case _:
            page.write_string(row, at, str(cell))


def months_between(since: date, until: date) -> Sequence[str]:
    """Return the months from `since` to `until`, both included.

    >>> months_between(date(2018, 11, 3), date(2019, 1, 1))
    ['2018-11', '2018-12', '2019-01']
    """
    first, last = since.year * 12 + since.month - 1, until.year * 12 + until.month - 1
    return [f"{at // 12:04d}-{at % 12 + 1:02d}" for at in range(first, last + 1)]


@contextlib.contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """Give a name beside `target` to write to, and move what was written there to its place once all of it is."""
    part = target.with_name(f"{PART}{secrets.token_hex(8)}.part")
    try:
        # Now, so that a folder that is missing or may not be written is told before any work.
        part.touch(exist_ok=False)
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(target)
        settle(target.parent)
    finally:
        part.unlink(missing_ok=True)


def _unwritable(target: Path, why: str) -> FileUnwritable:
    return FileUnwritable(
        Text(
            f"未能写入 {target}：系统报告：{why}。原有内容未变。",
            f"Could not write {target}: the system says: {why}. Nothing was changed.",
        )
    )
