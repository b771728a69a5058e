"""What is true of a person: ages, ID numbers, and how a name fits onto a card. Pure."""

from civicard.people.rules.ages import AgeBand, LeavingCause, NotBornYet, age_band, age_on, anniversary
from civicard.people.rules.id_numbers import (
    IdFault,
    IdKind,
    IdNumber,
    IdNumberRefused,
    Sex,
    check_character,
    read_id_number,
)
from civicard.people.rules.names import NameFit, NameOnCard, NameRefused, name_on_card

__all__ = [
    "AgeBand",
    "IdFault",
    "IdKind",
    "IdNumber",
    "IdNumberRefused",
    "LeavingCause",
    "NameFit",
    "NameOnCard",
    "NameRefused",
    "NotBornYet",
    "Sex",
    "age_band",
    "age_on",
    "anniversary",
    "check_character",
    "name_on_card",
    "read_id_number",
]
