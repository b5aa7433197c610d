"""Sign-in as a Django app."""

from django.apps import AppConfig


class SignIn(AppConfig):
    """Registers the links that only sign-in can make."""

    name = "hostkeep.faces.signin"
    label = "signin"

    def ready(self) -> None:
        """Hand the link makers to messaging; watch the locks."""
        from hostkeep.faces.signin import links, locks
        from hostkeep.messaging import links as known

        known.register("account/confirm", links.confirm_path)
        known.register("account/reset", links.reset_path)
        locks.watch()
