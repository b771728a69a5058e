"""Files that operators send are checked, numbered and sealed whole, or refused with the reason."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from civicard.kernel.text import Text
from civicard.ledger.checking import check
from civicard.ledger.lake import About, LakeUnreadable, Seal, open_lake
from civicard.ledger.lake.operator_files import OperatorFileRefused, OperatorFileTaken, sign, take
from civicard.vault.keystore import Keystore, Purpose
from civicard.vault.master import Master
from civicard.vault.signatures import Algorithm, PublicKey, PublicKeys

AT = datetime(2018, 9, 1, 3, tzinfo=UTC)
ABOUT = About(city=Text("示例市", "Sample City"), origin="operated")
INSTANT = pa.timestamp("us", tz="UTC")
SHANGHAI = timezone(timedelta(hours=8))


class Office:
    """A lake, the keys that seal it, and an operator who sends files of uses."""

    def __init__(self, home: Path) -> None:
        """Set it up in `home`."""
        self.home, self.lake = home, home / "lake"
        self.own = Keystore.create(home / "own.json", Master.random())
        self.own.add("seal", Purpose.SIGNATURE_ED25519)
        self.operator = Keystore.create(home / "operator.json", Master.random())
        self.operator.add("transit", Purpose.SIGNATURE_SM2)

    def send(
        self, table: pa.Table, months: tuple[str, ...] = ("2018-07",), name: str = "uses.parquet"
    ) -> Path:
        """Write a file of uses and sign it."""
        path = self.home / name
        pq.write_table(table, path)
        sign(path, kind="card_used", months=months, signer=self.operator.signer("transit"))
        return path

    def take(self, *paths: Path, at: datetime = AT) -> Seal:
        """Take files in."""
        return take(
            paths, folder=self.lake, about=ABOUT, operators=self.operator.public_keys(),
            signers=[self.own.signer("seal")], at=at,
        )  # fmt: skip

    def sealed(self, kind: str, columns: str) -> list[tuple[object, ...]]:
        """Return columns of all sealed rows of a kind, in order."""
        with duckdb.connect() as base:
            base.execute("SET TimeZone = 'UTC'")
            return base.execute(
                f"SELECT {columns} FROM read_parquet(?, hive_partitioning = false) ORDER BY ALL",  # noqa: S608 - columns are written in the tests
                [open_lake(self.lake).paths(kind)],
            ).fetchall()

    def faults(self) -> list[str]:
        """Return what a check of the lake finds."""
        return [str(one.text) for one in check(self.lake, trusted=self.own.public_keys()).faults]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Return an office whose lake holds nothing yet."""
    return Office(tmp_path)


def uses(*days: date, **columns: pa.Array) -> pa.Table:
    """Return a use at ten in the morning of each day, Shanghai time; columns may be replaced or left out by None."""
    at = [datetime(day.year, day.month, day.day, 10, tzinfo=SHANGHAI) for day in days]
    made = {
        "at": pa.array(at, INSTANT),
        "card": pa.array([7000 + n for n in range(len(days))], pa.int64()),
        "application_field": pa.array(["transit"] * len(days)),
        "district": pa.array(["310115"] * len(days)),
        "amount_fen": pa.array([200] * len(days), pa.int64()),
    } | columns
    return pa.table({name: values for name, values in made.items() if values is not None})


def test_a_signed_file_is_sealed_by_month_with_its_summary(office: Office) -> None:
    path = office.send(
        uses(date(2018, 7, 30), date(2018, 7, 31), date(2018, 8, 1)), months=("2018-07", "2018-08")
    )

    seal = office.take(path)

    assert [(one.kind, one.month, one.rows) for one in seal.files] == [
        ("card_used", "2018-07", 2), ("card_used", "2018-08", 1),
        ("card_used_monthly", "2018-07", 1), ("card_used_monthly", "2018-08", 1),
    ]  # fmt: skip
    assert seal.facts == 3
    assert office.sealed("card_used_monthly", "month, facts, amount_fen") == [
        ("2018-07", 2, 400), ("2018-08", 1, 200),
    ]  # fmt: skip
    assert office.faults() == []


def test_every_fact_of_a_file_gets_its_envelope(office: Office) -> None:
    office.take(office.send(uses(date(2018, 7, 30), date(2018, 7, 31))))

    rows = office.sealed("card_used", 'fact, "at", "day", recorded_at, actor, cause, corrects, card')

    assert [(at, day, recorded, actor, cause, corrects, card) for _, at, day, recorded, actor, cause, corrects, card in rows] == [
        (datetime(2018, 7, 30, 2, tzinfo=UTC), date(2018, 7, 30), AT, "transit", None, None, 7000),
        (datetime(2018, 7, 31, 2, tzinfo=UTC), date(2018, 7, 31), AT, "transit", None, None, 7001),
    ]  # fmt: skip
    assert [fact for fact, *_ in rows] == [100_000_000_000_000, 100_000_000_000_001]


