"""The keystore of this installation, as its settings name it.

In development a keystore is made at first use, so that a first run needs no preparation. In production nothing is
made by itself: keys that appear unasked are keys that nobody looks after.
"""

import contextlib
import os
import secrets
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from civicard.kernel.environment import SettingWrong, is_set, one_of, path_text
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text

if TYPE_CHECKING:
    from civicard.vault.interface import BlindIndex, FieldCipher
    from civicard.vault.keystore import Keystore, Purpose
    from civicard.vault.master import Master

__all__ = [
    "KEYSTORE",
    "KeysNotSetUp",
    "blind_index",
    "data_folder",
    "field_cipher",
    "installed_keystore",
    "is_production",
    "keystore_to_add_to",
    "make_data_folder",
]

DATA, KEYSTORE, MODE = "CIVICARD_DATA", "CIVICARD_KEYSTORE", "CIVICARD_MODE"
MASTER, MASTER_FILE = "CIVICARD_MASTER_KEY", "CIVICARD_MASTER_KEY_FILE"
KEYSTORE_NAME, MASTER_NAME = "keystore.json", "master.key"
PRIVATE_MODE, PRIVATE_FOLDER = 0o600, 0o700


class KeysNotSetUp(Refusal):
    """The keystore has no key for what is asked of it, or none is named where one must be."""

    code = "keys_not_set_up"


