"""`json.md`: the keys of `--format json` and of a receipt, held against results that are computed here."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from civicard.cli.reference.markdown import code, page, table
from civicard.evaluation.measured import FromLake, Measured, applied
from civicard.evaluation.opening import Opened
from civicard.evaluation.receipts import receipt
from civicard.evaluation.record import of_evaluation, of_sensitivity
from civicard.kernel.text import Text
from civicard.scoring.evaluate import evaluate
from civicard.scoring.load import load
from civicard.scoring.sensitivity import sensitivity
from civicard.scoring.source import read

NAME = "example.yaml"
# Invented, like the example; only the keys are shown.
LAKE = FromLake(
    root="0" * 64, seal=12, city=Text("示例市", "Example City"), origin="operated", scale=1, since=date(2024, 1, 1),
    until=date(2024, 12, 31), adds_up=(),
    figures=(
        Measured(
            figure="in_time", measure="in_time", title=Text("按期制发率", "Cards ready within the promised days"),
            definition=Text("示例", "example"), unit="%", numerator=996, denominator=1000, rows=1000, sql="0" * 64,
        ),
    ),
)  # fmt: skip


def json_page(text: str) -> str:
    """Return `json.md`, with the keys and the example that `text` describes."""
    told: Any = read(text, "json-keys.yaml").value
    example = told["example"]
    loaded = load({NAME: example})
    evaluation = evaluate(loaded.programme)
    made = of_evaluation(evaluation)
    analysed = of_sensitivity(sensitivity(loaded), evaluation)
    proof, on_lake = (receipt(Opened({NAME: example}, loaded), lake) for lake in (None, LAKE))
    measured = evaluate(applied(loaded, LAKE).loaded.programme)
    of_lake = of_evaluation(measured, applied(loaded, LAKE))
    for section, values in (
        ("evaluation", made), ("score", made["scores"][0]), ("sensitivity", analysed),
        ("variant", analysed["uniform"][0]), ("receipt", proof),
        ("lake", of_lake["lake"]), ("measured", of_lake["scores"][0]["measured"][0]),
        ("receipt_on_a_lake", {key: value for key, value in on_lake.items() if key not in proof}),
    ):  # fmt: skip
        _same_keys(section, told[section], values)
    return page(
        "Results as JSON",
        "`civicard evaluate … --format json` prints one object; with `--out` it is the file `scores.json`. Decimals "
        "are text, so that no reader turns them into binary floating point. A number whose decimals do not end is "
        "printed to six places and stands beside it as numerator/denominator. What is not known is null, never 0.",
        "## An evaluation",
        _keys(told["evaluation"]),
        "## A score",
        _keys(told["score"]),
        "Where they are needed there are also:",
        _keys(told["sometimes"]),
        "Each entry of `measured`:",
        _keys(told["measured"]),
        "## A lake",
        "With `--lake` the evaluation has one more key, `lake`:",
        _keys(told["lake"]),
        "## An example",
        "The programme",
        code(example),
        "gives",
        code(json.dumps(made, ensure_ascii=False, indent=2), "json"),
        "## A sensitivity analysis",
        "`civicard sensitivity … --format json` prints one object.",
        _keys(told["sensitivity"]),
        "Each entry of `alone`, `uniform`, `rule_books`, and `literal`:",
        _keys(told["variant"]),
        "## A receipt",
        "`civicard evaluate … --out FOLDER` writes `receipt.json`. `civicard receipt verify` computes all of it anew "
        "from its own `inputs` and names every place that differs. A receipt shows that these results follow from "
        "these inputs. It is not signed: it does not show that the inputs are true, nor who made it.",
        _keys(told["receipt"]),
        "One that rests on a lake (`civicard evaluate … --lake DIR --out FOLDER`) also has:",
        _keys(told["receipt_on_a_lake"]),
        "It is worked out anew without the lake; `civicard receipt verify … --lake DIR` also measures anew, up to the "
        "seal that the receipt names.",
        "The digest is the SHA-256 of the receipt without `digest`, as JSON with sorted keys, without spaces, in UTF-8.",
    )


def _keys(told: Mapping[str, str]) -> str:
    return table(("key", "meaning"), [(f"`{key}`", meaning) for key, meaning in told.items()])


def _same_keys(section: str, told: Mapping[str, str], made: Mapping[str, Any]) -> None:
    wrong = set(told) ^ set(made)
    if section == "score":
        wrong -= {"points_exact", "figure_exact"}
    assert not wrong, f"json-keys.yaml describes other keys of {section} than there are: {sorted(wrong)}"
