"""Files of facts that operators send: signed, checked, and sealed whole. No Django.

An operator sends a Parquet file with `at`, perhaps `day`, and the columns of a kind that arrives as files, in any
order; beside it stands `NAME.parquet.sig`, which says of what kind and months it is and signs that with the file's
bytes. What every fact needs beside is put on here: its number, when it was recorded, and the operator's key as actor.
"""

import hashlib
import json
import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from civicard.files import FileUnreadable, read_text, write_whole
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.kinds import ENVELOPE, Arrival, UnknownKind, kind_named
from civicard.ledger.lake import DAMAGED, About, Lake, Seal
from civicard.ledger.lake.operator_tables import FIRST_NUMBER, OperatorTable, next_number
from civicard.ledger.lake.sealing import Sealing, sealing
from civicard.vault.interface import Signer
from civicard.vault.refusals import PublicKeyUnknown
from civicard.vault.signatures import Algorithm, PublicKeys, Signature

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["FIRST_NUMBER", "OperatorFileRefused", "OperatorFileTaken", "Signed", "sign", "take"]

FORM = 1
MOST_SIGNATURE_BYTES = 1_000_000
MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
CHUNK = 1 << 20
ACTOR = next(one for one in ENVELOPE if one.name == "actor")
SOURCE = re.compile(r"sha256:([0-9a-f]{64}) ")


class OperatorFileRefused(Refusal):
    """An operator's file is not signed as it should be, or does not hold what its kind needs."""

    code = "operator_file_refused"


class OperatorFileTaken(Refusal):
    """An operator's file is sealed already."""

    code = "operator_file_taken"


@dataclass(frozen=True, kw_only=True, slots=True)
class Signed:
    """What an operator signed.

    Attributes:
        kind: of the facts in the file.
        months: that its business days lie in, such as `2018-07`, in order.
        digest: SHA-256 of the file, in hexadecimal.
        signature: over the three.
    """

    kind: str
    months: tuple[str, ...]
    digest: str
    signature: Signature

    @property
    def source(self) -> str:
        """How a seal remembers it, before the file's name."""
        sign = self.signature
        return f"sha256:{self.digest} key:{sign.key}/{sign.version}/{sign.algorithm} signature:{sign.value.hex()}"


def message(kind: str, months: Collection[str], digest: str) -> bytes:
    """Return what an operator signs."""
    return "\n".join(["civicard operator file", kind, ",".join(sorted(months)), digest]).encode()


