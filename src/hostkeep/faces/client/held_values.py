"""One kind of fact, on request: each value with where it came from, since when, and under which version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext

from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import versions_of
from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.client.asked import shown_when_asked
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.faces.ui.values import lines_of
from hostkeep.faces.ui.words import said
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId
from hostkeep.kernel.words import gettext_noop
from hostkeep.policy.book import Policy
from hostkeep.policy.render.wording import say_purposes
from hostkeep.vault import door
from hostkeep.vault.holdings import HeldRow, held

CHANNELS: Mapping[str, str] = {
    "web": gettext_noop("On our pages"),
    "mail": gettext_noop("By mail"),
    "call": gettext_noop("On the phone"),
    "staff": gettext_noop("Entered by our staff"),
    "api": gettext_noop("From a program of yours"),
    "offline": gettext_noop("Offline"),
    "system": gettext_noop("Made by our programs"),
}
"""How a value came in, in words."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One value.

    came     how it came in, in words; since: when; version: the number of the policy it was given under, or 0
    until    when it ends, or None where its end hangs on something that has not happened
    lines    the value as lines of (label, text), empty until it is asked for
    """

    came: str
    since: datetime
    version: int
    until: datetime | None
    lines: tuple[tuple[str, str], ...]


@customers_only
@shown_when_asked
def held_values(request: HttpRequest, category: str) -> HttpResponse:
    """Show what is kept of one kind; a post shows the values too.  What is not kept has no page."""
    act, account, language = _act(request), account_of(request), language_of(request)
    policy = policy_for(act.brand, account.subject, act.at)
    rows = [row for row in held(act, subject=account.subject) if row.category == category]
    if not rows or CategoryId(category) not in policy.categories:
        raise Http404
    readable = (CategoryId(category), act.purpose, act.role) in policy.table
    opened = _opened(act, rows, account.subject) if readable and request.method == "POST" else {}
    versions = {row.digest: row.version for row in versions_of(act.brand)}
    context = {
        "category": category,
        "label": said(policy.categories[CategoryId(category)].label, language),
        "pieces": [_piece(row, opened, versions) for row in rows],
        "uses": say_purposes(policy, _purposes(policy, category), language),
        "readable": readable,
        "opened": bool(opened),
    }
    return show(request, "client/held_value.html", context)


def _act(request: HttpRequest) -> Act:
    """Return the customer's act for their own rights."""
    return act_of(request, role="customer", purpose="rights")


def _opened(act: Act, rows: list[HeldRow], subject: Any) -> Mapping[str, str]:
    """Open all values of one kind, through the door, in one go: by slot."""
    wishes = [door.Wish(subject, row.category, row.slot) for row in rows]
    found = door.reveal_many(act, wishes=wishes)
    return {wish.slot: sealed.open() for wish, sealed in found.items() if sealed is not None}


def _piece(row: HeldRow, opened: Mapping[str, str], versions: Mapping[str, int]) -> Piece:
    """Lay out one value."""
    return Piece(
        came=gettext(CHANNELS.get(row.channel, row.channel)),
        since=row.since,
        version=versions.get(row.digest, 0),
        until=getattr(row, "expires_at", None),
        lines=lines_of(opened[row.slot]) if row.slot in opened else (),
    )


def _purposes(policy: Policy, category: str) -> set[str]:
    """Return what a kind of fact may be used for."""
    return {purpose for of, purpose, _ in policy.table if of == category}


held_urls = [path("privacy/held/<slug:category>/", held_values, name="held_values")]
"""Under /account/."""
