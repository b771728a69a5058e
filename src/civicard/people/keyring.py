"""The keys of the register, in the keystore of the installation.

In development they are added when they are missing. In production both must be there: a key that came into being by
itself would be in nobody's backup, and the register would be lost with it.
"""

from typing import Final

from civicard.vault.installation import blind_index, field_cipher
from civicard.vault.interface import BlindIndex, FieldCipher

__all__ = ["FIELDS_KEY", "INDEX_KEY", "cipher", "index"]

FIELDS_KEY: Final = "people-fields"
INDEX_KEY: Final = "people-index"


def cipher() -> FieldCipher:
    """Return what encrypts the register's fields; ask anew for each deed, since keys are rotated.

    Raises:
        KeysNotSetUp: in production, there is no such key, or no keystore is named.
        SettingWrong, KeystoreUnreadable, KeystoreDamaged, MasterKeyWrong: the vault cannot be opened.
    """
    return field_cipher(FIELDS_KEY)


def index() -> BlindIndex:
    """Return what finds the register's encrypted fields; ask anew for each deed, and raises as `cipher`."""
    return blind_index(INDEX_KEY)
