"""Measuring a programme's figures in a lake that was checked first, with the evidence rows behind each figure."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from civicard.evaluation.measured import (
    FromLake,
    Measured,
    Measurement,
    applied,
    bound,
    evidence_name,
    measured_of,
)
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.checking import check
from civicard.ledger.lake import Lake, open_lake
from civicard.measures.definition import Measure, all_measures
from civicard.measures.engine import Engine
from civicard.measures.results import in_words
from civicard.scoring.evaluate import Evaluation
from civicard.scoring.figures import Figure
from civicard.scoring.load import Loaded
from civicard.scoring.units import unit
from civicard.vault.signatures import PublicKeys

# Faults of a lake that are named; the rest is counted.
MOST_NAMED = 5
SHOWN_ROWS = 3


class LakeNotSound(Refusal):
    """A lake has faults, so nothing is measured in it."""

    code = "lake_not_sound"


class LakeEmpty(Refusal):
    """Nothing has been sealed into the lake yet."""

    code = "lake_empty"


class MeasureUnfit(Refusal):
    """A figure names a measure that there is not, or one that counts something else."""

    code = "measure_unfit"


class NothingBound(Refusal):
    """No figure of the programme names a measure, so a lake changes nothing."""

    code = "measure_none_named"


class PeriodUnknown(Refusal):
    """The period to measure is not given, or ends before it begins."""

    code = "period_unknown"


@dataclass(frozen=True, slots=True)
class Sample:
    """A few evidence rows of a figure, for people to look at.

    Attributes:
        columns: their headings.
        rows: the values in words, `—` where there is none; a month without its day.
        misses: whether these are rows that miss what is measured, such as late applications; else the first rows.
    """

    columns: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]
    misses: bool


def period_of(loaded: Loaded, since: date | None, until: date | None) -> tuple[date, date]:
    """Return the first and last day to measure: those given, else those of the programme's year.

    Raises:
        PeriodUnknown: the programme names no year and a day is not given, or the days are in the wrong order.
    """
    year = loaded.programme.programme.year
    first = since or (None if year is None else date(year, 1, 1))
    last = until or (None if year is None else date(year, 12, 31))
    if first is None or last is None:
        raise PeriodUnknown(
            Text(
                "方案文件没有写明年度（year），不知道计算哪一时段；请用 --since 和 --until 指定首日和末日。",
                "The programme file names no year, so there is no period to measure; give --since and --until.",
            )
        )
    if first > last:
        raise PeriodUnknown(
            Text(
                f"时段的首日 {first} 晚于末日 {last}；请更正 --since 和 --until。",
                f"The period begins on {first}, after its end on {last}; correct --since and --until.",
            )
        )
    return first, last


def open_sound(folder: Path, trusted: PublicKeys, progress: Callable[[int, int], None] | None = None) -> Lake:
    """Return the lake in `folder` once nothing is found wrong with it.

    Args:
        folder: the lake.
        trusted: the public keys whose signatures count.
        progress: told how many bytes of how many are checked.

    Raises:
        LakeNotSound: it has faults; the first few are named.
        LakeEmpty: nothing has been sealed into it.
        LakeUnreadable: there is no lake.
    """
    report = (
        check(folder, trusted=trusted)
        if progress is None
        else check(folder, trusted=trusted, progress=progress)
    )
    if report.faults:
        named = report.faults[:MOST_NAMED]
        more = len(report.faults) - len(named)
        zh = "；".join(f"{one.where}：{one.text.zh}" for one in named) + (f"；另有 {more} 处" if more else "")
        en = "; ".join(f"{one.where}: {one.text.en}" for one in named) + (
            f"; and {more} more" if more else ""
        )
        raise LakeNotSound(
            Text(
                f"数据湖 {folder} 有 {len(report.faults)} 处问题，未作评价：{zh}。"
                "请用 civicard ledger check 查明，或用 --keys 指明签名所用的公钥。",
                f"The lake {folder} has {len(report.faults)} fault{'' if len(report.faults) == 1 else 's'}; nothing was "
                f"evaluated: {en}. `civicard ledger check` tells more; --keys names the public keys it was signed with.",
            )
        )
    lake = open_lake(folder)
    if not lake.seals:
        raise LakeEmpty(
            Text(
                f"数据湖 {folder} 还没有封签任何事实；请先运行 civicard ledger seal。",
                f"Nothing has been sealed into the lake {folder} yet; run `civicard ledger seal` first.",
            )
        )
    return lake


def measures_of(figures: Mapping[str, Figure]) -> dict[str, Measure]:
    """Return the measure of each figure that names one, each held to the figure's unit.

    Raises:
        NothingBound: no figure names a measure.
        MeasureUnfit: a figure names a measure that there is not, or one in a unit that is no multiple of its own.
    """
    named = bound(figures)
    if not named:
        raise NothingBound(
            Text(
                "方案中没有数据指定测算口径（measure），用不上数据湖；请在数据中写明，或去掉 --lake。",
                "No figure of the programme names a measure, so a lake changes nothing; name some, or leave out --lake.",
            )
        )
    known = all_measures()
    faults = []
    for figure, measure in named.items():
        if measure not in known:
            possible = ", ".join(sorted(known))
            faults.append(
                Text(
                    f"{figure}：没有测算口径 {measure}；可用：{possible}",
                    f"{figure}: there is no measure {measure}; possible: {possible}",
                )
            )
        elif not unit(known[measure].unit).alike(figures[figure].measured_in):
            one, other = figures[figure].unit, known[measure].unit
            faults.append(
                Text(
                    f"{figure}：单位为 {one}，而测算口径 {measure} 的单位为 {other}",
                    f"{figure}: its unit is {one}, that of the measure {measure} is {other}",
                )
            )
    if faults:
        zh, en = "；".join(one.zh for one in faults), "; ".join(one.en for one in faults)
        raise MeasureUnfit(
            Text(
                f"数据与测算口径不符，未作评价：{zh}。测算口径见 docs/reference/measures.md。",
                f"Figures and measures do not fit; nothing was evaluated: {en}. docs/reference/measures.md lists them.",
            )
        )
    return {figure: known[measure] for figure, measure in named.items()}


@dataclass(frozen=True, slots=True)
class Session:
    """A lake that was measured for a programme and can still be asked for evidence.

    Attributes:
        measurement: the programme on the measured figures.
        engine: open as long as the session is.
        measures: by figure.
    """

    measurement: Measurement
    engine: Engine
    measures: Mapping[str, Measure] = field(default_factory=dict)

    def sample(self, figure: str) -> Sample:
        """Return the first evidence rows of a figure that miss what is measured, or the first of all."""
        measure = self.measures[figure]
        page = self.engine.rows(measure, limit=SHOWN_ROWS, misses=True)
        misses = bool(page.rows)
        if not misses:
            page = self.engine.rows(measure, limit=SHOWN_ROWS)
        rows = tuple(
            tuple(in_words(name, value) for name, value in zip(page.columns, row, strict=True))
            for row in page.rows
        )
        # The English headings are whole sentences, too wide for a line; the names say as much to who reads English.
        heads = tuple(Text(measure.heading(name).zh, name) for name in page.columns)
        return Sample(heads, rows, misses)

    def evidence(self, evaluation: Evaluation) -> dict[str, str]:
        """Return the figure of each evidence file by the file's name without its ending: one an indicator and figure."""
        figures = self.measurement.loaded.programme.figures
        return {
            evidence_name(score.code, one.figure): one.figure
            for score in evaluation.leaves()
            for one in measured_of(score, figures, self.measurement.lake)
        }


