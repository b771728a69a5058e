"""What lies in a lake's folder, link for link and file for file, before anything in it is believed. No Django."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from civicard.ledger.lake import LOCK, SEAL_FOLDER, UNFINISHED
from civicard.ledger.lake.places import PART

__all__ = ["Tree", "tree_of"]


@dataclass(slots=True)
class Tree:
    """The entries of a folder by their path within it, with forward slashes.

    Attributes:
        files: size of each plain file, in bytes.
        others: what is neither a plain file nor a folder: links, pipes, devices.
        folders: every folder.
        unread: folders that could not be listed, with what the system says.
        leftovers: what an unfinished seal left behind, which belongs to no seal.
    """

    files: dict[str, int] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    leftovers: list[str] = field(default_factory=list)

    @property
    def seal_numbers(self) -> list[int]:
        """The numbers of the folders that are named as seals, in order."""
        found = [SEAL_FOLDER.fullmatch(one) for one in self.folders]
        return sorted(number for one in found if one and (number := int(one[1])))

    def below(self, folder: str) -> list[str]:
        """Return everything within a folder but folders, in order."""
        start = f"{folder}/"
        return sorted(one for one in (*self.files, *self.others) if one.startswith(start))


def tree_of(home: Path) -> Tree:
    """Return what lies in `home`; links are never followed."""
    tree = Tree()
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(home / folder) as entries:
                for entry in entries:
                    if folder or not _is_own(entry, tree):
                        _sort_in(entry, folder, tree, waiting)
        except OSError as error:
            tree.unread[folder] = error.strerror or str(error)
    return tree


def _is_own(entry: os.DirEntry[str], tree: Tree) -> bool:
    """Tell whether an entry is one of those that sealing keeps beside the seals, and remember what is left over."""
    is_file = entry.is_file(follow_symlinks=False)
    if entry.name == LOCK and is_file:
        return True
    unfinished = entry.name == UNFINISHED and entry.is_dir(follow_symlinks=False)
    if unfinished or (is_file and PART.fullmatch(entry.name)):
        tree.leftovers.append(entry.name)
        return True
    return False


def _sort_in(entry: os.DirEntry[str], folder: str, tree: Tree, waiting: list[str]) -> None:
    path = f"{folder}/{entry.name}" if folder else entry.name
    found = entry.stat(follow_symlinks=False)
    if stat.S_ISDIR(found.st_mode):
        tree.folders.append(path)
        waiting.append(path)
    elif stat.S_ISREG(found.st_mode):
        tree.files[path] = found.st_size
    else:
        tree.others.append(path)
