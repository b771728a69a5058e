"""Whatever is done to a sealed lake is found and named; an untouched one has no fault.

`CIVICARD_TAMPERINGS` sets how many random tamperings are tried, `CIVICARD_TAMPERING_SEED` the first of their seeds.
"""

import json
import os
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from civicard.kernel.text import Text
from civicard.ledger.checking import Report, Witness, check
from civicard.ledger.kinds import kind_named
from civicard.ledger.lake import About, Seal, SealedFile, open_lake, parse_seal, seal_folder
from civicard.ledger.lake.arrow import schema
from civicard.ledger.lake.sealing import Sealing, sealing
from civicard.vault.interface import Signer
from civicard.vault.keystore import Keystore, Purpose
from civicard.vault.master import Master
from civicard.vault.signatures import PublicKeys

TRIES = int(os.environ.get("CIVICARD_TAMPERINGS", "300"))
FIRST_SEED = int(os.environ.get("CIVICARD_TAMPERING_SEED", "20180701"))
AT = datetime(2019, 1, 5, 8, tzinfo=UTC)
ABOUT = About(city=Text("示例市", "Sample City"), origin="operated")
MONTHS = ("2018-07", "2018-08", "2018-09")
SEALS = 4


@dataclass(frozen=True)
class Sealed:
    """A lake with the keys that are trusted, those of a stranger, and what somebody outside remembers of it."""

    folder: Path
    trusted: PublicKeys
    signers: tuple[Signer, ...]
    strangers: tuple[Signer, ...]
    witness: Witness

    def report(self, folder: Path) -> Report:
        """Check a copy of it."""
        return check(folder, trusted=self.trusted, witness=self.witness)


def keys(folder: Path, name: str) -> Keystore:
    """Return a keystore with the two keys that sign seals."""
    made = Keystore.create(folder / f"{name}.json", Master.random())
    made.add("seal", Purpose.SIGNATURE_ED25519)
    made.add("seal-sm2", Purpose.SIGNATURE_SM2)
    return made


def own_columns(kind: str, number: int, rng: random.Random) -> dict[str, object]:
    """Return what one fact of a kind holds beside its envelope."""
    match kind:
        case "application_passed":
            return {"application": number}
        case "card_made":
            return {
                "application": number, "card": number + 7, "blank": rng.randrange(10**9), "attempt": 1,
                "district": f"3101{rng.randrange(10, 26)}", "station": f"s{rng.randrange(40)}", "valid_until": None,
            }  # fmt: skip
        case "card_used":
            return {
                "card": rng.randrange(10**9), "application_field": rng.choice(["medical", "transit"]),
                "district": f"3101{rng.randrange(10, 26)}", "amount_fen": rng.choice([None, 200, 1850]),
            }  # fmt: skip
    raise AssertionError(kind)


def table(kind: str, month: str, numbers: Sequence[int], rng: random.Random) -> pa.Table:
    """Return facts of one kind and month."""
    first = date.fromisoformat(f"{month}-01")
    rows = []
    for number in numbers:
        day = first + timedelta(days=rng.randrange(28))
        at = datetime(day.year, day.month, day.day, 2, 30, tzinfo=UTC)
        rows.append({
            "fact": number, "at": at, "day": day, "recorded_at": at, "actor": "clerk-0042", "cause": None,
            "corrects": None, **own_columns(kind, number, rng),
        })  # fmt: skip
    return pa.Table.from_pylist(rows, schema=schema(kind_named(kind)))


def fill(seal: Sealing, number: int, rng: random.Random) -> int:
    """Write the files of one seal and return how many facts they hold."""
    count = 0
    start = number * 100_000
    for kind in ("application_passed", "card_made", "card_used"):
        for month in rng.sample(MONTHS, k=2):
            size = rng.randrange(60, 160)
            seal.write(kind_named(kind), month, [table(kind, month, range(start, start + size), rng)])
            count += size
            start += size
    return count


