"""The same rules in openfisca-core: a variable for each figure, answer, indicator and the total; numpy vectors."""

import ast
import importlib
import operator
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.peers.table import Table, computed, leaves

from civicard.scoring import Programme
from civicard.scoring.figures import computation
from civicard.scoring.rules.base import Rule, Slot
from civicard.scoring.rules.combined import CombinedRule
from civicard.scoring.rules.counting import CountRule, EventRule
from civicard.scoring.rules.judged import ChecklistRule, GradedRule
from civicard.scoring.rules.step import StepReading, StepRule

YEAR = "2018"
OPERATIONS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
Vector = Any
Values = Callable[[str], Vector]


class OpenFisca:
    """The Shanghai rules as a tax and benefit system, and the units as its people."""

    def __init__(self, programme: Programme, table: Table) -> None:
        """Declare the variables and turn the table into vectors, as a user has them before the clock starts.

        Raises:
            ModuleNotFoundError: openfisca-core is not installed.
        """
        # Imported by name, so that types are checked alike with and without it.
        self.numpy = importlib.import_module("numpy")
        self.builder = importlib.import_module("openfisca_core.simulations").SimulationBuilder
        self.codes = [leaf.code for leaf in leaves(programme)]
        self.number = table.number
        system = importlib.import_module("openfisca_core.taxbenefitsystems").TaxBenefitSystem
        entity = importlib.import_module("openfisca_core.entities").build_entity
        self.unit = entity(key="unit", plural="units", label="evaluated unit", is_person=True)
        self.system = system([self.unit])
        self.vectors: dict[str, Vector] = {}
        self._declare_inputs(programme, table)
        self._declare_formulas(programme)

    def scores(self) -> dict[str, Vector]:
        """Set all inputs of a new simulation and return the points by code, and the total."""
        simulation = self.builder().build_default_simulation(self.system, self.number)
        for name, vector in self.vectors.items():
            simulation.set_input(name, YEAR, vector)
        total = simulation.calculate("total", YEAR)
        return {code: simulation.calculate(variable(code), YEAR) for code in self.codes} | {"total": total}

    def _declare_inputs(self, programme: Programme, table: Table) -> None:
        array = self.numpy.array
        for name, figures in table.figures.items():
            self._declare(name, float)
            self.vectors[name] = array([float(one) for one in figures])
        for code, answers in table.answers.items():
            self._declare(variable(code), bool)
            self.vectors[variable(code)] = array(answers)
        words = {
            part.code: [grade.grade.zh for grade in rule.grades]
            for leaf in leaves(programme)
            for rule, part in leaf.rule.slots(leaf.slot)
            if isinstance(rule, GradedRule)
        }
        for code, grades in table.grades.items():
            self._declare(variable(code), int)
            self.vectors[variable(code)] = array([words[code].index(one) for one in grades])

    def _declare_formulas(self, programme: Programme) -> None:
        given = {*self.vectors}
        for name in computed(programme):
            for operand in programme.figures[name].expression.names:  # type: ignore[union-attr]  # computed() saw to it
                if operand not in given and (value := programme.figures[operand].value) is not None:
                    self._declare(operand, float)
                    self.vectors[operand] = self.numpy.full(self.number, float(value))
                given.add(operand)
            self._declare(name, float, self._figure(programme, name))
        for leaf in leaves(programme):
            self._declare(variable(leaf.code), float, self._points(leaf.rule, leaf.slot))
        names = [variable(code) for code in self.codes]
        self._declare("total", float, lambda values: sum(values(name) for name in names))

    def _declare(self, name: str, kind: type, formula: Callable[[Values], Vector] | None = None) -> None:
        periods = importlib.import_module("openfisca_core.periods")
        base = importlib.import_module("openfisca_core.variables").Variable
        content: dict[str, object] = {
            "value_type": kind, "entity": self.unit, "definition_period": periods.DateUnit.YEAR, "label": name,
        }  # fmt: skip
        if formula is not None:
            content["formula"] = lambda unit, period: formula(lambda other: unit(other, period))
        self.system.add_variable(type(name, (base,), content))

    @staticmethod
    def _figure(programme: Programme, name: str) -> Callable[[Values], Vector]:
        one = computation(name, programme.figures)
        assert one is not None
        factor = float(one.factor)

        def value(node: ast.expr, values: Values) -> Vector:
            if isinstance(node, ast.Name):
                return values(node.id)
            assert isinstance(node, ast.BinOp)
            return OPERATIONS[type(node.op)](value(node.left, values), value(node.right, values))

        return lambda values: value(one.expression.tree, values) * factor

    def _points(self, rule: Rule, slot: Slot) -> Callable[[Values], Vector]:
        numpy, full = self.numpy, float(slot.full)
        match rule:
            case StepRule(reading=StepReading.STARTED):
                target, step, deduct, least = map(float, (rule.target, rule.step, rule.deduct, rule.least))

                def stepped(values: Values) -> Vector:
                    steps = numpy.ceil(numpy.maximum(target - values(rule.figure), 0) / step)
                    return numpy.maximum(full - steps * deduct, least)

                return stepped
            case CountRule():
                target, deduct, least = map(float, (rule.target, rule.deduct, rule.least))
                return lambda values: numpy.maximum(
                    full - numpy.maximum(target - values(rule.figure), 0) * deduct, least
                )
            case EventRule(deduct=cost) if cost is not None:
                each, least = float(cost), float(rule.least)
                return lambda values: numpy.maximum(full - values(rule.figure) * each, least)
            case ChecklistRule():
                items = [(variable(code), float(points), good) for code, points, good in rule.asked(slot)]
                return lambda values: sum((values(name) == good) * points for name, points, good in items)
            case GradedRule():
                points = numpy.array([float(grade.points or 0) for grade in rule.grades])
                return lambda values: points[values(variable(slot.code))]
            case CombinedRule(kind="sum"):
                parts = [self._points(part, own) for part, own in rule.slots(slot)]
                return lambda values: sum(part(values) for part in parts)
        raise AssertionError(rule)  # the framework has no other kind


def variable(code: str) -> str:
    """Return the name of the variable of an indicator or an item."""
    return f"code_{code.replace('.', '_')}"
