"""What a Word template from outside may hold, looked through before anything else reads it.

Refused are macros, whatever Word would fetch or run when the file is opened, archives that unpack to too
much, and every statement of the template language but loops and conditions.
"""

import io
import re
import zipfile
from typing import TYPE_CHECKING

from civicard.kernel.text import Text
from civicard.reports.refusals import TemplateUnreadable, TemplateUnsafe

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from jinja2 import Environment

MOST_UNPACKED = 50 * 1024 * 1024
MOST_PARTS = 2_000
OLE, ZIP = b"\xd0\xcf\x11\xe0", b"PK"
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
MAIN = "word/document.xml"
DOCUMENT_TYPE = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
TEMPLATE_TYPE = b"application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml"
# Relations to what runs, or to what Word fills in from another file, by the last part of their type.
UNSAFE_RELATIONS = frozenset(
    {
        *(
            "attachedtemplate",
            "vbaproject",
            "wordvbadata",
            "oleobject",
            "package",
            "control",
            "activexcontrolbinary",
        ),
        *("afchunk", "subdocument", "frame", "keymapcustomizations", "attachedtoolbars"),
    }
)
HYPERLINK = "hyperlink"
# Fields by which Word reads other files, the network or programs.
FETCHING_FIELD = re.compile(
    r"\b(?:DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|INCLUDE|IMPORT|LINK|DATABASE|MACROBUTTON|RD|MERGEFIELD|EMBED)\b"
)
FILTERS = (
    "abs",
    "count",
    "d",
    "default",
    "first",
    "int",
    "join",
    "last",
    "length",
    "lower",
    "round",
    "trim",
    "upper",
)
DEEPEST_LOOP = 3


def look_through(template: bytes) -> None:
    """Refuse a file that is no readable Word document, or that holds what a template must not.

    Raises:
        TemplateUnreadable: no .docx, cut off or locked.
        TemplateUnsafe: macros, outside targets, or more than it may unpack to.
    """
    if template.startswith(OLE):
        raise TemplateUnreadable(
            Text("文件已加密，或是旧版 .doc", "the file is locked with a password, or an old .doc")
        )
    if not template.startswith(ZIP):
        raise TemplateUnreadable(Text("文件不是 .docx", "the file is no .docx"))
    try:
        with zipfile.ZipFile(io.BytesIO(template)) as archive:
            _look_through_parts(archive)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        reason = Text("文件不完整或已损坏", "the file is cut off or damaged")
        raise TemplateUnreadable(reason) from error


def _look_through_parts(archive: zipfile.ZipFile) -> None:
    """Look through the parts of an opened file; sizes first, so that nothing large is ever unpacked."""
    entries = archive.infolist()
    if len(entries) > MOST_PARTS or sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise TemplateUnsafe(Text("解压后超过 50 MB", "it unpacks to more than 50 MB"))
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names):
        raise TemplateUnsafe(Text("压缩包内有同名部件", "it holds two parts of one name"))
    if "[Content_Types].xml" not in names or MAIN not in names:
        raise TemplateUnreadable(Text("文件不是 .docx", "the file is no .docx"))
    types = archive.read("[Content_Types].xml")
    if any("vbaproject" in name.lower() for name in names) or b"macroenabled" in types.lower():
        raise TemplateUnsafe(Text("文件含有宏", "it holds macros"))
    if DOCUMENT_TYPE not in types and TEMPLATE_TYPE not in types:
        raise TemplateUnreadable(Text("文件不是 Word 文档", "the file is no Word document"))
    for name in names:
        if name.lower().endswith((".xml", ".rels")):
            part = _parsed(archive.read(name))
            _look_through_relations(part)
            _look_through_fields(part)


def _parsed(part: bytes) -> "Element":
    """Return a part as XML; a document type is refused, as it can name entities outside of the file."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root: Element = fromstring(part, forbid_dtd=True)
    except DefusedXmlException as error:
        raise TemplateUnsafe(Text("XML 部件含有 DOCTYPE", "an XML part has a DOCTYPE")) from error
    except (ParseError, LookupError) as error:
        raise TemplateUnreadable(Text("XML 部件已损坏", "an XML part is damaged")) from error
    return root


def _look_through_relations(part: "Element") -> None:
    """Refuse relations that reach outside or to what runs; plain links, which nobody fetches, may stay."""
    for relation in part.iter(f"{RELATIONS}Relationship"):
        kind = relation.get("Type", "").rpartition("/")[2].lower()
        if kind in UNSAFE_RELATIONS:
            raise TemplateUnsafe(
                Text(
                    "文件附有外部模板、嵌入对象或控件",
                    "it has an attached template, an embedded object or a control",
                )
            )
        if relation.get("TargetMode", "").lower() == "external" and kind != HYPERLINK:
            raise TemplateUnsafe(Text("文件引用外部内容", "it refers to something outside of the file"))


def _look_through_fields(part: "Element") -> None:
    """Refuse fields that fetch; Word joins the runs of a field's code, so they are joined before looking."""
    codes: list[str] = []
    for element in part.iter():
        if element.tag == f"{WORD}instrText":
            codes.append(element.text or "")
        elif element.tag == f"{WORD}fldChar":
            codes.append(" ")
        elif element.tag == f"{WORD}fldSimple":
            codes.append(f" {element.get(f'{WORD}instr', '')} ")
    found = FETCHING_FIELD.search("".join(codes).upper())
    if found:
        name = found.group()
        raise TemplateUnsafe(
            Text(f"文件含有会读取外部内容的域（{name}）", f"it has a field that reads from outside ({name})")
        )


def sandbox() -> "Environment":
    """Return the environment a template's expressions run in: fields, loops, conditions and a few filters."""
    from jinja2 import StrictUndefined, nodes
    from jinja2.exceptions import SecurityError
    from jinja2.sandbox import SandboxedEnvironment

    allowed = (nodes.Output, nodes.If, nodes.For)
    looped = (nodes.Name, nodes.Getattr, nodes.Getitem)
    refused = (nodes.Call, nodes.Pow, nodes.Mod)

    def check(node: nodes.Node, depth: int) -> None:
        if isinstance(node, refused) or (isinstance(node, nodes.Stmt) and not isinstance(node, allowed)):
            raise SecurityError(f"a template may not hold {type(node).__name__}")
        if isinstance(node, nodes.Name) and node.name == "self":
            raise SecurityError("a template may not look at itself")
        if isinstance(node, nodes.For):
            depth += 1
            if depth > DEEPEST_LOOP or node.recursive or not isinstance(node.iter, looped):
                raise SecurityError("a template may loop over a field, three deep at most")
        for child in node.iter_child_nodes():
            check(child, depth)

    class Sandbox(SandboxedEnvironment):
        """Reads nothing, calls nothing, and multiplies numbers only."""

        intercepted_binops = frozenset({"*"})

        def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
            tree = super()._parse(source, name, filename)
            for node in tree.body:
                check(node, 0)
            return tree

        def is_safe_callable(self, obj: object) -> bool:
            return False

        def call_binop(self, context: object, operator: str, left: object, right: object) -> object:
            if isinstance(left, int) and isinstance(right, int):
                return left * right
            raise SecurityError("a template may multiply whole numbers only")

    environment = Sandbox(undefined=StrictUndefined, autoescape=True)
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in FILTERS}
    return environment
