"""A city's own Word template, filled by docxtpl: fields by name, the body and its sections as whole blocks.

A template is a file from outside. It is looked through before anything reads it, its expressions run in
jinja2's sandbox with hardly any filters and no calls, and nothing but the template and the document goes in.
Trap: docxtpl's own sub-documents need a further package and rename styles; the body is written into the
filled template instead, in place of a paragraph that marks its spot.
"""

import io
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from civicard.kernel.exact import Fraction, plain
from civicard.kernel.text import Text
from civicard.reports.archive import settled
from civicard.reports.document import Block, Document, Heading, cleaned
from civicard.reports.refusals import TemplateFieldUnknown, TemplateUnreadable, TemplateUnsafe
from civicard.reports.template_safety import look_through, sandbox
from civicard.reports.word import PORTRAIT

if TYPE_CHECKING:
    from docx.document import Document as WordFile
    from docx.oxml.xmlchemy import BaseOxmlElement as Element
    from docx.section import _Header
    from docxtpl import DocxTemplate
    from jinja2 import Environment

BODY = "body"
SPOT = "civicard-spot:"
EMU_PER_TWENTIETH, CELL_MARGINS = 635, 220
QUOTED = re.compile(r"'([^']+)'")
MISPLACED = Text(
    "{{p body }} 和 {{p section_1 }} 等必须独占一个段落",
    "{{p body }}, {{p section_1 }} and the like need a paragraph of their own",
)


