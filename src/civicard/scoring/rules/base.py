"""What every kind of rule has in common: what it needs, what it gives, and how it says so. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pydantic import model_validator

from civicard.kernel.exact import ZERO, Fraction, plain
from civicard.kernel.text import Text
from civicard.scoring.evidence import Answer
from civicard.scoring.figures import Basis, Figure, Input, Lack, State, basis_of, weakest
from civicard.scoring.model import Ambiguous, Exact, Part, RoundTo, Said, Word, fault

if TYPE_CHECKING:
    from civicard.scoring.rules.peers import Group


class Outcome(NamedTuple):
    """What a rule gave. A named tuple, because a table of many units makes millions of them.

    Attributes:
        state: scored, missing, not applicable or disputed.
        points: exact points; None unless scored.
        low, high: the least and the most that the points can be once the figure is known.
        work: the numbers of the working, a `Lack`, or the outcomes of the parts.
    """

    state: State
    points: Fraction | None
    low: Fraction
    high: Fraction
    work: Any = None

    @property
    def is_known(self) -> bool:
        """Whether there are points."""
        return self.points is not None


@dataclass(slots=True)
class Case:
    """What one unit has to show: its figures, the answers given on evidence, and the group it is ranked in."""

    figures: Mapping[str, Input]
    answers: Mapping[str, Answer] = field(default_factory=dict)
    groups: Mapping[str, "Group"] = field(default_factory=dict)
    known: Mapping[str, Figure] = field(default_factory=dict)


class Slot(NamedTuple):
    """The place a rule has in a framework: its code, the points it can give, and its unit."""

    code: str
    full: Fraction
    unit: str = ""


class Rule(Ambiguous):
    """A rule that turns what is known into points."""

    code: Word | None = None
    """Code of this rule as a part of another; the parent's code and its position when left out."""
    name: Said | None = None
    """What this part is called."""
    points: Exact | None = None
    """Points of this part, where it is one of several that add up."""
    unit: Word | None = None
    """Unit of this rule's figure, where it differs from the indicator's."""
    round: RoundTo | None = None
    """Rounding of the points that the framework prescribes."""

    def assess(self, case: Case, slot: Slot) -> Outcome:
        """Return the points `case` earns in `slot`, exact, with the numbers of the working."""
        raise NotImplementedError

    def explain(self, outcome: Outcome, case: Case, slot: Slot) -> Text:
        """Return the working of `outcome` in words."""
        raise NotImplementedError

    def needs(self) -> tuple[str, ...]:
        """Return the names of the figures it reads."""
        return ()

    def bases(self, case: Case, slot: Slot) -> Iterable[Basis]:
        """Return the basis of each figure or answer the outcome rests on."""
        return [
            Basis.NONE if isinstance(case.figures[name], Lack) else basis_of(name, case.known)
            for name in self.needs()
        ]

    def basis(self, case: Case, slot: Slot) -> Basis:
        """Return the weakest basis of what the outcome rests on."""
        return weakest(self.bases(case, slot))

    def slots(self, slot: Slot) -> Sequence[tuple["Rule", Slot]]:
        """Return the parts with their places; empty for a rule of one piece."""
        return ()

    def supported(self, case: Case, slot: Slot) -> bool:
        """Whether a figure or a document stands behind the points."""
        return all(
            not isinstance(case.figures[name], Lack) and case.known[name].inferred is None
            for name in self.needs()
        )


class Over(Part):
    """What happens when a target is exceeded by far: a target set too low, or a miracle."""

    percent: Exact
    """How far better than the target, in percent of it, is suspicious."""
    deduct: Exact
    """What it costs when no reason is accepted."""

    @model_validator(mode="after")
    def _above_zero(self) -> "Over":
        if self.percent <= 0 or self.deduct <= 0:
            raise fault("percent 与 deduct 必须大于零", "percent and deduct must be above zero")
        return self


