"""A small city made by hand, and the programme that is evaluated in its lake."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pytest

from civicard.cli.main import main
from civicard.kernel.text import Text
from civicard.ledger.kinds import kind_named
from civicard.ledger.lake import About
from civicard.ledger.lake.arrow import schema
from civicard.ledger.lake.sealing import sealing
from civicard.vault.interface import Signer
from civicard.vault.keystore import Keystore, Purpose
from civicard.vault.master import Master

PROGRAMME = """civicard: 1
programme: {title: {zh: 示例, en: Example}, unit: 示例单位, year: 2018}
framework:
  sum: 20
  grades: [{grade: 合格, least: 8, most: 20}, {grade: 不合格, below: 8}]
  indicators:
    - {code: C11, name: 完成率, weight: 12, unit: "%", rule: {kind: step, figure: completion, target: 100, step: 2, deduct: 1, reading: started}}
    - {code: C12, name: 及时率, weight: 8, unit: "%", rule: {kind: step, figure: in_time_rate, target: 100, step: 1, deduct: 2, reading: started}}
figures:
  planned_first: {name: 年初计划, unit: 张, value: 400, measure: cards_planned_initial}
  planned: {name: 计划, unit: 张, value: 300, measure: cards_planned}
  made: {name: 制卡数, unit: 张, value: 250, measure: cards_made}
  completion:
    name: 完成率
    unit: "%"
    formula: made / planned
    ambiguities:
      base:
        question: 以哪个计划为基数
        chosen: revised
        readings: {revised: {why: 调整后}, original: {literal: true, why: 立项时, set: {formula: made / planned_first}}}
  in_time_rate: {name: 及时率, unit: "% of whole", value: 99.50, measure: in_time}
  spent: {name: 支出, unit: 元, value: 1000}
