"""Dates of ending in the vault's tables: set, moved nearer, looked up.  Every call stands inside the wall."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db import connection

from hostkeep.kernel.ids import BrandId, SubjectId
from hostkeep.policy import schedule
from hostkeep.policy.book import Policy, Retention
from hostkeep.vault.models import SubjectKey

ARCHIVE = "archive"
SEALS = ("live", "deactivated", "held")
"""States of a key that still seals something."""

# A term in days is counted by the calendar of the zone, the rest by the clock, as policy.schedule does.
ENDS = """
  ((({start}) + make_interval(days => %(days)s)) AT TIME ZONE %(zone)s + make_interval(secs => %(secs)s))
"""
STARTS = {
    schedule.COLLECTED: "collected_at AT TIME ZONE %(zone)s",
    schedule.YEAR_ENDED: "date_trunc('year', collected_at AT TIME ZONE %(zone)s) + interval '1 year'",
}
FIRED = "fired_at AT TIME ZONE %(zone)s"

NEARER = """
UPDATE vault.vault_item SET expires_at = least(expires_at, {ends})
WHERE brand = %(brand)s AND subject = ANY(%(subjects)s) AND keep_class = %(keep_class)s
  AND {ends} < coalesce(expires_at, 'infinity')
"""
KEY_NEARER = """
UPDATE vault.vault_subjectkey SET ends_at = least(ends_at, {ends})
WHERE subject = ANY(%(subjects)s) AND keep_class = %(keep_class)s AND state = ANY(%(states)s)
  AND {ends} < coalesce(ends_at, 'infinity')
"""
KEY_BY_VALUES = """
UPDATE vault.vault_subjectkey k SET ends_at = n.ends FROM (
  SELECT f.id, greatest(f.fired_at, max(i.expires_at)) AS ends FROM vault.vault_subjectkey f
  LEFT JOIN vault.vault_item i
    ON i.brand = %(brand)s AND i.subject = f.subject AND i.keep_class = f.keep_class
  WHERE f.subject = ANY(%(subjects)s) AND f.keep_class = %(keep_class)s AND f.state = ANY(%(states)s)
    AND f.fired_at IS NOT NULL
  GROUP BY f.id) n
WHERE k.id = n.id AND n.ends < coalesce(k.ends_at, 'infinity')
"""
BY_KEY = """
UPDATE vault.vault_item i SET expires_at = k.ends_at FROM vault.vault_subjectkey k
WHERE i.brand = %(brand)s AND i.subject = ANY(%(subjects)s) AND i.keep_class = %(keep_class)s
  AND k.subject = i.subject AND k.keep_class = i.keep_class
  AND k.ends_at < coalesce(i.expires_at, 'infinity')
"""
BEHIND = """
SELECT DISTINCT subject FROM vault.vault_item
WHERE brand = %(brand)s AND subject > %(last)s AND ({sooner})
ORDER BY subject LIMIT %(most)s
"""
KEY_BEHIND = """
SELECT DISTINCT subject FROM vault.vault_subjectkey
WHERE brand = %(brand)s AND subject > %(last)s AND state = ANY(%(states)s) AND ({sooner})
ORDER BY subject LIMIT %(most)s
"""
SLOT = """
UPDATE vault.vault_item SET fired_at = coalesce(fired_at, %(at)s), expires_at = least(expires_at, %(ends)s)
WHERE brand = %(brand)s AND subject = %(subject)s AND keep_class = %(keep_class)s
  AND (slot = %(slot)s OR starts_with(slot, %(slot)s || ':'))
"""
CLASS = """
UPDATE vault.vault_item SET expires_at = least(expires_at, %(ends)s)
WHERE brand = %(brand)s AND subject = %(subject)s AND keep_class = %(keep_class)s
"""
NEWEST = """
SELECT keep_class, max(expires_at) FROM vault.vault_item WHERE brand = %s AND subject = %s GROUP BY keep_class
"""


@dataclass(frozen=True, slots=True)
class Whose:
    """A person at a brand."""

    brand: BrandId
    subject: SubjectId


def keys_of(whose: Whose, *, wait: Literal["", "skip"] = "") -> list[SubjectKey]:
    """Return a person's keys that still seal something, locked, by class.

    wait  "skip" leaves out those that another transaction holds
    """
    found = SubjectKey.objects.select_for_update(skip_locked=bool(wait)).filter(
        subject=whose.subject, brand__in=["", whose.brand], state__in=SEALS
    )
    return list(found.order_by("keep_class"))


def classes_of(whose: Whose) -> frozenset[str]:
    """Return the classes a person has, or had, a key of."""
    found = SubjectKey.objects.filter(subject=whose.subject, brand__in=["", whose.brand])
    return frozenset(found.values_list("keep_class", flat=True))


def closed_at(whose: Whose) -> datetime | None:
    """Return when the event came that ended a person's account, or None while it lives."""
    found = SubjectKey.objects.filter(subject=whose.subject, keep_class="account")
    return found.values_list("fired_at", flat=True).first()


