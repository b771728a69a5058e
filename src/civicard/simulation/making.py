"""Batches, attempts, cards, blanks and boxes. Pure.

Numbers follow the order in which things happen: batches as they are put together, cards as their making starts, blanks
as they are taken out. Only what happens within the year gets a number.
"""

from dataclasses import dataclass

import numpy as np

from civicard.cards.codes import MakingCause
from civicard.simulation.days import DAY_SECONDS, Ints
from civicard.simulation.plan import NEVER, Plan
from civicard.simulation.stages import Stage
from civicard.simulation.timeline import FAILED_INSPECTION, SPOILED_ONCE, SPOILED_TWICE, Timeline

CAUSES = tuple(MakingCause)
# Seconds, from and up to: how long a card takes, after how long a machine stops at a fault, and until it goes on.
MAKING, STOPPING, RESUMING = (40, 121), (15, 61), (600, 2401)
# Blanks are taken out so long before the machines begin, and so long before a single remake.
TAKEN_BEFORE, REMAKE_BEFORE = 1800, 60
LOT_COMES_IN = 10 * 3600
NONE = -1


@dataclass(kw_only=True, slots=True)
class Batches:
    """Batches: `of` gives the number for each application (0 without one), `at` the moment for each."""

    of: Ints
    at: Ints


@dataclass(kw_only=True, slots=True)
class Attempts:
    """Attempts in the order in which they start; each has a card and a blank.

    Attributes:
        application: position of the application.
        number: 1 for the first attempt at it.
        started: moment it begins.
        failed: moment the machine stops at a fault.
        made: moment the card is made.
        rejected: moment it fails its inspection.
        cause: position in `CAUSES` of what fails; `NONE` for good ones.
        card: number of the card, from 1.
        blank: serial of the blank.
    """

    application: Ints
    number: Ints
    started: Ints
    failed: Ints
    made: Ints
    rejected: Ints
    cause: Ints
    card: Ints
    blank: Ints


@dataclass(kw_only=True, slots=True)
class Ranges:
    """Ranges of blanks that come in or are taken out: moment, number (of lot or batch), first serial, quantity."""

    at: Ints
    number: Ints
    first: Ints
    quantity: Ints


def batches(plan: Plan, line: Timeline, bank: Ints) -> Batches:
    """Put applications together: by day and bank, no more in a batch than the scenario says."""
    since, until = plan.hours(Stage.BATCHING)
    of = np.zeros(len(bank), dtype=np.int32)
    at = np.full(len(bank), NEVER, dtype=np.int32)
    places = np.minimum(line.batched_on, len(plan.days.open_days) - 1)
    day = plan.days.at_place(places)
    rows = np.flatnonzero((line.batched_on != NEVER) & (day < plan.days.length))
    rows = rows[np.lexsort((bank[rows], day[rows]))]
    key = day[rows] * np.int64(1000) + bank[rows]
    is_first = np.ones(len(rows), dtype=bool)
    is_first[1:] = key[1:] != key[:-1]
    group = np.cumsum(is_first) - 1
    within = np.arange(len(rows)) - np.flatnonzero(is_first)[group]
    most = max(1, plan.count(plan.opened.scenario.production.batch))
    begins = within % most == 0
    number = np.cumsum(begins)
    of[rows] = number
    # The batches of a day follow one another through the hours of batching.
    days_of_batches = day[rows][begins]
    today = np.arange(len(days_of_batches)) - np.searchsorted(days_of_batches, days_of_batches)
    of_day = np.bincount(days_of_batches)[days_of_batches]
    moments = days_of_batches * DAY_SECONDS + since + today * (until - since) // of_day
    at[rows] = moments[number - 1]
    return Batches(of=of, at=at)


def attempts(plan: Plan, line: Timeline, batch: Ints, cards_before: int) -> tuple[Attempts, Ranges]:
    """Return all attempts of the year, and the ranges of blanks taken out for them.

    Args:
        plan: the plan.
        line: when the applications pass their stages.
        batch: number of the batch of each application.
        cards_before: the highest number that a card has already.
    """
    found = _attempts(plan, line)
    order = np.argsort(found.started, kind="stable")
    order = order[found.started[order] < plan.days.end]
    for name in ("application", "number", "started", "failed", "made", "rejected", "cause"):
        setattr(found, name, getattr(found, name)[order])
    found.card = cards_before + 1 + np.arange(len(order), dtype=np.int64)
    found.blank, taken = _blanks(plan, found, batch)
    return found, taken


