"""The tree: against a naive one written straight from the RFC, and against known vectors."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostkeep.audit.tree import (
    EMPTY_ROOT, Frontier, consistency_proof, cover, inclusion_proof, leaf_hash, node_hash, range_root, verify_consistency,
    verify_inclusion,
)

VECTORS = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]
"""The eight leaves with which the implementations of Certificate Transparency are tested."""

ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Their roots, by size."""

PATHS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}

BETWEEN = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, word by word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(naive_root(leaves[:k]), naive_root(leaves[k:]))


def naive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_between(m: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962."""
    if m == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*naive_between(m, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_between(m - k, leaves[k:], False), naive_root(leaves[:k])]


def nodes(leaves: list[bytes]):
    return lambda level, index: naive_root(leaves[index << level : (index + 1) << level])


def some(many: int) -> list[bytes]:
    return [leaf_hash(str(n).encode()) for n in range(many)]


def test_the_known_leaves_have_the_known_roots() -> None:
    edge, seen = Frontier(), []
    for data in VECTORS:
        edge.append(leaf_hash(data))
        seen.append(edge.root().hex())
    assert seen == ROOTS
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert Frontier().root() == EMPTY_ROOT


def test_the_known_proofs_come_out_and_are_believed() -> None:
    leaves = [leaf_hash(data) for data in VECTORS]
    for (position, size), path in PATHS.items():
        proof = inclusion_proof(position, size, nodes(leaves[:size]))
        assert [part.hex() for part in proof] == path
        assert verify_inclusion(leaves[position], position, size, proof, bytes.fromhex(ROOTS[size - 1]))
    for (first, size), path in BETWEEN.items():
        proof = consistency_proof(first, size, nodes(leaves[:size]))
        assert [part.hex() for part in proof] == path
        roots = bytes.fromhex(ROOTS[first - 1]), bytes.fromhex(ROOTS[size - 1])
        assert verify_consistency(first, size, *roots, proof)


def test_every_small_tree_is_the_naive_one() -> None:
    leaves = some(40)
    edge = Frontier()
    for size in range(1, 41):
        edge.append(leaves[size - 1])
        root = naive_root(leaves[:size])
        assert edge.root() == root == range_root(0, size, nodes(leaves))
        for position in range(size):
            proof = inclusion_proof(position, size, nodes(leaves[:size]))
            assert list(proof) == naive_path(position, leaves[:size])
            assert verify_inclusion(leaves[position], position, size, proof, root)
        for first in range(1, size + 1):
            between = consistency_proof(first, size, nodes(leaves[:size]))
            assert list(between) == naive_between(first, leaves[:size])
            assert verify_consistency(first, size, naive_root(leaves[:first]), root, between)


@given(st.integers(1, 300), st.data())
@settings(max_examples=60, deadline=None)
def test_a_proof_shows_one_leaf_at_one_place_of_one_tree_alone(size: int, data) -> None:
    leaves = some(size)
    position = data.draw(st.integers(0, size - 1))
    root = naive_root(leaves)
    proof = list(inclusion_proof(position, size, nodes(leaves)))
    assert verify_inclusion(leaves[position], position, size, proof, root)

    assert not verify_inclusion(leaf_hash(b"another"), position, size, proof, root)
    assert not verify_inclusion(leaves[position], position, size, proof, leaf_hash(b"root"))
    assert not verify_inclusion(leaves[position], position, size, [*proof, root], root)
    assert not verify_inclusion(leaves[position], size, size, proof, root)
    other = data.draw(st.integers(0, size - 1))
    if other != position:
        assert not verify_inclusion(leaves[position], other, size, proof, root)
    if proof:
        assert not verify_inclusion(leaves[position], position, size, proof[:-1], root)
        at = data.draw(st.integers(0, len(proof) - 1))
        proof[at] = bytes([proof[at][0] ^ 1]) + proof[at][1:]
        assert not verify_inclusion(leaves[position], position, size, proof, root)


@given(st.integers(2, 300), st.data())
@settings(max_examples=60, deadline=None)
def test_no_proof_makes_a_changed_beginning_consistent(size: int, data) -> None:
    leaves = some(size)
    first = data.draw(st.integers(1, size - 1))
    proof = list(consistency_proof(first, size, nodes(leaves)))
    old, new = naive_root(leaves[:first]), naive_root(leaves)
    assert verify_consistency(first, size, old, new, proof)

    changed = list(leaves)
    changed[data.draw(st.integers(0, first - 1))] = leaf_hash(b"edited")
    honest = consistency_proof(first, size, nodes(changed))
    assert not verify_consistency(first, size, old, naive_root(changed), honest)
    assert not verify_consistency(first, size, old, naive_root(changed), proof)
    assert not verify_consistency(first, size, naive_root(changed[:first]), new, proof)
    assert not verify_consistency(first, size, old, new, [*proof, old])
    assert not verify_consistency(first, size, old, new, proof[:-1])
    assert not verify_consistency(size, first, new, old, proof)
    assert not verify_consistency(0, size, EMPTY_ROOT, new, [])


@given(st.integers(0, 200), st.integers(0, 200))
@settings(max_examples=60, deadline=None)
def test_an_edge_goes_on_from_where_it_was_left(before: int, after: int) -> None:
    leaves = some(before + after)
    left = Frontier()
    for leaf in leaves[:before]:
        left.append(leaf)
    on = Frontier(left.size, left.peaks)
    completed = [found for leaf in leaves[before:] for found in on.append(leaf)]
    assert on.root() == naive_root(leaves)
    assert all(nodes(leaves)(level, index) == whole for level, index, whole in completed)
    assert on.peaks == [nodes(leaves)(level, index) for level, index in cover(0, before + after)]


def test_equal_sizes_are_consistent_when_they_are_equal() -> None:
    root = naive_root(some(5))
    assert verify_consistency(5, 5, root, root, [])
    assert not verify_consistency(5, 5, root, naive_root(some(6)), [])
    assert not verify_consistency(5, 5, root, root, [root])
    assert not verify_consistency(4, 5, naive_root(some(4)), root, [])
    assert not verify_consistency(3, 5, naive_root(some(3)), root, [])


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="one peak"):
        Frontier(3, [EMPTY_ROOT])
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion_proof(3, 3, nodes(some(3)))
    for first in (0, 4):
        with pytest.raises(ValueError, match="not smaller"):
            consistency_proof(first, 3, nodes(some(3)))
