"""The rail of the back office: the rooms that a role opens, with what waits in each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from django.http import HttpRequest
from django.utils.translation import gettext

from hostkeep.billing.queries.dunning import hold_count
from hostkeep.billing.queries.findings import waiting_for_a_person
from hostkeep.faces.staff.access import ROOMS, role_of
from hostkeep.faces.staff.desk import given_up
from hostkeep.faces.ui.pages import Link, LinkGroup
from hostkeep.kernel.words import gettext_noop
from hostkeep.promises.alarms import open_alarm_count
from hostkeep.provisioning.queries import open_task_count


class Waits:
    """What waits in the rooms, counted when the first of them asks."""

    @cached_property
    def money(self) -> tuple[int, int, int]:
        """Payments that nobody has matched, what is out of step in the books, and orders held back."""
        return waiting_for_a_person()


@dataclass(frozen=True, slots=True)
class Room:
    """A room on the rail.

    name    a key of access.ROOMS
    icon    in the sprite
    waits   counts what waits in it
    """

    name: str
    href: str
    icon: str
    label: str
    waits: Callable[[Waits], int] | None = None


WORK = (
    Room("desk", "/staff/", "chart", gettext_noop("Desk")),
    Room("orders", "/staff/orders/", "box", gettext_noop("Orders")),
    Room("promos", "/staff/promos/", "ticket", gettext_noop("Promo codes")),
    Room("people", "/staff/people/", "users", gettext_noop("Customers")),
    Room("payments", "/staff/documents/", "copy", gettext_noop("Documents")),
    Room("payments", "/staff/payments/", "card", gettext_noop("Payments"), lambda counts: counts.money[0]),
    Room(
        "payments", "/staff/held-orders/", "user", gettext_noop("Held back"), lambda counts: counts.money[2]
    ),
    Room("billing", "/staff/dunning/", "clock", gettext_noop("Unpaid"), lambda _: hold_count()),
    Room("billing", "/staff/prices/", "plus", gettext_noop("Price changes")),
    Room("reports", "/staff/reports/", "receipt", gettext_noop("Reports")),
    Room("books", "/staff/books/", "book", gettext_noop("Books"), lambda counts: counts.money[1]),
    Room("services", "/staff/services/", "server", gettext_noop("Services")),
    Room("tasks", "/staff/tasks/", "pencil", gettext_noop("Manual tasks"), lambda _: open_task_count()),
    Room("disputes", "/staff/disputes/", "talk", gettext_noop("Disputes")),
    Room("holds", "/staff/holds/", "lock", gettext_noop("Legal holds")),
)
KEEP = (
    Room("policies", "/staff/policies/", "book", gettext_noop("Policies")),
    Room("promises", "/staff/promises/", "shield", gettext_noop("Promises"), lambda _: open_alarm_count()),
    Room("tasks", "/staff/parked/", "alert", gettext_noop("Parked deliveries"), lambda _: given_up()),
)
OWN = (Room("keys", "/staff/keys/", "key", gettext_noop("Keys for programs")),)
YOURS = (
    ("/auth/2fa/", "lock", gettext_noop("Second factor")),
    ("/auth/logout/", "leave", gettext_noop("Log out")),
)


def rail_of(request: HttpRequest) -> tuple[LinkGroup, ...]:
    """Return the rail for the signed-in staff member."""
    role, counts = role_of(request), Waits()
    groups = ((gettext("Work"), WORK), (gettext("Run"), KEEP))
    shown = [LinkGroup(title, _links(request, role, rooms, counts)) for title, rooms in groups]
    yours = (
        *_links(request, role, OWN, counts),
        *(Link(href, gettext(label), icon=icon) for href, icon, label in YOURS),
    )
    return (*(group for group in shown if group.links), LinkGroup(gettext("You"), yours))


def _links(request: HttpRequest, role: str, rooms: tuple[Room, ...], counts: Waits) -> tuple[Link, ...]:
    """Link the rooms that a role opens."""
    return tuple(
        Link(
            room.href,
            gettext(room.label),
            here=_here(request.path, room.href),
            icon=room.icon,
            count=room.waits(counts) if room.waits else 0,
        )
        for room in rooms
        if role in ROOMS[room.name]
    )


def _here(path: str, href: str) -> bool:
    """Say whether a page lies in a room; the desk is itself alone."""
    return path == href if href == "/staff/" else path.startswith(href)
