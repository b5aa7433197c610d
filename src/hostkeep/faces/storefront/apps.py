"""The storefront as a Django app, so that its templates, tags and script are found."""

from __future__ import annotations

from django.apps import AppConfig


class Storefront(AppConfig):
    """What visitors see."""

    name = "hostkeep.faces.storefront"
    label = "storefront"
