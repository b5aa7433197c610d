"""Orders in the back office: a list by brand, and one with its invoice and services.  No person in either."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from hostkeep.audit.reading import entries_about
from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.queries.invoices import InvoiceSheet, sheet
from hostkeep.brands.queries import all_brands, policy_in_force
from hostkeep.brands.queries import brand as brand_row
from hostkeep.faces.staff.access import ROOMS, role_of, staff_only
from hostkeep.faces.staff.desk import told
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.faces.ui.paging import page_number
from hostkeep.faces.ui.telling import told_if_allowed
from hostkeep.faces.ui.words import said
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, CategoryId, OrderId
from hostkeep.people.queries import account, numbers_of
from hostkeep.policy.book import Policy
from hostkeep.policy.render.wording import say_purposes
from hostkeep.provisioning.queries import ServiceRow, ServiceTold, services_of
from hostkeep.shop.queries.desk import orders_page
from hostkeep.shop.queries.order_rows import OrderRow, OrderTold
from hostkeep.shop.queries.orders import order as order_row
from hostkeep.shop.rules.catalogue import in_language
from hostkeep.vault.column_door import Closed
from hostkeep.vault.holdings import held

PAGE = 50


@dataclass(frozen=True, slots=True)
class Masked:
    """A sealed fact: its name, never its value.  readable: purposes the reader's role may open it for."""

    label: str
    readable: tuple[str, ...]


@require_safe
@staff_only("orders")
def orders(request: HttpRequest) -> HttpResponse:
    """List orders, newest first.  ?brand= chooses."""
    brands = all_brands()
    chosen = request.GET.get("brand", "")
    brand = next((row.id for row in brands if row.id == chosen), None)
    number = page_number(request)
    found = orders_page(brand=brand, first=PAGE, skip=(number - 1) * PAGE)
    if not found.rows and number > 1:
        return HttpResponseRedirect(request.path)
    numbers = numbers_of(row.account for row in found.rows)
    language = language_of(request)
    shown = told_if_allowed(_act(request), found.rows)
    context = {
        "rows": [(row, numbers.get(row.account, ""), titles(row, language)) for row in shown],
        "page": Paginator(range(found.total), PAGE).get_page(number),
        "total": found.total,
        "brands": brands,
        "chosen": brand or "",
    }
    return show(request, "staff/orders.html", context)


@require_safe
@staff_only("orders")
def order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Show one order.  The customer is a number; their facts stay sealed."""
    closed = order_row(OrderId(order_id))
    buyer = account(closed.account)
    act = _act(request).of_brand(closed.brand)
    services = _services_in(closed)
    wanted: list[Closed[OrderTold | ServiceTold]] = [closed, *services]
    language = language_of(request)
    opened = told_if_allowed(act, wanted)
    (row,) = (each for each in opened if isinstance(each, OrderTold))
    context = {
        "order": row,
        "shop": brand_row(row.brand),
        "buyer": buyer,
        "lines": [(line, line.described(language), line.taken(language)) for line in row.told],
        "services": [each for each in opened if isinstance(each, ServiceTold)],
        "invoice": _invoice_in(row, services),
        "facts": masked_facts(act, {piece.category for piece in held(act, subject=buyer.subject)}, request),
        "entries": told(entries_about(row.id, first=10)),
        "open_rooms": [room for room, roles in ROOMS.items() if act.role in roles],
    }
    return show(request, "staff/order.html", context)


def titles(row: OrderTold, language: str) -> tuple[str, ...]:
    """Name what was bought, without what the customer typed."""
    return tuple(in_language(line.title, language) for line in row.told)


def _act(request: HttpRequest) -> Act:
    """Return the act of a staff member who looks at orders: support does so to help, others for the order."""
    role = role_of(request)
    return act_of(request, role=role, purpose="support" if role == "support" else "order")


def masked_facts(act: Act, categories: Iterable[CategoryId], request: HttpRequest) -> tuple[Masked, ...]:
    """Name the sealed facts of a customer, and what the reader's role may open each for."""
    policy: Policy = policy_in_force(BrandId(act.brand), act.at)
    language = language_of(request)
    wanted = set(categories)
    return tuple(
        Masked(
            said(known.label, language),
            say_purposes(
                policy,
                [purpose for of, purpose, role in policy.table if of == category and role == act.role],
                language,
            ),
        )
        for category, known in policy.categories.items()
        if category in wanted
    )


def _services_in(row: OrderRow) -> tuple[ServiceRow, ...]:
    """Return the services an order brought."""
    lines = {line.id for line in row.lines}
    return tuple(service for service in services_of(row.account) if service.order_line in lines)


def _invoice_in(row: OrderRow, services: Iterable[ServiceRow]) -> InvoiceSheet | None:
    """Return the invoice of an order, or None where its services are not opened yet."""
    for service in services:
        try:
            return sheet(service.invoice, of=row.account)
        except NoSuchInvoice:
            continue
    return None
