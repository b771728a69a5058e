"""Excel workbooks by xlsxwriter: the text first, then every table on a sheet of its own, ready to print.

A document that is one table, with no more than some paragraphs around it, is one sheet.
Text is always written as text: what begins with = + - or @ is never a formula, and an address never a link.
Exact numbers become floats here, under a format that shows them exactly as the document does.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from civicard.kernel.text import Text
from civicard.reports.document import (
    CONTENTS,
    UNSUPPORTED,
    Chart,
    Document,
    Heading,
    Mark,
    PageBreak,
    Paragraph,
    Placed,
    Style,
    Table,
    number_format,
    placed,
)
from civicard.reports.drawing import ZOOM, pixels, to_png, to_svg
from civicard.reports.sheet_layout import (
    PICTURE_PT,
    TALLEST_PT,
    column_widths,
    height_pt,
    pieces,
    row_heights,
    sheet_name,
)

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
SEE_SHEET = Text("（表见工作表“{}”）", "(table on sheet “{}”)")
SONG, HEI, KAI = "仿宋", "黑体", "楷体"
SIZE, TITLE_SIZE = 11, 16
A4 = 9
MARGINS_INCH = {"left": 0.6, "right": 0.6, "top": 0.9, "bottom": 0.8}
# Widths are in characters of the default font; a Chinese character takes two. LibreOffice does not shrink a
# single column to the page, so the text's fits A4 even where a wider font stands in for the default one.
TEXT_WIDTH, UPRIGHT_WIDTH, WIDE_WIDTH, PIXELS_A_UNIT = 70, 96, 140, 7
TEXT_COLUMN = (float(TEXT_WIDTH),)
# Excel keeps no longer header or footer than 255 characters, codes included.
LONGEST_EDGE = 200
LONGEST_CELL = 32_767
LONGEST_PROPERTY = 255
CAPTION_SIZE = 13
Look = Mapping[str, object]
PLAIN: Look = {"text_wrap": True, "valign": "vcenter"}
TEXT_LOOKS: Mapping[Style, Look] = {
    Style.BODY: {"align": "left"},
    Style.ITEM: {"align": "left"},
    Style.CENTERED: {"align": "center"},
    Style.NOTE: {"align": "left", "font_size": 9},
    Style.SIGNATURE: {"align": "right"},
}
HEADING_FONTS = (HEI, KAI, SONG, SONG)


def to_xlsx(document: Document) -> bytes:
    """Return `document` as an Excel workbook."""
    import xlsxwriter

    made = io.BytesIO()
    book = xlsxwriter.Workbook(
        made,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_format_properties": {"font_name": SONG, "font_size": SIZE},
        },
    )
    stamp = NO_DATE if document.dated_on is None else datetime.combine(document.dated_on, time(), tzinfo=UTC)
    book.set_properties(
        {
            "title": document.title_line[:LONGEST_PROPERTY],
            "author": document.author[:LONGEST_PROPERTY],
            "created": stamp.replace(tzinfo=None),
        }
    )
    writer = _Writer(book=book, document=document)
    writer.write()
    book.close()
    return made.getvalue()


@dataclass(slots=True, kw_only=True)
class _Writer:
    """Writes one document into one workbook."""

    book: "Workbook"
    document: Document
    formats: dict[tuple[tuple[str, object], ...], "Format"] = field(default_factory=dict)

    def write(self) -> None:
        """Write the text sheet and a sheet for each table, or the one sheet of a document that is one table."""
        tables = [block for block in self.document.blocks if isinstance(block, Table)]
        if len(tables) == 1 and not any(isinstance(block, Heading | Chart) for block in self.document.blocks):
            self._write_one(tables[0])
            return
        text = CONTENTS.into(self.document.language)
        names = {text.casefold()}
        titles = [sheet_name(table.caption, number, names) for number, table in enumerate(tables, start=1)]
        self._write_text(self.book.add_worksheet(text), titles)
        for table, title in zip(tables, titles, strict=True):
            sheet, widths = self.book.add_worksheet(title), self._columns(table)
            self._write_table(sheet, self._origin(sheet, widths), table, widths)
            self._set_up_table(sheet, widths)

    def _look(self, *looks: Look) -> "Format":
        """Return the format that combines `looks`, made once."""
        combined: dict[str, object] = {}
        for look in (PLAIN, *looks):
            combined.update(look)
        key = tuple(sorted(combined.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format(combined)
        return self.formats[key]

    def _set_up(self, sheet: "Worksheet", *, wide: bool) -> None:
        """Set a sheet to print on A4, as wide as the page, with the mark of origin and page numbers."""
        sheet.set_paper(A4)
        if wide:
            sheet.set_landscape()
        sheet.set_margins(**MARGINS_INCH)
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)
        if self.document.origin_mark:
            sheet.set_header(f'&R&"{HEI}"&12 {_edge(self.document.origin_mark)}')
        sheet.set_footer(f"&C— &P —\n&7 {_edge(self.document.footer_note)}")

    def _write_one(self, table: Table) -> None:
        """Write a document that is one table on one sheet: title above it, paragraphs where they stand."""
        sheet = self.book.add_worksheet(sheet_name(table.caption or self.document.title_line, 1, set()))
        widths = self._columns(table)
        row = self._titles(sheet, widths)
        # Paragraphs above the header could fill the screen if they were frozen with it.
        is_top = True
        for block in self.document.blocks:
            if isinstance(block, Table):
                row = self._write_table(sheet, row, block, widths, freeze=is_top)
            elif isinstance(block, Paragraph):
                row = self._line(sheet, row, self._marked(block), TEXT_LOOKS[block.style], widths=widths)
                is_top = False
        self._footer_note(sheet, row, widths)
        self._set_up_table(sheet, widths)

    def _write_text(self, sheet: "Worksheet", titles: Sequence[str]) -> None:
        """Write title and paragraphs in order, one to a row; tables are named, charts are pictures."""
        document = self.document
        sheet.set_column(0, 0, TEXT_WIDTH)
        row = self._titles(sheet, TEXT_COLUMN)
        sheets = iter(titles)
        for block in document.blocks:
            match block:
                case Heading():
                    font = HEADING_FONTS[block.level - 1]
                    row = self._line(
                        sheet, row, block.text, {"font_name": font, "bold": True, "font_size": 12}, 12
                    )
                case Paragraph():
                    row = self._line(sheet, row, self._marked(block), TEXT_LOOKS[block.style])
                case Table():
                    named = SEE_SHEET.into(document.language).format(next(sheets))
                    row = self._line(sheet, row, named, {"align": "center", "font_name": HEI})
                case Chart():
                    row = self._picture(sheet, row, block)
                case PageBreak():
                    pass
        self._footer_note(sheet, row, TEXT_COLUMN)
        self._set_up(sheet, wide=False)

    def _origin(self, sheet: "Worksheet", widths: Sequence[float]) -> int:
        """Write the mark of origin, where there is one, into the first row; return the next row."""
        look = {"font_name": HEI, "bold": True, "align": "right"}
        mark = self.document.origin_mark
        return self._line(sheet, 0, mark, look, widths=widths) if mark else 0

    def _titles(self, sheet: "Worksheet", widths: Sequence[float]) -> int:
        """Write mark of origin, title, subtitle and cover lines; return the next row."""
        row = self._origin(sheet, widths)
        look = {"font_name": HEI, "font_size": TITLE_SIZE, "align": "center"}
        row = self._line(sheet, row, self.document.title, look, TITLE_SIZE, widths=widths)
        for line in (self.document.subtitle, *self.document.cover_lines):
            if line:
                row = self._line(sheet, row, line, {"align": "center"}, widths=widths)
        return row

    def _footer_note(self, sheet: "Worksheet", row: int, widths: Sequence[float]) -> None:
        """Write the note of every page once more below the text, where a screen shows it too."""
        if self.document.footer_note:
            look = {"font_size": 8, "font_color": "#555555"}
            self._line(sheet, row, self.document.footer_note, look, 8, widths=widths)

    def _marked(self, paragraph: Paragraph) -> str:
        """Return the text of a paragraph with its marks in brackets."""
        tag = UNSUPPORTED.into(self.document.language)
        return "".join(
            run.text + (f"〔{tag}〕" if run.mark is Mark.UNSUPPORTED else "") for run in paragraph.runs
        )

    def _line(
        self,
        sheet: "Worksheet",
        row: int,
        text: str,
        look: Look,
        size: int = SIZE,
        *,
        widths: Sequence[float] = TEXT_COLUMN,
    ) -> int:
        """Write a text over all columns, into as many rows as show all of it; return the next row."""
        shape, whole, last = self._look(look), sum(widths), len(widths) - 1
        for piece in pieces(text, whole, size):
            if last:
                sheet.merge_range(row, 0, row, last, "", shape)
            sheet.write_string(row, 0, piece, shape)
            sheet.set_row(row, height_pt(piece, whole, size))
            row += 1
        return row

    def _picture(self, sheet: "Worksheet", row: int, chart: Chart) -> int:
        """Put a chart on rows high enough for it, its caption below; return the next row."""
        width, height = pixels(chart.width_mm), pixels(chart.height_mm)
        room = TEXT_WIDTH * PIXELS_A_UNIT
        shrunk = min(1.0, room / width)
        picture = io.BytesIO(to_png(to_svg(chart.option, width, height)))
        scale = shrunk / ZOOM
        place = {"x_scale": scale, "y_scale": scale, "x_offset": (room - width * shrunk) / 2, "y_offset": 4}
        words = {"description": chart.alt, "object_position": 2}
        sheet.insert_image(row, 0, "chart.png", {"image_data": picture, **place, **words})
        rest = height * shrunk * PICTURE_PT + 8
        while rest > 0:
            sheet.set_row(row, min(rest, TALLEST_PT))
            rest -= TALLEST_PT
            row += 1
        return (
            self._line(sheet, row, chart.caption, {"font_name": HEI, "align": "center"})
            if chart.caption
            else row
        )

    def _columns(self, table: Table) -> list[float]:
        """Return how wide the columns of a table are on its sheet."""
        whole = WIDE_WIDTH if self.document.landscape or table.dense else UPRIGHT_WIDTH
        return column_widths(table, whole, self._shown)

    def _set_up_table(self, sheet: "Worksheet", widths: Sequence[float]) -> None:
        """Set the columns of a table's sheet, and its page by how wide they are."""
        for number, width in enumerate(widths):
            sheet.set_column(number, number, width)
        self._set_up(sheet, wide=sum(widths) > UPRIGHT_WIDTH * 1.3)
        sheet.center_horizontally()

    def _write_table(
        self, sheet: "Worksheet", row: int, table: Table, widths: Sequence[float], *, freeze: bool = True
    ) -> int:
        """Write a table from `row` on, caption and unit above and note below; return the next row."""
        above: tuple[tuple[str, Look], ...] = (
            (table.caption, {"font_name": HEI, "bold": True, "align": "center", "font_size": CAPTION_SIZE}),
            (table.unit_note, {"align": "right"}),
        )
        for text, look in above:
            if text:
                row = self._line(sheet, row, text, look, CAPTION_SIZE, widths=widths)
        for number, height in enumerate(row_heights(table, widths, self._shown), start=row):
            sheet.set_row(number, height)
        for place in placed(table):
            self._cell(sheet, row, table, place)
        if table.header_rows:
            body = row + table.header_rows
            sheet.repeat_rows(row, body - 1)
            if freeze:
                sheet.freeze_panes(body, 0)
        end = row + len(table.rows)
        note_look = {"font_size": 9, "align": "left"}
        return self._line(sheet, end, table.note, note_look, widths=widths) if table.note else end

    def _tag(self, place: Placed) -> str:
        """Return the mark of a cell as text, or nothing."""
        return f"〔{UNSUPPORTED.into(self.document.language)}〕" if place.cell.unsupported else ""

    def _shown(self, place: Placed) -> str:
        """Return what a cell shows; its mark has a line of its own, but behind a number it cannot."""
        text, tag = place.cell.text, self._tag(place)
        between = "\n" if text and tag and place.cell.number is None else ""
        return f"{text}{between}{tag}"[:LONGEST_CELL]

    def _cell(self, sheet: "Worksheet", first: int, table: Table, place: Placed) -> None:
        """Write one cell, as a number where the document says so, else as text."""
        cell, row = place.cell, first + place.row
        is_header = place.row < table.header_rows
        align = cell.align or ("center" if is_header else table.columns[place.column].align)
        look: dict[str, object] = {"border": 1, "align": str(align), "bold": cell.bold}
        if align != "center":
            look["indent"] = 1
        if is_header or cell.header:
            look |= {"font_name": HEI, "bg_color": "#E8E8E8"}
        elif cell.shade:
            look["bg_color"] = "#F2F2F2"
        if cell.number is not None:
            tag = self._tag(place)
            look["num_format"] = number_format(cell) + (f'"{tag}"' if tag else "")
        shape = self._look(look)
        if cell.rowspan > 1 or cell.colspan > 1:
            below, right = row + cell.rowspan - 1, place.column + cell.colspan - 1
            sheet.merge_range(row, place.column, below, right, "", shape)
        if cell.number is not None:
            sheet.write_number(row, place.column, float(cell.number), shape)
        else:
            sheet.write_string(row, place.column, self._shown(place), shape)


def _edge(text: str) -> str:
    """Return text for a header or footer, where & begins a code."""
    line = " ".join(text.split("\n"))
    return (line if len(line) <= LONGEST_EDGE else f"{line[: LONGEST_EDGE - 1]}…").replace("&", "&&")