@pytest.fixture(scope="session")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    """Return a lake of several seals, kinds and months; tests work on copies."""
    home = tmp_path_factory.mktemp("sealed")
    rng = random.Random(5)  # noqa: S311 - the same lake every time is the point
    kept, stranger = keys(home, "own"), keys(home, "stranger")
    signers = (kept.signer("seal"), kept.signer("seal-sm2"))
    for number in range(1, SEALS + 1):
        with sealing(home / "lake", signers=signers, at=AT + timedelta(days=number), about=ABOUT) as seal:
            assert seal.commit(facts=fill(seal, number, rng)) is not None
    lake = open_lake(home / "lake")
    return Sealed(
        folder=home / "lake", trusted=kept.public_keys(), signers=signers,
        strangers=(stranger.signer("seal"), stranger.signer("seal-sm2")),
        witness=Witness(number=SEALS, root=lake.root),
    )  # fmt: skip


class Tampering:
    """One random change to a copy of a lake. Each method makes it and returns where a fault must be found."""

    def __init__(self, folder: Path, sealed: Sealed, rng: random.Random) -> None:
        """Tamper with `folder` as `rng` says."""
        self.folder, self.sealed, self.rng = folder, sealed, rng
        self.files = sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*.parquet"))
        self.file = rng.choice(self.files)
        self.number = rng.randrange(1, SEALS + 1)
        self.seal = seal_folder(self.number)

    def flip_a_byte(self) -> list[str]:
        """Change one byte of a Parquet file."""
        return [self.flipped(self.file)]

    def insert_bytes(self) -> list[str]:
        """Put bytes into a Parquet file."""
        path = self.folder / self.file
        data, at = path.read_bytes(), self.rng.randrange(path.stat().st_size + 1)
        path.write_bytes(data[:at] + self.rng.randbytes(self.rng.randrange(1, 9)) + data[at:])
        return [self.file]

    def cut_short(self) -> list[str]:
        """Take away the end of a Parquet file, or all of it."""
        path = self.folder / self.file
        path.write_bytes(path.read_bytes()[: self.rng.randrange(path.stat().st_size)])
        return [self.file]

    def swap_files(self) -> list[str]:
        """Let two files change places."""
        other = self.rng.choice([one for one in self.files if one != self.file])
        one, two = self.folder / self.file, self.folder / other
        data = one.read_bytes()
        one.write_bytes(two.read_bytes())
        two.write_bytes(data)
        return [self.file, other]

    def delete_a_file(self) -> list[str]:
        """Take a file away."""
        (self.folder / self.file).unlink()
        return [self.file]

    def rename_a_file(self) -> list[str]:
        """Give a file another name."""
        path = self.folder / self.file
        path.rename(path.with_name("other.parquet"))
        return [self.file]

    def rename_a_folder(self) -> list[str]:
        """Let a month pass for another."""
        path = (self.folder / self.file).parent
        path.rename(path.with_name("month=2017-01"))
        return [self.file]

    def add_a_copy(self) -> list[str]:
        """Put a copy of sealed facts beside them."""
        name = self.rng.choice(["facts-2.parquet", "a.parquet", ".hidden.parquet", "facts.parquet.bak"])
        path = (self.folder / self.file).with_name(name)
        shutil.copyfile(self.folder / self.file, path)
        return [path.relative_to(self.folder).as_posix()]

    def add_a_file(self) -> list[str]:
        """Put a file of facts where none was sealed."""
        month = self.folder / self.seal / "kind=card_made" / "month=2017-03"
        month.mkdir(parents=True)
        pq.write_table(table("card_made", "2017-03", range(9), self.rng), month / "facts.parquet")
        return [(month / "facts.parquet").relative_to(self.folder).as_posix()]

    def add_anything(self) -> list[str]:
        """Put an odd thing anywhere into the lake."""
        folder = self.rng.choice(["", f"{self.seal}/", f"{self.file.rpartition('/')[0]}/"])
        name = folder + self.rng.choice(["notes.txt", "lake.json.old", "seal=1", "x", "kind=card_made"])
        path = self.folder / name
        match self.rng.randrange(3):
            case 0 if not path.exists():
                path.mkdir()
            case 1 if not path.exists():
                path.symlink_to(self.folder / self.file)
            case _:
                name += ".txt"
                (self.folder / name).write_text("x")
        return [name]

    def link_a_file(self) -> list[str]:
        """Put a link where a file was, to its very content."""
        path = self.folder / self.file
        kept = self.folder.with_name(f"{self.folder.name}.kept")
        shutil.move(path, kept)
        path.symlink_to(kept)
        return [self.file]

    def folder_for_a_file(self) -> list[str]:
        """Put a folder where a file was."""
        (self.folder / self.file).unlink()
        (self.folder / self.file).mkdir()
        return [self.file]

    def swap_seals(self) -> list[str]:
        """Let two seals change places."""
        other = seal_folder(self.rng.choice([one for one in range(1, SEALS + 1) if one != self.number]))
        away = self.folder / "away"
        (self.folder / self.seal).rename(away)
        (self.folder / other).rename(self.folder / self.seal)
        away.rename(self.folder / other)
        return [self.seal, other]

    def delete_a_seal(self) -> list[str]:
        """Take a seal away, wherever it stands."""
        shutil.rmtree(self.folder / self.seal)
        return [self.seal]

    def cut_off_seals(self) -> list[str]:
        """Take away every seal from one on."""
        for number in range(self.number, SEALS + 1):
            shutil.rmtree(self.folder / seal_folder(number))
        return [seal_folder(SEALS)]

    def move_a_seal(self) -> list[str]:
        """Give a seal a number further on."""
        number = SEALS + self.rng.randrange(1, 5)
        (self.folder / self.seal).rename(self.folder / seal_folder(number))
        return [self.seal]

    def delete_a_description(self) -> list[str]:
        """Take the description of a seal away."""
        (self.folder / self.seal / "seal.json").unlink()
        return [self.seal]

    def flip_a_description(self) -> list[str]:
        """Change one byte of the description of a seal."""
        self.flipped(f"{self.seal}/seal.json")
        return [self.seal]

    def take_anothers_description(self) -> list[str]:
        """Give a seal the description of another."""
        other = self.rng.choice([one for one in range(1, SEALS + 1) if one != self.number])
        shutil.copyfile(self.folder / seal_folder(other) / "seal.json", self.folder / self.seal / "seal.json")
        return [self.seal]

    def edit_plainly(self) -> list[str]:
        """Edit the description of a seal as a text."""
        path = self.folder / self.seal / "seal.json"
        value: dict[str, Any] = json.loads(path.read_text())
        match self.rng.randrange(7):
            case 0:
                value["facts"] += 1
            case 1:
                value["sealed_at"] = "2018-01-01T00:00:00.000000+00:00"
            case 2:
                value["horizon"] = 5
            case 3:
                value["files"].pop(self.rng.randrange(len(value["files"])))
            case 4:
                self.rng.choice(value["files"])["rows"] -= 1
            case 5:
                value["signatures"].pop(self.rng.randrange(2))
            case _:
                value["note"] = "approved"
        path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
        return [self.seal]

    def edit_with_root(self) -> list[str]:
        """Edit a seal so that it fits its own root, without a key."""
        self.put(self.edited(self.read()))
        return [self.seal]

    def edit_with_chain(self) -> list[str]:
        """Edit a seal and bring the roots of all that follow into line, without a key."""
        previous = None
        for number in range(self.number, SEALS + 1):
            seal = self.read(number)
            seal = self.edited(seal) if previous is None else replace(seal, previous=previous)
            self.put(seal)
            previous = seal.root
        return [self.seal]

    def sign_as_a_stranger(self) -> list[str]:
        """Edit a seal and sign it with foreign keys of the same names."""
        seal = self.edited(self.read())
        self.put(seal.signed(one.sign(seal.message) for one in self.sealed.strangers))
        return [self.seal]

    def sign_under_another_name(self) -> list[str]:
        """Edit a seal and sign it with foreign keys that nobody knows."""
        seal = replace(self.edited(self.read()), signers=("auditor/1/ed25519",))
        signature = replace(self.sealed.strangers[0].sign(seal.message), key="auditor")
        self.put(seal.signed([signature]))
        return [self.seal]

    def drop_a_signer(self) -> list[str]:
        """Take a signature away, and its signer with it."""
        seal = self.read()
        at = self.rng.randrange(2)
        left = replace(seal, signers=(seal.signers[at],))
        self.put(left.signed([seal.signatures[at]]))
        return [self.seal]

    def remove_a_month(self) -> list[str]:
        """Take a month's files away and out of the seal that lists them, with a new root."""
        seal = self.read()
        month = self.rng.choice(seal.files).month
        for one in seal.files:
            if one.month == month:
                (self.folder / one.path).unlink()
        left = tuple(one for one in seal.files if one.month != month)
        gone = sum(one.rows for one in seal.files if one.month == month and not one.is_rollup)
        self.put(replace(seal, files=left, facts=seal.facts - gone))
        return [self.seal]

    def forge_a_seal(self) -> list[str]:
        """Add a seal at the end, signed by a stranger."""
        folder = self.folder / seal_folder(SEALS + 1)
        folder.mkdir()
        last = self.read(SEALS)
        seal = replace(last, number=SEALS + 1, previous=last.root, files=())
        seal = seal.signed(one.sign(seal.message) for one in self.sealed.strangers)
        (folder / "seal.json").write_bytes(seal.to_bytes())
        return [seal_folder(SEALS + 1)]

    def change_the_lake(self) -> list[str]:
        """Change what the lake says of itself."""
        path = self.folder / "lake.json"
        match self.rng.randrange(5):
            case 0:
                path.unlink()
            case 1:
                path.write_text(path.read_text().replace("operated", "simulated"))
            case 2:
                path.write_bytes(replace(ABOUT, scale=100).to_bytes())
            case 3:
                path.write_text(path.read_text() + " ")
            case _:
                self.flipped("lake.json")
        return ["lake.json"]

    def flipped(self, name: str) -> str:
        """Change one bit of a file and return its name."""
        path = self.folder / name
        data = bytearray(path.read_bytes())
        data[self.rng.randrange(len(data))] ^= 1 << self.rng.randrange(8)
        path.write_bytes(data)
        return name

    def read(self, number: int | None = None) -> Seal:
        """Return a seal as it stands, the chosen one when no number is given."""
        seal, _ = parse_seal((self.folder / seal_folder(number or self.number) / "seal.json").read_text())
        return seal

    def put(self, seal: Seal) -> None:
        """Write a seal's description with the root that it has."""
        (self.folder / seal_folder(seal.number) / "seal.json").write_bytes(seal.to_bytes())

    def edited(self, seal: Seal) -> Seal:
        """Return a seal that says something else."""
        one = self.rng.choice(seal.files)

        def with_file(changed: SealedFile) -> Seal:
            return replace(seal, files=tuple(changed if each == one else each for each in seal.files))

        match self.rng.randrange(5):
            case 0:
                return replace(seal, facts=seal.facts + 1)
            case 1:
                return replace(seal, sealed_at="2018-01-01T00:00:00.000000+00:00")
            case 2:
                return with_file(replace(one, rows=one.rows + 1))
            case 3:
                path = self.folder / one.path
                path.write_bytes(self.rng.randbytes(500))
                return with_file(replace(one, size=500, root="0" * 64))
            case _:
                return with_file(replace(one, source="elsewhere"))


