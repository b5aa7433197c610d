"""From a cart to an order that is owed: the quote, the order, its invoice and its services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from hostkeep.billing.actions.issuing import issue_invoice
from hostkeep.billing.bills import Issued
from hostkeep.billing.events import InvoicePaid
from hostkeep.billing.queries.invoices import invoice_by_once, listed
from hostkeep.billing.rules.lines import Line, Prices, TaxSum, Totals, totals
from hostkeep.billing.rules.numbering import numbered_at
from hostkeep.billing.rules.party import BilledTo, Party, to_json
from hostkeep.billing.rules.taxing.codes import STANDARD
from hostkeep.billing.rules.taxing.deciding import TaxDecided
from hostkeep.billing.rules.taxing.placing import NumberState
from hostkeep.brands.applying import policy_for, rejected
from hostkeep.brands.errors import RulesRejected
from hostkeep.brands.queries import BrandRow, brand, policy_in_force
from hostkeep.flows import activation, promoting, subscribing
from hostkeep.flows.buyers import party_of
from hostkeep.flows.number_checking import check_number
from hostkeep.flows.order_lines import Wording, invoice_lines
from hostkeep.flows.payer_places import learn_country
from hostkeep.flows.taxing import Taxing, cart_lines, taxing_many, taxing_of
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import (
    AccountId,
    BrandId,
    CartId,
    CategoryId,
    InvoiceId,
    OrderId,
    PurposeId,
    SubjectId,
)
from hostkeep.kernel.money import Money
from hostkeep.kernel.period import Period
from hostkeep.kernel.sealed import Sealed
from hostkeep.people.closings import hold_open
from hostkeep.people.errors import AccountNotOpen
from hostkeep.people.queries import AccountRow, account_asked, only_account
from hostkeep.people.queries import account as account_row
from hostkeep.people.rules.closing import OPEN
from hostkeep.provisioning.actions.opening import Bought, open_service
from hostkeep.runtime.deeds import NewKey, deed
from hostkeep.runtime.together import Question, ask
from hostkeep.runtime.transactions import assert_outside
from hostkeep.shop.actions.ordering import Placed
from hostkeep.shop.actions.ordering import place_order as place
from hostkeep.shop.errors import NoSuchCart, NoSuchOrder, OnceReused
from hostkeep.shop.events import OrderPlaced
from hostkeep.shop.queries import orders
from hostkeep.shop.queries.order_rows import OrderRow, OrderTold
from hostkeep.shop.queries.promos import redemption_of
from hostkeep.shop.rules.rows import CartRow, LineRow
from hostkeep.vault import door
from hostkeep.vault.column_door import hold_keys, use_columns

BILLING = PurposeId("billing")
ORDER = PurposeId("order")
SERVICE = PurposeId("service")
TIME_TO_PAY = timedelta(days=7)
CONSUMERS = frozenset({"destination", "threshold"})
"""Rules of a consumer elsewhere: a business with a valid number would bear no tax."""
SEALED = (CategoryId("cart"), CategoryId("chosen_service"), CategoryId("invoice_party"))
"""What a checkout reads and seals of its buyer, from the cart to the invoice and the services."""


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """What a cart would come to.

    lines     the cart's lines, sealed
    net, tax, gross  net + tax = gross
    listed    the cart's sum in list prices, its code's discount taken off
    rates     the tax by rate and category
    decided   why it bears that tax
    number    how the buyer's tax number stands
    """

    lines: Sealed[tuple[LineRow, ...]]
    net: Money
    tax: Money
    gross: Money
    listed: Money
    rates: tuple[TaxSum, ...]
    decided: TaxDecided
    number: NumberState = "none"

    @property
    def bears_tax(self) -> bool:
        """Whether the decision is one to charge tax, and not all that lies in the cart is exempt from it."""
        charged = not self.rates or any(each.category == STANDARD for each in self.rates)
        return charged and self.decided.category == STANDARD

    @property
    def for_want_of(self) -> NumberState:
        """How the number stands for want of which tax is charged; "none" where no number would change it."""
        return self.number if self.bears_tax and self.decided.rule in CONSUMERS else "none"


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order and the invoice it made."""

    order: OrderId
    invoice: InvoiceId


def quote(act: Act, *, cart: CartRow, account: AccountId | None = None) -> QuoteRow:
    """Say what a cart would come to, taxes and all.

    account  whose tax it is; None for a visitor, who bears the seller's own rate

    Reads the brand alone, and where that has a `[tax]` what the policy lets billing know of the buyer.
    """
    buyer = account_row(account) if account is not None else None
    return _quoted(cart, taxing_of(act, buyer))


def _quoted(cart: CartRow, taxing: Taxing) -> QuoteRow:
    """Say what a cart would come to for a buyer whose tax is known."""
    listed, decided = cart.due, taxing.decide()
    if not cart.pieces:
        zero = Money(0, cart.currency)
        return QuoteRow(cart.lines, zero, zero, zero, zero, (), decided, taxing.buyer.number)
    sums = _sums(cart_lines(taxing, cart), taxing.brand)
    return QuoteRow(
        cart.lines, sums.net, sums.tax, sums.gross, listed, sums.rates, decided, taxing.buyer.number
    )  # fmt: skip


