"""What an indicator reached, on what grounds, and how its points came about, in words. Pure."""

from collections.abc import Iterable

from civicard.kernel.exact import ZERO, Fraction, plain
from civicard.reports.contents.binding import Binding
from civicard.reports.contents.naming import pieces, slot
from civicard.reports.contents.words import (
    CAUSES,
    NO_CAUSE,
    NOT_PROVIDED,
    STATES,
    UNSORTED_CAUSE,
    circled,
    listed,
    tidy,
)
from civicard.scoring.evaluate import Evaluation, Score
from civicard.scoring.evidence import Answer
from civicard.scoring.figures import Basis, Lack
from civicard.scoring.programme import CauseKind
from civicard.scoring.rules.base import Rule, Slot
from civicard.scoring.rules.combined import CombinedRule
from civicard.scoring.rules.formula import FULL, FormulaRule
from civicard.scoring.rules.judged import ChecklistRule, JudgedRule, StatedRule

GROUNDS = {
    Basis.MEASURED: "有实测数据支持的",
    Basis.EVIDENCE: "有材料佐证的",
    Basis.STATED: "仅有单位自述的",
    Basis.NONE: "既无数据也无材料（无佐证）的",
}


def actual(score: Score, binding: Binding) -> str:
    """Return what was reached, for a cell: the figure, how many items are met, the grade given."""
    node = score.indicator
    return "—" if node is None or node.rule is None else _actual(node.rule, slot(node), binding)


def _actual(rule: Rule, place: Slot, binding: Binding) -> str:
    evidence = binding.evaluation.programme.evidence
    match rule:
        case CombinedRule():
            return "\n".join(
                f"{_part_name(part, binding)}{_actual(part, own, binding)}" for part, own in rule.slots(place)
            )
        case ChecklistRule():
            return _checked(rule, [evidence.get(code) for code in rule.codes(place)])
        case StatedRule():
            return NOT_PROVIDED
        case JudgedRule():
            answer = evidence.get(place.code)
            if answer is None or answer.is_open:
                return "尚未评判"
            if answer.not_applicable is not None:
                return "不适用"
            return answer.grade.zh if answer.grade is not None else "酌情评定"
    names = rule.needs()
    if len(names) == 1:
        return binding.in_cell(names[0], unit=True)
    figures = binding.evaluation.programme.figures
    return "\n".join(f"{figures[name].name.zh}：{binding.in_cell(name, unit=True)}" for name in names) or "—"


def _part_name(part: Rule, binding: Binding) -> str:
    """Return the name of a part before what it reached, or the name of its one figure."""
    if part.name is not None:
        return f"{part.name.zh}："
    names = part.needs()
    return f"{binding.evaluation.programme.figures[names[0]].name.zh}：" if len(names) == 1 else ""


def _checked(rule: ChecklistRule, answers: list[Answer | None]) -> str:
    met = failed = leaving = 0
    for item, answer in zip(rule.items, answers, strict=True):
        if answer is not None and answer.not_applicable is not None:
            leaving += 1
        elif answer is not None and answer.answer is not None:
            met += answer.answer is item.good
            failed += answer.answer is not item.good
    number = len(rule.items)
    unanswered = number - met - failed - leaving
    if number == 1:
        return "符合" if met else "不符合" if failed else "不适用" if leaving else "尚未评判"
    if met == number:
        return f"{number}项均符合"
    parts = ((met, "符合"), (failed, "不符合"), (leaving, "不适用"), (unanswered, "尚未评判"))
    return "，".join(f"{count}项{word}" for count, word in parts if count)


def working(score: Score, binding: Binding) -> str:
    """Return how the points of an indicator came about; a line for each item or part."""
    node = score.indicator
    if node is None or node.rule is None:
        return tidy(score.explanation.zh)
    rule, place = node.rule, slot(node)
    if isinstance(score.value, Lack):
        return _lacking(score, binding)
    lines = [tidy(line) for line in score.explanation.zh.split(" | ")]
    if isinstance(rule, ChecklistRule):
        answers = [binding.evaluation.programme.evidence.get(code) for code in rule.codes(place)]
        lines = [_item(rule, at, answer) for at, answer in enumerate(answers)]
        if len(lines) > 1:
            lines.append(tidy(score.explanation.zh.split("；")[-1]))
            lines[-1] = lines[-1] if lines[-1].startswith(("得分", "折算")) else f"合计：{lines[-1]}"
    elif isinstance(rule, FormulaRule) and score.points is not None:
        lines = [_formula(rule, score, binding)]
    return "\n".join(lines)


