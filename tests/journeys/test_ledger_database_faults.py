"""Faults from outside: a kill at every step of a seal, a full disk, and rows that somebody tampered with."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.db import connection, transaction

from civicard.cards.facts import ApplicationBatched, ApplicationPassed
from civicard.kernel.actor import Actor
from civicard.ledger import checking, rows
from civicard.ledger.actions import record
from civicard.ledger.lake import SEAL, About, Seal, open_lake, seal_folder
from civicard.ledger.models import SealRecord
from civicard.ledger.queries import differences
from civicard.ledger.rows.memory import LakeOfOtherDatabase, SealNotRemembered
from civicard.vault.keystore import Keystore

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2018, 7, 31, 15, 0, tzinfo=UTC)
SealNow = Callable[[], Seal | None]
AsOwner = Callable[[], AbstractContextManager[None]]

# A seal in a process of its own, under a key of its own, that kills itself at one of its steps.
SEALING = """
import os, resource, signal, sys
from datetime import UTC, datetime
import django
django.setup()
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.lake import About
from civicard.ledger.rows import seal
from civicard.vault.keystore import Keystore, Purpose
from civicard.vault.master import Master

folder, keys, last_step, most_bytes = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
store = Keystore.create(keys, Master.random())
store.add("seal", Purpose.SIGNATURE_ED25519)
steps = []

def step(name):
    if len(steps) == last_step:
        os.kill(os.getpid(), signal.SIGKILL)
    steps.append(name)

if most_bytes:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
try:
    seal(
        folder=folder, about=About(city=Text("示例市", "Sample City"), origin="operated"),
        signers=[store.signer("seal")], at=datetime(2018, 9, 1, tzinfo=UTC), step=step,
    )
except Refusal as refusal:
    print(refusal.code)
    sys.exit(1)
