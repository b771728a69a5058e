"""`civicard evaluate --lake` on a small lake made by hand: 241 cards of 300 planned, 1 of 200 due applications late.

The figures follow by hand. Completion: 241 / 300 = 80.33 %, 19.67 short, ten started steps of 2 cost 10 of 12 points;
over the first plan of 400 it is 60.25 %, 39.75 short, twenty steps, nothing left. In time: 199 / 200 = 99.50 %, one
started step costs 2 of 8.
"""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from civicard.ledger.lake import open_lake
from civicard.measures.definition import all_measures

if TYPE_CHECKING:
    from tests.journeys.test_evaluate_lake.conftest import City, Run


def test_bound_figures_come_from_the_lake_and_their_scores_are_measured(
    civicard: "Run", city: "City"
) -> None:
    found = city.result(civicard(*city.command("--format", "json")))
    assert (found["total"], found["grade"], found["origin"]) == ("8", "合格", "operated")
    by_code = city.scores(found)
    assert {code: (one["points"], one["basis"]) for code, one in by_code.items()} == {
        "C11": ("2", "measured"),
        "C12": ("6", "measured"),
    }
    assert by_code["C12"]["figure"] == "99.5"
    assert by_code["C11"]["figure_exact"] == "241/3"


def test_a_measured_score_names_the_sums_behind_it(civicard: "Run", city: "City") -> None:
    found = city.result(civicard(*city.command("--format", "json")))
    lake = open_lake(city.lake)
    told = {
        code: [
            (each["figure"], each["measure"], each["numerator"], each["denominator"], each["rows"])
            for each in one["measured"]
        ]
        for code, one in city.scores(found).items()
    }
    assert told == {
        "C11": [("made", "cards_made", "241", None, 241), ("planned", "cards_planned", "300", None, 1)],
        "C12": [("in_time_rate", "in_time", "199", "200", 200)],
    }
    for one in city.scores(found).values():
        assert {(each["seal"], each["root"]) for each in one["measured"]} == {(1, lake.root)}
    assert (found["lake"]["root"], found["lake"]["seal"], found["lake"]["scale"]) == (lake.root, 1, 1)
    assert found["lake"]["period"] == {"since": "2018-01-01", "until": "2018-12-31"}


def test_the_original_plan_gives_no_points_for_completion(civicard: "Run", city: "City") -> None:
    city.changed("chosen: revised", "chosen: original")
    found = city.result(civicard(*city.command("--format", "json")))
    assert found["total"] == "6"
    assert city.scores(found)["C11"]["points"] == "0"
    assert city.scores(found)["C11"]["figure"] == "60.25"
    assert [one["figure"] for one in city.scores(found)["C11"]["measured"]] == ["made", "planned_first"]


def test_without_a_lake_the_stated_figures_count_and_nothing_is_measured(
    civicard: "Run", city: "City"
) -> None:
    found = city.result(civicard("evaluate", city.programme, "--format", "json"))
    assert {one["basis"] for one in found["scores"]} == {"stated"}
    assert "lake" not in found
    assert not any("measured" in one for one in found["scores"])
    assert city.scores(found)["C11"]["figure_exact"] == "250/3"


def test_a_stated_figure_that_the_lake_contradicts_is_a_disagreement(civicard: "Run", city: "City") -> None:
    found = city.result(civicard(*city.command("--format", "json")))
    named = {one["subject"]: one for one in found["disagreements"] if one["kind"] != "reading"}
    assert list(named) == ["made"]
    assert [one["value"] for one in named["made"]["stated"]] == ["250"]
    assert named["made"]["working"] == "241"


def test_one_stated_operand_makes_the_whole_score_stated(civicard: "Run", city: "City") -> None:
    city.changed("value: 300, measure: cards_planned}", "value: 300}")
    found = city.result(civicard(*city.command("--format", "json")))
    assert city.scores(found)["C11"]["basis"] == "stated"
    assert city.scores(found)["C12"]["basis"] == "measured"


def test_a_part_of_the_year_is_measured_when_asked_for(civicard: "Run", city: "City") -> None:
    found = city.result(
        civicard(*city.command("--since", "2018-12-01", "--until", "2018-12-31", "--format", "json"))
    )
    # Made in December are the 41 that were taken in on the 10th; what was taken in on 5 November is due on 5 December.
    assert city.scores(found)["C11"]["measured"][0]["numerator"] == "41"
    assert city.scores(found)["C12"]["measured"][0]["denominator"] == "200"


def test_a_figure_without_facts_is_missing_and_the_total_stays_open(civicard: "Run", city: "City") -> None:
    found = city.result(
        civicard(*city.command("--since", "2018-01-01", "--until", "2018-06-30", "--format", "json"))
    )
    assert (found["total"], found["complete"]) == (None, False)
    # Nothing was made or due: neither indicator is known, and neither is zero.
    assert (found["total_low"], found["total_high"]) == ("0", "20")
    assert {one["status"] for one in found["scores"]} == {"missing"}
    assert "2018-06-30" in city.scores(found)["C12"]["explanation_en"]
    assert city.scores(found)["C12"]["measured"][0]["numerator"] is None


def test_the_evaluation_of_a_file_loads_no_engine_and_no_framework(city: "City") -> None:
    heavy = ["django", "duckdb", "pyarrow", "sqlglot", "numpy", "cryptography"]
    program = (
        "import sys\n"
        "from civicard.cli.main import main\n"
        "main(sys.argv[1:])\n"
        f"sys.exit([one for one in {heavy} if one in sys.modules] or 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "evaluate", str(city.programme)], capture_output=True, check=False
    )
    assert done.stderr.decode() == ""
    assert done.returncode == 0


def test_the_bound_figures_of_shanghai_name_measures_that_exist() -> None:
    path = Path(__file__).parents[3] / "programmes" / "shanghai-2018.yaml"
    figures = yaml.safe_load(path.read_text("utf-8"))["figures"]
    named = {name: figure["measure"] for name, figure in figures.items() if "measure" in figure}
    assert set(named) == {"cards_planned_initial", "cards_planned", "cards_made", "in_time_rate"}
    assert set(named.values()) <= set(all_measures())
