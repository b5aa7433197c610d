"""The vault room."""

from django.apps import AppConfig


class VaultRoom(AppConfig):
    """The room."""

    name = "hostkeep.vault"
    label = "vault"
