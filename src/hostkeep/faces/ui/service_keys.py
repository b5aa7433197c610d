"""The secrets of a service, as its customer knows them: one list for page and API."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import gettext

from hostkeep.provisioning.errors import NoSuchSecret
from hostkeep.provisioning.queries import ServiceTold


@dataclass(frozen=True, slots=True)
class Key:
    """One secret of a service as a customer knows it.  file: the name it is saved under, or empty."""

    name: str
    label: str
    file: str
    here: bool


def keys_of(row: ServiceTold, brand: str) -> tuple[Key, ...]:
    """List the secrets of a service; a tunnel has one for each device, here or shown and gone."""
    if row.driver == "wireguard":
        count = int(row.facts.get("devices", "1"))
        return tuple(_device(row, brand, number) for number in range(1, count + 1))
    return tuple(Key(name, gettext("Password"), "", here=True) for name in row.kept)


def key_called(row: ServiceTold, name: str) -> Key:
    """Return one of the service's secrets by name.  Raises NoSuchSecret."""
    for key in keys_of(row, row.brand):
        if key.name == name:
            return key
    raise NoSuchSecret


def _device(row: ServiceTold, brand: str, number: int) -> Key:
    name = "wireguard.conf" if number == 1 else f"wireguard-{number}.conf"
    # WireGuard's apps name the tunnel by the file: letters, digits and hyphens, at most 15.
    short = re.sub(r"[^a-z0-9]", "", brand.lower())[:10]
    label = gettext("Device %(number)s") % {"number": number}
    return Key(name, label, f"{short}-{number}.conf", here=name in row.kept)
