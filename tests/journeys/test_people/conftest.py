"""What the tests of the people share: a keystore of their own, two districts with stations, and the actors."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from civicard.kernel.actor import Actor
from civicard.kernel.permissions import May, Reach
from civicard.network.actions import Opening, list_district, open_station
from civicard.network.rules import StationKind
from civicard.people.actions import set_notice_period
from civicard.people.rules import LeavingCause
from civicard.vault.keystore import Keystore
from civicard.vault.master import Master

# 09:00 in the city.
OPENED = datetime(2026, 1, 5, 1, tzinfo=UTC)
NOTICE_DAYS = {LeavingCause.DIED: 15, LeavingCause.MOVED_AWAY: 30}


@pytest.fixture(autouse=True)
def keys_of_the_register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Open the vault on a keystore of this test, to which the register adds its keys."""
    master = Master.random()
    Keystore.create(tmp_path / "register-keys.json", master)
    monkeypatch.setenv("CIVICARD_KEYSTORE", str(tmp_path / "register-keys.json"))
    monkeypatch.setenv("CIVICARD_MASTER_KEY", master.to_base64())
    for other in ("CIVICARD_MASTER_KEY_FILE", "CIVICARD_MODE"):
        monkeypatch.delenv(other, raising=False)


@pytest.fixture
def network(centre: Actor) -> None:
    """List two districts with two stations and one, and set the periods of notice."""
    for district in ("310101", "310104"):
        list_district(district, f"第{district[-1]}区", actor=centre, at=OPENED)
    for code in ("310101-001", "310101-002", "310104-001"):
        opening = Opening(
            code=code,
            kind=StationKind.STATION,
            name=f"{code} 服务站",
            address="示例路 1 号",
            phone="021-12345",
        )
        open_station(opening, actor=centre, at=OPENED)
    for cause, days in NOTICE_DAYS.items():
        set_notice_period(cause, days, from_on=date(2026, 1, 1), source="示例规定", actor=centre, at=OPENED)


@pytest.fixture
def centre() -> Actor:
    """Return somebody of the centre, who may do everything here in the whole city."""
    may = (May.CHANGE_NETWORK, May.CHANGE_RULES, May.SEE_PEOPLE, May.CHANGE_PEOPLE, May.SEE_FULL_ID)
    return Actor(code="centre-1", grants=dict.fromkeys(may, Reach.city()))


@pytest.fixture
def clerk() -> Actor:
    """Return a clerk of one station, who sees no full ID number."""
    return _at("clerk-1", Reach.of_station("310101-001"))


@pytest.fixture
def neighbour() -> Actor:
    """Return a clerk of another station of the same district."""
    return _at("clerk-2", Reach.of_station("310101-002"))


@pytest.fixture
def officer() -> Actor:
    """Return an officer of the district of both."""
    return _at("officer-1", Reach.of_district("310101"))


@pytest.fixture
def stranger() -> Actor:
    """Return an officer of another district."""
    return _at("officer-4", Reach.of_district("310104"))


def _at(code: str, reach: Reach) -> Actor:
    return Actor(code=code, grants={May.SEE_PEOPLE: reach, May.CHANGE_PEOPLE: reach})
