"""The register of disclosures, read: a person's own list, and counts for everybody.

It is written and read through the audit's own connection: what was let out stands, whatever is rolled back.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.db.models.functions import ExtractYear

from hostkeep.audit.enter import APART
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, CategoryId, ClauseId, PurposeId, SubjectId
from hostkeep.vault.models import Disclosure
from hostkeep.vault.wall import opened

SEES_ALL = frozenset({"privacy", "owner"})
"""Roles that see a person's hand-overs even while a secrecy order keeps them from the person."""


@dataclass(frozen=True, slots=True)
class DisclosureRow:
    """One hand-over of a person's data, or the refusal of one.

    recipient  id of a recipient of the policy that decided
    basis      what allowed it: "consent", "wish", "legal_request", "breach_case" or "service"; "none" where
               the policy names no such recipient
    ticket     handle of the consent, the wish, the case or the order
    digest     of the policy that decided
    package    keyed hash of what was let out, empty for a refusal
    state      "handed" (let out: written before the recipient got it) or "refused"
    """

    recipient: str
    purpose: PurposeId
    basis: str
    clause: ClauseId
    categories: tuple[CategoryId, ...]
    ticket: str
    digest: str
    package: str
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CountRow:
    """How often one recipient got something in one year (UTC), and how often it was refused.

    people  whose data was handed over
    """

    year: int
    recipient: str
    basis: str
    handed: int
    refused: int
    people: int


def disclosures_of(act: Act, *, subject: SubjectId) -> tuple[DisclosureRow, ...]:
    """Return what was given of a person to others at the act's brand, and what was refused, newest first.

    A customer sees their own alone: for another's the answer is empty, as if there were none.  What a secrecy
    order keeps back is not there before its end, but for the privacy officer and the owner.
    """
    if act.role == "customer" and act.own != subject:
        return ()
    with opened(APART):
        rows = Disclosure.objects.using(APART).filter(subject=subject, brand=act.brand)
        if act.role not in SEES_ALL:
            rows = rows.filter(told_from__lte=act.at)
        found = list(rows.order_by("-at", "id"))
    return tuple(_frozen(row) for row in found)


def counts(
    brand: BrandId,
    since: datetime,
    *,
    told_by: datetime | None = None,
    without: Collection[SubjectId] = (),
) -> tuple[CountRow, ...]:
    """Count a brand's hand-overs since a time by year and recipient, newest year first; no person is named.

    told_by  count only what may be told then; None: all
    without  people who do not count, such as the probes' own
    """
    with opened(APART):
        rows = Disclosure.objects.using(APART).filter(brand=brand, at__gte=since)
        rows = rows.exclude(subject__in=set(without))
        if told_by is not None:
            rows = rows.filter(told_from__lte=told_by)
        kinds = rows.annotate(year=ExtractYear("at")).values("year", "recipient", "basis", "state")
        found = list(kinds.annotate(n=Count("id"), who=Count("subject", distinct=True)).order_by())
    tally: dict[tuple[int, str, str], CountRow] = {}
    for each in found:
        key = (int(each["year"]), str(each["recipient"]), str(each["basis"]))
        row = tally.get(key, CountRow(*key, 0, 0, 0))
        handed = each["state"] == "handed"
        tally[key] = CountRow(
            *key,
            handed=row.handed + (each["n"] if handed else 0),
            refused=row.refused + (0 if handed else each["n"]),
            people=row.people + (each["who"] if handed else 0),
        )
    return tuple(tally[key] for key in sorted(tally, key=lambda key: (-key[0], key[1], key[2])))


def _frozen(row: Disclosure) -> DisclosureRow:
    """Freeze a row."""
    return DisclosureRow(
        recipient=row.recipient,
        purpose=PurposeId(row.purpose),
        basis=row.basis,
        clause=ClauseId(row.clause),
        categories=tuple(CategoryId(category) for category in row.categories),
        ticket=row.ticket,
        digest=row.digest,
        package=row.package,
        state=row.state,
        at=row.at,
    )
