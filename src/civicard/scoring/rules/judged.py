"""Points that only a person can give: checklists, grades, discretion, and points that a source merely states. Pure."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import cached_property
from typing import Literal

from pydantic import Field, model_validator

from civicard.kernel.exact import ZERO, Fraction, plain
from civicard.kernel.text import Text
from civicard.scoring.evidence import Answer
from civicard.scoring.figures import Basis, Lack, State
from civicard.scoring.model import Ambiguous, Exact, Said, Word, fault
from civicard.scoring.rules.base import (
    Case,
    Interval,
    Outcome,
    Rule,
    Slot,
    explained_lack,
    in_full,
    joined,
    nothing,
    taken_off,
)  # fmt: skip

NO_ITEM_APPLIES = Lack(State.NOT_APPLICABLE, Text("各项均不适用", "no item applies"))
UNANSWERED = Lack(State.MISSING, Text("尚未评判", "not judged yet"))


class Item(Ambiguous):
    """One item of a checklist."""

    text: Said
    """What is asked."""
    points: Exact
    """What the good answer earns."""
    good: bool
    """Which answer is the good one: "are there misappropriations?" has a bad yes."""
    code: Word | None = None
    """The item's code; the rule's code and its position when left out."""

    @model_validator(mode="after")
    def _points_are_not_negative(self) -> "Item":
        if self.points < 0:
            raise fault("分值不能为负", "the points of an item cannot be negative")
        return self


class ItemPolicy(StrEnum):
    """What becomes of the points of an item that does not apply."""

    SPREAD = "spread"
    FULL = "full"
    LOSE = "lose"


class ChecklistRule(Rule):
    """Fixed points for each item whose answer is the good one; unanswered items stay open."""

    kind: Literal["checklist"]
    items: list[Item] = Field(min_length=1)
    """The items, in the order of the source."""
    not_applicable: ItemPolicy = ItemPolicy.SPREAD
    """Points of an item that does not apply: spread over the others, given in full, or lost."""

    @cached_property
    def _asked(self) -> dict[str, list[tuple[str, Fraction, bool]]]:
        """Code, points and good answer of the items by slot, kept because a table asks for them once a unit."""
        return {}

    def asked(self, slot: Slot) -> list[tuple[str, Fraction, bool]]:
        """Return code, points and good answer of each item."""
        known = self._asked.get(slot.code)
        if known is None:
            known = [
                (item.code or f"{slot.code}.{at}", item.points, item.good)
                for at, item in enumerate(self.items, 1)
            ]
            self._asked[slot.code] = known
        return known

    def codes(self, slot: Slot) -> list[str]:
        """Return the codes of the items, under which their answers stand."""
        return [code for code, _, _ in self.asked(slot)]

    def assess(self, case: Case, slot: Slot) -> Outcome:
        """Return the sum over the items."""
        # What is not earned is summed, because most answers are good ones.
        lost = unanswered = aside = ZERO
        is_open = False
        answers = case.answers
        for code, points, good in self.asked(slot):
            answer = answers.get(code)
            if answer is not None and answer.answer is not None:
                if answer.answer is not good:
                    lost += points
            elif answer is not None and answer.not_applicable is not None:
                aside += points
            else:
                is_open = True
                unanswered += points
        if not is_open and not aside and self.round is None:
            points = slot.full - lost if lost else slot.full
            return Outcome(State.SCORED, points, points, points)
        low, high = slot.full - lost - unanswered, slot.full - lost
        if aside and self.not_applicable is not ItemPolicy.FULL:
            low, high = low - aside, high - aside
            if self.not_applicable is ItemPolicy.SPREAD:
                applying = slot.full - aside
                if not applying:
                    return nothing(NO_ITEM_APPLIES, ZERO, slot.full)
                low, high = low * slot.full / applying, high * slot.full / applying
        if self.round is not None:
            low, high = self.round(low), self.round(high)
        if is_open:
            return Outcome(State.MISSING, None, low, high)
        return Outcome(State.SCORED, low, low, low)

    def explain(self, outcome: Outcome, case: Case, slot: Slot) -> Text:
        """Return the items with their answers and points."""
        if isinstance(outcome.work, Lack):
            return explained_lack(outcome)
        lines: list[Text] = []
        earned: list[str] = []
        for at, (item, code) in enumerate(zip(self.items, self.codes(slot), strict=True), 1):
            answer = case.answers.get(code)
            full = plain(item.points)
            if answer is None or (answer.answer is None and answer.not_applicable is None):
                lines.append(Text(f"{at} 未答：0 至 {full}", f"{at} unanswered: 0 to {full}"))
            elif answer.not_applicable is not None:
                lines.append(Text(f"{at} 不适用", f"{at} not applicable"))
            else:
                points = full if answer.answer is item.good else "0"
                earned.append(points)
                word = Text("是", "yes") if answer.answer else Text("否", "no")
                lines.append(Text(f"{at} {word.zh}：{points}/{full}", f"{at} {word.en}: {points} of {full}"))
        text = joined(*lines)
        if outcome.points is None:
            low, high = plain(outcome.low), plain(outcome.high)
            return joined(text, Text(f"得分在 {low} 至 {high} 之间", f"between {low} and {high} points"))
        if len(lines) == 1:
            return text
        sum_ = f"{' + '.join(earned)} = {plain(outcome.points)}"
        if len(earned) < len(lines):
            sum_ = plain(outcome.points)
            return joined(text, Text(f"折算后得 {sum_}", f"over what applies: {sum_}"))
        return joined(text, Text(sum_, sum_))

    def bases(self, case: Case, slot: Slot) -> Iterable[Basis]:
        """Return the basis of each answer."""
        return [
            answer.basis if (answer := case.answers.get(code)) else Basis.NONE for code in self.codes(slot)
        ]

    def supported(self, case: Case, slot: Slot) -> bool:
        """Whether each item has a document behind its answer."""
        return all(
            (answer := case.answers.get(code)) is not None and answer.documents for code in self.codes(slot)
        )


class JudgedRule(Rule):
    """A rule over one judgement, which stands in the evidence under the rule's code."""

    def answer(self, case: Case, slot: Slot) -> Answer | None:
        """Return the judgement, if there is one."""
        return case.answers.get(slot.code)

    def bases(self, case: Case, slot: Slot) -> Iterable[Basis]:
        """Return the basis of the judgement."""
        answer = self.answer(case, slot)
        return [Basis.NONE if answer is None else answer.basis]

    def supported(self, case: Case, slot: Slot) -> bool:
        """Whether a document stands behind the judgement."""
        answer = self.answer(case, slot)
        return answer is not None and bool(answer.documents)


