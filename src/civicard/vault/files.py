"""The keystore's file on the disk: read within a limit, written whole or not at all, changed by one process at a time."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from civicard.files import settle
from civicard.kernel.text import Text

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["Stamp", "locked", "read_plain", "stamp_of", "why", "write_private"]

PRIVATE_MODE: Final = 0o600

# What tells one state of a file from another: which file, when it was written, how long it is. A keystore only grows,
# so that two states within one tick of the clock differ in length.
Stamp = tuple[int, int, int]


def read_plain(path: Path, most: int) -> tuple[bytes, Stamp]:
    """Return the content of a plain file of at most `most` bytes, and the stamp of the very state that was read.

    Raises:
        OSError: there is no such plain file, it may not be read, or it is larger; see `why`.
    """
    # Looked at before it is opened: opening a pipe would wait for somebody to write.
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError("not a plain file")
    with path.open("rb") as file:
        data = file.read(most + 1)
        stamp = _stamp(os.fstat(file.fileno()))
    if len(data) > most:
        raise OSError(f"larger than {most} bytes")
    return data, stamp


def stamp_of(path: Path) -> Stamp:
    """Return the stamp of the file as it stands now.

    Raises:
        OSError: there is no such file, or its folder may not be searched.
    """
    return _stamp(path.stat())


def write_private(path: Path, data: bytes) -> None:
    """Write `data` to `path`, for its owner alone: afterwards it holds all of it, or what it held before.

    The caller holds the lock of `path`, so that the name of the part is its own.

    Raises:
        OSError: the folder is missing or full, or may not be written; see `why`.
    """
    part = path.with_name(f"{path.name}.part")
    # What a process that was killed in the midst of writing has left.
    part.unlink(missing_ok=True)
    # Only a new file: whoever may write to the folder must not choose where the secrets go.
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), PRIVATE_MODE)
    try:
        with os.fdopen(handle, "wb") as file:
            _keep_owner(file.fileno(), path)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    settle(path.parent)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep every other process and thread that asks for the lock of `path` waiting until the block ends.

    The lock is a file beside it that is never removed: a process that waits on a removed file waits for nothing.
    The system ends the lock of a process that dies.

    Raises:
        OSError: the folder is missing or may not be written; see `why`.
    """
    handle = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, PRIVATE_MODE)
    try:
        with suppress(PermissionError):
            _keep_owner(handle, path)
        _wait_for(handle)
        yield
    finally:
        os.close(handle)


def why(error: OSError) -> Text:
    """Return in words why a file could not be read or written."""
    match error:
        case FileNotFoundError():
            return Text("没有这个文件或文件夹", "there is no such file or folder")
        case PermissionError():
            return Text("没有权限", "you have no permission")
        case _:
            reason = error.strerror or str(error)
            return Text(f"系统报告：{reason}", f"the system says: {reason}")


def _stamp(found: os.stat_result) -> Stamp:
    return found.st_ino, found.st_mtime_ns, found.st_size


def _keep_owner(handle: int, path: Path) -> None:
    """Give an open file the owner of `path`: after a change made as root the programme must still read its keys."""
    if sys.platform == "win32":
        return
    try:
        before = path.stat()
    except FileNotFoundError:
        return
    now = os.fstat(handle)
    if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        os.fchown(handle, before.st_uid, before.st_gid)


def _wait_for(handle: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
    else:
        fcntl.flock(handle, fcntl.LOCK_EX)
