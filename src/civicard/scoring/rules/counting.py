"""Points by counting: so many things there should be, or things that should not happen. Pure."""

from typing import Literal, NamedTuple

from pydantic import model_validator

from civicard.kernel.exact import ZERO, Fraction, plain
from civicard.kernel.text import Text
from civicard.scoring.figures import Figure
from civicard.scoring.model import Exact, Said, fault
from civicard.scoring.rules.base import FigureRule, in_full, joined, taken_off


class CountWork(NamedTuple):
    """The numbers of a count."""

    points: Fraction
    number: Fraction
    cost: Fraction


class CountRule(FigureRule):
    """Full points at a number of things; each one fewer costs points."""

    kind: Literal["count"]
    target: Exact
    """So many earn full points."""
    deduct: Exact
    """What each one fewer costs."""
    counts: Said
    """What counts as one."""

    @model_validator(mode="after")
    def _target_is_whole(self) -> "CountRule":
        if self.target.denominator != 1 or self.deduct <= 0:
            raise fault("target 应为整数，deduct 应大于零", "the target must be whole and deduct above zero")
        return self

    def work(self, x: Fraction, full: Fraction) -> CountWork:
        """Return how many are lacking and what that costs."""
        lacking = self.target - x
        if lacking <= 0:
            return CountWork(full, ZERO, ZERO)
        cost = lacking * self.deduct
        points = full - cost
        return CountWork(max(self.least, points), lacking, cost)

    def words(self, work: CountWork, x: str, printed: Figure, full: Fraction) -> Text:
        """Return the working in words."""
        target = plain(self.target)
        if not work.number:
            return joined(Text(f"{x} 达到 {target}", f"{x} reaches {target}"), in_full(full))
        lacking = plain(work.number)
        product = f"{lacking} × {plain(self.deduct)} = {plain(work.cost)}"
        return joined(
            Text(f"{x} 比 {target} 少 {lacking}", f"{x} is {lacking} fewer than {target}"),
            Text(f"每少一个扣 {plain(self.deduct)} 分，{product}", product),
            taken_off(full, work.cost, work.points),
        )


class EventRule(FigureRule):
    """Each event costs points, or earns them for a bonus."""

    kind: Literal["event"]
    deduct: Exact | None = None
    """What each event costs."""
    earns: Exact | None = None
    """Instead: what each event earns, from nothing up to full points."""
    counts: Said
    """What counts as a valid event."""

    @model_validator(mode="after")
    def _costs_or_earns(self) -> "EventRule":
        given = self.deduct if self.deduct is not None else self.earns
        if (self.deduct is None) == (self.earns is None) or given is None or given <= 0:
            raise fault("deduct 与 earns 给出一项，且大于零", "one of deduct and earns is needed, above zero")
        return self

    def work(self, x: Fraction, full: Fraction) -> CountWork:
        """Return the number of events and what they cost or earn."""
        if self.deduct is None:
            assert self.earns is not None  # _costs_or_earns
            earned = x * self.earns
            return CountWork(min(full, self.least + earned), x, earned)
        cost = x * self.deduct
        points = full - cost
        return CountWork(max(self.least, points), x, cost)

    def words(self, work: CountWork, x: str, printed: Figure, full: Fraction) -> Text:
        """Return the working in words."""
        happened = Text(f"发生 {x} 次", f"{x} event{'' if work.number == 1 else 's'}")
        if not work.number:
            none = Text("未发生", "no events")
            return joined(
                none, in_full(full) if self.deduct is not None else Text("不加分", "nothing is earned")
            )
        each = self.deduct if self.deduct is not None else self.earns
        product = f"{x} × {plain(each or ZERO)} = {plain(work.cost)}"
        if self.deduct is None:
            end = f"得 {plain(work.points)} 分", plain(work.points)
            return joined(happened, Text(product, product), Text(*end))
        return joined(happened, Text(product, product), taken_off(full, work.cost, work.points))
