"""What a measure is: a file of SQL with a header that says what it counts. Read and checked here, run by the engines.

The header is the comment lines before the first line of SQL, each `-- key: value`; a line that begins with three
spaces after the dashes goes on with the value above it. The keys are described in docs/explanation/measures.md.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from civicard.kernel.exact import Fraction
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.kinds import ENVELOPE, all_kinds
from civicard.scoring.units import ONE, unit

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = [
    "Measure",
    "MeasureFaulty",
    "MeasureUnknown",
    "Shape",
    "all_measures",
    "measure_named",
    "read_measure",
]

NAME = re.compile(r"[a-z][a-z0-9_]*")
ENTRY = re.compile(r"-- ([a-z_]+(?:\.(?:zh|en))?(?: [a-z0-9_]+)?):\s*(.*)")
REQUIRED = (
    "name", "title.zh", "title.en", "unit", "figure", "definition.zh", "definition.en", "grain.zh", "grain.en",
    "sources", "clause", "keys", "by", "null.zh", "null.en",
)  # fmt: skip
OPTIONAL = ("whole",)
COLUMN = "column "
NO_DIMENSION = "none"
# Columns of evidence rows that no kind of fact declares and that mean the same in every measure.
COMMON = MappingProxyType(
    {
        "month": Text("月份", "month"),
        "numerator": Text("分子", "numerator"),
        "denominator": Text("分母", "denominator"),
    }
)


class MeasureFaulty(Refusal):
    """A measure's file does not say all that a measure must, or its SQL is not what a measure may be."""

    code = "measure_faulty"


class MeasureUnknown(Refusal):
    """There is no measure of that name."""

    code = "measure_unknown"


class Shape(StrEnum):
    """How a figure comes out of the evidence rows."""

    SUM = "sum"
    FRACTION = "fraction"


class Fault(NamedTuple):
    """One thing that is wrong with a measure's file, and the line that it stands in."""

    line: int
    text: Text


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One measure.

    Attributes:
        name: as the file is called, and as a programme's figure names it.
        app: the app whose facts it mainly reads; the folder of its file.
        title: what it is called.
        unit: of the figure, as `civicard.scoring.units` reads it.
        figure: whether the figure is the sum of the numerators, or that over the sum of the denominators.
        definition: what is counted, over what, and when.
        grain: what one evidence row stands for.
        sources: the kinds of facts that it reads.
        clause: the rule or indicator that it answers.
        keys: the columns that tell one evidence row from all others.
        by: the columns it can be broken down by.
        null: when there is no figure.
        is_whole: whether each numerator is a part of its denominator, so that it can never be the larger.
        columns: headings of the columns that no kind of fact declares.
        body: one SELECT, without the header.
        text: the whole file.
    """

    name: str
    app: str
    title: Text
    unit: str
    figure: Shape
    definition: Text
    grain: Text
    sources: tuple[str, ...]
    clause: str
    keys: tuple[str, ...]
    by: tuple[str, ...]
    null: Text
    is_whole: bool
    columns: Mapping[str, Text]
    body: str
    text: str

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the whole file in hexadecimal: two results rest on the same definition when it is the same."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def is_by_year(self) -> bool:
        """Whether it reads what holds for one calendar year, such as the year's plan."""
        return re.search(r"\$year\b", self.body) is not None

    def figure_of(self, numerator: int | None, denominator: int | None) -> Fraction | None:
        """Return the exact figure in the measure's unit.

        Args:
            numerator: sum of the numerators; None when there are no rows.
            denominator: sum of the denominators; None when there are no rows, or the figure is a sum.

        Returns:
            The figure, or None when there is nothing to measure.
        """
        if numerator is None:
            return None
        if self.figure is Shape.SUM:
            return Fraction(numerator)
        if not denominator:
            return None
        # A unit such as % is a scale of the bare ratio: a half is 50 of them.
        own = unit(self.unit)
        return Fraction(numerator, denominator) / (ONE if own.dimension else own.scale)

    def heading(self, column: str) -> Text:
        """Return what a column of the evidence rows is called: by this measure, or by the kinds of facts it reads."""
        if column in self.columns:
            return self.columns[column]
        if column in COMMON:
            return COMMON[column]
        for kind in self.sources:
            for one in all_kinds()[kind].columns:
                if one.name == column:
                    return one.title
        return next((one.title for one in ENVELOPE if one.name == column), Text(column))


def read_measure(text: str, name: str, app: str) -> Measure:
    """Return the measure that a file holds, checked without a lake.

    Args:
        text: the whole file.
        name: the file's name without its ending.
        app: the folder it stands in.

    Raises:
        MeasureFaulty: the header lacks something, or the SQL is no measure; every fault is named with its line.
    """
    from civicard.measures.statement import statement_faults

    header, columns, start, faults = _header(text)
    faults += [
        Fault(1, Text(f"缺少 {key}", f"{key} is missing"))
        for key in REQUIRED
        if not header.get(key, ("", 0))[0]
    ]
    faults += _header_faults(header, name)
    body = "\n".join(text.splitlines()[start:])
    keys, by, sources = (_names(header, key) for key in ("keys", "by", "sources"))
    shape = header.get("figure", ("", 0))[0]
    faults += [
        Fault(start + line, said)
        for line, said in statement_faults(
            body, sources=sources, wanted=(*keys, *by), has_denominator=shape == Shape.FRACTION
        )
    ]
    if faults:
        raise _faulty(app, name, sorted(faults, key=lambda one: one.line))

    def said(key: str) -> Text:
        return Text(header[f"{key}.zh"][0], header[f"{key}.en"][0])

    return Measure(
        name=name, app=app, title=said("title"), unit=header["unit"][0], figure=Shape(shape),
        definition=said("definition"), grain=said("grain"), sources=sources, clause=header["clause"][0], keys=keys,
        by=by, null=said("null"), is_whole=header.get("whole", ("no", 0))[0] == "yes",
        columns=MappingProxyType(columns), body=body, text=text,
    )  # fmt: skip


