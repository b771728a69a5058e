"""Filled self-evaluation forms in the two layouts that are usual, one of them with slips, and what is no form.

Both forms are invented. The first has the merged cells of the national form; the second is a provincial variant:
other labels, no merging, the unit in another place, a rate that is a formula, and three slips.
"""

import io

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from civicard.evaluation.form import FormUnreadable, from_form
from civicard.evaluation.spreadsheets import WorkbookUnreadable
from civicard.kernel.exact import ZERO, Fraction, plain
from civicard.scoring.evaluate import Evaluation, evaluate
from civicard.scoring.figures import Lack, State
from civicard.scoring.load import Loaded, load
from civicard.scoring.statements import disagreements


def saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def sheet_of(title: str) -> tuple[openpyxl.Workbook, Worksheet]:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    return book, sheet


def put(sheet: Worksheet, area: str, value: str | float | None, number_format: str = "General") -> None:
    first = area.partition(":")[0]
    sheet[first] = value
    sheet[first].number_format = number_format
    if ":" in area:
        sheet.merge_cells(area)


def national() -> openpyxl.Workbook:
    book, sheet = sheet_of("自评表")
    put(sheet, "A1:K1", "项目支出绩效自评表")
    put(sheet, "A2:K2", "（2031年度）")
    put(sheet, "A3:B3", "项目名称")
    put(sheet, "C3:K3", "市民卡服务经费")
    put(sheet, "A4:B4", "主管部门")
    put(sheet, "C4:F4", "市人力资源社会保障局")
    put(sheet, "G4:H4", "实施单位")
    put(sheet, "I4:K4", "市民卡服务中心")
    put(sheet, "A5:B9", "项目资金\n（万元）")
    heads = {
        "E5:F5": "年初预算数",
        "G5:H5": "全年预算数",
        "I5": "全年执行数",
        "J5": "分值",
        "K5": "执行率",
        "L5": "得分",
    }
    for area, text in heads.items():
        put(sheet, area, text)
    funds: list[tuple[str | float | None, ...]] = [
        ("年度资金总额", 240, 234, 226.59, 10, 0.9683333333333334, 9.68),
        ("其中：当年财政拨款", 240, 234, 226.59, "—", 0.9683333333333334, "—"),
        ("      上年结转资金", 0, 0, 0, "—", "#DIV/0!", "—"),
        ("      其他资金", None, None, None, "—", None, "—"),
    ]
    for row, (name, initial, full, executed, weight, rate, points) in enumerate(funds, 6):
        put(sheet, f"C{row}:D{row}", name)
        put(sheet, f"E{row}:F{row}", initial)
        put(sheet, f"G{row}:H{row}", full)
        put(sheet, f"I{row}", executed)
        put(sheet, f"J{row}", weight)
        put(sheet, f"K{row}", rate, "0.00%")
        put(sheet, f"L{row}", points)
    put(sheet, "A10:A11", "年度总体目标")
    put(sheet, "B10:F10", "预期目标")
    put(sheet, "G10:L10", "实际完成情况")
    put(sheet, "B11:F11", "制卡 300 万张，服务 {全体} 市民")
    put(sheet, "G11:L11", "制卡 310 万张")
    put(sheet, "A12:A18", "绩效指标")
    heads = {
        "B12": "一级指标", "C12": "二级指标", "D12:E12": "三级指标", "F12": "年度指标值", "G12:H12": "实际完成值",
        "I12": "分值", "J12": "得分", "K12:L12": "偏差原因分析及改进措施",
    }  # fmt: skip
    for area, text in heads.items():
        put(sheet, area, text)
    put(sheet, "B13:B16", "产出指标（50分）")
    put(sheet, "C13:C14", "数量指标")
    lines: list[tuple[str, str, str | float, int, int, str | None]] = [
        ("制卡数量", "≥300万张", "310 万张", 15, 15, None),
        ("延伸应用功能", "5个", "5个", 10, 10, None),
        ("一次性合格率", "≥98%", "99.14%", 15, 15, None),
        ("三十日内制发率", "100%", 0.996, 10, 9, "个别批次延期；已加派人手"),
        ("服务满意", "社会效益明显", "达标", 30, 30, None),
        ("市民满意度", "不低于90%", "98.47％", 10, 10, None),
    ]
    put(sheet, "C15", "质量指标")
    put(sheet, "C16", "时效指标")
    put(sheet, "B17", "效益指标")
    put(sheet, "C17", "社会效益指标")
    put(sheet, "B18", "满意度指标")
    put(sheet, "C18", "服务对象满意度")
    for row, (name, target, actual, weight, points, reason) in enumerate(lines, 13):
        put(sheet, f"D{row}:E{row}", name)
        put(sheet, f"F{row}", target)
        put(sheet, f"G{row}:H{row}", actual, "0.0%" if actual == 0.996 else "General")
        put(sheet, f"I{row}", weight)
        put(sheet, f"J{row}", points)
        put(sheet, f"K{row}:L{row}", reason)
    put(sheet, "A19:H19", "总分")
    put(sheet, "I19", 100)
    put(sheet, "J19", 98.68)
    return book


