"""The ledger as a document: what /privacy/promises.json and the command line give."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from hostkeep.brands.queries import version_in_force
from hostkeep.kernel.ids import BrandId, ClauseId
from hostkeep.promises.ledger import PromiseRow, ledger_of


def promises_document(brand: BrandId, at: datetime, only: Collection[ClauseId] = ()) -> dict[str, Any]:
    """Return a brand's ledger as data; times are ISO 8601 in UTC, or null for never.

    only  these clauses, or all
    Raises NoSuchBrand.
    """
    return {
        "brand": brand,
        "at": at.isoformat(),
        "digest": version_in_force(brand, at).digest,
        "promises": [_promise(row) for row in ledger_of(brand, at) if not only or row.clause in only],
    }


def _promise(row: PromiseRow) -> dict[str, Any]:
    """Return one promise as data."""
    probe = row.probe
    return {
        "clause": row.clause,
        "kind": row.kind,
        "light": row.light,
        "why": row.why,
        "control": row.control,
        "evidence": [{"what": e.what, "value": e.value, "at": _time(e.at)} for e in row.evidence],
        "probe": {"what": probe.what, "result": probe.result, "at": _time(probe.at)} if probe else None,
        "max_age_s": row.max_age_s,
    }


def _time(at: datetime | None) -> str | None:
    """Write a time."""
    return at.isoformat() if at else None
