"""Arithmetic that a programme file may hold: exact, small, and without any power to do harm. Pure.

An expression names figures and combines them: `cards_made / cards_planned`, `min(a, b)`, `a if b >= 3 else c`,
`mean(q1, q2, q3)`. It is parsed by Python's own parser and then walked; nothing is ever executed. There are no
attributes, no indexing, no powers and no calls but the few functions below, so its size bounds its cost.
"""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from civicard.kernel.exact import ONE_HUNDREDTH, Fraction, from_text, rounded
from civicard.kernel.text import Text
from civicard.scoring import units
from civicard.scoring.source import MOST_DIGITS, NUMBER

MOST_CHARACTERS = 2_000
MOST_DEPTH = 30

FUNCTIONS: Mapping[str, Callable[[Sequence[Fraction]], Fraction]] = {
    "min": min,
    "max": max,
    "sum": lambda values: sum(values, Fraction(0)),
    "mean": lambda values: sum(values, Fraction(0)) / len(values),
    "abs": lambda values: abs(values[0]),
    "floor": lambda values: Fraction(values[0].numerator // values[0].denominator),
    "ceil": lambda values: Fraction(-(-values[0].numerator // values[0].denominator)),
    "round2": lambda values: rounded(values[0], ONE_HUNDREDTH),
}
ONE_ARGUMENT = frozenset({"abs", "floor", "ceil", "round2"})

Number = Fraction | int
Formula = Callable[[Mapping[str, Fraction]], Number]

COMPARISONS: Mapping[type[ast.cmpop], Callable[[Number, Number], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class ExpressionFault(ValueError):
    """An expression cannot be read, or mixes units that cannot be mixed."""

    def __init__(self, text: Text) -> None:
        """Keep the sentence in both languages."""
        super().__init__(text.en)
        self.text = text


class NoValueError(ArithmeticError):
    """The expression has no value, because something is divided by zero."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression.

    Attributes:
        text: as written.
        names: the figures it needs, in the order in which they first stand.
        tree: its parsed form.
        function: gives the result for the values of the names.
    """

    text: str
    names: tuple[str, ...]
    tree: ast.expr = field(repr=False, compare=False)
    function: Formula = field(repr=False, compare=False)

    def value(self, of: Mapping[str, Fraction]) -> Fraction:
        """Return the exact value; a condition gives 1 or 0.

        Raises:
            NoValueError: it divides by zero.
            KeyError: `of` lacks one of `names`.
        """
        return Fraction(self.function(of))

    def holds(self, of: Mapping[str, Fraction]) -> bool:
        """Return whether the condition is true; raises as `value` does."""
        return bool(self.function(of))

    def unit(self, of: Mapping[str, units.Unit]) -> units.Unit | None:
        """Return the unit of the result, or None for a bare number that fits any.

        Raises:
            ExpressionFault: two units are added or compared that are not the same.
        """
        return _unit(self.tree, of)


@lru_cache(maxsize=4096)
def parsed(text: str) -> Expression:
    """Return the expression that `text` writes.

    Raises:
        ExpressionFault: it is no expression of the kind described above.
    """
    if len(text) > MOST_CHARACTERS:
        raise ExpressionFault(Text("算式过长", "the expression is too long"))
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionFault(
            Text(f"算式“{text}”写法有误", f"{text!r} cannot be read as arithmetic")
        ) from error
    names: dict[str, None] = {}
    _check(tree, text, names, 0)
    return Expression(text, tuple(names), tree, _function(tree))


def _check(node: ast.expr, text: str, names: dict[str, None], depth: int) -> None:
    if depth > MOST_DEPTH:
        raise ExpressionFault(Text("算式嵌套过深", "the expression is nested too deep"))
    match node:
        case ast.Constant(value=value) if isinstance(value, int | float) and not isinstance(value, bool):
            parts: list[ast.expr] = []
            _exact(node, text.strip())
        case ast.Name(id=name):
            names.setdefault(name)
            parts = []
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div(), right=right):
            parts = [left, right]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not(), operand=operand):
            parts = [operand]
        case ast.BoolOp(values=values):
            parts = values
        case ast.Compare(left=left, comparators=others, ops=ops) if all(
            type(op) in COMPARISONS for op in ops
        ):
            parts = [left, *others]
        case ast.IfExp(test=test, body=body, orelse=orelse):
            parts = [test, body, orelse]
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS and args:
            if name in ONE_ARGUMENT and len(args) != 1:
                raise ExpressionFault(Text(f"{name}() 只能有一个参数", f"{name}() takes one argument"))
            parts = args
        case _:
            allowed = "+ - * / ( ) < <= > >= == != and or not if else, " + ", ".join(FUNCTIONS)
            raise ExpressionFault(
                Text(
                    f"算式“{text}”含有不允许的写法；可用：{allowed}",
                    f"{text!r} uses what is not allowed; possible: {allowed}",
                )
            )
    for part in parts:
        _check(part, text, names, depth + 1)


def _exact(node: ast.Constant, text: str) -> None:
    """Put the digits as written in the place of the binary float that Python has read."""
    digits = ast.get_source_segment(text, node) or ""
    if NUMBER.fullmatch(digits) is None or len(digits) > MOST_DIGITS:
        shown = digits[:20]
        raise ExpressionFault(
            Text(f"算式中的数 {shown} 写法有误", f"{shown!r} is no number that a formula may hold")
        )
    node.value = from_text(digits)  # type: ignore[assignment]  # a Fraction stands where ast knows only literals


def _function(node: ast.expr) -> Formula:
    """Return a checked node as a function of the figures, so that a table of many units does not walk it again."""
    match node:
        case ast.Constant(value=value):
            constant: Fraction = value  # type: ignore[assignment]  # set to a Fraction by _check
            return lambda _: constant
        case ast.Name(id=name):
            return lambda of: of[name]
        case ast.BinOp(left=left, op=op, right=right):
            return _arithmetic(op, _function(left), _function(right))
        case ast.UnaryOp(op=op, operand=operand):
            inner = _function(operand)
            if isinstance(op, ast.Not):
                return lambda of: not inner(of)
            return (lambda of: -inner(of)) if isinstance(op, ast.USub) else inner
        case ast.BoolOp(op=op, values=values):
            parts = [_function(part) for part in values]
            if isinstance(op, ast.And):
                return lambda of: all(part(of) for part in parts)
            return lambda of: any(part(of) for part in parts)
        case ast.Compare(left=left, ops=ops, comparators=others):
            sides = [_function(part) for part in (left, *others)]
            compared = [COMPARISONS[type(one)] for one in ops]
            return lambda of: all(
                holds(sides[at](of), sides[at + 1](of)) for at, holds in enumerate(compared)
            )
        case ast.IfExp(test=test, body=body, orelse=orelse):
            when, then, otherwise = _function(test), _function(body), _function(orelse)
            return lambda of: then(of) if when(of) else otherwise(of)
        case ast.Call(func=ast.Name(id=name), args=args):
            given = [_function(part) for part in args]
            called = FUNCTIONS[name]
            return lambda of: called([Fraction(part(of)) for part in given])
    raise AssertionError(node)  # _check lets nothing else through


def _arithmetic(op: ast.operator, left: Formula, right: Formula) -> Formula:
    match op:
        case ast.Add():
            return lambda of: left(of) + right(of)
        case ast.Sub():
            return lambda of: left(of) - right(of)
        case ast.Mult():
            return lambda of: left(of) * right(of)

    def quotient(of: Mapping[str, Fraction]) -> Fraction:
        below = right(of)
        if not below:
            raise NoValueError
        return Fraction(left(of)) / below

    return quotient


def _unit(node: ast.expr, of: Mapping[str, units.Unit]) -> units.Unit | None:
    match node:
        case ast.Name(id=name):
            return of[name]
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div() as op, right=right):
            one, other = _unit(left, of), _unit(right, of)
            if other is None:
                return one
            if one is None:
                one = units.unit("1")
            return units.times(one, other) if isinstance(op, ast.Mult) else units.over(one, other)
        case ast.BinOp(left=left, right=right):
            return _same([_unit(left, of), _unit(right, of)])
        case ast.UnaryOp(operand=operand):
            return _unit(operand, of)
        case ast.BoolOp(values=values):
            for part in values:
                _unit(part, of)
            return None
        case ast.Compare(left=left, comparators=others):
            _same([_unit(part, of) for part in (left, *others)])
            return None
        case ast.IfExp(test=test, body=body, orelse=orelse):
            _unit(test, of)
            return _same([_unit(body, of), _unit(orelse, of)])
        case ast.Call(args=args):
            return _same([_unit(part, of) for part in args])
    return None


def _same(found: Sequence[units.Unit | None]) -> units.Unit | None:
    known = [one for one in found if one is not None]
    for other in known[1:]:
        first = known[0]
        if first.dimension != other.dimension or first.scale != other.scale:
            one, two = first.symbol or "1", other.symbol or "1"
            raise ExpressionFault(
                Text(
                    f"单位不同，不能相加或比较：{one} 与 {two}",
                    f"{one} and {two} cannot be added or compared",
                )
            )
    return known[0] if known else None
