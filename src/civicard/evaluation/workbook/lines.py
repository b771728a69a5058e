"""One row of the sheet of rules, and the cells in which its keys stand."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from civicard.evaluation.workbook.formulas import cell, number, overridden, quoted
from civicard.evaluation.workbook.layout import (
    DIRECTIONS,
    ITEM_POLICIES,
    READINGS,
    REVERSE_FORMS,
    RULES_SHEET,
    STEP_IS,
)
from civicard.kernel.exact import Fraction
from civicard.scoring.model import Ambiguous
from civicard.scoring.rules.base import Slot

SHOWN: Mapping[str, Mapping[str, str | bool]] = {
    "direction": DIRECTIONS, "reading": READINGS, "step_is": STEP_IS, "reverse_form": REVERSE_FORMS,
    "not_applicable": ITEM_POLICIES, "cap": {"是": True, "否": False}, "good": {"是": True, "否": False},
}  # fmt: skip


Key: TypeAlias = tuple[str, tuple[str | int, ...]]


class Line:
    """One row of the rules: a rule or part with the cells of its keys."""

    def __init__(self, part: Any, row: int, slot: Slot, key: Key) -> None:  # noqa: ANN401 - a rule, an item, a band, a grade or a knot
        """Take the part, its row in the sheet, its place in the framework, and what it is found by."""
        self.part = part
        self.key = key
        self.row = row
        self.slot = slot
        self.set = overridden(part) if isinstance(part, Ambiguous) else {}
        self.x, self.full, self.base, self.result = (self.own(key) for key in ("x", "full", "base", "result"))

    def own(self, key: str) -> str:
        """Return the address of a cell of this row."""
        return cell(RULES_SHEET, RULES_SHEET.at(key), self.row, outside=False)

    def said(self, key: str) -> str:
        """Return the cell of a key, or what a chosen reading puts in its place."""
        if key not in self.set:
            return self.own(key)
        value = getattr(self.part, key)
        if isinstance(value, Fraction):
            return number(value)
        words = SHOWN.get(key, {})
        return quoted(
            next((word for word, one in words.items() if one == value), "" if value is None else str(value))
        )

    def n(self, key: str) -> str:
        """Return a number of the rule; a blank cell counts as 0."""
        return f"N({self.own(key)})" if key not in self.set else self.said(key)

    def has(self, key: str) -> str:
        """Return the test whether a key is given."""
        return f'{self.said(key)}<>""'
