"""What a vault offers: the interface that the keystore's file fulfils, and that a device may fulfil beside it."""

from typing import Protocol

from civicard.vault.signatures import PublicKey, PublicKeys, Signature

__all__ = ["BlindIndex", "FieldCipher", "Signer", "Vault"]


class Signer(Protocol):
    """Signs under the current version of one key."""

    @property
    def public(self) -> PublicKey:
        """The public half of the key that signs."""

    def sign(self, message: bytes) -> Signature:
        """Return the signature of `message`."""


class FieldCipher(Protocol):
    """Encrypts fields under the current version of one key, decrypts under any of its versions."""

    def encrypt(self, plaintext: str, *, table: str, row: str | int, field: str) -> bytes:
        """Return `plaintext` as bytes that can be read again only for the same table, row and field.

        Args:
            plaintext: the value; two encryptions of one value differ.
            table: name of the table.
            row: the row's key, which must be known by now; 5 and "5" are the same row.
            field: name of the field.

        Raises:
            FieldNotText: the value holds half a character.
        """

    def decrypt(self, stored: bytes, *, table: str, row: str | int, field: str) -> str:
        """Return what `encrypt` was given.

        Raises:
            FieldUnreadable: the bytes were damaged, or were encrypted for another row or field or by another key.
            KeyVersionUnknown: they were encrypted under a version of the key that is not here.
        """


class BlindIndex(Protocol):
    """Finds encrypted values by exact match: equal values of a field give equal bytes, which say nothing else."""

    def of(self, value: str, *, field: str) -> bytes:
        """Return the 32 bytes under which `value` of `field` is kept. The caller brings `value` to its one form.

        Raises:
            FieldNotText: the value holds half a character.
        """

    def candidates(self, value: str, *, field: str) -> tuple[bytes, ...]:
        """Return the bytes under every version of the key, the current first: what to search for.

        After a rotation a row is kept under the old version until it is written again.
        """


class Vault(Protocol):
    """Keys by name. What it returns holds the versions that were there when it was asked for."""

    def names(self) -> tuple[str, ...]:
        """Return the names of all keys, in alphabetical order."""

    def signer(self, name: str) -> Signer:
        """Return what signs under the key `name`.

        Raises:
            KeyUnknown: there is no such key.
            KeyPurposeWrong: it is not for signatures.
        """

    def cipher(self, name: str) -> FieldCipher:
        """Return what encrypts fields under the key `name`.

        Raises:
            KeyUnknown: there is no such key.
            KeyPurposeWrong: it is not for the encryption of fields.
        """

    def blind_index(self, name: str) -> BlindIndex:
        """Return what indexes values under the key `name`.

        Raises:
            KeyUnknown: there is no such key.
            KeyPurposeWrong: it is not for a blind index.
        """

    def public_keys(self) -> PublicKeys:
        """Return the public keys of all versions of all keys for signatures."""
