"""Kinds of facts: one frozen dataclass a kind, declared in an app's `facts.py`. No Django here.

A kind is versioned by adding fields: a field that is added later is optional, and reads None in older facts. Facts
hold whole numbers, codes, dates, instants and yes or no; there is no binary float, and free text only where a
column asks for it. No name, ID number, phone or account number is ever in a fact.
"""

import dataclasses
import importlib
import importlib.util
import pkgutil
import re
import types
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache, cached_property
from typing import Any, ClassVar, Union, get_args, get_origin, get_type_hints

import civicard
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text

__all__ = [
    "ENVELOPE", "Arrival", "Column", "Fact", "FactRefused", "Kind", "Rollup", "Store", "all_kinds", "column",
    "kind_named", "kind_of",
]  # fmt: skip

# A code: districts, stations, banks, lots. Not words, so that nobody's name comes in by the side door.
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}")
# Fifteen digits in a row, or 17 and an X, are an ID number or an account, whatever the field was meant for.
PERSONAL = re.compile(r"\d{15}|(?<!\d)(?:00)?(?:86)?1[3-9]\d{9}(?!\d)")
# As people write them in words: a phone in groups, an ID number around its date of birth, an account by fours. Codes
# are not held to it: lots and batches are numbered in groups too.
PERSONAL_IN_GROUPS = re.compile(
    r"(?<!\d)(?:86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)|"
    r"\d{6}[ -]?(?:19|20)\d{6}[ -]?\d{3}[\dXx]|\d{4}(?:[ -]\d{4}){3}"
)
MOST_WORDS = 500
# Before this day nothing happened that a ledger holds; what is dated earlier is a mistake.
FIRST_DAY = date(1900, 1, 1)
MOST_WHOLE = 2**63 - 1


class FactRefused(Refusal):
    """A fact is not one of its kind: a field is missing, unknown or of the wrong type."""

    code = "fact_refused"


class UnknownKind(Refusal):
    """No app declares such a kind of fact."""

    code = "fact_kind_unknown"


class Store(StrEnum):
    """How a column is kept: the types of SQL that DuckDB, Spark and PostgreSQL share."""

    WHOLE = "BIGINT"
    TEXT = "VARCHAR"
    YES_NO = "BOOLEAN"
    DAY = "DATE"
    INSTANT = "TIMESTAMPTZ"


class Arrival(StrEnum):
    """How facts of a kind come in: one by one with the change they record, or as signed files of an operator."""

    ROW = "row"
    FILE = "file"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rollup:
    """A monthly summary that sealing makes beside the facts: `facts` counts the rows of each combination of keys.

    Attributes:
        keys: columns to group by; the month always is.
        sums: whole-number columns to add up.
    """

    keys: tuple[str, ...]
    sums: tuple[str, ...] = ()


class Fact:
    """Base of all kinds. A subclass is a frozen keyword-only dataclass; its docstring's first line is its English title.

    Attributes:
        title: what the kind is called in Chinese.
        arrival: whether it is recorded row by row or comes as a file.
        rollup: the monthly summary to make at sealing, if there is one.
    """

    __slots__ = ()
    title: ClassVar[str]
    arrival: ClassVar[Arrival] = Arrival.ROW
    rollup: ClassVar[Rollup | None] = None


