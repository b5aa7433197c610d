"""Credit: given, taken back, and used on invoices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from django.db.models import Sum

from hostkeep.audit.recorded import recorded
from hostkeep.billing import purse
from hostkeep.billing.booking import owed_on
from hostkeep.billing.errors.credit import BadCredit, CreditDiffers, NotEnoughCredit
from hostkeep.billing.errors.documents import AlreadyPaid, NoSuchInvoice
from hostkeep.billing.events import CreditGiven, InvoicePaid
from hostkeep.billing.models import Allocation, CreditEntry, Invoice
from hostkeep.billing.purse import Move
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.crediting import OWED_KINDS, Given, Reason
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId, Ref
from hostkeep.kernel.money import Currency, Money, money
from hostkeep.runtime.outbox import publish
from hostkeep.runtime.transactions import take_turn

GIVEN_KINDS = ("gift", "unused", "taken")

SOURCES: Mapping[Given, Callable[[BrandId], str]] = MappingProxyType({
    "gift": chart.gifts, "unused": chart.unused,
})  # fmt: skip
"""Out of which account code credit is given."""


@dataclass(frozen=True, slots=True)
class CreditMoved:
    """Credit that was given or taken.

    amount  what the account's credit grew by; negative where it was taken
    again   whether the same key had moved it before
    """

    entry: UUID
    amount: Money
    again: bool

    @property
    def ref(self) -> Ref:
        """The entry."""
        return Ref(purse.ENTRY, self.entry)


@dataclass(frozen=True, slots=True)
class CreditUsed:
    """Credit that went on an invoice.

    amount  what was used
    paid    whether nothing is owed on the invoice since; of a repeat, whether it is paid now
    again   whether the same key had used it before
    """

    entry: UUID
    invoice: InvoiceId
    amount: Money
    paid: bool
    again: bool

    @property
    def ref(self) -> Ref:
        """The entry."""
        return Ref(purse.ENTRY, self.entry)


@recorded("billing.credit.given")
def give_credit(
    act: Act, *, account: AccountId, amount: Money, kind: Given, once: str, reason: Reason | None = None
) -> CreditMoved:
    """Give an account of act.brand credit; the caller knows that it is this brand's.

    amount  with tax, more than nothing
    kind    "gift": the brand pays for it.  "unused": what was earned and will not be used; where an invoice
            is to be corrected, a credit note does that and needs none of this
    once    idempotency key, at most 64 characters

    Writes a CreditEntry, a ledger entry and a CreditGiven event, or nothing.
    Raises BadCredit, CreditDiffers.
    """
    if amount.minor <= 0:
        raise BadCredit(why="nothing")
    source = SOURCES[kind](purse.books_for(act, account))
    moved = purse.move(act, Move(account, amount, kind, once, None, reason or ""), against=source)
    if not moved.again:
        publish(act, CreditGiven(account))
    return CreditMoved(moved.entry, amount, moved.again)


@recorded("billing.credit.taken")
def take_credit(act: Act, *, account: AccountId, amount: Money, once: str, reason: Reason) -> CreditMoved:
    """Take credit back that was given: a mistake, or a gift that no longer holds.

    amount  with tax, more than nothing, and no more than there is or than was given and not taken back yet:
            what was paid in is the customer's own, and goes back by a refund

    Writes a CreditEntry and a ledger entry.
    Raises BadCredit, NotEnoughCredit (facts["held"]: what can be taken), CreditDiffers.
    """
    if amount.minor <= 0:
        raise BadCredit(why="nothing")
    take_turn(f"credit_given:{account}")
    given = _given(account, amount.currency)
    if amount.minor > given.minor and purse.known(once) is None:
        least = min(given.minor, purse.held(account, amount.currency).minor)
        raise NotEnoughCredit(held=max(0, least), currency=amount.currency.code)
    against = chart.gifts(purse.books_for(act, account))
    moved = purse.move(act, Move(account, -amount, "taken", once, None, reason), against=against)
    return CreditMoved(moved.entry, -amount, moved.again)


@recorded("billing.credit.used")
def use_credit(
    act: Act, *, account: AccountId, invoice: InvoiceId, amount: Money | None = None, once: str
) -> CreditUsed:
    """Use an account's credit on an invoice of its own.

    amount  at most what is owed and what there is; None: as much as both allow
    once    idempotency key, at most 64 characters; the same again changes nothing

    Credit of another currency than the invoice's covers nothing of it.
    Writes an Allocation, a CreditEntry and a ledger entry, and InvoicePaid where nothing is owed afterwards.
    Raises NoSuchInvoice (another account's or brand's, or a document on which nothing is ever owed),
    AlreadyPaid, BadCredit, NotEnoughCredit (there is none, or less than amount), CreditDiffers.
    """
    row = Invoice.objects.select_for_update().filter(
        id=invoice, brand=act.brand, account=account, kind__in=OWED_KINDS
    ).first()  # fmt: skip
    if row is None:
        raise NoSuchInvoice
    # With an amount the key is written first and the credit locked then, without one the reverse: under one
    # key both at once would wait for each other.
    take_turn(f"credit_used:{once}")
    if before := purse.known(once):
        return _again(before, row, amount)
    owed = owed_on(row)
    if owed.minor <= 0:
        raise AlreadyPaid(invoice=str(invoice))
    most = _checked(amount, owed) if amount else owed
    wanted = Move(account, -most, "used", once, row.id)
    against = chart.receivable(account)
    if amount:
        entry, used = purse.move(act, wanted, against=against).entry, most
    else:
        entry, used = purse.spend_up_to(act, wanted, against=against)
    Allocation.objects.create(source="credit", invoice=row, minor=used.minor, at=act.at)
    if used == owed:
        publish(act, InvoicePaid(invoice, account))
    return CreditUsed(entry, invoice, used, paid=used == owed, again=False)


def _given(account: AccountId, currency: Currency) -> Money:
    """Return what an account was given by hand or by a rule, less what of it was taken back."""
    entries = CreditEntry.objects.filter(account=account, currency=currency.code, kind__in=GIVEN_KINDS)
    return Money(entries.aggregate(sum=Sum("minor"))["sum"] or 0, currency)


def _checked(amount: Money, owed: Money) -> Money:
    """Refuse an amount that cannot go on an invoice."""
    if amount.currency != owed.currency:
        raise BadCredit(why="currency")
    if amount.minor <= 0:
        raise BadCredit(why="nothing")
    if amount.minor > owed.minor:
        raise BadCredit(why="more")
    return amount


def _again(before: CreditEntry, row: Invoice, amount: Money | None) -> CreditUsed:
    """Answer for a key that was used before, if it was used on this invoice, and for as much.

    "As much as both allow" is answered with whatever that was.
    """
    used = money(-before.minor, before.currency)
    if (before.kind, before.about, before.account) != ("used", row.id, row.account):
        raise CreditDiffers(entry=str(before.id))
    if amount is not None and amount != used:
        raise CreditDiffers(entry=str(before.id))
    paid = owed_on(row).minor <= 0
    return CreditUsed(before.id, InvoiceId(row.id), used, paid, again=True)
