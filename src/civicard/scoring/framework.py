"""The scoring framework: indicators on up to three levels, and how their points become a total and a grade. Pure.

The order is fixed and printed with every result: items, then groups, then the total with its caps and ceilings,
then rounding, then the grade, then vetoes.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from civicard.kernel.exact import Fraction
from civicard.kernel.text import Text
from civicard.scoring.expressions import Expression, ExpressionFault, parsed
from civicard.scoring.model import (
    Ambiguous,
    Exact,
    Part,
    RoundTo,
    Said,
    Whole,
    Word,
    fault,
)
from civicard.scoring.rules import AnyRule
from civicard.scoring.rules.base import Interval, check_cover

HUNDRED = Fraction(100)


class Policy(StrEnum):
    """What becomes of the weight of an indicator that gives no points.

    open: it stays open, and the total has a low and a high. zero: it counts as nothing (the state is kept).
    full: it counts in full. drop: its weight leaves the total. spread_equally, spread_in_proportion: its weight
    goes to the other indicators of its group. renormalise: it leaves, and the total is scaled back to the whole.
    """

    OPEN = "open"
    ZERO = "zero"
    FULL = "full"
    DROP = "drop"
    SPREAD_EQUALLY = "spread_equally"
    SPREAD_IN_PROPORTION = "spread_in_proportion"
    RENORMALISE = "renormalise"


class GroupRule(StrEnum):
    """How the indicators of a group combine."""

    SUM = "sum"
    MEAN = "mean"
    BEST = "best"
    WORST = "worst"
    GEOMETRIC_MEAN = "geometric_mean"


class Named(Part):
    """An indicator that a source names without weight, rule or value; it is covered by a block of points."""

    code: Word | None = None
    """Its code, if it has one."""
    name: Said
    """Its name."""
    targets: list[Word] = Field(default_factory=list)
    """Codes of the performance targets that it answers."""


class Indicator(Part):
    """One node of the framework: a group with children, or an indicator with a rule."""

    code: Word
    """Unique in the framework: C11."""
    name: Said
    """Its name."""
    weight: Exact
    """Points it can give. Indicators whose weights a source does not print stand in `covers` of their block."""
    unit: Word = ""
    """Unit of its figure and target."""
    target: Said | None = None
    """The target as printed in tables."""
    text: Said = Text("")
    """The scoring standard, in our own words."""
    place: Said = Text("")
    """Where the scoring standard stands in the source."""
    targets: list[Word] = Field(default_factory=list)
    """Codes of the performance targets that it answers."""
    rule: Annotated[AnyRule, Field(discriminator="kind")] | None = None
    """How its points are found."""
    out_of: Exact | None = None
    """The rule scores out of this (100, say), and the weight takes its share."""
    children: list["Indicator"] = Field(default_factory=list)
    """The next level."""
    covers: list[Named] = Field(default_factory=list)
    """Indicators that this one stands for as a block."""
    combine: GroupRule = GroupRule.SUM
    """How the children combine; all but the sum score each child as a share of its weight."""
    at_least: Whole | None = Field(default=None, ge=1)
    """The group counts only with so many scored children."""
    otherwise: Policy = Policy.OPEN
    """What becomes of the group with fewer."""
    missing: Policy | None = None
    """Policy for missing children; the framework's when left out."""
    not_applicable: Policy | None = None
    """Policy for children that do not apply; the framework's when left out."""
    extra: bool = False
    """A bonus or deduction outside the sum of weights (加分项、扣分项)."""

    @model_validator(mode="after")
    def _counts_make_sense(self) -> "Indicator":
        if self.out_of is not None and self.out_of <= 0:
            raise fault("out_of 应大于零", "out_of must be above zero")
        if self.at_least is not None and self.at_least > len(self.children):
            raise fault(
                f"at_least 超过下级数 {len(self.children)}",
                f"at_least exceeds the {len(self.children)} children",
            )
        return self

    @model_validator(mode="after")
    def _rule_or_children(self) -> "Indicator":
        if (self.rule is None) == (not self.children):
            raise fault(
                f"{self.code} 需要 rule 或 children 之一", f"{self.code} needs either a rule or children"
            )
        return self

    def walk(self, level: int = 1) -> Iterator[tuple["Indicator", int]]:
        """Yield this node and all below it with their levels, in order."""
        yield self, level
        for child in self.children:
            yield from child.walk(level + 1)