class Grade(Interval):
    """One worded grade: fixed points, or a range in which the evaluator chooses and says why."""

    grade: Said
    """The wording."""
    points: Exact | None = None
    """Fixed points; leave out for a range (least, most, above, below)."""

    @model_validator(mode="after")
    def _points_or_range(self) -> "Grade":
        if (self.points is None) == (self.low is None or self.high is None):
            raise fault(
                "每一等级给出 points，或给出上下限", "each grade needs points, or a range with both ends"
            )
        return self


class GradedRule(JudgedRule):
    """Worded grades, each with points or a range of points."""

    kind: Literal["graded"]
    grades: list[Grade] = Field(min_length=2)
    """The grades, best first."""

    @model_validator(mode="after")
    def _grades_differ(self) -> "GradedRule":
        words = [grade.grade.zh for grade in self.grades]
        if len(set(words)) < len(words):
            raise fault(f"等级重复：{'、'.join(words)}", f"a grade stands twice: {', '.join(words)}")
        return self

    def judge(self, answer: Answer) -> tuple[Grade | None, Fraction | None, Text]:
        """Return the grade, its points, and what is wrong with the answer if there are none."""
        chosen = answer.grade
        grade = next(
            (one for one in self.grades if chosen is not None and chosen.zh in {one.grade.zh, one.grade.en}),
            None,
        )
        if grade is None:
            options = "、".join(one.grade.zh for one in self.grades)
            return (
                None,
                None,
                Text(f"没有这一等级；可选：{options}", f"there is no such grade; possible: {options}"),
            )
        if grade.points is not None:
            return grade, grade.points, Text("")
        if answer.points is None or answer.reason is None:
            return (
                grade,
                None,
                Text("范围内打分须写明分数和理由", "a choice within a range needs points and a reason"),
            )
        if not grade.holds(answer.points):
            return (
                grade,
                None,
                Text(
                    f"{plain(answer.points)} 不在 {grade.words.zh}之内",
                    f"{plain(answer.points)} is not in {grade}",
                ),
            )
        return grade, answer.points, Text("")

    def assess(self, case: Case, slot: Slot) -> Outcome:
        """Return the points of the grade chosen."""
        answer = self.answer(case, slot)
        if answer is None or answer.is_open:
            return nothing(UNANSWERED, ZERO, slot.full)
        if answer.not_applicable is not None:
            return nothing(Lack(State.NOT_APPLICABLE, answer.not_applicable), ZERO, slot.full)
        grade, points, wrong = self.judge(answer)
        if points is None:
            if grade is None:
                return nothing(Lack(State.MISSING, wrong), ZERO, slot.full)
            low, high = grade.low or ZERO, grade.high if grade.high is not None else slot.full
            return Outcome(State.MISSING, None, low, high, Lack(State.MISSING, wrong))
        return Outcome(State.SCORED, points, points, points, grade)

    def explain(self, outcome: Outcome, case: Case, slot: Slot) -> Text:
        """Return the grade and its points."""
        if isinstance(outcome.work, Lack):
            return explained_lack(outcome)
        grade: Grade = outcome.work
        answer = self.answer(case, slot)
        points, full = plain(outcome.low), plain(slot.full)
        text = Text(
            f"评为“{grade.grade.zh}”：{points}/{full}",
            f"graded {grade.grade.en or grade.grade.zh}: {points} of {full}",
        )
        if answer is not None and answer.reason is not None:
            return joined(
                text, Text(f"理由：{answer.reason.zh}", f"because {answer.reason.en or answer.reason.zh}")
            )
        return text


