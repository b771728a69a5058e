"""What journeys share: one simulated lake, made once for all processes of a test run."""

import fcntl
import os
from pathlib import Path

import pytest

from civicard.cli.keeping import keystore, signers
from civicard.simulation.opening import open_scenario
from civicard.simulation.plan import Plan
from civicard.simulation.writing import simulate

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.fixture(scope="session")
def shanghai(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the Shanghai of 2018 at 1:100: `lake`, and `keys.json`, the keys that signed it.

    It is made once for a whole run, whichever process comes first; it is there to be read. Who changes it copies it.
    """
    base = tmp_path_factory.getbasetemp()
    # A worker's own folder lies in one that all workers share.
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shanghai-2018"
    home.mkdir(exist_ok=True)
    with (home / "being-made").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "keys.json").exists():
            environment = {"CIVICARD_DATA": str(home / "data")}
            plan = Plan(open_scenario(SCENARIOS / "shanghai-2018.yaml"), 100, 2018)
            simulate(plan, home / "lake", signers(environment))
            (home / "keys.json").write_text(keystore(environment).public_keys().to_json(), encoding="utf-8")
    return home


@pytest.fixture(scope="session")
def shanghai_lake(shanghai: Path) -> Path:
    """Return the lake of the Shanghai of 2018 at 1:100, to be read only."""
    return shanghai / "lake"


@pytest.fixture(scope="session")
def shanghai_keys(shanghai: Path) -> Path:
    """Return the file of the public keys that signed that lake."""
    return shanghai / "keys.json"
