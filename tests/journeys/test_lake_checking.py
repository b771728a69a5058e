"""What a check says: which block, which facts, which key; what only a witness shows; what it cannot be fooled with."""

import hashlib
import json
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from civicard.kernel.text import Text
from civicard.ledger.checking import Fault, Found, Report, Witness, check, witnesses_in
from civicard.ledger.checking.witness import WitnessUnreadable
from civicard.ledger.kinds import kind_named
from civicard.ledger.lake import About, LakeUnreadable, Seal, merkle, open_lake, read_seal, seal_folder
from civicard.ledger.lake.arrow import schema
from civicard.ledger.lake.sealing import sealing
from civicard.vault.keystore import Keystore, Purpose
from civicard.vault.master import Master
from civicard.vault.signatures import PublicKeys

AT = datetime(2019, 1, 5, 8, tzinfo=UTC)
ABOUT = About(city=Text("示例市", "Sample City"), origin="operated")
USED = "seal=000001/kind=card_used/month=2018-07/facts.parquet"
MADE = "seal=000002/kind=application_passed/month=2018-08/facts.parquet"
USES = 300_000


class City:
    """A lake in a folder with the keys that sign it."""

    def __init__(self, home: Path) -> None:
        """Make it in `home`."""
        self.home, self.folder = home, home / "lake"
        self.keystore = Keystore.create(home / "keys.json", Master.random())
        self.keystore.add("seal", Purpose.SIGNATURE_ED25519)
        self.keystore.add("seal-sm2", Purpose.SIGNATURE_SM2)

    def seal(self, kind: str, month: str, table: pa.Table, facts: int | None = None) -> Seal:
        """Seal one table; `facts` may say another number than it holds."""
        signers = [self.keystore.signer("seal"), self.keystore.signer("seal-sm2")]
        with sealing(self.folder, signers=signers, at=AT, about=ABOUT) as one:
            one.write(kind_named(kind), month, [table])
            made = one.commit(facts=table.num_rows if facts is None else facts)
        assert made is not None
        return made

    def check(self, witness: Witness | None = None, trusted: PublicKeys | None = None) -> Report:
        """Check the lake."""
        if trusted is None:
            trusted = self.keystore.public_keys()
        return check(self.folder, trusted=trusted, witness=witness)

    def flip(self, name: str, at: int) -> None:
        """Change one byte."""
        path = self.folder / name
        data = bytearray(path.read_bytes())
        data[at] ^= 0x10
        path.write_bytes(data)


def passed(first: int, size: int, month: str = "2018-08") -> pa.Table:
    """Return passed applications of one month."""
    day = date.fromisoformat(f"{month}-09")
    at = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    rows = [
        {"fact": first + n, "at": at, "day": day, "recorded_at": at, "actor": "clerk-1", "cause": None,
         "corrects": None, "application": n}
        for n in range(size)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=schema(kind_named("application_passed")))


