"""What the engines answer, and the figure that comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from civicard.kernel.exact import Fraction
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.measures.definition import Measure


class PeriodRefused(Refusal):
    """The period ends before it begins, or a measure of one year is asked over several."""

    code = "measure_period_refused"


class DimensionUnknown(Refusal):
    """A measure cannot be broken down or filtered by that column."""

    code = "measure_dimension_unknown"


class RelationRefused(Refusal):
    """The rows that a measure gave are not what a measure may give, so that no figure was made of them."""

    code = "measure_relation_refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """A measure's figure over a period.

    Attributes:
        measure: the measure.
        numerator: sum of the numerators; None when there are no rows.
        denominator: sum of the denominators; None when there are no rows, or the figure is a sum.
        rows: evidence rows.
        figure: exact, in the measure's unit; None when there is nothing to measure, never zero for that.
    """

    measure: Measure
    numerator: int | None
    denominator: int | None
    rows: int
    figure: Fraction | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """The part of a measure's rows that share values.

    Attributes:
        values: of the dimensions asked for, in that order, as text; a month reads `2018-07`. None where the rows have
            no value there, such as the plan, which belongs to no district.
        numerator, denominator, rows, figure: as in `Result`, of these rows.
    """

    values: tuple[str | None, ...]
    numerator: int | None
    denominator: int | None
    rows: int
    figure: Fraction | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Some of a measure's evidence rows, in the order of its keys.

    Attributes:
        columns: names of the columns.
        rows: their values; days are dates.
        next: the keys after which the next page begins; None when there is none.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    next: tuple[object, ...] | None


def result_of(measure: Measure, rows: int, numerator: object, denominator: object) -> Result:
    """Return the result that an engine's sums make."""
    above, below = _sum(rows, numerator), _sum(rows, denominator)
    return Result(
        measure=measure, numerator=above, denominator=below, rows=rows, figure=measure.figure_of(above, below)
    )


def group_of(measure: Measure, values: tuple[object, ...], sums: tuple[int, object, object]) -> Group:
    """Return the group that an engine's values and sums (rows, numerators, denominators) make."""
    found = result_of(measure, *sums)
    return Group(
        values=tuple(shown(value) for value in values), numerator=found.numerator, denominator=found.denominator,
        rows=found.rows, figure=found.figure,
    )  # fmt: skip


def _sum(rows: int, value: object) -> int | None:
    # Engines give sums as whole numbers or as decimals without places, both of which are exact.
    return int(str(value)) if rows and value is not None else None


def shown(value: object) -> str | None:
    """Return a dimension's value as text: a month without its day, which is always the first."""
    if isinstance(value, date):
        return f"{value:%Y-%m}"
    return None if value is None else str(value)


def in_words(column: str, value: object) -> Text:
    """Return one value of an evidence row for people: `—` where there is none, a month without its day.

    >>> in_words("in_time", False).zh, in_words("month", date(2018, 2, 1)).zh, in_words("done_on", date(2018, 2, 1)).zh
    ('否', '2018-02', '2018-02-01')
    """
    match value:
        case None:
            return Text("—")
        case bool():
            return Text("是", "yes") if value else Text("否", "no")
        case date() if column == "month":
            return Text(f"{value:%Y-%m}")
    return Text(str(value))


def check_period(since: date, until: date) -> None:
    """Hold a period to its order.

    Raises:
        PeriodRefused: it ends before it begins.
    """
    if until < since:
        raise PeriodRefused(
            Text(
                f"期间 {since} 至 {until} 无效：期末早于期初。请更正日期。",
                f"The period {since} to {until} is none: it ends before it begins. Mend the dates.",
            )
        )


def check_year(measure: Measure, since: date, until: date) -> None:
    """Hold a measure of one calendar year to a period within one.

    Raises:
        PeriodRefused: the period touches several years, so that the year's plan would not be that of the period.
    """
    if measure.is_by_year and since.year != until.year:
        raise PeriodRefused(
            Text(
                f"{measure.title.zh}（{measure.name}）按年度计算，期间 {since} 至 {until} 跨年度，未计算。请逐年计算。",
                f"{measure.name} is measured by calendar year and {since} to {until} touches several; nothing was "
                "measured. Ask for one year at a time.",
            )
        )


def check_dimensions(measure: Measure, names: Mapping[str, object] | tuple[str, ...]) -> None:
    """Hold dimensions to those that the measure declares.

    Raises:
        DimensionUnknown: one is not among them; those are named.
    """
    for name in names:
        if name not in measure.by:
            known = Text("、".join(measure.by) or "无", ", ".join(measure.by) or "none")
            raise DimensionUnknown(
                Text(
                    f"{measure.title.zh}（{measure.name}）不能按 {name} 分组或筛选；可用：{known.zh}。",
                    f"{measure.name} cannot be broken down or filtered by {name}; possible: {known.en}.",
                )
            )
