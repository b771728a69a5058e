"""Arithmetic of programme files: exact, unit by unit, and unable to do harm."""

import pytest

from civicard.kernel.exact import Fraction, from_text
from civicard.scoring import units
from civicard.scoring.expressions import ExpressionFault, NoValueError, parsed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1 + 0.2", "3/10"),
        ("a / b", "1/3"),
        ("-a * (b - 1)", "-2"),
        ("min(a, b) + max(a, b, 7)", "8"),
        ("mean(1, 2, 4)", "7/3"),
        ("sum(a, b) / 2", "2"),
        ("floor(-1.5) + ceil(1.2) + abs(-2)", "2"),
        ("round2(2.345)", "47/20"),
        ("10 if a < b <= 3 else 5", "10"),
        ("10 if not a > b and b == 3 else 5", "10"),
        ("1 if a == 2 or b != 3 else 0", "0"),
        ("1e3", "1000"),
    ],
)
def test_values_are_exact(text: str, value: str) -> None:
    assert parsed(text).value({"a": Fraction(1), "b": Fraction(3)}) == from_text(value)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')", "a.b", "a[0]", "lambda: 1", "[a for a in b]", "a ** 9", "f'{a}'", "'text'",
        "open(a)", "a := 3", "a; b", "", "min()", "abs(a, b)", "a if b", "1_000", "0x10", "1e9999999", "True", "a and",
        "9" * 61, "min(*a)", "max(a, key=b)", "(" * 250 + "a" + ")" * 250, "+" * 40 + "a", "a+" * 1500 + "a", "a in b",
        "a is b", "a // b", "a % b", "...", "None",
    ],
)  # fmt: skip
def test_whatever_else_is_refused(text: str) -> None:
    with pytest.raises(ExpressionFault):
        parsed(text)


def test_dividing_by_zero_gives_no_value() -> None:
    with pytest.raises(NoValueError):
        parsed("a / (b - b)").value({"a": Fraction(1), "b": Fraction(1)})


def test_names_are_listed_in_order() -> None:
    assert parsed("b + a * min(c, b)").names == ("b", "a", "c")


@pytest.mark.parametrize(
    ("text", "dimension"),
    [
        ("made / planned", ()),
        ("spent / made", (("元", 1), ("张", -1))),
        ("spent - other", (("元", 1),)),
        ("made * 2", (("张", 1),)),
        ("max(spent, other)", (("元", 1),)),
    ],
)
def test_units_follow_the_arithmetic(text: str, dimension: tuple[tuple[str, int], ...]) -> None:
    of = {"made": "张", "planned": "张", "spent": "元", "other": "元"}
    found = parsed(text).unit({name: units.unit(word) for name, word in of.items()})
    assert found is not None
    assert found.dimension == dimension


@pytest.mark.parametrize("text", ["a + b", "a if a > b else b", "min(a, b)", "a - c", "a < c"])
def test_different_units_do_not_mix(text: str) -> None:
    of = {"a": units.unit("元"), "b": units.unit("万元"), "c": units.unit("张")}
    with pytest.raises(ExpressionFault, match="cannot be added or compared"):
        parsed(text).unit(of)


@pytest.mark.parametrize(
    ("written", "scale", "least", "most"),
    [
        ("万元", 10_000, None, None),
        ("亿张", 100_000_000, None, None),
        ("%", Fraction(1, 100), None, None),
        ("% of whole", Fraction(1, 100), 0, 100),
        ("占比%", Fraction(1, 100), 0, 100),
        ("千瓦时", 1, None, None),
        ("", 1, None, None),
    ],
)
def test_a_unit_knows_its_scale_and_range(
    written: str, scale: Fraction | int, least: int | None, most: int | None
) -> None:
    found = units.unit(written)
    assert found.scale == scale
    assert found.least == least
    assert found.most == most