def uses(first: int, size: int) -> pa.Table:
    """Return uses of July 2018 with cards so random that they fill several blocks."""
    rng = random.Random(3)  # noqa: S311 - the same lake every time is the point
    at = pa.array([datetime(2018, 7, 9, 2, tzinfo=UTC)] * size, pa.timestamp("us", tz="UTC"))
    columns: dict[str, pa.Array] = {
        "fact": pa.array(range(first, first + size), pa.int64()), "at": at,
        "day": pa.array([date(2018, 7, 9)] * size), "recorded_at": at, "actor": pa.array(["transit"] * size),
        "cause": pa.nulls(size, pa.int64()), "corrects": pa.nulls(size, pa.int64()),
        "card": pa.array([rng.getrandbits(60) for _ in range(size)], pa.int64()),
        "application_field": pa.array(["transit"] * size), "district": pa.array(["310115"] * size),
        "amount_fen": pa.nulls(size, pa.int64()),
    }  # fmt: skip
    return pa.table(columns, schema=schema(kind_named("card_used")))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Return a lake of three seals: many uses, few applications, few applications. Nobody changes it."""
    city = City(tmp_path_factory.mktemp("kept"))
    city.seal("card_used", "2018-07", uses(1, USES))
    city.seal("application_passed", "2018-08", passed(400_000, 50))
    city.seal("application_passed", "2018-08", passed(500_000, 20))
    return city


@pytest.fixture
def city(kept: City, tmp_path: Path) -> City:
    """Return a copy of it to work on."""
    home = tmp_path / "copy"
    shutil.copytree(kept.home, home)
    made = City.__new__(City)
    made.home, made.folder, made.keystore = home, home / "lake", kept.keystore
    return made


def only(report: Report) -> Fault:
    """Return the one fault of a report."""
    assert [str(one.text) for one in report.faults[1:]] == []
    return report.faults[0]


def test_a_changed_byte_is_named_with_its_block_and_the_facts_it_may_hold(city: City) -> None:
    size = (city.folder / USED).stat().st_size
    assert size > 2 * merkle.BLOCK_BYTES
    city.flip(USED, merkle.BLOCK_BYTES + 5)

    fault = only(city.check())

    assert (fault.code, fault.where) == (Found.FILE_CHANGED, USED)
    blocks = -(-size // merkle.BLOCK_BYTES)
    assert f"of {blocks} blocks these differ: 2," in fault.text.en
    assert "facts 1 to " in fault.text.en


def test_a_file_that_grew_is_named_with_its_sizes(city: City) -> None:
    path = city.folder / MADE
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() + b"more")

    fault = only(city.check())

    assert (fault.code, fault.where) == (Found.FILE_GROWN, MADE)
    assert f"has {size + 4} bytes and was sealed with {size}" in fault.text.en


def test_two_files_that_changed_places_are_told_apart_from_changed_ones(city: City) -> None:
    other = MADE.replace("000002", "000003")
    data = (city.folder / MADE).read_bytes()
    (city.folder / MADE).write_bytes((city.folder / other).read_bytes())
    (city.folder / other).write_bytes(data)

    report = city.check()

    assert [(one.code, one.where) for one in report.faults] == [
        (Found.FILE_SWAPPED, MADE), (Found.FILE_SWAPPED, other),
    ]  # fmt: skip
    assert f"belongs at {other}" in report.faults[0].text.en


def test_a_renamed_file_is_one_fault_that_names_both_places(city: City) -> None:
    (city.folder / MADE).rename(city.folder / MADE.replace("facts.", "old."))

    fault = only(city.check())

    assert (fault.code, fault.where) == (Found.FILE_RENAMED, MADE)
    assert fault.text.en == f"it was moved to {MADE.replace('facts.', 'old.')}"


def test_a_link_to_the_very_content_is_no_file(city: City) -> None:
    away = city.home / "away.parquet"
    shutil.move(city.folder / MADE, away)
    (city.folder / MADE).symlink_to(away)

    assert (only(city.check()).code, only(city.check()).where) == (Found.FILE_NOT_PLAIN, MADE)


def test_what_an_unfinished_seal_left_is_a_note_and_no_fault(city: City) -> None:
    left = city.folder / ".sealing" / "seal=000004"
    left.mkdir(parents=True)
    (left / "facts.parquet").write_bytes(b"half")

    report = city.check()

    assert report.is_sound
    assert [(one.code, one.where) for one in report.notes] == [("unfinished", ".sealing")]


def test_seals_cut_off_at_the_end_show_only_against_a_witness(city: City) -> None:
    witness = city.check().witness
    shutil.rmtree(city.folder / "seal=000003")

    assert city.check().is_sound
    fault = only(city.check(witness))

    assert (fault.code, fault.where) == (Found.CUT_OFF, "seal=000003")
    assert "the lake ends with 2" in fault.text.en


def test_a_lake_sealed_anew_with_the_right_keys_shows_only_against_a_witness(city: City) -> None:
    witness = city.check().witness
    shutil.rmtree(city.folder / "seal=000003")
    city.seal("application_passed", "2018-08", passed(500_000, 19))

    assert city.check().is_sound
    assert only(city.check(witness)).code == Found.WITNESS_DIFFERS


def test_a_witness_still_holds_when_the_lake_has_grown(city: City) -> None:
    witness = city.check().witness
    city.seal("application_passed", "2018-08", passed(600_000, 3))

    assert city.check(witness).is_sound


def test_an_unknown_key_is_told_apart_from_a_wrong_signature(city: City, tmp_path: Path) -> None:
    nobody = PublicKeys(())
    assert {one.code for one in city.check(trusted=nobody).faults} == {Found.KEY_UNKNOWN}

    stranger = Keystore.create(tmp_path / "stranger.json", Master.random())
    stranger.add("seal", Purpose.SIGNATURE_ED25519)
    stranger.add("seal-sm2", Purpose.SIGNATURE_SM2)
    assert {one.code for one in city.check(trusted=stranger.public_keys()).faults} == {Found.SIGNATURE_WRONG}


def test_one_known_good_signature_is_enough_and_the_unknown_one_is_a_note(city: City) -> None:
    some = PublicKeys([one for one in city.keystore.public_keys() if one.name == "seal-sm2"])

    report = city.check(trusted=some)

    assert report.is_sound
    assert [one.code for one in report.notes] == [Found.KEY_UNKNOWN] * 3


def test_seals_of_an_older_version_of_a_key_still_hold(tmp_path: Path) -> None:
    city = City(tmp_path)
    city.seal("application_passed", "2018-08", passed(1, 5))
    city.keystore.rotate("seal")
    seal = city.seal("application_passed", "2018-08", passed(6, 5))

    assert seal.signers == ("seal/2/ed25519", "seal-sm2/1/sm2")
    assert city.check().is_sound


def test_damage_in_one_seal_does_not_hide_damage_in_another(city: City) -> None:
    (city.folder / "seal=000002" / "seal.json").write_text("{")
    city.flip(USED, 1000)
    (city.folder / MADE.replace("000002", "000003")).unlink()

    found = {(one.code, one.where) for one in city.check().faults}

    assert found == {
        (Found.SEAL_DAMAGED, "seal=000002/seal.json"), (Found.FILE_CHANGED, USED),
        (Found.FILE_MISSING, MADE.replace("000002", "000003")),
    }  # fmt: skip


def test_many_missing_seals_are_one_fault(city: City) -> None:
    (city.folder / "seal=000003").rename(city.folder / "seal=900000")

    faults = [one for one in city.check().faults if one.code == Found.SEAL_MISSING]

    assert [one.where for one in faults] == ["seal=000003"]
    assert "to seal=899999" in faults[0].text.en


def test_a_seal_that_lists_the_file_of_another_cannot_vouch_for_it(city: City) -> None:
    # A forger changes a sealed file and lets a later seal list it as it is now.
    city.flip(USED, 1000)
    now = (city.folder / USED).read_bytes()
    blocks = [merkle.leaf(now[at : at + merkle.BLOCK_BYTES]) for at in range(0, len(now), merkle.BLOCK_BYTES)]
    forged = replace(read_seal(city.folder, 1).files[0], root=merkle.root(blocks).hex())
    last = read_seal(city.folder, 3)
    last = replace(last, files=(forged, *last.files))
    (city.folder / "seal=000003" / "seal.json").write_bytes(last.to_bytes())

    found = {(one.code, one.where) for one in city.check().faults}

    assert {(Found.FILE_CHANGED, USED), (Found.FILE_OUT_OF_PLACE, USED)} <= found
    assert (Found.SIGNATURE_WRONG, "seal=000003") in found


def test_a_seal_of_another_lake_is_named(city: City) -> None:
    other = replace(ABOUT, city=Text("别的市", "Elsewhere"))
    seal = read_seal(city.folder, 2)
    from civicard.ledger.lake import about_digest

    path = city.folder / "seal=000002" / "seal.json"
    path.write_bytes(replace(seal, about=about_digest(other)).to_bytes())

    assert (Found.DESCRIPTION_CHANGED, "seal=000002") in {
        (one.code, one.where) for one in city.check().faults
    }


def test_a_miscounting_sealer_is_found_although_the_signature_is_good(tmp_path: Path) -> None:
    city = City(tmp_path)
    city.seal("application_passed", "2018-08", passed(1, 5), facts=6)

    fault = only(city.check())

    assert (fault.code, fault.where) == (Found.COUNT_WRONG, "seal=000001")
    assert fault.text.en == "it counts 6 facts, its files 5"


def test_fact_numbers_that_two_files_share_are_named(tmp_path: Path) -> None:
    city = City(tmp_path)
    city.seal("application_passed", "2018-08", passed(1, 50))
    city.seal("application_passed", "2018-08", passed(30, 50))
    city.seal("application_passed", "2018-08", passed(1000, 50))

    fault = only(city.check())

    assert (fault.code, fault.where) == (Found.FACTS_DOUBLED, MADE)
    assert fault.text.en.startswith("21 fact numbers occur twice: 30, 31, 32, 33, 34…")
    assert fault.text.en.endswith(f"see also {MADE.replace('000002', '000001')}")


def test_numbers_that_only_interleave_are_no_fault(tmp_path: Path) -> None:
    city = City(tmp_path)
    table = passed(1, 100)
    city.seal("application_passed", "2018-08", table.filter([n % 2 == 0 for n in range(100)]))
    city.seal("application_passed", "2018-08", table.filter([n % 2 == 1 for n in range(100)]))

    assert city.check().is_sound


@pytest.mark.parametrize(
    ("kind", "month", "reason"),
    [
        ("application_passed", "2018-09", "holds facts of 2018-08-09"),
        ("card_made", "2018-08", "The columns of"),
        ("card_lent", "2018-08", "there is no kind of fact card_lent"),
        ("card_used_monthly", "2018-08", "not those of the summary"),
    ],
)
def test_a_file_that_does_not_hold_what_its_seal_says_is_found(
    tmp_path: Path, kind: str, month: str, reason: str
) -> None:
    city = City(tmp_path)
    signers = [city.keystore.signer("seal")]
    with sealing(city.folder, signers=signers, at=AT, about=ABOUT) as one:
        path = one.place(kind, month)
        pq.write_table(passed(1, 5), path)
        one.take(path, kind, month, rows=5)
        one.commit(facts=5)

    found = [one for one in city.check().faults if one.code == Found.CONTENT_WRONG]

    assert len(found) == 1
    assert reason in found[0].text.en


def test_fewer_rows_than_the_seal_says_are_found(tmp_path: Path) -> None:
    city = City(tmp_path)
    with sealing(city.folder, signers=[city.keystore.signer("seal")], at=AT, about=ABOUT) as one:
        path = one.place("application_passed", "2018-08")
        pq.write_table(passed(1, 5), path)
        one.take(path, "application_passed", "2018-08", rows=6)
        one.commit(facts=6)

    assert only(city.check()).text.en == "it has 5 rows, its seal says 6"


def test_a_file_from_before_a_column_was_added_is_sound(tmp_path: Path) -> None:
    city = City(tmp_path)
    with sealing(city.folder, signers=[city.keystore.signer("seal")], at=AT, about=ABOUT) as one:
        path = one.place("card_made", "2018-08")
        table = passed(1, 5)
        for name, value in (("card", 1), ("blank", 2), ("attempt", 1)):
            table = table.append_column(pa.field(name, pa.int64(), nullable=False), pa.array([value] * 5))
        for name in ("district", "station"):
            table = table.append_column(pa.field(name, pa.string(), nullable=False), pa.array(["x"] * 5))
        pq.write_table(table, path)
        one.take(path, "card_made", "2018-08", rows=5)
        one.commit(facts=5)

    assert city.check().is_sound


def test_a_folder_that_is_no_lake_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LakeUnreadable, match="is no lake"):
        check(tmp_path, trusted=PublicKeys(()))
    with pytest.raises(LakeUnreadable, match="is no lake"):
        check(tmp_path / "missing", trusted=PublicKeys(()))


def test_a_lake_whose_name_looks_like_a_pattern_is_read_as_it_is(tmp_path: Path) -> None:
    home = tmp_path / "lake [2018] *?"
    home.mkdir()
    city = City(home)
    city.seal("card_used", "2018-07", uses(1, 10))

    assert city.check().is_sound
    assert open_lake(city.folder).seals[0].files[1].rows == 1


@pytest.mark.parametrize(
    "text",
    [
        lambda one: one.to_json(),
        lambda one: json.dumps({"report": {"lake": json.loads(one.to_json())}}),
        lambda one: f"Evaluation of 2018\nseal {one.number} root {one.root}\nTotal 82",
        lambda one: f"封签 {one.number} 根值 {one.root}",
        lambda one: f"封签 {one.number}，根值：{one.root.upper()}。",
    ],
    ids=["witness file", "within a receipt", "English report", "Chinese report", "Chinese sentence"],
)
def test_a_witness_is_read_from_what_people_keep(kept: City, text: Callable[[Witness], str]) -> None:
    witness = kept.check().witness

    (read,) = witnesses_in(text(witness), "kept.txt")

    assert (read.number, read.root) == (3, witness.root)


def test_a_seals_own_description_is_a_witness(kept: City) -> None:
    text = (kept.folder / "seal=000002" / "seal.json").read_text()

    assert witnesses_in(text, "seal.json") == (Witness(number=2, root=read_seal(kept.folder, 2).root),)


@pytest.mark.parametrize(
    "text", ["", "{}", "[" * 100_000, "seal 3 root 12ab", '{"civicard_witness": 1, "seal": 0}']
)
def test_a_file_without_a_witness_is_refused(text: str) -> None:
    with pytest.raises(WitnessUnreadable, match="holds no number and root"):
        witnesses_in(text, "notes.txt")


def roots_by_hand(seal: Seal) -> str:
    """Work a seal's root out from its description alone, as an auditor without this program would."""

    def plain(value: object) -> bytes:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    def joined(level: list[bytes]) -> bytes:
        while len(level) > 1:
            pairs = [level[at : at + 2] for at in range(0, len(level), 2)]
            level = [
                hashlib.sha256(b"\1" + b"".join(one)).digest() if len(one) == 2 else one[0] for one in pairs
            ]
        return level[0]

    told = json.loads(seal.to_bytes())
    leaves = [hashlib.sha256(b"\0" + plain(one)).digest() for one in told["files"]]
    body = {key: value for key, value in told.items() if key not in {"root", "signatures"}}
    return hashlib.sha256(b"\2" + plain(body | {"files": joined(leaves).hex()})).hexdigest()


