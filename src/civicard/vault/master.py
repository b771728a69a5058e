"""The master key: the one secret that the keystore's file does not hold, and under which it keeps all others."""

import base64
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from civicard.kernel.environment import SettingWrong, is_set, path_text, text
from civicard.kernel.text import Text
from civicard.vault.files import read_plain, why

__all__ = ["FILE_SETTING", "SETTING", "Master", "master_from"]

SETTING: Final = "CIVICARD_MASTER_KEY"
FILE_SETTING: Final = "CIVICARD_MASTER_KEY_FILE"
MASTER_BYTES: Final = 32
FINGERPRINT_BYTES: Final = 8
MOST_FILE_BYTES: Final = 4096
POSSIBLE: Final = Text(
    f" {MASTER_BYTES} 个随机字节的 base64 文本（如 openssl rand -base64 {MASTER_BYTES} 的输出）",
    f"the base64 text of {MASTER_BYTES} random bytes, such as `openssl rand -base64 {MASTER_BYTES}` prints",
)


class Master:
    """A master key. It never shows itself: only `to_base64` gives it away.

    Python cannot wipe it from memory; a device behind the vault's interface is the answer where that matters.
    """

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        """Take the 32 bytes.

        Raises:
            ValueError: there are more or fewer.
        """
        if len(secret) != MASTER_BYTES:
            raise ValueError(f"a master key has {MASTER_BYTES} bytes")
        self._secret = secret

    @classmethod
    def random(cls) -> "Master":
        """Return a new master key."""
        return cls(secrets.token_bytes(MASTER_BYTES))

    @property
    def fingerprint(self) -> str:
        """What tells this master key from another without giving it away: 16 hexadecimal digits."""
        return self.derived("fingerprint", FINGERPRINT_BYTES).hex()

    def derived(self, purpose: str, size: int = MASTER_BYTES) -> bytes:
        """Return a secret of `size` bytes for one purpose, from which neither the master nor another can be told."""
        # No salt: the master is as random as a key can be (RFC 5869, section 3.1).
        info = f"civicard keystore 1 {purpose}".encode()
        return HKDF(algorithm=SHA256(), length=size, salt=None, info=info).derive(self._secret)

    def to_base64(self) -> str:
        """Return the secret itself, as `CIVICARD_MASTER_KEY` holds it."""
        return base64.b64encode(self._secret).decode()

    def __repr__(self) -> str:
        return "Master(…)"


def master_from(environment: Mapping[str, str]) -> Master:
    """Return the master key that the settings hold or point to.

    Args:
        environment: holds `CIVICARD_MASTER_KEY`, the base64 text of 32 bytes, or `CIVICARD_MASTER_KEY_FILE`, the
            path of a file with that text.

    Raises:
        SettingWrong: neither or both are set, the file cannot be read, or the text is something else; the secret
            is never shown.
    """
    if not is_set(environment, FILE_SETTING):
        held = text(environment, SETTING, is_secret=True) if is_set(environment, SETTING) else None
        if held is None:
            also = Text(
                f"，或用 {FILE_SETTING} 指明存放它的文件", f"; or set {FILE_SETTING} to a file that holds it"
            )
            raise SettingWrong(SETTING, Text(POSSIBLE.zh + also.zh, POSSIBLE.en + also.en))
        return _decoded(held, SETTING)
    path = path_text(environment, FILE_SETTING)
    if is_set(environment, SETTING):
        only = Text(
            f"空，因为已设置 {SETTING}；两者只设其一", f"unset, as {SETTING} is set; only one of them may be"
        )
        raise SettingWrong(FILE_SETTING, only, held=path)
    try:
        data, _ = read_plain(Path(path), MOST_FILE_BYTES)
    except OSError as error:
        reason = why(error)
        readable = Text(f"可读取的文件（{reason.zh}）", f"a file that can be read ({reason.en})")
        raise SettingWrong(FILE_SETTING, readable, held=path) from None
    # Latin-1 takes any byte; what is no base64 is told apart below.
    return _decoded(data.decode("latin-1").strip(), FILE_SETTING)


def _decoded(held: str, setting: str) -> Master:
    secret: bytes | None
    try:
        secret = base64.b64decode(held, validate=True)
    except ValueError:
        secret = None
    # Raised out here, so that no other error with a part of the secret hangs on it.
    if secret is None or len(secret) != MASTER_BYTES:
        raise SettingWrong(setting, POSSIBLE, held=held, is_secret=True)
    return Master(secret)
