"""Reads tables of units from the bytes of CSV, Excel and Parquet files."""

import csv
import datetime as dt
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import openpyxl
from openpyxl.cell.cell import Cell as FullCell
from openpyxl.cell.cell import MergedCell
from openpyxl.utils import get_column_letter

from civicard.evaluation.sheet_cells import CellProblem, is_percent, seen
from civicard.evaluation.spreadsheets import BROKEN, check_archive
from civicard.evaluation.tables.unit_table import (
    LIKE_A_FORMULA,
    MOST_CELLS,
    MOST_COLUMNS,
    MOST_ROWS,
    MOST_SHOWN,
    Cell,
    TableRefused,
    UnitTable,
    cell_of,
    too_large,
)
from civicard.kernel.exact import Fraction, plain
from civicard.kernel.text import Text

ENCODINGS = ("utf-8-sig", "gb18030")
DELIMITERS = (",", "\t", ";")
MOST_XML_ELEMENTS = 60_000_000
# Nothing is fetched or installed, and a hostile file meets an end of its memory.
DUCKDB: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "memory_limit": "4GB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}

SheetCell: TypeAlias = FullCell | MergedCell


def _table(
    name: str, head: Sequence[object], rows: Iterable[Sequence[Cell]], first_row: int = 2
) -> UnitTable:
    """Return a table from its head and rows, after checking both."""
    heads = [str(one).strip() if one is not None else "" for one in head]
    while heads and not heads[-1]:
        heads.pop()
    _check_heads(name, heads)
    width = len(heads)
    columns: list[list[Cell]] = [[] for _ in heads]
    faults: list[Text] = []
    number = 0
    for number, row in enumerate(rows, 1):
        if number > MOST_ROWS or number * width > MOST_CELLS:
            raise too_large(name)
        if any(one is not None for one in row[width:]) and len(faults) < MOST_SHOWN:
            at = first_row + number - 1
            faults.append(
                Text(
                    f"第 {at} 行有 {len(row)} 格，表头只有 {width} 列",
                    f"row {at} has {len(row)} cells, the head only {width}",
                )
            )
        for at, column in enumerate(columns):
            column.append(row[at] if at < len(row) else None)
    if faults:
        raise TableRefused(name, faults)
    return UnitTable(
        name=name, columns=dict(zip(heads, columns, strict=True)), number=number, first_row=first_row
    )


def _check_heads(name: str, heads: Sequence[str]) -> None:
    faults = []
    if not heads:
        faults.append(
            Text("第一行应为列名，这里是空的", "the first row should name the columns, and is empty")
        )
    if len(heads) > MOST_COLUMNS:
        faults.append(Text(f"超过 {MOST_COLUMNS} 列", f"it has more than {MOST_COLUMNS} columns"))
    seen_: dict[str, int] = {}
    for at, head in enumerate(heads, 1):
        letter = get_column_letter(at)
        if not head:
            faults.append(Text(f"第 {letter} 列没有列名", f"column {letter} has no name"))
        elif head in seen_:
            first = get_column_letter(seen_[head])
            faults.append(
                Text(
                    f"列名“{head}”重复（{first}、{letter} 列）",
                    f"the column {head!r} stands twice ({first} and {letter})",
                )
            )
        seen_.setdefault(head, at)
    if faults:
        raise TableRefused(name, faults)


def from_csv(data: bytes, name: str) -> UnitTable:
    """Return the table in CSV, in UTF-8 or GB18030, between commas, tabs or semicolons."""
    text = None
    for encoding in ENCODINGS:
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    if text is None or "\0" in text:
        why = Text(
            "既不是 UTF-8 也不是 GB18030 文字；请另存为 UTF-8 的 CSV",
            "it is neither UTF-8 nor GB18030 text; save it as UTF-8 CSV",
        )
        raise TableRefused(name, [why])
    first = text.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        head = next(rows, [])
        cells = ([_unescaped(one) for one in row] for row in rows if row)
        return _table(name, [_unescaped_head(one) for one in head], cells)
    except csv.Error as error:
        why = Text(
            f"第 {rows.line_num} 行的引号不成对或单元格过长", f"line {rows.line_num} cannot be read: {error}"
        )
        raise TableRefused(name, [why]) from None


