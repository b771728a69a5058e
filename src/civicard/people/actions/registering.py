"""Taking people into the register and correcting their particulars."""

import secrets
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import IntegrityError, transaction

from civicard.kernel.actor import Actor, require
from civicard.kernel.permissions import May
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.actions import record
from civicard.ledger.days import business_day
from civicard.network.queries import require_places
from civicard.network.rules import require_in_district
from civicard.people import facts, queries, sealed
from civicard.people.models import Person
from civicard.people.rules import (
    CorrectionReason,
    DetailField,
    DetailRefused,
    Guardian,
    IdNumber,
    IdNumberRefused,
    NameRefused,
    Sex,
    Standing,
    age_band,
    name_on_card,
    read_address,
    read_id_number,
    read_phone,
    require_nation,
)
from civicard.people.sealed import Sealer

PSEUDONYM_BITS = 63
# Far beyond what fits onto a card, and short enough to keep and to show.
MOST_NAME = 100
CORRECTABLE = (
    "id_number", "name", "born_on", "address", "phone", "guardian", "id_number_index", "name_index", "phone_index",
    "id_kind", "sex", "born_in", "nation", "district", "station", "version",
)  # fmt: skip


class PersonRegisteredAlready(Refusal):
    """Somebody of that ID number is in the register."""

    code = "person_registered_already"


class PersonChangedMeanwhile(Refusal):
    """Someone else changed the person first; nothing was written."""

    code = "person_changed_meanwhile"


class NothingCorrected(Refusal):
    """A correction names nothing that differs from what is in the register."""

    code = "nothing_corrected"


@dataclass(frozen=True, kw_only=True, slots=True)
class Details:
    """The particulars of somebody who is to be registered; it prints nothing personal.

    Attributes:
        id_number: 18 characters.
        name: as on the identity document.
        nation: ethnic group by GB/T 3304, or for foreigners the country.
        district: code of the district of residence.
        station: code of the station that looks after the person; None for the district's centre.
        sex: needed only where the ID number does not say it; None means unknown there.
        address: where the person lives; None where it is not known.
        phone: None where it is not known.
        guardian: of a minor; None where there is none.
    """

    id_number: str = field(repr=False)
    name: str = field(repr=False)
    nation: str = field(repr=False)
    district: str
    station: str | None = None
    sex: Sex | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    guardian: Guardian | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """What is to be corrected; None leaves a field as it is. It prints nothing personal.

    Attributes:
        id_number: 18 characters; date of birth, kind and sex follow it.
        name: as on the identity document.
        nation: ethnic group or country.
        sex: only where the ID number does not say it.
        address: an empty text takes it out.
        phone: an empty text takes it out.
        guardian: the new one.
        is_guardian_ended: takes the guardian out.
        district: the new district; the station must be given with it, or it is that of none.
        station: the new station; an empty text gives the person to the district's centre.
    """

    id_number: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    nation: str | None = field(default=None, repr=False)
    sex: Sex | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    guardian: Guardian | None = field(default=None, repr=False)
    is_guardian_ended: bool = False
    district: str | None = None
    station: str | None = None


@transaction.atomic
def register(details: Details, *, actor: Actor, at: datetime) -> int:
    """Take somebody into the register and return the pseudonym.

    Raises:
        NotPermitted: the actor may not register people at that station or in that district.
        DistrictUnknown, StationUnknown, StationElsewhere: the place is not there.
        IdNumberRefused, NameRefused, DetailRefused: a particular cannot be taken.
        PersonRegisteredAlready: somebody of that ID number is in the register, or was registered at this moment.
    """
    day = business_day(at)
    require_place(actor, details.district, details.station, day)
    number = read_id_number(details.id_number, day)
    row = Person(
        # Never 0, which would read as no person.
        pseudonym=secrets.randbits(PSEUDONYM_BITS) or 1, district=details.district,
        station=details.station or "", standing=Standing.LIVING_HERE, registered_on=day,
    )  # fmt: skip
    sealer = Sealer(row)
    _set_identity(row, sealer, number, details.sex)
    _require_name(details.name)
    sealer.name(details.name)
    require_nation(details.nation, number.kind)
    row.nation = details.nation
    sealer.address(None if details.address is None else read_address(details.address))
    sealer.phone(None if details.phone is None else read_phone(details.phone))
    sealer.guardian(None if details.guardian is None else _guardian(details.guardian, number, day))
    _require_new(number)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        # Not chained: the database's own message is of no use to a person.
        _require_new(number)
        raise
    fact = facts.PersonRegistered(
        person=row.pseudonym, district=row.district, age_band=age_band(number.born_on, day)
    )
    record(fact, actor=actor, at=at)
    return row.pseudonym


