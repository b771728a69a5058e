"""Validity, promised days and losses at their edges: leap days, the end of the year, the end of the day."""

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicard.cards.codes import CardState
from civicard.cards.rules import (
    ProgrammeRules,
    RulesNotInForce,
    business_day,
    due_on,
    formal_loss_ends,
    is_expired,
    load_rules,
    loss_ends,
    may_act_alone,
    temporary_loss_ends,
    uncollected_from,
    validity,
)
from civicard.people.rules import NotBornYet

FOLDER = Path(__file__).parents[2] / "programme-rules"
SHANGHAI = load_rules((FOLDER / "shanghai.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def rules() -> ProgrammeRules:
    return SHANGHAI


@pytest.mark.parametrize(
    ("born_on", "applied_on", "until"),
    [
        # Under 7 until the 7th birthday.
        (date(2018, 7, 2), date(2018, 7, 2), date(2025, 7, 2)),
        (date(2011, 7, 3), date(2018, 7, 2), date(2018, 7, 3)),
        (date(2012, 2, 29), date(2018, 7, 2), date(2019, 2, 28)),
        (date(2016, 2, 29), date(2018, 7, 2), date(2023, 2, 28)),
        # 7 to 25: 10 years.
        (date(2011, 7, 2), date(2018, 7, 2), date(2028, 7, 2)),
        (date(1992, 7, 3), date(2018, 7, 2), date(2028, 7, 2)),
        (date(2000, 1, 1), date(2018, 12, 31), date(2028, 12, 31)),
        (date(2000, 1, 1), date(2020, 2, 29), date(2030, 2, 28)),
        # 26 to 45: 20 years.
        (date(1992, 7, 2), date(2018, 7, 2), date(2038, 7, 2)),
        (date(1972, 7, 3), date(2018, 7, 2), date(2038, 7, 2)),
        (date(1980, 1, 1), date(2020, 2, 29), date(2040, 2, 29)),
        # From 46 without end.
        (date(1972, 7, 2), date(2018, 7, 2), None),
        (date(1918, 1, 1), date(2018, 7, 2), None),
        # Born on 29 February, 26 on 28 February of a common year.
        (date(1992, 2, 29), date(2018, 2, 27), date(2028, 2, 27)),
        (date(1992, 2, 29), date(2018, 2, 28), date(2038, 2, 28)),
    ],
)
def test_validity_goes_by_the_age_at_application(
    rules: ProgrammeRules, born_on: date, applied_on: date, until: date | None
) -> None:
    assert validity(rules, born_on, applied_on) == until


@given(st.dates(date(1910, 1, 1), date(2024, 12, 31)), st.dates(date(2018, 1, 1), date(2024, 12, 31)))
def test_no_card_ends_before_it_begins(born_on: date, applied_on: date) -> None:
    if applied_on < born_on:
        with pytest.raises(NotBornYet):
            validity(SHANGHAI, born_on, applied_on)
        return
    until = validity(SHANGHAI, born_on, applied_on)
    assert until is None or until > applied_on


def test_a_card_is_expired_from_the_day_after_its_last() -> None:
    assert not is_expired(date(2028, 7, 2), date(2028, 7, 2))
    assert is_expired(date(2028, 7, 2), date(2028, 7, 3))


def test_a_card_without_end_never_expires() -> None:
    assert not is_expired(None, date(9999, 12, 31))


@pytest.mark.parametrize(
    ("taken_in_on", "due"),
    [
        (date(2018, 7, 1), date(2018, 7, 31)),
        (date(2018, 12, 2), date(2019, 1, 1)),
        (date(2019, 1, 30), date(2019, 3, 1)),
        (date(2020, 1, 30), date(2020, 2, 29)),
    ],
)
def test_the_day_of_intake_is_none_of_the_promised_days(
    rules: ProgrammeRules, taken_in_on: date, due: date
) -> None:
    assert due_on(rules, taken_in_on) == due


def test_a_card_is_uncollected_after_the_last_of_its_days(rules: ProgrammeRules) -> None:
    # 180 days after 2018-07-01 is 2018-12-28, the last of them.
    assert uncollected_from(rules, date(2018, 7, 1)) == date(2018, 12, 29)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2018, 12, 31, 15, 59, 59, tzinfo=UTC), date(2018, 12, 31)),
        (datetime(2018, 12, 31, 16, 0, tzinfo=UTC), date(2019, 1, 1)),
        (datetime(2020, 2, 28, 16, 0, tzinfo=UTC), date(2020, 2, 29)),
        (datetime(2018, 7, 1, 23, 30, tzinfo=timezone(timedelta(hours=-5))), date(2018, 7, 2)),
    ],
)
def test_a_business_day_begins_at_midnight_in_shanghai(instant: datetime, day: date) -> None:
    assert business_day(instant) == day


