"""项目支出绩效自评表: the one table of the national form, for one year. Pure.

Source: the self-evaluation table of 财预〔2020〕10号 as departments publish it.
"""

from collections.abc import Iterator

from civicard.kernel.exact import plain
from civicard.reports.contents.binding import Binding
from civicard.reports.contents.facts import rests_on
from civicard.reports.contents.funds import amount, figures_of, rate
from civicard.reports.contents.naming import weight
from civicard.reports.contents.scores import column_note
from civicard.reports.contents.standards import target
from civicard.reports.contents.tables import (
    Cells,
    by_indicator,
    depth_of,
    left,
    level_names,
    narrow,
    points_cell,
    shown,
    written,
)
from civicard.reports.contents.words import NO_CAUSE, NOT_PROVIDED, listed, sentence
from civicard.reports.contents.workings import actual, cause, lost, reason
from civicard.reports.document import Align, Block, Cell, Column, Table
from civicard.scoring.evaluate import Score

TITLE = "项目支出绩效自评表"
# Sides of the form, then 三级指标, 年度指标值, 实际完成值, 分值, 得分, 偏差原因: always nine columns.
SIDE, LEVEL = 11, 15
REST = (32, 36, 31, 14, 20, 51)
DEPTH = 3
COLUMNS = 1 + DEPTH - 1 + len(REST)
HEAD = {"header": True}


def blocks(binding: Binding) -> Iterator[Block]:
    """Yield the table."""
    evaluation, about = binding.evaluation, binding.evaluation.programme.programme
    rows = [*_heads(binding), *_funds(binding), *_goals(binding), *_indicators(binding), _total(binding)]
    depth = max(depth_of(evaluation.scores), DEPTH)
    widths = (SIDE, *(LEVEL for _ in range(depth - 1)), *REST)
    yield Table(
        columns=tuple(Column(width=width) for width in widths),
        rows=tuple(rows),
        header_rows=0,
        unit_note=f"填报单位：{about.unit.zh}　　填报时间：{about.written.zh or NOT_PROVIDED}",
        note=_note(binding),
    )


def year_line(binding: Binding) -> str:
    """Return the year that is evaluated, in brackets below the title."""
    year = binding.evaluation.programme.programme.year
    return "（年度未写明）" if year is None else f"（{year}年度）"


def _scored_by_funds(binding: Binding) -> Score | None:
    funds = binding.evaluation.programme.funds
    if funds is None or funds.indicator is None:
        return None
    score = binding.scores[funds.indicator]
    return score if score.is_leaf else None


def _extra(binding: Binding) -> int:
    """Return how many levels the framework has beyond those of the form."""
    return max(0, depth_of(binding.evaluation.scores) - DEPTH)


def _name(text: str, *, columns: int = 1, rows: int = 1) -> Cell:
    return Cell(text=text, colspan=columns, rowspan=rows, header=True)


def _across(text: str, columns: int, align: Align = Align.LEFT) -> Cell:
    return Cell(text=text, colspan=columns, align=align)


def _heads(binding: Binding) -> Iterator[tuple[Cell, ...]]:
    about, extra = binding.evaluation.programme.programme, _extra(binding)
    yield (_name("项目名称", columns=2 + extra), _across(about.title.zh, COLUMNS - 2, Align.CENTER))
    yield (
        _name("主管部门", columns=2 + extra),
        _across(about.department.zh or NOT_PROVIDED, 3, Align.CENTER),
        _name("实施单位"),
        _across(about.unit.zh, 3, Align.CENTER),
    )


def _funds(binding: Binding) -> Iterator[tuple[Cell, ...]]:
    funds, extra = binding.evaluation.programme.funds, _extra(binding)
    if funds is None:
        yield (
            _name("项目\n资金"),
            _across(f"{NOT_PROVIDED}预算和执行数据", COLUMNS - 1 + extra, Align.CENTER),
        )
        return
    score = _scored_by_funds(binding)
    head = ("年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分")
    yield (
        _name(f"项目\n资金\n（{funds.unit}）", rows=len(funds.rows) + 1),
        _name("", columns=DEPTH - 1 + extra),
        *(_name(one) for one in head),
    )
    for at, row in enumerate(funds.rows):
        initial, full_year, executed, share = figures_of(row)
        is_scored = at == 0 and score is not None
        yield (
            Cell(text=row.name.zh, colspan=DEPTH - 1 + extra, align=Align.LEFT, header=True),
            *(amount(one, binding) for one in (initial, full_year, executed)),
            shown(weight(score)) if is_scored and score is not None else Cell(text="—"),
            rate(share, binding),
            points_cell(score, binding) if is_scored and score is not None else Cell(text="—"),
        )


def _goals(binding: Binding) -> Iterator[tuple[Cell, ...]]:
    told, extra = binding.evaluation.programme.narrative, _extra(binding)
    yield (
        _name("年度\n总体\n目标", rows=2),
        _name("预期目标", columns=4 + extra),
        _name("实际完成情况", columns=4),
    )
    yield (_across(written(told.goals, binding), 4 + extra), _across(written(told.goals_met, binding), 4))


def _indicators(binding: Binding) -> Iterator[tuple[Cell, ...]]:
    evaluation = binding.evaluation
    in_funds = _scored_by_funds(binding)
    depth = max(depth_of(evaluation.scores), DEPTH)

    def keep(score: Score) -> bool:
        return in_funds is None or score.code != in_funds.code

    def group(score: Score, rows: int) -> Cells:
        return [Cell(text=score.name.zh, rowspan=rows)]

    def leaf(score: Score, columns: int) -> Cells:
        return [
            Cell(text=_indicator_name(score), colspan=columns, align=Align.LEFT),
            left("—" if score.indicator is None else target(score.indicator)),
            left(actual(score, binding)),
            shown(weight(score)),
            points_cell(score, binding),
            left(_deviation(score, binding)),
        ]

    rows = by_indicator(evaluation.scores, depth, group, leaf, keep=keep)
    yield (
        _name("绩效\n指标", rows=len(rows) + 1),
        *(_name(narrow(name)) for name in level_names(depth)[:-1]),
        _name(level_names(depth)[-1]),
        *(_name(one) for one in ("年度指标值", "实际完成值", "分值", "得分", "偏差原因分析及改进措施")),
    )
    yield from rows


def _indicator_name(score: Score) -> str:
    covers = () if score.indicator is None else score.indicator.covers
    return f"{score.name.zh}：{listed(one.name.zh for one in covers)}" if covers else score.name.zh


def _deviation(score: Score, binding: Binding) -> str:
    if not lost(score):
        return "—"
    return reason(score, binding) or cause(score) or NO_CAUSE


def _total(binding: Binding) -> tuple[Cell, ...]:
    evaluation = binding.evaluation
    columns = COLUMNS + _extra(binding) - len(("分值", "得分", "偏差"))
    return (
        Cell(text="总分", colspan=columns, header=True),
        shown(plain(evaluation.framework.sum), bold=True),
        shown(binding.total, bold=True),
        Cell(text=f"等次：{binding.grade}", bold=True),
    )


def _note(binding: Binding) -> str:
    evaluation = binding.evaluation
    score = _scored_by_funds(binding)
    notes = [column_note(evaluation, evaluation.leaves(), evaluation.total.outcome.points, whole=True)]
    if score is not None:
        notes.append(f"“{score.name.zh}”的分值和得分只列在项目资金栏；偏差原因：{_deviation(score, binding)}")
    notes += [binding.provenance, rests_on(binding)]
    said = "".join(sentence(one.removeprefix("注：")) for one in notes if one)
    return f"注：{said}" if said else ""
