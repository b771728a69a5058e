"""One framework over a table of figures: a row a unit, the same rules, the same exact points. Pure."""

import gc
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from civicard.kernel.text import Text
from civicard.scoring.evaluate import Evaluation, evaluate
from civicard.scoring.evidence import Answer
from civicard.scoring.figures import Computation, Input, Lack, State, computation, resolved
from civicard.scoring.programme import Programme
from civicard.scoring.rules.base import Case, Outcome
from civicard.scoring.rules.peers import Group, PeerRule
from civicard.scoring.scorer import Scorer, Total

if TYPE_CHECKING:
    from civicard.kernel.exact import Fraction


@dataclass(frozen=True, kw_only=True, slots=True)
class Units:
    """The figures of many units, column by column.

    Attributes:
        number: how many units.
        figures: by name of the figure, one value a unit.
        answers: by code of the judgement, one a unit; None where it is not answered.
    """

    number: int
    figures: Mapping[str, Sequence[Input]]
    answers: Mapping[str, Sequence[Answer | None]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitScores:
    """The scores of many units, column by column, in the order of the units.

    Attributes:
        outcomes: by code of the indicator, one outcome a unit.
        totals: total and grade of each unit.
    """

    outcomes: Mapping[str, Sequence[Outcome]]
    totals: Sequence[Total]

    def is_complete(self, at: int) -> bool:
        """Whether no indicator of the unit at `at` is missing or disputed."""
        return not any(
            column[at].state in {State.MISSING, State.DISPUTED} for column in self.outcomes.values()
        )


def cases(programme: Programme, units: Units) -> Iterator[Case]:
    """Yield each unit's case: its own figures over the programme's, formulas worked out, peers from the table."""
    rows = Rows(programme, units)
    groups = programme.groups() | _groups(programme, rows)
    answers = dict(programme.evidence)
    for at in range(units.number):
        own = answers
        if units.answers:
            own = answers | {
                code: one for code, column in units.answers.items() if (one := column[at]) is not None
            }
        yield Case(rows.figures(at), own, groups, programme.figures)


class Rows:
    """The figures of each unit: its own over the programme's, with only those formulas worked out that they touch."""

    def __init__(self, programme: Programme, units: Units) -> None:
        """Work out what is the same for all units, and the order of what is not."""
        self.columns = units.figures
        self.number = units.number
        varying = set(units.figures)
        self.computations: list[tuple[str, Computation]] = []
        waiting = {
            name: one
            for name in programme.figures
            if name not in varying and (one := computation(name, programme.figures)) is not None
        }
        grew = True
        while grew:
            touched = [name for name, one in waiting.items() if varying & set(one.expression.names)]
            grew = bool(touched)
            varying |= set(touched)
            for name in touched:
                self.computations.append((name, waiting.pop(name)))
        # A formula comes after those it names; there are no circles, or the file would not have loaded.
        self.computations = _ordered(self.computations)
        placeholder = Lack(State.MISSING, Text("由各单位给出", "given by each unit"))
        known = resolved(programme.figures, dict.fromkeys(varying, placeholder))
        self.fixed = {name: value for name, value in known.items() if name not in varying}

    def figures(self, at: int) -> dict[str, Input]:
        """Return all figures of the unit at `at`."""
        found = dict(self.fixed)
        for name, column in self.columns.items():
            found[name] = column[at]
        for name, one in self.computations:
            found[name] = one.result(found)
        return found


def _ordered(computations: list[tuple[str, Computation]]) -> list[tuple[str, Computation]]:
    ordered: list[tuple[str, Computation]] = []
    waiting = dict(computations)
    while waiting:
        ready = [name for name, one in waiting.items() if not set(one.expression.names) & set(waiting)]
        ordered += [(name, waiting.pop(name)) for name in ready]
    return ordered


def score_units(programme: Programme, units: Units) -> UnitScores:
    """Return the exact scores of all units; explanations are made by `explain_unit` when asked for."""
    scorer = Scorer(programme.framework)
    columns: dict[str, list[Outcome]] = {leaf.code: [] for leaf in scorer.leaves}
    lists = list(columns.values())
    totals = []
    # Millions of small immutable objects are made and kept, and no cycles: the collector would walk them over and
    # over, and double the time.
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        for case in cases(programme, units):
            outcomes = scorer.outcomes(case)
            for column, outcome in zip(lists, outcomes.values(), strict=True):
                column.append(outcome)
            totals.append(scorer.total(outcomes, case))
    finally:
        if was_collecting:
            gc.enable()
    return UnitScores(outcomes=columns, totals=totals)


def explain_unit(programme: Programme, units: Units, at: int) -> Evaluation:
    """Return the whole evaluation of the unit at `at`, with every working in words."""
    case = next(case for row, case in enumerate(cases(programme, units)) if row == at)
    own = programme.model_copy(update={"evidence": dict(case.answers)})
    return evaluate(own, case.figures, case.groups)


def _groups(programme: Programme, rows: Rows) -> dict[str, Group]:
    """Return the group of each figure that a peer rule ranks and the table gives."""
    names = {rule.figure for rule, _ in programme.rules() if isinstance(rule, PeerRule)} - set(rows.fixed)
    if not names:
        return {}
    columns: dict[str, list[Fraction]] = {name: [] for name in names}
    for at in range(rows.number):
        figures = rows.figures(at)
        for name in names:
            value = figures[name]
            if not isinstance(value, Lack):
                columns[name].append(value)
    return {name: Group(values) for name, values in columns.items()}
