"""A document as a national system is handed it.  Pure; what is personal is in the package alone."""

from __future__ import annotations

from hostkeep.billing.einvoice.stating import nets_of
from hostkeep.billing.queries.invoices import InvoiceSheet
from hostkeep.billing.rules.lines import Line
from hostkeep.billing.rules.numbering import CREDIT_NOTE, DEBIT_NOTE
from hostkeep.drivers.einvoices import Before, EInvoiceAsk, EInvoiceLine, EInvoiceRate
from hostkeep.drivers.packages import Package
from hostkeep.kernel.ids import InvoiceId
from hostkeep.kernel.money import Money

BUYER = ("name", "company", "address", "city", "postal_code", "region", "country", "tax_id", "email")
"""What of a buyer's block a system may be told."""


def slot_of(document: InvoiceId) -> str:
    """Return the ticket of a document's hand-over, and the vault's slot of what is stated of its buyer."""
    return f"einvoice:{document}"


def ask_of(found: InvoiceSheet, *, once: str, before: Before | None, package: Package | None) -> EInvoiceAsk:
    """Return a document as it is handed in.

    before  of a note, what it corrects
    """
    nets, taxes = nets_of(found), taxes_of(found)
    return EInvoiceAsk(
        once=once, number=found.number, issued_at=found.issued_at,
        nature="adjusting" if found.kind in {CREDIT_NOTE, DEBIT_NOTE} else "original",
        adds=found.kind != CREDIT_NOTE, before=before,
        lines=tuple(map(_line, found.lines, nets, taxes)),
        rates=tuple(EInvoiceRate(rate.category, rate.rate, rate.net, rate.tax) for rate in found.rates),
        net=found.net, tax=found.tax, gross=found.gross, package=package,
    )  # fmt: skip


def taxes_of(found: InvoiceSheet) -> tuple[Money, ...]:
    """Return each line's part of the tax; those of one rate sum to that rate's tax, to the last unit."""
    nets = nets_of(found)
    left = {(rate.rate, rate.category, rate.exemption): rate.tax for rate in found.rates}
    last = {line.taxed: place for place, line in enumerate(found.lines)}
    taxes: list[Money] = []
    for place, (line, net) in enumerate(zip(found.lines, nets, strict=True)):
        tax = left[line.taxed] if last[line.taxed] == place else net.tax(line.tax_rate)
        left[line.taxed] = left[line.taxed] - tax
        taxes.append(tax)
    return tuple(taxes)


def _line(line: Line, net: Money, tax: Money) -> EInvoiceLine:
    """Return a line; its unit price is what the quantity of it comes to, without tax."""
    unit = Money(net.minor // line.quantity, net.currency) if net.minor % line.quantity == 0 else net
    quantity = line.quantity if net.minor % line.quantity == 0 else 1
    return EInvoiceLine(quantity, unit, net, tax, line.tax_rate, line.tax_category)
