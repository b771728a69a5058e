"""Progress on the terminal for anything that may take longer than a second."""

import sys
from types import TracebackType
from typing import Self

from civicard.kernel.text import Language, Text


class Progress:
    """One line on a terminal that says what is being done; silent when nobody watches."""

    def __init__(self, language: Language) -> None:
        """Speak `language`."""
        self.language = language
        self.is_watched = sys.stderr.isatty()

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clear the line."""
        if self.is_watched:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()

    def say(self, done: int, of: int, what: Text) -> None:
        """Show how far it is, and at what."""
        if self.is_watched:
            sys.stderr.write(f"\r\033[K[{done}/{of}] {what.into(self.language)}")
            sys.stderr.flush()