def test_the_root_is_what_the_documentation_says_it_is(kept: City) -> None:
    for number in (1, 2, 3):
        seal = read_seal(kept.folder, number)
        assert seal.root == roots_by_hand(seal)
        for one in seal.files:
            data = (kept.folder / one.path).read_bytes()
            blocks = [
                hashlib.sha256(b"\0" + data[at : at + 1_048_576]).hexdigest()
                for at in range(0, len(data), 1_048_576)
            ]
            assert list(one.blocks) == (blocks if len(blocks) > 1 else [])
            assert one.blocks or one.root == blocks[0]


# Descriptions that are damaged in ways that trip a reader.
DAMAGED = (
    b"",
    b"null",
    b"[]",
    b"\xff\xfe",
    b'{"civicard_seal": 1}',
    b"[" * 200_000,
    b'{"civicard_seal": 1, "number": 1e999}',
    b'{"a": "\\ud800"}',
)


@pytest.mark.parametrize("data", DAMAGED, ids=range(len(DAMAGED)))
@pytest.mark.parametrize("name", ["lake.json", "seal=000002/seal.json"])
def test_a_description_damaged_in_any_way_is_a_fault_and_no_crash(city: City, name: str, data: bytes) -> None:
    (city.folder / name).write_bytes(data)

    assert {one.where for one in city.check().faults} == {name}


