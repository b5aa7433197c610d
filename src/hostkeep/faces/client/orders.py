"""What the account ordered."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.queries.invoices import InvoiceSheet, sheet
from hostkeep.billing.queries.qualifying import check_of_order
from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.faces.ui.telling import told, told_together
from hostkeep.kernel.ids import OrderId
from hostkeep.provisioning.queries import ServiceRow, services_of
from hostkeep.shop.queries.order_rows import OrderRow
from hostkeep.shop.queries.orders import order_of, orders_of

PAGE = 20
MOST = 500
"""How far back the list goes."""


@require_safe
@customers_only
def orders(request: HttpRequest) -> HttpResponse:
    """List the account's orders, newest first."""
    account, language = account_of(request), language_of(request)
    pages = Paginator(orders_of(account.id, first=MOST), PAGE)
    page = pages.get_page(request.GET.get("page"))
    act = act_of(request, role="customer", purpose="order")
    rows = [(row, [line.described(language) for line in row.told]) for row in told(act, list(page))]
    return show(request, "client/orders.html", {"page": page, "rows": rows})


@require_safe
@customers_only
def order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Show one order with its invoice and its services.  Another account's does not exist."""
    account, language = account_of(request), language_of(request)
    closed = order_of(account.id, OrderId(order_id))
    services = services_in(closed, services_of(account.id))
    act = act_of(request, role="customer", purpose="order")
    (row,), shown = told_together(act, ([closed], "order"), (services, "order"))
    context = {
        "order": row,
        "lines": [(line, line.described(language), line.taken(language)) for line in row.told],
        "services": shown,
        "invoice": invoice_in(row, services),
        "check": check_of_order(account.id, row.id),
    }
    return show(request, "client/order.html", context)


def services_in(order: OrderRow, services: tuple[ServiceRow, ...]) -> tuple[ServiceRow, ...]:
    """Return those of an account's services that an order brought."""
    lines = {line.id for line in order.lines}
    return tuple(service for service in services if service.order_line in lines)


def invoice_in(order: OrderRow, services: tuple[ServiceRow, ...]) -> InvoiceSheet | None:
    """Return the invoice of an order, or None where its services are not opened yet."""
    for service in services:
        try:
            return sheet(service.invoice, of=order.account)
        except NoSuchInvoice:
            continue
    return None
