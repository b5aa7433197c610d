"""The check of an order's payment before anything of it is built: at brands whose policy has the purpose.

It reads financial data alone, through the door, for `qualification`: what kind of data, the rules of the
brand say (`billing.rules.qualifying`).  What it refuses waits for a person; see flows.reviewing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import structlog

from hostkeep.billing.actions.qualifying import note_check
from hostkeep.billing.calls.gateways import gateway_for, is_ready
from hostkeep.billing.calls.locating import can_locate, country_of
from hostkeep.billing.events import OrderHeldBack
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.queries.qualifying import (
    Brought,
    CheckRow,
    brought_by,
    check_by_id,
    check_of,
    inputs_of,
)
from hostkeep.billing.rules.qualifying import PAYMENT, Inputs, Rules, Verdict, categories_of, judge, rules_of
from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import brand
from hostkeep.flows.buyers import PAID_FROM
from hostkeep.flows.notices import write_to
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId, InvoiceId, PurposeId
from hostkeep.people.queries import AccountRow
from hostkeep.people.queries import account as account_row
from hostkeep.provisioning.queries import ServiceRow
from hostkeep.shop.queries.orders import order_with
from hostkeep.vault import door

log = structlog.get_logger()

BILLING = PurposeId("billing")
QUALIFICATION = PurposeId("qualification")


def may_build(act: Act, *, of: ServiceRow) -> bool:
    """Say whether the services of an order that is paid may be built now; check it where nobody did.

    act  of the brand
    of   one of them

    An order that was held back may not, until a person lets it through.  Never inside a transaction: the
    payment system is asked for the country of the card.  Raises the door's Refused.
    """
    found = check_of(of.invoice) or _check(act, of)
    return found is None or found.outcome != "refused" or found.decision == "let_through"


def on_order_held_back(act: Act, event: OrderHeldBack) -> None:
    """Tell the customer that a person looks at their order."""
    row = check_by_id(event.check)
    about = {"order": row.order, "check": row.id}
    write_to(act, row.account, "order/held_back", stream="billing", about=about)


def read_inputs(
    act: Act, *, buyer: AccountRow, invoice: InvoiceId, categories: Collection[CategoryId],
    slots: Sequence[str] = (),
) -> Inputs:  # fmt: skip
    """Return what a check goes by, once the door has granted each of its categories.

    categories  what is read; the door refuses whatever is not granted for `qualification`
    slots       of payment references: where countries of cards are kept

    What billing holds in clear of a category (states, amounts, disputes) is looked at only after the door's
    word and entry.  Raises the door's Refused.
    """
    under = act.in_role("system").for_purpose(QUALIFICATION)
    wishes = [
        door.Wish(buyer.subject, category, slot)
        for category in sorted(categories)
        for slot in ((slots or ("",)) if category == PAYMENT else ("",))
    ]
    shown = door.reveal_many(under, wishes=wishes)
    told = {wish.slot: sealed.open() for wish, sealed in shown.items() if sealed is not None}
    countries = [told.get(slot, "") for slot in slots]
    return inputs_of(buyer.id, invoice=invoice, countries=countries, at=act.at)


def _check(act: Act, of: ServiceRow) -> CheckRow | None:
    """Check an order and write down what came of it; None where the policy has no such purpose."""
    if (PAYMENT, QUALIFICATION, "system") not in policy_for(act.brand, of.subject, act.at).table:
        return None
    invoice, buyer = of.invoice, account_row(of.account)
    under = act.in_role("system").for_purpose(QUALIFICATION)
    rules = rules_of(brand(act.brand).words)
    verdict = Verdict("not_needed", "", ())
    if rules is not None and categories_of(rules) and sheet(invoice, of=of.account).gross.minor:
        verdict = judge(rules, _inputs(under, buyer, invoice, rules))
    order = order_with(of.order_line).id
    note_check(under, invoice=invoice, account=of.account, order=order, verdict=verdict)
    log.info("order.checked", order=str(order), outcome=verdict.outcome, rule=verdict.rule, trace=act.trace)
    return check_of(invoice)


def _inputs(act: Act, buyer: AccountRow, invoice: InvoiceId, rules: Rules) -> Inputs:
    """Gather what a brand's rules ask for."""
    slots = _learn_countries(act, buyer, brought_by(invoice)) if rules.asks_country else ()
    return read_inputs(act, buyer=buyer, invoice=invoice, categories=categories_of(rules), slots=slots)


def _learn_countries(act: Act, buyer: AccountRow, paid: Sequence[Brought]) -> tuple[str, ...]:
    """Have payment systems tell where what paid came from, and keep it sealed; return the slots.

    Of ways to pay that never know it, there is none.
    """
    slots = []
    for each in paid:
        if not is_ready(each.gateway) or not can_locate(gateway_for(each.gateway)):
            continue
        slot = f"{PAID_FROM}.{each.payment}"
        country = country_of(gateway_for(each.gateway), each.proof)
        if country:
            kept = act.for_purpose(BILLING)
            door.put(kept, subject=buyer.subject, category=PAYMENT, value=country, slot=slot)
        slots.append(slot)
    return tuple(slots)
