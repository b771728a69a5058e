"""The styles of a Word file: the page habits of GB/T 9704 as styles a Word user can change in one place.

Commercial fonts are named, never bundled; the font table names open ones to take their place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from civicard.kernel.text import Language
from civicard.reports.document import Style

if TYPE_CHECKING:
    from docx.document import Document as WordFile
    from docx.oxml.xmlchemy import BaseOxmlElement
    from docx.styles.style import ParagraphStyle

FANG_SONG, HEI, KAI, TITLE_SONG, LATIN = "仿宋", "黑体", "楷体", "方正小标宋简体", "Times New Roman"
# What a machine without the font should look for, in this order.
ALTERNATIVES: Final[Mapping[str, str]] = MappingProxyType(
    {
        FANG_SONG: "仿宋_GB2312,FangSong,FangSong_GB2312,Noto Serif CJK SC",
        HEI: "SimHei,Noto Sans CJK SC",
        KAI: "楷体_GB2312,KaiTi,KaiTi_GB2312,LXGW WenKai",
        TITLE_SONG: "FZXiaoBiaoSong-B05S,华文中宋,STZhongsong,Noto Serif CJK SC",
        LATIN: "Liberation Serif",
    }
)
LINE_PT, BODY_PT, TITLE_PT = 29, 16, 22
# 28 characters of 16 points to a line of 156 mm: each a quarter of a point closer, in twentieths of a point.
CLOSER = -5
BODY, ITEM, CENTERED, NOTE, SIGNATURE = "公文正文", "公文条目", "公文居中", "公文注", "公文落款"
TITLE, SUBTITLE, COVER = "Title", "Subtitle", "公文封面"
CELL, DENSE_CELL, HEAD, DENSE_HEAD = "公文表格", "公文表格小字", "公文表头", "公文表头小字"
CAPTION, UNIT, TABLE_NOTE, PICTURE = "公文图表题", "公文表格单位", "公文表格注", "公文图"
ORIGIN, PAGE_NUMBER, FOOTNOTE = "公文数据标记", "公文页码", "公文页脚注"
KEPT = ("Normal", "Header", "Footer", "Default Paragraph Font", "Normal Table", "No List")
HEADINGS = ("Heading 1", "Heading 2", "Heading 3", "Heading 4")
PARAGRAPHS: Final[Mapping[Style, str]] = MappingProxyType(
    {
        Style.BODY: BODY,
        Style.ITEM: ITEM,
        Style.CENTERED: CENTERED,
        Style.NOTE: NOTE,
        Style.SIGNATURE: SIGNATURE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How one style sets its paragraphs.

    Attributes:
        line_pt: exact line pitch; None takes what the type needs.
        indent: first-line indent in hundredths of a character.
        right: right indent in hundredths of a character.
    """

    font: str = FANG_SONG
    size: float = BODY_PT
    bold: bool = False
    align: str = "both"
    indent: int = 0
    right: int = 0
    before: float = 0
    after: float = 0
    line_pt: int | None = LINE_PT
    keep_next: bool = False
    level: int | None = None
    spacing: int = 0


def _heading(level: int, font: str, *, bold: bool = False) -> Look:
    return Look(font=font, bold=bold, indent=200, keep_next=True, level=level, spacing=CLOSER)


LOOKS: Final[Mapping[str, Look]] = MappingProxyType(
    {
        BODY: Look(indent=200, spacing=CLOSER),
        ITEM: Look(indent=200, spacing=CLOSER),
        CENTERED: Look(align="center", spacing=CLOSER),
        NOTE: Look(size=10.5, line_pt=None),
        SIGNATURE: Look(align="right", right=400, spacing=CLOSER),
        TITLE: Look(font=TITLE_SONG, size=TITLE_PT, align="center", line_pt=36),
        SUBTITLE: Look(font=KAI, align="center", after=14),
        COVER: Look(align="center"),
        CELL: Look(size=10.5, align="center", line_pt=None),
        DENSE_CELL: Look(size=9, align="center", line_pt=None),
        HEAD: Look(font=HEI, size=10.5, align="center", line_pt=None),
        DENSE_HEAD: Look(font=HEI, size=9, align="center", line_pt=None),
        CAPTION: Look(font=HEI, size=12, align="center", before=8, after=3, line_pt=None),
        UNIT: Look(size=10.5, align="right", after=2, line_pt=None, keep_next=True),
        TABLE_NOTE: Look(size=10.5, align="left", before=3, after=8, line_pt=None),
        PICTURE: Look(align="center", before=8, line_pt=None, keep_next=True),
        ORIGIN: Look(font=HEI, size=12, align="right", line_pt=None),
        PAGE_NUMBER: Look(size=14, line_pt=None),
        FOOTNOTE: Look(font=HEI, size=7.5, align="center", before=4, line_pt=None),
        HEADINGS[0]: _heading(1, HEI),
        HEADINGS[1]: _heading(2, KAI),
        HEADINGS[2]: _heading(3, FANG_SONG, bold=True),
        HEADINGS[3]: _heading(4, FANG_SONG),
    }
)


