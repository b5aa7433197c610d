"""/privacy/disclosures/: how often something went to somebody outside, by recipient and year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

from hostkeep.faces.ui.acts import brand_id_of
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.people.queries import canaries
from hostkeep.policy.book import Policy
from hostkeep.policy.render.wording import said
from hostkeep.policy.vocabulary.terms import say
from hostkeep.runtime import clock
from hostkeep.vault.disclosing import CountRow, counts

EVER = datetime(2000, 1, 1, tzinfo=UTC)
NAMELESS = "none"
"""The basis of what was asked for somebody whom the policy does not name."""


@dataclass(frozen=True, slots=True)
class Line:
    """One recipient in one year.  name, ground: as people read them.  clause: may be empty."""

    year: int
    name: str
    ground: str
    clause: str
    handed: int
    people: int
    refused: int


@require_safe
def disclosures(request: HttpRequest) -> HttpResponse:
    """Show the counts; recipients of the policy that never received anything stand there with zeros."""
    policy: Policy = request.policy  # type: ignore[attr-defined]
    language = language_of(request)
    rows = _counted(request)
    lines = [_line(policy, row, language) for row in rows]
    quiet = [each for each in policy.recipients.values() if each.id not in {row.recipient for row in rows}]
    context = {
        "lines": lines,
        "quiet": [
            (said(each.label, language), say("recipient_basis", each.basis, language), each.clause)
            for each in quiet
        ],
        "handed": sum(row.handed for row in rows),
        "refused": sum(row.refused for row in rows),
    }
    return show(request, "storefront/disclosures.html", context)


@require_safe
def disclosures_data(request: HttpRequest) -> JsonResponse:
    """Give the counts as data."""
    at = clock.now()
    found = [
        {
            "year": row.year, "recipient": row.recipient, "basis": row.basis, "handed": row.handed,
            "people": row.people, "refused": row.refused,
        }
        for row in _counted(request)
    ]  # fmt: skip
    document: Mapping[str, object] = {
        "brand": brand_id_of(request), "at": at.isoformat(), "disclosures": found,
    }  # fmt: skip
    return JsonResponse(document)


def _counted(request: HttpRequest) -> tuple[CountRow, ...]:
    """Count what may be told now, without the probes' own accounts and without those no policy names."""
    ours = [row.subject for row in canaries()]
    rows = counts(brand_id_of(request), EVER, told_by=clock.now(), without=ours)
    return tuple(row for row in rows if row.basis != NAMELESS)


def _line(policy: Policy, row: CountRow, language: str) -> Line:
    """Say a count; a recipient that the policy names no more keeps its id."""
    known = policy.recipients.get(row.recipient)
    return Line(
        year=row.year,
        name=said(known.label, language) if known else row.recipient,
        ground=say("recipient_basis", row.basis, language),
        clause=known.clause if known else "",
        handed=row.handed,
        people=row.people,
        refused=row.refused,
    )


disclosure_urls = [
    path("privacy/disclosures/", disclosures, name="disclosures"),
    path("privacy/disclosures.json", disclosures_data, name="disclosures_data"),
]
"""Included by the storefront's list of addresses."""
