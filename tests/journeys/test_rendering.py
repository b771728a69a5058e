"""One invented document in the shape of a real evaluation report, through all four formats.

The figures are those of no city; the shape (cover, headings on four levels, a score table of three levels that
runs over pages, a funds table, charts, marks) is that of the published report in its official form.
"""

import hashlib
import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import docx
import openpyxl
import pypdfium2
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm

from civicard.kernel.exact import Fraction, from_text, grouped, plain
from civicard.kernel.refusal import Refusal
from civicard.reports.charts import (
    budget_against_spending,
    points_lost,
    rows_height_mm,
    sensitivity,
    to_png,
    to_svg,
)
from civicard.reports.document import (
    Align,
    Block,
    Cell,
    Chart,
    Column,
    Document,
    Heading,
    Mark,
    Paragraph,
    Run,
    Style,
    Table,
    number_format,
    placed,
)
from civicard.reports.fonts import missing_glyphs
from civicard.reports.html import to_html
from civicard.reports.pdf import to_pdf
from civicard.reports.word import to_docx
from civicard.reports.workbook import to_xlsx

LONG = (
    "项目设立的目的是为了方便市民办理个人事务，保障市民有效使用社会保障卡，推动市民个人事务的信息化管理。"
    "原计划本市于 2031 年 1 月起换发新版社会保障卡，全年制发卡量 480 万张，项目预算经费批复为 28,600,000.00 元；"
    "由于新版社会保障卡换发工作因故推迟至 7 月份实施，全年制发卡量减少至 290 万张，因此向上级主管部门申请调减"
    "项目预算 9,000,000.00 元，调减至 19,600,000.00 元。"
)
RULES = (
    "1. 是否符合国家财经法规和财务管理制度以及有关专项资金管理办法的规定。是得 1 分，否不得分。\n"
    "2. 资金的拨付是否有完整的审批程序和手续。是得 1 分，否不得分。\n"
    "3. 项目的重大开支是否经过评估论证。是得 1 分，否不得分。"
)
# code, level-2 group, name, weight, points (None: not scored), how it is scored
SCORES: list[tuple[str, str, str, int, str | None, str]] = [
    (
        "A11",
        "A1 项目立项",
        "战略目标适应性",
        1,
        "1",
        "与上级关于社会保障的战略目标相适应得 1 分，不适应不得分。",
    ),
    ("A12", "A1 项目立项", "立项依据充分性", 1, "1", "立项依据充分得 1 分，不充分不得分。"),
    (
        "A13",
        "A1 项目立项",
        "项目立项规范性",
        2,
        "2",
        "立项按规范程序申报得 1 分；提交文件、材料符合要求得 1 分。",
    ),
    ("A21", "A2 项目目标", "绩效目标合理性", 1, "1", "绩效目标合理得 1 分，不合理不得分。"),
    (
        "A22",
        "A2 项目目标",
        "绩效指标明确性",
        1,
        "0.5",
        "指标清晰、可衡量得 0.5 分；与任务计划和预算相匹配得 0.5 分。",
    ),
    (
        "B11",
        "B1 投入管理",
        "预算执行率",
        5,
        "0",
        "实际执行额 ÷ 预算金额。达到 100% 得 5 分，每差 2% 扣 1 分，扣完为止。",
    ),
    ("B12", "B1 投入管理", "预算资金到位及时率", 3, "3", "及时拨款金额 ÷ 预算资金总额。达到 100% 得 3 分。"),
    ("B21", "B2 财务管理", "专项资金使用情况", 5, None, RULES),
    ("B22", "B2 财务管理", "财务（资产）管理制度健全性", 2, "2", RULES),
    ("B23", "B2 财务管理", "财务监控有效性", 3, "3", RULES),
    (
        "B31",
        "B3 项目实施",
        "项目管理制度的健全性",
        4,
        "4",
        "已制定相应的业务管理制度得 2 分；制度合法、合规、完整得 2 分。",
    ),
    ("B32", "B3 项目实施", "项目管理制度执行的有效性", 7, "7", RULES * 2),
    (
        "C11",
        "C1 项目产出",
        "制卡数量完成率",
        12,
        "2",
        "达到 100% 得 12 分，每减少 2 个百分点扣 1 分，扣完为止。",
    ),
    (
        "C12",
        "C1 项目产出",
        "制卡发放及时性",
        8,
        "6",
        "从申领到制发 30 天。100% 得 8 分，每减少 1 个百分点扣 2 分。",
    ),
    (
        "C13",
        "C1 项目产出",
        "产品一次性合格率",
        10,
        "10",
        "98% 及以上得 10 分，98% 以下每减少 1 个百分点扣 2 分。",
    ),
    (
        "C21",
        "C2 项目效益",
        "社会效益",
        12,
        "12",
        "完全实现社保卡功能得 6 分；相关部门信息共享数量达到 10 个得 6 分。",
    ),
    ("C22", "C2 项目效益", "影响力", 7, "7", "延伸应用功能数达到 5 个得 5 分；有效投诉每发生一次扣 1 分。"),
    ("C23", "C2 项目效益", "市民满意率", 10, "9.21", "99% 及以上得 10 分，每减少 1 个百分点扣 1 分。"),
    ("C24", "C2 项目效益", "相关政府职能部门满意率", 6, "6", "99% 及以上得 6 分，每减少 1 个百分点扣 1 分。"),
]
MODULES = {"A": "A 项目决策", "B": "B 项目管理", "C": "C 项目绩效"}
HOSTILE = (
    '=HYPERLINK("http://evil.example")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "http://evil.example/x",
    "<script>alert(1)</script>",
)


