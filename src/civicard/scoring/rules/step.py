"""Deduction by steps: each started, completed or proportional step away from the target costs points. Pure.

Source: the scoring standards of most Chinese project evaluations, for example indicators B11, C11 and C12 of the
2018 social security card evaluation of Shanghai.
"""

from enum import StrEnum
from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import model_validator

from civicard.kernel.exact import ZERO, Fraction, grouped, plain
from civicard.kernel.text import Text
from civicard.scoring.figures import Figure
from civicard.scoring.model import Exact, fault
from civicard.scoring.rules.base import FigureRule, in_full, joined, taken_off


class Direction(StrEnum):
    """Which way a figure is better."""

    POSITIVE = "positive"
    REVERSE = "reverse"
    EQUAL = "equal"


class StepReading(StrEnum):
    """What an incomplete step costs. Sources hardly ever say, and it decides grades."""

    STARTED = "started"
    COMPLETED = "completed"
    NEAREST = "nearest"
    PROPORTIONAL = "proportional"


class StepMeasure(StrEnum):
    """What "each 2 %" is 2 % of."""

    POINTS = "points"
    PERCENT_OF_TARGET = "percent_of_target"


READING_WORDS = {
    StepReading.STARTED: Text("不足一档按一档计", "started"),
    StepReading.COMPLETED: Text("不足一档不计", "completed"),
    StepReading.NEAREST: Text("档数四舍五入", "rounded"),
    StepReading.PROPORTIONAL: Text("按比例计", "proportional"),
}


class StepWork(NamedTuple):
    """The numbers of a deduction by steps."""

    points: Fraction
    short: Fraction
    steps: Fraction | int
    cost: Fraction
    at_edge: bool = False


