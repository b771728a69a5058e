"""Who is in the register, as far as the one who asks may see.

ID numbers and phones are masked in every answer. A full ID number is seen only through
`civicard.people.actions.see_full_id_number`, which records that it was.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q, QuerySet

from civicard.kernel.actor import Actor, require
from civicard.kernel.permissions import May
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.people import sealed
from civicard.people.models import NoticePeriod, Person, Report
from civicard.people.rules import (
    Guardian,
    IdKind,
    LeavingCause,
    Sex,
    Standing,
    masked_id_number,
    masked_phone,
    read_id_number,
    read_phone,
)

MOST_FOUND = 50


class PersonUnknown(Refusal):
    """There is no such person, or not within reach of who asks: which of both is not told."""

    code = "person_unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonSeen:
    """A person, as shown to who may see people there; it prints nothing personal.

    Attributes:
        pseudonym: by which facts know the person.
        version: to be given back with a correction.
        id_number: masked.
        id_kind: the document it belongs to.
        name: in full.
        sex: None where it is not known.
        born_in: year of birth.
        nation: ethnic group, or the country of a foreigner.
        district: code of the district of residence.
        station: code of the station; None where the district's centre looks after the person.
        address: None where it is not known.
        phone: masked; None where it is not known.
        guardian: with the number and phone masked; None where there is none.
        standing: living here, frozen, gone.
    """

    pseudonym: int
    version: int
    id_number: str = field(repr=False)
    id_kind: IdKind
    name: str = field(repr=False)
    sex: Sex | None
    born_in: int
    nation: str = field(repr=False)
    district: str
    station: str | None
    address: str | None = field(repr=False)
    phone: str | None = field(repr=False)
    guardian: Guardian | None = field(repr=False)
    standing: Standing


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleFound:
    """What a search found.

    Attributes:
        people: the first of them, the longest registered first.
        has_more: whether there are more than are shown; then search by something else too.
    """

    people: tuple[PersonSeen, ...]
    has_more: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportSeen:
    """A report of death or move, as it is shown.

    Attributes:
        person: pseudonym.
        cause: what was reported.
        notice_until: the last day of notice.
        is_disputed: whether somebody disputed it.
        is_confirmed: whether it was confirmed.
        is_undone: whether it was undone.
    """

    person: int
    cause: LeavingCause
    notice_until: date
    is_disputed: bool
    is_confirmed: bool
    is_undone: bool


def find_by_id_number(actor: Actor, text: str, *, on: date) -> PeopleFound:
    """Return the person of an ID number, if there is one within reach of `actor`.

    Raises:
        NotPermitted: the actor may see people nowhere.
        IdNumberRefused: it is no ID number on that day.
    """
    return _found(actor, Q(id_number_index__in=sealed.candidates("id_number", read_id_number(text, on).text)))


def find_by_name(actor: Actor, name: str) -> PeopleFound:
    """Return the people of exactly this name within reach of `actor`.

    Raises:
        NotPermitted: the actor may see people nowhere.
    """
    return _found(actor, Q(name_index__in=sealed.candidates("name", name.strip())))


def find_by_phone(actor: Actor, phone: str) -> PeopleFound:
    """Return the people of this phone within reach of `actor`.

    Raises:
        NotPermitted: the actor may see people nowhere.
        DetailRefused: it is no phone number.
    """
    return _found(actor, Q(phone_index__in=sealed.candidates("phone", read_phone(phone))))


def person(actor: Actor, pseudonym: int) -> PersonSeen:
    """Return a person.

    Raises:
        NotPermitted: the actor may see people nowhere.
        PersonUnknown: there is none within reach.
    """
    return seen(row_of(actor, May.SEE_PEOPLE, pseudonym))


def birth_of(actor: Actor, pseudonym: int) -> date:
    """Return the date of birth, by which validity and guardianship go.

    Raises:
        NotPermitted: the actor may see people nowhere.
        PersonUnknown: there is none within reach.
    """
    return sealed.opened_birth(row_of(actor, May.SEE_PEOPLE, pseudonym))


def reports_of(actor: Actor, pseudonym: int) -> list[ReportSeen]:
    """Return every report about a person, those undone too, the oldest first.

    Raises:
        NotPermitted: the actor may see people nowhere.
        PersonUnknown: there is none within reach.
    """
    rows = Report.objects.filter(person=row_of(actor, May.SEE_PEOPLE, pseudonym)).order_by("pk")
    return [_report(row) for row in rows]


def reports_waiting(actor: Actor, *, on: date) -> list[ReportSeen]:
    """Return the reports whose notice is over on a day and that nobody confirmed or undid, the longest first."""
    people = _within(actor, May.SEE_PEOPLE)
    rows = Report.objects.filter(
        person__in=people, confirmed_at__isnull=True, undone_at__isnull=True, notice_until__lt=on
    )
    return [_report(row) for row in rows.order_by("notice_until", "pk")]


def notice_days(actor: Actor, cause: LeavingCause, day: date) -> int | None:  # noqa: ARG001 - the programme's rules are for everyone to see
    """Return the days of notice in force on a day; None where none were set by then."""
    row = NoticePeriod.objects.filter(cause=cause, from_on__lte=day).order_by("-from_on").first()
    return None if row is None else row.days


def row_of(actor: Actor, may: May, pseudonym: int) -> Person:
    """Return the row of a person, for the actions of this app.

    Raises:
        NotPermitted: the actor has the permission nowhere.
        PersonUnknown: there is no such person where the actor has it.
    """
    _require_somewhere(actor, may)
    row = _within(actor, may).filter(pseudonym=pseudonym).first()
    if row is None:
        raise PersonUnknown(
            Text(
                "在您的权限范围内没有这名人员。未作改动；请核对，或由该人员所在区县、网点办理。",
                "There is no such person within your reach. Nothing was changed; check it, or have it done by the "
                "district or station that looks after the person.",
            )
        )
    return row


def seen(row: Person) -> PersonSeen:
    """Return a row as it is shown."""
    phone, guardian = sealed.opened(row, "phone"), sealed.opened_guardian(row)
    return PersonSeen(
        pseudonym=row.pseudonym,
        version=row.version,
        id_number=masked_id_number(sealed.opened(row, "id_number") or ""),
        id_kind=IdKind(row.id_kind),
        name=sealed.opened(row, "name") or "",
        sex=Sex(row.sex) if row.sex else None,
        born_in=row.born_in,
        nation=row.nation,
        district=row.district,
        station=row.station or None,
        address=sealed.opened(row, "address"),
        phone=None if phone is None else masked_phone(phone),
        guardian=None if guardian is None else _masked(guardian),
        standing=Standing(row.standing),
    )


def _found(actor: Actor, condition: Q) -> PeopleFound:
    _require_somewhere(actor, May.SEE_PEOPLE)
    rows = _within(actor, May.SEE_PEOPLE).filter(condition).order_by("registered_on", "pseudonym")
    first = list(rows[: MOST_FOUND + 1])
    return PeopleFound(people=_all_seen(first[:MOST_FOUND]), has_more=len(first) > MOST_FOUND)


def _require_somewhere(actor: Actor, may: May) -> None:
    if actor.reach(may) is None:
        require(actor, may)


def _all_seen(rows: Iterable[Person]) -> tuple[PersonSeen, ...]:
    return tuple(seen(row) for row in rows)


def _within(actor: Actor, may: May) -> QuerySet[Person]:
    """Return the people for whom the actor has a permission.

    Who acts for a station sees its people; who acts for a district, those of all its stations too.
    """
    reach = actor.reach(may)
    if reach is None:
        return Person.objects.none()
    if reach.is_city_wide:
        return Person.objects.all()
    return Person.objects.filter(Q(district__in=reach.districts) | Q(station__in=reach.stations))


def _masked(guardian: Guardian) -> Guardian:
    return Guardian(
        name=guardian.name,
        id_number=masked_id_number(guardian.id_number),
        phone=masked_phone(guardian.phone),
    )


def _report(row: Report) -> ReportSeen:
    return ReportSeen(
        person=row.person_id,
        cause=LeavingCause(row.cause),
        notice_until=row.notice_until,
        is_disputed=row.disputed_at is not None,
        is_confirmed=row.confirmed_at is not None,
        is_undone=row.undone_at is not None,
    )
