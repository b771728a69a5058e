"""Live formulas of a programme workbook: figures, sums, total and grade. Shown to people, never read back.

A spreadsheet computes in binary, so every comparison and every step is first rounded to nine places; what the
program computes stays exact, and counts. What no formula can say shows that the program computes it.
"""

import ast
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from xlsxwriter.utility import xl_rowcol_to_cell

from civicard.evaluation.workbook.layout import (
    BY_PROGRAM,
    DISPUTED,
    FIGURES_SHEET,
    FRAMEWORK_SHEET,
    GRADES_SHEET,
    HEAD_ROWS,
    NO_DATA,
    NOT_APPLICABLE,
    Sheet,
)  # fmt: skip
from civicard.evaluation.workbook.rows import Row
from civicard.kernel.exact import Fraction, Rounding, decimal_places, plain
from civicard.scoring.expressions import Expression, parsed
from civicard.scoring.figures import Figure
from civicard.scoring.framework import Framework, GradeOn, GroupRule, Indicator
from civicard.scoring.model import Ambiguous, RoundTo
from civicard.scoring.programme import Programme

NOISE_PLACES = 9
# Where a condition goes into a formula that asks for it.
TEST = "#test#"
MOST_DIGITS = 15
# Excel's limits, with room: characters of a formula, arguments of a function.
MOST_CHARACTERS = 8_000
MOST_ARGUMENTS = 200
CALLS = {"min": "MIN", "max": "MAX", "sum": "SUM", "mean": "AVERAGE", "abs": "ABS"}
OPERATORS: Mapping[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "=", ast.NotEq: "<>",
}  # fmt: skip


class Formula(NamedTuple):
    """A formula with what it shows until the spreadsheet computes it anew."""

    text: str
    value: str | Fraction = ""


def cell(sheet: Sheet, at: int, row: int, *, outside: bool = True) -> str:
    """Return the address of column `at` in `row` (from 1), with the sheet's name unless it is the formula's own."""
    address: str = xl_rowcol_to_cell(row - 1, at, row_abs=True, col_abs=True)
    return f"'{sheet.name}'!{address}" if outside else address


def number(value: Fraction) -> str:
    """Return an exact number as a formula writes it.

    >>> number(Fraction("0.5")), number(Fraction(-1, 3))
    ('0.5', '(-1/3)')
    """
    text = plain(value) if decimal_places(value) is not None else ""
    if text and len(text.strip("-0.").replace(".", "")) <= MOST_DIGITS and value >= 0:
        return text
    return f"({value.numerator}/{value.denominator})"


def quoted(text: str) -> str:
    """Return `text` as a formula writes it."""
    return '"' + text.replace('"', '""') + '"'


def rounding(inner: str, to: RoundTo | None) -> str | None:
    """Return `inner` with a prescribed rounding; None when no formula can say it."""
    if to is None:
        return inner
    name = {Rounding.HALF_UP: "ROUND", Rounding.UP: "ROUNDUP", Rounding.DOWN: "ROUNDDOWN"}.get(to.mode)
    step = number(to.to)
    return None if name is None else f"{name}(ROUND(({inner})/{step},{NOISE_PLACES}),0)*{step}"


def overridden(part: Ambiguous) -> dict[str, object]:
    """Return the keys that the chosen readings of `part` set; its cells do not show them."""
    return {
        key: one for each in part.ambiguities.values() for key, one in each.readings[each.chosen].set.items()
    }


def translated(expression: Expression, refs: Mapping[str, str]) -> str:
    """Return the arithmetic of `expression` as a formula over the cells `refs`."""
    return _translated(expression.tree, refs)


def _translated(node: ast.expr, refs: Mapping[str, str]) -> str:
    def of(one: ast.expr) -> str:
        return _translated(one, refs)

    match node:
        case ast.Constant(value=value):
            return number(Fraction(value))  # type: ignore[arg-type]  # the parser of expressions put a Fraction there
        case ast.Name(id=name):
            return refs[name]
        case ast.BinOp(left=left, op=op, right=right):
            return f"({of(left)}{OPERATORS[type(op)]}{of(right)})"
        case ast.UnaryOp(op=op, operand=operand):
            return (
                f"NOT({of(operand)})"
                if isinstance(op, ast.Not)
                else f"(-{of(operand)})"
                if isinstance(op, ast.USub)
                else of(operand)
            )
        case ast.BoolOp(op=op, values=values):
            return f"{'AND' if isinstance(op, ast.And) else 'OR'}({','.join(map(of, values))})"
        case ast.Compare(left=left, ops=ops, comparators=others):
            sides = [of(one) for one in (left, *others)]
            pairs = [
                f"(ROUND({one}-{other},{NOISE_PLACES}){OPERATORS[type(op)]}0)"
                for one, op, other in zip(sides, ops, sides[1:], strict=False)
            ]
            return pairs[0] if len(pairs) == 1 else f"AND({','.join(pairs)})"
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return f"IF({of(test)},{of(body)},{of(orelse)})"
        case ast.Call(func=ast.Name(id=name), args=args):
            return _call(name, [of(one) for one in args])
    raise AssertionError(node)  # the parser of expressions lets nothing else through