def sign(path: Path | str, *, kind: str, months: Collection[str], signer: Signer) -> Path:
    """Sign an operator's file and return the path of the signature, which is written beside it.

    Args:
        path: the Parquet file.
        kind: of its facts.
        months: that its business days lie in, such as `2018-07`.
        signer: the operator's key.

    Raises:
        OperatorFileRefused: a month is not one, or the file cannot be read.
        FileUnwritable: the signature could not be written.
    """
    file = Path(path)
    if not months or not all(MONTH.fullmatch(one) for one in months):
        raise _refused(
            file, "月份应写成 2018-07 的形式，至少一个", "months are written like 2018-07, at least one"
        )
    signature = signer.sign(message(kind, months, _digest(file)))
    value = {
        "civicard_file_signature": FORM, "kind": kind, "months": sorted(months), "key": signature.key,
        "version": signature.version, "algorithm": str(signature.algorithm), "signature": signature.value.hex(),
    }  # fmt: skip
    beside = _beside(file)
    write_whole(beside, (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode())
    return beside


def take(
    files: Sequence["PathLike[str] | str"],
    *,
    folder: Path | str,
    about: About,
    operators: PublicKeys,
    signers: Sequence[Signer],
    at: datetime,
) -> Seal:
    """Check operators' files and seal them, all in one seal or none.

    Args:
        files: Parquet files, each with its signature beside it.
        folder: the lake; made when it is missing.
        about: what the lake holds.
        operators: the public keys of the operators.
        signers: the keys that sign the seal.
        at: when they are taken in: no fact in them is later.

    Raises:
        OperatorFileRefused: a signature is missing, wrong or of an unknown key, or the content is not as it must be.
        OperatorFileTaken: a file with the same bytes is sealed already, or named twice.
        SealInProgress, SealNotWritten, OtherLake, LakeUnreadable: as in `sealing`.
    """
    paths = [Path(one) for one in files]
    signed = [_signed(path, operators) for path in paths]
    with sealing(folder, signers=signers, at=at, about=about) as seal:
        _require_new(seal.lake, paths, signed)
        number, facts = next_number(seal.lake), 0
        for place, (path, one) in enumerate(zip(paths, signed, strict=True), 1):
            kind = kind_named(one.kind)
            with OperatorTable(path, kind, seal.lake.about.zone) as content:
                _require(path, content.faults(one.months, at))
                for month, target, rows in _written(content, seal, one, place, number):
                    seal.take(target, kind.name, month, rows=rows, source=f"{one.source} name:{path.name}")
                number += content.rows
                facts += content.rows
            # Whoever may write there could have changed the file after its signature was checked.
            if _digest(path) != one.digest:
                raise _refused(
                    path, "文件在读取时被改动，请重新发送", "it was changed while it was read; send it again"
                )
        made = seal.commit(facts=facts)
    assert made is not None  # every file that was taken holds facts
    return made


def _written(
    content: OperatorTable, seal: Sealing, one: Signed, place: int, number: int
) -> Iterator[tuple[str, Path, int]]:
    """Write a file's facts month by month; yield each month with its file and how many facts it holds."""
    actor = one.signature.key
    for month in one.months:
        target = seal.place(one.kind, month, f"facts-{place:03d}.parquet")
        rows = content.write(
            target, month, first=number, actor=actor, at=seal.at, origin=seal.lake.about.origin
        )
        if rows:
            yield month, target, rows
        else:
            target.unlink(missing_ok=True)


def _signed(path: Path, operators: PublicKeys) -> Signed:
    """Return what an operator signed, once the signature is known to be good."""
    kind, months, signature = _stated(path)
    _require_kind(path, kind)
    digest = _digest(path)
    try:
        is_good = operators.verifies(message(kind, months, digest), signature)
    except PublicKeyUnknown as error:
        raise _refused(path, error.text.zh, error.text.en) from None
    if not is_good:
        name = f"{signature.key}/{signature.version}/{signature.algorithm}"
        raise _refused(
            path,
            f"签名不符：文件、种类或月份在 {name} 签名之后被改动，或并非由它签名；请运营方重新签名发送",
            f"the signature does not fit: the file, its kind or months were changed after {name} signed, or it "
            "never did; ask the operator to sign and send it again",
        )
    if (why := ACTOR.fault(signature.key)) is not None:
        # It is said to have recorded every fact in the file. It is not shown: it may be somebody's number.
        raise _refused(path, f"其密钥的名称{why.zh}", f"the name of its key {why.en}")
    return Signed(kind=kind, months=tuple(sorted(set(months))), digest=digest, signature=signature)


def _stated(path: Path) -> tuple[str, tuple[str, ...], Signature]:
    """Return kind, months and signature as they stand beside an operator's file."""
    beside = _beside(path)
    if not os.path.lexists(path):
        raise _refused(path, "没有这个文件，请检查路径", "there is no such file; check its path")
    try:
        text = read_text(beside, MOST_SIGNATURE_BYTES)
    except FileUnreadable as error:
        zh, en = f"没有可读的签名：{error.text.zh}", f"it has no signature that can be read: {error.text.en}"
        raise _refused(path, zh, en) from None
    try:
        value = json.loads(text)
        signature = Signature(
            key=str(value["key"]), version=int(value["version"]), algorithm=Algorithm(value["algorithm"]),
            value=bytes.fromhex(value["signature"]),
        )  # fmt: skip
        kind, months = str(value["kind"]), tuple(str(one) for one in value["months"])
        if value["civicard_file_signature"] == FORM and months and all(map(MONTH.fullmatch, months)):
            return kind, months, signature
    except DAMAGED:
        pass
    raise _refused(path, f"签名文件 {beside.name} 残缺", f"its signature {beside.name} is damaged")


def _require_kind(path: Path, name: str) -> None:
    try:
        kind = kind_named(name)
    except UnknownKind as error:
        raise _refused(path, error.text.zh, error.text.en) from None
    if kind.cls.arrival is not Arrival.FILE:
        raise _refused(
            path,
            f"{kind.title.zh}（{name}）随业务逐笔记录，不以文件接收",
            f"facts of {name} are recorded with the change they belong to, not taken from files",
        )


def _require_new(lake: Lake, paths: Sequence[Path], signed: Sequence[Signed]) -> None:
    known = {found[1]: one.path for one in lake.files() if (found := SOURCE.match(one.source))}
    for path, one in zip(paths, signed, strict=True):
        if (where := known.get(one.digest)) is not None:
            raise OperatorFileTaken(
                Text(
                    f"未封签任何内容：{path.name} 与已封签的文件完全相同（{where}）；请勿重复提交。",
                    f"Nothing was sealed: {path.name} is the very file that is sealed as {where}; leave it out.",
                )
            )
        known[one.digest] = path.name


def _require(path: Path, faults: Sequence[Text]) -> None:
    if faults:
        raise _refused(path, "；".join(one.zh for one in faults), "; ".join(one.en for one in faults))


def _refused(path: Path, zh: str, en: str) -> OperatorFileRefused:
    return OperatorFileRefused(
        Text(
            f"不能接收运营方文件 {path.name}：{zh.rstrip('。')}。未封签任何内容。",
            f"Cannot take the operator's file {path.name}: {en.rstrip('.')}. Nothing was sealed.",
        )
    )


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.sig")


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            for block in iter(lambda: file.read(CHUNK), b""):
                digest.update(block)
    except OSError as error:
        said = error.strerror or str(error)
        raise _refused(path, f"无法读取（{said}）", f"it cannot be read ({said})") from error
    return digest.hexdigest()
