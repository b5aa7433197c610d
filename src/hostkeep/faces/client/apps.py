"""The client area as a Django app: it brings templates and tags."""

from django.apps import AppConfig


class ClientArea(AppConfig):
    """The app."""

    name = "hostkeep.faces.client"
    label = "client"
