"""Ending classes whose time is over: what the archive names goes there, the rest loses its key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction

from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, SubjectId
from hostkeep.policy import schedule
from hostkeep.policy.book import Policy
from hostkeep.vault import dropping, ending, erasing
from hostkeep.vault.dropping import NOT_HELD, OF_BRAND
from hostkeep.vault.ending import ARCHIVE, Whose
from hostkeep.vault.models import Erasure, SubjectKey
from hostkeep.vault.retention import archive_due
from hostkeep.vault.wall import opened

ENDED = "term.ended"
"""Why they are erased, in the certificate."""

DUE = (
    "k.ends_at <= %(at)s AND k.state IN ('live', 'deactivated', 'held')"
    f" AND {NOT_HELD.format(row='k')}"
)
PEOPLE = f"""
SELECT k.brand, k.subject FROM vault.vault_subjectkey k WHERE {DUE}
GROUP BY k.brand, k.subject ORDER BY min(k.ends_at), k.brand, k.subject LIMIT %(most)s
"""  # noqa: S608  made of constants
LEFT_OPEN = """
SELECT DISTINCT k.brand, k.subject FROM vault.vault_subjectkey k
JOIN vault.vault_subjectkey a ON a.subject = k.subject AND a.keep_class = 'account'
WHERE a.fired_at IS NOT NULL AND k.fired_at IS NULL AND k.brand <> ''
  AND k.state IN ('live', 'deactivated', 'held')
ORDER BY k.brand, k.subject LIMIT %s
"""
COUNT = f"""
SELECT k.keep_class, count(*) FROM vault.vault_subjectkey k
WHERE {DUE} AND {OF_BRAND.format(row='k')} GROUP BY k.keep_class
"""  # noqa: S608  made of constants


def people_due(at: datetime, *, most: int) -> tuple[Whose, ...]:
    """Return people who have a class that is due, at most so many, the longest due first."""
    with opened(), connection.cursor() as cursor:
        cursor.execute(PEOPLE, {"at": at, "most": most})
        return tuple(Whose(BrandId(brand), SubjectId(who)) for brand, who in cursor.fetchall())


def end(act: Act, *, whose: Whose) -> int:
    """End what is due of one person; return how many classes.  Whom another sweeper works on is left to it.

    Archived first, in a transaction; erased after it.  Killed in between, they are found again.
    """
    under = act.of_brand(whose.brand)
    policy, zone = policy_for(whose.brand, whose.subject, act.at), brand(whose.brand).zone
    with transaction.atomic():
        classes = _take(under, whose, policy, zone)
        if archive_due(under, whose.subject, policy, classes):
            _end_archive(under, whose, policy, zone)
    if classes:
        erasing.erase(under, subject=whose.subject, classes=classes, why=ENDED)
    return len(classes)


def left_open(*, most: int) -> tuple[Whose, ...]:
    """Return people whose account has ended and who have a class that came later, and so has no end yet.

    At most so many, always in one order.
    """
    with opened(), connection.cursor() as cursor:
        cursor.execute(LEFT_OPEN, [most])
        return tuple(Whose(BrandId(brand), SubjectId(who)) for brand, who in cursor.fetchall())


def erased_since(since: datetime) -> tuple[Whose, ...]:
    """Return the people whose account was erased since a time."""
    with opened():
        rows = Erasure.objects.filter(live_at__gte=since, classes__contains=["account"])
        found = set(rows.values_list("brand", "subject"))
    return tuple(Whose(BrandId(brand), SubjectId(who)) for brand, who in sorted(found))


def count_due(at: datetime, brand: BrandId | None = None) -> Mapping[str, int]:
    """Return how many keys are past their end, by class; what a hold covers is not counted.

    brand  of this one, and what is no brand's; None: of all
    """
    with opened(), connection.cursor() as cursor:
        cursor.execute(COUNT, {"at": at, "brand": brand})
        return dict(cursor.fetchall())


def overdue(at: datetime, brand: BrandId | None = None) -> Mapping[str, int]:
    """Return how many values and classes of the vault are past due, by class; none: an empty one.

    brand  of this one, and what is no brand's; None: of all
    """
    values, classes = dropping.count_due(at, brand), count_due(at, brand)
    return {name: values.get(name, 0) + classes.get(name, 0) for name in sorted({*values, *classes})}


def _take(act: Act, whose: Whose, policy: Policy, zone: str) -> frozenset[str]:
    """Lock a person's keys and return the classes that are due; one with later values gets their date."""
    due: set[str] = set()
    with opened():
        keys = ending.keys_of(whose, wait="skip")
        ending.bring_nearer(policy, zone, [whose.subject])
        newest = ending.newest_ends(whose)
        for key in keys:
            if key.ends_at is None or key.ends_at > act.at:
                continue
            last = newest.get(key.keep_class)
            if _waits(policy, key, last, act.at):
                SubjectKey.objects.filter(id=key.id).update(ends_at=last)
            else:
                due.add(key.keep_class)
    return frozenset(due)


def _waits(policy: Policy, key: SubjectKey, last: datetime | None, at: datetime) -> bool:
    """Say whether a class whose values have terms of their own has one that came after its end was set."""
    rule = policy.retention.get(key.keep_class)
    return rule is not None and rule.until in schedule.OWN_TERMS and last is not None and last > at


def _end_archive(act: Act, whose: Whose, policy: Policy, zone: str) -> None:
    """Give what was just archived its end: the archive's term runs from the same event as the account's."""
    rule = policy.retention[ARCHIVE]
    with opened():
        keys = SubjectKey.objects.filter(subject=whose.subject)
        fired = [at for at in keys.values_list("fired_at", flat=True) if at is not None]
        ends = schedule.ends_after(rule, min(fired, default=act.at), zone)
        keys.filter(keep_class=ARCHIVE, ends_at=None).update(fired_at=act.at, ends_at=ends, brand=whose.brand)
        ending.end_class(whose, ARCHIVE, ends)
