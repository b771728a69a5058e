"""Which districts and stations there are, when they are open, what they were told and what is to be mended there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from civicard.kernel.actor import Actor
from civicard.kernel.permissions import May, Reach
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.days import business_day, local
from civicard.network import rules
from civicard.network.models import Addressee, District, Finding, OpeningHours, Station
from civicard.network.rules import Span, StationKind


class DistrictUnknown(Refusal):
    """No district of that code takes part in the programme."""

    code = "district_unknown"


class StationUnknown(Refusal):
    """There is no station of that code, or it has closed for good."""

    code = "station_unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class StationSeen:
    """A station, as it is shown.

    Attributes:
        code: its district's six digits, a hyphen and three digits.
        district: code of its district.
        district_name: name of its district.
        kind: what kind of place it is.
        name: of the station.
        address: where it is.
        phone: for the public.
        opened_on: the first day.
        closed_on: the day it closed for good; None while it is there.
    """

    code: str
    district: str
    district_name: str
    kind: StationKind
    name: str
    address: str
    phone: str
    opened_on: date
    closed_on: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CircularWaiting:
    """A circular that a place has not acknowledged yet.

    Attributes:
        circular: its number.
        place: code of the district or station that it waits at.
        subject: what it is about.
        text: what it says.
        sent_at: when it was sent.
        due_on: the day by which it is to be acknowledged; None where there is none.
    """

    circular: int
    place: str
    subject: str
    text: str
    sent_at: datetime
    due_on: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Acknowledgement:
    """Whether one place has acknowledged a circular.

    Attributes:
        place: code of the district or station.
        acknowledged_at: when; None where it has not.
        acknowledged_by: code of who did; empty where it has not.
    """

    place: str
    acknowledged_at: datetime | None
    acknowledged_by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingOpen:
    """Something that is to be mended.

    Attributes:
        finding: its number.
        station: code of the station.
        text: what is wrong.
        inspected_on: the day it was found.
        due_on: the day by which it is to be mended.
    """

    finding: int
    station: str
    text: str
    inspected_on: date
    due_on: date


def stations_visible(actor: Actor) -> list[StationSeen]:
    """Return the stations that `actor` may see, those that closed too, by code."""
    rows = Station.objects.filter(_within(actor.reach(May.SEE_NETWORK), "district_id", "code"))
    return [_seen(row) for row in rows.select_related("district").order_by("code")]


def stations_open_to_the_public(actor: Actor, day: date) -> list[StationSeen]:  # noqa: ARG001 - whoever asks, also a citizen who has not signed in, may know where to go
    """Return the stations that are there on `day`, by code."""
    rows = _there_on(day).select_related("district").order_by("code")
    return [_seen(row) for row in rows]


def is_open(actor: Actor, station: str, at: datetime) -> bool | None:  # noqa: ARG001 - whoever asks may know when a window is open
    """Tell whether the window of a station is open at an instant.

    An exception for the day goes before the hours of the week; of several set for the same days the last counts.

    Returns:
        None where its hours were never set.

    Raises:
        StationCodeRefused: the code has not the form of one.
        StationUnknown: there is no such station.
    """
    rules.district_of(station)
    row = Station.objects.filter(code=station).first()
    if row is None:
        raise unknown_station(station)
    day = business_day(at)
    if day < row.opened_on or (row.closed_on is not None and day >= row.closed_on):
        return False
    spans = hours_on(station, day)
    return None if spans is None else rules.is_within(spans, local(at))


def hours_on(station: str, day: date) -> list[Span] | None:
    """Return the spans of the week, or of the exception, that hold at a station on a day; None where none were set."""
    sets = OpeningHours.objects.filter(station_id=station)
    found = sets.filter(is_exception=True, starts_on=day).order_by("-pk").first()
    if found is None:
        found = sets.filter(is_exception=False, starts_on__lte=day).order_by("-starts_on", "-pk").first()
    if found is None:
        return None
    return sorted(
        Span(weekday=one.weekday, opens_minute=one.opens_minute, closes_minute=one.closes_minute)
        for one in found.spans.all()
    )


def circulars_waiting(actor: Actor) -> list[CircularWaiting]:
    """Return the circulars that places of `actor` have not acknowledged, the oldest first."""
    within = _within(actor.reach(May.ACKNOWLEDGE_CIRCULARS), "district_id", "station_id")
    # Who acts for a station only does not acknowledge what was sent to its district: that has no station.
    rows = Addressee.objects.filter(within, acknowledged_at__isnull=True).select_related("circular")
    return [
        CircularWaiting(
            circular=row.circular_id, place=str(row), subject=row.circular.subject, text=row.circular.text,
            sent_at=row.circular.sent_at, due_on=row.circular.due_on,
        )
        for row in rows.order_by("circular__sent_at", "circular_id", "district_id", "station_id")
    ]  # fmt: skip


def acknowledgements(actor: Actor, circular: int) -> list[Acknowledgement]:
    """Return who has acknowledged a circular and who has not, of the places where `actor` may guide stations."""
    within = _within(actor.reach(May.GUIDE_STATIONS), "district_id", "station_id")
    rows = Addressee.objects.filter(within, circular_id=circular).order_by("district_id", "station_id")
    found = [
        Acknowledgement(
            place=str(row), acknowledged_at=row.acknowledged_at, acknowledged_by=row.acknowledged_by
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: one.place)


def findings_open(actor: Actor) -> list[FindingOpen]:
    """Return what is to be mended at the stations that `actor` may see, the most urgent first."""
    within = _within(
        actor.reach(May.SEE_NETWORK), "inspection__station__district_id", "inspection__station_id"
    )
    rows = Finding.objects.filter(within, mended_on__isnull=True).select_related("inspection")
    return [
        FindingOpen(
            finding=row.pk, station=row.inspection.station_id, text=row.text,
            inspected_on=business_day(row.inspection.inspected_at), due_on=row.due_on,
        )
        for row in rows.order_by("due_on", "pk")
    ]  # fmt: skip


def require_places(districts: Iterable[str] = (), stations: Iterable[str] = (), *, day: date) -> None:
    """Hold all of these districts to take part, and all of these stations to be there on a day.

    Raises:
        DistrictCodeRefused, StationCodeRefused: a code is none.
        DistrictUnknown, StationUnknown: there is no such place, or the station was not open yet or has closed.
    """
    wanted_districts, wanted_stations = set(districts), set(stations)
    for code in sorted(wanted_districts):
        rules.require_district(code)
    for code in sorted(wanted_stations):
        rules.district_of(code)
    listed = District.objects.filter(code__in=wanted_districts).values_list("code", flat=True)
    lacking = sorted(wanted_districts.difference(listed))
    if lacking:
        raise unknown_district(lacking[0])
    there = _there_on(day).filter(code__in=wanted_stations).values_list("code", flat=True)
    lacking = sorted(wanted_stations.difference(there))
    if lacking:
        raise unknown_station(lacking[0])


def unknown_district(code: str) -> DistrictUnknown:
    """Return the refusal of a district that does not take part."""
    return DistrictUnknown(
        Text(
            f"区县 {code} 未列入本项目。未作改动；请核对代码，或先列入该区县。",
            f"The district {code} does not take part in the programme. Nothing was changed; check its code, or list "
            "the district first.",
        )
    )


def unknown_station(code: str) -> StationUnknown:
    """Return the refusal of a station that is not there."""
    return StationUnknown(
        Text(
            f"没有网点 {code}，或它在该日未启用、已撤销。未作改动；请核对代码，或先启用该网点。",
            f"There is no station {code}, or it was not open yet or had closed on that day. Nothing was changed; check "
            "its code, or open the station first.",
        )
    )


def _there_on(day: date) -> QuerySet[Station]:
    is_there = Q(closed_on__isnull=True) | Q(closed_on__gt=day)
    return Station.objects.filter(is_there, opened_on__lte=day)


def _within(reach: Reach | None, district: str, station: str) -> Q:
    """Return the condition that a row lies within reach, by the names of its columns; nothing does without a reach."""
    if reach is None:
        return Q(pk__in=[])
    if reach.is_city_wide:
        return Q()
    return Q(**{f"{district}__in": reach.districts}) | Q(**{f"{station}__in": reach.stations})


def _seen(row: Station) -> StationSeen:
    return StationSeen(
        code=row.code, district=row.district_id, district_name=row.district.name, kind=StationKind(row.kind),
        name=row.name, address=row.address, phone=row.phone, opened_on=row.opened_on, closed_on=row.closed_on,
    )  # fmt: skip
