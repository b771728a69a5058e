"""Signatures and the public keys that verify them. Verifying needs no keystore and no secret."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from civicard.kernel.text import Text
from civicard.vault import sm2
from civicard.vault.refusals import PublicKeysDamaged, PublicKeyUnknown, PublicKeyWrong

__all__ = ["Algorithm", "PublicKey", "PublicKeys", "Signature"]

FORMAT: Final = "civicard-public-keys-1"
ED25519_BYTES: Final = 32
MOST_CHARACTERS: Final = 4_000_000
COLUMNS: Final = frozenset({"name", "version", "algorithm", "public"})


class Algorithm(StrEnum):
    """How a signature is made: Ed25519 (RFC 8032), or SM2 with SM3 and the default identity (GB/T 32918)."""

    ED25519 = "ed25519"
    SM2 = "sm2"


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """A signature and the key it names.

    Attributes:
        key: name of the key.
        version: version of the key, from 1.
        algorithm: how it was made.
        value: 64 bytes for Ed25519, DER for SM2.
    """

    key: str
    version: int
    algorithm: Algorithm
    value: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicKey:
    """The public half of one version of a key.

    Attributes:
        name: name of the key.
        version: version of the key, from 1.
        algorithm: what it verifies.
        public: 32 bytes for Ed25519; 65 bytes, 04 ‖ x ‖ y, for SM2.

    Raises:
        PublicKeyWrong: `public` is no key of the algorithm.
    """

    name: str
    version: int
    algorithm: Algorithm
    public: bytes

    def __post_init__(self) -> None:
        if not self._is_sound():
            raise PublicKeyWrong(
                Text(
                    f"公钥 {self.name} 第 {self.version} 版不是 {self.algorithm} 公钥；请向密钥持有方重新索取。",
                    f"The public key {self.name} version {self.version} is no key of {self.algorithm}; "
                    "ask its owner for it again.",
                )
            )

    def _is_sound(self) -> bool:
        match self.algorithm:
            case Algorithm.ED25519:
                return len(self.public) == ED25519_BYTES
            case Algorithm.SM2:
                return sm2.is_public_key(self.public)

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Tell whether `signature` is this key's signature of `message`."""
        match self.algorithm:
            case Algorithm.ED25519:
                try:
                    Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
                except (InvalidSignature, ValueError):  # ValueError: 32 bytes that are no point of the curve
                    return False
                return True
            case Algorithm.SM2:
                return sm2.verifies(self.public, message, signature)


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """Known public keys: a set that never changes, iterated by name and version.

    Attributes:
        keys: the keys, in any order; the same key may stand there twice.

    Raises:
        PublicKeyWrong: two different keys have the same name and version.
    """

    keys: Iterable[PublicKey] = ()
    _found: Mapping[tuple[str, int], PublicKey] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[tuple[str, int], PublicKey] = {}
        for key in sorted(self.keys, key=lambda one: (one.name, one.version)):
            if found.setdefault((key.name, key.version), key) != key:
                raise PublicKeyWrong(
                    Text(
                        f"公钥 {key.name} 第 {key.version} 版有两个不同的值；请向密钥持有方核实，只保留一个。",
                        f"There are two different public keys {key.name} version {key.version}; "
                        "ask their owner which is right, and keep that one.",
                    )
                )
        object.__setattr__(self, "_found", found)
        object.__setattr__(self, "keys", tuple(found.values()))

    def __iter__(self) -> Iterator[PublicKey]:
        return iter(self._found.values())

    def __len__(self) -> int:
        return len(self._found)

    def find(self, name: str, version: int) -> PublicKey | None:
        """Return the key of that name and version, or None when it is not known."""
        return self._found.get((name, version))

    def verifies(self, message: bytes, signature: Signature) -> bool:
        """Tell whether `signature` is a good signature of `message` by the known key that it names.

        Raises:
            PublicKeyUnknown: that key is not known here, so nothing can be said about the signature.
        """
        key = self.find(signature.key, signature.version)
        if key is None:
            known = "、".join(f"{one.name}（{one.version}）" for one in self) or "无"
            raise PublicKeyUnknown(
                Text(
                    f"无法核验签名：未知公钥 {signature.key} 第 {signature.version} 版。已知公钥：{known}。",
                    f"Cannot check the signature: the public key {signature.key} version {signature.version} is "
                    f"not known. Known: {', '.join(f'{one.name} {one.version}' for one in self) or 'none'}.",
                )
            )
        return key.algorithm is signature.algorithm and key.verifies(message, signature.value)

    def to_json(self) -> str:
        """Return the keys as JSON text, the same for the same keys."""
        keys = [
            {
                "name": one.name,
                "version": one.version,
                "algorithm": str(one.algorithm),
                "public": base64.b64encode(one.public).decode(),
            }
            for one in self
        ]
        return json.dumps({"format": FORMAT, "keys": keys}, ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "PublicKeys":
        """Return the keys that `to_json` wrote.

        Raises:
            PublicKeysDamaged: the text is something else, or a key in it is not one.
            PublicKeyWrong: two different keys have the same name and version.
        """
        if len(text) > MOST_CHARACTERS:
            raise _damaged(f"超过 {MOST_CHARACTERS:,} 字", f"it has more than {MOST_CHARACTERS:,} characters")
        try:
            whole = json.loads(text)
        except (ValueError, RecursionError):
            raise _damaged("不是 JSON", "it is no JSON") from None
        if (
            not isinstance(whole, dict)
            or whole.get("format") != FORMAT
            or not isinstance(whole.get("keys"), list)
        ):
            raise _damaged(f"不是 {FORMAT} 格式", f"it is not of the format {FORMAT}")
        return cls([_entry(place, one) for place, one in enumerate(whole["keys"], 1)])


def _entry(place: int, entry: object) -> PublicKey:
    wrong = _damaged(f"第 {place} 个公钥有误", f"key number {place} in it is wrong")
    if not isinstance(entry, dict) or entry.keys() != COLUMNS:
        raise wrong
    name, version, algorithm, public = (entry[one] for one in ("name", "version", "algorithm", "public"))
    if not isinstance(name, str) or not name or type(version) is not int or version < 1:
        raise wrong
    if not isinstance(algorithm, str) or not isinstance(public, str):
        raise wrong
    try:
        value = base64.b64decode(public, validate=True)
        return PublicKey(name=name, version=version, algorithm=Algorithm(algorithm), public=value)
    except (ValueError, PublicKeyWrong):
        raise wrong from None


def _damaged(zh: str, en: str) -> PublicKeysDamaged:
    return PublicKeysDamaged(
        Text(
            f"未能读取公钥清单：{zh}。请重新导出公钥清单。",
            f"Could not read the list of public keys: {en}. Export the list again.",
        )
    )