def _call(name: str, arguments: Sequence[str]) -> str:
    match name:
        case "floor":
            return f"INT(ROUND({arguments[0]},{NOISE_PLACES}))"
        case "ceil":
            return f"(-INT(-ROUND({arguments[0]},{NOISE_PLACES})))"
        case "round2":
            return f"ROUND(ROUND({arguments[0]},{NOISE_PLACES}),2)"
    return f"{CALLS[name]}({','.join(arguments)})"


def when_known(cells: Sequence[str], formula: str) -> str:
    """Return `formula`, or what the first cell without a number lacks, missing before anything else."""
    for word in (DISPUTED, NOT_APPLICABLE, BY_PROGRAM, NO_DATA):
        tests = ",".join(f"{one}={quoted(word)}" for one in cells)
        formula = f"IF(OR({tests}),{quoted(word)},{formula})" if cells else formula
    return formula


def within(x: str, ends: Mapping[str, str]) -> str:
    """Return the test whether `x` lies in the interval whose ends stand in the cells `ends`; a blank end is open."""
    signs = {"least": ">=", "above": ">", "most": "<=", "below": "<"}
    tests = [f'OR({end}="",ROUND({x}-N({end}),{NOISE_PLACES}){signs[key]}0)' for key, end in ends.items()]
    return f"AND({','.join(tests)})"


def short_enough(formula: str | None) -> str:
    """Return the formula, or the words for one that no spreadsheet takes."""
    return formula if formula is not None and len(formula) <= MOST_CHARACTERS else quoted(BY_PROGRAM)


