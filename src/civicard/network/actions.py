"""Listing districts, opening and closing stations, setting their hours, and guiding them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from civicard.kernel.actor import Actor, require
from civicard.kernel.permissions import May
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.actions import record
from civicard.ledger.days import business_day
from civicard.network import facts, queries, rules
from civicard.network.models import (
    Addressee,
    Circular,
    District,
    Finding,
    Inspection,
    OpeningHours,
    OpeningSpan,
    Station,
)
from civicard.network.rules import Span, StationKind

MOST_NAME = 100
MOST_LINE = 200
MOST_PHONE = 30
MOST_NOTE = 1000
MOST_CIRCULAR = 20_000


class DistrictListedAlready(Refusal):
    """The district takes part in the programme already."""

    code = "district_listed_already"


class StationExists(Refusal):
    """A code was given to a station before, perhaps to one that has closed: facts know it by that code for ever."""

    code = "station_exists"


class CircularToNobody(Refusal):
    """A circular names no district and no station."""

    code = "circular_to_nobody"


class CircularNotWaiting(Refusal):
    """A circular does not wait to be acknowledged at a place: it was not sent there, or was acknowledged before."""

    code = "circular_not_waiting"


class FindingNotOpen(Refusal):
    """There is no such finding that is still to be mended."""

    code = "finding_not_open"


class DayPassed(Refusal):
    """A day that something is to be done by, or begins on, lies in the past."""

    code = "day_passed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """A station that is to be opened.

    Attributes:
        code: its district's six digits, a hyphen and three digits.
        kind: what kind of place it is.
        name: of the station.
        address: where it is.
        phone: for the public.
    """

    code: str
    kind: StationKind
    name: str
    address: str
    phone: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """Something that an inspection found.

    Attributes:
        text: what is wrong.
        due_on: the day by which it is to be mended.
    """

    text: str
    due_on: date


@transaction.atomic
def list_district(code: str, name: str, *, actor: Actor, at: datetime) -> None:
    """Take a district into the programme.

    Raises:
        NotPermitted: the actor may not change the network of the whole city.
        DistrictCodeRefused: the code is not six digits.
        WordsRefused: the name is empty or too long.
        DistrictListedAlready: it takes part already.
    """
    require(actor, May.CHANGE_NETWORK)
    rules.require_district(code)
    name = rules.words(name, Text("区县名称", "the name of the district"), MOST_NAME)
    try:
        with transaction.atomic():
            District(code=code, name=name, listed_on=business_day(at)).save(force_insert=True)
    except IntegrityError:
        if not District.objects.filter(code=code).exists():
            raise
        raise DistrictListedAlready(
            Text(
                f"区县 {code} 已列入本项目。未作改动。",
                f"The district {code} takes part already. Nothing was changed.",
            )
        ) from None
    record(facts.DistrictListed(district=code, name=name), actor=actor, at=at)


@transaction.atomic
def open_station(opening: Opening, *, actor: Actor, at: datetime) -> None:
    """Open a station in the district that its code says; its first day is that of `at`.

    Raises:
        NotPermitted: the actor may not change the network of that district.
        StationCodeRefused: the code has not the form of one.
        DistrictUnknown: its district does not take part.
        WordsRefused: name, address or phone is empty or too long.
        StationExists: the code was given before.
    """
    district = rules.district_of(opening.code)
    require(actor, May.CHANGE_NETWORK, district=district)
    queries.require_places([district], day=business_day(at))
    name = rules.words(opening.name, Text("网点名称", "the name of the station"), MOST_NAME)
    row = Station(
        code=opening.code, district_id=district, kind=opening.kind, name=name,
        address=rules.words(opening.address, Text("网点地址", "the address of the station"), MOST_LINE),
        phone=rules.words(opening.phone, Text("网点电话", "the phone of the station"), MOST_PHONE),
        opened_on=business_day(at), closed_on=None,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        if not Station.objects.filter(code=opening.code).exists():
            raise
        raise StationExists(
            Text(
                f"网点代码 {opening.code} 已使用过，不能再次启用。未作改动；请另用一个代码。",
                f"The code {opening.code} was given to a station before and is not given twice. Nothing was changed; "
                "choose another code.",
            )
        ) from None
    fact = facts.StationOpened(station=row.code, district=district, station_kind=opening.kind, name=name)
    record(fact, actor=actor, at=at)


@transaction.atomic
def close_station(station: str, *, actor: Actor, at: datetime) -> None:
    """Close a station for good; it is there no more from the day of `at` on.

    Raises:
        NotPermitted: the actor may not change the network of its district.
        StationCodeRefused: the code has not the form of one.
        StationUnknown: there is no such station, or it has closed.
    """
    district = rules.district_of(station)
    require(actor, May.CHANGE_NETWORK, district=district)
    day = business_day(at)
    # Compare and swap: of two who close it one is told.
    there = Station.objects.filter(code=station, closed_on__isnull=True, opened_on__lte=day)
    if there.update(closed_on=day) != 1:
        raise queries.unknown_station(station)
    record(facts.StationClosed(station=station, district=district), actor=actor, at=at)


@transaction.atomic
def set_hours(station: str, week: Sequence[Span], *, starts_on: date, actor: Actor, at: datetime) -> None:
    """Set the hours of a station's week from a day on, until the next that are set; a day without spans is closed.

    Raises:
        NotPermitted: the actor may not change the network at that station.
        StationUnknown: there is no such station, or it has closed.
        HoursRefused: a span ends before it begins, or two overlap.
        DayPassed: the first day lies in the past, when people have come by other hours.
    """
    _set_hours(station, week, starts_on=starts_on, reason=None, actor=actor, at=at)


@transaction.atomic
def set_exception(
    station: str, day: date, spans: Sequence[tuple[int, int]], *, reason: str, actor: Actor, at: datetime
) -> None:
    """Set the hours of one day, such as a holiday; without spans it is closed.

    Args:
        station: its code.
        day: the day.
        spans: minutes since midnight, from and to.
        reason: shown to the public.
        actor: who sets it.
        at: when.

    Raises:
        NotPermitted: the actor may not change the network at that station.
        StationUnknown: there is no such station, or it has closed.
        HoursRefused: a span ends before it begins, or two overlap.
        WordsRefused: the reason is empty or too long.
        DayPassed: the day lies in the past.
    """
    weekday = day.isoweekday()
    whole = [Span(weekday=weekday, opens_minute=opens, closes_minute=closes) for opens, closes in spans]
    _set_hours(station, whole, starts_on=day, reason=reason, actor=actor, at=at)


@transaction.atomic
def send_circular(
    subject: str, text: str, *, districts: Iterable[str] = (), stations: Iterable[str] = (),
    due_on: date | None = None, actor: Actor, at: datetime,
) -> int:  # fmt: skip
    """Send a circular to districts and stations, and return its number.

    Raises:
        NotPermitted: the actor may not send circulars to one of the places.
        WordsRefused: the subject or the text is empty or too long.
        CircularToNobody: it names no place.
        DistrictUnknown, StationUnknown: one of the places is not there.
        DayPassed: it was to be acknowledged before today.
        FactRefused: the subject holds what looks like a person's number.
    """
    to_districts, to_stations = sorted(set(districts)), sorted(set(stations))
    if not to_districts and not to_stations:
        raise CircularToNobody(
            Text(
                "通知未发出：没有选择区县或网点。请至少选择一个。",
                "The circular was not sent: it names no district and no station. Choose at least one.",
            )
        )
    day = business_day(at)
    queries.require_places(to_districts, to_stations, day=day)
    for district in to_districts:
        require(actor, May.SEND_CIRCULARS, district=district)
    for station in to_stations:
        require(actor, May.SEND_CIRCULARS, station=station)
    if due_on is not None:
        _not_before(due_on, day)
    row = Circular.objects.create(
        subject=rules.words(subject, Text("标题", "the subject"), MOST_LINE),
        text=rules.words(text, Text("正文", "the text"), MOST_CIRCULAR),
        due_on=due_on, sent_at=at, sent_by=actor.code,
    )  # fmt: skip
    Addressee.objects.bulk_create(
        [
            *(Addressee(circular=row, district_id=one, acknowledged_by="") for one in to_districts),
            *(
                Addressee(
                    circular=row, district_id=rules.district_of(one), station_id=one, acknowledged_by=""
                )
                for one in to_stations
            ),
        ]
    )
    fact = facts.CircularSent(
        circular=row.pk, subject=row.subject, districts=len(to_districts), stations=len(to_stations),
        due_on=due_on,
    )  # fmt: skip
    record(fact, actor=actor, at=at)
    return row.pk


@transaction.atomic
def acknowledge(circular: int, place: str, *, actor: Actor, at: datetime) -> None:
    """Acknowledge a circular for a district or a station.

    Raises:
        NotPermitted: the actor may not acknowledge circulars there.
        DistrictCodeRefused: the place is the code of neither a district nor a station.
        CircularNotWaiting: it was not sent there, or was acknowledged before.
    """
    waiting = Addressee.objects.filter(circular_id=circular, acknowledged_at__isnull=True)
    if rules.STATION.fullmatch(place):
        require(actor, May.ACKNOWLEDGE_CIRCULARS, station=place)
        waiting = waiting.filter(station_id=place)
    else:
        rules.require_district(place)
        require(actor, May.ACKNOWLEDGE_CIRCULARS, district=place)
        waiting = waiting.filter(district_id=place, station__isnull=True)
    # Compare and swap: of two who acknowledge it one is told.
    if waiting.update(acknowledged_at=at, acknowledged_by=actor.code) != 1:
        raise CircularNotWaiting(
            Text(
                f"通知 {circular} 在 {place} 没有待签收的记录：未发至该处，或已签收。未作改动。",
                f"Circular {circular} does not wait at {place}: it was not sent there, or was acknowledged before. "
                "Nothing was changed.",
            )
        )
    record(facts.CircularAcknowledged(circular=circular, place=place), actor=actor, at=at)


@transaction.atomic
def record_inspection(
    station: str, summary: str, found: Sequence[Found], *, actor: Actor, at: datetime
) -> int:
    """Record that a station was inspected and what was found, which may be nothing; return the inspection's number.

    Raises:
        NotPermitted: the actor may not inspect that station.
        StationUnknown: there is no such station, or it has closed.
        WordsRefused: the summary or a finding is empty or too long.
        DayPassed: a finding was to be mended before today.
    """
    rules.district_of(station)
    require(actor, May.INSPECT_STATIONS, station=station)
    day = business_day(at)
    queries.require_places(stations=[station], day=day)
    inspection = Inspection.objects.create(
        station_id=station, inspected_at=at, inspected_by=actor.code,
        summary=rules.words(summary, Text("检查情况", "the summary"), MOST_NOTE),
    )  # fmt: skip
    fact = facts.StationInspected(inspection=inspection.pk, station=station, findings=len(found))
    cause = record(fact, actor=actor, at=at)
    for one in found:
        _not_before(one.due_on, day)
        row = Finding.objects.create(
            inspection=inspection, text=rules.words(one.text, Text("问题", "a finding"), MOST_NOTE),
            due_on=one.due_on, mended_how="",
        )  # fmt: skip
        opened = facts.FindingRecorded(
            finding=row.pk, inspection=inspection.pk, station=station, due_on=one.due_on
        )
        record(opened, actor=actor, at=at, cause=cause)
    return inspection.pk


@transaction.atomic
def mend_finding(finding: int, how: str, *, actor: Actor, at: datetime) -> None:
    """Record that something found was seen to be mended.

    Raises:
        NotPermitted: the actor may not inspect that station.
        WordsRefused: what was done is left out or too long.
        FindingNotOpen: there is no such finding, or it was mended before.
    """
    row = Finding.objects.filter(pk=finding).select_related("inspection").first()
    if row is None:
        # Whoever may inspect nowhere is told that first, so that numbers cannot be tried out.
        if actor.reach(May.INSPECT_STATIONS) is None:
            require(actor, May.INSPECT_STATIONS)
        raise _not_open(finding)
    station = row.inspection.station_id
    require(actor, May.INSPECT_STATIONS, station=station)
    how = rules.words(how, Text("整改情况", "what was done"), MOST_NOTE)
    # Compare and swap: of two who mend it one is told.
    still_open = Finding.objects.filter(pk=finding, mended_on__isnull=True)
    if still_open.update(mended_on=business_day(at), mended_how=how) != 1:
        raise _not_open(finding)
    record(facts.FindingMended(finding=finding, station=station), actor=actor, at=at)


def _set_hours(
    station: str, spans: Sequence[Span], *, starts_on: date, reason: str | None, actor: Actor, at: datetime
) -> None:
    """Set the hours of a week, or of one day where there is a reason."""
    rules.district_of(station)
    require(actor, May.CHANGE_NETWORK, station=station)
    _not_before(starts_on, business_day(at))
    queries.require_places(stations=[station], day=max(starts_on, business_day(at)))
    rules.require_hours(spans)
    is_exception = reason is not None
    row = OpeningHours.objects.create(
        station_id=station, starts_on=starts_on, is_exception=is_exception,
        reason="" if reason is None else rules.words(reason, Text("原因", "the reason"), MOST_LINE),
    )  # fmt: skip
    OpeningSpan.objects.bulk_create(
        OpeningSpan(
            hours=row, weekday=one.weekday, opens_minute=one.opens_minute, closes_minute=one.closes_minute
        )
        for one in spans
    )
    fact = facts.OpeningHoursSet(
        station=station, starts_on=starts_on, is_exception=is_exception,
        open_minutes=rules.week_minutes(spans),
    )  # fmt: skip
    record(fact, actor=actor, at=at)


def _not_before(day: date, today: date) -> None:
    if day < today:
        raise DayPassed(
            Text(
                f"日期 {day} 早于今天（{today}）。未作改动；请改为今天或以后的日期。",
                f"The day {day} lies before today ({today}). Nothing was changed; choose today or a later day.",
            )
        )


def _not_open(finding: int) -> FindingNotOpen:
    return FindingNotOpen(
        Text(
            f"没有待整改的问题 {finding}：编号有误，或已整改。未作改动。",
            f"There is no finding {finding} that is to be mended: the number is wrong, or it was mended before. "
            "Nothing was changed.",
        )
    )