@pytest.mark.parametrize("value", ["\ud800", 5, None, [], {}, True, -1, "x" * 70])
@pytest.mark.parametrize(
    "key", ["number", "previous", "sealed_at", "facts", "about", "files", "signers", "signatures", "root"]
)
def test_a_seal_with_an_odd_value_anywhere_is_a_fault_and_no_crash(
    city: City, key: str, value: object
) -> None:
    path = city.folder / "seal=000002" / "seal.json"
    told = json.loads(path.read_bytes())
    path.write_text(json.dumps(told | {key: value}))

    found = city.check().faults

    assert found
    assert {one.where.split("/")[0] for one in found} <= {seal_folder(2), seal_folder(3)}


def test_progress_ends_with_every_byte(kept: City) -> None:
    told: list[tuple[int, int]] = []

    check(kept.folder, trusted=kept.keystore.public_keys(), progress=lambda done, of: told.append((done, of)))

    size = sum(one.stat().st_size for one in kept.folder.rglob("*.parquet"))
    assert told[-1] == (size, size)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_no_seal_is_made_later_than_it_says(kept: City) -> None:
    assert {datetime.fromisoformat(one.sealed_at) for one in open_lake(kept.folder).seals} == {AT}
    assert AT.utcoffset() == timedelta(0)


@pytest.mark.parametrize("page", ["ledger.md", "ledger.zh-CN.md"])
def test_every_kind_of_fault_is_explained(page: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / "explanation" / page).read_text(encoding="utf-8")

    assert [one for one in Found if f"`{one}`" not in text] == []
