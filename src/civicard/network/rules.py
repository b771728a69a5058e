"""What a station is, and how places are coded. Pure.

Source: GB/T 2260 for the six digits of a district; the three digits behind it are ours.
"""

import re
from enum import StrEnum

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text

# [0-9], since \d would take the digits of other scripts too.
DISTRICT = re.compile(r"[0-9]{6}")
STATION = re.compile(r"([0-9]{6})-[0-9]{3}")


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