def test_the_business_day_is_that_of_the_programmes_zone(office: Office) -> None:
    # Half past midnight of 1 August in Shanghai is still July in UTC.
    at = pa.array([datetime(2018, 7, 31, 16, 30, tzinfo=UTC)], INSTANT)

    office.take(office.send(uses(date(2018, 8, 1), at=at), months=("2018-08",)))

    assert office.sealed("card_used", '"day"') == [(date(2018, 8, 1),)]


def test_numbers_go_on_from_file_to_file_and_never_meet(office: Office) -> None:
    first = office.send(uses(date(2018, 7, 1), date(2018, 7, 2)), name="a.parquet")
    second = office.send(uses(date(2018, 7, 3)), name="b.parquet")
    office.take(first, second)
    office.take(office.send(uses(date(2018, 7, 4), date(2018, 7, 5)), name="c.parquet"))

    numbers = [fact for (fact,) in office.sealed("card_used", "fact")]

    assert numbers == [100_000_000_000_000 + n for n in range(5)]
    assert office.faults() == []


def test_the_seal_remembers_the_files_name_digest_key_and_signature(office: Office) -> None:
    import hashlib

    path = office.send(uses(date(2018, 7, 1)), name="uses of july.parquet")
    signature = json.loads(path.with_name(f"{path.name}.sig").read_text())["signature"]

    seal = office.take(path)

    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert seal.files[0].source == (
        f"sha256:{digest} key:transit/1/sm2 signature:{signature} name:uses of july.parquet"
    )


def test_the_same_file_is_not_taken_twice(office: Office) -> None:
    path = office.send(uses(date(2018, 7, 1)))
    office.take(path)
    copy = office.home / "again.parquet"
    copy.write_bytes(path.read_bytes())
    sign(copy, kind="card_used", months=("2018-07",), signer=office.operator.signer("transit"))

    with pytest.raises(OperatorFileTaken, match="is the very file that is sealed"):
        office.take(copy)
    with pytest.raises(OperatorFileTaken):
        office.take(*[office.send(uses(date(2018, 7, 9)), name="twice.parquet")] * 2)

    assert len(open_lake(office.lake).seals) == 1


def test_a_column_that_may_be_empty_may_be_left_out(office: Office) -> None:
    office.take(office.send(uses(date(2018, 7, 1), amount_fen=None)))

    assert office.sealed("card_used", "amount_fen") == [(None,)]


def test_smaller_whole_numbers_are_taken_and_columns_may_stand_in_any_order(office: Office) -> None:
    table = uses(date(2018, 7, 1), amount_fen=pa.array([200], pa.int16()))

    office.take(office.send(table.select(list(reversed(table.column_names)))))

    assert office.sealed("card_used", "card, amount_fen") == [(7000, 200)]
    assert office.faults() == []


