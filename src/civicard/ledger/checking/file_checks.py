"""Checking the files of a lake: byte for byte against the roots of their seals, on two threads. No Django.

Hashing gives up Python's lock, so that two threads read and hash at twice the speed of one.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from civicard.kernel.text import Text
from civicard.ledger.checking.faults import Fault, Found
from civicard.ledger.checking.lake_tree import Tree
from civicard.ledger.lake import SealedFile, merkle

__all__ = ["Compared", "Hashed", "checked_files", "foreign_entries"]

THREADS = 2
# Blocks that a thread takes at once: enough that taking them costs nothing, few enough that none has to wait.
BLOCKS = 64


@dataclass(frozen=True, slots=True)
class Hashed:
    """A file as it is now: its size, its hashed blocks, or why it could not be read."""

    size: int
    blocks: tuple[bytes, ...]
    unread: str = ""

    @property
    def root(self) -> str:
        """The Merkle root of its bytes, in hexadecimal."""
        return merkle.root(self.blocks).hex()


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """What comparing the sealed files gave.

    Attributes:
        faults: what is wrong with them.
        sound: paths of the files that are as they were sealed.
        moved: files that no seal lists, and that hold what a missing one should.
    """

    faults: list[Fault]
    sound: list[str]
    moved: set[str]


def checked_files(
    home: Path, tree: Tree, sealed: Mapping[str, SealedFile], progress: Callable[[int, int], None]
) -> Compared:
    """Compare every sealed file with what is there.

    Args:
        home: the lake.
        tree: what lies in it.
        sealed: the files of all seals, by the path at which each should be.
        progress: told now and then how many bytes of how many are hashed.
    """
    missing = {path: one for path, one in sealed.items() if path not in tree.files}
    sizes = {one.size for one in missing.values()}
    # A foreign file may be a sealed one under another name; only then it is read.
    strays = [path for path, size in tree.files.items() if path not in sealed and size in sizes]
    there = [path for path in sealed if path in tree.files]
    hashed = _hashed(home, {path: tree.files[path] for path in (*there, *strays)}, progress)
    belongs = {one.root: path for path, one in sealed.items()}
    faults: list[Fault] = []
    sound: list[str] = []
    for path in there:
        one, now = sealed[path], hashed[path]
        if not now.unread and now.root == one.root and now.size == one.size:
            sound.append(path)
        else:
            faults.append(_changed(home / path, path, one, now, belongs.get(now.root)))
    moved = {hashed[path].root: path for path in strays}
    for path, one in missing.items():
        faults.append(_missing(path, one, tree, moved.get(one.root)))
    roots = {one.root for one in missing.values()}
    return Compared(faults=faults, sound=sound, moved={path for root, path in moved.items() if root in roots})


def foreign_entries(
    tree: Tree, sealed: Mapping[str, SealedFile], described: Sequence[str], unknown: Sequence[str]
) -> list[Fault]:
    """Return a fault for everything in the lake that no seal lists.

    Args:
        tree: what lies in the lake.
        sealed: the files of all seals, by the path at which each should be.
        described: the paths of the descriptions themselves, which no seal lists.
        unknown: folders of seals that cannot be read, whose files nobody can tell.
    """
    expected = {*sealed, *described}
    parents = {parent for path in expected for parent in _parents(path)} | set(unknown)

    def told(path: str) -> bool:
        return not any(path.startswith(f"{folder}/") for folder in unknown)

    faults = [
        Fault(Found.FILE_FOREIGN, path, Text("没有封签列出这个文件", "no seal lists this file"))
        for path in sorted(tree.files)
        if path not in expected and told(path)
    ]
    faults += [
        Fault(
            Found.FILE_NOT_PLAIN,
            path,
            Text("是链接、设备或管道，不是文件", "it is a link, device or pipe, no file"),
        )
        for path in sorted(tree.others)
        if path not in expected and told(path)
    ]
    faults += [
        Fault(Found.FILE_FOREIGN, path, Text("没有封签列出这个文件夹", "no seal lists this folder"))
        for path in sorted(tree.folders)
        # A foreign folder that holds something is named with what it holds.
        if path not in parents and told(path) and not tree.below(path)
    ]
    faults += [
        Fault(
            Found.FILE_UNREADABLE,
            path or ".",
            Text(f"无法列出：{why}", f"it cannot be listed: {why}"),
        )
        for path, why in sorted(tree.unread.items())
    ]
    return faults


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:at]) for at in range(1, len(parts))]


def _hashed(home: Path, sizes: Mapping[str, int], progress: Callable[[int, int], None]) -> dict[str, Hashed]:
    """Hash files by ranges of blocks, so that one large file keeps both threads busy."""
    ranges = [
        (path, first, BLOCKS)
        for path, size in sizes.items()
        for first in range(0, max(1, -(-size // merkle.BLOCK_BYTES)), BLOCKS)
    ]
    total, done = sum(sizes.values()), 0
    blocks: dict[str, list[bytes]] = {path: [] for path in sizes}
    unread: dict[str, str] = {}

    def work(one: tuple[str, int, int]) -> list[bytes] | str:
        path, first, count = one
        try:
            return _leaves(home / path, first, count)
        except OSError as error:
            return error.strerror or str(error)

    with ThreadPoolExecutor(THREADS) as pool:
        for (path, first, count), got in zip(ranges, pool.map(work, ranges), strict=True):
            if isinstance(got, str):
                unread[path] = got
            else:
                blocks[path] += got
            done += min(count * merkle.BLOCK_BYTES, sizes[path] - first * merkle.BLOCK_BYTES)
            progress(done, total)
    return {path: Hashed(size, tuple(blocks[path]), unread.get(path, "")) for path, size in sizes.items()}


def _leaves(path: Path, first: int, count: int) -> list[bytes]:
    """Return the hashes of `count` blocks of a file from block `first`, or of as many as there are."""
    room = bytearray(len(merkle.LEAF) + merkle.BLOCK_BYTES)
    room[: len(merkle.LEAF)] = merkle.LEAF
    view = memoryview(room)
    body = view[len(merkle.LEAF) :]
    made: list[bytes] = []
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with open(handle, "rb", buffering=0) as file:  # noqa: PTH123 - a handle that refused to follow a link
        file.seek(first * merkle.BLOCK_BYTES)
        while len(made) < count and (size := _filled(file.readinto, body)):
            made.append(sha256(view[: len(merkle.LEAF) + size]).digest())
    return made


def _filled(read_into: Callable[[memoryview], int | None], body: memoryview) -> int:
    """Fill a block as far as the file goes: one call of the system may give less than there is."""
    size = 0
    while size < len(body) and (got := read_into(body[size:])):
        size += got
    return size


def _missing(path: str, one: SealedFile, tree: Tree, now: str | None) -> Fault:
    if path in tree.others or path in tree.folders:
        return Fault(
            Found.FILE_NOT_PLAIN, path, Text("应是文件，却是链接或文件夹", "it is a link or folder, no file")
        )
    if now is not None:
        return Fault(Found.FILE_RENAMED, path, Text(f"被移到 {now}", f"it was moved to {now}"))
    return Fault(
        Found.FILE_MISSING,
        path,
        Text(f"文件缺失，其中有 {one.rows} 行", f"the file is missing, and {one.rows} rows with it"),
    )


def _changed(full: Path, path: str, one: SealedFile, now: Hashed, other: str | None) -> Fault:
    if now.unread:
        return Fault(
            Found.FILE_UNREADABLE, path, Text(f"无法读取：{now.unread}", f"it cannot be read: {now.unread}")
        )
    if other is not None:
        return Fault(
            Found.FILE_SWAPPED, path, Text(f"其内容属于 {other}", f"it holds what belongs at {other}")
        )
    wrong, blocks = _wrong_blocks(one, now)
    if now.size != one.size:
        code = Found.FILE_CUT_SHORT if now.size < one.size else Found.FILE_GROWN
        return Fault(
            code,
            path,
            Text(
                f"现有 {now.size} 字节，封签时 {one.size} 字节；{blocks.zh}",
                f"it has {now.size} bytes and was sealed with {one.size}; {blocks.en}",
            ),
        )
    facts = _facts_in(full, now.size, wrong) if one.blocks and not one.is_rollup else None
    held = Text("", "")
    if facts is not None:
        held = Text(
            f"，可能涉及事实 {facts[0]} 至 {facts[1]}", f", which may hold facts {facts[0]} to {facts[1]}"
        )
    return Fault(
        Found.FILE_CHANGED, path, Text(f"字节被改动：{blocks.zh}{held.zh}", f"changed: {blocks.en}{held.en}")
    )


def _wrong_blocks(one: SealedFile, now: Hashed) -> tuple[list[int], Text]:
    """Return the numbers of the blocks that are not as sealed, from 0, and the same in words, from 1."""
    # In hexadecimal, as a seal that was tampered with may hold anything there.
    before = list(one.blocks) or [one.root]
    after = [block.hex() for block in now.blocks]
    wrong = [at for at in range(max(len(before), len(after))) if before[at : at + 1] != after[at : at + 1]]
    runs = []
    for _, group in groupby(enumerate(wrong), key=lambda pair: pair[1] - pair[0]):
        numbers = [number + 1 for _, number in group]
        runs.append(str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}")
    listed = ", ".join(runs)
    return wrong, Text(
        f"共 {len(before)} 块，其中第 {listed} 块不符", f"of {len(before)} blocks these differ: {listed}"
    )


def _facts_in(full: Path, size: int, wrong: Sequence[int]) -> tuple[int, int] | None:
    """Return the lowest and highest fact number that changed blocks may hold, or None when the file cannot tell."""
    last = (size - 1) // merkle.BLOCK_BYTES
    if last in wrong:
        return None  # the list of what stands where is in the last block, and may be what was changed
    try:
        about = pq.read_metadata(full)
        at = about.schema.names.index("fact")
        found = []
        for group in range(about.num_row_groups):
            columns = [about.row_group(group).column(each) for each in range(about.num_columns)]
            start = min(each.dictionary_page_offset or each.data_page_offset for each in columns)
            end = start + sum(each.total_compressed_size for each in columns)
            touched = range(start // merkle.BLOCK_BYTES, (end - 1) // merkle.BLOCK_BYTES + 1)
            if any(block in touched for block in wrong) and columns[at].statistics is not None:
                found.append((columns[at].statistics.min, columns[at].statistics.max))
    except (OSError, ValueError, TypeError, pa.ArrowException):
        return None
    return (min(low for low, _ in found), max(high for _, high in found)) if found else None
