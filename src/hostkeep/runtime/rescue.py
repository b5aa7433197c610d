"""Taking over what a killed worker left, and what no job carries any more."""

from __future__ import annotations

from django.db import connection

STALLED = "10 seconds"


def take_over() -> int:
    """Put jobs of workers that no longer give a sign back into the queue; return how many.

    A job of ours may run again: every handler is idempotent by its delivery.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL, scheduled_at = NULL"
            " WHERE status = 'doing' AND (worker_id IS NULL OR worker_id NOT IN"
            " (SELECT id FROM procrastinate_workers"
            " WHERE last_heartbeat > clock_timestamp() - %s::interval))",
            [STALLED],
        )
        return int(cursor.rowcount)


def left_behind(*, most: int) -> tuple[str, ...]:
    """Return deliveries that wait and that no job carries, locked until the transaction ends.

    A job is made together with what it carries and ends after it, so there is none unless jobs were lost.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH carried AS (SELECT jsonb_array_elements_text(args -> 'deliveries') AS id"
            " FROM procrastinate_jobs WHERE task_name = 'hostkeep.deliver' AND status IN ('todo', 'doing'))"
            " SELECT d.id::text FROM runtime_delivery d WHERE d.state = 'waiting'"
            " AND NOT EXISTS (SELECT 1 FROM carried WHERE carried.id = d.id::text)"
            " ORDER BY d.id LIMIT %s FOR UPDATE OF d SKIP LOCKED",
            [most],
        )
        return tuple(row[0] for row in cursor.fetchall())
