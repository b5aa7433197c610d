"""The tree as it is stored: every leaf, and the root of each complete subtree of 256, 65,536, ... leaves.

What lies between is computed when it is asked for, from 256 hashes at most: a proof in a book of a million
entries reads three such tiles.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import connections

from hostkeep.audit.models import Leaf
from hostkeep.audit.tree import Frontier, cover, node_hash, range_root

STEP = 8
"""Levels from one stored row of hashes to the next."""

WIDTH = 1 << STEP
"""Hashes of a tile."""

LEVEL_AT = 48
"""Bits of a node's number that hold its index."""

LEAVES = "SELECT hash FROM audit.audit_leaf WHERE position >= %s AND position < %s ORDER BY position"
NODES = "SELECT hash FROM audit.audit_treenode WHERE number >= %s AND number < %s ORDER BY number"


class Incomplete(Exception):
    """A hash that the tree must have is not there: somebody deleted it."""


def number_of(level: int, index: int) -> int:
    """Return the number under which a node is stored.  level: a multiple of STEP, above 0."""
    return (level << LEVEL_AT) + index


def size_now(using: str = "default") -> int:
    """Return how many leaves the tree has."""
    last = Leaf.objects.using(using).order_by("-position").values_list("position", flat=True).first()
    return 0 if last is None else last + 1


@dataclass(slots=True)
class StoredTree:
    """Reads hashes of the stored tree and remembers the tiles it has read.

    using  the connection it reads over
    """

    using: str = "default"
    _tiles: dict[tuple[int, int], list[list[bytes]]] = field(default_factory=dict, repr=False)

    def node_at(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree.  Raises Incomplete."""
        stored = level - level % STEP
        up = level - stored
        width = STEP - up
        rows = self._tile(stored, index >> width)
        place = index & ((1 << width) - 1)
        if up >= len(rows) or place >= len(rows[up]):
            raise Incomplete
        return rows[up][place]

    def root(self, size: int) -> bytes:
        """Return the root of the first `size` leaves.  Raises Incomplete."""
        return range_root(0, size, self.node_at)

    def frontier(self, size: int) -> Frontier:
        """Return the right edge of the first `size` leaves.  Raises Incomplete."""
        return Frontier(size, [self.node_at(level, index) for level, index in cover(0, size)])

    def _tile(self, stored: int, tile: int) -> list[list[bytes]]:
        """Return the hashes of a tile and of the complete subtrees over them, row by row."""
        known = self._tiles.get((stored, tile))
        if known is None:
            rows = [self._read(stored, tile * WIDTH)]
            while len(rows[-1]) > 1:
                below = rows[-1]
                rows.append([node_hash(a, b) for a, b in zip(below[::2], below[1::2], strict=False)])
            known = self._tiles[stored, tile] = rows
        return known

    def _read(self, stored: int, begin: int) -> list[bytes]:
        """Read a tile's hashes; there may be fewer at the right edge."""
        with connections[self.using].cursor() as cursor:
            if stored == 0:
                cursor.execute(LEAVES, [begin, begin + WIDTH])
            else:
                cursor.execute(NODES, [number_of(stored, begin), number_of(stored, begin + WIDTH)])
            return [bytes(row[0]) for row in cursor.fetchall()]
