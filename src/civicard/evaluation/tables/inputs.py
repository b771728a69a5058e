"""A table of units against a programme: which column is which figure, in which unit, and what every cell says."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from functools import partial
from typing import NamedTuple, TypeVar

from pydantic_core import PydanticCustomError

from civicard.evaluation.sheet_cells import CellProblem, not_a_number
from civicard.evaluation.tables.unit_table import MOST_SHOWN, Cell, TableRefused, UnitTable
from civicard.kernel.exact import Fraction, from_decimal, from_text, plain
from civicard.kernel.text import Text
from civicard.scoring import units
from civicard.scoring.evidence import Answer
from civicard.scoring.figures import Figure, Input, Lack, State
from civicard.scoring.many import Units
from civicard.scoring.programme import Programme
from civicard.scoring.rules.base import FigureRule
from civicard.scoring.rules.judged import ChecklistRule, DiscretionRule, GradedRule
from civicard.scoring.scorer import Scorer

EMPTY = Lack(State.MISSING, Text("表中为空", "empty in the table"))
NOT_APPLICABLE = Lack(State.NOT_APPLICABLE, Text("表中注明不适用", "said not to apply in the table"))
NOT_APPLICABLE_WORDS = frozenset({"不适用", "n.a.", "n/a", "不涉及"})
WORDS = {
    "是": True,
    "yes": True,
    "y": True,
    "true": True,
    "否": False,
    "no": False,
    "n": False,
    "false": False,
}
HEAD = re.compile(
    r"(?P<name>.*?)\s*[(（\[【]\s*(?:单位\s*[:：]\s*)?(?P<unit>[^()（）\[\]【】]*?)\s*[)）\]】]\s*", re.DOTALL
)
DECIMAL = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,2})?")
BAR = re.compile("[|\uff5c]")
# How alike, from 0 to 1, a head and a name must be for the head to be a slip of the pen: spend and spent are 0.8.
NEAR = 0.8
GIVEN = Text("表中所列", "as listed in the table")


Value = TypeVar("Value")


class TableFault(NamedTuple):
    """One thing that is wrong in a table.

    Attributes:
        row: the row of the file; 0 for the head.
        column: the head of the column.
        text: what is wrong, and what would be right.
    """

    row: int
    column: str
    text: Text

    @property
    def said(self) -> Text:
        """The sentence with its place."""
        zh = f"第 {self.row} 行，“{self.column}”列" if self.row else f"表头，“{self.column}”列"
        en = f"row {self.row}, column {self.column!r}" if self.row else f"head, column {self.column!r}"
        return Text(f"{zh}：{self.text.zh}", f"{en}: {self.text.en or self.text.zh}")


@dataclass(frozen=True, kw_only=True)
class TableInputs:
    """What a table gives to score many units with.

    Attributes:
        name: of the table.
        number: how many units.
        keys: the columns that name the units, as they are.
        inputs: by name of the figure, one value a unit.
        answers: by code of the judgement, one a unit; None where it is not answered.
        taken: keys of the figures that points, total or grade rest on and that the programme file gives, the
            same for all units, because no column does.
        faults: what is wrong, at most `tables.MOST_SHOWN` of it.
        more: how many faults there are beyond those.
    """

    name: str
    number: int
    keys: Mapping[str, Sequence[Cell]]
    inputs: Mapping[str, Sequence[Input]]
    answers: Mapping[str, Sequence[Answer | None]] = field(default_factory=dict)
    taken: tuple[str, ...] = ()
    faults: Sequence[TableFault] = ()
    more: int = 0

    def checked(self) -> "TableInputs":
        """Return this when nothing is wrong.

        Raises:
            TableRefused: with all faults.
        """
        if self.faults:
            raise TableRefused(self.name, [fault.said for fault in self.faults], self.more)
        return self

    def units(self) -> Units:
        """Return what `scoring.many.score_units` takes; raises as `checked`."""
        return Units(number=self.number, figures=self.checked().inputs, answers=self.answers)


def to_inputs(table: UnitTable, programme: Programme) -> TableInputs:
    """Return the figures and answers that the columns of `table` give for `programme`.

    A column is a figure when its head is the figure's key or name, in Chinese or English, perhaps with a unit in
    brackets behind it; it is a judgement when its head is a code of evidence; all other columns name the unit,
    except that a head one slip away from a figure or judgement that has no column is a fault.
    An empty cell is missing, 不适用 or n.a. does not apply, `81.5|82` is disputed. Nothing is converted: a column in
    万元 for a figure in 元 is a fault that says how.
    """
    return _Matching(table, programme).inputs()


class _Matching:
    def __init__(self, table: UnitTable, programme: Programme) -> None:
        self.table = table
        self.programme = programme
        self.faults: list[TableFault] = []
        self.more = 0
        self.names = _names(programme)
        self.judgements = dict(_judgements(programme))

    def say(self, row: int, column: str, text: Text) -> None:
        """Report one fault, or count it when there are too many to list."""
        if len(self.faults) < MOST_SHOWN:
            self.faults.append(TableFault(row, column, text))
        else:
            self.more += 1

    def inputs(self) -> TableInputs:
        """Return all columns, each as what it is."""
        keys: dict[str, Sequence[Cell]] = {}
        inputs: dict[str, Sequence[Input]] = {}
        answers: dict[str, Sequence[Answer | None]] = {}
        heads: dict[str, str] = {}
        for head, cells in self.table.columns.items():
            name, unit = _split(head)
            code = self._code(head, name)
            figures = self.names.get(_folded(head)) or self.names.get(_folded(name)) or []
            key = f"evidence {code}" if code is not None else figures[0] if len(figures) == 1 else ""
            if key and key in heads:
                text = Text(f"与“{heads[key]}”列是同一项", f"it is the same as the column {heads[key]!r}")
                self.say(0, head, text)
                continue
            if key:
                heads[key] = head
            if code is not None:
                answers[code] = self._column(head, cells, self.judgements[code], None)
            elif len(figures) > 1:
                options = ", ".join(figures)
                self.say(
                    0,
                    head,
                    Text(
                        f"有多项数据叫这个名称，请改用键名：{options}",
                        f"several figures have this name; use a key: {options}",
                    ),
                )
            elif figures:
                figure = self.programme.figures[figures[0]]
                if self._is_unit(head, unit, figure):
                    inputs[figures[0]] = self._column(head, cells, partial(_input, figure=figure), EMPTY)
            else:
                keys[head] = cells
        for head in keys:
            self._near(head, heads)
        return TableInputs(
            name=self.table.name, number=self.table.number, keys=keys, inputs=inputs, answers=answers,
            taken=_taken(self.programme, set(inputs)), faults=tuple(self.faults), more=self.more,
        )  # fmt: skip

    def _near(self, head: str, found: Mapping[str, str]) -> None:
        """Report a head that is nearly the name of a figure or judgement that no column gives."""
        options = {name: keys for name, keys in self.names.items() if not set(keys) & set(found)}
        options |= {_folded(code): [code] for code in self.judgements if f"evidence {code}" not in found}
        near = get_close_matches(_folded(_split(head)[0]), options, n=1, cutoff=NEAR)
        if near:
            key = options[near[0]][0]
            figure = self.programme.figures.get(key)
            zh = key if figure is None else f"{key}（{figure.name.zh}）"
            en = key if figure is None else f"{key} ({figure.name.en or figure.name.zh})"
            self.say(
                0,
                head,
                Text(
                    f"没有这项数据；是否为 {zh}？请改列名；若只是附带的列，请换一个不易混淆的列名",
                    f"there is no such figure; did you mean {en}? Rename it; if it only goes along, name it less alike",
                ),
            )

    def _code(self, head: str, name: str) -> str | None:
        return next((one for one in (head.strip(), name) if one in self.judgements), None)

    def _is_unit(self, head: str, given: str | None, figure: Figure) -> bool:
        if given is None:
            return True
        one, other = units.unit(unicodedata.normalize("NFKC", given)), figure.measured_in
        if one.alike(other) and one.scale == other.scale:
            return True
        need = figure.unit or "1"
        if one.alike(other):
            factor = plain(one.scale / other.scale)
            hint = Text(
                f"：1 {given} = {factor} {need}，请乘以 {factor} 并改列名",
                f": 1 {given} is {factor} {need}; multiply by {factor} and rename it",
            )
        else:
            hint = Text("", "")
        self.say(
            0,
            head,
            Text(
                f"列的单位是 {given}，数据的单位是 {need}{hint.zh}",
                f"the column is in {given}, the figure in {need}{hint.en}",
            ),
        )
        return False

    def _column(
        self, head: str, cells: Sequence[Cell], read: Callable[[Cell], Value], otherwise: Value
    ) -> list[Value]:
        """Return what the cells say; `otherwise` stands where one says what it must not."""
        found: list[Value] = []
        for row, cell in enumerate(cells, self.table.first_row):
            try:
                found.append(read(cell))
            except CellProblem as problem:
                self.say(row, head, problem.text)
                found.append(otherwise)
        return found


def _split(head: str) -> tuple[str, str | None]:
    match = HEAD.fullmatch(head)
    return (match["name"], match["unit"]) if match else (head, None)


def _folded(name: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", name)).casefold()


def _names(programme: Programme) -> dict[str, list[str]]:
    """Return the keys of the figures by every name that a column may have; a key beats a name."""
    found: dict[str, list[str]] = {}
    for key, figure in programme.figures.items():
        for name in dict.fromkeys(_folded(one) for one in (figure.name.zh, figure.name.en) if one):
            found.setdefault(name, []).append(key)
    return found | {_folded(key): [key] for key in programme.figures}


def _taken(programme: Programme, given: set[str]) -> tuple[str, ...]:
    """Return the figures that scores rest on and that the file gives; a formula stands for those it rests on."""
    figures, needed = programme.figures, set[str]()
    waiting = list(Scorer(programme.framework).needs())
    while waiting:
        key = waiting.pop()
        if key in given or key in needed or key not in figures:
            continue
        needed.add(key)
        expression = figures[key].expression
        waiting += [] if expression is None else expression.names
    return tuple(
        key
        for key, one in figures.items()
        if key in needed
        and (one.value is not None or one.disputed is not None or one.not_applicable is not None)
    )


def _judgements(programme: Programme) -> Iterator[tuple[str, Callable[[Cell], Answer | None]]]:
    """Yield the codes of evidence, each with what reads its cells."""
    for rule, slot in programme.rules():
        match rule:
            case ChecklistRule():
                for code in rule.codes(slot):
                    yield code, _yes_or_no
            case GradedRule():
                grades = {
                    word: one.grade.zh for one in rule.grades for word in (one.grade.zh, one.grade.en) if word
                }
                yield slot.code, partial(_grade, grades=grades)
            case DiscretionRule():
                yield slot.code, _amount
            case FigureRule() if rule.over is not None:
                yield f"{slot.code}.over", _yes_or_no


def _not_applicable(cell: Cell) -> Text | None:
    """Return the reason when a cell says that something does not apply."""
    if not isinstance(cell, str):
        return None
    word, _, reason = cell.strip().replace("：", ":").partition(":")
    if word.strip().casefold() not in NOT_APPLICABLE_WORDS:
        return None
    return Text(reason.strip()) if reason.strip() else NOT_APPLICABLE.why


def _is_empty(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _yes_or_no(cell: Cell) -> Answer | None:
    if _is_empty(cell):
        return None
    if reason := _not_applicable(cell):
        return Answer(not_applicable=reason)
    found = WORDS.get(str(cell).strip().casefold())
    if found is None:
        raise CellProblem(f"“{cell}”不是“是”或“否”", f"{str(cell)!r} is neither yes nor no")
    return Answer(answer=found)


def _grade(cell: Cell, grades: Mapping[str, str]) -> Answer | None:
    if _is_empty(cell):
        return None
    if reason := _not_applicable(cell):
        return Answer(not_applicable=reason)
    word = str(cell).strip()
    if word not in grades:
        options = "、".join(dict.fromkeys(grades.values()))
        raise CellProblem(
            f"没有“{word}”这一等级；可选：{options}", f"there is no grade {word!r}; possible: {options}"
        )
    return Answer(grade=Text(grades[word]))


def _amount(cell: Cell) -> Answer | None:
    if _is_empty(cell):
        return None
    if reason := _not_applicable(cell):
        return Answer(not_applicable=reason)
    return Answer(amount=_number(cell, ""))


def _input(cell: Cell, figure: Figure) -> Input:
    if _is_empty(cell):
        return EMPTY
    if reason := _not_applicable(cell):
        return Lack(State.NOT_APPLICABLE, reason)
    parts: list[Cell] = list(BAR.split(cell)) if isinstance(cell, str) else [cell]
    values = tuple(dict.fromkeys(_checked(_number(one, figure.unit), figure) for one in parts))
    if len(parts) == 1:
        return values[0]
    if len(values) == 1:
        raise CellProblem("争议值相同，请只写一个", "the disputed values are the same; write it once")
    return Lack(State.DISPUTED, GIVEN, values)


def _number(cell: Cell, unit: str) -> Fraction:
    if isinstance(cell, int):
        return Fraction(cell)
    if isinstance(cell, Decimal):
        if not cell.is_finite():
            raise CellProblem(
                "不是有限的数值；没有数据请留空", "it is no finite number; leave empty what is not known"
            )
        return from_decimal(cell)
    text = (cell or "").strip()
    if text.endswith(("%", "％")) and units.unit(unit).symbol == "%":
        text = text[:-1].rstrip()
    if not DECIMAL.fullmatch(text):
        raise not_a_number(cell, unit)
    return from_text(text)


def _checked(value: Fraction, figure: Figure) -> Fraction:
    try:
        figure.check(value)
    except PydanticCustomError as fault:
        context = fault.context or {}
        raise CellProblem(str(context.get("zh", "")), str(context.get("en", ""))) from None
    return value
