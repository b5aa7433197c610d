"""The vault room."""

from django.apps import AppConfig


class VaultRoom(AppConfig):
    """The room."""

    name = "hostkeep.vault"
    label = "vault"

    def ready(self) -> None:
        """Let the book name persons by their nyms."""
        from hostkeep.audit.enter import named_by
        from hostkeep.vault.nyms import nyms_of

        named_by(nyms_of)
