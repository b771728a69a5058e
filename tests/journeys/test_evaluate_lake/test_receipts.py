"""Receipts on a lake: worked out anew without it, measured anew with it."""

import json
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from civicard.evaluation.measured import FromLake, Measured, applied
from civicard.evaluation.record import digest, of_evaluation
from civicard.scoring.evaluate import evaluate
from civicard.scoring.load import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.test_evaluate_lake.conftest import City, Run


def receipt_of(civicard: "Run", city: "City", out: Path) -> Path:
    """Return the receipt of evaluating the programme in the lake."""
    assert civicard(*city.command("--out", out)).status == 0
    return out / "receipt.json"


def test_a_receipt_verifies_from_itself(civicard: "Run", city: "City", tmp_path: Path) -> None:
    receipt = receipt_of(civicard, city, tmp_path / "out")
    shutil.rmtree(city.lake)
    ran = civicard("receipt", "verify", receipt)
    assert ran.status == 0, ran.out
    assert "重新计算得 8 分" in ran.out
    value = json.loads(receipt.read_text("utf-8"))
    assert value["civicard_receipt"] == 2
    held = {one["figure"]: one for one in value["lake"]["figures"]}
    assert (held["in_time_rate"]["numerator"], held["in_time_rate"]["denominator"]) == ("199", "200")
    assert len(held["in_time_rate"]["sql"]) == 64


def test_a_receipt_without_a_lake_stays_as_it_was(civicard: "Run", city: "City", tmp_path: Path) -> None:
    civicard("evaluate", city.programme, "--out", tmp_path / "out")
    value = json.loads((tmp_path / "out" / "receipt.json").read_text("utf-8"))
    assert value["civicard_receipt"] == 1
    assert set(value) == {"civicard_receipt", "inputs", "rules", "readings", "versions", "results", "digest"}
    told = city.refused(
        civicard(
            "receipt", "verify", tmp_path / "out" / "receipt.json", "--lake", city.lake, "--keys", city.keys
        ),
        "receipt_without_lake",
    )
    assert "rests on no lake" in told


def test_a_receipt_is_measured_anew_in_its_lake(civicard: "Run", city: "City", tmp_path: Path) -> None:
    receipt = receipt_of(civicard, city, tmp_path / "out")
    ran = civicard("receipt", "verify", receipt, "--lake", city.lake, "--keys", city.keys, "--lang", "en")
    assert ran.status == 0, ran.out + ran.err
    assert "measured anew in the lake" in ran.out


def test_a_receipt_holds_against_the_seal_it_names_also_when_the_lake_has_grown(
    civicard: "Run", city: "City", tmp_path: Path
) -> None:
    receipt = receipt_of(civicard, city, tmp_path / "out")
    later = city.facts(first=100_000)
    later.card(5000, date(2018, 11, 5), date(2018, 11, 20))  # recorded late: the year has one more card now
    later.seal(city.lake, city.signers, city.about, city.sealed_at + timedelta(days=9))
    assert (
        city.scores(city.result(civicard(*city.command("--format", "json"))))["C11"]["measured"][0][
            "numerator"
        ]
        == "242"
    )
    ran = civicard("receipt", "verify", receipt, "--lake", city.lake, "--keys", city.keys)
    assert ran.status == 0, ran.out + ran.err


def test_a_receipt_of_another_lake_is_told_apart(civicard: "Run", city: "City", tmp_path: Path) -> None:
    receipt = receipt_of(civicard, city, tmp_path / "out")
    city.year_of(made=230).seal(tmp_path / "other", city.signers, city.about, city.sealed_at)
    ran = civicard(
        "receipt", "verify", receipt, "--lake", tmp_path / "other", "--keys", city.keys, "--lang", "en"
    )
    assert ran.status == 1
    assert "it is another lake" in ran.out


