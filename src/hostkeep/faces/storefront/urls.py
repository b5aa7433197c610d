"""Addresses of the storefront."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from hostkeep.faces.storefront.cart import cart, change_currency, change_line
from hostkeep.faces.storefront.checkout import checkout
from hostkeep.faces.storefront.home import home
from hostkeep.faces.storefront.products import product
from hostkeep.faces.storefront.receipts import receipts

View = Callable[..., HttpResponse]


def at_a_brand(view: View) -> View:
    """Keep a page to the brands' hosts; on the operator's own it does not exist."""

    @wraps(view)
    def guarded(request: HttpRequest, **found: object) -> HttpResponse:
        if getattr(request, "brand", None) is None:
            raise Http404
        return view(request, **found)

    return guarded


urlpatterns = [
    path("", at_a_brand(home), name="home"),
    path("products/<slug:slug>/", at_a_brand(product), name="product"),
    path("cart/", at_a_brand(cart), name="cart"),
    path("cart/lines/<uuid:line>/", at_a_brand(change_line), name="cart_line"),
    path("cart/currency/", at_a_brand(change_currency), name="cart_currency"),
    path("checkout/", at_a_brand(checkout), name="checkout"),
    path("receipts/", at_a_brand(receipts), name="receipts"),
]
