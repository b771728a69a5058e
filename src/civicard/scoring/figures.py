"""Figures: what was measured or stated, what was computed from it, and what is not known. Pure.

A figure is a value, a formula over other figures, missing, not applicable, or disputed. These stay apart: an
unknown figure is a `Lack` with its reason, and never turns into zero.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import product
from math import prod
from typing import NamedTuple

from pydantic import Field, model_validator

from civicard.kernel.exact import Fraction, grouped, plain
from civicard.kernel.text import Text
from civicard.scoring import units
from civicard.scoring.expressions import Expression, ExpressionFault, NoValueError, parsed
from civicard.scoring.model import Ambiguous, Exact, Part, RoundTo, Said, Whole, Word, fault

# A disputed figure that rests on other disputed figures has as many candidates as they have combinations.
MOST_CANDIDATES = 256


class State(StrEnum):
    """What became of a figure or a score. The four never mix."""

    SCORED = "scored"
    MISSING = "missing"
    NOT_APPLICABLE = "not_applicable"
    DISPUTED = "disputed"


class Basis(StrEnum):
    """What a figure or score rests on, from the strongest to the weakest."""

    MEASURED = "measured"
    EVIDENCE = "evidence"
    STATED = "stated"
    NONE = "none"


STRENGTH = {basis: rank for rank, basis in enumerate(Basis)}


def weakest(bases: Iterable[Basis]) -> Basis:
    """Return the weakest basis, `none` where there is nothing at all."""
    return max(bases, key=STRENGTH.__getitem__, default=Basis.NONE)


# What a figure's value comes from.
VALUED = frozenset({"value", "formula", "missing", "not_applicable", "disputed", "measure"})


class Lack(NamedTuple):
    """A figure without one agreed value.

    Attributes:
        state: missing, not applicable or disputed.
        why: the reason, as far as it is known.
        candidates: the values that stand against each other, for a disputed figure.
    """

    state: State
    why: Text = Text("")
    candidates: tuple[Fraction, ...] = ()


Input = Fraction | Lack
BY_ZERO = Lack(State.MISSING, Text("除数为零，无法计算", "it divides by zero and has no value"))


class Candidate(Part):
    """One of the values of a disputed figure."""

    value: Exact
    """One of the values that stand against each other."""
    place: Said = Text("")
    """Who says so, and where."""


class Figure(Ambiguous):
    """One figure of the evaluation."""

    name: Said
    """What it is called in tables and sentences."""
    unit: Word
    """元, 万元, 张, %, `% of whole`, 天, … Sums of different units are refused."""
    value: Exact | None = None
    """The figure. Left empty (null) it is missing, which is not zero."""
    formula: str | None = None
    """Arithmetic over other figures, kept exact: cards_made / cards_planned."""
    missing: Said | None = None
    """Why there is no figure."""
    not_applicable: Said | None = None
    """Why the figure does not apply here."""
    disputed: list[Candidate] | None = Field(default=None, min_length=2)
    """The values that stand against each other."""
    inferred: Said | None = None
    """The source does not print this figure; how it was concluded. Points on it are printed as unsupported."""
    basis: Basis = Basis.STATED
    """What the figure rests on; one with a formula has the weakest basis of its operands."""
    measure: Word | None = None
    """The measure that gives this figure from the lake; named in docs/reference/measures.md."""
    stated: Exact | None = None
    """What the source states, beside a value that was measured and differs; `evaluate --lake` sets it."""
    place: Said = Text("")
    """Where it stands in the source."""
    definition: Said = Text("")
    """What is counted, over what, and when."""
    digits: Whole | None = Field(default=None, ge=0, le=12)
    """Decimal places it is printed with."""
    round: RoundTo | None = None
    """Rounding that the framework prescribes before the figure is used."""
    least: Exact | None = None
    """The least possible value, where the unit does not say."""
    most: Exact | None = None
    """The greatest possible value, where the unit does not say."""
    answers: Whole | None = Field(default=None, ge=1)
    """Of how many answers or cases this is a share, so that an impossible share is noticed."""
    peers: list[Exact] | None = None
    """The same figure of all units of the group, this one included."""

    @model_validator(mode="after")
    def _is_one_thing(self) -> "Figure":
        given = [
            key
            for key in ("value", "formula", "missing", "not_applicable", "disputed")
            if getattr(self, key) is not None
        ]
        if len(given) > 1:
            raise fault(f"{'、'.join(given)} 只能给出一项", f"only one of {', '.join(given)} can be given")
        if self.formula is not None:
            try:
                parsed(self.formula)
            except ExpressionFault as error:
                raise fault(error.text.zh, error.text.en) from error
        if self.measure is not None:
            self._check_measure()
        for value in self.stated_values:
            self.check(value)
        return self

    def _check_measure(self) -> None:
        if self.formula is not None:
            raise fault(
                "有 measure 的数据由实测得出，不能再有 formula",
                "a figure with a measure comes from the lake; it cannot have a formula as well",
            )
        for name, ambiguity in self.ambiguities.items():
            for reading in ambiguity.readings.values():
                if keys := sorted(VALUED & set(reading.set)):
                    raise fault(
                        f"有 measure 的数据只有一个来源，读法“{name}”不能改变 {'、'.join(keys)}",
                        f"a figure with a measure has one source; the readings of {name!r} cannot set {', '.join(keys)}",
                    )

    @property
    def stated_values(self) -> tuple[Fraction, ...]:
        """The values that stand in the file itself."""
        if self.disputed is not None:
            return tuple(one.value for one in self.disputed)
        return () if self.value is None else (self.value,)

    @property
    def measured_in(self) -> units.Unit:
        """The unit, understood."""
        return units.unit(self.unit)

    @property
    def expression(self) -> Expression | None:
        """The formula, understood."""
        return None if self.formula is None else parsed(self.formula)

    @property
    def range(self) -> tuple[Fraction | None, Fraction | None]:
        """The least and the greatest possible value; None where nothing limits it."""
        measure = self.measured_in
        return (
            self.least if self.least is not None else measure.least,
            self.most if self.most is not None else measure.most,
        )

    def allows(self, value: Fraction) -> bool:
        """Tell whether `value` lies within the range of the figure and its unit."""
        least, most = self.range
        return (least is None or value >= least) and (most is None or value <= most)

    def check(self, value: Fraction) -> None:
        """Raise a fault when `value` lies outside what the figure or its unit allows."""
        if not self.allows(value):
            least, most = self.range
            low, high = plain(least) if least is not None else "−∞", plain(most) if most is not None else "+∞"
            raise fault(
                f"{plain(value)} 超出范围 {low} 至 {high}（单位：{self.unit}）",
                f"{plain(value)} lies outside {low} to {high} (unit: {self.unit})",
            )

    def printed(self, value: Fraction, *, unit: bool = False) -> str:
        """Return `value` with this figure's digits, and its unit when asked for."""
        places = self.digits if self.digits is not None else self.measured_in.places
        digits = grouped(value, places)
        return (
            f"{digits}{self.measured_in.symbol if self.measured_in.symbol == '%' else ' ' + self.measured_in.symbol}"
            if unit
            else digits
        )


