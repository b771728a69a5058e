"""The scoring standard of an indicator in words: as its file writes it, else as its rule reads. Pure."""

from civicard.kernel.exact import ZERO, plain
from civicard.reports.contents.naming import pieces, slot
from civicard.reports.contents.words import NOT_PROVIDED, circled, interval, listed, sentence
from civicard.scoring.framework import Indicator
from civicard.scoring.rules.base import FigureRule, Rule, Slot
from civicard.scoring.rules.combined import CombinedRule
from civicard.scoring.rules.counting import CountRule, EventRule
from civicard.scoring.rules.formula import FormulaRule
from civicard.scoring.rules.judged import ChecklistRule, DiscretionRule, Grade, GradedRule, StatedRule
from civicard.scoring.rules.peers import PeerRule, Standing
from civicard.scoring.rules.proportional import (
    BandsRule,
    InterpolationRule,
    PassMarkRule,
    ProportionalRule,
)
from civicard.scoring.rules.step import Direction, StepMeasure, StepRule
from civicard.scoring.units import unit as unit_of

STANDINGS = {
    Standing.RANK: "名次",
    Standing.PERCENTILE: "百分位",
    Standing.Z_SCORE: "标准分",
    Standing.POSITION: "最差与最优之间的位置",
}
COMBINED = {
    "sum": "各部分得分相加",
    "mean": "各部分得分取平均",
    "best": "各部分得分取最高",
    "worst": "各部分得分取最低",
}


def standard(node: Indicator) -> str:
    """Return the standard of an indicator in one sentence."""
    if node.text.zh:
        return sentence(node.text.zh)
    return NOT_PROVIDED if node.rule is None else sentence(_words(node.rule, slot(node)))


def items(node: Indicator) -> list[str]:
    """Return the items of an indicator's checklists, one line each; nothing where there is only one."""
    if node.rule is None:
        return []
    lines = [
        f"{item.text.zh}。{'是' if item.good else '否'}得{plain(item.points)}分，{'否' if item.good else '是'}不得分。"
        for rule, _ in pieces(node.rule, slot(node))
        if isinstance(rule, ChecklistRule)
        for item in rule.items
    ]
    return [f"{circled(at)}{line}" for at, line in enumerate(lines, 1)] if len(lines) > 1 else []


def target(node: Indicator) -> str:
    """Return the target as printed in tables, or the one its rule holds."""
    if node.target is not None and node.target.zh:
        return node.target.zh
    value = getattr(node.rule, "target", None)
    return "—" if value is None else f"{plain(value)}{symbol(node.unit)}"


def symbol(unit: str) -> str:
    """Return a unit as it stands behind a number."""
    return unit_of(unit).symbol


def _words(rule: Rule, place: Slot) -> str:
    full, mark = plain(place.full), symbol(place.unit)
    match rule:
        case StepRule():
            return _step(rule, full, mark)
        case ProportionalRule():
            goal = f"目标值{plain(rule.target)}{mark}"
            if rule.direction is Direction.POSITIVE:
                most = f"，以{full}分为限" if rule.cap else ""
                return f"{goal}，完成值占目标值的比例乘以{full}分{most}"
            met, off = ("不超过", "超过") if rule.direction is Direction.REVERSE else ("等于", "偏离")
            return f"{goal}，{met}目标值得{full}分，{off}的按{off}的比例扣减"
        case PassMarkRule():
            return (
                f"完成值达到目标值{plain(rule.target)}{mark}得{full}分，不超过目标值的{plain(rule.pass_percent)}%不得分，"
                "其间按超过部分的比例计分"
            )
        case BandsRule():
            return "；".join(f"{interval(band, mark)}得{plain(band.points)}分" for band in rule.bands)
        case InterpolationRule():
            knots = "；".join(f"{plain(x)}{mark}得{plain(points)}分" for x, points in rule.line(place.full))
            return f"{knots}；其间按直线内插计分"
        case CountRule():
            return f"达到{plain(rule.target)}{mark}得{full}分，每少1{mark or '个'}扣{plain(rule.deduct)}分{_floor(rule)}"
        case EventRule():
            if rule.deduct is None:
                return f"每发生一次得{plain(rule.earns or ZERO)}分，以{full}分为限"
            return f"未发生得{full}分，每发生一次扣{plain(rule.deduct)}分{_floor(rule)}"
    return _judged(rule, place, full)


def _judged(rule: Rule, place: Slot, full: str) -> str:
    match rule:
        case ChecklistRule():
            return "；".join(
                f"{item.text.zh}，{'是' if item.good else '否'}得{plain(item.points)}分"
                for item in rule.items
            )
        case GradedRule():
            return "，".join(_grade(one) for one in rule.grades)
        case DiscretionRule():
            return f"满分{full}分，评价人员可酌情扣分，最多扣{plain(rule.most_off)}分，须写明理由"
        case StatedRule():
            return "按原文给出的分数计，未提供评分标准"
        case FormulaRule():
            return f"按规定的计算公式得分，以{full}分为限" if rule.cap else "按规定的计算公式得分"
        case PeerRule():
            return f"按在同类单位中的{STANDINGS[rule.by]}计分，满分{full}分"
        case CombinedRule():
            parts = [
                f"（{at}）{part.name.zh + '：' if part.name else ''}{_words(part, own)}"
                for at, (part, own) in enumerate(rule.slots(place), 1)
            ]
            return f"{'；'.join(parts)}；{COMBINED[rule.kind]}"
    return NOT_PROVIDED


def _grade(one: Grade) -> str:
    return (
        f"{one.grade.zh}得{plain(one.points)}分"
        if one.points is not None
        else f"{one.grade.zh}得{interval(one, '分')}"
    )


def _step(rule: StepRule, full: str, mark: str) -> str:
    start = plain(rule.threshold if rule.threshold is not None else rule.target)
    size = "个百分点" if mark == "%" else mark
    step = (
        f"目标值的{plain(rule.step)}%"
        if rule.step_is is StepMeasure.PERCENT_OF_TARGET
        else f"{plain(rule.step)}{size}"
    )
    reached, short = {
        Direction.POSITIVE: ("达到", "少"),
        Direction.REVERSE: ("不超过", "超过"),
        Direction.EQUAL: ("等于", "相差"),
    }[rule.direction]
    return f"{reached}{start}{mark}得{full}分，每{short}{step}扣{plain(rule.deduct)}分{_floor(rule)}"


def _floor(rule: FigureRule) -> str:
    return f"，最低{plain(rule.least)}分" if rule.least else "，扣完为止"


def together(readings: list[str]) -> str:
    """Return the readings applied as sentences, one behind the other."""
    return "".join(sentence(one) for one in readings)


def joined_standard(node: Indicator, readings: list[str]) -> str:
    """Return standard, items and the readings applied, for a cell."""
    lines = items(node) or [standard(node)]
    if readings:
        lines.append(f"采用的口径：{together(readings)}")
    if node.covers:
        lines.append(f"所含指标：{listed(one.name.zh for one in node.covers)}。")
    return "\n".join(lines)
