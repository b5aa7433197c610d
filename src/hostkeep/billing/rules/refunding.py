"""How much of a payment may go back the way it came, and what may be written down as a bank's id of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from hostkeep.billing.rules.numbering import remainder
from hostkeep.kernel.money import Money

PROOF = re.compile(r"(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9./_+-]{0,59}")
IBAN = re.compile(r"([A-Z]{2}[0-9]{2})([A-Z0-9]{10,30})")


def proof_fault(proof: str) -> Literal["form", "account"] | None:
    """Say why a text cannot be kept as the bank's id of a transfer, or None where it can.

    It lies in clear beside the refund, so it may name nobody: no words, no account number.
    Source of the check digits: ISO 13616, MOD 97-10 of ISO 7064.
    """
    if not PROOF.fullmatch(proof):
        return "form"
    account = IBAN.fullmatch(re.sub("[./_+-]", "", proof).upper())
    return "account" if account and remainder(account[2] + account[1]) == 1 else None


@dataclass(frozen=True, slots=True)
class Room:
    """What may still be given back of a payment.

    left    of the payment itself: what came, less what was given back or is on its way, less what the payer's
            bank took or asks for
    credit  what the account holds in the payment's currency: a refund is taken from there
    """

    left: Money
    credit: Money

    @property
    def now(self) -> Money:
        """What can be given back this moment: never more than either allows."""
        return Money(max(0, min(self.left.minor, self.credit.minor)), self.left.currency)

    @property
    def wants_note(self) -> Money:
        """What could go back only after a credit note has made credit of it."""
        return Money(max(0, self.left.minor) - self.now.minor, self.left.currency)


def left_of(came: Money, *, back: Money, disputed: Money) -> Money:
    """Return what is left of a payment.

    back      given back, or on its way: refunds that were not declined
    disputed  taken back by the payer's bank, or argued about: disputes that were not won
    """
    return came - back - disputed
