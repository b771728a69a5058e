"""When things end: validity, promised days, losses, waiting. Pure.

A business day is a day in the programme's time zone, an instant is UTC. A period of hours runs from instant to instant;
a period of days does not count the day it begins on and ends with its last day. Holidays do not move an end: no source
of a programme says so, and the stricter reading is the one that a promise is held to.

Source: 《中华人民共和国民法典》 arts. 201 and 202.
"""

from datetime import UTC, date, datetime, time, timedelta, timezone

from civicard.cards.codes import CardState
from civicard.cards.rules.programme import ProgrammeRules
from civicard.people.rules import age_on, anniversary

# ASSUMPTION: every programme lies in China, which has one zone and since 1992 no summer time. A fixed offset needs no
# tables of zones, which the machine may have in another version.
ZONE = timezone(timedelta(hours=8), "Asia/Shanghai")


def business_day(at: datetime) -> date:
    """Return the business day of an instant.

    >>> business_day(datetime(2018, 12, 31, 16, 0, tzinfo=UTC)).isoformat()
    '2019-01-01'
    """
    return at.astimezone(ZONE).date()


def end_of(day: date) -> datetime:
    """Return the first instant after a business day, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), ZONE).astimezone(UTC)


def validity(rules: ProgrammeRules, born_on: date, applied_on: date) -> date | None:
    """Return the last day of validity of a card, by the age at application; None is without end.

    ASSUMPTION: the years run from the day of application and end on its anniversary, as one card seen in the field
    shows (2010-10-01 until 2020-10-01); another ends a day earlier. A card valid until a birthday ends on that birthday.

    Raises:
        RulesNotInForce: there are none for that day.
        NotBornYet: the application was made before the birth.
    """
    age = age_on(born_on, applied_on)
    row = next(one for one in rules.at(applied_on).validity if one.below_age is None or age < one.below_age)
    if row.until_age is not None:
        return anniversary(born_on, row.until_age)
    return None if row.years is None else anniversary(applied_on, row.years)


def is_expired(valid_until: date | None, day: date) -> bool:
    """Tell whether a card is past its validity: a warning, never a block; None is without end."""
    return valid_until is not None and day > valid_until


def due_on(rules: ProgrammeRules, taken_in_on: date) -> date:
    """Return the last day on which a card is ready in time.

    Raises:
        RulesNotInForce: there are none for that day.
    """
    return taken_in_on + timedelta(days=rules.at(taken_in_on).promised_days)


def uncollected_from(rules: ProgrammeRules, received_on: date) -> date:
    """Return the first day on which a card that waits at its station is uncollected.

    Raises:
        RulesNotInForce: there are none for that day.
    """
    return received_on + timedelta(days=rules.at(received_on).uncollected_days + 1)


def temporary_loss_ends(rules: ProgrammeRules, reported_at: datetime) -> datetime:
    """Return the instant at which a temporary loss lapses, in UTC.

    Raises:
        RulesNotInForce: there are none for the day of the report.
    """
    hours = rules.at(business_day(reported_at)).temporary_loss_hours
    return reported_at.astimezone(UTC) + timedelta(hours=hours)


def formal_loss_ends(rules: ProgrammeRules, reported_at: datetime) -> datetime:
    """Return the instant at which a formal loss lapses unless a reissue is asked for: the end of its last day, in UTC.

    Raises:
        RulesNotInForce: there are none for the day of the report.
    """
    day = business_day(reported_at)
    return end_of(day + timedelta(days=rules.at(day).formal_loss_days))


def loss_ends(rules: ProgrammeRules, state: CardState, reported_at: datetime) -> datetime | None:
    """Return when the loss that a card is under lapses, in UTC; None when it is under none.

    Raises:
        RulesNotInForce: there are none for the day of the report.
    """
    match state:
        case CardState.TEMPORARY_LOSS:
            return temporary_loss_ends(rules, reported_at)
        case CardState.FORMAL_LOSS:
            return formal_loss_ends(rules, reported_at)
        case _:
            return None


def may_act_alone(rules: ProgrammeRules, born_on: date, day: date) -> bool:
    """Tell whether a person may apply without a guardian.

    Raises:
        RulesNotInForce: there are none for that day.
        NotBornYet: that day lies before the birth.
    """
    return age_on(born_on, day) >= rules.at(day).least_age_to_act
