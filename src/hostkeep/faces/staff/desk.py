"""The desk: what waits in each brand, the newest of the audit, and deliveries that were given up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from hostkeep.audit.reading import EntryRow, newest
from hostkeep.billing import inbox
from hostkeep.billing.actions.retaking import put_back_notice
from hostkeep.billing.queries.unpaid import unpaid_by_brand
from hostkeep.brands.queries import all_brands
from hostkeep.faces.staff.access import ROOMS, role_of, staff_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import show
from hostkeep.flows.retrying import retry_delivery
from hostkeep.kernel.ids import BrandId
from hostkeep.messaging.queries import deferred_by_brand
from hostkeep.promises.stranger import PROBE
from hostkeep.provisioning.queries import BrandPile, piles_by_brand
from hostkeep.runtime.parked import parked, parked_by_brand, parked_count
from hostkeep.shop.queries.desk import placed_by_brand
from hostkeep.subscriptions.actions.renewing import put_back_renewal
from hostkeep.subscriptions.queries.subscriptions import stopped, stopped_count, subscription

WEEK = timedelta(days=7)
ENTRIES = 12
READ = 80
"""How far back the audit is read for so many lines: readings of one moment are one line."""


@dataclass(frozen=True, slots=True)
class BrandDesk:
    """What waits in one brand, in counts alone.

    placed   orders of the last seven days
    parked   events and work that were given up
    deferred mails that wait for another try
    """

    brand: BrandId
    name: str
    placed: int
    unpaid: int
    building: int
    tasks: int
    parked: int
    deferred: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the audit as the desk shows it: handles alone.

    row         the newest of the entries it stands for
    who         "customer 1a2b3c4d"
    categories  of what was read, where it was a reading
    """

    row: EntryRow
    who: str
    thing: str
    categories: tuple[str, ...]


@require_safe
@staff_only("desk")
def desk(request: HttpRequest) -> HttpResponse:
    """Show what waits.  Counts and handles; no person."""
    act = act_of(request, role=role_of(request), purpose="site_administration")
    rows = brand_desks(placed_by_brand(act.at - WEEK))
    context = {
        "brands": rows,
        "unpaid": sum(row.unpaid for row in rows),
        "building": sum(row.building for row in rows),
        "tasks": sum(row.tasks for row in rows),
        "parked": sum(row.parked for row in rows),
        "deferred": sum(row.deferred for row in rows),
        "entries": told(newest(without=PROBE, first=READ))[:ENTRIES],
        "open_rooms": [room for room, roles in ROOMS.items() if act.role in roles],
        "today": act.at,
    }
    return show(request, "staff/desk.html", context)


@require_safe
@staff_only("tasks")
def parked_list(request: HttpRequest) -> HttpResponse:
    """List deliveries, renewals and call-backs that were given up, oldest first."""
    return show(request, "staff/desk_parked.html", {
        "rows": parked(), "renewals": stopped(), "calls": inbox.parked(),
        "total": given_up() + inbox.parked_count(),
    })  # fmt: skip


@require_POST
@staff_only("tasks")
def retry(request: HttpRequest, delivery: UUID) -> HttpResponse:
    """Put one delivery back on its way.  Raises NotParked."""
    act = act_of(request, role=role_of(request), purpose="site_administration")
    retry_delivery(act, delivery=delivery)
    messages.success(request, gettext("It is on its way again."))
    return HttpResponseRedirect("/staff/parked/")


@require_POST
@staff_only("tasks")
def retry_renewal(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """Let the next run try a renewal again.  Raises NoSuchSubscription."""
    act = act_of(request, role=role_of(request), purpose="site_administration")
    row = subscription(subscription_id)
    put_back_renewal(act.of_brand(row.brand), subscription=row.id)
    messages.success(request, gettext("The next run tries it again."))
    return HttpResponseRedirect("/staff/parked/")


@require_POST
@staff_only("tasks")
def retry_call(request: HttpRequest, brand: str, notice: UUID) -> HttpResponse:
    """Let a worker try a gateway's call-back again.  Raises NoSuchNotice."""
    act = act_of(request, role=role_of(request), purpose="site_administration")
    put_back_notice(act.of_brand(BrandId(brand)), notice=notice)
    messages.success(request, gettext("It is on its way again."))
    return HttpResponseRedirect("/staff/parked/")


def given_up() -> int:
    """Count deliveries and renewals that were given up.  Two queries."""
    return parked_count() + stopped_count()


def brand_desks(placed: Mapping[BrandId, int]) -> tuple[BrandDesk, ...]:
    """Gather the counts of every brand.  placed: orders by brand.  Five queries, however many brands."""
    unpaid, piles = unpaid_by_brand(), piles_by_brand()
    events, deferred = parked_by_brand(), deferred_by_brand()
    return tuple(
        BrandDesk(
            brand=row.id,
            name=row.name,
            placed=placed.get(row.id, 0),
            unpaid=unpaid.get(row.id, 0),
            building=piles.get(row.id, BrandPile()).building,
            tasks=piles.get(row.id, BrandPile()).open_tasks,
            parked=piles.get(row.id, BrandPile()).parked + events.get(row.id, 0),
            deferred=deferred.get(row.id, 0),
        )
        for row in all_brands()
    )


def told(rows: Iterable[EntryRow]) -> tuple[Entry, ...]:
    """Put entries into handles, what happened to one thing in one moment into one line."""
    moments = groupby(rows, key=lambda row: (row.verb, row.actor, row.thing, row.at))
    return tuple(_line(list(found)) for _, found in moments)


def _line(found: Sequence[EntryRow]) -> Entry:
    """Put the entries of one moment into a line."""
    row = found[0]
    kind, _, handle = row.actor.partition(":")
    person = kind in {"user", "staff"}
    who = f"{row.role if person else kind} {handle[:8] if person else handle}".strip()
    categories = tuple(dict.fromkeys(category for entry in found for category in entry.categories))
    return Entry(row, who, f"{row.kind} {str(row.thing)[:8]}", categories)
