"""The brands room."""

from django.apps import AppConfig


class BrandsRoom(AppConfig):
    """The room."""

    name = "hostkeep.brands"
    label = "brands"

    def ready(self) -> None:
        """Let every entry of the audit carry the digest of the policy it stands under."""
        from hostkeep.audit.enter import digest_by
        from hostkeep.brands.queries import digest_in_force

        digest_by(digest_in_force)
