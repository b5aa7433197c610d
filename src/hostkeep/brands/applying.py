"""Which version of a policy applies to one person, and whether a new purpose reaches what they gave earlier.

A version applies to everybody from its own day on, but for three sorts of people: who has not been told where
the policy counts the days for each customer, who was told later than others, and who rejected the change.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.db.models import QuerySet

from hostkeep.brands.errors import NoSuchBrand, NoSuchNotice, NoSuchVersion
from hostkeep.brands.models import Notice, PolicyVersion
from hostkeep.brands.queries import (
    VersionRow,
    policy_by_digest,
    policy_in_force,
    stands_apart,
    version_in_force,
    versions_of,
)
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId, CategoryId, PurposeId, SubjectId
from hostkeep.policy.book import Policy


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One person and one change.

    state       "queued", "handed_over", "refused" (the mail could not be handed over) or "shown"
    told_at     None: not told yet
    applies_at  from when the version applies to them; None: not before they are told
    ends_at     of a rejected change: when their services end
    """

    id: UUID
    brand: BrandId
    version: VersionRow
    subject: SubjectId
    account: AccountId
    state: str
    queued_at: datetime
    told_at: datetime | None
    applies_at: datetime | None
    rejected_at: datetime | None
    ends_at: datetime | None
    ended_at: datetime | None
    accepted_at: datetime | None


def version_for(brand: BrandId, subject: SubjectId, at: datetime) -> VersionRow:
    """Return the version that applies to a person at a time.  Raises NoSuchBrand."""
    return versions_for(brand, (subject,), at)[subject]


def versions_for(
    brand: BrandId, subjects: Collection[SubjectId], at: datetime
) -> Mapping[SubjectId, VersionRow]:
    """Return the version that applies to each of several people, in their order.

    At most one query.  Raises NoSuchBrand.
    """
    if not stands_apart(brand):
        return dict.fromkeys(subjects, version_in_force(brand, at))
    notices: dict[UUID, dict[int, Notice]] = {}
    for row in _told(brand).filter(subject__in=set(subjects)):
        notices.setdefault(row.subject, {})[row.version.version] = row
    return {who: _version_under(brand, notices.get(who, {}), at) for who in subjects}


def _version_under(brand: BrandId, notices: Mapping[int, Notice], at: datetime) -> VersionRow:
    """Return the version that applies to somebody with these notices.  Raises NoSuchBrand."""
    versions = versions_of(brand)
    refused = [n for n, row in notices.items() if row.rejected_at and not row.accepted_at]
    barrier = min(refused, default=versions[0].version + 1 if versions else 1)
    for row in versions:
        if row.version < barrier and _applies(row, notices.get(row.version), at):
            return row
    raise NoSuchBrand


def is_told_to_all(brand: BrandId, at: datetime) -> bool:
    """Say whether the version in force applies to whoever has no notice: not while its telling goes on."""
    row = next((each for each in versions_of(brand) if each.effective_at <= at), None)
    return row is None or row.told or not row.waits


def policy_for(brand: BrandId, subject: SubjectId, at: datetime) -> Policy:
    """Return the compiled policy that applies to a person at a time.  Raises NoSuchBrand."""
    return policy_by_digest(version_for(brand, subject, at).digest)


def policy_under(act: Act) -> Policy:
    """Return the policy that a deed stands under: that of the person whose own it is, else the one in force.

    Raises NoSuchBrand.
    """
    return policy_in_force(act.brand, act.at) if act.own is None else policy_for(act.brand, act.own, act.at)


def reaches(
    policy: Policy,
    *,
    subject: SubjectId,
    collected: str,
    category: CategoryId,
    purpose: PurposeId,
    at: datetime,
) -> bool:
    """Say whether a purpose that policy permits reaches a value collected under an older version.

    collected  digest of the version the value was given under

    A purpose the older version served too does.  One that was added since does only if its owner was told of
    the version that added it and did not say no.  Where the purpose is on consent, the door asks for the
    consent itself.
    """
    pair = (category, purpose)
    if collected == policy.digest or pair in _served(collected):
        return True
    if policy.purposes[purpose].basis == "consent":
        return True
    added = _added_by(policy, collected, lambda digest: pair in _served(digest))
    return _was_told(policy, subject, added, at)


def reaches_recipient(
    policy: Policy,
    *,
    subject: SubjectId,
    collected: str,
    category: CategoryId,
    recipient: str,
    purpose: PurposeId,
    at: datetime,
) -> bool:
    """Say whether a recipient that policy names may have a value collected under an older version.

    As `reaches`: who was named for it then may, on the same basis.  One who was added since may only if the
    owner was told of it and did not say no; where it is on consent, the gate asks for the consent itself.
    """
    basis = policy.recipients[recipient].basis
    gift = (category, recipient, purpose, basis)
    if collected == policy.digest or basis == "consent" or gift in _given(collected):
        return True
    added = _added_by(policy, collected, lambda digest: gift in _given(digest))
    return _was_told(policy, subject, added, at)


def _was_told(policy: Policy, subject: SubjectId, added: VersionRow | None, at: datetime) -> bool:
    """Say whether a person was told by a time of the version that added something, and did not say no."""
    if added is None or added.version == 1:
        # The first version: everybody was shown it when they came.
        return added is not None
    notice = _notices(policy.brand, subject).get(added.version)
    return bool(notice and notice.told_at and notice.told_at <= at and not _rejects(notice))


def untold(brand: BrandId, subject: SubjectId, *, since: datetime) -> tuple[VersionRow, ...]:
    """Return the changes a person has not been told of, oldest first.

    since  when they came, and were shown the rules of that day
    """
    later = [row for row in versions_of(brand) if row.version > 1 and row.announced_at > since]
    if not later:
        return ()
    known = {n for n, row in _notices(brand, subject).items() if row.told_at}
    return tuple(row for row in reversed(later) if row.version not in known)


