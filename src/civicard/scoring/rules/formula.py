"""Points by a formula of the framework's own, for schemes that fit no other kind. Pure."""

from collections.abc import Mapping
from typing import Literal

from pydantic import model_validator

from civicard.kernel.exact import ZERO, Fraction, plain
from civicard.kernel.text import Text
from civicard.scoring.expressions import Expression, ExpressionFault, NoValueError, parsed
from civicard.scoring.figures import BY_ZERO, Lack, State
from civicard.scoring.model import Exact, fault
from civicard.scoring.rules.base import Case, Outcome, Rule, Slot, explained_lack, nothing

FULL = "full"


class FormulaRule(Rule):
    """Points by arithmetic over figures; `full` stands for the points to be had.

    The result is held between `least` and full. A formula that divides by zero leaves the points missing.
    """

    kind: Literal["formula"]
    formula: str
    """The arithmetic; see docs/reference/expressions.md."""
    least: Exact = ZERO
    """The points never fall below this."""
    cap: bool = True
    """Whether the points stop at full."""

    @model_validator(mode="after")
    def _can_be_read(self) -> "FormulaRule":
        try:
            parsed(self.formula)
        except ExpressionFault as error:
            raise fault(error.text.zh, error.text.en) from error
        return self

    @property
    def expression(self) -> Expression:
        """The formula, understood."""
        return parsed(self.formula)

    def needs(self) -> tuple[str, ...]:
        """Return the figures it reads."""
        return tuple(name for name in self.expression.names if name != FULL)

    def assess(self, case: Case, slot: Slot) -> Outcome:
        """Return the points of the formula."""
        values: dict[str, Fraction] = {FULL: slot.full}
        for name in self.needs():
            value = case.figures[name]
            if isinstance(value, Lack):
                return self._lacking(value, name, case, slot)
            values[name] = value
        return self._scored(values, slot)

    def _scored(self, values: Mapping[str, Fraction], slot: Slot) -> Outcome:
        try:
            points = self.expression.value(values)
        except NoValueError:
            return nothing(BY_ZERO, self.least, slot.full)
        points = max(self.least, min(slot.full, points) if self.cap else points)
        points = points if self.round is None else self.round(points)
        return Outcome(State.SCORED, points, points, points, dict(values))

    def _lacking(self, lack: Lack, name: str, case: Case, slot: Slot) -> Outcome:
        # With one disputed figure each candidate can be worked out; with more the whole range stays open.
        others = {one: case.figures[one] for one in self.needs() if one != name}
        if lack.state is not State.DISPUTED:
            return nothing(lack, self.least, slot.full)
        known = {one: value for one, value in others.items() if not isinstance(value, Lack)}
        if len(known) < len(others):
            return Outcome(State.DISPUTED, None, self.least, slot.full, lack)
        outcomes = [self._scored({FULL: slot.full, name: x, **known}, slot) for x in lack.candidates]
        return Outcome(
            State.DISPUTED, None, min(o.low for o in outcomes), max(o.high for o in outcomes), lack
        )

    def explain(self, outcome: Outcome, case: Case, slot: Slot) -> Text:
        """Return the formula with its numbers."""
        if isinstance(outcome.work, Lack):
            return explained_lack(outcome)
        given = ", ".join(
            f"{name} = {case.known[name].printed(value) if name in case.known else plain(value)}"
            for name, value in outcome.work.items()
        )
        points = plain(outcome.low)
        return Text(f"{self.formula}，其中 {given}：{points}", f"{self.formula}, with {given}: {points}")