def provincial() -> openpyxl.Workbook:
    """Slips: the points of the execution rate, the total, and an indicator above its weight."""
    book = openpyxl.Workbook()
    book.worksheets[0].title = "填表说明"
    book.worksheets[0]["A1"] = "项目名称请与预算批复一致"
    sheet = book.create_sheet("附件2")
    rows: list[list[object]] = [
        ["单位：万元"],
        ["2030 年项目绩效自评表"],
        ["项目名称：", "信息化服务", None, "项目主管部门：", "市数据局"],
        ["预算单位：", "市信息中心"],
        [
            "资金情况",
            None,
            "年初预算（A）",
            "调整后预算数（B）",
            "全年执行数（C）",
            "执行率（C/B）",
            "分值",
            "得分",
        ],
        ["年度资金总额：", None, "1,000.00", "800.00", "600.00", "75%", 10, 10],
        ["财政拨款", None, 1000, 800, 600, "75%", "/", "/"],
        ["单位资金", None, 0, 0, 0, 0, "/", "/"],
        ["一级指标", "二级指标", "三级指标", "指标值", "全年完成值", "权重", "自评得分", "未完成原因"],
        ["产出指标", "数量指标", "指标1：巡检次数", "≤12次", "14 次", 40, 41, "台风后加检"],
        [None, None, "指标2：系统数", "=3套", "3套", 10, 10, None],
        [None, "成本指标", "指标1：单价", "6元/张", "0.0007万元/张", 10, 8, None],
        ["效益指标", "社会效益", "指标1：办件率", "98%", 0.99, 30, None, None],
        ["合计", None, None, None, None, 100, 95, None],
    ]
    for row in rows:
        sheet.append(row)
    sheet["D11"].data_type = "s"  # as text: openpyxl takes =3套 for a formula
    return book


def scored(text: str) -> tuple[Loaded, Evaluation]:
    loaded = load({"form.yaml": text})
    return loaded, evaluate(loaded.programme)


def test_the_national_form_becomes_a_programme_with_its_points_and_a_recomputed_execution_rate() -> None:
    loaded, evaluation = scored(from_form(saved(national()), "form.xlsx"))
    about = loaded.programme.programme
    assert (about.title.zh, about.unit.zh, about.department.zh) == (
        "市民卡服务经费",
        "市民卡服务中心",
        "市人力资源社会保障局",
    )
    assert about.year == 2031
    assert evaluation.score("Z1").points == 10 * Fraction("226.59") / 234
    assert evaluation.total.outcome.points == 89 + 10 * Fraction("226.59") / 234
    assert evaluation.total.grade is not None
    assert evaluation.total.grade.zh == "优"
    assert [(one.code, one.name.zh, plain(one.weight or ZERO)) for one in evaluation.scores] == [
        ("Z1", "预算执行率", "10"),
        ("A", "产出指标", "50"),
        ("B", "效益指标", "30"),
        ("C", "满意度指标", "10"),
    ]


def test_a_consistent_form_has_no_disagreements() -> None:
    _, evaluation = scored(from_form(saved(national()), "form.xlsx"))
    assert disagreements(evaluation) == []


def test_targets_and_results_are_read_as_numbers_where_they_are_numbers() -> None:
    loaded, _ = scored(from_form(saved(national()), "form.xlsx"))
    figures = loaded.programme.figures
    assert "a201_actual" in figures
    assert (figures["a201_actual"].value, figures["a201_actual"].unit) == (Fraction("99.14"), "%")
    assert figures["a301_actual"].value == Fraction("99.6")  # the cell holds 0.996 and shows 99.6%
    assert figures["a102_actual"].value == 5
    assert figures["c101_actual"].value == Fraction("98.47")
    assert not any(name.startswith("b1") for name in figures)  # 达标 stays words


