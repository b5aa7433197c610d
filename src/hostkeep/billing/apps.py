"""Billing as Django sees it."""

from __future__ import annotations

from django.apps import AppConfig


class BillingRoom(AppConfig):
    """Invoices, payments, documents."""

    name = "hostkeep.billing"
    label = "billing"
    default_auto_field = "django.db.models.BigAutoField"
