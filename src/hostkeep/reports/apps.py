"""Reports as Django sees them."""

from __future__ import annotations

from django.apps import AppConfig


class ReportsRoom(AppConfig):
    """What the business comes to."""

    name = "hostkeep.reports"
    label = "reports"
    default_auto_field = "django.db.models.BigAutoField"
