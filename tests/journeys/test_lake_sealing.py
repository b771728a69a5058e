"""A seal is there whole or not at all: killed at any step, out of room, or started twice."""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pytest

from civicard.kernel.text import Text
from civicard.ledger.checking import check
from civicard.ledger.kinds import kind_named
from civicard.ledger.lake import About, LakeUnreadable, Seal, open_lake
from civicard.ledger.lake.arrow import schema
from civicard.ledger.lake.sealing import OtherLake, SealInProgress, sealing
from civicard.vault.keystore import Keystore, Purpose
from civicard.vault.master import Master

if TYPE_CHECKING:
    from civicard.vault.interface import Signer
    from civicard.vault.signatures import PublicKeys

AT = datetime(2019, 1, 5, 8, tzinfo=UTC)
ABOUT = About(city=Text("示例市", "Sample City"), origin="operated")
BEFORE, ADDED = 40, 25

# What is run in a process of its own, to be killed or to run out of room: a seal of passed applications and uses.
CHILD = """
import os, random, resource, signal, sys
from datetime import UTC, date, datetime
from pathlib import Path
import pyarrow as pa
from civicard.kernel.refusal import Refusal
from civicard.ledger.lake.arrow import schema
from civicard.ledger.kinds import kind_named
from civicard.ledger.lake.sealing import sealing
from civicard.vault.keystore import Keystore
from civicard.vault.master import Master

folder, secret, stop_at, most_bytes, rows = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
kept = Keystore.open(Path(folder) / "keys.json", Master(bytes.fromhex(secret)))
seen, chance = 0, random.Random(1)

def step(name):
    global seen
    seen += 1
    if seen == stop_at:
        os.kill(os.getpid(), signal.SIGKILL)

at = datetime(2018, 8, 9, 2, tzinfo=UTC)
shared = {"at": at, "day": date(2018, 8, 9), "recorded_at": at, "actor": "job", "cause": None, "corrects": None}
passed = [{"fact": 1000 + n, "application": n, **shared} for n in range(25)]
used = [
    {"fact": 2000 + n, "card": chance.getrandbits(60), "application_field": "transit", "district": "310115",
     "amount_fen": 200, **shared}
    for n in range(rows)
]
if most_bytes:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
try:
    with sealing(Path(folder) / "lake", signers=[kept.signer("seal")], at=at, step=step) as seal:
        for kind, table in (("application_passed", passed), ("card_used", used)):
            one = kind_named(kind)
            seal.write(one, "2018-08", [pa.Table.from_pylist(table, schema=schema(one))])
        seal.commit(facts=25 + rows)
except Refusal as refusal:
    print(refusal.code)
else:
    print(seen)
"""


class City:
    """A lake with one seal, in a folder with the keys that sign."""

    def __init__(self, home: Path) -> None:
        """Make it in `home`."""
        self.home, self.folder = home, home / "lake"
        secret = bytes(range(32))
        self.secret = secret.hex()
        kept = Keystore.create(home / "keys.json", Master(secret))
        kept.add("seal", Purpose.SIGNATURE_ED25519)
        self.signers: tuple[Signer, ...] = (kept.signer("seal"),)
        self.trusted: PublicKeys = kept.public_keys()

    def seal(self, first: int, size: int, month: str = "2018-07", about: About | None = ABOUT) -> Seal:
        """Seal so many passed applications, numbered from `first`."""
        with sealing(self.folder, signers=self.signers, at=AT, about=about) as one:
            one.write(kind_named("application_passed"), month, [passed(first, size, month)])
            made = one.commit(facts=size)
        assert made is not None
        return made

    def child(
        self, *, stop_at: int = 0, most_bytes: int = 0, rows: int = 10
    ) -> "subprocess.CompletedProcess[str]":
        """Run the seal of `CHILD` in a process of its own."""
        words = [self.home, self.secret, stop_at, most_bytes, rows]
        return subprocess.run(
            [sys.executable, "-c", CHILD, *map(str, words)], capture_output=True, text=True, check=False
        )

    def state(self) -> tuple[int, int]:
        """Return how many seals and facts a sound lake has."""
        report = check(self.folder, trusted=self.trusted)
        assert [str(one.text) for one in report.faults] == []
        return report.seals, report.facts


def passed(first: int, size: int, month: str) -> pa.Table:
    """Return passed applications of one month."""
    day = date.fromisoformat(f"{month}-09")
    at = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    rows = [
        {"fact": first + n, "at": at, "day": day, "recorded_at": at, "actor": "clerk-1", "cause": None,
         "corrects": None, "application": n}
        for n in range(size)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=schema(kind_named("application_passed")))


