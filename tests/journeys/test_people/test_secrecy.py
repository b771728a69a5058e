"""Nothing of the register's particulars stands in the database, a log, a printed form or an exception in clear."""

import logging
import shutil
import subprocess
import traceback
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import connection

from civicard.kernel.actor import Actor
from civicard.kernel.refusal import Refusal
from civicard.people import queries
from civicard.people.actions import (
    Correction,
    Details,
    PersonRegisteredAlready,
    confirm,
    correct_details,
    register,
    report_death,
    see_full_id_number,
)
from civicard.people.facts import LookPurpose
from civicard.people.models import Person
from civicard.people.rules import CorrectionReason, Guardian, ReportSource, check_character
from civicard.vault.refusals import FieldUnreadable

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
LATER = datetime(2026, 4, 2, 1, tzinfo=UTC)
GUARDIAN = Guardian(name="欧阳娜娜", id_number="310101199003070035", phone="13911112222")
CHILD = Details(
    id_number="11010120160229001X", name="令狐冲虚", nation="01", district="310101", station="310101-001",
    address="华山路思过崖 7 号", phone="13700009999", guardian=GUARDIAN,
)  # fmt: skip
SECRETS = (
    CHILD.id_number[:17], CHILD.name, "思过崖", "13700009999", "2016-02-29", "20160229",
    GUARDIAN.name, GUARDIAN.id_number, GUARDIAN.phone, "令狐冲", "13600008888",
)  # fmt: skip


def child() -> Details:
    """Return the child, whose number has its right check character."""
    seventeen = CHILD.id_number[:17]
    return replace(CHILD, id_number=seventeen + check_character(seventeen))


def everything_kept() -> bytes:
    """Return all that the database of this test keeps: the file of SQLite and its log, or a dump of PostgreSQL."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        beside = [Path(f"{name}{end}") for end in ("", "-wal", "-shm")]
        return b"".join(path.read_bytes() for path in beside if path.exists())
    with connection.cursor() as cursor:
        # As in a dump; by default binary columns come in base64, in which nothing would be found.
        cursor.execute("SET xmlbinary = hex")
        cursor.execute(
            "SELECT string_agg(query_to_xml(format('SELECT * FROM %I', table_name), true, true, '')::text, '') "
            "FROM information_schema.tables WHERE table_schema = 'public'"
        )
        (text,) = cursor.fetchone()
    return bytes(text, "utf-8")


def found_in(data: bytes) -> list[str]:
    """Return which secrets stand in the data, in an encoding that a database may use, as they are or in hexadecimal."""
    lowered = data.lower()
    forms = {one: [one.encode(encoding) for encoding in ("utf-8", "gb18030", "utf-16-le")] for one in SECRETS}
    return [
        one
        for one, held in forms.items()
        if any(form in data or form.hex().encode() in lowered for form in held)
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("network")
def test_the_search_finds_what_stands_in_clear_in_a_binary_column(clerk: Actor) -> None:
    pseudonym = register(child(), actor=clerk, at=AT)
    Person.objects.filter(pk=pseudonym).update(address="思过崖".encode())
    assert found_in(everything_kept()) == ["思过崖"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("network")
def test_neither_the_database_nor_a_log_holds_a_particular_in_clear(
    clerk: Actor, centre: Actor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pseudonym = register(child(), actor=clerk, at=AT)
    queries.find_by_name(clerk, CHILD.name)
    queries.find_by_phone(clerk, "13700009999")
    queries.find_by_id_number(clerk, child().id_number, on=date(2026, 3, 2))
    see_full_id_number(pseudonym, LookPurpose.COMPARE_DOCUMENT, actor=centre, at=AT)
    with pytest.raises(PersonRegisteredAlready):
        register(child(), actor=clerk, at=AT)
    correct_details(
        pseudonym, Correction(name="令狐冲", phone="13600008888"), seen=1,
        reason=CorrectionReason.ENTERED_WRONG, actor=clerk, at=AT,
    )  # fmt: skip
    report_death(pseudonym, ReportSource.POLICE, actor=clerk, at=AT)
    confirm(pseudonym, actor=clerk, at=LATER)
    kept = everything_kept()
    # What is not secret is found, or the search would prove nothing.
    assert "310101-001 服务站".encode() in kept
    assert found_in(kept) == []
    assert found_in(caplog.text.encode()) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("network")
def test_a_dump_of_postgresql_holds_nothing_in_clear(clerk: Actor) -> None:
    if connection.vendor != "postgresql" or shutil.which("pg_dump") is None:
        pytest.skip("needs PostgreSQL and its pg_dump")
    register(child(), actor=clerk, at=AT)
    found = connection.settings_dict
    dump = subprocess.run(
        [
            "pg_dump",
            "-h",
            found["HOST"],
            "-p",
            str(found["PORT"] or 5432),
            "-U",
            found["USER"],
            found["NAME"],
        ],
        capture_output=True,
        check=False,
    )
    if dump.returncode != 0:
        pytest.skip("pg_dump is older than the server")
    assert "310101-001 服务站".encode() in dump.stdout
    assert found_in(dump.stdout) == []


@pytest.mark.django_db
@pytest.mark.usefixtures("network")
def test_no_printed_form_shows_a_particular(clerk: Actor) -> None:
    pseudonym = register(child(), actor=clerk, at=AT)
    person = queries.person(clerk, pseudonym)
    row = Person.objects.get(pk=pseudonym)
    correction = Correction(name="令狐冲", phone="13600008888", guardian=GUARDIAN)
    shown = (child(), person, row, correction, GUARDIAN, queries.find_by_name(clerk, CHILD.name))
    printed = " ".join(f"{one!r} {one}" for one in shown)
    assert str(pseudonym) in printed
    assert found_in(printed.encode()) == []


@pytest.mark.django_db
@pytest.mark.usefixtures("network")
def test_no_exception_or_what_it_hangs_on_shows_a_particular(clerk: Actor) -> None:
    register(child(), actor=clerk, at=AT)
    for wrong in (
        child(),
        replace(child(), phone="1370000999"),
        replace(child(), guardian=replace(GUARDIAN, id_number="310101199003070036")),
    ):
        with pytest.raises(Refusal) as told:
            register(wrong, actor=clerk, at=AT)
        assert found_in("".join(traceback.format_exception(told.value)).encode()) == []


@pytest.mark.django_db
@pytest.mark.usefixtures("network")
def test_a_field_moved_to_another_row_or_field_is_not_read(clerk: Actor) -> None:
    first = Person.objects.get(pk=register(child(), actor=clerk, at=AT))
    second = register(replace(child(), id_number="310101199003070035", guardian=None), actor=clerk, at=AT)
    Person.objects.filter(pk=second).update(name=first.name)
    with pytest.raises(FieldUnreadable):
        queries.person(clerk, second)
    Person.objects.filter(pk=first.pk).update(address=first.name)
    with pytest.raises(FieldUnreadable):
        queries.person(clerk, first.pk)
