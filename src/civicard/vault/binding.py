"""Several values as one run of bytes that no other values give. Pure."""

LENGTH_BYTES = 4


def bound(*parts: bytes) -> bytes:
    """Return `parts`, each after its length, so that moving a border between two parts gives something else.

    >>> bound(b"ab", b"c") == bound(b"a", b"bc")
    False
    """
    return b"".join(len(part).to_bytes(LENGTH_BYTES, "big") + part for part in parts)
