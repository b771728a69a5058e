"""Each kind of rule against the worked examples printed in its documentation."""

from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter

from civicard.kernel.exact import Fraction
from civicard.scoring.evidence import Answer
from civicard.scoring.figures import Figure, State
from civicard.scoring.rules import KINDS, AnyRule
from civicard.scoring.rules.base import Case, Rule, Slot
from civicard.scoring.rules.peers import Group
from civicard.scoring.source import read

EXAMPLES: Any = read(
    (Path(__file__).parents[2] / "docs/reference/rule-examples.yaml").read_text("utf-8")
).value
RULES: TypeAdapter[Rule] = TypeAdapter(AnyRule)


def test_every_kind_has_a_worked_example() -> None:
    kinds = {kind for rule in KINDS for kind in get_args(rule.model_fields["kind"].annotation)}
    assert kinds == {example["kind"] for example in EXAMPLES}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one['kind']}: {one['title']['en']}")
def test_the_example_comes_out_as_documented(example: dict[str, Any]) -> None:
    data = dict(example["rule"])
    if "figure" in example and data["kind"] not in {"sum", "mean", "best", "worst", "formula"}:
        data.setdefault("figure", "x")
    rule = RULES.validate_python(data)
    figures: dict[str, Any] = {"x": example["figure"]} if "figure" in example else {}
    known = {"x": Figure.model_validate({"name": "x", "unit": example.get("unit", ""), "value": None})}
    answers = {code: Answer.model_validate(one) for code, one in example.get("evidence", {}).items()}
    case = Case(figures, answers, {"x": Group(example["peers"])} if "peers" in example else {}, known)
    slot = Slot("X", example["weight"], example.get("unit", ""))

    outcome = rule.assess(case, slot)

    assert outcome.state == example.get("state", State.SCORED)
    assert outcome.points == example.get("points")
    assert (outcome.low, outcome.high) == (
        example.get("low", outcome.points),
        example.get("high", outcome.points),
    )
    text = rule.explain(outcome, case, slot)
    assert text.en == example["why"]
    assert text.zh
    assert text.zh != text.en or rule.model_dump()["kind"] == "formula"


def test_points_are_fractions_and_never_floats() -> None:
    rule = RULES.validate_python({"kind": "proportional", "figure": "x", "target": Fraction(3)})
    outcome = rule.assess(Case({"x": Fraction(1)}), Slot("X", Fraction(10)))
    assert outcome.points == Fraction(10, 3)