class DiscretionRule(JudgedRule):
    """The evaluator takes off an amount within a range, says why, and a second person signs."""

    kind: Literal["discretion"]
    most_off: Exact
    """The most that may be taken off."""
    second_signature: bool = True
    """Whether a second person must sign."""

    @model_validator(mode="after")
    def _takes_off(self) -> "DiscretionRule":
        if self.most_off <= 0:
            raise fault("most_off 必须大于零", "most_off must be above zero")
        return self

    def assess(self, case: Case, slot: Slot) -> Outcome:
        """Return what is left after the amount, once it has its reason and signature."""
        answer = self.answer(case, slot)
        if answer is None or answer.is_open:
            lack = UNANSWERED
            return Outcome(State.MISSING, None, slot.full - self.most_off, slot.full, lack)
        if answer.not_applicable is not None:
            return nothing(Lack(State.NOT_APPLICABLE, answer.not_applicable), ZERO, slot.full)
        amount = answer.amount
        wrong = Text("")
        if amount is None or not 0 <= amount <= self.most_off:
            limit = plain(self.most_off)
            wrong = Text(f"扣分应在 0 至 {limit} 之间", f"the amount must lie between 0 and {limit}")
        elif amount and answer.reason is None:
            wrong = Text("缺少扣分理由", "the reason is missing")
        elif amount and self.second_signature and answer.seconded_by is None:
            wrong = Text("缺少第二人签字", "the second signature is missing")
        if wrong.zh or amount is None:
            lack = Lack(State.MISSING, wrong)
            return Outcome(State.MISSING, None, slot.full - self.most_off, slot.full, lack)
        points = slot.full - amount
        return Outcome(State.SCORED, points, points, points, answer)

    def explain(self, outcome: Outcome, case: Case, slot: Slot) -> Text:
        """Return the amount, its reason and who signed."""
        if isinstance(outcome.work, Lack):
            return explained_lack(outcome)
        answer: Answer = outcome.work
        if not answer.amount:
            return in_full(slot.full)
        parts = [taken_off(slot.full, answer.amount, outcome.low)]
        if answer.reason is not None:
            parts.append(Text(f"理由：{answer.reason.zh}", f"because {answer.reason.en or answer.reason.zh}"))
        if answer.seconded_by is not None:
            who = answer.seconded_by
            parts.append(Text(f"第二人签字：{who.zh}", f"signed also by {who.en or who.zh}"))
        return joined(*parts)


class StatedRule(Rule):
    """Points that a source states without any working, or as one block for several indicators."""

    kind: Literal["stated"]
    stated: Exact | None
    """The points as stated; null when the source leaves even them open."""
    place: Said
    """Where it is stated, or how it follows from what is."""

    def assess(self, case: Case, slot: Slot) -> Outcome:
        """Return the points as stated."""
        if self.stated is None:
            return nothing(
                Lack(State.MISSING, Text("原文未给出", "the source does not say")), ZERO, slot.full
            )
        return Outcome(State.SCORED, self.stated, self.stated, self.stated)

    def explain(self, outcome: Outcome, case: Case, slot: Slot) -> Text:
        """Return what is stated, and where."""
        if isinstance(outcome.work, Lack):
            return explained_lack(outcome)
        points, full, place = plain(outcome.low), plain(slot.full), self.place
        return Text(
            f"原文给出 {points}/{full} 分，无计算过程（{place.zh}）",
            f"stated as {points} of {full}, without working ({place.en or place.zh})",
        )

    def bases(self, case: Case, slot: Slot) -> Sequence[Basis]:
        """Return that it is stated, or nothing."""
        return [Basis.NONE if self.stated is None else Basis.STATED]

    def supported(self, case: Case, slot: Slot) -> bool:
        """A bare statement supports nothing."""
        return False
