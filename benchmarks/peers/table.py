"""The units that every contestant scores: one seeded table, with each figure and each answer differing by unit."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from civicard.kernel.exact import Fraction
from civicard.scoring import Programme, Units
from civicard.scoring.evidence import Answer
from civicard.scoring.figures import Lack
from civicard.scoring.many import Cases
from civicard.scoring.rules.base import Rule, Slot
from civicard.scoring.rules.judged import ChecklistRule, GradedRule
from civicard.scoring.scorer import Leaf, Scorer

SEED = 2018
# Rates as they are measured: in hundredths of a percent, from the worst to the best that occurs.
RATES = {
    "funds_in_time_rate": (88, 100),
    "in_time_rate": (95, 100),
    "first_pass_yield": (92, 100),
    "citizens_satisfied": (88, 100),
    "departments_satisfied": (90, 100),
}
COUNTS = {"departments_exchanging": (3, 12), "extensions": (0, 7), "complaints": (0, 3)}
SPENT = ("spent_material", "spent_labour", "spent_logistics", "spent_collection")
GOOD_ANSWERS_PERCENT = 85


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Many units, column by column, in plain values.

    Attributes:
        number: how many units.
        figures: by name, exact; the rates that follow from amounts are not among them.
        answers: yes or no, by code of the checklist's item.
        grades: the wording chosen, by code of the graded part.
    """

    number: int
    figures: Mapping[str, list[Fraction]]
    answers: Mapping[str, list[bool]]
    grades: Mapping[str, list[str]]


def leaves(programme: Programme) -> list[Leaf]:
    """Return the indicators with rules, in order."""
    return Scorer(programme.framework).leaves


def pieces(rule: Rule, slot: Slot) -> Iterator[tuple[Rule, Slot]]:
    """Yield the rules of one piece that `rule` consists of."""
    parts = rule.slots(slot)
    if not parts:
        yield rule, slot
    for part, own in parts:
        yield from pieces(part, own)


def computed(programme: Programme) -> list[str]:
    """Return the figures with formulas that the rules rest on, each after those it names."""
    found: dict[str, None] = {}

    def visit(name: str) -> None:
        expression = programme.figures[name].expression
        if expression is not None:
            for part in expression.names:
                visit(part)
            found.setdefault(name)

    for leaf in leaves(programme):
        for name in leaf.rule.needs():
            visit(name)
    return list(found)


def table(programme: Programme, number: int) -> Table:
    """Return `number` synthetic units; always the same ones."""
    draw = random.Random(SEED)  # noqa: S311 - a seed that gives the same units again is the point
    figures = {
        name: [Fraction(draw.randint(low * 100, high * 100), 100) for _ in range(number)]
        for name, (low, high) in RATES.items()
    }
    for name, (low, high) in COUNTS.items():
        figures[name] = [Fraction(draw.randint(low, high)) for _ in range(number)]
    # Plans and outcomes of whole per milles: one in twenty then lies exactly where a step of 2 % begins, as the round
    # numbers of real plans do, and there the smallest error costs a point.
    planned = [draw.randint(100, 500) * 10_000 for _ in range(number)]
    figures["cards_planned"] = [Fraction(one) for one in planned]
    figures["cards_made"] = [Fraction(one // 1000 * draw.randint(780, 1020)) for one in planned]
    initial = [draw.randint(2_000, 6_000) * 10_000 for _ in range(number)]
    figures["budget_initial"] = [Fraction(one) for one in initial]
    figures |= dict(zip(SPENT, _spending(draw, initial, programme), strict=True))
    answers: dict[str, list[bool]] = {}
    grades: dict[str, list[str]] = {}
    for leaf in leaves(programme):
        for rule, slot in pieces(leaf.rule, leaf.slot):
            if isinstance(rule, ChecklistRule):
                for code, _, good in rule.asked(slot):
                    answers[code] = [
                        good is (draw.randrange(100) < GOOD_ANSWERS_PERCENT) for _ in range(number)
                    ]
            elif isinstance(rule, GradedRule):
                words = [grade.grade.zh for grade in rule.grades]
                grades[slot.code] = [draw.choice(words) for _ in range(number)]
    return Table(number=number, figures=figures, answers=answers, grades=grades)


def _spending(draw: random.Random, initial: list[int], programme: Programme) -> list[list[Fraction]]:
    """Return the columns of spending, in fen exactly, which add up to a share in per milles of each budget."""
    cut = programme.figures["budget_cut"].value
    assert cut is not None
    columns: list[list[Fraction]] = [[] for _ in SPENT]
    for one in initial:
        fen = (one - int(cut)) * 100 // 1000 * draw.randint(880, 1000)
        edges = sorted(draw.randint(0, fen) for _ in SPENT[1:])
        for column, low, high in zip(columns, [0, *edges], [*edges, fen], strict=True):
            column.append(Fraction(high - low, 100))
    return columns


def to_units(one: Table) -> Units:
    """Return the table as Civicard takes it: rates are worked out of amounts for each unit."""
    both = {True: Answer(answer=True), False: Answer(answer=False)}
    answers: dict[str, list[Answer | None]] = {
        code: [both[answer] for answer in column] for code, column in one.answers.items()
    }
    for code, words in one.grades.items():
        chosen = {word: Answer(grade=word) for word in set(words)}  # type: ignore[arg-type]  # a bare word is text
        answers[code] = [chosen[word] for word in words]
    return Units(number=one.number, figures=one.figures, answers=answers)


def with_rates_given(programme: Programme, units: Units) -> Units:
    """Return the same units with every judged figure given, so that scoring is nothing but rules and totals."""
    names = {name for leaf in leaves(programme) for name in leaf.rule.needs()}
    rows = Cases(programme, units)
    columns: dict[str, list[Fraction]] = {name: [] for name in names}
    for at in range(units.number):
        figures = rows.figures(at)
        for name, column in columns.items():
            value = figures[name]
            assert not isinstance(value, Lack)
            column.append(value)
    return Units(number=units.number, figures=columns, answers=units.answers)
