"""Which applications are late, and at which stage they lose their time. Pure."""

import numpy as np
import numpy.typing as npt

from civicard.simulation.days import Ints
from civicard.simulation.intake import Applications
from civicard.simulation.plan import Plan
from civicard.simulation.stages import Stage

# What is not late.
IN_TIME = -1
STAGES = tuple(Stage)


def late_stages(plan: Plan, applications: Applications) -> npt.NDArray[np.int8]:
    """Return for each application the position in `STAGES` of what makes it late, or `IN_TIME`.

    Exactly as many as the scenario says at this scale; where and when they are frequent follows its troubles.
    """
    wanted = plan.count(plan.opened.scenario.volumes.late)
    causes = np.full(len(applications), IN_TIME, dtype=np.int8)
    rows = np.flatnonzero(applications.is_due)
    months = plan.days.month[applications.day[rows]]
    cell = (months - 1) * len(plan.districts) + applications.district[rows]
    rows = rows[np.argsort(cell, kind="stable")]
    sizes = np.bincount(cell, minlength=12 * len(plan.districts))
    starts = np.cumsum(sizes) - sizes
    stages = list(plan.opened.scenario.lateness.stages)
    weights = _weights(plan, stages) * sizes[:, None]
    if wanted and not weights.any():
        raise plan.impossible("没有可以逾期的申领", "there is no application that could be late")
    found: dict[int, int] = {}
    attempt = 0
    while len(found) < wanted:
        number = 2 * (wanted - len(found)) + len(stages)
        place = plan.chance.pick(f"late-{attempt}", weights.ravel().tolist(), number).astype(np.int64)
        of_cell, stage = np.divmod(place, len(stages))
        spread = plan.chance.stream(f"late-member-{attempt}").integers(0, 1 << 31, number)
        member = starts[of_cell] + (spread * sizes[of_cell] >> 31)
        for row, which in zip(rows[member].tolist(), stage.tolist(), strict=True):
            if len(found) < wanted:
                found.setdefault(row, which)
        attempt += 1
    order = np.array([STAGES.index(one) for one in stages], dtype=np.int8)
    causes[np.array(list(found), dtype=np.int64)] = order[np.array(list(found.values()), dtype=np.int64)]
    return causes


def _weights(plan: Plan, stages: list[Stage]) -> Ints:
    """Return how frequent lateness is, row by row for month and district, column by column for the stages."""
    lateness = plan.opened.scenario.lateness
    weights = np.zeros((12, len(plan.districts), len(stages)), dtype=np.int64)
    weights += np.array([lateness.stages[one] for one in stages])
    for trouble in lateness.troubles:
        months = [month - 1 for month in trouble.months] or list(range(12))
        districts = [plan.districts.index(one) for one in trouble.districts] or list(
            range(len(plan.districts))
        )
        if trouble.stage in stages:
            weights[np.ix_(months, districts, [stages.index(trouble.stage)])] *= trouble.times
    return weights.reshape(-1, len(stages))
