"""What can be known to be wrong before anything is scored: sums, codes, references, units. Pure.

The checks work on the plain values of the file, and so find what is wrong elsewhere even when some part of it
cannot be understood at all; whatever has a wrong shape is passed over here, since the models report it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, get_args

from pydantic_core import PydanticCustomError

from civicard.kernel.exact import ZERO, Fraction, plain
from civicard.kernel.text import Text
from civicard.scoring import units
from civicard.scoring.expressions import ExpressionFault, parsed
from civicard.scoring.faults import Fault, fault_at, unknown
from civicard.scoring.framework import HUNDRED
from civicard.scoring.model import word
from civicard.scoring.rules import KINDS
from civicard.scoring.rules.formula import FULL
from civicard.scoring.source import Place, Source

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
TOTAL = "total"
RULE_KINDS = {kind for rule in KINDS for kind in get_args(rule.model_fields["kind"].annotation)}
# What `{…}` may name in the narrative besides a figure: the results themselves.
RESULTS = ("total", "grade", "lost", "unsupported")


class RawRule(NamedTuple):
    """A rule as the file has it, with the points, code and unit of its place."""

    place: Place
    rule: dict[str, Any]
    code: str
    full: Fraction | None
    unit: str


class Checks:
    """The checks of one programme; each method adds the faults it finds."""

    def __init__(self, source: Source) -> None:
        """Take the values of a programme file, joined with those of the files beside it."""
        self.source = source
        self.raw: dict[str, Any] = source.value if isinstance(source.value, dict) else {}
        self.faults: list[Fault] = []
        self.figures = {k: v for k, v in _mapping(self.raw.get("figures")).items() if isinstance(v, dict)}
        framework = _mapping(self.raw.get("framework"))
        self.framework = framework
        self.nodes = list(_nodes(_list(framework.get("indicators")), ("framework", "indicators")))
        self.codes = [str_of(node.get("code")) for _, node, _ in self.nodes]
        self.rules = [one for place, node, _ in self.nodes for one in _rules(place, node)]
        self.targets = dict(self._targets(_list(self.raw.get("targets")), ("targets",)))

    def add(self, place: Place, zh: str, en: str) -> None:
        """Report one fault."""
        self.say(place, Text(zh, en))

    def say(self, place: Place, text: Text) -> None:
        """Report one fault that has its sentence already."""
        self.faults.append(fault_at(self.source, place, text))

    def run(self) -> list[Fault]:
        """Return everything that is wrong."""
        self.unique_codes()
        self.weights()
        self.rule_points()
        self.references()
        self.figures_of_rules()
        self.formulas()
        self.unit_of_each_rule()
        self.funds()
        self.conditions()
        self.narrative()
        return self.faults

    def _targets(self, rows: Sequence[Any], place: Place) -> Iterator[tuple[str, Place]]:
        for at, row in enumerate(rows):
            if isinstance(row, dict):
                yield str_of(row.get("code")), (*place, at)
                yield from self._targets(_list(row.get("children")), (*place, at, "children"))

    def unique_codes(self) -> None:
        """Codes of indicators, and of targets, stand once."""
        for place, node, _ in self.nodes:
            self._once(str_of(node.get("code")), self.codes, (*place, "code"))
        seen: Counter[str] = Counter()
        for code, place in self._targets(_list(self.raw.get("targets")), ("targets",)):
            seen[code] += 1
            if seen[code] > 1:
                self.add((*place, "code"), f"目标代码 {code} 重复", f"the target code {code} stands twice")

    def _once(self, code: str, among: Sequence[str], place: Place) -> None:
        if not code:
            self.add(place, "缺少代码", "the code is empty")
        elif among.count(code) > 1:
            lines = [
                str(self.source.line((*at, "code")))
                for at, node, _ in self.nodes
                if str_of(node.get("code")) == code
            ]
            self.add(
                place,
                f"代码 {code} 重复（第 {'、'.join(lines)} 行）",
                f"the code {code} stands more than once (lines {', '.join(lines)})",
            )

    def weights(self) -> None:
        """Weights are not negative; those of children sum to the parent's, and all to the whole."""
        for place, node, _ in self.nodes:
            weight = node.get("weight")
            if isinstance(weight, Fraction) and weight < 0:
                self.add(
                    (*place, "weight"),
                    f"权重 {plain(weight)} 为负",
                    f"the weight {plain(weight)} is negative",
                )
            if node.get("children") and node.get("combine", "sum") == "sum":
                self._sum(place, _list(node["children"]), weight, str_of(node.get("code")))
        whole = self.framework.get("sum", HUNDRED)
        self._sum(("framework", "indicators"), _list(self.framework.get("indicators")), whole, "")

    def _sum(self, place: Place, children: Sequence[Any], whole: object, code: str) -> None:
        weights = [c.get("weight") for c in children if isinstance(c, dict) and not c.get("extra")]
        if not isinstance(whole, Fraction):
            return
        known = [weight for weight in weights if isinstance(weight, Fraction)]
        if len(known) == len(weights) and sum(known, ZERO) != whole:
            sum_ = " + ".join(plain(weight) for weight in known)
            total = plain(sum(known, ZERO))
            self.add(
                (*place, "weight") if code else place,
                f"{code or '一级指标'}的下级权重 {sum_} = {total}，应为 {plain(whole)}",
                f"the weights below {code or 'the framework'} are {sum_} = {total}, and should be {plain(whole)}",
            )

    def rule_points(self) -> None:
        """The points of items and parts sum to what the rule can give; none gives more."""
        for place, rule, code, full, _ in self.rules:
            for key in ("items", "parts"):
                points = [one.get("points") for one in _list(rule.get(key)) if isinstance(one, dict)]
                known = [one for one in points if isinstance(one, Fraction)]
                is_sum = key == "items" or rule.get("kind") == "sum"
                if (
                    full is not None
                    and points
                    and is_sum
                    and len(known) == len(points)
                    and sum(known, ZERO) != full
                ):
                    self.add(
                        (*place, key),
                        f"{code} 各项分值合计 {plain(sum(known, ZERO))}，应为 {plain(full)}",
                        f"the points below {code} sum to {plain(sum(known, ZERO))}, and should be {plain(full)}",
                    )
            for key in ("bands", "grades"):
                for at, one in enumerate(_list(rule.get(key))):
                    limits = ("points", "most", "below") if key == "grades" else ("points",)
                    for limit in limits:
                        self._not_above(_mapping(one).get(limit), full, (*place, key, at))
            for key in ("stated", "most", "most_off"):
                self._not_above(rule.get(key), full, (*place, key))

    def _not_above(self, points: object, full: Fraction | None, place: Place) -> None:
        if isinstance(points, Fraction) and full is not None and points > full:
            self.add(
                place,
                f"{plain(points)} 超过满分 {plain(full)}",
                f"{plain(points)} exceeds the full {plain(full)}",
            )

    def references(self) -> None:
        """Whatever is named exists: targets, and the codes of evidence, findings and statements."""
        for place, node, _ in self.nodes:
            for at, target in enumerate(_list(node.get("targets"))):
                if str_of(target) not in self.targets:
                    where = (*place, "targets", at)
                    self.say(where, unknown(str_of(target), sorted(self.targets), Text("目标", "target")))
        codes = self._known_codes()
        self._named("evidence", codes | {f"{code}.over" for code in codes} | set(self._items()))
        self._named("findings", codes)
        for at, one in enumerate(_list(self.raw.get("published"))):
            for key, known in (
                ("points", codes | {TOTAL}), ("weights", codes | {TOTAL}), ("names", codes), ("codes", codes),
                ("figures", set(self.figures)),
            ):  # fmt: skip
                self._named_in(_mapping(_mapping(one).get(key)), known, ("published", at, key))

    def figures_of_rules(self) -> None:
        """Rules, their readings and rule books name figures, codes and kinds that exist."""
        for place, rule, _, _, _ in self.rules:
            self._figure(rule.get("figure"), (*place, "figure"))
            for key, ambiguity in _mapping(rule.get("ambiguities")).items():
                for reading, one in _mapping(_mapping(ambiguity).get("readings")).items():
                    where = (*place, "ambiguities", key, "readings", reading, "set", "figure")
                    self._figure(_mapping(_mapping(one).get("set")).get("figure"), where)
        for name, book in _mapping(self.raw.get("rule_books")).items():
            for section, known in (("rules", self._known_codes()), ("kinds", RULE_KINDS)):
                rules = _mapping(_mapping(book).get(section))
                self._named_in(rules, known, ("rule_books", name, section))
                for key, rule in rules.items():
                    self._figure(_mapping(rule).get("figure"), ("rule_books", name, section, key, "figure"))

    def _figure(self, name: object, place: Place) -> None:
        if isinstance(name, str) and name not in self.figures:
            self.say(place, unknown(name, sorted(self.figures), Text("数据", "figure")))

    def _known_codes(self) -> set[str]:
        return set(self.codes) | {one.code for one in self.rules}

    def _items(self) -> Iterator[str]:
        for _, rule, code, _, _ in self.rules:
            for at, item in enumerate(_list(rule.get("items")), 1):
                yield str_of(_mapping(item).get("code")) or f"{code}.{at}"
                # Read otherwise, an item may put another question, which then has an answer of its own.
                for _, _, changes in _readings(_mapping(item)):
                    if "code" in changes:
                        yield str_of(changes["code"])

    def _named(self, section: str, known: set[str]) -> None:
        self._named_in(_mapping(self.raw.get(section)), known, (section,))

    def _named_in(self, given: Mapping[str, Any], known: set[str], place: Place) -> None:
        for code in given:
            if code not in known:
                self.say((*place, code), unknown(code, sorted(known), Text("代码", "code")))

    def formulas(self) -> None:
        """Formulas name figures that exist, add what can be added, give the unit declared, and form no circle."""
        needs: dict[str, tuple[str, ...]] = {}
        for name, place, formula, unit in self._formulas():
            needs[name] = (*needs.get(name, ()), *self._expression(formula, place, unit))
        for name in needs:
            if circle := _circle(name, needs):
                chain = " → ".join(circle)
                self.add(
                    ("figures", name), f"算式循环引用：{chain}", f"the formulas run in a circle: {chain}"
                )

    def _formulas(self) -> Iterator[tuple[str, Place, str, str]]:
        for name, figure in self.figures.items():
            unit = str_of(figure.get("unit"))
            if isinstance(figure.get("formula"), str):
                yield name, ("figures", name, "formula"), figure["formula"], unit
            for key, reading, changes in _readings(figure):
                formula = changes.get("formula")
                if isinstance(formula, str):
                    place = ("figures", name, "ambiguities", key, "readings", reading, "set", "formula")
                    yield name, place, formula, unit

    def _expression(self, text: str, place: Place, declared: str | None) -> tuple[str, ...]:
        """Check one formula and return the figures it names; `declared` is the unit its result should have."""
        try:
            expression = parsed(text)
        except ExpressionFault:
            return ()  # the models report it
        for name in expression.names:
            if name not in self.figures:
                self.say(place, unknown(name, sorted(self.figures), Text("数据", "figure")))
                return ()
        measures = {name: units.unit(str_of(self.figures[name].get("unit"))) for name in expression.names}
        try:
            result = expression.unit(measures)
        except ExpressionFault as error:
            self.say(place, error.text)
            return expression.names
        if declared is not None and result is not None and not result.alike(units.unit(declared)):
            self.add(
                place,
                f"算式结果的单位不是 {declared}",
                f"the formula does not give {declared or 'a bare ratio'}",
            )
        return expression.names

    def unit_of_each_rule(self) -> None:
        """A rule's figure is in the rule's unit, and a target has one."""
        for place, rule, code, _, unit in self.rules:
            own = str_of(rule.get("unit")) or unit
            figure = self.figures.get(str_of(rule.get("figure")))
            if "target" in rule and not own:
                self.add(
                    (*place, "target"), f"{code} 的目标没有单位 unit", f"the target of {code} has no unit"
                )
            if figure is not None and own:
                self._same_unit(str_of(rule.get("figure")), own, (*place, "figure"))

    def _same_unit(self, name: str, expected: str, place: Place) -> None:
        given = str_of(self.figures[name].get("unit"))
        one, other = units.unit(given), units.unit(expected)
        if one.alike(other) and one.scale == other.scale:
            return
        hint = Text("")
        value = self.figures[name].get("value")
        if one.alike(other) and isinstance(value, Fraction):
            turned = plain(value * one.scale / other.scale)
            hint = Text(
                f"（{plain(value)} {given} 即 {turned} {expected}）",
                f" ({plain(value)} {given} are {turned} {expected})",
            )
        self.add(
            place,
            f"{name} 的单位是 {given or '无'}，这里需要 {expected}{hint.zh}",
            f"{name} is in {given or 'no unit'}, {expected} is needed here{hint.en}",
        )

    def funds(self) -> None:
        """The cells of the funds table name figures in its unit."""
        funds = _mapping(self.raw.get("funds"))
        for at, row in enumerate(_list(funds.get("rows"))):
            for key in ("initial", "full_year", "executed", "rate"):
                name = _mapping(row).get(key)
                if not isinstance(name, str):
                    continue
                place = ("funds", "rows", at, key)
                if name not in self.figures:
                    self.say(place, unknown(name, sorted(self.figures), Text("数据", "figure")))
                elif key != "rate":
                    self._same_unit(name, str_of(funds.get("unit")), place)
        indicator = funds.get("indicator")
        if indicator is not None and str_of(indicator) not in self.codes:
            self.say(
                ("funds", "indicator"), unknown(str_of(indicator), sorted(self.codes), Text("代码", "code"))
            )

    def conditions(self) -> None:
        """Conditions of ceilings, vetoes and claims, and formula rules, name figures that exist."""
        for section in ("ceilings", "vetoes"):
            for at, one in enumerate(_list(self.framework.get(section))):
                if isinstance(text := _mapping(one).get("when"), str):
                    self._expression(text, ("framework", section, at, "when"), None)
        for at, claim in enumerate(_list(self.raw.get("claims"))):
            if isinstance(text := _mapping(claim).get("holds_if"), str):
                self._expression(text, ("claims", at, "holds_if"), None)
        for place, rule, _, _, _ in self.rules:
            if rule.get("kind") == "formula" and isinstance(text := rule.get("formula"), str):
                self._formula_rule(text, (*place, "formula"))

    def _formula_rule(self, text: str, place: Place) -> None:
        try:
            names = [name for name in parsed(text).names if name != FULL]
        except ExpressionFault:
            return
        for name in names:
            if name not in self.figures:
                self.say(place, unknown(name, sorted(self.figures), Text("数据", "figure")))

    def narrative(self) -> None:
        """`{…}` in any written text names a figure or a result."""
        known = [
            *self.figures,
            *RESULTS,
            *(f"{code}.{key}" for code in self.codes for key in ("points", "weight", "lost")),
        ]
        allowed = set(known)
        for section in ("narrative", "findings", "funds"):
            for place, text in _texts(self.raw.get(section), (section,)):
                for name in PLACEHOLDER.findall(text):
                    if name not in allowed:
                        self.say(place, unknown(name, sorted(known), Text("文中引用", "placeholder")))


