"""What measured figures rest on: the lake with its root, and each figure's definition, sums and evidence rows. Pure."""

from collections.abc import Iterator

from civicard.evaluation.measured import FromLake, Measured, measured_of
from civicard.kernel.exact import Fraction, grouped
from civicard.reports.contents.binding import Binding
from civicard.reports.contents.tables import heads, left, shown
from civicard.reports.contents.words import NOTHING, STATES, sentence, tidy
from civicard.reports.document import Block, Cell, Column, Heading, Paragraph, Style, Table
from civicard.scoring.figures import State

TITLE = "数据依据"
COLUMNS = ("指标", "数据", "实测值", "测算口径", "定义", "分子", "分母", "证据行数")
WIDTHS = (18, 18, 15, 18, 44, 17, 17, 15)


def rests_on(binding: Binding) -> str:
    """Return in sentences which lake the measured figures come from, and its root; empty where none was measured.

    The words are those that `civicard ledger check --witness` finds again in a text.
    """
    if binding.measurement is None:
        return ""
    lake = binding.measurement.lake
    size = "" if lake.scale == 1 else f"（1:{lake.scale}）"
    return f"实测数据取自{lake.city.zh}{size}的数据湖，期间为{lake.since}至{lake.until}，封签{lake.seal}根值{lake.root}。"


def noted(binding: Binding) -> Iterator[Block]:
    """Yield it as a note, with what a smaller city leaves out; nothing where none was measured."""
    if text := _told(binding):
        yield Paragraph(text=text, style=Style.NOTE)


def annex(binding: Binding) -> Iterator[Block]:
    """Yield the annex of measured figures; nothing where none was measured."""
    if binding.measurement is None:
        return
    yield Heading(level=1, text=TITLE)
    yield Paragraph(text=_told(binding))
    rows = list(_rows(binding, binding.measurement.lake))
    if rows:
        yield Table(
            columns=tuple(Column(width=width) for width in WIDTHS),
            rows=(heads(*COLUMNS), *rows),
            caption="实测数据及其依据",
            note="注：实测值由证据行的分子之和除以分母之和算得，印出时取整；没有分母的，分子之和即为实测值。",
        )


def _told(binding: Binding) -> str:
    """Return which lake it is, and what a smaller city leaves out."""
    note = "" if binding.measurement is None else binding.measurement.note.zh
    return f"{rests_on(binding)}{sentence(tidy(note))}"


def _rows(binding: Binding, lake: FromLake) -> Iterator[tuple[Cell, ...]]:
    figures = binding.evaluation.programme.figures
    for score in binding.evaluation.leaves():
        for one in measured_of(score, figures, lake):
            yield (
                left(f"{score.code} {score.name.zh}"),
                left(figures[one.figure].name.zh),
                Cell(text=binding.in_cell(one.figure, unit=True)),
                left(one.title.zh),
                left(one.definition.zh),
                _sum(one.numerator, one),
                _sum(one.denominator, one),
                shown(f"{one.rows:,}"),
            )


def _sum(number: int | None, one: Measured) -> Cell:
    """Return a sum; what was not measured says so, and a measure that is a sum has no denominator."""
    if number is None:
        return Cell(text=STATES[State.MISSING] if one.numerator is None else NOTHING)
    return shown(grouped(Fraction(number)))
