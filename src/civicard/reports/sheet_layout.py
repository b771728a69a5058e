"""Where text fits on a spreadsheet: names of sheets, widths of columns and heights of rows. Pure.

A spreadsheet does not fit rows to merged or wrapped cells by itself, so every height is reckoned here from
the widths of characters: a Chinese one takes two units of column width.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from math import ceil

from civicard.reports.document import Placed, Table, placed

LONGEST_NAME = 31
NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
# A line's height for each point of type; then points: a cell's edges, the least and most of a row.
LINE, EDGE_PT, LEAST_PT, TALLEST_PT = 1.4, 6.0, 20.0, 409.0
# Points a CSS pixel.
PICTURE_PT = 0.75
SIZE = 11
NARROWEST, WIDEST, PADDING = 6.0, 120.0, 2.6
GROWTH = (1.0, 1.3, 1.7, 2.2, 3.0)


def sheet_name(caption: str, number: int, names: set[str]) -> str:
    """Return a legal name for a table's sheet that is not among `names`, and add it there.

    >>> names = {"正文"}
    >>> sheet_name("[附]表:资金/决算", 1, names), sheet_name("附表资金决算", 2, names)
    ('附表资金决算', '附表资金决算 2')
    >>> sheet_name("", 3, names)
    '表 3'
    """
    wished = " ".join(NOT_IN_NAMES.sub("", caption).split()).strip("' ") or f"表 {number}"
    # Excel keeps this one for itself.
    wished = f"{wished} {number}" if wished.casefold() == "history" else wished
    name, turn = _shortened(wished, ""), number
    while name.casefold() in names:
        name, turn = _shortened(wished, f" {turn}"), turn + 1
    names.add(name.casefold())
    return name


def _shortened(name: str, ending: str) -> str:
    """Return name and ending within what a sheet's name may measure, in the units Excel counts."""
    room = LONGEST_NAME - len(ending)
    while len(name.encode("utf-16-le")) // 2 > room:
        name = name[:-1]
    return f"{name.rstrip()}{ending}"


def units(text: str) -> float:
    """Return the width of one line of text in units of column width."""
    return sum(2.0 if unicodedata.east_asian_width(character) in "WFA" else 1.1 for character in text)


def lines(text: str, width: float, size: float = SIZE) -> int:
    """Return how many lines a text takes in a column of `width`."""
    room = max((width - PADDING) * SIZE / size, 2.0)
    return sum(max(1, ceil(units(line) / room)) for line in text.split("\n"))


def height_pt(text: str, width: float, size: float = SIZE) -> float:
    """Return the height, in points, of a row that shows all of a text, as far as Excel can."""
    return min(TALLEST_PT, max(LEAST_PT, lines(text, width, size) * size * LINE + EDGE_PT))


def pieces(text: str, width: float, size: float = SIZE) -> Iterator[str]:
    """Yield a text in pieces of which each fits the tallest row, cut behind sentences where there are any."""
    most = int((TALLEST_PT - EDGE_PT) / (size * LINE))
    piece = ""
    for sentence in re.split(r"(?<=[。；！？\n])", text):
        if piece and lines(piece + sentence, width, size) > most:
            yield piece.rstrip("\n")
            piece = ""
        piece += sentence
    # One sentence beyond a whole page of text is cut where it must be.
    step = int(most * (width - PADDING) / 2)
    while lines(piece, width, size) > most and len(piece) > step:
        yield piece[:step]
        piece = piece[step:]
    yield piece


def column_widths(table: Table, whole: float, shown: Callable[[Placed], str]) -> list[float]:
    """Return the width of each column: its share of `whole`, but wide enough for its numbers.

    The whole grows where otherwise a row would be taller than Excel can show.

    Args:
        table: the table.
        whole: the width of all columns together, unless that is too narrow.
        shown: gives what a cell shows, marks included.
    """
    shares = sum(column.width for column in table.columns)
    least = [NARROWEST] * len(table.columns)
    for place in placed(table):
        if place.cell.number is not None and place.cell.colspan == 1:
            least[place.column] = max(least[place.column], units(shown(place)) + PADDING + 1)
    widths: list[float] = []
    for growth in GROWTH:
        widths = [
            min(WIDEST, max(floor, round(whole * growth * column.width / shares, 1)))
            for column, floor in zip(table.columns, least, strict=True)
        ]
        if all(height < TALLEST_PT for height in row_heights(table, widths, shown)):
            break
    return widths


def row_heights(table: Table, widths: Sequence[float], shown: Callable[[Placed], str]) -> list[float]:
    """Return the height of each row, in points, so that every cell shows all of its text.

    Args:
        table: the table.
        widths: of its columns.
        shown: gives what a cell shows, marks included.
    """
    edges = [0.0, *accumulate(widths)]
    heights = [LEAST_PT] * len(table.rows)
    spanning: list[tuple[Placed, float]] = []
    for place in placed(table):
        cell = place.cell
        width = edges[place.column + cell.colspan] - edges[place.column]
        needed = LEAST_PT if cell.number is not None else height_pt(shown(place), width)
        if cell.rowspan == 1:
            heights[place.row] = max(heights[place.row], needed)
        else:
            spanning.append((place, needed))
    for place, needed in spanning:
        rows = range(place.row, place.row + place.cell.rowspan)
        lacking = needed - sum(heights[row] for row in rows)
        if lacking > 0:
            for row in rows:
                heights[row] = min(TALLEST_PT, heights[row] + lacking / len(rows))
    return heights
