"""Checking a lake: finds and names whatever is not as it was sealed. No Django.

Nothing in the folder is believed: not what lies there, not what the seals say, but only what a known key signed.
Damage in one seal never hides damage in another. What checking cannot see is told in `docs/explanation/ledger.md`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from civicard.kernel.text import Text
from civicard.ledger.checking.content_checks import checked_contents
from civicard.ledger.checking.faults import Fault, Found
from civicard.ledger.checking.file_checks import checked_files, foreign_entries
from civicard.ledger.checking.lake_tree import tree_of
from civicard.ledger.checking.seal_checks import Read, checked_about, checked_seals, read_seals
from civicard.ledger.checking.witness import Witness, witnesses_in
from civicard.ledger.lake import ABOUT, NO_ROOT, SEAL, LakeUnreadable, seal_folder
from civicard.vault.signatures import PublicKeys

__all__ = ["Fault", "Found", "Report", "Witness", "check", "witnesses_in"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What checking found.

    Attributes:
        faults: everything that is not as it was sealed, by place.
        notes: what is worth knowing and no fault, such as what an interrupted seal left.
        seals: how many seals there are.
        facts: facts sealed, as the newest readable seal counts them.
        files: sealed files that were compared.
        bytes: bytes of all plain files that should be there and are.
        number: of the newest readable seal; 0 when there is none.
        root: its root; `NO_ROOT` when there is none.
        origin: `operated` or `simulated`; empty when the lake's description cannot be read.
    """

    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]
    seals: int
    facts: int
    files: int
    bytes: int
    number: int
    root: str
    origin: str

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    @property
    def witness(self) -> Witness:
        """What to keep outside, so that a later check finds what was cut off."""
        return Witness(number=self.number, root=self.root, origin=self.origin)


def _silent(done: int, of: int) -> None:
    """Tell nobody."""


def check(
    folder: Path | str,
    *,
    trusted: PublicKeys,
    witness: Witness | Sequence[Witness] | None = None,
    progress: Callable[[int, int], None] = _silent,
) -> Report:
    """Check the lake in `folder`: its description, seals, signatures and files.

    Args:
        folder: the lake.
        trusted: the public keys whose signatures count.
        witness: what is remembered of the lake outside of it; without one, seals cut off at the end are not missed.
        progress: told how many bytes of how many are hashed.

    Raises:
        LakeUnreadable: the folder holds no lake at all, or cannot be listed.
    """
    home = Path(folder)
    tree = tree_of(home)
    if (why := tree.unread.get("")) is not None:
        raise LakeUnreadable(
            Text(
                f"{home} 不是数据湖，或无法查看：系统报告：{why}；请检查路径和权限。",
                f"{home} is no lake, or may not be looked into: the system says: {why}. Check its path and permissions.",
            )
        )
    if ABOUT not in tree.files and not tree.seal_numbers:
        raise LakeUnreadable(
            Text(
                f"{home} 不是数据湖：没有 {ABOUT}，也没有封签；请指明数据湖所在的文件夹。",
                f"{home} is no lake: it has neither {ABOUT} nor a seal; name the folder of a lake.",
            )
        )
    reads, faults = read_seals(home, tree, trusted)
    about, wrong = checked_about(home, tree, reads)
    wrong_seals, notes = checked_seals(reads, trusted)
    faults += wrong + wrong_seals
    # What a seal lists outside of its own folder is a fault of that seal, and says nothing of the file there.
    sealed = {path: one for read in reads for path, one in read.files() if path.startswith(f"{read.folder}/")}
    compared = checked_files(home, tree, sealed, progress)
    faults += compared.faults
    described = [ABOUT, *(f"{read.folder}/{SEAL}" for read in reads)]
    unknown = [read.folder for read in reads if read.seal is None]
    foreign = foreign_entries(tree, sealed, described, unknown)
    faults += [one for one in foreign if one.where not in compared.moved]
    faults += checked_contents(home, {path: sealed[path] for path in compared.sound})
    faults += _against(reads, (witness,) if isinstance(witness, Witness) else witness or ())
    left = Text(
        "未完成的封签留下的，下次封签时清除", "left by an unfinished seal; the next one sweeps it away"
    )
    notes += [Fault("unfinished", one, left) for one in tree.leftovers]
    newest = next((read for read in reversed(reads) if read.seal is not None), None)
    return Report(
        faults=tuple(sorted(set(faults), key=lambda one: (one.where, one.code, one.text.zh))),
        notes=tuple(notes),
        seals=len(reads),
        facts=newest.seal.facts if newest and newest.seal else 0,
        files=sum(path in tree.files for path in sealed),
        bytes=sum(tree.files[path] for path in {*sealed, *described} if path in tree.files),
        number=newest.number if newest else 0,
        root=newest.root if newest else NO_ROOT,
        origin=about.origin if about else "",
    )


def _against(reads: Sequence[Read], witnesses: Sequence[Witness]) -> Iterator[Fault]:
    """Yield what a witness contradicts."""
    by_number = {read.number: read for read in reads}
    last = max(by_number, default=0)
    for one in witnesses:
        where = seal_folder(one.number)
        if one.number > last:
            text = Text(
                f"见证记有第 {one.number} 号封签，而数据湖只到第 {last} 号：末尾的封签被去掉了",
                f"the witness saw seal {one.number}, but the lake ends with {last}: seals were cut off",
            )
            yield Fault(Found.CUT_OFF, where, text)
        elif one.number in by_number and by_number[one.number].root not in {one.root, ""}:
            text = Text("根值与见证所记不符", "its root is not the one that the witness saw")
            yield Fault(Found.WITNESS_DIFFERS, where, text)
