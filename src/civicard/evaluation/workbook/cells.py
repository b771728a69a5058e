"""What the cells of a row mean: each kind of field shows a plain value in cells, and reads cells back.

A record of a programme (an indicator, a figure, an answer) is one row. A value that its cells cannot say to the
last detail (an exact third, a text with an unusual English) stands beside, as YAML in the row's last column; the
cells then show it as well as they can, and whoever changes a cell overrules what stands beside.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from civicard.evaluation.sheet_cells import CellProblem, Seen, exact, not_a_number
from civicard.evaluation.yaml_text import same
from civicard.kernel.exact import Fraction, from_text, plain
from civicard.scoring import units
from civicard.scoring.source import NUMBER

# A cell holds 32,767 UTF-16 units; half as many characters always fit.
MOST_CHARACTERS = 16_000
UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff\r\u2028\u2029]|_x[0-9A-Fa-f]{4}_|x005F_")
SEPARATORS = re.compile(r"[、,，;；\s]+")
YES, NO, NOT_APPLICABLE = "是", "否", "不适用"
YES_NO: Mapping[str, bool] = {
    YES: True,
    "yes": True,
    "Yes": True,
    "YES": True,
    NO: False,
    "no": False,
    "No": False,
    "NO": False,
}
CANDIDATE = re.compile(r"\s*([-+]?[0-9.]+)\s*(?:[|\uff5c]\s*(.*))?")

Shown: TypeAlias = str | Fraction | bool | None
Record: TypeAlias = dict[str, Any]


class _Absent:
    """Stands for a key that is not there, which is not the same as an empty one."""


ABSENT = _Absent()


@dataclass(frozen=True, kw_only=True)
class Field:
    """One key of a record, in one cell or, with its English beside, in two.

    Attributes:
        key: the key of the record.
        zh, en: the two lines of the column's head.
        width: of the column, in characters.
        is_required: an empty cell is a fault.
        is_bilingual: a second column holds the English.
        note: what is said when the cell is chosen.
    """

    key: str
    zh: str
    en: str
    width: int = 12
    is_required: bool = False
    is_bilingual: bool = False
    note: str = ""

    def show(self, value: object) -> list[Shown]:
        """Return what the cells show for `value`; blank where they cannot show it."""
        if self.is_bilingual:
            match value:
                case {"zh": str(zh), "en": str(en), **rest} if not rest:
                    return [_fit(zh), _fit(en)]
                case {"zh": str(zh)}:
                    return [_fit(zh), None]
            return [self.show_one(value), None]
        match value:
            case {"zh": str(zh), **_rest}:
                return [self.show_one(zh)]
        return [self.show_one(value)]

    def read(self, cells: Sequence[Seen], record: Record) -> object:
        """Return the value of the cells, `ABSENT` when they are empty; `record` is what the row gave before.

        Raises:
            CellProblem: the cells hold what this field cannot be.
        """
        if cells[0].value is None or cells[0].value == "":
            return ABSENT
        one = self.read_one(cells[0], record)
        if self.is_bilingual and isinstance(english := cells[1].value, str) and english:
            return {"zh": one if isinstance(one, str) else str(self.text_of(cells[0])), "en": english}
        return one

    def show_one(self, value: object) -> Shown:
        """Return what a single cell shows."""
        return (
            _fit(value)
            if isinstance(value, str)
            else _readable(value)
            if isinstance(value, Fraction)
            else None
        )

    def read_one(self, cell: Seen, _record: Record) -> object:
        """Return the value of a single cell that is not empty."""
        if isinstance(cell.value, Fraction) and cell.is_percent:
            return self.text_of(cell)
        return cell.value

    @staticmethod
    def text_of(cell: Seen) -> str:
        """Return what a cell holds as text."""
        match cell.value:
            case bool():
                return YES if cell.value else NO
            case Fraction():
                return f"{plain(cell.value * 100)}%" if cell.is_percent else plain(cell.value)
        return cell.value or ""


class SaidField(Field):
    """Text, Chinese with English beside."""


class WordField(Field):
    """Text that is never a number, such as the name of a figure."""

    def show_one(self, value: object) -> Shown:
        """Return the text; a code that stands as a number in the file is shown as printed."""
        return _fit(self.text_of(Seen(value))) if isinstance(value, str | Fraction | bool) else None

    def read_one(self, cell: Seen, _record: Record) -> object:
        """Return the cell as text."""
        return self.text_of(cell).strip()


@dataclass(frozen=True, kw_only=True)
class NumberField(Field):
    """An exact number.

    Attributes:
        words: what may stand instead of a number, and the word that it means in a programme file.
        unit_key: the key of the record that says the number's unit.
    """

    words: Mapping[str, str] = field(default_factory=dict)
    unit_key: str = ""

    def show_one(self, value: object) -> Shown:
        """Return the number that the cell can hold, or the nearest to it."""
        for shown, word in self.words.items():
            if value == word:
                return shown
        return _readable(value) if isinstance(value, Fraction) else None

    def read_one(self, cell: Seen, record: Record) -> object:
        """Return the exact number."""
        if isinstance(cell.value, str) and cell.value.strip() in self.words:
            return self.words[cell.value.strip()]
        unit = str(record.get(self.unit_key) or "") if self.unit_key else ""
        if not isinstance(cell.value, Fraction):
            raise not_a_number(cell.value, unit)
        if not cell.is_percent:
            return cell.value
        if units.unit(unit).symbol != "%":
            shown = plain(cell.value * 100)
            raise CellProblem(
                f"单元格是百分比格式，显示 {shown}%，而这里的单位是 {unit or '数'}；请改用常规格式再填数字",
                f"the cell is in percent format and shows {shown}%, but {unit or 'a plain number'} is needed; "
                "set its format to General and type the number again",
            )
        return cell.value * 100


@dataclass(frozen=True, kw_only=True)
class ChoiceField(Field):
    """One of a closed set of words.

    Attributes:
        choices: value by the word shown in the list.
    """

    choices: Mapping[str, str | bool]

    def show_one(self, value: object) -> Shown:
        """Return the word shown for the value."""
        return next((word for word, one in self.choices.items() if same(one, value)), None)

    def read_one(self, cell: Seen, _record: Record) -> object:
        """Return the value of the word, or of the value itself when that was typed."""
        text = self.text_of(cell).strip()
        if text in self.choices:
            return self.choices[text]
        if text in self.choices.values():
            return text
        options = "、".join(self.choices)
        raise CellProblem(
            f"“{text[:40]}”不在选项中；可选：{options}",
            f"{text[:40]!r} is not in the list; possible: {options}",
        )


class ListField(Field):
    """Several codes in one cell, between commas."""

    def show_one(self, value: object) -> Shown:
        """Return the codes in one line."""
        return (
            _fit("、".join(value))
            if isinstance(value, list) and all(isinstance(one, str) for one in value)
            else None
        )

    def read_one(self, cell: Seen, _record: Record) -> object:
        """Return the codes."""
        return [one for one in SEPARATORS.split(self.text_of(cell)) if one]


class LinesField(Field):
    """Several texts in one cell, one a line."""

    def show_one(self, value: object) -> Shown:
        """Return the texts, one a line."""
        return (
            _fit("\n".join(value))
            if isinstance(value, list) and all(isinstance(one, str) for one in value)
            else None
        )

    def read_one(self, cell: Seen, _record: Record) -> object:
        """Return the lines that are not empty."""
        return [line.strip() for line in self.text_of(cell).splitlines() if line.strip()]


class CandidatesField(Field):
    """The values of a disputed figure, one a line: the number, a bar, and who says so."""

    def show_one(self, value: object) -> Shown:
        """Return a line for each candidate."""
        lines = []
        for one in value if isinstance(value, list) else []:
            match one:
                case {"value": Fraction() as number, **rest}:
                    place = rest.get("place")
                    lines.append(f"{plain(number)} | {place}" if isinstance(place, str) else plain(number))
        return _fit("\n".join(lines)) if lines else None

    def read_one(self, cell: Seen, _record: Record) -> object:
        """Return the candidates."""
        found: list[dict[str, object]] = []
        for line in self.text_of(cell).splitlines():
            match = CANDIDATE.fullmatch(line)
            if not line.strip():
                continue
            if match is None or not NUMBER.fullmatch(match[1]):
                raise CellProblem(
                    f"争议值应每行一个，写作“数值 | 出处”，这里是“{line[:40]}”",
                    f"write one disputed value a line, as `number | place`; here stands {line[:40]!r}",
                )
            found.append({"value": from_text(match[1])} | ({"place": match[2].strip()} if match[2] else {}))
        return found


class RoundField(Field):
    """A prescribed rounding by its step: 0.01."""

    def show_one(self, value: object) -> Shown:
        """Return the step."""
        match value:
            case {"to": Fraction() as to}:
                return _readable(to)
        return None

    def read_one(self, cell: Seen, _record: Record) -> object:
        """Return the rounding."""
        if not isinstance(cell.value, Fraction):
            raise not_a_number(cell.value, "")
        return {"to": cell.value}


def _fit(text: str) -> str | None:
    """Return as much of `text` as a cell holds and gives back unchanged."""
    fit = UNFIT.sub("", text.replace("\r\n", "\n"))
    return (fit if len(fit) <= MOST_CHARACTERS else fit[: MOST_CHARACTERS - 1] + "…") or None


def _readable(number: Fraction) -> Fraction | None:
    """Return the number that a cell gives back when `number` is put into it: binary, with 15 digits, as many as spreadsheet programs keep."""
    try:
        held = float(f"{number.numerator / number.denominator:.15G}")
    except OverflowError:
        return None
    return exact(held)


def fits(key: str) -> bool:
    """Tell whether a key can stand in a cell and come back unchanged."""
    return bool(key) and _fit(key) == key == key.strip()


def held(number: Fraction) -> float:
    """Return the binary number that stands for `number` in a cell."""
    return float(f"{number.numerator / number.denominator:.15G}")
