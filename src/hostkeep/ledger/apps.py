"""The ledger as Django sees it."""

from __future__ import annotations

from django.apps import AppConfig


class LedgerRoom(AppConfig):
    """The book of money."""

    name = "hostkeep.ledger"
    label = "ledger"
    default_auto_field = "django.db.models.BigAutoField"
