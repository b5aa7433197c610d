"""Money goes back by a gateway, by hand, and after a lost answer; a call-back tells what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from hostkeep.adapters.gateways.bank_transfer.gateway import BankTransfer
from hostkeep.billing.actions.refunding import record_refund
from hostkeep.billing.calls import gateways
from hostkeep.billing.errors.refunds import NoSuchRefund, RefundDecided, RefundTooMuch
from hostkeep.billing.models import GatewayNotice, Refund
from hostkeep.drivers.conformance.payments import FakeGateway
from hostkeep.drivers.payments import Declined, Notice, RefundAsk, Settled, Unknown, Waiting
from hostkeep.flows import noticing, refunding
from hostkeep.kernel.money import EUR, Money
from hostkeep.billing import inbox
from tests.conftest import NOON
from tests.rooms.billing.making import Buyer, billing_act
from tests.rooms.billing.test_receiving import transfer
from tests.rooms.billing.test_refunding import overpaid, stands

STAFF = billing_act(role="billing")
LATER = billing_act(at=NOON + timedelta(minutes=5))


@pytest.fixture
def gateway(db) -> Iterator[FakeGateway]:
    fake = FakeGateway()
    before = list(gateways._make)
    gateways.carry_with(lambda name, _: {"testpay": fake, "bank_transfer": BankTransfer()}.get(name))
    yield fake
    gateways._make[:] = before


def back(payment, minor: int = 300, once: str = ""):
    amount = Money(minor, EUR)
    return refunding.refund_payment(STAFF, payment_id=payment, amount=amount, once=once or uuid4().hex)


def asked(gateway: FakeGateway) -> list[RefundAsk]:
    return [ask for ask in gateway.asked if isinstance(ask, RefundAsk)]


def test_the_preview_tells_what_could_go_back_and_moves_nothing(gateway: FakeGateway) -> None:
    buyer = Buyer()
    payment = overpaid(buyer, 500)
    seen = refunding.preview(STAFF, payment_id=payment)
    assert (seen.room.now.minor, seen.room.wants_note.minor, seen.by_hand) == (500, 2408, False)
    assert stands(buyer) == (500, 0, 2908) and not asked(gateway)


def test_the_gateway_is_asked_once_and_what_it_says_is_written_down(gateway: FakeGateway) -> None:
    buyer = Buyer()
    payment = overpaid(buyer, 500)
    first, again = back(payment, once="r1"), back(payment, once="r1")
    assert (first.state, again.id) == ("settled", first.id)
    [ask] = asked(gateway)
    assert (ask.amount, ask.once, ask.shop) == (Money(300, EUR), "r1", "vps6")
    assert ask.of == first.of
    assert stands(buyer) == (200, 0, 2608)


def test_declined_is_credit_again(gateway: FakeGateway) -> None:
    buyer = Buyer()
    gateway.will = [Declined("refused")]
    assert back(overpaid(buyer, 500)).state == "declined"
    assert stands(buyer) == (500, 0, 2908)


def test_what_failed_after_it_was_settled_is_at_the_gateway_and_credit_again_once(gateway: FakeGateway) -> None:
    buyer = Buyer()
    done = back(overpaid(buyer, 500))
    assert stands(buyer) == (200, 0, 2608)
    for _ in range(2):
        told = record_refund(LATER, refund=done.id, outcome=Declined("refused"))
    assert (told.state, stands(buyer)) == ("declined", (500, 0, 2908))
    assert Refund.objects.get(id=done.id).settled_at is None
    again = record_refund(LATER, refund=done.id, outcome=Settled(done.id.hex, Money(300, EUR)))
    assert (again.state, stands(buyer)) == ("settled", (200, 0, 2608))


def test_a_lost_answer_is_looked_up_and_never_asked_again(gateway: FakeGateway) -> None:
    buyer = Buyer()
    gateway.will = [Unknown()]
    row = back(overpaid(buyer, 500))
    assert row.state == "unknown" and stands(buyer) == (200, 300, 2908)
    assert refunding.look_up_due(LATER) == 1
    assert Refund.objects.get().state == "unknown"
    gateway.told[row.once] = Settled("late", row.amount)
    assert refunding.look_up_due(LATER) == 1
    assert stands(buyer) == (200, 0, 2608)
    assert len(asked(gateway)) == 1 and refunding.look_up_due(LATER) == 0


def test_one_that_died_before_it_asked_is_credit_again_and_not_before_a_while(gateway: FakeGateway) -> None:
    from hostkeep.billing.actions.refunding import begin_refund

    buyer = Buyer()
    begin_refund(STAFF, payment=overpaid(buyer, 500), amount=Money(300, EUR), once="dead")
    assert refunding.look_up_due(billing_act(at=NOON + timedelta(seconds=60))) == 0
    assert refunding.look_up_due(LATER) == 1
    assert Refund.objects.get().code == "never_asked"
    assert stands(buyer) == (500, 0, 2908) and not asked(gateway)


def test_what_a_bank_brought_staff_give_back_by_hand(gateway: FakeGateway) -> None:
    from hostkeep.billing.actions.receiving import record_transfer
    from hostkeep.billing.queries.invoices import sheet

    buyer = Buyer()
    reference = sheet(buyer.owes().id, of=buyer.account).reference
    came = record_transfer(STAFF, transfer=transfer(reference, amount=Money(3000, EUR)))
    assert refunding.preview(STAFF, payment_id=came.booked.payment).by_hand
    one, two = back(came.booked.payment, 100), back(came.booked.payment, 200)
    assert (one.state, two.state) == ("waiting", "waiting") and not asked(gateway)
    assert refunding.look_up_due(LATER) == 0
    assert refunding.confirm_by_hand(STAFF, refund=one.id, proof="NL1/OUT1").state == "settled"
    assert refunding.give_up_by_hand(STAFF, refund=two.id).state == "declined"
    for decided in (one, two):
        with pytest.raises(RefundDecided):
            refunding.confirm_by_hand(STAFF, refund=decided.id, proof="again")
    with pytest.raises(NoSuchRefund):
        refunding.confirm_by_hand(billing_act("vpsfast"), refund=one.id, proof="x")


def test_staff_do_not_say_what_the_gateway_says(gateway: FakeGateway) -> None:
    gateway.will = [Waiting(None)]
    row = back(overpaid(Buyer(), 500))
    with pytest.raises(RefundDecided):
        refunding.confirm_by_hand(STAFF, refund=row.id, proof="mine")
    with pytest.raises(RefundDecided):
        refunding.give_up_by_hand(STAFF, refund=row.id)


def test_a_call_back_settles_a_refund_and_twice_changes_nothing(gateway: FakeGateway) -> None:
    buyer = Buyer()
    gateway.will = [Waiting(None)]
    row = back(overpaid(buyer, 500))
    gateway.told[row.once] = Settled("re_1", row.amount)
    for event in ("e1", "e1", "e2"):
        said = Notice(event, row.once, Settled("re_1", row.amount), "refund", shop="vps6")
        inbox.take(billing_act(), gateway="testpay", notice=said)
        noticing.work_off(billing_act(""))
    assert stands(buyer) == (200, 0, 2608)
    assert set(GatewayNotice.objects.values_list("state", flat=True)) == {"done"}


def test_a_call_back_alone_is_not_believed(gateway: FakeGateway) -> None:
    buyer = Buyer()
    gateway.will = [Waiting(None)]
    row = back(overpaid(buyer, 500))
    for outcome in (Waiting(None), Declined("never_asked")):
        gateway.told[row.once] = outcome
        said = Notice(f"e-{outcome}"[:60], row.once, Settled("re_1", row.amount), "refund")
        inbox.take(billing_act(), gateway="testpay", notice=said)
        noticing.work_off(billing_act(""))
    assert stands(buyer) == (200, 300, 2908) and Refund.objects.get().state == "waiting"


def test_a_call_back_of_another_brand_is_not_kept(gateway: FakeGateway) -> None:
    buyer = Buyer()
    gateway.will = [Waiting(None)]
    row = back(overpaid(buyer, 500))
    said = Notice("e1", row.once, Settled("re_1", row.amount), "refund")
    assert inbox.take(billing_act("vpsfast"), gateway="testpay", notice=said) == "elsewhere"
    assert not GatewayNotice.objects.exists() and stands(buyer) == (200, 300, 2908)


def test_a_call_back_with_another_amount_waits_for_a_person(gateway: FakeGateway) -> None:
    buyer = Buyer()
    gateway.will = [Waiting(None)]
    row = back(overpaid(buyer, 500))
    gateway.told[row.once] = Settled("re_1", Money(299, EUR))
    said = Notice("e1", row.once, Settled("re_1", row.amount), "refund")
    inbox.take(billing_act(), gateway="testpay", notice=said)
    for later in inbox.LATER:
        noticing.work_off(billing_act("", at=NOON + later))
    assert inbox.parked_count() == 1 and stands(buyer) == (200, 300, 2908)


def test_more_than_came_is_refused_before_anybody_is_asked(gateway: FakeGateway) -> None:
    with pytest.raises(RefundTooMuch):
        back(overpaid(Buyer(), 500), 2909)
    assert not asked(gateway)


@pytest.mark.parametrize(
    ("proof", "why"),
    [
        ("", "form"), ("to Ann Payer", "form"), ("AnnPayer", "form"), ("x" * 61, "form"), ("N\u00e0-1", "form"),
        ("NL91ABNA0417164300", "account"), ("nl91abna0417164300", "account"), ("DE89-3704-0044-0532-0130-00", "account"),
    ],
)  # fmt: skip
def test_a_banks_id_names_nobody(gateway: FakeGateway, proof: str, why: str) -> None:
    from hostkeep.billing.actions.receiving import record_transfer
    from hostkeep.billing.errors.refunds import BadProof
    from hostkeep.billing.queries.invoices import sheet

    buyer = Buyer()
    reference = sheet(buyer.owes().id, of=buyer.account).reference
    came = record_transfer(STAFF, transfer=transfer(reference, amount=Money(3000, EUR)))
    one = back(came.booked.payment, 100)
    with pytest.raises(BadProof) as refusal:
        refunding.confirm_by_hand(STAFF, refund=one.id, proof=proof)
    assert refusal.value.facts == {"why": why}
    assert Refund.objects.get().state == "waiting"
    assert refunding.confirm_by_hand(STAFF, refund=one.id, proof="NL1/OUT-7").state == "settled"
