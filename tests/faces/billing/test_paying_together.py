"""Several open invoices chosen, added up and paid in one: by the payment company's page, and from credit."""

from __future__ import annotations

import re
from uuid import uuid4

from hostkeep.billing.actions.correcting import credit_whole
from hostkeep.billing.actions.crediting import give_credit
from hostkeep.billing.actions.disputing import record_dispute
from hostkeep.billing.actions.paying import record_outcome
from hostkeep.billing.actions.receiving import record_transfer
from hostkeep.billing.actions.topping import begin_together, begin_top_up_payment
from hostkeep.billing.models import Payment, TopUp
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.queries.refunds import disputes, notes_of_payment
from hostkeep.billing.transfers import Transfer
from hostkeep.drivers.payments import Disputed, Settled
from hostkeep.kernel.money import EUR, Money
from hostkeep.runtime import clock
from tests.faces.billing.conftest import Customer, Payments, a_customer
from tests.faces.services.conftest import Staff
from tests.rooms.billing.making import billing_act

PAGE = "/account/invoices/together/"


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def chooses(who: Customer, *issued):
    return who.browser.get(PAGE + "?" + "&".join(f"invoice={each.id}" for each in issued))


def pays(who: Customer, page, *issued, what: str = "pay", minor: int = 0, once: str = ""):
    sent = {"invoice": [str(each.id) for each in issued], "currency": "EUR", "expected": str(minor), "gateway": "testpay"}
    return who.browser.sends(page, f"{PAGE}{what}/", once=once or str(uuid4()), **sent)


def owed(who: Customer, *issued) -> list[int]:
    return [sheet(each.id, of=who.buyer.account).owed.minor for each in issued]


def test_from_the_list_to_paid_in_one(ann: Customer, payments: Payments) -> None:
    one, two, three = ann.owes(), ann.owes(), ann.owes()
    assert PAGE in ann.browser.get("/account/invoices/").content.decode()
    assert "Open invoices" in text_of(ann.browser.get(PAGE))
    page = chooses(ann, one, three)
    assert "Pay €48.16" in text_of(page)
    answer = pays(ann, page, one, three, minor=4816)
    assert answer.status_code == 302
    last = payments.decides(answer["Location"], "pay")
    assert last.status_code in (200, 302)
    assert (owed(ann, one, two, three), Payment.objects.count()) == ([0, 2408, 0], 1)
    top_up = TopUp.objects.get()
    receipt = text_of(ann.browser.get(f"/account/credit/top-ups/{top_up.id}/"))
    assert one.number in receipt and three.number in receipt and two.number not in receipt
    assert "Waiting for its money" not in text_of(ann.browser.get("/account/credit/"))


def test_a_sum_that_has_changed_is_shown_anew_and_nothing_is_asked_for(ann: Customer) -> None:
    one, two = ann.owes(), ann.owes()
    page = chooses(ann, one, two)
    for minor in (4815, 0, -1):
        answer = pays(ann, page, one, two, minor=minor)
        assert answer.status_code in (409, 422)
        assert "Please choose again" in text_of(answer)
    assert not TopUp.objects.exists()


def test_credit_pays_several_and_a_double_click_does_it_once(ann: Customer) -> None:
    one, two = ann.owes(), ann.owes()
    act = billing_act(role="billing", at=clock.now())
    give_credit(act, account=ann.buyer.account, amount=Money(4000, EUR), kind="gift", once=uuid4().hex, reason="goodwill")
    page = chooses(ann, one, two)
    assert "Use €40.00 of your credit" in text_of(page)
    once = str(uuid4())
    for _ in range(2):
        assert pays(ann, page, one, two, what="credit", once=once).status_code == 302
    assert sum(owed(ann, one, two)) == 816
    assert "€40.00 of your credit went on 2 invoices." in text_of(ann.browser.get("/account/invoices/"))