def number(amount: str, places: int | None = None, **more: object) -> Cell:
    exact = from_text(amount)
    settings = {"align": Align.RIGHT, **more}
    return Cell(text=grouped(exact, places), number=exact, **settings)  # type: ignore[arg-type]  # settings of any kind are passed on


def score_table() -> Table:
    """Return the score table: three levels side by side, the first two spanning the rows below them."""
    head = ("一级\n指标", "二级\n指标", "三级指标", "行次", "权重", "评价标准", "得分")
    rows = [tuple(Cell(text=text) for text in head)]
    # Told twice, so that the table runs over several pages.
    for part in range(2):
        seen: set[str] = set()
        for line, (code, group, name, weight, points, rule) in enumerate(SCORES, start=1):
            module = MODULES[code[0]]
            cells: list[Cell] = []
            for heading, members in (
                (module, [row for row in SCORES if row[0][0] == code[0]]),
                (group, [row for row in SCORES if row[1] == group]),
            ):
                if heading not in seen:
                    seen.add(heading)
                    cells.append(Cell(text=heading, rowspan=len(members), bold=heading == module))
            cells += [
                Cell(text=f"{code} {name}", align=Align.LEFT),
                number(str(line + part * len(SCORES)), align=Align.CENTER),
                number(str(weight), align=Align.CENTER),
                Cell(text=rule, align=Align.LEFT),
                Cell(text="未评分", unsupported=True)
                if points is None
                else number(points, align=Align.CENTER),
            ]
            rows.append(tuple(cells))
    rows.append(
        (
            Cell(text="合计", colspan=4, bold=True, shade=True),
            number("100", align=Align.CENTER, bold=True, shade=True),
            Cell(shade=True),
            number("76.71", align=Align.CENTER, bold=True, shade=True),
        )
    )
    widths = (13, 14, 24, 7, 7, 52, 11)
    return Table(
        columns=tuple(Column(width=width) for width in widths),
        rows=tuple(rows),
        caption="表 2　综合评价表",
        unit_note="单位：分",
        note="注：得分后标“无佐证”的，评价时未见支持该得分的材料。",
    )


def funds_table() -> Table:
    """Return a funds table with a header of two rows."""
    header = (
        (
            Cell(text="资金来源", rowspan=2),
            Cell(text="预算数", colspan=2),
            Cell(text="全年执行数", rowspan=2),
            Cell(text="执行率", rowspan=2),
        ),
        (Cell(text="年初"), Cell(text="全年")),
    )
    rate = Fraction("16384250.37") / Fraction(19600000)
    body = (
        (
            Cell(text="年度资金总额", header=True, align=Align.LEFT),
            number("28600000", 2),
            number("19600000", 2),
            number("16384250.37", 2),
            Cell(text=f"{plain(rate * 100, 2)}%", number=rate, align=Align.RIGHT),
        ),
        (
            Cell(text="其中：当年财政拨款", header=True, align=Align.LEFT),
            number("28600000", 2),
            number("19600000", 2),
            number("16384250.37", 2),
            Cell(text="83.59%", number=rate, align=Align.RIGHT),
        ),
        (
            Cell(text="单位资金", header=True, align=Align.LEFT),
            Cell(text="—"),
            Cell(text="—"),
            Cell(text="—"),
            Cell(text="—"),
        ),
    )
    return Table(
        columns=tuple(Column(width=width) for width in (26, 22, 22, 22, 14)),
        rows=header + body,
        header_rows=2,
        caption="表 1　年度预算安排及使用情况",
        unit_note="单位：元",
    )