class Places:
    """Where figures, indicators and grades stand in the workbook."""

    def __init__(self, programme: Programme, rows: Mapping[str, Sequence[Row]]) -> None:
        """Number the rows; the first record stands below the two lines of the head."""
        self.programme = programme
        self.figures = {
            row.marks["key"]: at for at, row in enumerate(rows[FIGURES_SHEET.name], HEAD_ROWS + 1)
        }
        nodes = [node for node, _ in programme.framework.walk()]
        self.indicators = {node.code: at for at, node in enumerate(nodes, HEAD_ROWS + 1)}
        self.total_row = HEAD_ROWS + len(nodes) + 2
        self.live = {
            name: cell(FIGURES_SHEET, FIGURES_SHEET.at("live"), self.figures[name])
            for name in programme.figures
            if name in self.figures
        }

    def figure(self, name: str) -> str | None:
        """Return the live formula of one figure."""
        figure = self.programme.figures[name]
        row = self.figures[name]

        def own(key: str) -> str:
            return cell(FIGURES_SHEET, FIGURES_SHEET.at(key), row, outside=False)

        if figure.formula is not None:
            return self._computed(figure)
        if "value" in overridden(figure) and figure.value is not None:
            return number(figure.value)
        given = own("value")
        # Who types 99.6% gets a cell in percent format that holds 0.996.
        shown = (
            f'IF(LEFT(CELL("format",{given}),1)="P",{given}*100,{given})'
            if figure.measured_in.symbol == "%"
            else given
        )
        lack = f'IF({own("not_applicable")}<>"",{quoted(NOT_APPLICABLE)},IF({own("disputed")}<>"",{quoted(DISPUTED)},{quoted(NO_DATA)}))'
        known = rounding(shown, figure.round)
        return None if known is None else f"IF(ISNUMBER({given}),{known},{lack})"

    def _computed(self, figure: Figure) -> str | None:
        expression = parsed(figure.formula or "")
        if any(name not in self.live for name in expression.names):
            return None
        measures = {name: self.programme.figures[name].measured_in for name in expression.names}
        own = expression.unit(measures)
        factor = own.scale / figure.measured_in.scale if own is not None else Fraction(1)
        body = translated(expression, self.live)
        body = rounding(body if factor == 1 else f"{body}*{number(factor)}", figure.round) or ""
        cells = [self.live[name] for name in expression.names]
        return when_known(cells, f"IFERROR({body},{quoted(NO_DATA)})") if body else None

    def points(self, code: str, *, outside: bool = False) -> str:
        """Return the address of an indicator's points."""
        return cell(FRAMEWORK_SHEET, FRAMEWORK_SHEET.at("points"), self.indicators[code], outside=outside)

    def weight(self, code: str, key: str = "weight", *, outside: bool = False) -> str:
        """Return the address of an indicator's weight, or of another of its cells."""
        return cell(FRAMEWORK_SHEET, FRAMEWORK_SHEET.at(key), self.indicators[code], outside=outside)

    def group(self, node: Indicator) -> str | None:
        """Return the formula of a group's points."""
        if node.combine is not GroupRule.SUM or node.at_least is not None:
            return None
        return self._sum([self.points(child.code) for child in node.children])

    @staticmethod
    def _sum(cells: Sequence[str]) -> str | None:
        if len(cells) > MOST_ARGUMENTS:
            return None
        listed = ",".join(cells)
        lacking = f"IF(OR({','.join(f'{one}={quoted(NO_DATA)}' for one in cells)}),{quoted(NO_DATA)},{quoted(BY_PROGRAM)})"
        return f"IF(COUNT({listed})={len(cells)},SUM({listed}),{lacking})"

    def weights_below(self, children: Sequence[Indicator]) -> str | None:
        """Return the sum of the weights of `children`, bonuses left out; None where some are not published."""
        counted = [child for child in children if not child.extra]
        if not counted or any(not isinstance(child.weight, Fraction) for child in counted):
            return None
        return f"SUM({','.join(self.weight(child.code) for child in counted[:MOST_ARGUMENTS])})"

    def total(self) -> list[tuple[str, str | None]]:
        """Return the lines below the framework: their words and formulas. Sum, total, grade."""
        framework = self.programme.framework
        at = FRAMEWORK_SHEET.at("points")
        sum_, total = (cell(FRAMEWORK_SHEET, at, self.total_row + line, outside=False) for line in (0, 1))
        return [
            ("各项得分合计 / sum", self._sum([self.points(one.code) for one in framework.indicators])),
            ("总分 / total", self._ceiled(framework, sum_)),
            ("等级 / grade", self._grade(framework, total)),
        ]

    def _condition(self, text: str, then: str, unknown: str) -> str | None:
        expression = parsed(text)
        cells = [self.live[name] for name in expression.names if name in self.live]
        if len(cells) < len(expression.names):
            return None
        known = f"COUNT({','.join(cells)})={len(cells)}" if cells else "TRUE"
        return f"IF({known},{then.replace(TEST, translated(expression, self.live))},{unknown})"

    def _ceiled(self, framework: Framework, sum_: str) -> str | None:
        total = sum_
        if framework.most is not None:
            total = f"MIN({total},{number(framework.most)})"
        if framework.least is not None:
            total = f"MAX({total},{number(framework.least)})"
        for ceiling in framework.ceilings:
            most = number(ceiling.most)
            limit = self._condition(ceiling.when, f"IF({TEST},{most},1E+99)", "NA()")
            if limit is None:
                return None
            total = f"MIN({total},{limit})"
        total = rounding(total, framework.round) or ""
        return f"IF(ISNUMBER({sum_}),IFERROR({total},{quoted(BY_PROGRAM)}),{sum_})" if total else None

    def _grade(self, framework: Framework, total: str) -> str | None:
        on = f"ROUND({total},{framework.print_places})" if framework.grade_on is GradeOn.PRINTED else total
        formula = quoted("—")
        for line in reversed(range(len(framework.grades))):
            row = HEAD_ROWS + 1 + line
            ends = {
                key: cell(GRADES_SHEET, GRADES_SHEET.at(key), row)
                for key in ("least", "above", "most", "below")
            }
            formula = f"IF({within(on, ends)},{cell(GRADES_SHEET, GRADES_SHEET.at('grade'), row)},{formula})"
        formula = f"IF(ISNUMBER({total}),{formula},{total})"
        for veto in reversed(framework.vetoes):
            grade, rest = quoted(veto.grade.zh), formula
            found = self._condition(
                veto.when,
                f"IF({TEST},{grade},{rest})",
                quoted(BY_PROGRAM),
            )
            if found is None:
                return None
            formula = found
        return None if overridden(framework) else formula