@contextmanager
def measuring(loaded: Loaded, lake: Lake, since: date, until: date) -> Iterator[Session]:
    """Measure every bound figure of a programme, and keep the lake at hand for its evidence rows.

    Args:
        loaded: the programme.
        lake: a lake that was checked.
        since: first day of the period.
        until: last day of the period.

    Raises:
        NothingBound: no figure names a measure.
        MeasureUnfit: a figure and its measure do not go together.
        PeriodRefused: a measure of one calendar year is asked over several.
        RelationRefused: the rows of a measure are not what a measure may give.
        ScaleUnfit: a figure that should shrink with the city is no amount.
    """
    measures = measures_of(loaded.programme.figures)
    with Engine(lake, since, until) as engine:
        yield Session(applied(loaded, from_lake(engine, measures)), engine, measures)


def from_lake(engine: Engine, measures: Mapping[str, Measure]) -> FromLake:
    """Return what a lake says of figures, each by its measure."""
    lake = engine.lake
    return FromLake(
        root=lake.root, seal=lake.seals[-1].number, city=lake.about.city, origin=lake.about.origin,
        scale=lake.about.scale, since=engine.since, until=engine.until, adds_up=lake.about.adds_up,
        figures=tuple(_measured(engine, figure, measure) for figure, measure in measures.items()),
    )  # fmt: skip


def _measured(engine: Engine, figure: str, measure: Measure) -> Measured:
    # However many rows there are: a fact that stands twice would be scored twice.
    result = engine.result(measure, check=True)
    return Measured(
        figure=figure, measure=measure.name, title=measure.title, definition=measure.definition, unit=measure.unit,
        numerator=result.numerator, denominator=result.denominator, rows=result.rows, sql=measure.digest,
    )  # fmt: skip


def measured_anew(stated: FromLake, loaded: Loaded, lake: Lake) -> FromLake | None:
    """Return what a lake says now of what was measured in it before, up to the seal that was the newest one then.

    Args:
        stated: what was measured before.
        loaded: the programme.
        lake: a lake that was checked; it may have grown since.

    Returns:
        None where the lake has no such seal, or another one of that number: it is another lake.
    """
    seals = lake.seals[: stated.seal]
    if len(seals) < stated.seal or seals[-1].root != stated.root:
        return None
    measures = measures_of(loaded.programme.figures)
    with Engine(Lake(lake.folder, lake.about, seals), stated.since, stated.until) as engine:
        return from_lake(engine, measures)
