"""The Shanghai of 2018, simulated and measured: the published points at every scale, from facts instead of sentences."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from civicard.kernel.exact import Fraction, from_text
from civicard.ledger.lake import open_lake

if TYPE_CHECKING:
    from tests.journeys.test_evaluate_lake.conftest import Run

ROOT = Path(__file__).parents[3]
PROGRAMME = ROOT / "programmes" / "shanghai-2018.yaml"
SCALES = ["1:1000", "1:300", "1:100"]
Simulated = Callable[[str], Path]
OWN_SETTINGS = (
    "CIVICARD_KEYSTORE", "CIVICARD_LAKE", "CIVICARD_LANG", "CIVICARD_MASTER_KEY", "CIVICARD_MASTER_KEY_FILE",
    "CIVICARD_MODE",
)  # fmt: skip


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """Return the lake of Shanghai at a scale, each simulated once, signed by keys of its own."""
    from civicard.cli.main import main

    home = tmp_path_factory.mktemp("shanghai")

    @cache
    def lake(scale: str) -> Path:
        folder = home / scale.replace(":", "-")
        with pytest.MonkeyPatch.context() as patch:
            for name in OWN_SETTINGS:
                patch.delenv(name, raising=False)
            patch.setenv("CIVICARD_DATA", str(home / "var"))
            scenario = ROOT / "scenarios" / "shanghai-2018.yaml"
            assert main(["simulate", str(scenario), "--scale", scale, "--lake", str(folder)]) == 0
        return folder

    return lake


@pytest.fixture
def measured(
    civicard: "Run", simulated: Simulated, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Any]]:
    """Return the JSON of evaluating Shanghai, or another programme file, in its lake at a scale."""

    def evaluated(scale: str, programme: Path = PROGRAMME) -> dict[str, Any]:
        lake = simulated(scale)
        for name in OWN_SETTINGS:
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("CIVICARD_DATA", str(lake.parent / "var"))
        ran = civicard("evaluate", programme, "--lake", lake, "--format", "json")
        assert ran.status == 0, ran.err
        value: dict[str, Any] = json.loads(ran.out)
        return value

    return evaluated


Measured = Callable[..., dict[str, Any]]


def score(value: dict[str, Any], code: str) -> dict[str, Any]:
    """Return one score of a result."""
    found: dict[str, Any] = next(one for one in value["scores"] if one["code"] == code)
    return found


@pytest.mark.parametrize("scale", SCALES)
def test_the_published_total_comes_out_of_the_facts_at_every_scale(measured: Measured, scale: str) -> None:
    found = measured(scale)
    assert (found["total"], found["grade"], found["complete"]) == ("82", "良", True)
    assert found["origin"] == "simulated"
    bases = {one["code"]: (one["points"], one["basis"]) for one in found["scores"]}
    assert (bases["C11"], bases["C12"]) == (("2", "measured"), ("6", "measured"))
    assert {basis for code, (_, basis) in bases.items() if code not in {"C11", "C12"}} == {
        "stated",
        "evidence",
    }


def test_each_measured_score_rests_on_rows_of_the_sealed_lake(
    measured: Measured, simulated: Simulated
) -> None:
    found, lake = measured("1:100"), open_lake(simulated("1:100"))
    made, planned = score(found, "C11")["measured"]
    assert (made["numerator"], made["rows"]) == ("24129", 24129)
    assert (planned["numerator"], planned["rows"]) == ("30000", 1)
    (in_time,) = score(found, "C12")["measured"]
    # 99.60 % of 23,500.
    assert (in_time["numerator"], in_time["denominator"]) == ("23406", "23500")
    assert {one["root"] for one in (made, planned, in_time)} == {lake.root}
    assert (found["lake"]["root"], found["lake"]["seal"]) == (lake.root, 12)


def test_over_the_original_plan_the_measured_completion_earns_nothing(
    measured: Measured, tmp_path: Path
) -> None:
    for name in ("shanghai-2018.yaml", "shanghai-2018.narrative.yaml"):
        text = (PROGRAMME.parent / name).read_text("utf-8")
        (tmp_path / name).write_text(text.replace("chosen: revised", "chosen: original"), encoding="utf-8")
    found = measured("1:1000", tmp_path / "shanghai-2018.yaml")
    assert found["total"] == "80"
    assert score(found, "C11")["points"] == "0"
    assert [one["figure"] for one in score(found, "C11")["measured"]] == [
        "cards_made",
        "cards_planned_initial",
    ]


@pytest.mark.parametrize(
    ("scale", "spent_fen", "budget_fen"),
    # 17,284,860.71 and 20,501,000.00 yuan, divided and rounded half up to whole fen.
    [("1:1000", 1_728_486, 2_050_100), ("1:300", 5_761_620, 6_833_667)],
)
def test_money_shrinks_to_whole_fen_and_its_sum_holds(
    measured: Measured, scale: str, spent_fen: int, budget_fen: int
) -> None:
    exact = score(measured(scale), "B11")["figure_exact"]
    assert from_text(exact) == Fraction(100 * spent_fen, budget_fen)


@pytest.mark.parametrize("scale", SCALES)
def test_a_smaller_city_contradicts_the_report_no_more_than_the_report_itself(
    measured: Measured, civicard: "Run", scale: str
) -> None:
    stated = json.loads(civicard("evaluate", PROGRAMME, "--format", "json").out)
    assert [one["subject"] for one in measured(scale)["disagreements"]] == [
        one["subject"] for one in stated["disagreements"]
    ]


def test_without_a_lake_shanghai_rests_on_what_the_report_states(civicard: "Run") -> None:
    found = json.loads(civicard("evaluate", PROGRAMME, "--format", "json").out)
    assert (found["total"], found["origin"]) == ("82", "operated")
    assert (score(found, "C11")["basis"], score(found, "C12")["basis"]) == ("stated", "stated")
