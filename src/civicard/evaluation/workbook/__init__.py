"""A programme as a workbook, and a filled workbook back to the text of a programme file.

What evaluators change is in cells; everything else is kept beside them, so that nothing is lost on the way:
loading the text that `from_workbook` gives makes the same value that `to_workbook` was given. Only `beside`, the
list of files that the programme was read from, is left out: their sections are in the workbook itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from civicard.evaluation.spreadsheets import CellFault, opened, refused
from civicard.evaluation.workbook.formulas import Formula, Places, number, short_enough
from civicard.evaluation.workbook.layout import (
    ABOUT,
    ABOUT_LABELS,
    ABOUT_SHEET,
    BY_PROGRAM,
    EVIDENCE,
    EVIDENCE_SHEET,
    FIGURES,
    FIGURES_SHEET,
    FRAMEWORK,
    FRAMEWORK_SHEET,
    GRADES_SHEET,
    HEAD_ROWS,
    NO_DATA,
    OTHER,
    OTHER_SHEET,
    RULES,
    RULES_SHEET,
    SHEETS,
    TARGETS_SHEET,
    Live,
)  # fmt: skip
from civicard.evaluation.workbook.reading import SheetReader
from civicard.evaluation.workbook.rows import Reader, Row, rows_of, sections
from civicard.evaluation.workbook.rule_formulas import RuleFormulas
from civicard.evaluation.workbook.sheets import Writer, XlsxSheet
from civicard.evaluation.workbook.words import rule_words
from civicard.evaluation.yaml_text import as_yaml, same
from civicard.kernel.exact import Fraction
from civicard.kernel.text import Text
from civicard.scoring.evaluate import Evaluation, evaluate
from civicard.scoring.figures import Lack, State
from civicard.scoring.load import Loaded
from civicard.scoring.programme import Programme
from civicard.scoring.rules.base import FigureRule
from civicard.scoring.rules.judged import ChecklistRule, JudgedRule

Cells = dict[int, dict[str, Formula | str | Fraction | bool | None]]
LACKS = {State.MISSING: NO_DATA, State.DISPUTED: "有争议", State.NOT_APPLICABLE: "不适用"}
TOTAL = Live(key="points", zh="", en="", is_points=True)


def same_programme(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two plain values are the same programme, whatever files and order their sections stood in."""
    return same(
        *({key: part for key, part in each.items() if key != "beside"} for each in (dict(one), dict(other)))
    )


def to_workbook(loaded: Loaded) -> bytes:
    """Return an xlsx workbook that holds the whole programme, with live points; see the sheet 说明 in it."""
    programme = loaded.programme
    asked = _asked(programme)
    rows = rows_of(loaded.value, asked)
    places = Places(programme, rows)
    evaluation = evaluate(programme)
    writer = Writer()
    writer.guide()
    writer.sheet(
        ABOUT_SHEET,
        rows[ABOUT],
        {at: {"label": ABOUT_LABELS[row.marks["key"]]} for at, row in _numbered(rows[ABOUT])},
    )
    writer.sheet(TARGETS_SHEET, rows[TARGETS_SHEET.name], {})
    rules = RuleFormulas(places, rows)
    _framework(writer, rows[FRAMEWORK], places, rules, evaluation)
    writer.sheet(RULES_SHEET, rows[RULES], _rule_cells(rules, rows[RULES]))
    writer.sheet(FIGURES_SHEET, rows[FIGURES], _figure_cells(places, rows[FIGURES], evaluation))
    writer.sheet(
        EVIDENCE_SHEET,
        rows[EVIDENCE],
        {at: asked.get(row.marks["key"], {}) for at, row in _numbered(rows[EVIDENCE])},
    )
    writer.sheet(GRADES_SHEET, rows[GRADES_SHEET.name], {})
    writer.sheet(OTHER_SHEET, [*rows[OTHER], *writer.overflow], {})
    return writer.finished()


def _numbered(rows: Sequence[Row]) -> list[tuple[int, Row]]:
    return list(enumerate(rows, HEAD_ROWS + 1))


def _asked(programme: Programme) -> dict[str, dict[str, Formula | str | Fraction | bool | None]]:
    """Return what the framework asks of people, by code of evidence: its words and the good answer."""
    found: dict[str, dict[str, Formula | str | Fraction | bool | None]] = {}
    for rule, slot in programme.rules():
        if isinstance(rule, ChecklistRule):
            for item, code in zip(rule.items, rule.codes(slot), strict=True):
                found[code] = {"text": item.text.zh, "good": "是" if item.good else "否"}
        elif isinstance(rule, JudgedRule):
            found[slot.code] = {"text": rule_words(rule)}
        elif isinstance(rule, FigureRule) and rule.over is not None:
            found[f"{slot.code}.over"] = {"text": "超额完成的原因是否成立", "good": "是"}
    return found


