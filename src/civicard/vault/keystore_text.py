"""The keystore as text: named keys with their versions, each secret wrapped under the master key.

The text is JSON. Each secret is encrypted (AES-256-GCM) and bound to the name, version and purpose of its key and to
its public half; a code over the whole (HMAC-SHA256) finds any other change. What neither can find is that the whole
file was put back to an older state.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from civicard.kernel.text import Text
from civicard.vault.binding import bound
from civicard.vault.fields import INDEX_KEY_BYTES, SM4_KEY_BYTES
from civicard.vault.master import Master
from civicard.vault.refusals import KeystoreDamaged, MasterKeyWrong
from civicard.vault.signatures import Algorithm
from civicard.vault.signers import new_pair

__all__ = ["KeyVersion", "Purpose", "new_version", "read_keys", "written_keys"]

FORMAT: Final = "civicard-keystore-1"
NONCE_BYTES: Final = 12


class Purpose(StrEnum):
    """What a key is for: one thing only."""

    FIELD = "field"
    BLIND_INDEX = "blind_index"
    SIGNATURE_ED25519 = "signature_ed25519"
    SIGNATURE_SM2 = "signature_sm2"

    @property
    def algorithm(self) -> Algorithm | None:
        """How keys of this purpose sign; None for those that do not."""
        match self:
            case Purpose.SIGNATURE_ED25519:
                return Algorithm.ED25519
            case Purpose.SIGNATURE_SM2:
                return Algorithm.SM2
            case Purpose.FIELD | Purpose.BLIND_INDEX:
                return None

    @property
    def words(self) -> Text:
        """What it is called, after "for"."""
        match self:
            case Purpose.FIELD:
                return Text("字段加密（SM4-GCM）", "the encryption of fields (SM4-GCM)")
            case Purpose.BLIND_INDEX:
                return Text("盲索引（HMAC-SM3）", "a blind index (HMAC-SM3)")
            case Purpose.SIGNATURE_ED25519:
                return Text("签名（Ed25519）", "signatures (Ed25519)")
            case Purpose.SIGNATURE_SM2:
                return Text("签名（SM2）", "signatures (SM2)")


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyVersion:
    """One version of a key, with its secret.

    Attributes:
        name: of the key.
        version: from 1; the highest is current.
        purpose: what it is for.
        public: the public half, empty for keys that do not sign.
        secret: never shown.
    """

    name: str
    version: int
    purpose: Purpose
    public: bytes
    secret: bytes = field(repr=False)


def new_version(name: str, version: int, purpose: Purpose) -> KeyVersion:
    """Return a version of a key with a new random secret."""
    public = b""
    if purpose.algorithm is not None:
        secret, public = new_pair(purpose.algorithm)
    else:
        secret = secrets.token_bytes(SM4_KEY_BYTES if purpose is Purpose.FIELD else INDEX_KEY_BYTES)
    return KeyVersion(name=name, version=version, purpose=purpose, public=public, secret=secret)


def written_keys(keys: Iterable[KeyVersion], master: Master) -> str:
    """Return the text that keeps `keys` under `master`; secrets are wrapped anew each time."""
    wrapping = AESGCM(master.derived("wrapping"))
    entries = []
    for key in keys:
        nonce = secrets.token_bytes(NONCE_BYTES)
        bound_to = _binding(key.name, key.version, key.purpose, key.public)
        entries.append(
            {
                "name": key.name,
                "version": key.version,
                "purpose": str(key.purpose),
                "public": _text(key.public),
                "wrapped": _text(nonce + wrapping.encrypt(nonce, key.secret, bound_to)),
            }
        )
    whole: dict[str, Any] = {"format": FORMAT, "master": master.fingerprint, "keys": entries}
    return json.dumps(whole | {"code": _code(whole, master)}, indent=2) + "\n"


def read_keys(data: bytes, master: Master, shown: str) -> tuple[KeyVersion, ...]:
    """Return the keys that `written_keys` wrote.

    Args:
        data: the content of the file.
        master: the master key it was written under.
        shown: the file's path, for messages.

    Raises:
        KeystoreDamaged: the bytes are no keystore, or were changed.
        MasterKeyWrong: it was written under another master key.
    """
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError):
        whole = None
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise _damaged(shown, f"不是 {FORMAT} 格式的密钥库", f"it is no keystore of the format {FORMAT}")
    code, fingerprint = whole.pop("code", None), whole.get("master")
    if not isinstance(code, str) or not isinstance(fingerprint, str):
        raise _damaged(shown, "缺少校验信息", "its check values are missing")
    if fingerprint != master.fingerprint:
        raise MasterKeyWrong(
            Text(
                f"不能打开密钥库 {shown}：主密钥不符（密钥库 {fingerprint[:16]!a}，提供 {master.fingerprint}）。"
                "请提供建库时的主密钥。",
                f"Cannot open the keystore {shown}: it was made under another master key (fingerprint "
                f"{fingerprint[:16]!a}, given {master.fingerprint}). Give the master key it was made under.",
            )
        )
    if not hmac.compare_digest(code.encode("utf-8", "replace"), _code(whole, master).encode()):
        raise _damaged(shown, "内容被改动", "its content was changed")
    # From here on it is known to be our own writing, so that its shape needs no checking.
    wrapping = AESGCM(master.derived("wrapping"))
    try:
        return tuple(_unwrapped(entry, wrapping) for entry in whole["keys"])
    except InvalidTag:
        raise _damaged(
            shown, "有密钥与其名称、版本或用途不符", "a secret is not of the key it stands at"
        ) from None


def _unwrapped(entry: dict[str, Any], wrapping: AESGCM) -> KeyVersion:
    name, version, purpose = entry["name"], entry["version"], Purpose(entry["purpose"])
    public, wrapped = base64.b64decode(entry["public"]), base64.b64decode(entry["wrapped"])
    bound_to = _binding(name, version, purpose, public)
    secret = wrapping.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], bound_to)
    return KeyVersion(name=name, version=version, purpose=purpose, public=public, secret=secret)


def _binding(name: str, version: int, purpose: Purpose, public: bytes) -> bytes:
    return bound(b"civicard key", name.encode(), str(version).encode(), purpose.encode(), public)


def _code(whole: dict[str, Any], master: Master) -> str:
    """Return the code over all of the keystore but the code itself."""
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
    return hmac.new(master.derived("code"), text.encode(), hashlib.sha256).hexdigest()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _damaged(shown: str, zh: str, en: str) -> KeystoreDamaged:
    return KeystoreDamaged(
        Text(
            f"不能打开密钥库 {shown}：{zh}。请从备份恢复该文件。",
            f"Cannot open the keystore {shown}: {en}. Restore the file from a backup.",
        )
    )
