"""Setting Django up for a command that needs the database."""

from __future__ import annotations

import django
from django.conf import settings

from hostkeep.runtime import postgres


def ready() -> None:
    """Set Django up, find or start the embedded server, and check the keyring.

    Raises BadDataFolder, WrongKeyring.
    """
    django.setup()
    if settings.HOSTKEEP.embedded:
        postgres.start(settings.HOSTKEEP.data)


def ready_and_checked() -> None:
    """Be ready, on a database that is migrated, with the keyring it was sealed with."""
    ready()
    from hostkeep.vault.sealing import check_keyring

    check_keyring()
