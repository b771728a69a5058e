"""Who the applicants are, which cards they had before, and how long the new ones are valid. Pure.

People are numbers until they are written: first those whose cards are brought in, then the applicants in the order of
their applications. Two applications belong to one person only where the second takes the place of the first one's card.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from civicard.cards.codes import Reason
from civicard.people.rules.ages import BANDS
from civicard.simulation.counts import shared
from civicard.simulation.days import DAY_SECONDS, Flags, Ints
from civicard.simulation.intake import AGES, REASONS, Applications, Group
from civicard.simulation.plan import Plan

FIRST, REPLACEMENT, REISSUE = (
    REASONS.index(one) for one in (Reason.FIRST, Reason.REPLACEMENT, Reason.REISSUE)
)
NONE = -1
# A card is in its holder's hands for so long at least before another takes its place.
DAYS_IN_HAND = 3
OLDEST = 95
MONTHS_OF_YEAR = 12


@dataclass(kw_only=True, slots=True)
class BroughtIn:
    """Cards that are brought in: number, holder and position are one and the same, from 0."""

    district: Ints
    age: Ints
    is_active: Flags


@dataclass(kw_only=True, slots=True)
class Persons:
    """The people behind the applications.

    Attributes:
        of: number of the person of each application.
        old_application: position of the application whose card it takes the place of; `NONE` without one.
        old_card: number of the card that it takes the place of; 0 without one.
        age: age band of each applicant, which is that of the person.
    """

    of: Ints
    old_application: Ints
    old_card: Ints
    age: Ints


def brought_in(plan: Plan) -> BroughtIn:
    """Return the cards that are brought in, district by district and age band by age band."""
    scenario, number = plan.opened.scenario, plan.brought_in
    if scenario.brought_in is None:
        empty = np.zeros(0, dtype=np.int8)
        return BroughtIn(district=empty, age=empty, is_active=empty.astype(bool))
    ages = [AGES.index(one) for one in scenario.ages]
    by_district = shared(number, plan.people)
    by_age = [shared(one, list(scenario.ages.values())) for one in by_district]
    percent = scenario.brought_in.active_percent
    return BroughtIn(
        district=np.repeat(np.arange(len(by_district), dtype=np.int8), by_district),
        age=np.concatenate([np.repeat(np.array(ages, dtype=np.int8), parts) for parts in by_age]),
        is_active=plan.chance.within("active", 0, 100, number) < percent,
    )


def persons(
    plan: Plan, applications: Applications, handed_over: Ints, card: Ints, before: BroughtIn
) -> Persons:
    """Return who applies.

    Args:
        plan: the plan.
        applications: all applications.
        handed_over: moment at which each application's card is handed over.
        card: number of each application's card.
        before: the cards that are brought in.
    """
    number = len(applications)
    of = plan.brought_in + np.arange(number, dtype=np.int64)
    found = Persons(
        of=of,
        old_application=np.full(number, NONE, dtype=np.int64),
        old_card=np.zeros(number, dtype=np.int64),
        age=applications.age.copy(),
    )
    may = (applications.group != Group.REFUSED) & (applications.reason != FIRST)
    if plan.brought_in:
        _from_before(plan, applications, before, np.flatnonzero(may), found)
    else:
        _within_the_year(plan, applications, handed_over, card, found)
    return found


def _from_before(
    plan: Plan, applications: Applications, before: BroughtIn, rows: Ints, found: Persons
) -> None:
    """Let each of `rows` take the place of a card of its district that was brought in."""
    for district, code in enumerate(plan.districts):
        here = rows[applications.district[rows] == district]
        cards = np.flatnonzero(before.district == district)
        chosen = plan.chance.some(f"before-{code}", cards, len(here))
        here = here[: len(chosen)]
        found.of[here] = plan.chance.stream(f"before-order-{code}").permutation(chosen)
        found.old_card[here] = found.of[here] + 1
        found.age[here] = before.age[found.of[here]]


def _within_the_year(
    plan: Plan, applications: Applications, handed_over: Ints, card: Ints, found: Persons
) -> None:
    """Let some reissues and replacements take the place of a card that was handed over earlier in the year."""
    holding = plan.opened.scenario.holding
    for reason, count in ((REISSUE, holding.reissued), (REPLACEMENT, holding.replaced)):
        news = np.flatnonzero((applications.reason == reason) & (applications.group != Group.REFUSED))
        # No card is replaced twice, and none follows on one that follows: a chain has two links at most.
        is_old = handed_over < plan.days.end
        is_old[found.old_application[found.old_application != NONE]] = False
        is_old &= ~np.isin(applications.reason, (REISSUE, REPLACEMENT))
        label = f"same-year-{REASONS[reason]}"
        wanted = plan.count(count)
        pairs: list[tuple[Ints, Ints]] = []
        for district, code in enumerate(plan.districts):
            here = news[applications.district[news] == district]
            old = np.flatnonzero(is_old & (applications.district == district))
            old = old[np.argsort(handed_over[old], kind="stable")]
            ready = np.searchsorted(handed_over[old], applications.at[here] - DAYS_IN_HAND * DAY_SECONDS)
            here, ready = here[ready > 0], ready[ready > 0]
            spread = plan.chance.stream(f"{label}-{code}").integers(0, 1 << 31, len(here))
            place, kept = np.unique(spread * ready >> 31, return_index=True)
            pairs.append((here[kept], old[place]))
        new, old = (np.concatenate(side) for side in zip(*pairs, strict=True))
        chosen = plan.chance.some(label, np.arange(len(new)), wanted)
        new, old = new[chosen], old[chosen]
        found.old_application[new] = old
        found.old_card[new] = card[old]
        found.of[new] = found.of[old]
        found.age[new] = applications.age[old]


def born(plan: Plan, numbers: Ints, age: Ints) -> npt.NDArray[np.datetime64]:
    """Return when people were born, so that they stay in their age band for the whole year."""
    least = {band: at for at, band in BANDS}
    above = {band: older - 1 for (older, _), (_, band) in pairwise(BANDS)}
    year = plan.days.year
    first = np.array([_january(year - above.get(band, OLDEST)) for band in AGES])
    last = np.array([_january(year - least[band]) for band in AGES])
    span = (last - first).astype(np.int64)[age] + 1
    drawn = plan.chance.pseudonyms("born", numbers)
    return np.asarray(first[age] + (drawn % span).astype("timedelta64[D]"))


def _january(year: int) -> np.datetime64:
    return np.datetime64(f"{year:04d}-01-01", "D")


def valid_until(plan: Plan, applied: Ints, born_on: npt.NDArray[np.datetime64]) -> npt.NDArray[np.datetime64]:
    """Return the last day of validity by the programme's rules; not a time where it is without end."""
    on = plan.days.dates(applied).astype("datetime64[D]")
    ages = _ages(born_on, on)
    until = np.full(len(on), np.datetime64("NaT"), dtype="datetime64[D]")
    for row in plan.rules.validity:
        rows = np.flatnonzero((ages >= row.from_age) & (ages < (row.below_age or OLDEST + 1)))
        if row.until_age is not None:
            until[rows] = _anniversary(born_on[rows], row.until_age)
        elif row.years is not None:
            until[rows] = _anniversary(on[rows], row.years)
    return until


def _ages(born_on: npt.NDArray[np.datetime64], on: npt.NDArray[np.datetime64]) -> Ints:
    years = on.astype("datetime64[Y]").astype(np.int64) - born_on.astype("datetime64[Y]").astype(np.int64)
    return np.asarray(years - (on < _anniversary(born_on, years)))


def _anniversary(day: npt.NDArray[np.datetime64], years: Ints | int) -> npt.NDArray[np.datetime64]:
    """Return the same days years on, by the rule of `people.rules.anniversary`: 28 February for a 29 February."""
    month = day.astype("datetime64[M]")
    later = month + np.asarray(np.asarray(years) * MONTHS_OF_YEAR).astype("timedelta64[M]")
    same = later.astype("datetime64[D]") + (day - month.astype("datetime64[D]"))
    last = (later + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    return np.asarray(np.minimum(same, last))
