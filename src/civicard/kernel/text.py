"""Text in the two languages of the product: Chinese first, English second."""

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """A language that pages, messages and explanations are written in."""

    CHINESE = "zh"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or name in Chinese and in English; the English may be missing and then reads Chinese."""

    zh: str
    en: str = ""

    def into(self, language: Language) -> str:
        """Return the wording in `language`, the Chinese where there is no English."""
        return self.en if language is Language.ENGLISH and self.en else self.zh

    def __bool__(self) -> bool:
        """Tell whether it says anything."""
        return bool(self.zh)

    def __str__(self) -> str:
        """Return both wordings, the Chinese first."""
        return f"{self.zh} / {self.en}" if self.en and self.en != self.zh else self.zh
