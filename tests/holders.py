"""Somebody of whom every room of the business holds something, by the real actions: for copies and pages.

At the sixth brand, its policy changed to have a place for cards.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from hostkeep.adapters.provisioners.wireguard.config import WireGuardConfig
from hostkeep.adapters.provisioners.wireguard.driver import WireGuard
from hostkeep.billing.actions.checking import record_check
from hostkeep.billing.actions.correcting import credit_whole
from hostkeep.billing.actions.crediting import give_credit
from hostkeep.billing.actions.disputing import record_dispute
from hostkeep.billing.actions.dunning import spare_account
from hostkeep.billing.actions.issuing import issue_invoice
from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.actions.proforma import issue_proforma
from hostkeep.billing.actions.reconciling import record_findings
from hostkeep.billing.actions.refunding import begin_refund
from hostkeep.billing.actions.storing import begin_keeping, end_method, record_kept
from hostkeep.billing.actions.topping import begin_top_up
from hostkeep.billing.rules.lines import Line
from hostkeep.billing.rules.party import BilledTo
from hostkeep.billing.rules.reconciling import Deviation
from hostkeep.drivers.conformance.machines import FakeProvisioner, NoWire
from hostkeep.drivers.payments import Disputed, Kept, Settled
from hostkeep.drivers.tax_numbers import Registered
from hostkeep.flows import activation, dunning, metering
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import InvoiceId, PaymentId, Ref, SubjectId
from hostkeep.kernel.money import EUR, MILLION, Money
from hostkeep.kernel.period import Period
from hostkeep.provisioning.calls import drivers
from hostkeep.shop.actions.ordering import keep_receipt
from hostkeep.subscriptions.actions.changing import ask_change
from hostkeep.subscriptions.actions.limiting import limit_meter
from hostkeep.subscriptions.actions.metering import Told
from hostkeep.subscriptions.queries.changes import preview
from hostkeep.subscriptions.queries.subscriptions import subscriptions_of
from hostkeep.subscriptions.rules.agreeing import Agreed
from hostkeep.subscriptions.rules.changing import Wanted
from hostkeep.subscriptions.rules.metering import Meter, Tariff, Tier
from hostkeep.subscriptions.rules.terms import Term
from tests.cards import keeps_cards
from tests.conftest import NOON, make_act
from tests.everything import BRAND, FOLDER, Customer, load_everything
from tests.flows.debtors import carry

DAY = timedelta(days=1)
TRAFFIC = Meter("traffic", "Traffic out", Tariff("overage", "GB", 10**9, 100, (Tier(None, 2 * MILLION),)))
CARD = "Visa 4242"


def shows_cards(text: str) -> str:
    """A policy's text with a place for cards whose owner may read them back."""
    old = "{categories: [card], purposes: [billing],"
    assert old in keeps_cards(text)
    return keeps_cards(text).replace(old, old.replace("[billing]", "[billing, rights]"))


@contextmanager
def holding(folder: Path, *, policy_of: Callable[[str], str] = shows_cards) -> Iterator[Customer]:
    """Give somebody of whom there is everything.  policy_of: makes the brand's policy of the sixth brand's."""
    there = folder / BRAND
    shutil.copytree(FOLDER, there)
    policy = there / "policy.yaml"
    policy.write_text(policy_of(policy.read_text(encoding="utf-8")), encoding="utf-8")
    load_everything(there)
    made = {"wireguard": WireGuard(WireGuardConfig(folder=str(folder / "wg"), endpoint="vpn.example"), NoWire()), "lxd": FakeProvisioner()}
    before = list(drivers._make)
    drivers.carry_with(made.get)
    try:
        who = Customer.at("DE")
        orders(who)
        recurs(who)
        pays(who)
        owes(who)
        who.fills()
        yield who
    finally:
        drivers._make[:] = before


def system(purpose: str = "billing", *, days: float = 0, role: str = "system") -> Act:
    return make_act(role, purpose, brand=BRAND, at=NOON + days * DAY)


def orders(who: Customer) -> None:
    """A tunnel is ordered, paid and built; a browser may see the order."""
    ordered = who.orders(who.fills("tunnel"))
    keep_receipt(who.act(), order=ordered.order, account=who.account, token_hash="a" * 64)
    settles(who, ordered.invoice, over=700)
    carry(NOON)
    activation.sweep_due(make_act(brand="", at=NOON))
    carry(NOON)


