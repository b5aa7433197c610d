"""The API as a Django app: it brings the page that describes it."""

from django.apps import AppConfig


class Api(AppConfig):
    """The app."""

    name = "hostkeep.faces.api"
    label = "api"
