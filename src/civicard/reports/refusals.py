"""What the reports refuse: characters no font has, and templates that cannot or must not be filled."""

import difflib
from collections.abc import Collection

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text


class GlyphMissing(Refusal):
    """A PDF would print boxes in place of characters.

    Attributes:
        characters: those that no bundled font has.
    """

    code = "glyph_missing"

    def __init__(self, characters: Collection[str]) -> None:
        self.characters = frozenset(characters)
        named = "、".join(f"{character}（U+{ord(character):04X}）" for character in sorted(characters))
        listed = ", ".join(f"{character} (U+{ord(character):04X})" for character in sorted(characters))
        super().__init__(
            Text(
                f"无法生成 PDF：随附字体没有下列字符，若照印只会是方框：{named}。"
                "请改用其他写法，或输出 Word、HTML、Excel，由本机字体显示。",
                f"The PDF was not made: no bundled font has these characters, they would be boxes: {listed}. "
                "Write them another way, or ask for Word, HTML or Excel, which use the reader's own fonts.",
            )
        )


class TemplateUnreadable(Refusal):
    """A file given as a Word template is none that can be read."""

    code = "template_unreadable"

    def __init__(self, reason: Text) -> None:
        super().__init__(
            Text(
                f"无法套用 Word 模板：{reason.zh}。请用 Word 或 WPS 另存为未加密的 .docx 后重试，"
                "或不指定模板而用自带版式。",
                f"The Word template was not used: {reason.en}. Save it as an unencrypted .docx and try "
                "again, or leave the template out to get the built-in layout.",
            )
        )


class TemplateUnsafe(Refusal):
    """A Word template holds what a template must not do: run code, fetch, or read elsewhere."""

    code = "template_unsafe"

    def __init__(self, reason: Text) -> None:
        super().__init__(
            Text(
                f"拒绝套用 Word 模板：{reason.zh}。模板只能含文字、版式、图片和 {{{{ 字段 }}}}；"
                "请去掉其他内容，另存为 .docx 再试。",
                f"The Word template was refused: {reason.en}. A template may hold text, layout, pictures and "
                "{{ fields }} only; remove the rest, save it as .docx and try again.",
            )
        )


class TemplateFieldUnknown(Refusal):
    """A Word template names a field that this document does not have.

    Attributes:
        field: the name as the template writes it.
        nearest: the known name most like it, or None.
        known: every name that may be used, in order.
    """

    code = "template_field_unknown"

    def __init__(self, field: str, known: Collection[str]) -> None:
        self.field = field
        self.known = tuple(sorted(known))
        close = difflib.get_close_matches(field, self.known, n=1, cutoff=0.5)
        self.nearest = close[0] if close else None
        zh_near = f"最接近的是“{self.nearest}”。" if self.nearest else ""
        en_near = f"The nearest is “{self.nearest}”. " if self.nearest else ""
        super().__init__(
            Text(
                f"模板要填写字段“{field}”，本文件没有这个字段。{zh_near}可用字段：{'、'.join(self.known)}。",
                f"The template asks for the field “{field}”, which this document does not have. {en_near}"
                f"Known fields: {', '.join(self.known)}.",
            )
        )