def test_a_bare_number_beside_a_target_in_ten_thousands_is_left_to_people() -> None:
    book = national()
    book["自评表"]["G13"] = 3100000
    loaded, _ = scored(from_form(saved(book), "form.xlsx"))
    assert "a101_actual" not in loaded.programme.figures
    assert "A101" not in loaded.programme.rule_books["national_proportional"].rules


def test_reasons_goals_and_places_are_kept() -> None:
    loaded, _ = scored(from_form(saved(national()), "form.xlsx"))
    programme = loaded.programme
    assert [one.reason.zh for one in programme.findings.values() if one.reason] == [
        "个别批次延期；已加派人手"
    ]
    assert programme.narrative.goals[0].text[0].zh == "制卡 300 万张，服务 \uff5b全体\uff5d 市民"
    assert programme.funds is not None
    assert [row.name.zh for row in programme.funds.rows] == [
        "年度资金总额",
        "当年财政拨款",
        "上年结转资金",
        "其他资金",
    ]
    assert [(t.code, t.name.zh) for t in programme.targets] == [
        ("TA", "产出指标"),
        ("TB", "效益指标"),
        ("TC", "满意度指标"),
    ]
    leaf = next(node for node, _ in programme.framework.walk() if node.code == "A101")
    assert leaf.place.zh == "自评表!J13"


def test_an_unfilled_amount_is_missing_and_not_zero() -> None:
    loaded, evaluation = scored(from_form(saved(national()), "form.xlsx"))
    other = next(
        name for name, one in loaded.programme.figures.items() if one.name.zh == "其他资金，年初预算数"
    )
    lack = evaluation.case.figures[other]
    assert isinstance(lack, Lack)
    assert lack.state is State.MISSING


def test_a_provincial_form_with_slips_is_read_and_its_slips_are_found() -> None:
    book = provincial()
    book["附件2"]["G10"], book["附件2"]["G13"] = 40, 30
    loaded, evaluation = scored(from_form(saved(book), "附件2.xlsx"))
    assert loaded.programme.programme.year == 2030
    assert evaluation.score("Z1").points == Fraction("7.5")  # printed as 10
    assert evaluation.total.outcome.points == Fraction("95.5")  # printed as 95
    assert {"Z1", "total", "own_funds_rate"} <= {str(one.subject) for one in disagreements(evaluation)}


def test_points_above_the_weight_and_empty_points_stay_open() -> None:
    loaded, evaluation = scored(from_form(saved(provincial()), "附件2.xlsx"))
    assert any("超过分值" in slip.text.zh for slip in loaded.programme.slips)
    assert evaluation.score("A101").state is State.MISSING
    assert evaluation.score("B101").state is State.MISSING


def test_directions_and_units_of_targets_are_understood() -> None:
    loaded, _ = scored(from_form(saved(provincial()), "附件2.xlsx"))
    rules = loaded.programme.rule_books["national_proportional"].rules
    assert rules["A101"]["direction"] == "reverse"
    assert rules["A102"]["direction"] == "equal"
    assert loaded.programme.figures["a201_actual"].value == 7  # 0.0007 万元/张, in 元/张
    assert "B101" not in rules  # 0.99 beside 98% may be 99 % or 0.99 %


def test_weights_that_are_not_a_hundred_are_a_slip_and_no_obstacle() -> None:
    book = national()
    book["自评表"]["I17"] = 20
    loaded, evaluation = scored(from_form(saved(book), "form.xlsx"))
    assert loaded.programme.framework.sum == 90
    assert any("合计 90" in slip.text.zh for slip in loaded.programme.slips)
    assert any("total" in str(one.subject) for one in disagreements(evaluation))


def test_a_sheet_that_is_no_form_is_refused_with_the_labels_that_were_not_found() -> None:
    book, sheet = sheet_of("工资表")
    sheet.append(["姓名", "实发"])
    with pytest.raises(FormUnreadable, match="一级指标") as refusal:
        from_form(saved(book), "工资.xlsx")
    assert refusal.value.code == "form_unreadable"
    assert "项目名称" in refusal.value.text.zh


def test_a_renamed_head_is_named_in_the_refusal() -> None:
    book = national()
    book["自评表"]["G12"] = "成效"
    with pytest.raises(FormUnreadable) as refusal:
        from_form(saved(book), "form.xlsx")
    assert "实际完成值" in refusal.value.text.zh
    assert "一级指标" not in refusal.value.text.zh


def test_two_forms_in_one_file_are_refused() -> None:
    book = national()
    copy = book.copy_worksheet(book["自评表"])
    copy.title = "又一张"
    with pytest.raises(FormUnreadable, match="2 forms"):
        from_form(saved(book), "form.xlsx")