def newest_ends(whose: Whose) -> Mapping[str, datetime | None]:
    """Return, by class, when the last of a person's values ends; None where none has a date."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, [whose.brand, whose.subject])
        return dict(cursor.fetchall())


def end_class(whose: Whose, keep_class: str, ends: datetime) -> None:
    """Let no value of a class outlive a time."""
    _run(CLASS, {"ends": ends, "brand": whose.brand, "subject": whose.subject, "keep_class": keep_class})


def end_slot(whose: Whose, keep_class: str, slot: str, *, at: datetime, ends: datetime) -> int:
    """Note for the values of one service that it ended at a time, and when they must be gone; count them."""
    about = {"at": at, "ends": ends, "slot": slot, "keep_class": keep_class}
    return _run(SLOT, {**about, "brand": whose.brand, "subject": whose.subject})


def behind(policy: Policy, zone: str, *, last: UUID, most: int) -> list[UUID]:
    """Return people of the policy's brand whose dates it counts sooner than they stand, by their handles.

    last  the handle after which to go on
    Two statements that read each row once.
    """
    about: dict[str, Any] = {"brand": policy.brand, "states": list(SEALS), "zone": zone}
    values, keys = ["false"], ["false"]
    for number, rule in enumerate(policy.retention.values()):
        term = rule.plus + rule.hold
        about |= {f"class{number}": rule.keep_class}
        about |= {f"days{number}": term.days, f"secs{number}": term.seconds}
        ends = ENDS.format(start=STARTS.get(rule.until, FIRED))
        ends = ends.replace("(days)", f"(days{number})").replace("(secs)", f"(secs{number})")
        values.append(f"keep_class = %(class{number})s AND {ends} < coalesce(expires_at, 'infinity')")
        if rule.until not in schedule.OWN_TERMS:
            keys.append(f"keep_class = %(class{number})s AND {ends} < coalesce(ends_at, 'infinity')")
    found: set[UUID] = set()
    with connection.cursor() as cursor:
        for statement, sooner in ((BEHIND, values), (KEY_BEHIND, keys)):
            cursor.execute(
                statement.format(sooner=" OR ".join(sooner)), {**about, "last": last, "most": most}
            )
            found |= {row[0] for row in cursor.fetchall()}
    return sorted(found)[:most]


def bring_nearer(policy: Policy, zone: str, subjects: Collection[UUID]) -> int:
    """Set the dates of some people's values as a policy counts them, where that is sooner than what stands.

    subjects  people to whom this version applies

    A value without a date gets one.  No date moves back.  Returns how many dates were set.
    """
    moved = 0
    for rule in policy.retention.values():
        about = _about(policy, rule, zone, subjects)
        ends = ENDS.format(start=STARTS.get(rule.until, FIRED))
        moved += _run(NEARER.format(ends=ends), about)
        if rule.until in schedule.OWN_TERMS:
            moved += _run(KEY_BY_VALUES, about)
        else:
            moved += _run(KEY_NEARER.format(ends=ends), about)
            moved += _run(BY_KEY, about)
    return moved


def _about(policy: Policy, rule: Retention, zone: str, subjects: Collection[UUID]) -> dict[str, Any]:
    """Return what the statements ask for."""
    term = rule.plus + rule.hold
    return {
        "brand": policy.brand,
        "subjects": list(subjects),
        "keep_class": rule.keep_class,
        "states": list(SEALS),
        "zone": zone,
        "days": term.days,
        "secs": term.seconds,
    }


def _run(statement: str, values: Mapping[str, Any]) -> int:
    """Run one statement; return how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