def place_order(
    act: Act, *, cart: CartId, account: AccountId, expected: Money, once: str,
    answers: Mapping[CategoryId, str],
) -> Ordered:  # fmt: skip
    """Order all that lies in a cart, at the amount the customer saw or not at all, and owe it.

    expected  the gross of the quote that the page showed
    once      idempotency key, made for each page that was shown
    answers   what the order form asked beyond sign-up, by category

    The same key again, also at the same moment, is the same order with the same invoice.
    Raises CartEmpty, PriceChanged, SoldOut, NotForSale, OnceReused (another amount), RulesRejected,
    AccountNotOpen and the vault's refusals; PromoGone and its kin where the amount had a discount in it that
    is no longer given.
    """
    assert_outside()
    stands, accounts = ask(orders.once_asked(act.brand, once), account_asked(account))
    known, buyer = orders.order_of_once(stands), only_account(accounts)
    if known is not None and known.account != account:
        raise NoSuchCart
    agreed = _Agreed(buyer) if known else _agreed(act, buyer)
    with deed(whole=True):  # the order, its invoice and its services: all of them stand, or none
        hold_open(account, _keys_of(act, buyer))
        if known is None:
            known, agreed = _place(act, agreed, cart=cart, expected=expected, once=once)
        for category, value in answers.items():
            door.put(act.for_purpose(ORDER), subject=buyer.subject, category=category, value=value)
        billed = _completed(act, known, agreed)
        if billed.gross != expected:
            raise OnceReused
    _begin_if_paid(act, known, billed)
    return Ordered(known.id, billed.id)


@dataclass(frozen=True, slots=True)
class _Agreed:
    """What is known of an order when it is completed, so that nothing of it is read again.

    buyer   whose account it is of
    taxing  as when the amount was agreed; None: by what is known of the buyer now
    placed  what the shop wrote just now; None where the order stood before
    """

    buyer: AccountRow
    taxing: Taxing | None = None
    placed: Placed | None = None

    @property
    def told(self) -> OrderTold | None:
        """What was ordered, as it was written just now: nothing is opened to know it."""
        return self.placed.told if self.placed else None


def _taxing_now(act: Act, buyer: AccountRow) -> Taxing:
    """Say how a buyer is taxed, after asking what is not known yet.

    It is decided once and goes with the order to its invoice: what becomes known in between changes nothing.
    """
    learn_country(act, account=buyer)
    check_number(act, account=buyer)
    return taxing_of(act, buyer)


def _refuse_closed(buyer: AccountRow) -> None:
    """Sell nothing to an account that is closed, or being closed.  Raises AccountNotOpen."""
    if buyer.state != OPEN:
        raise AccountNotOpen(state=buyer.state)


def _refuse_who_rejected(act: Act, buyer: AccountRow) -> None:
    """Sell nothing new to who said no to the rules in force.  Raises RulesRejected."""
    said_no = rejected(act.brand, buyer.subject)
    if said_no is not None:
        raise RulesRejected(clause=policy_in_force(act.brand, act.at).notice.clause)


def _agreed(act: Act, buyer: AccountRow) -> _Agreed:
    """Say by what a new order of a buyer is agreed, strangers asked about them.  Raises as place_order."""
    _refuse_closed(buyer)
    _refuse_who_rejected(act, buyer)
    return _Agreed(buyer, _taxing_now(act, buyer))


def _place(
    act: Act, agreed: _Agreed, *, cart: CartId, expected: Money, once: str
) -> tuple[OrderRow, _Agreed]:
    """Place an order that is not known yet, unless a twin of this very post was faster."""
    taxing = agreed.taxing or taxing_of(act, agreed.buyer)
    placed = place(
        act, cart=cart, account=agreed.buyer.id, currency=expected.currency.code, expected=expected,
        once=once, comes_to=lambda lying: _quoted(lying, taxing).gross,
    )  # fmt: skip
    return placed.told or orders.order(placed.order), replace(agreed, placed=placed)


def on_order_placed(act: Act, event: OrderPlaced) -> None:
    """Finish an order whose checkout was cut off: invoice and services, if they are not there yet.

    One whose account was closed meanwhile stays as it is: nothing of it is owed, and its promo code is free.
    """
    order = orders.order(event.order)
    if account_row(order.account).state == OPEN:
        complete_order(act.for_purpose(ORDER), order=order)
    else:
        promoting.give_up(act.of_brand(order.brand), order=order.id)


def complete_order(act: Act, *, order: OrderRow, taxing: Taxing | None = None) -> InvoiceId:
    """Issue an order's invoice and open its services; what is done already stays as it is.

    taxing  as it was when the amount was agreed; None: by what is known of the buyer now

    Raises NoSuchOrder where what was ordered is erased.
    """
    agreed = _Agreed(account_row(order.account), taxing)
    with deed(whole=True):
        hold_open(order.account, _keys_of(act.of_brand(order.brand), agreed.buyer))
        billed = _completed(act, order, agreed)
    _begin_if_paid(act, order, billed)
    return billed.id


