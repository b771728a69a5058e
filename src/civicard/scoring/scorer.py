"""From what one unit has to show to points, total and grade; the one copy of it for one unit and for many. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from civicard.kernel.exact import ZERO, Fraction, root, rounded
from civicard.kernel.text import Text
from civicard.scoring.expressions import Expression, NoValueError, parsed
from civicard.scoring.figures import Input, Lack, State
from civicard.scoring.framework import Ceiling, Framework, GradeOn, GroupRule, Indicator, Policy, Veto
from civicard.scoring.programme import slot_of
from civicard.scoring.rules.base import Case, Outcome, Rule, Slot

LEAVING = {Policy.DROP, Policy.SPREAD_EQUALLY, Policy.SPREAD_IN_PROPORTION, Policy.RENORMALISE}
NO_CHILD_APPLIES = Lack(State.NOT_APPLICABLE, Text("各项均不适用", "nothing in it applies"))
NOTHING = Outcome(State.NOT_APPLICABLE, None, ZERO, ZERO, NO_CHILD_APPLIES)


class Leaf(NamedTuple):
    """An indicator with a rule, ready to be scored."""

    code: str
    rule: Rule
    slot: Slot
    factor: Fraction | None


class Node(NamedTuple):
    """A group or leaf of the framework, ready to be rolled up."""

    code: str
    weight: Fraction
    indicator: Indicator | None
    children: tuple["Node", ...]
    missing: Policy
    not_applicable: Policy
    combine: GroupRule
    extra: bool


class Member(NamedTuple):
    """A child within its group.

    Attributes:
        weight, outcome: its own.
        extra: it stands outside the sum of weights.
        removed: weight that left it for the whole total to be scaled.
        is_group: it was rolled up from children, under its own policies.
        policy: what its group prescribes because too few of its children are scored.
    """

    weight: Fraction
    outcome: Outcome
    extra: bool
    removed: Fraction
    is_group: bool = False
    policy: Policy | None = None

    def made_whole(self) -> "Member":
        """Return the member with its points scaled to its whole weight, as if nothing had been removed from it."""
        if not self.removed or self.removed == self.weight:
            return self
        factor = self.weight / (self.weight - self.removed)
        state, points, low, high, work = self.outcome
        scaled = Outcome(
            state, None if points is None else points * factor, low * factor, high * factor, work
        )
        return self._replace(outcome=scaled, removed=ZERO)


class Total(NamedTuple):
    """The total and the grade.

    Attributes:
        outcome: state, exact total (None while it is open), low and high, after ceilings and prescribed rounding.
        grade: the grade; None while low and high lie in different ones.
        grade_low, grade_high: the grades of low and high.
        ceilings: the ceilings that held the total down, or may.
        vetoes: the vetoes that set the grade.
        removed: weight that left the total because nothing in it applied.
    """

    outcome: Outcome
    grade: Text | None
    grade_low: Text | None
    grade_high: Text | None
    ceilings: tuple[Ceiling, ...] = ()
    vetoes: tuple[Veto, ...] = ()
    removed: Fraction = ZERO

    @property
    def is_open(self) -> bool:
        """Whether total or grade are not settled."""
        return self.outcome.points is None or self.grade_low != self.grade_high


class Scorer:
    """A framework made ready: leaves in order, weights and policies settled."""

    def __init__(self, framework: Framework) -> None:
        """Settle what does not depend on any figure."""
        self.framework = framework
        self.leaves = [
            Leaf(
                leaf.code,
                leaf.rule,
                slot_of(leaf.code, leaf.weight, leaf.out_of, leaf.unit),
                leaf.weight / leaf.out_of if leaf.out_of is not None else None,
            )
            for leaf in framework.leaves()
            if leaf.rule is not None
        ]
        roots = tuple(
            self._node(one, framework.missing, framework.not_applicable) for one in framework.indicators
        )
        self.is_plain_sum = all(
            node.combine is GroupRule.SUM and node.at_least is None for node, _ in framework.walk()
        )
        self.top = Node(
            "",
            framework.sum,
            None,
            roots,
            framework.missing,
            framework.not_applicable,
            GroupRule.SUM,
            extra=False,
        )

    def _node(self, one: Indicator, missing: Policy, not_applicable: Policy) -> Node:
        missing, not_applicable = one.missing or missing, one.not_applicable or not_applicable
        # Children of a block have no weight or rule of their own: the block is the leaf.
        children = (
            ()
            if one.rule is not None
            else tuple(self._node(c, missing, not_applicable) for c in one.children)
        )
        return Node(one.code, one.weight, one, children, missing, not_applicable, one.combine, one.extra)

    def needs(self) -> frozenset[str]:
        """Return the figures that points, total or grade rest on directly."""
        return frozenset(
            [name for leaf in self.leaves for name in leaf.rule.needs()]
            + [name for condition in self.conditions() for name in condition.names]
        )

    def conditions(self) -> list[Expression]:
        """Return the conditions of ceilings and vetoes."""
        ceilings, vetoes = self.framework.ceilings, self.framework.vetoes
        return [parsed(when) for when in [*(one.when for one in ceilings), *(one.when for one in vetoes)]]

    def outcomes(self, case: Case) -> dict[str, Outcome]:
        """Return the outcome of every indicator that has a rule, in points of its weight."""
        found: dict[str, Outcome] = {}
        for code, rule, slot, factor in self.leaves:
            outcome = rule.assess(case, slot)
            if factor is not None:
                state, points, low, high, work = outcome
                outcome = Outcome(
                    state, None if points is None else points * factor, low * factor, high * factor, work
                )
            found[code] = outcome
        return found

    def rolled_up(self, outcomes: Mapping[str, Outcome], groups: dict[str, Outcome] | None = None) -> Member:
        """Return the sum of the whole framework before caps; `groups` is filled with each group's outcome."""
        if groups is None and self.is_plain_sum:
            # Sums of sums are one sum; nobody asked for those of the groups.
            points = [outcome.points for outcome in outcomes.values() if outcome.points is not None]
            if len(points) == len(outcomes):
                total = sum(points, ZERO)
                return Member(
                    self.top.weight, Outcome(State.SCORED, total, total, total), self.top.extra, ZERO
                )
        return self._roll(self.top, outcomes, {} if groups is None else groups)

    def _roll(self, node: Node, outcomes: Mapping[str, Outcome], groups: dict[str, Outcome]) -> Member:
        if not node.children:
            return Member(node.weight, outcomes[node.code], node.extra, ZERO)
        members = [self._roll(child, outcomes, groups) for child in node.children]
        is_sum = node.combine is GroupRule.SUM
        if is_sum and all([member.outcome.points is not None for member in members]):  # noqa: C419 - a list is faster here
            points = members[0].outcome.points
            for member in members[1:]:
                points += member.outcome.points  # type: ignore[operator]  # all are known
            outcome = Outcome(State.SCORED, points, points, points)  # type: ignore[arg-type]  # all are known
            removed = sum([member.removed for member in members], ZERO)
        elif is_sum:
            outcome, removed = _combined(node, members)
            removed += sum([member.removed for member in members], ZERO)
        else:
            # A share of each member's weight is taken, so that what has left a member's weight is made up for there.
            outcome, removed = _combined(node, [member.made_whole() for member in members])[0], ZERO
        policy = _too_few(node, members)
        if policy is not None:
            outcome, removed = _uncounted(node, policy), ZERO
        groups[node.code] = outcome
        return Member(
            node.weight, outcome, node.extra, ZERO if node.extra else removed, is_group=True, policy=policy
        )

    def total(
        self, outcomes: Mapping[str, Outcome], case: Case, groups: dict[str, Outcome] | None = None
    ) -> Total:
        """Return total and grade: groups, renormalising, caps, ceilings, rounding, grade, vetoes."""
        framework = self.framework
        whole = self.rolled_up(outcomes, groups)
        state, points, low, high, _ = whole.outcome
        if state is State.NOT_APPLICABLE:
            return Total(whole.outcome, None, None, None, removed=whole.removed)
        if whole.removed:
            factor = framework.sum / (framework.sum - whole.removed)
            low, high = low * factor, high * factor
            points = None if points is None else points * factor
        low, high = self._capped(low), self._capped(high)
        points = None if points is None else self._capped(points)
        known, unknown = self._ceilings(case)
        held = tuple(ceiling for ceiling in (*known, *unknown) if ceiling.most < high)
        for change in (None, framework.round):
            # Ceilings hold before and after rounding, which must not lift the total over them again.
            if change is not None:
                low, high, points = change(low), change(high), None if points is None else change(points)
            high = min([high, *(ceiling.most for ceiling in known)])
            points = None if points is None else min(points, high)
            low = min([low, high, *(ceiling.most for ceiling in unknown)])
        if points is not None and low < points:
            state, points = State.MISSING, None
        most = min((ceiling.most for ceiling in known), default=None)
        found = [(veto, holds(parsed(veto.when), case.figures)) for veto in framework.vetoes]
        vetoes = tuple(veto for veto, applies in found if applies)
        best = vetoes[0].grade if vetoes else self.grade(high, most)
        worst = best if vetoes or points is not None else self.grade(low, most)
        if not vetoes:
            worst = self._worst([worst, *(veto.grade for veto, applies in found if applies is None)])
        certain = best if best == worst else None
        return Total(Outcome(state, points, low, high), certain, worst, best, held, vetoes, whole.removed)

    def _ceilings(self, case: Case) -> tuple[list[Ceiling], list[Ceiling]]:
        """Return the ceilings that hold, and those that may."""
        known: list[Ceiling] = []
        unknown: list[Ceiling] = []
        for ceiling in self.framework.ceilings:
            applies = holds(parsed(ceiling.when), case.figures)
            if applies is not False:
                (unknown if applies is None else known).append(ceiling)
        return known, unknown

    def _worst(self, grades: Sequence[Text | None]) -> Text | None:
        """Return the worst of several grades; one that is in no band counts as the worst of all."""
        order = [band.grade for band in self.framework.ranked()]
        return max(grades, key=lambda grade: order.index(grade) if grade in order else len(order))

    def _capped(self, total: Fraction) -> Fraction:
        if self.framework.most is not None:
            total = min(total, self.framework.most)
        return total if self.framework.least is None else max(total, self.framework.least)

    def grade(self, total: Fraction, most: Fraction | None = None) -> Text | None:
        """Return the grade of a total, which printing does not lift over the ceiling `most`."""
        framework = self.framework
        if framework.grade_on is GradeOn.PRINTED:
            total = rounded(total, Fraction(1, 10**framework.print_places))
            total = total if most is None else min(total, most)
        band = framework.grade(total)
        return band.grade if band is not None else None


