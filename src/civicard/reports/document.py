"""What a document says, free of any format: blocks that four renderers turn into bytes. Pure.

A wrong document is a programming error and raises `ValueError` when it is made: a table whose rows do not
fill its columns, a cell whose number is not the one it shows. Text is cleaned once, here, so that all formats
print the same characters.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from civicard.kernel.exact import Fraction, plain
from civicard.kernel.text import Language, Text

UNSUPPORTED = Text("无佐证", "no evidence")
CONTENTS = Text("正文", "Text")
# Heading levels as official documents number them: 一、 （一） 1. （1）
DEEPEST_HEADING = 4
# With more columns than this a table is set in smaller type.
ROOMY_COLUMNS = 8
# A byte order mark, and two code points that are no characters and that XML refuses.
NO_TEXT = "\ufeff\ufffe\uffff"
PRINTED_NUMBER = re.compile(
    r"(?P<before>[^\d]*?)(?P<digits>[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<part>\d+))?)(?P<percent>%?)(?P<after>[^\d]*)",
)


class Mark(StrEnum):
    """What a run of text is tagged with."""

    UNSUPPORTED = "unsupported"


class Style(StrEnum):
    """How a paragraph is set: body text is justified with its first line moved in by two characters."""

    BODY = "body"
    CENTERED = "centered"
    NOTE = "note"
    SIGNATURE = "signature"
    ITEM = "item"


class Align(StrEnum):
    """Where a cell's text stands."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