@dataclass(frozen=True, slots=True)
class _Billed:
    """The invoice of an order.  is_paid: and not taken back."""

    id: InvoiceId
    gross: Money
    is_paid: bool


def _begin_if_paid(act: Act, order: OrderRow, billed: _Billed) -> None:
    """Begin what is paid already, outside any transaction: another tab paid it, or nothing is owed.

    It may have been paid before its services were there; then nobody else starts them.
    """
    if billed.is_paid:
        as_system = act.of_brand(order.brand).in_role("system").for_purpose(BILLING)
        activation.on_invoice_paid(as_system, InvoicePaid(billed.id, order.account))


def _keys_of(act: Act, buyer: AccountRow) -> Question[None]:
    """Return the question by which a checkout takes the keys under which it reads and seals."""
    return hold_keys(act, subject=buyer.subject, categories=SEALED)


def _completed(act: Act, order: OrderRow, agreed: _Agreed) -> _Billed:
    """Complete an order; return what was billed."""
    under = act.of_brand(order.brand).in_role("system").for_purpose(ORDER)
    if agreed.told is not None:
        return _complete(under, agreed.told, agreed)
    return use_columns(under, wishes=[order.wish], fn=lambda told: _complete(under, told[0], agreed))


def _complete(act: Act, order: OrderTold | None, agreed: _Agreed) -> _Billed:
    """Issue the invoice and open the services of an order that is told."""
    if order is None:
        raise NoSuchOrder
    as_system, placed = act.for_purpose(BILLING), agreed.placed
    language = agreed.buyer.language or brand(order.brand).languages[0]
    used = redemption_of(order.id) if placed is None or placed.told is None or placed.has_code else None
    wording = Wording(language, used)
    known = None if agreed.told else invoice_by_once(_once(order))
    billed = _listed(known) if known else _issued(_issue(as_system, order, wording, agreed), order.brand)
    _open(as_system.for_purpose(SERVICE), order, billed.id, agreed, wording)
    if used is not None:
        promoting.billed(as_system, used, billed.id)
    return billed


def _issued(issued: Issued, brand_id: BrandId) -> _Billed:
    """Say what was billed by an invoice that was issued just now, or by a twin of this deed."""
    is_proforma = numbered_at(brand(brand_id).words) == "payment"  # credit may have paid it as it was issued
    if issued.again or is_proforma or not issued.gross.minor:
        return _listed(issued.id)
    return _Billed(issued.id, issued.gross, is_paid=False)  # nobody has seen it yet


def _listed(invoice: InvoiceId) -> _Billed:
    """Say what was billed by an invoice, as it stands."""
    row = listed(invoice)
    return _Billed(invoice, row.gross, is_paid=row.is_paid and not row.is_taken_back)


def _open(
    act: Act, order: OrderTold, invoice: InvoiceId, agreed: _Agreed, wording: Wording
) -> None:
    """Open a service and its subscription for each piece of an order."""
    language, buyer = wording.language, agreed.buyer
    for row in order.told:
        for piece in range(row.quantity):
            once = f"order:{row.id}:{piece}"
            opened = open_service(
                act,
                account=order.account,
                subject=buyer.subject,
                bought=Bought(row.described(language), row.product, row.driver, row.spec),
                invoice=invoice,
                order_line=row.id,
                once=NewKey(once) if agreed.told is not None else once,
            )
            subscribing.subscribe(
                act,
                account=order.account,
                subject=buyer.subject,
                opened=opened,
                line=row,
                language=language,
                discount=promoting.of_piece(row, wording.used, language, piece),
            )


def _issue(act: Act, order: OrderTold, wording: Wording, agreed: _Agreed) -> Issued:
    """Issue an order's invoice, taxed as was agreed, else by what is known of the buyer now."""
    buyer = agreed.buyer
    party: Party = party_of(act, buyer)
    taxing = agreed.taxing or taxing_many(act, {buyer.id: party})[buyer.id]
    placed = Period(order.placed_at, order.placed_at)
    lines = [line for row in order.told for line in invoice_lines(row, taxing, wording, placed)]
    party_json = to_json(taxing.placed(party)) if _keeps_party(act, buyer.subject) else ""
    return issue_invoice(
        act, to=BilledTo(order.account, buyer.subject, party_json, taxing.decision), lines=lines,
        due_in=TIME_TO_PAY, once=_once(order), is_canary=buyer.canary,
    )  # fmt: skip


def _once(order: OrderTold) -> str:
    """Return the key of an order's invoice."""
    return f"order:{order.id}"


def _sums(lines: tuple[Line, ...], seller: BrandRow) -> Totals:
    """Add lines up as the brand's prices are meant."""
    prices: Prices = "gross" if seller.prices == "gross" else "net"
    return totals(lines, prices=prices)


def _keeps_party(act: Act, buyer: SubjectId) -> bool:
    """Say whether the policy that applies to a buyer has a place for the buyer's block."""
    return CategoryId("invoice_party") in policy_for(act.brand, buyer, act.at).categories
