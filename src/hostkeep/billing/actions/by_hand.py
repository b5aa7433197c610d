"""Money that a member of staff was given: cash, a cheque, another way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from hostkeep.audit.recorded import recorded
from hostkeep.billing.booking import Booked, Came, receive
from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.errors.payments import BadByHand, PaymentDiffers
from hostkeep.billing.models import Invoice, Payment
from hostkeep.billing.rules.gateways import BY_HAND, WAYS_BY_HAND
from hostkeep.billing.rules.numbering import CANARY, CREDIT_NOTE
from hostkeep.billing.transfers import Receipt
from hostkeep.brands.queries import brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import InvoiceId
from hostkeep.kernel.money import Money

LONGEST_KEY = 64


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken.

    how   a word of rules.gateways.WAYS_BY_HAND
    day   when; not after today in the brand's zone
    once  idempotency key, at most 64 ASCII characters: a double click takes it once
    """

    amount: Money
    how: str
    day: date
    once: str


@recorded("billing.payment.taken_by_hand")
def record_by_hand(act: Act, *, invoice: InvoiceId, taken: Taken) -> Receipt:
    """Write down money that staff were given for an invoice of act.brand.

    What is owed is paid first, the rest, and money in another currency, is the account's credit.  The same
    key again changes nothing; with other content it is refused.
    Writes a Payment, its ledger entry and events.
    Raises NoSuchInvoice (also for what nobody pays: a credit note, a canary's), BadByHand with facts["why"]
    "amount", "how", "day" or "once".
    """
    _check(act, taken)
    payable = Invoice.objects.select_for_update().exclude(kind__in=[CREDIT_NOTE, CANARY])
    sheet = payable.filter(id=invoice, brand=act.brand).first()
    if sheet is None:
        raise NoSuchInvoice
    proof = f"{taken.how}/{taken.once}"
    try:
        booked = receive(act, Came(BY_HAND, proof, taken.amount, booked_on=taken.day), invoice=sheet)
    except PaymentDiffers:
        raise BadByHand(why="once") from None
    if booked.again and not _is_same(booked, taken, sheet):
        raise BadByHand(why="once")
    return Receipt(booked, sheet.number)


def _is_same(booked: Booked, taken: Taken, sheet: Invoice) -> bool:
    """Say whether what stands under a key is what was typed now."""
    stands = Payment.objects.get(id=booked.payment)
    told = (stands.minor, stands.currency, stands.booked_on, stands.account)
    now = (taken.amount.minor, taken.amount.currency.code, taken.day, sheet.account)
    return told == now and booked.invoice in {None, InvoiceId(sheet.id)}


def _check(act: Act, taken: Taken) -> None:
    """Refuse what cannot have been taken.  Raises BadByHand."""
    if taken.amount.minor <= 0:
        raise BadByHand(why="amount")
    if taken.how not in WAYS_BY_HAND:
        raise BadByHand(why="how")
    if taken.day > act.at.astimezone(ZoneInfo(brand(act.brand).zone)).date():
        raise BadByHand(why="day")
    if not (0 < len(taken.once) <= LONGEST_KEY and taken.once.isascii() and taken.once.isprintable()):
        raise BadByHand(why="once")