JULY = date(2018, 7, 1)
WRONG: dict[str, tuple[Callable[[], pa.Table], str]] = {
    "no facts": (lambda: uses(JULY).slice(1), "holds no fact"),
    "a column is missing": (lambda: uses(JULY, card=None), "the column card is missing"),
    "a column is unknown": (lambda: uses(JULY, name=pa.array(["x"])), "no column name"),
    "the envelope is ours": (lambda: uses(JULY, fact=pa.array([1])), "no column fact"),
    "a column has another type": (lambda: uses(JULY, card=pa.array(["7000"])), "card must be BIGINT"),
    "a binary float": (lambda: uses(JULY, amount_fen=pa.array([2.0])), "amount_fen must be BIGINT, not DOUBLE"),
    "a required value is missing": (lambda: uses(JULY, card=pa.array([None], pa.int64())), "lacks 1 values"),
    "an instant is missing": (lambda: uses(JULY, at=pa.array([None], INSTANT)), "column at lacks 1"),
    "an instant without a zone": (
        lambda: uses(JULY, at=pa.array([datetime(2018, 7, 1, 10)], pa.timestamp("us"))),  # noqa: DTZ001 - the fault
        "at must be TIMESTAMPTZ",
    ),
    "text that is no code": (lambda: uses(JULY, district=pa.array(["浦东"])), "district must be a code"),
    "an ID number": (
        lambda: uses(JULY, application_field=pa.array(["310101199003070035"])), "looks like an ID"
    ),
    "later than now": (
        lambda: uses(JULY, at=pa.array([AT + timedelta(seconds=1)], INSTANT)), "1 facts are later than"
    ),
    "another month": (lambda: uses(JULY, date(2018, 8, 1)), "1 facts are outside of the months 2018-07"),
    "a day that is not its instant's": (
        lambda: uses(JULY, day=pa.array([date(2018, 7, 2)])), "not the date of `at` in Asia/Shanghai"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("table", "reason"), WRONG.values(), ids=WRONG.keys())
def test_a_file_that_does_not_hold_what_it_should_is_refused(
    office: Office, table: Callable[[], pa.Table], reason: str
) -> None:
    good = office.send(uses(date(2018, 7, 9)), name="good.parquet")

    with pytest.raises(OperatorFileRefused, match=reason):
        office.take(good, office.send(table()))

    assert open_lake(office.lake).seals == ()
    assert not (office.lake / ".sealing").exists()


def test_a_fact_of_the_very_moment_is_not_in_the_future(office: Office) -> None:
    at = pa.array([AT], INSTANT)

    seal = office.take(office.send(uses(date(2018, 9, 1), at=at), months=("2018-09",)))

    assert seal.facts == 1


def changed(path: Path, **values: object) -> None:
    """Change what stands in a signature."""
    beside = path.with_name(f"{path.name}.sig")
    beside.write_text(json.dumps(json.loads(beside.read_text()) | values))


@pytest.mark.parametrize(
    ("tamper", "reason"),
    [
        (lambda path: path.write_bytes(path.read_bytes() + b" "), "signature does not fit"),
        (lambda path: changed(path, months=["2018-07", "2018-08"]), "signature does not fit"),
        (lambda path: changed(path, kind="card_made"), "not taken from files"),
        (lambda path: changed(path, kind="card_lent"), "no kind of fact card_lent"),
        (lambda path: changed(path, key="library"), "public key library version 1 is not known"),
        (lambda path: changed(path, algorithm="ed25519"), "signature does not fit"),
        (lambda path: changed(path, signature="zz"), "is damaged"),
        (lambda path: changed(path, months=["2018-7"]), "is damaged"),
        (lambda path: path.with_name(f"{path.name}.sig").unlink(), "no signature that can be read"),
        (lambda path: path.unlink(), "there is no such file"),
    ],
    ids=[
        "bytes",
        "months",
        "row kind",
        "unknown kind",
        "key",
        "algorithm",
        "no hex",
        "month",
        "unsigned",
        "gone",
    ],
)
def test_a_file_that_its_operator_did_not_sign_as_it_is_is_refused(
    office: Office, tamper: Callable[[Path], None], reason: str
) -> None:
    path = office.send(uses(date(2018, 7, 1)))
    tamper(path)

    with pytest.raises(OperatorFileRefused, match=reason):
        office.take(path)

    assert not office.lake.exists()


def test_a_signed_file_that_is_no_parquet_is_refused(office: Office) -> None:
    path = office.home / "uses.parquet"
    path.write_text("card,amount\n1,2\n")
    sign(path, kind="card_used", months=("2018-07",), signer=office.operator.signer("transit"))

    with pytest.raises(OperatorFileRefused, match="no Parquet file that can be read"):
        office.take(path)


def test_a_file_is_signed_only_for_months_that_are_some(office: Office) -> None:
    path = office.send(uses(date(2018, 7, 1)))

    for months in ([], ["2018-13"], ["July"]):
        with pytest.raises(OperatorFileRefused, match="months are written like 2018-07"):
            sign(path, kind="card_used", months=months, signer=office.operator.signer("transit"))


def test_a_lake_with_a_file_cut_short_takes_no_more_files(office: Office) -> None:
    office.take(office.send(uses(date(2018, 7, 1))))
    (sealed,) = open_lake(office.lake).paths("card_used")
    Path(sealed).write_bytes(Path(sealed).read_bytes()[:200])

    with pytest.raises(LakeUnreadable, match="ledger check"):
        office.take(office.send(uses(date(2018, 7, 2)), name="more.parquet"))

    assert len(open_lake(office.lake).seals) == 1


def test_a_key_named_after_a_person_signs_no_file(office: Office) -> None:
    path = office.send(uses(date(2018, 7, 1)))
    signer = office.operator.signer("transit")
    name = "13812345678"
    renamed = PublicKey(name=name, version=1, algorithm=Algorithm.SM2, public=signer.public.public)
    beside = path.with_name(f"{path.name}.sig")
    beside.write_text(json.dumps(json.loads(beside.read_text()) | {"key": name}))

    with pytest.raises(OperatorFileRefused, match="the name of its key looks like") as refused:
        take(
            [path], folder=office.lake, about=ABOUT, operators=PublicKeys([renamed]),
            signers=[office.own.signer("seal")], at=AT,
        )  # fmt: skip
    assert name not in str(refused.value.text)
