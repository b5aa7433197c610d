"""Several documents paid at once: by one payment at a gateway, or from credit."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid5

from hostkeep.billing.actions.crediting import CreditUsed, use_credit
from hostkeep.billing.actions.topping import begin_together
from hostkeep.billing.errors.credit import NotEnoughCredit
from hostkeep.billing.errors.documents import AlreadyPaid
from hostkeep.flows.crediting import TopUpAsked, pay_top_up
from hostkeep.flows.paying import Links, demand_offered
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId
from hostkeep.kernel.money import Money


def pay_together(
    act: Act, *, of: AccountId, invoices: Sequence[InvoiceId], expected: Money, gateway: str, once: str,
    links: Links,
) -> TopUpAsked:  # fmt: skip
    """Ask a gateway for what an account owes on several documents, in one payment.

    expected  what they come to, as its owner was shown
    Waiting with a visit: send the payer there.  A second click gets the same attempt.  When the money comes
    it goes on them, the first due first; what was paid of them meanwhile, in another tab say, is left over
    as credit.
    Raises what begin_together and pay_top_up raise.
    """
    demand_offered(act, gateway)
    begun = begin_together(act, of=of, invoices=invoices, expected=expected, once=once)
    return TopUpAsked(begun.id, pay_top_up(act, of=of, top_up=begun.id, gateway=gateway, links=links))


def use_credit_on(
    act: Act, *, of: AccountId, invoices: Sequence[InvoiceId], once: UUID
) -> tuple[CreditUsed, ...]:
    """Use an account's credit on several invoices, in the order given, as far as it reaches.

    once  of the page that it was asked on: the same again uses nothing new
    Each use is a deed of its own; one that is paid meanwhile takes nothing.  Raises NoSuchInvoice.
    """
    used = []
    for invoice in dict.fromkeys(invoices):
        key = f"use-{uuid5(once, str(invoice))}"
        try:
            used.append(use_credit(act, account=of, invoice=invoice, once=key))
        except (AlreadyPaid, NotEnoughCredit):
            continue  # the next may be in a currency of which there is some
    return tuple(used)
