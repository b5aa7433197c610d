"""What a driver is handed of a person, where the policy lets it have something at all.

The disclosure gate makes packages; nobody else does.  A driver never sees a person, or a handle that opens
one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NoReturn

from hostkeep.drivers.manifest import Manifest


class NoPackage(Exception):
    """A driver would be asked without the package it must have, or with one that is not for it."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Package:
    """Fields of one person for one recipient.

    recipient  id of the recipient in the policy
    fields     value by category, the permitted ones and no others; read only
    digest     keyed hash of both, as the register of disclosures keeps it
    It does not print its values, and cannot be put into a job, a cache or a session.
    """

    recipient: str
    fields: Mapping[str, str]
    digest: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", MappingProxyType(dict(self.fields)))

    def __repr__(self) -> str:
        return f"<package for {self.recipient}: {', '.join(sorted(self.fields))}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a package goes to its recipient and nowhere else")


def demand(manifest: Manifest, package: Package | None, *, recipient: str = "") -> None:
    """Check, before a driver is asked, that what it gets of a person is what the gate let out for it.

    recipient  who receives, where that depends on the set-up and not on the driver (a mail relay)
    A driver that discloses nothing, or to nobody but the person's own host, gets no package.
    Raises NoPackage.
    """
    receives = recipient or manifest.recipient
    if not receives or not manifest.discloses:
        if package is not None:
            raise NoPackage(f"{manifest.name} is to receive nothing")
        return
    if not isinstance(package, Package):
        raise NoPackage(f"{manifest.name} needs a package for {receives}")
    if package.recipient != receives:
        raise NoPackage(f"{manifest.name} got a package for {package.recipient}")
    beyond = package.fields.keys() - manifest.discloses
    if beyond:
        raise NoPackage(f"{manifest.name} does not say that it needs {', '.join(sorted(beyond))}")
