"""Checking the seals of a lake: each by itself, their chain, their signatures and the description they bind.

Every fault is named; one that is found never keeps another from being found. No Django.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from civicard.files import FileUnreadable, read_bytes
from civicard.kernel.text import Text
from civicard.ledger.checking.faults import Fault, Found
from civicard.ledger.checking.lake_tree import Tree
from civicard.ledger.lake import (
    ABOUT,
    DAMAGED,
    MOST_SEAL_BYTES,
    NO_ROOT,
    SEAL,
    About,
    Seal,
    SealedFile,
    about_digest,
    message_of,
    parse_seal,
    seal_folder,
)
from civicard.vault.refusals import PublicKeyUnknown
from civicard.vault.signatures import PublicKeys, Signature

__all__ = ["Read", "checked_about", "checked_seals", "read_seals"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """What a seal's folder says.

    Attributes:
        number: of the folder.
        seal: its description; None when it cannot be read.
        root: the root that is vouched for: the one that is written down where a good signature is over it, else
            the one that the description has.
    """

    number: int
    seal: Seal | None
    root: str

    @property
    def folder(self) -> str:
        """Name of its folder."""
        return seal_folder(self.number)

    def files(self) -> Iterator[tuple[str, SealedFile]]:
        """Yield the files it lists with the paths at which they should be found.

        A seal that was moved to another number as a whole is looked for where it now is.
        """
        if self.seal is None:
            return
        own = f"{seal_folder(self.seal.number)}/"
        for one in self.seal.files:
            path = f"{self.folder}/{one.path.removeprefix(own)}" if one.path.startswith(own) else one.path
            yield path, one


def read_seals(home: Path, tree: Tree, trusted: PublicKeys) -> tuple[list[Read], list[Fault]]:
    """Return what every seal that is there says, in order, and the faults of their descriptions."""
    found = [_read(home, tree, number, trusted) for number in tree.seal_numbers]
    return [one for one, _ in found], [fault for _, faults in found for fault in faults]


def checked_seals(reads: Sequence[Read], trusted: PublicKeys) -> tuple[list[Fault], list[Fault]]:
    """Return the faults of the seals' order, chain, counts and signatures; and notes, which are no faults."""
    faults = [*_gaps(reads)]
    notes: list[Fault] = []
    for one in reads:
        if one.seal is not None:
            faults += _placed(one, one.seal)
            wrong, noted = _signed(one, one.seal, trusted)
            faults += wrong
            notes += noted
    start = Read(number=0, seal=None, root=NO_ROOT)
    for before, one in pairwise([start, *reads]):
        if before.number == one.number - 1:
            faults += _linked(before, one)
    return faults, notes


def checked_about(home: Path, tree: Tree, reads: Sequence[Read]) -> tuple[About | None, list[Fault]]:
    """Return the lake's description, None when it cannot be read, and its faults against what the seals bind."""
    if ABOUT not in tree.files:
        there = ABOUT in tree.others or ABOUT in tree.folders
        code = Found.FILE_NOT_PLAIN if there else Found.DESCRIPTION_MISSING
        return None, [
            Fault(code, ABOUT, Text("数据湖说明缺失，或不是普通文件", "it is missing, or no plain file"))
        ]
    try:
        data = read_bytes(home / ABOUT, MOST_SEAL_BYTES)
        about = About.from_json(json.loads(data.decode()))
    except FileUnreadable as error:
        return None, [Fault(Found.DESCRIPTION_CHANGED, ABOUT, error.text)]
    except DAMAGED:
        return None, [Fault(Found.DESCRIPTION_CHANGED, ABOUT, Text("内容残缺", "its content is damaged"))]
    digest = about_digest(about)
    others = [one for one in reads if one.seal is not None and one.seal.about != digest]
    if data != about.to_bytes() or (others and len(others) == sum(one.seal is not None for one in reads)):
        text = Text("与各封签所绑定的数据湖说明不符", "it is not the description that the seals bind")
        return about, [Fault(Found.DESCRIPTION_CHANGED, ABOUT, text)]
    text = Text("绑定的是另一个数据湖的说明", "it binds the description of another lake")
    return about, [Fault(Found.DESCRIPTION_CHANGED, one.folder, text) for one in others]


