"""Deleting single values whose time is over.  What a hold covers stays."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import connection, transaction

from hostkeep.audit.enter import enter
from hostkeep.audit.rounds import note_failure
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, Ref, SubjectId
from hostkeep.vault import erasing
from hostkeep.vault.erasure_ledger import LedgerBroken
from hostkeep.vault.wall import opened, read

NOT_HELD = """
NOT EXISTS (
  SELECT 1 FROM vault.vault_hold h
  WHERE h.subject = {row}.subject AND h.approved_at IS NOT NULL AND h.ended_at IS NULL
    AND h.classes @> to_jsonb({row}.keep_class::text))
"""
"""No approved hold covers the class of a row."""

OF_BRAND = "(%(brand)s::text IS NULL OR {row}.brand IN (%(brand)s, ''))"
"""A row is of one brand, or of none; without one every row is meant."""

DUE = (
    "i.expires_at <= %(at)s AND (%(subject)s::uuid IS NULL OR i.subject = %(subject)s)"
    " AND (%(only)s::uuid[] IS NULL OR i.id = ANY(%(only)s)) AND i.id <> ALL(%(but)s::uuid[])"
    f" AND {NOT_HELD.format(row='i')}"
)
DROP = f"""
WITH due AS (
  SELECT i.id FROM vault.vault_item i WHERE {DUE}
  ORDER BY i.expires_at LIMIT %(most)s FOR UPDATE OF i SKIP LOCKED),
gone AS (
  DELETE FROM vault.vault_item i USING due WHERE i.id = due.id
  RETURNING i.id, i.brand, i.subject, i.category, i.slot, i.keep_class, i.fired_at),
marks AS (
  DELETE FROM vault.vault_mark m USING gone g
  WHERE m.subject = g.subject AND m.category = g.category AND m.slot = g.slot)
SELECT id, brand, keep_class, fired_at IS NOT NULL FROM gone
"""  # noqa: S608  made of constants
WHICH = f"SELECT i.id FROM vault.vault_item i WHERE {DUE} ORDER BY i.expires_at LIMIT %(most)s"  # noqa: S608
COUNT = f"""
SELECT i.keep_class, count(*) FROM vault.vault_item i
WHERE {DUE} AND {OF_BRAND.format(row='i')} GROUP BY i.keep_class
"""  # noqa: S608  made of constants

HELD_IN = """
SELECT DISTINCT subject FROM vault.vault_hold
WHERE approved_at IS NOT NULL AND ended_at IS NULL AND classes @> to_jsonb(%s::text)
"""

HELD_IN_EACH = """
SELECT DISTINCT asked.class, h.subject FROM unnest(%s::text[]) AS asked (class)
JOIN vault.vault_hold h ON h.classes @> to_jsonb(asked.class)
WHERE h.approved_at IS NOT NULL AND h.ended_at IS NULL
"""

BRANDS = uuid5(NAMESPACE_URL, "hostkeep:brand")
HOPELESS = 64
"""After so many tries of which none went, some single values say whether the rest of a batch is tried."""

SOME = 100
"""So many: where none of them goes, it is no fault of theirs, and the whole batch waits for another sweep."""

ALL: Mapping[str, Any] = MappingProxyType({"subject": None, "most": None, "only": None, "but": []})


def drop_due(act: Act, *, most: int, stuck: set[UUID] | None = None) -> int:
    """Delete values that are due, of whomever, at most so many; return how many.

    stuck  values that could not go: they are left out, and those that cannot now come to them; None: one that
           cannot go keeps the whole batch, and what went wrong is raised

    One transaction, with one entry a brand and class; where it breaks, as many as it takes to find the values
    that break it: at most two for each of the batch.  Rows that another sweeper holds are left to it.
    Raises LedgerBroken, where no value is at fault.
    """
    but = sorted(stuck or ())
    try:
        return _drop(act, {"most": most, "but": but})
    except LedgerBroken:
        raise
    except Exception:
        if stuck is None:
            raise
        return _Sieve(act, stuck).sift(_which(act, most, but))


def drop_of(act: Act, *, subject: SubjectId) -> int:
    """Delete all of one person's values that are due; return how many."""
    return _drop(act, {"subject": subject})


