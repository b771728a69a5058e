"""Section 三 of the report: the result, and the analysis of each indicator. Pure."""

from collections.abc import Iterator

from civicard.reports.contents.binding import Binding
from civicard.reports.contents.naming import Names, weight
from civicard.reports.contents.scores import lost_chart, module_table, summary_table
from civicard.reports.contents.standards import items, standard, together
from civicard.reports.contents.tables import narrated, said
from civicard.reports.contents.words import (
    MARKS,
    NO_ANALYSIS,
    STATES,
    Outline,
    between,
    grade_scale,
    listed,
    sentence,
)
from civicard.reports.contents.workings import grounds, lost, points_by_ground, why_lost, working
from civicard.reports.document import Block, Mark, Paragraph, Run, Style
from civicard.scoring.evaluate import Score
from civicard.scoring.figures import State


def conclusion(binding: Binding, outline: Outline) -> Iterator[Block]:
    """Yield the result: the sentence, the score table, the chart, the main results."""
    told = binding.evaluation.programme.narrative
    yield outline.heading(2, "评价结论")
    yield outline.heading(3, "评价结果")
    yield Paragraph(text=result(binding))
    yield Paragraph(text=completeness(binding))
    if told.conclusion:
        yield from narrated(outline, 4, told.conclusion, binding)
    yield summary_table(binding, "表　绩效评价指标得分汇总表")
    yield lost_chart(binding)
    yield outline.heading(3, "主要绩效")
    yield from narrated(outline, 4, told.main_results, binding)


def result(binding: Binding) -> str:
    """Return total and grade in a sentence, and how far they are settled."""
    evaluation = binding.evaluation
    full = evaluation.printed(evaluation.framework.sum)
    scale = grade_scale(evaluation.framework.ranked())
    total = evaluation.total
    limits = [f"{one.why.zh}，总分以{evaluation.printed(one.most)}分为限。" for one in total.ceilings]
    limits += [f"{one.why.zh}，等次定为“{one.grade.zh}”。" for one in total.vetoes]
    if total.outcome.points is not None:
        said_ = f"依据评价指标体系逐项评分，本项目绩效评价总分为{binding.total}分（满分{full}分），等次为“{binding.grade}”。"
    else:
        low, high = evaluation.printed(total.outcome.low), evaluation.printed(total.outcome.high)
        said_ = (
            f"依据评价指标体系逐项评分，因部分指标尚不能评分，本项目总分暂不能确定，在{between(low, high)}之间"
            f"（满分{full}分），等次为“{binding.grade}”。"
        )
    return f"{said_}{''.join(limits)}等次划分标准：{scale}。"


def completeness(binding: Binding) -> str:
    """Return how many indicators are scored, which are not, and what the points rest on."""
    evaluation = binding.evaluation
    leaves = evaluation.leaves()
    parts = [
        f"{STATES[state]}的{len(some)}项（{listed(some)}）"
        for state in (State.MISSING, State.DISPUTED, State.NOT_APPLICABLE)
        if (some := [one.code for one in leaves if one.state is state])
    ]
    scored = sum(one.points is not None for one in leaves)
    text = f"评价指标共{len(leaves)}项"
    for one in leaves:
        covers = () if one.indicator is None else one.indicator.covers
        if covers:
            text += f"（“{one.name.zh}”按一项计，含{len(covers)}项）"
    text += f"，已评分{scored}项"
    text += f"，{'，'.join(parts)}。" if parts else "，没有缺项。"
    total = evaluation.total.outcome.points
    short = (
        f"总分距满分差{binding.lost}分。" if total is not None and total < evaluation.framework.sum else ""
    )
    return f"{text}{short}{points_by_ground(evaluation)}"


def analysis(binding: Binding, outline: Outline, names: Names) -> Iterator[Block]:
    """Yield each module: its table, each of its indicators, and what it scored."""
    yield outline.heading(2, "具体绩效分析")
    for module in binding.evaluation.scores:
        yield outline.heading(3, module.name.zh)
        if not module.is_leaf:
            yield module_table(module, binding, f"表　{module.name.zh}评分表")
        for score in (one for one in module.walk() if one.is_leaf):
            yield outline.heading(4, heading(score, binding))
            yield from _indicator(score, binding, names)
        if not module.is_leaf:
            yield Paragraph(text=_module_result(module, binding))


def heading(score: Score, binding: Binding) -> str:
    """Return name, points and full points of an indicator."""
    points = STATES[score.state] if score.points is None else f"得{binding.points(score)}分"
    full = f"满分为{weight(score)}分"
    return f"{score.name.zh}，{points}（{full}）"


def _indicator(score: Score, binding: Binding, names: Names) -> Iterator[Block]:
    node = score.indicator
    if node is None:
        return
    lines = items(node)
    yield said("评分标准", standard(node))
    yield from (Paragraph(text=line, style=Style.ITEM) for line in lines)
    if node.covers:
        covered = listed(one.name.zh for one in node.covers)
        yield said("所含指标", f"{covered}。原文未给出各项的分值、目标值和完成值。")
    readings = names.applied(score.code)
    if readings:
        yield said("采用的口径", together(readings))
    yield _analysed(score, binding)
    documents, inferred = grounds(score, binding)
    if documents:
        yield said("佐证材料", f"{listed(documents)}。")
    if inferred:
        yield said("推定依据", sentence("；".join(one.rstrip("。") for one in inferred)))
    yield said("计算", sentence(working(score, binding).replace("\n", "；")))
    if lost(score):
        yield said("失分原因", sentence(why_lost(score, binding) or f"{binding.original}未说明失分原因"))
    yield said("结论", _verdict(score, binding))


def _analysed(score: Score, binding: Binding) -> Paragraph:
    written = None if score.finding is None else score.finding.analysis
    text = f"{binding.original}{NO_ANALYSIS}。" if written is None else binding.text(written)
    if score.points and not score.is_supported:
        return said("评价分析", text, unsupported=Run(text="", mark=Mark.UNSUPPORTED))
    return said("评价分析", text)


def _verdict(score: Score, binding: Binding) -> str:
    low, high = binding.evaluation.printed(score.low), binding.evaluation.printed(score.high)
    if score.state is State.NOT_APPLICABLE:
        return f"该指标{MARKS[score.state]}，不计分。"
    if score.points is None:
        return f"该指标{MARKS[score.state]}，暂不评分，得分在{between(low, high)}之间。"
    off = f"扣{binding.evaluation.printed(lost(score))}分，" if lost(score) else ""
    return f"根据评分标准{off or '，'}得{binding.points(score)}分。"


def _module_result(module: Score, binding: Binding) -> str:
    full = weight(module)
    if module.points is None:
        low, high = binding.evaluation.printed(module.low), binding.evaluation.printed(module.high)
        if module.state is State.NOT_APPLICABLE:
            return f"{module.name.zh}模块不适用，不计分。"
        return f"{module.name.zh}模块尚有指标未评分，得分在{between(low, high)}之间（满分为{full}分）。"
    short = f"，失{binding.evaluation.printed(lost(module))}分" if lost(module) else ""
    return f"经评分，{module.name.zh}模块得{binding.points(module)}分（满分为{full}分）{short}。"
