"""Pieces that every document is put together from: cells, paragraphs of written text, tables by indicator. Pure."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from civicard.kernel.exact import from_text
from civicard.reports.contents.binding import Binding
from civicard.reports.contents.words import LEVELS, NOT_PROVIDED, Outline
from civicard.reports.document import Align, Block, Cell, Chart, Paragraph, Run, Style, Table
from civicard.scoring.evaluate import Score
from civicard.scoring.programme import Section

NUMBER = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?%?")
# A caption that begins so gets a number.
GAP = "　"
TABLE, CHART = f"表{GAP}", f"图{GAP}"
Cells = list[Cell]


def shown(
    text: str,
    *,
    align: Align | None = None,
    bold: bool = False,
    shade: bool = False,
    unsupported: bool = False,
) -> Cell:
    """Return a cell; where its text is one plain number, that number goes with it."""
    number = None
    if NUMBER.fullmatch(text):
        digits = from_text(text.rstrip("%").replace(",", ""))
        number = digits / 100 if text.endswith("%") else digits
    return Cell(text=text, number=number, align=align, bold=bold, shade=shade, unsupported=unsupported)


def points_cell(score: Score, binding: Binding, *, bold: bool = False, shade: bool = False) -> Cell:
    """Return the points of a score, marked where nothing stands behind them."""
    unsupported = score.is_leaf and bool(score.points) and not score.is_supported
    return shown(binding.points(score), bold=bold, shade=shade, unsupported=unsupported)


def heads(*names: str) -> tuple[Cell, ...]:
    """Return a header row."""
    return tuple(Cell(text=name) for name in names)


def left(text: str, **more: bool) -> Cell:
    """Return a cell whose text begins on the left."""
    return Cell(text=text, align=Align.LEFT, **more)  # type: ignore[arg-type]  # the flags of a cell


def said(lead: str, text: str, *, unsupported: Run | None = None) -> Paragraph:
    """Return a paragraph that begins with what it is about."""
    runs = (Run(text=f"{lead}：", bold=True), Run(text=text))
    return Paragraph(runs=runs if unsupported is None else (*runs, unsupported))


def not_provided(words: str = f"{NOT_PROVIDED}。") -> Paragraph:
    """Return the sentence that stands where there is no text."""
    return Paragraph(text=words)


def is_written(sections: Sequence[Section]) -> bool:
    """Tell whether anybody wrote anything in these sections."""
    return any(section.text for section in sections)


def narrated(outline: Outline, level: int, sections: Sequence[Section], binding: Binding) -> Iterator[Block]:
    """Yield written sections, their headings numbered on `level`; a sentence where there are none."""
    if not is_written(sections):
        yield not_provided()
        return
    for section in sections:
        if section.heading is not None:
            yield outline.heading(level, binding.text(section.heading))
        for text in section.text:
            yield Paragraph(text=binding.text(text))
        if not section.text:
            yield not_provided()


def numbered(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield blocks with 表 and 图 numbered in the order in which they appear."""
    counts = {TABLE: 0, CHART: 0}
    for block in blocks:
        mark = block.caption[: len(TABLE)] if isinstance(block, Table | Chart) else ""
        if isinstance(block, Table | Chart) and mark in counts:
            counts[mark] += 1
            caption = block.caption.removeprefix(mark).removeprefix(GAP)
            yield replace(block, caption=f"{mark[:1]}{counts[mark]}{GAP}{caption}")
        else:
            yield block


def signed(blocks: Iterable[Block], unit: str, written_on: str) -> Iterator[Block]:
    """Yield blocks with a signature below them that never stands on a page by itself."""
    last: Block | None = None
    for block in blocks:
        if last is not None:
            yield last
        last = block
    if last is not None:
        yield replace(last, keep_with_next=True, text="") if isinstance(last, Paragraph) else last
    yield Paragraph(text=unit, style=Style.SIGNATURE, keep_with_next=True)
    yield Paragraph(text=written_on or "（成文日期未提供）", style=Style.SIGNATURE)


def written(sections: Sequence[Section], binding: Binding) -> str:
    """Return written sections as the text of a cell."""
    lines = []
    for section in sections:
        heading = "" if section.heading is None else f"{binding.text(section.heading)}："
        lines += [
            f"{heading}{binding.text(text)}" if at == 0 else binding.text(text)
            for at, text in enumerate(section.text)
        ]
    return "\n".join(lines) or NOT_PROVIDED


def depth_of(scores: Sequence[Score]) -> int:
    """Return how many levels the deepest indicator has."""
    return max((score.level for top in scores for score in top.walk()), default=1)


def level_names(depth: int) -> list[str]:
    """Return the names of the levels."""
    return ["指标"] if depth == 1 else [f"{LEVELS[at]}指标" for at in range(1, depth + 1)]


def narrow(name: str) -> str:
    """Return the name of a level on two lines, for a narrow column."""
    return name.replace("指标", "\n指标") if len(name) > len("指标") else name


def by_indicator(
    scores: Sequence[Score],
    depth: int,
    group: Callable[[Score, int], Cells],
    leaf: Callable[[Score, int], Cells],
    *,
    columns: int = 1,
    keep: Callable[[Score], bool] = lambda _: True,
) -> list[tuple[Cell, ...]]:
    """Return a row for each indicator, the groups above it in front, spanning the rows of all that is in them.

    Args:
        scores: the first level.
        depth: how many levels the table has.
        group: gives the cells of a group for so many rows.
        leaf: gives the cells of an indicator, the first of them over so many columns.
        columns: how many columns each level but the last takes.
        keep: whether an indicator gets a row.
    """
    rows: list[tuple[Cell, ...]] = []

    def add(score: Score, ahead: Cells) -> None:
        below = [one for one in score.walk() if one.is_leaf and keep(one)]
        if not below:
            return
        if score.is_leaf:
            rows.append((*ahead, *leaf(score, (depth - score.level) * columns + 1)))
            return
        ahead = [*ahead, *group(score, len(below))]
        for child in score.children:
            before = len(rows)
            add(child, ahead)
            # The cells of a group stand in its first row; the rows below leave them out.
            ahead = ahead if len(rows) == before else []

    for score in scores:
        add(score, [])
    return rows
