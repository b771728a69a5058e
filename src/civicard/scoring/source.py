"""Text of a programme file to plain values that remember their lines. Pure.

YAML is read as YAML 1.2 with two readings of our own, because a figure in an evaluation is never a binary
float: a plain number becomes an exact `Fraction`, and a plain `1/7` is a fraction too. Yes and no, 是 and 否
are answers. Everything else is text; dates and times are not guessed. What a hostile file could do (aliases
that multiply, nesting without end, millions of nodes) meets a limit before any object is built.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import yaml

from civicard.kernel.exact import from_text
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text

if TYPE_CHECKING:
    from civicard.kernel.exact import Fraction

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is ten times as fast where it exists

MOST_BYTES = 4_000_000
FULL_WIDTH = {"：": ": ", "，": ", ", "｛": "{", "｝": "}", "［": "[", "］": "]", "“": '"', "”": '"'}
MOST_NODES = 200_000
MOST_DEPTH = 40
# Longer digits are no figure of any programme, and would cost time to read.
MOST_DIGITS = 60

Value: TypeAlias = "bool | str | Fraction | list[Value] | dict[str, Value] | None"
Place: TypeAlias = tuple[str | int, ...]

NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?")
RATIO = re.compile(r"[-+]?\d+/\d*[1-9]\d*")
NOT_A_NUMBER = re.compile(r"[-+]?\.(?:nan|inf)|[-+]?(?:nan|infinity|inf)", re.IGNORECASE)
WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "yes": True, "Yes": True, "YES": True, "no": False, "No": False, "NO": False, "是": True, "否": False,
}  # fmt: skip


class SourceUnreadable(Refusal):
    """A file is not YAML that can be read safely: broken syntax, an alias bomb, too large or too deep."""

    code = "source_unreadable"


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed file: its plain values, and the line on which each of them stands.

    Attributes:
        name: what the file is called in messages.
        value: mappings, lists, text, yes/no, exact numbers and None.
        lines: line number (from 1) by the path of keys and positions; a key's own line for a mapping entry.
        files: the file of each top-level section that stands in another file.
    """

    name: str
    value: Value
    lines: dict[Place, int] = field(repr=False)
    files: dict[str, str] = field(default_factory=dict)

    def file(self, place: Place) -> str:
        """Return the name of the file that holds `place`."""
        return self.files.get(str(place[0]), self.name) if place else self.name

    def line(self, place: Place) -> int:
        """Return the line of `place`, or of the nearest thing around it that the file does hold."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read(text: str, name: str = "programme.yaml") -> Source:
    """Return the values of YAML `text` with their lines.

    Raises:
        SourceUnreadable: it is no YAML, repeats a key, or breaks a limit of this module.
    """
    if len(text) > MOST_BYTES:
        raise _unreadable(
            name, 1, f"文件超过 {MOST_BYTES:,} 字符的上限", f"it is larger than {MOST_BYTES:,} characters"
        )
    lines: dict[Place, int] = {}
    try:
        value = _Builder(name, lines).document(yaml.parse(text, Loader=LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        problem = error.problem or "syntax error"
        line = mark.line + 1 if mark else 1
        zh, en = _full_width(text, line)
        raise _unreadable(
            name, line, f"不是有效的 YAML：{zh}{problem}", f"it is not valid YAML: {en}{problem}"
        ) from error
    except yaml.YAMLError as error:
        raise _unreadable(
            name, 1, "含有 YAML 不允许的字符", "it holds characters that YAML forbids"
        ) from error
    return Source(name=name, value=value, lines=lines)


def _full_width(text: str, line: int) -> tuple[str, str]:
    """Return a hint for the commonest slip in a Chinese file: punctuation of full width where YAML needs ASCII."""
    near = text.splitlines()[max(0, line - 2) : line]
    found = {sign: FULL_WIDTH[sign] for one in near for sign in one if sign in FULL_WIDTH}
    if not found:
        return ("", "")
    zh = "、".join(f"全角“{sign}”应为半角“{plain}”" for sign, plain in found.items())
    en = ", ".join(f"full-width {sign!r} should be {plain!r}" for sign, plain in found.items())
    return (f"这里或上一行有{zh}？", f"{en} here or on the line above? ")


def _unreadable(name: str, line: int, zh: str, en: str) -> SourceUnreadable:
    return SourceUnreadable(Text(f"{name} 第 {line} 行：{zh}。", f"{name}, line {line}: {en}."))


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return 1 if mark is None else mark.line + 1


class _Builder:
    """Builds plain values from parser events, counting what it builds."""

    def __init__(self, name: str, lines: dict[Place, int]) -> None:
        self.name = name
        self.lines = lines
        self.nodes = 0
        self.anchors: dict[str, Value] = {}
        self.sizes: dict[str, int] = {}

    def document(self, events: Iterator[yaml.Event]) -> Value:
        result: Value = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if result is not None:
                    raise self.refuse(event, "一个文件只能有一份文档", "a file holds one document only")
                result = self.node(next(events), events, ())
        return result

    def refuse(self, event: yaml.Event, zh: str, en: str) -> SourceUnreadable:
        return _unreadable(self.name, _line(event), zh, en)

    def count(self, event: yaml.Event, nodes: int = 1) -> None:
        self.nodes += nodes
        if self.nodes > MOST_NODES:
            raise self.refuse(
                event,
                f"展开后超过 {MOST_NODES:,} 个节点（别名层层引用？）",
                f"it unfolds to more than {MOST_NODES:,} nodes (aliases of aliases?)",
            )

    def node(self, event: yaml.Event, events: Iterator[yaml.Event], place: Place) -> Value:
        self.lines.setdefault(place, _line(event))
        self.count(event)
        if len(place) > MOST_DEPTH:
            raise self.refuse(event, f"嵌套超过 {MOST_DEPTH} 层", f"it is nested more than {MOST_DEPTH} deep")
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise self.refuse(
                    event,
                    f"别名 *{event.anchor} 未定义或引用自身",
                    f"alias *{event.anchor} is unknown or holds itself",
                )
            self.count(event, self.sizes[event.anchor])
            return self.anchors[event.anchor]
        before = self.nodes
        value = self.content(event, events, place)
        if anchor := getattr(event, "anchor", None):
            self.anchors[anchor] = value
            self.sizes[anchor] = self.nodes - before
        return value

    def content(self, event: yaml.Event, events: Iterator[yaml.Event], place: Place) -> Value:
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if (tag := getattr(event, "tag", None)) is not None:
            raise self.refuse(event, f"不接受标签 {tag}", f"the tag {tag} is not accepted")
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Value] = []
            while not isinstance(event := next(events), yaml.SequenceEndEvent):
                items.append(self.node(event, events, (*place, len(items))))
            return items
        mapping: dict[str, Value] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise self.refuse(event, "键必须是文字", "a key must be plain text")
            key = event.value
            if key in mapping:
                raise self.refuse(event, f"键 “{key}” 重复", f"the key {key!r} stands twice")
            self.lines[(*place, key)] = _line(event)
            mapping[key] = self.node(next(events), events, (*place, key))
        return mapping

    def scalar(self, event: yaml.ScalarEvent) -> Value:
        text = event.value
        if event.style is not None and event.style != "":
            return text if event.tag is None or event.tag == "!" else self.tagged(event)
        if event.tag is not None and not event.implicit[0]:
            return self.tagged(event)
        if text in WORDS:
            return WORDS[text]
        if len(text) <= MOST_DIGITS and (NUMBER.fullmatch(text) or RATIO.fullmatch(text)):
            return from_text(text)
        if NOT_A_NUMBER.fullmatch(text):
            raise self.refuse(
                event,
                f"“{text}” 不是数值；未测得的数请留空（null）",
                f"{text!r} is no number; leave a figure that was not measured empty (null)",
            )
        return text

    def tagged(self, event: yaml.ScalarEvent) -> Value:
        raise self.refuse(event, f"不接受标签 {event.tag}", f"the tag {event.tag} is not accepted")
