"""The sequencer: gives entries their place in the tree, some time after they were committed.

Entries are written without a chain, so that writers never wait for one another; a job gives each its place.
It takes what has no leaf yet, never "what has a higher number": a transaction that drew its number early may
commit late, and its entries come when they can be seen.  What can be seen is committed, so no leaf is ever
taken back.  A batch is one transaction under a lock that one sequencer holds at a time: one that is killed
leaves nothing half done.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from django.db import OperationalError, connection, transaction
from psycopg import sql

from hostkeep.audit.leaves import COLUMNS, copied
from hostkeep.audit.stored import STEP, StoredTree, number_of, size_now
from hostkeep.kernel.act import Act

LOCK = (1096107092, 2)
"""Held for a transaction by whoever adds leaves or signs: one at a time, on all machines."""

BATCH = 5_000
ROUNDS = 100
"""Batches in one go; the next minute's takes the rest."""

PATIENCE = "2s"
"""How long somebody who waits for their proofs waits for another sequencer."""

LATE = 50_000
"""Numbers below the highest that are looked at each time; once a day all are."""

WAITING = sql.SQL(
    "SELECT e.id, date_trunc('month', e.at AT TIME ZONE 'UTC')::date, {columns} FROM audit.audit_entry e"
    " WHERE e.id > {floor} AND NOT EXISTS"
    " (SELECT 1 FROM audit.audit_leaf l WHERE l.entry = e.id AND l.entry > {floor})"
    " ORDER BY e.id LIMIT {most}"
)
ADD_LEAVES = "COPY audit.audit_leaf (position, entry, month, hash) FROM STDIN"
ADD_NODES = "COPY audit.audit_treenode (number, hash) FROM STDIN"


@dataclass(frozen=True, slots=True)
class Fresh:
    """An entry that has no place yet.  month: its first day, as text."""

    entry: int
    month: str
    hash: bytes


def sequence(act: Act) -> int:
    """Give a place to the entries of late; return how many.  Due work: called each minute."""
    del act
    return _rounds(_recent())


def sequence_soon() -> int:
    """Give a place to one batch of the entries of late, after whoever is at it now; return how many.

    Somebody waits for it, so the wait for the other ends after PATIENCE, and nothing is done then.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", LOCK)
            fresh = _waiting(_recent())
            _add(fresh)
    except OperationalError:  # the lock was not to be had in time
        return 0
    return len(fresh)


def sequence_all() -> int:
    """Give a place to every entry without one, however long ago its number was drawn; return how many."""
    return _rounds(0)


def is_ours() -> bool:
    """Take the sequencer's lock until the running transaction ends; say whether it is ours."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", LOCK)
        return bool(cursor.fetchone()[0])


def _rounds(floor: int) -> int:
    """Work batch after batch until none is full."""
    done = 0
    for _ in range(ROUNDS):
        with transaction.atomic():
            if not is_ours():
                return done
            fresh = _waiting(floor)
            _add(fresh)
        done += len(fresh)
        if len(fresh) < BATCH:
            break
        floor = fresh[-1].entry  # what has a lower number was looked at just now
    return done


def _recent() -> int:
    """Return the number above which entries may lack a place."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(entry), 0) FROM audit.audit_leaf")
        return max(0, int(cursor.fetchone()[0]) - LATE)


def _waiting(floor: int) -> list[Fresh]:
    """Return entries without a place, in the order of their numbers."""
    query = WAITING.format(columns=COLUMNS, floor=sql.Literal(floor), most=sql.Literal(BATCH))
    fresh = []
    with connection.cursor() as cursor:
        # In the order of the index on numbers: guessing too few, the database reads and sorts the whole book.
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_hashjoin = off")
        for line in copied(cursor, query):
            entry, month, data = line.split(b"\t", 2)
            fresh.append(Fresh(int(entry), month.decode(), sha256(b"\x00" + data).digest()))
    return fresh


def _add(fresh: list[Fresh]) -> None:
    """Add leaves, and the roots of the subtrees that they complete."""
    if not fresh:
        return
    size = size_now()
    edge = StoredTree().frontier(size)
    nodes: list[tuple[int, bytes]] = []
    with connection.cursor() as cursor:
        with cursor.copy(ADD_LEAVES) as copy:
            for position, leaf in enumerate(fresh, size):
                copy.write_row((position, leaf.entry, leaf.month, leaf.hash))
                for level, index, whole in edge.append(leaf.hash):
                    if level % STEP == 0:
                        nodes.append((number_of(level, index), whole))
        with cursor.copy(ADD_NODES) as copy:
            for row in nodes:
                copy.write_row(row)
