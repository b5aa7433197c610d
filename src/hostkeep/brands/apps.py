"""The brands room."""

from django.apps import AppConfig


class BrandsRoom(AppConfig):
    """The room."""

    name = "hostkeep.brands"
    label = "brands"
