"""Word files by python-docx: the page habits of GB/T 9704, in styles a user can change.

The same document always gives the same bytes.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from civicard.kernel.text import Language
from civicard.reports import word_styles as styles
from civicard.reports.archive import settled
from civicard.reports.document import Document, Run
from civicard.reports.word_blocks import Writer, boxed, text_element
from civicard.reports.word_styles import give_styles, made

if TYPE_CHECKING:
    from docx.document import Document as WordFile
    from docx.oxml.xmlchemy import BaseOxmlElement as Element
    from docx.section import Section, _BaseHeaderFooter

NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
TWENTIETHS_PER_MM = 1440 / 25.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A sheet and its margins, in mm."""

    width: float
    height: float
    top: float
    bottom: float
    left: float
    right: float
    header: float = 22
    footer: float = 18

    @property
    def text_width(self) -> int:
        """The width of the text block, in twentieths of a point."""
        return round((self.width - self.left - self.right) * TWENTIETHS_PER_MM)


# The text block is 156 mm by 225; its 22 lines of 29 points need a tenth of a millimetre more.
PORTRAIT = Page(width=210, height=297, top=37, bottom=34.9, left=28, right=26)
LANDSCAPE = Page(width=297, height=210, top=28, bottom=26, left=37, right=35, header=14, footer=12)
# Points above the title and above the lines of a cover, in points.
TITLE_DOWN, LINES_DOWN = 150, 220


def to_docx(document: Document) -> bytes:
    """Return `document` as a Word file."""
    import docx

    word = docx.Document()
    give_styles(word, document.language)
    _settle_settings(word)
    _write_properties(word, document)
    page = LANDSCAPE if document.landscape else PORTRAIT
    writer = Writer(word=word, width=page.text_width, language=document.language)
    for element in _titles(document, writer):
        _append(word, element)
    if document.cover_lines:
        word.add_section()
    for element in writer.elements(document.blocks):
        _append(word, element)
    for section in word.sections:
        _write_page(section, page)
    _write_edges(word, document, writer)
    saved = io.BytesIO()
    word.save(saved)
    return settled(saved.getvalue())


def _append(word: "WordFile", element: "Element") -> None:
    """Add an element at the end of the text, before the settings of the last section."""
    word.element.body[-1].addprevious(element)


def _titles(document: Document, writer: Writer) -> Iterator["Element"]:
    """Yield title, subtitle and the lines of a cover, which come further down its page."""
    title = writer.paragraph(styles.TITLE, (Run(text=document.title),))
    if document.cover_lines:
        _move_down(title, TITLE_DOWN)
    yield title
    if document.subtitle:
        yield writer.paragraph(styles.SUBTITLE, (Run(text=document.subtitle),))
    elif not document.cover_lines:
        yield writer.paragraph(styles.SUBTITLE, ())
    for number, line in enumerate(document.cover_lines):
        paragraph = writer.paragraph(styles.COVER, (Run(text=line),))
        if number == 0:
            _move_down(paragraph, LINES_DOWN)
        yield paragraph


def _move_down(paragraph: "Element", points: int) -> None:
    """Leave `points` above a paragraph, also at the top of a page."""
    paragraph[0].append(made("w:spacing", before=str(points * 20)))


def _write_page(section: "Section", page: Page) -> None:
    """Set sheet, margins and the grid that Word shows under page set-up."""
    from docx.enum.section import WD_ORIENTATION
    from docx.oxml.ns import qn
    from docx.shared import Mm

    wide = page.width > page.height
    section.orientation = WD_ORIENTATION.LANDSCAPE if wide else WD_ORIENTATION.PORTRAIT
    section.page_width, section.page_height = Mm(page.width), Mm(page.height)
    section.top_margin, section.bottom_margin = Mm(page.top), Mm(page.bottom)
    section.left_margin, section.right_margin = Mm(page.left), Mm(page.right)
    section.header_distance, section.footer_distance = Mm(page.header), Mm(page.footer)
    properties = section._sectPr  # noqa: SLF001 - python-docx knows no document grid
    for old in properties.findall(qn("w:docGrid")):
        properties.remove(old)
    properties.append(made("w:docGrid", type="lines", linePitch=str(styles.LINE_PT * 20)))


