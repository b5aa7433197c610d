"""The ledger as a document: what /privacy/promises.json and the command line give."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from hostkeep.audit.reading import count_traced
from hostkeep.brands.queries import version_in_force
from hostkeep.kernel.ids import BrandId, ClauseId
from hostkeep.promises.ledger import PromiseRow, ledger_of
from hostkeep.promises.stranger import PROBE

DAY = timedelta(hours=24)


def promises_document(brand: BrandId, at: datetime, only: Collection[ClauseId] = ()) -> dict[str, Any]:
    """Return a brand's ledger as data; times are ISO 8601 in UTC, or null for never.

    only  these clauses, or all
    Raises NoSuchBrand.
    """
    return {
        "brand": brand,
        "at": at.isoformat(),
        "digest": version_in_force(brand, at).digest,
        "canary_acts": canary_acts(brand, at),
        "promises": [_promise(row) for row in ledger_of(brand, at) if not only or row.clause in only],
    }


def canary_acts(brand: BrandId, at: datetime) -> int:
    """Return how many entries the probes left in the audit of a brand within the last DAY.

    What a rehearsal undid is not among them; readings and refusals are: the book keeps these in any case.
    """
    return count_traced(brand=brand, prefix=PROBE, since=at - DAY)


def _promise(row: PromiseRow) -> dict[str, Any]:
    """Return one promise as data."""
    probe = row.probe
    return {
        "clause": row.clause,
        "kind": row.kind,
        "light": row.light,
        "why": row.why.format(lacks=row.lacks),
        "control": row.control,
        "evidence": [
            {"what": e.what, "value": e.value, "at": _time(e.at), "result": e.result} for e in row.evidence
        ],
        "probe": {"what": probe.what, "result": probe.result, "at": _time(probe.at)} if probe else None,
        "max_age_s": row.max_age_s,
    }


def _time(at: datetime | None) -> str | None:
    """Write a time."""
    return at.isoformat() if at else None