def test_a_weight_in_words_is_refused_with_its_cell() -> None:
    book = national()
    book["自评表"]["I14"] = "十分"
    with pytest.raises(FormUnreadable, match="自评表!I14"):
        from_form(saved(book), "form.xlsx")


def test_a_form_without_the_unit_of_its_amounts_is_refused() -> None:
    book = national()
    book["自评表"]["A5"] = "项目资金"
    with pytest.raises(FormUnreadable, match="万元"):
        from_form(saved(book), "form.xlsx")


def test_a_formula_that_was_saved_without_its_result_is_refused() -> None:
    book = national()
    book["自评表"]["J19"] = "=SUM(J13:J18)+L6"
    with pytest.raises(FormUnreadable, match="J19"):
        from_form(saved(book), "form.xlsx")


def test_what_is_no_workbook_is_refused() -> None:
    with pytest.raises(WorkbookUnreadable):
        from_form(b"\xd0\xcf\x11\xe0 an old file", "form.xls")


@pytest.mark.parametrize(
    ("area", "mark"), [("A1", "模拟数据"), ("L2", "【模拟数据】"), ("A1", "自评表（模拟数据）")]
)
def test_a_form_marked_as_simulated_stays_simulated(area: str, mark: str) -> None:
    book = national()
    book["自评表"].unmerge_cells("A1:K1")
    book["自评表"][area] = mark
    loaded, _ = scored(from_form(saved(book), "form.xlsx"))
    assert loaded.programme.programme.origin == "simulated"


def test_the_mark_in_a_page_head_and_on_a_sheet_before_counts_and_a_project_name_does_not() -> None:
    book = national()
    book["自评表"]["C3"] = "模拟数据平台（模拟数据）"
    assert scored(from_form(saved(book), "form.xlsx"))[0].programme.programme.origin == "operated"
    head = book["自评表"].oddHeader
    assert head is not None
    head.right.text = "模拟数据"
    assert scored(from_form(saved(book), "form.xlsx"))[0].programme.programme.origin == "simulated"
    head.right.text = None
    book.create_sheet("正文", 0)["A1"] = "模拟数据"
    assert scored(from_form(saved(book), "form.xlsx"))[0].programme.programme.origin == "simulated"


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("（2018年度）", 2018),
        ("2018 年度", 2018),
        ("2018年度项目支出绩效自评表", 2018),
        ("填报单位：中心（2018年度）　填报时间：2019年6月", 2018),
        ("评价年度：2018", 2018),
        ("填报单位：中心　填报时间：2019年6月", None),
        ("填报日期：2019年度", None),
        ("2019年6月3日", None),
        ("2017-2019年度", None),
    ],
)
def test_the_year_is_that_of_the_title_and_never_of_a_date(text: str, year: int | None) -> None:
    book = national()
    book["自评表"]["A2"] = text
    book["自评表"]["C3"] = "2016年度市民卡服务经费"
    assert scored(from_form(saved(book), "form.xlsx"))[0].programme.programme.year == year


def test_the_year_may_stand_on_the_sheet_before_the_table() -> None:
    book = national()
    book["自评表"]["A2"] = "填报时间：2019年6月"
    book.create_sheet("正文", 0)["A2"] = "（2018年度）"
    assert scored(from_form(saved(book), "form.xlsx"))[0].programme.programme.year == 2018


def test_a_result_in_words_is_analysis_and_no_scoring_standard() -> None:
    loaded, _ = scored(from_form(saved(national()), "form.xlsx"))
    programme = loaded.programme
    assert not any(node.text and node.code != "Z1" and node.text.zh for node, _ in programme.framework.walk())
    analysed = {code: one.analysis.zh for code, one in programme.findings.items() if one.analysis}
    assert analysed == {"B101": "实际完成值：达标"}


@pytest.mark.parametrize("nothing", ["未提供", "—", "-", "无", "/", "未说明原因", "未填写", " — "])
def test_what_only_holds_a_place_is_left_out(nothing: str) -> None:
    book = national()
    for cell in ("K16", "G17", "F17", "B11"):
        book["自评表"][cell] = nothing
    programme = scored(from_form(saved(book), "form.xlsx"))[0].programme
    assert not programme.findings
    assert not programme.narrative.goals
    leaf = next(node for node, _ in programme.framework.walk() if node.code == "B101")
    assert leaf.target is None or not leaf.target.zh
