"""The ambiguities of a programme, and the programme under other readings of them. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from civicard.kernel.text import Text
from civicard.scoring.framework import Indicator
from civicard.scoring.load import Loaded, reloaded
from civicard.scoring.model import Ambiguous
from civicard.scoring.programme import Programme
from civicard.scoring.rules.base import Rule, Slot
from civicard.scoring.rules.judged import ChecklistRule
from civicard.scoring.rules.step import READING_WORDS, StepReading
from civicard.scoring.source import Place

# The ambiguities of the framework itself (its roundings, caps and policies) belong to no figure or indicator.
FRAMEWORK = "framework"
STEP_QUESTION = Text("不足一档如何计", "what an incomplete step costs")


@dataclass(frozen=True, kw_only=True, slots=True)
class Open:
    """One ambiguity: where it lies, what is open, the reading in force and all readings.

    Attributes:
        key: unique name: C11.reading, completion.base, B21.5.polarity.
        about: the code or figure it belongs to.
        title: that code, or the figure's name in words.
        name: the ambiguity's name.
        indicator: code of the indicator whose rule it lies in; None for a figure or the framework.
        place: the path of the part within the file.
        question: what is open.
        chosen: the reading in force.
        options: every reading with what it means.
        literal: the reading that the printed words give, where the file says so.
        by_nature: it lies in the kind of rule, and not in this wording.
    """

    key: str
    about: str
    title: Text
    name: str
    place: Place
    question: Text
    chosen: str
    options: Mapping[str, Text]
    literal: str | None = None
    by_nature: bool = False
    indicator: str | None = None


def ambiguities(programme: Programme) -> list[Open]:
    """Return all ambiguities of `programme`, figures first, then indicators in order, then the framework."""
    found: list[Open] = []
    for name, figure in programme.figures.items():
        found += _open(figure, name, figure.name, ("figures", name))
    for place, node in _nodes(programme.framework.indicators, ("framework", "indicators")):
        if node.rule is not None:
            own: list[Open] = []
            for part, slot, at in _rules(node.rule, Slot(node.code, node.weight), (*place, "rule")):
                own += _open(part, slot.code, Text(slot.code), at)
                if isinstance(part, ChecklistRule):
                    for position, (item, code) in enumerate(zip(part.items, part.codes(slot), strict=True)):
                        own += _open(item, code, Text(code), (*at, "items", position))
            found += [replace(one, indicator=node.code) for one in own]
    found += _open(programme.framework, FRAMEWORK, Text("总分", "the total"), (FRAMEWORK,))
    return found


def _nodes(indicators: list[Indicator], place: Place) -> Iterator[tuple[Place, Indicator]]:
    for at, node in enumerate(indicators):
        yield (*place, at), node
        yield from _nodes(node.children, (*place, at, "children"))


def _rules(rule: Rule, slot: Slot, place: Place) -> Iterator[tuple[Rule, Slot, Place]]:
    yield rule, slot, place
    for at, (part, own) in enumerate(rule.slots(slot)):
        yield from _rules(part, own, (*place, "parts", at))


def _open(part: Ambiguous, about: str, title: Text, place: Place) -> Iterator[Open]:
    for key, readings in part.by_nature.items():
        yield Open(
            key=f"{about}.{key}", about=about, title=title, name=key, place=place, question=STEP_QUESTION,
            chosen=str(getattr(part, key)), options={str(one): READING_WORDS[StepReading(one)] for one in readings},
            by_nature=True,
        )  # fmt: skip
    for name, one in part.ambiguities.items():
        yield Open(
            key=f"{about}.{name}", about=about, title=title, name=name, place=place, question=one.question, chosen=one.chosen,
            options={reading: given.why or Text(reading) for reading, given in one.readings.items()},
            literal=next((reading for reading, given in one.readings.items() if given.literal), None),
        )  # fmt: skip


def under(loaded: Loaded, choices: Mapping[str, str], known: list[Open] | None = None) -> Programme:
    """Return the programme under other readings.

    Args:
        loaded: the programme as it was loaded.
        choices: reading by key of the ambiguity; the others stay as they are.
        known: the programme's ambiguities, where the caller has them already.

    Raises:
        KeyError: there is no such ambiguity.
    """
    by_key = {one.key: one for one in (ambiguities(loaded.programme) if known is None else known)}
    value = loaded.value
    for key, reading in choices.items():
        one = by_key[key]
        steps = (*one.place, one.name) if one.by_nature else (*one.place, "ambiguities", one.name, "chosen")
        value = changed(value, steps, reading)
    return reloaded(value)


def changed(value: Any, place: Place, to: object) -> Any:  # noqa: ANN401 - plain values of a file
    """Return `value` with one place changed; only what lies on the way is copied."""
    if not place:
        return to
    step, *rest = place
    copy = list(value) if isinstance(value, list) else dict(value)
    copy[step] = changed(copy.get(step) if isinstance(copy, dict) else copy[step], tuple(rest), to)  # type: ignore[index]  # the place was taken from this value
    return copy