def test_nobody_pays_or_sees_anothers(ann: Customer) -> None:
    mine, ben = ann.owes(), a_customer("vps6")
    theirs = ben.owes()
    page = chooses(ben, mine, theirs)
    assert mine.number not in text_of(page)
    assert pays(ben, page, mine, theirs, minor=4816).status_code == 404
    pays(ben, page, mine, what="credit")
    assert (owed(ann, mine), TopUp.objects.exists()) == ([2408], False)


def test_what_is_no_id_is_nothing_and_nothing_open_is_said(ann: Customer) -> None:
    assert "Nothing is open" in text_of(ann.browser.get(f"{PAGE}?invoice=x&invoice={uuid4()}"))
    assert ann.browser.get(PAGE).status_code == 200


def test_what_a_bank_takes_back_of_it_is_told_on_each_of_them(ann: Customer) -> None:
    one, two, alone = ann.owes(), ann.owes(), ann.owes()
    buyer = ann.buyer
    top_up = begin_together(
        buyer.act(clock.now()), of=buyer.account, invoices=[one.id, two.id], expected=Money(4816, EUR), once="t-1"
    )  # fmt: skip
    begun = begin_top_up_payment(buyer.act(clock.now()), of=buyer.account, top_up=top_up.id, gateway="testpay")
    act = billing_act(at=clock.now())
    record_outcome(act, attempt=begun.attempt, outcome=Settled("p-1", begun.amount))
    record_dispute(act, gateway="testpay", said=Disputed("d-1", "p-1", Money(4816, EUR), 0, "open"))
    told = ["Your bank took €48.16" in text_of(ann.page(each)) for each in (one, two, alone)]
    assert told == [True, True, False]
    [shown] = disputes()
    assert set(shown.number.split(", ")) == {one.number, two.number}


def test_a_refund_of_it_may_follow_the_credit_note_of_any_of_them(ann: Customer) -> None:
    one, two, alone = ann.owes(), ann.owes(), ann.owes()
    buyer, act = ann.buyer, billing_act(at=clock.now())
    said = begin_together(
        buyer.act(clock.now()), of=buyer.account, invoices=[one.id, two.id], expected=Money(4816, EUR), once="t-1"
    ).reference  # fmt: skip
    day = clock.now().date()
    came = record_transfer(act, transfer=Transfer("bank_transfer", "B-1", Money(4816, EUR), day, frozenset({said})))
    note = credit_whole(act, invoice=two.id, reason="cancelled", once="n-1")
    credit_whole(act, invoice=alone.id, reason="cancelled", once="n-2")
    assert notes_of_payment(came.booked.payment) == ((note.number, note.id),)


def test_staff_take_a_transfer_off_all_of_them_and_the_customer_reads_it(ann: Customer) -> None:
    one, two = ann.owes(), ann.owes()
    act = billing_act("vps6", role="billing", at=clock.now())
    chosen = [one.id, two.id]
    begun = begin_together(ann.buyer.act(), of=ann.buyer.account, invoices=chosen, expected=Money(4816, EUR), once="t-1")
    record_transfer(act, transfer=Transfer("bank_transfer", "B-1", Money(4816, EUR), act.at.date(), frozenset({begun.reference})))
    money, member = Payment.objects.get(), Staff()
    member.signs_in("billing")
    page = member.get(f"/staff/payments/vps6/{money.id}/refund/")
    assert "Take the match back" in text_of(page) and owed(ann, one, two) == [0, 0]
    for _ in range(2):
        assert member.posts(page, f"/staff/payments/vps6/{money.id}/turn/", do="release").status_code == 302
        assert owed(ann, one, two) == [2408, 2408]
    assert f"/staff/payments/vps6/{money.id}/match/" in member.get("/staff/payments/").content.decode()
    told = text_of(ann.browser.get("/account/credit/"))
    assert told.count("Taken off an invoice again") == 2 and "A payment was taken off again" in told
    assert "Payment taken off again" in text_of(ann.browser.get("/account/statement/"))
    assert "Pay €48.16" in text_of(ann.browser.get(f"/account/credit/top-ups/{begun.id}/"))
