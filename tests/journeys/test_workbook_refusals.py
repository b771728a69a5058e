"""What a filled workbook must not hold: each fault with its sheet and cell, all of them at once, and nothing unsafe."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from civicard.evaluation.spreadsheets import (
    CellFormula,
    WorkbookRefused,
    WorkbookUnreadable,
    WorkbookUnsafe,
    opened,
)
from civicard.evaluation.workbook import from_workbook, to_workbook
from civicard.evaluation.workbook.layout import SHEETS
from civicard.scoring.load import load

PROGRAMME = """
civicard: 1
programme: {title: 示例, unit: 示例单位}
targets: [{code: T1, name: 产出}]
framework:
  indicators:
    - code: C12
      name: 及时率
      weight: 60
      unit: "%"
      rule: {kind: step, figure: in_time, target: 100, step: 1, deduct: 2, reading: started}
    - {code: B21, name: 制度, weight: 40, rule: {kind: checklist, items: [{text: 有制度, points: 40, good: yes}]}}
  grades: [{grade: 合格, least: 60}, {grade: 不合格, below: 60}]
figures:
  in_time: {name: 及时率, unit: "% of whole", value: 99.6}
  spent: {name: 支出, unit: 元, value: 2265900, digits: 2}
evidence: {B21.1: yes}
narrative: {background: [{text: [背景]}]}
"""


@pytest.fixture(name="data", scope="module")
def _data() -> bytes:
    return to_workbook(load({"programme.yaml": PROGRAMME}))


def saved(book: Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def place(sheet: str, key: str, row: int) -> str:
    """Return the cell of a field, in the row of that number."""
    layout = next(one for one in SHEETS if one.name == sheet)
    return f"{openpyxl.utils.get_column_letter(layout.at(key) + 1)}{row}"


def refusal(data: bytes, change: Callable[[Workbook], object]) -> WorkbookRefused:
    book = openpyxl.load_workbook(io.BytesIO(data))
    change(book)
    with pytest.raises(WorkbookRefused) as caught:
        from_workbook(saved(book), "填报.xlsx")
    return caught.value


def setting(
    sheet: str, cell: str, value: str | float | None, number_format: str = "General"
) -> Callable[[Workbook], None]:
    def change(book: Workbook) -> None:
        one = book[sheet]
        assert isinstance(one, Worksheet)
        one[cell].value = value
        one[cell].number_format = number_format

    return change


def rezipped(data: bytes, **parts: bytes) -> bytes:
    """Return the archive with parts added or replaced; two underscores stand for a slash."""
    stream = io.BytesIO()
    added = {name.replace("__", "/").replace("_dot_", "."): content for name, content in parts.items()}
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            if name not in added:
                target.writestr(name, source.read(name))
        for name, content in added.items():
            target.writestr(name, content)
    return stream.getvalue()


def test_an_unchanged_workbook_is_taken(data: bytes) -> None:
    assert load({"back.yaml": from_workbook(data, "back.xlsx")}).programme.programme.title.zh == "示例"


def test_a_formula_in_an_input_cell_is_refused_by_sheet_and_cell(data: bytes) -> None:
    cell = place("数据", "value", 3)
    caught = refusal(data, setting("数据", cell, "=1+1"))
    assert isinstance(caught, CellFormula)
    assert caught.code == "cell_formula"
    assert caught.faults[0].place == f"数据!{cell}"
    assert "选择性粘贴" in caught.text.zh


def test_a_formula_in_a_computed_cell_is_ours_and_ignored(data: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(data))
    book["评分体系"]["K3"].value = "=99"
    assert from_workbook(saved(book), "a.xlsx") == from_workbook(data, "a.xlsx")


@pytest.mark.parametrize(
    ("key", "row", "value", "said"),
    [
        ("value", 3, "99.6 %", "write the number 99.6"),
        ("value", 3, "\uff11\uff12", "write the number 12"),
        ("value", 4, "226.59万元", "write 2265900"),
        ("value", 4, "226.59 万元", "226.59 万元 are 2265900 元"),
        ("value", 4, "12 张", "the unit is 元, and here stands 张"),
        ("value", 4, "about", "no number"),
        ("value", 4, True, "no number"),
        ("digits", 4, "two", "no number"),
        ("key", 4, None, "must not be empty"),
        ("key", 4, "in_time", "row 3 already"),
        ("name", 4, None, "must not be empty"),
        ("disputed", 4, "1.5 by us", "one disputed value a line"),
        ("basis", 4, "听说", "not in the list"),
        ("value", 4, "#DIV/0!", "the error #DIV/0!"),
    ],
)
def test_a_cell_of_the_figures_that_cannot_be_taken_is_named(
    key: str, row: int, value: str | float | None, said: str, data: bytes
) -> None:
    caught = refusal(data, setting("数据", place("数据", key, row), value))
    assert caught.code == "workbook_refused"
    assert any(
        fault.place == f"数据!{place('数据', key, row)}" and said in fault.text.en for fault in caught.faults
    )


def test_a_percent_format_is_understood_for_percent_and_refused_for_anything_else(data: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(data))
    setting("数据", place("数据", "value", 3), 0.9847, "0.00%")(book)
    loaded = load({"back.yaml": from_workbook(saved(book), "a.xlsx")})
    assert str(loaded.programme.figures["in_time"].value) == "9847/100"
    caught = refusal(data, setting("数据", place("数据", "value", 4), 0.5, "0%"))
    assert "shows 50%, but 元 is needed" in caught.faults[0].text.en
    caught = refusal(data, setting("计分规则", place("计分规则", "target", 3), 0.98, "0%"))
    assert "shows 98%" in caught.faults[0].text.en


@pytest.mark.parametrize(
    ("sheet", "where", "value", "said"),
    [
        ("评分体系", ("code", 4), "C12", "row 3 already"),
        ("评分体系", ("weight", 4), None, "must not be empty"),
        ("评分体系", ("level", 4), 3, "from 1 to 2"),
        ("评分体系", ("level", 3), 1.5, "from 1 to 1"),
        ("计分规则", ("reading", 3), "随意", "not in the list"),
        ("计分规则", ("row", 3), "条目", "a row of level 1 is a rule"),
        ("计分规则", ("indicator", 3), "C99", "no indicator C99"),
        ("计分规则", ("indicator", 3), "B21", "has a rule already"),
        ("佐证", ("answer", 3), "大概", "not in the list"),
        ("佐证", ("answer", 3), "不适用", "say why"),
        ("绩效目标", ("level", 3), None, "must not be empty"),
        ("其他", ("part", 3), 2, "numbered 1 to 1"),
        ("其他", ("content", 3), "{a: [", "not valid YAML"),
    ],
)
def test_a_cell_elsewhere_that_cannot_be_taken_is_said(
    sheet: str, where: tuple[str, int], value: str | float | None, said: str, data: bytes
) -> None:
    caught = refusal(data, setting(sheet, place(sheet, *where), value))
    assert any(fault.sheet == sheet and said in fault.text.en for fault in caught.faults), caught


def test_exact_values_that_are_no_yaml_mapping_are_refused(data: bytes) -> None:
    layout = next(one for one in SHEETS if one.name == "数据")
    cell = f"{openpyxl.utils.get_column_letter(layout.exact_at + 1)}3"
    for text in ("just words", "{a: [", "→ 数据#99"):
        assert refusal(data, setting("数据", cell, text)).faults[0].place == f"数据!{cell}"


def test_emptying_a_cell_does_not_bring_back_what_stands_beside_it() -> None:
    exact = to_workbook(load({"a.yaml": PROGRAMME.replace("value: 99.6}", "value: 1/3}")}))
    caught = refusal(exact, setting("数据", place("数据", "value", 3), None))
    assert "delete it there too" in caught.faults[0].text.en


def test_merged_cells_missing_sheets_and_missing_columns_are_refused(data: bytes) -> None:
    merged = refusal(data, lambda book: book["数据"].merge_cells("A3:A4"))
    assert any(fault.place == "数据!A3:A4" and "unmerge" in fault.text.en for fault in merged.faults)

    def remove(book: Workbook) -> None:
        for name in ("等级", "佐证"):
            book.remove(book[name])

    gone = refusal(data, remove)
    assert [fault.sheet for fault in gone.faults] == ["佐证", "等级"]
    renamed = refusal(data, setting("数据", "D1", "数字"))
    assert "'数值' is missing" in renamed.faults[0].text.en
    twice = refusal(data, setting("数据", "Z1", "数值"))
    assert "stands twice" in twice.faults[0].text.en


def test_a_date_that_excel_made_of_a_code_is_refused(data: bytes) -> None:
    def change(book: Workbook) -> None:
        book["评分体系"]["B3"].value = dt.date(2031, 1, 2)

    assert "took this for a date" in refusal(data, change).faults[0].text.en


def test_all_faults_are_listed_at_once(data: bytes) -> None:
    def change(book: Workbook) -> None:
        setting("数据", place("数据", "value", 3), "99.6 %")(book)
        setting("数据", place("数据", "value", 4), "=1+1")(book)
        setting("评分体系", place("评分体系", "weight", 3), None)(book)
        setting("佐证", place("佐证", "answer", 3), "大概")(book)

    caught = refusal(data, change)
    assert type(caught) is WorkbookRefused
    assert [fault.sheet for fault in caught.faults] == ["评分体系", "数据", "数据", "佐证"]
    assert all(fault.place in caught.text.zh and fault.place in caught.text.en for fault in caught.faults)
    assert "4 处问题" in caught.text.zh


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda _data: b"", "no xlsx file"),
        (lambda _data: b"civicard: 1\n", "no xlsx file"),
        (lambda _data: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "encrypted"),
        (lambda data: data[: len(data) // 2], "no xlsx file"),
        (lambda data: data[:-30], "no xlsx file"),
        (lambda data: rezipped(data, xl__workbook_dot_xml=b"<broken"), "no valid XML"),
        (lambda data: rezipped(data, xl__worksheets__sheet2_dot_xml=b"<a/>"), None),
        (lambda data: rezipped(data, xl__workbook_dot_xml=b"<workbook/>"), None),
    ],
    ids=["empty", "text", "encrypted", "half", "cut", "broken", "no sheet", "no book"],
)
def test_what_cannot_be_opened_is_refused(
    make: Callable[[bytes], bytes], said: str | None, data: bytes
) -> None:
    with pytest.raises((WorkbookUnreadable, WorkbookRefused)) as caught:
        from_workbook(make(data), "填报.xlsx")
    assert said is None or (said in caught.value.text.en and caught.value.code == "workbook_unreadable")


def test_another_kind_of_archive_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", "<a/>")
        archive.writestr("word/document.xml", "<a/>")
    with pytest.raises(WorkbookUnreadable, match="no Excel workbook"):
        from_workbook(stream.getvalue(), "报告.docx")


LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'
OUTSIDE = b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><worksheet/>'


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"xl__vbaProject_dot_bin": b"macro"}, "macros"),
        ({"xl__externalLinks__externalLink1_dot_xml": b"<a/>"}, "external links"),
        ({"xl__embeddings__oleObject1_dot_xml": b"<a/>"}, "embedded objects"),
        ({"xl__connections_dot_xml": b"<a/>"}, "connections"),
        ({"xl__worksheets__sheet1_dot_xml": LAUGHS}, "entities"),
        ({"xl__worksheets__sheet1_dot_xml": OUTSIDE}, "entities"),
        ({"xl__worksheets__sheet1_dot_xml": OUTSIDE.decode().encode("utf-16")}, "entities"),
        ({"xl__media__zero_dot_dat": b"\0" * 101_000_000}, "unpacks to"),
        ({"xl__media__zero_dot_dat": b"\0" * 20_000_000}, "unpacks to"),
    ],
    ids=["macros", "links", "objects", "connections", "laughs", "outside", "utf-16", "bomb", "ratio"],
)
def test_what_must_not_be_opened_is_refused(parts: dict[str, bytes], said: str, data: bytes) -> None:
    with pytest.raises(WorkbookUnsafe, match=said) as caught:
        from_workbook(rezipped(data, **parts), "填报.xlsm")
    assert caught.value.code == "workbook_unsafe"


def test_printer_settings_of_a_spreadsheet_program_are_harmless(data: bytes) -> None:
    parts = rezipped(data, xl__printerSettings__printerSettings1_dot_bin=b"\1\2")
    assert from_workbook(parts, "a.xlsx") == from_workbook(data, "a.xlsx")


def test_a_flood_of_elements_is_refused(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("civicard.evaluation.spreadsheets.MOST_ELEMENTS", 1000)
    flood = b"<a>" + b"<b/>" * 2000 + b"</a>"
    with pytest.raises(WorkbookUnsafe, match="1,000 XML elements"):
        opened(rezipped(data, docProps__core_dot_xml=flood), "a.xlsx")


def test_a_cell_at_the_end_of_the_sheet_is_refused_and_not_walked_to(data: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(data))
    book["数据"]["XFD1048576"].value = 1
    with pytest.raises(WorkbookUnsafe, match="1,048,576"):
        from_workbook(saved(book), "a.xlsx")
