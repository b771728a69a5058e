"""The base register on a real database: who is taken in, found, corrected, and by whom."""

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from civicard.kernel.actor import Actor, NotPermitted
from civicard.kernel.permissions import May, Reach
from civicard.kernel.refusal import Refusal
from civicard.ledger.lake import Seal, open_lake
from civicard.ledger.models import Fact
from civicard.ledger.queries import differences
from civicard.network.queries import StationUnknown
from civicard.network.rules import StationElsewhere
from civicard.people import keyring, queries
from civicard.people.actions import (
    Correction,
    Details,
    NothingCorrected,
    PersonChangedMeanwhile,
    PersonRegisteredAlready,
    correct_details,
    register,
    see_full_id_number,
)
from civicard.people.facts import LookPurpose
from civicard.people.models import Person
from civicard.people.queries import PersonUnknown
from civicard.people.rules import (
    CorrectionReason,
    DetailRefused,
    Guardian,
    IdKind,
    IdNumberRefused,
    NameRefused,
    Sex,
    Standing,
    check_character,
)
from civicard.vault.keystore import keystore_from

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
TODAY = date(2026, 3, 2)


def number(seventeen: str) -> str:
    """Return an ID number with its check character."""
    return seventeen + check_character(seventeen)


MOTHER = Guardian(name="李秀英", id_number=number("31010119800101002"), phone="13900001111")
ZHANG = Details(
    id_number="310101199003070035", name="张三丰", nation="01", district="310101", station="310101-001",
    address="人民路 100 号", phone="138 0000 0123", guardian=MOTHER,
)  # fmt: skip
ANOTHER = replace(ZHANG, id_number=number("31010119910304001"), guardian=None, phone="021-62345678")

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("network")]


def bodies(kind: str) -> list[dict[str, object]]:
    """Return the facts of a kind, oldest first."""
    return list(Fact.objects.filter(kind=kind).order_by("number").values_list("body", flat=True))


def test_who_is_registered_is_found_by_number_name_and_phone(clerk: Actor) -> None:
    pseudonym = register(ZHANG, actor=clerk, at=AT)
    for found in (
        queries.find_by_id_number(clerk, "310101199003070035", on=TODAY),
        queries.find_by_name(clerk, " 张三丰 "),
        queries.find_by_phone(clerk, "+86 13800000123"),
    ):
        assert [one.pseudonym for one in found.people] == [pseudonym]
        assert not found.has_more
    person = queries.person(clerk, pseudonym)
    assert (person.name, person.address, person.born_in) == ("张三丰", "人民路 100 号", 1990)
    assert (person.sex, person.id_kind, person.standing) == (Sex.MALE, IdKind.CITIZEN, Standing.LIVING_HERE)
    assert queries.birth_of(clerk, pseudonym) == date(1990, 3, 7)


def test_numbers_and_phones_are_masked_wherever_a_person_is_shown(clerk: Actor) -> None:
    person = queries.person(clerk, register(ZHANG, actor=clerk, at=AT))
    assert person.id_number == "310*************35"
    assert person.phone == "138******23"
    assert person.guardian is not None
    assert "0101" not in person.guardian.id_number
    assert "00001111" not in person.guardian.phone


def test_a_registration_is_a_fact_with_place_and_age_band_only(clerk: Actor) -> None:
    pseudonym = register(ZHANG, actor=clerk, at=AT)
    assert bodies("person_registered") == [
        {"person": pseudonym, "district": "310101", "age_band": "26_45"},
    ]
    assert 0 < pseudonym < 2**63


def test_of_names_in_latin_letters_the_case_does_not_matter(clerk: Actor) -> None:
    register(replace(ZHANG, name="Anna Schmidt"), actor=clerk, at=AT)
    assert len(queries.find_by_name(clerk, "ANNA SCHMIDT").people) == 1
    assert queries.find_by_name(clerk, "Anna").people == ()


