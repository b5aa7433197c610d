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
from hostkeep.billing.rules.qualifying import PAYMENT, Inputs, Verdict, categories_of, judge, rules_of
from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import brand
from hostkeep.flows.buyers import PAID_FROM
from hostkeep.flows.notices import write_to
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId, InvoiceId, OrderId, PaymentId, PurposeId, SubjectId
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
    # One word of the door for all of it: a single refusal, and nothing is opened.
    door.reveal_many(under, wishes=[door.Wish(buyer.subject, category) for category in sorted(categories)])
    countries = [
        door.use(under, subject=buyer.subject, category=PAYMENT, slot=slot, fn=str) or "" for slot in slots
    ]
    return inputs_of(buyer.id, invoice=invoice, countries=countries, at=act.at)


def _check(act: Act, of: ServiceRow) -> CheckRow | None:
    """Check an order and write down what came of it; None where the policy has no such purpose."""
    if not is_checked(act, of.subject):
        return None
    rules = rules_of(brand(act.brand).words)
    slots: tuple[str, ...] = ()
    if rules is not None and rules.asks_country:
        slots = _learn_countries(act, account_row(of.account), brought_by(of.invoice))
    return check_order(act, of=of, order=order_with(of.order_line).id, slots=slots)


def is_checked(act: Act, subject: SubjectId) -> bool:
    """Say whether the policy that applies to a person has the check read payment references."""
    return (PAYMENT, QUALIFICATION, "system") in policy_for(act.brand, subject, act.at).table


def check_order(act: Act, *, of: ServiceRow, order: OrderId, slots: Sequence[str]) -> CheckRow | None:
    """Check an order by what is known of its payment, and write down what came of it, once.

    of     one of its services
    slots  of payment references: where countries of the cards that paid it are kept

    Nobody is asked but the door.  Raises its Refused.
    """
    under = act.in_role("system").for_purpose(QUALIFICATION)
    rules, invoice = rules_of(brand(act.brand).words), of.invoice
    verdict = Verdict("not_needed", "", ())
    if rules is not None and categories_of(rules) and sheet(invoice, of=of.account).gross.minor:
        buyer, read = account_row(of.account), categories_of(rules)
        known = read_inputs(under, buyer=buyer, invoice=invoice, categories=read, slots=slots)
        verdict = judge(rules, known)
    note_check(under, invoice=invoice, account=of.account, order=order, verdict=verdict)
    log.info("order.checked", order=str(order), outcome=verdict.outcome, rule=verdict.rule, trace=act.trace)
    return check_of(invoice)


def slot_of(payment: PaymentId) -> str:
    """Return where the country of the card that brought a payment is kept, among payment references."""
    return f"{PAID_FROM}.{payment}"


def _learn_countries(act: Act, buyer: AccountRow, paid: Sequence[Brought]) -> tuple[str, ...]:
    """Have payment systems tell where what paid came from, and keep it sealed; return the slots.

    Of ways to pay that never know it, there is none.
    """
    slots = []
    for each in paid:
        if not is_ready(each.gateway, act.brand):
            continue
        driver = gateway_for(each.gateway, act.brand)
        if not can_locate(driver):
            continue
        slot = slot_of(each.payment)
        country = country_of(driver, each.proof)
        if country:
            kept = act.for_purpose(BILLING)
            door.put(kept, subject=buyer.subject, category=PAYMENT, value=country, slot=slot)
        slots.append(slot)
    return tuple(slots)