def rejected(brand: BrandId, subject: SubjectId) -> NoticeRow | None:
    """Return the oldest change a person rejected and has not accepted since, or None."""
    if not stands_apart(brand):
        return None
    refused = [row for row in _notices(brand, subject).values() if _rejects(row)]
    return min((_row(row) for row in refused), key=lambda row: row.version.version, default=None)


def to_accept(brand: BrandId, subject: SubjectId, at: datetime) -> VersionRow:
    """Return the version that somebody accepts who takes their no back: what they rejected, or what is newer.

    Raises NoSuchBrand.
    """
    current, no = version_in_force(brand, at), rejected(brand, subject)
    return no.version if no is not None and no.version.version > current.version else current


def notice(notice_id: UUID) -> NoticeRow:
    """Return one notice by its handle.  Raises NoSuchNotice."""
    row = Notice.objects.select_related("version").filter(id=notice_id).first()
    if row is None:
        raise NoSuchNotice
    return _row(row)


def notices_of(brand: BrandId, subject: SubjectId) -> tuple[NoticeRow, ...]:
    """Return every change a person was or is to be told of, newest first."""
    rows = sorted(_notices(brand, subject).items(), reverse=True)
    return tuple(_row(row) for _, row in rows)


def endings_due(at: datetime, *, most: int) -> tuple[NoticeRow, ...]:
    """Return rejected changes whose customers' services are to end now, oldest first; no taken-back ones."""
    found = Notice.objects.select_related("version").filter(ends_at__lte=at, ended_at=None, accepted_at=None)
    return tuple(_row(row) for row in found.order_by("ends_at")[:most])


def version(handle: UUID) -> tuple[BrandId, VersionRow]:
    """Return a version and its brand by its handle.  Raises NoSuchVersion."""
    row = PolicyVersion.objects.filter(handle=handle).values_list("brand_id", "version").first()
    if row is None:
        raise NoSuchVersion
    return BrandId(row[0]), numbered(BrandId(row[0]), row[1])


def numbered(brand: BrandId, number: int) -> VersionRow:
    """Return a brand's version by its number.  Raises NoSuchVersion."""
    for row in versions_of(brand):
        if row.version == number:
            return row
    raise NoSuchVersion


def before(brand: BrandId, row: VersionRow) -> VersionRow | None:
    """Return the version that was in force when another was announced, or None for the first."""
    older = (v for v in versions_of(brand) if v.version < row.version)
    return next((v for v in older if v.effective_at <= row.announced_at), None)


def overtaken(brand: BrandId, row: VersionRow) -> tuple[VersionRow, ...]:
    """Return announced versions that never come into force, because a newer one takes their place before."""
    return tuple(
        each
        for each in reversed(versions_of(brand))
        if each.version < row.version and each.effective_at > max(row.announced_at, row.effective_at)
    )


def _applies(row: VersionRow, notice: Notice | None, at: datetime) -> bool:
    """Say whether a version applies to the person a notice is for, or to whoever has none."""
    if row.waits and notice is not None:
        return notice.applies_at is not None and notice.applies_at <= at
    return row.effective_at <= at and (row.told or not row.waits)


def _rejects(notice: Notice) -> bool:
    """Say whether a person said no and has not said yes since."""
    return notice.rejected_at is not None and notice.accepted_at is None


def _notices(brand: BrandId, subject: SubjectId) -> Mapping[int, Notice]:
    """Return a person's notices by the number of the version.  One query."""
    return {row.version.version: row for row in _told(brand).filter(subject=subject)}


def _told(brand: BrandId) -> QuerySet[Notice]:
    """Return the notices of a brand, each with its version, without the text."""
    return Notice.objects.select_related("version").defer("version__source").filter(brand=brand)


def _row(row: Notice) -> NoticeRow:
    """Freeze a notice."""
    brand = BrandId(row.brand)
    return NoticeRow(
        id=row.id,
        brand=brand,
        version=numbered(brand, row.version.version),
        subject=SubjectId(row.subject),
        account=AccountId(row.account),
        state=row.state,
        queued_at=row.queued_at,
        told_at=row.told_at,
        applies_at=row.applies_at,
        rejected_at=row.rejected_at,
        ends_at=row.ends_at,
        ended_at=row.ended_at,
        accepted_at=row.accepted_at,
    )


@lru_cache(maxsize=256)
def _served(digest: str) -> frozenset[tuple[CategoryId, PurposeId]]:
    """Return which purposes a version served with which categories, for whatever role."""
    return frozenset((category, purpose) for category, purpose, _ in policy_by_digest(digest).table)


@lru_cache(maxsize=256)
def _given(digest: str) -> frozenset[tuple[CategoryId, str, PurposeId, str]]:
    """Return which recipients a version lets have which categories, for what and on which basis."""
    return frozenset(
        (category, each.id, purpose, each.basis)
        for each in policy_by_digest(digest).recipients.values()
        for category in each.categories
        for purpose in each.purposes
    )


def _added_by(policy: Policy, collected: str, allows: Callable[[str], bool]) -> VersionRow | None:
    """Return the version that brought what policy allows and the version of digest `collected` did not.

    It is the oldest of the unbroken run of versions up to policy's own that allow it.
    """
    found: VersionRow | None = None
    passed = False
    for row in versions_of(policy.brand):
        passed = passed or row.digest == policy.digest
        if not passed:
            continue
        if row.digest == collected or not allows(row.digest):
            break
        found = row
    return found
