"""Writes tables of units as the bytes of CSV, Excel and Parquet files."""

import csv
import datetime as dt
import io
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import xlsxwriter

from civicard.evaluation.tables.unit_table import LIKE_A_FORMULA, NUMBER, Cell, TableRefused, UnitTable
from civicard.kernel.text import Text

MOST_DIGITS = 38
MOST_SHEET_DIGITS = 15
MOST_SHEET_CHARACTERS = 32_767
MOST_LINE_BYTES = 256_000_000


def to_csv(table: UnitTable) -> bytes:
    """Return a table as CSV, with text that a spreadsheet would run marked by an apostrophe."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([_escaped(head) for head in table.columns])
    for row in table.rows():
        writer.writerow([_escaped(one) for one in row])
    return stream.getvalue().encode("utf-8-sig")


def _escaped(cell: Cell) -> str:
    if not isinstance(cell, str):
        return "" if cell is None else _digits(cell)
    if not LIKE_A_FORMULA.match(cell) or NUMBER.fullmatch(cell):
        return cell
    return f"'{cell}"


def to_sheet(table: UnitTable) -> bytes:
    """Return a table as an Excel file of one sheet."""
    stream = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(stream, options)
    book.set_properties({"created": dt.datetime(2000, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)})
    sheet = book.add_worksheet("Sheet1")
    head, text = book.add_format({"bold": True, "text_wrap": True}), book.add_format({"quote_prefix": True})
    for at, name in enumerate(table.columns):
        sheet.write_string(0, at, name, head)
    sheet.freeze_panes(1, 0)
    for number, row in enumerate(table.rows(), 1):
        for at, cell in enumerate(row):
            match cell:
                case int() | Decimal() if len(_digits(cell).strip("-").replace(".", "")) <= MOST_SHEET_DIGITS:
                    sheet.write_number(number, at, float(cell))
                case int() | Decimal():
                    sheet.write_string(number, at, _digits(cell))
                case str() if len(cell) > MOST_SHEET_CHARACTERS:
                    raise TableRefused(table.name, [_too_long(number + 1, list(table.columns)[at])])
                case str():
                    sheet.write_string(number, at, cell, text if LIKE_A_FORMULA.match(cell) else None)
    book.close()
    return stream.getvalue()


def _too_long(row: int, column: str) -> Text:
    most = MOST_SHEET_CHARACTERS
    return Text(
        f"第 {row} 行“{column}”列超过 {most} 字符，Excel 单元格放不下；请改存为 CSV 或 Parquet",
        f"row {row}, column {column!r} has more than {most} characters, too many for Excel; write CSV or Parquet",
    )


def to_parquet(table: UnitTable) -> bytes:
    """Return a table as Parquet; see `tables.write_table`."""
    import duckdb

    kinds = {head: _kind(cells) for head, cells in table.columns.items()}
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"threads": 2}) as base:
        source, made = Path(folder) / "table.csv", Path(folder) / "table.parquet"
        with source.open("w", encoding="utf-8", newline="") as file:
            for row in table.rows():
                file.write(",".join(_field(one) for one in row) + "\n")
        names = [f"c{at}" for at in range(len(kinds))]
        columns = ", ".join(f"'{one}': 'VARCHAR'" for one in names)
        chosen = ", ".join(
            f"CAST({one} AS {kind}) AS {_quoted(head)}"
            for one, (head, kind) in zip(names, kinds.items(), strict=True)
        )
        base.execute(
            f"COPY (SELECT {chosen} FROM read_csv('{source}', header=false, delim=',', quote='\"', escape='\"', "  # noqa: S608 - names are quoted, the path is our own
            f"nullstr='\\N', allow_quoted_nulls=false, auto_detect=false, new_line='\\n', columns={{{columns}}}, "
            f"max_line_size={MOST_LINE_BYTES})) TO '{made}' (FORMAT parquet)"
        )
        return made.read_bytes()


def _digits(number: int | Decimal) -> str:
    """Return a number in plain digits; Python formats a whole number with `f` through a binary float."""
    return str(number) if isinstance(number, int) else f"{number:f}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _field(cell: Cell) -> str:
    if cell is None:
        return "\\N"
    return '"' + (cell if isinstance(cell, str) else _digits(cell)).replace('"', '""') + '"'


def _kind(cells: Sequence[Cell]) -> str:
    """Return the type that holds a column without changing a digit."""
    known = [one for one in cells if one is not None]
    if any(isinstance(one, str) for one in known):
        return "VARCHAR"
    whole_numbers = [one for one in known if isinstance(one, int)]
    if len(whole_numbers) == len(known):
        return "BIGINT" if all(-(2**63) <= one < 2**63 for one in whole_numbers) else "VARCHAR"
    decimals = [one for one in known if isinstance(one, Decimal)]
    if not all(one.is_finite() for one in decimals):
        return "VARCHAR"
    places = max(0, *(-int(one.as_tuple().exponent) for one in decimals))
    numbers: list[int | Decimal] = [*whole_numbers, *decimals]
    whole = max(len(str(abs(int(one)))) for one in numbers)
    return f"DECIMAL({whole + places},{places})" if whole + places <= MOST_DIGITS else "VARCHAR"
