"""Rules made of rules: the best, the worst, the sum or the mean of several. Pure."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from civicard.kernel.exact import ZERO, Fraction, plain
from civicard.kernel.text import Text
from civicard.scoring.figures import Basis, Lack, State, weakest
from civicard.scoring.model import Exact, Whole, fault
from civicard.scoring.rules.base import Case, Outcome, Rule, Slot, explained_lack

if TYPE_CHECKING:
    from civicard.scoring.rules import AnyRule


WORDS = {
    "sum": Text("合计", "sum"),
    "mean": Text("平均", "mean"),
    "best": Text("取最高", "best of"),
    "worst": Text("取最低", "worst of"),
}


class CombinedRule(Rule):
    """Several rules or measures in one indicator.

    sum: each part has its own points. mean, best, worst: each part can give the full points; a mean may be
    weighted. A part that does not apply is left out; in a sum its points are spread over the others in proportion.
    With `at_least` the whole counts once so many parts are scored, and the missing ones are then left out.
    """

    kind: Literal["sum", "mean", "best", "worst"]
    parts: list[Annotated["AnyRule", Field(discriminator="kind")]] = Field(min_length=1)
    """The rules that are combined."""
    weights: list[Exact] | None = None
    """For a weighted mean: the weight of each part."""
    at_least: Whole | None = Field(default=None, ge=1)
    """So many parts must be scored for the whole to count."""

    @model_validator(mode="after")
    def _parts_fit(self) -> "CombinedRule":
        without = [at for at, part in enumerate(self.parts, 1) if part.points is None]
        if self.kind == "sum" and without:
            numbers = "、".join(map(str, without))
            raise fault(f"sum 的第 {numbers} 部分缺少分值 points", f"parts {numbers} of the sum need points")
        if any(part.points is not None and part.points < 0 for part in self.parts):
            raise fault("各部分的分值不能为负", "the points of a part cannot be negative")
        if self.at_least is not None and self.at_least > len(self.parts):
            raise fault(
                f"at_least 超过部分数 {len(self.parts)}", f"at_least exceeds the {len(self.parts)} parts"
            )
        if self.weights is not None and (
            self.kind != "mean" or len(self.weights) != len(self.parts) or min(self.weights) <= 0
        ):
            raise fault(
                "weights 只用于 mean，每部分一个，且大于零", "weights are for a mean, one a part, above zero"
            )
        return self

    def needs(self) -> tuple[str, ...]:
        """Return the figures of all parts."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.needs()))

    @cached_property
    def _slots(self) -> dict[Slot, Sequence[tuple[Rule, Slot]]]:
        """Parts by the place of the whole, kept because a table of many units asks for them once a unit."""
        return {}

    def slots(self, slot: Slot) -> Sequence[tuple[Rule, Slot]]:
        """Return the parts with their codes and points."""
        known = self._slots.get(slot)
        if known is None:
            known = self._slots[slot] = self._placed(slot)
        return known

    def _placed(self, slot: Slot) -> Sequence[tuple[Rule, Slot]]:
        return [
            (
                part,
                Slot(
                    part.code or f"{slot.code}.{at}",
                    part.points if self.kind == "sum" and part.points is not None else slot.full,
                    part.unit or slot.unit,
                ),
            )
            for at, part in enumerate(self.parts, 1)
        ]

    def assess(self, case: Case, slot: Slot) -> Outcome:
        """Return the combination of the parts' outcomes, which are kept as the working."""
        slots = self.slots(slot)
        outcomes = tuple([part.assess(case, at) for part, at in slots])
        if self.kind == "sum" and self.round is None and self.at_least is None:
            # By far the most common: a sum of which every part is scored.
            total = ZERO
            for one in outcomes:
                if one.points is None:
                    break
                total += one.points
            else:
                return Outcome(State.SCORED, total, total, total, outcomes)
        applying = [at for at, one in enumerate(outcomes) if one.state is not State.NOT_APPLICABLE]
        if not applying:
            return Outcome(State.NOT_APPLICABLE, None, ZERO, ZERO, outcomes)
        state = State.SCORED
        scored = [at for at in applying if outcomes[at].is_known]
        if len(scored) < len(applying):
            if self.at_least is not None and len(scored) >= self.at_least:
                applying = scored
            elif any(outcomes[at].state is State.MISSING for at in applying):
                state = State.MISSING
            else:
                state = State.DISPUTED
        if self.at_least is not None and len(scored) < self.at_least:
            return Outcome(State.MISSING, None, ZERO, slot.full, outcomes)
        low = self._joined([outcomes[at].low for at in applying], applying, slots, slot.full)
        if state is State.SCORED:
            return Outcome(state, low, low, low, outcomes)
        high = self._joined([outcomes[at].high for at in applying], applying, slots, slot.full)
        return Outcome(state, None, low, high, outcomes)

    def _joined(
        self,
        values: Sequence[Fraction],
        at: Sequence[int],
        slots: Sequence[tuple[Rule, Slot]],
        full: Fraction,
    ) -> Fraction:
        if self.kind == "best":
            result = max(values)
        elif self.kind == "worst":
            result = min(values)
        elif self.kind == "mean":
            weights = (
                [self.weights[one] for one in at] if self.weights is not None else [Fraction(1)] * len(at)
            )
            result = sum((v * w for v, w in zip(values, weights, strict=True)), ZERO) / sum(weights, ZERO)
        else:
            result = sum(values, ZERO)
            if len(at) < len(slots) and (applying := sum((slots[one][1].full for one in at), ZERO)):
                result = result * full / applying
        return result if self.round is None else self.round(result)

    def explain(self, outcome: Outcome, case: Case, slot: Slot) -> Text:
        """Return the working of each part and how they combine."""
        if isinstance(outcome.work, Lack):
            return explained_lack(outcome)
        lines = []
        for at, ((part, own), one) in enumerate(zip(self.slots(slot), outcome.work, strict=True), 1):
            text = part.explain(one, case, own)
            lines.append(Text(f"（{at}）{text.zh}", f"({at}) {text.en or text.zh}"))
        word = WORDS[self.kind]
        if outcome.points is None:
            low, high = plain(outcome.low), plain(outcome.high)
            end = Text(f"{word.zh}：{low} 至 {high} 之间", f"{word.en}: between {low} and {high}")
        else:
            values = [plain(one.points) for one in outcome.work if one.points is not None]
            sign = " + " if self.kind == "sum" else ", "
            end = Text(
                f"{word.zh}：{sign.join(values)} = {plain(outcome.points)}",
                f"{word.en}: {sign.join(values)} = {plain(outcome.points)}",
            )
            if self.kind != "sum":
                end = Text(
                    f"{word.zh}：{plain(outcome.points)}",
                    f"{word.en} {sign.join(values)}: {plain(outcome.points)}",
                )
        return Text(" | ".join(one.zh for one in (*lines, end)), " | ".join(one.en for one in (*lines, end)))

    def bases(self, case: Case, slot: Slot) -> Iterable[Basis]:
        """Return the basis of each part."""
        return [weakest(part.bases(case, own)) for part, own in self.slots(slot)]

    def supported(self, case: Case, slot: Slot) -> bool:
        """Whether every part is supported."""
        return all(part.supported(case, own) for part, own in self.slots(slot))