def holds(condition: Expression, figures: Mapping[str, Input]) -> bool | None:
    """Return whether `condition` holds; None when a figure in it is not known or it divides by zero."""
    values: dict[str, Fraction] = {}
    for name in condition.names:
        value = figures[name]
        if isinstance(value, Lack):
            return None
        values[name] = value
    try:
        return condition.holds(values)
    except NoValueError:
        return None


def _combined(node: Node, members: Sequence[Member]) -> tuple[Outcome, Fraction]:
    """Return the outcome of a group of which some members give no points, and the weight that leaves the total."""
    staying: list[tuple[Fraction, Outcome, bool]] = []
    leaving: list[tuple[Fraction, Policy]] = []
    for member in members:
        weight, outcome, extra = member.weight, member.outcome, member.extra
        policy = _policy(node, member)
        if policy in LEAVING and not extra:
            leaving.append((weight, policy))
        elif policy is Policy.FULL or policy is Policy.ZERO:
            points = max(outcome.low, ZERO)
            if policy is Policy.FULL:
                points = weight if outcome.state is State.NOT_APPLICABLE else outcome.high
            staying.append((weight, Outcome(State.SCORED, points, points, points), extra))
        elif outcome.state is State.NOT_APPLICABLE and not extra:
            staying.append((weight, Outcome(State.MISSING, None, ZERO, weight), extra))
        else:
            staying.append((weight, outcome, extra))
    base = sum((weight for weight, _, extra in staying if not extra), ZERO)
    if leaving and not staying:
        return NOTHING, ZERO
    each = sum((w for w, policy in leaving if policy is Policy.SPREAD_EQUALLY), ZERO)
    each /= max(1, sum(bool(weight) and not extra for weight, _, extra in staying))
    shared = sum((w for w, policy in leaving if policy is Policy.SPREAD_IN_PROPORTION), ZERO)
    removed = sum((w for w, policy in leaving if policy is Policy.RENORMALISE), ZERO)
    lows, highs = [], []
    for weight, outcome, extra in staying:
        factor = Fraction(1) if extra or not weight else (weight + each + weight * shared / base) / weight
        lows.append((weight * factor, outcome.low * factor, extra))
        highs.append((weight * factor, outcome.high * factor, extra))
    low, high = _joined(node, lows), _joined(node, highs)
    states = {outcome.state for _, outcome, _ in staying}
    for state in (State.MISSING, State.DISPUTED):
        if state in states:
            return Outcome(state, None, low, high), removed
    return Outcome(State.SCORED, low, low, low), removed


