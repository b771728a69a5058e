"""Sealing: new files of facts become one seal of the lake, whole or not at all. No Django.

Everything is written into `.sealing/`, brought to the disk, hashed and signed there; then one rename of one folder
makes it part of the lake. A kill at any moment leaves the lake as it was, or with the whole new seal; what it
leaves in `.sealing/` nobody reads, and the next seal sweeps it away.
"""

import contextlib
import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from civicard.files import PARTS, FileUnwritable, settle, write_whole
from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text
from civicard.ledger.kinds import Kind, all_kinds
from civicard.ledger.lake import (
    ABOUT,
    LOCK,
    MONTHLY,
    NO_ROOT,
    SEAL,
    UNFINISHED,
    About,
    Lake,
    Seal,
    SealedFile,
    about_digest,
    damaged,
    merkle,
    open_lake,
    read_about,
    seal_folder,
    seal_numbers,
)
from civicard.ledger.lake.arrow import write_parquet
from civicard.ledger.lake.rollups import write_rollup
from civicard.vault.interface import Signer
from civicard.vault.signatures import PublicKey

FACTS = "facts.parquet"


class SealInProgress(Refusal):
    """Another process is sealing into the same lake."""

    code = "seal_in_progress"


class SealNotWritten(Refusal):
    """The seal could not be written; the lake is as it was."""

    code = "seal_not_written"


class OtherLake(Refusal):
    """The lake that is there is described otherwise than the facts to be sealed."""

    code = "lake_differs"


class Sealing:
    """A seal in the making.

    Attributes:
        lake: the lake as it is so far.
        number: of the seal in the making.
        at: when it is sealed.
    """

    def __init__(
        self, lake: Lake, signers: Sequence[Signer], at: datetime, step: Callable[[str], None]
    ) -> None:
        """Begin the next seal of `lake`; use `sealing` for that."""
        self.lake = lake
        self.number = len(lake.seals) + 1
        self._signers = signers
        self.at = at
        self._step = step
        self._folder = lake.folder / UNFINISHED / seal_folder(self.number)
        self._files: list[SealedFile] = []

    def place(self, kind: str, month: str, name: str = FACTS) -> Path:
        """Return where the file of a kind and month is to be written, in a folder that is there.

        Args:
            kind: of its facts.
            month: such as `2018-07`.
            name: of the file, where a month comes in more than one.
        """
        folder = self._folder / f"kind={kind}" / f"month={month}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name

    def write(self, kind: Kind, month: str, tables: Iterable[pa.Table], source: str = "") -> None:
        """Write the facts of one kind and month, once for each seal.

        Raises:
            FactTableRefused: a table does not fit its kind.
        """
        path = self.place(kind.name, month)
        rows, corrections = write_parquet(path, kind, tables, self.lake.about.origin)
        if rows:
            self.take(path, kind.name, month, rows=rows, corrections=corrections, source=source)

    def take(
        self, path: Path, kind: str, month: str, *, rows: int, corrections: int = 0, source: str = ""
    ) -> None:
        """Take a file that was written at `place` into the seal."""
        size, blocks = _hashed(path)
        self._step(f"hashed {kind} {month}")
        name = path.relative_to(self.lake.folder / UNFINISHED).as_posix()
        self._files.append(
            SealedFile(
                path=name, kind=kind, month=month, rows=rows, size=size, root=merkle.root(blocks).hex(),
                corrections=corrections, source=source,
                blocks=tuple(one.hex() for one in blocks) if len(blocks) > 1 else (),
            )
        )  # fmt: skip

    def commit(self, *, facts: int, horizon: int | None = None) -> Seal | None:
        """Make what was written a seal of the lake, with the monthly summaries that its kinds declare.

        Args:
            facts: how many facts this seal adds; roll-ups do not count.
            horizon: the mark of the database up to which everything is sealed.

        Returns:
            The seal, or None when nothing was written.

        Raises:
            FactTableRefused: the sums of a summary are too large for a whole number.
        """
        if not self._files:
            return None
        self._roll_up()
        before = self.lake.seals[-1] if self.lake.seals else None
        seal = Seal(
            number=self.number, previous=self.lake.root if before else NO_ROOT,
            sealed_at=self.at.astimezone(UTC).isoformat(timespec="microseconds"), horizon=horizon,
            facts=(before.facts if before else 0) + facts, about=about_digest(self.lake.about),
            files=tuple(sorted(self._files, key=lambda one: one.path)),
            signers=tuple(key_name(signer.public) for signer in self._signers),
        )  # fmt: skip
        seal = seal.signed(signer.sign(seal.message) for signer in self._signers)
        write_whole(self._folder / SEAL, seal.to_bytes())
        for folder, _, _ in os.walk(self._folder, topdown=False):
            settle(Path(folder))
        self._step("written")
        self._folder.rename(self.lake.folder / seal_folder(self.number))
        settle(self.lake.folder)
        self._step("in place")
        self.lake = Lake(self.lake.folder, self.lake.about, (*self.lake.seals, seal))
        return seal

    def _roll_up(self) -> None:
        """Write the monthly summary of every kind and month in this seal whose kind declares one."""
        taken: dict[tuple[Kind, str], list[Path]] = {}
        for one in self._files:
            kind = all_kinds().get(one.kind)
            if kind is not None and kind.cls.rollup is not None:
                path = self.lake.folder / UNFINISHED / one.path
                taken.setdefault((kind, one.month), []).append(path)
        for (kind, month), paths in taken.items():
            target = self.place(kind.name + MONTHLY, month)
            rows = write_rollup(target, kind, paths, self.lake.about.origin)
            self.take(target, kind.name + MONTHLY, month, rows=rows)


