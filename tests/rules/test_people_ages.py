"""Ages in whole years, and the bands that facts carry."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicard.people.rules import AgeBand, NotBornYet, age_band, age_on, anniversary

LEAP_DAY = date(2012, 2, 29)


@pytest.mark.parametrize(
    ("born_on", "day", "age"),
    [
        (date(2011, 7, 2), date(2018, 7, 1), 6),
        (date(2011, 7, 2), date(2018, 7, 2), 7),
        (date(1999, 12, 31), date(2017, 12, 30), 17),
        (date(1999, 12, 31), date(2018, 1, 1), 18),
        (date(2018, 7, 2), date(2018, 7, 2), 0),
        (LEAP_DAY, date(2016, 2, 28), 3),
        (LEAP_DAY, date(2016, 2, 29), 4),
        (LEAP_DAY, date(2019, 2, 27), 6),
        (LEAP_DAY, date(2019, 2, 28), 7),
        (LEAP_DAY, date(2019, 3, 1), 7),
    ],
)
def test_a_year_is_complete_on_the_birthday(born_on: date, day: date, age: int) -> None:
    assert age_on(born_on, day) == age


@given(st.dates(date(1900, 1, 1), date(2030, 1, 1)), st.integers(0, 40_000))
def test_an_age_is_the_difference_of_years_less_a_birthday_still_to_come(born_on: date, days: int) -> None:
    day = date.fromordinal(born_on.toordinal() + days)
    if (born_on.month, born_on.day) == (2, 29):
        return  # those have a rule of their own, with cases of their own above
    to_come = (day.month, day.day) < (born_on.month, born_on.day)
    assert age_on(born_on, day) == day.year - born_on.year - to_come


def test_a_day_before_the_birth_has_no_age() -> None:
    with pytest.raises(NotBornYet) as caught:
        age_on(date(2018, 7, 2), date(2018, 7, 1))
    assert caught.value.code == "not_born_yet"


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (0, AgeBand.UNDER_7), (6, AgeBand.UNDER_7), (7, AgeBand.FROM_7), (17, AgeBand.FROM_7),
        (18, AgeBand.FROM_18), (25, AgeBand.FROM_18), (26, AgeBand.FROM_26), (45, AgeBand.FROM_26),
        (46, AgeBand.FROM_46), (59, AgeBand.FROM_46), (60, AgeBand.FROM_60), (110, AgeBand.FROM_60),
    ],
)  # fmt: skip
def test_each_age_has_its_band(age: int, band: AgeBand) -> None:
    assert age_band(date(2018 - age, 7, 2), date(2018, 7, 2)) is band


def test_a_band_says_its_bounds() -> None:
    assert [str(one) for one in AgeBand] == ["under_7", "7_17", "18_25", "26_45", "46_59", "60_up"]


@pytest.mark.parametrize(
    ("day", "years", "then"),
    [
        (date(2018, 12, 31), 10, date(2028, 12, 31)),
        (LEAP_DAY, 4, date(2016, 2, 29)),
        (LEAP_DAY, 7, date(2019, 2, 28)),
        (date(2096, 2, 29), 4, date(2100, 2, 28)),
        (date(2019, 2, 28), 1, date(2020, 2, 28)),
    ],
)
def test_an_anniversary_is_the_same_day_or_the_last_of_its_february(
    day: date, years: int, then: date
) -> None:
    assert anniversary(day, years) == then
