"""Points in proportion to the figure: the national default, with pass mark, interpolation and bands. Pure.

Source: the score formulas deployed in provincial performance systems, and 财预〔2020〕10号 for the budget rate.
"""

from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, Field, model_validator

from civicard.kernel.exact import Fraction, plain
from civicard.kernel.text import Text
from civicard.scoring.figures import Figure
from civicard.scoring.model import Exact, RoundTo, fault
from civicard.scoring.rules.base import FigureRule, Interval, check_cover, in_full, joined
from civicard.scoring.rules.step import Direction

TWO_KNOTS = 2


class ReverseForm(StrEnum):
    """How a figure above a reverse target loses points."""

    MIRRORED = "mirrored"
    INVERSE = "inverse"


class ShareWork(NamedTuple):
    """The numbers of a proportional score."""

    points: Fraction
    share: Fraction


class ProportionalRule(FigureRule):
    """Points in proportion to actual over target.

    positive: actual / target. reverse, mirrored: 1 − (actual − target) / target, nothing from twice the target on;
    reverse, inverse: target / actual. equal: 1 − |actual − target| / target. A target of 0 gives full points when
    it is met and the least otherwise.
    """

    kind: Literal["proportional"]
    target: Exact
    """The value that earns full points."""
    direction: Direction = Direction.POSITIVE
    """Which way the figure is better."""
    reverse_form: ReverseForm = ReverseForm.MIRRORED
    """For the direction `reverse`: mirrored at the target, or target over actual."""
    cap: bool = True
    """Whether the points stop at full."""

    @model_validator(mode="after")
    def _target_is_not_negative(self) -> "ProportionalRule":
        if self.target < 0:
            raise fault("按比例计分的目标不能为负", "a proportional rule needs a target of 0 or more")
        return self

    def work(self, x: Fraction, full: Fraction) -> ShareWork:
        """Return share and points."""
        share = self._share(x)
        points = full if share >= 1 and self.cap else full * share
        return ShareWork(max(self.least, points), share)

    def _share(self, x: Fraction) -> Fraction:
        target = self.target
        if self.direction is Direction.POSITIVE:
            return x / target if target else Fraction(x >= 0)
        if self.direction is Direction.EQUAL:
            return 1 - abs(x - target) / target if target else Fraction(x == 0)
        if x <= target and self.cap:
            return Fraction(1)
        if not target or (self.reverse_form is ReverseForm.INVERSE and x <= 0):
            # Nothing divides by these: the target is met, or it is not.
            return Fraction(x <= target)
        return target / x if self.reverse_form is ReverseForm.INVERSE else 1 - (x - target) / target

    def words(self, work: ShareWork, x: str, printed: Figure, full: Fraction) -> Text:
        """Return the working in words."""
        target = plain(self.target)
        share = f"{plain(work.share * 100, 2)}%"
        if work.share >= 1 and (self.cap or not self.target):
            return joined(Text(f"{x} 达到目标 {target}", f"{x} meets the target {target}"), in_full(full))
        formula = {
            (Direction.POSITIVE, False): f"{x} / {target} = {share}",
            (Direction.EQUAL, False): f"1 − |{x} − {target}| / {target} = {share}",
            (Direction.REVERSE, False): f"1 − ({x} − {target}) / {target} = {share}",
            (Direction.REVERSE, True): f"{target} / {x} = {share}",
        }[self.direction, self.direction is Direction.REVERSE and self.reverse_form is ReverseForm.INVERSE]
        if not self.target:
            return Text(
                f"{x} 未达到目标 0，得 {plain(work.points)}", f"{x} misses the target 0: {plain(work.points)}"
            )
        if work.points != full * work.share:
            return joined(
                Text(formula, formula),
                Text(f"低于下限，得 {plain(work.points)}", f"below the floor: {plain(work.points)}"),
            )
        line = f"{plain(full)} × {share} = {plain(work.points)}"
        return joined(Text(formula, formula), Text(line, line))


class LineWork(NamedTuple):
    """The numbers of an interpolation: the piece of the line that holds the figure."""

    points: Fraction
    left: tuple[Fraction, Fraction]
    right: tuple[Fraction, Fraction]