def str_of(value: object) -> str:
    """Return a code as the models read it; nothing where it is none."""
    try:
        return word(value)
    except PydanticCustomError:
        return ""  # the models report what is no word


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _readings(part: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield ambiguity, reading and the keys that differ under it, for all readings of a part."""
    for name, ambiguity in _mapping(part.get("ambiguities")).items():
        for reading, one in _mapping(_mapping(ambiguity).get("readings")).items():
            yield name, reading, _mapping(_mapping(one).get("set"))


def _nodes(rows: Sequence[Any], place: Place, level: int = 1) -> Iterator[tuple[Place, dict[str, Any], int]]:
    for at, row in enumerate(rows):
        if isinstance(row, dict):
            yield (*place, at), row, level
            yield from _nodes(_list(row.get("children")), (*place, at, "children"), level + 1)


def _rules(place: Place, node: dict[str, Any]) -> Iterator[RawRule]:
    rule = node.get("rule")
    if isinstance(rule, dict):
        full = node.get("out_of", node.get("weight"))
        known = full if isinstance(full, Fraction) else None
        yield from _parts(
            RawRule((*place, "rule"), rule, str_of(node.get("code")), known, str_of(node.get("unit")))
        )


def _parts(one: RawRule) -> Iterator[RawRule]:
    yield one
    for at, part in enumerate(_list(one.rule.get("parts"))):
        if isinstance(part, dict):
            points = part.get("points") if one.rule.get("kind") == "sum" else one.full
            full = points if isinstance(points, Fraction) else None
            code = str_of(part.get("code")) or f"{one.code}.{at + 1}"
            yield from _parts(
                RawRule((*one.place, "parts", at), part, code, full, str_of(one.rule.get("unit")) or one.unit)
            )


def _circle(start: str, needs: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return a chain of figures from `start` back to itself, if there is one."""
    stack = [[start]]
    seen: set[str] = set()
    while stack:
        chain = stack.pop()
        for name in needs.get(chain[-1], ()):
            if name == start:
                return [*chain, name]
            if name not in seen:
                seen.add(name)
                stack.append([*chain, name])
    return []


def _texts(value: object, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _texts(one, (*place, key))
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from _texts(one, (*place, at))
