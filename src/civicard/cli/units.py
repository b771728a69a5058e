"""`civicard evaluate --units`: one framework over a table of units; columns out in the shape they came in."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from civicard.cli.evaluate import WrongUse
from civicard.cli.printing import SIMULATED, STATES
from civicard.cli.progress import Progress
from civicard.evaluation.opening import Opened
from civicard.evaluation.tables import Cell, UnitTable, read_table, write_table
from civicard.evaluation.tables.inputs import to_inputs
from civicard.files import write_whole
from civicard.kernel.exact import Fraction, decimal_places, plain, rounded
from civicard.kernel.text import Language, Text
from civicard.scoring.many import UnitScores, score_units
from civicard.scoring.programme import Origin, Programme

if TYPE_CHECKING:
    from pathlib import Path

# Points whose decimals never end are written to so many places; the receipt of one unit has them exactly.
WRITTEN_PLACES = 10
MOST_NAMED = 20


def score_table(opened: Opened, arguments: argparse.Namespace) -> int:
    """Score the table and write it with its inputs, or print it as CSV."""
    if arguments.format is not None:
        raise WrongUse(
            Text(
                "--units 的格式由 --out 的扩展名决定（csv、xlsx、parquet）",
                "with --units the ending of --out decides the format (csv, xlsx, parquet)",
            )
        )
    programme, language = opened.loaded.programme, arguments.language
    out: Path | None = arguments.out
    with Progress(language) as progress:
        progress.say(1, 3, Text("读表", "reading the table"))
        table = read_table(arguments.units)
        inputs = to_inputs(table, programme)
        units = inputs.units()
        progress.say(2, 3, Text("评分", "scoring"))
        scores = score_units(programme, units)
        result = _joined(table, result_columns(scores, programme.framework.print_places, language))
        progress.say(3, 3, Text("写表", "writing the table"))
        made = write_table(result, ".csv" if out is None else out.suffix)
    if out is None:
        sys.stdout.write(made.decode("utf-8-sig"))
        sys.stderr.write(_remarks(programme, inputs.taken, language))
        return 0
    write_whole(out, made)
    sys.stderr.write(_remarks(programme, inputs.taken, language))
    incomplete = sum(not scores.is_complete(at) for at in range(units.number))
    said = Text(
        f"{units.number:,} 个单位已评分，其中 {incomplete:,} 个不完整：{out}\n",
        f"{units.number:,} units scored, {incomplete:,} of them incomplete: {out}\n",
    )
    sys.stderr.write(said.into(language))
    return 0


def _remarks(programme: Programme, taken: Sequence[str], language: Language) -> str:
    """Return lines on what the table does not say: that the figures are invented, or are the file's own."""
    lines = [SIMULATED] if programme.programme.origin is Origin.SIMULATED else []
    if taken:
        named = [(key, programme.figures[key].name) for key in taken]
        zh = "、".join(f"{name.zh}（{key}）" for key, name in named[:MOST_NAMED])
        en = ", ".join(f"{name.en or name.zh} ({key})" for key, name in named[:MOST_NAMED])
        if (more := len(named) - MOST_NAMED) > 0:
            zh, en = f"{zh}……另有 {more} 项", f"{en} … and {more} more"
        lines.append(
            Text(
                f"未在表中、取自方案文件的数据：{zh}",
                f"Figures not in the table, taken from the programme file: {en}",
            )
        )
    return "".join(f"{line.into(language)}\n" for line in lines)


def _joined(table: UnitTable, results: dict[str, list[Cell]]) -> UnitTable:
    """Return the table with the results beside it; a column of its own is never overwritten."""
    if taken := [head for head in results if head in table.columns]:
        listed = "、".join(taken[:5])
        raise WrongUse(
            Text(
                f"表中已有结果列 {listed}；请改名或删去后再评分",
                f"the table has columns named like results already ({', '.join(taken[:5])}); rename or remove them",
            )
        )
    return replace(table, columns={**table.columns, **results})


def result_columns(scores: UnitScores, places: int, language: Language) -> dict[str, list[Cell]]:
    """Return the columns that scoring adds: total, grade, completeness, then points and state by indicator."""
    totals = scores.totals

    def word(zh: str, en: str) -> str:
        return Text(zh, en).into(language)

    def column(cell: Callable[[int], Cell]) -> list[Cell]:
        return [cell(at) for at in range(len(totals))]

    def grade(at: int) -> str | None:
        given = totals[at].grade
        return None if given is None else given.into(language)

    made = {
        word("总分", "total"): column(lambda at: _cell(totals[at].outcome.points, places)),
        word("等级", "grade"): column(grade),
        word("完整", "complete"): column(
            lambda at: word("是", "yes") if scores.is_complete(at) else word("否", "no")
        ),
        word("最低总分", "total_low"): column(lambda at: _cell(totals[at].outcome.low, places)),
        word("最高总分", "total_high"): column(lambda at: _cell(totals[at].outcome.high, places)),
    }
    for code, outcomes in scores.outcomes.items():
        made[f"{code} {word('得分', 'points')}"] = [_cell(outcome.points) for outcome in outcomes]
        made[f"{code} {word('状态', 'status')}"] = [
            STATES[outcome.state].into(language) for outcome in outcomes
        ]
    return made


def _cell(points: Fraction | None, places: int | None = None) -> Decimal | None:
    if points is None:
        return None
    if places is not None:
        points = rounded(points, Fraction(1, 10**places))
    return Decimal(plain(points, None if decimal_places(points) is not None else WRITTEN_PLACES))
