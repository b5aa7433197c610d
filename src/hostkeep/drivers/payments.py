"""What a payment gateway must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.packages import Package
from hostkeep.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Charge:
    """Money asked for.

    once        idempotency key, at most 64 ASCII characters
    memo        what the payer's page may show: an invoice or proforma number, never a person
    back        where the payer's browser returns, an absolute URL
    tell        where the gateway's call-back goes, an absolute URL
    package     what the disclosure gate let out for the gateway's recipient; None: it discloses nothing
    """

    amount: Money
    once: str
    memo: str
    back: str
    tell: str
    package: Package | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Settled:
    """The money is ours.  proof: the gateway's own id for it.  amount: what came, which may differ."""

    proof: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Waiting:
    """The payer has a step to take.  visit: a URL, or None if only time is needed."""

    visit: str | None


@dataclass(frozen=True, slots=True)
class Declined:
    """Refused; nothing moved.  code: "cancelled", "refused", "expired" or "never_asked"."""

    code: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The line broke after asking: money may have moved.  Ask look_up, never charge again."""


Outcome = Settled | Waiting | Declined | Unknown


@dataclass(frozen=True, slots=True)
class Notice:
    """A call-back that was read and whose signature held.

    event    the gateway's own id of this message, unique with it
    once     the key of the charge it speaks of
    """

    event: str
    once: str
    outcome: Outcome


class BadNotice(Exception):
    """A call-back that is forged, stale or not of this gateway.  Its text holds no personal data."""


class PaymentGateway(Protocol):
    """A way to be paid.  No request, no form, no HTML, no person: amounts and keys only."""

    manifest: ClassVar[Manifest]

    def charge(self, ask: Charge) -> Outcome:
        """Ask for money.  Two calls with one `once` move money at most once."""
        ...

    def look_up(self, once: str) -> Outcome:
        """Tell what became of a charge.  Declined("never_asked") if it never arrived."""
        ...

    def read_notice(self, headers: Mapping[str, str], body: bytes, at: float) -> Notice:
        """Check a call-back's signature and age, then read it.  at: Unix seconds now.  Raises BadNotice."""
        ...
