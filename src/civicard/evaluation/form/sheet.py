"""Finds the parts of a filled self-evaluation form (项目支出绩效自评表) by their labels, wherever they stand."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from civicard.evaluation.sheet_cells import EMPTY, CellProblem, Seen, seen
from civicard.kernel.exact import Fraction, from_text, plain, rounded
from civicard.kernel.text import Text

# Labels by what they stand for: what the text of a cell, without blanks and brackets, begins with.
HEADER = {
    "title": ("项目名称",),
    "department": ("主管部门", "主管单位", "项目主管部门"),
    "unit": ("实施单位", "项目实施单位", "项目单位", "预算单位"),
}
FUNDS = {
    "initial": ("年初预算",),
    "full_year": ("全年预算", "调整后预算", "调整预算"),
    "executed": ("全年执行", "实际支出", "执行数", "全年支出"),
    "weight": ("分值", "权重"),
    "rate": ("执行率", "预算执行率"),
    "points": ("得分", "自评得分"),
}
INDICATORS = {
    "level1": ("一级指标",),
    "level2": ("二级指标",),
    "level3": ("三级指标", "具体指标"),
    "target": ("年度指标值", "指标值", "年度目标值", "目标值", "预期指标值", "计划指标值", "年初目标值"),
    "actual": ("实际完成值", "全年完成值", "全年实际完成值", "完成值", "实际值", "实际完成情况", "完成情况"),
    "weight": ("分值", "权重", "标准分"),
    "points": ("得分", "自评得分", "评分"),
    "reason": ("偏差原因", "未完成原因", "偏差大或", "原因分析"),
}
GOALS = {
    "goals": ("预期目标", "年初设定目标", "年初预期目标", "预期总目标", "年度预期目标"),
    "goals_met": ("实际完成情况", "目标实际完成情况", "全年实际完成情况", "年度总体目标完成情况"),
}
TOTAL = ("总分", "合计", "总计", "总得分")
NEEDED_FUNDS = ("full_year", "executed")
NEEDED_INDICATORS = ("level1", "level2", "level3", "target", "actual", "weight", "points")
NAMES = {
    "title": "项目名称", "full_year": "全年预算数", "executed": "全年执行数", "level1": "一级指标", "level2": "二级指标",
    "level3": "三级指标", "target": "年度指标值", "actual": "实际完成值", "weight": "分值", "points": "得分", "total": "总分",
}  # fmt: skip
BRACKETS = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")
# What people write where there is nothing to write.
PLACEHOLDERS = frozenset(
    {"", "未提供", "—", "——", "-", "--", "–", "无", "/", "未说明原因", "未填写", "未填", "缺数据"}
)
SIMULATED = "模拟数据"
MARKED = re.compile(rf"[(\[【]{SIMULATED}[)\]】]")
# A year as titles print it: （2018年度）, 2018年度…自评表; the end of a span of years is none.
YEAR = r"(?<![\d~至到—–-])(20\d{2})年"
SUBTITLE = re.compile(rf"[(\[【]?{YEAR}度[)\]】]?|[(\[【]{YEAR}[)\]】]")
TITLE = re.compile(rf"{YEAR}.*(?:自评|评价).*表")
YEAR_LABELS = ("年度", "评价年度", "自评年度", "预算年度", "项目年度", "绩效年度", "所属年度")
DATES = re.compile("(?:时间|日期).*", re.DOTALL)
TOP_ROWS = 8
AMOUNT = re.compile(r"[-+]?\d+(?:,\d{3})*(?:\.\d+)?")
SHOWN_PLACES = re.compile(r"0\.(0+)")
GENERAL_PLACES = 9


@dataclass(frozen=True, kw_only=True)
class Printed:
    """What a cell of the form prints.

    Attributes:
        text: as people read it.
        number: the exact number it holds; None when it holds none.
        shown: the number as it is printed.
        is_percent: the number is printed as a percentage; both numbers are in percent then.
        place: the cell: 自评表!H12.
    """

    text: str = ""
    number: Fraction | None = None
    shown: Fraction | None = None
    is_percent: bool = False
    place: str = ""


@dataclass(kw_only=True)
class FundsLine:
    """One row of the funds block."""

    label: str
    cells: dict[str, Printed]


@dataclass(kw_only=True)
class IndicatorLine:
    """One row of the indicators, with the levels above it."""

    level1: str
    level2: str
    level3: str
    cells: dict[str, Printed]


@dataclass(kw_only=True)
class Form:
    """A form with its parts.

    Attributes:
        header: project, department and unit.
        year: the year in the title or below it, if there is one; never that of a date.
        is_simulated: it is marked as made of invented figures.
        money: the unit of the amounts; empty when the form does not say.
        funds: rows of funds, the total first.
        goals: goals planned and met.
        indicators: the rows of indicators.
        total: weight and points of the total row.
        missing: labels that were not found.
    """

    header: dict[str, Printed] = field(default_factory=dict)
    year: int | None = None
    is_simulated: bool = False
    money: str = ""
    funds: list[FundsLine] = field(default_factory=list)
    goals: dict[str, Printed] = field(default_factory=dict)
    indicators: list[IndicatorLine] = field(default_factory=list)
    total: dict[str, Printed] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def label(text: str) -> str:
    """Return a label without blanks, brackets and colons.

    >>> label(" 实施单位 （预算单位）："), label("年初预算数(万元)")
    ('实施单位', '年初预算数')
    """
    return re.sub(r"[\s:]", "", BRACKETS.sub("", unicodedata.normalize("NFKC", text)))


def is_label(text: str, of: Sequence[str]) -> bool:
    """Tell whether a text is one of the labels, perhaps with more behind it."""
    return bool(text) and any(label(text).startswith(one) for one in of)


class FormSheet:
    """A sheet that may be a form; merged cells read as their first one."""

    def __init__(self, sheet: Worksheet, formulas: Worksheet) -> None:
        """Take the sheet with the values it shows, and the same with its formulas."""
        self.sheet = sheet
        self.formulas = formulas
        self.problems: list[Text] = []
        self.anchors: dict[tuple[int, int], tuple[int, int]] = {}
        self.ends: dict[tuple[int, int], tuple[int, int]] = {}
        for area in sheet.merged_cells.ranges:
            last = (min(area.max_row, sheet.max_row), min(area.max_col, sheet.max_column))
            self.ends[area.min_row, area.min_col] = last
            for row in range(area.min_row, last[0] + 1):
                for column in range(area.min_col, last[1] + 1):
                    self.anchors[row, column] = (area.min_row, area.min_col)

    def at(self, row: int, column: int) -> Printed:
        """Return what the form prints in a cell."""
        row, column = self.anchors.get((row, column), (row, column))
        place = f"{self.sheet.title}!{get_column_letter(column)}{row}"
        if row > self.sheet.max_row or column > self.sheet.max_column:
            return Printed(place=place)
        cell = self.sheet.cell(row, column)
        try:
            found = seen(cell)
        except CellProblem:
            return Printed(text=str(cell.value), place=place)
        if found == EMPTY and self.formulas.cell(row, column).data_type == "f":
            self.problems.append(
                Text(
                    f"{place} 的公式没有保存结果，请在 Excel 或 WPS 中打开并保存一次",
                    f"the formula in {place} was saved without its result; open the file in Excel or WPS and save it",
                )
            )
        return self._printed(found, cell, place)

    @staticmethod
    def _printed(found: Seen, cell: Cell | MergedCell, place: str) -> Printed:
        if isinstance(found.value, bool) or not isinstance(found.value, str | Fraction):
            return Printed(place=place, text="" if found.value is None else str(found.value))
        if isinstance(found.value, str):
            text = found.value.strip()
            match = re.fullmatch(r"([-+]?[\d,]+(?:\.\d+)?)\s*(%?)", unicodedata.normalize("NFKC", text))
            if match is None or not AMOUNT.fullmatch(match[1]):
                return Printed(text=text, place=place)
            number = from_text(match[1].replace(",", ""))
            return Printed(text=text, number=number, shown=number, is_percent=bool(match[2]), place=place)
        places = SHOWN_PLACES.search(cell.number_format)
        number = found.value * 100 if found.is_percent else found.value
        shown = rounded(number, Fraction(1, 10 ** (len(places[1]) if places else GENERAL_PLACES)))
        text = f"{plain(shown)}%" if found.is_percent else plain(shown)
        return Printed(text=text, number=number, shown=shown, is_percent=found.is_percent, place=place)

    def cells(self) -> Iterator[tuple[int, int, Printed]]:
        """Yield every cell that is not inside a merged one, row by row."""
        for row in range(1, self.sheet.max_row + 1):
            for column in range(1, self.sheet.max_column + 1):
                if self.anchors.get((row, column), (row, column)) == (row, column):
                    yield row, column, self.at(row, column)

    def heads(self, labels: dict[str, tuple[str, ...]], needed: Sequence[str]) -> tuple[int, dict[str, int]]:
        """Return the row that holds most of the needed labels, and the column of each label in it."""
        best: tuple[int, dict[str, int]] = (0, {})
        for row in range(1, self.sheet.max_row + 1):
            found: dict[str, int] = {}
            for column in range(1, self.sheet.max_column + 1):
                if self.anchors.get((row, column), (row, column)) != (row, column):
                    continue
                text = self.at(row, column).text
                for key, words in labels.items():
                    if key not in found and is_label(text, words):
                        found[key] = column
            if sum(key in found for key in needed) > sum(key in best[1] for key in needed):
                best = (row, found)
        return best

    def read(self) -> Form:
        """Return the form that the sheet holds; `missing` says what of it was not found."""
        form = Form()
        for row, column, cell in self.cells():
            for key, words in HEADER.items():
                if key not in form.header and label(cell.text) in words:
                    form.header[key] = self._right_of(row, column)
            for key, words in GOALS.items():
                if key not in form.goals and label(cell.text) in words:
                    form.goals[key] = self.at(self._end(row, column)[0] + 1, column)
        form.missing += [NAMES["title"]] if not form.header.get("title", Printed()).text else []
        funds_row, funds = self.heads(FUNDS, NEEDED_FUNDS)
        form.missing += [NAMES[key] for key in NEEDED_FUNDS if key not in funds]
        rows, columns = self.heads(INDICATORS, NEEDED_INDICATORS)
        form.missing += [NAMES[key] for key in NEEDED_INDICATORS if key not in columns]
        if not form.missing:
            self._funds(form, funds_row, rows, funds)
            self._indicators(form, rows, columns)
            form.missing += [] if form.total else [NAMES["total"]]
            form.money = self._money(rows)
            form.year = self.year(funds_row)
            form.is_simulated = self.is_simulated(funds_row)
        return form

    def year(self, end: int) -> int | None:
        """Return the year that a title, the line below it, or a cell 年度 above row `end` names."""
        values = {one.place for one in self._values()}
        for row, column, cell in self.cells():
            if row >= end:
                break
            text = DATES.sub("", _plain(cell.text))
            if not text or cell.place in values:
                continue
            name, _, behind = text.partition(":")
            if label(name) in YEAR_LABELS:
                behind = behind or _plain(self.at(row, self._end(row, column)[1] + 1).text)
                if match := re.fullmatch(r"(20\d{2})(?:年度?)?", behind):
                    return int(match[1])
            elif column == 1 or not DATES.search(self.at(row, column - 1).text):
                match = SUBTITLE.fullmatch(text) or TITLE.search(text) or re.search(rf"{YEAR}度", text)
                if match:
                    return int(next(filter(None, match.groups())))
        return None

    def is_simulated(self, end: int) -> bool:
        """Tell whether the page head or a cell above row `end` marks the figures as invented."""
        values = {one.place for one in self._values()}
        edges = (self.sheet.oddHeader, self.sheet.oddFooter)
        parts = [part for edge in edges if edge for part in (edge.left, edge.center, edge.right)]
        heads = [part.text or "" for part in parts if part]
        cells = [cell.text for row, _, cell in self.cells() if row < end and cell.place not in values]
        return any(_plain(text) == SIMULATED or MARKED.search(_plain(text)) for text in [*heads, *cells])

    def _values(self) -> Iterator[Printed]:
        """Yield the cells beside the labels of the head: what a project is called says nothing of the form."""
        words = [word for words in HEADER.values() for word in words]
        for row, column, cell in self.cells():
            if label(cell.text) in words:
                yield self._right_of(row, column)

    def _end(self, row: int, column: int) -> tuple[int, int]:
        return self.ends.get((row, column), (row, column))

    def _right_of(self, row: int, column: int) -> Printed:
        beside = self.at(row, self._end(row, column)[1] + 1)
        others = [word for words in HEADER.values() for word in words]
        return Printed(place=beside.place) if label(beside.text) in others else beside

    def _funds(self, form: Form, head: int, end: int, columns: dict[str, int]) -> None:
        first = min(columns[key] for key in ("initial", "full_year", "executed") if key in columns)
        for row in range(self._end(head, columns["executed"])[0] + 1, end):
            name = next((text for at in range(first - 1, 0, -1) if (text := self.at(row, at).text)), "")
            cells = {key: self.at(row, column) for key, column in columns.items()}
            amounts = [cells[key] for key in ("initial", "full_year", "executed") if key in cells]
            if is_label(name, ("年度总体目标", "总体目标", "绩效目标", "年度绩效目标", *GOALS["goals"])):
                break
            if name and (
                re.search("资金|拨款|结转|预算", name) or any(one.number is not None for one in amounts)
            ):
                form.funds.append(FundsLine(label=name, cells=cells))

    def _indicators(self, form: Form, head: int, columns: dict[str, int]) -> None:
        level1 = level2 = ""
        for row in range(self._end(head, columns["level3"])[0] + 1, self.sheet.max_row + 1):
            texts = {key: self.at(row, columns[key]).text for key in ("level1", "level2", "level3")}
            cells = {key: self.at(row, column) for key, column in columns.items()}
            leading = [self.at(row, at).text for at in range(1, columns["target"] + 1)]
            if any(label(text) in TOTAL for text in leading):
                form.total = {key: cells[key] for key in ("weight", "points")}
                return
            if texts["level1"] and texts["level1"] != level1:
                level1, level2 = texts["level1"], ""
            level2 = texts["level2"] or level2
            if texts["level3"] and (cells["weight"].text or cells["points"].text or cells["target"].text):
                form.indicators.append(
                    IndicatorLine(level1=level1, level2=level2, level3=texts["level3"], cells=cells)
                )

    def _money(self, end: int) -> str:
        pattern = re.compile(
            r"[(（]\s*(?:单位\s*[:：]?)?\s*(亿元|万元|千元|元)\s*[)）]|单位\s*[:：]\s*(亿元|万元|千元|元)"
        )
        found = [
            m[1] or m[2] for row, _, cell in self.cells() if row < end for m in pattern.finditer(cell.text)
        ]
        return found[0] if len(set(found)) == 1 else ""


def content(text: str) -> str:
    """Return a text, or nothing when it only holds a place: —, 无, 未提供.

    >>> content("—"), content("已完成")
    ('', '已完成')
    """
    return "" if re.sub(r"\s", "", text) in PLACEHOLDERS else text


def _plain(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