def _unescaped(text: str) -> Cell:
    if text.startswith("'") and LIKE_A_FORMULA.match(text):
        return text[1:]
    return cell_of(text)


def _unescaped_head(text: str) -> str:
    return text[1:] if text.startswith("'") and LIKE_A_FORMULA.match(text) else text


def from_sheet(data: bytes, name: str, title: str | None) -> UnitTable:
    """Return the table in a sheet of an Excel file, the first one unless `title` names another."""
    check_archive(data, name, most_elements=MOST_XML_ELEMENTS)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
    except BROKEN:
        raise TableRefused(name, [Text("内部结构损坏", "its inside is broken")]) from None
    try:
        titles = book.sheetnames
        if title is not None and title not in titles:
            options = "、".join(titles)
            raise TableRefused(
                name,
                [
                    Text(
                        f"没有工作表“{title}”；有：{options}",
                        f"there is no sheet {title!r}; there are: {options}",
                    )
                ],
            )
        sheet = book[title] if title is not None else book.worksheets[0]
        sheet.reset_dimensions()
        rows = iter(sheet.iter_rows())
        faults: list[Text] = []
        head = [_sheet_cell(cell, faults) for cell in next(rows, ())]
        table = _table(name, head, _sheet_rows(rows, faults))
    finally:
        book.close()
    if faults:
        raise TableRefused(name, faults)
    return table


def _sheet_rows(rows: Iterable[Sequence[SheetCell]], faults: list[Text]) -> Iterator[list[Cell]]:
    blank = 0
    for row in rows:
        cells = [_sheet_cell(cell, faults) for cell in row]
        if all(one is None for one in cells):
            blank += (
                1  # rows below the last are often formatted; between others they are units without figures
            )
            continue
        for _ in range(blank):
            yield []
        blank = 0
        yield cells


def _sheet_cell(cell: SheetCell, faults: list[Text]) -> Cell:
    try:
        value = seen(cell).value
    except CellProblem as problem:
        if isinstance(cell.value, dt.date):  # a date in a column of the unit's own is text, as it is shown
            return cell.value.isoformat().removesuffix("T00:00:00")
        if len(faults) < MOST_SHOWN:
            place = cell.coordinate
            faults.append(Text(f"{place}：{problem.text.zh}", f"{place}: {problem.text.en}"))
        return None
    match value:
        case bool():
            return "是" if value else "否"
        case Fraction():
            if is_percent(cell.number_format):
                return f"{plain(value * 100)}%"
            return int(value) if value.denominator == 1 else Decimal(plain(value))
    return value or None


def from_parquet(path: Path) -> UnitTable:
    """Return the table in a Parquet file."""
    import duckdb

    # A link with a name of our own: the reader takes * and ? in a name for a pattern.
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config=DUCKDB) as base:
        link = Path(folder) / "table.parquet"
        link.symlink_to(path.resolve())
        try:
            counted = base.execute("SELECT count(*) FROM read_parquet(?)", [str(link)]).fetchone()
            described = base.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(link)]).fetchall()
            head, number = [str(one[0]) for one in described], int(counted[0]) if counted else 0
            if number > MOST_ROWS or number * len(head) > MOST_CELLS:
                raise too_large(path.name)
            found = base.execute("SELECT * FROM read_parquet(?)", [str(link)]).fetchall()
        except duckdb.Error:
            raise TableRefused(
                path.name, [Text("它不是完整的 Parquet 文件", "it is no Parquet file, or not all of one")]
            ) from None
    return _table(path.name, head, ([_parquet_cell(one) for one in row] for row in found), first_row=1)


def _parquet_cell(value: object) -> Cell:
    match value:
        case None:
            return None
        case bool():
            return "是" if value else "否"
        case int() | Decimal():
            return value
        case float():
            return Decimal(repr(value))
        case str():
            return value or None
        case dt.date() | dt.time():
            return value.isoformat()
    return str(value)
