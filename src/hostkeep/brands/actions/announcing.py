"""Versions of a policy: prepared, signed, announced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.db import connection

from hostkeep.audit.recorded import recorded
from hostkeep.brands import queries
from hostkeep.brands.applying import numbered
from hostkeep.brands.errors import (
    DayIsPast,
    DayTooFar,
    NoticeTooShort,
    NotOnlySpelling,
    OnlyStaffSign,
    OtherBrand,
)
from hostkeep.brands.events import PolicyAnnounced, TellingWanted
from hostkeep.brands.models import Draft, PolicyVersion, Spelling
from hostkeep.brands.preparing import adapters_of, signers_of
from hostkeep.brands.rules.handles import brand_handle
from hostkeep.brands.rules.notice import NEARLY, earliest
from hostkeep.brands.rules.texts import compiled
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, Ref
from hostkeep.policy.book import Policy
from hostkeep.policy.changes import Weight, weigh
from hostkeep.policy.errors import PolicyError
from hostkeep.runtime.outbox import publish

SIGNERS = 2
"""How many people sign that only spelling changed."""

FURTHEST = timedelta(days=3 * 366)
"""How far ahead a version may be announced: what is announced stays, a mistyped year with it."""

ANSWERABLE = frozenset({"owner", "privacy"})
"""Roles that answer for a policy."""


@dataclass(frozen=True, slots=True)
class Announced:
    """A version of a policy.  material: whether the notice of the version before it is owed."""

    brand: BrandId
    handle: UUID
    version: int
    digest: str
    material: bool
    announced_at: datetime
    effective_at: datetime

    @property
    def ref(self) -> Ref:
        """The brand."""
        return Ref("brands.brand", brand_handle(self.brand))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A draft, or what became of it.  digest: empty where there is none any more."""

    brand: BrandId
    digest: str

    @property
    def ref(self) -> Ref:
        """The brand."""
        return Ref("brands.brand", brand_handle(self.brand))


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that only spelling changed.  signers: how many people have signed."""

    brand: BrandId
    digest: str
    signers: int

    @property
    def ref(self) -> Ref:
        """The brand."""
        return Ref("brands.brand", brand_handle(self.brand))


@recorded("brands.policy.announced")
def announce_policy(
    act: Act,
    *,
    brand: BrandId,
    source: str,
    effective_at: datetime | None = None,
    weighed: Literal["as_computed", "material"] = "as_computed",
) -> Announced:
    """Announce a new version; the first version of a brand is in force at once.

    effective_at  when it shall apply; None for the earliest moment the version in force permits; one that is
                  less than an hour too soon is taken for that moment
    weighed       "material" calls the change heavier than it was computed; nothing calls it lighter

    The database sets announced_at by its own clock and holds the version to the notice once more.
    The same text as the newest version announces nothing new and returns that version.
    Publishes PolicyAnnounced.
    Raises PolicyError (the text does not compile), OtherBrand, NoticeTooShort, DayIsPast, DayTooFar.
    """
    if effective_at is not None and effective_at > act.at + FURTHEST:
        raise DayTooFar(days=FURTHEST.days)
    policy = _compiled(brand, source)
    _take_turns(brand)
    newest = PolicyVersion.objects.filter(brand_id=brand).order_by("-version").first()
    if newest is not None and newest.digest == policy.digest:
        return _announced(newest)
    weight = "first"
    wish = effective_at
    if newest is not None:
        weight, wish = _weighed(act, policy, effective_at, weighed)
    row = PolicyVersion.objects.get(id=_announce(policy, source, weight, wish))
    Draft.objects.filter(brand_id=brand, digest=policy.digest).delete()
    queries.forget()
    if newest is not None:
        publish(act.of_brand(brand), PolicyAnnounced(row.handle))
    return _announced(row)


@recorded("brands.policy.drafted")
def save_draft(act: Act, *, brand: BrandId, source: str) -> Prepared:
    """Keep a version that is being prepared, over the brand's older one.  Raises PolicyError, OtherBrand."""
    policy = _compiled(brand, source)
    Draft.objects.update_or_create(
        brand_id=brand,
        defaults={"source": source, "digest": policy.digest, "author": act.actor, "saved_at": act.at},
    )
    return Prepared(brand, policy.digest)


@recorded("brands.policy.draft_dropped")
def drop_draft(act: Act, *, brand: BrandId) -> Prepared:
    """Throw a brand's draft away.  None is fine."""
    del act
    Draft.objects.filter(brand_id=brand).delete()
    return Prepared(brand, "")


