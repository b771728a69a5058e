"""Writes the sheets of a programme workbook: cells, lists to choose from, heads, print set-up, live formulas."""

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import xlsxwriter

from civicard.evaluation.workbook.cells import (
    MOST_CHARACTERS,
    ChoiceField,
    Field,
    NumberField,
    RoundField,
    Shown,
    WordField,
    held,
)  # fmt: skip
from civicard.evaluation.workbook.formulas import Formula
from civicard.evaluation.workbook.layout import (
    CONTINUED,
    FIGURES,
    GUIDE,
    GUIDE_LINES,
    HEAD_ROWS,
    Live,
    Sheet,
)  # fmt: skip
from civicard.evaluation.workbook.records import to_row
from civicard.evaluation.workbook.rows import Row, pieces
from civicard.evaluation.yaml_text import as_yaml
from civicard.kernel.exact import Fraction
from civicard.scoring import units

# xlsxwriter declares no types.
XlsxSheet: TypeAlias = Any
XlsxFormat: TypeAlias = Any

# Rows below the last whose cells are checked as people fill them in.
SPARE_ROWS = 200
A4 = 9
# The moment of writing is not part of the content: same programme, same bytes.
NO_TIME = dt.datetime(2000, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "\uff20")
FONT = "Noto Sans CJK SC"
MOST_LIST = 255
MOST_INDENT = 15
# Height of a line, lines of the highest row, and how many characters still read well on the width of a page.
LINE_POINTS = 14
MOST_LINES = 25
PAGE_CHARACTERS = 220