def _read(home: Path, tree: Tree, number: int, trusted: PublicKeys) -> tuple[Read, list[Fault]]:
    where = f"{seal_folder(number)}/{SEAL}"
    lost = Read(number=number, seal=None, root="")
    unchecked = len(tree.below(seal_folder(number))) - (where in tree.files or where in tree.others)
    so = Text(f"；该封签的 {unchecked} 个文件因此无法核验", f"; so its {unchecked} files cannot be checked")
    if where not in tree.files:
        code = Found.FILE_NOT_PLAIN if where in tree.others or where in tree.folders else Found.SEAL_DAMAGED
        why = Text("封签说明缺失，或不是普通文件", "it is missing, or no plain file")
        return lost, [Fault(code, where, Text(why.zh + so.zh, why.en + so.en))]
    try:
        data = read_bytes(home / where, MOST_SEAL_BYTES)
        seal, stated = parse_seal(data.decode())
    except FileUnreadable as error:
        text = Text(error.text.zh.rstrip("。") + so.zh, error.text.en.rstrip(".") + so.en)
        return lost, [Fault(Found.SEAL_DAMAGED, where, text)]
    except DAMAGED:
        text = Text("内容残缺" + so.zh, "its content is damaged" + so.en)
        return lost, [Fault(Found.SEAL_DAMAGED, where, text)]
    if stated == seal.root:
        read = Read(number=number, seal=seal, root=seal.root)
        if data == seal.to_bytes():
            return read, []
        text = Text("内容相同，但文字被改动过", "it says the same, but its text was changed")
        return read, [Fault(Found.SEAL_CHANGED, where, text)]
    if isinstance(stated, str) and any(_is_good(trusted, stated, one) for one in seal.signatures):
        text = Text(
            "内容被改动：与签名的根值不符",
            "its content was changed: it does not fit the root that was signed",
        )
        return Read(number=number, seal=seal, root=stated), [Fault(Found.SEAL_CHANGED, where, text)]
    text = Text("内容与所写的根值不符", "its content does not fit the root that it states")
    return Read(number=number, seal=seal, root=seal.root), [Fault(Found.SEAL_CHANGED, where, text)]


def _gaps(reads: Sequence[Read]) -> Iterator[Fault]:
    for before, after in pairwise([0, *(one.number for one in reads)]):
        if after - before > 1:
            first, last = seal_folder(before + 1), seal_folder(after - 1)
            text = Text("封签缺失", "the seal is missing")
            if first != last:
                text = Text(f"至 {last} 的封签均缺失", f"all seals from here to {last} are missing")
            yield Fault(Found.SEAL_MISSING, first, text)


def _placed(one: Read, seal: Seal) -> Iterator[Fault]:
    if seal.number != one.number:
        text = Text(
            f"其中是第 {seal.number} 号封签，顺序被改动",
            f"it holds seal {seal.number}: the order was changed",
        )
        yield Fault(Found.SEAL_OUT_OF_ORDER, one.folder, text)
    known: set[str] = set()
    for path, file in one.files():
        named = f"{one.folder}/kind={file.kind}/month={file.month}/"
        if not path.startswith(named) or path in known:
            text = Text("封签列出了不属于它的路径", "the seal lists a path that is not its own")
            yield Fault(Found.FILE_OUT_OF_PLACE, path, text)
        known.add(path)


def _linked(before: Read, one: Read) -> Iterator[Fault]:
    """Yield the faults between a seal and the one that follows it; `before` may be the beginning."""
    seal = one.seal
    if seal is None or (before.seal is None and before.number):
        return
    if seal.previous != before.root:
        text = Text(
            "所记的上一封签根值不符，链条在此断开", "it follows another root than that of the seal before it"
        )
        yield Fault(Found.CHAIN_BROKEN, one.folder, text)
    facts = (before.seal.facts if before.seal else 0) + sum(
        file.rows for file in seal.files if not file.is_rollup
    )
    if seal.facts != facts:
        text = Text(
            f"所记事实总数 {seal.facts}，各文件合计 {facts}",
            f"it counts {seal.facts} facts, its files {facts}",
        )
        yield Fault(Found.COUNT_WRONG, one.folder, text)


def _signed(one: Read, seal: Seal, trusted: PublicKeys) -> tuple[list[Fault], list[Fault]]:
    """Return the faults of a seal's signatures, and what could not be told although one of them is good."""
    faults: list[Fault] = []
    unknown: list[Fault] = []
    good = 0
    there = [f"{sign.key}/{sign.version}/{sign.algorithm}" for sign in seal.signatures]
    for name in seal.signers:
        if name not in there:
            text = Text(f"缺少 {name} 的签名", f"the signature of {name} is missing")
            faults.append(Fault(Found.SIGNATURE_MISSING, one.folder, text))
    if not seal.signers:
        faults.append(Fault(Found.SIGNATURE_MISSING, one.folder, Text("没有任何签名者", "nobody signed it")))
    for name, sign in zip(there, seal.signatures, strict=True):
        if name not in seal.signers or there.count(name) > 1:
            text = Text(f"多出 {name} 的签名", f"a signature of {name} was added")
            faults.append(Fault(Found.SIGNATURE_FOREIGN, one.folder, text))
        try:
            if trusted.verifies(message_of(one.root), sign):
                good += 1
                continue
            text = Text(f"{name} 的签名不符", f"the signature of {name} is wrong")
            faults.append(Fault(Found.SIGNATURE_WRONG, one.folder, text))
        except PublicKeyUnknown:
            text = Text(f"{name} 不是已知的公钥", f"{name} is not among the known public keys")
            unknown.append(Fault(Found.KEY_UNKNOWN, one.folder, text))
    # One good signature vouches for the root and for who else had to sign.
    return (faults, unknown) if good else (faults + unknown, [])


def _is_good(trusted: PublicKeys, root: str, signature: Signature) -> bool:
    try:
        return trusted.verifies(message_of(root), signature)
    except PublicKeyUnknown:
        return False
