"""Matches taken back, and money that is nobody's: sent back, put away, a pay-out; the books add up at each step."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from hostkeep.billing.actions import releasing
from hostkeep.billing.actions.crediting import use_credit
from hostkeep.billing.actions.paying_out import call_payout, record_payout
from hostkeep.billing.actions.receiving import match_payment
from hostkeep.billing.actions.refunding import begin_refund
from hostkeep.billing.actions.releasing import release_payment
from hostkeep.billing.actions.setting_aside import (
    begin_return,
    confirm_return,
    drop_return,
    put_away,
    see_return,
    take_out,
)
from hostkeep.billing.actions.topping import begin_top_up
from hostkeep.billing.errors.payments import AlreadyMatched, CannotRelease, NoSuchPayment, SetAside
from hostkeep.billing.errors.refunds import BadProof
from hostkeep.billing.models import Allocation, DunningAgenda, Invoice, Payment, Payout, TopUp
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.queries.payments import payment, payments, unmatched_count
from hostkeep.billing.rules.payouts import Share
from hostkeep.drivers.payouts import PaidOut, PayoutLine
from hostkeep.flows.reconciling import check_brand
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import EUR, Money
from hostkeep.ledger import book
from tests.rooms.billing.making import Buyer, billing_act
from tests.rooms.billing.test_receiving import came, reference_of
from tests.rooms.messaging.test_mail_racing import at_once

STAFF = billing_act(role="billing")
VPS6 = BrandId("vps6")
OWED = 2408


@pytest.fixture
def buyer(db) -> Buyer:
    return Buyer()


def books(buyer: Buyer | None = None) -> tuple[int, ...]:
    """In the bank, unmatched, on its way back; what the buyer owes and has as credit.  All else adds up."""
    assert check_brand(VPS6) == ()
    codes = ["gateway:vps6:bank_transfer", "unmatched:vps6", "refunding:vps6"]
    codes += [f"receivable:{buyer.account}", f"credit:{buyer.account}"] if buyer else []
    return tuple(book.balance(code, EUR).minor for code in codes)


def waiting(minor: int = 3000, proof: str = "NL1/A1"):
    return came(amount=Money(minor, EUR), proof=proof).booked.payment


def state(of) -> tuple[str, bool]:
    row = payment(of, brand=VPS6)
    return row.aside, row.waits


def test_a_match_is_taken_back_and_made_anew_elsewhere(buyer: Buyer) -> None:
    wrong, other = buyer.owes(), Buyer()
    right = other.owes()
    money = waiting()
    match_payment(STAFF, payment=money, invoice=wrong.id)
    assert books(buyer) == (3000, 0, 0, 0, -592)

    done = release_payment(STAFF, payment=money)

    assert (done.invoices, done.again) == ((wrong.id,), False)
    assert books(buyer) == (3000, -3000, 0, OWED, 0)
    assert not sheet(wrong.id, of=buyer.account).is_paid
    assert state(money) == ("", True) and not payment(money, brand=VPS6).number
    assert release_payment(STAFF, payment=money).again
    match_payment(STAFF, payment=money, invoice=right.id)
    assert payment(money, brand=VPS6).number == right.number
    assert books(other) == (3000, 0, 0, 0, -592)
    release_payment(STAFF, payment=money)
    match_payment(STAFF, payment=money, invoice=wrong.id)
    assert books(buyer) == (3000, 0, 0, 0, -592) and books(other)[3:] == (OWED, 0)


def test_what_the_payers_words_had_matched_can_be_taken_back_too(buyer: Buyer) -> None:
    issued = buyer.owes()
    receipt = came(reference_of(buyer, issued.id))
    DunningAgenda.objects.filter(invoice=issued.id).delete()
    release_payment(STAFF, payment=receipt.booked.payment)
    assert books(buyer) == (OWED, -OWED, 0, OWED, 0)
    assert DunningAgenda.objects.get(invoice=issued.id).next_at is not None, "reminders look at it again"


def test_credit_that_was_spent_is_not_taken_back(buyer: Buyer) -> None:
    money = waiting()
    match_payment(STAFF, payment=money, invoice=buyer.owes().id)
    other = buyer.owes()
    use_credit(STAFF, account=buyer.account, invoice=other.id, once="spent")
    before = books(buyer)
    with pytest.raises(CannotRelease) as refusal:
        release_payment(STAFF, payment=money)
    assert refusal.value.facts == {"why": "spent"}
    assert books(buyer) == before and payment(money, brand=VPS6).matched


def test_what_went_back_was_put_in_or_came_by_a_gateway_stays(buyer: Buyer) -> None:
    money = waiting()
    match_payment(STAFF, payment=money, invoice=buyer.owes().id)
    begin_refund(STAFF, payment=money, amount=Money(100, EUR), once="r")
    topped = begin_top_up(buyer.act(), of=buyer.account, amount=Money(1000, EUR), once="t")
    put_in = came(TopUp.objects.get(id=topped.id).reference, amount=Money(1000, EUR), proof="NL1/T").booked.payment
    by_card = Payment.objects.create(
        id=uuid4(), brand="vps6", gateway="testpay", proof="c", minor=1, currency="EUR", account=buyer.account, received_at=STAFF.at,
        matched_at=STAFF.at,
    ).id  # fmt: skip
    for which, why in ((money, "refunded"), (put_in, "top_up"), (by_card, "gateway")):
        with pytest.raises(CannotRelease) as refusal:
            release_payment(STAFF, payment=which)
        assert refusal.value.facts == {"why": why}


def test_another_brands_payment_is_none(buyer: Buyer) -> None:
    money = waiting()
    theirs = billing_act("vpsfast", role="billing")
    for deed in (release_payment, drop_return, take_out):
        with pytest.raises(NoSuchPayment):
            deed(theirs, payment=money)
    with pytest.raises(NoSuchPayment):
        begin_return(theirs, payment=money, why="unknown")
    with pytest.raises(NoSuchPayment):
        put_away(theirs, payment=money, why="unknown")


def test_the_database_lets_no_other_allocation_or_payment_go(buyer: Buyer) -> None:
    money = waiting()
    match_payment(STAFF, payment=money, invoice=buyer.owes().id)
    begin_refund(STAFF, payment=money, amount=Money(100, EUR), once="r")
    attempts = (
        lambda: Allocation.objects.filter(payment=money).delete(),
        lambda: Payment.objects.filter(id=money).update(account=None, matched_at=None),
        lambda: Payment.objects.filter(id=money).update(account=None, matched_at=None, turns=1),
        lambda: Payment.objects.filter(id=money).update(minor=1),
    )
    for attempt in attempts:
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()


def test_nobodys_money_is_sent_back_once(buyer: Buyer) -> None:
    money = waiting()
    begun = begin_return(STAFF, payment=money, why="not_ours")
    assert begun.reference.startswith("RF") and state(money) == ("going", True)
    assert begin_return(STAFF, payment=money, why="twice").reference == begun.reference
    assert books() == (3000, 0, -3000)
    for deed in (lambda: match_payment(STAFF, payment=money, invoice=buyer.owes().id), lambda: put_away(STAFF, payment=money, why="own")):
        with pytest.raises(SetAside):
            deed()
    with pytest.raises(BadProof):
        confirm_return(STAFF, payment=money, proof="NL67HKPD0123456789")

    confirm_return(STAFF, payment=money, proof="OUT-1")

    assert see_return(STAFF, payment=money, proof="NL1/OUT-1").again, "the bank's file comes after"
    assert books() == (0, 0, 0)
    assert state(money) == ("sent", False) and unmatched_count() == 0
    with pytest.raises(SetAside):
        drop_return(STAFF, payment=money)
    other = waiting(proof="NL1/A2")
    begin_return(STAFF, payment=other, why="asked")
    with pytest.raises(BadProof):
        confirm_return(STAFF, payment=other, proof="OUT-1")


def test_a_return_that_was_not_made_can_be_begun_anew(buyer: Buyer) -> None:
    money = waiting()
    first = begin_return(STAFF, payment=money, why="unknown").reference
    assert not drop_return(STAFF, payment=money).again
    assert drop_return(STAFF, payment=money).again
    assert books() == (3000, -3000, 0) and state(money) == ("", True)
    assert begin_return(STAFF, payment=money, why="unknown").reference != first
    assert books() == (3000, 0, -3000)


def test_what_is_put_away_waits_for_nothing_and_may_be_matched(buyer: Buyer) -> None:
    money, other = waiting(), waiting(proof="NL1/A2")
    put_away(STAFF, payment=money, why="test")
    assert put_away(STAFF, payment=money, why="test").again
    assert state(money) == ("away", False) and unmatched_count() == 1
    assert [row.id for row in payments(brand=VPS6)] == [other, money]
    take_out(STAFF, payment=money)
    assert unmatched_count() == 2
    put_away(STAFF, payment=money, why="test")
    match_payment(STAFF, payment=money, invoice=buyer.owes().id)
    assert books(buyer) == (6000, -3000, 0, 0, -592)
    with pytest.raises(SetAside):
        put_away(STAFF, payment=other, why="he said so")


def paid_out(minor: int = 3000, proof: str = "po_1") -> None:
    told = PaidOut(proof, Money(minor, EUR), date(2026, 3, 2), "under_way", (PayoutLine("", minor),))
    record_payout(billing_act(""), gateway="testpay", paid=told, shares={VPS6: Share(minor)}, by_day=())


def test_a_credit_that_was_read_before_its_pay_out_was_known_becomes_it(buyer: Buyer) -> None:
    money = waiting()
    with pytest.raises(SetAside):
        call_payout(STAFF, payment=money, gateway="testpay", proof="po_1")
    paid_out()
    paid_out(2999, "po_2")
    with pytest.raises(SetAside):
        call_payout(STAFF, payment=money, gateway="testpay", proof="po_2")

    assert call_payout(STAFF, payment=money, gateway="testpay", proof="po_1").fresh
    assert not call_payout(STAFF, payment=money, gateway="testpay", proof="po_1").fresh

    assert books()[:2] == (3000, 0)
    assert book.balance("in_transit:vps6", EUR).minor == 2999
    assert Payout.objects.get(proof="po_1").bank_proof == "NL1/A1"
    assert state(money) == ("payout", False)
    with pytest.raises(SetAside):
        match_payment(STAFF, payment=money, invoice=buyer.owes().id)
    other = waiting(proof="NL1/A2")
    with pytest.raises(SetAside):
        call_payout(STAFF, payment=other, gateway="testpay", proof="po_1")


def test_a_matched_payment_is_nobodys_to_send_away(buyer: Buyer) -> None:
    money = waiting()
    match_payment(STAFF, payment=money, invoice=buyer.owes().id)
    paid_out()
    for deed in (
        lambda: begin_return(STAFF, payment=money, why="unknown"), lambda: put_away(STAFF, payment=money, why="own"),
        lambda: call_payout(STAFF, payment=money, gateway="testpay", proof="po_1"),
    ):  # fmt: skip
        with pytest.raises(SetAside):
            deed()
    with pytest.raises(AlreadyMatched):
        match_payment(STAFF, payment=money, invoice=buyer.owes().id)


def test_staff_who_press_at_once_move_the_money_once(committed: str) -> None:
    """One takes the match back, another gives the rest to its owner, a third does either again."""
    buyer = Buyer()
    money = waiting()
    match_payment(STAFF, payment=money, invoice=buyer.owes().id)
    turn = iter(range(6))

    def presses() -> str:
        number = next(turn)
        try:
            if number % 2:
                begin_refund(STAFF, payment=money, amount=Money(592, EUR), once="rest")
                return "back"
            return "again" if release_payment(STAFF, payment=money).again else "released"
        except (CannotRelease, NoSuchPayment) as refusal:
            return refusal.code

    said = at_once(6, presses)
    assert said.count("released") + bool(said.count("back")) == 1, said
    assert books(buyer) == ((3000, -3000, 0, OWED, 0) if "released" in said else (3000, 0, -592, 0, 0))


def test_two_who_send_back_and_match_at_once_do_one_of_the_two(committed: str) -> None:
    buyer = Buyer()
    money, invoice = waiting(), buyer.owes().id
    turn = iter(range(6))

    def presses() -> str:
        try:
            if next(turn) % 2:
                match_payment(STAFF, payment=money, invoice=invoice)
                return "matched"
            return "again" if begin_return(STAFF, payment=money, why="unknown").again else "going"
        except (SetAside, AlreadyMatched):
            return "late"

    said = at_once(6, presses)
    assert said.count("matched") + said.count("going") == 1, said
    books(buyer)


def test_a_match_that_comes_before_the_payment_is_locked_has_its_document_locked(committed: str, monkeypatch) -> None:
    """What a match is taken back from is locked until it is done, also where the match came in between."""
    buyer = Buyer()
    money, invoice = waiting(), buyer.owes().id
    booked, matched, seen = releasing._book, [], []

    def elsewhere(deed):
        return at_once(1, deed)[0]

    def looks():
        try:
            with transaction.atomic():
                return Invoice.objects.select_for_update(nowait=True).get(id=invoice).number
        except DatabaseError:
            return "locked"

    def first_a_match(execute, sql, params, many, context):
        if "billing_payment" in sql and "FOR UPDATE" in sql and not matched:
            matched.append(True)
            elsewhere(lambda: match_payment(STAFF, payment=money, invoice=invoice))
        return execute(sql, params, many, context)

    def looked_at(*told):
        seen.append(elsewhere(looks))
        return booked(*told)

    monkeypatch.setattr(releasing, "_book", looked_at)
    with connection.execute_wrapper(first_a_match):
        done = release_payment(STAFF, payment=money)
    assert (done.invoices, seen) == ((invoice,), ["locked"])
    assert books(buyer) == (3000, -3000, 0, OWED, 0)
