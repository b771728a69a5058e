"""`civicard ledger` and `civicard keys` as a person meets them."""

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import transaction

from civicard.cards.facts import ApplicationPassed
from civicard.cli.main import main
from civicard.kernel.actor import Actor
from civicard.ledger.actions import record
from civicard.ledger.lake.operator_files import sign
from civicard.vault.keystore import Keystore, Purpose
from civicard.vault.master import Master


class Ran(NamedTuple):
    """What a command gave."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]
TOO_LONG = "x" * 300
RECORDED = """
from datetime import UTC, date, datetime
import django
django.setup()
from civicard.governance.actions import set_target
from civicard.governance.rules import Proposal
from civicard.kernel.actor import Actor
from civicard.kernel.permissions import May, Reach
target = Proposal(
    year=2026, target="cards_made", value=3_000_000, unit="cards", reason="年初计划", approval="3号",
    approved_on=date(2026, 1, 20),
)
director = Actor(code="director-01", grants={May.CHANGE_TARGETS: Reach.city()})
set_target(target, actor=director, at=datetime(2026, 2, 1, tzinfo=UTC))
"""
SETTINGS = ("LANG", "LAKE", "KEYSTORE", "MASTER_KEY", "MASTER_KEY_FILE", "MODE", "CITY", "ZONE")


@pytest.fixture
def civicard(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command line in this process, on an installation of its own in `tmp_path / "var"`."""
    for name in SETTINGS:
        monkeypatch.delenv(f"CIVICARD_{name}", raising=False)
    monkeypatch.setenv("CIVICARD_DATA", str(tmp_path / "var"))

    def run(*argv: str | Path) -> Ran:
        capsys.readouterr()
        try:
            status = main([str(word) for word in argv])
        except SystemExit as stopped:
            status = int(stopped.code or 0)
        out, err = capsys.readouterr()
        return Ran(status, out, err)

    return run


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    """Return an operator's signed file of three uses; the operator's public keys stand beside it."""
    operator = Keystore.create(tmp_path / "operator.json", Master.random())
    operator.add("transit", Purpose.SIGNATURE_SM2)
    (tmp_path / "operators.json").write_text(operator.public_keys().to_json())
    path = tmp_path / "uses.parquet"
    at = datetime(2018, 7, 9, 2, tzinfo=UTC)
    table = pa.table({
        "at": pa.array([at] * 3, pa.timestamp("us", tz="UTC")), "card": pa.array([1, 2, 3], pa.int64()),
        "application_field": ["transit"] * 3, "district": ["310115"] * 3, "amount_fen": pa.array([200] * 3, pa.int64()),
    })  # fmt: skip
    pq.write_table(table, path)
    sign(path, kind="card_used", months=["2018-07"], signer=operator.signer("transit"))
    return path


@pytest.fixture
def sealed(civicard: Run, sent: Path) -> Path:
    """Return the lake into which the operator's file was sealed by the command."""
    done = civicard(
        "ledger",
        "seal",
        "--file",
        sent,
        "--operators",
        sent.with_name("operators.json"),
        "--city",
        "示例市/Sample",
    )
    assert done.status == 0, done.err
    return sent.parent / "var" / "lake"


def test_a_sealed_operators_file_is_sound_and_exports(civicard: Run, sealed: Path, tmp_path: Path) -> None:
    checked = civicard("ledger", "check")

    assert checked.status == 0
    assert "已核验 1 个封签、2 个文件、3 个事实" in checked.out
    assert checked.out.endswith("完好：与封签时一致\n")

    out = tmp_path / "uses.csv"
    done = civicard("ledger", "export", "--kind", "card_used", "--month", "2018-07", "--out", out)
    assert done.status == 0
    assert "已导出 3 行" in done.err
    assert len(out.read_text(encoding="utf-8-sig").splitlines()) == 4
    assert json.loads((sealed / "lake.json").read_text())["city"] == {"zh": "示例市", "en": "Sample"}


