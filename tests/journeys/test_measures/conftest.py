"""Lakes made by hand, fact by fact, so that every expected number can be counted on the page."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from civicard.kernel.text import Text
from civicard.ledger.facts import FactRetracted
from civicard.ledger.kinds import Fact, all_kinds, kind_name
from civicard.ledger.lake import About, Lake, open_lake
from civicard.ledger.lake.arrow import TYPES, table_of
from civicard.ledger.lake.sealing import sealing
from civicard.vault.signatures import Algorithm, PublicKey
from civicard.vault.signers import SoftwareSigner, new_pair

if TYPE_CHECKING:
    from civicard.ledger.kinds import Kind

# 09:00 in Shanghai, so that the business day and the day in UTC are the same.
OPENING = time(1, 0, tzinfo=UTC)
ABOUT = About(city=Text("示例市", "Example City"), origin="operated")


class HandMade:
    """A lake in the making: facts are numbered in the order in which they are added."""

    def __init__(self, folder: Path, about: About) -> None:
        self.folder = folder
        self.about = about
        self.facts: list[tuple[Kind, dict[str, object]]] = []

    def add(self, day: str, fact: Fact, *, corrects: int | None = None, minutes: int = 0) -> int:
        """Add a fact of a business day, so many minutes after 09:00, and return its number."""
        kind = all_kinds()[kind_name(type(fact))]
        at = datetime.combine(date.fromisoformat(day), OPENING) + timedelta(minutes=minutes)
        number = len(self.facts) + 1
        envelope: dict[str, object] = {
            "fact": number, "at": at, "day": date.fromisoformat(day), "recorded_at": at, "actor": "clerk-1",
            "cause": None, "corrects": corrects,
        }  # fmt: skip
        own = {one.name: getattr(fact, one.name) for one in kind.columns}
        assert kind.faults(own) == []
        self.facts.append((kind, envelope | own))
        return number

    def correct(self, number: int, day: str, **changes: object) -> int:
        """Add the fact that takes the place of another, with some values changed; it happened when that did."""
        kind, old = self.facts[number - 1]
        old_fact = kind.cls(**{one.name: old[one.name] for one in kind.columns})
        new = self.add(day, replace(old_fact, **changes), corrects=number)  # type: ignore[type-var]  # a dataclass
        self.facts[new - 1][1]["at"] = old["at"]
        return new

    def retract(self, number: int, day: str) -> int:
        """Add the fact that takes another back."""
        kind = self.facts[number - 1][0]
        return self.add(day, FactRetracted(retracted=number, retracted_kind=kind.name, reason="误录"))

    def lake(self) -> Lake:
        """Seal everything in one seal, a file for each kind and month, and open the lake."""
        private, public = new_pair(Algorithm.ED25519)
        signer = SoftwareSigner(
            PublicKey(name="seal", version=1, algorithm=Algorithm.ED25519, public=public), private
        )
        order = sorted(self.facts, key=lambda one: (one[0].name, str(one[1]["day"])[:7], one[1]["fact"]))
        with sealing(
            self.folder, signers=[signer], at=datetime(2019, 2, 1, tzinfo=UTC), about=self.about
        ) as seal:
            for (kind, month), facts in groupby(order, key=lambda one: (one[0], str(one[1]["day"])[:7])):
                rows = [values for _, values in facts]
                columns = [
                    pa.array([row[one.name] for row in rows], TYPES[one.store]) for one in kind.all_columns
                ]
                seal.write(kind, month, [table_of(kind, columns)])
            seal.commit(facts=len(self.facts))
        return open_lake(self.folder)


@pytest.fixture
def by_hand(tmp_path: Path) -> HandMade:
    return HandMade(tmp_path / "lake", ABOUT)


@pytest.fixture
def invented_by_hand(tmp_path: Path) -> HandMade:
    return HandMade(tmp_path / "lake", replace(ABOUT, origin="simulated", scale=100))
