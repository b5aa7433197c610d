"""Proofs for a person's own entries: what goes into their export, so that nobody has to believe us.

Each entry comes as it stands in the book, with its place and the hashes that lead from it to the root that a
signed checkpoint names.  `verifier()` is the script that checks it, with Python alone.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from typing import Any

from django.db import connection
from psycopg import sql

from hostkeep.audit.checkpoints import newest, printed_key
from hostkeep.audit.leaves import COLUMNS, copied, fields_of
from hostkeep.audit.stored import StoredTree
from hostkeep.audit.tree import beside, range_root

FORMAT = "hostkeep-audit-bundle-1"
CHUNK = 1_000

CHOSEN = sql.SQL(
    "SELECT l.position, {columns} FROM audit.audit_leaf l JOIN audit.audit_entry e ON e.id = l.entry"
    " WHERE l.entry = ANY({ids}) AND l.position < {size} ORDER BY l.position"
)


def bundle(ids: Sequence[int]) -> dict[str, Any]:
    """Return entries with their proofs, as one document for JSON.

    ids  numbers of entries; whose they are, the caller knows
    Those that no checkpoint covers yet stand under "waiting"; `checkpoints.seal_all` covers them.
    """
    signed = newest()
    size = signed.size if signed else 0
    tree = StoredTree()

    @cache
    def hash_over(begin: int, end: int) -> str:
        return base64.b64encode(range_root(begin, end, tree.node_at)).decode()

    proven = [_proven(line, size, hash_over) for line in _lines(ids, size)]
    covered = {int(entry["fields"]["id"]) for entry in proven}
    return {
        "format": FORMAT,
        "key": printed_key(),
        "checkpoint": signed.note if signed else "",
        "entries": proven,
        "waiting": [entry for entry in ids if entry not in covered],
    }


def verifier() -> str:
    """Return the text of the script that checks a bundle."""
    script = resources.files("hostkeep.audit.verifier").joinpath("verify_export.py")
    return script.read_text(encoding="utf-8")


def _lines(ids: Sequence[int], size: int) -> list[bytes]:
    """Return place and line of entries, read to the end: while a copy runs, its connection is taken."""
    lines: list[bytes] = []
    with connection.cursor() as cursor:
        for begin in range(0, len(ids), CHUNK):
            some = sql.Literal(list(ids[begin : begin + CHUNK]))
            lines += copied(cursor, CHOSEN.format(columns=COLUMNS, ids=some, size=sql.Literal(size)))
    return lines


def _proven(line: bytes, size: int, hash_over: Callable[[int, int], str]) -> dict[str, Any]:
    """Return an entry with its proof.

    line       place, tab, line
    hash_over  of a range of leaves, base64; most proofs of one bundle share most of theirs
    """
    position, data = line.split(b"\t", 1)
    return {
        "fields": fields_of(data),
        "position": int(position),
        "proof": [hash_over(begin, end) for begin, end in beside(int(position), size)],
    }
