"""HTML: one self-contained file to read on a desk, on a phone or on paper. No script, nothing fetched.

Semantic and readable aloud: headings by level, tables with captions and scopes, charts with their words.
"""

from collections.abc import Iterator
from html import escape
from importlib.resources import files

from civicard.kernel.text import Language, Text
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
    Style,
    Table,
    placed,
)
from civicard.reports.drawing import pixels, to_svg

CONTENTS = Text("目录", "Contents")
# With more headings than this of the upper two levels a list of them stands first.
FEW_HEADINGS = 3
LISTED_LEVEL = 2
# A table with more columns than this keeps so many rem for each and scrolls in its own box on a phone.
PHONE_COLUMNS, COLUMN_REM = 3, 6.5
# The right margin is narrower by the 16 mm in which `report.css` repeats the mark of origin. Page numbers
# stand on the outer side, between dashes, in browsers that know margin boxes.
PORTRAIT_PAGE = "@page { size: A4 portrait; margin: 37mm 10mm 35mm 28mm; }"
LANDSCAPE_PAGE = "@page { size: A4 landscape; margin: 28mm 19mm 26mm 37mm; }"
NUMBER = 'content: "— " counter(page) " —"; font: 14pt serif; white-space: nowrap;'
NUMBERED = f"""@page :right {{ @bottom-right {{ {NUMBER} padding-right: 21mm; }} }}
@page :left {{ @bottom-left {{ {NUMBER} padding-left: 5mm; }} }}
"""


def to_html(document: Document) -> str:
    """Return `document` as one HTML file."""
    style = (files("civicard.reports") / "assets" / "report.css").read_text(encoding="utf-8")
    paper = LANDSCAPE_PAGE if document.landscape else PORTRAIT_PAGE
    language = "zh-CN" if document.language is Language.CHINESE else "en"
    wide = ' class="wide"' if document.landscape else ""
    author = f'<meta name="author" content="{escape(document.author)}">\n' if document.author else ""
    return "".join(
        (
            f'<!DOCTYPE html>\n<html lang="{language}"{wide}>\n<head>\n',
            '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            author,
            f"<title>{escape(document.title_line)}</title>\n",
            f"<style>\n{style}{paper}\n{NUMBERED}{_noted(document)}</style>\n</head>\n<body>\n",
            f'<p class="origin">{escape(document.origin_mark)}</p>\n' if document.origin_mark else "",
            '<div class="sheet">\n',
            _head(document),
            _contents(document),
            "<main>\n",
            *_blocks(document),
            "</main>\n",
            f'<footer class="footnote">{_lines(document.footer_note)}</footer>\n'
            if document.footer_note
            else "",
            "</div>\n</body>\n</html>\n",
        )
    )


def _noted(document: Document) -> str:
    """Return the rule that prints the footer note on every page, as a string that can end no style sheet."""
    if not document.footer_note:
        return ""
    quoted = "".join(f"\\{ord(character):x} " for character in document.footer_note.replace("\n", " "))
    return f'@page {{ @top-center {{ content: "{quoted}"; font: 7.5pt sans-serif; }} }}\n'


def _lines(text: str) -> str:
    """Return text as HTML, its newlines as line breaks."""
    return "<br>".join(escape(line) for line in text.split("\n"))


def _head(document: Document) -> str:
    """Return title, subtitle and the lines of the cover."""
    subtitle = f'<p class="subtitle">{_lines(document.subtitle)}</p>\n' if document.subtitle else ""
    lines = "".join(f"<li>{_lines(line)}</li>" for line in document.cover_lines)
    cover = f'<ul class="cover">{lines}</ul>\n' if lines else ""
    kind = ' class="cover-page"' if lines else ""
    return f"<header{kind}>\n<h1>{_lines(document.title)}</h1>\n{subtitle}{cover}</header>\n"


def _contents(document: Document) -> str:
    """Return the list of the upper headings, or nothing when there are few."""
    listed = [
        (number, block)
        for number, block in enumerate(document.blocks)
        if isinstance(block, Heading) and block.level <= LISTED_LEVEL
    ]
    if len(listed) <= FEW_HEADINGS:
        return ""
    items = "".join(
        f'<li class="deep{heading.level}"><a href="#p{number}">{escape(heading.text)}</a></li>'
        for number, heading in listed
    )
    return f'<nav aria-label="{CONTENTS.into(document.language)}"><ol>{items}</ol></nav>\n'


