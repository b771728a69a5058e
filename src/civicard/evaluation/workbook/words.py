"""Scoring rules in words, for the column that people read beside the keys."""

from collections.abc import Callable, Mapping
from typing import Any

from civicard.evaluation.workbook.layout import DIRECTIONS, KINDS, READINGS
from civicard.kernel.exact import plain
from civicard.scoring.rules.base import Rule
from civicard.scoring.rules.step import StepMeasure

MOST_CHARACTERS = 600


def _step(rule: Any) -> str:  # noqa: ANN401 - each wording takes the rule of its own kind
    reading = next(word for word, one in READINGS.items() if one == rule.reading)
    percent = "%（目标的百分比）" if rule.step_is is StepMeasure.PERCENT_OF_TARGET else ""
    threshold = f"；{plain(rule.threshold)} 起满分" if rule.threshold is not None else ""
    return f"目标 {plain(rule.target)}{_way(rule)}，每差 {plain(rule.step)}{percent} 扣 {plain(rule.deduct)} 分，{reading}{threshold}"


def _way(rule: Any) -> str:  # noqa: ANN401 - as above
    word = next(word for word, one in DIRECTIONS.items() if one == rule.direction)
    return "" if rule.direction == "positive" else f"（{word}）"


def _interpolation(rule: Any) -> str:  # noqa: ANN401 - as above
    if rule.knots is not None:
        return "按折线插值：" + "，".join(f"{plain(x)} 得 {plain(points)}" for x, points in rule.knots)
    return f"{plain(rule.floor)} 至 {plain(rule.benchmark)} 之间按直线插值"


def _event(rule: Any) -> str:  # noqa: ANN401 - as above
    each = f"扣 {plain(rule.deduct)}" if rule.deduct is not None else f"得 {plain(rule.earns)}"
    return f"每发生一次{each} 分（{rule.counts.zh}）"


def _combined(rule: Any) -> str:  # noqa: ANN401 - as above
    return "；".join(f"（{at}）{rule_words(part)}" for at, part in enumerate(rule.parts, 1))


WORDS: Mapping[str, Callable[[Any], str]] = {
    "step": _step,
    "proportional": lambda rule: f"实际与目标 {plain(rule.target)} 之比乘以满分{_way(rule)}",
    "pass_mark": lambda rule: f"目标 {plain(rule.target)}，低于其 {plain(rule.pass_percent)}% 不得分，以上按比例",
    "bands": lambda rule: "，".join(f"{one} 得 {plain(one.points)}" for one in rule.bands),
    "interpolation": _interpolation,
    "count": lambda rule: f"达到 {plain(rule.target)} 得满分，每少一个扣 {plain(rule.deduct)} 分（{rule.counts.zh}）",
    "event": _event,
    "checklist": lambda rule: f"共 {len(rule.items)} 项，逐项得分",
    "graded": lambda rule: "，".join(
        f"{one.grade.zh} {plain(one.points)}" if one.points is not None else f"{one.grade.zh} {plain(one.low)} 至 {plain(one.high)}"
        for one in rule.grades
    ),
    "sum": _combined, "mean": _combined, "best": _combined, "worst": _combined,
    "discretion": lambda rule: f"由评价人员酌情扣分，最多 {plain(rule.most_off)} 分",
    "formula": lambda rule: rule.formula,
    "stated": lambda rule: f"原文给出的分数（{rule.place.zh}）",
}  # fmt: skip


def rule_words(rule: Rule) -> str:
    """Return a rule in Chinese, with the name of its kind."""
    kind = str(getattr(rule, "kind", ""))
    name = next((word for word, one in KINDS.items() if one == kind), kind)
    words = WORDS[kind](rule) if kind in WORDS else ""
    text = f"{name}：{words}" if words else name
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + "…"
