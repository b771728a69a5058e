"""A programme's plain value as rows of sheets, and rows back to the same value. Knows nothing of files."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from civicard.evaluation.spreadsheets import CellFault
from civicard.evaluation.workbook.cells import NOT_APPLICABLE, Record, fits
from civicard.evaluation.workbook.layout import (
    ABOUT,
    ABOUT_LABELS,
    EVIDENCE,
    FIGURES,
    FRAMEWORK,
    GRADES,
    OTHER,
    ROW_KINDS,
    RULES,
    TARGETS,
)  # fmt: skip
from civicard.evaluation.yaml_text import as_yaml
from civicard.kernel.exact import Fraction
from civicard.kernel.text import Text
from civicard.scoring.checks import str_of
from civicard.scoring.source import SourceUnreadable, read

PIECE = 15_000
# The lists of a rule whose members are rows of their own.
PARTS = {key: word for word, key in ROW_KINDS.items() if key != "rule"}
# Said beside an answer that has nothing for its cells to show: it is there, but empty, or written in the long form.
EMPTY_RECORD, LONG = "empty", "long_form"
ORDER = (
    "civicard", "programme", "documents", "targets", "framework", "figures", "evidence", "findings", "funds",
    "published", "claims", "slips", "rule_books", "narrative",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Row:
    """One record with what says where it belongs.

    Attributes:
        marks: by key of the sheet's marks.
        record: the record itself.
        number: the row of the sheet, when it was read from one.
        path: for a rule's row, the keys and positions that lead to it from the rule.
    """

    marks: Mapping[str, Any] = field(default_factory=dict)
    record: Record = field(default_factory=dict)
    number: int = 0
    path: tuple[str | int, ...] = ()


def rows_of(value: Mapping[str, Any], codes: Iterable[str]) -> dict[str, list[Row]]:
    """Return the rows of every sheet.

    Args:
        value: the plain value of a programme file; `beside` is left out, since its files are in it.
        codes: codes of evidence that the framework asks for, so that each has a row to fill.
    """
    rest = {
        key: one
        for key, one in value.items()
        if key not in {"beside", "programme", "targets", "figures", "evidence"}
    }
    rows: dict[str, list[Row]] = {}
    rows[ABOUT] = [
        Row(
            marks={"key": key},
            record={} if value["programme"].get(key) is None else {"value": value["programme"][key]},
        )
        for key in ABOUT_LABELS
    ]
    if empty := {key: None for key, one in value["programme"].items() if one is None}:
        rest["programme"] = empty
    rows[TARGETS] = list(_tree(value.get("targets", []), 1, ("children",)))
    framework = value["framework"]
    rows[FRAMEWORK] = list(_tree(framework["indicators"], 1, ("children", "rule")))
    rows[RULES] = [
        row for node in _nodes(framework["indicators"]) if node.get("rule") for row in _rule_rows(node)
    ]
    rows[GRADES] = [Row(record=dict(one)) for one in framework["grades"]]
    rest["framework"] = {key: one for key, one in framework.items() if key not in {"indicators", "grades"}}
    rows[FIGURES] = _by_key(value.get("figures", {}), lambda _key, one: dict(one), rest, "figures")
    rows[EVIDENCE] = _by_key(value.get("evidence", {}), _answer, rest, "evidence")
    known = {row.marks["key"] for row in rows[EVIDENCE]} | set(rest.get("evidence", {}))
    rows[EVIDENCE] += [Row(marks={"key": code}) for code in codes if code not in known]
    for section in ("targets", "figures", "evidence"):
        if section in value and not value[section]:
            rest[section] = value[section]
    if not rest["framework"]:
        del rest["framework"]
    rows[OTHER] = [row for section, one in rest.items() for row in pieces(section, as_yaml(one))]
    return rows


def _by_key(
    section: Mapping[str, Any], record: Callable[[str, Any], Record], rest: dict[str, Any], name: str
) -> list[Row]:
    """Return a row a key; what no key cell can name goes to `rest`."""
    left = {key: one for key, one in section.items() if not fits(key)}
    if left:
        rest[name] = left
    return [
        Row(marks={"key": key}, record=record(key, one)) for key, one in section.items() if key not in left
    ]


def _answer(_code: str, one: bool | Record) -> Record:  # noqa: FBT001 - a bare yes or no is how files write it
    if isinstance(one, bool):
        return {"answer": one}
    record: Record = dict(one)
    if not record:
        return {EMPTY_RECORD: True}
    if "answer" not in record and "not_applicable" in record:
        return {"answer": NOT_APPLICABLE, **record}
    if set(record) == {"answer"}:
        # A row with nothing but an answer means the bare answer; the longer form is kept beside.
        return {**record, LONG: True}
    return record


def _tree(nodes: Sequence[Record], level: int, without: Sequence[str]) -> Iterator[Row]:
    for node in nodes:
        children = node.get("children") or []
        left_out = {key for key in without if node.get(key)}
        yield Row(
            marks={"level": Fraction(level)}, record={k: one for k, one in node.items() if k not in left_out}
        )
        yield from _tree(children, level + 1, without)


def _nodes(nodes: Sequence[Record]) -> Iterator[Record]:
    for node in nodes:
        yield node
        yield from _nodes(node.get("children") or [])


def _rule_rows(node: Record) -> Iterator[Row]:
    yield from _rows_below(str_of(node["code"]), node["rule"], 1, "rule", ())


def _rows_below(
    code: str, rule: Record | list[Any], level: int, kind: str, path: tuple[str | int, ...]
) -> Iterator[Row]:
    record = dict(zip(("target", "points"), rule, strict=True)) if isinstance(rule, list) else dict(rule)
    below = [key for key in PARTS if isinstance(record.get(key), list) and record[key]]
    lists = {key: record.pop(key) for key in below}
    yield Row(marks={"indicator": code, "level": Fraction(level), "row": kind}, record=record, path=path)
    for key, members in lists.items():
        for at, one in enumerate(members):
            yield from _rows_below(code, one, level + 1, key, (*path, key, at))


def pieces(section: str, text: str) -> list[Row]:
    """Return rows that hold `text` in pieces that fit into cells and neither begin nor end with a blank."""
    text = text.removesuffix("\n")
    found: list[str] = []
    while len(text) > PIECE:
        end = PIECE
        while end > 1 and (text[end - 1].isspace() or text[end].isspace()):
            end -= 1
        end = end if end > 1 else PIECE
        found.append(text[:end])
        text = text[end:]
    found.append(text)
    return [
        Row(marks={"section": section, "part": Fraction(at), "content": piece})
        for at, piece in enumerate(found, 1)
    ]


class Reader:
    """Makes the plain value of a programme from rows, and collects what is wrong on the way."""

    def __init__(self, rows: Mapping[str, Sequence[Row]], faults: list[CellFault]) -> None:
        """Take the rows of each sheet that is there."""
        self.rows = rows
        self.faults = faults

    def say(self, sheet: str, row: Row, zh: str, en: str, column: str = "") -> None:
        """Report a fault of one row."""
        self.faults.append(CellFault(sheet, f"{column or 'A'}{row.number}", Text(zh, en)))

    def value(self, other: Mapping[str, Any]) -> dict[str, Any]:
        """Return the value; `other` are the sections kept as YAML."""
        value: dict[str, Any] = {**other}
        value.setdefault("civicard", Fraction(1))
        value["programme"] = {**other.get("programme", {}), **self._about()}
        if targets := self._nested(TARGETS):
            value["targets"] = targets
        indicators = self._nested(FRAMEWORK)
        self._add_rules(indicators)
        framework = {**other.get("framework", {}), "indicators": indicators}
        value["framework"] = framework | {"grades": [row.record for row in self.rows.get(GRADES, [])]}
        if figures := self._keyed(FIGURES):
            value["figures"] = {**other.get("figures", {}), **figures}
        if evidence := self._keyed(EVIDENCE):
            value["evidence"] = {**other.get("evidence", {}), **evidence}
        self._unique(TARGETS)
        self._unique(FRAMEWORK)
        known = [key for key in ORDER if key in value]
        return {key: value[key] for key in (*known, *(key for key in value if key not in ORDER))}

    def _about(self) -> Record:
        return {
            row.marks["key"]: row.record["value"] for row in self.rows.get(ABOUT, []) if "value" in row.record
        }

    def _keyed(self, sheet: str) -> Record:
        found: Record = {}
        seen: dict[str, int] = {}
        for row in self.rows.get(sheet, []):
            key = row.marks.get("key")
            if key is None:
                continue
            if key in seen:
                self.say(
                    sheet,
                    row,
                    f"“{key}”与第 {seen[key]} 行重复",
                    f"{key!r} stands in row {seen[key]} already",
                )
            seen.setdefault(key, row.number)
            record = row.record if sheet == FIGURES else self._judgement(row)
            if record is not None:
                found[key] = record
        return found

    def _judgement(self, row: Row) -> object:
        record = dict(row.record)
        if not record:
            return None
        if record.pop(EMPTY_RECORD, None):
            return record
        if record.get("answer") == NOT_APPLICABLE:
            del record["answer"]
            if "not_applicable" not in record:
                self.say(
                    EVIDENCE, row, "选了“不适用”，请在“不适用的原因”写明原因", "say why it does not apply"
                )
        if record.pop(LONG, None):
            return record
        return (
            record["answer"] if set(record) == {"answer"} and isinstance(record["answer"], bool) else record
        )

    def _nested(self, sheet: str) -> list[Record]:
        top: list[Record] = []
        path: list[Record] = []
        for row in self.rows.get(sheet, []):
            level = self._level(sheet, row, len(path))
            if level is None:
                continue
            del path[level - 1 :]
            home = path[-1].setdefault("children", []) if path else top
            home.append(row.record)
            path.append(row.record)
        return top

    def _level(self, sheet: str, row: Row, deepest: int) -> int | None:
        level = row.marks.get("level")
        if level is None:
            return None  # the empty cell is reported already
        if level.denominator != 1 or not 1 <= level <= deepest + 1:
            zh = f"级应为 1 至 {deepest + 1} 的整数：下级要紧跟在上级之后"
            self.say(
                sheet,
                row,
                zh,
                f"the level must be from 1 to {deepest + 1}: a row follows the one it belongs to",
            )
            return None
        return int(level)

    def _unique(self, sheet: str) -> None:
        seen: dict[str, int] = {}
        for row in self.rows.get(sheet, []):
            code = str_of(row.record.get("code"))
            if code and code in seen:
                self.say(
                    sheet,
                    row,
                    f"代码 {code} 与第 {seen[code]} 行重复",
                    f"the code {code} stands in row {seen[code]} already",
                )
            seen.setdefault(code, row.number)

    def _add_rules(self, indicators: Sequence[Record]) -> None:
        nodes = {str_of(node.get("code")): node for node in _nodes(indicators)}
        path: list[Record] = []
        home = ""
        for row in self.rows.get(RULES, []):
            code, kind = row.marks.get("indicator"), row.marks.get("row")
            level = self._level(RULES, row, len(path) if code == home else 0)
            if level is None or code is None or kind is None:
                continue
            if (level == 1) != (kind == "rule"):
                self.say(
                    RULES,
                    row,
                    "第 1 级的行类别应为“规则”，其余各级不应是“规则”",
                    "a row of level 1 is a rule, and no other is",
                )
            elif code not in nodes:
                self.say(
                    RULES, row, f"“评分体系”中没有指标 {code}", f"there is no indicator {code} under 评分体系"
                )
            elif level == 1 and "rule" in nodes[code] and nodes[code]["rule"] is not None:
                self.say(RULES, row, f"指标 {code} 已有规则", f"the indicator {code} has a rule already")
            else:
                del path[level - 1 :]
                home = code
                record = row.record
                if level == 1:
                    nodes[code]["rule"] = record
                elif kind == "knots":
                    path[-1].setdefault(kind, []).append([record.get("target"), record.get("points")])
                else:
                    path[-1].setdefault(kind, []).append(record)
                path.append(record)


def sections(rows: Sequence[Row], faults: list[CellFault]) -> dict[str, Any]:
    """Return the sections kept as YAML, each joined from its pieces."""
    texts: dict[str, list[tuple[Fraction, Row]]] = {}
    for row in rows:
        if {"section", "part", "content"} <= row.marks.keys():
            texts.setdefault(row.marks["section"], []).append((row.marks["part"], row))
    found: dict[str, Any] = {}
    for section, parts in texts.items():
        ordered = [row for _, row in sorted(parts, key=lambda one: one[0])]
        numbers = sorted(part for part, _ in parts)
        if numbers != [Fraction(at) for at in range(1, len(parts) + 1)]:
            why = Text(
                f"“{section}”的序号应为 1 至 {len(parts)}",
                f"the parts of {section!r} must be numbered 1 to {len(parts)}",
            )
            faults.append(CellFault(OTHER, f"B{ordered[0].number}", why))
            continue
        try:
            found[section] = read("".join(str(row.marks["content"]) for row in ordered) + "\n", section).value
        except SourceUnreadable as refusal:
            faults.append(CellFault(OTHER, f"C{ordered[0].number}", refusal.text))
    return found
