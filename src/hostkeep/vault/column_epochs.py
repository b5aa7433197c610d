"""Sealing columns anew that stand under an epoch's own key: whatever models declare, found at run time.

A text sealed under a person's data key is not touched: its key is wrapped anew, and that is all.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db import connection, transaction

from hostkeep.vault import cipher
from hostkeep.vault.columns import SealedColumn, SealedJSON

FIND = """
SELECT {key}, {column} FROM {table} WHERE {column} LIKE %s ORDER BY {key} LIMIT %s FOR UPDATE SKIP LOCKED
"""


def reseal(old: int, new: int, most: int) -> int:
    """Seal up to so many values anew under the epoch that is written under; return how many."""
    del new
    done = 0
    for table, key, column in sealed_columns():
        if done >= most:
            break
        done += _reseal_one(table, key, column, old=old, most=most - done)
    return done


def sealed_columns() -> Iterator[tuple[str, str, str]]:
    """Yield table, primary key and column of everything that a model may have sealed under an epoch."""
    for model in apps.get_models():
        meta = model._meta  # noqa: SLF001  Django's documented Meta API
        for field in meta.local_fields:
            if isinstance(field, SealedColumn | SealedJSON) and meta.pk is not None:
                yield meta.db_table, str(meta.pk.column), str(field.column)


def _reseal_one(table: str, key: str, column: str, *, old: int, most: int) -> int:
    """Seal a batch of one column anew."""
    about = f"{table}.{column}"
    with transaction.atomic(), connection.cursor() as cursor:
        statement = FIND.format(table=table, key=key, column=column)
        cursor.execute(statement, [f"{cipher.COLUMN_MARK}{old}.%", most])
        rows = cursor.fetchall()
        for row, text in rows:
            fresh = cipher.seal_column(cipher.unseal_column(text, place=about), place=about)
            cursor.execute(f"UPDATE {table} SET {column} = %s WHERE {key} = %s", [fresh, row])  # noqa: S608  ours
    return len(rows)
