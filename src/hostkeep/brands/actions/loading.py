"""Loading a brand and its policy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hostkeep.audit.recorded import recorded
from hostkeep.brands import queries
from hostkeep.brands.errors import HostTaken, NoticeTooShort
from hostkeep.brands.models import Brand, Host, PolicyVersion
from hostkeep.brands.rules.handles import brand_handle
from hostkeep.brands.rules.notice import earliest
from hostkeep.brands.rules.profile import Profile
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, Ref
from hostkeep.policy.compile import compile_policy


@dataclass(frozen=True, slots=True)
class Loaded:
    """A brand as it stands now."""

    brand: BrandId

    @property
    def ref(self) -> Ref:
        """The brand, by a handle made of its slug."""
        return Ref("brands.brand", brand_handle(self.brand))


@dataclass(frozen=True, slots=True)
class Announced:
    """A version of a policy."""

    brand: BrandId
    version: int
    digest: str
    announced_at: datetime
    effective_at: datetime

    @property
    def ref(self) -> Ref:
        """The brand."""
        return Ref("brands.brand", brand_handle(self.brand))

@recorded("brands.brand.loaded")
def load_brand(act: Act, *, profile: Profile) -> Loaded:
    """Make a brand, or bring its name, hosts and words up to date.  Raises HostTaken."""
    del act
    Brand.objects.update_or_create(
        id=profile.id, defaults={"name": profile.name, "zone": profile.zone, "profile": profile.whole}
    )
    if Host.objects.filter(name__in=profile.hosts).exclude(brand_id=profile.id).exists():
        raise HostTaken
    Host.objects.filter(brand_id=profile.id).exclude(name__in=profile.hosts).delete()
    for rank, name in enumerate(profile.hosts):
        Host.objects.update_or_create(name=name, defaults={"brand_id": profile.id, "rank": rank})
    queries.forget()
    return Loaded(BrandId(profile.id))


@recorded("brands.policy.announced")
def announce_policy(act: Act, *, brand: BrandId, source: str, effective_at: datetime | None) -> Announced:
    """Announce a new version; the first version of a brand is in force at once.

    effective_at  when it shall apply; None for the earliest moment the version in force permits
    The same text as the newest version announces nothing new and returns that version.
    Raises PolicyError (the text does not compile), NoticeTooShort.
    """
    policy = compile_policy(source, file=f"{brand}/policy.yaml")
    newest = PolicyVersion.objects.select_for_update().filter(brand_id=brand).order_by("-version").first()
    if newest is not None and newest.digest == policy.digest:
        return _announced(newest)
    first = act.at
    if newest is not None:
        notice = queries.policy_by_digest(_in_force(brand, act.at)).notice
        first = earliest(notice, act.at)
        if effective_at is not None and effective_at < first:
            raise NoticeTooShort(days=notice.period.days, clause=notice.clause)
    row = PolicyVersion.objects.create(
        brand_id=brand,
        version=newest.version + 1 if newest else 1,
        digest=policy.digest,
        source=source,
        announced_at=act.at,
        effective_at=max(first, effective_at or first),
    )
    queries.forget()
    return _announced(row)


def _in_force(brand: BrandId, at: datetime) -> str:
    """Return the digest in force, read from the table itself."""
    found = PolicyVersion.objects.filter(brand_id=brand, effective_at__lte=at).order_by("-version").first()
    row = found or PolicyVersion.objects.filter(brand_id=brand).earliest("version")
    return row.digest


def _announced(row: PolicyVersion) -> Announced:
    """Freeze a row."""
    return Announced(BrandId(row.brand_id), row.version, row.digest, row.announced_at, row.effective_at)
