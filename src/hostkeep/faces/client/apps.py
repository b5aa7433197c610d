"""The client area as a Django app: it brings templates and tags."""

from django.apps import AppConfig


class ClientArea(AppConfig):
    """The app; registers the links by which an address is confirmed and a closed account is seen."""

    name = "hostkeep.faces.client"
    label = "client"

    def ready(self) -> None:
        """Let mails carry the links."""
        from hostkeep.faces.client.addresses import new_address_path
        from hostkeep.faces.client.closed import closed_path
        from hostkeep.messaging import links

        links.register("account/new_address", new_address_path)
        links.register("account/closed", closed_path)
