"""绩效自评价报告: the form that Zhengzhou's units fill in, section by section. Pure."""

from collections.abc import Iterator

from civicard.reports.contents.binding import Binding
from civicard.reports.contents.facts import rests_on
from civicard.reports.contents.funds import funds_table, management_table
from civicard.reports.contents.naming import weight
from civicard.reports.contents.report_scores import completeness, result
from civicard.reports.contents.scores import summary_table
from civicard.reports.contents.tables import is_written, narrated, not_provided, signed
from civicard.reports.contents.words import STATES, Outline, listed, sentence
from civicard.reports.contents.workings import actual, lost, why_lost
from civicard.reports.document import Block, Heading, Mark, PageBreak, Paragraph, Run, Style
from civicard.scoring.evaluate import Score
from civicard.scoring.programme import Narrative, Section

TITLE = "绩效自评价报告"


def blocks(binding: Binding) -> Iterator[Block]:
    """Yield the form."""
    outline = Outline()
    if binding.provenance:
        yield Paragraph(text=sentence(binding.provenance))
    yield outline.heading(1, "项目基本情况")
    yield from _basics(binding, outline)
    yield outline.heading(1, "总体评价结论和指标分析")
    yield from _result(binding, outline)
    yield outline.heading(1, "存在的问题和建议")
    about = binding.evaluation.programme.programme
    yield from signed(_problems(binding, outline), about.unit.zh, about.written.zh)
    yield PageBreak()
    yield Heading(level=1, text="附表1")
    yield summary_table(binding, "自评价评分表")
    if text := rests_on(binding):
        yield Paragraph(text=text, style=Style.NOTE)


def _basics(binding: Binding, outline: Outline) -> Iterator[Block]:
    programme = binding.evaluation.programme
    told = programme.narrative
    yield outline.heading(2, "项目概况")
    yield from narrated(outline, 3, told.background, binding)
    yield outline.heading(2, "项目预算安排及使用情况")
    if is_written(told.funding) or programme.funds is not None:
        yield from narrated(outline, 3, told.funding, binding)
    if programme.funds is None:
        yield not_provided("未提供预算和执行数据。")
    else:
        yield funds_table(programme.funds, binding, "表1-2-1　年度预算安排及使用情况统计表")
    yield outline.heading(2, "资金管理情况表")
    if programme.funds is None or not programme.funds.management:
        yield not_provided("未提供资金管理情况。")
    else:
        yield management_table(programme.funds, binding, "表1-2-2　资金管理情况表")
    yield outline.heading(2, "项目绩效目标")
    yield outline.heading(3, "项目年度绩效目标")
    yield from narrated(outline, 4, told.goals, binding)
    yield outline.heading(3, "项目年度绩效目标完成情况")
    yield from narrated(outline, 4, told.goals_met, binding)


def _result(binding: Binding, outline: Outline) -> Iterator[Block]:
    yield outline.heading(2, "总体评价结论")
    yield Paragraph(text=result(binding))
    yield Paragraph(text=completeness(binding))
    told = binding.evaluation.programme.narrative.conclusion
    if told:
        yield from narrated(outline, 3, told, binding)
    yield outline.heading(2, "指标分析")
    leaves = binding.evaluation.leaves()
    yield outline.heading(3, "绩效目标完成的指标")
    yield from _each([one for one in leaves if one.points is not None and not is_short(one)], binding)
    yield outline.heading(3, "没有完成绩效目标的指标")
    yield from _each([one for one in leaves if is_short(one)], binding)
    open_ = [one for one in leaves if one.points is None]
    if open_:
        yield outline.heading(3, "尚不能判断的指标")
        yield from _each(open_, binding)


def is_short(score: Score) -> bool:
    """Tell whether an indicator has points, and fewer than it can give."""
    return bool(lost(score))


def _each(scores: list[Score], binding: Binding) -> Iterator[Block]:
    if not scores:
        yield Paragraph(text="无。")
        return
    for at, score in enumerate(scores, 1):
        end = "。" if at == len(scores) else "；"
        text = f"（{at}）{_line(score, binding)}"
        unsupported = bool(score.points) and not score.is_supported
        runs = [Run(text=text, mark=Mark.UNSUPPORTED)] if unsupported else [Run(text=text)]
        yield Paragraph(runs=(*runs, Run(text=end)), style=Style.ITEM)


def _line(score: Score, binding: Binding) -> str:
    covers = () if score.indicator is None else score.indicator.covers
    points = STATES[score.state] if score.points is None else f"得{binding.points(score)}分"
    points = f"{points}（满分{weight(score)}分）"
    if covers:
        named = listed(one.name.zh for one in covers)
        return f"{named}，共{len(covers)}项，合为一块{points}，原文未给出各项的目标值、完成值和得分"
    value = actual(score, binding).replace("\n", "；")
    if score.points is None:
        return f"{score.name.zh}（{value}），满分{weight(score)}分"
    text = f"{score.name.zh}（{value}），{points}"
    if is_short(score):
        why = why_lost(score, binding).rstrip("。")
        text += f"，失分原因：{why}" if why else f"，{binding.original}未说明失分原因"
    return text


def _problems(binding: Binding, outline: Outline) -> Iterator[Block]:
    told = binding.evaluation.programme.narrative
    yield outline.heading(2, "存在的问题")
    yield from narrated(outline, 3, told.problems, binding)
    yield outline.heading(2, "改进建议")
    for name, sections in (
        ("对项目决策的建议", told.suggest_decision),
        ("对预算安排及执行情况的建议", told.suggest_budget),
        ("对资金管理的建议", told.suggest_funds),
        ("对项目管理的建议", told.suggest_management),
        ("其他建议", told.suggest_other or _general(told)),
    ):
        yield outline.heading(3, name)
        yield from narrated(outline, 4, sections, binding)


def _general(told: Narrative) -> list[Section]:
    """Return the general recommendations, where the unit gave none under the form's own headings."""
    own = (told.suggest_decision, told.suggest_budget, told.suggest_funds, told.suggest_management)
    return [] if any(own) else told.recommendations