def cleaned(text: str) -> str:
    r"""Return `text` without control characters, which no format may hold and nobody can read.

    >>> cleaned("甲\r\n乙\x0b丙\ufeff")
    '甲\n乙丙'
    """
    joined = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(
        character
        for character in joined
        if character == "\n"
        or (unicodedata.category(character) not in {"Cc", "Cs"} and character not in NO_TEXT)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A piece of a paragraph's text; a mark is shown behind it as a small outlined tag."""

    text: str
    bold: bool = False
    mark: Mark | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", cleaned(self.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading; its number (一、 （一） 1. （1）) is part of the text."""

    level: int
    text: str

    def __post_init__(self) -> None:
        if not 1 <= self.level <= DEEPEST_HEADING:
            raise ValueError(
                f"A heading has a level from 1 to {DEEPEST_HEADING}, not {self.level}: {self.text}"
            )
        object.__setattr__(self, "text", " ".join(cleaned(self.text).split("\n")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph, given as plain `text` or as `runs`; a newline breaks the line."""

    text: str = ""
    runs: tuple[Run, ...] = ()
    style: Style = Style.BODY
    keep_with_next: bool = False

    def __post_init__(self) -> None:
        if self.text and self.runs:
            raise ValueError(f"A paragraph is given as text or as runs, not both: {self.text}")
        if self.text:
            object.__setattr__(self, "runs", (Run(text=self.text),))
        object.__setattr__(self, "text", "".join(run.text for run in self.runs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table: its share of the width, and where its text stands unless a cell says otherwise."""

    width: int
    align: Align = Align.CENTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell; one that spans rows stands in its first row, and the rows below leave it out.

    Attributes:
        text: what is shown; may be long and hold newlines.
        number: the exact number that `text` shows, stored as a number in a spreadsheet. It must be what is
            shown: a text of 84.31% holds Fraction("0.8431"), one of 2.21 holds Fraction("2.21").
        align: None takes the column's.
        header: names rows or columns, as cells of header rows always do.
        unsupported: tagged as having no evidence behind it.
    """

    text: str = ""
    number: Fraction | None = None
    colspan: int = 1
    rowspan: int = 1
    align: Align | None = None
    bold: bool = False
    header: bool = False
    shade: bool = False
    unsupported: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", cleaned(self.text))
        if self.colspan < 1 or self.rowspan < 1:
            raise ValueError(f"A cell covers at least one row and one column: {self.text}")
        if self.number is not None:
            number_format(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A cell with the row and column, from 0, of its upper left corner."""

    row: int
    column: int
    cell: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: the first `header_rows` rows name the columns and are repeated on every page."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    header_rows: int = 1
    caption: str = ""
    unit_note: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        for name in ("caption", "unit_note", "note"):
            object.__setattr__(self, name, cleaned(getattr(self, name)))
        placed(self)

    @property
    def dense(self) -> bool:
        """Whether the table has so many columns that it needs smaller type."""
        return len(self.columns) > ROOMY_COLUMNS


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart: an ECharts option, drawn alike in every format.

    Attributes:
        alt: what the chart shows, in words, for those who cannot see it.
    """

    option: Mapping[str, object] = field(hash=False)
    caption: str
    alt: str
    width_mm: int = 150
    height_mm: int = 90

    def __post_init__(self) -> None:
        object.__setattr__(self, "caption", cleaned(self.caption))
        object.__setattr__(self, "alt", cleaned(self.alt))


@dataclass(frozen=True, slots=True, kw_only=True)
class PageBreak:
    """What follows starts on a new page."""


Block = Heading | Paragraph | Table | Chart | PageBreak


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole document.

    Attributes:
        title: may hold a newline where it is best broken.
        origin_mark: printed on every page and sheet when set, such as 模拟数据.
        footer_note: printed small on every page, such as the digest of the receipt.
        cover_lines: unit, date and the like; when there are any, title and lines get a page of their own.
        author: the unit that answers for the document, kept in the file's properties.
        dated_on: kept in the file's properties; None writes no date that means anything.
    """

    title: str
    blocks: tuple[Block, ...]
    subtitle: str = ""
    origin_mark: str = ""
    footer_note: str = ""
    cover_lines: tuple[str, ...] = ()
    author: str = ""
    dated_on: date | None = None
    landscape: bool = False
    language: Language = Language.CHINESE

    def __post_init__(self) -> None:
        for name in ("title", "subtitle", "origin_mark", "footer_note", "author"):
            object.__setattr__(self, name, cleaned(getattr(self, name)))
        object.__setattr__(self, "cover_lines", tuple(cleaned(line) for line in self.cover_lines))

    @property
    def title_line(self) -> str:
        """The title on one line."""
        breaks = "" if self.language is Language.CHINESE else " "
        return breaks.join(self.title.split("\n"))


def placed(table: Table) -> tuple[Placed, ...]:
    """Return the table's cells, each with its place.

    Raises:
        ValueError: a row does not fill the columns once spans are counted, or a span leaves the table or the
            header rows.
    """
    name, width, height = table.caption or "table", len(table.columns), len(table.rows)
    if not width or any(column.width <= 0 for column in table.columns):
        raise ValueError(f"{name}: every column needs a width above 0.")
    if not 0 <= table.header_rows <= height:
        raise ValueError(f"{name}: {table.header_rows} header rows do not fit {height} rows.")
    taken: set[tuple[int, int]] = set()
    cells: list[Placed] = []
    for row, content in enumerate(table.rows):
        column = 0
        limit = table.header_rows if row < table.header_rows else height
        for cell in content:
            while (row, column) in taken:
                column += 1
            covered = {
                (row + down, column + right) for down in range(cell.rowspan) for right in range(cell.colspan)
            }
            if column + cell.colspan > width or row + cell.rowspan > limit or covered & taken:
                raise ValueError(f"{name}: row {row + 1}: the cell “{cell.text}” does not fit its place.")
            taken |= covered
            cells.append(Placed(row=row, column=column, cell=cell))
        lacking = [place + 1 for place in range(width) if (row, place) not in taken]
        if lacking:
            raise ValueError(f"{name}: row {row + 1} leaves columns {lacking} empty.")
    return tuple(cells)


def number_format(cell: Cell) -> str:
    """Return the spreadsheet number format that shows a cell's number exactly as its text does.

    Raises:
        ValueError: the text shows no single number, or another than the cell's.

    >>> number_format(Cell(text="30,501,000.00", number=Fraction(30501000)))
    '#,##0.00'
    >>> number_format(Cell(text="84.31%", number=Fraction("0.8431")))
    '0.00%'
    >>> number_format(Cell(text="82 分", number=Fraction(82)))
    '0" 分"'
    """
    found = PRINTED_NUMBER.fullmatch(cell.text)
    if found is None or cell.number is None:
        raise ValueError(f"A cell with a number must show one number: {cell.text}")
    digits, part = found["digits"].replace("−", "-"), found["part"] or ""
    shown = cell.number * 100 if found["percent"] else cell.number
    if plain(shown, len(part)) not in {digits.replace(",", ""), "0" if digits == "-0" else ""}:
        raise ValueError(f"A cell shows {cell.text} but its number is {plain(shown)}.")
    whole = "#,##0" if "," in digits else "0"
    literal = [f'"{found[side]}"' if found[side] else "" for side in ("before", "after")]
    if '"' in found["before"] + found["after"]:
        raise ValueError(f"A cell with a number holds no quotation mark: {cell.text}")
    return f"{literal[0]}{whole}{'.' + '0' * len(part) if part else ''}{found['percent']}{literal[1]}"


def texts(document: Document) -> Iterator[str]:
    """Yield every piece of text that a rendering of `document` prints, labels of charts included."""
    yield from (document.title, document.subtitle, document.origin_mark, document.footer_note)
    yield from document.cover_lines
    yield UNSUPPORTED.into(document.language)
    for block in document.blocks:
        match block:
            case Heading(text=text):
                yield text
            case Paragraph(runs=runs):
                yield from (run.text for run in runs)
            case Table():
                yield from (block.caption, block.unit_note, block.note)
                yield from (cell.text for row in block.rows for cell in row)
            case Chart(caption=caption, option=option):
                yield caption
                yield from _strings(option)
            case PageBreak():
                pass


def _strings(value: object) -> Iterator[str]:
    """Yield every string inside of a chart option."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _strings(inner)
