"""The tables of scores: framework, summary, module, working; and the chart of points lost. Pure."""

from collections.abc import Sequence
from functools import partial

from civicard.kernel.exact import ZERO, Fraction, plain, rounded
from civicard.reports.charts import points_lost, rows_height_mm
from civicard.reports.contents.binding import Binding
from civicard.reports.contents.naming import ASKED, Names, label, weight
from civicard.reports.contents.standards import items, joined_standard, standard, target, together
from civicard.reports.contents.tables import (
    Cells,
    by_indicator,
    depth_of,
    heads,
    left,
    level_names,
    narrow,
    points_cell,
    shown,
)
from civicard.reports.contents.words import NOTHING, STATES, listed
from civicard.reports.contents.workings import actual, cause, lost, reason, working
from civicard.reports.document import Align, Cell, Chart, Column, Table
from civicard.scoring.evaluate import Evaluation, Score
from civicard.scoring.figures import State
from civicard.scoring.framework import Policy

LEAVING = {
    Policy.SPREAD_EQUALLY: "其分值平均分摊到同组其他指标",
    Policy.SPREAD_IN_PROPORTION: "其分值按比例分摊到同组其他指标",
    Policy.RENORMALISE: "其分值不计，总分按比例折算",
    Policy.DROP: "其分值不计",
    Policy.FULL: "按满分计",
    Policy.ZERO: "不计分",
}


# With many indicators the bars stand closer, so that table and chart share fewer pages.
TALLEST_MM, LEAST_ROW_MM = 105, 4


def framework_table(binding: Binding, names: Names, caption: str) -> Table:
    """Return every indicator with its weight and standard, readings applied included."""
    rows = [heads("指标", "权重", "评价标准")]
    for score in binding.evaluation.walk():
        node = score.indicator
        is_group = not score.is_leaf
        words = "" if node is None or is_group else joined_standard(node, names.applied(score.code))
        if is_group and node is not None:
            words = node.text.zh
        rows.append(
            (
                Cell(text=label(score), align=Align.LEFT, bold=is_group, shade=is_group),
                shown(weight(score), bold=is_group, shade=is_group),
                Cell(text=words, align=Align.LEFT, shade=is_group),
            )
        )
    rows.append(_sum_row(("合计", 1), (plain(binding.evaluation.framework.sum), "")))
    return Table(
        columns=tuple(Column(width=width) for width in (36, 9, 75)),
        rows=tuple(rows),
        caption=caption,
        unit_note="单位：分",
    )


def summary_table(binding: Binding, caption: str) -> Table:
    """Return weight, target and points of each indicator, the levels side by side, and the totals."""
    evaluation = binding.evaluation
    depth = depth_of(evaluation.scores)
    named = [*(narrow(name) for name in level_names(depth)[:-1]), level_names(depth)[-1]]
    rows = [heads(*(word for name in named for word in (name, "权重")), "目标值", "分值", "得分")]
    rows += by_indicator(
        evaluation.scores, depth, _weighted_group, partial(_summary_leaf, binding), columns=2
    )
    whole = plain(evaluation.framework.sum)
    rows.append(_sum_row(("合计", 2 * depth - 1), (whole, "", whole, binding.total)))
    # With few columns the type is larger.
    wide, slim = max(36, 36 + 20 * (3 - depth)), 9 if depth > 2 else 11  # noqa: PLR2004 - levels
    widths = [width for at in range(depth) for width in ((wide if at == depth - 1 else 13), slim)]
    return Table(
        columns=tuple(Column(width=width) for width in (*widths, 38, slim, 20)),
        rows=tuple(rows),
        caption=caption,
        unit_note="单位：分",
        note=column_note(evaluation, evaluation.leaves(), evaluation.total.outcome.points, whole=True),
    )


def _weighted_group(score: Score, rows: int) -> Cells:
    return [Cell(text=score.name.zh, rowspan=rows), _spanning(weight(score), rows)]


