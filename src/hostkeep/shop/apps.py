"""The shop as Django sees it."""

from __future__ import annotations

from django.apps import AppConfig


class ShopRoom(AppConfig):
    """Catalogue, price book, carts and orders."""

    name = "hostkeep.shop"
    label = "shop"
    default_auto_field = "django.db.models.BigAutoField"
