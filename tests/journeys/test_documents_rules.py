"""Every kind of rule in the words of a civil servant: the documents of one programme that uses each worked example."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from civicard.kernel.exact import ZERO, Fraction
from civicard.reports.contents.binding import Binding
from civicard.reports.contents.standards import items, standard, target
from civicard.reports.contents.workings import actual, working
from civicard.scoring.evaluate import Evaluation, evaluate
from civicard.scoring.load import reloaded
from civicard.scoring.source import read

EXAMPLES: Any = read(
    (Path(__file__).parents[2] / "docs/reference/rule-examples.yaml").read_text("utf-8"), "examples"
).value
MACHINE = re.compile(r"[A-Za-z_]{2,}|[{}]|\s\|\s|\bx\d+\b")


def renamed(value: Any, name: str) -> Any:  # noqa: ANN401 - plain values of a file
    """Return a rule of an example that reads the figure `name` instead of `x`."""
    if isinstance(value, dict):
        return {
            key: re.sub(r"\bx\b", name, one) if key in {"figure", "formula"} else renamed(one, name)
            for key, one in value.items()
        }
    return [renamed(one, name) for one in value] if isinstance(value, list) else value


@cache
def examples() -> Evaluation:
    """Return the evaluation of a programme in which each example is an indicator."""
    rows, figures, evidence = [], {}, {}
    for at, example in enumerate(EXAMPLES, 1):
        name, code, rule = f"x{at}", f"R{at}", dict(example["rule"])
        if "figure" in example:
            if rule["kind"] not in {"sum", "mean", "best", "worst", "formula"}:
                rule.setdefault("figure", "x")
            peers = {"peers": example["peers"]} if "peers" in example else {}
            figures[name] = {
                "name": f"第{at}项数据",
                "unit": example.get("unit", ""),
                "value": example["figure"],
            } | peers
        for key, answer in example.get("evidence", {}).items():
            told = (
                {**answer, "reason": "已说明"} if isinstance(answer, dict) and "reason" in answer else answer
            )
            if isinstance(told, dict) and "seconded_by" in told:
                told["seconded_by"] = "复核人"
            evidence[key.replace("X", code, 1)] = told
        if "place" in rule:
            rule["place"] = "原文"
        rows.append(
            {
                "code": code,
                "name": f"第{at}项",
                "weight": example["weight"],
                "unit": example.get("unit", ""),
                "rule": renamed(rule, name),
            }
        )
    return evaluate(
        reloaded(
            {
                "civicard": 1,
                "programme": {"title": "各类规则", "unit": "某单位"},
                "framework": {
                    "sum": sum((row["weight"] for row in rows), ZERO),
                    "grades": [{"grade": "合格", "least": Fraction(0)}],
                    "indicators": rows,
                },
                "figures": figures,
                "evidence": evidence,
            }
        )
    )


@pytest.mark.parametrize("at", range(len(EXAMPLES)), ids=lambda at: f"{EXAMPLES[at]['kind']} {at + 1}")
def test_standard_figure_and_working_of_each_rule_are_words_and_numbers(at: int) -> None:
    evaluation = examples()
    score, binding = evaluation.leaves()[at], Binding(evaluation)
    assert score.indicator is not None
    told = [standard(score.indicator), *items(score.indicator), target(score.indicator)]
    told += [actual(score, binding), *working(score, binding).split("\n")]
    for text in told:
        assert text.strip()
        assert MACHINE.search(text) is None, text


def test_a_formula_names_its_figures_and_is_not_printed() -> None:
    evaluation = examples()
    score = next(
        one
        for one in evaluation.leaves()
        if one.indicator
        and one.indicator.rule
        and one.indicator.rule.needs()
        and EXAMPLES[evaluation.leaves().index(one)]["kind"] == "formula"
    )
    assert re.fullmatch(
        r"按规定的计算公式，由第\d+项数据（85.00%）算得17分", working(score, Binding(evaluation))
    )


def test_a_step_rule_without_a_written_standard_says_what_it_asks() -> None:
    assert standard(examples().leaves()[3].indicator) == "达到100%得8分，每少1个百分点扣2分，扣完为止。"  # type: ignore[arg-type]  # every leaf has one