def test_a_foreigners_number_says_no_sex_and_the_country_is_the_nation(clerk: Actor) -> None:
    foreigner = replace(
        ANOTHER, id_number=number("91112419850203001"), nation="DEU", sex=Sex.FEMALE, name="Anna Schmidt"
    )
    person = queries.person(clerk, register(foreigner, actor=clerk, at=AT))
    assert (person.id_kind, person.sex, person.nation) == (IdKind.FOREIGN_RESIDENT, Sex.FEMALE, "DEU")


def test_a_clerk_sees_only_the_people_of_the_station_and_an_officer_those_of_the_district(
    clerk: Actor, neighbour: Actor, officer: Actor, stranger: Actor, centre: Actor
) -> None:
    pseudonym = register(ZHANG, actor=clerk, at=AT)
    of_district = register(replace(ANOTHER, station=None), actor=officer, at=AT)
    assert len(queries.find_by_id_number(officer, ZHANG.id_number, on=TODAY).people) == 1
    assert queries.person(centre, pseudonym).pseudonym == pseudonym
    assert queries.person(officer, of_district).station is None
    for outsider in (neighbour, stranger):
        assert queries.find_by_id_number(outsider, ZHANG.id_number, on=TODAY).people == ()
        assert queries.find_by_name(outsider, "张三丰").people == ()
        assert queries.find_by_phone(outsider, "13800000123").people == ()
        with pytest.raises(PersonUnknown):
            queries.person(outsider, pseudonym)
    with pytest.raises(PersonUnknown):
        queries.person(clerk, of_district)


def test_nothing_tells_a_person_out_of_reach_from_one_who_does_not_exist(
    clerk: Actor, neighbour: Actor
) -> None:
    pseudonym = register(ZHANG, actor=clerk, at=AT)
    with pytest.raises(PersonUnknown) as out_of_reach:
        queries.person(neighbour, pseudonym)
    with pytest.raises(PersonUnknown) as missing:
        queries.person(neighbour, pseudonym ^ 1)
    with pytest.raises(PersonUnknown):
        queries.person(neighbour, 2**80)
    assert out_of_reach.value.text == missing.value.text


def test_who_has_no_permission_is_told_so_before_anything_is_looked_at(clerk: Actor) -> None:
    pseudonym = register(ZHANG, actor=clerk, at=AT)
    nobody = Actor(code="nobody")
    reader = Actor(code="reader", grants={May.SEE_PEOPLE: Reach.city()})
    with pytest.raises(NotPermitted):
        queries.find_by_name(nobody, "张三丰")
    with pytest.raises(NotPermitted):
        queries.person(nobody, pseudonym)
    with pytest.raises(NotPermitted):
        register(ANOTHER, actor=reader, at=AT)
    with pytest.raises(NotPermitted):
        correct_details(
            pseudonym, Correction(phone=""), reason=CorrectionReason.CONTACT_CHANGED, seen=1, actor=reader,
            at=AT,
        )  # fmt: skip
    with pytest.raises(NotPermitted):
        see_full_id_number(pseudonym, LookPurpose.COMPARE_DOCUMENT, actor=clerk, at=AT)


def test_a_clerk_registers_nobody_at_another_station(clerk: Actor) -> None:
    with pytest.raises(NotPermitted):
        register(replace(ZHANG, station="310101-002"), actor=clerk, at=AT)
    with pytest.raises(NotPermitted):
        register(replace(ZHANG, station=None), actor=clerk, at=AT)
    assert Person.objects.count() == 0


def test_every_look_at_a_full_number_is_a_fact(centre: Actor, clerk: Actor) -> None:
    pseudonym = register(ZHANG, actor=clerk, at=AT)
    shown = see_full_id_number(pseudonym, LookPurpose.COMPARE_DOCUMENT, actor=centre, at=AT)
    assert shown == ZHANG.id_number
    assert bodies("full_id_number_seen") == [{"person": pseudonym, "purpose": "compare_document"}]
    assert Fact.objects.get(kind="full_id_number_seen").actor == "centre-1"


