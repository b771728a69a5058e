"""Spreadsheet files from outside: opened only when nothing in them can do harm, and read cell by cell, exactly.

A workbook is a zip archive of XML written by anyone. Before openpyxl builds anything from it, the archive is
measured, and every part is parsed once without building: no document types or entities, no flood of elements.
"""

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import ParseError  # only the class of the error; parsing is defused

import openpyxl
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook.workbook import Workbook

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text

MOST_BYTES = 64_000_000
MOST_UNPACKED = 100_000_000
MOST_RATIO = 200
# Small files of blank cells shrink beyond the ratio in all innocence.
RATIO_FROM = 5_000_000
MOST_PARTS = 2_000
MOST_ELEMENTS = 5_000_000
MOST_ROWS = 20_000
MOST_COLUMNS = 256
CHUNK = 1 << 20
# As many faults as a person can work through at once.
MOST_SHOWN = 200

OLD_FORMAT = b"\xd0\xcf\x11\xe0"
UNSAFE_PARTS = (
    (re.compile(r"vbaProject|/macrosheets/|/dialogsheets/|\.bin$", re.IGNORECASE), Text("宏或二进制部件", "macros or binary parts")),
    (re.compile(r"/(externalLinks|activeX|ctrlProps|embeddings)/", re.IGNORECASE), Text("外部链接、控件或嵌入对象", "external links, controls or embedded objects")),
    (re.compile(r"/(connections\.xml|queryTables/|model/)", re.IGNORECASE), Text("外部数据连接", "connections to outside data")),
)  # fmt: skip
# Printer settings are the one binary part that every spreadsheet program writes; nothing reads it.
HARMLESS = re.compile(r"/printerSettings\d*\.bin$", re.IGNORECASE)
# What openpyxl raises on files that are broken in one way or another; it has no error of its own for them.
BROKEN = (
    KeyError, ValueError, TypeError, AttributeError, IndexError, AssertionError, OverflowError, EOFError, RuntimeError,
    NotImplementedError, OSError, zipfile.BadZipFile, zlib.error, ParseError, InvalidFileException,
)  # fmt: skip


class WorkbookUnreadable(Refusal):
    """A file is no workbook that can be opened: encrypted, cut short, or something else altogether."""

    code = "workbook_unreadable"


class WorkbookUnsafe(Refusal):
    """A workbook holds what a filled form has no need of and a reader must not open."""

    code = "workbook_unsafe"


@dataclass(frozen=True, slots=True)
class CellFault:
    """One thing that is wrong in a workbook.

    Attributes:
        sheet: the name of the sheet; empty for the workbook itself.
        cell: the cell, as C7; empty for the whole sheet.
        text: what is wrong, and what would be right.
        is_formula: a formula stands where a value belongs.
    """

    sheet: str
    cell: str
    text: Text
    is_formula: bool = False

    @property
    def place(self) -> str:
        """Where it is: 数据!E5."""
        return f"{self.sheet}!{self.cell}" if self.cell else self.sheet


class WorkbookRefused(Refusal):
    """A filled workbook has faults; nothing was taken from it.

    Attributes:
        faults: all of them, in the order of the sheets.
    """

    code = "workbook_refused"

    def __init__(self, name: str, faults: Sequence[CellFault]) -> None:
        """Make the sentence that lists the faults."""
        self.faults = tuple(faults)
        number, more = len(faults), len(faults) - MOST_SHOWN
        zh = [f"{one.place}：{one.text.zh}" for one in faults[:MOST_SHOWN]]
        en = [f"{one.place}: {one.text.en or one.text.zh}" for one in faults[:MOST_SHOWN]]
        if more > 0:
            zh.append(f"……另有 {more} 处")
            en.append(f"… and {more} more")
        super().__init__(
            Text(
                "\n".join([f"{name} 有 {number} 处问题，未读入；改正后再试：", *zh]),
                "\n".join([f"{name} has {number} fault{'s' if number > 1 else ''}; nothing was read. Mend them and try again:", *en]),
            )
        )  # fmt: skip


class CellFormula(WorkbookRefused):
    """Formulas stand where values belong; what such a cell shows was computed elsewhere and proves nothing."""

    code = "cell_formula"


def refused(name: str, faults: Sequence[CellFault]) -> WorkbookRefused:
    """Return the refusal for `faults`; it has a name of its own when formulas are all that is wrong."""
    kind = CellFormula if all(one.is_formula for one in faults) else WorkbookRefused
    return kind(name, faults)


