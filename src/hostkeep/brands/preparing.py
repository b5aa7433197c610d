"""What is being prepared for a brand: its draft, who signed for spelling, texts by version."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from hostkeep.brands.errors import NoSuchVersion
from hostkeep.brands.models import Draft, Notice, PolicyVersion, Spelling, Telling
from hostkeep.brands.queries import brand
from hostkeep.kernel.ids import BrandId, SubjectId
from hostkeep.policy.needs import AdapterNeeds
from hostkeep.runtime.adapter_needs import needs_of, registries_of


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A version that is being prepared.  author: role and handle of who saved it."""

    brand: BrandId
    source: str
    digest: str
    author: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class TellingRow:
    """How far the customers were written to about a version.

    count        customers who have a notice
    told         of these, who is told: their mail host took the mail, or a page showed it
    refused      of these, whose mail could not be handed over and who have not been told otherwise
    finished_at  None while it goes on
    """

    count: int
    told: int
    refused: int
    begun_at: datetime
    finished_at: datetime | None


def draft_of(brand: BrandId) -> DraftRow | None:
    """Return a brand's draft, or None."""
    row = Draft.objects.filter(brand_id=brand).first()
    return DraftRow(brand, row.source, row.digest, row.author, row.saved_at) if row else None


def signers_of(brand: BrandId, *, digest: str, against: str) -> int:
    """Return how many people signed that between two texts only spelling changed."""
    found = Spelling.objects.filter(brand_id=brand, digest=digest, against=against)
    return found.values("signer").distinct().count()


def has_signed(brand: BrandId, *, digest: str, against: str, signer: str) -> bool:
    """Say whether somebody signed already."""
    return Spelling.objects.filter(brand_id=brand, digest=digest, against=against, signer=signer).exists()


def source_of(brand: BrandId, version: int) -> str:
    """Return the text of a version as it was announced.  Raises NoSuchVersion."""
    found = (
        PolicyVersion.objects.filter(brand_id=brand, version=version).values_list("source", flat=True).first()
    )
    if found is None:
        raise NoSuchVersion
    return found


def telling_of(brand: BrandId, version: int) -> TellingRow | None:
    """Return how far the customers were written to about a version, or None where nobody is to be."""
    return tellings_of(brand).get(version)


def tellings_of(brand: BrandId, *, without: Collection[SubjectId] = ()) -> Mapping[int, TellingRow]:
    """Return how far the customers were written to, by the version's number; left out where nobody is to be.

    without  whom no figure counts
    Two queries, however many versions there are.
    """
    rows = Telling.objects.filter(version__brand_id=brand).select_related("version").defer("version__source")
    sent = Notice.objects.filter(version_id__in=[row.version_id for row in rows])
    counted = sent.exclude(subject__in=list(without)).values("version_id")
    found = counted.annotate(
        count=Count("id"),
        told=Count("id", filter=Q(told_at__isnull=False)),
        refused=Count("id", filter=Q(state="refused")),
    )
    counts = {row["version_id"]: (row["count"], row["told"], row["refused"]) for row in found}
    return {
        row.version.version: TellingRow(*counts.get(row.version_id, (0, 0, 0)), row.begun_at, row.finished_at)
        for row in rows
    }


def adapters_of(brand_id: BrandId) -> tuple[AdapterNeeds, ...]:
    """Return what the adapters that a brand's profile names ask of its policy.  Raises NoSuchBrand."""
    row = brand(brand_id)
    return needs_of(
        gateways=row.payment, provisioners=tuple(row.words.get("drivers", ())),
        registries=registries_of(row.words),
    )  # fmt: skip