@transaction.atomic
def correct_details(
    person: int, correction: Correction, *, reason: CorrectionReason, seen: int, actor: Actor, at: datetime
) -> int:
    """Correct particulars, record which fields were, and return the new version.

    Args:
        person: pseudonym.
        correction: the fields that change.
        reason: why.
        seen: the version the correction was decided on, so that nobody overwrites what they have not seen.
        actor: who corrects it.
        at: when.

    Raises:
        NotPermitted: the actor may change people nowhere, or not at the new place.
        PersonUnknown: there is no such person within reach.
        PersonChangedMeanwhile: the version is no longer `seen`.
        IdNumberRefused, NameRefused, DetailRefused: a particular cannot be taken.
        DistrictUnknown, StationUnknown, StationElsewhere: the new place is not there.
        PersonRegisteredAlready: the new ID number is another person's.
        NothingCorrected: every field given is as it was.
    """
    row = queries.row_of(actor, May.CHANGE_PEOPLE, person)
    if row.version != seen:
        raise changed_meanwhile()
    day = business_day(at)
    changed = [*_correct_identity(row, correction, day), *_correct_rest(row, correction, actor, day)]
    if not changed:
        raise NothingCorrected(
            Text(
                "没有需要更正的内容：所填各项与登记的相同。未作改动。",
                "There is nothing to correct: all that was given is in the register as it is. Nothing was changed.",
            )
        )
    row.version = seen + 1
    _swap(row, seen)
    for one in changed:
        fact = facts.PersonDetailsCorrected(
            person=row.pseudonym, district=row.district, detail=one, correction_reason=reason
        )
        record(fact, actor=actor, at=at)
    return row.version


def require_place(actor: Actor, district: str, station: str | None, day: date) -> None:
    """Hold the actor to be allowed to change people at a place that is there.

    Raises:
        NotPermitted: the actor may not.
        DistrictUnknown, StationUnknown, StationElsewhere: the place is not there.
    """
    if station is None:
        require(actor, May.CHANGE_PEOPLE, district=district)
    else:
        require_in_district(station, district)
        require(actor, May.CHANGE_PEOPLE, station=station)
    require_places([district], [] if station is None else [station], day=day)


def changed_meanwhile() -> PersonChangedMeanwhile:
    """Return the refusal of who came second."""
    return PersonChangedMeanwhile(
        Text(
            "该人员的信息已由他人改动。未作改动，请重新查看后再决定。",
            "Someone else has changed this person. Nothing was changed; look again and decide anew.",
        )
    )


def _correct_identity(row: Person, correction: Correction, day: date) -> list[DetailField]:
    """Set what an identity document says, and return the fields that differ."""
    sealer, changed = Sealer(row), []
    number = read_id_number(sealed.opened(row, "id_number") or "", day)
    if correction.id_number is not None:
        given = read_id_number(correction.id_number, day)
        if given.text != number.text:
            _require_new(given)
            number = given
            changed.append(DetailField.ID_NUMBER)
    sex_before = row.sex
    if changed or correction.sex is not None:
        _set_identity(row, sealer, number, correction.sex)
        if row.sex != sex_before:
            changed.append(DetailField.SEX)
    if correction.name is not None and correction.name != sealed.opened(row, "name"):
        _require_name(correction.name)
        sealer.name(correction.name)
        changed.append(DetailField.NAME)
    if correction.nation is not None and correction.nation != row.nation:
        row.nation = correction.nation
        changed.append(DetailField.NATION)
    # Also when only the document changed: a nation fits one kind of document and not another.
    if changed:
        require_nation(row.nation, number.kind)
    if correction.is_guardian_ended and row.guardian is not None:
        sealer.guardian(None)
        changed.append(DetailField.GUARDIAN)
    elif correction.guardian is not None:
        guardian = _guardian(correction.guardian, number, day)
        if guardian != sealed.opened_guardian(row):
            sealer.guardian(guardian)
            changed.append(DetailField.GUARDIAN)
    return changed


