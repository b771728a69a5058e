"""A table with a row a unit, in memory: its cells, its limits, and how it is refused."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text

MOST_ROWS = 1_000_000
MOST_COLUMNS = 1_000
MOST_CELLS = 20_000_000
MOST_SHOWN = 200
# What is read as a number: no leading zeros, no plus sign, no exponent.
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?")
LIKE_A_FORMULA = re.compile("'*[=+\\-@\t\r＝＋－\uff20]")

Cell: TypeAlias = int | Decimal | str | None


class TableRefused(Refusal):
    """A table has faults, or is no table that can be read.

    Attributes:
        faults: what is wrong, each with its place.
    """

    code = "table_refused"

    def __init__(self, name: str, faults: Sequence[Text], more: int = 0) -> None:
        """Make the sentence that lists the faults; `more` of them are not listed."""
        self.faults = tuple(faults)
        zh, en = [one.zh for one in faults[:MOST_SHOWN]], [one.en for one in faults[:MOST_SHOWN]]
        more += max(0, len(faults) - MOST_SHOWN)
        if more:
            zh.append(f"……另有 {more} 处")
            en.append(f"… and {more} more")
        super().__init__(
            Text(
                "\n".join([f"未读入表格 {name}，请改正后再试：", *zh]),
                "\n".join([f"The table {name} was not read; mend this and try again:", *en]),
            )
        )


@dataclass(frozen=True, kw_only=True)
class UnitTable:
    """A table with a row a unit.

    Attributes:
        name: what the table is called in messages.
        columns: the cells of each column by its head, in the order of the file.
        number: how many rows.
        first_row: the number of the first row of cells in the file, for messages.
    """

    name: str
    columns: dict[str, list[Cell]]
    number: int
    first_row: int = 2

    def rows(self) -> Iterator[tuple[Cell, ...]]:
        """Yield the rows in order."""
        return zip(*self.columns.values(), strict=True) if self.columns else iter(())


def cell_of(text: str) -> Cell:
    """Return text as the cell it writes.

    >>> cell_of("99.60"), cell_of("310000"), cell_of("007"), cell_of("")
    (Decimal('99.60'), 310000, '007', None)
    """
    if not text:
        return None
    match = NUMBER.fullmatch(text) if text[0] in "-0123456789" else None
    if match is None or text == "-0":
        return text
    return Decimal(text) if match[1] else int(text)


def too_large(name: str) -> TableRefused:
    """Return the refusal of a table beyond the limits."""
    zh, en = (
        f"超过 {MOST_ROWS:,} 行或 {MOST_CELLS:,} 格",
        f"it has more than {MOST_ROWS:,} rows or {MOST_CELLS:,} cells",
    )
    return TableRefused(name, [Text(zh, en)])