@pytest.mark.parametrize(
    ("wrong", "refused"),
    [
        (replace(ZHANG, id_number="310101199003070036"), IdNumberRefused),
        (replace(ZHANG, id_number="31010119900307003"), IdNumberRefused),
        (replace(ZHANG, name="张三1"), NameRefused),
        (replace(ZHANG, name=""), NameRefused),
        (replace(ZHANG, name="王" * 101), DetailRefused),
        (replace(ZHANG, guardian=replace(MOTHER, name="王" * 101)), DetailRefused),
        (replace(ZHANG, nation="00"), DetailRefused),
        (replace(ZHANG, nation="DEU"), DetailRefused),
        (replace(ZHANG, sex=Sex.FEMALE), DetailRefused),
        (replace(ZHANG, phone="12345"), DetailRefused),
        (replace(ZHANG, address=" "), DetailRefused),
        (replace(ZHANG, guardian=replace(MOTHER, id_number="1")), DetailRefused),
        (replace(ZHANG, guardian=replace(MOTHER, id_number=ZHANG.id_number)), DetailRefused),
        (replace(ZHANG, station="310104-001"), StationElsewhere),
        (replace(ZHANG, station="310101-009"), StationUnknown),
    ],
)
def test_what_cannot_be_taken_is_refused_by_its_field_and_leaves_nothing(
    wrong: Details, refused: type[Refusal], officer: Actor
) -> None:
    with pytest.raises(refused) as told:
        register(wrong, actor=officer, at=AT)
    said = told.value.text.zh + told.value.text.en + repr(told.value)
    for value in (wrong.id_number, ZHANG.id_number, "张三", "12345", "李秀英", "人民路"):
        assert value not in said
    assert Person.objects.count() == 0
    assert bodies("person_registered") == []


def test_one_id_number_is_registered_once_wherever_the_other_lives(clerk: Actor, stranger: Actor) -> None:
    register(ZHANG, actor=clerk, at=AT)
    again = replace(ZHANG, district="310104", station=None, name="张四")
    with pytest.raises(PersonRegisteredAlready):
        register(again, actor=stranger, at=AT)
    assert Person.objects.count() == 1


def test_the_database_itself_keeps_an_id_number_once(clerk: Actor) -> None:
    row = Person.objects.get(pk=register(ZHANG, actor=clerk, at=AT))
    row.pseudonym += 1 if row.pseudonym < 2**63 - 1 else -1
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_an_id_number_is_known_again_after_its_index_was_rotated(clerk: Actor) -> None:
    pseudonym = register(ZHANG, actor=clerk, at=AT)
    keystore = keystore_from(os.environ)
    keystore.rotate(keyring.INDEX_KEY)
    keystore.rotate(keyring.FIELDS_KEY)
    with pytest.raises(PersonRegisteredAlready):
        register(ZHANG, actor=clerk, at=AT)
    assert [one.pseudonym for one in queries.find_by_name(clerk, "张三丰").people] == [pseudonym]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_register_one_number_at_once_one_is_told(officer: Actor) -> None:
    start, done, told = threading.Barrier(2), [], []

    def attempt(name: str) -> None:
        start.wait(timeout=30)
        try:
            done.append(register(replace(ZHANG, name=name), actor=officer, at=AT))
        except PersonRegisteredAlready as refusal:
            told.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=(name,)) for name in ("张三丰", "张三")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(done) == 1
    assert told == ["person_registered_already"]
    assert Person.objects.count() == 1
    assert [one["person"] for one in bodies("person_registered")] == done


def test_a_correction_says_which_fields_and_never_what_was_in_them(clerk: Actor) -> None:
    pseudonym = register(ZHANG, actor=clerk, at=AT)
    version = correct_details(
        pseudonym, Correction(name="张三峰", phone="", address="中山路 2 号"), seen=1,
        reason=CorrectionReason.ENTERED_WRONG, actor=clerk, at=AT,
    )  # fmt: skip
    person = queries.person(clerk, pseudonym)
    assert (version, person.version) == (2, 2)
    assert (person.name, person.phone, person.address) == ("张三峰", None, "中山路 2 号")
    assert queries.find_by_name(clerk, "张三丰").people == ()
    assert len(queries.find_by_name(clerk, "张三峰").people) == 1
    assert {one["detail"] for one in bodies("person_details_corrected")} == {"name", "phone", "address"}
    assert "张三" not in str(bodies("person_details_corrected"))


