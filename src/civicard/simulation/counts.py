"""Counts of a city at 1:N: scaled, and shared out so that sums hold. Pure."""

from collections.abc import Sequence
from itertools import accumulate


def scaled(number: int, scale: int) -> int:
    """Return a count at 1:`scale`, rounded half up.

    >>> scaled(2412871, 100), scaled(2412871, 1000), scaled(2412871, 1)
    (24129, 2413, 2412871)
    """
    return (2 * number + scale) // (2 * scale)


def shared(total: int, weights: Sequence[int]) -> list[int]:
    """Return `total` in whole parts as near to `weights` as can be: by largest remainder, the first among equals.

    >>> shared(10, [1, 1, 1]), shared(0, [3, 4]), shared(5, [0, 7])
    ([4, 3, 3], [0, 0], [0, 5])
    """
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    rest = sorted(range(len(weights)), key=lambda at: (-(total * weights[at] % whole), at))
    for at in rest[: total - sum(parts)]:
        parts[at] += 1
    return parts


def bounds(parts: Sequence[int]) -> list[int]:
    """Return where each part begins when they are laid one after another, and where the last ends.

    >>> bounds([4, 3, 3])
    [0, 4, 7, 10]
    """
    return [0, *accumulate(parts)]
