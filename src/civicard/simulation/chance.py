"""Chance that repeats: labelled streams, whole-number weights, pseudonyms. Pure.

Each use has a stream of its own, named by a label, so that a new use leaves every other as it was. Weights are whole
numbers and so is everything drawn: no result hangs on how a processor rounds.
"""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from civicard.simulation.days import Ints

HALF = np.uint64(16)
LOW = np.uint64(0xFFFF)
ROUNDS = 4
# So many different pseudonyms there are.
MOST_PSEUDONYMS = 1 << 32


class Chance:
    """All streams of one seed."""

    def __init__(self, seed: int) -> None:
        """Take the seed."""
        self.seed = seed

    def _entropy(self, label: str) -> int:
        return int.from_bytes(hashlib.sha256(f"{self.seed}\0{label}".encode()).digest(), "big")

    def stream(self, label: str) -> np.random.Generator:
        """Return the stream of a label, from its beginning."""
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self._entropy(label))))

    def pick(self, label: str, weights: Sequence[int], number: int) -> npt.NDArray[np.int16]:
        """Return `number` positions in `weights`, each as frequent as its weight."""
        bounds = np.cumsum(np.asarray(weights, dtype=np.int64))
        drawn = self.stream(label).integers(0, bounds[-1], number)
        return np.searchsorted(bounds, drawn, side="right").astype(np.int16)

    def days(self, label: str, shares: Mapping[int, int], number: int) -> npt.NDArray[np.int16]:
        """Return `number` delays, each as frequent as its share."""
        delays = np.array(list(shares), dtype=np.int16)
        return np.asarray(delays[self.pick(label, list(shares.values()), number)])

    def within(self, label: str, since: int, until: int, number: int) -> npt.NDArray[np.int32]:
        """Return `number` whole numbers from `since` up to, but not, `until`."""
        return self.stream(label).integers(since, until, number, dtype=np.int32)

    def some(self, label: str, among: Ints, number: int) -> Ints:
        """Return `number` of `among`, none twice, in the order of `among`; all where there are fewer."""
        chosen = self.stream(label).choice(len(among), min(number, len(among)), replace=False, shuffle=False)
        return np.asarray(among[np.sort(chosen)])

    def pseudonyms(self, label: str, numbers: Ints) -> npt.NDArray[np.int64]:
        """Return a pseudonym for each number below `MOST_PSEUDONYMS`: no two alike, from 0 up to that bound.

        A keyed permutation: four rounds of a Feistel network over 32 bits. It hides the order of numbers from readers;
        it is no cipher, and invented people need none.
        """
        keys = self.stream(label).integers(0, 1 << 63, ROUNDS, dtype=np.uint64)
        left, right = numbers.astype(np.uint64) >> HALF, numbers.astype(np.uint64) & LOW
        for key in keys:
            left, right = right, left ^ (_mixed(right ^ key) & LOW)
        return ((left << HALF) | right).astype(np.int64)


def _mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return values whose low bits depend on all bits (the finaliser of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(values ^ (values >> np.uint64(31)))
