"""PDF by typst: the page habits of GB/T 9704, bundled fonts only, the same bytes for the same document.

The document goes to one fixed template (`assets/report.typ`) as data; nothing of it is ever read as markup.
"""

import json
from datetime import UTC, datetime, time
from functools import cache
from importlib.resources import files
from math import ceil
from typing import TYPE_CHECKING, Final

from civicard.kernel.text import Language
from civicard.reports.document import (
    UNSUPPORTED,
    Block,
    Chart,
    Document,
    Heading,
    Mark,
    PageBreak,
    Paragraph,
    Placed,
    Table,
    placed,
)
from civicard.reports.drawing import pixels, to_svg
from civicard.reports.fonts import font_files, missing_glyphs
from civicard.reports.refusals import GlyphMissing

if TYPE_CHECKING:
    import typst

# A document without a date of its own still has to name one.
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
# PDF/A-2a: it can be archived, its text be copied, and its structure be read aloud.
STANDARD: Final = "a-2a"
# A row stays on one page unless one of its cells might take more of its height than this. In points.
TALL_PT = 260
CHARACTER_PT, CELL_LINE_PT, CELL_MARGINS_PT = 10.5, 15, 6
TEXT_WIDTH_PT, LANDSCAPE_WIDTH_PT = 442, 637
# A table's note stays with the last row unless it might be taller than this: both must fit a page. In points.
TALL_NOTE_PT = 100


def to_pdf(document: Document) -> bytes:
    """Return `document` as PDF.

    Raises:
        GlyphMissing: it holds characters that no bundled font has.
    """
    import typst

    missing = missing_glyphs(document)
    if missing:
        raise GlyphMissing(missing)
    stamp = NO_DATE if document.dated_on is None else datetime.combine(document.dated_on, time(), tzinfo=UTC)
    made = typst.compile(
        (files("civicard.reports") / "assets" / "report.typ").read_bytes(),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"document": json.dumps(_data(document), ensure_ascii=False)},
        pdf_standards=STANDARD,
        timestamp=stamp,
    )
    return bytes(made)


@cache
def _fonts() -> "typst.Fonts":
    """Return the bundled fonts as typst knows them."""
    import typst

    folders = sorted({str(path.parent) for path in font_files()})
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(folders))


def _data(document: Document) -> dict[str, object]:
    """Return the document as the template reads it."""
    width = LANDSCAPE_WIDTH_PT if document.landscape else TEXT_WIDTH_PT
    return {
        "title": document.title,
        "title_line": document.title_line,
        "subtitle": document.subtitle,
        "origin_mark": document.origin_mark,
        "footer_note": document.footer_note,
        "cover_lines": document.cover_lines,
        "author": document.author,
        "landscape": document.landscape,
        "lang": "zh" if document.language is Language.CHINESE else "en",
        "unsupported": UNSUPPORTED.into(document.language),
        "blocks": [_block(block, width) for block in document.blocks],
    }


def _block(block: Block, width: int) -> dict[str, object]:
    """Return one block as the template reads it; the text is `width` points wide."""
    match block:
        case Heading():
            return {"kind": "heading", "level": block.level, "text": block.text}
        case Paragraph():
            runs = [
                {"text": run.text, "bold": run.bold, "unsupported": run.mark is Mark.UNSUPPORTED}
                for run in block.runs
            ]
            return {
                "kind": "paragraph",
                "style": block.style,
                "keep_with_next": block.keep_with_next,
                "runs": runs,
            }
        case Table():
            tall = _tall_rows(block, width)
            return {
                "kind": "table",
                "caption": block.caption,
                "unit_note": block.unit_note,
                "note": block.note,
                "dense": block.dense,
                "note_kept": _keeps_note(block, width, tall),
                "header_rows": block.header_rows,
                "rows": len(block.rows),
                "widths": [column.width for column in block.columns],
                "cells": [_cell(block, place, tall) for place in placed(block)],
            }
        case Chart():
            return {
                "kind": "chart",
                "caption": block.caption,
                "alt": block.alt,
                "width_mm": block.width_mm,
                "svg": to_svg(block.option, pixels(block.width_mm), pixels(block.height_mm)),
            }
        case PageBreak():
            return {"kind": "break"}


def _tall_rows(table: Table, width: int) -> frozenset[int]:
    """Return the rows that may need most of a page; one unbreakable cell would keep such a row from breaking."""
    shares = sum(column.width for column in table.columns)
    tall: set[int] = set()
    for place in placed(table):
        cell = place.cell
        covered = table.columns[place.column : place.column + cell.colspan]
        room = max(width * sum(column.width for column in covered) / shares - CELL_MARGINS_PT, CHARACTER_PT)
        if _height_pt(cell.text, room) > TALL_PT:
            tall.update(range(place.row, place.row + cell.rowspan))
    return frozenset(tall)


def _height_pt(text: str, room: float) -> int:
    """Return the most points that small text may need where lines are `room` points wide."""
    return CELL_LINE_PT * sum(ceil(len(line) * CHARACTER_PT / room) for line in text.split("\n"))


def _keeps_note(table: Table, width: int, tall: frozenset[int]) -> bool:
    """Return whether the last row and the note below it can be kept on one page."""
    last = len(table.rows) - 1
    has_body = last >= table.header_rows
    return (
        bool(table.note) and has_body and last not in tall and _height_pt(table.note, width) <= TALL_NOTE_PT
    )


def _cell(table: Table, place: Placed, tall: frozenset[int]) -> dict[str, object]:
    """Return one cell as the template reads it."""
    cell = place.cell
    return {
        "row": place.row,
        "column": place.column,
        "colspan": cell.colspan,
        "rowspan": cell.rowspan,
        "text": cell.text,
        "align": cell.align
        or ("center" if place.row < table.header_rows else table.columns[place.column].align),
        "bold": cell.bold,
        "header": cell.header or place.row < table.header_rows,
        "shade": cell.shade,
        "unsupported": cell.unsupported,
        "tall": cell.rowspan > 1 or place.row in tall,
    }
