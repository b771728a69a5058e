"""Sections 四 and 五 of the report, its signature, and the annex with the working. Pure."""

from collections.abc import Iterator

from civicard.kernel.exact import ZERO
from civicard.reports.contents import facts, report_sensitivity
from civicard.reports.contents.binding import Binding
from civicard.reports.contents.naming import Names, label
from civicard.reports.contents.scores import causes_table, working_table
from civicard.reports.contents.tables import narrated
from civicard.reports.contents.words import NO_CAUSE, Outline, listed, sentence, tidy
from civicard.reports.contents.workings import by_ground, cause, lost, points_by_ground, points_of
from civicard.reports.document import Block, Heading, Mark, PageBreak, Paragraph, Run, Style
from civicard.scoring.figures import Basis
from civicard.scoring.observations import Note, observations
from civicard.scoring.sensitivity import Sensitivity
from civicard.scoring.statements import Kind, disagreements

# What observations add beyond what is computed here in other words.
FURTHER = {Note.COARSE, Note.UNCHECKED_CLAIM}


def achievements(binding: Binding, outline: Outline) -> Iterator[Block]:
    """Yield achievements, problems with the points lost and why, and recommendations."""
    told = binding.evaluation.programme.narrative
    yield outline.heading(2, "主要绩效")
    yield from narrated(outline, 3, told.achievements, binding)
    yield outline.heading(2, "存在的问题")
    yield from narrated(outline, 3, told.problems, binding)
    yield from _lost(binding)
    yield outline.heading(2, "整改建议")
    yield from narrated(outline, 3, told.recommendations, binding)


def _lost(binding: Binding) -> Iterator[Block]:
    short = [one for one in binding.evaluation.leaves() if lost(one)]
    if not short:
        return
    unexplained = [one for one in short if cause(one) == NO_CAUSE]
    points = binding.evaluation.printed(sum((lost(one) for one in short), ZERO))
    text = f"从评分看，失分的指标有{len(short)}项，共失{points}分，见下表。"
    if unexplained:
        without = binding.evaluation.printed(sum((lost(one) for one in unexplained), ZERO))
        each = listed(label(one) for one in unexplained)
        is_all = len(unexplained) == len(short)
        text += "原因均未作说明。" if is_all else f"其中{each}共失{without}分，原因未作说明。"
    yield Paragraph(text=text)
    yield causes_table(binding, "表　失分情况及原因")


def remarks(binding: Binding, outline: Outline, names: Names, found: Sensitivity) -> Iterator[Block]:
    """Yield what the reader must know beside the result."""
    yield outline.heading(2, "缺少佐证的得分")
    yield from _unsupported(binding)
    yield outline.heading(2, "绩效目标与评价指标的对应")
    yield from _targets(binding)
    yield outline.heading(2, "资料中不一致之处")
    yield from _disagreements(binding, names)
    yield outline.heading(2, "评分口径对结果的影响")
    yield from report_sensitivity.blocks(binding, names, found)
    further = [one.text.zh for one in observations(binding.evaluation) if one.note in FURTHER]
    told = binding.evaluation.programme.narrative.other
    if further or told:
        yield outline.heading(2, "其他")
        yield from (Paragraph(text=sentence(tidy(one))) for one in further)
        if told:
            yield from narrated(outline, 3, told, binding)


def _unsupported(binding: Binding) -> Iterator[Block]:
    evaluation = binding.evaluation
    scores = by_ground(evaluation)
    yield Paragraph(text=points_by_ground(evaluation) or "各项指标均未得分。")
    stated, without = (
        (
            evaluation.printed(points_of(scores[basis])),
            len(scores[basis]),
            listed(f"{label(one)}（{evaluation.printed(one.points)}分）" for one in scores[basis]),
        )
        for basis in (Basis.STATED, Basis.NONE)
    )
    if without[1]:
        text = (
            f"{without[0]}分没有数据或材料支持，涉及{without[1]}项指标：{without[2]}。这些得分有待补充佐证。"
        )
        yield Paragraph(runs=(Run(text=text), Run(text="", mark=Mark.UNSUPPORTED)))
    if stated[1]:
        yield Paragraph(
            text=f"{stated[0]}分所依据的数据仅为单位自述，涉及{stated[1]}项指标：{stated[2]}。这些数据有待核实。"
        )


def _targets(binding: Binding) -> Iterator[Block]:
    evaluation = binding.evaluation
    if not evaluation.programme.targets:
        yield Paragraph(text="未提供绩效目标表，无从核对目标与指标是否对应。")
        return
    unanswered, without = evaluation.unanswered_targets, evaluation.indicators_without_target
    if unanswered:
        names = listed(f"“{one.name.zh}”" for one in unanswered)
        yield Paragraph(text=f"下列{len(unanswered)}项绩效目标没有评价指标考核：{names}。")
    if without:
        yield Paragraph(
            text=f"下列{len(without)}项评价指标没有对应的绩效目标：{listed(label(one) for one in without)}。"
        )
    if not unanswered and not without:
        yield Paragraph(text="绩效目标均有评价指标考核，评价指标均有对应的绩效目标。")


def _disagreements(binding: Binding, names: Names) -> Iterator[Block]:
    found = disagreements(binding.evaluation)
    if not found:
        yield Paragraph(text="经核对，未发现资料前后不一致之处。")
        return
    yield Paragraph(text=f"将资料所载与计算结果逐一核对，发现以下{len(found)}处不一致或存疑，供核实：")
    for at, one in enumerate(found, 1):
        text = names.disagreement(one.subject) if one.kind is Kind.READING else one.text.zh
        yield Paragraph(text=f"（{at}）{sentence(tidy(text))}", style=Style.ITEM)


def annex(binding: Binding, names: Names) -> Iterator[Block]:
    """Yield the working of each indicator's points, and what measured figures rest on."""
    yield PageBreak()
    yield Heading(level=1, text="附表")
    yield working_table(binding, names, "评分计算过程")
    yield from facts.annex(binding)
