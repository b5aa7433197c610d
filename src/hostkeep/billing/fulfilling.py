"""What billing's actions share: making the invoice that a proforma asked money for, inside their transaction.

Only modules of `billing.actions` and `billing.booking` call this.
"""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from hostkeep.billing.events import InvoicePaid
from hostkeep.billing.models import Allocation, CreditEntry, Invoice, InvoiceTax, Payment, ProformaEnded
from hostkeep.billing.queries.invoices import held_for
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.lines import Line, Prices, TaxSum, Totals, fingerprint
from hostkeep.billing.rules.numbering import INVOICE
from hostkeep.billing.rules.party import BilledTo
from hostkeep.billing.series import take_numbers
from hostkeep.billing.writing import Draft, copy_head, owe, titled_lines, write
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

    Returns the invoice, or None where credit does not cover it or it is withdrawn; then nothing was written.
    """
    if is_withdrawn(proforma):
        return None
    account, gross = AccountId(proforma.account), money(proforma.gross_minor, proforma.currency)
    code = chart.credit(account)
    legs = [Leg(code, gross), Leg(chart.receivable(account), -gross)]
    about = Ref("billing.invoice", proforma.id)
    if gross.minor:
        nothing = Money(0, gross.currency)
        try:
            book.post_covered(
                act, key=f"proforma:{proforma.id}", about=about, postings=legs, floors={code: nothing}
            )
        except NotCovered:
            return None
    invoice = _issue(act, proforma)
    _cover(act, invoice, came)
    # What was billed by the proforma is paid: services know it by the proforma's id.
    publish(act, InvoicePaid(InvoiceId(proforma.id), account))
    return invoice


def _issue(act: Act, proforma: Invoice) -> Invoice:
    """Write the invoice: the proforma's lines, tax and buyer under a number of its own, and owe it."""
    lines, sums = titled_lines(act, proforma), sums_of(proforma)
    to = BilledTo(AccountId(proforma.account), SubjectId(proforma.subject))
    draft = Draft(
        INVOICE, f"proforma:{proforma.id}", _content(lines, to), to, lines, sums,
        cast("Prices", proforma.prices), act.at, corrects=proforma.id,
    )  # fmt: skip
    number = take_numbers(act, brand(act.brand), kind=INVOICE, count=1)[0]
    invoice = write(act, draft, number)
    copy_head(act, of=proforma, to=invoice)
    owe(act, invoice, sums)
    return invoice


def _content(lines: tuple[Line, ...], to: BilledTo) -> str:
    """Return the digest of an invoice that is due at once."""
    return fingerprint(lines, account=str(to.account), due_in=timedelta())


def _cover(act: Act, invoice: Invoice, came: Payment | None) -> None:
    """Tell what covers the invoice: the payment that came for it first, the account's credit for the rest."""
    paid = 0
    if came is not None and came.currency == invoice.currency:
        paid = min(came.minor, invoice.gross_minor)
        Allocation.objects.create(payment=came, invoice=invoice, minor=paid, at=act.at)
    lacking = invoice.gross_minor - paid
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