def count_due(at: datetime, brand: BrandId | None = None) -> Mapping[str, int]:
    """Return how many values are past due, by class; what a hold covers is not counted.

    brand  of this one, and what is no brand's; None: of all
    """
    with opened(), connection.cursor() as cursor:
        cursor.execute(COUNT, {**ALL, "at": at, "brand": brand})
        return dict(cursor.fetchall())


def held_in(keep_class: str) -> tuple[UUID, ...]:
    """Return the people of whom an approved hold keeps a class, for rooms that end columns by themselves."""
    return tuple(subject for (subject,) in read(HELD_IN, [keep_class]))


def held_in_each(keep_classes: Collection[str]) -> Mapping[str, tuple[UUID, ...]]:
    """Return what held_in does, for several classes by one question; one that no hold keeps is left out."""
    found: dict[str, tuple[UUID, ...]] = {}
    for keep_class, subject in read(HELD_IN_EACH, [sorted(set(keep_classes))]):
        found[keep_class] = (*found.get(keep_class, ()), subject)
    return found


def class_of(brand: BrandId, keep_class: str) -> Ref:
    """Return the thing that a bulk entry is about: a class at a brand."""
    return Ref(f"vault.class.{keep_class}", uuid5(BRANDS, brand))


def _which(act: Act, most: int, but: list[UUID]) -> list[UUID]:
    """Return the values that a batch would delete."""
    with opened(), connection.cursor() as cursor:
        cursor.execute(WHICH, {**ALL, "at": act.at, "most": most, "but": but})
        return [row for (row,) in cursor.fetchall()]


class _Sieve:
    """Deletes what can go of a batch that broke, and finds what cannot, the whole before its parts.

    gone  how many went
    """

    def __init__(self, act: Act, stuck: set[UUID]) -> None:
        self.act, self.stuck, self.gone = act, stuck, 0

    def sift(self, items: Sequence[UUID]) -> int:
        """Try halves of halves until what cannot go stands alone; return how many went.

        However many cannot: who stopped at some number would keep the younger behind them waiting for ever.
        Where nothing goes, not each is tried (HOPELESS).  Raises LedgerBroken.
        """
        parts, tries = deque([items]), 0
        while parts:
            part = parts.popleft()
            tries += 1
            if self._went(part, alone=len(part) == 1):
                continue
            if len(part) > 1:
                half = len(part) // 2
                parts.extend((part[:half], part[half:]))
            if not self.gone and tries == HOPELESS and not self._some_go(items):
                self.stuck.update(items)
                break
        return self.gone

    def _some_go(self, items: Sequence[UUID]) -> bool:
        """Try some values of a batch by themselves, others each time; say whether one went."""
        step = max(1, len(items) // SOME)
        for item in items[int(self.act.at.timestamp()) % step :: step]:
            self._went([item], alone=True)
        return self.gone > 0

    def _went(self, items: Sequence[UUID], *, alone: bool) -> bool:
        """Delete some values and say whether they went; one that stood alone and could not is stuck."""
        try:
            self.gone += _drop(self.act, {"only": items, "but": sorted(self.stuck.intersection(items))})
        except LedgerBroken:
            raise
        except Exception as error:  # noqa: BLE001  one value that cannot go must not stop the others
            if alone:
                self.stuck.update(items)
                note_failure(self.act, error, event="sweep.one_failed", about="value")
            return False
        return True


def _drop(act: Act, which: Mapping[str, Any]) -> int:
    """Delete, enter, count."""
    with transaction.atomic():
        with opened(), connection.cursor() as cursor:
            cursor.execute(DROP, {**ALL, **which, "at": act.at})
            gone: list[tuple[UUID, str, str, bool]] = cursor.fetchall()
        # A backup older than the event knows nothing of it; any other end stands in the backup's own row.
        erasing.note_items_gone(act, items=[row for row, _, _, by_event in gone if by_event])
        for (brand, keep_class), count in sorted(Counter((b, k) for _, b, k, _ in gone).items()):
            under = act.of_brand(BrandId(brand))
            enter(under, "vault.values.expired", class_of(under.brand, keep_class), count=count)
    return len(gone)
