"""Ages in whole years, and the anniversaries on which they change. Pure.

Source: 《中华人民共和国民法典》 art. 202: a period of months or years ends on the day that corresponds to its first, and
where the month has no such day, on the last day of the month. Who was born on 29 February is therefore a year older on
28 February of a common year, and a period of years that begins on 29 February ends on 28 February.
"""

import calendar
from datetime import date
from enum import StrEnum

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text


class AgeBand(StrEnum):
    """Age in whole years, as facts carry it; the bounds are those at which the validity of a card changes."""

    UNDER_7 = "under_7"
    FROM_7 = "7_17"
    FROM_18 = "18_25"
    FROM_26 = "26_45"
    FROM_46 = "46_59"
    FROM_60 = "60_up"


# The least age of each band, the oldest first.
BANDS = (
    (60, AgeBand.FROM_60),
    (46, AgeBand.FROM_46),
    (26, AgeBand.FROM_26),
    (18, AgeBand.FROM_18),
    (7, AgeBand.FROM_7),
    (0, AgeBand.UNDER_7),
)


class LeavingCause(StrEnum):
    """Why a person is no longer one of the city's."""

    DIED = "died"
    MOVED_AWAY = "moved_away"


class NotBornYet(Refusal):
    """An age was asked for a day before the person's birth."""

    code = "not_born_yet"


def anniversary(day: date, years: int) -> date:
    """Return the same day `years` years on; 28 February for a 29 February where the year has none.

    >>> anniversary(date(2016, 2, 29), 7).isoformat()
    '2023-02-28'
    """
    year = day.year + years
    return day.replace(year=year, day=min(day.day, calendar.monthrange(year, day.month)[1]))


def age_on(born_on: date, day: date) -> int:
    """Return the age in whole years on `day`; a year is complete on the anniversary itself.

    Raises:
        NotBornYet: `day` lies before the birth.

    >>> age_on(date(2012, 2, 29), date(2019, 2, 27)), age_on(date(2012, 2, 29), date(2019, 2, 28))
    (6, 7)
    """
    if day < born_on:
        raise NotBornYet(
            Text(
                f"不能计算 {day} 的年龄：出生日期在该日之后。请核对两个日期。",
                f"There is no age on {day}: the birth lies after that day. Check the two dates.",
            )
        )
    years = day.year - born_on.year
    return years if day >= anniversary(born_on, years) else years - 1


def age_band(born_on: date, day: date) -> AgeBand:
    """Return the age band on `day`.

    Raises:
        NotBornYet: `day` lies before the birth.
    """
    age = age_on(born_on, day)
    return next(band for least, band in BANDS if age >= least)
