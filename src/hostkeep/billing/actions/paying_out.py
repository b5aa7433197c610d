"""Pay-outs of gateways: money leaves the gateway, is in transit, and reaches the bank; or comes back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID, uuid4

from hostkeep.audit.recorded import recorded
from hostkeep.billing.errors.payments import NoSuchPayment, SetAside
from hostkeep.billing.models import Payment, Payout
from hostkeep.billing.queries.payouts import awaited_in
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.aside import OPEN
from hostkeep.billing.rules.payouts import Shares
from hostkeep.billing.rules.reconciling import handle_of
from hostkeep.drivers.payouts import PaidOut
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, PaymentId, Ref
from hostkeep.kernel.money import Money, money
from hostkeep.ledger import book
from hostkeep.ledger.rules import Leg, without_empty


@dataclass(frozen=True, slots=True)
class PayoutKept:
    """A pay-out that is written down, all brands' shares of it.

    handle   made of the gateway and its id
    fresh    whether it was not known before
    differs  whether it stands for other money than is told now; then nothing was changed
    """

    handle: UUID
    fresh: bool
    differs: bool = False

    @property
    def ref(self) -> Ref:
        """The pay-out."""
        return Ref("billing.payout", self.handle)


@recorded("billing.payout.told")
def record_payout(
    act: Act, *, gateway: str, paid: PaidOut, shares: Shares, by_day: Collection[BrandId]
) -> PayoutKept:
    """Write down what a gateway tells of a pay-out, once a proof and brand, and how it stands now.

    shares  how it is parted among brands; looked at only where it is not known yet
    by_day  brands whose pay-outs are at the bank as soon as the gateway says so

    As it is made its money leaves the gateway's account and is in transit; what the gateway kept is a cost.
    What failed is at the gateway again, wherever it was booked, and stays failed.  What takes money from the
    bank is no credit in any file, so it arrives when the gateway says so.
    """
    known = _rows(gateway, paid.proof)
    handle = handle_of(f"{gateway}:{paid.proof}")
    if known and not _is_same(known, paid):
        return PayoutKept(handle, fresh=False, differs=True)
    rows = known or _made(act, gateway, paid, shares)
    for row in rows:
        row.arrives_on = paid.arrives_on
        if row.state != "failed" and paid.state == "failed":
            _bring_back(act, row)
        elif row.state == "under_way" and paid.state == "arrived":
            row.state = "arrived"
        is_seen = row.state == "arrived" and row.settled_at is None
        if is_seen and (row.brand in by_day or paid.amount.minor < 0):
            _settle(act, row)
        row.save(update_fields=["state", "arrives_on", "settled_at"])
    return PayoutKept(handle, fresh=not known)


@recorded("billing.payout.at_bank")
def settle_payout(act: Act, *, gateway: str, proof: str, bank_proof: str) -> PayoutKept:
    """Book a pay-out as being at the bank, because a bank file shows it; once, and not one that failed.

    bank_proof  the bank's own id of it: the same entry in another file is known by it
    """
    fresh = _settle_all(act, gateway, proof, bank_proof)
    return PayoutKept(handle_of(f"{gateway}:{proof}"), fresh=fresh)


@recorded("billing.payment.was_payout")
def call_payout(act: Act, *, payment: PaymentId, gateway: str, proof: str) -> PayoutKept:
    """Say that an unmatched payment was a gateway's pay-out: the bank's file was read before it was known.

    gateway, proof  of a pay-out in transit that has exactly its amount and a share of act.brand
    The pay-out is at the bank, and the payment counts no more.  Again: changes nothing.
    Raises NoSuchPayment, SetAside (also where no such pay-out is in transit).
    """
    row = Payment.objects.select_for_update().filter(id=payment, brand=act.brand).first()
    if row is None:
        raise NoSuchPayment
    handle = handle_of(f"{gateway}:{proof}")
    if row.aside == "payout":
        return PayoutKept(handle, fresh=False)
    came = money(row.minor, row.currency)
    fitting = {(one.gateway, one.proof) for one in awaited_in(came, act.brand)}
    is_free = row.account is None and row.gateway == chart.BANK and row.aside in OPEN
    if not is_free or (gateway, proof) not in fitting or not _settle_all(act, gateway, proof, row.proof):
        raise SetAside
    legs = [Leg(chart.unmatched(act.brand), came), Leg(chart.gateway(act.brand, chart.BANK), -came)]
    about = Ref("billing.payment", row.id)
    book.post(act, key=f"was_payout:{row.id}", about=about, postings=legs)
    row.aside, row.aside_why, row.aside_at = "payout", "own", act.at
    row.save(update_fields=["aside", "aside_why", "aside_at"])
    return PayoutKept(handle, fresh=True)


def _settle_all(act: Act, gateway: str, proof: str, bank_proof: str) -> bool:
    """Book all shares of a pay-out as being at the bank; say whether any was in transit."""
    waiting = [row for row in _rows(gateway, proof) if row.settled_at is None and row.state != "failed"]
    for row in waiting:
        _settle(act, row)
        row.bank_proof = bank_proof
        row.save(update_fields=["settled_at", "bank_proof"])
    return bool(waiting)


def _rows(gateway: str, proof: str) -> list[Payout]:
    """Return the shares of a pay-out, locked in one order for everybody."""
    found = Payout.objects.select_for_update().filter(gateway=gateway, proof=proof)
    return list(found.order_by("brand"))


def _is_same(rows: list[Payout], paid: PaidOut) -> bool:
    """Say whether a pay-out stands for the money that is told of it now."""
    minor, currencies = sum(row.minor for row in rows), {row.currency for row in rows}
    return minor == paid.amount.minor and currencies == {paid.amount.currency.code}


def _made(act: Act, gateway: str, paid: PaidOut, shares: Shares) -> list[Payout]:
    """Write a pay-out that is heard of for the first time, and book that its money left the gateway."""
    rows = [
        Payout(
            id=uuid4(), brand=brand, gateway=gateway, proof=paid.proof, minor=share.net, fee_minor=share.fee,
            currency=paid.amount.currency.code, arrives_on=paid.arrives_on, booked_at=act.at,
        )
        for brand, share in sorted(shares.items()) if share.net or share.fee
    ]  # fmt: skip
    Payout.objects.bulk_create(rows)
    for row in rows:
        amount, fee = _amount(row), money(row.fee_minor, row.currency)
        legs = [
            Leg(chart.in_transit(_brand(row)), amount),
            Leg(chart.fees(_brand(row)), fee),
            Leg(chart.gateway(_brand(row), gateway), -(amount + fee)),
        ]
        _post(act, row, f"payout:{row.id}", legs)
    return rows


def _settle(act: Act, row: Payout) -> None:
    """Book a share as being at the bank."""
    _move(act, row, "bank", source=chart.in_transit(_brand(row)), to=chart.gateway(_brand(row), chart.BANK))
    row.settled_at = act.at


def _bring_back(act: Act, row: Payout) -> None:
    """Book a share as being at the gateway again; what the gateway kept stays kept."""
    was = chart.gateway(_brand(row), chart.BANK) if row.settled_at else chart.in_transit(_brand(row))
    _move(act, row, "back", source=was, to=chart.gateway(_brand(row), row.gateway))
    row.state = "failed"


def _move(act: Act, row: Payout, step: str, *, source: str, to: str) -> None:
    """Book a share from one account code to another, once a step."""
    amount = _amount(row)
    _post(act, row, f"payout:{row.id}:{step}", [Leg(to, amount), Leg(source, -amount)])


def _post(act: Act, row: Payout, key: str, legs: list[Leg]) -> None:
    """Book an entry about a share, in its brand's books."""
    filled = without_empty(legs)
    if filled:
        book.post(act.of_brand(_brand(row)), key=key, about=Ref("billing.payout", row.id), postings=filled)


def _brand(row: Payout) -> BrandId:
    """Return whose share it is."""
    return BrandId(row.brand)


def _amount(row: Payout) -> Money:
    """Return what reaches the bank of a share."""
    return money(row.minor, row.currency)
