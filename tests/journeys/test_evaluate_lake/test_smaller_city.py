"""A simulated city at 1:10: what adds up shrinks with it, and everything says what it is."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from civicard.kernel.text import Text
from civicard.ledger.lake import About

if TYPE_CHECKING:
    from tests.journeys.test_evaluate_lake.conftest import City, Run


def smaller(city: "City", tmp_path: Path, *groups: tuple[str, ...]) -> "City":
    """Return a simulated city at 1:10 whose lake has a tenth of everything."""
    lake = tmp_path / "tenth"
    about = About(
        city=Text("示例市", "Sample City"),
        origin="simulated",
        scale=10,
        scenario="sample",
        seed=1,
        adds_up=groups,
    )
    city.year_of(made=24, due=20, scale=10).seal(lake, city.signers, about, city.sealed_at)
    return replace(city, lake=lake)


def test_a_smaller_city_shrinks_what_adds_up_and_nothing_else(
    civicard: "Run", city: "City", tmp_path: Path
) -> None:
    tenth = smaller(city, tmp_path, ("spent",), ("planned",), ("made",))
    city.changed(
        "  spent: {name: 支出, unit: 元, value: 1000}\n",
        "  spent: {name: 支出, unit: 元, value: 1000.56}\n"
        "published:\n"
        "  - place: 表一\n"
        "    figures: {spent: 1000.56, made: 241, in_time_rate: 99.50, planned_first: 400}\n"
        "  - place: 表二\n"
        "    points: {C12: 5}\n"
        "claims:\n"
        "  - {place: 正文, text: 制卡超过二百张, holds_if: made > 200}\n"
        "  - {place: 正文, text: 全部按时, holds_if: in_time_rate >= 100}\n",
    )
    found = city.result(civicard(*tenth.command("--format", "json")))
    assert (found["origin"], found["lake"]["scale"]) == ("simulated", 10)
    # 24 of 30 is 80 %: ten steps; 19 of 20 is 95 %: five steps of 2 leave nothing.
    assert {code: one["points"] for code, one in city.scores(found).items()} == {"C11": "2", "C12": "0"}
    told = [one for one in found["disagreements"] if one["kind"] != "reading"]
    # What C12 scored and whether all were in time can be held against a city of any size; sums cannot.
    assert [(one["kind"], one["subject"]) for one in told] == [("working", "C12"), ("claim", "in_time_rate")]
    assert set(found["lake"]["not_compared"]) == {
        "spent", "planned_first", "planned", "made", "completion", "in_time_rate",
    }  # fmt: skip
    assert "1:10" in found["lake"]["note"]["en"]


def test_a_share_cannot_shrink_with_the_city(civicard: "Run", city: "City", tmp_path: Path) -> None:
    city.changed("unit: 元, value: 1000", 'unit: "%", value: 10')
    told = city.refused(civicard(*smaller(city, tmp_path, ("spent",)).command()), "scale_unfit")
    assert "spent (%)" in told


def test_everything_of_a_simulated_city_is_marked(civicard: "Run", city: "City", tmp_path: Path) -> None:
    tenth = smaller(city, tmp_path, ("spent",))
    ran = civicard(*tenth.command("--out", tmp_path / "out", "--format", "text,json,html"))
    assert ran.out.startswith("【模拟数据】")
    out = tmp_path / "out"
    for name in ("report", "self-evaluation-table", "self-evaluation-report", "score-table"):
        assert "模拟数据" in (out / f"{name}.html").read_text("utf-8"), name
    assert json.loads((out / "scores.json").read_text("utf-8"))["origin"] == "simulated"
    value = json.loads((out / "receipt.json").read_text("utf-8"))
    assert (value["results"]["origin"], value["lake"]["origin"]) == ("simulated", "simulated")
    metadata = pq.read_schema(out / "evidence" / "C11-made.parquet").metadata
    assert metadata[b"civicard.origin"] == b"simulated"