def test_a_receipt_whose_sums_were_changed_does_not_hold(
    civicard: "Run", city: "City", tmp_path: Path
) -> None:
    receipt = receipt_of(civicard, city, tmp_path / "out")
    text = receipt.read_text("utf-8")
    value = json.loads(text)
    for one in value["lake"]["figures"]:
        if one["figure"] == "made":
            one["numerator"] = "299"
    receipt.write_text(json.dumps(value), encoding="utf-8")
    alone = civicard("receipt", "verify", receipt, "--lang", "en")
    assert alone.status == 1
    assert "results.total: the receipt says 8" in alone.out
    told = civicard(
        "receipt", "verify", receipt, "--lake", city.lake, "--keys", city.keys, "--lang", "en"
    ).out
    assert "lake.made.numerator: the receipt says 299, computed anew it is 241" in told


def forged(receipt: Path, figures: "Callable[[list[dict[str, object]]], list[dict[str, object]]]") -> None:
    """Change what a receipt says was measured, and everything in it that follows, so that its digest is right."""
    value = json.loads(receipt.read_text("utf-8"))
    lake = FromLake.from_json(value["lake"])
    loaded = load({one["name"]: one["text"] for one in value["inputs"]})
    changed = figures(value["lake"]["figures"])
    sums = replace(lake, figures=tuple(Measured.from_json(one) for one in changed))
    measurement = applied(loaded, sums)
    value["lake"]["figures"] = changed
    value["results"] = of_evaluation(evaluate(measurement.loaded.programme), measurement)
    del value["digest"]
    receipt.write_text(json.dumps({**value, "digest": digest(value)}), encoding="utf-8")


def test_a_figure_that_stands_twice_in_a_receipt_is_refused(
    civicard: "Run", city: "City", tmp_path: Path
) -> None:
    receipt = receipt_of(civicard, city, tmp_path / "out")
    # The first could be held against the lake while the second is scored.
    forged(
        receipt,
        lambda them: [*them, *({**one, "numerator": "299"} for one in them if one["figure"] == "made")],
    )
    command = ("receipt", "verify", receipt, "--lake", city.lake, "--keys", city.keys)
    city.refused(civicard(*command), "receipt_unreadable")


def test_a_receipt_that_leaves_a_measured_figure_out_is_refused(
    civicard: "Run", city: "City", tmp_path: Path
) -> None:
    receipt = receipt_of(civicard, city, tmp_path / "out")
    forged(receipt, lambda them: [one for one in them if one["figure"] != "in_time_rate"])
    assert "in_time_rate" in city.refused(civicard("receipt", "verify", receipt), "receipt_unreadable")


def test_another_definition_in_a_receipt_is_found_in_the_lake(
    civicard: "Run", city: "City", tmp_path: Path
) -> None:
    receipt = receipt_of(civicard, city, tmp_path / "out")
    said = {"zh": "另一定义", "en": "another"}
    forged(receipt, lambda them: [{**one, "definition": said} for one in them])
    ran = civicard("receipt", "verify", receipt, "--lake", city.lake, "--keys", city.keys, "--lang", "en")
    assert ran.status == 1
    assert "lake.made.definition: the receipt says" in ran.out


@pytest.mark.parametrize(
    "damage", [None, {"figures": []}, [1], {"scale": 0}, {"scale": True}, {"scale": 1, "seal": 0}, {"scale": 1, "more": 1}]
)  # fmt: skip
def test_a_receipt_with_a_damaged_lake_is_refused(
    civicard: "Run", city: "City", tmp_path: Path, damage: object
) -> None:
    receipt = receipt_of(civicard, city, tmp_path / "out")
    value = json.loads(receipt.read_text("utf-8"))
    value["lake"] = {**value["lake"], **damage} if isinstance(damage, dict) and "scale" in damage else damage
    receipt.write_text(json.dumps(value), encoding="utf-8")
    city.refused(civicard("receipt", "verify", receipt), "receipt_unreadable")
