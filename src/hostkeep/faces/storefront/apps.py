"""The storefront as a Django app, so that its templates, tags and script are found."""

from __future__ import annotations

from django.apps import AppConfig


class Storefront(AppConfig):
    """What visitors see; registers the link by which one says no to a change of the policy."""

    name = "hostkeep.faces.storefront"
    label = "storefront"

    def ready(self) -> None:
        """Let mails carry the link."""
        from hostkeep.faces.storefront.rejecting import reject_path
        from hostkeep.messaging import links

        links.register("policy/reject", reject_path)
