"""What is left of people whose account has ended, by brand and category: counted, nothing opened."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection

from hostkeep.kernel.ids import BrandId
from hostkeep.vault.wall import opened

LEFT = """
SELECT i.category, i.keep_class, count(*), count(DISTINCT i.subject)
FROM vault.vault_item i
JOIN vault.vault_subjectkey k ON k.subject = i.subject AND k.keep_class = i.keep_class
WHERE i.brand = %s AND k.state IN ('live', 'deactivated', 'held') AND EXISTS (
  SELECT 1 FROM vault.vault_subjectkey a
  WHERE a.subject = i.subject AND a.keep_class = 'account' AND a.state IN ('erasing', 'destroyed')
)
GROUP BY i.category, i.keep_class
"""
"""Values that still open, of people whose account class was erased."""


def left_of_closed(brand: BrandId) -> Mapping[tuple[str, str], int]:
    """Return how many values still open of people whose account was erased, by (category, class)."""
    with opened(), connection.cursor() as cursor:
        cursor.execute(LEFT, [brand])
        return {(category, keep_class): many for category, keep_class, many, _ in cursor.fetchall()}
