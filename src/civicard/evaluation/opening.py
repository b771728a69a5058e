"""Programme files from a folder to a checked programme."""

from dataclasses import dataclass
from pathlib import Path

from civicard.files import read_text
from civicard.scoring.load import Loaded, beside, load
from civicard.scoring.source import MOST_BYTES


@dataclass(frozen=True, slots=True)
class Opened:
    """A programme with the text of every file it was made from, the programme file first."""

    texts: dict[str, str]
    loaded: Loaded


def open_programme(path: Path) -> Opened:
    """Return the programme in the file at `path`, with the files beside it that it names.

    Raises:
        Refusal: a file cannot be read, or has faults; all faults are reported at once.
    """
    texts = {path.name: read_text(path, MOST_BYTES)}
    for name in beside(texts[path.name], path.name):
        texts[name] = read_text(path.parent / name, MOST_BYTES)
    return Opened(texts, load(texts))
