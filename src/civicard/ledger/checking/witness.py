"""A witness: the number and root of a seal, kept outside of the lake, against which a cut-off end shows. No Django."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from civicard.kernel.refusal import Refusal
from civicard.kernel.text import Text

__all__ = ["MOST_WITNESS_BYTES", "Witness", "WitnessUnreadable", "witnesses_in"]

FORM = 1
MOST_WITNESS_BYTES = 64_000_000
# As reports print it, in either language; a root has 64 hexadecimal digits.
PRINTED = re.compile(
    r"(?:seal|封签)\s*#?\s*([0-9]{1,6})\s*[,，:：]?\s*(?:root|根值)\s*[:：]?\s*([0-9a-f]{64})(?![0-9a-f])",
    re.IGNORECASE,
)
ROOT = re.compile(r"[0-9a-f]{64}")


class WitnessUnreadable(Refusal):
    """A file that should hold the number and root of a seal holds none."""

    code = "witness_unreadable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Witness:
    """What somebody outside remembers of a lake.

    Attributes:
        number: of a seal.
        root: that it had, in hexadecimal.
        origin: `operated` or `simulated`; empty when it is not told.
    """

    number: int
    root: str
    origin: str = ""

    def to_json(self) -> str:
        """Return it as the text of a file to keep."""
        value = {"civicard_witness": FORM, "seal": self.number, "root": self.root, "origin": self.origin}
        return json.dumps(value, ensure_ascii=False) + "\n"


def witnesses_in(text: str, name: str) -> tuple[Witness, ...]:
    """Return every witness in a file: a witness, a `seal.json`, or any JSON or text that quotes a seal and its root.

    In JSON, such as a receipt, an object with `civicard_witness` or `civicard_seal` counts wherever it stands. Text,
    such as that of a report, counts where it says `seal N root HEX` or 封签 N 根值 HEX.

    Args:
        text: what the file holds.
        name: of the file, for the refusal.

    Raises:
        WitnessUnreadable: there is none in it.
    """
    try:
        found = list(_in_value(json.loads(text)))
    except (ValueError, RecursionError):
        found = []
    found += [Witness(number=int(number), root=root.lower()) for number, root in PRINTED.findall(text)]
    if not found:
        raise WitnessUnreadable(
            Text(
                f"{name} 中没有封签编号与根值。可用的有：civicard ledger check --write-witness 写出的文件、"
                "seal.json、印有“封签 N 根值 …”的报告文字或凭据。",
                f"{name} holds no number and root of a seal. A file by `civicard ledger check --write-witness` does, "
                "and so do seal.json and the text of a report or receipt with `seal N root …`.",
            )
        )
    return tuple(dict.fromkeys(found))


def _in_value(value: object) -> Iterator[Witness]:
    match value:
        case {"civicard_witness": 1, "seal": int(number), "root": str(root), **rest}:
            yield from _sound(number, root, rest.get("origin"))
        case {"civicard_seal": 1, "number": int(number), "root": str(root)}:
            yield from _sound(number, root, None)
        case dict():
            for one in value.values():
                yield from _in_value(one)
        case list():
            for one in value:
                yield from _in_value(one)


def _sound(number: int, root: str, origin: object) -> Iterator[Witness]:
    if number > 0 and ROOT.fullmatch(root):
        yield Witness(number=number, root=root, origin=origin if isinstance(origin, str) else "")
