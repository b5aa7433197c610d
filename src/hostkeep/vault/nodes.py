"""Processes that hold keys: each beats, telling which epochs it has read, so that a roll can wait for it.

Times are the database's own, so that machines whose clocks differ, and a moved clock, do not matter.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from hostkeep.vault import keys
from hostkeep.vault.wall import opened

EVERY = 2.0
"""Seconds between two beats."""

DEAD = 60
"""Seconds without a beat after which a process counts as dead."""

BEAT = """
INSERT INTO vault.vault_node (id, role, reads, writes, seen_at) VALUES (%s, %s, %s, %s, clock_timestamp())
ON CONFLICT (id) DO UPDATE
SET role = excluded.role, reads = excluded.reads, writes = excluded.writes, seen_at = excluded.seen_at
"""
LIVE = "seen_at > clock_timestamp() - make_interval(secs => %s)"


def beat(node: UUID, *, role: str) -> None:
    """Say that a process lives, and under which epochs it reads and writes now.

    node  drawn by the process at its start
    role  "web", "worker" or "command"
    """
    now = keys.ring()
    for epoch in now.epochs:
        keys.key_of(epoch, "beat")  # it has read it, not only heard of it
    with opened(), connection.cursor() as cursor:
        cursor.execute(BEAT, [node, role, max(now.epochs), now.writes])


def leave(node: UUID) -> None:
    """Say that a process ends."""
    with opened(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM vault.vault_node WHERE id = %s", [node])


def that_do_not_read(epoch: int) -> tuple[UUID, ...]:
    """Return the living processes that have not read an epoch yet."""
    return _behind("reads", epoch)


def that_do_not_write(epoch: int) -> tuple[UUID, ...]:
    """Return the living processes that do not write under an epoch yet."""
    return _behind("writes", epoch)


def _behind(column: str, epoch: int) -> tuple[UUID, ...]:
    """Return living processes whose column is below an epoch."""
    with opened(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM vault.vault_node WHERE {LIVE} AND {column} < %s ORDER BY id",  # noqa: S608  ours
            [DEAD, epoch],
        )
        return tuple(row[0] for row in cursor.fetchall())


def forget_dead() -> int:
    """Delete processes that have not been seen for an hour; return how many."""
    with opened(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM vault.vault_node WHERE seen_at < clock_timestamp() - interval '1 hour'")
        return int(cursor.rowcount)


def transactions_under_way() -> frozenset[str]:
    """Return the transactions of this database that run now, this connection's own left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.virtualxid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
            " WHERE l.locktype = 'virtualxid' AND l.granted AND a.datname = current_database()"
            " AND l.pid <> pg_backend_pid()"
        )
        return frozenset(row[0] for row in cursor.fetchall())
