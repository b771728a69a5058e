"""Cells of spreadsheets read exactly: numbers as they were typed, percent formats understood, nothing computed."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.worksheet.worksheet import Worksheet

from civicard.kernel.exact import Fraction, from_decimal, from_text, plain
from civicard.kernel.text import Text
from civicard.scoring import units


class Seen(NamedTuple):
    """What a cell holds.

    Attributes:
        value: text, an exact number, yes or no; None when it is empty.
        is_percent: the number is shown as a percentage, so 0.996 is shown as 99.6 %.
    """

    value: str | Fraction | bool | None
    is_percent: bool = False


EMPTY = Seen(None)


class CellProblem(Exception):
    """What a cell holds cannot be taken."""

    def __init__(self, zh: str, en: str, *, is_formula: bool = False) -> None:
        """Keep the sentence in both languages."""
        super().__init__(en)
        self.text = Text(zh, en)
        self.is_formula = is_formula


def exact(number: float) -> Fraction:
    """Return the number that a person typed to get this binary float: its shortest decimal.

    >>> str(exact(0.996)), str(exact(226.59))
    ('249/250', '22659/100')
    """
    return Fraction(number) if isinstance(number, int) else from_decimal(Decimal(repr(number)))


def is_percent(number_format: str) -> bool:
    """Tell whether a number format shows a number times 100 with a percent sign.

    >>> is_percent("0.00%"), is_percent('0.0"%"')
    (True, False)
    """
    return "%" in re.sub(r'"[^"]*"|\\.|\[[^]]*]', "", number_format)


def seen(cell: Cell | MergedCell) -> Seen:
    """Return what `cell` holds.

    Raises:
        CellProblem: a formula, an error value or a date.
    """
    if isinstance(cell, MergedCell) or cell.value is None:
        return EMPTY
    value: object = cell.value
    if cell.data_type == "f":
        raise CellProblem(
            "这里是公式；请改填数值（复制后“选择性粘贴—数值”）",
            "a formula stands here; put the value (copy, then paste as values)",
            is_formula=True,
        )
    if cell.data_type == "e":
        raise CellProblem(f"这里是错误值 {value}", f"here stands the error {value}")
    match value:
        case bool() | str():
            return Seen(value)
        case int() | float():
            if isinstance(value, float) and (value != value or value in {float("inf"), float("-inf")}):  # noqa: PLR0124 - only a NaN differs from itself
                raise CellProblem("数值超出范围", "the number is out of range")
            return Seen(exact(value), is_percent(cell.number_format))
        case dt.datetime() | dt.date() | dt.time() | dt.timedelta():
            raise CellProblem(
                f"Excel 把这里当成了日期或时间（{value}）；请先把单元格设为“文本”再填",
                f"Excel took this for a date or time ({value}); set the cell to Text and type it again",
            )
    return Seen(str(value))


def merged_in(sheet: Worksheet, rows: Iterable[int], columns: Sequence[int]) -> list[str]:
    """Return the merged areas of `sheet` that touch the given rows and columns."""
    wanted = set(columns)
    first, last = min(rows, default=0), max(rows, default=-1)
    return [
        area.coord
        for area in sheet.merged_cells.ranges
        if area.min_row <= last
        and area.max_row >= first
        and wanted & set(range(area.min_col, area.max_col + 1))
    ]


WRITTEN = re.compile(r"\s*([-+]?\d[\d,，]*(?:\.\d+)?)\s*(.*?)\s*", re.DOTALL)
# Digits and signs as Chinese input methods write them, and their plain forms.
WIDE = {0xFF00 + at: 0x20 + at for at in range(1, 0x5F)}


def not_a_number(value: object, unit: str) -> CellProblem:
    """Return what is wrong with text that stands where a number belongs, and the number that is meant."""
    text = "是" if value is True else "否" if value is False else str(value)
    match = WRITTEN.fullmatch(text.translate(WIDE))
    zh, en = "请填数字，不带单位", "a plain number is needed, without its unit"
    if match is not None:
        number, given = from_text(match[1].replace(",", "").replace("，", "")), match[2]
        one, other = units.unit(given), units.unit(unit)
        if given and unit and one.alike(other) and one.scale != other.scale:
            number *= one.scale / other.scale
            zh = f"单位是 {unit}，{match[1]} {given} 即 {plain(number)} {unit}：请填 {plain(number)}"
            en = f"the unit is {unit}, and {match[1]} {given} are {plain(number)} {unit}: write {plain(number)}"
        elif given and unit and not one.alike(other):
            zh, en = f"单位应为 {unit}，这里写的是 {given}", f"the unit is {unit}, and here stands {given}"
        else:
            zh, en = f"请填数字 {plain(number)}", f"write the number {plain(number)}"
    return CellProblem(f"“{text[:40]}”是文字，不是数值；{zh}", f"{text[:40]!r} is text and no number; {en}")