class FigureRule(Rule):
    """A rule over one figure."""

    figure: str
    """Name of the figure it judges."""
    least: Exact = ZERO
    """The points never fall below this."""
    over: Over | None = None
    """A deduction for exceeding the target by far without an accepted reason (evidence `CODE.over`)."""

    def needs(self) -> tuple[str, ...]:
        """Return the name of its figure."""
        return (self.figure,)

    @model_validator(mode="after")
    def _over_needs_a_target(self) -> "FigureRule":
        if self.over is not None and getattr(self, "target", None) is None:
            raise fault("超额完成的扣分需要目标值 target", "a deduction for over-achievement needs a target")
        return self

    def work(self, x: Fraction, full: Fraction) -> Any:  # noqa: ANN401 - each kind has its own working; all have `.points`
        """Return the numbers of the working for the figure `x`; `points` among them."""
        raise NotImplementedError

    def words(self, work: Any, x: str, printed: Figure, full: Fraction) -> Text:  # noqa: ANN401 - each kind has its own working
        """Return the working in words; `x` is the figure as printed."""
        raise NotImplementedError

    def assess(self, case: Case, slot: Slot) -> Outcome:
        """Return the outcome for the figure, or what its lack leaves open."""
        x = case.figures[self.figure]
        if not isinstance(x, Lack):
            work = self.work(x, slot.full)
            points = work.points
            if self.round is not None or self.over is not None:
                points = self.finished(points, x, case, slot)
            return Outcome(State.SCORED, points, points, points, work)
        return self._lacking(x, case, slot)

    def finished(self, points: Fraction, x: Fraction, case: Case, slot: Slot) -> Fraction:
        """Return the points after over-achievement and rounding."""
        if self._is_unexplained(x, case, slot):
            points = max(self.least, points - self.over.deduct)  # type: ignore[union-attr]  # _is_unexplained saw it
        return points if self.round is None else self.round(points)

    def _is_unexplained(self, x: Fraction, case: Case, slot: Slot) -> bool:
        if self.over is None:
            return False
        target: Fraction = self.target  # type: ignore[attr-defined]  # _over_needs_a_target
        beyond = abs(target) * self.over.percent / 100
        if (x > target - beyond) if getattr(self, "direction", None) == "reverse" else (x < target + beyond):
            return False
        answer = case.answers.get(f"{slot.code}.over")
        return answer is None or answer.answer is not True

    def _lacking(self, lack: Lack, case: Case, slot: Slot) -> Outcome:
        if lack.state is State.DISPUTED:
            found = [self.finished(self.work(x, slot.full).points, x, case, slot) for x in lack.candidates]
            return Outcome(State.DISPUTED, None, min(found), max(found), lack)
        outcome = nothing(lack, self.least, slot.full)
        if outcome.state is State.NOT_APPLICABLE:
            return outcome
        low, high = self.reach(slot.full)
        if self.round is not None:
            low, high = self.round(low), self.round(high)
        return Outcome(outcome.state, None, low, high, lack)

    def reach(self, full: Fraction) -> tuple[Fraction, Fraction]:
        """Return the least and the most points that any figure can earn; an uncapped rule is taken up to full."""
        return min(self.least, full), max(self.least, full)

    def explain(self, outcome: Outcome, case: Case, slot: Slot) -> Text:
        """Return the working in words, or why there is none."""
        if isinstance(outcome.work, Lack):
            return explained_lack(outcome, case.known.get(self.figure))
        figure = case.known[self.figure]
        x = case.figures[self.figure]
        assert not isinstance(x, Lack)  # an outcome with working comes from a value
        text = self.words(outcome.work, figure.printed(x), figure, slot.full)
        if self._is_unexplained(x, case, slot) and self.over is not None:
            off = plain(self.over.deduct)
            text = joined(
                text,
                Text(f"优于目标 {plain(self.over.percent)}% 以上且未说明原因，扣 {off} 分",
                     f"better than the target by {plain(self.over.percent)}% or more without an accepted reason costs {off}"),
            )  # fmt: skip
        if self.round is not None and outcome.points is not None and outcome.points != outcome.work.points:
            shown = plain(outcome.points)
            text = joined(text, Text(f"按规定取 {shown}", f"rounded as prescribed to {shown}"))
        return text


def nothing(lack: Lack, least: Fraction, full: Fraction) -> Outcome:
    """Return the outcome of a figure that is missing or not applicable."""
    if lack.state is State.NOT_APPLICABLE:
        return Outcome(State.NOT_APPLICABLE, None, ZERO, ZERO, lack)
    return Outcome(State.MISSING, None, min(least, full), full, lack)


def explained_lack(outcome: Outcome, figure: Figure | None = None) -> Text:
    """Return in words why there are no points."""
    lack: Lack = outcome.work
    low, high = plain(outcome.low), plain(outcome.high)
    match lack.state:
        case State.DISPUTED:
            values = [figure.printed(x) if figure else plain(x) for x in lack.candidates]
            return Text(
                f"有争议：{'、'.join(values)}；得分在 {low} 至 {high} 之间",
                f"disputed: {', '.join(values)}; between {low} and {high} points",
            )
        case State.NOT_APPLICABLE:
            return Text(f"不适用：{lack.why.zh}", f"not applicable: {lack.why.en or lack.why.zh}")
    return Text(
        f"缺数据：{lack.why.zh}；得分在 {low} 至 {high} 之间",
        f"missing: {lack.why.en or lack.why.zh}; between {low} and {high} points",
    )