@recorded("brands.policy.spelling_signed")
def sign_spelling(act: Act, *, brand: BrandId, source: str) -> Signed:
    """Sign that between the version in force and another text only spelling changed.

    Two different people must sign before it counts; each signs the two digests, so a later text needs new
    signatures.  Raises PolicyError, OtherBrand, OnlyStaffSign, NotOnlySpelling (a rule changed).
    """
    if not act.actor.startswith("staff:") or act.role not in ANSWERABLE:
        raise OnlyStaffSign
    policy = _compiled(brand, source)
    held = queries.version_in_force(brand, act.at).digest
    found = weigh(queries.policy_by_digest(held), policy)
    if found.beyond_wording or not found.reworded:
        raise NotOnlySpelling(what=", ".join(found.reasons) or "-")
    Spelling.objects.bulk_create(
        [Spelling(brand_id=brand, digest=policy.digest, against=held, signer=act.actor, signed_at=act.at)],
        ignore_conflicts=True,
    )
    return Signed(brand, policy.digest, signers_of(brand, digest=policy.digest, against=held))


@recorded("brands.telling.wanted")
def want_telling(act: Act, *, brand: BrandId, version: int) -> Prepared:
    """Have every customer written to about a version, whether or not the policy promises it.

    Who was written to already gets no second mail.  Publishes TellingWanted.  Raises NoSuchVersion.
    """
    row = numbered(brand, version)
    publish(act.of_brand(brand), TellingWanted(row.handle))
    return Prepared(brand, row.digest)


def _take_turns(brand: BrandId) -> None:
    """Let one version of a brand be announced at a time, and see what the one before it did."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('brands_policyversion'), hashtext(%s))", [brand]
        )
    queries.forget()


def _compiled(brand: BrandId, source: str) -> Policy:
    """Compile a text that is meant for a brand, with the adapters it uses.

    Raises PolicyError, OtherBrand (before it compares another brand's text with this one's adapters).
    """
    file = f"{brand}/policy.yaml"
    try:
        policy = compiled(source, file=file, installed=adapters_of(brand))
    except PolicyError:
        _refuse_other(brand, compiled(source, file=file))
        raise
    _refuse_other(brand, policy)
    return policy


def _refuse_other(brand: BrandId, policy: Policy) -> None:
    """Refuse a policy that names another brand.  Raises OtherBrand."""
    if policy.brand != brand:
        raise OtherBrand(named=policy.brand)


def _weighed(act: Act, policy: Policy, wish: datetime | None, weighed: str) -> tuple[str, datetime | None]:
    """Return how heavy a change is and from when it applies.  Raises NoticeTooShort.

    It is compared with the version in force, and with each announced one that would be in force before it.
    """
    brand = policy.brand
    held = queries.version_in_force(brand, act.at)
    notice = queries.policy_by_digest(held.digest).notice
    weight = _weight(brand, held.digest, policy, weighed)
    if wish is not None and weight != "material":
        between = (v for v in queries.versions_of(brand) if held.effective_at < v.effective_at <= wish)
        if any(weigh(queries.policy_by_digest(v.digest), policy).material for v in between):
            weight = "material"
    first = earliest(notice, act.at, material=weight == "material")
    if wish is not None and wish < first - NEARLY:
        if first <= act.at:
            raise DayIsPast(clause=notice.clause)
        raise NoticeTooShort(days=notice.period.days, clause=notice.clause)
    # What is short by a moment means the earliest moment, which the database counts by its own clock.
    return weight, wish if wish is not None and wish >= first + timedelta(minutes=1) else None


def _weight(brand: BrandId, held: str, policy: Policy, weighed: str) -> str:
    """Weigh a policy against the version in force."""
    found: Weight = weigh(queries.policy_by_digest(held), policy)
    if weighed == "material" or found.beyond_wording:
        return "material"
    if not found.material:
        return "minor"
    signed = signers_of(brand, digest=policy.digest, against=held) >= SIGNERS
    return "spelling" if signed else "material"


def _announce(policy: Policy, source: str, weight: str, effective_at: datetime | None) -> int:
    """Add a version by the one function of the database that adds any; return its row's number."""
    notice = policy.notice
    span = f"{int(notice.period.total_seconds())} seconds"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT brands_announce(%s, %s, %s, %s, %s, %s::interval, %s)",
            [policy.brand, policy.digest, source, weight, notice.mode, span, effective_at],
        )
        return int(cursor.fetchone()[0])


def _announced(row: PolicyVersion) -> Announced:
    """Freeze a row."""
    return Announced(
        BrandId(row.brand_id), row.handle, row.version, row.digest, row.weight == "material",
        row.announced_at, row.effective_at,
    )  # fmt: skip
