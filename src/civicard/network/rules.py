"""What a station is, how places are coded, and when a window is open. Pure.

Source: GB/T 2260 for the six digits of a district; the three digits behind it are ours.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text

# [0-9], since \d would take the digits of other scripts too.
DISTRICT = re.compile(r"[0-9]{6}")
STATION = re.compile(r"([0-9]{6})-[0-9]{3}")
HOUR_MINUTES = 60
DAY_MINUTES = 24 * HOUR_MINUTES
MONDAY, SUNDAY = 1, 7


class StationKind(StrEnum):
    """What kind of place a card is applied for or picked up at."""

    DISTRICT_CENTRE = "district_centre"
    STATION = "station"
    TERMINAL = "terminal"


class DistrictCodeRefused(Refusal):
    """A code of a district is not six digits."""

    code = "district_code_refused"


class StationCodeRefused(Refusal):
    """A code of a station is not its district's six digits, a hyphen and three digits."""

    code = "station_code_refused"


class StationElsewhere(Refusal):
    """A station was put into another district than its code says."""

    code = "station_elsewhere"


class HoursRefused(Refusal):
    """Opening hours that cannot be: a span ends before it begins, or two of a day overlap."""

    code = "opening_hours_refused"


class WordsRefused(Refusal):
    """A name or text is empty, too long, or holds what cannot be shown."""

    code = "network_words_refused"


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Span:
    """One span of a day in which a window is open.

    Attributes:
        weekday: from 1, Monday, to 7, Sunday.
        opens_minute: minutes since midnight by the city's clocks; the window is open from this minute on.
        closes_minute: minutes since midnight, 1440 at most; at this minute it is closed.
    """

    weekday: int
    opens_minute: int
    closes_minute: int


def require_hours(spans: Iterable[Span]) -> None:
    """Check the spans of a week or of a day.

    Raises:
        HoursRefused: a span has no such weekday or minutes, ends before it begins, or overlaps another of its day.
    """
    ordered = sorted(spans)
    for one in ordered:
        if not (MONDAY <= one.weekday <= SUNDAY and 0 <= one.opens_minute < one.closes_minute <= DAY_MINUTES):
            raise HoursRefused(
                Text(
                    f"服务时间不成立：星期 {one.weekday}，{_clock(one)}。星期为 1 至 7，结束应晚于开始，且不跨零点；"
                    "跨零点的请分两天填写。未作改动。",
                    f"These are no opening hours: weekday {one.weekday}, {_clock(one)}. A weekday is 1 to 7, and a "
                    "span ends after it begins, on the same day; split one that goes past midnight. Nothing was "
                    "changed.",
                )
            )
    for before, after in pairwise(ordered):
        if before.weekday == after.weekday and after.opens_minute < before.closes_minute:
            raise HoursRefused(
                Text(
                    f"星期 {after.weekday} 的服务时间重叠：{_clock(before)} 与 {_clock(after)}。未作改动，请合并或改正。",
                    f"Two spans of weekday {after.weekday} overlap: {_clock(before)} and {_clock(after)}. Nothing was "
                    "changed; join them or mend one.",
                )
            )


def is_within(spans: Iterable[Span], local: datetime) -> bool:
    """Tell whether a window with these spans is open at `local`, an instant by the city's clocks.

    >>> is_within([Span(weekday=1, opens_minute=540, closes_minute=1020)], datetime(2026, 11, 23, 17))
    False
    """
    minute = local.hour * HOUR_MINUTES + local.minute
    return any(
        one.weekday == local.isoweekday() and one.opens_minute <= minute < one.closes_minute for one in spans
    )


def week_minutes(spans: Iterable[Span]) -> int:
    """Return for how many minutes a window is open in all."""
    return sum(one.closes_minute - one.opens_minute for one in spans)


def words(text: str, field: Text, most: int) -> str:
    """Return a name or text without blanks around it.

    Args:
        text: as it was entered; line breaks are kept.
        field: what it is.
        most: characters at most.

    Raises:
        WordsRefused: nothing is left, it is longer, or it holds characters that cannot be shown.
    """
    found = text.strip()
    if found and len(found) <= most and found.replace("\n", "").isprintable():
        return found
    raise WordsRefused(
        Text(
            f"{field.zh}应为 1 至 {most} 个可显示的字符，录入了 {len(found)} 个。未作改动，请改正后再试。",
            f"{field.en.capitalize()} must have 1 to {most} characters that can be shown; {len(found)} were given. "
            "Nothing was changed; mend it and try again.",
        )
    )


def _clock(one: Span) -> str:
    begin, end = divmod(one.opens_minute, HOUR_MINUTES), divmod(one.closes_minute, HOUR_MINUTES)
    return f"{begin[0]:02}:{begin[1]:02}–{end[0]:02}:{end[1]:02}"


def require_district(district: str) -> None:
    """Check the code of a district.

    Raises:
        DistrictCodeRefused: it is not six digits.
    """
    if not DISTRICT.fullmatch(district):
        raise DistrictCodeRefused(
            Text(
                f"区县代码“{district}”不成立：应为六位行政区划代码，如 310101。",
                f"{district!r} is no code of a district: it has the six digits of the division, such as 310101.",
            )
        )


def district_of(station: str) -> str:
    """Return the district that the code of a station says.

    Raises:
        StationCodeRefused: it has not the form of one.

    >>> district_of("310101-007")
    '310101'
    """
    found = STATION.fullmatch(station)
    if found is None:
        raise StationCodeRefused(
            Text(
                f"网点代码“{station}”不成立：应为区县六位代码、短横和三位序号，如 310101-007。",
                f"{station!r} is no code of a station: it has its district's six digits, a hyphen and three digits, "
                "such as 310101-007.",
            )
        )
    return found[1]


def require_in_district(station: str, district: str) -> None:
    """Check that a station belongs to the district it is put into.

    Raises:
        DistrictCodeRefused: the code of the district is none.
        StationCodeRefused: the code of the station is none.
        StationElsewhere: the station's code says another district.
    """
    require_district(district)
    said = district_of(station)
    if said != district:
        raise StationElsewhere(
            Text(
                f"网点 {station} 不能列入区县 {district}：其代码属于 {said}。请改为 {said}，或另用 {district} 的网点代码。",
                f"Station {station} cannot be listed in district {district}: its code says {said}. Put it there, or "
                f"give it a code of {district}.",
            )
        )
