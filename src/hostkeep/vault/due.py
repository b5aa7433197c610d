"""Ending classes whose time is over: what the archive names goes there, the rest loses its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, SubjectId
from hostkeep.policy import schedule
from hostkeep.vault import dropping, ending, erasing
from hostkeep.vault.dropping import NOT_HELD
from hostkeep.vault.ending import ARCHIVE, Whose
from hostkeep.vault.models import SubjectKey
from hostkeep.vault.retention import archive_due
from hostkeep.vault.wall import opened

ENDED = "term.ended"
"""Why they are erased, in the certificate."""

DUE = (
    "k.ends_at <= %(at)s AND k.state IN ('live', 'deactivated', 'held', 'erasing')"
    f" AND {NOT_HELD.format(row='k')}"
)
NEXT = f"""
SELECT k.subject, k.brand FROM vault.vault_subjectkey k WHERE {DUE}
ORDER BY k.ends_at LIMIT 1 FOR UPDATE OF k SKIP LOCKED
"""  # noqa: S608  made of constants
COUNT = f"SELECT k.keep_class, count(*) FROM vault.vault_subjectkey k WHERE {DUE} GROUP BY k.keep_class"  # noqa: S608


@dataclass(frozen=True, slots=True)
class _Due:
    """A person's classes that are due now."""

    whose: Whose
    classes: frozenset[str]


def end_next(act: Act) -> bool:
    """End what is due of one person; say whether there was somebody.

    A person whom another sweeper works on is left to it.  Killed in between, they are found again.
    """
    with transaction.atomic():
        found = _take(act)
        if found is None:
            return False
        whose, under = found.whose, act.of_brand(found.whose.brand)
        policy = policy_for(whose.brand, whose.subject, act.at)
        archived = archive_due(under, whose.subject, policy, found.classes)
        if archived:
            _end_archive(under, whose)
        if found.classes:
            erasing.erase(under, subject=whose.subject, classes=found.classes, why=ENDED)
    return True


def count_due(at: datetime) -> Mapping[str, int]:
    """Return how many keys are past their end, by class; what a hold covers is not counted."""
    with opened(), connection.cursor() as cursor:
        cursor.execute(COUNT, {"at": at})
        return dict(cursor.fetchall())


def overdue(at: datetime) -> Mapping[str, int]:
    """Return how many values and classes of the vault are past due, by class; none: an empty one."""
    values, classes = dropping.count_due(at), count_due(at)
    return {name: values.get(name, 0) + classes.get(name, 0) for name in sorted({*values, *classes})}


def _take(act: Act) -> _Due | None:
    """Lock the next person who has a class that is due; a class with values yet to end gets their date."""
    with opened():
        with connection.cursor() as cursor:
            cursor.execute(NEXT, {"at": act.at})
            row = cursor.fetchone()
        if row is None:
            return None
        whose = Whose(BrandId(row[1]), SubjectId(row[0]))
        newest = ending.newest_ends(whose)
        due = set()
        for key in ending.keys_of(whose):
            last = newest.get(key.keep_class)
            if key.ends_at is None or key.ends_at > act.at:
                continue
            if _waits(act, whose, key, last):
                SubjectKey.objects.filter(id=key.id).update(ends_at=last)
            else:
                due.add(key.keep_class)
    return _Due(whose, frozenset(due))


def _waits(act: Act, whose: Whose, key: SubjectKey, last: datetime | None) -> bool:
    """Say whether a class whose values have terms of their own has one that came after its end was set."""
    rule = policy_for(whose.brand, whose.subject, act.at).retention.get(key.keep_class)
    return rule is not None and rule.until in schedule.OWN_TERMS and last is not None and last > act.at


def _end_archive(act: Act, whose: Whose) -> None:
    """Give what was just archived its end: the archive's term runs from the same event as the account's."""
    rule = policy_for(whose.brand, whose.subject, act.at).retention[ARCHIVE]
    with opened():
        keys = SubjectKey.objects.filter(subject=whose.subject)
        fired = [at for at in keys.values_list("fired_at", flat=True) if at is not None]
        ends = schedule.ends_after(rule, min(fired, default=act.at), brand(whose.brand).zone)
        keys.filter(keep_class=ARCHIVE, ends_at=None).update(fired_at=act.at, ends_at=ends, brand=whose.brand)
        ending.end_class(whose, ARCHIVE, ends)