def _framework(
    writer: Writer, rows: Sequence[Row], places: Places, rules: RuleFormulas, evaluation: Evaluation
) -> None:
    framework = places.programme.framework
    scores = {score.code: score for score in evaluation.walk()}
    nodes = [node for node, _ in framework.walk()]
    live: Cells = {}
    for (at, _), node in zip(_numbered(rows), nodes, strict=True):
        cells: dict[str, Formula | str | Fraction | bool | None] = {}
        if node.code in scores:
            score = scores[node.code]
            shown = score.points if score.points is not None else LACKS.get(score.state, NO_DATA)
            formula = _leaf(places, rules, node.code) if node.rule is not None else places.group(node)
            cells["points"] = Formula(short_enough(formula), shown if formula else BY_PROGRAM)
        if node.rule is not None:
            cells["rule_words"] = rule_words(node.rule)
        if node.children and node.rule is None and (below := places.weights_below(node.children)):
            cells["sum"] = Formula(below, sum((c.weight for c in node.children if not c.extra), Fraction(0)))
        live[at] = cells
    sheet = writer.sheet(FRAMEWORK_SHEET, rows, live)
    for at, node in zip(live, nodes, strict=True):
        if "sum" in live[at]:
            sum_ = places.weight(node.code, "sum")
            writer.red_where(
                FRAMEWORK_SHEET, sheet, at, "sum", f"ROUND({sum_}-N({places.weight(node.code)}),9)<>0"
            )
    _totals(writer, sheet, places, evaluation)


def _leaf(places: Places, rules: RuleFormulas, code: str) -> str | None:
    line = rules.lines[code, ()]
    if rules.live(line).get("result") is None:
        return None
    points = f"'{RULES}'!{line.result}"
    weight, out_of = places.weight(code), places.weight(code, "out_of")
    return f'IF(ISNUMBER({points}),IF({out_of}<>"",{points}*N({weight})/N({out_of}),{points}),{points})'


def _totals(writer: Writer, sheet: XlsxSheet, places: Places, evaluation: Evaluation) -> None:
    framework = places.programme.framework
    total = evaluation.total
    points = total.outcome.points
    values = (
        points if points is not None else NO_DATA,
        points if points is not None else NO_DATA,
        total.grade.zh if total.grade else "—",
    )
    words = Live(key="rule_words", zh="", en="")
    for line, ((label, formula), value) in enumerate(zip(places.total(), values, strict=True)):
        row = places.total_row + line
        writer.computed(sheet, row, FRAMEWORK_SHEET.at("rule_words"), label, words)
        shown = Formula(short_enough(formula), value if formula else BY_PROGRAM)
        writer.computed(sheet, row, FRAMEWORK_SHEET.at("points"), shown, TOTAL)
    if below := places.weights_below(framework.indicators):
        row = places.total_row
        writer.computed(sheet, row, FRAMEWORK_SHEET.at("sum"), Formula(below, framework.sum), words)
        test = f"ROUND({below}-{number(framework.sum)},9)<>0"
        writer.red_where(FRAMEWORK_SHEET, sheet, row, "sum", test)


def _rule_cells(rules: RuleFormulas, rows: Sequence[Row]) -> Cells:
    found: Cells = {}
    for at, row in _numbered(rows):
        line = rules.lines.get((row.marks["indicator"], row.path))
        if line is None:
            found[at] = {"result": BY_PROGRAM}
            continue
        live = rules.live(line)
        found[at] = {
            key: Formula(short_enough(formula))
            for key, formula in live.items()
            if key != "x" or formula is not None
        }
        if live:
            found[at]["own"] = line.slot.code
    return found


def _figure_cells(places: Places, rows: Sequence[Row], evaluation: Evaluation) -> Cells:
    found: Cells = {}
    for at, row in _numbered(rows):
        name = row.marks["key"]
        value = evaluation.case.figures[name]
        shown = LACKS[value.state] if isinstance(value, Lack) else value
        formula = places.figure(name)
        found[at] = {"live": Formula(short_enough(formula), shown if formula else BY_PROGRAM)}
    return found


def from_workbook(data: bytes, name: str) -> str:
    """Return the text of a programme file from a filled workbook; `scoring.load.load` takes it.

    Args:
        data: an xlsx file made by `to_workbook`, filled in and saved by any spreadsheet program.
        name: what the file is called in messages.

    Raises:
        WorkbookUnreadable: it cannot be opened.
        WorkbookUnsafe: it holds what a filled workbook has no need of.
        WorkbookRefused: with all faults, each with sheet and cell; `CellFormula` when all of them are formulas.
    """
    book = opened(data, name)
    faults: list[CellFault] = []
    titles = set(book.sheetnames)
    for layout in SHEETS:
        if layout.name not in titles:
            why = Text(f"缺少工作表“{layout.name}”", f"the sheet {layout.name!r} is missing")
            faults.append(CellFault(layout.name, "", why))
    if faults:
        raise refused(name, faults)
    other = sections(SheetReader(book[OTHER], OTHER_SHEET, {}, faults).rows(), faults)
    rows = {
        layout.name: SheetReader(book[layout.name], layout, other, faults).rows()
        for layout in SHEETS
        if layout is not OTHER_SHEET
    }
    value = Reader(rows, faults).value({key: one for key, one in other.items() if "#" not in key})
    if faults:
        raise refused(name, faults)
    return as_yaml(value)
