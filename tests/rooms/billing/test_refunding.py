"""Money goes back at most once, out of credit, and comes back to it where it did not arrive."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from hostkeep.billing.actions import refunding
from hostkeep.billing.actions.crediting import give_credit, use_credit
from hostkeep.billing.actions.disputing import record_dispute
from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.actions.receiving import record_transfer
from hostkeep.billing.actions.refunding import begin_refund, record_refund
from hostkeep.billing.errors.credit import NotEnoughCredit
from hostkeep.billing.errors.payments import NoSuchPayment
from hostkeep.billing.errors.refunds import BadProof, NoSuchRefund, RefundDiffers, RefundTooMuch
from hostkeep.billing.models import Payment, Refund
from hostkeep.billing.queries.credit import credit_lines
from hostkeep.billing.queries.refunds import room_of
from hostkeep.drivers.payments import Declined, Disputed, Settled, Unknown, Waiting
from hostkeep.kernel.ids import BrandId, PaymentId
from hostkeep.kernel.money import EUR, USD, Money
from hostkeep.ledger import book
from hostkeep.ledger.statements import totals
from tests.lockless import all_before, unlocked
from tests.meeting import PATIENCE
from tests.rooms.billing.making import Buyer, billing_act
from tests.rooms.billing.test_receiving import transfer

STAFF = billing_act(role="billing")


@pytest.fixture
def buyer(db) -> Buyer:
    return Buyer()


def overpaid(buyer: Buyer, by: int, *, paid: int = 2408, currency=EUR) -> PaymentId:
    """A payment of which so much is left over as credit."""
    invoice = buyer.owes().id
    begun = begin_payment(buyer.act(), of=buyer.account, invoice=invoice, gateway="testpay")
    came = Settled(f"p-{uuid4().hex}", Money(paid + by, currency))
    told = record_outcome(billing_act(buyer.brand), attempt=begun.attempt, outcome=came)
    return told.booked.payment


def refund(payment: PaymentId, minor: int, *, once: str = "", currency=EUR, brand: str = "vps6"):
    act = billing_act(brand, role="billing")
    return begin_refund(act, payment=payment, amount=Money(minor, currency), once=once or uuid4().hex)


def told(begun, outcome, brand: str = "vps6"):
    return record_refund(billing_act(brand), refund=begun.id, outcome=outcome)


def settled(begun, minor: int | None = None):
    amount = begun.amount if minor is None else Money(minor, EUR)
    return Settled(f"r-{begun.once}", amount)


def stands(buyer: Buyer) -> tuple[int, int, int]:
    """Credit, money under way, and money at the gateway."""
    codes = (f"credit:{buyer.account}", "refunding:vps6", "gateway:vps6:testpay")
    credit, under_way, there = (book.balance(code, EUR).minor for code in codes)
    return -credit, -under_way, there


def test_a_refund_leaves_by_the_gateway_it_came_by(buyer: Buyer) -> None:
    begun = refund(overpaid(buyer, 500), 300)
    assert stands(buyer) == (200, 300, 2908)
    assert told(begun, Waiting(None)).state == "waiting"
    assert told(begun, settled(begun)).state == "settled"
    assert stands(buyer) == (200, 0, 2608)
    row = Refund.objects.get()
    assert (row.state, row.proof, row.settled_at is not None) == ("settled", f"r-{begun.once}", True)
    assert [(x.kind, x.amount.minor) for x in credit_lines(buyer.account)] == [
        ("paid_out", -300), ("payment", 500),
    ]  # fmt: skip
    assert all(total.minor == 0 for total in totals())


@pytest.mark.parametrize("first", [Waiting(None), Unknown()])
def test_what_is_declined_is_credit_again(buyer: Buyer, first) -> None:
    begun = refund(overpaid(buyer, 500), 300)
    told(begun, first)
    told(begun, Declined("refused"))
    assert stands(buyer) == (500, 0, 2908)
    told(begun, Declined("refused"))
    assert stands(buyer) == (500, 0, 2908)
    assert credit_lines(buyer.account)[0].kind == "returned"


def test_news_in_any_order_moves_money_once(buyer: Buyer) -> None:
    begun = refund(overpaid(buyer, 500), 300)
    for outcome in (settled(begun), Declined("expired"), Unknown(), settled(begun), Waiting(None)):
        assert told(begun, outcome).state == "settled"
    assert stands(buyer) == (200, 0, 2608)


def test_settled_after_it_was_declined_takes_the_credit_again(buyer: Buyer) -> None:
    begun = refund(overpaid(buyer, 500), 300)
    told(begun, Declined("never_asked"))
    told(begun, settled(begun))
    assert stands(buyer) == (200, 0, 2608)


def test_settled_late_while_the_credit_is_spent_is_for_a_person(buyer: Buyer) -> None:
    begun = refund(overpaid(buyer, 500), 500)
    told(begun, Declined("never_asked"))
    other = buyer.owes().id
    use_credit(billing_act(), account=buyer.account, invoice=other, once="spent")
    with pytest.raises(NotEnoughCredit):
        told(begun, settled(begun))
    assert stands(buyer) == (0, 0, 2908)


def test_another_amount_than_was_asked_is_for_a_person(buyer: Buyer) -> None:
    begun = refund(overpaid(buyer, 500), 300)
    with pytest.raises(RefundDiffers):
        told(begun, settled(begun, 299))
    assert stands(buyer) == (200, 300, 2908)


@pytest.mark.parametrize(("minor", "currency"), [(0, EUR), (-1, EUR), (2909, EUR), (100, USD)])
def test_more_than_came_nothing_and_another_currency_are_refused(buyer: Buyer, minor: int, currency) -> None:
    payment = overpaid(buyer, 500)
    with pytest.raises(RefundTooMuch) as refusal:
        refund(payment, minor, currency=currency)
    assert refusal.value.facts == {"left": 2908, "currency": "EUR"}
    assert stands(buyer) == (500, 0, 2908) and not Refund.objects.exists()


def test_what_went_on_an_invoice_does_not_go_back_without_a_credit_note(buyer: Buyer) -> None:
    payment = overpaid(buyer, 500)
    account, room = room_of(payment, brand=BrandId("vps6"))
    assert account == buyer.account
    assert (room.left.minor, room.now.minor, room.wants_note.minor) == (2908, 500, 2408)
    with pytest.raises(NotEnoughCredit):
        refund(payment, 501)
    assert stands(buyer) == (500, 0, 2908) and not Refund.objects.exists()


def test_credit_of_other_money_does_not_go_back_by_a_small_payment(buyer: Buyer) -> None:
    small, big = overpaid(buyer, 0), overpaid(buyer, 9000)
    refund(small, 2408)
    with pytest.raises(RefundTooMuch):
        refund(small, 1)
    refund(big, 9000 - 2408)
    assert stands(buyer)[0] == 0


def test_what_the_payers_bank_took_does_not_go_back_again(buyer: Buyer) -> None:
    payment = overpaid(buyer, 2408)
    of = Payment.objects.get(id=payment).proof
    said = Disputed("d1", of, Money(4000, EUR), 0, "open")
    record_dispute(billing_act(), gateway="testpay", said=said)
    with pytest.raises(RefundTooMuch) as refusal:
        refund(payment, 817)
    assert refusal.value.facts["left"] == 816
    record_dispute(billing_act(), gateway="testpay", said=Disputed("d1", of, said.amount, 0, "won"))
    refund(payment, 817)


def test_one_key_is_one_refund(buyer: Buyer) -> None:
    payment, other = overpaid(buyer, 500), overpaid(buyer, 500)
    first = refund(payment, 300, once="r1")
    again = refund(payment, 300, once="r1")
    assert (again.id, again.again, first.again) == (first.id, True, False)
    for wanted in ((payment, 301), (other, 300)):
        with pytest.raises(RefundDiffers):
            refund(*wanted, once="r1")
    assert stands(buyer)[0] == 700


def test_other_brands_and_unmatched_money_have_no_refunds(buyer: Buyer) -> None:
    payment = overpaid(buyer, 500)
    with pytest.raises(NoSuchPayment):
        refund(payment, 300, brand="vpsfast")
    begun = refund(payment, 300)
    with pytest.raises(NoSuchRefund):
        told(begun, Declined("refused"), brand="vpsfast")
    lost = record_transfer(STAFF, transfer=transfer()).booked.payment
    with pytest.raises(NoSuchPayment):
        refund(lost, 300)


def test_the_database_itself_gives_no_payment_back_twice(buyer: Buyer) -> None:
    payment = overpaid(buyer, 9000)
    begun = refund(payment, 5000)
    row = Refund.objects.get(id=begun.id)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.pk, row.once, row.minor = uuid4(), "by-hand", 6409
        row.save(force_insert=True)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_twenty_refunds_at_once_give_back_what_came_and_no_more(committed: str) -> None:
    buyer = Buyer()
    payment = overpaid(buyer, 9000, paid=0)
    start = Barrier(20)

    def one(n: int) -> bool:
        try:
            start.wait(PATIENCE)
            begun = refund(payment, 1000)
            if n % 2:
                told(begun, settled(begun))
        except (RefundTooMuch, NotEnoughCredit):
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(20) as pool:
        went = list(pool.map(one, range(20)))
    assert sum(went) == Refund.objects.count() == (9000 - 2408) // 1000
    credit, under_way, there = stands(buyer)
    assert credit == (9000 - 2408) % 1000
    assert there - under_way == 9000 - 1000 * sum(went)


def test_twenty_refunds_at_once_give_back_no_more_than_their_payment_brought(
    committed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credit there is for all of them, so that nothing but the payment's own lock stops them one by one."""

    def race() -> tuple[int, set[type]]:
        buyer = Buyer()
        payment = overpaid(buyer, 3000, paid=0)
        give_credit(billing_act(), account=buyer.account, amount=Money(30_000, EUR), kind="gift", once=uuid4().hex)

        def one(_: int) -> type | None:
            try:
                refund(payment, 1000)
            except (RefundTooMuch, NotEnoughCredit, IntegrityError) as refusal:
                return type(refusal)
            finally:
                connection.close()
            return None

        with ThreadPoolExecutor(20) as pool:
            said = list(pool.map(one, range(20)))
        return said.count(None), {each for each in said if each is not None}

    with unlocked(), monkeypatch.context() as patch:
        # All of them have seen what is left before the first of them takes of it.
        patch.setattr(refunding, "_take", all_before(refunding._take, 20))
        went, refusals = race()
    assert IntegrityError in refusals or went > 3, "the race was won without the lock"
    assert race() == (3, {RefundTooMuch})


def test_of_what_was_taken_in_another_currency_nothing_goes_back(buyer: Buyer) -> None:
    payment = overpaid(buyer, 500)
    proof = Payment.objects.get(id=payment).proof
    record_dispute(billing_act(), gateway="testpay", said=Disputed("d-1", proof, Money(900, USD), 0, "open"))
    assert room_of(payment, brand=BrandId("vps6"))[1].left == Money(0, EUR)
    with pytest.raises(RefundTooMuch):
        refund(payment, 100)
    record_dispute(billing_act(), gateway="testpay", said=Disputed("d-1", proof, Money(900, USD), 0, "won"))
    assert refund(payment, 100).state == "waiting"


def test_one_proof_is_one_refunds(buyer: Buyer) -> None:
    one, two = refund(overpaid(buyer, 500), 300), refund(overpaid(buyer, 500), 300)
    told(one, Settled("OUT-1", one.amount))
    with pytest.raises(BadProof) as refusal:
        told(two, Settled("OUT-1", two.amount))
    assert refusal.value.facts == {"why": "used"}
    assert told(one, Settled("OUT-1", one.amount)).state == "settled"