def operands(names: Iterable[str], figures: Mapping[str, Figure]) -> list[str]:
    """Return the figures without a formula that `names` rest on, each once, in the order they are met.

    Args:
        names: of figures; one without a formula stands for itself.
        figures: all figures; formulas must be free of circles (the loader sees to that).
    """
    found: dict[str, None] = {}
    for name in names:
        expression = figures[name].expression
        if expression is None:
            found[name] = None
        else:
            found |= dict.fromkeys(operands(expression.names, figures))
    return list(found)


def basis_of(name: str, figures: Mapping[str, Figure]) -> Basis:
    """Return what a figure rests on: its own basis, or the weakest of those its formula rests on.

    A formula without operands has its own; one that states a basis is never stronger than that.
    """
    figure = figures[name]
    below = [figures[one].basis for one in operands([name], figures)] if figure.formula is not None else []
    if not below or "basis" in figure.model_fields_set:
        below.append(figure.basis)
    return weakest(below)


class Computation(NamedTuple):
    """The formula of one figure, ready to be worked out over and over."""

    figure: Figure
    expression: Expression
    factor: Fraction

    def result(self, found: Mapping[str, Input]) -> Input:
        """Return the figure's value from those of its operands, or what it lacks because they do."""
        operands = [found[name] for name in self.expression.names]
        for operand in operands:
            if isinstance(operand, Lack):
                return self._lacking(operands)
        try:
            value = self.expression.value(found) * self.factor  # type: ignore[arg-type]  # no operand is a Lack
        except NoValueError:
            return BY_ZERO
        return value if self.figure.round is None else self.figure.round(value)

    def _lacking(self, operands: Sequence[Input]) -> Input:
        # What does not apply does not, whatever else is missing; what is missing is so, whatever is disputed.
        for state in (State.NOT_APPLICABLE, State.MISSING):
            for operand in operands:
                if isinstance(operand, Lack) and operand.state is state:
                    return Lack(state, operand.why)
        choices = [one.candidates if isinstance(one, Lack) else (one,) for one in operands]
        names = self.expression.names
        if prod(len(one) for one in choices) > MOST_CANDIDATES:
            return Lack(
                State.MISSING, Text("争议数据的组合过多", "too many combinations of disputed figures")
            )
        try:
            values = [
                self.expression.value(dict(zip(names, chosen, strict=True))) * self.factor
                for chosen in product(*choices)
            ]
        except NoValueError:
            return BY_ZERO
        return rounded_as(
            Lack(State.DISPUTED, self.figure.name, tuple(dict.fromkeys(values))), self.figure.round
        )