def test_a_damaged_lake_ends_with_status_1_and_names_the_file(civicard: Run, sealed: Path) -> None:
    path = next(sealed.rglob("card_used/**/*.parquet"), None) or next(sealed.rglob("facts-001.parquet"))
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)

    told = civicard("ledger", "check", "--lang", "en")

    where = path.relative_to(sealed).as_posix()
    assert told.status == 1
    assert f"{where}  [file_changed] changed: of 1 blocks these differ: 1" in told.out
    assert told.out.endswith("1 fault, see above\n")


def test_check_tells_programs_the_same(civicard: Run, sealed: Path) -> None:
    (sealed / "notes.txt").write_text("x")

    told = json.loads(civicard("ledger", "check", "--format", "json").out)

    assert (told["sound"], told["seal"], told["facts"], told["database"]) == (False, 1, 3, False)
    assert [(one["code"], one["where"]) for one in told["faults"]] == [("file_foreign", "notes.txt")]
    assert len(told["root"]) == 64


def test_a_witness_that_was_written_shows_what_was_cut_off(
    civicard: Run, sealed: Path, sent: Path, tmp_path: Path
) -> None:
    before = tmp_path / "before"
    shutil.copytree(sealed, before)
    again = tmp_path / "again.parquet"
    pq.write_table(pq.read_table(sent).slice(1), again)
    operator = Keystore.create(tmp_path / "second.json", Master.random())
    operator.add("library", Purpose.SIGNATURE_ED25519)
    (tmp_path / "second-public.json").write_text(operator.public_keys().to_json())
    sign(again, kind="card_used", months=["2018-07"], signer=operator.signer("library"))
    done = civicard("ledger", "seal", "--file", again, "--operators", tmp_path / "second-public.json")
    assert done.status == 0, done.err
    kept, printed = tmp_path / "witness.json", tmp_path / "printed.txt"
    printed.write_text(done.out)
    assert civicard("ledger", "check", "--write-witness", kept).status == 0
    assert json.loads(kept.read_text())["seal"] == 2

    for witness in (kept, printed, sealed / "seal=000002" / "seal.json"):
        assert civicard("ledger", "check", "--witness", witness).status == 0
        told = civicard("ledger", "check", "--lake", before, "--witness", witness)
        assert told.status == 1
        assert "[seals_cut_off]" in told.out
    assert civicard("ledger", "check", "--lake", before).status == 0


def test_a_witness_is_written_of_a_sound_lake_only(civicard: Run, sealed: Path, tmp_path: Path) -> None:
    (sealed / "notes.txt").write_text("x")

    assert civicard("ledger", "check", "--write-witness", tmp_path / "w.json").status == 1
    assert not (tmp_path / "w.json").exists()


def test_anybody_checks_with_the_public_keys_alone(
    civicard: Run, sealed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = tmp_path / "public.json"
    assert civicard("keys", "public", "--out", public).status == 0
    monkeypatch.setenv("CIVICARD_DATA", str(tmp_path / "elsewhere"))

    assert civicard("ledger", "check", "--lake", sealed, "--keys", public).status == 0
    assert not (tmp_path / "elsewhere").exists()
    told = civicard("ledger", "check", "--lake", sealed, "--lang", "en")
    assert told.status == 1
    assert "[seal_signature_wrong]" in told.out


def test_the_lake_that_the_settings_name_is_the_one_that_is_checked(
    civicard: Run, sealed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = tmp_path / "moved"
    sealed.rename(moved)
    assert civicard("ledger", "check").status == 1

    monkeypatch.setenv("CIVICARD_LAKE", str(moved))
    assert civicard("ledger", "check").status == 0


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["seal", "--file", "x.parquet"], "wrong_use"),
        (["seal", "--city", "示例市", "--operators", "x.json"], "wrong_use"),
        (["seal", "--file", "x.parquet", "--operators", "missing.json", "--city", "示例市"], "file_unreadable"),
        (["seal"], "wrong_use"),
        (["check"], "lake_unreadable"),
        (["check", "--witness", "missing.json"], "file_unreadable"),
        (["check", "--keys", "missing.json"], "file_unreadable"),
        (["export", "--kind", "card_made", "--out", "x.csv"], "lake_unreadable"),
        (["export", "--kind", "card_made", "--out", "x.csv", "--month", "2018-13"], "wrong_use"),
        (["export", "--kind", "card_made", "--out", "x.csv", "--since", "July"], "wrong_use"),
        (["export", "--kind", "card_made", "--out", "x.csv", "--since", "2018-07-02", "--until", "2018-07-01"], "wrong_use"),
        # A name that no system looks up stands for a folder that may not be looked into, also for root.
        (["seal", "--city", "示例市", "--lake", TOO_LONG], "lake_unreadable"),
        (["check", "--lake", TOO_LONG], "lake_unreadable"),
        (["export", "--kind", "card_made", "--out", "x.csv", "--month", "2018-07", "--until", "2018-07-09"], "wrong_use"),
    ],
    ids=lambda one: " ".join(one)[:60] if isinstance(one, list) else one,
)  # fmt: skip
def test_what_cannot_be_done_is_refused_in_both_languages(civicard: Run, argv: list[str], code: str) -> None:
    refused = civicard("ledger", *argv)

    assert refused.status == 1
    zh, en = refused.err.splitlines()
    assert zh.startswith(f"[{code}] ")
    assert en.startswith(f"[{code}] ")
    assert zh != en


