"""Provisioning as Django sees it."""

from __future__ import annotations

from django.apps import AppConfig


class ProvisioningRoom(AppConfig):
    """Services and the work asked of drivers."""

    name = "hostkeep.provisioning"
    label = "provisioning"
    default_auto_field = "django.db.models.BigAutoField"
