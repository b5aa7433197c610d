"""Brands and the policy that is in force."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from hostkeep.brands.errors import NoSuchBrand
from hostkeep.brands.models import Brand, Host, Notice, PolicyVersion, Telling
from hostkeep.brands.rules.notice import waits_for_each
from hostkeep.kernel.ids import BrandId
from hostkeep.policy.book import Policy
from hostkeep.policy.compile import compile_announced

FRESH = 1.0
"""Seconds for which a thread believes what it read of brands and versions.

What loads a brand or announces a version waits so long before it answers, so that it then holds everywhere.
"""


@dataclass(frozen=True, slots=True)
class BrandRow:
    """A brand as faces and rooms see it.

    hosts       without port, the first is the main one
    currencies  ISO 4217, the first is the default
    languages   the first is the default
    tax_rate    millionths
    prices      "net" or "gross": how the catalogue's amounts are meant
    bank        the account that transfers go to; empty where there is none
    payment     gateways the brand's owner wants, in this order
    words       the home page's words and all else of brand.toml
    """

    id: BrandId
    name: str
    hosts: tuple[str, ...]
    zone: str
    currencies: tuple[str, ...]
    languages: tuple[str, ...]
    seller: Mapping[str, str]
    tax_rate: int
    prices: str
    support_mail: str
    look: str
    invoice_prefix: str
    bank: Mapping[str, str]
    tax_name: Mapping[str, str]
    payment: tuple[str, ...]
    words: Mapping[str, Any]

    @property
    def host(self) -> str:
        """The main host name."""
        return self.hosts[0]


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version of a policy.

    weight      "first", "minor", "spelling" or "material"
    waits       whether it reaches each customer only after their own mail
    told        whether everybody who is to be written to has been
    """

    handle: UUID
    version: int
    digest: str
    announced_at: datetime
    effective_at: datetime
    weight: str
    waits: bool
    told: bool

    @property
    def material(self) -> bool:
        """Whether the change matters, so that the notice of the version before it is owed."""
        return self.weight == "material"


@dataclass(slots=True)
class _Read:
    """What was read, and when by the machine's own steady clock."""

    brands: dict[BrandId, BrandRow]
    hosts: dict[str, BrandId]
    versions: dict[BrandId, tuple[VersionRow, ...]]
    apart: frozenset[BrandId]
    read_at: float


class _Memory(threading.local):
    """What each thread read.  Not shared: one that rehearses a change and undoes it must fool nobody."""

    read: _Read | None = None


_memory = _Memory()


def forget() -> None:
    """Forget what this thread read, so that its next question goes to the database."""
    _memory.read = None


def all_brands() -> tuple[BrandRow, ...]:
    """Return every brand, by name of its slug."""
    return tuple(_known().brands[key] for key in sorted(_known().brands))


def brand(brand_id: BrandId) -> BrandRow:
    """Return one brand.  Raises NoSuchBrand."""
    try:
        return _known().brands[brand_id]
    except KeyError:
        raise NoSuchBrand from None


def brand_by_host(host: str) -> BrandRow | None:
    """Return the brand that answers on a host name (lower case, no port), or None."""
    known = _known()
    found = known.hosts.get(host)
    return known.brands[found] if found else None


def versions_of(brand_id: BrandId) -> tuple[VersionRow, ...]:
    """Return a brand's versions, newest first."""
    return _known().versions.get(brand_id, ())


def stands_apart(brand_id: BrandId) -> bool:
    """Say whether some customers of a brand may stand under another version than its newest."""
    known = _known()
    return brand_id in known.apart or any(row.waits for row in known.versions.get(brand_id, ()))


def version_in_force(brand_id: BrandId, at: datetime) -> VersionRow:
    """Return the version in force at a time: the newest whose day has come.  Raises NoSuchBrand."""
    for row in versions_of(brand_id):
        if row.effective_at <= at:
            return row
    raise NoSuchBrand


def digest_in_force(brand_id: BrandId, at: datetime) -> str:
    """Return the digest of the version in force, empty on the operator's host and before a first version."""
    rows = (row.digest for row in versions_of(brand_id) if row.effective_at <= at)
    return next(rows, "") if brand_id else ""


def policy_in_force(brand_id: BrandId, at: datetime) -> Policy:
    """Return the compiled policy in force at a time.  Raises NoSuchBrand."""
    return policy_by_digest(version_in_force(brand_id, at).digest)


@lru_cache(maxsize=256)
def policy_by_digest(digest: str) -> Policy:
    """Return a compiled policy by its digest; compiling happens once a process."""
    row = PolicyVersion.objects.filter(digest=digest).first()
    if row is None:
        raise NoSuchBrand
    return compile_announced(row.source, file=f"{row.brand_id}/policy.yaml")


def _known() -> _Read:
    """Return what is known, read again when it is older than FRESH."""
    known = _memory.read
    if known is None or time.monotonic() - known.read_at > FRESH:
        known = _memory.read = _load()
    return known


def _load() -> _Read:
    """Read brands, hosts and versions: five queries."""
    hosts: dict[BrandId, list[str]] = {}
    for host in Host.objects.order_by("rank"):
        hosts.setdefault(BrandId(host.brand_id), []).append(host.name)
    brands = {BrandId(b.id): _row(b, tuple(hosts.get(BrandId(b.id), ()))) for b in Brand.objects.all()}
    by_host = {name: brand_id for brand_id, names in hosts.items() for name in names}
    differing = Notice.objects.filter(brand=OuterRef("id"), differs=True)
    apart = frozenset(
        BrandId(b) for b in Brand.objects.filter(Exists(differing)).values_list("id", flat=True)
    )
    return _Read(brands, by_host, _versions(), apart, time.monotonic())


def _versions() -> dict[BrandId, tuple[VersionRow, ...]]:
    """Read the versions of every brand, newest first."""
    told = set(Telling.objects.filter(finished_at__isnull=False).values_list("version_id", flat=True))
    found: dict[BrandId, tuple[VersionRow, ...]] = {}
    modes: dict[BrandId, list[tuple[datetime, str]]] = {}
    for row in PolicyVersion.objects.order_by("version").defer("source"):
        brand_id = BrandId(row.brand_id)
        before = [mode for since, mode in modes.get(brand_id, ()) if since <= row.announced_at]
        frozen = VersionRow(
            row.handle, row.version, row.digest, row.announced_at, row.effective_at, row.weight,
            waits_for_each(before[-1] if before else "page", row.weight), row.id in told,
        )  # fmt: skip
        modes.setdefault(brand_id, []).append((row.effective_at, row.mode))
        found[brand_id] = (frozen, *found.get(brand_id, ()))
    return found


def _row(b: Brand, hosts: tuple[str, ...]) -> BrandRow:
    """Freeze a brand."""
    profile: dict[str, Any] = b.profile
    return BrandRow(
        id=BrandId(b.id),
        name=b.name,
        hosts=hosts,
        zone=b.zone,
        currencies=tuple(profile["currencies"]),
        languages=tuple(profile.get("languages", ("en", "vi"))),
        seller=profile["seller"],
        tax_rate=profile["tax_rate"],
        prices=profile["prices"],
        support_mail=profile["support_mail"],
        look=profile.get("look", b.id),
        invoice_prefix=profile.get("invoice_prefix", b.id[:4].upper()),
        bank=profile.get("bank", {}),
        tax_name=profile.get("tax_name", {"en": "Tax"}),
        payment=tuple(profile.get("payment", ())),
        words=profile,
    )
