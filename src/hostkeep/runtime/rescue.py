"""Taking over what a killed worker left."""

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