def steps_in(short: Fraction, step: Fraction, reading: StepReading) -> Fraction | int:
    """Return how many steps of `step` the shortfall `short` counts as under `reading`.

    >>> [str(steps_in(Fraction("1.4"), Fraction(1), reading)) for reading in StepReading]
    ['2', '1', '1', '7/5']
    """
    ratio = short / step
    if reading is StepReading.STARTED:
        return -(-ratio.numerator // ratio.denominator)
    if reading is StepReading.COMPLETED:
        return ratio.numerator // ratio.denominator
    if reading is StepReading.NEAREST:
        return (2 * ratio.numerator + ratio.denominator) // (2 * ratio.denominator)
    return ratio


class StepRule(FigureRule):
    """Each step away from the target costs points, down to a floor.

    Full points at the target or better (`threshold`: at that value or better, where it is not the target itself).
    A threshold with steps below it ("98 % and above in full, each point less costs 2") is this rule with the
    threshold as its target. A step rule without a `reading` is refused.
    """

    by_nature: ClassVar = {"reading": StepReading}

    kind: Literal["step"]
    target: Exact
    """The value that earns full points."""
    step: Exact
    """The size of a step, in the figure's unit."""
    deduct: Exact
    """What a step costs."""
    reading: StepReading
    """What a step that is not complete costs."""
    direction: Direction = Direction.POSITIVE
    """positive: falling short costs; reverse: exceeding costs; equal: either."""
    threshold: Exact | None = None
    """Full points from here on, although steps are counted from the target."""
    zero_beyond: Exact | None = None
    """At this value or worse the points are the least, whatever the steps say."""
    step_is: StepMeasure = StepMeasure.POINTS
    """Whether a step is in the figure's own unit, or in percent of the target."""

    @model_validator(mode="before")
    @classmethod
    def _reading_is_a_choice(cls, data: object) -> object:
        if isinstance(data, dict) and data.get("kind") == "step" and "reading" not in data:
            raise _without_reading(data)
        return data

    @model_validator(mode="after")
    def _numbers_make_sense(self) -> "StepRule":
        if self.step <= 0 or self.deduct <= 0:
            raise fault("step 与 deduct 必须大于零", "step and deduct must be above zero")
        if self.step_is is StepMeasure.PERCENT_OF_TARGET and not self.target:
            raise fault(
                "目标为 0 时不能按目标的百分比计档",
                "steps in percent of the target need a target other than 0",
            )
        return self

    def work(self, x: Fraction, full: Fraction) -> StepWork:
        """Return shortfall, steps, cost and points."""
        target = self.target
        if self.direction is Direction.POSITIVE:
            short = target - x
            is_full = short <= 0 or (self.threshold is not None and x >= self.threshold)
            is_beyond = self.zero_beyond is not None and x <= self.zero_beyond
        elif self.direction is Direction.REVERSE:
            short = x - target
            is_full = short <= 0 or (self.threshold is not None and x <= self.threshold)
            is_beyond = self.zero_beyond is not None and x >= self.zero_beyond
        else:
            short = abs(x - target)
            is_full = not short or (self.threshold is not None and short <= abs(self.threshold - target))
            is_beyond = self.zero_beyond is not None and short >= abs(self.zero_beyond - target)
        if is_full:
            return StepWork(full, ZERO, 0, ZERO)
        if self.step_is is StepMeasure.PERCENT_OF_TARGET:
            short = short / abs(target) * 100
        steps = steps_in(short, self.step, self.reading)
        cost = steps * self.deduct
        points = full - cost
        if is_beyond or points < self.least:
            points = self.least
        return StepWork(points, short, steps, cost, is_beyond)

    def words(self, work: StepWork, x: str, printed: Figure, full: Fraction) -> Text:
        """Return the working in words."""
        target = plain(self.threshold if self.threshold is not None and not work.short else self.target)
        if not work.short:
            zh = {"positive": "达到", "reverse": "未超过", "equal": "等于"}[self.direction]
            en = {"positive": "reaches", "reverse": "does not exceed", "equal": "equals"}[self.direction]
            return joined(Text(f"{x} {zh} {target}", f"{x} {en} {target}"), in_full(full))
        places = printed.digits if printed.digits is not None else printed.measured_in.places
        of_target = self.step_is is StepMeasure.PERCENT_OF_TARGET
        short = grouped(work.short, 2 if of_target else places) + ("%" if of_target else "")
        gap = {
            "positive": Text(f"{x} 比 {target} 差 {short}", f"{x} is {short} short of {target}"),
            "reverse": Text(f"{x} 超出 {target} 达 {short}", f"{x} exceeds {target} by {short}"),
            "equal": Text(f"{x} 与 {target} 相差 {short}", f"{x} differs from {target} by {short}"),
        }[self.direction]
        if work.at_edge:
            edge = plain(self.zero_beyond or ZERO)
            return joined(
                gap,
                Text(
                    f"已到 {edge} 的界限，得 {plain(work.points)}",
                    f"at or beyond the limit {edge}: {plain(work.points)}",
                ),
            )
        cost = Text(
            f"每档 {self._step(zh=True, percent=printed.measured_in.symbol == '%')}，{READING_WORDS[self.reading].zh}，"
            f"共 {plain(Fraction(work.steps))} 档，扣 {plain(work.cost)} 分",
            self._cost_en(work, percent=printed.measured_in.symbol == "%"),
        )
        return joined(gap, cost, taken_off(full, work.cost, work.points))

    def _step(self, *, zh: bool, percent: bool) -> str:
        size = plain(self.step)
        if self.step_is is StepMeasure.PERCENT_OF_TARGET:
            return f"目标的 {size}%" if zh else f"{size}% of the target"
        if not percent:
            return size
        return f"{size} 个百分点" if zh else f"{size} point{'' if self.step == 1 else 's'}"

    def _cost_en(self, work: StepWork, *, percent: bool) -> str:
        how = "" if self.reading is StepReading.PROPORTIONAL else f"{READING_WORDS[self.reading].en} "
        one = work.steps == 1
        return (
            f"{plain(Fraction(work.steps))} {how}step{'' if one else 's'} of {self._step(zh=False, percent=percent)} "
            f"cost{'s' if one else ''} {plain(work.cost)}"
        )


def _without_reading(data: dict[str, Any]) -> Exception:
    """Return the fault of a step rule without a reading: each reading, worked with the rule's own numbers."""
    target, step, deduct = (data.get(key) for key in ("target", "step", "deduct"))
    if not (
        isinstance(target, Fraction)
        and isinstance(step, Fraction)
        and isinstance(deduct, Fraction)
        and step > 0
    ):
        options = "、".join(StepReading)
        return fault(
            f"缺少读法 reading（{options}）", f"the reading is missing; one of {', '.join(StepReading)}"
        )
    below = data.get("direction", "positive") != "reverse"
    zh, en = [], []
    for share in (Fraction("0.4"), Fraction("1.6")):
        short = step * share
        x = plain(target - short if below else target + short)
        costs = {one: plain(steps_in(short, step, one) * deduct) for one in StepReading}
        zh.append(
            f"{x}（差 {plain(short)}）：" + "，".join(f"{one} 扣 {cost}" for one, cost in costs.items())
        )
        en.append(
            f"{x} ({plain(short)} away): " + ", ".join(f"{one} costs {cost}" for one, cost in costs.items())
        )
    return fault(
        f"“每差 {plain(step)} 扣 {plain(deduct)} 分”有多种读法，请用 reading 选定一种。{'；'.join(zh)}",
        f"'each {plain(step)} costs {plain(deduct)}' can be read in several ways; choose one with `reading`. "
        + "; ".join(en),
    )
