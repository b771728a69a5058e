"""Points by standing among peers: rank, percentile, z-score or position between the extremes. Pure.

Everything is exact but the standard deviation, which is a root: it is taken to `kernel.exact.ROOT_PLACES` decimal
places, rounded down, and so is the same on every machine.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, Field, model_validator

from civicard.kernel.exact import ZERO, Fraction, plain, root
from civicard.kernel.text import Text
from civicard.scoring.figures import Lack, State
from civicard.scoring.model import Exact, Part, Whole, fault
from civicard.scoring.rules.base import (
    Case,
    FigureRule,
    Outcome,
    Slot,
    check_cover,
    explained_lack,
    joined,
    nothing,
)
from civicard.scoring.rules.proportional import TWO_KNOTS, Band
from civicard.scoring.rules.step import Direction


class Standing(StrEnum):
    """How a unit's place in its group is expressed."""

    RANK = "rank"
    PERCENTILE = "percentile"
    Z_SCORE = "z_score"
    POSITION = "position"


class Ties(StrEnum):
    """The rank of units with the same figure."""

    BEST = "best"
    AVERAGE = "average"
    WORST = "worst"


class Winsorise(Part):
    """Capping of outliers: figures beyond these percentiles of the group are set to them (nearest rank)."""

    lower_percent: Exact = ZERO
    """The lower percentile."""
    upper_percent: Exact = Fraction(100)
    """The upper percentile."""

    @model_validator(mode="after")
    def _in_order(self) -> "Winsorise":
        if not 0 <= self.lower_percent < self.upper_percent <= 100:  # noqa: PLR2004 - percent
            raise fault(
                "缩尾百分位应满足 0 ≤ 下限 < 上限 ≤ 100",
                "the percentiles must satisfy 0 ≤ lower < upper ≤ 100",
            )
        return self


