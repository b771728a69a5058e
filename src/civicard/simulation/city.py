"""One invented city, worked out from its plan: everything that will become facts, as arrays. Pure."""

from dataclasses import dataclass

import numpy as np

from civicard.simulation.days import DAY_SECONDS, Ints
from civicard.simulation.holding import Hands, Stories, stories, uncollected
from civicard.simulation.intake import Applications, applications
from civicard.simulation.making import Attempts, Batches, Ranges, attempts, batches, boxes, final_cards, lots
from civicard.simulation.persons import BroughtIn, Persons, brought_in, persons
from civicard.simulation.plan import NEVER, Plan
from civicard.simulation.timeline import Timeline, timeline

# An account that is activated on the day of the hand-over is so within the visit; later, at any hour people are awake.
IN_THE_VISIT = (300, 3001)
AWAKE = (8 * 3600, 21 * 3600)


@dataclass(kw_only=True, slots=True)
class City:
    """Everything about one city.

    Attributes:
        plan: what it was made from.
        applications: who applied.
        line: when each application passed each stage.
        bank: position of the bank of each application.
        batches: of the applications.
        attempts: at cards.
        taken: blanks taken out.
        lots: blanks that came in.
        card: number of each application's card; 0 without one.
        box: number of the box of each application's card; 0 without one.
        who: the people.
        before: cards brought in.
        uncollected: applications whose card nobody picks up, when it goes back, when it is at the centre.
        activated: moment at which each application's account is activated.
        stories: what happens to cards in hand.
    """

    plan: Plan
    applications: Applications
    line: Timeline
    bank: Ints
    batches: Batches
    attempts: Attempts
    taken: Ranges
    lots: Ranges
    card: Ints
    box: Ints
    who: Persons
    before: BroughtIn
    uncollected: tuple[Ints, Ints, Ints]
    activated: Ints
    stories: Stories


def city(plan: Plan) -> City:
    """Return the city of a plan.

    Raises:
        ScenarioImpossible: the counts of the scenario exclude each other.
    """
    found = applications(plan)
    line = timeline(plan, found)
    bank = plan.chance.pick("bank", list(plan.opened.scenario.accounts.banks.values()), len(found))
    batch = batches(plan, line, bank)
    tries, taken = attempts(plan, line, batch.of, plan.brought_in)
    card = final_cards(tries, len(found))
    left_behind = uncollected(plan, line.received)
    line.handed_over[left_behind[0]] = NEVER
    before = brought_in(plan)
    who = persons(plan, found, line.handed_over, card, before)
    told = stories(plan, found, Hands(handed_over=line.handed_over, card=card, who=who, before=before))
    return City(
        plan=plan, applications=found, line=line, bank=bank, batches=batch, attempts=tries, taken=taken,
        lots=lots(plan, taken), card=card, box=boxes(plan, line, found.station), who=who, before=before,
        uncollected=left_behind, activated=_activated(plan, line, told), stories=told,
    )  # fmt: skip


def _activated(plan: Plan, line: Timeline, told: Stories) -> Ints:
    """Return when each account is activated: never, where something happened to the card before."""
    accounts, chance, number = plan.opened.scenario.accounts, plan.chance, len(line.handed_over)
    is_activated = chance.within("activated", 0, 100, number) < accounts.activated_percent
    is_activated &= line.handed_over < plan.days.end
    handed = np.where(is_activated, line.handed_over, 0).astype(np.int64)
    after = chance.days("activation", accounts.after_days, number)
    later = (handed // DAY_SECONDS + after) * DAY_SECONDS + chance.within("activation-time", *AWAKE, number)
    at = np.where(after == 0, handed + chance.within("activation-visit", *IN_THE_VISIT, number), later)
    return np.where(is_activated & (at < told.ends_activation), at, NEVER)
