"""Files whole or not at all: read within a limit that is checked first, written so that no half is ever seen."""

import contextlib
import os
import secrets
import shutil
import stat
import time
from collections.abc import Mapping
from pathlib import Path

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text

# A programme file of the most characters that the reader takes, each of the longest form in UTF-8.
MOST_TEXT_BYTES = 16_000_000
STALE_SECONDS = 3600
# What a file is called while it is being written; a process that was killed leaves it.
PARTS = ".civicard-*.part"


class FileUnreadable(Refusal):
    """A file to be read is missing, no plain file, too large, or no UTF-8 text."""

    code = "file_unreadable"


class FileUnwritable(Refusal):
    """A file could not be written; what stood there before still does."""

    code = "file_unwritable"


def read_bytes(path: Path | str, most: int) -> bytes:
    """Return the content of a plain file of at most `most` bytes.

    Raises:
        FileUnreadable: there is no such plain file, it may not be read, or it is larger; then nothing was read.
    """
    shown = _shown(path)
    try:
        found = os.stat(path)  # noqa: PTH116 - a Path refuses what a person may well have typed, with an error of its own
        if not stat.S_ISREG(found.st_mode):
            kind = (
                Text("文件夹", "a folder")
                if stat.S_ISDIR(found.st_mode)
                else Text("设备或管道", "a device or pipe")
            )
            raise _unreadable(shown, Text(f"它是{kind.zh}，不是文件", f"it is {kind.en}, no file"))
        if found.st_size > most:
            raise _too_large(shown, found.st_size, most)
        with Path(path).open("rb") as file:
            data = file.read(most + 1)
    except FileNotFoundError:
        why = Text("没有这个文件，请检查路径和文件名", "there is no such file; check the folder and the name")
        raise _unreadable(shown, why) from None
    except PermissionError:
        raise _unreadable(shown, Text("没有读取权限", "you may not read it")) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _unreadable(shown, Text(f"系统报告：{reason}", f"the system says: {reason}")) from None
    if len(data) > most:  # it grew while it was read
        raise _too_large(shown, len(data), most)
    return data


def read_text(path: Path | str, most_bytes: int = MOST_TEXT_BYTES) -> str:
    """Return a file's text, which is UTF-8 with or without a byte order mark.

    Raises:
        FileUnreadable: as `read_bytes`, or the bytes are not UTF-8.
    """
    data = read_bytes(path, most_bytes)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        why = Text(
            f"第 {line} 行不是 UTF-8 文字；请在编辑器中另存为 UTF-8 编码",
            f"line {line} is not UTF-8 text; save it as UTF-8 in your editor",
        )
        raise _unreadable(_shown(path), why) from None


def write_whole(path: Path | str, data: bytes) -> None:
    """Write `data` to `path`: afterwards it holds all of it, or what it held before.

    Raises:
        FileUnwritable: the folder is missing or full, or may not be written.
    """
    target = Path(path)
    try:
        _sweep(target.parent)
        part = _part(target.parent, data)
        try:
            _moved(part, target)
        finally:
            part.unlink(missing_ok=True)
        settle(target.parent)
    except (OSError, ValueError) as error:
        raise _unwritable(_shown(path), error) from None


def write_all(folder: Path | str, files: Mapping[str, bytes]) -> None:
    """Write several files into one folder, which is made if need be: all of them, or none.

    Every file is first written beside its place; only then are they moved there. When a move fails, those
    before it are undone. Only a crash of the machine in the midst of the moves can leave some of them.

    Raises:
        FileUnwritable: a name is no plain file name, or the folder is full or may not be written.
    """
    home = Path(folder)
    for name in files:
        if name in {"", ".", ".."} or Path(name).name != name or "\\" in name or "\0" in name:
            why = Text(f"“{name}”不是文件名", f"{name!r} is not the name of a file")
            raise FileUnwritable(Text(f"未写入任何文件：{why.zh}。", f"Nothing was written: {why.en}."))
    parts: dict[str, Path] = {}
    shown = _shown(folder)
    try:
        home.mkdir(parents=True, exist_ok=True)
        _sweep(home)
        try:
            for name, data in files.items():
                shown = _shown(home / name)
                parts[name] = _part(home, data)
            shown = _shown(folder)
            _move_all(home, parts)
        finally:
            for part in parts.values():
                part.unlink(missing_ok=True)
        settle(home)
    except (OSError, ValueError) as error:
        raise _unwritable(shown, error) from None