TAMPERINGS: tuple[Callable[[Tampering], list[str]], ...] = tuple(
    method
    for name, method in vars(Tampering).items()
    if not name.startswith("_") and name not in {"flipped", "read", "put", "edited"}
)


def names(report: Report, where: str) -> bool:
    """Tell whether a report has a fault at a file or seal, or within it."""
    return any(one.where == where or one.where.startswith(f"{where}/") for one in report.faults)


def test_an_untouched_lake_has_no_fault(sealed: Sealed) -> None:
    report = sealed.report(sealed.folder)

    assert [str(one.text) for one in report.faults] == []
    assert report.seals == SEALS
    assert report.files == len(list(sealed.folder.rglob("*.parquet")))
    facts = [one for one in sealed.folder.rglob("*.parquet") if "_monthly" not in one.as_posix()]
    assert report.facts == sum(pq.read_metadata(one).num_rows for one in facts)


def test_every_way_of_tampering_is_found_and_named(sealed: Sealed, tmp_path: Path) -> None:
    missed = []
    for at in range(TRIES):
        rng = random.Random(FIRST_SEED + at)  # noqa: S311 - a seed that fails must fail again
        tamper = TAMPERINGS[at % len(TAMPERINGS)]
        copy = tmp_path / f"lake-{at}"
        shutil.copytree(sealed.folder, copy)
        touched = tamper(Tampering(copy, sealed, rng))
        report = sealed.report(copy)
        missed += [
            f"{tamper.__name__} seed {FIRST_SEED + at}: {where} is not among {sorted({one.where for one in report.faults})}"
            for where in touched
            if not names(report, where)
        ]
        shutil.rmtree(copy)
    assert missed == []
