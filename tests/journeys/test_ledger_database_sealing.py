"""Sealing what the database recorded: typed files by kind and month, whole or not at all, on both databases."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from django.db import connection, transaction

from civicard.cards.codes import Channel, Reason
from civicard.cards.facts import ApplicationPassed, ApplicationTakenIn, CardMade
from civicard.governance.facts import TargetSet
from civicard.kernel.actor import Actor
from civicard.kernel.refusal import Refusal
from civicard.ledger import checking, rows
from civicard.ledger.actions import Entry, record, record_all
from civicard.ledger.kinds import Fact, kind_named
from civicard.ledger.lake import About, Lake, Seal, arrow, open_lake
from civicard.ledger.lake.sealing import SealInProgress, sealing
from civicard.ledger.models import SealRecord
from civicard.people.rules import AgeBand
from civicard.vault.keystore import Keystore

pytestmark = pytest.mark.django_db(transaction=True)

CLERK = Actor(code="clerk-0042")
AT = datetime(2018, 7, 31, 15, 0, tzinfo=UTC)
SEALED_AT = datetime(2018, 9, 1, tzinfo=UTC)
SealNow = Callable[[], Seal | None]


def recorded(fact: Fact, at: datetime = AT, corrects: int | None = None) -> int:
    """Record a fact in a transaction of its own."""
    with transaction.atomic():
        return record(fact, actor=CLERK, at=at, corrects=corrects)


def taken_in(application: int, old_card: int | None = None) -> ApplicationTakenIn:
    """Return the fact that an application was taken in."""
    return ApplicationTakenIn(
        application=application, person=1001, application_reason=Reason.REISSUE, channel=Channel.COUNTER,
        district="310101", station="310101-003", age_band=AgeBand.UNDER_7, promised_days=30, old_card=old_card,
        due_on=date(2018, 8, 30),
    )  # fmt: skip


def by_hand(**values: object) -> None:
    """Write a row past `record`."""
    row = {
        "kind": "application_passed",
        "day": "2018-07-31",
        "actor": "someone",
        "body": '{"application": 7}',
    }
    row["at"] = "2018-07-31 15:00:00.000000" + ("+00" if connection.vendor == "postgresql" else "")
    row |= values  # type: ignore[arg-type]  # what stands in a row by hand may be anything
    names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
    statement = f"INSERT INTO ledger_fact ({names}) VALUES ({marks})"  # noqa: S608 - names from this file
    with connection.cursor() as cursor:
        cursor.execute(statement, list(row.values()))


def content(lake: Lake, kind: str) -> list[tuple[object, ...]]:
    """Return the sealed facts of a kind as a reader finds them, in the order of files and rows."""
    found: list[tuple[object, ...]] = []
    for path in lake.paths(kind):
        found += [tuple(row.values()) for row in pq.read_table(path).to_pylist()]
    return found


def test_a_sealed_fact_reads_as_it_was_recorded(tmp_path: Path, seal_now: SealNow) -> None:
    first, second = recorded(taken_in(7)), recorded(taken_in(8, old_card=55))
    made = recorded(CardMade(
        application=7, card=1, blank=10**12, attempt=1, district="310101", station="310101-003",
        valid_until=date(2038, 7, 30),
    ))  # fmt: skip
    seal = seal_now()
    assert seal is not None
    assert (seal.number, seal.facts) == (1, 3)
    lake = open_lake(tmp_path / "lake")
    facts = content(lake, "application_taken_in")
    shared = (1001, "reissue", "counter", "310101", "310101-003", "under_7", 30, date(2018, 8, 30))
    assert [(fact[0], fact[1], fact[2], *fact[4:]) for fact in facts] == [
        (first, AT, date(2018, 7, 31), "clerk-0042", None, None, 7, *shared, None),
        (second, AT, date(2018, 7, 31), "clerk-0042", None, None, 8, *shared, 55),
    ]
    (card,) = content(lake, "card_made")
    assert card[0] == made
    assert card[7:] == (7, 1, 10**12, 1, "310101", "310101-003", date(2038, 7, 30))


def test_every_sealed_file_has_the_columns_of_its_kind_and_says_where_it_came_from(
    tmp_path: Path, seal_now: SealNow
) -> None:
    recorded(taken_in(7))
    recorded(ApplicationPassed(application=7))
    seal_now()
    lake = open_lake(tmp_path / "lake")
    for file in lake.files():
        schema = pq.read_schema(lake.folder / file.path)
        wanted = arrow.schema(kind_named(file.kind))
        assert [(one.name, one.type) for one in schema] == [(one.name, one.type) for one in wanted]
        assert schema.metadata[b"civicard.kind"].decode() == file.kind
        assert schema.metadata[b"civicard.origin"] == b"operated"
    assert [file.kind for file in lake.files()] == ["application_passed", "application_taken_in"]


def test_a_sound_lake_from_the_database_is_found_sound(
    tmp_path: Path, keystore: Keystore, seal_now: SealNow
) -> None:
    for application in range(3):
        recorded(taken_in(application))
        seal_now()
    report = checking.check(tmp_path / "lake", trusted=keystore.public_keys())
    assert report.faults == ()
    assert (report.seals, report.facts) == (3, 3)


def test_months_part_at_midnight_in_the_programmes_zone(tmp_path: Path, seal_now: SealNow) -> None:
    midnight = datetime(2018, 7, 31, 16, 0, tzinfo=UTC)
    before = recorded(ApplicationPassed(application=1), midnight - timedelta(microseconds=1))
    after = recorded(ApplicationPassed(application=2), midnight)
    seal_now()
    lake = open_lake(tmp_path / "lake")
    months = {file.month: pq.read_table(lake.folder / file.path)["fact"].to_pylist() for file in lake.files()}
    assert months == {"2018-07": [before], "2018-08": [after]}


def test_facts_stand_in_the_order_of_their_numbers_whatever_their_dates(
    tmp_path: Path, seal_now: SealNow
) -> None:
    entries = [Entry(ApplicationPassed(application=one), AT - timedelta(seconds=one)) for one in range(3000)]
    with transaction.atomic():
        record_all(entries, actor=CLERK)
    seal_now()
    facts = content(open_lake(tmp_path / "lake"), "application_passed")
    assert [fact[7] for fact in facts] == list(range(3000))
    assert [fact[0] for fact in facts] == sorted(fact[0] for fact in facts)  # type: ignore[type-var]  # they are numbers


def test_a_second_seal_takes_only_what_is_new_and_with_nothing_new_there_is_none(
    tmp_path: Path, seal_now: SealNow
) -> None:
    assert seal_now() is None
    first = recorded(ApplicationPassed(application=1))
    assert seal_now() is not None
    assert seal_now() is None
    second = recorded(ApplicationPassed(application=2))
    seal = seal_now()
    assert seal is not None
    assert (seal.number, seal.facts) == (2, 2)
    assert seal_now() is None
    lake = open_lake(tmp_path / "lake")
    files = [pq.read_table(lake.folder / file.path)["fact"].to_pylist() for file in lake.files()]
    assert files == [[first], [second]]
    remembered = SealRecord.objects.order_by("number").values_list("number", "root", "facts")
    assert list(remembered) == [(one.number, one.root, one.facts) for one in lake.seals]


def test_corrections_are_counted_where_they_stand(tmp_path: Path, seal_now: SealNow) -> None:
    wrong = recorded(taken_in(7))
    recorded(taken_in(8))
    recorded(taken_in(9), AT + timedelta(days=1), corrects=wrong)
    seal_now()
    files = open_lake(tmp_path / "lake").files()
    assert {file.month: (file.rows, file.corrections) for file in files} == {
        "2018-07": (2, 0), "2018-08": (1, 1),
    }  # fmt: skip


def test_words_with_quotes_and_backslashes_come_through(tmp_path: Path, seal_now: SealNow) -> None:
    reason = 'a "quoted" \\ reason / 原因：“七月”'
    recorded(
        TargetSet(
            year=2018, target="cards_made", version=1, value=5_000_000, unit="cards", reason=reason, approval="x",
            approved_on=date(2018, 1, 1),
        )
    )  # fmt: skip
    seal_now()
    ((*_, found, _, _),) = content(open_lake(tmp_path / "lake"), "target_set")
    assert found == reason


def test_sealing_within_a_transaction_is_a_mistake_of_the_program(seal_now: SealNow) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="outside"):
        seal_now()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kind": "no_such_kind"}, "no_such_kind"),
        ({"kind": "card_used", "body": '{"card": 1, "district": "310101", "application_field": "x"}'}, "card_used"),
        ({"body": "{}"}, "application is missing"),
        ({"body": '{"application": "7"}'}, "application must be a whole number"),
        ({"body": '{"application": 7.0}'}, "application must be a whole number"),
        ({"body": '{"application": 99999999999999999999}'}, "application is out of range"),
        ({"body": '{"application": true}'}, "application must be a whole number"),
        ({"body": '{"application": null}'}, "application is missing"),
        ({"body": '{"extra": 1, "application": 7}'}, "extra is no field"),
        ({"body": '{"application": 7, "name": "王小明"}'}, "name is no field"),
        ({"body": "[7]"}, "no object"),
        ({"body": "7"}, "no object"),
        ({"day": "2018-08-01"}, "business day"),
        ({"actor": "王小明"}, "actor must be a code"),
        ({"actor": "310101199003070035"}, "actor looks like an ID"),
    ],
)  # fmt: skip
def test_a_row_by_hand_that_is_no_fact_is_named_and_nothing_is_sealed(
    values: dict[str, object], said: str, tmp_path: Path, seal_now: SealNow
) -> None:
    recorded(ApplicationPassed(application=1))
    seal = seal_now()
    assert seal is not None
    number = recorded(ApplicationPassed(application=2))
    by_hand(**values)
    with pytest.raises(Refusal) as refused:
        seal_now()
    assert refused.value.code == "ledger_row_refused"
    assert f"Fact {number + 1} " in refused.value.text.en
    assert f"事实 {number + 1} " in refused.value.text.zh
    assert said in refused.value.text.en
    assert open_lake(tmp_path / "lake").root == seal.root
    assert [one.name for one in (tmp_path / "lake").iterdir() if one.name == ".sealing"] == []
    assert SealRecord.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("district", "no code"),
        ("channel", "pigeon"),
        ("station", "13912345678"),
        ("district", 'x", "person": "'),
    ],
)
def test_a_code_that_is_none_is_found_though_its_type_fits(
    field: str, value: str, seal_now: SealNow, as_owner: Callable[[], AbstractContextManager[None]]
) -> None:
    number = recorded(taken_in(7))
    put = (
        "jsonb_set(body, %s, to_jsonb(%s::text))"
        if connection.vendor == "postgresql"
        else "replace(json_set(body, %s, %s), ':', ': ')"
    )
    path = f"{{{field}}}" if connection.vendor == "postgresql" else f"$.{field}"
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE ledger_fact SET body = {put}", [path, value])  # noqa: S608 - text from this test
    with pytest.raises(Refusal) as refused:
        seal_now()
    assert refused.value.code == "ledger_row_refused"
    assert f"Fact {number} " in refused.value.text.en


def test_once_the_bad_row_is_mended_the_next_seal_goes_on(
    seal_now: SealNow, as_owner: Callable[[], AbstractContextManager[None]]
) -> None:
    recorded(ApplicationPassed(application=1))
    by_hand(kind="no_such_kind")
    with pytest.raises(Refusal):
        seal_now()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_fact WHERE kind = 'no_such_kind'")
    seal = seal_now()
    assert seal is not None
    assert seal.facts == 1


def test_both_ways_of_reading_postgresql_seal_the_same_facts(
    tmp_path: Path,
    about: About,
    keystore: Keystore,
    all_final: Callable[[], None],
    as_owner: Callable[[], AbstractContextManager[None]],
) -> None:
    entries = [Entry(taken_in(one, old_card=one if one % 2 else None), AT) for one in range(1000)]
    with transaction.atomic():
        record_all(entries, actor=CLERK)
    all_final()
    found = {}
    for by_scanner in (True, False):
        folder = tmp_path / f"lake-{by_scanner}"
        signers = [keystore.signer("seal")]
        rows.seal(folder=folder, about=about, signers=signers, at=SEALED_AT, by_scanner=by_scanner)
        found[by_scanner] = content(open_lake(folder), "application_taken_in")
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM ledger_seal")
    assert found[True] == found[False]
    assert [fact[7] for fact in found[True]] == list(range(1000))


def test_two_seals_at_once_are_one_too_many(
    tmp_path: Path, about: About, keystore: Keystore, seal_now: SealNow
) -> None:
    recorded(ApplicationPassed(application=1))
    lake = tmp_path / "lake"
    with (
        sealing(lake, signers=[keystore.signer("seal")], at=SEALED_AT, about=about),
        pytest.raises(SealInProgress),
    ):
        seal_now()
    seal = seal_now()
    assert seal is not None
    assert seal.facts == 1


def test_a_lake_that_was_cut_short_is_refused(tmp_path: Path, seal_now: SealNow) -> None:
    for application in (1, 2):
        recorded(ApplicationPassed(application=application))
        seal_now()
    (tmp_path / "lake" / "seal=000002").rename(tmp_path / "kept")
    recorded(ApplicationPassed(application=3))
    with pytest.raises(Refusal) as refused:
        seal_now()
    assert refused.value.code == "ledger_lake_cut_short"
    (tmp_path / "kept").rename(tmp_path / "lake" / "seal=000002")
    seal = seal_now()
    assert seal is not None
    assert (seal.number, seal.facts) == (3, 3)


def test_the_lake_of_another_database_is_refused_and_so_is_one_with_the_same_number_of_seals(
    tmp_path: Path, seal_now: SealNow, as_owner: Callable[[], AbstractContextManager[None]]
) -> None:
    recorded(ApplicationPassed(application=1))
    seal_now()
    (tmp_path / "lake").rename(tmp_path / "first")
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_seal")
        cursor.execute("DELETE FROM ledger_fact")
    (tmp_path / "first").rename(tmp_path / "lake")
    recorded(ApplicationPassed(application=1))
    with pytest.raises(Refusal) as refused:
        seal_now()
    assert refused.value.code == "ledger_lake_of_other_database"
    (tmp_path / "lake").rename(tmp_path / "first")
    seal_now()
    (tmp_path / "lake").rename(tmp_path / "second")
    (tmp_path / "first").rename(tmp_path / "lake")
    with pytest.raises(Refusal) as refused:
        seal_now()
    assert refused.value.code == "ledger_lake_of_other_database"


def test_a_seal_of_an_operators_file_alone_is_remembered_with_the_next_one(
    tmp_path: Path, keystore: Keystore, seal_now: SealNow
) -> None:
    recorded(ApplicationPassed(application=1))
    seal_now()
    table = pq.read_table(open_lake(tmp_path / "lake").paths("application_passed")[0])
    kind = kind_named("application_passed")
    with sealing(tmp_path / "lake", signers=[keystore.signer("seal")], at=SEALED_AT) as one:
        one.write(
            kind, "2018-07", [table.set_column(0, table.schema.field(0), [[10**15]])], source="operator"
        )
        one.commit(facts=1)
    second = recorded(ApplicationPassed(application=2))
    seal = seal_now()
    assert seal is not None
    assert (seal.number, seal.facts) == (3, 3)
    assert SealRecord.objects.count() == 3
    assert content(open_lake(tmp_path / "lake"), "application_passed")[-1][0] == second


def test_a_database_whose_transactions_count_from_low_again_is_refused(
    tmp_path: Path, keystore: Keystore, seal_now: SealNow
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no numbers of transactions")
    recorded(ApplicationPassed(application=1))
    seal_now()
    SealRecord.objects.create(number=2, root="", horizon=2**62, facts=1, sealed_at=SEALED_AT)
    with sealing(tmp_path / "lake", signers=[keystore.signer("seal")], at=SEALED_AT) as one:
        table = pq.read_table(open_lake(tmp_path / "lake").paths("application_passed")[0])
        one.write(kind_named("application_passed"), "2018-07", [table])
        seal = one.commit(facts=1, horizon=2**62)
    assert seal is not None
    _known(seal)
    with pytest.raises(Refusal) as refused:
        seal_now()
    assert refused.value.code == "ledger_transactions_went_back"


def _known(seal: Seal) -> None:
    """Let the database remember a seal as its last, as a database restored from a dump would."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE ledger_seal SET root = %s WHERE number = %s", [seal.root, seal.number])
        cursor.execute("SET session_replication_role = origin")


def test_a_reader_with_nothing_but_duckdb_finds_the_facts(tmp_path: Path, seal_now: SealNow) -> None:
    recorded(taken_in(7))
    recorded(taken_in(8))
    seal_now()
    pattern = str(tmp_path / "lake" / "seal=*" / "kind=application_taken_in" / "**" / "*.parquet")
    found = duckdb.execute(f"SELECT month, sum(application) FROM '{pattern}' GROUP BY 1").fetchall()  # noqa: S608 - our own path
    assert found == [("2018-07", 15)]