def key_name(key: PublicKey) -> str:
    """Return how a seal names a key among its signers."""
    return f"{key.name}/{key.version}/{key.algorithm}"


def _no_step(_: str) -> None:
    """Go on; tests put a kill here."""


@contextlib.contextmanager
def sealing(
    folder: Path | str,
    *,
    signers: Sequence[Signer],
    at: datetime,
    about: About | None = None,
    step: Callable[[str], None] = _no_step,
) -> Iterator[Sealing]:
    """Make one seal in the lake at `folder`; without `commit` nothing comes of it.

    Args:
        folder: the lake; made when it is missing and `about` is given.
        signers: the keys that sign the seal.
        at: when it is sealed.
        about: what the lake holds; where there is one already, it must say the same.
        step: called at each step on the way, by its name.

    Raises:
        SealInProgress: another process is sealing into this lake.
        OtherLake: the lake there is not the one that `about` describes.
        LakeUnreadable: it is damaged, or there is none and no `about`.
        SealNotWritten: the disk is full or may not be written; the lake is as it was.
    """
    home = Path(folder)
    try:
        if about is None:
            read_about(home)  # before the lock, so that no file is left in a folder that is no lake
        else:
            _made(home)
        with _locked(home):
            if about is not None:
                _described(home, about)
            lake = open_lake(home)
            rest = home / UNFINISHED
            shutil.rmtree(rest, ignore_errors=True)
            # Only who holds the lock writes here, so what lies half-written is of somebody who was killed.
            for part in home.glob(PARTS):
                part.unlink(missing_ok=True)
            step("swept")
            try:
                yield Sealing(lake, signers, at, step)
            finally:
                shutil.rmtree(rest, ignore_errors=True)
    except OSError as error:
        raise _not_written(home, error) from error
    except FileUnwritable as refusal:
        raise _not_written(home, refusal.__cause__ or refusal.__context__) from refusal


def _made(home: Path) -> None:
    """Make the folder, and bring the names of all folders made on the way to the disk: a seal in it must last."""
    new = [one for one in (home, *home.parents) if not one.exists()]
    home.mkdir(parents=True, exist_ok=True)
    for one in new:
        settle(one.parent)


def _described(home: Path, about: About) -> None:
    """Describe the lake, or hold the one that is there to what is said of it; its lock is held, as two may come."""
    if not (home / ABOUT).exists():
        if seal_numbers(home):
            raise damaged(
                home / ABOUT, "数据湖说明缺失，而封签都在", "it is missing, and its seals are there"
            )
        write_whole(home / ABOUT, about.to_bytes())
        return
    found = read_about(home)
    if found == about:
        return
    changed = [key for key, value in about.to_json().items() if found.to_json()[key] != value]
    raise OtherLake(
        Text(
            f"{home} 是另一个数据湖，不同之处：{'、'.join(changed)}。未封签任何内容；请换一个文件夹。",
            f"{home} is another lake; it differs in {', '.join(changed)}. Nothing was sealed; name another folder.",
        )
    )


@contextlib.contextmanager
def _locked(home: Path) -> Iterator[None]:
    # Nothing is ever cut off from it: a link planted here might lead to somebody's file.
    with (home / LOCK).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SealInProgress(
                Text(
                    f"另一个进程正在封签到 {home}；请等它完成后再试。",
                    f"Another process is sealing into {home}; wait until it is done and try again.",
                )
            ) from None
        yield


def _hashed(path: Path) -> tuple[int, list[bytes]]:
    """Return size and hashed blocks of a file that was just written, and bring it to the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        blocks = [merkle.leaf(block) for block in iter(lambda: file.read(merkle.BLOCK_BYTES), b"")]
        return file.tell(), blocks


def _not_written(home: Path, error: BaseException | None) -> SealNotWritten:
    number = getattr(error, "errno", None)
    said = getattr(error, "strerror", None) or str(error)
    why = (
        Text("磁盘已满，请腾出空间后重试", "the disk is full; free some space and try again")
        if number in {errno.ENOSPC, errno.EDQUOT}
        else Text(f"系统报告：{said}", f"the system says: {said}")
    )
    return SealNotWritten(
        Text(
            f"未能封签到 {home}：{why.zh}。数据湖仍是原样。",
            f"Could not seal into {home}: {why.en}. The lake is as it was.",
        )
    )