def _write_edges(word: "WordFile", document: Document, writer: Writer) -> None:
    """Write headers and footers: the origin above, the page number on the outer side and the note below."""
    from docx.oxml.ns import qn

    for number, section in enumerate(word.sections):
        is_cover = bool(document.cover_lines) and number == 0
        headers: tuple[_BaseHeaderFooter, ...] = (section.header, section.even_page_header)
        footers: tuple[_BaseHeaderFooter, ...] = (section.footer, section.even_page_footer)
        for part in headers:
            part.is_linked_to_previous = False
            paragraph = writer.paragraph(styles.ORIGIN, ())
            if document.origin_mark:
                paragraph.append(boxed(f"\u00a0{document.origin_mark}\u00a0"))
            _replace(part, [paragraph])
        for part, odd in zip(footers, (True, False), strict=True):
            part.is_linked_to_previous = False
            lines = [] if is_cover else [_page_number(writer, odd=odd)]
            lines.append(writer.paragraph(styles.FOOTNOTE, (Run(text=document.footer_note),)))
            _replace(part, lines)
        if document.cover_lines and number == 1:
            properties = section._sectPr  # noqa: SLF001 - python-docx knows no page numbers
            start = made("w:pgNumType", start="1")
            properties.find(qn("w:pgMar")).addnext(start)


def _replace(part: "_BaseHeaderFooter", paragraphs: list["Element"]) -> None:
    """Let a header or footer hold just `paragraphs`."""
    root = part._element  # noqa: SLF001 - python-docx can only add to what stands there
    for old in list(root):
        root.remove(old)
    for paragraph in paragraphs:
        root.append(paragraph)


def _page_number(writer: Writer, *, odd: bool) -> "Element":
    """Return the page number between dashes, one character in from the outer edge."""
    paragraph = writer.paragraph(styles.PAGE_NUMBER, ())
    side = "right" if odd else "left"
    paragraph[0].append(made("w:ind", **{f"{side}Chars": "100", side: "280"}))
    paragraph[0].append(made("w:jc", val=side))
    for content in (
        text_element("— "),
        made("w:fldChar", fldCharType="begin"),
        made("w:instrText"),
        made("w:fldChar", fldCharType="separate"),
        text_element("1"),
        made("w:fldChar", fldCharType="end"),
        text_element(" —"),
    ):
        if content.tag.endswith("instrText"):
            content.text = "PAGE"
        run = made("w:r")
        run.append(content)
        paragraph.append(run)
    return paragraph


def _settle_settings(word: "WordFile") -> None:
    """Set what Word keeps for a whole file, and drop what python-docx's own template brings along."""
    from docx.oxml.ns import qn

    word.settings.odd_and_even_pages_header_footer = True
    settings = word.settings.element
    for name in ("w:rsids", "w:savePreviewPicture", "w:proofState"):
        for old in settings.findall(qn(name)):
            settings.remove(old)
    for mode in settings.iter(qn("w:compatSetting")):
        if mode.get(qn("w:name")) == "compatibilityMode":
            mode.set(qn("w:val"), "15")
    settings.find(qn("w:characterSpacingControl")).set(qn("w:val"), "compressPunctuation")
    settings.find(qn("w:themeFontLang")).set(qn("w:eastAsia"), "zh-CN")
    relations = word.part.package.rels
    for key in [key for key, relation in relations.items() if relation.reltype.endswith("/thumbnail")]:
        del relations[key]


def _write_properties(word: "WordFile", document: Document) -> None:
    """Write the file's properties; nothing in them depends on when or by whom it was made."""
    stamp = NO_DATE if document.dated_on is None else datetime.combine(document.dated_on, time(), tzinfo=UTC)
    properties = word.core_properties
    properties.title, properties.author = document.title_line[:255], document.author[:255]
    properties.subject, properties.comments, properties.keywords = document.subtitle[:255], "", ""
    properties.last_modified_by, properties.revision = document.author[:255], 1
    properties.language = "zh-CN" if document.language is Language.CHINESE else "en"
    properties.created = properties.modified = stamp
