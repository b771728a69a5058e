"""Tables of many units from and to CSV, Excel and Parquet, cell by cell exact.

A cell is a whole number, a decimal, text, or nothing. Numbers keep their digits: what a program stores as a binary
float is read as its shortest decimal, and text is a number only when it is written as one (007 stays text).

Spreadsheet programs run text that begins with a sign as a formula. Written to CSV, such text gets an apostrophe in
front unless it is a number; read from CSV, that apostrophe is taken off again. In Excel files it is plain text.
"""

from pathlib import Path

from civicard.evaluation.spreadsheets import MOST_BYTES
from civicard.evaluation.tables.reading import from_csv, from_parquet, from_sheet
from civicard.evaluation.tables.unit_table import Cell, TableRefused, UnitTable, cell_of
from civicard.evaluation.tables.writing import to_csv, to_parquet, to_sheet
from civicard.files import read_bytes
from civicard.kernel.text import Text

MOST_FILE_BYTES = 256_000_000


def read_table(path: Path, sheet: str | None = None) -> UnitTable:
    """Return the table in a .csv, .xlsx or .parquet file.

    Args:
        path: the file; its ending says what it is.
        sheet: the sheet of a workbook; the first one when left out.

    Raises:
        FileUnreadable: there is no such file, or it is too large.
        WorkbookUnreadable, WorkbookUnsafe: the workbook cannot be opened.
        TableRefused: it has no head, repeats a column, is too wide or too long, or a cell cannot be taken.
    """
    match path.suffix.lower():
        case ".csv" | ".tsv" | ".txt":
            return from_csv(read_bytes(path, MOST_FILE_BYTES), path.name)
        case ".xlsx":
            return from_sheet(read_bytes(path, MOST_BYTES), path.name, sheet)
        case ".parquet":
            read_bytes(path, MOST_FILE_BYTES)  # missing, a folder or too large is said as everywhere
            return from_parquet(path)
    raise TableRefused(path.name, [_kinds(path.suffix)])


def write_table(table: UnitTable, path_suffix: str) -> bytes:
    """Return a table as .csv (UTF-8 with a byte order mark, for Excel), .xlsx or .parquet.

    Numbers keep every digit: in Excel a number of more than 15 digits is written as text, in Parquet a column of
    decimals is DECIMAL where 38 digits hold all of it and VARCHAR otherwise.

    Raises:
        TableRefused: the ending is none of these.
    """
    match path_suffix.lower():
        case ".csv":
            return to_csv(table)
        case ".xlsx":
            return to_sheet(table)
        case ".parquet":
            return to_parquet(table)
    raise TableRefused(table.name, [_kinds(path_suffix)])


def _kinds(suffix: str) -> Text:
    return Text(
        f"不认识的文件类型“{suffix}”，可用 .csv、.xlsx、.parquet",
        f"{suffix!r} is no known kind of table; possible: .csv, .xlsx, .parquet",
    )


__all__ = ["Cell", "TableRefused", "UnitTable", "cell_of", "read_table", "write_table"]
