"""The people room."""

from django.apps import AppConfig, apps


class PeopleRoom(AppConfig):
    """The room; at start it seals the address column of the sign-in library."""

    name = "hostkeep.people"
    label = "people"

    def ready(self) -> None:
        """Swap the sealed field onto the library's address column."""
        from hostkeep.people.fields import seal_login_addresses

        model = apps.get_model("account", "EmailAddress")
        seal_login_addresses(model._meta.get_field("email"))  # noqa: SLF001  Django's documented Meta API
