"""What billing's actions share: making the invoice that a proforma asked money for, inside their transaction.

Only modules of `billing.actions` and `billing.booking` call this.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import cast

from hostkeep.billing.events import InvoicePaid
from hostkeep.billing.models import Allocation, CreditEntry, Invoice, InvoiceTax, Payment, ProformaEnded
from hostkeep.billing.queries.invoices import held_for, sheet
from hostkeep.billing.rerating import rates_since
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.lines import Line, Prices, TaxSum, Totals, fingerprint, totals
from hostkeep.billing.rules.numbering import INVOICE
from hostkeep.billing.rules.party import BilledTo
from hostkeep.billing.rules.rerating import is_rated, rerated
from hostkeep.billing.series import take_numbers
from hostkeep.billing.writing import GONE, Draft, copy_head, owe, titled_lines, write
from hostkeep.brands.queries import brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, Ref, SubjectId
from hostkeep.kernel.money import Money, money
from hostkeep.ledger import book
from hostkeep.ledger.errors import NotCovered
from hostkeep.ledger.rules import Leg
from hostkeep.runtime.outbox import publish


def invoice_for(proforma: Invoice) -> Invoice | None:
    """Return the invoice that a proforma led to, or None while it is open."""
    return Invoice.objects.filter(corrects=proforma, kind=INVOICE).first()


def is_withdrawn(proforma: Invoice) -> bool:
    """Say whether a proforma asks for nothing more, and no invoice will follow it."""
    return ProformaEnded.objects.filter(invoice=proforma).exists()


def asked_by(proforma: Invoice) -> Money:
    """Return what is still to come for a proforma: what the account's credit lacks.

    Nothing for one that is withdrawn.  Where credit would do and its owner has not used it, all of it is
    asked for.
    """
    gross = money(proforma.gross_minor, proforma.currency)
    if invoice_for(proforma) is not None or is_withdrawn(proforma):
        return gross.times(0)
    held = held_for(AccountId(proforma.account), gross.currency)
    return gross - held if held.minor < gross.minor else gross


def fulfil(act: Act, proforma: Invoice, *, came: Payment | None = None) -> Invoice | None:
    """Issue and cover the invoice of an open proforma if the account's credit comes to as much.

    proforma  its row locked by the caller: once fulfilled, it stays so
    came      the payment that has just become credit, and now goes on the invoice first

    The invoice bears the tax of the day on which the money came.  Where that makes it less than was asked,
    the rest stays credit; where it makes it more, which prices without tax alone can, what was asked covers
    it, what it bought is given, and the difference is owed on it.
    Returns the invoice, or None where credit does not cover it or it is withdrawn; then nothing was written.
    """
    if is_withdrawn(proforma):
        return None
    since = rates_since(act, proforma, booked_on=came.booked_on if came else None)
    sums = _sums(proforma, since)
    account, asked = AccountId(proforma.account), money(proforma.gross_minor, proforma.currency)
    taken = min(asked, sums.gross, key=lambda each: each.minor)
    code = chart.credit(account)
    legs = [Leg(code, taken), Leg(chart.receivable(account), -taken)]
    about = Ref("billing.invoice", proforma.id)
    if taken.minor:
        nothing = Money(0, taken.currency)
        try:
            book.post_covered(
                act, key=f"proforma:{proforma.id}", about=about, postings=legs, floors={code: nothing}
            )
        except NotCovered:
            return None
    invoice = _issue(act, proforma, rerated(titled_lines(act, proforma), since), sums)
    _cover(act, invoice, taken, came)
    # What was billed by the proforma is paid: services know it by the proforma's id.
    publish(act, InvoicePaid(InvoiceId(proforma.id), account))
    return invoice


def _sums(proforma: Invoice, since: Callable[[int], int]) -> Totals:
    """Return what the invoice comes to: what the proforma did, where no rate has changed."""
    before = sums_of(proforma)
    if not any(is_rated(each.category) and since(each.rate) != each.rate for each in before.rates):
        return before
    found = sheet(InvoiceId(proforma.id), of=AccountId(proforma.account))
    return totals(rerated(found.without(GONE).lines, since), prices=cast("Prices", proforma.prices))


def _issue(act: Act, proforma: Invoice, lines: Sequence[Line], sums: Totals) -> Invoice:
    """Write the invoice: the proforma's lines and buyer under a number of its own, and owe it.

    What is left to pay on it is due in as much time as the proforma gave.
    """
    to = BilledTo(AccountId(proforma.account), SubjectId(proforma.subject))
    draft = Draft(
        INVOICE, f"proforma:{proforma.id}", _content(lines, to), to, lines, sums,
        cast("Prices", proforma.prices), act.at + _time_for(proforma, sums), corrects=proforma.id,
    )  # fmt: skip
    number = take_numbers(act, brand(act.brand), kind=INVOICE, count=1)[0]
    invoice = write(act, draft, number)
    copy_head(act, of=proforma, to=invoice)
    owe(act, invoice, sums)
    return invoice


def _time_for(proforma: Invoice, sums: Totals) -> timedelta:
    """Return the time there is to pay what was not asked for before: none, where that is nothing."""
    is_more = sums.gross.minor > proforma.gross_minor
    return proforma.due_at - proforma.issued_at if is_more else timedelta()


def _content(lines: Sequence[Line], to: BilledTo) -> str:
    """Return the digest of an invoice that is due at once."""
    return fingerprint(lines, account=str(to.account), due_in=timedelta())


def _cover(act: Act, invoice: Invoice, taken: Money, came: Payment | None) -> None:
    """Tell what covers the invoice: the payment that came for it first, the account's credit for the rest.

    taken  what was taken from credit for it
    """
    paid = 0
    if came is not None and came.currency == invoice.currency:
        paid = min(came.minor, taken.minor)
        Allocation.objects.create(payment=came, invoice=invoice, minor=paid, at=act.at)
    lacking = taken.minor - paid
    if lacking:
        Allocation.objects.create(source="credit", invoice=invoice, minor=lacking, at=act.at)
        CreditEntry.objects.create(
            once=f"proforma:{invoice.corrects_id}", brand=act.brand, account=invoice.account, kind="used",
            minor=-lacking, currency=invoice.currency, about=invoice.id, at=act.at,
        )  # fmt: skip


def sums_of(invoice: Invoice) -> Totals:
    """Return what a document comes to, as it stands."""
    code = invoice.currency
    rates = tuple(
        TaxSum(tax.rate, money(tax.net_minor, code), money(tax.tax_minor, code), tax.category, tax.exemption)
        for tax in InvoiceTax.objects.filter(invoice=invoice).order_by("rate", "category", "exemption")
    )
    net, tax = money(invoice.net_minor, code), money(invoice.tax_minor, code)
    return Totals(net, tax, money(invoice.gross_minor, code), rates)
