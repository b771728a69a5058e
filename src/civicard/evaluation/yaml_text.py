"""Plain values of a programme back to YAML text, such that reading the text gives the very same values.

The counterpart of `scoring.source`: exact numbers are written as numbers or ratios, yes and no as answers, and
text that would read as anything else is put in quotes.
"""

import re
from typing import Any

import yaml

from civicard.kernel.exact import Fraction, decimal_places, plain
from civicard.scoring.source import NOT_A_NUMBER, NUMBER, RATIO, WORDS, Value

# What fits on one line of this length stands on one line: {kind: step, target: 100}.
FLOW_CHARACTERS = 90
# A decimal with more places than this is shorter as a ratio.
MOST_PLACES = 40
# Line ends and marks that YAML, or a spreadsheet between two readings, would turn into something else.
FRAGILE = re.compile("[\r\x85\u2028\u2029\ufeff]|x[0-9A-Fa-f]{4}_")
CODED = re.compile("(x[0-9A-Fa-f]{4})_")


class _Dumper(yaml.SafeDumper):
    """Writes the values of a programme and nothing else."""

    # Whether text needs quotes is decided by our own reader's rules, not by those of YAML 1.1.
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own shape

    def ignore_aliases(self, data: object) -> bool:
        """Write every value out, however often it occurs."""
        return True


def _scalar(text: str, style: str | None = None) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, style=style)


def _text(_dumper: _Dumper, text: str) -> yaml.Node:
    if FRAGILE.search(text):
        return _scalar(text, '"')
    if text in WORDS or any(one.fullmatch(text) for one in (NUMBER, RATIO, NOT_A_NUMBER)):
        return _scalar(text, '"')
    return _scalar(text, "|" if "\n" in text.strip("\n") else None)


def _number(_dumper: _Dumper, number: Fraction) -> yaml.Node:
    places = decimal_places(number)
    return _scalar(
        f"{number.numerator}/{number.denominator}"
        if places is None or places > MOST_PLACES
        else plain(number)
    )


def _mapping(dumper: _Dumper, value: dict[str, Any]) -> yaml.Node:
    pairs = [(_text(dumper, key), dumper.represent_data(one)) for key, one in value.items()]
    return yaml.MappingNode(
        "tag:yaml.org,2002:map", pairs, flow_style=_is_short([n for pair in pairs for n in pair])
    )


def _sequence(dumper: _Dumper, value: list[Any]) -> yaml.Node:
    nodes = [dumper.represent_data(one) for one in value]
    return yaml.SequenceNode("tag:yaml.org,2002:seq", nodes, flow_style=_is_short(nodes))


def _is_short(nodes: list[yaml.Node]) -> bool:
    return all(isinstance(n, yaml.ScalarNode) and n.style != "|" for n in nodes) and (
        sum(len(node.value) + 2 for node in nodes) <= FLOW_CHARACTERS
    )


_Dumper.add_representer(str, _text)
_Dumper.add_representer(Fraction, _number)
_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(list, _sequence)
_Dumper.add_representer(bool, lambda _dumper, value: _scalar("yes" if value else "no"))
_Dumper.add_representer(type(None), lambda _dumper, _value: _scalar("null"))


def as_yaml(value: Value) -> str:
    """Return YAML text that `scoring.source.read` reads as `value`.

    >>> print(as_yaml({"weight": Fraction(1, 3), "code": "1", "good": True}), end="")
    {weight: 1/3, code: "1", good: yes}
    """
    text = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, width=2**31, sort_keys=False)
    # Spreadsheet programs read `_x0041_` as a coded character, each a little differently; inside quotes, where
    # these always stand, YAML has another way to write the underscore.
    return CODED.sub(r"\1\\x5F", text).removesuffix("...\n")


def same(one: object, other: object) -> bool:
    """Tell whether two plain values are the same, a yes and the number 1 being different."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other
