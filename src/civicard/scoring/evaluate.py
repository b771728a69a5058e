"""The evaluation of one programme: every score with its working, total and grade, and what stays open. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from civicard.kernel.exact import Fraction, Rounding, plain, rounded
from civicard.kernel.text import Text
from civicard.scoring.figures import Basis, Input, Lack, State, resolved, weakest
from civicard.scoring.framework import Framework, Indicator
from civicard.scoring.programme import Finding, Programme, Target
from civicard.scoring.rules.base import Case, Outcome, Rule, Slot
from civicard.scoring.rules.peers import Group
from civicard.scoring.scorer import Scorer, Total

NO_WORDS = Text("")


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """The score of one indicator, group, or part of a rule.

    Attributes:
        code, name: of the indicator, group or part.
        level: 1 to 3 in the framework; parts of a rule are one deeper than their indicator.
        weight: the points it can give.
        state: scored, missing, not applicable or disputed.
        points: exact points; None unless they are known.
        low, high: between which the points lie; equal to `points` when they are known.
        basis: the weakest basis of what the points rest on.
        figure: the name of the figure that is judged, if it is one.
        value: that figure, or what it lacks.
        printed: the figure as it is printed, with its unit; empty when there is none.
        explanation: the working in words.
        is_supported: whether a figure or a document stands behind the points.
        parts: the parts of a rule that has several.
        children: the next level of the framework.
        indicator: the node of the framework; None for a part of a rule.
        finding: what the evaluator wrote about it.
    """

    code: str
    name: Text
    level: int
    weight: Fraction
    state: State
    points: Fraction | None
    low: Fraction
    high: Fraction
    basis: Basis
    figure: str | None = None
    value: Input | None = None
    printed: str = ""
    explanation: Text = NO_WORDS
    is_supported: bool = True
    parts: tuple["Score", ...] = ()
    children: tuple["Score", ...] = ()
    indicator: Indicator | None = None
    finding: Finding | None = None

    @property
    def is_leaf(self) -> bool:
        """Whether it is an indicator with a rule, and no group."""
        return not self.children

    @property
    def lost(self) -> Fraction | None:
        """The points lost for certain; None while they are not known."""
        return None if self.points is None else self.weight - self.points

    def walk(self) -> Iterator["Score"]:
        """Yield this score and all below it in the framework."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """A programme with its scores.

    Attributes:
        programme: what was evaluated.
        case: the resolved figures and judgements.
        scores: the first level; the others below it.
        total: total and grade.
    """

    programme: Programme
    case: Case
    scores: tuple[Score, ...]
    total: Total

    @property
    def framework(self) -> Framework:
        """The framework that was applied."""
        return self.programme.framework

    def walk(self) -> Iterator[Score]:
        """Yield every score of the framework, groups before what is in them."""
        for score in self.scores:
            yield from score.walk()

    def leaves(self) -> list[Score]:
        """Return the scores of the indicators, in order."""
        return [score for score in self.walk() if score.is_leaf]

    def score(self, code: str) -> Score:
        """Return the score of `code`; KeyError if there is none."""
        for score in self.walk():
            if score.code == code:
                return score
        raise KeyError(code)

    @property
    def is_complete(self) -> bool:
        """Whether no indicator is missing or disputed, and total and grade are settled."""
        return not self.total.is_open and not any(
            score.state in {State.MISSING, State.DISPUTED} for score in self.leaves()
        )

    def printed(self, points: Fraction | None) -> str:
        """Return points as the framework prints them, without needless zeros; a dash for None."""
        return "—" if points is None else shown(points, self.framework.print_places)

    def bounds(self) -> tuple[str, str]:
        """Return low and high of the total as printed: rounded outward, so that the truth lies between them."""
        outcome, places = self.total.outcome, self.framework.print_places
        if outcome.points is not None:
            return self.printed(outcome.points), self.printed(outcome.points)
        step = Fraction(1, 10**places)
        return plain(rounded(outcome.low, step, Rounding.DOWN)), plain(
            rounded(outcome.high, step, Rounding.UP)
        )

    @property
    def unsupported(self) -> list[Score]:
        """The indicators with points and neither figure nor document behind them."""
        return [one for one in self.leaves() if one.points and not one.is_supported]

    @property
    def unanswered_targets(self) -> list[Target]:
        """The performance targets (lowest level) that no indicator answers."""
        answered = {code for node, _ in self.framework.walk() for code in _answers(node)}
        targets = [target for top in self.programme.targets for target, _ in top.walk()]
        return [target for target in targets if not target.children and target.code not in answered]

    @property
    def indicators_without_target(self) -> list[Score]:
        """The indicators that answer no performance target."""
        return [
            score for score in self.leaves() if score.indicator is not None and not _answers(score.indicator)
        ]


def _answers(node: Indicator) -> Sequence[str]:
    return [*node.targets, *(code for named in node.covers for code in named.targets)]


def shown(points: Fraction, places: int) -> str:
    """Return points to `places`, rounded half up, without needless zeros.

    >>> shown(Fraction("83.8845"), 2), shown(Fraction(82), 2)
    ('83.88', '82')
    """
    return plain(rounded(points, Fraction(1, 10**places)))


def evaluate(
    programme: Programme, given: Mapping[str, Input] | None = None, groups: Mapping[str, Group] | None = None
) -> Evaluation:
    """Return the evaluation of `programme`.

    Args:
        programme: a checked programme.
        given: figures that take the place of the file's own, by name.
        groups: the group that each ranked figure is compared with, instead of the file's own peers.
    """
    peers = programme.groups() if groups is None else groups
    case = Case(resolved(programme.figures, given), programme.evidence, peers, programme.figures)
    scorer = Scorer(programme.framework)
    outcomes = scorer.outcomes(case)
    sums: dict[str, Outcome] = {}
    total = scorer.total(outcomes, case, sums)
    slots = {leaf.code: leaf for leaf in scorer.leaves}

    def of(node: Indicator, level: int) -> Score:
        finding = programme.findings.get(node.code)
        if node.rule is None:
            children = tuple(of(child, level + 1) for child in node.children)
            outcome = sums[node.code]
            return Score(
                code=node.code, name=node.name, level=level, weight=node.weight, state=outcome.state,
                points=outcome.points, low=outcome.low, high=outcome.high,
                basis=weakest(child.basis for child in children), explanation=_group_words(node, children, outcome),
                is_supported=all(child.is_supported for child in children), children=children, indicator=node,
                finding=finding,
            )  # fmt: skip
        leaf = slots[node.code]
        outcome = outcomes[node.code]
        # The working is told on the rule's own scale; the outcome in the framework is already scaled.
        raw = outcome if leaf.factor is None else leaf.rule.assess(case, leaf.slot)
        score = part_score(node.rule, leaf.slot, raw, case, name=node.name, level=level)
        return _as_indicator(score, node, outcome, finding)

    scores = tuple(of(node, 1) for node in programme.framework.indicators)
    return Evaluation(programme=programme, case=case, scores=scores, total=total)


def _as_indicator(score: Score, node: Indicator, outcome: Outcome, finding: Finding | None) -> Score:
    text = score.explanation
    if node.out_of is not None and score.points is not None and outcome.points is not None:
        raw, full, own = plain(score.points), plain(node.out_of), plain(node.weight)
        line = f"{raw} / {full} × {own} = {plain(outcome.points)}"
        text = Text(f"{text.zh}；{line}", f"{text.en or text.zh}; {line}")
    return replace(
        score, weight=node.weight, points=outcome.points, low=outcome.low, high=outcome.high, explanation=text,
        indicator=node, finding=finding,
    )  # fmt: skip


def part_score(rule: Rule, slot: Slot, outcome: Outcome, case: Case, *, name: Text, level: int) -> Score:
    """Return the score of a rule and, below it, of its parts."""
    below = rule.slots(slot)
    works = outcome.work if isinstance(outcome.work, tuple) and not isinstance(outcome.work, Lack) else ()
    parts = tuple(
        part_score(part, own, work, case, name=part.name or Text(own.code), level=level + 1)
        for (part, own), work in zip(below, works, strict=False)
        if isinstance(work, Outcome)
    )
    figure = names[0] if len(names := rule.needs()) == 1 and not below else None
    value = case.figures[figure] if figure is not None else None
    printed = ""
    if figure is not None and value is not None and not isinstance(value, Lack):
        printed = case.known[figure].printed(value, unit=True)
    # An outcome scored out of 100 is explained on the rule's own scale.
    return Score(
        code=slot.code, name=name, level=level, weight=slot.full, state=outcome.state, points=outcome.points,
        low=outcome.low, high=outcome.high, basis=rule.basis(case, slot), figure=figure, value=value, printed=printed,
        explanation=rule.explain(outcome, case, slot), is_supported=rule.supported(case, slot), parts=parts,
    )  # fmt: skip


def _group_words(node: Indicator, children: Sequence[Score], outcome: Outcome) -> Text:
    if outcome.points is None:
        low, high = plain(outcome.low), plain(outcome.high)
        if isinstance(outcome.work, Lack):
            why = outcome.work.why
            return Text(f"{why.zh}：{low} 至 {high}", f"{why.en or why.zh}: {low} to {high}")
        return Text(f"{low} 至 {high} 之间", f"between {low} and {high}")
    total = plain(outcome.points)
    if all(child.state is State.SCORED for child in children) and node.combine == "sum":
        line = (
            " + ".join(plain(child.points) for child in children if child.points is not None) + f" = {total}"
        )
        return Text(line, line)
    return Text(f"按规定汇总得 {total}", f"combined as prescribed: {total}")
