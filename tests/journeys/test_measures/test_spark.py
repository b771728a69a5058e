"""The same measures on Spark: equal integers for every measure and every dimension it can be broken down by."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from civicard.cards.codes import PickedUpBy
from civicard.cards.facts import CardHandedOver, CardInspected, CardMade
from civicard.ledger.lake import open_lake
from civicard.measures.definition import all_measures
from civicard.measures.engine import Engine
from civicard.measures.spark import SparkEngine, SparkMissing, local_session

if TYPE_CHECKING:
    from tests.journeys.test_measures.conftest import HandMade

    from civicard.ledger.lake import Lake

YEAR = (date(2018, 1, 1), date(2018, 12, 31))
# Name, values of the dimensions, numerator, denominator, rows.
Figures = list[list[object]]
# The measures that read the kinds of facts that are corrected and taken back by hand below.
CORRECTED = ["cards_made", "cards_by_state"]


def figures(engine: Engine | SparkEngine, names: Sequence[str]) -> Figures:
    """Return the sums of measures by all of their dimensions at once.

    Where these are equal, so are the sums of every single dimension and of the whole, and Spark is asked once.
    """
    found: Figures = []
    for name in names:
        measure = all_measures()[name]
        if not measure.by:
            whole = engine.result(measure)
            found.append([name, [], whole.numerator, whole.denominator, whole.rows])
        for group in engine.by(measure, *measure.by) if measure.by else []:
            found.append([name, list(group.values), group.numerator, group.denominator, group.rows])
    return found


def corrected(by_hand: "HandMade") -> "Lake":
    """Return a lake with facts corrected and taken back, and most kinds without any file."""
    place = {"district": "310101", "station": "310101-001"}
    for card in (1, 2, 3):
        by_hand.add(
            "2018-03-01",
            CardMade(application=card, card=card, blank=card, attempt=1, district=place["district"], station=place["station"]),
        )  # fmt: skip
        by_hand.add("2018-03-02", CardInspected(application=card, card=card))
        by_hand.add(
            "2018-04-01",
            CardHandedOver(
                application=card, card=card, person=card, picked_up_by=PickedUpBy.HOLDER,
                district=place["district"], station=place["station"],
            ),
        )  # fmt: skip
    by_hand.correct(1, "2018-03-01", district="310104")
    by_hand.retract(5, "2018-03-03")
    by_hand.retract(9, "2018-04-03")
    return by_hand.lake()


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java, and there is none on the path")
def test_spark_gives_the_same_integers(shanghai_lake: Path, by_hand: "HandMade", tmp_path: Path) -> None:
    small = corrected(by_hand)
    (tmp_path / "working").mkdir()
    # In a process of its own: Python and Java talk over a port of this machine, which tests may not open.
    done = subprocess.run(
        [sys.executable, __file__, shanghai_lake, small.folder], cwd=tmp_path / "working",
        capture_output=True, text=True, check=False, env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    shanghai, hand_made = json.loads(done.stdout)
    with Engine(open_lake(shanghai_lake), *YEAR) as engine:
        assert shanghai == figures(engine, list(all_measures()))
    with Engine(small, *YEAR) as engine:
        assert hand_made == figures(engine, CORRECTED)
    # Of three cards one inspection and one hand-over were taken back, and one card was made for another district.
    assert ["cards_made", ["2018-03", "310104", "310101-001"], 1, None, 1] in hand_made
    assert sum(rows for name, *_, rows in hand_made if name == "cards_made") == 2
    assert ["cards_by_state", ["normal", "310101"], 1, None, 1] in hand_made
    assert list((tmp_path / "working").iterdir()) == []


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("PATH", str(tmp_path))
    yield
    assert os.environ["PATH"] == str(tmp_path)


@pytest.mark.usefixtures("nowhere")
def test_without_java_spark_is_refused_by_name(by_hand: "HandMade") -> None:
    with (
        pytest.raises(SparkMissing, match="Java is not installed") as refused,
        SparkEngine(by_hand.lake(), *YEAR),
    ):
        pass
    assert refused.value.code == "spark_missing"


def test_without_pyspark_spark_is_refused_by_name(
    by_hand: "HandMade", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(SparkMissing, match="pyspark"), SparkEngine(by_hand.lake(), *YEAR):
        pass


def main(shanghai: str, small: str) -> None:
    """Print what Spark gives for two lakes."""
    with tempfile.TemporaryDirectory() as folder, local_session(Path(folder)) as session:
        with SparkEngine(open_lake(shanghai), *YEAR, session=session) as engine:
            whole = figures(engine, list(all_measures()))
        with SparkEngine(open_lake(small), *YEAR, session=session) as engine:
            hand_made = figures(engine, CORRECTED)
    sys.stdout.write(json.dumps([whole, hand_made]))


if __name__ == "__main__":
    main(*sys.argv[1:])
