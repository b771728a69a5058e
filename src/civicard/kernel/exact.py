"""Exact numbers: fractions that print as people write them. No binary floating point anywhere.

`Fraction` is `quicktions.Fraction`, the compiled twin of the standard library's class: the same results,
about six times as fast, which is what makes exact scoring of many units practical.
"""

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction
else:
    from quicktions import Fraction

__all__ = [
    "ONE_HUNDREDTH", "ROOT_PLACES", "ZERO", "Fraction", "Rounding",
    "decimal_places", "from_decimal", "from_text", "grouped", "plain", "root", "rounded",
]  # fmt: skip

ZERO = Fraction(0)
ONE_HUNDREDTH = Fraction(1, 100)
# A fraction that does not terminate is shown to this many places where no other precision is stated.
SHOWN_PLACES = 6
# Roots are the one thing that no fraction holds; they are cut off after so many places.
ROOT_PLACES = 20


class Rounding(StrEnum):
    """How a number that falls between two steps is rounded. `half_up` is the rule taught in schools."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    UP = "up"
    DOWN = "down"


def rounded(number: Fraction, to: Fraction, mode: Rounding = Rounding.HALF_UP) -> Fraction:
    """Return `number` as the multiple of `to` that `mode` chooses; signs are treated alike.

    >>> str(rounded(Fraction("9.68333"), ONE_HUNDREDTH))
    '242/25'
    >>> str(rounded(Fraction("-0.125"), ONE_HUNDREDTH))
    '-13/100'
    """
    steps = abs(number) / to
    whole, rest = divmod(steps.numerator, steps.denominator)
    twice = 2 * rest
    up = {
        Rounding.UP: rest > 0,
        Rounding.DOWN: False,
        Rounding.HALF_EVEN: twice > steps.denominator or (twice == steps.denominator and whole % 2 == 1),
        Rounding.HALF_UP: twice >= steps.denominator,
    }[mode]
    size = to * (whole + up)
    return -size if number < 0 else size


def decimal_places(number: Fraction) -> int | None:
    """Return how many decimal places write `number` exactly, or None when its decimals never end.

    >>> decimal_places(Fraction("99.60")), decimal_places(Fraction(1, 3))
    (1, None)
    """
    rest, twos, fives = number.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 else None


def plain(number: Fraction, places: int | None = None) -> str:
    """Return `number` in decimal notation.

    Args:
        number: any exact number.
        places: print exactly so many places, rounding half up; None prints the exact decimals, or
            `SHOWN_PLACES` of them when they never end.

    >>> plain(Fraction("99.60")), plain(Fraction("99.60"), 2), plain(Fraction(1, 3))
    ('99.6', '99.60', '0.333333')
    """
    if places is None:
        exact = decimal_places(number)
        if exact is None:
            return plain(number, SHOWN_PLACES).rstrip("0").rstrip(".") if number else "0"
        places = exact
    scale = 10**places
    units = rounded(number * scale, Fraction(1)).numerator
    sign = "-" if units < 0 else ""
    whole, part = divmod(abs(units), scale)
    return f"{sign}{whole}.{part:0{places}d}" if places else f"{sign}{whole}"


def grouped(number: Fraction, places: int | None = None) -> str:
    """Return `number` as `plain` does, with a comma at each three digits of the whole part.

    >>> grouped(Fraction(30501000), 2)
    '30,501,000.00'
    """
    whole, dot, part = plain(number, places).partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}{dot}{part}"


def from_decimal(number: Decimal) -> Fraction:
    """Return the fraction a finite decimal stands for."""
    return Fraction(*number.as_integer_ratio())


def from_text(text: str) -> Fraction:
    """Return the fraction that digits write, such as 99.60 or 2/3. Text is always read by this, never by the class.

    Raises:
        ValueError: it is no number.

    >>> str(from_text("99.60")), str(from_text("7"))
    ('498/5', '7')
    """
    # quicktions up to 1.24 reads a text of one character into the byte object b"\\0" that the whole process shares,
    # which from then on holds that digit: hashes that begin with this byte, and paddings of it, silently change.
    return Fraction(int(text)) if len(text) == 1 else Fraction(text)


def root(number: Fraction, degree: int = 2, places: int = ROOT_PLACES) -> Fraction:
    """Return the root of a number of 0 or more: exact where there is an exact one, else cut to `places` places.

    >>> plain(root(Fraction(2), places=6)), str(root(Fraction(8, 27), 3))
    ('1.414213', '2/3')
    """
    above, below = _whole_root(number.numerator, degree), _whole_root(number.denominator, degree)
    if above**degree == number.numerator and below**degree == number.denominator:
        return Fraction(above, below)
    scale = 10**places
    return Fraction(_whole_root(number.numerator * scale**degree // number.denominator, degree), scale)


def _whole_root(number: int, degree: int) -> int:
    """Return the root of a whole number, rounded down."""
    if number == 0:
        return 0
    # Newton's method from above: it falls until it stands at the root.
    guess = 1 << -(-number.bit_length() // degree)
    while (closer := ((degree - 1) * guess + number // guess ** (degree - 1)) // degree) < guess:
        guess = closer
    return guess