def settles(who: Customer, invoice: InvoiceId, *, over: int = 0) -> PaymentId:
    """An invoice is paid, with so much more than was asked for."""
    begun = begin_payment(who.act("billing"), of=who.account, invoice=invoice, gateway="testpay")
    came = Settled(f"p-{uuid4().hex}", Money(begun.amount.minor + over, EUR))
    return record_outcome(system(), attempt=begun.attempt, outcome=came).booked.payment


def recurs(who: Customer) -> None:
    """Traffic is counted and billed, limits are reached, and another term is asked for."""
    (row,) = subscriptions_of(who.account)
    (traffic,) = metering.count_for(system("service"), of=row, meters=[TRAFFIC])
    limit_meter(system("service"), metered=traffic, cap=Money(300, EUR), alert=Money(100, EUR))
    for day, quantity in ((1, 170), (2, 400)):
        span = Period(NOON + (day - 0.5) * DAY, NOON + day * DAY)
        metering.take(system("service", days=day), told=[Told(traffic, uuid4().hex, quantity * 10**9, span)])
    metering.bill_due(make_act(brand="", at=NOON + 32 * DAY))
    span = Period(NOON + 33 * DAY, NOON + 34 * DAY)
    metering.take(system("service", days=34), told=[Told(traffic, uuid4().hex, 7 * 10**9, span)])
    yearly = Agreed("tunnel", "yearly", "Tunnel", {}, Term("year", 1), Money(3000, EUR))
    would = preview(system("service"), row.id, of=who.account, wanted=yearly)
    ask_change(
        system("service"), subscription=row.id, of=who.account, wanted=Wanted(yearly, {}), expected=would.turn.due, once=uuid4().hex
    )


def bills(who: Customer, minor: int = 2000, *, days: float = 0) -> InvoiceId:
    """An invoice beside orders."""
    subject = SubjectId(who.row.subject)
    lines = [Line("Help by the hour", 1, Money(minor, EUR), 190_000, Ref("shop.order_line", uuid4()))]
    to = BilledTo(who.account, subject, "")
    return issue_invoice(system(days=days), to=to, lines=lines, due_in=7 * DAY, once=uuid4().hex).id


def pays(who: Customer) -> None:
    """Money comes, goes back and is taken back; cards are kept and let go of."""
    payment = settles(who, bills(who), over=500)
    begin_refund(system(role="billing"), payment=payment, amount=Money(300, EUR), once=uuid4().hex)
    taken = settles(who, bills(who))
    said = Disputed("d-1", proof_of(taken), Money(100, EUR), 15, "open")
    record_dispute(system(), gateway="testpay", said=said)
    give_credit(system(role="billing"), account=who.account, amount=Money(250, EUR), kind="gift", once=uuid4().hex, reason="goodwill")
    begin_top_up(who.act("billing"), of=who.account, amount=Money(2000, EUR), once=uuid4().hex)
    for label in (CARD, "Visa 1881"):
        kept = begin_keeping(who.act("billing"), of=who.account, subject=who.row.subject, gateway="testpay")
        record_kept(system(), method=kept.id, keeping=Kept(f"tok-{label[-4:]}", label, date(2031, 12, 31)))
    end_method(who.act("billing"), of=who.account, method=kept.id)


def proof_of(payment: PaymentId) -> str:
    from hostkeep.billing.models import Payment

    return str(Payment.objects.get(id=payment).proof)


def owes(who: Customer) -> None:
    """A note, a proforma, a check of a number, reminders, an exception from them, and a finding of the books."""
    credit_whole(system(role="billing"), invoice=bills(who), reason="goodwill", once=uuid4().hex)
    to = BilledTo(who.account, SubjectId(who.row.subject), "")
    lines = [Line("A box", 1, Money(900, EUR), 190_000, Ref("shop.order_line", uuid4()))]
    issue_proforma(system(), to=to, lines=lines, due_in=7 * DAY, once=uuid4().hex)
    record_check(system(), account=who.account, number="DE123456788", answer=Registered("consult-1"), days=90)
    bills(who, 4000)
    carry(NOON)
    for day in range(1, 12):
        dunning.run_due(make_act(brand="", at=NOON + day * DAY))
    spare_account(
        system(role="billing", days=12), account=who.account, kind="promise", until=NOON + 20 * DAY, reason="asked"
    )
    record_findings(system(), found=[Deviation("credit", UUID(str(who.account)), Money(5, EUR))], checked=["credit"])