def _attempts(plan: Plan, line: Timeline) -> Attempts:
    chance = plan.chance
    number = len(line.started)
    every = np.arange(number, dtype=np.int32)
    is_spoiled = (line.ending == SPOILED_ONCE) | (line.ending == SPOILED_TWICE)
    spoiled = every[is_spoiled]
    twice = every[line.ending == SPOILED_TWICE]
    rejected = every[line.ending == FAILED_INSPECTION]

    def later(label: str, at: Ints, spread: tuple[int, int]) -> Ints:
        return at + chance.within(label, *spread, len(at))

    stopped = np.full(number, NEVER, dtype=np.int32)
    stopped[spoiled] = later("stopped", line.started[spoiled], STOPPING)
    second = later("resumed", stopped[spoiled], RESUMING)
    is_again = line.ending[spoiled] == SPOILED_TWICE
    stopped_again = np.where(is_again, later("stopped-again", second, STOPPING), NEVER)
    third = later("resumed-again", stopped_again[is_again], RESUMING)
    application = np.concatenate([every, spoiled, twice, rejected])
    started = np.concatenate([line.started, second, third, line.remade[rejected]])
    never = [np.full(len(one), NEVER, dtype=np.int32) for one in (twice, rejected)]
    failed = np.concatenate([stopped, stopped_again, *never])
    # A moment that never comes must not come by adding to it.
    made = np.minimum(started, NEVER - MAKING[1]) + chance.within("making", *MAKING, len(started))
    made = np.where((failed != NEVER) | (started == NEVER), NEVER, made)
    is_rejected = np.concatenate(
        [line.ending == FAILED_INSPECTION, np.zeros(len(started) - number, dtype=bool)]
    )
    rejections = np.where(
        is_rejected, np.concatenate([line.inspected_at_first, np.full(len(started) - number, NEVER)]), NEVER
    )
    return Attempts(
        application=application,
        number=np.concatenate([np.ones(number), np.full(len(spoiled), 2), np.full(len(twice), 3), np.full(len(rejected), 2)]).astype(np.int8),
        started=started.astype(np.int32), failed=failed.astype(np.int32), made=made.astype(np.int32),
        rejected=rejections.astype(np.int32),
        cause=_causes(plan, failed != NEVER, is_rejected),
        card=every, blank=every,
    )  # fmt: skip


def _causes(plan: Plan, in_machine: Ints, at_inspection: Ints) -> Ints:
    failures = plan.opened.scenario.failures
    cause = np.full(len(in_machine), NONE, dtype=np.int8)
    for label, shares, chosen in (
        ("failed-in-machine", failures.in_machine, in_machine),
        ("failed-at-inspection", failures.at_inspection, at_inspection),
    ):
        rows = np.flatnonzero(chosen)
        places = np.array([CAUSES.index(one) for one in shares], dtype=np.int8)
        cause[rows] = places[plan.chance.pick(label, list(shares.values()), len(rows))]
    return cause


def _blanks(plan: Plan, found: Attempts, batch: Ints) -> tuple[Ints, Ranges]:
    """Return the blank of each attempt, and the takings: for the first attempts of a batch, and for remakes by day."""
    day = found.started // DAY_SECONDS
    is_first = found.number == 1
    since = plan.hours(Stage.MAKING)[0]
    of_batch = batch[found.application].astype(np.int64)
    key = of_batch * 1000 + np.where(is_first, 0, 1 + day)
    order = np.argsort(key, kind="stable")
    starts = (
        np.flatnonzero(np.concatenate([[True], key[order][1:] != key[order][:-1]])) if len(order) else order
    )
    quantity = np.diff(np.append(starts, len(order)))
    # Attempts stand in the order of their start, so that the first of a group is its earliest.
    earliest = order[starts]
    at = np.where(
        is_first[earliest],
        day[earliest] * DAY_SECONDS + since - TAKEN_BEFORE,
        found.started[earliest] - REMAKE_BEFORE,
    )
    turn = np.argsort(at, kind="stable")
    first = np.empty(len(starts), dtype=np.int64)
    first[turn] = 1 + np.cumsum(quantity[turn]) - quantity[turn]
    blank = np.empty(len(order), dtype=np.int64)
    blank[order] = np.repeat(first, quantity) + np.arange(len(order)) - np.repeat(starts, quantity)
    return blank, Ranges(
        at=at[turn], number=of_batch[earliest][turn], first=first[turn], quantity=quantity[turn]
    )


def lots(plan: Plan, taken: Ranges) -> Ranges:
    """Return the lots that blanks come in, each in time before the first of them is taken out."""
    production = plan.opened.scenario.production
    size = max(1, plan.count(production.lot))
    last = int((taken.first + taken.quantity - 1).max(initial=0))
    number = np.arange(-(-last // size), dtype=np.int64)
    # The taking that first touches each lot.
    touched = np.searchsorted(taken.first + taken.quantity - 1, number * size + 1)
    day = taken.at[touched] // DAY_SECONDS - production.lot_ahead_days
    worked = plan.days.at_place(np.maximum(plan.days.place(np.maximum(day, 0)), 0))
    at = np.where(day < plan.days.open_days[0], 0, worked * DAY_SECONDS + LOT_COMES_IN)
    return Ranges(at=at, number=number + 1, first=number * size + 1, quantity=np.full(len(number), size))


def boxes(plan: Plan, line: Timeline, station: Ints) -> Ints:
    """Return the number of the box of each application's card: one a station and day; 0 without one."""
    key = line.dispatched_on.astype(np.int64) * plan.station_bounds[-1] + station
    rows = np.flatnonzero(line.dispatched < plan.days.end)
    box = np.zeros(len(station), dtype=np.int64)
    box[rows] = np.unique(key[rows], return_inverse=True)[1] + 1
    return box


def final_cards(found: Attempts, applications: int) -> Ints:
    """Return the number of the last card begun for each application; 0 where none was."""
    card = np.zeros(applications, dtype=np.int64)
    # Attempts stand in the order of their start, and the last assignment to a place wins.
    card[found.application] = found.card
    return card
