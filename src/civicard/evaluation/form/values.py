"""Targets and results as forms print them, read as numbers with units: ≥98%, 300万张, 不超过 5 次. Pure."""

import re
import unicodedata
from dataclasses import dataclass

from civicard.evaluation.form.sheet import Printed
from civicard.kernel.exact import Fraction, from_text
from civicard.scoring import units
from civicard.scoring.rules.step import Direction

AT_MOST = (
    "≤",
    "<=",
    "<",
    "不超过",
    "不高于",
    "不大于",
    "小于等于",
    "小于",
    "少于",
    "低于",
    "控制在",
    "不多于",
)
AT_LEAST = ("≥", ">=", ">", "不低于", "不少于", "不小于", "大于等于", "大于", "达到", "超过", "高于", "至少")
EXACTLY = ("=", "等于")
WRITTEN = re.compile(
    r"(?P<sign>[^\d.+-]{0,6})(?P<number>\d+(?:,\d{3})*(?:\.\d+)?)(?P<unit>[^\d\s,.;]{0,8}?)(?P<after>以上|以下|以内|及以上|及以下|左右)?"
)
ONE = Fraction(1)


@dataclass(frozen=True, kw_only=True)
class Amount:
    """A number with its unit, and how it is meant as a target."""

    number: Fraction
    unit: str
    direction: Direction


def amount(printed: Printed) -> Amount | None:
    """Return the amount that a cell prints; None when it is words, several numbers, or about a number.

    >>> amount(Printed(text="≥98%"))
    Amount(number=Fraction(98, 1), unit='%', direction=<Direction.POSITIVE: 'positive'>)
    """
    if printed.number is not None:
        return Amount(
            number=printed.number, unit="%" if printed.is_percent else "", direction=Direction.POSITIVE
        )
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", printed.text))
    match = WRITTEN.fullmatch(text)
    if match is None or match["after"] == "左右":
        return None
    sign, after = match["sign"], match["after"] or ""
    if sign and sign not in {*AT_MOST, *AT_LEAST, *EXACTLY}:
        return None
    if sign in AT_MOST or after in {"以下", "以内", "及以下"}:
        direction = Direction.REVERSE
    else:
        direction = Direction.EQUAL if sign in EXACTLY else Direction.POSITIVE
    return Amount(number=from_text(match["number"].replace(",", "")), unit=match["unit"], direction=direction)


def pair(target: Printed, actual: Printed) -> tuple[Amount, Fraction] | None:
    """Return the target and the result in its unit; None when they cannot be compared with certainty."""
    wanted, reached = amount(target), amount(actual)
    if wanted is None or reached is None:
        return None
    given = reached.unit or wanted.unit
    one, other = units.unit(given), units.unit(wanted.unit)
    if not one.alike(other):
        return None
    # A bare 3100000 beside 300万张 is in 张 or in 万张, a bare 0.99 beside 98% is 99 % or 0.99 %: nobody can tell.
    is_unsure = other.scale != ONE and (other.symbol != "%" or reached.number <= ONE)
    if is_unsure and not reached.unit:
        return None
    return wanted, reached.number * one.scale / other.scale
