"""Receipts of this browser: what was ordered from it, where the policy lets it remember."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from hostkeep.faces.storefront.cart_keeping import RECEIPTS, declared
from hostkeep.faces.ui.acts import act_of, brand_id_of
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.faces.ui.telling import told
from hostkeep.shop.queries.orders import receipt_by_token
from hostkeep.shop.rules.tokens import hash_of


@require_safe
def receipts(request: HttpRequest) -> HttpResponse:
    """List what was ordered from this browser: products and amounts, no person."""
    cookie = declared(request, RECEIPTS)
    token = request.COOKIES.get(RECEIPTS, "") if cookie else ""
    found = receipt_by_token(brand_id_of(request), hash_of(token)) if token else ()
    language = language_of(request)
    # The cookie, declared for this purpose, stands for the right to look: whoever holds it is nobody known.
    act = act_of(request, role="system", purpose="order")
    rows = [
        (order, [(line.quantity, line.described(language)) for line in order.told])
        for order in told(act, found)
    ]
    return show(request, "storefront/receipts.html", {"receipts": rows, "cookie": cookie})
