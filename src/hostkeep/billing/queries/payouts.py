"""Pay-outs as they are read: whose they are, what is in transit, and what a gateway should hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from django.db.models import Q, Sum

from hostkeep.billing.models import Payment, Payout, Refund
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.payouts import Owner, Share, Shares
from hostkeep.drivers.payouts import PayoutState
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import Currency, Money, money
from hostkeep.ledger import book

PORTION = 5_000
"""Proofs that are asked for in one query."""


@dataclass(frozen=True, slots=True)
class PayoutRow:
    """A brand's share of a pay-out.

    fee         what the gateway kept of it
    settled_at  when it was booked as being at the bank, or None
    seen        whether a bank file showed it
    """

    brand: BrandId
    gateway: str
    proof: str
    amount: Money
    fee: Money
    arrives_on: date
    state: PayoutState
    booked_at: datetime
    settled_at: datetime | None
    seen: bool

    @property
    def in_transit(self) -> bool:
        """Whether it has left the gateway, and no bank has told of it."""
        return self.settled_at is None and self.state != "failed"


@dataclass(frozen=True, slots=True)
class Awaited:
    """A pay-out that a bank is to show: all shares of it together."""

    gateway: str
    proof: str
    arrives_on: date


def payouts(*, brand: BrandId | None, first: int, skip: int = 0) -> tuple[PayoutRow, ...]:
    """Return shares of pay-outs, newest first; of all brands where None."""
    found = Payout.objects.all() if brand is None else Payout.objects.filter(brand=brand)
    rows = found.order_by("-booked_at", "-arrives_on", "proof", "brand")[skip : skip + first]
    return tuple(_row(row) for row in rows)


def in_transit(*, brand: BrandId | None) -> tuple[PayoutRow, ...]:
    """Return shares that left the gateway and no bank has told of, the oldest first; of all where None."""
    found = Payout.objects.filter(settled_at=None).exclude(state="failed")
    rows = found if brand is None else found.filter(brand=brand)
    return tuple(_row(row) for row in rows.order_by("arrives_on", "proof", "brand"))


def parted_before(gateway: str, proofs: Collection[str]) -> Mapping[str, Shares]:
    """Return how pay-outs that are written down were parted, by proof."""
    found: dict[str, dict[BrandId, Share]] = {}
    for row in Payout.objects.filter(gateway=gateway, proof__in=proofs):
        found.setdefault(row.proof, {})[BrandId(row.brand)] = Share(row.minor, row.fee_minor)
    return found


def owners_of(gateway: str, proofs: Collection[str]) -> Mapping[str, Owner]:
    """Return whose each payment of a gateway is, by its proof; what is no payment of ours is left out."""
    wanted, found = sorted(proofs), dict[str, Owner]()
    for start in range(0, len(wanted), PORTION):
        rows = Payment.objects.filter(gateway=gateway, proof__in=wanted[start : start + PORTION])
        for proof, brand, currency in rows.values_list("proof", "brand", "currency"):
            found[proof] = Owner(BrandId(brand), currency)
    return found


def users_of(gateway: str) -> tuple[BrandId, ...]:
    """Return the brands that have payments of a gateway."""
    found = Payment.objects.filter(gateway=gateway).order_by("brand").values_list("brand", flat=True)
    return tuple(BrandId(brand) for brand in found.distinct())


def stands_at(gateway: str, brands: Collection[BrandId], currency: Currency) -> Money:
    """Return what brands' books say is at a gateway, less refunds that it carries out just now."""
    going = Refund.objects.filter(
        gateway=gateway, brand__in=brands, currency=currency.code, state="waiting"
    ).aggregate(sum=Sum("minor"))["sum"]
    whole = Money(-(going or 0), currency)
    for brand in brands:
        whole += book.balance(chart.gateway(brand, gateway), currency)
    return whole


def awaited_in(amount: Money, brand: BrandId) -> tuple[Awaited, ...]:
    """Return pay-outs in transit whose whole is an amount, and that have a share of a brand, oldest first."""
    open_ones = Payout.objects.filter(settled_at=None, currency=amount.currency.code).exclude(state="failed")
    mine = set(open_ones.filter(brand=brand).values_list("gateway", "proof"))
    wholes: dict[tuple[str, str], int] = {}
    days: dict[tuple[str, str], date] = {}
    for row in open_ones.filter(proof__in=[proof for _, proof in mine]):
        key = (row.gateway, row.proof)
        wholes[key] = wholes.get(key, 0) + row.minor
        days[key] = row.arrives_on
    fitting = [key for key in mine if wholes.get(key) == amount.minor]
    return tuple(Awaited(*key, days[key]) for key in sorted(fitting, key=lambda key: (days[key], key)))


def is_known_at_bank(bank_proof: str, alike: Sequence[str], amount: Money) -> bool:
    """Say whether an entry of a bank is a pay-out that is booked already.

    alike  other ids of the entry, if it is of the same amount
    """
    if Payout.objects.filter(bank_proof=bank_proof).exists():
        return True
    found = Payout.objects.filter(bank_proof__in=alike, currency=amount.currency.code)
    sums = found.order_by().values_list("bank_proof").annotate(sum=Sum("minor"))
    return any(minor == amount.minor for _, minor in sums)


def is_written_down(gateway: str, proof: str, alike: Sequence[str], amount: Money) -> bool:
    """Say whether money that came stands as a payment already.  alike: as in `is_known_at_bank`."""
    same = Q(proof__in=alike, minor=amount.minor, currency=amount.currency.code)
    return Payment.objects.filter(Q(proof=proof) | same, gateway=gateway).exists()


def _row(row: Payout) -> PayoutRow:
    """Freeze a share."""
    return PayoutRow(
        BrandId(row.brand), row.gateway, row.proof, money(row.minor, row.currency),
        money(row.fee_minor, row.currency), row.arrives_on, cast("PayoutState", row.state), row.booked_at,
        row.settled_at, bool(row.bank_proof),
    )  # fmt: skip