class _Spot:
    """Stands in a template where blocks go; docxtpl prints it as a paragraph that names them."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __html__(self) -> str:
        return f"<w:p><w:r><w:t>{SPOT}{self.name}</w:t></w:r></w:p>"

    def __str__(self) -> str:
        return self.__html__()


def fill_template(template: bytes, fields: Mapping[str, object], body: Document) -> bytes:
    """Return `template` filled with `fields` by name and with the blocks of `body`.

    In the template `{{ total }}` stands for a field; `{{p body }}`, in a paragraph of its own, for all blocks
    and `{{p section_1 }}` for the first first-level heading with what follows it, and so on.

    Args:
        template: a .docx file.
        fields: text, numbers (`Fraction` prints its exact decimals), or sequences of these for loops.
        body: the document whose blocks go in; its `title`, `subtitle`, `author`, `origin_mark` and
            `footer_note` are fields too, unless `fields` has others of that name.

    Raises:
        TemplateUnreadable: no .docx, cut off, locked, or with an expression that cannot be read.
        TemplateUnsafe: it holds macros, reaches outside, unpacks to too much, or runs what it may not.
        TemplateFieldUnknown: it names a field that is not there.
    """
    look_through(template)
    sections = _sections(body)
    known = {
        **{
            name: _printed(getattr(body, name))
            for name in ("subtitle", "author", "origin_mark", "footer_note")
        },
        "title": body.title_line,
        **{name: _printed(value) for name, value in fields.items()},
        **{name: _Spot(name) for name in sections},
    }
    filled = _filled(template, known)
    _write_blocks(filled, sections, body)
    if body.origin_mark:
        _mark_origin(filled, body)
    saved = io.BytesIO()
    filled.save(saved)
    return settled(saved.getvalue())


def _printed(value: object) -> object:
    """Return a field as it prints: exact numbers in their decimals, text without control characters."""
    match value:
        case str():
            return cleaned(value)
        case Fraction():
            return plain(value)
        case Mapping():
            return {str(name): _printed(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_printed(inner) for inner in value]
        case None | bool() | int():
            return value
    return cleaned(str(value))


def _sections(body: Document) -> dict[str, tuple[Block, ...]]:
    """Return the blocks by the name a template calls them."""
    starts = [n for n, block in enumerate(body.blocks) if isinstance(block, Heading) and block.level == 1]
    ends = [*starts[1:], len(body.blocks)]
    parts = {
        f"section_{number}": body.blocks[start:end]
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1)
    }
    return {BODY: body.blocks, **parts}


def _filled(template: bytes, known: Mapping[str, object]) -> "WordFile":
    """Return the template with its fields filled in and its spots still marked."""
    from docx.opc.exceptions import OpcError
    from docxtpl import DocxTemplate
    from jinja2.exceptions import SecurityError, TemplateError, UndefinedError

    environment = sandbox()
    try:
        word = DocxTemplate(io.BytesIO(template))
        _refuse_unknown(word, environment, known)
        word.render(dict(known), environment, autoescape=True)
    except SecurityError as error:
        reason = Text(
            f"模板中有不允许执行的表达式（{error}）",
            f"an expression in it does what a template may not ({error})",
        )
        raise TemplateUnsafe(reason) from error
    except UndefinedError as error:
        # Only an attribute of a field, or a field in a footnote, gets this far.
        named = QUOTED.findall(str(error))
        raise TemplateFieldUnknown(named[-1] if named else str(error), known) from error
    except (TemplateError, OpcError, ArithmeticError, KeyError, SyntaxError, TypeError, ValueError) as error:
        # Only docxtpl and jinja2 run in here, on a foreign file: whatever they stumble over lies in the file.
        said = (error.message if isinstance(error, TemplateError) else None) or str(error)
        reason = Text(
            f"模板中的表达式或结构有误（{said}）", f"an expression or its structure is wrong ({said})"
        )
        raise TemplateUnreadable(reason) from error
    filled: WordFile = word.docx
    return filled


def _refuse_unknown(word: "DocxTemplate", environment: "Environment", known: Mapping[str, object]) -> None:
    """Refuse the first field, in order, that the template names and that is not there."""
    unknown = sorted(word.get_undeclared_template_variables(environment) - known.keys())
    if unknown:
        raise TemplateFieldUnknown(unknown[0], known)


def _write_blocks(word: "WordFile", sections: Mapping[str, tuple[Block, ...]], body: Document) -> None:
    """Put blocks in place of the paragraphs that mark their spots, in the styles the template has or gets."""
    from docx.oxml.ns import qn

    from civicard.reports.word_blocks import Writer
    from civicard.reports.word_styles import add_styles, made

    marks = [mark for mark in word.element.body.iter(qn("w:t")) if (mark.text or "").startswith(SPOT)]
    if marks:
        add_styles(word, body.language)
    for mark in marks:
        name = (mark.text or "").removeprefix(SPOT)
        spot = mark.getparent().getparent()
        parent = spot.getparent()
        if parent.tag not in {qn("w:body"), qn("w:tc")}:
            raise TemplateUnreadable(MISPLACED)
        width = _cell_width(parent) or _text_width(word)
        for element in Writer(word=word, width=width, language=body.language).elements(sections[name]):
            spot.addprevious(element)
        if parent.tag == qn("w:tc"):
            # A cell must end with a paragraph.
            spot.addprevious(made("w:p"))
        parent.remove(spot)


def _mark_origin(word: "WordFile", body: Document) -> None:
    """Print the mark of origin on every page, whether or not the city's template thinks of it."""
    from civicard.reports.word_blocks import Writer, boxed
    from civicard.reports.word_styles import ORIGIN, add_styles

    add_styles(word, body.language)
    for number, section in enumerate(word.sections):
        headers: list[_Header] = [section.header]
        if section.different_first_page_header_footer:
            headers.append(section.first_page_header)
        if word.settings.odd_and_even_pages_header_footer:
            headers.append(section.even_page_header)
        for header in headers:
            # A later section without a header of its own shows the one before it.
            if number == 0 or not header.is_linked_to_previous:
                paragraph = Writer(word=word, width=0, language=body.language).paragraph(ORIGIN, ())
                paragraph.append(boxed(f"\u00a0{body.origin_mark}\u00a0"))
                header._element.insert(0, paragraph)  # noqa: SLF001 - python-docx only appends


def _text_width(word: "WordFile") -> int:
    """Return the width of the narrowest section's text, in twentieths of a point."""
    widths = [
        ((section.page_width or 0) - (section.left_margin or 0) - (section.right_margin or 0))
        // EMU_PER_TWENTIETH
        for section in word.sections
    ]
    return min((width for width in widths if width > 0), default=PORTRAIT.text_width)


def _cell_width(parent: "Element") -> int:
    """Return the room for blocks in a cell of the template, in twentieths of a point; 0 outside of one."""
    from docx.oxml.ns import qn

    width = parent.find(f"{qn('w:tcPr')}/{qn('w:tcW')}")
    if width is None or width.get(qn("w:type")) != "dxa":
        return 0
    return max(int(width.get(qn("w:w"))) - CELL_MARGINS, 0)
