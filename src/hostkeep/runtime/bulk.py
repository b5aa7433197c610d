"""Many rows at once, by COPY, in the running transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection


def copy_in(statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Write rows by a COPY ... FROM STDIN of ours, in the order of its columns.

    rows  made before: whoever asks the database for something while a COPY is open waits for ever
    """
    if not rows:
        return
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