"""
NEVER = 10**6
KILLED = -9


def recorded(application: int) -> int:
    """Record a fact in a transaction of its own."""
    with transaction.atomic():
        return record(ApplicationPassed(application=application), actor=Actor(code="clerk-1"), at=AT)


def sealing(
    tmp_path: Path, environment: dict[str, str], last_step: int = NEVER, most_bytes: int = 0
) -> subprocess.CompletedProcess[str]:
    """Seal in a process of its own."""
    keys = tmp_path / f"keys-{len(list(tmp_path.iterdir()))}.json"
    command = [
        sys.executable,
        "-c",
        SEALING,
        str(tmp_path / "lake"),
        str(keys),
        str(last_step),
        str(most_bytes),
    ]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def sealed(folder: Path) -> list[int]:
    """Return the numbers of all sealed facts."""
    lake = open_lake(folder)
    return [
        number
        for path in lake.paths("application_passed")
        for number in pq.read_table(path)["fact"].to_pylist()
    ]


def test_a_kill_at_every_step_loses_no_fact_and_doubles_none(
    tmp_path: Path,
    environment_of_database: dict[str, str],
    all_final: Callable[[], None],
    seal_now: SealNow,
) -> None:
    kept: list[int] = []
    done = None
    for last_step in range(NEVER):
        kept.append(recorded(last_step))
        all_final()
        done = sealing(tmp_path, environment_of_database, last_step)
        if done.returncode != KILLED:
            break
        # The old state or the new one: never a part of what is final, and never the same fact twice.
        found = sealed(tmp_path / "lake")
        assert found == kept[: len(found)]
    assert done is not None
    assert (done.returncode, done.stderr) == (0, "")
    # Swept, remembered before, typed, filed, hashed, written, in place, remembered: each was the last once.
    assert last_step == 8
    assert sealed(tmp_path / "lake") == kept
    kept.append(recorded(NEVER))
    seal_now()
    assert sealed(tmp_path / "lake") == kept
    assert differences(open_lake(tmp_path / "lake")) == []
    assert SealRecord.objects.count() == len(open_lake(tmp_path / "lake").seals)


def test_a_seal_that_the_database_missed_is_taken_over_by_the_next(
    tmp_path: Path, seal_now: SealNow, keystore: Keystore, as_owner: AsOwner
) -> None:
    first = recorded(1)
    seal_now()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_seal")
    assert differences(open_lake(tmp_path / "lake")) == []
    second = recorded(2)
    seal_now()
    assert sealed(tmp_path / "lake") == [first, second]
    assert list(SealRecord.objects.order_by("number").values_list("number", "facts")) == [(1, 1), (2, 2)]
    assert checking.check(tmp_path / "lake", trusted=keystore.public_keys()).faults == ()


def test_a_missed_seal_that_holds_other_facts_than_the_database_is_not_taken_over(
    seal_now: SealNow, as_owner: AsOwner
) -> None:
    number = recorded(1)
    seal_now()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_seal")
        cursor.execute("UPDATE ledger_fact SET body = '{\"application\": 2}'")
    with pytest.raises(Exception, match=f"fact {number}") as refused:
        seal_now()
    assert getattr(refused.value, "code", "") == "ledger_lake_of_other_database"


def test_a_full_disk_leaves_the_lake_as_it_was_and_the_next_seal_goes_on(
    tmp_path: Path,
    environment_of_database: dict[str, str],
    all_final: Callable[[], None],
    seal_now: SealNow,
) -> None:
    first = recorded(1)
    seal_now()
    before = sorted(path.name for path in (tmp_path / "lake").iterdir())
    second = recorded(2)
    all_final()
    done = sealing(tmp_path, environment_of_database, most_bytes=64)
    assert (done.returncode, done.stdout.strip()) == (1, "seal_not_written"), done.stderr
    assert sealed(tmp_path / "lake") == [first]
    assert sorted(path.name for path in (tmp_path / "lake").iterdir()) == before
    seal_now()
    assert sealed(tmp_path / "lake") == [first, second]


def test_an_untouched_database_and_its_lake_do_not_differ(tmp_path: Path, seal_now: SealNow) -> None:
    for application in range(5):
        recorded(application)
        seal_now()
    recorded(9)
    for by_scanner in (True, False):
        assert differences(open_lake(tmp_path / "lake"), by_scanner=by_scanner) == []


TAMPERINGS = [
    ("UPDATE ledger_fact SET body = '{\"application\": 99}' WHERE number = %s", {"fact_changed"}),
    ("UPDATE ledger_fact SET body = '{}' WHERE number = %s", {"fact_changed"}),
    ("UPDATE ledger_fact SET actor = 'clerk-2' WHERE number = %s", {"fact_changed"}),
    ("UPDATE ledger_fact SET day = '2018-07-30' WHERE number = %s", {"fact_changed"}),
    ("UPDATE ledger_fact SET at = '2018-07-31 15:00:00.000001' WHERE number = %s", {"fact_changed"}),
    ("UPDATE ledger_fact SET recorded_at = '2018-07-31 15:00:00.000001' WHERE number = %s", {"fact_changed"}),
    ("UPDATE ledger_fact SET cause = 1 WHERE number = %s", {"fact_changed"}),
    ("UPDATE ledger_fact SET corrects = 1 WHERE number = %s", {"fact_changed"}),
    ("UPDATE ledger_fact SET kind = 'application_batched' WHERE number = %s", {"fact_missing", "fact_added"}),
    ("UPDATE ledger_fact SET kind = 'no_such_kind' WHERE number = %s", {"fact_missing", "fact_added"}),
    ("DELETE FROM ledger_fact WHERE number = %s", {"fact_missing"}),
]


@pytest.mark.parametrize(("statement", "codes"), TAMPERINGS)
@pytest.mark.parametrize("which", [0, 5])
def test_a_sealed_row_that_was_tampered_with_is_named(
    statement: str, codes: set[str], *, which: int, tmp_path: Path, seal_now: SealNow, as_owner: AsOwner
) -> None:
    numbers = [recorded(application) for application in range(3)]
    seal_now()
    numbers += [recorded(application) for application in range(3)]
    with transaction.atomic():
        record(ApplicationBatched(application=1, batch=1), actor=Actor(code="clerk-1"), at=AT)
    seal_now()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(statement, [numbers[which]])
    found = differences(open_lake(tmp_path / "lake"))
    assert {one.where for one in found} == {f"fact {numbers[which]}"}
    assert {one.code for one in found} == codes
    assert all(one.text.zh and one.text.en for one in found)


def test_a_row_slipped_in_among_those_sealed_is_named(
    tmp_path: Path, seal_now: SealNow, as_owner: AsOwner
) -> None:
    recorded(1)
    seal_now()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_fact (number, xact, kind, at, day, recorded_at, actor, body) "
            "SELECT -5, xact, kind, at, day, recorded_at, actor, body FROM ledger_fact"
        )
    found = differences(open_lake(tmp_path / "lake"))
    assert [(one.code, one.where) for one in found] == [("fact_added", "fact -5")]


def test_numbers_that_were_exchanged_are_both_named(
    tmp_path: Path, seal_now: SealNow, as_owner: AsOwner
) -> None:
    first, second = recorded(1), recorded(2)
    seal_now()
    with as_owner(), connection.cursor() as cursor:
        for old, new in ((first, -1), (second, first), (-1, second)):
            cursor.execute("UPDATE ledger_fact SET number = %s WHERE number = %s", [new, old])
    found = differences(open_lake(tmp_path / "lake"))
    assert [(one.code, one.where) for one in found] == [
        ("fact_changed", f"fact {first}"), ("fact_changed", f"fact {second}"),
    ]  # fmt: skip


def test_a_lake_without_its_last_seal_or_with_another_differs_from_what_the_database_remembers(
    tmp_path: Path, seal_now: SealNow, as_owner: AsOwner
) -> None:
    recorded(1)
    seal_now()
    recorded(2)
    seal_now()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_seal SET root = %s WHERE number = 1", ["0" * 64])
    (tmp_path / "lake" / "seal=000002").rename(tmp_path / "kept")
    found = differences(open_lake(tmp_path / "lake"))
    assert [(one.code, one.where) for one in found] == [
        ("seal_differs_from_database", "seal 1"), ("seal_forgotten", "seal 2"),
    ]  # fmt: skip


def test_a_file_that_cannot_be_read_hides_no_fault_of_another_kind(
    tmp_path: Path, seal_now: SealNow, as_owner: AsOwner
) -> None:
    recorded(1)
    with transaction.atomic():
        batched = record(ApplicationBatched(application=1, batch=1), actor=Actor(code="clerk-1"), at=AT)
    seal_now()
    lake = open_lake(tmp_path / "lake")
    Path(lake.paths("application_passed")[0]).write_bytes(b"no Parquet")
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_fact WHERE number = %s", [batched])
    found = {(one.code, one.where) for one in differences(lake)}
    assert found == {("facts_not_comparable", "application_passed 0"), ("fact_missing", f"fact {batched}")}


@pytest.mark.parametrize("horizon", [0, 2**62])
def test_a_mark_that_the_database_never_had_is_not_taken_over_from_a_lake(
    tmp_path: Path, seal_now: SealNow, horizon: int
) -> None:
    kept = recorded(1)
    last = seal_now()
    assert last is not None
    # Whoever may write into the lake's folder, and has no key, puts an empty seal there.
    invented = replace(
        last, number=2, previous=last.root, horizon=horizon, files=(), signers=(), signatures=()
    )
    folder = tmp_path / "lake" / seal_folder(2)
    folder.mkdir()
    (folder / SEAL).write_bytes(invented.to_bytes())
    with pytest.raises(LakeOfOtherDatabase):
        seal_now()
    shutil.rmtree(folder)
    later = recorded(2)
    seal_now()
    assert sealed(tmp_path / "lake") == [kept, later]


def test_two_lakes_sealed_from_one_database_at_once_end_in_a_refusal_of_the_slower(
    tmp_path: Path, about: About, keystore: Keystore, all_final: Callable[[], None]
) -> None:
    number = recorded(1)
    all_final()

    def into(name: str, step: Callable[[str], None]) -> Seal | None:
        signers = [keystore.signer("seal")]
        return rows.seal(folder=tmp_path / name, about=about, signers=signers, at=AT, step=step)

    def quicker(name: str) -> None:
        if name == "written":
            into("quick", lambda _: None)

    with pytest.raises(SealNotRemembered, match="keep one of them"):
        into("slow", quicker)
    assert sealed(tmp_path / "quick") == [number]
    assert list(SealRecord.objects.values_list("root", flat=True)) == [open_lake(tmp_path / "quick").root]


def test_what_is_sealed_while_a_lake_is_compared_is_not_missing(tmp_path: Path, seal_now: SealNow) -> None:
    recorded(1)
    seal_now()
    opened = open_lake(tmp_path / "lake")
    recorded(2)
    seal_now()
    assert differences(opened) == []
