"""The audit room."""

from django.apps import AppConfig


class AuditRoom(AppConfig):
    """The room."""

    name = "hostkeep.audit"
    label = "audit"