def test_a_wrong_kind_is_refused_with_those_there_are(civicard: Run, sealed: Path, tmp_path: Path) -> None:
    refused = civicard("ledger", "export", "--kind", "card_lent", "--out", tmp_path / "x.csv")

    assert refused.status == 1
    assert "[fact_kind_unknown]" in refused.err
    assert sealed.exists()


def test_keys_are_made_at_first_use_in_development_for_their_owner_alone(
    civicard: Run, tmp_path: Path
) -> None:
    listed = civicard("keys", "list", "--lang", "en")

    assert listed.status == 0
    assert [line.split()[0] for line in listed.out.splitlines()] == ["name", "seal", "seal-sm2"]
    for name in ("keystore.json", "master.key"):
        assert stat.S_IMODE((tmp_path / "var" / name).stat().st_mode) == 0o600
    secret = (tmp_path / "var" / "master.key").read_text().strip()
    assert secret not in listed.out + civicard("keys", "public").out


def test_in_production_no_key_is_ever_made_by_itself(
    civicard: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIVICARD_MODE", "production")

    refused = civicard("keys", "list")

    assert refused.status == 1
    assert "[keys_not_set_up]" in refused.err
    assert "CIVICARD_KEYSTORE" in refused.err
    assert not (tmp_path / "var").exists()


def test_a_keystore_of_ones_own_gets_the_keys_for_seals_when_asked(
    civicard: Run, sent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    master = Master.random()
    Keystore.create(tmp_path / "mine.json", master)
    monkeypatch.setenv("CIVICARD_KEYSTORE", str(tmp_path / "mine.json"))
    monkeypatch.setenv("CIVICARD_MASTER_KEY", master.to_base64())
    words = (
        "ledger",
        "seal",
        "--file",
        sent,
        "--operators",
        sent.with_name("operators.json"),
        "--city",
        "示例市",
    )
    assert "[keys_not_set_up]" in civicard(*words).err

    assert civicard("keys", "add", "--seal").out == "已添加：seal seal-sm2\n"
    assert civicard(*words).status == 0


@pytest.mark.parametrize("words", [("--seal",), ("register", "--purpose", "field")], ids=["seals", "one key"])
def test_in_production_adding_a_key_makes_the_keystore_that_is_named(
    civicard: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    path = tmp_path / "named.json"
    (tmp_path / "master").write_text(Master.random().to_base64())
    monkeypatch.setenv("CIVICARD_MODE", "production")
    monkeypatch.setenv("CIVICARD_KEYSTORE", str(path))
    assert "[setting_wrong]" in civicard("keys", "add", *words).err
    monkeypatch.setenv("CIVICARD_MASTER_KEY_FILE", str(tmp_path / "master"))
    assert "[keystore_unreadable]" in civicard("keys", "list").err
    assert not path.exists()

    done = civicard("keys", "add", *words)

    assert done.status == 0, done.err
    assert done.out.startswith("已建立密钥库\n已添加：")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    listed = civicard("keys", "list", "--lang", "en").out.splitlines()[1:]
    assert [line.split()[0] for line in listed] == (
        ["seal", "seal-sm2"] if "--seal" in words else ["register"]
    )
    before = path.read_bytes()
    again = civicard("keys", "add", *words)
    assert "已建立" not in again.out
    assert path.read_bytes() == before


def test_a_keystore_in_a_folder_that_is_not_there_is_refused(
    civicard: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIVICARD_KEYSTORE", str(tmp_path / "nowhere" / "keys.json"))
    monkeypatch.setenv("CIVICARD_MASTER_KEY", Master.random().to_base64())

    assert "[keystore_unwritable]" in civicard("keys", "add", "--seal").err
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("words", [("keys", "list"), ("migrate",)], ids=["keys", "migrate"])
def test_a_data_folder_that_cannot_be_had_is_a_wrong_setting(tmp_path: Path, words: tuple[str, ...]) -> None:
    ran = alone(tmp_path / TOO_LONG, "-m", "civicard.cli.main", *words)

    assert ran.status == 1
    assert "[setting_wrong] The setting CIVICARD_DATA " in ran.err
    assert "Traceback" not in ran.err


def alone(data: Path, *argv: str) -> Ran:
    """Run Python in a process of its own, whose only setting is the data folder: a file of SQLite is its database."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CIVICARD_")}
    settings = {"CIVICARD_DATA": str(data), "DJANGO_SETTINGS_MODULE": "civicard.config.settings"}
    done = subprocess.run(
        [sys.executable, *argv], env={**kept, **settings}, capture_output=True, text=True, check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def test_a_lake_whose_database_is_gone_is_not_called_sound_and_no_database_is_made(tmp_path: Path) -> None:
    data = tmp_path / "var"
    assert alone(data, "-m", "civicard.cli.main", "migrate").status == 0
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    recorded = alone(data, "-c", RECORDED)
    assert recorded.status == 0, recorded.err
    sealed = alone(
        data, "-m", "civicard.cli.main", "ledger", "seal", "--city", "示例市/Sample", "--lang", "en"
    )
    assert "1 file, 1 fact so far" in sealed.out, sealed.err
    for file in data.glob("civicard.sqlite3*"):
        file.unlink()

    told = alone(data, "-m", "civicard.cli.main", "ledger", "check", "--lang", "en")

    assert told.status == 1
    assert "Sound" not in told.out
    assert told.out.endswith("it could not be compared with the database, for the reason below\n")
    assert "[database_not_prepared]" in told.err
    assert list(data.glob("civicard.sqlite3*")) == []


def test_asking_what_is_due_makes_no_database(tmp_path: Path) -> None:
    told = alone(tmp_path / "var", "-m", "civicard.cli.main", "migrate", "--check")

    assert told.status == 1
    assert "ledger.0001_the_tables" in told.out
    assert list(tmp_path.iterdir()) == []


def test_the_city_of_a_lake_cannot_be_another_later(civicard: Run, sealed: Path, sent: Path) -> None:
    words = ("ledger", "seal", "--file", sent, "--operators", sent.with_name("operators.json"))
    before = sorted(sealed.rglob("*"))

    refused = civicard(*words, "--city", "另一市")

    assert "[lake_differs]" in refused.err
    assert "示例市" in refused.err
    assert sorted(sealed.rglob("*")) == before
    # The same city is let pass: what is refused then is the file, which is sealed already.
    for same in ("示例市", "示例市/Sample"):
        assert "[operator_file_taken]" in civicard(*words, "--city", same).err


def test_a_lake_is_not_begun_among_other_files(civicard: Run, sent: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    words = (
        "ledger",
        "seal",
        "--file",
        sent,
        "--operators",
        sent.with_name("operators.json"),
        "--city",
        "示例市",
    )

    assert "[lake_place_taken]" in civicard(*words, "--lake", tmp_path / "mine").err
    assert [one.name for one in (tmp_path / "mine").iterdir()] == ["thesis.txt"]
    assert "[lake_place_taken]" in civicard(*words, "--lake", tmp_path / "mine" / "thesis.txt").err


def test_an_operators_file_that_is_not_there_is_told_as_that(civicard: Run, sent: Path) -> None:
    words = ("--operators", sent.with_name("operators.json"), "--city", "示例市", "--lang", "en")
    sent.unlink()

    refused = civicard("ledger", "seal", "--file", sent, *words)

    assert "[operator_file_refused]" in refused.err
    assert "there is no such file" in refused.err
    assert "signature" not in refused.err


def test_a_lost_master_key_is_told_and_no_new_one_is_made(civicard: Run, tmp_path: Path) -> None:
    civicard("keys", "list")
    (tmp_path / "var" / "master.key").unlink()

    refused = civicard("keys", "list")

    assert "[keys_not_set_up]" in refused.err
    assert not (tmp_path / "var" / "master.key").exists()


def test_keys_are_added_and_rotated(civicard: Run) -> None:
    assert civicard("keys", "add", "register", "--purpose", "field").status == 0
    assert "[key_exists]" in civicard("keys", "add", "register", "--purpose", "field").err
    assert "第 2 版" in civicard("keys", "rotate", "seal").out
    assert "[key_unknown]" in civicard("keys", "rotate", "nobody").err
    for words in (["add"], ["add", "x"], ["add", "--seal", "x"], ["add", "--purpose", "field"]):
        assert "[wrong_use]" in civicard("keys", *words).err
    versions = [(one["name"], one["version"]) for one in json.loads(civicard("keys", "public").out)["keys"]]
    assert versions == [("seal", 1), ("seal", 2), ("seal-sm2", 1)]


@pytest.mark.django_db(transaction=True)
def test_facts_of_the_database_are_sealed_and_compared(
    civicard: Run, all_final: Callable[[], None], as_owner: Callable[[], AbstractContextManager[None]]
) -> None:
    at = datetime(2018, 7, 9, 2, tzinfo=UTC)
    with transaction.atomic():
        numbers = [
            record(ApplicationPassed(application=one), actor=Actor(code="clerk-1"), at=at) for one in (5, 6)
        ]
    all_final()

    done = civicard("ledger", "seal", "--city", "示例市/Sample", "--lang", "en")
    assert done.status == 0, done.err
    assert "1 file, 2 facts so far\nseal 1 root " in done.out
    assert civicard("ledger", "seal").out == "没有新的事实，未封签。\n"

    told = civicard("ledger", "check", "--format", "json")
    assert told.status == 0, told.out
    assert json.loads(told.out)["database"] is True

    from django.db import connection

    with as_owner(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_fact WHERE number = %s", [numbers[1]])
    told = civicard("ledger", "check", "--lang", "en")
    assert told.status == 1
    assert f"{numbers[1]}  [fact_missing]" in told.out
    assert civicard("ledger", "check", "--no-database").status == 0


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_not_prepared_hides_nothing_that_was_found_in_the_lake(
    civicard: Run, all_final: Callable[[], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with transaction.atomic():
        record(
            ApplicationPassed(application=5),
            actor=Actor(code="clerk-1"),
            at=datetime(2018, 7, 9, 2, tzinfo=UTC),
        )
    all_final()
    assert civicard("ledger", "seal", "--city", "示例市/Sample").status == 0
    (tmp_path / "var" / "lake" / "notes.txt").write_text("x")

    def due() -> list[str]:
        return ["ledger.0001_the_tables"]

    monkeypatch.setattr("civicard.cli.django_setup.migrations_due", due)
    told = civicard("ledger", "check")

    assert told.status == 1
    assert "notes.txt  [file_foreign]" in told.out
    assert "[database_not_prepared]" in told.err