def _header(text: str) -> tuple[dict[str, tuple[str, int]], dict[str, Text], int, list[Fault]]:
    """Return the header's values with their lines, the headings of columns, where the SQL begins, and faults."""
    header: dict[str, tuple[str, int]] = {}
    faults: list[Fault] = []
    last, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("--"):
            break
        start = number
        if line.startswith("--   ") and last:
            value, at = header[last]
            header[last] = (_joined(value, line[5:].strip()), at)
            continue
        match = ENTRY.fullmatch(line)
        if match is None:
            faults.append(Fault(number, Text("应为“-- 键: 值”", "must be `-- key: value`")))
            continue
        last = match[1]
        if last in header:
            faults.append(Fault(number, Text(f"{last} 重复", f"{last} stands twice")))
        header[last] = (match[2].strip(), number)
    columns: dict[str, Text] = {}
    for key in [key for key in header if key.startswith(COLUMN)]:
        value, number = header.pop(key)
        zh, slash, en = value.partition(" / ")
        if not slash:
            faults.append(
                Fault(number, Text("列名应为“中文 / 英文”", "a heading must be `Chinese / English`"))
            )
        columns[key.removeprefix(COLUMN)] = Text(zh.strip(), en.strip())
    return header, columns, start, faults


def _joined(before: str, after: str) -> str:
    """Return two lines as one: Chinese goes on without a space."""
    return f"{before} {after}" if before.isascii() or before[-1:].isascii() else before + after


def _names(header: Mapping[str, tuple[str, int]], key: str) -> tuple[str, ...]:
    value = header.get(key, ("", 0))[0]
    if key == "by" and value == NO_DIMENSION:
        return ()
    return tuple(one.strip() for one in value.split(",") if one.strip())


def _header_faults(header: Mapping[str, tuple[str, int]], name: str) -> Iterator[Fault]:
    for key, (value, line) in header.items():
        if key not in (*REQUIRED, *OPTIONAL):
            yield Fault(line, Text(f"没有 {key} 这一键", f"there is no key {key}"))
        elif key == "name" and value != name:
            yield Fault(line, Text(f"name 应与文件名 {name} 相同", f"name must be that of the file, {name}"))
        elif key == "figure" and value not in set(Shape):
            yield Fault(line, Text("figure 应为 sum 或 fraction", "figure must be sum or fraction"))
        elif key == "whole" and value not in {"yes", "no"}:
            yield Fault(line, Text("whole 应为 yes 或 no", "whole must be yes or no"))
        elif key in {"keys", "by", "sources"}:
            names = _names(header, key)
            yield from (
                Fault(line, Text(f"{key} 中的“{one}”不是名称", f"{one!r} in {key} is no name"))
                for one in names
                if not NAME.fullmatch(one)
            )
            if len(set(names)) < len(names):
                yield Fault(line, Text(f"{key} 中有重复", f"{key} names something twice"))
        if key == "sources":
            yield from (
                Fault(line, Text(f"没有事实种类 {one}", f"there is no kind of fact {one}"))
                for one in _names(header, key)
                if one not in all_kinds()
            )


def _faulty(app: str, name: str, faults: list[Fault]) -> MeasureFaulty:
    where = f"measures/sql/{app}/{name}.sql"
    zh = "；".join(f"第{one.line}行：{one.text.zh}" for one in faults)
    en = "; ".join(f"line {one.line}: {one.text.en}" for one in faults)
    return MeasureFaulty(
        Text(
            f"测算口径 {where} 有误，未执行：{zh}。写法见 docs/explanation/measures.zh-CN.md。",
            f"The measure {where} is faulty and was not run: {en}. docs/explanation/measures.md says how to write one.",
        )
    )


@cache
def _found() -> Mapping[str, tuple[str, "Traversable"]]:
    """Return app and file of every measure by name, apps and names in alphabetical order."""
    folders = (one for one in files("civicard.measures").joinpath("sql").iterdir() if one.is_dir())
    found: dict[str, tuple[str, Traversable]] = {}
    for folder in sorted(folders, key=lambda one: one.name):
        for file in sorted(folder.iterdir(), key=lambda one: one.name):
            name = file.name.removesuffix(".sql")
            if name in found:
                raise MeasureFaulty(
                    Text(
                        f"测算口径 {name} 有两个文件：{found[name][0]} 和 {folder.name}。请改名。",
                        f"There are two measures {name}, in {found[name][0]} and {folder.name}; rename one.",
                    )
                )
            found[name] = (folder.name, file)
    return MappingProxyType(found)


@cache
def all_measures() -> Mapping[str, Measure]:
    """Return every measure by name, apps and names in alphabetical order.

    Raises:
        MeasureFaulty: one of them is faulty.
    """
    return MappingProxyType({name: measure_named(name) for name in _found()})


@cache
def measure_named(name: str) -> Measure:
    """Return the measure called `name`.

    Raises:
        MeasureUnknown: there is none; those that there are, are named.
        MeasureFaulty: its file is faulty.
    """
    try:
        app, file = _found()[name]
    except KeyError:
        raise MeasureUnknown(
            Text(
                f"没有测算口径 {name}；已有：{'、'.join(_found())}。",
                f"There is no measure {name}; there are: {', '.join(_found())}.",
            )
        ) from None
    return read_measure(file.read_text(encoding="utf-8"), name, app)
