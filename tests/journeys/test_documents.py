"""The four official documents of the two published evaluations, and of programmes that lack something.

What is expected of form was typed from the published documents and the national table; see programmes/.
"""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from civicard.kernel.exact import Fraction, plain
from civicard.reports.contents.binding import Binding
from civicard.reports.document import Cell, Chart, Document, Heading, Mark, Paragraph, Style, Table, placed
from civicard.reports.document import texts as all_texts
from civicard.reports.documents import KINDS, document_of
from civicard.scoring.evaluate import Evaluation, evaluate
from civicard.scoring.figures import State
from civicard.scoring.load import Loaded, beside, load, reloaded
from civicard.scoring.sensitivity import sensitivity

PROGRAMMES = Path(__file__).parents[2] / "programmes"
DIGEST = "0123456789abcdef" * 4
PLACEHOLDERS = re.compile(r"\{|\}|\b(?:None|null|nan|NaN|True|False|inf)\b")
# Words of the machine, and file names; codes such as C11 and the norm ISO9000 are all the Latin there is.
LATIN = re.compile(r"[A-Za-z_]{3,}")
ALLOWED = {"ISO"}
Change = Callable[[dict[str, Any]], None]

REPORT_SECTIONS = [
    "一、项目基本情况",
    "（一）概况",
    "1.立项背景及目的",
    "2.预算资金来源及使用情况",
    "3.实施情况",
    "4.组织及管理",
    "（二）绩效目标",
    "二、绩效评价工作情况",
    "（一）绩效评价目的",
    "（二）绩效评价原则、评价方法等",
    "1.评价原则",
    "2.评价方法",
    "3.评价依据",
    "4.评价对象和范围",
    "5.评价时段",
    "6.评价指标体系",
    "（三）数据采集方法及过程",
    "三、评价结论及绩效分析",
    "（一）评价结论",
    "1.评价结果",
    "2.主要绩效",
    "（二）具体绩效分析",
    "1.项目决策",
    "2.项目管理",
    "3.项目绩效",
    "四、主要绩效、存在的问题及整改建议",
    "（一）主要绩效",
    "（二）存在的问题",
    "（三）整改建议",
    "五、其他需要说明的问题",
    "（一）缺少佐证的得分",
    "（二）绩效目标与评价指标的对应",
    "（三）资料中不一致之处",
    "（四）评分口径对结果的影响",
    "（五）其他",
    "附表",
]
FORM_SECTIONS = [
    "一、项目基本情况",
    "（一）项目概况",
    "（二）项目预算安排及使用情况",
    "（三）资金管理情况表",
    "（四）项目绩效目标",
    "1.项目年度绩效目标",
    "2.项目年度绩效目标完成情况",
    "二、总体评价结论和指标分析",
    "（一）总体评价结论",
    "（二）指标分析",
    "1.绩效目标完成的指标",
    "2.没有完成绩效目标的指标",
    "三、存在的问题和建议",
    "（一）存在的问题",
    "（二）改进建议",
    "1.对项目决策的建议",
    "2.对预算安排及执行情况的建议",
    "3.对资金管理的建议",
    "4.对项目管理的建议",
    "5.其他建议",
    "附表1",
]


@cache
def published(name: str) -> Loaded:
    """Return a programme of this repository."""
    text = (PROGRAMMES / name).read_text(encoding="utf-8")
    others = {one: (PROGRAMMES / one).read_text(encoding="utf-8") for one in beside(text, name)}
    return load({name: text} | others)


def nothing(_: dict[str, Any]) -> None:
    """Change nothing."""


def missing(value: dict[str, Any]) -> None:
    """Leave the share of cards issued in time unmeasured."""
    figure = value["figures"]["in_time_rate"]
    del figure["value"]
    figure["missing"] = "系统故障，无法统计"


def disputed(value: dict[str, Any]) -> None:
    """Let two sources give two numbers of cards made."""
    figure = value["figures"]["cards_made"]
    del figure["value"]
    figure["disputed"] = [
        {"value": Fraction(2412871), "place": "甲表"},
        {"value": Fraction(2950000), "place": "乙表"},
    ]


