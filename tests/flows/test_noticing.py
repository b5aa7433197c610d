"""Call-backs wait in their row: in any order, twice, for another brand, poisoned; and payments that are disputed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from hostkeep.billing import inbox
from hostkeep.billing.actions.disputing import record_dispute
from hostkeep.billing.calls import gateways
from hostkeep.billing.errors.payments import NoSuchPayment
from hostkeep.billing.models import Dispute, GatewayNotice, Payment, PaymentAttempt
from hostkeep.billing.queries.invoices import sheet
from hostkeep.drivers.payments import Disputed
from hostkeep.faces.demo import pay_api, pay_back, pay_telling
from hostkeep.flows import noticing
from hostkeep.kernel.money import EUR, Money
from hostkeep.ledger import book
from hostkeep.runtime import jobs
from hostkeep.runtime.models import Event
from tests.conftest import NOON
from tests.drivers.hosted_page import HostedPage
from tests.drivers.stripe_side import Side, signed
from tests.flows.test_paying import carried, pays
from tests.rooms.billing.making import Buyer, billing_act
from tests.rung import rung

GATEWAY = Side().gateway


@pytest.fixture
def page(db, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HostedPage]:
    monkeypatch.setattr(pay_api, "data", lambda: tmp_path)
    hosted = HostedPage(tmp_path)
    yield from carried({"testpay": hosted.gateway(), "stripe": Side().gateway(wire=hosted)})


def paid(page: HostedPage, brand: str = "vps6"):
    buyer = Buyer(brand)
    invoice = buyer.owes().id
    attempt = PaymentAttempt.objects.get(id=pays(buyer, invoice).attempt)
    page.pay(attempt.once)
    return buyer, invoice, page.kept(attempt.once)


def says(page: HostedPage, body: bytes, brand: str = "vps6") -> str:
    heard = noticing.Heard(pay_telling.signed_headers(page.secret, body, at=1000), body, 1000.0)
    return noticing.take_notice(billing_act(brand), gateway="testpay", heard=heard)


def hears(kept) -> bytes:
    return pay_telling.message_of(kept)


def balances(*codes: str) -> list[int]:
    return [book.balance(code, EUR).minor for code in codes]


def test_taking_one_moves_nothing_and_wakes_a_worker_once(page: HostedPage) -> None:
    buyer, invoice, kept = paid(page)
    assert not jobs.is_sent(noticing.ERRAND, noticing.ABOUT)
    assert says(page, hears(kept)) == "new"
    assert jobs.is_sent(noticing.ERRAND, noticing.ABOUT)
    assert says(page, hears(kept)) == "known"
    other_buyer, other, second = paid(page)
    assert says(page, hears(second)) == "new"
    assert not Payment.objects.exists()
    assert [row.state for row in GatewayNotice.objects.all()] == ["new", "new"]

    assert noticing.work_off(billing_act("")) == 2

    assert sheet(invoice, of=buyer.account).is_paid
    assert sheet(other, of=other_buyer.account).is_paid
    assert noticing.work_off(billing_act("")) == 0
    assert Payment.objects.count() == 2


def test_another_brand_cannot_bar_the_way_with_a_message_that_it_overheard(page: HostedPage) -> None:
    buyer, invoice, kept = paid(page)
    with pytest.raises(noticing.WrongBrand):
        says(page, hears(kept), brand="vpn")
    assert says(page, hears(kept)) == "new"
    noticing.work_off(billing_act(""))
    assert sheet(invoice, of=buyer.account).is_paid


def test_a_poisoned_message_waits_for_a_person_and_the_next_goes_on(page: HostedPage, monkeypatch) -> None:
    buyer, invoice, kept = paid(page)
    _, _, bad = paid(page)
    says(page, hears(bad))
    says(page, hears(kept))
    real = noticing.record_notice

    def record(act, *, gateway, notice):
        if notice.once == bad.once:
            raise ValueError("poison")
        return real(act, gateway=gateway, notice=notice)

    monkeypatch.setattr(noticing, "record_notice", record)
    assert noticing.work_off(billing_act("")) == 1
    assert sheet(invoice, of=buyer.account).is_paid
    for later in inbox.LATER[1:]:
        noticing.work_off(billing_act("", at=NOON + later))
    assert inbox.parked_count() == 1
    assert noticing.work_off(billing_act("")) == 0


def test_money_nobody_asked_for_is_kept_for_staff(page: HostedPage) -> None:
    body = json.dumps({"event": "e", "once": "nobody", "state": "paid", "proof": "p", "minor": 5, "currency": "EUR"}).encode()
    says(page, body)
    noticing.work_off(billing_act(""))
    [payment] = Payment.objects.all()
    assert payment.account is None
    assert balances("unmatched:vps6") == [-5]


def event(kind: str, thing: dict):
    return signed(Side().event(kind, thing))


def stripe_says(one, brand: str = "vps6") -> str:
    heard = noticing.Heard(one.headers, one.body, one.at)
    return noticing.take_notice(billing_act(brand), gateway="stripe", heard=heard)


SESSION = {
    "id": "cs_1", "object": "checkout.session", "mode": "payment", "status": "complete", "payment_status": "paid",
    "amount_total": 2408, "currency": "eur", "payment_intent": "pi_1", "metadata": {"once": "pay-1", "shop": "vps6"},
}  # fmt: skip


def test_one_account_of_several_brands_tells_each_and_each_takes_its_own(page: HostedPage) -> None:
    one = event("checkout.session.completed", SESSION)
    assert stripe_says(one, "vpn") == "elsewhere"
    assert stripe_says(one) == "new"
    assert stripe_says(event("customer.created", {"id": "cus_1"})) == "elsewhere"
    assert GatewayNotice.objects.count() == 1


def test_two_events_of_one_payment_in_the_wrong_order_book_it_once(page: HostedPage) -> None:
    intent = {
        "id": "pi_1", "object": "payment_intent", "status": "succeeded", "amount": 2408, "amount_received": 2408,
        "currency": "eur", "metadata": {"once": "pay-1", "shop": "vps6"},
    }  # fmt: skip
    buyer = Buyer()
    invoice = buyer.owes()
    from hostkeep.billing.actions.paying import begin_payment

    begun = begin_payment(billing_act(), of=buyer.account, invoice=invoice.id, gateway="stripe")
    PaymentAttempt.objects.filter(id=begun.attempt).update(once="pay-1")
    for each in (
        event("checkout.session.expired", {**SESSION, "status": "expired", "payment_status": "unpaid"}),
        event("payment_intent.succeeded", intent),
        event("checkout.session.completed", SESSION),
        event("checkout.session.completed", {**SESSION, "payment_status": "unpaid"}),
    ):
        assert stripe_says(each) == "new"
    assert noticing.work_off(billing_act("")) == 4
    assert Payment.objects.count() == 1
    assert sheet(invoice.id, of=buyer.account).is_paid
    assert PaymentAttempt.objects.get().state == "settled"


# --- disputes


def test_a_disputed_payment_is_set_apart_and_comes_back_when_it_is_won(page: HostedPage) -> None:
    buyer, invoice, kept = paid(page)
    says(page, hears(kept))
    noticing.work_off(billing_act(""))
    argued = pay_back.dispute(page.book, kept, at=1.0)

    for _ in range(2):
        says(page, pay_telling.message_of_dispute(argued))
        noticing.work_off(billing_act(""))

    [row] = Dispute.objects.all()
    assert (row.state, row.minor, row.fee_minor) == ("open", 2408, 1500)
    assert balances("disputed:vps6", "fees:vps6", "gateway:vps6:testpay") == [2408, 1500, -1500]
    assert Event.objects.filter(kind="PaymentDisputed").count() == 1
    assert sheet(invoice, of=buyer.account).is_paid

    says(page, pay_telling.message_of_dispute(pay_back.end_dispute(page.book, kept, "won")))
    noticing.work_off(billing_act(""))
    row.refresh_from_db()
    assert (row.state, row.closed_at) == ("won", NOON)
    assert balances("disputed:vps6", "fees:vps6", "gateway:vps6:testpay", "chargebacks:vps6") == [0, 1500, 908, 0]


def test_a_dispute_that_is_lost_is_a_loss_and_old_news_does_not_open_it_again(page: HostedPage) -> None:
    _, _, kept = paid(page)
    says(page, hears(kept))
    noticing.work_off(billing_act(""))
    lost = Disputed("dp_1", kept.proof, Money(2408, EUR), 0, "lost")
    for said in (lost, Disputed("dp_1", kept.proof, Money(2408, EUR), 2000, "open"), lost):
        record_dispute(billing_act(), gateway="testpay", said=said)
    assert Dispute.objects.get().state == "lost"
    assert balances("disputed:vps6", "chargebacks:vps6", "fees:vps6") == [0, 2408, 2000]


def test_a_dispute_that_comes_before_its_payment_is_tried_again(page: HostedPage) -> None:
    _, _, kept = paid(page)
    argued = pay_back.dispute(page.book, kept, at=1.0)
    says(page, pay_telling.message_of_dispute(argued))
    assert noticing.work_off(billing_act("")) == 0
    says(page, hears(kept))
    assert noticing.work_off(billing_act("", at=NOON + timedelta(minutes=1))) == 2
    assert Dispute.objects.get().state == "open"


def test_another_brand_does_not_learn_of_a_dispute(page: HostedPage) -> None:
    _, _, kept = paid(page)
    says(page, hears(kept))
    noticing.work_off(billing_act(""))
    body = pay_telling.message_of_dispute(pay_back.dispute(page.book, kept, at=1.0))
    assert says(page, body, brand="vpn") == "elsewhere"
    with pytest.raises(NoSuchPayment):
        record_dispute(billing_act("vpn"), gateway="testpay", said=Disputed("d", kept.proof, Money(1, EUR), 0, "open"))
    assert not Dispute.objects.exists()
    assert says(page, body) == "new"


def test_a_person_puts_a_parked_message_back_and_it_is_done(page: HostedPage, monkeypatch) -> None:
    from hostkeep.billing.errors.payments import NoSuchNotice
    from tests.faces.billing.test_staff_payments import staff
    from tests.faces.shop.conftest import text

    buyer, invoice, kept = paid(page)
    says(page, hears(kept))
    with monkeypatch.context() as patch:
        patch.setattr(noticing, "record_notice", lambda *_, **__: 1 / 0)
        for later in inbox.LATER:
            noticing.work_off(billing_act("", at=NOON + later))
    [parked] = inbox.parked()
    member = staff("owner")
    shown = member.get("/staff/parked/")
    assert parked.event in text(shown)
    path = f"/staff/parked/calls/vps6/{parked.id}/retry/"
    assert staff("support").posts(shown, path).status_code in {302, 403, 404}
    assert member.posts(shown, path.replace("vps6", "vpn")).status_code == 404
    if inbox.parked_count():
        assert member.posts(shown, path).status_code == 302
    assert noticing.work_off(billing_act("")) == 1
    assert sheet(invoice, of=buyer.account).is_paid
    with pytest.raises(NoSuchNotice):
        from hostkeep.billing.actions.retaking import put_back_notice

        put_back_notice(billing_act(), notice=parked.id)


def test_a_fee_that_is_given_back_with_the_dispute_is_no_cost(page: HostedPage) -> None:
    _, _, kept = paid(page)
    says(page, hears(kept))
    noticing.work_off(billing_act(""))

    def said(fee: int, state: str) -> None:
        told = Disputed("dp_1", kept.proof, Money(2408, EUR), fee, state)
        record_dispute(billing_act(), gateway="testpay", said=told)

    said(1500, "open")
    said(0, "open")
    assert balances("fees:vps6") == [1500], "news without a fee says nothing of it"
    said(0, "won")
    said(1500, "open")
    said(0, "won")
    assert balances("fees:vps6", "gateway:vps6:testpay", "disputed:vps6") == [0, 2408, 0]
    assert Dispute.objects.get().fee_minor == 0


def test_a_dispute_that_lay_under_another_brand_finds_its_own(page: HostedPage) -> None:
    """One gateway account of several brands: each address hears of it, and none knows yet whose it is."""
    _, _, kept = paid(page)
    body = pay_telling.message_of_dispute(pay_back.dispute(page.book, kept, at=1.0))
    assert says(page, body, brand="vpn") == "new"
    assert says(page, body) == "known"
    assert noticing.work_off(billing_act("")) == 0
    says(page, hears(kept))
    assert noticing.work_off(billing_act("", at=NOON + timedelta(minutes=1))) == 2
    assert Dispute.objects.get().brand == "vps6"


def test_what_is_out_for_an_hour_parks_nothing(page: HostedPage, monkeypatch) -> None:
    buyer, invoice, kept = paid(page)
    says(page, hears(kept))
    tries = []
    with monkeypatch.context() as patch:
        patch.setattr(noticing, "record_notice", lambda *_, **__: tries.append(1) or 1 / 0)
        for minute in range(60):
            noticing.work_off(billing_act("", at=NOON + timedelta(minutes=minute)))
    assert (len(tries), inbox.parked_count()) == (6, 0)
    assert noticing.work_off(billing_act("", at=NOON + timedelta(minutes=63))) == 1
    assert sheet(invoice, of=buyer.account).is_paid


def test_one_that_is_left_to_a_person_has_rung_or_is_not_left(page: HostedPage, monkeypatch) -> None:
    """Killed between the two, the call-back would wait for somebody whom nobody calls."""
    from hostkeep.billing.actions.paying import begin_payment, record_outcome
    from hostkeep.drivers.payments import Settled

    buyer = Buyer()
    begun = begin_payment(billing_act(), of=buyer.account, invoice=buyer.owes().id, gateway="stripe")
    record_outcome(billing_act(), attempt=begun.attempt, outcome=Settled("pi_1", begun.amount))
    refund = {
        "id": "re_1", "object": "refund", "status": "succeeded", "amount": 200, "currency": "eur", "metadata": {},
        "payment_intent": "pi_1",
    }  # fmt: skip
    assert stripe_says(event("refund.created", refund)) == "new"
    with monkeypatch.context() as dies:
        dies.setattr(noticing, "raise_with_deed", died)
        noticing.work_off(billing_act(""))
    assert inbox.parked() == ()
    noticing.work_off(replace(billing_act(""), at=NOON + timedelta(days=1)))
    assert len(inbox.parked()) == 1


def died(*_: object, **__: object) -> None:
    raise ZeroDivisionError


def test_money_that_went_back_by_the_dashboard_rings_once_and_waits_for_a_person(page: HostedPage) -> None:
    from hostkeep.audit.reading import newest_id
    from hostkeep.billing.actions.paying import begin_payment, record_outcome
    from hostkeep.billing.actions.retaking import put_back_notice
    from hostkeep.drivers.payments import Settled

    before = newest_id()
    buyer = Buyer()
    begun = begin_payment(billing_act(), of=buyer.account, invoice=buyer.owes().id, gateway="stripe")
    record_outcome(billing_act(), attempt=begun.attempt, outcome=Settled("pi_1", begun.amount))
    refund = {
        "id": "re_1", "object": "refund", "status": "succeeded", "amount": 200, "currency": "eur", "metadata": {},
        "payment_intent": "pi_1",
    }  # fmt: skip
    assert stripe_says(event("refund.created", refund), "vpn") == "elsewhere"
    for kind in ("refund.created", "refund.updated"):
        assert stripe_says(event(kind, refund)) == "new"
    strange = {**refund, "id": "re_2", "payment_intent": "pi_of_another_shop"}
    assert stripe_says(event("refund.created", strange)) == "new"
    noticing.work_off(billing_act(""))

    [parked] = inbox.parked()
    assert (parked.about, parked.brand) == ("returned", "vps6")
    assert rung(before) == ["money_went_back"]
    put_back_notice(billing_act(), notice=parked.id)
    assert (inbox.parked_count(), noticing.work_off(billing_act(""))) == (0, 0)
