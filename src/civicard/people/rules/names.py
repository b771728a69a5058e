"""How a name fits onto a card. Pure.

Source: the field layout as read by public readers: the name has 30 bytes in GBK, its extension 20 more. Names of
minorities carry `·`; some names need characters that only GB 18030 has, which no reader of those fields shows.
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text

NAME_BYTES = 30
EXTENSION_BYTES = 20
DOT = "·"
# What other keyboards write for it.
OTHER_DOTS = "•‧∙⋅・･．。."  # noqa: RUF001 - these are the very characters that are mistaken for the dot
BETWEEN = frozenset(f"{DOT} -',")
# It stands in names, and Unicode counts it among the numerals, not among the letters.
HAN_ZERO = "\N{IDEOGRAPHIC NUMBER ZERO}"


class NameFit(StrEnum):
    """Whether a name fits onto a card."""

    FITS = "fits"
    NEEDS_EXTENSION = "needs_extension"
    TOO_LONG = "too_long"
    BEYOND_GBK = "beyond_gbk"


class NameRefused(Refusal):
    """It is no name that a card can carry in any way: empty, or with characters that belong to no name.

    Attributes:
        position: the first wrong character, from 1; None when there is none at all.
    """

    code = "name_refused"

    def __init__(self, position: int | None, why: Text) -> None:
        self.position = position
        super().__init__(
            Text(
                f"不能采用该姓名：{why.zh}。请按身份证件上的写法录入；姓名中的间隔号用“{DOT}”（U+00B7）。",
                f"This name cannot be taken: {why.en}. Enter it as on the identity document; a dot within it is "
                f"{DOT} (U+00B7).",
            )
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class NameOnCard:
    """A name as a card would carry it.

    Attributes:
        fit: whether it fits, and how.
        first: what goes into the name; the whole name when it does not fit or is not in GBK.
        extension: what goes into the extension; empty when it is not needed.
        beyond: its characters outside of GBK, in order and each once.
    """

    fit: NameFit
    first: str
    extension: str = ""
    beyond: tuple[str, ...] = ()


def name_on_card(name: str) -> NameOnCard:
    """Return how `name` goes onto a card; no character is ever cut in two.

    A name with characters outside of GBK is told apart rather than shortened or replaced; its length is counted in
    GB 18030, so that it is called too long when no encoding would make it fit.

    Raises:
        NameRefused: it is empty, begins or ends with a space or dot, or holds characters of no name.

    >>> name_on_card("张三").fit
    <NameFit.FITS: 'fits'>
    """
    _check(name)
    beyond = tuple(dict.fromkeys(one for one in name if _bytes(one, "gbk") is None))
    if beyond:
        length = sum(_bytes(one, "gb18030") or 0 for one in name)
        fits = length <= NAME_BYTES + EXTENSION_BYTES
        return NameOnCard(fit=NameFit.BEYOND_GBK if fits else NameFit.TOO_LONG, first=name, beyond=beyond)
    sizes = [_bytes(one, "gbk") or 0 for one in name]
    if sum(sizes) <= NAME_BYTES:
        return NameOnCard(fit=NameFit.FITS, first=name)
    held, cut = 0, 0
    while held + sizes[cut] <= NAME_BYTES:
        held, cut = held + sizes[cut], cut + 1
    if sum(sizes[cut:]) > EXTENSION_BYTES:
        return NameOnCard(fit=NameFit.TOO_LONG, first=name)
    return NameOnCard(fit=NameFit.NEEDS_EXTENSION, first=name[:cut], extension=name[cut:])


def _bytes(character: str, encoding: str) -> int | None:
    """Return how many bytes a character takes, or None where the encoding does not have it."""
    try:
        return len(character.encode(encoding))
    except UnicodeEncodeError:
        return None


def _check(name: str) -> None:
    if not name:
        raise NameRefused(None, Text("姓名为空", "it is empty"))
    for position, character in enumerate(name, start=1):
        if character in BETWEEN:
            if position in {1, len(name)}:
                raise NameRefused(
                    position,
                    Text(
                        f"第 {position} 位是间隔号或空格，不能在首尾",
                        f"character {position} is a separator, which cannot begin or end a name",
                    ),
                )
        elif character in OTHER_DOTS:
            raise NameRefused(
                position,
                Text(
                    f"第 {position} 位（U+{ord(character):04X}）形似间隔号而不是",
                    f"character {position} (U+{ord(character):04X}) looks like the dot and is not",
                ),
            )
        elif not (unicodedata.category(character)[0] == "L" or character == HAN_ZERO):
            raise NameRefused(
                position,
                Text(
                    f"第 {position} 位（U+{ord(character):04X}）不是姓名用字",
                    f"character {position} (U+{ord(character):04X}) belongs to no name",
                ),
            )
