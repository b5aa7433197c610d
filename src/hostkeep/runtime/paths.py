"""Where things lie in the data folder."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


def data() -> Path:
    """Return the data folder."""
    return Path(settings.HOSTKEEP.data)


def private(name: str) -> Path:
    """Return a folder of the data folder that only we may read, made if it is missing.

    The embedded server's library widens the rights of the data folder itself, so what is private says so.
    """
    folder = data() / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder
