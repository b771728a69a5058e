"""Units of figures: what may be added, what converts, and what range a unit allows. Pure.

A unit is written as people print it: 元, 万元, 张, 万张, %, 元/张. `%` is a ratio that may exceed 100 (a plan
can be over-fulfilled); `% of whole` (占比%) is a share of a whole and lies between 0 and 100. Any other word is
a unit of its own, so that nothing has to be registered before it can be counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from civicard.kernel.exact import Fraction

TEN_THOUSAND = Fraction(10_000)
PREFIXES: Mapping[str, Fraction] = {"亿": TEN_THOUSAND**2, "万": TEN_THOUSAND, "千": Fraction(1000)}
ONE = Fraction(1)
PERCENT = Fraction(1, 100)
MONEY = "元"
SHARE = ("% of whole", "占比%")
# Words that begin with a prefix sign without being a multiple of anything.
WHOLE_WORDS = frozenset({"千克", "千米", "千瓦时"})


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measurement.

    Attributes:
        symbol: as printed after a number; empty for a bare ratio.
        dimension: exponents of what is measured, sorted; empty for a ratio.
        scale: how many base units one of it is (万元 → 10,000 元; % → 1/100).
        least, most: the range it allows; None where it sets no limit.
        places: decimal places it is usually printed with; None prints what there is.
    """

    symbol: str
    dimension: tuple[tuple[str, int], ...]
    scale: Fraction
    least: Fraction | None = None
    most: Fraction | None = None
    places: int | None = None

    def alike(self, other: "Unit") -> bool:
        """Tell whether both measure the same thing, whatever their scale."""
        return self.dimension == other.dimension


@lru_cache(maxsize=4096)
def unit(written: str) -> Unit:
    """Return the unit that `written` names; every word names one.

    >>> unit("万元").scale, unit("元/张").dimension
    (Fraction(10000, 1), (('元', 1), ('张', -1)))
    """
    name = written.strip()
    if name in {"", "1", "比", "ratio"}:
        return Unit("", (), ONE)
    if name in SHARE:
        return Unit("%", (), PERCENT, Fraction(0), Fraction(100), places=2)
    if name in {"%", "％", "percent"}:
        return Unit("%", (), PERCENT, places=2)
    if name in {"个百分点", "百分点", "percentage point", "percentage points"}:
        return Unit(name, (), PERCENT, places=2)
    if name in {"倍", "times"}:
        return Unit(name, (), ONE, places=2)
    if "/" in name:
        above, _, below = name.partition("/")
        return over(unit(above), unit(below), symbol=name)
    if name in WHOLE_WORDS:
        return Unit(name, ((name, 1),), ONE)
    for prefix, scale in PREFIXES.items():
        if name.startswith(prefix) and len(name) > len(prefix):
            base = unit(name[len(prefix) :])
            return Unit(name, base.dimension, base.scale * scale, places=2)
    return Unit(name, ((name, 1),), ONE, places=2 if name == MONEY else None)


def times(one: Unit, other: Unit) -> Unit:
    """Return the unit of a product."""
    return _joined(one, other, 1, one.scale * other.scale, "")


def over(one: Unit, other: Unit, symbol: str = "") -> Unit:
    """Return the unit of a quotient."""
    return _joined(one, other, -1, one.scale / other.scale, symbol)


def _joined(one: Unit, other: Unit, sign: int, scale: Fraction, symbol: str) -> Unit:
    powers = dict(one.dimension)
    for name, power in other.dimension:
        powers[name] = powers.get(name, 0) + sign * power
    dimension = tuple(sorted((name, power) for name, power in powers.items() if power))
    return Unit(symbol, dimension, scale, places=2 if symbol else None)
