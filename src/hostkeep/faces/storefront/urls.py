"""Addresses of the storefront."""

from __future__ import annotations

from django.urls import path

from hostkeep.faces.storefront.cart import cart, change_currency, change_line
from hostkeep.faces.storefront.checkout import checkout
from hostkeep.faces.storefront.disclosures import disclosure_urls
from hostkeep.faces.storefront.home import home
from hostkeep.faces.storefront.pay_links import pay_link_urls
from hostkeep.faces.storefront.policy_pages import policy_urls
from hostkeep.faces.storefront.products import product
from hostkeep.faces.storefront.promises import promise_urls
from hostkeep.faces.storefront.promises_json import promise_json_urls
from hostkeep.faces.storefront.promos import change_promo
from hostkeep.faces.storefront.receipts import receipts
from hostkeep.faces.storefront.rejecting import reject_urls

urlpatterns = [
    path("", home, name="home"),
    path("products/<slug:slug>/", product, name="product"),
    path("cart/", cart, name="cart"),
    path("cart/lines/<uuid:line>/", change_line, name="cart_line"),
    path("cart/currency/", change_currency, name="cart_currency"),
    path("cart/promo/", change_promo, name="cart_promo"),
    path("checkout/", checkout, name="checkout"),
    path("receipts/", receipts, name="receipts"),
    *pay_link_urls,
    *policy_urls,
    *reject_urls,
    *promise_urls,
    *promise_json_urls,
    *disclosure_urls,
]
