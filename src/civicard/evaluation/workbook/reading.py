"""Reads one sheet of a filled workbook into rows, and says of every cell that cannot be taken why."""

from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from civicard.evaluation.sheet_cells import EMPTY, CellProblem, Seen, merged_in, seen
from civicard.evaluation.spreadsheets import CellFault
from civicard.evaluation.workbook.cells import Field, Record
from civicard.evaluation.workbook.layout import CONTINUED, EXACT, HEAD_ROWS, OTHER_SHEET, Sheet
from civicard.evaluation.workbook.records import from_row
from civicard.evaluation.workbook.rows import Row
from civicard.kernel.text import Text
from civicard.scoring.source import SourceUnreadable, read


def _heads(fields: Sequence[Field]) -> list[str]:
    return [
        head for one in fields for head in ([one.zh, f"{one.zh}（英文）"] if one.is_bilingual else [one.zh])
    ]


class SheetReader:
    """One sheet with its columns, wherever they were moved to."""

    def __init__(
        self, sheet: Worksheet, layout: Sheet, other: Mapping[str, Any], faults: list[CellFault]
    ) -> None:
        """Take a sheet; `other` are the sections kept as YAML, to which long values were put."""
        self.sheet = sheet
        self.layout = layout
        self.other = other
        self.faults = faults
        self.columns: dict[str, int] = {}

    def say(self, place: str, text: Text, *, is_formula: bool = False) -> None:
        """Report one fault."""
        self.faults.append(CellFault(self.sheet.title, place, text, is_formula=is_formula))

    def place(self, head: str, row: int) -> str:
        """Return the cell below a head."""
        return f"{get_column_letter(self.columns[head])}{row}"

    def rows(self) -> list[Row]:
        """Return the rows in which anything is filled in."""
        if not self._has_columns():
            return []
        inputs = [
            head
            for head in (*_heads(self.layout.marks), *_heads(self.layout.fields), EXACT[0])
            if head in self.columns
        ]
        used = [self.columns[head] for head in inputs]
        for area in merged_in(self.sheet, range(HEAD_ROWS + 1, self.sheet.max_row + 1), used):
            self.say(
                area,
                Text(
                    "填写区内有合并单元格，请取消合并", "cells are merged where values belong; unmerge them"
                ),
            )
        found = []
        for row in range(HEAD_ROWS + 1, self.sheet.max_row + 1):
            cells, bad = self._cells(row, inputs)
            if bad or any(cell.value is not None for cell in cells.values()):
                found.append(self._row(row, cells, bad))
        return found

    def _has_columns(self) -> bool:
        for at in range(1, self.sheet.max_column + 1):
            head = self.sheet.cell(1, at).value
            if not isinstance(head, str):
                continue
            if head.strip() in self.columns:
                self.say(
                    f"{get_column_letter(at)}1", Text(f"列“{head}”重复", f"the column {head!r} stands twice")
                )
            self.columns[head.strip()] = at
        needed = [one.zh for one in (*self.layout.marks, *self.layout.fields)]
        needed += [EXACT[0]] if self.layout is not OTHER_SHEET else []
        missing = [head for head in needed if head not in self.columns]
        for head in missing:
            self.say("", Text(f"缺少列“{head}”", f"the column {head!r} is missing"))
        return not missing

    def _cells(self, row: int, inputs: Sequence[str]) -> tuple[dict[str, Seen], set[str]]:
        """Return the cells of a row by their heads, and the heads of those that hold what nobody may fill in."""
        found: dict[str, Seen] = {}
        bad: set[str] = set()
        for head in inputs:
            try:
                found[head] = seen(self.sheet.cell(row, self.columns[head]))
            except CellProblem as problem:
                bad.add(head)
                self.say(self.place(head, row), problem.text, is_formula=problem.is_formula)
        return found, bad

    def _row(self, row: int, cells: Mapping[str, Seen], bad: set[str]) -> Row:
        marks = self._record(row, cells, bad, self.layout.marks, {})
        beside = self._beside(row, cells.get(EXACT[0], EMPTY))
        return Row(marks=marks, record=self._record(row, cells, bad, self.layout.fields, beside), number=row)

    def _record(
        self, row: int, cells: Mapping[str, Seen], bad: set[str], fields: Sequence[Field], beside: Record
    ) -> Record:
        problems: list[tuple[int, CellProblem]] = []
        heads = _heads(fields)
        record = from_row([cells.get(head, EMPTY) for head in heads], beside, fields, problems)
        for at, problem in problems:
            if heads[at] not in bad:
                self.say(self.place(heads[at], row), problem.text)
        return record

    def _beside(self, row: int, cell: Seen) -> Record:
        """Return the values that stand beside the cells of a row."""
        if cell.value is None:
            return {}
        text = str(cell.value)
        place = self.place(EXACT[0], row)
        value: object
        if text.startswith(CONTINUED):
            value = self.other.get(text.removeprefix(CONTINUED))
        else:
            try:
                value = read(text + "\n", place).value
            except SourceUnreadable as refusal:
                self.say(place, refusal.text)
                return {}
        if isinstance(value, dict):
            return value
        why = Text(
            "这里应是 YAML 的键值对照，如 {digits: 2}", "a YAML mapping belongs here, such as {digits: 2}"
        )
        self.say(place, why)
        return {}
