"""The documents as files: names, kinds, templates, the same bytes twice, and hostile text that stays text."""

import io
import re
import zipfile
from copy import deepcopy
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pypdfium2
import pytest
from docx.oxml.ns import qn

from civicard.kernel.text import Text
from civicard.reports.documents import DocumentUnknown, make_documents
from civicard.scoring.evaluate import Evaluation, evaluate
from civicard.scoring.load import Loaded, beside, load, reloaded
from civicard.scoring.sensitivity import Sensitivity, sensitivity

PROGRAMMES = Path(__file__).parents[2] / "programmes"
DIGEST = "0123456789abcdef" * 4
FORMATS = ("docx", "pdf", "html", "xlsx")
STEMS = ("report", "self-evaluation-table", "self-evaluation-report", "score-table")
HOSTILE = (
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "#let x = 1; #panic()",
    "$sum$ *强* `码` @ref \\u{5}",
    "HYPERLINK \\l PAGE",
    "{{ 7*7 }}{% for %}",
    "&R&Z&F",
)


@cache
def programme(name: str = "zhengzhou-2021.yaml") -> Loaded:
    """Return a programme of this repository."""
    text = (PROGRAMMES / name).read_text(encoding="utf-8")
    others = {one: (PROGRAMMES / one).read_text(encoding="utf-8") for one in beside(text, name)}
    return load({name: text} | others)


def evaluated(loaded: Loaded) -> tuple[Evaluation, Sensitivity]:
    """Return evaluation and sensitivity."""
    return evaluate(loaded.programme), sensitivity(loaded)


@cache
def hostile() -> dict[str, bytes]:
    """Return all files of a programme whose names and sentences are hostile."""
    value: dict[str, Any] = deepcopy(programme().value)
    value["programme"]["title"] = HOSTILE[0]
    value["programme"]["unit"] = HOSTILE[1]
    value["programme"]["department"] = HOSTILE[2]
    value["framework"]["indicators"][0]["name"] = HOSTILE[3]
    value["framework"]["indicators"][1]["text"] = HOSTILE[4]
    value["slips"][0]["text"] = HOSTILE[5]
    value["figures"]["executed"]["name"] = HOSTILE[6]
    value["narrative"]["background"] = [{"text": [one.replace("{", "").replace("}", "") for one in HOSTILE]}]
    loaded = Loaded(reloaded(value), value)
    return make_documents(*evaluated(loaded), digest=DIGEST, formats=FORMATS, kinds=None)


class Page(HTMLParser):
    """The text of a page, and the names of its elements."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.elements = "", set[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def told(data: bytes, form: str) -> str:
    """Return what a file shows as text, without any spaces."""
    match form:
        case "pdf":
            found = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(data))
        case "html":
            page = Page()
            page.feed(data.decode())
            found = page.text
        case "docx":
            word = docx.Document(io.BytesIO(data))
            found = "".join(mark.text or "" for mark in word.element.body.iter(qn("w:t")))
        case _:
            book = openpyxl.load_workbook(io.BytesIO(data))
            found = "".join(
                str(cell.value)
                for sheet in book
                for row in sheet.iter_rows()
                for cell in row
                if cell.value is not None
            )
    return re.sub(r"\s", "", found)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("stem", STEMS)
def test_hostile_text_stays_text_in_every_format(stem: str, form: str) -> None:
    data = hostile()[f"{stem}.{form}"]
    shown = told(data, form)
    expected = [HOSTILE[1]] if stem == "self-evaluation-table" else [HOSTILE[0]]
    expected += HOSTILE[2:3] if stem == "self-evaluation-table" else []
    expected += HOSTILE[:5] + HOSTILE[6:] if stem == "report" else []
    for text in expected:
        wanted = re.sub(r"[\s{}]", "", text)
        assert wanted in shown.replace("{", "").replace("}", ""), text
    if form == "html":
        page = Page()
        page.feed(data.decode())
        assert "script" not in page.elements
    if form == "docx":
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            instructions = re.findall(
                r"<w:instrText[^>]*>([^<]*)<",
                "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml")),
            )
        assert set(instructions) <= {"PAGE"}
    if form == "xlsx":
        for sheet in openpyxl.load_workbook(io.BytesIO(data)):
            assert not [
                cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f" or cell.hyperlink
            ]


def test_all_documents_are_made_in_every_format_under_fixed_names() -> None:
    assert set(hostile()) == {f"{stem}.{form}" for stem in STEMS for form in FORMATS}


def test_only_the_documents_asked_for_are_made_and_each_is_announced() -> None:
    seen: list[tuple[int, int, str]] = []

    def advance(done: int, of: int, what: Text) -> None:
        seen.append((done, of, what.zh))

    files = make_documents(
        *evaluated(programme()),
        digest=DIGEST,
        formats=["html", "xlsx"],
        kinds=["scores", "form"],
        advance=advance,
    )
    assert list(files) == [
        "score-table.html", "score-table.xlsx", "self-evaluation-report.html", "self-evaluation-report.xlsx",
    ]  # fmt: skip
    assert [(done, of) for done, of, _ in seen] == [(0, 4), (1, 4), (2, 4), (3, 4)]
    assert seen[0][2] == "评分表（html）"


def test_a_document_that_does_not_exist_is_refused_with_the_list_of_those_that_do() -> None:
    with pytest.raises(DocumentUnknown, match=r"report .*, table .*, form .*, scores") as refused:
        make_documents(*evaluated(programme()), digest=DIGEST, formats=["html"], kinds=["report", "letter"])
    assert refused.value.code == "document_unknown"
    assert "letter" in refused.value.text.zh


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_evaluation_gives_the_same_bytes(form: str) -> None:
    twice = [
        make_documents(*evaluated(programme()), digest=DIGEST, formats=[form], kinds=["form"])
        for _ in range(2)
    ]
    assert twice[0] == twice[1]


def test_a_template_of_the_city_is_filled_for_the_report_alone() -> None:
    template = docx.Document()
    for line in (
        "{{ title }}",
        "得{{ total }}分，等次{{ grade }}，执行{{ executed }}，{{ Z1.points }}",
        "{{p section_3 }}",
    ):
        template.add_paragraph(line)
    saved = io.BytesIO()
    template.save(saved)
    files = make_documents(
        *evaluated(programme()),
        digest=DIGEST,
        formats=["docx"],
        kinds=["report", "scores"],
        template=saved.getvalue(),
    )
    shown = told(files["report.docx"], "docx")
    assert "得99.68分，等次优，执行226.59万元，9.68" in shown
    assert "三、评价结论及绩效分析" in shown
    assert "一、项目基本情况" not in shown
    assert "等次优，执行" not in told(files["score-table.docx"], "docx")


@pytest.mark.parametrize("form", FORMATS)
def test_the_receipt_of_the_scores_stands_in_every_file(form: str) -> None:
    data = hostile()[f"score-table.{form}"]
    if form == "docx":
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            shown = "".join(parts.read(name).decode() for name in parts.namelist() if "footer" in name)
    else:
        shown = told(data, form)
    assert DIGEST in shown