def _spanning(text: str, rows: int) -> Cell:
    cell = shown(text)
    return Cell(text=cell.text, number=cell.number, rowspan=rows)


def _summary_leaf(binding: Binding, score: Score, columns: int) -> Cells:
    goal = "—" if score.indicator is None else target(score.indicator)
    return [
        Cell(text=f"{label(score)}{_covered(score)}", colspan=columns, align=Align.LEFT),
        shown(weight(score)),
        _words(goal),
        shown(weight(score)),
        points_cell(score, binding),
    ]


def _covered(score: Score) -> str:
    covers = () if score.indicator is None else score.indicator.covers
    return f"：{listed(one.name.zh for one in covers)}" if covers else ""


def _words(text: str) -> Cell:
    """Return a cell of words: short ones in the middle, sentences on the left."""
    return Cell(text=text, align=Align.LEFT if len(text) > 8 or "\n" in text else Align.CENTER)  # noqa: PLR2004 - a line


def _sum_row(first: tuple[str, int], rest: Sequence[str]) -> tuple[Cell, ...]:
    text, columns = first
    cells = [shown(one, bold=True, shade=True) for one in rest]
    return (Cell(text=text, colspan=columns, bold=True, shade=True), *cells)


def module_table(module: Score, binding: Binding, caption: str) -> Table:
    """Return the indicators of one module with target, standard and points, and their sum."""
    depth = depth_of([module])
    leaves = [one for one in module.walk() if one.is_leaf]
    named = [*(narrow(name) for name in level_names(depth)[:-1]), level_names(depth)[-1]]
    first = [named[0], "权重", *named[1:]] if depth > 1 else named
    rows = [heads(*first, "权重", "目标值", "评分标准", "得分")]

    def group(score: Score, span: int) -> Cells:
        if score.level == 1:
            return [Cell(text=score.name.zh, rowspan=span), _spanning(weight(score), span)]
        return [Cell(text=f"{score.name.zh}\n（{weight(score)}分）", rowspan=span)]

    def leaf(score: Score, columns: int) -> Cells:
        node = score.indicator
        return [
            Cell(text=score.name.zh, colspan=columns, align=Align.LEFT),
            shown(weight(score)),
            _words("—" if node is None else target(node)),
            left("—" if node is None else "\n".join(items(node) or [standard(node)])),
            points_cell(score, binding),
        ]

    rows += by_indicator([module], depth, group, leaf)
    between = 0 if depth == 1 else depth - 1
    sums = (weight(module), "", "", binding.points(module))
    if depth == 1:
        rows.append(_sum_row(("合计", 1), sums))
    else:
        blank = Cell(text="", colspan=between, bold=True, shade=True)
        name, own, *others = _sum_row(("合计", 1), (weight(module), *sums))
        rows.append((name, own, blank, *others))
    widths = (11, 10, *(18 for _ in range(depth - 2)), 22) if depth > 1 else (32,)
    return Table(
        columns=tuple(Column(width=width) for width in (*widths, 10, 25, 40, 20)),
        rows=tuple(rows),
        caption=caption,
        unit_note="单位：分",
        note=column_note(binding.evaluation, leaves, module.points, whole=False),
    )


def working_table(binding: Binding, names: Names, caption: str) -> Table:
    """Return how the points of each indicator came about."""
    evaluation = binding.evaluation
    rows = [heads("指标", "实际值", "目标值", "评分规则", "计算过程", "得分")]
    for score in evaluation.leaves():
        node = score.indicator
        rule = "—"
        if node is not None:
            by_nature = [reading for reading in names.applied(score.code) if not reading.startswith(ASKED)]
            rule = f"{standard(node)}{f'采用的口径：{together(by_nature)}' if by_nature else ''}"
        rows.append(
            (
                left(label(score)),
                _words(actual(score, binding)),
                _words("—" if node is None else target(node)),
                left(rule),
                left(working(score, binding)),
                points_cell(score, binding),
            )
        )
    rows.append(_sum_row(("合计", 5), (binding.total,)))
    return Table(
        columns=tuple(Column(width=width) for width in (20, 18, 18, 36, 44, 20)),
        rows=tuple(rows),
        caption=caption,
        unit_note="单位：分",
        note=column_note(evaluation, evaluation.leaves(), evaluation.total.outcome.points, whole=True),
    )


