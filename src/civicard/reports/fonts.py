"""The bundled fonts, and which characters they have. Fonts of the machine are never used.

Body text is Noto Serif SC and second-level headings are Civicard Kai, both subsets of GB 2312 kept in this
package; all else, and every character those lack, is Noto Sans CJK SC from the package noto-cjk-sans-otc.
"""

import struct
import unicodedata
from functools import cache
from importlib.resources import files
from pathlib import Path

from civicard.reports.document import Document, texts

SERIF, SANS, KAI = "Noto Serif SC", "Noto Sans CJK SC", "Civicard Kai"
UNICODE_SUBTABLES = {(0, 3), (0, 4), (0, 6), (3, 1), (3, 10)}
TRIMMED, SEGMENTED = 12, 4


@cache
def font_files() -> tuple[Path, ...]:
    """Return the bundled font files: the serif, the kai, and the sans with nearly every Chinese character."""
    vendored = files("civicard.reports") / "assets" / "fonts"
    sans = files("noto_cjk_sans_otc") / "NotoSansCJK-Regular.ttc"
    names = (vendored / "NotoSerifSC-GB2312-Regular.otf", vendored / "CivicardKai-Regular.ttf", sans)
    # Typst and resvg map font files by path, so the packages must be installed unzipped, as pip does.
    return tuple(Path(str(name)) for name in names)


def missing_glyphs(document: Document) -> set[str]:
    """Return the characters of `document` that no bundled font has; a PDF of it would print boxes."""
    used = {character for text in texts(document) for character in text}
    return {character for character in used - _bundled() if not _is_invisible(character)}


@cache
def _bundled() -> frozenset[str]:
    """Return every character that some bundled font has."""
    return frozenset().union(*(coverage(path.read_bytes()) for path in font_files()))


def _is_invisible(character: str) -> bool:
    """Return whether a character prints nothing by itself: spaces, joiners, variation selectors."""
    return (
        unicodedata.category(character) in {"Cc", "Cf", "Zs"}
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
    )


def coverage(font: bytes) -> frozenset[str]:
    """Return the characters of a font file (of the first font of a collection), read from its cmap table."""
    start = struct.unpack_from(">I", font, 12)[0] if font[:4] == b"ttcf" else 0
    tables = struct.unpack_from(">H", font, start + 4)[0]
    records = (struct.unpack_from(">4s4xII", font, start + 12 + 16 * number) for number in range(tables))
    cmap = next(offset for tag, offset, _ in records if tag == b"cmap")
    codes: set[int] = set()
    for number in range(struct.unpack_from(">H", font, cmap + 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHI", font, cmap + 4 + 8 * number)
        if (platform, encoding) in UNICODE_SUBTABLES:
            codes |= _subtable(font, cmap + offset)
    return frozenset(map(chr, codes))


def _subtable(font: bytes, at: int) -> set[int]:
    """Return the code points of one cmap subtable of format 4 or 12.

    ASSUMPTION: no code in a range of a subtable lacks its glyph, as the tools that made these fonts write it.
    """
    kind = struct.unpack_from(">H", font, at)[0]
    ranges: list[tuple[int, int]] = []
    if kind == TRIMMED:
        groups = struct.unpack_from(">I", font, at + 12)[0]
        ranges = [struct.unpack_from(">II", font, at + 16 + 12 * number) for number in range(groups)]
    elif kind == SEGMENTED:
        count = struct.unpack_from(">H", font, at + 6)[0] // 2
        ends = struct.unpack_from(f">{count}H", font, at + 14)
        starts = struct.unpack_from(f">{count}H", font, at + 16 + 2 * count)
        ranges = list(zip(starts, ends, strict=True))
    return {code for first, last in ranges for code in range(first, last + 1)} - {0xFFFF}
