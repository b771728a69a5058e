"""A programme's figures for a city at 1:N: what adds up shrinks with the city, the rest stays. Pure.

Money shrinks to whole fen and counts to whole numbers, by largest remainder, so that the sum of each group is the
group's own sum, divided and rounded half up.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from civicard.kernel.exact import Fraction, rounded
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.scoring.expressions import parsed
from civicard.scoring.figures import Figure, Lack, operands, resolved
from civicard.scoring.programme import Programme
from civicard.scoring.units import MONEY

ONE = Fraction(1)
FEN = Fraction(1, 100)
MONEY_ONLY = ((MONEY, 1),)


class ScaleUnfit(Refusal):
    """A figure that should shrink with the city is no amount, or its group adds up different things."""

    code = "scale_unfit"


def divided(amounts: Sequence[Fraction], scale: int, grain: Fraction) -> list[Fraction]:
    """Return amounts divided by `scale`, each a multiple of `grain`, with their sum divided and rounded half up.

    What is over goes to those with the largest remainders, the earlier of two equal ones first.

    >>> [int(one) for one in divided([Fraction(70), Fraction(70), Fraction(110)], 100, Fraction(1))]
    [1, 1, 1]
    """
    exact = [amount / scale / grain for amount in amounts]
    whole = [one.numerator // one.denominator for one in exact]
    over = int(rounded(sum(exact, Fraction(0)), ONE)) - sum(whole)
    order = sorted(range(len(exact)), key=lambda at: whole[at] - exact[at])
    for at in order[:over]:
        whole[at] += 1
    return [one * grain for one in whole]


def shrunk(
    figures: Mapping[str, Figure],
    written: Mapping[str, Any],
    groups: Iterable[Sequence[str]],
    scale: int,
) -> dict[str, dict[str, Any]]:
    """Return the plain values of the figures that shrink with the city.

    Args:
        figures: the figures that may shrink, by name.
        written: the plain values of all figures, as the programme file has them.
        groups: names of figures whose sum must hold; names that are not among `figures` are passed over.
        scale: the N of 1:N.

    Raises:
        ScaleUnfit: a figure of a group is no amount, or the figures of a group have different units.
    """
    changed: dict[str, dict[str, Any]] = {}
    for group in groups:
        names = [name for name in group if name in figures]
        _fit(names, figures)
        sizes = {name: figures[name].measured_in.scale for name in names}
        grain = FEN if any(figures[name].measured_in.dimension == MONEY_ONLY for name in names) else ONE
        stated = {name: value * sizes[name] for name in names if (value := figures[name].value) is not None}
        for name, amount in zip(stated, divided(list(stated.values()), scale, grain), strict=True):
            changed[name] = {**written[name], "value": amount / sizes[name]}
        for name in names:
            if more := _beside(written[name], scale, grain / sizes[name]):
                changed[name] = {**changed.get(name, written[name]), **more}
    return changed


def _beside(written: Mapping[str, Any], scale: int, grain: Fraction) -> dict[str, Any]:
    """Return the values beside a figure's own, each divided for itself: of these only one can hold, so none adds up."""
    more: dict[str, Any] = {}
    if disputed := written.get("disputed"):
        more["disputed"] = [{**one, "value": rounded(one["value"] / scale, grain)} for one in disputed]
    ambiguities = written.get("ambiguities") or {}
    if any(
        "value" in reading.get("set", {})
        for one in ambiguities.values()
        for reading in one["readings"].values()
    ):
        more["ambiguities"] = {
            name: {
                **one,
                "readings": {
                    key: _reading(reading, scale, grain) for key, reading in one["readings"].items()
                },
            }
            for name, one in ambiguities.items()
        }
    return more


def _reading(reading: Mapping[str, Any], scale: int, grain: Fraction) -> Mapping[str, Any]:
    value = reading.get("set", {}).get("value")
    if not isinstance(value, Fraction | int):
        return reading
    return {**reading, "set": {**reading["set"], "value": rounded(Fraction(value) / scale, grain)}}


def _fit(names: Sequence[str], figures: Mapping[str, Figure]) -> None:
    """Refuse what cannot be divided: shares, unit costs, and groups of different things."""
    dimensions = {name: figures[name].measured_in.dimension for name in names}
    wrong = [name for name, one in dimensions.items() if len(one) != 1 or one[0][1] != 1]
    if wrong or len(set(dimensions.values())) > 1:
        listed = "、".join(f"{name}（{figures[name].unit}）" for name in wrong or names)
        listed_en = ", ".join(f"{name} ({figures[name].unit})" for name in wrong or names)
        raise ScaleUnfit(
            Text(
                f"数据湖称这些数据随城市按比例缩小，但它们不是同一种数量：{listed}。未作评价；请更正情景文件的 adds_up。",
                f"The lake says that these shrink with the city, but they are no amounts of one thing: {listed_en}. "
                "Nothing was evaluated; correct `adds_up` of the scenario.",
            )
        )


def resting(figures: Mapping[str, Figure], names: Iterable[str]) -> set[str]:
    """Return `names` and all figures computed from them, under the readings in force."""
    roots = set(names)
    return {name for name in figures if roots & set(operands([name], figures)) or name in roots}


def smaller(before: Programme, after: Programme, names: Iterable[str], scale: int) -> set[str]:
    """Return those of `names` that shrank about as the city did; shares and unit costs stay about as they were.

    A figure without a value counts among them: nothing published can be held against it.
    """
    old, new = resolved(before.figures), resolved(after.figures)
    found = set()
    for name in names:
        one, other = old[name], new[name]
        if isinstance(one, Lack) or isinstance(other, Lack) or abs(other * scale - one) < abs(other - one):
            found.add(name)
    return found


def without_statements(value: Mapping[str, Any], figures: set[str], claims: set[str]) -> dict[str, Any]:
    """Return a programme's plain values without what is published of figures that a smaller city cannot show.

    Args:
        value: the plain values of a programme file.
        figures: figures of which no published value is compared.
        claims: figures about which no claim is checked.
    """
    published = [
        {**one, "figures": {name: printed for name, printed in one["figures"].items() if name not in figures}}
        if one.get("figures")
        else one
        for one in value.get("published") or []
    ]
    kept = [one for one in value.get("claims") or [] if not claims & set(parsed(one["holds_if"]).names)]
    return {**value, "published": published, "claims": kept}
