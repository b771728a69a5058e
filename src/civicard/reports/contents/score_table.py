"""评分表: every indicator with all that its points rest on, group sums, total and grade. Pure."""

from collections.abc import Iterator

from civicard.kernel.exact import plain
from civicard.reports.contents.binding import Binding
from civicard.reports.contents.facts import noted
from civicard.reports.contents.naming import Names, weight
from civicard.reports.contents.report_scores import completeness, result
from civicard.reports.contents.scores import column_note
from civicard.reports.contents.standards import items, standard, target
from civicard.reports.contents.tables import heads, left, points_cell, shown
from civicard.reports.contents.words import BASES, listed, sentence
from civicard.reports.contents.workings import actual, working
from civicard.reports.document import Align, Block, Cell, Column, Paragraph, Style, Table
from civicard.scoring.evaluate import Score

TITLE = "绩效评价评分表"
COLUMNS = ("代码", "指标", "权重", "目标值", "实际值", "评分标准", "采用的口径", "得分", "依据", "计算过程")
WIDTHS = (11, 23, 9, 21, 21, 42, 32, 20, 10, 36)


def blocks(binding: Binding) -> Iterator[Block]:
    """Yield the table and the result below it."""
    evaluation, names = binding.evaluation, Names.of(binding.evaluation)
    rows = [
        heads(*COLUMNS),
        *(
            _leaf(score, binding, names) if score.is_leaf else _group(score, binding)
            for score in evaluation.walk()
        ),
    ]
    rows.append(
        (
            Cell(text="合计", colspan=2, bold=True, shade=True),
            shown(plain(evaluation.framework.sum), bold=True, shade=True),
            Cell(text="", colspan=4, shade=True),
            shown(binding.total, bold=True, shade=True),
            Cell(text=f"等次：{binding.grade}", colspan=2, bold=True, shade=True),
        )
    )
    yield Table(
        columns=tuple(Column(width=width) for width in WIDTHS),
        rows=tuple(rows),
        caption="评分明细",
        unit_note="单位：分",
        note=column_note(evaluation, evaluation.leaves(), evaluation.total.outcome.points, whole=True),
    )
    yield from noted(binding)
    if binding.provenance:
        yield Paragraph(text=sentence(binding.provenance), style=Style.NOTE)
    yield Paragraph(text=result(binding), style=Style.NOTE)
    yield Paragraph(text=completeness(binding), style=Style.NOTE)
    yield Paragraph(
        text="依据一栏：“实测”指由系统或记录测得，“佐证”指有材料证明，“自述”指仅有单位陈述，“无”指既无数据也无材料。",
        style=Style.NOTE,
    )


def _group(score: Score, binding: Binding) -> tuple[Cell, ...]:
    return (
        Cell(text=score.code, align=Align.LEFT, bold=True, shade=True),
        Cell(text=score.name.zh, align=Align.LEFT, bold=True, shade=True),
        shown(weight(score), bold=True, shade=True),
        Cell(text="", colspan=4, shade=True),
        points_cell(score, binding, bold=True, shade=True),
        Cell(text="", colspan=2, shade=True),
    )


def _leaf(score: Score, binding: Binding, names: Names) -> tuple[Cell, ...]:
    node = score.indicator
    name, rule, goal = score.name.zh, "—", "—"
    if node is not None:
        rule, goal = "\n".join(items(node) or [standard(node)]), target(node)
        if node.covers:
            name += f"\n（{listed(one.name.zh for one in node.covers)}）"
    return (
        left(score.code),
        left(name),
        shown(weight(score)),
        left(goal),
        left(actual(score, binding)),
        left(rule),
        left("\n".join(names.applied(score.code)) or "—"),
        points_cell(score, binding),
        Cell(text=BASES[score.basis]),
        left(working(score, binding)),
    )
