"""Faults that checking finds in a lake, and what each kind of fault is called. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from civicard.kernel.text import Text

__all__ = ["Fault", "Found"]


class Found(StrEnum):
    """The kinds of fault that `checking` names; `docs/explanation/ledger.md` tells what each means."""

    DESCRIPTION_MISSING = "lake_description_missing"
    DESCRIPTION_CHANGED = "lake_description_changed"
    SEAL_MISSING = "seal_missing"
    SEAL_DAMAGED = "seal_damaged"
    SEAL_CHANGED = "seal_changed"
    SEAL_OUT_OF_ORDER = "seal_out_of_order"
    CHAIN_BROKEN = "seal_chain_broken"
    COUNT_WRONG = "seal_count_wrong"
    SIGNATURE_MISSING = "seal_signature_missing"
    SIGNATURE_WRONG = "seal_signature_wrong"
    SIGNATURE_FOREIGN = "seal_signature_foreign"
    KEY_UNKNOWN = "seal_key_unknown"
    CUT_OFF = "seals_cut_off"
    WITNESS_DIFFERS = "seal_differs_from_witness"
    FILE_MISSING = "file_missing"
    FILE_CHANGED = "file_changed"
    FILE_CUT_SHORT = "file_cut_short"
    FILE_GROWN = "file_grown"
    FILE_SWAPPED = "file_swapped"
    FILE_RENAMED = "file_renamed"
    FILE_FOREIGN = "file_foreign"
    FILE_NOT_PLAIN = "file_not_plain"
    FILE_OUT_OF_PLACE = "file_out_of_place"
    FILE_UNREADABLE = "file_not_readable"
    CONTENT_WRONG = "file_content_wrong"
    FACTS_DOUBLED = "facts_doubled"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was sealed.

    Attributes:
        code: the stable name of this kind of fault.
        where: the file or seal within the lake, or the fact's number in the database.
        text: what is wrong with it.
    """

    code: str
    where: str
    text: Text
