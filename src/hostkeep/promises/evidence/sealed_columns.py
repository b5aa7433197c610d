"""Sealed columns: that what customers chose stands sealed in every row, under its subject's key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from django.apps import apps
from django.db import connection
from psycopg import sql

from hostkeep.kernel.words import gettext_noop
from hostkeep.promises.control import Check, Scene, Seen, same_check, verdict
from hostkeep.vault.columns import MARK, SealedColumn

BESIDE_ACCOUNTS = frozenset(
    {"shop_cartline", "shop_orderline", "billing_invoiceline", "provisioning_service"}
)
"""Tables that tell what somebody chose; each must have sealed columns."""

LOOSE = sql.SQL("SELECT EXISTS (SELECT FROM {table} WHERE NOT starts_with({column}, %s))")


@same_check
def choices_sealed() -> Check:
    """Check that no row of ours, of whatever brand, holds such a value in clear, or under an epoch's key.

    Each table is read to its first bad row, so a good one is read whole.
    """

    def look(_scene: Scene) -> Seen:
        sealed = sealed_columns()
        loose = [
            f"{table}.{column}"
            for table, columns in sorted(sealed.items())
            for column in columns
            if _has_loose(table, column)
        ]
        bare = sorted(BESIDE_ACCOUNTS - set(sealed))
        said = f"{sum(map(len, sealed.values()))} columns, {len(sealed)} tables"
        return verdict(not loose and not bare, " ".join([said, *loose, *bare]))

    return Check(gettext_noop("What customers chose stands sealed in every row"), look)


def sealed_columns() -> Mapping[str, tuple[str, ...]]:
    """Return the columns behind the door of all tables, by table."""
    found: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for model in apps.get_models():
        for field in model._meta.local_fields:  # noqa: SLF001  Django's documented way to a model's columns
            if isinstance(field, SealedColumn) and field.column:
                found[model._meta.db_table] += (field.column,)  # noqa: SLF001  as above
    return found


def _has_loose(table: str, column: str) -> bool:
    """Say whether a row of a table holds a column that is not behind the door."""
    with connection.cursor() as cursor:
        query = LOOSE.format(table=sql.Identifier(table), column=sql.Identifier(column))
        cursor.execute(query, [MARK])
        return bool(cursor.fetchone()[0])
