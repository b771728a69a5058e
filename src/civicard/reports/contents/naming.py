"""What things are called in sentences: an indicator, a part or item of its rule, a figure, a reading. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from civicard.kernel.exact import plain
from civicard.reports.contents.words import sentence, tidy
from civicard.scoring.evaluate import Evaluation, Score
from civicard.scoring.framework import Indicator
from civicard.scoring.programme import slot_of
from civicard.scoring.readings import Open, ambiguities
from civicard.scoring.rules.base import Rule, Slot
from civicard.scoring.rules.judged import ChecklistRule
from civicard.scoring.rules.step import READING_WORDS, StepReading

LONGEST_SHORT = 10
# What an applied reading of a wording begins with.
ASKED = "问题："
ITEM = re.compile(r"第\d+项$")


def slot(node: Indicator) -> Slot:
    """Return the place of an indicator's rule."""
    return slot_of(node.code, node.weight, node.out_of, node.unit)


def pieces(rule: Rule, place: Slot) -> Iterator[tuple[Rule, Slot]]:
    """Yield a rule and all of its parts with their places."""
    yield rule, place
    for part, own in rule.slots(place):
        yield from pieces(part, own)


def label(score: Score) -> str:
    """Return code and name of a score."""
    return f"{score.code} {score.name.zh}".strip()


@dataclass(frozen=True, slots=True)
class Names:
    """The names within one evaluation.

    Attributes:
        words: the name of whatever an ambiguity can be about.
        owners: the codes of the indicators that each of these touches.
        open: all ambiguities.
    """

    words: dict[str, str]
    owners: dict[str, set[str]]
    open: tuple[Open, ...]

    @classmethod
    def of(cls, evaluation: Evaluation) -> "Names":
        """Return the names of an evaluation."""
        words = {name: figure.name.zh for name, figure in evaluation.programme.figures.items()}
        words["framework"] = "评分体系"
        owners: dict[str, set[str]] = {}
        for leaf in evaluation.framework.leaves():
            if leaf.rule is None:
                continue
            for rule, place in pieces(leaf.rule, slot(leaf)):
                part = "" if place.code == leaf.code else f"“{rule.name.zh if rule.name else place.code}”部分"
                words[place.code] = f"{leaf.code} {leaf.name.zh}{part}"
                owners.setdefault(place.code, set()).add(leaf.code)
                if isinstance(rule, ChecklistRule):
                    for at, code in enumerate(rule.codes(place), 1):
                        words[code] = f"{leaf.code} {leaf.name.zh}{part}第{at}项"
                        owners.setdefault(code, set()).add(leaf.code)
                for name in _figures(evaluation, rule.needs()):
                    owners.setdefault(name, set()).add(leaf.code)
        return cls(words, owners, tuple(ambiguities(evaluation.programme)))

    def about(self, one: Open) -> str:
        """Return what an ambiguity is about."""
        return self.words.get(one.about, one.about)

    def by_key(self, key: str) -> Open | None:
        """Return the ambiguity of a key."""
        return next((one for one in self.open if one.key == key), None)

    def applied(self, code: str) -> list[str]:
        """Return the readings that were applied to an indicator, each in words."""
        touching = (one for one in self.open if code in self.owners.get(one.about, ()))
        words = (
            chosen_words(one)
            if one.by_nature
            else f"{ASKED}{sentence(one.question.zh)}本次采用：{_adopted(one)}"
            for one in touching
        )
        return list(dict.fromkeys(words))

    def disagreement(self, key: str) -> str:
        """Return in words where the wording taken literally is not what was applied."""
        one = self.by_key(key)
        if one is None or one.literal is None:
            return ""
        return (
            f"{self.about(one)}：{sentence(one.question.zh)}逐字理解的依据是：{sentence(one.options[one.literal].zh)}"
            f"实际采用另一种理解，依据是：{sentence(chosen_words(one))}"
        )

    def variant(self, key: str, reading: str) -> tuple[str, str]:
        """Return a short label and a whole sentence for another reading of one ambiguity."""
        one = self.by_key(key)
        if one is None:
            return key, key
        meaning = option_words(one, reading)
        if one.by_nature:
            return f"{one.about} {meaning}", f"{self.about(one)}：{meaning}"
        whole = f"{self.about(one)}：{sentence(one.question.zh)}改用另一理解，依据：{meaning}"
        return f"{self.short(one)}另作理解", whole

    def short(self, one: Open) -> str:
        """Return what an ambiguity is about in few characters, for a chart."""
        whole = self.about(one)
        if len(whole) <= LONGEST_SHORT:
            return whole
        codes = "、".join(sorted(self.owners.get(one.about, ()))) or whole
        item = ITEM.search(whole)
        if item is not None:
            return f"{codes}{item[0]}"
        return codes if whole.startswith(codes) else f"{codes}所用数据"


def option_words(one: Open, reading: str) -> str:
    """Return a reading in words."""
    if one.by_nature:
        return READING_WORDS[StepReading(reading)].zh
    meaning = one.options[reading].zh
    return "（未说明理由）" if meaning == reading else tidy(meaning)


def chosen_words(one: Open) -> str:
    """Return the reading in force in words."""
    return option_words(one, one.chosen)


def _adopted(one: Open) -> str:
    """Return why the reading in force was chosen, and whether it is the literal one, as a sentence."""
    how = {None: "", one.chosen: "（即字面意思）"}.get(one.literal, "（未按字面理解）")
    return sentence(f"{chosen_words(one).rstrip('。')}{how}")


def _figures(evaluation: Evaluation, names: tuple[str, ...]) -> set[str]:
    """Return the figures and all that their formulas rest on."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            expression = evaluation.programme.figures[name].expression
            waiting += expression.names if expression is not None else ()
    return found


def weight(score: Score) -> str:
    """Return the weight of a score, or that it is not published."""
    return plain(score.weight)
