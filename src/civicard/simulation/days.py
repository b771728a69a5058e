"""The days of a simulated year: which are worked, and what instant a local second is. Pure.

Within a simulation a day is a number from the first of January, which is 0, and a moment is the number of seconds
since the local midnight that began that day. Both go on into the following year, as far as anything is planned.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

DAY_SECONDS = 86_400
# So far beyond the year anything may be planned; facts of then are not written.
DAYS_BEYOND = 400
SATURDAY, SUNDAY = 5, 6
WEEK = 7


def offsets(zone: ZoneInfo, year: int) -> set[timedelta | None]:
    """Return the offsets from UTC that a zone has between the day before a year and the day after it."""
    first = datetime(year, 1, 1, tzinfo=UTC) - timedelta(days=1)
    return {(first + timedelta(days=day)).astimezone(zone).utcoffset() for day in range(369)}


class Days:
    """A calendar.

    Attributes:
        year: the simulated year.
        length: days in it.
        first: its first day.
        open_days: the worked days, by number.
    """

    def __init__(self, year: int, zone: ZoneInfo, closed: Collection[date], worked: Collection[date]) -> None:
        """Lay out the year and what follows it."""
        self.year = year
        self.first = date(year, 1, 1)
        self.length = (date(year + 1, 1, 1) - self.first).days
        (offset,) = offsets(zone, year)
        assert offset is not None  # a zone of the tz database has one at every instant
        midnight = datetime.combine(self.first, time(), UTC) - offset
        self._epoch_seconds = int(midnight.timestamp())
        self._epoch_day = (self.first - date(1970, 1, 1)).days
        every = np.arange(self.length + DAYS_BEYOND)
        self.weekday = (every + self.first.weekday()) % WEEK
        self.is_closed = self._flags(closed)
        self.is_worked = ((self.weekday < SATURDAY) | self._flags(worked)) & ~self.is_closed
        self.open_days = np.flatnonzero(self.is_worked)
        self._place = np.cumsum(self.is_worked) - 1
        self.month = np.array([(self.first + timedelta(days=int(day))).month for day in every[: self.length]])

    def _flags(self, days: Collection[date]) -> Flags:
        flags = np.zeros(self.length + DAYS_BEYOND, dtype=bool)
        for day in days:
            number = (day - self.first).days
            if 0 <= number < len(flags):
                flags[number] = True
        return flags

    def number(self, day: date) -> int:
        """Return the number of a day."""
        return (day - self.first).days

    def day(self, number: int) -> date:
        """Return the day of a number."""
        return self.first + timedelta(days=number)

    def place(self, days: Ints) -> Ints:
        """Return which worked day each day is, or, where it is not worked, which came last before it."""
        return np.asarray(self._place[days])

    def at_place(self, places: Ints) -> Ints:
        """Return the days of places among the worked days."""
        return np.asarray(self.open_days[places])

    def next_worked(self, days: Ints) -> Ints:
        """Return each day itself where it is worked, else the next one that is."""
        return np.asarray(self.open_days[self._place[days] + ~self.is_worked[days]])

    @property
    def end(self) -> int:
        """The first second after the year."""
        return self.length * DAY_SECONDS

    def months(self) -> list[tuple[str, int, int]]:
        """Return the months with the first second of each and the first after it."""
        starts = [date(self.year, month, 1) for month in range(1, 13)] + [date(self.year + 1, 1, 1)]
        seconds = [self.number(day) * DAY_SECONDS for day in starts]
        return [
            (day.strftime("%Y-%m"), since, until)
            for day, since, until in zip(starts, seconds, seconds[1:], strict=False)
        ]

    def instant(self, second: int) -> datetime:
        """Return the instant of a moment, in UTC."""
        return datetime.fromtimestamp(self._epoch_seconds + second, UTC)

    def microseconds(self, seconds: Ints) -> npt.NDArray[np.int64]:
        """Return moments as microseconds since 1970 in UTC."""
        return (seconds.astype(np.int64) + self._epoch_seconds) * 1_000_000

    def dates(self, days: Ints) -> npt.NDArray[np.int32]:
        """Return days as days since 1970."""
        return (days + self._epoch_day).astype(np.int32)
