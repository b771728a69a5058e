"""Whether a peer gives the points that exact fractions give, and where binary numbers make it differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.peers.table import leaves

from civicard.kernel.exact import Fraction
from civicard.scoring import Programme, Units, UnitScores
from civicard.scoring.figures import Lack
from civicard.scoring.many import Cases
from civicard.scoring.rules.base import Rule
from civicard.scoring.rules.step import StepRule

TOLERANCE = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class Noise:
    """What binary numbers changed.

    Attributes:
        points: scores that differ by one whole step, because the peer starts a step that no figure started, or misses one.
        edges: scores at which that can happen: the figure lies exactly where a step begins.
        grades: units whose grade differs.
    """

    points: int
    edges: int
    grades: int


def noise(
    programme: Programme, units: Units, exact: UnitScores, theirs: Mapping[str, Sequence[float]]
) -> Noise:
    """Compare all points of a peer with the exact ones.

    Raises:
        AssertionError: points differ for another reason than a figure that lies exactly where a step begins.
    """
    rows, scored = Cases(programme, units), leaves(programme)
    points = edges = grades = 0
    for at in range(units.number):
        figures = rows.figures(at)
        total = Fraction(0)
        for leaf in scored:
            ours, their = exact.outcomes[leaf.code][at].points, theirs[leaf.code][at]
            assert ours is not None
            on_edge = _on_edge(leaf.rule, figures)
            edges += on_edge
            if abs(float(ours) - their) > TOLERANCE:
                step = float(leaf.rule.deduct) if on_edge and isinstance(leaf.rule, StepRule) else 0
                assert abs(abs(float(ours) - their) - step) < TOLERANCE, (
                    f"{leaf.code} of unit {at}: {ours} exactly, {their} by the peer"
                )
                points += 1
            total += Fraction(round(their * 2), 2)
        assert abs(float(total) - theirs["total"][at]) < TOLERANCE, f"the peer's total of unit {at}"
        band = programme.framework.grade(total)
        grades += band is None or band.grade != exact.totals[at].grade
    return Noise(points=points, edges=edges, grades=grades)


def _on_edge(rule: Rule, figures: Mapping[str, Fraction | Lack]) -> bool:
    """Whether the figure lies a whole number of steps, and at least one, below its target."""
    if not isinstance(rule, StepRule):
        return False
    value = figures[rule.figure]
    assert not isinstance(value, Lack)
    steps: Fraction = (rule.target - value) / rule.step
    return steps >= 0 and steps.denominator == 1