def test_a_corrected_id_number_brings_its_birth_and_sex_along(clerk: Actor) -> None:
    pseudonym = register(ZHANG, actor=clerk, at=AT)
    register(ANOTHER, actor=clerk, at=AT)
    right = number("31010119900307002")
    correct_details(
        pseudonym, Correction(id_number=right), seen=1, reason=CorrectionReason.ENTERED_WRONG, actor=clerk,
        at=AT,
    )  # fmt: skip
    assert queries.person(clerk, pseudonym).sex is Sex.FEMALE
    assert queries.find_by_id_number(clerk, ZHANG.id_number, on=TODAY).people == ()
    with pytest.raises(PersonRegisteredAlready):
        correct_details(
            pseudonym, Correction(id_number=ANOTHER.id_number), seen=2, reason=CorrectionReason.ENTERED_WRONG,
            actor=clerk, at=AT,
        )  # fmt: skip


def test_who_decided_on_an_older_version_is_told(clerk: Actor) -> None:
    pseudonym = register(ZHANG, actor=clerk, at=AT)
    reason = CorrectionReason.CONTACT_CHANGED
    correct_details(pseudonym, Correction(phone="13811112222"), reason=reason, seen=1, actor=clerk, at=AT)
    with pytest.raises(PersonChangedMeanwhile):
        correct_details(pseudonym, Correction(phone="13811113333"), reason=reason, seen=1, actor=clerk, at=AT)
    with pytest.raises(NothingCorrected):
        correct_details(pseudonym, Correction(phone="13811112222"), reason=reason, seen=2, actor=clerk, at=AT)
    assert len(bodies("person_details_corrected")) == 1


def test_a_move_within_the_city_needs_permission_at_both_places(
    clerk: Actor, officer: Actor, centre: Actor
) -> None:
    pseudonym = register(ZHANG, actor=clerk, at=AT)
    reason = CorrectionReason.MOVED_WITHIN_CITY
    away = Correction(district="310104", station="310104-001")
    for local in (clerk, officer):
        with pytest.raises(NotPermitted):
            correct_details(pseudonym, away, reason=reason, seen=1, actor=local, at=AT)
    correct_details(pseudonym, away, reason=reason, seen=1, actor=centre, at=AT)
    assert queries.person(centre, pseudonym).station == "310104-001"
    with pytest.raises(PersonUnknown):
        queries.person(officer, pseudonym)


@pytest.mark.django_db(transaction=True)
def test_the_registers_facts_are_sealed_and_hold(
    clerk: Actor, centre: Actor, seal_now: Callable[[], Seal | None], tmp_path: Path
) -> None:
    pseudonym = register(ZHANG, actor=clerk, at=AT)
    see_full_id_number(pseudonym, LookPurpose.COMPARE_DOCUMENT, actor=centre, at=AT)
    assert seal_now() is not None
    lake = open_lake(tmp_path / "lake")
    assert differences(lake) == []


@pytest.mark.django_db(transaction=True)
def test_of_two_who_correct_one_person_at_once_one_is_told(clerk: Actor) -> None:
    pseudonym = register(ZHANG, actor=clerk, at=AT)
    start, done, told = threading.Barrier(2), [], []

    def attempt(phone: str) -> None:
        start.wait(timeout=30)
        reason = CorrectionReason.CONTACT_CHANGED
        try:
            correct_details(pseudonym, Correction(phone=phone), reason=reason, seen=1, actor=clerk, at=AT)
            done.append(phone)
        except PersonChangedMeanwhile as refusal:
            told.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=(one,)) for one in ("13811112222", "13811113333")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert told == ["person_changed_meanwhile"]
    assert len(queries.find_by_phone(clerk, done[0]).people) == 1
    assert len(bodies("person_details_corrected")) == 1