"""
AT = datetime(2019, 1, 5, 8, tzinfo=UTC)
DUE, MADE = 200, 241
DISTRICT, STATION = "310101", "310101-01"


class Ran(NamedTuple):
    """What a command gave."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class City:
    """The lake, its public keys in a file, what signs it, and the programme file beside it."""

    lake: Path
    keys: Path
    programme: Path
    signers: tuple[Signer, ...]
    about = About(city=Text("示例市", "Sample City"), origin="operated")
    sealed_at = AT

    def command(self, *more: str | Path) -> tuple[str | Path, ...]:
        """Return the command that evaluates the programme in the lake."""
        return ("evaluate", self.programme, "--lake", self.lake, "--keys", self.keys, *more)

    def changed(self, before: str, after: str) -> None:
        """Change the programme file at one place."""
        text = self.programme.read_text("utf-8")
        assert text.count(before) == 1
        self.programme.write_text(text.replace(before, after), encoding="utf-8")

    @staticmethod
    def result(ran: Ran) -> dict[str, Any]:
        """Return the JSON that a command printed."""
        assert ran.status == 0, ran.err
        value: dict[str, Any] = json.loads(ran.out)
        return value

    @staticmethod
    def scores(value: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Return the scores of a result by code."""
        return {one["code"]: one for one in value["scores"]}

    @staticmethod
    def refused(ran: Ran, code: str) -> str:
        """Return the English sentence of a refusal, which must be all that happened."""
        assert (ran.status, ran.out) == (1, ""), ran.out
        assert ran.err.startswith(f"[{code}] "), ran.err
        return ran.err.split(f"[{code}] ")[-1]

    @staticmethod
    def facts(first: int) -> "Facts":
        """Return no facts yet; the next is numbered `first`."""
        return Facts(first)

    @staticmethod
    def year_of(*, made: int = MADE, due: int = DUE, scale: int = 1) -> "Facts":
        """Return the facts of the year; of a city at 1:`scale` the plan is so much smaller."""
        facts = Facts()
        facts.plan(1, 400 // scale, date(2018, 1, 10))
        facts.plan(2, 300 // scale, date(2018, 7, 2))
        for number in range(1, made + 1):
            # Taken in on 10 December it is due in January, and counts among the cards made but not among those due.
            taken_in = date(2018, 11, 5) if number <= due else date(2018, 12, 10)
            facts.card(number, taken_in, taken_in + timedelta(days=31 if number == due else 9))
        return facts


Run = Callable[..., Ran]


class Facts:
    """Facts in the making, numbered in the order in which they are added."""

    def __init__(self, first: int = 1) -> None:
        self.next = first
        self.rows: dict[tuple[str, str], list[dict[str, object]]] = {}

    def add(self, kind: str, day: date, **own: object) -> None:
        """Add one fact of 10 o'clock in Shanghai."""
        at = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
        envelope = {"fact": self.next, "at": at, "day": day, "recorded_at": at, "actor": "clerk-1"}
        row = {**envelope, "cause": None, "corrects": None, **own}
        self.rows.setdefault((kind, f"{day:%Y-%m}"), []).append(row)
        self.next += 1

    def plan(self, version: int, value: int, day: date) -> None:
        """Set the plan, or change it."""
        self.add(
            "target_set", day, year=2018, target="cards_made", version=version, value=value, unit="cards",
            reason="计划", approval="批复", approved_on=day,
        )  # fmt: skip

    def card(self, number: int, taken_in: date, received: date) -> None:
        """Add the life of one application from its intake to its card's arrival, 30 days being promised."""
        self.add(
            "application_taken_in", taken_in, application=number, person=number, application_reason="first",
            channel="counter", district=DISTRICT, station=STATION, age_band="26-45", promised_days=30,
            due_on=taken_in + timedelta(days=30), old_card=None,
        )  # fmt: skip
        made = taken_in + timedelta(days=5)
        self.add(
            "card_made", made, application=number, card=number, blank=number, attempt=1, district=DISTRICT,
            station=STATION, valid_until=None,
        )  # fmt: skip
        self.add("card_inspected", made, application=number, card=number)
        self.add(
            "card_received", received, application=number, card=number, district=DISTRICT, station=STATION
        )

    def seal(self, folder: Path, signers: tuple[Signer, ...], about: About, at: datetime) -> None:
        """Seal them all."""
        with sealing(folder, signers=signers, at=at, about=about) as one:
            for (kind, month), rows in self.rows.items():
                known = kind_named(kind)
                one.write(known, month, [pa.Table.from_pylist(rows, schema=schema(known))])
            one.commit(facts=sum(len(rows) for rows in self.rows.values()))


def keys(folder: Path) -> tuple[tuple[Signer, ...], Path]:
    """Return signers and the file of their public keys."""
    kept = Keystore.create(folder / "keystore.json", Master.random())
    kept.add("seal", Purpose.SIGNATURE_ED25519)
    public = folder / "public.json"
    public.write_text(kept.public_keys().to_json(), encoding="utf-8")
    return (kept.signer("seal"),), public


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Return the lake of one seal, made once; tests work on copies."""
    home = tmp_path_factory.mktemp("city")
    signers, public = keys(home)
    City.year_of().seal(home / "lake", signers, City.about, AT)
    (home / "small.yaml").write_text(PROGRAMME, encoding="utf-8")
    return City(lake=home / "lake", keys=public, programme=home / "small.yaml", signers=signers)


@pytest.fixture
def city(made_once: City, tmp_path: Path) -> City:
    """Return a copy of the lake in an empty folder."""
    shutil.copytree(made_once.lake, tmp_path / "lake")
    shutil.copy(made_once.programme, tmp_path / "small.yaml")
    return City(
        lake=tmp_path / "lake",
        keys=made_once.keys,
        programme=tmp_path / "small.yaml",
        signers=made_once.signers,
    )


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """Return the public keys of somebody else."""
    (tmp_path / "stranger").mkdir()
    return keys(tmp_path / "stranger")[1]


@pytest.fixture
def civicard(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command line in this process, in Chinese unless told otherwise."""
    monkeypatch.delenv("CIVICARD_LANG", raising=False)

    def run(*argv: str | Path) -> Ran:
        capsys.readouterr()
        status = main([str(one) for one in argv])
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return run