def hostile_table() -> Table:
    return Table(
        columns=(Column(width=10), Column(width=30, align=Align.LEFT)),
        rows=(
            (Cell(text="序号"), Cell(text="市民留言")),
            *((number(str(line)), Cell(text=text)) for line, text in enumerate(HOSTILE, start=1)),
        ),
        caption="[附]表:留言*？",
    )


def blocks() -> list[Block]:
    scored = [
        (code, name, None if points is None else from_text(points), Fraction(weight))
        for code, _, name, weight, points, _ in SCORES
    ]
    bands = [("优", 90, 100), ("良", 80, 90), ("中", 60, 80), ("差", 0, 60)]
    readings = [
        ("不足一步按一步扣", "76.71"),
        ("四舍五入到整步", "78"),
        ("足一步才扣", "80"),
        ("按比例扣分", "78.93"),
    ]
    return [
        Paragraph(
            text="为了提高财政资金使用绩效，充分体现政府公共服务目标，根据有关办法的要求，开展绩效评价工作。现报告如下："
        ),
        Heading(level=1, text="一、项目基本情况"),
        Heading(level=2, text="（一）项目概况"),
        Heading(level=3, text="1. 立项背景及目的"),
        Paragraph(text=LONG),
        Heading(level=4, text="（1）项目组织保障"),
        Paragraph(text=LONG),
        Paragraph(
            runs=(
                Run(text="预算执行率为 "),
                Run(text="83.59%", bold=True),
                Run(text="，低于目标；偏差原因为换发工作推迟", mark=Mark.UNSUPPORTED),
                Run(text="。"),
            )
        ),
        Heading(level=2, text="（二）资金安排及使用"),
        funds_table(),
        Chart(
            option=budget_against_spending(
                [
                    ("年度资金总额", Fraction(28600000), Fraction(19600000), Fraction("16384250.37")),
                    ("单位资金", None, None, None),
                ],
                "元",
            ),
            caption="图 1　预算与执行",
            alt="年初预算 28,600,000.00 元，全年预算 19,600,000.00 元，全年执行 16,384,250.37 元。",
            height_mm=55,
        ),
        Heading(level=1, text="二、评价结论"),
        Paragraph(text=LONG, keep_with_next=True),
        score_table(),
        Heading(level=2, text="（一）失分情况"),
        Chart(
            option=points_lost(scored),
            caption="图 2　各项指标得分与失分",
            alt="失分最多的是制卡数量完成率。",
            height_mm=rows_height_mm(len(scored)),
        ),
        Heading(level=2, text="（二）计分口径对结论的影响"),
        Chart(
            option=sensitivity(
                [(label, from_text(total)) for label, total in readings],
                [(grade, Fraction(least), Fraction(most)) for grade, least, most in bands],
                "不足一步按一步扣",
            ),
            caption="图 3　不同计分口径下的总分",
            alt="总分在 76.71 与 80 之间。",
            height_mm=rows_height_mm(len(readings)),
        ),
        Heading(level=1, text="三、存在的问题"),
        *[Paragraph(text=f"{line}. {LONG}", style=Style.ITEM) for line in range(1, 4)],
        hostile_table(),
        Paragraph(text="某市社会保障卡服务中心\n2032 年 3 月 1 日", style=Style.SIGNATURE),
        Paragraph(text="注：本文件为程序测试用的虚构文件。", style=Style.NOTE),
    ]


def demonstration() -> Document:
    return Document(
        title="2031年度社会保障卡制作费项目\n财政支出绩效评价报告",
        subtitle="（单位自评）",
        origin_mark="模拟数据",
        footer_note="回执 sha256:9f2c1a7be0d34485b1f7c8a90d21e6f3a4b5c6d7e8f90123456789abcdef0123　共 19 项指标",
        cover_lines=(
            "项目单位：某市社会保障卡服务中心",
            "主管部门：某市人力资源和社会保障局",
            "2032 年 3 月 1 日",
        ),
        author="某市社会保障卡服务中心",
        dated_on=date(2032, 3, 1),
        blocks=tuple(blocks()),
    )


RENDERERS: dict[str, Callable[[Document], bytes | str]] = {
    "pdf": to_pdf,
    "docx": to_docx,
    "html": to_html,
    "xlsx": to_xlsx,
}


@cache
def made(kind: str) -> bytes:
    """Return the demonstration in one format; made once, as tests only read it."""
    content = RENDERERS[kind](demonstration())
    return content.encode() if isinstance(content, str) else content


def only(*content: Block, **more: object) -> Document:
    return Document(title="标题", blocks=content, **more)  # type: ignore[arg-type]  # settings of any kind are passed on


