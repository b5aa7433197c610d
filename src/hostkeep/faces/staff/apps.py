"""The back office as a Django app: it brings templates and tags."""

from django.apps import AppConfig


class BackOffice(AppConfig):
    """The app."""

    name = "hostkeep.faces.staff"
    label = "staff"
