"""What a payment gateway must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Literal, Protocol

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
    shop        slug of the brand that asks: it comes back in Notice.shop, where a gateway can carry it
    package     what the disclosure gate let out for the gateway's recipient; None: it discloses nothing
    """

    amount: Money
    once: str
    memo: str
    back: str
    tell: str
    shop: str = ""
    package: Package | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class StoredCharge:
    """Money asked of a stored method while its owner is away.

    token  what Kept.token gave
    back   where the payer's browser returns if the bank wants to see them first; the rest as in Charge
    """

    amount: Money
    once: str
    memo: str
    back: str
    tell: str
    token: str = field(repr=False)
    shop: str = ""


@dataclass(frozen=True, slots=True)
class RefundAsk:
    """Money to be given back the way it came.

    of      the proof of the payment that brought it, as Settled told it
    amount  at most what is left of that payment
    once    idempotency key, at most 64 ASCII characters; tell, shop: as in Charge
    """

    of: str
    amount: Money
    once: str
    tell: str
    shop: str = ""


@dataclass(frozen=True, slots=True)
class KeepAsk:
    """A method to be kept for later charges; no money moves now.  The fields are as in Charge."""

    currency: str
    once: str
    back: str
    tell: str
    shop: str = ""
    package: Package | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Settled:
    """The money is ours.  proof: the gateway's own id for it.  amount: what came, which may differ."""

    proof: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Waiting:
    """The payer has a step to take.

    visit   a URL, or None if only time is needed
    handle  the gateway's own id of what waits, at most 140 ASCII characters, where it cannot be found again
            by our key alone; look-ups get it back
    """

    visit: str | None
    handle: str = ""


@dataclass(frozen=True, slots=True)
class Declined:
    """Refused; nothing moved.

    code  "cancelled", "refused", "expired", "never_asked", or of a stored method "step_wanted": the bank
          wants to see the payer first
    """

    code: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The line broke after asking: money may have moved.  Ask look_up, never charge again."""


Outcome = Settled | Waiting | Declined | Unknown


@dataclass(frozen=True, slots=True)
class Kept:
    """A method that the gateway keeps.

    token       what it is charged by, at most 300 ASCII characters
    label       what its owner knows it by: "Visa 4242"
    expires_on  its last day, or None
    """

    token: str = field(repr=False)
    label: str = field(repr=False)
    expires_on: date | None = None


Keeping = Kept | Waiting | Declined | Unknown

About = Literal["charge", "refund", "method", "dispute", "returned"]


@dataclass(frozen=True, slots=True)
class Disputed:
    """A payer had their bank take a payment back.

    proof   the gateway's own id of the dispute
    of      the proof of the payment
    amount  what is taken back
    fee     minor units that the gateway keeps for it, in the same currency
    state   "open" while it is argued about, then "won" (the money is ours again) or "lost"
    """

    proof: str
    of: str
    amount: Money
    fee: int
    state: Literal["open", "won", "lost"]


@dataclass(frozen=True, slots=True)
class Notice:
    """A call-back that was read and whose signature held.

    event    the gateway's own id of this message, unique with it
    once     the key of the charge, refund or method it speaks of; empty for a dispute and what was returned
    outcome  how that stands; of a method always Waiting: whoever asked looks it up
    about    what it speaks of; "returned": money of a payment of ours that went back without our asking, at
             the gateway's own pages; disputed: of "dispute", else None
    shop     slug of the brand that asked, or empty where the message does not say
    of       of "returned": the proof of the payment that the money is of; else empty
    """

    event: str
    once: str
    outcome: Outcome
    about: About = "charge"
    disputed: Disputed | None = None
    shop: str = ""
    of: str = ""


class BadNotice(Exception):
    """A call-back that is forged, stale or not of this gateway.  Its text holds no personal data."""


class NothingAsked(Exception):
    """A call-back whose signature held, about something this shop never asked for: answered and dropped."""


class PaymentGateway(Protocol):
    """A way to be paid.  No request, no form, no HTML, no person: amounts and keys only."""

    manifest: ClassVar[Manifest]

    def charge(self, ask: Charge) -> Outcome:
        """Ask for money.  Two calls with one `once` move money at most once."""
        ...

    def look_up(self, once: str) -> Outcome:
        """Tell what became of a charge.  Declined("never_asked") if it never arrived.

        A gateway whose Waiting has a handle takes it as a second argument.
        """
        ...

    def read_notice(self, headers: Mapping[str, str], body: bytes, at: float) -> Notice:
        """Check a call-back's signature and age, then read it.  at: Unix seconds now.

        Raises BadNotice, NothingAsked.
        """
        ...


@dataclass(frozen=True, slots=True)
class Specimen:
    """A call-back as the gateway's own side would send it, made by ourselves.

    at  Unix seconds of its signature
    """

    headers: Mapping[str, str]
    body: bytes
    at: float


class Specimens(Protocol):
    """What a gateway does besides whose call-backs are signed with a secret that both sides know.

    So the house can try on itself what is left of one, with a payer in it whom it made up.
    """

    def specimen(self, once: str, amount: Money, words: Sequence[str], at: float) -> Specimen:
        """Write a signed call-back that a charge was paid.

        words  what it says of the payer, wherever this gateway's call-backs do: name, card, account
        """
        ...


class Refunds(Protocol):
    """What a gateway with "refunds" in its manifest's `can` does besides."""

    def refund(self, ask: RefundAsk) -> Outcome:
        """Give money back.  Two calls with one `once` give it back at most once.

        Settled: its proof is the gateway's own id of the refund.  Waiting(None): the bank takes its time.
        """
        ...

    def look_up_refund(self, once: str, of: str) -> Outcome:
        """Tell what became of a refund.  of: the payment's proof.

        Declined("never_asked") if it never arrived.
        """
        ...


class Storing(Protocol):
    """What a gateway with "storing" in its manifest's `can` does besides."""

    def keep(self, ask: KeepAsk) -> Keeping:
        """Ask the payer to leave a method for later.  Two calls with one `once` ask once."""
        ...

    def look_up_kept(self, once: str, handle: str = "") -> Keeping:
        """Tell what became of it.  handle: what Waiting told, or empty."""
        ...

    def charge_stored(self, ask: StoredCharge) -> Outcome:
        """Take money of a stored method.  Two calls with one `once` move money at most once.

        Waiting with a visit: the bank wants to see the payer first, there.
        """
        ...

    def look_up_stored(self, once: str, token: str) -> Outcome:
        """Tell what became of a charge of a stored method whose answer was lost, as it is this moment.

        Declined("never_asked") only where it is certain that the charge can never happen any more.
        """
        ...

    def forget(self, token: str) -> bool:
        """Let go of a stored method, for good; tell whether it is gone.  Twice is as once."""
        ...


class Closing(Protocol):
    """What a gateway with "closing" in its manifest's `can` does besides."""

    def close(self, once: str, handle: str) -> Outcome:
        """End the page of a charge that waits: nobody can pay there any more; tell how it stands then.

        handle  what Waiting told.  Declined: nothing moved and nothing will.  Whatever else is told: it may
        be paid, or was.  Twice is as once.
        """
        ...


class Locating(Protocol):
    """What a gateway with "locating" in its manifest's `can` does besides."""

    def country_of(self, proof: str) -> str:
        """Tell where the card or account was issued that brought a payment.  proof: as Settled told it.

        ISO 3166-1 alpha-2; empty where the gateway does not know, or does not answer.
        """
        ...
