"""A record to the cells of a row, and back, with what no cell can say standing beside them."""

from collections.abc import Sequence

from civicard.evaluation.sheet_cells import EMPTY, CellProblem, Seen
from civicard.evaluation.workbook.cells import ABSENT, Field, Record, Shown
from civicard.evaluation.yaml_text import same


def to_row(record: Record, fields: Sequence[Field]) -> tuple[list[Shown], Record]:
    """Return what the cells of a row show for `record`, and what must stand beside them."""
    cells: list[Shown] = []
    beside: Record = {}
    known = {one.key for one in fields}
    read: Record = {}
    for one in fields:
        value = record.get(one.key, ABSENT)
        shown = [None] * (1 + one.is_bilingual) if value is ABSENT else one.show(value)
        cells += shown
        if value is not ABSENT:
            if not same(_read_again(one, shown, read), value):
                beside[one.key] = value
            read[one.key] = value
    beside |= {key: value for key, value in record.items() if key not in known}
    return cells, beside


def _read_again(one: Field, shown: Sequence[Shown], read: Record) -> object:
    try:
        return one.read([Seen(cell) for cell in shown], read)
    except CellProblem:
        return ABSENT


def from_row(
    cells: Sequence[Seen], beside: Record, fields: Sequence[Field], problems: list[tuple[int, CellProblem]]
) -> Record:
    """Return the record of a row; `problems` is filled with what is wrong, by the position of the cell."""
    record: Record = {}
    at = 0
    for one in fields:
        own = cells[at : at + 1 + one.is_bilingual]
        try:
            value = _value(one, own, beside, record)
        except CellProblem as problem:
            problems.append((at, problem))
            value = ABSENT
        else:
            if one.is_required and value is ABSENT:
                problems.append((at, CellProblem("这一格不能为空", "this cell must not be empty")))
        if value is not ABSENT:
            record[one.key] = value
        at += len(own)
    return record | {key: value for key, value in beside.items() if key not in {one.key for one in fields}}


def _value(one: Field, cells: Sequence[Seen], beside: Record, record: Record) -> object:
    if one.key not in beside:
        return one.read(cells, record)
    exactly = beside[one.key]
    if not any(cell.is_percent for cell in cells) and same([cell.value for cell in cells], one.show(exactly)):
        return exactly
    if cells[0] == EMPTY:
        raise CellProblem(
            f"这一格已清空，而行末“精确值”列仍有 {one.key}；请同时删去那里的内容",
            f"this cell is empty, but the last column of the row still gives {one.key}; delete it there too",
        )
    return one.read(cells, record)