def _correct_rest(row: Person, correction: Correction, actor: Actor, day: date) -> list[DetailField]:
    """Set address, phone and place, and return the fields that differ."""
    sealer, changed = Sealer(row), []
    if correction.address is not None:
        address = read_address(correction.address) if correction.address else None
        if address != sealed.opened(row, "address"):
            sealer.address(address)
            changed.append(DetailField.ADDRESS)
    if correction.phone is not None:
        phone = read_phone(correction.phone) if correction.phone else None
        if phone != sealed.opened(row, "phone"):
            sealer.phone(phone)
            changed.append(DetailField.PHONE)
    if correction.district is None and correction.station is None:
        return changed
    district = correction.district or row.district
    station = row.station if correction.station is None and district == row.district else correction.station
    require_place(actor, district, station or None, day)
    if district != row.district:
        row.district = district
        changed.append(DetailField.DISTRICT)
    if (station or "") != row.station:
        row.station = station or ""
        changed.append(DetailField.STATION)
    return changed


def _swap(row: Person, seen: int) -> None:
    """Write the row if it is still of the version seen."""
    values = {name: getattr(row, name) for name in CORRECTABLE}
    try:
        with transaction.atomic():
            written = Person.objects.filter(pk=row.pk, version=seen, standing=row.standing).update(**values)
    except IntegrityError:
        taken = Person.objects.filter(id_number_index=row.id_number_index).exclude(pk=row.pk)
        if not taken.exists():
            raise
        raise _registered_already() from None
    if written != 1:
        raise changed_meanwhile()


def _set_identity(row: Person, sealer: Sealer, number: IdNumber, sex: Sex | None) -> None:
    if number.sex is not None and sex is not None and sex is not number.sex:
        raise DetailRefused(
            DetailField.SEX,
            Text("与证件号码所示不符", "it differs from what the ID number says"),
        )
    known = number.sex or sex
    row.sex = known or ""
    row.id_kind, row.born_in = number.kind, number.born_on.year
    sealer.id_number(number.text, number.born_on)


def _require_name(name: str, of: DetailField = DetailField.NAME) -> None:
    """Check a name; whether it fits onto a card is looked at when one is applied for."""
    if len(name) > MOST_NAME:
        raise DetailRefused(
            of,
            Text(
                f"姓名不能超过 {MOST_NAME} 个字符",
                f"a name has {MOST_NAME} characters at most",
            ),
        )
    name_on_card(name)


def _guardian(one: Guardian, ward: IdNumber, day: date) -> Guardian:
    """Return a guardian in the form that is kept."""
    try:
        number = read_id_number(one.id_number, day)
        _require_name(one.name, DetailField.GUARDIAN)
    except (IdNumberRefused, NameRefused) as refusal:
        raise DetailRefused(DetailField.GUARDIAN, refusal.text) from None
    if number.text == ward.text:
        raise DetailRefused(
            DetailField.GUARDIAN,
            Text("监护人不能是本人", "nobody is their own guardian"),
        )
    return Guardian(
        name=one.name, id_number=number.text, phone=read_phone(one.phone, of=DetailField.GUARDIAN)
    )


def _require_new(number: IdNumber) -> None:
    """Hold nobody in the register to have this number, also under an older version of the index's key."""
    if Person.objects.filter(id_number_index__in=sealed.candidates("id_number", number.text)).exists():
        raise _registered_already()


def _registered_already() -> PersonRegisteredAlready:
    return PersonRegisteredAlready(
        Text(
            "该证件号码已在人员库中登记。未作改动；请按证件号码查找。查不到的，属于其他区县或网点；已迁出又回来的，请登记迁回。",
            "Somebody of this ID number is in the register. Nothing was changed; search by the ID number. Whoever is "
            "not found belongs to another district or station; whoever moved away and came back is recorded as "
            "returned.",
        )
    )