def parts(archive: bytes) -> dict[str, str]:
    """Return the XML parts of an Office file."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {
            name: opened.read(name).decode() for name in opened.namelist() if name.endswith((".xml", ".rels"))
        }


def pages(pdf: bytes) -> list[str]:
    """Return the text of each page, without the breaks that justified lines bring."""
    opened = pypdfium2.PdfDocument(pdf)
    found = [re.sub(r"\s+", "", page.get_textpage().get_text_bounded()) for page in opened]
    opened.close()
    return found


def embeds_its_fonts(pdf: bytes) -> bool:
    """Return whether every font that draws text is in the file."""
    raw = pypdfium2.raw
    opened = pypdfium2.PdfDocument(pdf)
    drawn = [
        raw.FPDFFont_GetIsEmbedded(raw.FPDFTextObj_GetFont(text))
        for page in opened
        for text in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], max_depth=4)
    ]
    return len(drawn) > 0 and all(drawn)


@pytest.mark.parametrize("kind", RENDERERS)
def test_the_same_document_gives_the_same_bytes(kind: str) -> None:
    again = RENDERERS[kind](demonstration())
    assert (again.encode() if isinstance(again, str) else again) == made(kind)


def test_another_process_with_other_hashes_gives_the_same_bytes() -> None:
    program = (
        "import hashlib, importlib.util as u, sys;"
        "s = u.spec_from_file_location('demo', sys.argv[1]); m = u.module_from_spec(s); s.loader.exec_module(m);"
        "print(*(hashlib.sha256(m.made(k)).hexdigest() for k in m.RENDERERS))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "America/Lima", "LC_ALL": "C"}
    told = subprocess.run(
        [sys.executable, "-c", program, str(Path(__file__))],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == [hashlib.sha256(made(kind)).hexdigest() for kind in RENDERERS]


def test_every_format_says_the_same_words() -> None:
    told = {
        "pdf": "".join(pages(made("pdf"))),
        "docx": re.sub(r"<[^>]+>", "", parts(made("docx"))["word/document.xml"]),
        "html": re.sub(r"<[^>]+>", "", made("html").decode()),
        "xlsx": re.sub(r"<[^>]+>", "", parts(made("xlsx"))["xl/sharedStrings.xml"]),
    }
    for kind, text in told.items():
        joined = re.sub(r"\s+", "", text)
        for words in (
            "一、项目基本情况",
            "（1）项目组织保障",
            "综合评价表",
            "无佐证",
            "某市社会保障卡服务中心",
            "市民留言",
        ):
            assert words in joined, (kind, words)


def test_the_pdf_marks_and_numbers_every_page() -> None:
    found = pages(made("pdf"))
    assert 9 <= len(found) <= 12
    assert all("模拟数据" in page and "sha256:9f2c" in page for page in found)
    assert not re.search("—[0-9]+—", found[0])
    assert [f"—{number}—" in page for number, page in enumerate(found[1:], start=1)] == [True] * (
        len(found) - 1
    )


def test_the_header_of_a_long_table_is_repeated_in_the_pdf() -> None:
    assert sum("三级指标" in page and "评价标准" in page for page in pages(made("pdf"))) >= 4


def test_the_pdf_has_bookmarks_title_and_archival_tags() -> None:
    opened = pypdfium2.PdfDocument(made("pdf"))
    marks = [(mark.level, mark.get_title()) for mark in opened.get_toc()]
    assert marks[:3] == [(0, "一、项目基本情况"), (1, "（一）项目概况"), (2, "1. 立项背景及目的")]
    assert opened.get_metadata_dict()["Title"] == "2031年度社会保障卡制作费项目财政支出绩效评价报告"
    assert b"pdfaid" in made("pdf")


def test_the_pdf_embeds_every_font_it_draws_with() -> None:
    assert embeds_its_fonts(made("pdf"))


def test_without_a_cover_the_text_follows_its_title_on_page_one() -> None:
    (page,) = pages(to_pdf(only(Paragraph(text="正文第一段"))))
    assert page == "标题正文第一段—1—"


def test_text_is_never_read_as_typst_markup() -> None:
    hostile = '#panic("x") *bold* $x^2$ `raw` @cite // gone <label> \\ = no heading'
    page = pages(to_pdf(only(Heading(level=1, text=hostile), Paragraph(text=hostile))))[0]
    assert page.count(re.sub(r"\s+", "", hostile)) == 2


def test_a_digest_wraps_inside_its_narrow_cell_and_is_copied_whole() -> None:
    digest = hashlib.sha256(b"").hexdigest()
    cells = ((Cell(text=digest), Cell(text="回执")),)
    table = Table(columns=(Column(width=1), Column(width=5)), rows=cells, header_rows=0)
    opened = pypdfium2.PdfDocument(to_pdf(only(table)))
    text = opened[0].get_textpage()
    assert digest in re.sub(r"\s+", "", text.get_text_bounded())
    left, right = 28 / 25.4 * 72, (28 + 156 / 6) / 25.4 * 72
    places = [text.get_charbox(number) for number in range(text.count_chars())]
    start = text.get_text_range().index(digest[:4])
    assert all(left < place[0] and place[2] < right for place in places[start : start + 60])


@pytest.mark.parametrize("note", ["注：此为表注。", "注：此为表注，" + "说明文字很长" * 30])
@pytest.mark.parametrize("spanning", [False, True])
def test_the_note_of_a_table_is_never_alone_on_a_page_of_the_pdf(note: str, *, spanning: bool) -> None:
    columns = (Column(width=1), Column(width=2))
    on_later_pages = 0
    for number in range(24, 36):
        body = [(Cell(text="组"), Cell(text=f"行{row}")) for row in range(1, number)]
        rows: list[tuple[Cell, ...]] = [(Cell(text="代码"), Cell(text="名称")), *body]
        rows.append((Cell(text="组"), Cell(text="末行")))
        if spanning:
            rest = [cells[1:] for cells in rows[2:]]
            rows = [rows[0], (Cell(text="组", rowspan=number), rows[1][1]), *rest]
        found = pages(to_pdf(only(Table(columns=columns, rows=tuple(rows), note=note))))
        (noted,) = [page for page in found if "注：此为表注" in page]
        assert "末行" in noted, number
        on_later_pages += noted == found[-1] and len(found) > 1
    assert on_later_pages > 0


def test_a_note_below_a_header_alone_or_a_very_tall_row_is_printed() -> None:
    head = (Cell(text="甲"), Cell(text="乙"))
    tall = (Cell(text="丙"), Cell(text="字" * 1500))
    cases: tuple[tuple[tuple[tuple[Cell, ...], ...], str], ...] = (((head,), "甲"), ((head, tall), "字"))
    for rows, span in cases:
        table = Table(columns=(Column(width=1),) * 2, rows=rows, note="注：此为表注。")
        found = "".join(pages(to_pdf(only(table))))
        assert span in found
        assert found.count("注：此为表注。") == 1


def test_a_row_longer_than_a_page_runs_on_and_loses_nothing() -> None:
    rows = ((Cell(text="甲"), Cell(text="字" * 4000 + "完")),)
    table = Table(columns=(Column(width=1), Column(width=9)), rows=rows, header_rows=0)
    found = pages(to_pdf(only(table)))
    assert sum(page.count("字") for page in found) == 4000
    assert "完" in found[-1]


def test_a_rare_character_falls_back_and_one_that_no_font_has_is_refused() -> None:
    rare, lacking = only(Paragraph(text="䶮")), only(Paragraph(text="张\U00031350，王\U0003134a"))
    assert missing_glyphs(rare) == set()
    assert "䶮" in pages(to_pdf(rare))[0]
    assert missing_glyphs(lacking) == {"\U00031350", "\U0003134a"}
    with pytest.raises(Refusal) as refused:
        to_pdf(lacking)
    assert refused.value.code == "glyph_missing"
    assert "U+31350" in refused.value.text.zh
    assert "U+3134A" in refused.value.text.en


def test_a_label_of_a_chart_is_checked_for_glyphs_too() -> None:
    option = points_lost([("A1", "\U00031350", Fraction(1), Fraction(2))])
    assert missing_glyphs(only(Chart(option=option, caption="", alt=""))) == {"\U00031350"}


def test_the_word_page_is_that_of_official_documents() -> None:
    word = docx.Document(io.BytesIO(made("docx")))
    for section in word.sections:
        width, height = section.page_width or Mm(0), section.page_height or Mm(0)
        left, right = section.left_margin or Mm(0), section.right_margin or Mm(0)
        top = section.top_margin or Mm(0)
        assert (round(width.mm), round(height.mm), round(top.mm), round(left.mm)) == (210, 297, 37, 28)
        assert round((width - left - right) / 36000) == 156
    assert word.settings.odd_and_even_pages_header_footer
    footers = [
        name for name in parts(made("docx")) if "footer" in name and "PAGE" in parts(made("docx"))[name]
    ]
    assert len(footers) == 2
    cover, body = word.sections
    assert "模拟数据" in cover.header.paragraphs[0].text
    assert "PAGE" not in cover.footer._element.xml  # noqa: SLF001 - python-docx gives the XML no other way
    assert body.footer.paragraphs[0].text == "— 1 —"


def test_every_word_style_names_a_chinese_font_and_language() -> None:
    word = docx.Document(io.BytesIO(made("docx")))
    used = {paragraph.style.name for paragraph in word.paragraphs if paragraph.style}
    assert {"Heading 1", "Heading 2", "Heading 3", "Heading 4", "Title", "公文正文"} <= used
    for style in word.styles:
        if style.type == 1 and style.name not in {"Header", "Footer"}:
            fonts, tongue = style.element.rPr.rFonts, style.element.rPr.find(qn("w:lang"))
            assert fonts.get(qn("w:eastAsia")) in {"仿宋", "黑体", "楷体", "方正小标宋简体"}
            assert fonts.get(qn("w:asciiTheme")) is None
            assert tongue.get(qn("w:eastAsia")) == "zh-CN"
    assert 'w:altName w:val="仿宋_GB2312,FangSong' in parts(made("docx"))["word/fontTable.xml"]


def test_word_tables_fill_the_text_repeat_their_header_and_keep_rows_whole() -> None:
    word = docx.Document(io.BytesIO(made("docx")))
    assert len(word.tables) == 3
    for table in word.tables:
        grid = table._tbl  # noqa: SLF001 - python-docx gives the XML no other way
        (width,) = grid.xpath("./w:tblPr/w:tblW/@w:w")
        for row in grid.tr_lst:
            assert sum(map(int, row.xpath("./w:tc/w:tcPr/w:tcW/@w:w"))) == int(width)
            assert row.xpath("./w:trPr/w:cantSplit")
    assert [len(table._tbl.xpath("./w:tr[w:trPr/w:tblHeader]")) for table in word.tables] == [2, 1, 1]  # noqa: SLF001 - python-docx gives the XML no other way


@pytest.mark.parametrize(
    ("text", "width", "between"),
    [("12", 12, "\u00a0"), ("未评分", 8, "\n"), ("甲\n乙", 40, "\n"), ("", 8, "")],
)
def test_a_tag_stands_below_the_text_of_a_cell_too_narrow_for_both(
    text: str, width: int, between: str
) -> None:
    columns = (Column(width=width), Column(width=100 - width))
    rows = ((Cell(text=text, unsupported=True), Cell(text="甲")),)
    word = docx.Document(io.BytesIO(to_docx(only(Table(columns=columns, rows=rows, header_rows=0)))))
    assert word.tables[0].cell(0, 0).text == f"{text}{between}无佐证"


def test_word_pictures_have_words_and_the_file_has_properties() -> None:
    word = docx.Document(io.BytesIO(made("docx")))
    words = [shape._inline.docPr.get("descr") for shape in word.inline_shapes]  # noqa: SLF001 - python-docx gives the XML no other way
    assert words[0].startswith("年初预算 28,600,000.00 元")
    assert len(words) == 3
    assert word.core_properties.author == "某市社会保障卡服务中心"
    assert word.core_properties.title.startswith("2031年度")
    assert word.core_properties.created.date() == date(2032, 3, 1)
    assert not any("thumbnail" in name for name in zipfile.ZipFile(io.BytesIO(made("docx"))).namelist())


class Nesting(HTMLParser):
    """Checks that every element is closed where it was opened, and gathers attributes."""

    VOID = frozenset({"meta", "br", "col", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_html_is_well_formed_and_fetches_and_runs_nothing() -> None:
    page = Nesting()
    page.feed(made("html").decode())
    assert page.open == []
    assert ("html", {"lang": "zh-CN"}) in page.seen
    tags = [tag for tag, _ in page.seen]
    assert not {"script", "link", "img", "iframe", "object"} & set(tags)
    assert (tags.count("h1"), tags.count("figure"), tags.count("caption")) == (1, 3, 3)
    for tag, attributes in page.seen:
        assert not any(name.startswith("on") or name == "src" for name in attributes)
        assert (attributes.get("href") or "#").startswith("#")
        assert tag != "th" or attributes["scope"] in {"col", "colgroup", "row", "rowgroup"}
        assert tag != "svg" or (attributes["role"] == "img" and attributes["aria-label"])
    assert "url(" not in made("html").decode()
    assert "@import" not in made("html").decode()


def test_html_escapes_text_wherever_it_stands() -> None:
    evil = '</style></title><script>alert(1)</script>" onload="x'
    chart = Chart(option=points_lost([(evil, evil, Fraction(1), Fraction(2))]), caption=evil, alt=evil)
    table = Table(
        columns=(Column(width=1),), rows=((Cell(text=evil),), (Cell(text=evil),)), caption=evil, note=evil
    )
    run = Run(text=evil, mark=Mark.UNSUPPORTED)
    document = Document(
        title=evil,
        subtitle=evil,
        origin_mark=evil,
        footer_note=evil,
        author=evil,
        cover_lines=(evil,),
        blocks=(Heading(level=1, text=evil), Paragraph(runs=(run,)), table, chart),
    )
    written = to_html(document)
    assert "<script" not in written
    assert written.count("</style>") == 1
    page = Nesting()
    page.feed(written)
    assert page.open == []
    assert not any("onload" in attributes for _, attributes in page.seen)


def test_hostile_text_is_never_a_formula_or_a_link_in_excel() -> None:
    book = openpyxl.load_workbook(io.BytesIO(made("xlsx")))
    shown = {cell.value: cell.data_type for row in book["附表留言？"].iter_rows() for cell in row}
    assert {shown[text] for text in HOSTILE} == {"s"}
    for name, part in parts(made("xlsx")).items():
        assert "<f>" not in part, name
        assert "<hyperlink" not in part, name


def test_excel_stores_numbers_that_show_as_the_document_prints_them() -> None:
    book = openpyxl.load_workbook(io.BytesIO(made("xlsx")))
    cells = {
        cell.value: cell.number_format
        for row in book["表 1 年度预算安排及使用情况"].iter_rows()
        for cell in row
    }
    assert cells[16384250.37] == "#,##0.00"
    rate = next(value for value in cells if isinstance(value, float) and value < 1)
    assert (round(rate, 6), cells[rate]) == (0.835931, "0.00%")


def test_excel_sheets_are_named_frozen_merged_and_ready_to_print() -> None:
    book = openpyxl.load_workbook(io.BytesIO(made("xlsx")))
    assert book.sheetnames == ["正文", "表 1 年度预算安排及使用情况", "表 2 综合评价表", "附表留言？"]
    scores = book["表 2 综合评价表"]
    assert scores.freeze_panes == "A5"
    assert scores.print_title_rows == "$4:$4"
    assert (scores.page_setup.paperSize, scores.page_setup.fitToHeight) == (9, 0)
    assert "A5:A9" in {str(merged) for merged in scores.merged_cells.ranges}
    for sheet in book:
        assert sheet["A1"].value == "模拟数据"
    printed = [
        part
        for name, part in parts(made("xlsx")).items()
        if "worksheets/sheet" in name and "模拟数据" in part
    ]
    assert len(printed) == 4


def test_a_document_that_is_one_table_is_one_sheet_with_its_title_above() -> None:
    rows = ((Cell(text="甲"), Cell(text="乙")), (Cell(text="丙"), Cell(text="丁")))
    table = Table(columns=(Column(width=1),) * 2, rows=rows, unit_note="单位：元", note="表注")
    below = Paragraph(text="表后的话")
    more = {"subtitle": "（2031年度）", "origin_mark": "模拟数据", "footer_note": "凭据"}
    document = only(table, below, cover_lines=("某市社会保障卡服务中心",), **more)
    (sheet,) = openpyxl.load_workbook(io.BytesIO(to_xlsx(document))).worksheets
    assert sheet.title == "标题"
    assert [row[0].value for row in sheet.iter_rows()] == [
        "模拟数据", "标题", "（2031年度）", "某市社会保障卡服务中心", "单位：元", "甲", "丙", "表注", "表后的话", "凭据",
    ]  # fmt: skip
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("A7", "$6:$6")


def test_words_above_the_only_table_scroll_away() -> None:
    table = Table(columns=(Column(width=1),), rows=((Cell(text="甲"),), (Cell(text="乙"),)), caption="附表")
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(only(Paragraph(text="字" * 900), table))))
    assert book.sheetnames == ["附表"]
    assert book["附表"].freeze_panes is None
    headed = only(Heading(level=1, text="一、概况"), table)
    assert openpyxl.load_workbook(io.BytesIO(to_xlsx(headed))).sheetnames == ["正文", "附表"]


def test_the_text_of_a_workbook_is_no_wider_than_the_page() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(made("xlsx")))["正文"]
    # What LibreOffice gives a unit of width where the default font is lacking, in points.
    assert sheet.column_dimensions["A"].width * 7 <= (210 / 25.4 - 1.2) * 72


def test_two_tables_of_one_name_get_two_sheets() -> None:
    table = Table(
        columns=(Column(width=1),), rows=((Cell(text="甲"),), (Cell(text="乙"),)), caption="长" * 40
    )
    names = openpyxl.load_workbook(io.BytesIO(to_xlsx(only(table, table, table)))).sheetnames
    assert len({name.casefold() for name in names}) == 4
    assert max(map(len, names)) <= 31


def test_excel_rows_are_high_enough_for_long_text() -> None:
    table = Table(
        columns=(Column(width=1), Column(width=9)),
        rows=((Cell(text="甲"), Cell(text="字" * 1500)),),
        header_rows=0,
    )
    sheet = openpyxl.load_workbook(io.BytesIO(to_xlsx(only(table)))).worksheets[0]
    height, width = sheet.row_dimensions[2].height, sheet.column_dimensions["B"].width
    assert height is not None
    assert height / 15.4 * (width - 1) >= 1500 * 2


def test_a_table_whose_rows_do_not_fill_its_columns_is_a_mistake() -> None:
    columns = (Column(width=1), Column(width=1))
    wrong: tuple[tuple[tuple[Cell, ...], ...], ...] = (
        ((Cell(),),),
        ((Cell(), Cell(), Cell()),),
        ((Cell(rowspan=2), Cell()), (Cell(), Cell())),
        ((Cell(rowspan=2), Cell()),),
        ((Cell(colspan=3),),),
    )
    for rows in wrong:
        with pytest.raises(ValueError, match=r"row 1|row 2"):
            Table(columns=columns, rows=rows, header_rows=0)
    with pytest.raises(ValueError, match="row 1"):
        Table(columns=columns, rows=((Cell(rowspan=2), Cell()), (Cell(),)), header_rows=1)


def test_cells_find_their_places_beside_those_that_span() -> None:
    rows = ((Cell(text="a", rowspan=2), Cell(text="b", colspan=2)), (Cell(text="c"), Cell(text="d")))
    table = Table(columns=(Column(width=1),) * 3, rows=rows, header_rows=0)
    assert [(place.cell.text, place.row, place.column) for place in placed(table)] == [
        ("a", 0, 0), ("b", 0, 1), ("c", 1, 1), ("d", 1, 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "exact", "shown_as"),
    [
        ("84.31%", "0.843123", "0.00%"),
        ("1,000", "1000", "#,##0"),
        ("-3.5 分", "-3.5", '0.0" 分"'),
        ("0", "0.4", "0"),
    ],
)
def test_a_number_format_follows_from_what_is_printed(text: str, exact: str, shown_as: str) -> None:
    assert number_format(Cell(text=text, number=from_text(exact))) == shown_as


@pytest.mark.parametrize(
    ("text", "exact"), [("84.32%", "0.8431"), ("82", "82.6"), ("约 80 至 90", "80"), ("无", "0")]
)
def test_a_cell_that_shows_another_number_than_it_holds_is_a_mistake(text: str, exact: str) -> None:
    with pytest.raises(ValueError, match="A cell"):
        Cell(text=text, number=from_text(exact))


def test_charts_draw_the_same_whenever_they_are_drawn_and_share_no_ids() -> None:
    bars = points_lost(
        [("C11", "制卡数量完成率", Fraction(2), Fraction(12)), ("C12", "及时性", None, Fraction(8))]
    )
    drawn = to_svg(bars, 500, 200)
    to_svg(points_lost([]), 300, 100)
    assert to_svg(bars, 500, 200) == drawn
    assert "2 / 12（−10）" in drawn
    assert "未评分 / 8" in drawn
    assert to_png(drawn).startswith(b"\x89PNG")


def test_a_chart_may_not_bring_pictures_from_outside() -> None:
    option = {
        "series": [{"type": "scatter", "symbol": "image://http://evil.example/x.png", "data": [[1, 1]]}],
        "xAxis": {},
        "yAxis": {},
        "animation": False,
    }
    with pytest.raises(ValueError, match="A chart may"):
        to_svg(option, 100, 100)


def test_a_sensitivity_chart_needs_the_reading_that_was_chosen() -> None:
    with pytest.raises(ValueError, match="No reading"):
        sensitivity([("甲", Fraction(82))], [], "乙")


def test_a_landscape_document_lies_on_its_side_in_every_paged_format() -> None:
    document = only(Paragraph(text="横排"), landscape=True)
    width, height = pypdfium2.PdfDocument(to_pdf(document))[0].get_size()
    assert width > height
    section = docx.Document(io.BytesIO(to_docx(document))).sections[0]
    assert (section.page_width or 0) > (section.page_height or 0)
    assert "A4 landscape" in to_html(document)