def language_tag(language: Language) -> str:
    """Return the tag by which Word proofs text."""
    return "zh-CN" if language is Language.CHINESE else "en-GB"


def give_styles(word: "WordFile", language: Language) -> None:
    """Set every style of a fresh Word file to the habits of official documents."""
    from docx.oxml.ns import qn

    root = word.styles.element
    for fonts in list(root.iter(qn("w:rFonts"))):
        fonts.getparent().remove(fonts)
    defaults = root.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    _write_type(defaults, Look(), language)
    for style in list(word.styles):
        if style.name not in {*LOOKS, *KEPT}:
            style.delete()
    _write_look(word.styles["Normal"], Look(align="both"), language)
    add_styles(word, language, replace=True)
    _write_font_table(word)


def add_styles(word: "WordFile", language: Language, *, replace: bool = False) -> None:
    """Give `word` the styles that blocks use; those a city's template has are left as they are."""
    from docx.enum.style import WD_STYLE_TYPE

    for name, look in LOOKS.items():
        known = {style.name for style in word.styles}
        if name not in known:
            style = word.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
            style.base_style = None
        elif not replace:
            continue
        _write_look(word.styles[name], look, language)


def _write_look(style: "ParagraphStyle", look: Look, language: Language) -> None:
    """Write one style anew, so that nothing of Word's own look (blue headings, theme fonts) remains."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    element = style.element
    for old in (*element.findall(qn("w:pPr")), *element.findall(qn("w:rPr"))):
        element.remove(old)
    layout = OxmlElement("w:pPr")
    if look.keep_next:
        layout.append(made("w:keepNext"))
        layout.append(made("w:keepLines"))
    layout.append(made("w:widowControl", val="0"))
    # Exact pitches already are the grid; small type must not be stretched to it.
    layout.append(made("w:snapToGrid", val="0"))
    pitch = (
        {"line": str(look.line_pt * 20), "lineRule": "exact"}
        if look.line_pt
        else {"line": "240", "lineRule": "auto"}
    )
    layout.append(
        made("w:spacing", before=str(round(look.before * 20)), after=str(round(look.after * 20)), **pitch)
    )
    if look.indent:
        points = look.indent * look.size / 100
        layout.append(made("w:ind", firstLineChars=str(look.indent), firstLine=str(round(points * 20))))
    elif look.right:
        points = look.right * look.size / 100
        layout.append(made("w:ind", rightChars=str(look.right), right=str(round(points * 20))))
    layout.append(made("w:jc", val=look.align))
    if look.level is not None:
        layout.append(made("w:outlineLvl", val=str(look.level - 1)))
    element.append(layout)
    characters = OxmlElement("w:rPr")
    _write_type(characters, look, language)
    element.append(characters)


def _write_type(characters: "BaseOxmlElement", look: Look, language: Language) -> None:
    """Write font, size and language into a style's character properties, in the order the schema asks for."""
    for old in list(characters):
        characters.remove(old)
    # Figures in a title or a heading are as heavy as its characters.
    latin = look.font if look.font in {HEI, TITLE_SONG} else LATIN
    characters.append(made("w:rFonts", ascii=latin, hAnsi=latin, eastAsia=look.font, cs=LATIN))
    if look.bold:
        characters.append(made("w:b"))
        characters.append(made("w:bCs"))
    if look.spacing:
        characters.append(made("w:spacing", val=str(look.spacing)))
    size = str(round(look.size * 2))
    characters.append(made("w:sz", val=size))
    characters.append(made("w:szCs", val=size))
    tag = language_tag(language)
    characters.append(made("w:lang", val="en-US" if tag == "zh-CN" else tag, eastAsia="zh-CN", bidi="ar-SA"))


def made(name: str, **attributes: str) -> "BaseOxmlElement":
    """Return a new element of the w: namespace with attributes of the same namespace."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    element = OxmlElement(name)
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    return element


def _write_font_table(word: "WordFile") -> None:
    """Name the fonts and those that may take their place."""
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/>'
        f'<w:charset w:val="{"00" if name == LATIN else "86"}"/>'
        f'<w:family w:val="{"roman" if name == LATIN else "auto"}"/><w:pitch w:val="variable"/></w:font>'
        for name, others in ALTERNATIVES.items()
    )
    table = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:fonts '
        f'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">{fonts}</w:fonts>'
    )
    for part in word.part.package.iter_parts():
        if str(part.partname) == "/word/fontTable.xml":
            part._blob = table.encode()  # noqa: SLF001 - python-docx cannot write this part
