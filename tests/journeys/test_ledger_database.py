"""Recording facts: typed, in the transaction of the change, and never changed again, on both databases."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from civicard.cards.codes import Channel, Reason
from civicard.cards.facts import ApplicationBatched, ApplicationPassed, ApplicationTakenIn
from civicard.governance.facts import TargetSet
from civicard.kernel.actor import Actor
from civicard.kernel.refusal import Refusal
from civicard.ledger.actions import Entry, FactByFileOnly, record, record_all
from civicard.ledger.kinds import Fact, FactRefused
from civicard.ledger.lake.operator_tables import FIRST_NUMBER
from civicard.ledger.models import Fact as FactRow
from civicard.ledger.models import SealRecord
from civicard.people.rules import AgeBand
from civicard.uses.facts import CardUsed

CLERK = Actor(code="clerk-0042")
AT = datetime(2018, 7, 2, 1, 30, tzinfo=UTC)
TAKEN_IN = ApplicationTakenIn(
    application=7, person=1001, application_reason=Reason.FIRST, channel=Channel.COUNTER, district="310101",
    station="310101-003", age_band=AgeBand.UNDER_7, promised_days=30, due_on=date(2018, 8, 1),
)  # fmt: skip
PASSED = ApplicationPassed(application=7)


def rows() -> list[tuple[object, ...]]:
    """Return the rows as they stand, in the order of their numbers."""
    return list(FactRow.objects.order_by("number").values_list("number", "kind", "at", "body"))


def insert(**values: object) -> None:
    """Write a row by hand, past `record`."""
    columns = {
        "kind": "application_passed",
        "day": "2018-07-02",
        "actor": "someone",
        "body": '{"application": 7}',
    }
    columns |= {"at": "2018-07-02 01:30:00.000000" + ("+00" if connection.vendor == "postgresql" else "")}
    columns |= values  # type: ignore[arg-type]  # what stands in a row by hand may be anything
    names, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
    with transaction.atomic(), connection.cursor() as cursor:
        statement = f"INSERT INTO ledger_fact ({names}) VALUES ({marks})"  # noqa: S608 - names from this file
        cursor.execute(statement, list(columns.values()))


@pytest.mark.django_db
def test_a_recorded_fact_stands_in_the_ledger_with_all_it_says() -> None:
    before = datetime.now(UTC)
    with transaction.atomic():
        number = record(TAKEN_IN, actor=CLERK, at=AT)
    row = FactRow.objects.get(number=number)
    assert (row.kind, row.at, row.actor, row.cause, row.corrects) == (
        "application_taken_in", AT, "clerk-0042", None, None,
    )  # fmt: skip
    assert row.body == {
        "application": 7, "person": 1001, "application_reason": "first", "channel": "counter", "district": "310101",
        "station": "310101-003", "age_band": "under_7", "promised_days": 30, "due_on": "2018-08-01",
    }  # fmt: skip
    assert timedelta(seconds=-1) < row.recorded_at - before < timedelta(minutes=1)
    assert (row.xact is None) == (connection.vendor == "sqlite")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2018, 7, 31, 15, 59, 59, 999999, tzinfo=UTC), date(2018, 7, 31)),
        (datetime(2018, 7, 31, 16, 0, tzinfo=UTC), date(2018, 8, 1)),
        (datetime(2018, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), date(2019, 1, 1)),
    ],
)
def test_the_business_day_begins_at_midnight_in_the_programmes_zone(at: datetime, day: date) -> None:
    with transaction.atomic():
        number = record(PASSED, actor=CLERK, at=at)
    assert FactRow.objects.get(number=number).day == day


@pytest.mark.django_db
def test_both_databases_hold_a_body_as_the_same_text() -> None:
    with transaction.atomic():
        number = record(
            TargetSet(
                year=2018, target="cards_made", version=2, value=3_000_000, unit="cards", reason='“新卡”\\ "七月"',
                approval="沪府办〔2018〕9号", approved_on=date(2018, 6, 1),
            ),
            actor=CLERK, at=AT,
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT CAST(body AS text) FROM ledger_fact WHERE number = %s", [number])
        (text,) = cursor.fetchone()
    assert text == (
        '{"unit": "cards", "year": 2018, "value": 3000000, "reason": "“新卡”\\\\ \\"七月\\"", "target": "cards_made", '
        '"version": 2, "approval": "沪府办〔2018〕9号", "approved_on": "2018-06-01"}'
    )


@pytest.mark.django_db
def test_many_facts_are_recorded_at_once_in_their_order() -> None:
    entries = [Entry(ApplicationPassed(application=one), AT + timedelta(seconds=one)) for one in range(500)]
    with transaction.atomic():
        assert record_all(iter(entries), actor=CLERK) == 500
    assert [(kind, at, body) for _, kind, at, body in rows()] == [
        ("application_passed", AT + timedelta(seconds=one), {"application": one}) for one in range(500)
    ]


@pytest.mark.django_db
def test_of_many_facts_all_or_none_are_recorded() -> None:
    entries = [Entry(PASSED, AT), Entry(PASSED, AT, cause=10**12), Entry(PASSED, AT)]
    with pytest.raises(Refusal) as refused, transaction.atomic():
        record_all(entries, actor=CLERK)
    assert refused.value.code == "fact_cause_unknown"
    assert rows() == []


@pytest.mark.django_db
def test_a_fact_is_gone_with_the_change_that_came_to_nothing() -> None:
    class CameToNothing(Exception):
        pass

    def deed() -> None:
        with transaction.atomic():
            record(PASSED, actor=CLERK, at=AT)
            raise CameToNothing

    with pytest.raises(CameToNothing):
        deed()
    assert rows() == []


@pytest.mark.django_db
def test_a_change_is_gone_with_the_fact_that_was_refused_even_when_the_refusal_is_caught() -> None:
    with transaction.atomic():
        record(PASSED, actor=CLERK, at=AT)
        with pytest.raises(FactRefused):
            record(ApplicationPassed(application="seven"), actor=CLERK, at=AT)  # type: ignore[arg-type]  # the fault
    assert rows() == []


@pytest.mark.django_db(transaction=True)
def test_recording_outside_of_a_transaction_is_a_mistake_of_the_program() -> None:
    with pytest.raises(RuntimeError, match="atomic"):
        record(PASSED, actor=CLERK, at=AT)
    with pytest.raises(RuntimeError, match="atomic"):
        record_all([Entry(PASSED, AT)], actor=CLERK)
    assert rows() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fact", "actor", "at", "code"),
    [
        (ApplicationPassed(application=True), CLERK, AT, "fact_refused"),
        (ApplicationPassed(application=2**63), CLERK, AT, "fact_refused"),
        (ApplicationPassed(application=None), CLERK, AT, "fact_refused"),  # type: ignore[arg-type]  # the fault
        (PASSED, CLERK, AT.replace(tzinfo=None), "fact_refused"),
        (PASSED, Actor(code="王小明"), AT, "fact_refused"),
        (PASSED, Actor(code="310101199003070035"), AT, "fact_refused"),
        (CardUsed(card=1, application_field="transit", district="310101"), CLERK, AT, "fact_by_file_only"),
    ],
)
def test_what_is_no_fact_is_refused_by_its_code(fact: Fact, actor: Actor, at: datetime, code: str) -> None:
    with pytest.raises(Refusal) as refused, transaction.atomic():
        record(fact, actor=actor, at=at)
    assert refused.value.code == code
    assert refused.value.text.zh != refused.value.text.en
    assert rows() == []


def test_the_refusal_of_a_file_kind_names_the_way_that_is_open() -> None:
    assert FactByFileOnly.code == "fact_by_file_only"
    assert CardUsed.arrival == "file"


@pytest.mark.django_db
def test_a_fact_in_the_future_is_refused_and_one_within_five_minutes_is_not() -> None:
    now = datetime.now(UTC)
    with transaction.atomic():
        record(PASSED, actor=CLERK, at=now + timedelta(minutes=4))
    with pytest.raises(Refusal) as refused, transaction.atomic():
        record(PASSED, actor=CLERK, at=now + timedelta(minutes=6))
    assert refused.value.code == "fact_in_future"
    assert len(rows()) == 1


@pytest.mark.django_db
def test_cause_and_correction_are_held_to_what_the_ledger_knows() -> None:
    with transaction.atomic():
        first = record(PASSED, actor=CLERK, at=AT)
        assert record(ApplicationBatched(application=7, batch=1), actor=CLERK, at=AT, cause=first) > first
    moment = timedelta(microseconds=1)
    other = ApplicationBatched(application=7, batch=1)
    cases: list[tuple[Fact, dict[str, int], datetime, str]] = [
        (PASSED, {"cause": first + 10**6}, AT, "fact_cause_unknown"),
        (PASSED, {"cause": first}, AT - moment, "fact_before_cause"),
        (PASSED, {"corrects": first + 10**6}, AT, "fact_corrected_unknown"),
        (PASSED, {"corrects": first}, AT - moment, "fact_before_corrected"),
        (other, {"corrects": first}, AT, "fact_corrects_other_kind"),
    ]
    for fact, named, at, code in cases:
        with pytest.raises(Refusal) as refused, transaction.atomic():
            record(fact, actor=CLERK, at=at, **named)
        assert refused.value.code == code
    assert len(rows()) == 2


@pytest.mark.django_db
def test_a_fact_is_corrected_once_and_then_its_correction() -> None:
    with transaction.atomic():
        wrong = record(PASSED, actor=CLERK, at=AT)
        better = record(ApplicationPassed(application=8), actor=CLERK, at=AT, corrects=wrong)
    with pytest.raises(Refusal) as refused, transaction.atomic():
        record(ApplicationPassed(application=9), actor=CLERK, at=AT, corrects=wrong)
    assert refused.value.code == "fact_already_corrected"
    with transaction.atomic():
        record(ApplicationPassed(application=9), actor=CLERK, at=AT, corrects=better)
    assert len(rows()) == 3


FORBIDDEN = [
    "UPDATE ledger_fact SET actor = 'other'",
    "DELETE FROM ledger_fact",
    "DELETE FROM ledger_seal",
    "UPDATE ledger_seal SET root = 'x'",
]
ONLY_POSTGRESQL = [
    "TRUNCATE ledger_fact",
    "TRUNCATE ledger_fact, ledger_seal RESTART IDENTITY CASCADE",
    (
        "INSERT INTO ledger_fact (number, kind, at, day, actor, body) OVERRIDING SYSTEM VALUE "
        "SELECT number, 'x', at, day, actor, body FROM ledger_fact ON CONFLICT (number) DO UPDATE SET kind = 'x'"
    ),
    "WITH gone AS (DELETE FROM ledger_fact RETURNING *) SELECT count(*) FROM gone",
]
COPIED = (
    "number, kind, at, day, actor, body) SELECT number, 'x', at, day, actor, body FROM ledger_fact LIMIT 1"
)
ONLY_SQLITE = [
    f"REPLACE INTO ledger_fact ({COPIED}",
    f"INSERT OR REPLACE INTO ledger_fact ({COPIED}",
    "UPDATE OR REPLACE ledger_fact SET number = number + 1",
    (
        "INSERT OR REPLACE INTO ledger_fact (kind, at, day, actor, corrects, body) "
        "SELECT kind, at, day, actor, corrects, body FROM ledger_fact WHERE corrects IS NOT NULL"
    ),
    (
        "INSERT INTO ledger_fact (number, kind, at, day, actor, body) "
        "SELECT -1, kind, at, day, actor, body FROM ledger_fact LIMIT 1"
    ),
    "INSERT OR REPLACE INTO ledger_seal SELECT * FROM ledger_seal",
    (
        "INSERT OR REPLACE INTO ledger_seal (rowid, number, root, horizon, facts, sealed_at) "
        "SELECT rowid, 2, 'x', horizon, facts, sealed_at FROM ledger_seal"
    ),
]


@pytest.mark.django_db
@pytest.mark.parametrize("statement", [*FORBIDDEN, *ONLY_POSTGRESQL, *ONLY_SQLITE])
def test_no_statement_by_hand_changes_or_removes_what_the_ledger_holds(statement: str) -> None:
    if statement in (ONLY_SQLITE if connection.vendor == "postgresql" else ONLY_POSTGRESQL):
        pytest.skip("the other database's own words")
    with transaction.atomic():
        first = record(PASSED, actor=CLERK, at=AT)
        record(PASSED, actor=CLERK, at=AT, corrects=first)
        SealRecord.objects.create(number=1, root="0" * 64, horizon=0, facts=0, sealed_at=AT)
    before = rows()
    with (
        pytest.raises(IntegrityError, match="civicard:"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert rows() == before
    assert list(SealRecord.objects.values_list("number", "root")) == [(1, "0" * 64)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "marker"),
    [
        ({"at": "9018-07-02 01:30:00.000000"}, "fact_in_future"),
        ({"cause": 10**12}, "fact_cause_unknown"),
        ({"corrects": 10**12}, "fact_corrected_unknown"),
    ],
)
def test_the_rules_of_facts_hold_for_rows_written_by_hand(values: dict[str, object], marker: str) -> None:
    with pytest.raises(IntegrityError, match=marker):
        insert(**values)
    assert rows() == []


@pytest.mark.django_db
def test_a_row_written_by_hand_cannot_choose_its_transaction_or_clock() -> None:
    forged = {"recorded_at": "2018-07-02 01:30:00.000"}
    if connection.vendor == "sqlite":
        with pytest.raises(IntegrityError, match="fact_malformed"):
            insert(**forged)
        return
    insert(**forged, xact=3)
    row = FactRow.objects.get()
    assert row.recorded_at.year > 2018
    assert row.xact is not None
    assert row.xact > 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values",
    [
        {"at": "2018-07-02 01:30:00"}, {"at": "2018-07-02T01:30:00.000000"}, {"at": "2018-02-30 01:30:00.000000Z"},
        {"day": "2018-7-2"}, {"day": "2018-02-30"}, {"cause": "first"},
        {"at": "2018-02-30 01:30:00.000000"}, {"at": "2018-02-28 24:00:00.000000"}, {"at": "2018-02-28 23:59:60.000000"},
    ],
)  # fmt: skip
def test_sqlite_takes_no_row_whose_times_do_not_compare_as_text(values: dict[str, object]) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has types for this")
    with pytest.raises(IntegrityError, match="fact_malformed"):
        insert(**values)


@pytest.mark.django_db
@pytest.mark.parametrize("values", [{"number": 0}, {"number": -5}, {"at": "-infinity"}, {"day": "-infinity"}])
def test_postgresql_takes_no_row_outside_of_all_months_and_numbers(values: dict[str, object]) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no infinite times, and its numbers are tested above")
    with pytest.raises(IntegrityError, match="fact_malformed"):
        insert(**values)


@pytest.mark.django_db
def test_the_record_of_a_seal_must_follow_the_last_one() -> None:
    with pytest.raises(IntegrityError, match="ledger_seal_out_of_order"), transaction.atomic():
        SealRecord.objects.create(number=2, root="0" * 64, horizon=0, facts=0, sealed_at=AT)
    assert not SealRecord.objects.exists()


@pytest.mark.django_db
def test_postgresql_records_nothing_once_its_transactions_count_lower_than_those_sealed() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no numbers of transactions")
    with transaction.atomic():
        SealRecord.objects.create(number=1, root="0" * 64, horizon=2**62, facts=0, sealed_at=AT)
    with pytest.raises(Refusal) as refused, transaction.atomic():
        record(PASSED, actor=CLERK, at=AT)
    assert refused.value.code == "ledger_transactions_went_back"
    assert "pg_resetwal" in refused.value.text.en


@pytest.mark.django_db(transaction=True)
def test_only_the_tables_owner_can_tamper_and_then_the_row_does_change(
    as_owner: Callable[[], AbstractContextManager[None]],
) -> None:
    with transaction.atomic():
        record(PASSED, actor=CLERK, at=AT)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_fact SET body = %s", [json.dumps({"application": 8})])
    assert [body for _, _, _, body in rows()] == [{"application": 8}]
    with pytest.raises(IntegrityError, match="fact_append_only"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_fact")


@pytest.mark.django_db
@pytest.mark.parametrize("at", ["0001-01-01T00:00Z", "1899-12-31T15:00Z", "9999-12-31T23:59Z"])
def test_a_fact_dated_outside_of_all_ledgers_is_refused(at: str) -> None:
    with transaction.atomic(), pytest.raises(FactRefused, match="begins on 1900-01-01"):
        record(PASSED, actor=CLERK, at=datetime.fromisoformat(at))
    assert rows() == []


@pytest.mark.django_db
def test_no_row_by_hand_takes_a_number_of_operators_files() -> None:
    with pytest.raises(IntegrityError, match="fact_malformed"):
        insert(number=FIRST_NUMBER)
    insert(number=FIRST_NUMBER - 1)
    assert [number for number, *_ in rows()] == [FIRST_NUMBER - 1]
