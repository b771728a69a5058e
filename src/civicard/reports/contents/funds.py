"""Budget and spending: the table of the report and of the form, and the chart. Pure."""

from civicard.kernel.exact import Fraction
from civicard.reports.charts import budget_against_spending
from civicard.reports.contents.binding import NO_VALUE, Binding
from civicard.reports.contents.tables import heads, left, shown
from civicard.reports.contents.words import NOT_FILLED, NOT_PROVIDED, NOTHING, sentence
from civicard.reports.document import Align, Cell, Chart, Column, Table
from civicard.scoring.figures import Lack
from civicard.scoring.programme import Funds, FundsRow

COLUMNS = ("年初预算数", "全年预算数", "全年执行数", "执行率")
ROW_MM, FRAME_MM = 18, 24


def figures_of(row: FundsRow) -> tuple[str | None, ...]:
    """Return the names of a row's figures: initial, full-year, executed, rate."""
    return row.initial, row.full_year, row.executed, row.rate


def amount(name: str | None, binding: Binding) -> Cell:
    """Return a figure of the funds table for a cell."""
    return shown(binding.in_cell(name), align=Align.RIGHT)


def rate(name: str | None, binding: Binding) -> Cell:
    """Return an execution rate for a cell, with its percent sign."""
    return shown(binding.in_cell(name, unit=True))


def funds_table(funds: Funds, binding: Binding, caption: str) -> Table:
    """Return budget and spending by source of funds."""
    rows = [heads("资金来源", *COLUMNS)]
    for row in funds.rows:
        *amounts, share = figures_of(row)
        rows.append(
            (
                left(row.name.zh, header=True),
                *(amount(name, binding) for name in amounts),
                rate(share, binding),
            )
        )
    is_by_zero = any(cell.text == NO_VALUE for row in rows for cell in row)
    return Table(
        columns=tuple(Column(width=width) for width in (30, 25, 25, 25, 16)),
        rows=tuple(rows),
        caption=caption,
        unit_note=f"单位：{funds.unit}",
        note="注：预算数为零的，执行率无法计算。" if is_by_zero else "",
    )


def funds_chart(funds: Funds, binding: Binding) -> Chart:
    """Return budget against spending as a chart; rows that hold nothing but zeros are left out."""
    rows = [(row, [_known(name, binding) for name in figures_of(row)[:3]]) for row in funds.rows]
    drawn = [(row, amounts) for row, amounts in rows if any(one != 0 for one in amounts)] or rows
    told = "；".join(
        f"{row.name.zh}{'，'.join(f'{word}{binding.in_cell(name)}' for word, name in zip(COLUMNS, figures_of(row)[:3], strict=False))}"
        for row, _ in drawn
    )
    return Chart(
        option=budget_against_spending(
            [(row.name.zh, *amounts) for row, amounts in drawn],  # type: ignore[misc]  # three amounts each
            funds.unit,
            # Of a disputed amount the chart says no more than that.
            printed=[
                [binding.in_cell(name).split("：")[0] for name in figures_of(row)[:3]] for row, _ in drawn
            ],
        ),
        caption="图　预算与执行对比",
        alt=f"{told}（单位：{funds.unit}）。",
        height_mm=FRAME_MM + ROW_MM * max(len(drawn), 2),
    )


def _known(name: str | None, binding: Binding) -> Fraction | None:
    value = None if name is None else binding.evaluation.case.figures[name]
    return None if isinstance(value, Lack) else value


def management_table(funds: Funds, binding: Binding, caption: str) -> Table:
    """Return how the funds were managed; what the unit left open is said to be so."""
    rows = [heads("管理内容", "情况说明", "存在问题和改进措施")]
    rows += [
        (
            left(one.name.zh, header=True),
            left(NOT_FILLED if one.statement is None else sentence(binding.text(one.statement))),
            left(NOT_FILLED if one.measures is None else sentence(binding.text(one.measures))),
        )
        for one in funds.management
    ] or [(Cell(text=NOTHING), Cell(text=NOT_PROVIDED), Cell(text=NOT_PROVIDED))]
    return Table(
        columns=tuple(Column(width=width) for width in (28, 46, 46)), rows=tuple(rows), caption=caption
    )
