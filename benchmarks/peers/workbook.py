"""The same rules in a workbook, as people write them: a row a unit, live formulas, recalculated by LibreOffice."""

import csv
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xlsxwriter
from benchmarks.measuring import Run, run
from benchmarks.peers.table import Table, computed, leaves
from xlsxwriter.utility import xl_rowcol_to_cell

from civicard.kernel.exact import Fraction, plain
from civicard.scoring import Programme
from civicard.scoring.figures import computation
from civicard.scoring.rules.base import Rule, Slot
from civicard.scoring.rules.combined import CombinedRule
from civicard.scoring.rules.counting import CountRule, EventRule
from civicard.scoring.rules.judged import ChecklistRule, GradedRule
from civicard.scoring.rules.step import StepReading, StepRule

# LibreOffice trusts the results that a file holds unless it is told to work them out.
ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>
"""
NAME = re.compile(r"[a-z_]+")


class LibreOffice:
    """LibreOffice without a screen, with a profile of its own that is warm before anything is timed."""

    def __init__(self, folder: Path) -> None:
        """Make the profile in `folder`.

        Raises:
            FileNotFoundError: there is no soffice on the path.
        """
        found = shutil.which("soffice")
        if found is None:
            raise FileNotFoundError("soffice")
        self.program = found
        self.folder = folder
        settings = folder / "profile" / "user" / "registrymodifications.xcu"
        settings.parent.mkdir(parents=True)
        settings.write_text(ALWAYS_RECALCULATE, encoding="utf-8")
        write_empty(folder / "empty.xlsx")
        self.convert("empty.xlsx")

    def convert(self, name: str) -> Run:
        """Recalculate the workbook `name` of the folder and save it as CSV beside it."""
        profile = f"-env:UserInstallation={(self.folder / 'profile').as_uri()}"
        file = self.folder / name
        done = run(
            [self.program, profile, "--headless", "--convert-to", "csv", "--outdir", self.folder, file]
        )
        assert file.with_suffix(".csv").is_file(), f"no CSV was made: {done.output}"
        return done

    def points(self, name: str, programme: Programme) -> dict[str, list[float]]:
        """Return the points by code, and the total, that LibreOffice saved for the workbook `name`."""
        codes = [*(leaf.code for leaf in leaves(programme)), "total"]
        # Grades are Chinese and come in the encoding of the system; the numbers are the same in all.
        text = (self.folder / name).with_suffix(".csv").read_text(encoding="utf-8", errors="replace")
        rows = [row[-len(codes) :] for row in csv.reader(text.splitlines()[1:])]
        return {code: [float(row[at]) for row in rows] for at, code in enumerate(codes)}


def write_empty(path: Path) -> None:
    """Write a workbook with nothing in it, to know what starting and stopping costs."""
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet()


def write_workbook(path: Path, programme: Programme, table: Table, *, live: bool) -> None:
    """Write the table with a formula for each rate, indicator and total; without `live`, a number in its place."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        columns, row = _columns(programme, table), _Row(programme, table)
        for column, name in enumerate(columns):
            sheet.write_string(0, column, name)
        for at in range(table.number):
            cells = {name: xl_rowcol_to_cell(at + 1, column) for name, column in columns.items()}
            for name, value in row.at(at, cells).items():
                is_formula = isinstance(value, str) and value.startswith("=")
                sheet.write(at + 1, columns[name], value if live or not is_formula else 1)


def _columns(programme: Programme, table: Table) -> dict[str, int]:
    """Return the column of each name: figures, rates, answers, grades, then the indicators and the total."""
    names = [*table.figures, *computed(programme), *table.answers, *table.grades]
    return {name: at for at, name in enumerate([*names, *(leaf.code for leaf in leaves(programme)), "total"])}


class _Row:
    """The content of each row, by name of its column."""

    def __init__(self, programme: Programme, table: Table) -> None:
        self.programme = programme
        self.given: dict[str, Any] = {**table.figures, **table.answers, **table.grades}
        self.computed = computed(programme)
        self.leaves = leaves(programme)

    def at(self, unit: int, cells: Mapping[str, str]) -> dict[str, Any]:
        """Return what the row of `unit` holds: values, and formulas over `cells`."""
        row: dict[str, Any] = {}
        for name, column in self.given.items():
            value = column[unit]
            row[name] = float(value) if isinstance(value, Fraction) else value
        row |= {name: f"={_figure(self.programme, name, cells)}" for name in self.computed}
        row |= {leaf.code: f"={_points(leaf.rule, leaf.slot, cells)}" for leaf in self.leaves}
        return row | {"total": f"=SUM({cells[self.leaves[0].code]}:{cells[self.leaves[-1].code]})"}


def _figure(programme: Programme, name: str, cells: Mapping[str, str]) -> str:
    one = computation(name, programme.figures)
    assert one is not None

    def operand(match: re.Match[str]) -> str:
        value = programme.figures[match.group()].value
        if match.group() in cells:
            return cells[match.group()]
        assert value is not None
        return plain(value)

    text = NAME.sub(operand, one.expression.text)
    return text if one.factor == 1 else f"({text})*{plain(one.factor)}"


def _points(rule: Rule, slot: Slot, cells: Mapping[str, str]) -> str:
    full = plain(slot.full)
    match rule:
        case StepRule(reading=StepReading.STARTED):
            x, target = cells[rule.figure], plain(rule.target)
            cost = f"ROUNDUP(({target}-{x})/{plain(rule.step)},0)*{plain(rule.deduct)}"
            return f"IF({x}>={target},{full},MAX({plain(rule.least)},{full}-{cost}))"
        case CountRule():
            x, target = cells[rule.figure], plain(rule.target)
            cost = f"({target}-{x})*{plain(rule.deduct)}"
            return f"IF({x}>={target},{full},MAX({plain(rule.least)},{full}-{cost}))"
        case EventRule(deduct=cost) if cost is not None:
            return f"MAX({plain(rule.least)},{full}-{cells[rule.figure]}*{plain(cost)})"
        case ChecklistRule():
            return "+".join(
                f"IF({cells[code]}={str(good).upper()},{plain(points)},0)"
                for code, points, good in rule.asked(slot)
            )
        case GradedRule():
            text = "0"
            for grade in reversed(rule.grades):
                text = (
                    f'IF({cells[slot.code]}="{grade.grade.zh}",{plain(grade.points or Fraction(0))},{text})'
                )
            return text
        case CombinedRule(kind="sum"):
            return "+".join(_points(part, own, cells) for part, own in rule.slots(slot))
    raise AssertionError(rule)  # the framework has no other kind
