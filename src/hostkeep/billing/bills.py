"""What billing's actions share: billing something once, by the document that fits, inside their transaction.

Only modules of `billing.actions` call this; whoever calls them gets Issued.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from django.db.models import QuerySet

from hostkeep.billing.boxing import PARTY, is_same
from hostkeep.billing.errors.documents import IssuedDifferently
from hostkeep.billing.events import InvoiceIssued, InvoicePaid
from hostkeep.billing.fulfilling import fulfil
from hostkeep.billing.models import Invoice, TaxDecision
from hostkeep.billing.rules.crediting import applies_at_issue
from hostkeep.billing.rules.lines import Line, Prices, check, fingerprint, totals
from hostkeep.billing.rules.numbering import PROFORMA, Kind
from hostkeep.billing.rules.party import BilledTo
from hostkeep.billing.rules.taxing.deciding import TaxDecided
from hostkeep.billing.series import lock_series_and, number_next
from hostkeep.billing.writing import Draft, owe, write
from hostkeep.brands.queries import brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, Ref
from hostkeep.kernel.money import Money, money
from hostkeep.runtime.deeds import NewKey
from hostkeep.runtime.outbox import publish
from hostkeep.runtime.written import objects
from hostkeep.vault import door


@dataclass(frozen=True, slots=True)
class Issued:
    """A document that stands.

    number  "VS-2026-000017"
    gross   what it comes to
    again   whether the same key had issued it before this call
    """

    id: InvoiceId
    number: str
    gross: Money
    again: bool

    @property
    def ref(self) -> Ref:
        """The document."""
        return Ref("billing.invoice", self.id)


def bill(act: Act, draft: Draft) -> Issued:
    """Write a bill once, book what it makes owed, and tell the house; a proforma owes nothing.

    Raises IssuedDifferently.
    """
    issued, invoice = _write_once(act, draft)
    if invoice is None:
        return issued
    account, is_free = AccountId(invoice.account), draft.sums.gross.minor == 0
    if draft.kind == PROFORMA:
        publish(act, InvoiceIssued(issued.id, account))
        if is_free or applies_at_issue(brand(act.brand).words):
            fulfil(act, invoice)
        return issued
    owe(act, invoice, draft.sums)
    # An invoice over nothing moves no money and is paid at once.
    if is_free:
        publish(act, InvoicePaid(issued.id, account))
    return issued


def draft_bill(
    act: Act, kind: Kind, *, to: BilledTo, lines: Sequence[Line], due_in: timedelta, once: str
) -> Draft:
    """Check and add up what is to be billed.  Raises EmptyInvoice, BadLine, TwoCurrencies."""
    check(lines, due_in=due_in)
    prices = cast("Prices", brand(act.brand).prices)
    content = fingerprint(lines, account=str(to.account), due_in=due_in)
    sums = totals(lines, prices=prices)
    return Draft(kind, once, content, to, lines, sums, prices, act.at + due_in)


def _write_once(act: Act, draft: Draft) -> tuple[Issued, Invoice | None]:
    """Write a bill with its head, under the next number of its series; once a key.

    The invoice is None where the key was used before.  Raises IssuedDifferently.
    """
    seller = brand(act.brand)
    # Asked under the lock: a twin that waited here must not take a second number.
    series, (stands,) = lock_series_and(act, seller, draft.kind, objects(_by_once, draft.once))
    for known in stands:
        return again(act, known, draft.content), None
    number, taken = number_next(series, seller)
    invoice = write(act, draft, number, taken=[taken])
    to = draft.to
    _write_why(invoice, to.decision)
    if to.party_json:
        # A proforma that credit pays at once has its block copied in this very deed.
        slot = str(invoice.id) if draft.kind == PROFORMA else NewKey(invoice.id)
        door.put(act, subject=to.subject, category=PARTY, value=to.party_json, slot=slot)
    return Issued(InvoiceId(invoice.id), invoice.number, draft.sums.gross, again=False), invoice


def _by_once(once: str) -> QuerySet[Invoice]:
    """Return the query of the document that a key made."""
    return Invoice.objects.filter(once=once)


def again(act: Act, known: Invoice, content: str) -> Issued:
    """Answer for a key that was used before, if it was used for the same content."""
    if not is_same(act, known, content):
        raise IssuedDifferently(invoice=str(known.id))
    return Issued(InvoiceId(known.id), known.number, money(known.gross_minor, known.currency), again=True)


def _write_why(invoice: Invoice, decision: TaxDecided | None) -> None:
    """Write why the document bears its tax, where that was asked."""
    if decision is not None:
        TaxDecision.objects.create(
            invoice=invoice, rule=decision.rule, country=decision.country, region=decision.region,
            proofs=" ".join(decision.proofs),
        )  # fmt: skip
