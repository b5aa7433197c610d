"""What an adapter cannot do without, as a policy is asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class AdapterNeeds:
    """What one adapter that a brand uses cannot do without.  Drawn from its manifest by who knows adapters.

    name       as people know it: "stripe", "smtp"
    keeps      categories it leaves with us, which the policy must declare
    touches    categories that pass through it, which no clause may forbid
    discloses  categories it hands to its recipient, which that recipient must be allowed
    recipient  the recipient the policy must name, or "" where nobody outside receives anything
    cookies    cookies it sets, by name, which the policy must declare
    """

    name: str
    keeps: frozenset[str] = frozenset()
    touches: frozenset[str] = frozenset()
    discloses: frozenset[str] = frozenset()
    recipient: str = ""
    cookies: frozenset[str] = frozenset()


_REFERENCE = frozenset({"payment_ref"})

GATEWAYS: Mapping[str, AdapterNeeds] = MappingProxyType(
    {
        "testpay": AdapterNeeds("testpay", keeps=_REFERENCE),
        "bank_transfer": AdapterNeeds("bank_transfer", keeps=_REFERENCE, touches=frozenset({"bank_account"})),
        "stripe": AdapterNeeds("stripe", keeps=_REFERENCE, recipient="stripe"),
        "manual": AdapterNeeds("manual", keeps=_REFERENCE),
    }
)
"""The gateways a policy can name.  A test compares these with the manifests of those in the box."""
