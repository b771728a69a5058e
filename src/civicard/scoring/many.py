"""One framework over a table of figures: a row a unit, the same rules, the same exact points. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from civicard.kernel.text import Text
from civicard.scoring.evaluate import Evaluation, evaluate
from civicard.scoring.evidence import Answer
from civicard.scoring.figures import Input, Lack, State, resolved
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
    given = list(units.figures)
    fixed, computed = _split(programme, set(given))
    groups = programme.groups() | _groups(programme, units)
    answers = dict(programme.evidence)
    for at in range(units.number):
        figures: dict[str, Input] = dict(fixed)
        for name in given:
            figures[name] = units.figures[name][at]
        if computed:
            figures = resolved(programme.figures, figures)
        own = answers
        if units.answers:
            own = answers | {
                code: one for code, column in units.answers.items() if (one := column[at]) is not None
            }
        yield Case(figures, own, groups, programme.figures)


def score_units(programme: Programme, units: Units) -> UnitScores:
    """Return the exact scores of all units; explanations are made by `explain_unit` when asked for."""
    scorer = Scorer(programme.framework)
    columns: dict[str, list[Outcome]] = {leaf.code: [] for leaf in scorer.leaves}
    lists = list(columns.values())
    totals = []
    for case in cases(programme, units):
        outcomes = scorer.outcomes(case)
        for column, outcome in zip(lists, outcomes.values(), strict=True):
            column.append(outcome)
        totals.append(scorer.total(outcomes, case))
    return UnitScores(outcomes=columns, totals=totals)


def explain_unit(programme: Programme, units: Units, at: int) -> Evaluation:
    """Return the whole evaluation of the unit at `at`, with every working in words."""
    case = next(case for row, case in enumerate(cases(programme, units)) if row == at)
    own = programme.model_copy(update={"evidence": dict(case.answers)})
    return evaluate(own, case.figures, case.groups)


def _split(programme: Programme, given: set[str]) -> tuple[dict[str, Input], bool]:
    """Return the figures that are the same for all units, and whether any must be worked out for each."""
    varying = set(given)
    grew = True
    while grew:
        more = {
            name
            for name, figure in programme.figures.items()
            if name not in varying
            and figure.expression is not None
            and varying & set(figure.expression.names)
        }
        grew = bool(more)
        varying |= more
    placeholder = Lack(State.MISSING, Text("由各单位给出", "given by each unit"))
    known = resolved(programme.figures, dict.fromkeys(given, placeholder))
    return {name: value for name, value in known.items() if name not in varying}, varying != given


def _groups(programme: Programme, units: Units) -> dict[str, Group]:
    """Return the group of each figure that a peer rule ranks and the table gives."""
    names = {rule.figure for rule, _ in programme.rules() if isinstance(rule, PeerRule)}
    if not names:
        return {}
    columns: dict[str, list[Fraction]] = {name: [] for name in names}
    fixed, _ = _split(programme, set(units.figures))
    for at in range(units.number):
        figures: dict[str, Input] = {**fixed, **{name: units.figures[name][at] for name in units.figures}}
        figures = resolved(programme.figures, figures)
        for name in names:
            value = figures[name]
            if not isinstance(value, Lack):
                columns[name].append(value)
    return {name: Group(values) for name, values in columns.items()}
