"""One invoice over what is billed of a subscription, or by hand, taxed as the buyer's purchases are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast
from uuid import UUID

from hostkeep.billing.actions.issuing import issue_invoice
from hostkeep.billing.rules.lines import Line, Prices, Totals, check, totals
from hostkeep.billing.rules.party import BilledTo, to_json
from hostkeep.brands.applying import policy_for
from hostkeep.flows.buyers import party_of
from hostkeep.flows.taxing import Taxing, taxing_many, taxing_of
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, CategoryId, InvoiceId, PurposeId, Ref
from hostkeep.kernel.money import Money
from hostkeep.kernel.period import Period
from hostkeep.people.queries import account as account_row

BILLING = PurposeId("billing")
PARTY = CategoryId("invoice_party")


@dataclass(frozen=True, slots=True)
class Item:
    """What is billed.

    product   slug of the catalogue, by which it is taxed; empty for what is none of it
    amount    of one, as the brand's prices are
    quantity  1 to 100,000
    """

    title: str
    product: str
    amount: Money
    about: Ref
    period: Period | None = None
    quantity: int = 1


def foresee(act: Act, *, account: AccountId, items: Sequence[Item]) -> Totals:
    """Return what an invoice over some things would come to with its tax now; nothing is written.

    items  at least one
    Raises what issue_invoice raises of lines: EmptyInvoice, BadLine, TwoCurrencies.
    """
    taxing = taxing_of(act, account_row(account))
    lines = [_line(taxing, item) for item in items]
    check(lines, due_in=timedelta())
    return totals(lines, prices=cast("Prices", taxing.brand.prices))


def gross_of_dues(act: Act, account: AccountId, dues: Sequence[Money], product: str) -> Money:
    """Return what an invoice over some amounts would come to with its tax now.

    dues  at least one, as the brand's prices are; product: slug of the catalogue, by which they are taxed
    """
    taxing, about = taxing_of(act, account_row(account)), Ref("billing.preview", UUID(int=0))
    lines = [taxing.taxed(Line("-", 1, due, 0, about), product) for due in dues]
    return totals(lines, prices=cast("Prices", taxing.brand.prices)).gross


def bill_one(act: Act, *, account: AccountId, item: Item, due_in: timedelta, once: str) -> InvoiceId:
    """Issue an invoice over one thing; the same key is the same invoice.

    Raises what issue_invoice raises.
    """
    return bill_items(act, account=account, items=[item], due_in=due_in, once=once)


def bill_items(
    act: Act, *, account: AccountId, items: Sequence[Item], due_in: timedelta, once: str
) -> InvoiceId:
    """Issue an invoice over some things, a line each; the same key is the same invoice.

    items  at least one
    Raises what issue_invoice raises.
    """
    under = act.in_role("system").for_purpose(BILLING)
    buyer = account_row(account)
    party = party_of(under, buyer)
    taxing = taxing_many(under, {buyer.id: party})[buyer.id]
    lines = [_line(taxing, item) for item in items]
    keeps = PARTY in policy_for(act.brand, buyer.subject, act.at).categories
    block = to_json(taxing.placed(party)) if keeps else ""
    to = BilledTo(buyer.id, buyer.subject, block, taxing.decision)
    return issue_invoice(under, to=to, lines=lines, due_in=due_in, once=once).id


def _line(taxing: Taxing, item: Item) -> Line:
    """Return a thing as a line with its tax."""
    bare = Line(item.title, item.quantity, item.amount, 0, item.about, item.period)
    return taxing.taxed(bare, item.product)
