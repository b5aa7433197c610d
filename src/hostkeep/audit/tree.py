"""The Merkle tree over the book: hashes, roots, proofs and their checks.  Pure, and short to read.

A leaf is SHA-256(0x00 | data), a node SHA-256(0x01 | left | right), and a tree of n leaves splits at the
largest power of two below n.  A proof is a list of node hashes; who holds a leaf and a signed root needs
nothing else.  Source: RFC 6962 section 2.1; RFC 9162 sections 2.1.3.2 and 2.1.4.2 (the checks).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves."""

NodeAt = Callable[[int, int], bytes]
"""Gives the hash of a complete subtree: of its level and its index there; level 0 are the leaves."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node over two subtrees."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: what must be known of it to add leaves and to tell its root.

    size   leaves so far
    peaks  hashes of its complete subtrees, the largest first: one for each 1 in the binary form of size
    """

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """Begin with nothing, or go on from a known edge.  Raises ValueError where the two do not fit."""
        if len(peaks) != size.bit_count():
            raise ValueError("a tree has one peak for each 1 in the binary form of its size")
        self.size = size
        self.peaks = list(peaks)

    def append(self, leaf: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Add a leaf's hash; give the level, index and hash of each subtree that it completes."""
        completed = []
        level, index, whole = 0, self.size, leaf
        while index & 1:
            whole = sha256(b"\x01" + self.peaks.pop() + whole).digest()
            level, index = level + 1, index >> 1
            completed.append((level, index, whole))
        self.peaks.append(whole)
        self.size += 1
        return iter(completed)

    def root(self) -> bytes:
        """Return the root of the tree as it stands."""
        return root_of(self.peaks)


def root_of(peaks: Sequence[bytes]) -> bytes:
    """Return the root over complete subtrees, the largest first."""
    if not peaks:
        return EMPTY_ROOT
    whole = peaks[-1]
    for peak in reversed(peaks[:-1]):
        whole = node_hash(peak, whole)
    return whole


def cover(begin: int, end: int) -> tuple[tuple[int, int], ...]:
    """Return level and index of the complete subtrees that make up the leaves begin..end, from left to right.

    begin  a multiple of the largest power of two that is not above end - begin
    """
    parts = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        parts.append((level, begin >> level))
        begin += 1 << level
    return tuple(parts)


def range_root(begin: int, end: int, node_at: NodeAt) -> bytes:
    """Return the root of the subtree over the leaves begin..end; begin as in cover."""
    return root_of([node_at(level, index) for level, index in cover(begin, end)])


def inclusion_proof(position: int, size: int, node_at: NodeAt) -> tuple[bytes, ...]:
    """Return the proof that a leaf stands in a tree of a size.  Raises ValueError where it cannot.

    Source: RFC 6962 section 2.1.1, PATH(m, D[n]).
    """
    return tuple(range_root(begin, end, node_at) for begin, end in beside(position, size))


def beside(position: int, size: int) -> tuple[tuple[int, int], ...]:
    """Return the ranges of leaves whose roots prove that a leaf stands in a tree of a size, nearest first.

    Raises ValueError where it cannot.
    """
    if not 0 <= position < size:
        raise ValueError("no such leaf in a tree of this size")
    ranges = []
    begin, end = 0, size
    while end - begin > 1:
        split = begin + _split(end - begin)
        if position < split:
            ranges.append((split, end))
            end = split
        else:
            ranges.append((begin, split))
            begin = split
    return tuple(reversed(ranges))


def consistency_proof(first: int, size: int, node_at: NodeAt) -> tuple[bytes, ...]:
    """Return the proof that a tree of `first` leaves is the beginning of one of `size`.  Raises ValueError.

    Source: RFC 6962 section 2.1.2, PROOF(m, D[n]).
    """
    if not 0 < first <= size:
        raise ValueError("the earlier tree is not smaller")
    proof = []
    begin, end, whole = 0, size, True
    while first != end:
        split = begin + _split(end - begin)
        if first <= split:
            proof.append(range_root(split, end, node_at))
            end = split
        else:
            proof.append(range_root(begin, split, node_at))
            begin, whole = split, False
    if not whole:
        proof.append(range_root(begin, end, node_at))
    return tuple(reversed(proof))


def verify_inclusion(leaf: bytes, position: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether a proof shows that a leaf's hash stands at a position in the tree of this size and root.

    Source: RFC 9162 section 2.1.3.2.
    """
    if not 0 <= position < size:
        return False
    index, last, whole = position, size - 1, leaf
    for part in proof:
        if last == 0:
            return False
        if index & 1 or index == last:
            whole = node_hash(part, whole)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            whole = node_hash(whole, part)
        index, last = index >> 1, last >> 1
    return last == 0 and whole == root


def verify_consistency(
    first: int, size: int, first_root: bytes, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Say whether a proof shows that the tree of `first` leaves is the beginning of the one of `size`.

    Source: RFC 9162 section 2.1.4.2.
    """
    if not 0 < first <= size:
        return False
    if first == size:
        return not proof and first_root == root
    path = list(proof) if first & (first - 1) else [first_root, *proof]
    return _both_roots(first - 1, size - 1, path) == (first_root, root)


def _both_roots(index: int, last: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Return the roots of the earlier and the later tree that a path leads to, None where it leads nowhere.

    index, last  of the last leaf of the earlier and of the later tree
    """
    if not path:
        return None
    while index & 1:
        index, last = index >> 1, last >> 1
    old = new = path[0]
    for part in path[1:]:
        if last == 0:
            return None
        if index & 1 or index == last:
            old, new = node_hash(part, old), node_hash(part, new)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            new = node_hash(new, part)
        index, last = index >> 1, last >> 1
    return (old, new) if last == 0 else None


def _split(size: int) -> int:
    """Return the largest power of two below a size of two or more."""
    return 1 << ((size - 1).bit_length() - 1)