def _lines(shown: object, width: int) -> int:
    """Return how many lines a text takes in a column of `width`; a Chinese character is two wide."""
    if not isinstance(shown, str):
        return 1
    wide = [sum(1 + (one > "\u2e80") for one in line) for line in shown.split("\n")]
    return sum(max(1, -(-one // width)) for one in wide)


class Writer:
    """Writes one workbook."""

    def __init__(self) -> None:
        """Begin an empty workbook in memory."""
        self.stream = io.BytesIO()
        # Nothing that begins with an equals sign, or looks like a number or an address, is taken for one.
        options = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self.book = xlsxwriter.Workbook(self.stream, options)
        self.book.set_properties({"created": NO_TIME, "comments": "Civicard"})
        self.formats: dict[tuple[tuple[str, object], ...], XlsxFormat] = {}
        self.overflow: list[Row] = []

    def format(self, **keys: object) -> XlsxFormat:
        """Return the cell format with these properties."""
        place = tuple(sorted(keys.items()))
        if place not in self.formats:
            base = {
                "font_name": FONT,
                "font_size": 10,
                "valign": "top",
                "border": 1,
                "border_color": "#BFBFBF",
            }
            self.formats[place] = self.book.add_format(base | keys)
        return self.formats[place]

    def guide(self) -> None:
        """Write the sheet that explains the others."""
        sheet = self.book.add_worksheet(GUIDE)
        sheet.set_column(0, 0, 100)
        sheet.write_string(
            0,
            0,
            "Civicard 计分方案工作簿",
            self.book.add_format({"bold": True, "font_size": 16, "font_name": FONT}),
        )
        text = self.book.add_format({"text_wrap": True, "font_name": FONT, "font_size": 11, "valign": "top"})
        for at, (zh, en) in enumerate(GUIDE_LINES, 1):
            sheet.write_string(at, 0, f"{at}. {zh}\n{en}", text)
            sheet.set_row(at, 48)
        self._print(sheet)

    def sheet(
        self, layout: Sheet, rows: Sequence[Row], live: Mapping[int, Mapping[str, Formula | Shown]]
    ) -> XlsxSheet:
        """Write one sheet; `live` are the computed cells by row and key."""
        sheet = self.book.add_worksheet(layout.name)
        head = self.format(bold=True, bg_color="#DDEBF7", text_wrap=True, align="center")
        small = self.format(font_size=8, italic=True, font_color="#595959", text_wrap=True, align="center")
        fields = (*layout.marks, *layout.fields)
        words = {layout.at(one.key) for one in fields if isinstance(one, WordField | ChoiceField)}
        for at, (zh, en, width) in enumerate(layout.columns):
            # Codes and keys as text also in rows to come, so that 1-2 is not taken for a date, nor 1.10 for 1.1.
            text = self.book.add_format({"num_format": "@"}) if at in words else None
            sheet.set_column(at, at, width, text)
            sheet.write_string(0, at, zh, head)
            sheet.write_string(1, at, en, small)
        sheet.freeze_panes(HEAD_ROWS, min(3, len(layout.marks) + 2))
        for number, row in enumerate(rows, HEAD_ROWS + 1):
            self._row(sheet, layout, row, number, live.get(number, {}))
        self._validate(sheet, layout, rows)
        sheet.set_row(0, 2 * LINE_POINTS)
        sheet.set_row(1, 2 * LINE_POINTS)
        # On paper without the English and the exact values, on as many pages side by side as stay readable.
        shown = [width for _, _, width in layout.columns[: len(fields) + len(layout.live)]]
        sheet.print_area(0, 0, HEAD_ROWS + len(rows) + 3, len(shown) - 1)
        sheet.repeat_rows(0, HEAD_ROWS - 1)
        self._print(sheet, -(-sum(shown) // PAGE_CHARACTERS))
        if sum(shown) > PAGE_CHARACTERS:
            sheet.repeat_columns(0, len(layout.marks))
        return sheet

    @staticmethod
    def _print(sheet: XlsxSheet, pages_wide: int = 1) -> None:
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(pages_wide, 0)
        sheet.set_margins(0.4, 0.4, 0.6, 0.6)
        sheet.set_footer("&L&A&C&P / &N")

    def _row(
        self, sheet: XlsxSheet, layout: Sheet, row: Row, number: int, live: Mapping[str, Formula | Shown]
    ) -> None:
        for one in layout.marks:
            self.put(sheet, (number - 1, layout.at(one.key)), one.show(row.marks.get(one.key))[0], one)
        shown, beside = to_row(row.record, layout.fields)
        at = 0
        for one in layout.fields:
            for position in layout.positions(one):
                self.put(sheet, (number - 1, position), shown[at], one, row)
                at += 1
        for computed in layout.live:
            if computed.key in live:
                self.computed(sheet, number, layout.at(computed.key), live[computed.key], computed)
        texts = [(one, layout.columns[layout.at(one.key)][2]) for one in layout.fields]
        lines = max((_lines(one.show(row.record.get(one.key))[0], width) for one, width in texts), default=1)
        lines = max(lines, *(_lines(live.get(one.key), one.width) for one in layout.live), 1)
        if lines > 1:
            sheet.set_row(number - 1, min(lines, MOST_LINES) * LINE_POINTS)
        if beside:
            sheet.write_string(
                number - 1,
                layout.exact_at,
                self._beside(layout, number, beside),
                self.format(text_wrap=False, font_size=8),
            )

    def _beside(self, layout: Sheet, number: int, beside: Mapping[str, Any]) -> str:
        text = as_yaml(dict(beside)).removesuffix("\n")
        if len(text) <= MOST_CHARACTERS:
            return text
        section = f"{layout.name}#{number}"
        self.overflow += pieces(section, text)
        return CONTINUED + section

    def put(
        self, sheet: XlsxSheet, at: tuple[int, int], value: Shown, one: Field, row: Row | None = None
    ) -> None:
        """Write one cell that people fill in."""
        look = self._look(one, row)
        match value:
            case None:
                sheet.write_blank(*at, None, self.format(**look))
            case bool():
                sheet.write_boolean(*at, value, self.format(**look))
            case Fraction():
                sheet.write_number(*at, held(value), self.format(**look | {"num_format": self._digits(row)}))
            case str():
                if value.startswith(FORMULA_SIGNS):
                    look |= {"quote_prefix": True}
                sheet.write_string(*at, value, self.format(**look))

    @staticmethod
    def _look(one: Field, row: Row | None) -> dict[str, object]:
        if isinstance(one, NumberField | RoundField):
            return {"num_format": "General", "align": "right"}
        if isinstance(one, WordField | ChoiceField):
            return {"num_format": "@", "text_wrap": True}
        level = row.marks.get("level") if row is not None and one.key == "name" else None
        indent = int(level) - 1 if isinstance(level, Fraction) and level <= MOST_INDENT else 0
        return {"text_wrap": True} | ({"indent": indent} if indent else {})

    @staticmethod
    def _digits(row: Row | None) -> str:
        unit = row.record.get("unit") if row is not None else None
        # Not for %: who types 99.6% into a General cell gets a percent format, which the reading understands.
        return (
            "#,##0.00" if isinstance(unit, str) and units.unit(unit).dimension == (("元", 1),) else "General"
        )

    def computed(self, sheet: XlsxSheet, number: int, at: int, value: Formula | Shown, column: Live) -> None:
        """Write one cell that is only shown."""
        look = {"bg_color": "#F2F2F2", "text_wrap": not column.is_points} | (
            {"num_format": "0.00##"} if column.is_points else {}
        )
        if isinstance(value, Formula):
            cached = held(value.value) if isinstance(value.value, Fraction) else value.value
            sheet.write_formula(number - 1, at, f"={value.text}", self.format(**look), cached)
        elif isinstance(value, Fraction):
            sheet.write_number(number - 1, at, held(value), self.format(**look))
        elif isinstance(value, str):
            sheet.write_string(number - 1, at, value, self.format(**look))

    def _validate(self, sheet: XlsxSheet, layout: Sheet, rows: Sequence[Row]) -> None:
        last = HEAD_ROWS + len(rows) + SPARE_ROWS
        for one in (*layout.marks, *layout.fields):
            at = layout.at(one.key)
            if rule := self._rule(one):
                note = {"input_title": one.zh, "input_message": one.note} if one.note else {}
                sheet.data_validation(HEAD_ROWS, at, last, at, rule | note)
        if layout.name == FIGURES:
            at = layout.at("value")
            for number, row in enumerate(rows, HEAD_ROWS):
                unit = row.record.get("unit")
                if isinstance(unit, str) and units.unit(unit).most is not None:
                    measure = units.unit(unit)
                    sheet.conditional_format(number, at, number, at, self._outside(measure))

    def _outside(self, measure: units.Unit) -> dict[str, object]:
        red = self.book.add_format({"bg_color": "#FFC7CE", "font_color": "#9C0006"})
        least, most = (held(end) if end is not None else 0.0 for end in (measure.least, measure.most))
        return {"type": "cell", "criteria": "not between", "minimum": least, "maximum": most, "format": red}

    @staticmethod
    def _rule(one: Field) -> dict[str, object]:
        refuse = {"ignore_blank": True, "error_title": one.zh[:32], "error_type": "stop"}
        if isinstance(one, ChoiceField):
            words = list(one.choices)
            if len(",".join(words)) > MOST_LIST:
                return {}
            return refuse | {
                "validate": "list",
                "source": words,
                "error_message": "请从列表中选择 / choose from the list",
            }
        if isinstance(one, RoundField) or (isinstance(one, NumberField) and not one.words):
            return refuse | {
                "validate": "decimal", "criteria": "between", "minimum": -1e15, "maximum": 1e15,
                "error_message": "请填数字，不带单位 / a plain number, without unit",
            }  # fmt: skip
        return {}

    def red_where(self, layout: Sheet, sheet: XlsxSheet, number: int, key: str, test: str) -> None:
        """Colour a cell red while the formula `test` holds."""
        red = self.book.add_format({"bg_color": "#FFC7CE", "font_color": "#9C0006", "bold": True})
        at = layout.at(key)
        sheet.conditional_format(
            number - 1, at, number - 1, at, {"type": "formula", "criteria": f"={test}", "format": red}
        )

    def finished(self) -> bytes:
        """Close the workbook and return its bytes."""
        self.book.close()
        return self.stream.getvalue()
