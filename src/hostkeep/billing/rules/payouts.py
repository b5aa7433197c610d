"""Pay-outs of gateways: whose they are, and whether a credit at the bank is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hostkeep.drivers.payouts import PaidOut, PayoutLine
from hostkeep.kernel.ids import BrandId

BY_DAY, BY_FILE = "day", "file"
EARLY, LATE = timedelta(days=3), timedelta(days=10)
"""So long before and after the day that a gateway named a bank may have booked it: weekends and holidays."""


@dataclass(frozen=True, slots=True)
class Share:
    """A brand's part of a pay-out.  net: minor units that reach the bank.  fee: what the gateway kept."""

    net: int = 0
    fee: int = 0

    def plus(self, net: int, fee: int) -> Share:
        """Return it with more."""
        return Share(self.net + net, self.fee + fee)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a payment is, and in which currency it came."""

    brand: BrandId
    currency: str


Shares = Mapping[BrandId, Share]


def is_booked_by_day(bank: Mapping[str, Any]) -> bool:
    """Say whether a brand's pay-outs count as being at the bank when the gateway says so.

    bank  [bank] of a brand.toml; payouts = "day" is for a brand that reads no bank files.  Else, and with
          "file", a pay-out is in transit until a bank file shows it.
    Raises ValueError with what to mend.
    """
    said = bank.get("payouts", BY_FILE)
    if said not in {BY_DAY, BY_FILE}:
        raise ValueError('[bank] payouts is "file" or "day"')
    return bool(said == BY_DAY)


def parted(
    paid: PaidOut, *, owners: Mapping[str, Owner], before: Mapping[str, Shares], users: Sequence[BrandId]
) -> Shares:
    """Part a pay-out among the brands whose money is in it; nothing where nobody can tell whose it is.

    owners  whose each payment is, by its proof; one in another currency than the pay-out's makes it nobody's:
            the gateway changed the money, at a rate that the books do not know
    before  how an earlier pay-out that came back was parted, by its proof
    users   brands that have payments of this gateway

    What is of no payment (the gateway's own bills, money of somebody else's) goes to the only brand that uses
    the gateway, else to the one with the largest part; the sum is always the pay-out's.
    """
    mine = {owners[line.of].currency for line in paid.lines if line.of in owners}
    if mine - {paid.amount.currency.code}:
        return {}
    shares: dict[BrandId, Share] = {}
    nobodys: list[PayoutLine] = []
    for line in paid.lines:
        parts = _parts(line, owners, before)
        nobodys += () if parts else (line,)
        for brand, part in parts.items():
            shares[brand] = shares.get(brand, Share()).plus(part.net, part.fee)
    heir = _heir(shares, users)
    if heir is None:
        return {}
    for line in nobodys:
        shares[heir] = shares.get(heir, Share()).plus(line.net, line.fee)
    return shares


def _parts(line: PayoutLine, owners: Mapping[str, Owner], before: Mapping[str, Shares]) -> Shares:
    """Return whose a line is: a payment's brand's, or of the brands that had the pay-out which came back."""
    if line.of in owners:
        return {owners[line.of].brand: Share(line.net, line.fee)}
    earlier = before.get(line.of, {})
    is_whole = sum(share.net for share in earlier.values()) == line.net
    return {brand: Share(share.net) for brand, share in earlier.items()} if is_whole else {}


def _heir(shares: Shares, users: Sequence[BrandId]) -> BrandId | None:
    """Return who takes what is of no payment, or None."""
    if len(users) == 1:
        return users[0]
    return max(shares, key=lambda brand: (abs(shares[brand].net), brand), default=None)


def is_seen_in(words: str, *, gateway: str, proof: str) -> bool:
    """Say whether the words of a credit at the bank speak of a pay-out: by its id, or by the gateway's name.

    An amount alone is not enough: a customer may pay the same.
    """
    said = words.casefold()
    return proof.casefold() in said or gateway.casefold() in said


def is_about_then(arrives_on: date, booked_on: date) -> bool:
    """Say whether a bank may have booked a pay-out on a day."""
    return arrives_on - EARLY <= booked_on <= arrives_on + LATE
