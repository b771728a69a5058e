"""Who does something: the person or process that a deed, a fact and a query belong to. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Somebody who acts.

    Attributes:
        code: a pseudonym, such as `clerk-0042` or `job-seal`: never a name, since facts carry it.
    """

    code: str