class InterpolationRule(FigureRule):
    """Points on a straight line between a floor and a benchmark, or on a line through several knots; clamped.

    With its own rounding of the figure (`round_figure`) and of the points (`round`), and its own least and most
    points.
    """

    kind: Literal["interpolation"]
    floor: Exact | None = None
    """The value that earns the least points; above the benchmark where less is better."""
    benchmark: Exact | None = None
    """The value that earns the most points."""
    most: Exact | None = None
    """The most points; the full points when left out."""
    knots: list[tuple[Exact, Exact]] | None = Field(default=None, min_length=TWO_KNOTS)
    """Instead of floor and benchmark: [figure, points] pairs with rising figures."""
    round_figure: RoundTo | None = None
    """Rounding of the figure before it is placed on the line."""

    @model_validator(mode="after")
    def _is_a_line(self) -> "InterpolationRule":
        given = (self.floor is not None, self.benchmark is not None, self.knots is not None)
        if given not in {(True, True, False), (False, False, True)}:
            raise fault(
                "需要 floor 与 benchmark，或 knots", "either floor and benchmark, or knots are needed"
            )
        if self.knots is None and self.floor == self.benchmark:
            raise fault("floor 与 benchmark 不能相等", "floor and benchmark must differ")
        if self.knots is not None and any(a[0] >= b[0] for a, b in pairwise(self.knots)):
            raise fault("knots 的数值必须递增", "the figures of the knots must rise")
        return self

    def line(self, full: Fraction) -> list[tuple[Fraction, Fraction]]:
        """Return the knots of the line, by rising figure."""
        if self.knots is not None:
            return list(self.knots)
        assert self.floor is not None
        assert self.benchmark is not None
        return sorted(
            [(self.floor, self.least), (self.benchmark, self.most if self.most is not None else full)]
        )

    def reach(self, full: Fraction) -> tuple[Fraction, Fraction]:
        """Return the lowest and the highest knot."""
        points = [points for _, points in self.line(full)]
        return min(points), max(points)

    def work(self, x: Fraction, full: Fraction) -> LineWork:
        """Return the piece of the line and the points."""
        if self.round_figure is not None:
            x = self.round_figure(x)
        line = self.line(full)
        if x <= line[0][0]:
            return LineWork(line[0][1], line[0], line[0])
        for left, right in pairwise(line):
            if x <= right[0]:
                return LineWork(
                    left[1] + (x - left[0]) / (right[0] - left[0]) * (right[1] - left[1]), left, right
                )
        return LineWork(line[-1][1], line[-1], line[-1])

    def words(self, work: LineWork, x: str, printed: Figure, full: Fraction) -> Text:
        """Return the working in words."""
        (a, p), (b, q) = [(plain(one), plain(other)) for one, other in (work.left, work.right)]
        if work.left == work.right:
            return Text(f"{x} 到达端点 {a}，得 {p}", f"{x} lies at or beyond the end {a}: {p}")
        sum_ = f"{p} + ({x} − {a}) / ({b} − {a}) × ({q} − {p}) = {plain(work.points)}"
        return joined(
            Text(f"{x} 介于 {a}（{p} 分）与 {b}（{q} 分）之间", f"{x} lies between {a} ({p}) and {b} ({q})"),
            Text(sum_, sum_),
        )


class PassMarkRule(FigureRule):
    """Points in proportion to what exceeds a pass mark: (x − p) / (1 − p) of full, nothing below p.

    `x` is actual over target.
    """

    kind: Literal["pass_mark"]
    target: Exact
    """The value that earns full points."""
    pass_percent: Exact
    """The pass mark, in percent of the target."""

    @model_validator(mode="after")
    def _mark_is_below_target(self) -> "PassMarkRule":
        if not 0 <= self.pass_percent < 100 or self.target <= 0:  # noqa: PLR2004 - percent
            raise fault(
                "pass_percent 应在 0 至 100 之间（不含 100），target 应大于零",
                "pass_percent must be from 0 to below 100, and the target above zero",
            )
        return self

    def work(self, x: Fraction, full: Fraction) -> "PassWork":
        """Return both shares and the points."""
        share = x / self.target
        mark = self.pass_percent / 100
        part = (share - mark) / (1 - mark)
        points = full if part >= 1 else full * part
        return PassWork(max(self.least, points), share, part)

    def words(self, work: "PassWork", x: str, printed: Figure, full: Fraction) -> Text:
        """Return the working in words."""
        share, part = f"{plain(work.share * 100, 2)}%", f"{plain(work.part * 100, 2)}%"
        mark = f"{plain(self.pass_percent)}%"
        ratio = f"{x} / {plain(self.target)} = {share}"
        if work.part <= 0:
            low = plain(work.points)
            return joined(
                Text(ratio, ratio),
                Text(f"未超过及格线 {mark}，得 {low}", f"not above the pass mark {mark}: {low}"),
            )
        if work.part >= 1:
            return joined(Text(ratio, ratio), in_full(full))
        lines = (
            f"({share} − {mark}) / (100% − {mark}) = {part}",
            f"{plain(full)} × {part} = {plain(work.points)}",
        )
        return joined(Text(ratio, ratio), *(Text(line, line) for line in lines))


class PassWork(NamedTuple):
    """The numbers of a score above a pass mark."""

    points: Fraction
    share: Fraction
    part: Fraction


class Band(Interval):
    """An interval of figures with its points."""

    points: Exact
    """What a figure in this interval earns."""


class BandWork(NamedTuple):
    """The band that holds the figure."""

    points: Fraction
    band: Band | None


class BandsRule(FigureRule):
    """Points by interval. The ends say in a word whether they belong; gaps and overlaps are refused."""

    kind: Literal["bands"]
    bands: Annotated[list[Band], AfterValidator(check_cover)] = Field(min_length=1)
    """The intervals; what lies outside all of them earns the least points."""

    def reach(self, full: Fraction) -> tuple[Fraction, Fraction]:
        """Return the lowest and the highest points of a band, or of lying in none."""
        points = [self.least, *(band.points for band in self.bands)]
        return min(points), max(points)

    def work(self, x: Fraction, full: Fraction) -> BandWork:
        """Return the band and its points."""
        for band in self.bands:
            if band.holds(x):
                return BandWork(band.points, band)
        return BandWork(self.least, None)

    def words(self, work: BandWork, x: str, printed: Figure, full: Fraction) -> Text:
        """Return the working in words."""
        if work.band is None:
            return Text(
                f"{x} 不在任何一档内，得 {plain(work.points)}", f"{x} lies in no band: {plain(work.points)}"
            )
        return joined(
            Text(f"{x} 属于 {work.band.words.zh}这一档", f"{x} lies in {work.band}"),
            Text(f"得 {plain(work.points)} 分", plain(work.points)),
        )