def not_applicable(value: dict[str, Any]) -> None:
    """Let no department be asked."""
    figure = value["figures"]["departments_satisfied"]
    del figure["value"], figure["answers"]
    figure["not_applicable"] = "本年度未开展部门调查"


def simulated(value: dict[str, Any]) -> None:
    """Say that the figures are invented."""
    value["programme"]["origin"] = "simulated"


def wordless(value: dict[str, Any]) -> None:
    """Take away everything that a person may write or leave out."""
    for key in (
        "narrative",
        "findings",
        "targets",
        "documents",
        "claims",
        "slips",
        "published",
        "rule_books",
    ):
        value.pop(key, None)
    for key in ("department", "evaluator", "kind", "year", "period", "written"):
        value["programme"].pop(key, None)


def without_funds(value: dict[str, Any]) -> None:
    """Take away the funds table."""
    value.pop("funds")


def proportional(value: dict[str, Any]) -> None:
    """Read every step proportionally, so that points have endless decimals."""
    text = repr(value)
    assert "started" in text
    for rule in rules(value["framework"]["indicators"]):
        if rule.get("kind") == "step":
            rule["reading"] = "proportional"


def rules(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield every rule of a framework as it stands in the file."""
    for row in rows:
        if "rule" in row:
            yield row["rule"]
        yield from rules(row.get("children", []))


SHANGHAI, ZHENGZHOU = "shanghai-2018.yaml", "zhengzhou-2021.yaml"
VARIANTS: dict[str, tuple[str, Change]] = {
    "shanghai": (SHANGHAI, nothing),
    "zhengzhou": (ZHENGZHOU, nothing),
    "missing": (SHANGHAI, missing),
    "disputed": (SHANGHAI, disputed),
    "not applicable": (SHANGHAI, not_applicable),
    "simulated": (SHANGHAI, simulated),
    "wordless": (SHANGHAI, wordless),
    "without funds": (SHANGHAI, without_funds),
    "proportional": (SHANGHAI, proportional),
}


@cache
def made(variant: str) -> tuple[Evaluation, dict[str, Document]]:
    """Return the evaluation of a variant and its four documents."""
    name, change = VARIANTS[variant]
    return documents_of(name, change)


def documents_of(name: str, change: Change) -> tuple[Evaluation, dict[str, Document]]:
    """Return the evaluation of a changed programme and its four documents."""
    value = deepcopy(published(name).value)
    change(value)
    loaded = Loaded(reloaded(value), value)
    evaluation = evaluate(loaded.programme)
    binding, found = Binding(evaluation), sensitivity(loaded)
    return evaluation, {kind: document_of(kind, binding, found, DIGEST) for kind in KINDS}


def words(document: Document) -> list[str]:
    """Return all text that people read; of a chart, its caption, its words and its labels."""
    found = [document.title, document.subtitle, document.origin_mark, *document.cover_lines]
    for block in document.blocks:
        if isinstance(block, Chart):
            found += [block.caption, block.alt, *block.option["yAxis"]["data"]]  # type: ignore[index]  # all have one
        else:
            found += all_texts(Document(title="", blocks=(block,)))
    return [one for one in found if one]


def headings(document: Document, deepest: int) -> list[str]:
    """Return the headings down to a level."""
    return [block.text for block in document.blocks if isinstance(block, Heading) and block.level <= deepest]


def tables(document: Document) -> list[Table]:
    """Return the tables."""
    return [block for block in document.blocks if isinstance(block, Table)]


def captioned(document: Document, word: str) -> Table:
    """Return the one table with a word in its caption."""
    (table,) = [table for table in tables(document) if word in table.caption]
    return table


def column(table: Table, name: str) -> list[Cell]:
    """Return the cells below a header, from the top down."""
    at = next(
        place.column for place in placed(table) if place.row < table.header_rows and place.cell.text == name
    )
    return [place.cell for place in placed(table) if place.row >= table.header_rows and place.column == at]


def adds_up(cells: list[Cell]) -> bool:
    """Tell whether the last cell is the sum of those above it."""
    *parts, total = cells
    return sum((one.number or Fraction(0) for one in parts), Fraction(0)) == total.number


def test_the_report_has_the_sections_of_the_published_report_in_their_order() -> None:
    _, documents = made("shanghai")
    told = headings(documents["report"], 3)
    fixed = [one for one in told if one in REPORT_SECTIONS]
    assert fixed == REPORT_SECTIONS
    # All others are headings that the programme's own text brings along.
    own = {
        section.heading.zh
        for key in type(made("shanghai")[0].programme.narrative).model_fields
        for section in getattr(made("shanghai")[0].programme.narrative, key)
        if section.heading is not None
    }
    assert {one.split(".", 1)[-1] for one in told if one not in REPORT_SECTIONS} <= own


def test_the_form_has_the_sections_of_the_published_form_in_their_order() -> None:
    _, documents = made("zhengzhou")
    assert headings(documents["form"], 3) == FORM_SECTIONS


def test_each_indicator_has_a_heading_with_its_points_and_full_points() -> None:
    evaluation, documents = made("shanghai")
    told = [
        block.text for block in documents["report"].blocks if isinstance(block, Heading) and block.level == 4
    ]
    assert [one for one in told if "满分为" in one][5] == "（1）预算执行率，得0分（满分为5分）"
    assert sum("满分为" in one for one in told) == len(evaluation.leaves())


@pytest.mark.parametrize("variant", ["shanghai", "zhengzhou"])
def test_every_column_of_points_adds_up_to_the_total_below_it(variant: str) -> None:
    evaluation, documents = made(variant)
    report = documents["report"]
    for table in (
        captioned(report, "得分汇总表"),
        captioned(report, "计算过程"),
        captioned(documents["form"], "评分表"),
    ):
        assert adds_up(column(table, "得分"))
        assert column(table, "得分")[-1].text == evaluation.printed(evaluation.total.outcome.points)
    for table in tables(report):
        if table.caption.endswith("评分表"):
            assert adds_up(column(table, "得分"))
    summary = captioned(report, "得分汇总表")
    assert adds_up(column(summary, "分值"))
    assert adds_up(column(captioned(report, "失分情况"), "失分"))


def test_the_score_table_sums_each_group_and_the_whole() -> None:
    evaluation, documents = made("shanghai")
    (table,) = tables(documents["scores"])
    codes, points = column(table, "代码"), column(table, "得分")
    shown = {code.text: cell.text for code, cell in zip(codes, points, strict=True)}
    assert [shown[code] for code in ("A", "B", "C", "合计")] == ["6", "24", "52", "82"]
    leaves = {one.code for one in evaluation.leaves()}
    numbers = [
        cell.number or Fraction(0) for code, cell in zip(codes, points, strict=True) if code.text in leaves
    ]
    assert sum(numbers) == 82


@pytest.mark.parametrize("variant", ["shanghai", "zhengzhou", "without funds"])
def test_the_national_table_scores_the_execution_rate_once_and_adds_up(variant: str) -> None:
    evaluation, documents = made(variant)
    (table,) = tables(documents["table"])
    cells = {(place.row, place.column): place.cell for place in placed(table)}
    names = [place for place in placed(table) if place.cell.text == "偏差原因分析及改进措施"]
    below, last = names[0].row, len(table.rows) - 1
    weights = [cells[row, 6].number or Fraction(0) for row in range(below + 1, last)]
    points = [cells[row, 7].number or Fraction(0) for row in range(below + 1, last)]
    funds = next((place for place in placed(table) if place.cell.text == "年度资金总额"), None)
    if funds is not None:
        weights.append(cells[funds.row, 6].number or Fraction(0))
        points.append(cells[funds.row, 8].number or Fraction(0))
        score = evaluation.score(evaluation.programme.funds.indicator)  # type: ignore[union-attr, arg-type]  # both have one
        assert cells[funds.row, 8].text == evaluation.printed(score.points)
        assert not any(place.cell.text == score.name.zh for place in placed(table))
    assert sum(weights) == 100 == cells[last, 6].number
    assert sum(points) == evaluation.total.outcome.points == cells[last, 7].number


def test_one_changed_input_changes_every_place_in_every_document() -> None:
    def more(value: dict[str, Any]) -> None:
        value["figures"]["cards_made"]["value"] = Fraction(2654321)

    before, after = made("shanghai")[1], documents_of(SHANGHAI, more)[1]
    assert sum("2,412,871" in text for kind in KINDS for text in words(before[kind])) > 3
    for kind in KINDS:
        told = "\n".join(words(after[kind]))
        assert "2,412,871" not in told
        assert "80.43%" not in told.replace("“80.43%”", "")
        assert ("2,654,321张" in told) == ("2,412,871张" in "\n".join(words(before[kind])))
        assert "88.48%" in told


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("kind", KINDS)
def test_no_document_prints_a_word_of_the_machine(variant: str, kind: str) -> None:
    evaluation, documents = made(variant)
    # A slip of the source may name the very word that was printed there.
    quoted = [slip.text.zh for slip in evaluation.programme.slips]
    for text in words(documents[kind]):
        if any(one in text for one in quoted):
            continue
        assert PLACEHOLDERS.search(text) is None, text
        assert set(LATIN.findall(text)) <= ALLOWED, text


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("kind", KINDS)
def test_punctuation_never_meets_itself(variant: str, kind: str) -> None:
    _, documents = made(variant)
    for text in words(documents[kind]):
        assert re.search(r"。。|；；|，，|：：|；。|，。|、。|：。|。；|（）|“”|《》", text) is None, text


def test_points_without_figure_or_document_are_marked() -> None:
    evaluation, documents = made("shanghai")
    unsupported = len(evaluation.unsupported)
    assert unsupported == 8
    summary = captioned(documents["report"], "得分汇总表")
    assert sum(cell.unsupported for cell in column(summary, "得分")) == unsupported
    (table,) = tables(documents["scores"])
    assert sum(cell.unsupported for cell in column(table, "得分")) == unsupported
    marked = [
        block
        for block in documents["form"].blocks
        if isinstance(block, Paragraph) and any(run.mark is Mark.UNSUPPORTED for run in block.runs)
    ]
    assert len(marked) == unsupported
    assert any("26分没有数据或材料支持" in text for text in words(documents["report"]))


def test_a_missing_figure_leaves_the_total_open_and_says_so_everywhere() -> None:
    evaluation, documents = made("missing")
    assert not evaluation.is_complete
    report = "\n".join(words(documents["report"]))
    assert "【缺数据】" in report
    assert "76分至84分之间" in report
    assert "系统故障，无法统计" in report
    assert "等次为“中至良”" in report
    for kind, caption in (("report", "得分汇总表"), ("scores", "评分明细")):
        points = column(captioned(documents[kind], caption), "得分")
        assert points[-1].text == "76至84"
        assert points[-1].number is None
        assert sum(cell.text == "缺数据" for cell in points) == 1
    assert not any(isinstance(one, Chart) and "评分口径" in one.caption for one in documents["report"].blocks)


def test_a_disputed_figure_is_printed_with_its_candidates() -> None:
    _, documents = made("disputed")
    told = "\n".join(words(documents["report"]))
    assert "有争议：80.43%、98.33%" in told
    assert "【有争议】" in told
    cells = column(captioned(documents["scores"], "评分明细"), "得分")
    assert sum(cell.text == "有争议" for cell in cells) == 1


def test_what_does_not_apply_is_no_zero_and_the_note_says_where_its_weight_went() -> None:
    evaluation, documents = made("not applicable")
    assert evaluation.score("C24").state is State.NOT_APPLICABLE
    table = captioned(documents["report"], "得分汇总表")
    assert "不适用" in [cell.text for cell in column(table, "得分")]
    assert "其分值按比例分摊到同组其他指标" in table.note
    assert "本年度未开展部门调查" in "\n".join(words(documents["report"]))


def test_points_with_endless_decimals_add_up_or_the_note_says_why_not() -> None:
    evaluation, documents = made("proportional")
    table = captioned(documents["report"], "得分汇总表")
    assert column(table, "得分")[-1].text == "83.88"
    assert evaluation.total.outcome.points is not None
    assert adds_up(column(table, "得分")) != ("略有不同" in table.note)


def test_a_ceiling_of_the_total_is_named_where_the_column_does_not_add_up() -> None:
    def capped(value: dict[str, Any]) -> None:
        ceiling = {"when": "execution_rate < 85", "most": Fraction(79), "why": "执行率低于85%的不得评为良"}
        value["framework"]["ceilings"] = [ceiling]

    _, documents = documents_of(SHANGHAI, capped)
    table = captioned(documents["report"], "得分汇总表")
    assert column(table, "得分")[-1].text == "79"
    assert "执行率低于85%的不得评为良，总分受此限制" in table.note
    assert "总分以79分为限" in "\n".join(words(documents["form"]))


def test_a_bonus_that_was_not_earned_is_no_loss() -> None:
    def with_bonus(value: dict[str, Any]) -> None:
        rule = {"kind": "stated", "stated": Fraction(1), "place": "附件"}
        bonus = {"code": "D", "name": "加分项", "weight": Fraction(3), "extra": True, "rule": rule}
        value["framework"]["indicators"].append(bonus)

    _, documents = documents_of(SHANGHAI, with_bonus)
    assert column(captioned(documents["report"], "失分情况"), "失分")[-1].text == "18"
    assert column(captioned(documents["report"], "得分汇总表"), "得分")[-1].text == "83"


@pytest.mark.parametrize("kind", KINDS)
def test_invented_figures_are_marked_on_every_document(kind: str) -> None:
    assert made("simulated")[1][kind].origin_mark == "模拟数据"
    assert made("shanghai")[1][kind].origin_mark == ""
    assert DIGEST in made("shanghai")[1][kind].footer_note


def test_sections_without_text_say_so_and_do_not_disappear() -> None:
    _, documents = made("wordless")
    fixed = [one for one in REPORT_SECTIONS if one != "（五）其他"]
    assert [one for one in headings(documents["report"], 3) if one in REPORT_SECTIONS][
        : len(fixed) - 1
    ] == fixed[:-1]
    blocks = documents["report"].blocks
    for at, block in enumerate(blocks):
        if isinstance(block, Heading) and block.text in {"3.实施情况", "1.评价原则", "（三）整改建议"}:
            following = blocks[at + 1]
            assert isinstance(following, Paragraph)
            assert (following.text, following.style) == ("未提供。", Style.BODY)
    assert "未作分析" in "\n".join(words(documents["report"]))


def test_measures_that_the_unit_left_out_are_not_filled_in() -> None:
    table = captioned(made("zhengzhou")[1]["form"], "资金管理情况表")
    assert [cell.text for cell in column(table, "存在问题和改进措施")] == ["未填写"] * 4


def test_an_execution_rate_of_nothing_by_nothing_is_no_number() -> None:
    table = captioned(made("zhengzhou")[1]["form"], "年度预算安排")
    assert [cell.text for cell in column(table, "执行率")] == ["96.83%", "96.83%", "无法计算", "无法计算"]
    assert column(table, "执行率")[0].number == Fraction("0.9683")


def test_a_stated_block_names_its_indicators_and_says_that_their_values_are_not_given() -> None:
    told = "\n".join(words(made("zhengzhou")[1]["form"]))
    assert "社保卡金融账户激活率" in told
    assert "原文未给出各项的目标值、完成值和得分" in told


def test_lost_points_without_a_cause_are_listed_as_unexplained() -> None:
    table = captioned(made("shanghai")[1]["report"], "失分情况")
    assert [cell.text for cell in column(table, "原因")][:-1] == [
        "启动推迟",
        "启动推迟",
        "未说明原因",
        "未说明原因",
    ]
    assert [cell.text for cell in column(table, "失分")] == ["5", "10", "2", "1", "18"]


def test_the_report_tells_which_reading_decides_the_grade_and_how_far_the_next_grades_are() -> None:
    evaluation, documents = made("shanghai")
    report = documents["report"]
    rows = captioned(report, "不同评分口径")
    changed = [at for at, cell in enumerate(column(rows, "等次是否改变")) if cell.text == "改变"]
    assert [column(rows, "总分")[at].text for at in changed] == ["79", "74", "96.78"]
    told = "\n".join(words(report))
    assert "只改变一处理解就会改变等次的是第5项（预算资金到位及时率另作理解，总分79分，等次“中”）" in told
    assert "距上一等次“优”（90分）差8分" in told
    assert [cell.text for cell in column(captioned(report, "达到“优”"), "变为")] == [
        "2,513,407张",
        "2,880,000张",
    ]
    assert plain(evaluation.framework.sum) == "100"


def test_every_disagreement_of_the_source_is_listed_with_its_number() -> None:
    from civicard.scoring.statements import disagreements

    evaluation, documents = made("shanghai")
    number = len(disagreements(evaluation))
    at = next(
        at
        for at, one in enumerate(documents["report"].blocks)
        if isinstance(one, Heading) and "不一致" in one.text
    )
    items = [
        one for one in documents["report"].blocks[at + 2 : at + 2 + number] if isinstance(one, Paragraph)
    ]
    assert [one.text.split("）")[0] for one in items] == [f"（{n}" for n in range(1, number + 1)]


def test_points_are_told_apart_by_what_they_rest_on() -> None:
    told = (
        "所得分数中，有材料佐证的16分（4项），仅有单位自述的40分（6项），"
        "既无数据也无材料（无佐证）的26分（8项）。"
    )
    evaluation, documents = made("shanghai")
    report = [text for text in words(documents["report"]) if told in text]
    assert len(report) == 2
    assert Fraction(16 + 40 + 26) == evaluation.total.outcome.points
    for kind in KINDS:
        assert "均有数据或材料支持" not in "\n".join(words(documents[kind]))


def test_the_reading_adopted_is_told_with_its_question() -> None:
    told = "\n".join(words(made("shanghai")[1]["report"]))
    assert (
        "本次采用：报告印出的完成率只有按调整后的计划才算得出来（未按字面理解）。"
        in told.split("问题：标准以")[1]
    )
    assert "本次理解的依据" not in told


@pytest.mark.parametrize("variant", VARIANTS)
def test_tables_and_charts_are_numbered_in_the_order_in_which_they_appear(variant: str) -> None:
    blocks = made(variant)[1]["report"].blocks
    for kind, mark in ((Table, "表"), (Chart, "图")):
        captions = [one.caption for one in blocks if isinstance(one, kind) and "\u3000" in one.caption]
        assert [one.split("\u3000")[0] for one in captions] == [
            f"{mark}{at}" for at in range(1, len(captions) + 1)
        ]


def test_a_reason_without_a_kind_is_unsorted_and_not_unexplained() -> None:
    def explained(value: dict[str, Any]) -> None:
        value["findings"]["C12"] = {"reason": "部分卡片在途"}

    _, documents = documents_of(SHANGHAI, explained)
    table = captioned(documents["report"], "失分情况")
    assert [cell.text for cell in column(table, "原因")][2:4] == ["未归类", "未说明原因"]
    assert column(table, "原因说明及改进措施")[2].text == "部分卡片在途"
    told = "\n".join(words(documents["report"]))
    assert "其中C23 市民满意率共失1分，原因未作说明" in told
    assert "原文未说明失分原因。" in told


def test_what_is_recalculated_from_published_documents_says_so() -> None:
    line = "依据已公开材料重新计算，不是原单位文件。"
    for kind in KINDS:
        assert line in "\n".join(words(made("shanghai")[1][kind]))
        assert line not in "\n".join(words(made("wordless")[1][kind]))
    assert "原文未" not in "\n".join(words(made("wordless")[1]["report"]))


def test_a_thing_left_out_is_told_once() -> None:
    report = [
        one.text for one in made("wordless")[1]["report"].blocks if isinstance(one, Paragraph | Heading)
    ]
    assert report[report.index("（二）绩效目标") + 1] == "未提供绩效目标表。"


def test_charts_print_numbers_as_tables_do_and_their_axes_end_at_full_points() -> None:
    charts = [one for one in made("proportional")[1]["report"].blocks if isinstance(one, Chart)]
    drawn = repr([one.option for one in charts])
    funds = captioned(made("proportional")[1]["report"], "预算安排")
    assert all(repr(one.text) in drawn for one in column(funds, "全年执行数"))
    assert re.search(r"'\d+\.\d*0[ '（]", drawn.replace(column(funds, "全年执行数")[0].text, "")) is None
    _, points, totals = (one.option["xAxis"] for one in charts)
    assert (points["max"], points["interval"]) == (12.0, 2.0)  # type: ignore[index]  # axes are mappings
    assert totals["max"] == 100.0  # type: ignore[index]  # axes are mappings
