"""The lake: a folder of sealed facts. Read here; written only by `sealing`. No Django.

    lake.json                                             what the lake is: city, origin, scale, time zone
    seal=000001/seal.json                                 one seal: its files, the root before it, its own, signatures
    seal=000001/kind=card_made/month=2018-07/facts.parquet
    .sealing/                                             a seal that is not finished; nobody reads it

A seal is one folder, so that it is there whole or not at all. Readers take the files that the seals list, never
what else lies in the folders. The month is that of the business day, in the programme's time zone.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from civicard.files import FileUnreadable, read_text
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.lake import merkle
from civicard.vault.signatures import Algorithm, Signature

FORM = 1
ABOUT, SEAL, UNFINISHED, LOCK = "lake.json", "seal.json", ".sealing", ".lock"
MOST_SEAL_BYTES = 64_000_000
SEAL_FOLDER = re.compile(r"seal=([0-9]{6})")
FILE_PATH = re.compile(r"seal=[0-9]{6}/kind=[a-z0-9_]+/month=[0-9]{4}-[0-9]{2}/[a-z0-9][a-z0-9_.-]*\.parquet")
# A roll-up is kept as a kind of its own, beside the facts that it adds up.
MONTHLY = "_monthly"
# What a root is taken over is told apart from leaves and nodes by its own prefix.
BODY = b"\x02"
NO_ROOT = "0" * 64
# What reading damaged JSON into these classes may raise.
DAMAGED = (KeyError, TypeError, ValueError, AttributeError, RecursionError)
DEFAULT_ZONE = "Asia/Shanghai"


class LakeUnreadable(Refusal):
    """The folder is no lake, or one of its descriptions is damaged."""

    code = "lake_unreadable"


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """What a lake holds.

    Attributes:
        city: whose programme it is.
        origin: `operated` or `simulated`.
        zone: the time zone of business days.
        scale: one fact stands for so many; 1 unless it is a simulated city at 1:N.
        scenario: file name and digest of the scenario it was simulated from; empty for an operated one.
        seed: the seed of the simulation; None for an operated lake.
        adds_up: names of a programme's figures that shrink with the city, in groups whose sums must hold.
    """

    city: Text
    origin: str
    zone: str = DEFAULT_ZONE
    scale: int = 1
    scenario: str = ""
    seed: int | None = None
    adds_up: tuple[tuple[str, ...], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "civicard_lake": FORM, "city": {"zh": self.city.zh, "en": self.city.en}, "origin": self.origin,
            "zone": self.zone, "scale": self.scale, "scenario": self.scenario, "seed": self.seed,
            "adds_up": [list(group) for group in self.adds_up],
        }  # fmt: skip

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "About":
        """Return what plain values say; raises KeyError, TypeError or ValueError where they are damaged."""
        if value["civicard_lake"] != FORM or value["origin"] not in {"operated", "simulated"}:
            raise ValueError("form or origin")
        try:
            ZoneInfo(value["zone"])
        except (ZoneInfoNotFoundError, OSError) as error:  # OSError: the name of a folder of zones
            raise ValueError("zone") from error
        scale = _whole(value["scale"])
        if scale < 1:
            raise ValueError("scale")
        # Half a character is no text, and could not be hashed.
        canonical(dict(value))
        return cls(
            city=Text(str(value["city"]["zh"]), str(value["city"]["en"])), origin=value["origin"],
            zone=value["zone"], scale=scale, scenario=str(value["scenario"]),
            seed=None if value["seed"] is None else _whole(value["seed"]),
            adds_up=tuple(tuple(str(name) for name in group) for group in value["adds_up"]),
        )  # fmt: skip

    def to_bytes(self) -> bytes:
        """Return what `lake.json` holds, to the byte."""
        return (json.dumps(self.to_json(), ensure_ascii=False, indent=1) + "\n").encode()


@dataclass(frozen=True, kw_only=True, slots=True)
class SealedFile:
    """One Parquet file of a seal.

    Attributes:
        path: within the lake, with forward slashes.
        kind: of its facts, or of the roll-up, which ends in `_monthly`.
        month: `2018-07`, of the business days in it.
        rows: facts in it.
        size: bytes.
        root: Merkle root of its blocks, in hexadecimal.
        blocks: the hash of each block, where there is more than one, so that damage is found to the block.
        corrections: facts in it that take the place of others.
        source: name and signing key of the operator's file it came as; empty for recorded facts.
    """

    path: str
    kind: str
    month: str
    rows: int
    size: int
    root: str
    corrections: int = 0
    source: str = ""
    blocks: tuple[str, ...] = ()

    @property
    def is_rollup(self) -> bool:
        """Whether it holds a monthly summary and no facts of its own."""
        return self.kind.endswith(MONTHLY)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "path": self.path, "kind": self.kind, "month": self.month, "rows": self.rows, "bytes": self.size,
            "root": self.root, "corrections": self.corrections, "source": self.source,
            "blocks": list(self.blocks),
        }  # fmt: skip

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "SealedFile":
        """Return what plain values say; raises KeyError, TypeError or ValueError where they are damaged."""
        if not FILE_PATH.fullmatch(value["path"]):
            raise ValueError("path")
        return cls(
            path=value["path"], kind=str(value["kind"]), month=str(value["month"]), rows=_whole(value["rows"]),
            size=_whole(value["bytes"]), root=str(value["root"]), corrections=_whole(value["corrections"]),
            source=str(value["source"]), blocks=tuple(str(one) for one in value["blocks"]),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Seal:
    """One seal.

    Attributes:
        number: from 1, without gaps.
        previous: root of the seal before, `NO_ROOT` for the first.
        sealed_at: when, as ISO 8601 in UTC.
        horizon: every fact committed before this mark of the database is sealed here or earlier; None where
            facts do not come from a database.
        facts: facts sealed so far, this seal's included; roll-ups do not count.
        about: digest of `lake.json`.
        files: in the order of their paths.
        signers: the keys that sign it, each as `name/version/algorithm`; part of the root, so that a signature
            taken away is missed.
        signatures: over the root, one by each of the signers.
    """

    number: int
    previous: str
    sealed_at: str
    horizon: int | None
    facts: int
    about: str
    files: tuple[SealedFile, ...]
    signers: tuple[str, ...] = ()
    signatures: tuple[Signature, ...] = ()

    @property
    def root(self) -> str:
        """The root over everything but the signatures, in hexadecimal."""
        leaves = [merkle.leaf(canonical(one.to_json())) for one in self.files]
        body = {
            "civicard_seal": FORM, "number": self.number, "previous": self.previous, "sealed_at": self.sealed_at,
            "horizon": self.horizon, "facts": self.facts, "about": self.about, "files": merkle.root(leaves).hex(),
            "signers": list(self.signers),
        }  # fmt: skip
        return hashlib.sha256(BODY + canonical(body)).hexdigest()

    @property
    def message(self) -> bytes:
        """What is signed: the root under the name of its use, so that no other signature can pass for it."""
        return message_of(self.root)

    def signed(self, signatures: Iterable[Signature]) -> "Seal":
        """Return the same seal with signatures."""
        return replace(self, signatures=tuple(signatures))

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values, with its root for people to read; readers work it out anew."""
        return {
            "civicard_seal": FORM, "number": self.number, "previous": self.previous, "sealed_at": self.sealed_at,
            "horizon": self.horizon, "facts": self.facts, "about": self.about,
            "files": [one.to_json() for one in self.files], "signers": list(self.signers), "root": self.root,
            "signatures": [
                {"key": one.key, "version": one.version, "algorithm": str(one.algorithm), "value": one.value.hex()}
                for one in self.signatures
            ],
        }  # fmt: skip

    def to_bytes(self) -> bytes:
        """Return what `seal.json` holds, to the byte."""
        return (json.dumps(self.to_json(), ensure_ascii=False, indent=1) + "\n").encode()

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Seal":
        """Return what plain values say; raises KeyError, TypeError or ValueError where they are damaged.

        The root that is written down is not compared with the one they have.
        """
        if value["civicard_seal"] != FORM:
            raise ValueError("form")
        return cls(
            number=_whole(value["number"]), previous=str(value["previous"]), sealed_at=str(value["sealed_at"]),
            horizon=None if value["horizon"] is None else _whole(value["horizon"]), facts=_whole(value["facts"]),
            about=str(value["about"]), files=tuple(SealedFile.from_json(one) for one in value["files"]),
            signers=tuple(str(one) for one in value["signers"]),
            signatures=tuple(
                Signature(
                    key=str(one["key"]), version=_whole(one["version"]), algorithm=Algorithm(one["algorithm"]),
                    value=bytes.fromhex(one["value"]),
                )
                for one in value["signatures"]
            ),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lake:
    """A lake that was opened: its description and its seals, which are not checked by opening.

    Attributes:
        folder: where it lies.
        about: what it holds.
        seals: in their order.
    """

    folder: Path
    about: About
    seals: tuple[Seal, ...]

    @property
    def root(self) -> str:
        """The root of the newest seal, which stands for everything sealed; `NO_ROOT` when nothing is."""
        return self.seals[-1].root if self.seals else NO_ROOT

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of business days."""
        return ZoneInfo(self.about.zone)

    def files(self, kind: str | None = None) -> Iterator[SealedFile]:
        """Yield the sealed files, of one kind or of all, oldest seal first."""
        for seal in self.seals:
            for one in seal.files:
                if kind is None or one.kind == kind:
                    yield one

    def paths(self, kind: str) -> list[str]:
        """Return the paths of a kind's files as the system opens them."""
        return [str(self.folder / one.path) for one in self.files(kind)]


def open_lake(folder: Path | str) -> Lake:
    """Return the lake in `folder`. What its seals say is read, not checked; `checking.check` does that.

    Raises:
        LakeUnreadable: there is no lake, or a description in it is damaged or not that of its seals.
    """
    home = Path(folder)
    about = read_about(home)
    numbers = seal_numbers(home)
    seals = []
    for expected, number in enumerate(numbers, 1):
        if number != expected:
            raise damaged(home / seal_folder(expected), "这一封签不见了", "this seal is missing")
        seal = read_seal(home, number)
        if seal.about != about_digest(about):
            raise damaged(
                home / ABOUT,
                f"不是第 {number} 号封签所绑定的数据湖说明",
                f"it is not the description that seal {number} binds",
            )
        seals.append(seal)
    return Lake(home, about, tuple(seals))


def read_about(home: Path) -> About:
    """Return the description of the lake in `home`.

    Raises:
        LakeUnreadable: there is none, or it is damaged.
    """
    try:
        text = read_text(home / ABOUT, MOST_SEAL_BYTES)
    except FileUnreadable as error:
        raise LakeUnreadable(
            Text(
                f"{home} 不是数据湖：{error.text.zh}可用 civicard simulate 或 civicard ledger seal 建立。",
                f"{home} is no lake: {error.text.en} `civicard simulate` or `civicard ledger seal` makes one.",
            )
        ) from None
    try:
        return About.from_json(json.loads(text))
    except DAMAGED as error:
        raise damaged(home / ABOUT, "内容残缺", "its content is damaged") from error


def read_seal(home: Path, number: int) -> Seal:
    """Return one seal as it is written down.

    Raises:
        LakeUnreadable: it is missing or damaged, or does not fit the root that it states.
    """
    path = home / seal_folder(number) / SEAL
    try:
        seal, stated = parse_seal(read_text(path, MOST_SEAL_BYTES))
    except FileUnreadable as error:
        raise LakeUnreadable(error.text) from None
    except DAMAGED as error:
        raise damaged(path, "内容残缺", "it is damaged") from error
    if stated != seal.root:
        raise damaged(path, "内容与其根值不符", "it does not fit its own root")
    return seal


def parse_seal(text: str) -> tuple[Seal, object]:
    """Return what `seal.json` holds, and the root that it states, which need not be the one it has.

    Raises:
        KeyError, TypeError, ValueError, AttributeError, RecursionError: it is damaged; see `DAMAGED`.
    """
    value = json.loads(text)
    # Half a character is no text: without a canonical form there is no root, and none can be signed.
    canonical(value)
    return Seal.from_json(value), value["root"]


def message_of(root: str) -> bytes:
    """Return what is signed for a root: the root under the name of its use."""
    return b"civicard seal\n" + root.encode()


def seal_numbers(home: Path) -> list[int]:
    """Return the numbers of the seal folders that are there, in order."""
    matches = [SEAL_FOLDER.fullmatch(one.name) for one in home.iterdir() if one.is_dir()]
    return sorted(int(match[1]) for match in matches if match)


def seal_folder(number: int) -> str:
    """Return the name of a seal's folder.

    >>> seal_folder(12)
    'seal=000012'
    """
    return f"seal={number:06d}"


def canonical(value: object) -> bytes:
    """Return plain values as bytes that are the same wherever they are made: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def about_digest(about: About) -> str:
    """Return the digest of a lake's description, which every seal binds."""
    return hashlib.sha256(canonical(about.to_json())).hexdigest()


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError("not a whole number")
    return value


def damaged(path: Path | str, zh: str, en: str) -> LakeUnreadable:
    """Return the refusal of a lake in which `path` is not as it should be, with why."""
    return LakeUnreadable(
        Text(
            f"数据湖残缺：{path}：{zh}。请用 civicard ledger check 查明，并从备份恢复。",
            f"The lake is damaged: {path}: {en}. `civicard ledger check` tells more; restore it from a copy.",
        )
    )