def computation(name: str, figures: Mapping[str, Figure]) -> Computation | None:
    """Return the computation of the figure `name`; None when it has no formula."""
    figure = figures[name]
    expression = figure.expression
    if expression is None:
        return None
    own = expression.unit({part: figures[part].measured_in for part in expression.names})
    # A ratio of 0.8043 declared in % is 80.43; yuan declared in 万元 are divided by 10,000.
    factor = own.scale / figure.measured_in.scale if own is not None else Fraction(1)
    return Computation(figure, expression, factor)


def resolved(figures: Mapping[str, Figure], given: Mapping[str, Input] | None = None) -> dict[str, Input]:
    """Return every figure's exact value, or what it lacks; formulas are worked out in the order they need.

    Args:
        figures: the figures of a programme; formulas must be free of circles (the loader sees to that).
        given: values that take the place of what the file says.
    """
    found: dict[str, Input] = {
        name: rounded_as(value, figures[name].round) if name in figures else value
        for name, value in (given or {}).items()
    }
    for name in figures:
        _resolve(name, figures, found)
    return found


def _resolve(name: str, figures: Mapping[str, Figure], found: dict[str, Input]) -> None:
    if name in found:
        return
    one = computation(name, figures)
    if one is None:
        found[name] = _own(figures[name])
        return
    for part in one.expression.names:
        _resolve(part, figures, found)
    found[name] = one.result(found)


def _own(figure: Figure) -> Input:
    """Return what the file itself says of a figure without a formula."""
    value: Input
    if figure.value is not None:
        value = figure.value
    elif figure.disputed is not None:
        value = Lack(State.DISPUTED, figure.name, tuple(one.value for one in figure.disputed))
    elif figure.not_applicable is not None:
        value = Lack(State.NOT_APPLICABLE, figure.not_applicable)
    else:
        value = Lack(State.MISSING, figure.missing or Text("未提供", "not provided"))
    return rounded_as(value, figure.round)


def rounded_as(value: Input, to: RoundTo | None) -> Input:
    """Return a figure rounded as its framework prescribes; candidates of a disputed one alike."""
    if to is None:
        return value
    if isinstance(value, Lack):
        return value._replace(candidates=tuple(to(one) for one in value.candidates))
    return to(value)