def lost_chart(binding: Binding) -> Chart:
    """Return the points won and lost by each indicator as a chart."""
    leaves = binding.evaluation.leaves()
    rows = [(one.code, one.name.zh, one.points, one.weight) for one in leaves]
    short = [f"{label(one)}失{binding.evaluation.printed(lost(one))}分" for one in leaves if lost(one)]
    none = [f"{label(one)}{STATES[one.state]}" for one in leaves if one.points is None]
    return Chart(
        option=points_lost(rows, places=binding.evaluation.framework.print_places),
        caption="图　各指标得分与失分",
        alt=f"{len(leaves)}项指标的得分与失分：{listed([*short, *none]) or '各项均得满分'}。",
        height_mm=min(rows_height_mm(len(rows)), max(TALLEST_MM, len(rows) * LEAST_ROW_MM)),
    )


def causes_table(binding: Binding, caption: str) -> Table:
    """Return where points were lost, and why; where nobody says why, that stands in its place."""
    short = [one for one in binding.evaluation.leaves() if lost(one)]
    rows = [heads("失分指标", "满分", "得分", "失分", "原因", "原因说明及改进措施")]
    rows += [
        (
            left(label(score)),
            shown(weight(score)),
            points_cell(score, binding),
            shown(binding.evaluation.printed(lost(score))),
            Cell(text=cause(score)),
            left(reason(score, binding) or NOTHING),
        )
        for score in short
    ]
    full = sum((one.weight for one in short), ZERO)
    won = sum((one.points for one in short if one.points is not None), ZERO)
    sums = [binding.evaluation.printed(one) for one in (full, won, full - won)]
    rows.append((*_sum_row(("合计", 1), sums), Cell(text="", colspan=2, shade=True)))
    return Table(
        columns=tuple(Column(width=width) for width in (30, 9, 9, 9, 18, 52)),
        rows=tuple(rows),
        caption=caption,
        unit_note="单位：分",
    )


def column_note(
    evaluation: Evaluation, leaves: Sequence[Score], total: Fraction | None, *, whole: bool
) -> str:
    """Return what the marks in a column of points mean, and why it does not add up to its total where it does not.

    Args:
        evaluation: whose scores they are.
        leaves: the indicators in the column.
        total: what stands below them; None while that is open.
        whole: whether they are all there are, so that limits of the total apply.
    """
    notes = []
    if any(one.points and not one.is_supported for one in leaves):
        notes.append("得分后标“无佐证”的，没有数据或材料支持。")
    if any(one.state in {State.MISSING, State.DISPUTED} for one in leaves):
        notes.append("缺数据或有争议的指标未评分，合计为可能的最低分至最高分。")
    expected = True
    if any(one.state is State.NOT_APPLICABLE for one in leaves):
        policy = LEAVING.get(evaluation.framework.not_applicable, "其分值待定")
        notes.append(f"不适用的指标不评分，{policy}，合计因此不同于所列得分之和。")
        expected = False
    if whole and evaluation.total.ceilings:
        notes.append(f"{'；'.join(one.why.zh for one in evaluation.total.ceilings)}，总分受此限制。")
        expected = False
    known = [one.points for one in leaves if one.points is not None]
    step = Fraction(1, 10**evaluation.framework.print_places)
    if (
        expected
        and total is not None
        and sum((rounded(one, step) for one in known), ZERO) != rounded(total, step)
    ):
        is_exact = sum(known, ZERO) == total
        why = "合计按未取整的得分计算" if is_exact else "合计按规定的方法汇总"
        notes.append(f"{why}，与所列得分之和略有不同。")
    return f"注：{''.join(notes)}" if notes else ""
