"""Figures that were measured in a lake, and the programme that rests on them. Pure: needs no lake and no engine.

What was measured is kept as integers with the name and the digest of the SQL behind them, so that a receipt can be
worked out anew from itself, and measured anew from the lake whose root it names.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from civicard.evaluation.scaling import resting, shrunk, smaller, without_statements
from civicard.kernel.exact import Fraction
from civicard.kernel.text import Text
from civicard.scoring.evaluate import Score
from civicard.scoring.figures import Basis, Figure, operands
from civicard.scoring.load import Loaded, reloaded
from civicard.scoring.units import ONE, unit

# What a figure's value came from before it was measured.
REPLACED = frozenset({"value", "missing", "not_applicable", "disputed", "inferred", "basis"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """One figure as the lake gives it.

    Attributes:
        figure: its name in the programme.
        measure: the name of the measure.
        title, definition: of the measure, in words.
        unit: of the measure.
        numerator: sum over the evidence rows; None when there is nothing to measure.
        denominator: likewise; None for a measure that is a sum, or when there is nothing to measure.
        rows: how many evidence rows there are.
        sql: SHA-256 of the measure's SQL, in hexadecimal.
    """

    figure: str
    measure: str
    title: Text
    definition: Text
    unit: str
    numerator: int | None
    denominator: int | None
    rows: int
    sql: str

    @property
    def value(self) -> Fraction | None:
        """The figure in the unit of the measure; None, never zero, when there is nothing to measure."""
        if self.numerator is None or self.denominator == 0:
            return None
        if self.denominator is None:
            return Fraction(self.numerator)
        own = unit(self.unit)
        # A unit such as % is a scale of the bare ratio: a half is 50 of them.
        return Fraction(self.numerator, self.denominator) / (ONE if own.dimension else own.scale)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values, whole numbers as text."""
        return {
            "figure": self.figure, "measure": self.measure, "title": _said(self.title),
            "definition": _said(self.definition), "unit": self.unit, "numerator": _digits(self.numerator),
            "denominator": _digits(self.denominator), "rows": self.rows, "sql": self.sql,
        }  # fmt: skip

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Measured":
        """Return what plain values say; raises KeyError, TypeError or ValueError where they are damaged."""
        return cls(
            figure=str(value["figure"]), measure=str(value["measure"]), title=_text(value["title"]),
            definition=_text(value["definition"]), unit=str(value["unit"]), numerator=_number(value["numerator"]),
            denominator=_number(value["denominator"]), rows=int(value["rows"]), sql=str(value["sql"]),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class FromLake:
    """What a lake says of a programme's figures.

    Attributes:
        root: root of the seal that was the newest one; everything rests on it.
        seal: the number of that seal.
        city: whose lake it is.
        origin: `operated` or `simulated`.
        scale: one fact stands for so many.
        since, until: the period, both days included.
        adds_up: names of figures that shrink with the city, in groups whose sums hold.
        figures: the measured figures.
    """

    root: str
    seal: int
    city: Text
    origin: str
    scale: int
    since: date
    until: date
    adds_up: tuple[tuple[str, ...], ...]
    figures: tuple[Measured, ...]

    def of(self, figure: str) -> Measured | None:
        """Return how a figure was measured, or None where it was not."""
        return next((one for one in self.figures if one.figure == figure), None)

    @property
    def period(self) -> str:
        """The period in digits."""
        return f"{self.since.isoformat()} – {self.until.isoformat()}"

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "root": self.root, "seal": self.seal, "city": _said(self.city), "origin": self.origin, "scale": self.scale,
            "period": {"since": self.since.isoformat(), "until": self.until.isoformat()},
            "adds_up": [list(group) for group in self.adds_up], "figures": [one.to_json() for one in self.figures],
        }  # fmt: skip

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "FromLake":
        """Return what plain values say; raises KeyError, TypeError or ValueError where they are damaged."""
        period = value["period"]
        if value["origin"] not in {"operated", "simulated"} or value["scale"] < 1 or value["seal"] < 1:
            raise ValueError("origin, scale or seal")
        figures = tuple(Measured.from_json(one) for one in value["figures"])
        # Of two, one could be held against the lake and the other scored.
        if len({one.figure for one in figures}) < len(figures):
            raise ValueError("a figure stands twice")
        return cls(
            root=str(value["root"]), seal=int(value["seal"]), city=_text(value["city"]), origin=value["origin"],
            scale=int(value["scale"]), since=date.fromisoformat(period["since"]),
            until=date.fromisoformat(period["until"]),
            adds_up=tuple(tuple(str(name) for name in group) for group in value["adds_up"]),
            figures=figures,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measurement:
    """A programme on the figures of a lake.

    Attributes:
        loaded: the programme; its measured figures have their values from the lake, and a simulated or smaller
            city shows in its origin and in the figures that add up.
        lake: what was measured, and where.
        left_out: figures whose published values are not compared, because the city is a smaller one.
    """

    loaded: Loaded
    lake: FromLake
    left_out: tuple[str, ...] = ()

    @property
    def note(self) -> Text:
        """What a smaller city leaves out, in a sentence; empty at 1:1."""
        if self.lake.scale == 1:
            return Text("")
        figures = [self.loaded.programme.figures[name].name for name in self.left_out]
        zh, en = "、".join(one.zh for one in figures), ", ".join(one.en or one.zh for one in figures)
        return Text(
            f"模拟城市按 1:{self.lake.scale} 缩小，以下数据随之变化，原文所载数值不与之比较：{zh}",
            f"The simulated city is one at 1:{self.lake.scale}; what is published of these figures is not compared: {en}",
        )


def bound(figures: Mapping[str, Figure]) -> dict[str, str]:
    """Return the measure of each figure that names one."""
    return {name: figure.measure for name, figure in figures.items() if figure.measure is not None}


def measured_of(score: Score, figures: Mapping[str, Figure], lake: FromLake) -> list[Measured]:
    """Return the measured figures that a score rests on, through formulas too; empty where there are none."""
    rule = None if score.indicator is None else score.indicator.rule
    alone: tuple[str, ...] = () if score.figure is None else (score.figure,)
    names = alone if rule is None else rule.needs()
    return [one for name in operands(names, figures) if (one := lake.of(name)) is not None]


def evidence_name(code: str, figure: str) -> str:
    """Return what the evidence rows of an indicator's figure are called as a file, without its ending.

    >>> evidence_name("C11", "cards_made"), evidence_name("1/2", "made")
    ('C11-cards_made', '1_2-made')
    """
    return re.sub(r"[^\w.-]", "_", f"{code}-{figure}").lstrip(".")


def applied(loaded: Loaded, lake: FromLake) -> Measurement:
    """Return the programme with its bound figures as `lake` gives them.

    What the lake has nothing to measure for is missing, whatever the programme states. At 1:1 a stated value that
    differs is kept beside the measured one; in a smaller city the figures that add up are divided as the city is.

    Raises:
        ScaleUnfit: a figure that should shrink is no amount.
        ProgrammeRefused: a measured value is beyond what its figure allows.
    """
    before = loaded.programme
    written: Mapping[str, Any] = loaded.value["figures"]
    rest = {name: figure for name, figure in before.figures.items() if lake.of(name) is None}
    figures = {**written, **shrunk(rest, written, lake.adds_up if lake.scale > 1 else (), lake.scale)}
    for one in lake.figures:
        figures[one.figure] = _rewritten(before.figures[one.figure], written[one.figure], one, lake)
    value = {**loaded.value, "figures": figures}
    if lake.origin == "simulated":
        value["programme"] = {**loaded.value["programme"], "origin": lake.origin}
    if lake.scale == 1:
        return Measurement(Loaded(reloaded(value), value), lake)
    added = {name for group in lake.adds_up for name in group if name in figures}
    touched = resting(before.figures, added | {one.figure for one in lake.figures})
    claims = added | smaller(before, reloaded(value), touched, lake.scale)
    value = without_statements(value, touched, claims)
    return Measurement(Loaded(reloaded(value), value), lake, tuple(_in_order(before.figures, touched)))


def _rewritten(figure: Figure, written: Mapping[str, Any], one: Measured, lake: FromLake) -> dict[str, Any]:
    kept = {key: value for key, value in written.items() if key not in REPLACED}
    value = one.value
    if value is None:
        return {**kept, "missing": _nothing(one, lake)}
    value = value * unit(one.unit).scale / figure.measured_in.scale
    found = {**kept, "value": value, "basis": str(Basis.MEASURED)}
    if lake.scale == 1 and figure.value is not None and figure.value != value:
        found["stated"] = figure.value
    return found


def _nothing(one: Measured, lake: FromLake) -> dict[str, str]:
    return {
        "zh": f"数据湖中 {lake.since} 至 {lake.until} 没有可计算“{one.title.zh}”的记录",
        "en": f"the lake holds nothing from {lake.since} to {lake.until} that gives “{one.title.en or one.title.zh}”",
    }


def _in_order(figures: Mapping[str, Figure], names: Iterable[str]) -> list[str]:
    some = set(names)
    return [name for name in figures if name in some]


def _said(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en or text.zh}


def _text(value: Mapping[str, Any]) -> Text:
    return Text(str(value["zh"]), str(value["en"]))


def _digits(number: int | None) -> str | None:
    return None if number is None else str(number)


def _number(digits: str | None) -> int | None:
    return None if digits is None else int(digits)
