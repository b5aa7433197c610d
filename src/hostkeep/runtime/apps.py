"""The runtime room."""

from django.apps import AppConfig


class RuntimeRoom(AppConfig):
    """Housekeeping."""

    name = "hostkeep.runtime"
    label = "runtime"