def _policy(node: Node, member: Member) -> Policy | None:
    """Return what becomes of a member without points; None for one that stays as it is.

    A disputed figure stays between its candidates. A group was rolled up under its own policies already.
    """
    if member.policy is not None:
        return member.policy
    if member.outcome.state is State.NOT_APPLICABLE:
        return node.not_applicable
    if member.outcome.state is State.MISSING and member.outcome.points is None and not member.is_group:
        return node.missing
    return None


def _joined(node: Node, parts: Sequence[tuple[Fraction, Fraction, bool]]) -> Fraction:
    """Return the points of a group from its members' weights and points."""
    beyond = sum((points for _, points, extra in parts if extra), ZERO)
    if node.combine is GroupRule.SUM:
        return sum((points for _, points, extra in parts if not extra), beyond)
    shares = [points / weight for weight, points, extra in parts if not extra and weight]
    if not shares:
        return beyond
    match node.combine:
        case GroupRule.BEST:
            share = max(shares)
        case GroupRule.WORST:
            share = min(shares)
        case GroupRule.GEOMETRIC_MEAN:
            product = Fraction(1)
            for one in shares:
                product *= max(one, ZERO)
            share = root(product, len(shares))
        case _:
            share = sum(shares, ZERO) / len(shares)
    return share * node.weight + beyond


def _too_few(node: Node, members: Sequence[Member]) -> Policy | None:
    """Return the policy of a group that has fewer scored members than it needs; None when it has enough."""
    one = node.indicator
    if one is None or one.at_least is None:
        return None
    is_enough = sum(member.outcome.state is State.SCORED for member in members) >= one.at_least
    return None if is_enough else one.otherwise


def _uncounted(node: Node, policy: Policy) -> Outcome:
    """Return the outcome of a group that does not count, before its own group does what `policy` says."""
    least = node.indicator.at_least if node.indicator is not None else None
    why = Text(f"有得分的指标不足 {least} 项", f"fewer than {least} indicators are scored")
    if policy in LEAVING:
        return Outcome(State.NOT_APPLICABLE, None, ZERO, ZERO, Lack(State.NOT_APPLICABLE, why))
    return Outcome(State.MISSING, None, ZERO, node.weight, Lack(State.MISSING, why))