def opened(data: bytes, name: str, *, shown_values: bool = False) -> Workbook:
    """Return the workbook in `data`.

    Args:
        data: an xlsx file.
        name: what the file is called in messages.
        shown_values: give what formulas showed when the file was saved, instead of the formulas.

    Raises:
        WorkbookUnreadable: it cannot be opened.
        WorkbookUnsafe: it holds macros, links to other files, entities, or far more than it seems.
    """
    _check_archive(data, name, MOST_ELEMENTS)
    try:
        with warnings.catch_warnings():
            # openpyxl warns of every extension that it leaves alone; none of them holds a value.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(data), data_only=shown_values, keep_links=False)
    except BROKEN as error:
        raise _unreadable(
            name, Text("内部结构损坏", f"its inside is broken ({type(error).__name__})")
        ) from None
    for sheet in book.worksheets:
        if sheet.max_row > MOST_ROWS or sheet.max_column > MOST_COLUMNS:
            raise _unsafe(
                name,
                Text(
                    f"工作表“{sheet.title}”延伸到第 {sheet.max_row:,} 行、第 {sheet.max_column:,} 列"
                    f"（上限 {MOST_ROWS:,} 行、{MOST_COLUMNS} 列），请删去表外的空行空列",
                    f"the sheet {sheet.title!r} reaches to row {sheet.max_row:,} and column {sheet.max_column:,} "
                    f"(limits {MOST_ROWS:,} and {MOST_COLUMNS}); delete the empty rows and columns beyond the table",
                ),
            )
    return book


def check_archive(data: bytes, name: str, *, most_elements: int = MOST_ELEMENTS) -> None:
    """Raise a refusal unless `data` is an xlsx file that is safe to open; see `opened`."""
    _check_archive(data, name, most_elements)


def _check_archive(data: bytes, name: str, most_elements: int) -> None:
    if len(data) > MOST_BYTES:
        why = Text(f"文件超过 {MOST_BYTES:,} 字节", f"it is larger than {MOST_BYTES:,} bytes")
        raise _unreadable(name, why)
    if data.startswith(OLD_FORMAT):
        why = Text("它已加密，或是旧版 .xls", "it is encrypted, or in the old .xls format")
        raise _unreadable(name, why)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_parts(archive, name, most_elements)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError):
        why = Text("它不是 xlsx 文件，或不完整", "it is no xlsx file, or not all of one")
        raise _unreadable(name, why) from None


def _check_parts(archive: zipfile.ZipFile, name: str, most_elements: int) -> None:
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names or not any(one.endswith("workbook.xml") for one in names):
        raise _unreadable(name, Text("它不是 Excel 工作簿", "it is no Excel workbook"))
    for part in parts:
        for pattern, what in UNSAFE_PARTS:
            if pattern.search(f"/{part.filename}") and not HARMLESS.search(part.filename):
                why = Text(f"含有{what.zh}（{part.filename}）", f"it holds {what.en} ({part.filename})")
                raise _unsafe(name, why)
    unpacked = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    if (
        len(parts) > MOST_PARTS
        or unpacked > MOST_UNPACKED
        or (unpacked > RATIO_FROM and unpacked > MOST_RATIO * packed)
    ):
        why = Text(
            f"解压后有 {len(parts)} 个部件、{unpacked:,} 字节",
            f"it unpacks to {len(parts)} parts and {unpacked:,} bytes",
        )
        raise _unsafe(name, why)
    count = _Count(most_elements)
    for part in parts:
        if part.filename.endswith((".xml", ".rels", ".vml")):
            _parse(archive, part, count, name)


class _FloodError(Exception):
    """More elements than any filled form has."""


class _Count:
    """Takes the events of a parser and keeps nothing but their number."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.number = 0

    def start(self, _tag: str, _attributes: object) -> None:
        self.number += 1
        if self.number > self.most:
            raise _FloodError

    def close(self) -> None:
        """Have nothing to give back; the parser asks."""


def _parse(archive: zipfile.ZipFile, part: zipfile.ZipInfo, count: _Count, name: str) -> None:
    parser = DefusedXMLParser(target=count, forbid_dtd=True)
    try:
        with archive.open(part) as stream:
            while chunk := stream.read(CHUNK):
                parser.feed(chunk)
            parser.close()
    except DefusedXmlException:
        why = Text(
            f"{part.filename} 含有文档类型或实体声明", f"{part.filename} declares a document type or entities"
        )
        raise _unsafe(name, why) from None
    except _FloodError:
        why = Text(f"超过 {count.most:,} 个 XML 元素", f"it has more than {count.most:,} XML elements")
        raise _unsafe(name, why) from None
    except ParseError:
        why = Text(f"{part.filename} 不是有效的 XML", f"{part.filename} is no valid XML")
        raise _unreadable(name, why) from None


def _unreadable(name: str, why: Text) -> WorkbookUnreadable:
    return WorkbookUnreadable(
        Text(
            f"无法打开 {name}：{why.zh}。请在 Excel 或 WPS 中另存为不加密的 .xlsx 后再试。",
            f"Cannot open {name}: {why.en}. Save it as an unencrypted .xlsx in Excel or WPS and try again.",
        )
    )


def _unsafe(name: str, why: Text) -> WorkbookUnsafe:
    return WorkbookUnsafe(
        Text(
            f"拒绝打开 {name}：{why.zh}。请把内容复制到新的空白工作簿，另存为 .xlsx 后再试。",
            f"{name} was not opened: {why.en}. Copy its content into a new workbook, save that as .xlsx and try again.",
        )
    )