@pytest.fixture
def city(tmp_path: Path) -> City:
    """Return a lake with one seal of 40 facts."""
    made = City(tmp_path)
    made.seal(1, BEFORE)
    return made


def test_a_seal_killed_at_any_step_leaves_the_old_or_the_new_lake(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    whole = City(other)
    whole.seal(1, BEFORE)
    done = whole.child()
    assert done.returncode == 0, done.stderr
    steps = int(done.stdout)
    assert steps >= 5  # swept, a hash of each of three files, written, in place

    seen = set()
    for at in range(1, steps + 1):
        home = tmp_path / f"killed-{at}"
        home.mkdir()
        one = City(home)
        one.seal(1, BEFORE)
        killed = one.child(stop_at=at)
        assert killed.returncode == -9, killed.stderr
        state = one.state()
        assert state in {(1, BEFORE), (2, BEFORE + ADDED + 10)}
        seen.add(state)

        after = one.seal(5000, 3)
        assert after.number == state[0] + 1
        assert one.state() == (state[0] + 1, state[1] + 3)
        assert not (one.folder / ".sealing").exists()
    assert seen == {(1, BEFORE), (2, BEFORE + ADDED + 10)}


def test_the_next_seal_sweeps_away_a_description_that_was_never_finished(city: City) -> None:
    left = city.folder / ".civicard-0123456789abcdef.part"
    left.write_bytes(b"{")
    city.seal(1000, 3)
    assert not left.exists()
    assert city.state() == (2, BEFORE + 3)


@pytest.mark.parametrize("rows", [60_000, 10])
def test_a_seal_that_runs_out_of_room_is_refused_and_leaves_the_lake_as_it_was(city: City, rows: int) -> None:
    # 60,000 uses do not fit into one file of 100,000 bytes; 10 do, but not the description of their seal into 1,500.
    ended = city.child(most_bytes=100_000 if rows > 10 else 1_500, rows=rows)

    assert ended.stdout == "seal_not_written\n", ended.stderr
    assert city.state() == (1, BEFORE)
    assert not (city.folder / ".sealing").exists()
    assert city.seal(5000, 3).number == 2


def test_a_second_seal_is_refused_while_one_is_being_made(city: City) -> None:
    with sealing(city.folder, signers=city.signers, at=AT) as one:
        with (
            pytest.raises(SealInProgress, match="Another process is sealing"),
            sealing(city.folder, signers=city.signers, at=AT),
        ):
            pytest.fail("two seals were being made at once")
        one.write(kind_named("application_passed"), "2018-08", [passed(100, 7, "2018-08")])
        assert one.commit(facts=7) is not None

    assert city.state() == (2, BEFORE + 7)


def test_what_is_not_committed_never_was(city: City) -> None:
    with sealing(city.folder, signers=city.signers, at=AT) as one:
        one.write(kind_named("application_passed"), "2018-08", [passed(100, 7, "2018-08")])

    assert city.state() == (1, BEFORE)
    assert sorted(path.name for path in city.folder.iterdir()) == [".lock", "lake.json", "seal=000001"]


def test_a_seal_with_nothing_in_it_is_not_made(city: City) -> None:
    with sealing(city.folder, signers=city.signers, at=AT) as one:
        assert one.commit(facts=0) is None

    assert city.state() == (1, BEFORE)


def test_another_lake_is_not_sealed_into(city: City) -> None:
    other = About(city=Text("别的市", "Elsewhere"), origin="simulated")

    with pytest.raises(OtherLake, match="differs in city, origin"):
        city.seal(100, 3, about=other)

    assert city.state() == (1, BEFORE)


def test_a_folder_that_is_no_lake_is_refused_and_stays_empty(tmp_path: Path) -> None:
    city = City(tmp_path)
    city.folder.mkdir()

    with pytest.raises(LakeUnreadable, match="is no lake"):
        city.seal(1, 3, about=None)

    assert list(city.folder.iterdir()) == []


def test_readers_never_take_a_file_that_no_seal_lists(city: City) -> None:
    month = next(city.folder.glob("seal=*/kind=*/month=*"))
    (month / "extra.parquet").write_bytes((month / "facts.parquet").read_bytes())

    paths = open_lake(city.folder).paths("application_passed")

    assert [Path(one).name for one in paths] == ["facts.parquet"]


def rollup(city: City) -> list[tuple[object, ...]]:
    """Return the rows of every sealed summary of uses."""
    paths = open_lake(city.folder).paths("card_used_monthly")
    with duckdb.connect() as base:
        return base.execute(
            "SELECT month, application_field, district, facts, amount_fen FROM read_parquet(?, hive_partitioning = "
            "false) ORDER BY ALL",
            [paths],
        ).fetchall()


def uses(amounts: Sequence[tuple[str, int | None]]) -> pa.Table:
    """Return uses of July 2018, each with its field and amount."""
    at, day = datetime(2018, 7, 9, 2, tzinfo=UTC), date(2018, 7, 9)
    rows = [
        {"fact": 500 + n, "at": at, "day": day, "recorded_at": at, "actor": "transit", "cause": None,
         "corrects": None, "card": n, "application_field": field, "district": "310115", "amount_fen": amount}
        for n, (field, amount) in enumerate(amounts)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=schema(kind_named("card_used")))


@pytest.mark.parametrize(
    ("amounts", "summary"),
    [
        ([("transit", 200), ("transit", 350), ("medical", 9)], [("medical", 1, 9), ("transit", 2, 550)]),
        ([("transit", 200), ("transit", None)], [("transit", 2, 200)]),
        ([("library", None), ("library", None)], [("library", 2, None)]),
    ],
    ids=["sums", "an unknown amount adds nothing", "nothing known is unknown, not zero"],
)
def test_a_kind_that_declares_a_summary_gets_it_at_sealing(
    city: City, amounts: Sequence[tuple[str, int | None]], summary: list[tuple[str, int, int | None]]
) -> None:
    with sealing(city.folder, signers=city.signers, at=AT) as one:
        one.write(kind_named("card_used"), "2018-07", [uses(amounts)])
        one.commit(facts=len(amounts))

    assert rollup(city) == [("2018-07", field, "310115", count, total) for field, count, total in summary]
    assert city.state() == (2, BEFORE + len(amounts))


def test_sums_too_large_for_a_whole_number_are_refused(city: City) -> None:
    largest = 2**63 - 1

    with pytest.raises(Exception, match="too large for a whole number"):
        seal_uses(city, uses([("transit", largest), ("transit", 1)]))

    assert city.state() == (1, BEFORE)


def seal_uses(city: City, table: pa.Table) -> None:
    """Seal uses of July 2018."""
    with sealing(city.folder, signers=city.signers, at=AT) as one:
        one.write(kind_named("card_used"), "2018-07", [table])
        one.commit(facts=table.num_rows)


def test_a_lake_that_lost_its_description_is_not_given_another(city: City) -> None:
    (city.folder / "lake.json").unlink()
    with pytest.raises(LakeUnreadable, match="its seals are there"):
        city.seal(100, ADDED, "2018-08", About(city=Text("乙市", "B"), origin="operated"))
    assert not (city.folder / "lake.json").exists()


def test_a_lake_with_a_description_that_its_seals_do_not_bind_is_not_opened(city: City) -> None:
    invented = About(city=ABOUT.city, origin="simulated")
    (city.folder / "lake.json").write_bytes(invented.to_bytes())
    with pytest.raises(LakeUnreadable, match="not the description that seal 1 binds"):
        open_lake(city.folder)
    with pytest.raises(LakeUnreadable):
        city.seal(100, ADDED, "2018-08", invented)


def test_every_file_and_folder_of_a_seal_is_on_the_disk_before_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought: set[Path] = set()
    to_disk = os.fsync

    def seen(handle: int) -> None:
        brought.add(Path(f"/proc/self/fd/{handle}").readlink())
        to_disk(handle)

    made = City(tmp_path)
    made.folder = tmp_path / "data" / "lakes" / "lake"
    monkeypatch.setattr(os, "fsync", seen)
    made.seal(1, BEFORE)
    parts = {path.relative_to(made.folder) for path in made.folder.rglob("*") if path.name != ".lock"}
    # What is renamed as a whole was brought to the disk under its name before.
    names = {path.relative_to(made.folder / ".sealing") for path in brought if ".sealing" in path.parts}
    assert {part for part in parts if part.name != "lake.json"} - names == {Path("seal=000001/seal.json")}
    # A small file is brought there under the name of its part, and its folder after it has its own.
    assert Path("seal=000001") in names
    assert {made.folder, made.folder.parent, made.folder.parent.parent, tmp_path} <= brought


def test_a_lock_that_is_a_link_ruins_nobodys_file(city: City) -> None:
    other = city.home / "somebody's"
    other.write_text("kept")
    (city.folder / ".lock").unlink()
    (city.folder / ".lock").symlink_to(other)
    city.seal(100, ADDED, "2018-08")
    assert other.read_text() == "kept"
