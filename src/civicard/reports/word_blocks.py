"""Blocks of a document as the XML of a Word file, for our own layout and for a city's template alike."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from civicard.kernel.text import Language
from civicard.reports import word_styles as styles
from civicard.reports.document import (
    UNSUPPORTED,
    Block,
    Cell,
    Chart,
    Heading,
    Mark,
    PageBreak,
    Paragraph,
    Placed,
    Run,
    Table,
    placed,
)
from civicard.reports.drawing import pixels, to_png, to_svg
from civicard.reports.sheet_layout import units
from civicard.reports.word_styles import made

if TYPE_CHECKING:
    from docx.document import Document as WordFile
    from docx.oxml.xmlchemy import BaseOxmlElement as Element

EMU_PER_MM = 36000
# Margins in a cell, in twentieths of a point.
ABOVE, BESIDE = 40, 60
HEAD_SHADE, ROW_SHADE = "E8E8E8", "F2F2F2"
RULE = {"val": "single", "sz": "4", "space": "0", "color": "000000"}
# Half points.
TAG_SIZE = "18"
# Twentieths of a point to half an em: of the type of cells, of that of smaller ones, of a tag's; what a tag's
# frame and the space before it add.
CELL_HALF_EM, DENSE_HALF_EM, TAG_HALF_EM, TAG_EDGES = 105, 90, 90, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes blocks for one Word file.

    Attributes:
        word: the file that the blocks will stand in; it must have the styles.
        width: of the text, in twentieths of a point.
    """

    word: "WordFile"
    width: int
    language: Language

    def elements(self, blocks: tuple[Block, ...]) -> Iterator["Element"]:
        """Yield the paragraphs and tables of `blocks` in order."""
        for block in blocks:
            match block:
                case Heading():
                    yield self.paragraph(styles.HEADINGS[block.level - 1], (Run(text=block.text),))
                case Paragraph():
                    style = styles.PARAGRAPHS[block.style]
                    yield self.paragraph(style, block.runs, keep_next=block.keep_with_next)
                case Table():
                    yield from self._table(block)
                case Chart():
                    yield from self._chart(block)
                case PageBreak():
                    yield _page_break()

    def paragraph(
        self,
        style: str,
        runs: tuple[Run, ...],
        *,
        keep_next: bool = False,
        align: str = "",
        tag_below: bool = False,
    ) -> "Element":
        """Return a paragraph in a style; newlines break the line, and `tag_below` puts a tag on its own."""
        paragraph = made("w:p")
        layout = made("w:pPr")
        layout.append(made("w:pStyle", val=self.word.styles[style].style_id))
        if keep_next:
            layout.append(made("w:keepNext"))
        if align:
            layout.append(made("w:jc", val=align))
        paragraph.append(layout)
        for run in runs:
            paragraph.append(_run(run.text, bold=run.bold))
            if run.mark is Mark.UNSUPPORTED:
                if run.text:
                    paragraph.append(_run("\n" if tag_below else "\u00a0", bold=False))
                paragraph.append(boxed(self._tag, size=TAG_SIZE))
        return paragraph

    @property
    def _tag(self) -> str:
        """The tag of what has no evidence, which breaks at no space."""
        return UNSUPPORTED.into(self.language).replace(" ", "\u00a0")

    def _table(self, table: Table) -> Iterator["Element"]:
        """Yield caption, unit, table and note; the note's paragraph also keeps two tables apart."""
        if table.caption:
            yield self.paragraph(styles.CAPTION, (Run(text=table.caption),), keep_next=True)
        if table.unit_note:
            yield self.paragraph(styles.UNIT, (Run(text=table.unit_note),), keep_next=True)
        yield self._grid(table)
        yield self.paragraph(styles.TABLE_NOTE, (Run(text=table.note),) if table.note else ())

    def _grid(self, table: Table) -> "Element":
        """Return the table: fixed widths over the whole text, rows whole, header rows on every page."""
        shares = sum(column.width for column in table.columns)
        edges = [
            round(self.width * sum(c.width for c in table.columns[:n]) / shares)
            for n in range(len(table.columns) + 1)
        ]
        grid = made("w:tbl")
        settings = made("w:tblPr")
        settings.append(made("w:tblW", w=str(self.width), type="dxa"))
        settings.append(made("w:jc", val="center"))
        borders = made("w:tblBorders")
        for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
            borders.append(made(f"w:{side}", **RULE))
        settings.append(borders)
        settings.append(made("w:tblLayout", type="fixed"))
        margins = made("w:tblCellMar")
        for side, margin in (("top", ABOVE), ("left", BESIDE), ("bottom", ABOVE), ("right", BESIDE)):
            margins.append(made(f"w:{side}", w=str(margin), type="dxa"))
        settings.append(margins)
        if table.caption:
            settings.append(made("w:tblCaption", val=table.caption))
        grid.append(settings)
        columns = made("w:tblGrid")
        for left, right in pairwise(edges):
            columns.append(made("w:gridCol", w=str(right - left)))
        grid.append(columns)
        owners = {
            (place.row + down, place.column): place
            for place in placed(table)
            for down in range(place.cell.rowspan)
        }
        for row in range(len(table.rows)):
            grid.append(self._row(table, row, owners, edges))
        return grid

    def _row(
        self, table: Table, row: int, owners: dict[tuple[int, int], Placed], edges: list[int]
    ) -> "Element":
        """Return one row; a cell that spans rows is continued by empty ones below it, as Word asks."""
        element = made("w:tr")
        settings = made("w:trPr")
        settings.append(made("w:cantSplit"))
        if row < table.header_rows:
            settings.append(made("w:tblHeader"))
        element.append(settings)
        column = 0
        while column < len(table.columns):
            place = owners[row, column]
            cell = place.cell
            box = made("w:tc")
            shape = made("w:tcPr")
            shape.append(made("w:tcW", w=str(edges[column + cell.colspan] - edges[column]), type="dxa"))
            if cell.colspan > 1:
                shape.append(made("w:gridSpan", val=str(cell.colspan)))
            if cell.rowspan > 1:
                shape.append(made("w:vMerge", val="restart" if row == place.row else "continue"))
            head = cell.header or row < table.header_rows
            if head or cell.shade:
                shape.append(made("w:shd", val="clear", color="auto", fill=HEAD_SHADE if head else ROW_SHADE))
            shape.append(made("w:vAlign", val="center"))
            box.append(shape)
            room = edges[column + cell.colspan] - edges[column] - 2 * BESIDE
            box.append(self._cell(table, place, cell if row == place.row else None, room=room, head=head))
            element.append(box)
            column += cell.colspan
        return element

    def _cell(self, table: Table, place: Placed, cell: Cell | None, *, room: int, head: bool) -> "Element":
        """Return the paragraph of a cell; `cell` is None below the first row of a spanning one.

        Word knows no run that may not break, so a tag that might not fit beside the text stands below it.
        """
        names = (styles.DENSE_HEAD, styles.HEAD) if head else (styles.DENSE_CELL, styles.CELL)
        style = names[0] if table.dense else names[1]
        is_header = place.row < table.header_rows
        if cell is None:
            return self.paragraph(style, (), keep_next=is_header)
        align = cell.align or ("center" if is_header else table.columns[place.column].align)
        mark = Mark.UNSUPPORTED if cell.unsupported else None
        runs = (Run(text=cell.text, bold=cell.bold, mark=mark),) if cell.text or mark else ()
        half_em = DENSE_HALF_EM if table.dense else CELL_HALF_EM
        needed = units(cell.text) * half_em + units(self._tag) * TAG_HALF_EM + TAG_EDGES
        below = "\n" in cell.text or needed > room
        return self.paragraph(style, runs, keep_next=is_header, align=align, tag_below=below)

    def _chart(self, chart: Chart) -> Iterator["Element"]:
        """Yield the picture, with its words for those who cannot see it, and the caption below."""
        from docx.oxml.ns import qn

        room = min(1.0, self.width / 20 / 72 * 25.4 / chart.width_mm)
        picture = to_png(to_svg(chart.option, pixels(chart.width_mm), pixels(chart.height_mm)))
        size = [round(side * room * EMU_PER_MM) for side in (chart.width_mm, chart.height_mm)]
        inline = self.word.part.new_pic_inline(io.BytesIO(picture), size[0], size[1])
        number = inline.docPr.get("id")
        for properties in (inline.docPr, next(inline.iter(qn("pic:cNvPr")))):
            properties.set("name", f"{chart.caption or 'chart'} {number}")
            properties.set("descr", chart.alt)
        paragraph = self.paragraph(styles.PICTURE, ())
        run, drawing = made("w:r"), made("w:drawing")
        drawing.append(inline)
        run.append(drawing)
        paragraph.append(run)
        yield paragraph
        yield self.paragraph(styles.CAPTION, (Run(text=chart.caption),) if chart.caption else ())


def _run(text: str, *, bold: bool) -> "Element":
    """Return a run of text."""
    run = made("w:r")
    if bold:
        look = made("w:rPr")
        look.append(made("w:b"))
        look.append(made("w:bCs"))
        run.append(look)
    for number, line in enumerate(text.split("\n")):
        if number:
            run.append(made("w:br"))
        run.append(text_element(line))
    return run


def text_element(text: str) -> "Element":
    """Return the element that holds text, its spaces kept."""
    element = made("w:t")
    element.text = text
    element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return element


def boxed(text: str, *, size: str = "") -> "Element":
    """Return a run in a thin frame."""
    run, look = made("w:r"), made("w:rPr")
    fonts = made("w:rFonts", ascii=styles.LATIN, hAnsi=styles.LATIN, eastAsia=styles.HEI)
    look.append(fonts)
    if size:
        look.append(made("w:sz", val=size))
        look.append(made("w:szCs", val=size))
    look.append(made("w:bdr", **{**RULE, "space": "1"}))
    run.append(look)
    run.append(text_element(text))
    return run


def _page_break() -> "Element":
    paragraph, run = made("w:p"), made("w:r")
    run.append(made("w:br", type="page"))
    paragraph.append(run)
    return paragraph
