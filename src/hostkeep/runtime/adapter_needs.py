"""What the adapters that a brand uses ask of its policy, read from their manifests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

from hostkeep.drivers.manifest import Manifest
from hostkeep.policy.needs import AdapterNeeds
from hostkeep.runtime import registry

MAIL_RELAY = "mail_relay"
"""The recipient that a policy must name where the operator sends all mail through a relay."""

RELAY = AdapterNeeds(MAIL_RELAY, discloses=frozenset({"email"}), recipient=MAIL_RELAY)


def needs_of(
    *,
    gateways: Sequence[str] = (),
    provisioners: Sequence[str] = (),
    mailers: Sequence[str] = ("smtp",),
    registries: Sequence[str] = (),
) -> tuple[AdapterNeeds, ...]:
    """Return what the named adapters need; a name that is not installed here needs nothing.

    The answer is what compile_policy and check_policy take as `installed`.  A relay for mail is one of them.
    """
    used = {
        "hostkeep.gateways": gateways,
        "hostkeep.provisioners": provisioners,
        "hostkeep.mailers": mailers,
        "hostkeep.tax_numbers": registries,
        "hostkeep.einvoices": registries,
    }
    found = [
        _needs(registry.load(group, name).manifest)
        for group, names in used.items()
        for name in names
        if name in registry.names(group)
    ]
    if mailers and settings.HOSTKEEP.mail_route and not settings.HOSTKEEP.demo:
        found.append(RELAY)
    return tuple(found)


def registries_of(said: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a brand.toml names: the registry of tax numbers, and the system of electronic invoices."""
    found = ((said.get("tax", {}), "registry"), (said.get("einvoices", {}), "system"))
    names = [table.get(key, "") for table, key in found if isinstance(table, Mapping)]
    return tuple(name for name in names if isinstance(name, str) and name)


def _needs(manifest: Manifest) -> AdapterNeeds:
    """Say what a manifest asks of a policy."""
    return AdapterNeeds(
        name=manifest.name,
        keeps=manifest.keeps,
        touches=manifest.touches,
        discloses=manifest.discloses,
        recipient=manifest.recipient,
        cookies=manifest.cookies,
    )