def column(zh: str, en: str, *, words: bool = False, optional: bool = False) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Declare one column of a kind.

    Args:
        zh: what it holds, in Chinese; also its heading in exported tables.
        en: the same in English.
        words: whether it may hold free text; otherwise text is a code.
        optional: whether it may be None, which means unknown, never zero or none.
    """
    metadata = {"title": Text(zh, en), "words": words}
    if optional:
        return dataclasses.field(default=None, metadata=metadata)
    return dataclasses.field(metadata=metadata)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a kind.

    Attributes:
        name: as in code, JSON and Parquet.
        store: the SQL type.
        title: what it holds.
        optional: whether it may be None.
        words: whether it is free text.
        values: the closed set of values, for an enumeration; empty otherwise.
    """

    name: str
    store: Store
    title: Text
    optional: bool = False
    words: bool = False
    values: tuple[str, ...] = ()

    def fault(self, value: object) -> Text | None:
        """Return why `value` cannot stand here, or None when it can."""
        if value is None:
            return None if self.optional else Text("缺少", "is missing")
        kind = type(value)
        match self.store:
            case Store.WHOLE:
                if kind is not int:
                    return _wrong("整数", "a whole number", value)
                return None if -MOST_WHOLE <= value <= MOST_WHOLE else Text("超出范围", "is out of range")  # type: ignore[operator]  # kind is int
            case Store.YES_NO:
                return None if kind is bool else _wrong("是或否", "true or false", value)
            case Store.DAY:
                return None if kind is date else _wrong("日期", "a date", value)
            case Store.INSTANT:
                aware = isinstance(value, datetime) and value.utcoffset() is not None
                return None if aware else _wrong("带时区的时刻", "an instant with its zone", value)
            case Store.TEXT:
                return self._text_fault(value)

    def _text_fault(self, value: object) -> Text | None:
        if not isinstance(value, str):
            return _wrong("文字", "text", value)
        if self.values:
            if value in self.values:
                return None
            return Text(f"只能是 {'、'.join(self.values)}", f"must be one of {', '.join(self.values)}")
        # Digits have a full-width form too.
        plain = unicodedata.normalize("NFKC", value) if self.words else value
        if PERSONAL.search(plain) or (self.words and PERSONAL_IN_GROUPS.search(plain)):
            return Text("形似身份证号、账号或电话，不得写入事实", "looks like an ID, account or phone number")
        if self.words:
            fits = bool(value.strip()) and len(value) <= MOST_WORDS and value.isprintable()
            return (
                None
                if fits
                else Text(
                    f"应为 1 至 {MOST_WORDS} 个可见的字，不得换行",
                    f"must have 1 to {MOST_WORDS} characters that can be seen, on one line",
                )
            )
        return (
            None
            if CODE.fullmatch(value)
            else Text(
                "应为代码：1 至 64 个拉丁字母、数字或 _.:/-，以字母或数字开头",
                "must be a code: 1 to 64 Latin letters, digits or _.:/-, beginning with a letter or digit",
            )
        )


def _wrong(zh: str, en: str, value: object) -> Text:
    name = type(value).__name__
    return Text(f"应为{zh}，却是 {name}", f"must be {en}, not {name}")


# What every fact carries, before the columns of its kind.
ENVELOPE = (
    Column("fact", Store.WHOLE, Text("事实编号", "number of the fact")),
    Column("at", Store.INSTANT, Text("发生时刻", "when it happened")),
    Column("day", Store.DAY, Text("业务日期", "business day, in the programme's time zone")),
    Column("recorded_at", Store.INSTANT, Text("记录时刻", "when it was recorded")),
    Column("actor", Store.TEXT, Text("经办", "who recorded it, a pseudonym")),
    Column("cause", Store.WHOLE, Text("起因事实", "the fact it follows from"), optional=True),
    Column("corrects", Store.WHOLE, Text("更正的事实", "the fact it takes the place of"), optional=True),
)
ENVELOPE_NAMES = frozenset(one.name for one in ENVELOPE) | {"kind", "month", "seal"}


