"""Merkle trees: published roots, and that nothing can be moved, left out or passed off."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicard.ledger.lake import merkle

# The test vectors of Certificate Transparency (RFC 6962), as its reference implementation publishes them.
INPUTS = [
    bytes.fromhex(one)
    for one in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"
    )
]  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


@pytest.mark.parametrize("size", range(1, len(INPUTS) + 1))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    leaves = [merkle.leaf(one) for one in INPUTS[:size]]

    assert merkle.root(leaves).hex() == ROOTS[size - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert merkle.root([]) == sha256(b"").digest()


def test_a_node_cannot_pass_for_a_leaf() -> None:
    left, right = merkle.leaf(b"left"), merkle.leaf(b"right")

    assert merkle.leaf(left + right) != merkle.root([left, right])


blocks = st.lists(st.binary(max_size=4), min_size=1, max_size=12)


def root_of(some: list[bytes]) -> bytes:
    """Return the root of a file's blocks."""
    return merkle.root([merkle.leaf(one) for one in some])


@given(blocks, st.data())
def test_any_changed_block_changes_the_root(some: list[bytes], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(some) - 1))
    changed = [*some]
    changed[at] = some[at] + b"!"

    assert root_of(changed) != root_of(some)


@given(blocks, blocks)
def test_two_different_lists_of_blocks_have_different_roots(one: list[bytes], other: list[bytes]) -> None:
    assert (root_of(one) == root_of(other)) == (one == other)
