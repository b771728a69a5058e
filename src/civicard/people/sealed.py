"""The fields of the register as bytes that say nothing without the vault, and back again."""

import json
from datetime import date
from typing import Final

from civicard.people import keyring
from civicard.people.models import Person
from civicard.people.rules import Guardian

__all__ = ["Sealer", "candidates", "opened", "opened_birth", "opened_guardian"]

# Part of what each field is bound to; a change would make every row unreadable.
TABLE: Final = "people_person"
ID_NUMBER: Final = "id_number"
NAME: Final = "name"
BORN_ON: Final = "born_on"
ADDRESS: Final = "address"
PHONE: Final = "phone"
GUARDIAN: Final = "guardian"


class Sealer:
    """Writes the encrypted fields of one row, each with its index where it has one.

    ASSUMPTION: the database finds two of one ID number by its index under the current key. While `people-index` is
    being rotated, rows under the old version are found by the search before it, not by the constraint.
    """

    def __init__(self, row: Person) -> None:
        """Take the row, whose pseudonym must be known by now."""
        self._row = row
        self._cipher, self._index = keyring.cipher(), keyring.index()

    def id_number(self, text: str, born_on: date) -> None:
        """Set the ID number and the date of birth that it says."""
        self._row.id_number = self._sealed(text, ID_NUMBER)
        self._row.id_number_index = self._index.of(text, field=ID_NUMBER)
        self._row.born_on = self._sealed(born_on.isoformat(), BORN_ON)

    def name(self, text: str) -> None:
        """Set the name."""
        self._row.name = self._sealed(text, NAME)
        self._row.name_index = self._index.of(_one_form(NAME, text), field=NAME)

    def address(self, text: str | None) -> None:
        """Set the address; None takes it out."""
        self._row.address = None if text is None else self._sealed(text, ADDRESS)

    def phone(self, text: str | None) -> None:
        """Set the phone; None takes it out."""
        self._row.phone = None if text is None else self._sealed(text, PHONE)
        self._row.phone_index = None if text is None else self._index.of(text, field=PHONE)

    def guardian(self, one: Guardian | None) -> None:
        """Set the guardian; None takes the guardian out."""
        if one is None:
            self._row.guardian = None
            return
        text = json.dumps([one.name, one.id_number, one.phone], ensure_ascii=False)
        self._row.guardian = self._sealed(text, GUARDIAN)

    def _sealed(self, text: str, field: str) -> bytes:
        return self._cipher.encrypt(text, table=TABLE, row=self._row.pseudonym, field=field)


def candidates(field: str, text: str) -> tuple[bytes, ...]:
    """Return the indexes under which a value may be kept, one for each version of the key."""
    return keyring.index().candidates(_one_form(field, text), field=field)


def opened(row: Person, field: str) -> str | None:
    """Return a field of a row in clear; None where it holds nothing.

    Raises:
        FieldUnreadable: it was damaged, or comes from another row or field.
        KeyVersionUnknown: its key is not in the vault.
    """
    stored: bytes | memoryview | None = getattr(row, field)
    if stored is None:
        return None
    # PostgreSQL's driver gives a view of its own memory.
    return keyring.cipher().decrypt(bytes(stored), table=TABLE, row=row.pseudonym, field=field)


def opened_birth(row: Person) -> date:
    """Return the date of birth; raises as `opened`."""
    return date.fromisoformat(opened(row, BORN_ON) or "")


def opened_guardian(row: Person) -> Guardian | None:
    """Return the guardian; raises as `opened`."""
    text = opened(row, GUARDIAN)
    if text is None:
        return None
    name, id_number, phone = json.loads(text)
    return Guardian(name=name, id_number=id_number, phone=phone)


def _one_form(field: str, text: str) -> str:
    """Return a value as it is indexed: names in Latin letters are found however they are capitalised."""
    return text.casefold() if field == NAME else text
