"""Fields encrypted with SM4-GCM and found again by HMAC-SM3, in software.

Stored bytes: the format (one byte), the version of the key (four), the nonce (12), the ciphertext, the tag (16). What
else the field is bound to (name of the key, table, row, field) is not stored: it is known where the field is read.

Source: GB/T 32907-2016 (SM4), RFC 8998 (its GCM mode), GB/T 32905-2016 (SM3).
"""

import secrets
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC

from civicard.kernel.text import Text
from civicard.vault.binding import bound
from civicard.vault.refusals import FieldNotText, FieldUnreadable, KeyVersionUnknown

__all__ = [
    "INDEX_KEY_BYTES",
    "SM4_KEY_BYTES",
    "SoftwareBlindIndex",
    "SoftwareFieldCipher",
    "sealed",
    "unsealed",
]

SM4_KEY_BYTES: Final = 16
INDEX_KEY_BYTES: Final = 32
FORMAT: Final = b"\x01"
VERSION_BYTES: Final = 4
# ASSUMPTION: a key version encrypts far fewer than 2^32 fields, up to which random nonces of 96 bits are safe.
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
HEAD_BYTES: Final = len(FORMAT) + VERSION_BYTES


def sealed(secret: bytes, nonce: bytes, plaintext: bytes, bound_to: bytes) -> bytes:
    """Return SM4-GCM ciphertext and tag of `plaintext`, bound to the associated data."""
    work = Cipher(SM4(secret), GCM(nonce)).encryptor()
    work.authenticate_additional_data(bound_to)
    return work.update(plaintext) + work.finalize() + work.tag


def unsealed(secret: bytes, nonce: bytes, ciphertext: bytes, bound_to: bytes) -> bytes | None:
    """Return the plaintext of what `sealed` gave, or None when the bytes, the key or the binding is another."""
    body, tag = ciphertext[:-TAG_BYTES], ciphertext[-TAG_BYTES:]
    work = Cipher(SM4(secret), GCM(nonce, tag)).decryptor()
    work.authenticate_additional_data(bound_to)
    try:
        return work.update(body) + work.finalize()
    except InvalidTag:
        return None


class SoftwareFieldCipher:
    """Encrypts fields with keys in memory; see `civicard.vault.interface.FieldCipher`."""

    def __init__(self, name: str, secrets_by_version: Mapping[int, bytes]) -> None:
        """Take the key's name and the secret of each of its versions; the highest is current."""
        self._name = name
        self._secrets = dict(secrets_by_version)
        self._current = max(self._secrets)

    def __repr__(self) -> str:
        return f"<field cipher {self._name} version {self._current}>"

    def encrypt(self, plaintext: str, *, table: str, row: str | int, field: str) -> bytes:
        """Return `plaintext` as bytes that can be read again only for the same table, row and field.

        Raises:
            FieldNotText: the value holds half a character.
        """
        head = FORMAT + self._current.to_bytes(VERSION_BYTES, "big")
        nonce = secrets.token_bytes(NONCE_BYTES)
        binding = self._binding(head, table, row, field)
        return (
            head + nonce + sealed(self._secrets[self._current], nonce, _bytes_of(plaintext, field), binding)
        )

    def decrypt(self, stored: bytes, *, table: str, row: str | int, field: str) -> str:
        """Return what `encrypt` was given.

        Raises:
            FieldUnreadable: the bytes were damaged, or were encrypted for another row or field or by another key.
            KeyVersionUnknown: they were encrypted under a version of the key that is not here.
        """
        binding = self._binding(stored[:HEAD_BYTES], table, row, field)
        if len(stored) < HEAD_BYTES + NONCE_BYTES + TAG_BYTES or stored[: len(FORMAT)] != FORMAT:
            raise _unreadable(table, row, field)
        version = int.from_bytes(stored[len(FORMAT) : HEAD_BYTES], "big")
        secret = self._secrets.get(version)
        if secret is None:
            raise KeyVersionUnknown(
                Text(
                    f"不能解密 {table} 第 {row} 行的 {field}：其密钥 {self._name} 第 {version} 版不在密钥库中。"
                    "请使用写入时的密钥库，或其较新的副本；数据未变。",
                    f"Cannot decrypt {field} of row {row} of {table}: version {version} of its key {self._name} is "
                    "not in the keystore. Use the keystore it was written with, or a newer copy; the data are unchanged.",
                )
            )
        nonce = stored[HEAD_BYTES : HEAD_BYTES + NONCE_BYTES]
        plaintext = unsealed(secret, nonce, stored[HEAD_BYTES + NONCE_BYTES :], binding)
        if plaintext is None:
            raise _unreadable(table, row, field)
        return plaintext.decode()

    def _binding(self, head: bytes, table: str, row: str | int, field: str) -> bytes:
        # A row that is not saved yet has no key: bound to "None", its fields would be lost.
        if type(row) not in {str, int} or row == "":
            raise TypeError(f"an encrypted field needs the key of its row, not {row!r}")
        parts = (self._name, table, str(row), field)
        return bound(b"civicard field", head, *(part.encode() for part in parts))


class SoftwareBlindIndex:
    """Indexes values with keys in memory; see `civicard.vault.interface.BlindIndex`."""

    def __init__(self, name: str, secrets_by_version: Mapping[int, bytes]) -> None:
        """Take the key's name and the secret of each of its versions; the highest is current."""
        self._name = name
        self._newest_first = [
            secrets_by_version[version] for version in sorted(secrets_by_version, reverse=True)
        ]

    def __repr__(self) -> str:
        return f"<blind index {self._name} version {len(self._newest_first)}>"

    def of(self, value: str, *, field: str) -> bytes:
        """Return the 32 bytes under which `value` of `field` is kept. The caller brings `value` to its one form.

        Raises:
            FieldNotText: the value holds half a character.
        """
        return _mac(self._newest_first[0], value, field)

    def candidates(self, value: str, *, field: str) -> tuple[bytes, ...]:
        """Return the bytes under every version of the key, the current first: what to search for.

        Raises:
            FieldNotText: the value holds half a character.
        """
        return tuple(_mac(secret, value, field) for secret in self._newest_first)


def _mac(secret: bytes, value: str, field: str) -> bytes:
    work = HMAC(secret, SM3())
    work.update(bound(b"civicard index", field.encode(), _bytes_of(value, field)))
    return work.finalize()


def _bytes_of(value: str, field: str) -> bytes:
    data: bytes | None
    try:
        data = value.encode()
    except UnicodeEncodeError:
        data = None
    # Raised out here: the other error carries the whole value.
    if data is None:
        raise FieldNotText(
            Text(
                f"{field} 含有不完整的字符，未保存；请重新输入。",
                f"{field} holds half a character and was not kept; enter it again.",
            )
        )
    return data


def _unreadable(table: str, row: str | int, field: str) -> FieldUnreadable:
    return FieldUnreadable(
        Text(
            f"不能解密 {table} 第 {row} 行的 {field}：内容已损坏，或来自其他行、其他字段、其他密钥。"
            "请从备份恢复该字段；数据未变。",
            f"Cannot decrypt {field} of row {row} of {table}: it was damaged, or comes from another row, field or key. "
            "Restore the field from a backup; the data are unchanged.",
        )
    )
