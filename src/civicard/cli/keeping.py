"""Where an installation keeps its things: the lake's folder, and the keystore with the keys that sign seals.

How the keystore is found, and made in development, is `civicard.vault.installation`.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from civicard.kernel.environment import is_set, path_text
from civicard.kernel.text import Text
from civicard.vault.installation import (
    KEYSTORE,
    KeysNotSetUp,
    data_folder,
    installed_keystore,
    is_production,
)

if TYPE_CHECKING:
    from civicard.vault.interface import Signer
    from civicard.vault.keystore import Keystore
    from civicard.vault.signatures import PublicKeys

__all__ = [
    "SEAL_KEYS",
    "KeysNotSetUp",
    "add_seal_keys",
    "data_folder",
    "is_production",
    "keystore",
    "lake_folder",
    "signers",
    "trusted_keys",
]

LAKE = "CIVICARD_LAKE"
# Every seal is signed twice: by a key that any tool verifies, and by one of the national algorithms.
SEAL_KEYS = ("seal", "seal-sm2")
MOST_KEYS_BYTES = 16_000_000


def lake_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of the lake: `CIVICARD_LAKE`, else `lake` in the data folder."""
    return Path(path_text(environment, LAKE, default=str(data_folder(environment) / "lake")))


def keystore(environment: Mapping[str, str] = os.environ) -> "Keystore":
    """Return the keystore that the settings name; in development one is made in the data folder when there is none.

    Raises:
        KeysNotSetUp: in production, none is named.
        SettingWrong: a setting is missing or wrong.
        KeystoreUnreadable, KeystoreDamaged, MasterKeyWrong: the keystore cannot be opened.
        KeystoreUnwritable: it cannot be made.
    """
    kept = installed_keystore(environment)
    # What was named is not added to; also where the process that made it was stopped in between, the keys are added.
    if not is_set(environment, KEYSTORE) and lacks_seal_keys(kept):
        add_seal_keys(kept)
    return kept


def signers(environment: Mapping[str, str] = os.environ) -> "tuple[Signer, ...]":
    """Return what signs seals: the current versions of the keys `seal` (Ed25519) and `seal-sm2` (SM2).

    Raises:
        KeysNotSetUp: the keystore has one of them not, or none is named in production; and as `keystore`.
    """
    kept = keystore(environment)
    if lacking := lacks_seal_keys(kept):
        listed = " ".join(lacking)
        raise KeysNotSetUp(
            Text(
                f"密钥库中没有封签密钥 {listed}；请用 civicard keys add --seal 添加。",
                f"The keystore has no key {listed} for seals; add it with `civicard keys add --seal`.",
            )
        )
    return tuple(kept.signer(name) for name in SEAL_KEYS)


def trusted_keys(path: Path | None, environment: Mapping[str, str] = os.environ) -> "PublicKeys":
    """Return the public keys whose signatures count: those in the file `path`, else those of the keystore.

    Raises:
        FileUnreadable, PublicKeysDamaged: the file cannot be read; and as `keystore`.
    """
    from civicard.files import read_text
    from civicard.vault.signatures import PublicKeys

    if path is not None:
        return PublicKeys.from_json(read_text(path, MOST_KEYS_BYTES))
    return keystore(environment).public_keys()


def lacks_seal_keys(kept: "Keystore") -> list[str]:
    """Return the names of the keys for seals that a keystore has not."""
    return [name for name in SEAL_KEYS if name not in kept.names()]


def add_seal_keys(kept: "Keystore") -> list[str]:
    """Add the keys that sign seals where they are lacking, and return the names of those added."""
    from civicard.vault.keystore import Purpose
    from civicard.vault.refusals import KeyExists

    added = []
    for name, purpose in zip(SEAL_KEYS, (Purpose.SIGNATURE_ED25519, Purpose.SIGNATURE_SM2), strict=True):
        try:
            kept.add(name, purpose)
        except KeyExists:  # it was there, or another process was quicker
            continue
        added.append(name)
    return added