def joined(*texts: Text) -> Text:
    """Return one text of several clauses."""
    return Text(
        "；".join(one.zh for one in texts if one.zh), "; ".join(one.en or one.zh for one in texts if one.zh)
    )


def taken_off(full: Fraction, cost: Fraction, points: Fraction) -> Text:
    """Return the subtraction in words: 8 − 2 = 6, or that it stops at a floor."""
    rest = full - cost
    if rest == points:
        line = f"{plain(full)} − {plain(cost)} = {plain(points)}"
        return Text(line, line)
    return Text(
        f"{plain(full)} − {plain(cost)} 低于下限，得 {plain(points)}",
        f"{plain(full)} − {plain(cost)} falls below the floor: {plain(points)}",
    )


def in_full(full: Fraction) -> Text:
    """Return in words that nothing is lost."""
    return Text(f"得满分 {plain(full)}", f"in full: {plain(full)}")


class Interval(Part):
    """An interval, each end said in a word: `least` and `most` belong to it, `above` and `below` do not."""

    least: Exact | None = None
    """From here, itself included."""
    above: Exact | None = None
    """From here, itself not included."""
    most: Exact | None = None
    """Up to here, itself included."""
    below: Exact | None = None
    """Up to here, itself not included."""

    @model_validator(mode="after")
    def _is_an_interval(self) -> "Interval":
        if self.least is not None and self.above is not None:
            raise fault("least 与 above 只能给出一项", "only one of least and above can be given")
        if self.most is not None and self.below is not None:
            raise fault("most 与 below 只能给出一项", "only one of most and below can be given")
        low, high = self.low, self.high
        if low is not None and high is not None:
            closed = self.least is not None and self.most is not None
            if low > high or (low == high and not closed):
                raise fault(f"区间为空：{self}", f"the interval is empty: {self}")
        return self

    @property
    def low(self) -> Fraction | None:
        """The lower end, wherever it belongs."""
        return self.least if self.least is not None else self.above

    @property
    def high(self) -> Fraction | None:
        """The upper end, wherever it belongs."""
        return self.most if self.most is not None else self.below

    def holds(self, x: Fraction) -> bool:
        """Tell whether `x` lies in it."""
        return (
            (self.least is None or x >= self.least)
            and (self.above is None or x > self.above)
            and (self.most is None or x <= self.most)
            and (self.below is None or x < self.below)
        )

    @property
    def words(self) -> Text:
        """The interval in words; Chinese reports say which end belongs, English ones write brackets."""
        low = "" if self.low is None else f"{plain(self.low)}（{'含' if self.least is not None else '不含'}）"
        high = (
            "" if self.high is None else f"{plain(self.high)}（{'含' if self.most is not None else '不含'}）"
        )
        if low and high:
            return Text(f"{low}至 {high}", str(self))
        return Text(f"{low}以上" if low else f"{high}以下" if high else "任意值", str(self))

    def __str__(self) -> str:
        """Return it as people write it: [80, 90)."""
        left = (
            f"[{plain(self.least)}"
            if self.least is not None
            else f"({plain(self.above)}"
            if self.above is not None
            else "(−∞"
        )
        right = (
            f"{plain(self.most)}]"
            if self.most is not None
            else f"{plain(self.below)})"
            if self.below is not None
            else "+∞)"
        )
        return f"{left}, {right}"


Intervals = TypeVar("Intervals", bound=Sequence[Interval])


def check_cover(intervals: Intervals) -> Intervals:
    """Return the intervals; raise a fault unless they join one another without gap or overlap."""
    ordered = sorted(intervals, key=lambda one: (one.low is not None, one.low or ZERO, one.above is not None))
    for one, other in pairwise(ordered):
        end, start = one.high, other.low
        if (
            end is None
            or start is None
            or start < end
            or (start == end and one.most is not None and other.least is not None)
        ):
            raise fault(f"区间重叠：{one} 与 {other}", f"the bands {one} and {other} overlap")
        if start > end or (one.most is None and other.least is None):
            between = (start + end) / 2
            raise fault(
                f"区间之间有空隙：{one} 与 {other}，例如 {plain(between)} 不属于任何一档",
                f"there is a gap between the bands {one} and {other}: {plain(between)}, for example, is in none",
            )
    return intervals
