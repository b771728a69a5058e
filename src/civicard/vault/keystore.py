"""The software keystore: named keys in one file under a master key, and what can be done with them.

A key has versions. The newest is current: it encrypts, indexes and signs. The older ones stay, to decrypt and verify
what was made under them.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from civicard.kernel.environment import path_text
from civicard.kernel.text import Text
from civicard.vault.fields import SoftwareBlindIndex, SoftwareFieldCipher
from civicard.vault.files import locked, read_plain, stamp_of, why, write_private
from civicard.vault.interface import BlindIndex, FieldCipher, Signer
from civicard.vault.keystore_text import KeyVersion, Purpose, new_version, read_keys, written_keys
from civicard.vault.master import Master, master_from
from civicard.vault.refusals import (
    KeyExists,
    KeyNameWrong,
    KeyPurposeWrong,
    KeystoreExists,
    KeystoreUnreadable,
    KeystoreUnwritable,
    KeyUnknown,
)
from civicard.vault.signatures import PublicKey, PublicKeys
from civicard.vault.signers import SoftwareSigner

if TYPE_CHECKING:
    from civicard.vault.files import Stamp

__all__ = ["SETTING", "Keystore", "Purpose", "keystore_from"]

SETTING: Final = "CIVICARD_KEYSTORE"
NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
# Some ten thousand versions of keys.
MOST_BYTES: Final = 8_000_000


class Keystore:
    """A keystore's file and the keys in it. Several processes may use and change one file at once.

    Each method looks whether another process has changed the file, and then reads it again. A signer, cipher or index
    keeps the versions that were there when it was asked for: ask for it anew for each request or job.
    """

    def __init__(self, path: Path, master: Master) -> None:
        """Take the path and the master key; `create` and `open` also look at the file."""
        # Of a link it is the file behind it that is replaced, and that others lock.
        self._path = Path(os.path.realpath(path))
        self._master = master
        self._stamp: Stamp | None = None
        self._keys: Mapping[str, tuple[KeyVersion, ...]] = {}

    def __repr__(self) -> str:
        return f"<keystore {self._path}>"

    @classmethod
    def create(cls, path: Path | str, master: Master) -> "Keystore":
        """Return a new keystore with no keys, written to `path`.

        Raises:
            KeystoreExists: something stands at `path`.
            KeystoreUnwritable: the folder is missing or full, or may not be written.
        """
        keystore = cls(Path(path), master)
        with keystore._changing():
            if os.path.lexists(keystore._path):
                raise KeystoreExists(
                    Text(
                        f"未建立密钥库：{keystore._path} 已存在。请打开它，或另选路径。",
                        f"No keystore was made: {keystore._path} exists. Open it, or choose another path.",
                    )
                )
            keystore._write({})
        return keystore

    @classmethod
    def open(cls, path: Path | str, master: Master) -> "Keystore":
        """Return the keystore at `path`.

        Raises:
            KeystoreUnreadable: there is no such plain file, or it may not be read.
            KeystoreDamaged: the file is no keystore, or was changed by something else.
            MasterKeyWrong: it was made under another master key.
        """
        keystore = cls(Path(path), master)
        keystore._current()
        return keystore

    def add(self, name: str, purpose: Purpose) -> None:
        """Add a new key, with its first version.

        Args:
            name: small letters, digits, full stops, dashes and underscores, up to 64.
            purpose: the one thing it is for.

        Raises:
            KeyNameWrong: the name holds something else.
            KeyExists: there is a key of that name.
            KeystoreUnwritable: the file could not be written; the key was not added.
        """
        if not NAME.fullmatch(name):
            raise KeyNameWrong(
                Text(
                    f"未添加密钥 {name[:64]!a}：名称应为 1 至 64 个小写字母、数字、点、短横或下划线，以字母或数字开头。",
                    f"The key {name[:64]!a} was not added: a name has 1 to 64 small letters, digits, full stops, "
                    "dashes or underscores, and begins with a letter or digit.",
                )
            )
        with self._changing():
            keys = self._current()
            if name in keys:
                raise KeyExists(
                    Text(
                        f"未添加密钥 {name}：已有同名密钥。请另取名称，或为它更换新版本。",
                        f"The key {name} was not added: there is one of that name. Choose another name, or rotate it.",
                    )
                )
            self._write({**keys, name: (new_version(name, 1, purpose),)})

    def rotate(self, name: str) -> int:
        """Give a key a new version, which becomes current, and return its number.

        Raises:
            KeyUnknown: there is no such key.
            KeystoreUnwritable: the file could not be written; the key was not changed.
        """
        with self._changing():
            keys = self._current()
            versions = self._versions(name)
            newest = versions[-1]
            added = new_version(name, newest.version + 1, newest.purpose)
            self._write({**keys, name: (*versions, added)})
        return added.version

    def names(self) -> tuple[str, ...]:
        """Return the names of all keys, in alphabetical order."""
        return tuple(sorted(self._current()))

    def purpose(self, name: str) -> Purpose:
        """Return what a key is for.

        Raises:
            KeyUnknown: there is no such key.
        """
        return self._versions(name)[-1].purpose

    def signer(self, name: str) -> Signer:
        """Return what signs under the current version of the key.

        Raises:
            KeyUnknown: there is no such key.
            KeyPurposeWrong: it is not for signatures.
        """
        newest = self._for(name, Purpose.SIGNATURE_ED25519, Purpose.SIGNATURE_SM2)[-1]
        return SoftwareSigner(_public(newest), newest.secret)

    def cipher(self, name: str) -> FieldCipher:
        """Return what encrypts fields under the key.

        Raises:
            KeyUnknown: there is no such key.
            KeyPurposeWrong: it is not for the encryption of fields.
        """
        return SoftwareFieldCipher(name, {one.version: one.secret for one in self._for(name, Purpose.FIELD)})

    def blind_index(self, name: str) -> BlindIndex:
        """Return what indexes values under the key.

        Raises:
            KeyUnknown: there is no such key.
            KeyPurposeWrong: it is not for a blind index.
        """
        versions = self._for(name, Purpose.BLIND_INDEX)
        return SoftwareBlindIndex(name, {one.version: one.secret for one in versions})

    def public_keys(self) -> PublicKeys:
        """Return the public keys of all versions of all keys for signatures."""
        signing = (one for versions in self._current().values() for one in versions if one.purpose.algorithm)
        return PublicKeys([_public(one) for one in signing])

    def _versions(self, name: str) -> tuple[KeyVersion, ...]:
        """Return the versions of a key, the oldest first."""
        keys = self._current()
        if name not in keys:
            known_zh, known_en = "、".join(sorted(keys)) or "无", ", ".join(sorted(keys)) or "none"
            raise KeyUnknown(
                Text(
                    f"密钥库 {self._path} 中没有密钥 {name[:64]!a}；已有：{known_zh}。",
                    f"There is no key {name[:64]!a} in the keystore {self._path}; there are: {known_en}.",
                )
            )
        return keys[name]

    def _for(self, name: str, *purposes: Purpose) -> tuple[KeyVersion, ...]:
        versions = self._versions(name)
        own = versions[-1].purpose
        if own not in purposes:
            asked_zh = "、".join(one.words.zh for one in purposes)
            asked_en = " or ".join(one.words.en for one in purposes)
            fitting = sorted(one for one, held in self._keys.items() if held[-1].purpose in purposes)
            raise KeyPurposeWrong(
                Text(
                    f"密钥 {name} 用于{own.words.zh}，不能用于{asked_zh}；可用的密钥：{'、'.join(fitting) or '无'}。",
                    f"The key {name} is for {own.words.en}, not for {asked_en}; "
                    f"keys that are: {', '.join(fitting) or 'none'}.",
                )
            )
        return versions

    def _current(self) -> Mapping[str, tuple[KeyVersion, ...]]:
        """Return the keys by name as they stand in the file."""
        try:
            if self._stamp is None or stamp_of(self._path) != self._stamp:
                data, stamp = read_plain(self._path, MOST_BYTES)
                self._keys = _by_name(read_keys(data, self._master, str(self._path)))
                self._stamp = stamp
        except OSError as error:
            reason = why(error)
            raise KeystoreUnreadable(
                Text(
                    f"不能读取密钥库 {self._path}：{reason.zh}。请检查设置 {SETTING} 和文件权限，或用 civicard keys add 先建立密钥库。",
                    f"Cannot read the keystore {self._path}: {reason.en}. Check the setting {SETTING} and the "
                    "permissions of the file, or make a keystore first with `civicard keys add`.",
                )
            ) from None
        return self._keys

    def _write(self, keys: Mapping[str, tuple[KeyVersion, ...]]) -> None:
        """Write the file anew; the caller holds its lock."""
        every = (one for versions in keys.values() for one in versions)
        write_private(self._path, written_keys(every, self._master).encode())
        # The keys first: another thread that sees the stamp must find them.
        self._keys = keys
        self._stamp = stamp_of(self._path)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Hold the lock of the file; what the system refuses in the block becomes a refusal."""
        try:
            with locked(self._path):
                yield
        except OSError as error:
            reason = why(error)
            raise KeystoreUnwritable(
                Text(
                    f"未能写入密钥库 {self._path}：{reason.zh}。原有内容未变。",
                    f"Could not write the keystore {self._path}: {reason.en}. Nothing was changed.",
                )
            ) from None


def keystore_from(environment: Mapping[str, str]) -> Keystore:
    """Return the keystore that the settings name: `CIVICARD_KEYSTORE`, and the master key as `master_from` reads it.

    Raises:
        SettingWrong: a setting is missing or wrong.
        KeystoreUnreadable: there is no such plain file, or it may not be read.
        KeystoreDamaged: the file is no keystore, or was changed by something else.
        MasterKeyWrong: it was made under another master key.
    """
    return Keystore.open(path_text(environment, SETTING), master_from(environment))


def _public(version: KeyVersion) -> PublicKey:
    algorithm = version.purpose.algorithm
    assert algorithm is not None  # only keys for signatures come here
    return PublicKey(name=version.name, version=version.version, algorithm=algorithm, public=version.public)


def _by_name(keys: Iterable[KeyVersion]) -> Mapping[str, tuple[KeyVersion, ...]]:
    found: dict[str, tuple[KeyVersion, ...]] = {}
    for key in sorted(keys, key=lambda one: (one.name, one.version)):
        found[key.name] = (*found.get(key.name, ()), key)
    return found
