"""`expressions.md`: what a formula may hold, and how units add, convert and limit; every result computed."""

from collections.abc import Mapping
from typing import Any

from civicard.cli.reference.markdown import page, table
from civicard.kernel.exact import decimal_places, from_text, grouped, plain
from civicard.scoring.expressions import (
    COMPARISONS,
    FUNCTIONS,
    MOST_CHARACTERS,
    MOST_DEPTH,
    ONE_ARGUMENT,
    ExpressionFault,
    parsed,
)
from civicard.scoring.figures import Figure, Lack, resolved
from civicard.scoring.source import read
from civicard.scoring.units import unit

SIGNS = {"Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=", "Eq": "==", "NotEq": "!="}
RESULT = "result"


def expressions_page(text: str) -> str:
    """Return `expressions.md` with the examples in `text`."""
    examples: Any = read(text, "expression-examples.yaml").value
    meanings: Mapping[str, str] = examples["functions"]
    functions = [
        (f"`{name}({'a' if name in ONE_ARGUMENT else 'a, b, …'})`", meanings[name]) for name in FUNCTIONS
    ]
    compared = " ".join(f"`{SIGNS[one.__name__]}`" for one in COMPARISONS)
    return page(
        "Formulas and units",
        "A formula is exact arithmetic over figures by name. It stands under `formula` of a figure or of a rule of "
        "the kind [formula](rules.md#formula), and as a condition under `when` of a ceiling or veto and `holds_if` of "
        "a claim. See [the programme file](programme.md).",
        "## What a formula may hold",
        table(
            ("part", "written"),
            [
                ("numbers", "`100`, `0.5`"),
                ("figures", "by their names; in a rule also `full`, the points to be had"),
                ("arithmetic", "`+` `-` `*` `/` and parentheses"),
                ("comparison", f"{compared}, which give 1 or 0 and may be chained: `0 <= share <= 100`"),
                ("logic", "`and` `or` `not`"),
                ("choice", "`a if condition else b`"),
            ],
        ),
        table(("function", "gives"), functions),
        f"Nothing else is read: no powers, no attributes, no other calls. A formula has at most {MOST_CHARACTERS:,} "
        f"characters and {MOST_DEPTH} levels. One that divides by zero has no value; its figure is missing, not zero. "
        "A figure without a value leaves every figure computed from it without one, for the same reason.",
        "## Examples",
        table(
            ("formula", "with", "in", "gives"),
            [
                (f"`{one['formula']}`", _given(one), f"`{one['unit']}`", _result(one))
                for one in examples["formulas"]
            ],
        ),
        "## What is refused",
        table(
            ("formula", "with", "why"),
            [(f"`{one['formula']}`", _given(one), _why(one)) for one in examples["refused"]],
        ),
        "## Units",
        "A unit is written as people print it, and every word is one. `亿`, `万` and `千` before a word multiply it; "
        "a stroke divides. Figures of the same kind convert when a result is declared in another multiple (元 to 万元), "
        "but are not added or compared until they stand in the same one. A bare ratio declared in % is multiplied by "
        "100.",
        table(
            ("unit", "measures", "one of it is", "range", "printed places"),
            [_unit_row(one) for one in examples["units"]],
        ),
        "`% of whole` (or 占比%) is a share that cannot exceed 100; `%` can, since a plan may be over-fulfilled. "
        "`least` and `most` of a figure set a range where its unit sets none, and `digits` how many places are "
        "printed. The figure of a rule must be in the rule's unit.",
    )


def _figures(example: Mapping[str, Any]) -> dict[str, Figure]:
    made = {}
    for name, given in example["figures"].items():
        value, _, symbol = given.partition(" ")
        made[name] = Figure.model_validate({"name": name, "unit": symbol, "value": from_text(value)})
    return made


def _given(example: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {given}" for name, given in example["figures"].items())


def _result(example: Mapping[str, Any]) -> str:
    figure = Figure.model_validate({"name": RESULT, "unit": example["unit"], "formula": example["formula"]})
    value = resolved({**_figures(example), RESULT: figure})[RESULT]
    assert not isinstance(value, Lack)  # an example has a value
    places = decimal_places(value)
    shown = f"{value.numerator}/{value.denominator}" if places is None else plain(value)
    return f"{shown}, printed {figure.printed(value, unit=True).strip()}"


def _why(example: Mapping[str, Any]) -> str:
    try:
        parsed(example["formula"]).unit({name: one.measured_in for name, one in _figures(example).items()})
    except ExpressionFault as error:
        return error.text.en
    raise AssertionError(example)  # an example of what is refused


def _unit_row(written: str) -> tuple[str, str, str, str, str]:
    one = unit(written)
    above = [name for name, power in one.dimension if power > 0]
    below = [name for name, power in one.dimension if power < 0]
    kind = "·".join(above) + (f" / {'·'.join(below)}" if below else "")
    least, most = ("" if end is None else plain(end) for end in (one.least, one.most))
    return (
        f"`{written}`",
        kind or "a ratio",
        grouped(one.scale) if one.scale >= 1 else f"{one.scale.numerator}/{one.scale.denominator}",
        f"{least} to {most}" if least and most else "any",
        "as many as there are" if one.places is None else str(one.places),
    )