@dataclass(frozen=True)
class Kind:
    """One kind of fact.

    Attributes:
        name: in the ledger and the lake, from the class: `CardMade` is `card_made`.
        app: the app that declares it.
        cls: its dataclass.
        columns: its own columns, in order.
    """

    name: str
    app: str
    cls: type[Fact]
    columns: tuple[Column, ...]

    @property
    def title(self) -> Text:
        """What it is called, in both languages."""
        return Text(self.cls.title, (self.cls.__doc__ or "").strip().splitlines()[0].rstrip("."))

    @cached_property
    def all_columns(self) -> tuple[Column, ...]:
        """The envelope and the kind's own columns, as they stand in the lake."""
        return (*ENVELOPE, *self.columns)

    def faults(self, values: Mapping[str, object]) -> list[tuple[str, Text]]:
        """Return every fault of `values` as a body of this kind, with the field's name; none when it is sound."""
        found = [(one.name, text) for one in self.columns if (text := one.fault(values.get(one.name)))]
        known = {one.name for one in self.columns}
        return found + [
            (name, Text("没有这一字段", "is no field of it")) for name in values if name not in known
        ]

    def body(self, fact: Fact) -> dict[str, object]:
        """Return the values of `fact` by name: instants and dates as ISO 8601 text, None left out.

        Raises:
            FactRefused: a field is missing or of the wrong type; all faults are named.
        """
        body: dict[str, object] = {}
        for one in self.columns:
            value = getattr(fact, one.name)
            if one.fault(value) is not None:
                raise self.refused({each.name: getattr(fact, each.name) for each in self.columns})
            if value is None:
                continue
            body[one.name] = value.isoformat() if one.store in {Store.DAY, Store.INSTANT} else value
        return body

    def refused(self, values: Mapping[str, object]) -> FactRefused:
        """Return the refusal that names every fault of `values`."""
        faults = self.faults(values)
        zh = "；".join(f"{name} {text.zh}" for name, text in faults)
        en = "; ".join(f"{name} {text.en}" for name, text in faults)
        return FactRefused(
            Text(
                f"不能记录{self.title.zh}（{self.name}）：{zh}。未写入任何内容；字段见 docs/reference/facts.md。",
                f"Cannot record {self.name}: {en}. Nothing was written; its fields are in docs/reference/facts.md.",
            )
        )


def kind_name(cls: type[Fact]) -> str:
    """Return the name of a kind from its class.

    >>> class CardMade(Fact): ...
    >>> kind_name(CardMade)
    'card_made'
    """
    return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


@cache
def kind_of(cls: type[Fact]) -> Kind:
    """Return the kind that a fact's class declares."""
    hints = get_type_hints(cls)
    columns = tuple(
        _column(field.name, hints[field.name], field.metadata)
        for field in dataclasses.fields(cls)  # type: ignore[arg-type]  # every kind is a dataclass
    )
    return Kind(kind_name(cls), cls.__module__.split(".")[1], cls, columns)


def _column(name: str, hint: Any, metadata: Mapping[str, Any]) -> Column:  # noqa: ANN401 - a type, as typing gives it
    if name in ENVELOPE_NAMES:
        raise TypeError(f"the field {name} is taken by the envelope of every fact")
    optional = False
    if get_origin(hint) in {Union, types.UnionType}:
        parts = [part for part in get_args(hint) if part is not types.NoneType]
        optional = len(parts) < len(get_args(hint))
        (hint,) = parts
    stores = {int: Store.WHOLE, str: Store.TEXT, bool: Store.YES_NO, date: Store.DAY, datetime: Store.INSTANT}
    values: tuple[str, ...] = ()
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        values = tuple(str(one) for one in hint)
        hint = str
    return Column(name, stores[hint], metadata["title"], optional, metadata["words"], values)


@cache
def all_kinds() -> Mapping[str, Kind]:
    """Return every kind by name: those of each app that has a `facts` module, apps and kinds in alphabetical order.

    Kinds are found by the folders' names, so that the ledger knows no app above it.
    """
    found: dict[str, Kind] = {}
    for app in sorted(one.name for one in pkgutil.iter_modules(civicard.__path__) if one.ispkg):
        name = f"civicard.{app}.facts"
        if importlib.util.find_spec(name) is None:
            continue
        module = importlib.import_module(name)
        for cls in vars(module).values():
            if isinstance(cls, type) and issubclass(cls, Fact) and cls.__module__ == name:
                kind = kind_of(cls)  # type: ignore[arg-type]  # mypy takes the class for one of its facts
                if kind.name in found:
                    raise TypeError(f"{kind.name} is declared twice")
                found[kind.name] = kind
    return types.MappingProxyType(dict(sorted(found.items())))


def kind_named(name: str) -> Kind:
    """Return the kind called `name`.

    Raises:
        UnknownKind: no app declares it.
    """
    try:
        return all_kinds()[name]
    except KeyError:
        raise UnknownKind(
            Text(
                f"没有事实种类 {name}；已有：{'、'.join(all_kinds())}。",
                f"There is no kind of fact {name}; there are: {', '.join(all_kinds())}.",
            )
        ) from None