def _move_all(home: Path, parts: Mapping[str, Path]) -> None:
    kept: dict[str, Path] = {}
    moved: list[str] = []
    at = home
    try:
        for name in parts:
            at = home / name
            if at.exists():
                kept[name] = _kept(at)
        for name, part in parts.items():
            at = home / name
            _moved(part, at)
            moved.append(name)
    except OSError as error:
        for name in moved:
            if name in kept:
                kept[name].replace(home / name)
            else:
                (home / name).unlink(missing_ok=True)
        raise _unwritable(_shown(at), error) from None
    finally:
        for copy in kept.values():
            copy.unlink(missing_ok=True)


def _kept(path: Path) -> Path:
    """Return a second name for what `path` holds, under which it can be brought back."""
    copy = _temporary(path.parent)
    try:
        copy.hardlink_to(path)
    except OSError:  # a file system without hard links, or a folder, which the copy then refuses
        shutil.copy2(path, copy)
    return copy


def _sweep(folder: Path) -> None:
    """Remove what processes that were killed in the midst of writing have left; the young may still be at work."""
    for part in folder.glob(PARTS):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > STALE_SECONDS:
                part.unlink()


def _temporary(folder: Path) -> Path:
    # Of a fixed length, so that a long name that the file system just allows can be written.
    return folder / f".civicard-{secrets.token_hex(8)}.part"


def _part(folder: Path, data: bytes) -> Path:
    """Return a new file in `folder` that holds `data` and is on the disk."""
    part = _temporary(folder)
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        part.unlink(missing_ok=True)
        raise
    return part


def _moved(part: Path, target: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        part.chmod(stat.S_IMODE(target.stat().st_mode))
    part.replace(target)


def settle(folder: Path) -> None:
    """Bring the folder's own list of names to the disk, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _shown(path: Path | str) -> str:
    return str(path).replace("\0", "\\0")


def _too_large(shown: str, size: int, most: int) -> FileUnreadable:
    return _unreadable(
        shown,
        Text(
            f"文件有 {size:,} 字节，上限为 {most:,} 字节；未读取",
            f"it has {size:,} bytes and the limit is {most:,}; it was not read",
        ),
    )


def _unreadable(shown: str, why: Text) -> FileUnreadable:
    return FileUnreadable(Text(f"无法读取 {shown}：{why.zh}。", f"Cannot read {shown}: {why.en}."))


def _unwritable(shown: str, error: Exception) -> FileUnwritable:
    match error:
        case FileExistsError() | NotADirectoryError():
            why = Text(
                "那里应是文件夹，却是一个文件；请换一个文件夹名，或先移走该文件",
                "a file stands where the folder should be; name another folder, or move the file away",
            )
        case FileNotFoundError():
            why = Text("文件夹不存在，请先建立", "the folder does not exist; make it first")
        case PermissionError():
            why = Text("没有写入权限，请换一个文件夹", "you may not write there; choose another folder")
        case IsADirectoryError():
            why = Text("那里已有同名文件夹", "a folder of that name stands there")
        case _:
            reason = getattr(error, "strerror", None) or str(error)
            why = Text(f"系统报告：{reason}", f"the system says: {reason}")
    return FileUnwritable(
        Text(
            f"未能写入 {shown}：{why.zh}。原有内容未变。",
            f"Could not write {shown}: {why.en}. Nothing was changed.",
        )
    )