class GradeBand(Interval):
    """The totals that earn one grade."""

    grade: Said
    """The grade: 优."""


class Ceiling(Part):
    """A limit of the total that is tied to a figure: execution below 80 % holds the total at 89."""

    when: str
    """A condition over figures."""
    most: Exact
    """The total is at most this."""
    why: Said
    """The rule behind it."""

    @model_validator(mode="after")
    def _condition_can_be_read(self) -> "Ceiling":
        condition(self.when)
        return self


class Veto(Part):
    """A trigger that sets the grade whatever the total (一票否决)."""

    when: str
    """A condition over figures."""
    grade: Said
    """The grade it sets."""
    why: Said
    """The rule behind it."""

    @model_validator(mode="after")
    def _condition_can_be_read(self) -> "Veto":
        condition(self.when)
        return self


def condition(text: str) -> Expression:
    """Return the condition that `text` writes, or raise its fault."""
    try:
        return parsed(text)
    except ExpressionFault as error:
        raise fault(error.text.zh, error.text.en) from error


class GradeOn(StrEnum):
    """Which total the grade is read from: the exact one, or the one that is printed."""

    EXACT = "exact"
    PRINTED = "printed"


class Framework(Ambiguous):
    """A scoring framework: indicators, and the way to a total and a grade."""

    title: Said = Text("")
    """What the framework is called."""
    document: Said = Text("")
    """The document it stands in."""
    sum: Exact = HUNDRED
    """What the weights add up to."""
    indicators: list[Indicator] = Field(min_length=1)
    """The first level."""
    grades: Annotated[list[GradeBand], AfterValidator(check_cover)] = Field(min_length=1)
    """Bands of the total, without gap or overlap."""
    missing: Policy = Policy.OPEN
    """What becomes of missing indicators. Disputed ones stay between their candidates."""
    not_applicable: Policy = Policy.SPREAD_IN_PROPORTION
    """What becomes of indicators that do not apply."""
    round: RoundTo | None = None
    """Rounding of the total that the framework prescribes."""
    print_places: Whole = Field(default=2, ge=0, le=6)
    """Decimal places of printed points."""
    grade_on: GradeOn = GradeOn.EXACT
    """Whether the exact or the printed total decides the grade."""
    most: Exact | None = None
    """The total is at most this, bonuses included."""
    least: Exact | None = None
    """The total is at least this, deductions included."""
    ceilings: list[Ceiling] = Field(default_factory=list)
    """Limits of the total that are tied to figures."""
    vetoes: list[Veto] = Field(default_factory=list)
    """Triggers that set the grade."""

    @model_validator(mode="after")
    def _grades_cover_the_total(self) -> "Framework":
        ordered = sorted(self.grades, key=lambda band: (band.low is not None, band.low or Fraction(0)))
        low, high = ordered[0].low, ordered[-1].high
        last = ordered[-1]
        is_top_open = high is not None and (high < self.sum or (high == self.sum and last.most is None))
        if (low is not None and low > 0) or ordered[0].above == 0 or is_top_open:
            raise fault(
                f"等级区间未覆盖 0 至 {self.sum}",
                f"the grade bands do not cover all totals from 0 to {self.sum}",
            )
        return self

    def walk(self) -> Iterator[tuple[Indicator, int]]:
        """Yield every node with its level, in order."""
        for indicator in self.indicators:
            yield from indicator.walk()

    def leaves(self) -> list[Indicator]:
        """Return the indicators that carry a rule, in order."""
        return [node for node, _ in self.walk() if node.rule is not None]

    def grade(self, total: Fraction) -> GradeBand | None:
        """Return the band that holds `total`; None beyond all of them."""
        return next((band for band in self.grades if band.holds(total)), None)

    def ranked(self) -> Sequence[GradeBand]:
        """Return the bands from the best down."""
        return sorted(
            self.grades, key=lambda band: (band.low is not None, band.low or Fraction(0)), reverse=True
        )