def _lacking(score: Score, binding: Binding) -> str:
    """Return why there are no points, and what they lie between."""
    why = binding.in_cell(score.figure, unit=True)
    reason = score.value.why.zh if isinstance(score.value, Lack) else ""
    low, high = binding.evaluation.printed(score.low), binding.evaluation.printed(score.high)
    detail = "" if why.startswith("有争议") or not reason else f"（{tidy(reason)}）"
    if why == STATES[score.state] and score.state.value == "not_applicable":
        return f"不适用{detail}，不计分"
    return f"{why}{detail}；得分在{low}分至{high}分之间"


def _item(rule: ChecklistRule, at: int, answer: Answer | None) -> str:
    item = rule.items[at]
    mark, full = circled(at + 1) if len(rule.items) > 1 else "", plain(item.points)
    if answer is not None and answer.not_applicable is not None:
        return f"{mark}不适用：{answer.not_applicable.zh}"
    if answer is None or answer.answer is None:
        return f"{mark}尚未评判，得分在0分至{full}分之间"
    word = "是" if answer.answer else "否"
    if answer.answer is not item.good:
        return f"{mark}{word}，得0分（满分{full}分）"
    return f"{mark}{word}，得{full}分" if mark else f"评判为“{word}”，得{full}分"


def _formula(rule: FormulaRule, score: Score, binding: Binding) -> str:
    """Return the figures that went into a formula; its text is for machines."""
    figures = binding.evaluation.programme.figures
    given = listed(
        f"{figures[name].name.zh}（{binding.figure(name)}）" for name in rule.needs() if name != FULL
    )
    points = "" if score.points is None else plain(score.points)
    return f"按规定的计算公式，由{given}算得{points}分" if given else f"按规定的计算公式算得{points}分"


def grounds(score: Score, binding: Binding) -> tuple[list[str], list[str]]:
    """Return the documents that stand behind a score, and how what the source does not say was inferred."""
    node = score.indicator
    if node is None or node.rule is None:
        return [], []
    documents: list[str] = []
    inferred: list[str] = []
    programme = binding.evaluation.programme
    for rule, place in pieces(node.rule, slot(node)):
        codes = rule.codes(place) if isinstance(rule, ChecklistRule) else [place.code]
        for answer in (programme.evidence.get(code) for code in codes):
            if answer is not None:
                documents += [one.zh for one in answer.documents]
                inferred += [answer.inferred.zh] if answer.inferred is not None else []
        if not isinstance(rule, CombinedRule):
            known = [programme.figures[name].inferred for name in rule.needs()]
            inferred += [one.zh for one in known if one is not None]
    return list(dict.fromkeys(documents)), list(dict.fromkeys(inferred))


def by_ground(evaluation: Evaluation) -> dict[Basis, list[Score]]:
    """Return the indicators with points by what these rest on; what neither figure nor document backs is `none`."""
    found: dict[Basis, list[Score]] = {basis: [] for basis in GROUNDS}
    for one in evaluation.leaves():
        if one.points:
            found[one.basis if one.is_supported else Basis.NONE].append(one)
    return found


def points_by_ground(evaluation: Evaluation) -> str:
    """Return in a sentence how many points rest on what; nothing where there are no points."""
    parts = [
        f"{GROUNDS[basis]}{evaluation.printed(points_of(some))}分（{len(some)}项）"
        for basis, some in by_ground(evaluation).items()
        if some
    ]
    return f"所得分数中，{'，'.join(parts)}。" if parts else ""


def points_of(scores: Iterable[Score]) -> Fraction:
    """Return the points of indicators together."""
    return sum((one.points for one in scores if one.points is not None), ZERO)


def lost(score: Score) -> Fraction:
    """Return the points an indicator lost for certain; a bonus that was not earned is no loss."""
    is_extra = score.indicator is not None and score.indicator.extra
    return ZERO if is_extra or score.lost is None else max(score.lost, ZERO)


def cause(score: Score) -> str:
    """Return why points were lost, in a word."""
    if score.finding is None:
        return NO_CAUSE
    kind = score.finding.cause
    if kind is None or kind is CauseKind.UNKNOWN:
        return NO_CAUSE if score.finding.reason is None else UNSORTED_CAUSE
    return CAUSES[kind]


def reason(score: Score, binding: Binding) -> str:
    """Return why points were lost and what is done about it, as the evaluator writes it."""
    said = None if score.finding is None else score.finding.reason
    return "" if said is None else binding.text(said)


def why_lost(score: Score, binding: Binding) -> str:
    """Return why points were lost in words, else by kind; empty where nobody has said so."""
    kind = cause(score)
    return reason(score, binding) or ("" if kind == NO_CAUSE else kind)
