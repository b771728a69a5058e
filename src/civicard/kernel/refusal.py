"""Refusals: what a person asked for that cannot be done, and what can.

A refusal is for people; whatever nobody can act on is a bug and rises as it is. The code is stable: pages,
the API, the command line and tests know a refusal by it, and `docs/reference/refusals.md` lists them all.
"""

from civicard.kernel.text import Language, Text


class Refusal(Exception):
    """Something a person asked for was not done.

    Attributes:
        code: the stable name of this kind of refusal.
        text: what was asked, why not, and what is possible, in Chinese and English.
    """

    code = "refused"

    def __init__(self, text: Text) -> None:
        """Keep the sentence that is shown."""
        super().__init__(text.en or text.zh)
        self.text = text

    def into(self, language: Language) -> str:
        """Return the sentence in `language`."""
        return self.text.into(language)