def _blocks(document: Document) -> Iterator[str]:
    """Yield each block as HTML."""
    tag = f'<span class="tag">{escape(UNSUPPORTED.into(document.language))}</span>'
    for number, block in enumerate(document.blocks):
        yield _block(block, number, tag)


def _block(block: Block, number: int, tag: str) -> str:
    """Return one block as HTML; headings carry the ids that the list of contents points to."""
    match block:
        case Heading():
            level = block.level + 1
            return f'<h{level} id="p{number}">{escape(block.text)}</h{level}>\n'
        case Paragraph():
            kind = "" if block.style is Style.BODY else f' class="{block.style}"'
            return f"<p{kind}>{''.join(_runs(block, tag))}</p>\n"
        case Table():
            return _table(block, tag)
        case Chart():
            return _chart(block)
        case PageBreak():
            return '<hr class="break">\n'


def _runs(paragraph: Paragraph, tag: str) -> Iterator[str]:
    """Yield the runs of a paragraph, each with its mark behind it."""
    for run in paragraph.runs:
        text = _lines(run.text)
        yield f"<strong>{text}</strong>" if run.bold else text
        if run.mark is Mark.UNSUPPORTED:
            yield tag


def _table(table: Table, tag: str) -> str:
    """Return a table in a box of its own, which scrolls on a narrow screen and can be reached by keyboard."""
    shares = sum(column.width for column in table.columns)
    widths = "".join(f'<col style="width:{100 * column.width / shares:.2f}%">' for column in table.columns)
    rows: list[list[str]] = [[] for _ in table.rows]
    for place in placed(table):
        rows[place.row].append(_cell(table, place, tag))
    head, body = rows[: table.header_rows], rows[table.header_rows :]
    unit = f'<span class="unit">{escape(table.unit_note)}</span>' if table.unit_note else ""
    caption = f"<caption>{_lines(table.caption)}{unit}</caption>" if table.caption or unit else ""
    label = f' role="region" aria-label="{escape(table.caption)}"' if table.caption else ""
    wide = (
        f' style="min-width:{len(table.columns) * COLUMN_REM}rem"'
        if len(table.columns) > PHONE_COLUMNS
        else ""
    )
    return "".join(
        (
            f'<div class="scroll" tabindex="0"{label}>\n',
            f"<table{wide}>{caption}<colgroup>{widths}</colgroup>\n",
            f"<thead>{_rows(head)}</thead>\n" if head else "",
            f"<tbody>{_rows(body)}</tbody>\n</table>\n</div>\n",
            f'<p class="note">{_lines(table.note)}</p>\n' if table.note else "",
        )
    )


def _rows(rows: list[list[str]]) -> str:
    return "\n".join(f"<tr>{''.join(row)}</tr>" for row in rows)


def _cell(table: Table, place: Placed, tag: str) -> str:
    """Return one cell; header cells say whether they name columns or rows."""
    cell = place.cell
    is_header = place.row < table.header_rows
    align = cell.align or ("center" if is_header else table.columns[place.column].align)
    kinds = [str(align)]
    kinds += [
        kind
        for kind, holds in (("bold", cell.bold), ("shade", cell.shade), ("number", cell.number is not None))
        if holds
    ]
    spans = (f' colspan="{cell.colspan}"' if cell.colspan > 1 else "") + (
        f' rowspan="{cell.rowspan}"' if cell.rowspan > 1 else ""
    )
    if is_header:
        name, scope = "th", f' scope="{"colgroup" if cell.colspan > 1 else "col"}"'
    elif cell.header:
        name, scope = "th", f' scope="{"rowgroup" if cell.rowspan > 1 else "row"}"'
    else:
        name, scope = "td", ""
    text = _lines(cell.text) + (tag if cell.unsupported else "")
    return f'<{name}{scope}{spans} class="{" ".join(kinds)}">{text}</{name}>'


def _chart(chart: Chart) -> str:
    """Return a chart as a figure with its words; wide ones scroll in their own box on a phone."""
    svg = to_svg(chart.option, pixels(chart.width_mm), pixels(chart.height_mm))
    picture = svg.replace("<svg ", f'<svg role="img" aria-label="{escape(chart.alt)}" ', 1)
    picture = picture.replace("<svg ", f'<svg style="max-width:{pixels(chart.width_mm)}px" ', 1)
    caption = f"<figcaption>{_lines(chart.caption)}</figcaption>" if chart.caption else ""
    return f'<figure><div class="scroll" tabindex="0">{picture}</div>{caption}</figure>\n'
