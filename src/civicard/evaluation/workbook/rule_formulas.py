"""Live formulas of scoring rules, over the cells in which the keys of each rule stand and can be changed."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from civicard.evaluation.workbook.formulas import (
    MOST_ARGUMENTS,
    NOISE_PLACES,
    Places,
    cell,
    number,
    quoted,
    rounding,
    translated,
    when_known,
    within,
)  # fmt: skip
from civicard.evaluation.workbook.layout import (
    BY_PROGRAM,
    EVIDENCE,
    EVIDENCE_SHEET,
    HEAD_ROWS,
    NO_DATA,
    NOT_APPLICABLE,
    READINGS,
    RULES,
)  # fmt: skip
from civicard.evaluation.workbook.lines import Line
from civicard.evaluation.workbook.rows import Row
from civicard.kernel.exact import Fraction
from civicard.scoring.programme import slot_of
from civicard.scoring.rules.base import FigureRule, Rule, Slot
from civicard.scoring.rules.combined import CombinedRule
from civicard.scoring.rules.counting import CountRule, EventRule
from civicard.scoring.rules.formula import FULL, FormulaRule
from civicard.scoring.rules.judged import ChecklistRule, DiscretionRule, GradedRule, Item, StatedRule
from civicard.scoring.rules.proportional import BandsRule, InterpolationRule, PassMarkRule, ProportionalRule
from civicard.scoring.rules.step import StepRule

if TYPE_CHECKING:
    from civicard.evaluation.workbook.lines import Key

ENDS = ("least", "above", "most", "below")
# Nested conditions beyond this are refused by spreadsheet programs.
MOST_NESTED = 60
REVERSE, EQUAL = quoted("越低越好"), quoted("等于目标")


class RuleFormulas:
    """The formulas of all rows of the rules."""

    def __init__(self, places: Places, rows: Mapping[str, Sequence[Row]]) -> None:
        """Find the part of the programme that each row shows."""
        self.places = places
        self.answers = {row.marks["key"]: at for at, row in enumerate(rows[EVIDENCE], HEAD_ROWS + 1)}
        self.lines: dict[Key, Line] = {}
        self.result_rows: dict[str, int] = {}
        leaves = {leaf.code: leaf for leaf in places.programme.framework.leaves()}
        for at, row in enumerate(rows[RULES], HEAD_ROWS + 1):
            code = row.marks["indicator"]
            leaf = leaves[code]
            if not row.path:
                self.result_rows[code] = at
                slot = slot_of(leaf.code, leaf.weight, leaf.out_of, leaf.unit)
                self.lines[code, ()] = Line(leaf.rule, at, slot, (code, ()))
                continue
            above = self.lines.get((code, row.path[:-2]))
            if above is None or row.path[-2] in above.set:
                continue  # a chosen reading replaces the whole list
            part, slot = self._part(above, str(row.path[-2]), int(row.path[-1]))
            self.lines[code, row.path] = Line(part, at, slot, (code, row.path))

    @staticmethod
    def _part(above: Line, key: str, at: int) -> tuple[Any, Slot]:
        part = getattr(above.part, key)[at]
        if isinstance(above.part, CombinedRule):
            return above.part.slots(above.slot)[at]
        if isinstance(above.part, ChecklistRule):
            return part, Slot(above.part.codes(above.slot)[at], part.points, "")
        return part, above.slot

    def below(self, line: Line, key: str) -> list[Line] | None:
        """Return the rows of a rule's list, None when they do not show what counts."""
        code, path = line.key
        found = [self.lines.get((code, (*path, key, at))) for at in range(len(getattr(line.part, key)))]
        return (
            None
            if key in line.set or None in found or len(found) > MOST_NESTED
            else [one for one in found if one]
        )

    def answer(self, code: str, key: str) -> str | None:
        """Return the cell of an answer."""
        row = self.answers.get(code)
        return None if row is None else cell(EVIDENCE_SHEET, EVIDENCE_SHEET.at(key), row)

    def live(self, line: Line) -> dict[str, str | None]:
        """Return the formulas of one row: full points, figure, points before and after rounding."""
        part = line.part
        if isinstance(part, Item):
            return self._item(line)
        if not isinstance(part, Rule):
            return {}
        if "kind" in line.set:
            return {"result": None}
        base, x = self._rule(line), None
        if isinstance(part, FigureRule):
            x = self.places.live.get(part.figure)
            if base is not None:
                base = f"IF(ISNUMBER({line.x}),{base},{line.x})" if x is not None else None
        result = self._finished(line) if base is not None else None
        return {"full": self._full(line), "x": x, "base": base, "result": result}

    def _full(self, line: Line) -> str:
        code, path = line.key
        if not path:
            weight, out_of = (self.places.weight(code, key, outside=True) for key in ("weight", "out_of"))
            return f'IF({out_of}<>"",{out_of},N({weight}))'
        above = self.lines[code, path[:-2]]
        own_points = isinstance(above.part, CombinedRule) and above.part.kind == "sum"
        return line.n("points") if own_points else above.full

    def _finished(self, line: Line) -> str | None:
        rule: Rule = line.part
        points = line.base
        if isinstance(rule, FigureRule) and rule.over is not None:
            explained = self.answer(f"{line.slot.code}.over", "answer")
            limit = f"{line.n('target')}*{number(1 + rule.over.percent / 100)}"
            test = f"ROUND({line.x}-{limit},{NOISE_PLACES})>=0" + (f',{explained}<>"是"' if explained else "")
            points = f"IF(AND({test}),MAX({line.n('least')},{points}-{number(rule.over.deduct)}),{points})"
        finished = rounding(points, rule.round)
        return None if finished is None else f"IF(ISNUMBER({line.base}),{finished},{line.base})"

    def _item(self, line: Line) -> dict[str, str | None]:
        answer, reason = (self.answer(line.slot.code, key) for key in ("answer", "not_applicable"))
        if answer is None:
            return {}
        x = f'IF({reason}<>"",{quoted(NOT_APPLICABLE)},{answer}&"")'
        points = f"IF({line.x}={line.said('good')},{line.n('points')},0)"
        result = f'IF({line.x}={quoted(NOT_APPLICABLE)},{line.x},IF(OR({line.x}="是",{line.x}="否"),{points},{quoted(NO_DATA)}))'
        return {"full": line.n("points"), "x": x, "result": result}

    def _rule(self, line: Line) -> str | None:
        for kind, formula in FORMULAS.items():
            if isinstance(line.part, kind):
                return formula(self, line)
        return None

    def step(self, line: Line) -> str:
        """Return the points of a step rule under whichever reading its cell names."""
        x, target, way = line.x, line.n("target"), line.said("direction")
        gap = f"ROUND(IF({way}={REVERSE},{x}-{target},IF({way}={EQUAL},ABS({x}-{target}),{target}-{x})),{NOISE_PLACES})"

        def reached(key: str, *, better: bool) -> str:
            limit = line.n(key)
            sign, other = (">=", "<=") if better else ("<=", ">=")
            same = f"ROUND({gap}-ABS({limit}-{target}),{NOISE_PLACES}){other}0"
            off = f"ROUND({x}-{limit},{NOISE_PLACES})"
            return f"AND({line.has(key)},IF({way}={REVERSE},{off}{other}0,IF({way}={EQUAL},{same},{off}{sign}0)))"

        short = f"IF({line.said('step_is')}={quoted('目标的百分比')},{gap}/ABS({target})*100,{gap})"
        ratio, reading = f"{short}/{line.n('step')}", line.said("reading")
        even = f"ROUND({ratio},{NOISE_PLACES})"
        started, completed, nearest, _ = (quoted(word) for word in READINGS)
        steps = (
            f"IF({reading}={started},ROUNDUP({even},0),IF({reading}={completed},ROUNDDOWN({even},0),"
            f"IF({reading}={nearest},ROUND({even},0),{ratio})))"
        )
        rest = f"MAX({line.n('least')},{line.full}-{steps}*{line.n('deduct')})"
        beyond = f"IF({reached('zero_beyond', better=False)},{line.n('least')},{rest})"
        return f"IF(OR({gap}<=0,{reached('threshold', better=True)}),{line.full},{beyond})"

    def proportional(self, line: Line) -> str:
        """Return points in proportion to actual over target."""
        x, target, way = line.x, line.n("target"), line.said("direction")
        capped = f"{line.said('cap')}<>{quoted('否')}"
        ahead = f"IF({target}=0,IF({x}>=0,1,0),{x}/{target})"
        equal = f"IF({target}=0,IF(ROUND({x},{NOISE_PLACES})=0,1,0),1-ABS({x}-{target})/{target})"
        inverse = f"{line.said('reverse_form')}={quoted('目标/实际')}"
        back = (
            f"IF(AND(ROUND({x}-{target},{NOISE_PLACES})<=0,OR({capped},{x}<=0)),1,"
            f"IF({inverse},{target}/{x},IF({target}=0,0,1-({x}-{target})/{target})))"
        )
        share = f"IF({way}={REVERSE},{back},IF({way}={EQUAL},{equal},{ahead}))"
        return f"MAX({line.n('least')},{line.full}*IF({capped},MIN(1,{share}),{share}))"

    def pass_mark(self, line: Line) -> str:
        """Return points above a pass mark."""
        mark = f"{line.n('pass_percent')}/100"
        part = f"({line.x}/{line.n('target')}-{mark})/(1-{mark})"
        return f"MAX({line.n('least')},{line.full}*MIN(1,{part}))"

    def bands(self, line: Line) -> str | None:
        """Return the points of the band that holds the figure."""
        rows = self.below(line, "bands")
        if rows is None:
            return None
        formula = line.n("least")
        for band in reversed(rows):
            formula = (
                f"IF({within(line.x, {key: band.own(key) for key in ENDS})},{band.n('points')},{formula})"
            )
        return formula

    def interpolation(self, line: Line) -> str | None:
        """Return points on a line."""
        rule: InterpolationRule = line.part
        if rule.round_figure is not None:
            return None
        if rule.knots is None:
            floor, least = line.n("floor"), line.n("least")
            most = f"IF({line.has('most')},{line.n('most')},{line.full})"
            share = f"MAX(0,MIN(1,({line.x}-{floor})/({line.n('benchmark')}-{floor})))"
            return f"{least}+({most}-{least})*{share}"
        rows = self.below(line, "knots")
        if rows is None:
            return None
        formula = rows[-1].n("points")
        for left, right in reversed(list(pairwise(rows))):
            (a, p), (b, q) = ((one.n("target"), one.n("points")) for one in (left, right))
            formula = f"IF({line.x}<={b},{p}+({line.x}-{a})/({b}-{a})*({q}-{p}),{formula})"
        return f"IF({line.x}<={rows[0].n('target')},{rows[0].n('points')},{formula})"

    def count(self, line: Line) -> str:
        """Return points by how many are lacking."""
        lacking = f"MAX(0,{line.n('target')}-{line.x})"
        return f"IF({lacking}=0,{line.full},MAX({line.n('least')},{line.full}-{lacking}*{line.n('deduct')}))"

    def event(self, line: Line) -> str:
        """Return points by events that cost or earn."""
        earned = f"MIN({line.full},{line.n('least')}+{line.x}*{line.n('earns')})"
        return (
            f"IF({line.has('earns')},{earned},MAX({line.n('least')},{line.full}-{line.x}*{line.n('deduct')}))"
        )

    def combined(self, line: Line) -> str | None:
        """Return the sum, mean, best or worst of the parts."""
        rule: CombinedRule = line.part
        rows = self.below(line, "parts")
        if rows is None or "weights" in line.set:
            return None
        cells = [one.result for one in rows]
        listed = ",".join(cells)
        joined = {"sum": f"SUM({listed})", "best": f"MAX({listed})", "worst": f"MIN({listed})"}.get(
            rule.kind, f"AVERAGE({listed})"
        )
        if rule.weights is not None:
            weighted = "+".join(
                f"{one}*{number(weight)}" for one, weight in zip(cells, rule.weights, strict=True)
            )
            joined = f"({weighted})/{number(sum(rule.weights, Fraction(0)))}"
        known = f"IF(COUNT({listed})={len(cells)},{joined},{quoted(BY_PROGRAM)})"
        missing = ",".join(f"{one}={quoted(NO_DATA)}" for one in cells)
        return f"IF(OR({missing}),{quoted(NO_DATA if rule.at_least is None else BY_PROGRAM)},{known})"

    def checklist(self, line: Line) -> str | None:
        """Return the points of the items, with what becomes of those that do not apply."""
        rows = self.below(line, "items")
        if (
            rows is None
            or any("points" in one.set for one in rows)
            or not all(one.slot.code in self.answers for one in rows)
        ):
            return None
        results, points = (f"{rows[0].own(key)}:{rows[-1].own(key)}" for key in ("result", "points"))
        none, policy = quoted(NOT_APPLICABLE), line.said("not_applicable")
        left = f"SUMIF({results},{none},{points})"
        spread = f"IF({left}=SUM({points}),{none},SUM({results})*{line.full}/(SUM({points})-{left}))"
        ways = f"IF({policy}={quoted('给满分')},SUM({results})+{left},IF({policy}={quoted('不得分')},SUM({results}),{spread}))"
        return f"IF(COUNTIF({results},{quoted(NO_DATA)})>0,{quoted(NO_DATA)},{ways})"

    def graded(self, line: Line) -> str | None:
        """Return the points of the grade that was chosen."""
        rows = self.below(line, "grades")
        cells = {
            key: self.answer(line.slot.code, key) for key in ("grade", "points", "reason", "not_applicable")
        }
        if rows is None or cells["grade"] is None:
            return None
        formula = quoted(NO_DATA)
        for one in reversed(rows):
            word = one.part.grade
            test = ",".join(
                f"{cells['grade']}={quoted(text)}" for text in dict.fromkeys((word.zh, word.en)) if text
            )
            inside = within(f"N({cells['points']})", {key: one.own(key) for key in ENDS})
            chosen = f'IF(AND({cells["points"]}<>"",{cells["reason"]}<>"",{inside}),{cells["points"]},{quoted(NO_DATA)})'
            formula = f"IF(OR({test}),IF({one.has('points')},{one.n('points')},{chosen}),{formula})"
        return f'IF({cells["not_applicable"]}<>"",{quoted(NOT_APPLICABLE)},{formula})'

    def discretion(self, line: Line) -> str | None:
        """Return what is left after the amount, once it has its reason and signature."""
        rule: DiscretionRule = line.part
        amount, reason, second = (
            self.answer(line.slot.code, key) for key in ("amount", "reason", "seconded_by")
        )
        if amount is None:
            return None
        signed = f'{reason}<>"",{second}<>""' if rule.second_signature else f'{reason}<>""'
        test = (
            f'{amount}<>"",N({amount})>=0,N({amount})<={line.n("most_off")},OR(N({amount})=0,AND({signed}))'
        )
        return f"IF(AND({test}),{line.full}-{amount},{quoted(NO_DATA)})"

    def stated(self, line: Line) -> str:
        """Return the points as stated."""
        return f"IF({line.has('stated')},{line.said('stated')},{quoted(NO_DATA)})"

    def formula(self, line: Line) -> str | None:
        """Return the points of the framework's own formula."""
        rule: FormulaRule = line.part
        names = rule.needs()
        if any(name not in self.places.live for name in names) or len(names) > MOST_ARGUMENTS:
            return None
        body = translated(rule.expression, {**self.places.live, FULL: line.full})
        capped = f"IF({line.said('cap')}<>{quoted('否')},MIN({line.full},{body}),{body})"
        known = f"IFERROR(MAX({line.n('least')},{capped}),{quoted(NO_DATA)})"
        return when_known([self.places.live[name] for name in names], known)


# A proportional rule is no step rule, and so on: the first class that fits is the only one.
FORMULAS: Mapping[type[Rule], Callable[[RuleFormulas, Line], str | None]] = {
    StepRule: RuleFormulas.step, ProportionalRule: RuleFormulas.proportional, PassMarkRule: RuleFormulas.pass_mark,
    BandsRule: RuleFormulas.bands, InterpolationRule: RuleFormulas.interpolation, CountRule: RuleFormulas.count,
    EventRule: RuleFormulas.event, CombinedRule: RuleFormulas.combined, ChecklistRule: RuleFormulas.checklist,
    GradedRule: RuleFormulas.graded, DiscretionRule: RuleFormulas.discretion, StatedRule: RuleFormulas.stated,
    FormulaRule: RuleFormulas.formula,
}  # fmt: skip
