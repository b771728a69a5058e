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


def counted(number: int, noun: str) -> str:
    """Return a number with its English noun, which gets an s unless there is one.

    >>> counted(1, "file"), counted(0, "file"), counted(1200, "fact")
    ('1 file', '0 files', '1,200 facts')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