class Group:
    """The figures of all units of a group, sorted once and asked often."""

    def __init__(self, values: Iterable[Fraction]) -> None:
        """Sort the known figures of the group."""
        self.values = sorted(values)

    def capped(self, to: Winsorise) -> "Group":
        """Return the group with its outliers capped."""
        low, high = self.percentile(to.lower_percent), self.percentile(to.upper_percent)
        return Group(min(max(x, low), high) for x in self.values)

    def percentile(self, percent: Fraction) -> Fraction:
        """Return the figure at `percent` by nearest rank."""
        at = percent / 100 * len(self.values)
        rank = max(1, -(-at.numerator // at.denominator))
        return self.values[rank - 1]

    @cached_property
    def mean(self) -> Fraction:
        """The mean."""
        return sum(self.values, ZERO) / len(self.values)

    def deviation(self, *, sample: bool) -> Fraction:
        """Return the standard deviation of the group, or of the sample it is taken for."""
        squares = sum(((x - self.mean) ** 2 for x in self.values), ZERO)
        number = len(self.values) - 1 if sample else len(self.values)
        return root(squares / number) if number else ZERO


class PeerWork(NamedTuple):
    """The numbers of a score among peers."""

    points: Fraction
    standing: Fraction
    size: int
    x: Fraction


class PeerRule(FigureRule):
    """Points by the unit's standing among its peers.

    rank: 1 is the best, points fall evenly from full to `least` at the last. percentile: the share of the other
    units that it is at least as good as. z_score: deviations from the mean, held within `cap`, mapped evenly from
    −cap (`least`) to +cap (full). position: between the worst and the best of the group. With `bands` the standing
    earns the points of its interval instead. The group are the figure's `peers`, or all units of a table.
    """

    kind: Literal["peer"]
    by: Standing
    """How the standing is expressed."""
    direction: Direction = Direction.POSITIVE
    """positive: the highest figure is best; reverse: the lowest."""
    ties: Ties = Ties.BEST
    """The rank of equal figures."""
    winsorise: Winsorise | None = None
    """Capping of outliers before anything is compared."""
    cap: Exact = Fraction(3)
    """For z_score: deviations beyond this count as this."""
    sample: bool = False
    """For z_score: divide by n − 1 instead of n."""
    bands: Annotated[list[Band], AfterValidator(check_cover)] | None = Field(
        default=None, min_length=TWO_KNOTS
    )
    """Points by interval of the standing (percentile and position from 0 to 1)."""
    group_least: Whole = Field(default=TWO_KNOTS, ge=TWO_KNOTS)
    """A smaller group gives no score."""

    @model_validator(mode="after")
    def _makes_sense(self) -> "PeerRule":
        if self.direction is Direction.EQUAL:
            raise fault("同类比较只有正向或反向", "standing among peers is positive or reverse")
        if self.cap <= 0:
            raise fault("cap 应大于零", "cap must be above zero")
        return self

    def assess(self, case: Case, slot: Slot) -> Outcome:
        """Return the points of the unit within its group."""
        group = case.groups.get(self.figure)
        if group is None or len(group.values) < self.group_least:
            lack = Lack(
                State.MISSING, Text("没有可比的同类单位", "there is no group of peers to compare with")
            )
            x = case.figures[self.figure]
            return nothing(
                x if isinstance(x, Lack) and x.state is not State.DISPUTED else lack, self.least, slot.full
            )
        x = case.figures[self.figure]
        if isinstance(x, Lack):
            if x.state is not State.DISPUTED:
                return nothing(x, self.least, slot.full)
            found = [
                self.finished(self.within(group, one, slot.full).points, one, case, slot)
                for one in x.candidates
            ]
            return Outcome(State.DISPUTED, None, min(found), max(found), x)
        work = self.within(group, x, slot.full)
        points = self.finished(work.points, x, case, slot)
        return Outcome(State.SCORED, points, points, points, work)

    def within(self, group: Group, x: Fraction, full: Fraction) -> PeerWork:
        """Return the standing of `x` in `group` and its points."""
        if self.winsorise is not None:
            capped = group.capped(self.winsorise)
            x = min(max(x, capped.values[0]), capped.values[-1])
            group = capped
        values, size = group.values, len(group.values)
        below, up_to = bisect_left(values, x), bisect_right(values, x)
        better, same = (
            (size - up_to, up_to - below) if self.direction is Direction.POSITIVE else (below, up_to - below)
        )
        share: Fraction
        if self.by is Standing.RANK:
            extra = {
                Ties.BEST: ZERO,
                Ties.AVERAGE: Fraction(max(same - 1, 0), 2),
                Ties.WORST: Fraction(max(same - 1, 0)),
            }
            standing = better + 1 + extra[self.ties]
            share = (size - standing) / (size - 1)
        elif self.by is Standing.PERCENTILE:
            standing = share = Fraction(size - better - min(same, 1), size - 1) if size > 1 else Fraction(1)
        elif self.by is Standing.Z_SCORE:
            deviation = group.deviation(sample=self.sample)
            z = (x - group.mean) / deviation if deviation else ZERO
            z = z if self.direction is Direction.POSITIVE else -z
            standing = min(max(z, -self.cap), self.cap)
            share = (standing + self.cap) / (2 * self.cap)
        else:
            reach = values[-1] - values[0]
            share = (x - values[0]) / reach if reach else Fraction(1)
            standing = share = share if self.direction is Direction.POSITIVE or not reach else 1 - share
        # A unit that is not among its peers, as under another figure, stands at their edge and not beyond.
        points = self.least + (full - self.least) * min(max(share, ZERO), Fraction(1))
        if self.bands is not None:
            points = next((band.points for band in self.bands if band.holds(standing)), self.least)
        return PeerWork(points, Fraction(standing), size, x)

    def explain(self, outcome: Outcome, case: Case, slot: Slot) -> Text:
        """Return the standing and the points in words."""
        if isinstance(outcome.work, Lack):
            return explained_lack(outcome, case.known.get(self.figure))
        work: PeerWork = outcome.work
        x = case.known[self.figure].printed(work.x)
        value = plain(work.standing, 4) if work.standing.denominator != 1 else plain(work.standing)
        standing = {
            Standing.RANK: Text(
                f"{x} 在 {work.size} 个单位中列第 {value}", f"{x} ranks {value} of {work.size}"
            ),
            Standing.PERCENTILE: Text(
                f"{x} 不劣于其他单位的 {value}", f"{x} is at least as good as {value} of the others"
            ),
            Standing.Z_SCORE: Text(f"{x} 的标准分为 {value}", f"{x} has the z-score {value}"),
            Standing.POSITION: Text(
                f"{x} 位于最差与最优之间的 {value} 处", f"{x} stands at {value} between worst and best"
            ),
        }[self.by]
        points = plain(outcome.low)
        if self.by is Standing.RANK and self.bands is None and not self.least:
            line = f"{plain(slot.full)} × ({work.size} − {value}) / ({work.size} − 1) = {points}"
            return joined(standing, Text(line, line))
        return joined(standing, Text(f"得 {points} 分", points))