def is_production(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether `CIVICARD_MODE` is `production`."""
    return one_of(environment, MODE, ("development", "production"), default="development") == "production"


def data_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of everything that an installation writes: `CIVICARD_DATA`, else `var`."""
    return Path(path_text(environment, DATA, default="var"))


def installed_keystore(environment: Mapping[str, str] = os.environ) -> "Keystore":
    """Return the keystore that the settings name; in development one is made in the data folder when there is none.

    Raises:
        KeysNotSetUp: in production, none is named.
        SettingWrong: a setting is missing or wrong.
        KeystoreUnreadable, KeystoreDamaged, MasterKeyWrong: the keystore cannot be opened.
        KeystoreUnwritable: it cannot be made.
    """
    from civicard.vault.keystore import Keystore, keystore_from
    from civicard.vault.master import master_from

    if is_set(environment, KEYSTORE):
        return keystore_from(environment)
    if is_production(environment):
        raise KeysNotSetUp(
            Text(
                f"生产模式下必须指定密钥库：请设置 {KEYSTORE}（文件路径）和 {MASTER_FILE} 或 {MASTER}（主密钥）。",
                f"In production a keystore must be named: set {KEYSTORE} (its file) and {MASTER_FILE} or {MASTER} "
                "(the master key).",
            )
        )
    home = data_folder(environment)
    path = home / KEYSTORE_NAME
    if is_set(environment, MASTER) or is_set(environment, MASTER_FILE):
        master = master_from(environment)
    else:
        master = master_from({MASTER_FILE: str(_own_master(home))})
    # Not `Path.exists`, which raises where the folder may not be searched: opening then says why.
    return Keystore.open(path, master) if os.path.exists(path) else _made(path, master)  # noqa: PTH110 - see above


def keystore_to_add_to(environment: Mapping[str, str] = os.environ) -> "tuple[Keystore, bool]":
    """Return the keystore that the settings name, made if it is not there, and whether it was made now.

    Adding a key is asking for a keystore, also in production, where none is made otherwise.

    Raises:
        KeysNotSetUp, SettingWrong, KeystoreUnreadable, KeystoreDamaged, MasterKeyWrong: as `installed_keystore`.
        KeystoreUnwritable: it cannot be made, since its folder is missing or may not be written.
    """
    from civicard.vault.keystore import Keystore
    from civicard.vault.master import master_from
    from civicard.vault.refusals import KeystoreExists

    if is_set(environment, KEYSTORE):
        path = Path(path_text(environment, KEYSTORE))
        if not os.path.lexists(path):
            try:
                return Keystore.create(path, master_from(environment)), True
            except KeystoreExists:  # another process was quicker
                pass
    return installed_keystore(environment), False


def field_cipher(name: str, environment: Mapping[str, str] = os.environ) -> "FieldCipher":
    """Return what encrypts fields under the key `name`; in development the key is added when there is none.

    The keystore is opened once for each process and set of settings. Ask anew for each request, as keys are rotated.

    Raises:
        KeysNotSetUp: in production, there is no such key, or no keystore is named; and as `installed_keystore`.
        KeyPurposeWrong: the key is for something else.
    """
    from civicard.vault.keystore import Purpose

    return _with_key(name, Purpose.FIELD, environment).cipher(name)


def blind_index(name: str, environment: Mapping[str, str] = os.environ) -> "BlindIndex":
    """Return what indexes values under the key `name`; otherwise as `field_cipher`, whose refusals it shares."""
    from civicard.vault.keystore import Purpose

    return _with_key(name, Purpose.BLIND_INDEX, environment).blind_index(name)


def _with_key(name: str, purpose: "Purpose", environment: Mapping[str, str]) -> "Keystore":
    from civicard.vault.refusals import KeyExists

    names = (DATA, KEYSTORE, MODE, MASTER, MASTER_FILE)
    kept = _opened(tuple((one, environment[one]) for one in names if one in environment))
    if name in kept.names():
        return kept
    if is_production(environment):
        raise KeysNotSetUp(
            Text(
                f"密钥库中没有密钥 {name}；请用 civicard keys add {name} --purpose {purpose} 添加。",
                f"The keystore has no key {name}; add it with `civicard keys add {name} --purpose {purpose}`.",
            )
        )
    with contextlib.suppress(KeyExists):  # another process was quicker
        kept.add(name, purpose)
    return kept


@cache
def _opened(settings: tuple[tuple[str, str], ...]) -> "Keystore":
    return installed_keystore(dict(settings))


def _made(path: Path, master: "Master") -> "Keystore":
    from civicard.vault.keystore import Keystore
    from civicard.vault.refusals import KeystoreExists

    make_data_folder(path.parent)
    try:
        return Keystore.create(path, master)
    except KeystoreExists:
        return Keystore.open(path, master)


def make_data_folder(home: Path) -> None:
    """Make the folder of everything that an installation writes, for its owner alone; one that is there stays as it is.

    Raises:
        SettingWrong: it cannot be made.
    """
    try:
        home.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise _no_place(home, error) from error


def _own_master(home: Path) -> Path:
    """Return the file of development's own master key, made when it is missing."""
    from civicard.vault.master import Master

    path = home / MASTER_NAME
    try:
        if path.exists():
            return path
        is_lost = (home / KEYSTORE_NAME).exists()
    except OSError as error:  # the folder may not be searched
        raise _no_place(home, error) from error
    if is_lost:
        raise KeysNotSetUp(
            Text(
                f"{home / KEYSTORE_NAME} 在，主密钥 {path} 不在，无法打开密钥库；请恢复主密钥，或移走密钥库以新建。",
                f"{home / KEYSTORE_NAME} is there and its master key {path} is not: the keystore cannot be opened. "
                "Bring the master key back, or move the keystore away so that a new one is made.",
            )
        )
    part = home / f".{MASTER_NAME}.{secrets.token_hex(8)}.part"
    make_data_folder(home)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE), "w") as file:
            file.write(Master.random().to_base64() + "\n")
            file.flush()
            os.fsync(file.fileno())
        # Linked, not moved: of two processes the quicker one's key stays, and it is never seen half written.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(part)
    except OSError as error:
        raise _no_place(home, error) from error
    finally:
        # What kept it from being written may keep it from being removed, and is told above.
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return path


def _no_place(home: Path, error: OSError) -> SettingWrong:
    said = error.strerror or str(error)
    possible = Text(f"可写入的文件夹（{said}）", f"a folder that may be written ({said})")
    return SettingWrong(DATA, possible, held=str(home))
