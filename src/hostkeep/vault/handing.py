"""What a hand-over would take along, looked at for the last time: nobody erases it until the deed is over."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db import connection

from hostkeep.kernel.ids import BrandId, CategoryId, SubjectId
from hostkeep.vault.boxes import Box, Key
from hostkeep.vault.wall import opened

STANDS = """
SELECT k.id::text, k.subject::text, k.keep_class, k.epoch, k.wrapped, k.state,
       i.id::text, i.category, i.slot, i.box, i.digest
FROM vault.vault_item i
JOIN vault.vault_subjectkey k ON k.subject = i.subject AND k.keep_class = i.keep_class
WHERE i.subject = %s AND i.brand = %s AND i.category = ANY(%s) AND i.slot = ANY(%s)
ORDER BY i.id FOR SHARE OF i, k
"""
"""Values before keys, as the replay of the erasure ledger takes them: no two wait for one another."""


def held(
    subject: SubjectId, brand: BrandId, categories: Collection[CategoryId], slots: Collection[str]
) -> Mapping[tuple[str, str], Box]:
    """Return a person's values of some categories and slots, sealed, by both; in the running transaction.

    Whoever erases, changes or switches off one of them is waited for, and waits until the transaction ends:
    what stands here as live is live as long as the deed lasts.
    """
    with opened(), connection.cursor() as cursor:
        cursor.execute(STANDS, [subject, brand, list(categories), list(slots)])
        rows = cursor.fetchall()
    return {
        (category, slot): Box(number, category, slot, box, digest, Key(*key))
        for *key, number, category, slot, box, digest in rows
    }


def assert_held() -> None:
    """Raise Django's OperationalError where the transaction is gone with all it held, cut off by the server.

    A server ends who sits idle in a transaction for too long, as one does whose other connection waits.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
