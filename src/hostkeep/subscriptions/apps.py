"""Subscriptions as Django sees them."""

from __future__ import annotations

from django.apps import AppConfig


class SubscriptionsRoom(AppConfig):
    """What recurs and what is metered."""

    name = "hostkeep.subscriptions"
    label = "subscriptions"
    default_auto_field = "django.db.models.BigAutoField"
