"""Who applies, where and when: all applications of the year in the order of their intake. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import lcm

import numpy as np
import numpy.typing as npt

from civicard.cards.codes import Channel, Reason
from civicard.people.rules import AgeBand
from civicard.simulation.counts import shared
from civicard.simulation.days import DAY_SECONDS, SATURDAY, SUNDAY, Flags, Ints
from civicard.simulation.plan import Plan, seconds

REASONS, CHANNELS, AGES = tuple(Reason), tuple(Channel), tuple(AgeBand)
ORDINARY = 100


class Group(IntEnum):
    """What an application counts as: due in the year, due after it, or refused."""

    DUE = 0
    AFTER = 1
    REFUSED = 2


@dataclass(kw_only=True, slots=True)
class Applications:
    """All applications; row by row in the order of intake.

    Attributes:
        group: what each counts as.
        at: moment of intake.
        day: day of intake.
        district: position of the district.
        station: position of the station.
        reason: position in `REASONS`.
        channel: position in `CHANNELS`.
        age: position in `AGES`.
    """

    group: Ints
    at: Ints
    day: Ints
    district: Ints
    station: Ints
    reason: Ints
    channel: Ints
    age: Ints

    def __len__(self) -> int:
        return len(self.at)

    @property
    def is_due(self) -> Flags:
        """Whether each falls due in the year and is not refused."""
        return np.asarray(self.group == Group.DUE)


def applications(plan: Plan) -> Applications:
    """Return the applications of the year.

    Raises:
        ScenarioImpossible: there are none, or no day on which they could come in.
    """
    scenario, chance = plan.opened.scenario, plan.chance
    cells = [cell for group in Group for cell in _cells(plan, group)]
    if not cells:
        raise plan.impossible("没有一件申领", "there is not one application")
    group, day, district = (np.concatenate(columns) for columns in zip(*cells, strict=True))
    number = len(group)
    at = day * DAY_SECONDS + chance.within("intake-time", *seconds(scenario.intake), number)
    order = np.argsort(at, kind="stable")
    group, at, day, district = group[order], at[order], day[order], district[order]
    return Applications(
        group=group, at=at, day=day, district=district,
        station=_stations(plan, district),
        reason=_reasons(plan, day),
        channel=_picked(plan, "channel", scenario.channels.items(), CHANNELS, number),
        age=_picked(plan, "age", scenario.applicants.items(), AGES, number),
    )  # fmt: skip


def _day_weights(plan: Plan) -> npt.NDArray[np.int64]:
    """Return how much comes in on each day of the year, of 100 on an ordinary working day."""
    days, calendar = plan.days, plan.opened.scenario.calendar
    weights = np.full(days.length, ORDINARY, dtype=np.int64)
    is_off = ~days.is_worked[: days.length]
    weekday = days.weekday[: days.length]
    weights[is_off & (weekday == SATURDAY)] = calendar.saturday
    weights[is_off & (weekday == SUNDAY)] = calendar.sunday
    weights[days.is_closed[: days.length]] = 0
    return weights


def _cells(plan: Plan, group: Group) -> Iterable[tuple[Ints, Ints, Ints]]:
    """Yield group, day and district of the applications of each month.

    Months and districts get their parts by largest remainder, so that they add up at every scale; the days within a
    month are drawn.
    """
    scenario, days = plan.opened.scenario, plan.days
    volumes = scenario.volumes
    weights = _day_weights(plan)
    last_due = days.length - 1 - plan.rules.promised_days
    is_due = np.arange(days.length) <= last_due
    takes = is_due if group is Group.DUE else ~is_due if group is Group.AFTER else np.ones_like(is_due)
    monthly = {month: volumes.taken_in.get(month, 0) for month in range(1, 13)}
    whole = {month: int(weights[days.month == month].sum()) for month in monthly}
    common = lcm(*(one for one in whole.values() if one))
    parts = {
        month: volume * int(weights[(days.month == month) & takes].sum()) * common // (whole[month] or 1)
        for month, volume in monthly.items()
    }
    total = {
        Group.DUE: volumes.due,
        Group.AFTER: -(-sum(parts.values()) // common),
        Group.REFUSED: volumes.refused,
    }[group]
    if total and not sum(parts.values()):
        raise plan.impossible("没有可受理的日子", "there is no day on which applications could come in")
    counts = shared(plan.count(total), list(parts.values())) if total else [0] * len(parts)
    for month, count in zip(parts, counts, strict=True):
        pool = np.flatnonzero((days.month == month) & takes & (weights > 0))
        if count:
            label = f"intake-day-{group.name}-{month}"
            if group is Group.AFTER:
                # Even over the days: the count of good cards needs some of these, also of a very small city.
                even = np.repeat(pool, shared(count, weights[pool].tolist()))
                chosen = plan.chance.stream(label).permutation(even)
            else:
                chosen = pool[plan.chance.pick(label, weights[pool].tolist(), count)]
            district = np.repeat(np.arange(len(plan.people), dtype=np.int16), shared(count, plan.people))
            yield np.full(count, group, dtype=np.int8), chosen.astype(np.int32), district


def _stations(plan: Plan, district: Ints) -> Ints:
    """Return a station of its district for each application; stations differ in size."""
    station = np.empty(len(district), dtype=np.int32)
    sizes = plan.chance.within("station-size", 60, 141, plan.station_bounds[-1])
    for at, (since, until) in enumerate(zip(plan.station_bounds, plan.station_bounds[1:], strict=False)):
        rows = np.flatnonzero(district == at)
        label = f"station-{plan.districts[at]}"
        picked = plan.chance.pick(label, sizes[since:until].tolist(), len(rows))
        station[rows] = picked.astype(np.int32) + since
    return station


def _reasons(plan: Plan, day: Ints) -> Ints:
    entries = sorted(plan.opened.scenario.reasons, key=lambda one: one.since)
    reason = np.zeros(len(day), dtype=np.int8)
    for at, entry in enumerate(entries):
        picked = _picked(plan, f"reason-{at}", entry.shares.items(), REASONS, len(day))
        since = plan.days.number(entry.since)
        reason = np.where(day >= since, picked, reason)
    return reason


def _picked(
    plan: Plan, label: str, shares: Iterable[tuple[object, int]], words: Sequence[object], number: int
) -> Ints:
    """Return positions in `words`, each as frequent as its share."""
    entries = list(shares)
    places = np.array([words.index(word) for word, _ in entries], dtype=np.int8)
    return np.asarray(places[plan.chance.pick(label, [share for _, share in entries], number)])
