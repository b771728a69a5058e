"""One framework over a table of figures: a row a unit, the same rules, the same exact points. Pure."""

import gc
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from civicard.kernel.text import Text
from civicard.scoring.evaluate import Evaluation, evaluate
from civicard.scoring.evidence import Answer
from civicard.scoring.figures import Computation, Input, Lack, State, computation, resolved, rounded_as
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
        """Whether no indicator of the unit at `at` is missing or disputed, and its total and grade are settled."""
        return not self.totals[at].is_open and not any(
            column[at].state in {State.MISSING, State.DISPUTED} for column in self.outcomes.values()
        )


class Cases:
    """The case of each unit: its own figures over the programme's, with the formulas that they touch worked out.

    What is the same for all units is worked out once, and so is the order of what is not.
    """

    def __init__(self, programme: Programme, units: Units, needed: AbstractSet[str] | None = None) -> None:
        """Prepare the cases of `units`; with `needed`, only formulas that these figures rest on are worked out."""
        self.programme = programme
        self.units = units
        # Columns are turned into rows once; a row is then taken as a whole.
        self.names, self.codes = tuple(units.figures), tuple(units.answers)
        self.rows = list(zip(*units.figures.values(), strict=True))
        self.answers = list(zip(*units.answers.values(), strict=True))
        varying = set(units.figures)
        waiting = {
            name: one
            for name in programme.figures
            if name not in varying and (one := computation(name, programme.figures)) is not None
        }
        computations: dict[str, Computation] = {}
        while touched := [name for name, one in waiting.items() if varying & set(one.expression.names)]:
            varying |= set(touched)
            computations |= {name: waiting.pop(name) for name in touched}
        self.rounded = [
            (name, to) for name in units.figures if (to := programme.figures[name].round) is not None
        ]
        self.computations = _needed(_ordered(computations), needed)
        placeholder = Lack(State.MISSING, Text("由各单位给出", "given by each unit"))
        known = resolved(programme.figures, dict.fromkeys(varying, placeholder))
        self.fixed = {name: value for name, value in known.items() if name not in varying}
        self.groups = programme.groups() | self._ranked()

    def __getitem__(self, at: int) -> Case:
        """Return the case of the unit at `at`."""
        answers: Mapping[str, Answer] = self.programme.evidence
        if self.answers:
            given = self.answers[at]
            own = {code: one for code, one in zip(self.codes, given, strict=True) if one is not None}
            answers = {**answers, **own}
        return Case(self.figures(at), answers, self.groups, self.programme.figures)

    def figures(self, at: int) -> dict[str, Input]:
        """Return the figures of the unit at `at`."""
        found = self.fixed.copy()
        if self.rows:
            found.update(zip(self.names, self.rows[at], strict=True))
        for name, to in self.rounded:
            found[name] = rounded_as(found[name], to)
        for name, one in self.computations:
            found[name] = one.result(found)
        return found

    def _ranked(self) -> dict[str, Group]:
        """Return the group of each figure that a peer rule ranks and the table gives."""
        ranked = {rule.figure for rule, _ in self.programme.rules() if isinstance(rule, PeerRule)}
        columns: dict[str, list[Fraction]] = {name: [] for name in ranked - set(self.fixed)}
        for at in range(self.units.number if columns else 0):
            figures = self.figures(at)
            for name, column in columns.items():
                value = figures[name]
                if not isinstance(value, Lack):
                    column.append(value)
        return {name: Group(values) for name, values in columns.items()}


def _ordered(computations: Mapping[str, Computation]) -> list[tuple[str, Computation]]:
    """Return the computations, each after those it rests on; there are no circles, or the file had not loaded."""
    ordered: list[tuple[str, Computation]] = []
    waiting = dict(computations)
    while waiting:
        ready = [name for name, one in waiting.items() if not set(one.expression.names) & set(waiting)]
        ordered += [(name, waiting.pop(name)) for name in ready]
    return ordered


def _needed(
    computations: list[tuple[str, Computation]], needed: AbstractSet[str] | None
) -> list[tuple[str, Computation]]:
    """Return those of the ordered computations that `needed` rests on; all of them for None."""
    if needed is None:
        return computations
    wanted = set(needed)
    for name, one in reversed(computations):
        if name in wanted:
            wanted |= set(one.expression.names)
    return [(name, one) for name, one in computations if name in wanted]


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
        cases = Cases(programme, units, scorer.needs())
        for at in range(units.number):
            case = cases[at]
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
    case = Cases(programme, units)[at]
    own = programme.model_copy(update={"evidence": dict(case.answers)})
    return evaluate(own, case.figures, case.groups)