@pytest.mark.parametrize(
    ("reported_at", "ends_at"),
    [
        (datetime(2018, 7, 1, 3, 4, 5, tzinfo=UTC), datetime(2018, 7, 2, 3, 4, 5, tzinfo=UTC)),
        (datetime(2018, 12, 31, 20, 0, tzinfo=UTC), datetime(2019, 1, 1, 20, 0, tzinfo=UTC)),
        (datetime(2020, 2, 28, 8, 0, tzinfo=UTC), datetime(2020, 2, 29, 8, 0, tzinfo=UTC)),
    ],
)
def test_a_temporary_loss_lapses_to_the_second_a_day_later(
    rules: ProgrammeRules, reported_at: datetime, ends_at: datetime
) -> None:
    assert temporary_loss_ends(rules, reported_at) == ends_at
    assert loss_ends(rules, CardState.TEMPORARY_LOSS, reported_at) == ends_at


@pytest.mark.parametrize(
    ("reported_at", "ends_at"),
    [
        # Reported on 1 July: the 30th day is 31 July, which ends at 16:00 UTC.
        (datetime(2018, 7, 1, 3, 0, tzinfo=UTC), datetime(2018, 7, 31, 16, 0, tzinfo=UTC)),
        # The last second of 1 July in Shanghai, and the first of the second.
        (datetime(2018, 7, 1, 15, 59, 59, tzinfo=UTC), datetime(2018, 7, 31, 16, 0, tzinfo=UTC)),
        (datetime(2018, 7, 1, 16, 0, tzinfo=UTC), datetime(2018, 8, 1, 16, 0, tzinfo=UTC)),
        (datetime(2018, 12, 2, 3, 0, tzinfo=UTC), datetime(2019, 1, 1, 16, 0, tzinfo=UTC)),
        (datetime(2020, 1, 30, 3, 0, tzinfo=UTC), datetime(2020, 2, 29, 16, 0, tzinfo=UTC)),
    ],
)
def test_a_formal_loss_lapses_at_the_end_of_its_last_day(
    rules: ProgrammeRules, reported_at: datetime, ends_at: datetime
) -> None:
    ends = formal_loss_ends(rules, reported_at)
    assert ends == ends_at
    assert ends.tzinfo is UTC
    assert loss_ends(rules, CardState.FORMAL_LOSS, reported_at) == ends_at


def test_a_card_that_is_not_lost_has_no_loss_that_ends(rules: ProgrammeRules) -> None:
    for state in set(CardState) - {CardState.TEMPORARY_LOSS, CardState.FORMAL_LOSS}:
        assert loss_ends(rules, state, datetime(2018, 7, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(("day", "may"), [(date(2018, 7, 1), False), (date(2018, 7, 2), True)])
def test_a_person_acts_alone_from_the_18th_birthday(rules: ProgrammeRules, day: date, *, may: bool) -> None:
    assert may_act_alone(rules, date(2000, 7, 2), day) is may


def test_before_the_first_rules_nothing_is_answered(rules: ProgrammeRules) -> None:
    # 16:00 UTC on 31 December is the first instant of 2018 in Shanghai.
    first = datetime(2017, 12, 31, 16, 0, tzinfo=UTC)
    assert temporary_loss_ends(rules, first) == first + timedelta(hours=24)
    with pytest.raises(RulesNotInForce) as caught:
        temporary_loss_ends(rules, first - timedelta(seconds=1))
    assert caught.value.code == "programme_rules_not_in_force"
    assert "2018-01-01" in caught.value.text.en
    with pytest.raises(RulesNotInForce):
        validity(rules, date(1990, 1, 1), date(2017, 12, 31))
