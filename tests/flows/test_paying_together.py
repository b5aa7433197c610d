"""Several documents paid at once: covered exactly, whatever happens to one of them meanwhile; the rest is credit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, connections, transaction

from hostkeep.billing import booking, together
from hostkeep.billing.actions.crediting import give_credit, use_credit
from hostkeep.billing.actions.disputing import record_dispute
from hostkeep.billing.actions.paying import begin_payment, begin_stored, record_outcome
from hostkeep.billing.actions.proforma import issue_proforma
from hostkeep.billing.actions.receiving import record_transfer
from hostkeep.billing.actions.topping import begin_together, begin_top_up_payment
from hostkeep.billing.errors.credit import BadTogether, CreditDiffers
from hostkeep.billing.errors.documents import AlreadyPaid, NoSuchInvoice
from hostkeep.billing.models import Allocation, Invoice, Payment, PaymentAttempt, TopUp
from hostkeep.billing.queries.credit import credit_of
from hostkeep.billing.queries.dunned import dunned
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.queries.payments import pages_of
from hostkeep.billing.queries.together import open_together
from hostkeep.billing.rules.party import BilledTo
from hostkeep.billing.transfers import Transfer
from hostkeep.drivers.payments import Disputed, Settled, Waiting
from hostkeep.flows.paying_together import use_credit_on
from hostkeep.flows.reconciling import check_brand
from hostkeep.kernel.ids import BrandId, InvoiceId
from hostkeep.kernel.money import EUR, USD, Money
from hostkeep.runtime.models import Event
from tests.conftest import NOON
from tests.lockless import unlocked
from tests.meeting import PATIENCE, until
from tests.rooms.billing.making import WEEK, Buyer, billing_act, line

ACT = billing_act(role="billing")
ONE = 2408
MINUTE = timedelta(minutes=1)


def owing(count: int = 2, **how) -> tuple[Buyer, list[InvoiceId]]:
    buyer = Buyer()
    return buyer, [buyer.owes(line(**how)).id for _ in range(count)]


def begins(buyer: Buyer, invoices, minor: int = 2 * ONE, *, once: str = "", currency=EUR):
    return begin_together(
        buyer.act(), of=buyer.account, invoices=invoices, expected=Money(minor, currency), once=once or uuid4().hex
    )


def asks(buyer: Buyer, top_up, gateway: str = "testpay"):
    return begin_top_up_payment(buyer.act(), of=buyer.account, top_up=top_up, gateway=gateway)


def comes(begun, minor: int | None = None, currency=EUR) -> None:
    amount = begun.amount if minor is None else Money(minor, currency)
    record_outcome(ACT, attempt=begun.attempt, outcome=Settled(uuid4().hex, amount))


def owed(buyer: Buyer, invoices) -> list[int]:
    return [sheet(each, of=buyer.account).owed.minor for each in invoices]


def credit(buyer: Buyer) -> int:
    return credit_of(buyer.account, EUR).minor


def paid_news() -> list[str]:
    return sorted(Event.objects.filter(kind="InvoicePaid").values_list("body__invoice", flat=True))


def holds(buyer: Buyer, invoices) -> None:
    """No document has more than it comes to, and the house's own check of its books agrees."""
    for each in invoices:
        row = Invoice.objects.get(id=each)
        assert sum(Allocation.objects.filter(invoice=row).values_list("minor", flat=True)) <= row.gross_minor
    assert check_brand(BrandId(buyer.brand)) == ()


def test_one_payment_pays_each_exactly_and_tells_it_of_each_once(db) -> None:
    buyer, invoices = owing(3)
    begun = asks(buyer, begins(buyer, invoices, 3 * ONE).id)
    for _ in range(2):
        record_outcome(ACT, attempt=begun.attempt, outcome=Settled("p-1", begun.amount))
    assert (owed(buyer, invoices), credit(buyer), Payment.objects.count()) == ([0, 0, 0], 0, 1)
    assert paid_news() == sorted(map(str, invoices))
    holds(buyer, invoices)


def test_what_is_paid_meanwhile_is_left_over_as_credit(db) -> None:
    buyer, invoices = owing(2)
    begun = asks(buyer, begins(buyer, invoices).id)
    comes(begin_payment(buyer.act(), of=buyer.account, invoice=invoices[0], gateway="testpay"))
    comes(begun)
    assert (owed(buyer, invoices), credit(buyer)) == ([0, 0], ONE)
    assert paid_news() == sorted(map(str, invoices))
    holds(buyer, invoices)


def test_two_tabs_get_one_payment_and_two_that_overlap_cover_nothing_twice(db) -> None:
    buyer, invoices = owing(3)
    first, same = begins(buyer, invoices[:2]), begins(buyer, invoices[:2])
    assert (same.id, same.again) == (first.id, True)
    assert asks(buyer, first.id).attempt == asks(buyer, same.id).attempt
    other = begins(buyer, invoices[1:])
    one, two = asks(buyer, first.id), asks(buyer, other.id)
    comes(one)
    comes(two)
    assert (owed(buyer, invoices), credit(buyer)) == ([0, 0, 0], ONE)
    holds(buyer, invoices)


@pytest.mark.parametrize(("came", "left", "over"), [(3000, [0, 1816], 0), (ONE, [0, ONE], 0), (9000, [0, 0], 9000 - 2 * ONE)])
def test_less_goes_on_what_is_due_first_and_more_is_credit(db, came: int, left: list[int], over: int) -> None:
    buyer, invoices = owing(2)
    comes(asks(buyer, begins(buyer, list(reversed(invoices))).id), came)
    assert (sorted(owed(buyer, invoices)), credit(buyer)) == (left, over)
    holds(buyer, invoices)


def test_another_currency_covers_nothing(db) -> None:
    buyer, invoices = owing(2)
    comes(asks(buyer, begins(buyer, invoices).id), 5000, USD)
    assert (owed(buyer, invoices), credit_of(buyer.account, USD).minor) == ([ONE, ONE], 5000)


def test_what_cannot_be_paid_in_one_is_refused_and_nothing_is_written(db) -> None:
    buyer, invoices = owing(2)
    stranger, theirs = owing(1)
    dollars = buyer.owes(line(currency=USD)).id
    for chosen, minor, why in (
        ([], 0, "none"), ([uuid4() for _ in range(51)], 1, "many"), ([invoices[0], dollars], 2 * ONE, "currency"),
        (invoices, 2 * ONE - 1, "sum"),
    ):  # fmt: skip
        with pytest.raises(BadTogether) as no:
            begins(buyer, chosen, minor)
        assert no.value.facts["why"] == why
    for chosen in ([invoices[0], theirs[0]], [uuid4()]):
        with pytest.raises(NoSuchInvoice):
            begins(buyer, chosen)
    comes(begin_payment(stranger.act(), of=stranger.account, invoice=theirs[0], gateway="testpay"))
    with pytest.raises(AlreadyPaid):
        begins(stranger, theirs, ONE)
    assert not TopUp.objects.exists()


def test_a_page_from_before_something_was_paid_asks_for_no_other_sum(db) -> None:
    buyer, invoices = owing(2)
    begun = begins(buyer, invoices)
    comes(begin_payment(buyer.act(), of=buyer.account, invoice=invoices[0], gateway="testpay"))
    with pytest.raises(BadTogether):
        asks(buyer, begun.id)
    assert not PaymentAttempt.objects.filter(top_up=begun.id).exists()


def test_a_key_means_one_thing(db) -> None:
    buyer, invoices = owing(3)
    begins(buyer, invoices[:2], once="page-1")
    with pytest.raises(CreditDiffers):
        begins(buyer, invoices[1:], once="page-1")
    other, theirs = owing(1)
    with pytest.raises(CreditDiffers):
        begins(other, theirs, ONE, once="page-1")
    assert TopUp.objects.count() == 1


def test_a_transfer_with_its_reference_pays_them_too(db) -> None:
    buyer, invoices = owing(2)
    said = begins(buyer, invoices).reference
    record_transfer(ACT, transfer=Transfer("bank_transfer", "B-1", Money(2 * ONE, EUR), NOON.date(), frozenset({said})))
    assert (owed(buyer, invoices), credit(buyer)) == ([0, 0], 0)


def test_proformas_get_their_invoices_and_credit_counts_once_for_all(db) -> None:
    buyer = Buyer()
    to = BilledTo(buyer.account, buyer.subject, "")
    asked = [issue_proforma(ACT, to=to, lines=[line()], due_in=WEEK, once=uuid4().hex).id for _ in range(2)]
    give_credit(ACT, account=buyer.account, amount=Money(1000, EUR), kind="gift", once="g-1")
    (group,) = open_together(buyer.account, asked)
    assert group.sum.minor == 2 * ONE - 1000
    comes(asks(buyer, begins(buyer, asked, 2 * ONE - 1000).id))
    made = Invoice.objects.filter(corrects__in=asked, kind="invoice")
    assert (made.count(), credit(buyer)) == (2, 0)
    assert owed(buyer, [InvoiceId(each.id) for each in made]) == [0, 0]
    holds(buyer, [each.id for each in made])


@pytest.mark.parametrize(("gift", "asked", "left"), [(1000, 2 * ONE - 1000, 0), (ONE, 2 * ONE, ONE)])
def test_credit_that_was_counted_for_a_proforma_goes_on_it_and_the_invoice_after_it_is_paid(
    db, gift: int, asked: int, left: int
) -> None:
    """Also where the proforma is due first: what came is then left for the invoice, to the cent that was asked."""
    buyer = Buyer()
    to = BilledTo(buyer.account, buyer.subject, "")
    proforma = issue_proforma(ACT, to=to, lines=[line()], due_in=timedelta(days=1), once=uuid4().hex).id
    invoice = buyer.owes(line()).id
    give_credit(ACT, account=buyer.account, amount=Money(gift, EUR), kind="gift", once="g-1")
    (group,) = open_together(buyer.account, [proforma, invoice])
    assert (group.rows[0].id, group.sum.minor) == (proforma, asked)
    comes(asks(buyer, begins(buyer, [proforma, invoice], asked).id))
    made = Invoice.objects.get(corrects=proforma, kind="invoice")
    assert (owed(buyer, [invoice, InvoiceId(made.id)]), credit(buyer)) == ([0, 0], left)
    holds(buyer, [invoice, made.id])


def test_credit_that_is_spent_meanwhile_keeps_no_money_from_being_booked(db) -> None:
    buyer = Buyer()
    to = BilledTo(buyer.account, buyer.subject, "")
    proforma = issue_proforma(ACT, to=to, lines=[line()], due_in=timedelta(days=1), once=uuid4().hex).id
    invoice, other = buyer.owes(line()).id, buyer.owes(line()).id
    give_credit(ACT, account=buyer.account, amount=Money(1000, EUR), kind="gift", once="g-1")
    begun = asks(buyer, begins(buyer, [proforma, invoice], 2 * ONE - 1000).id)
    real = together.fulfil

    def fulfils(*of, **more):
        made = real(*of, **more)
        use_credit(buyer.act(), account=buyer.account, invoice=other, amount=Money(1000, EUR), once="u-1")
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(together, "fulfil", fulfils)  # as one that had the ledger's lock before us
        comes(begun)
    made = Invoice.objects.get(corrects=proforma, kind="invoice")
    assert (owed(buyer, [invoice, InvoiceId(made.id)]), credit(buyer)) == ([1000, 0], 0)
    holds(buyer, [invoice, made.id, other])


def test_credit_of_one_currency_that_is_at_its_end_leaves_that_of_another(db) -> None:
    buyer, invoices = owing(2)
    dollars = buyer.owes(line(currency=USD)).id
    give_credit(ACT, account=buyer.account, amount=Money(1000, EUR), kind="gift", once="g-1")
    give_credit(ACT, account=buyer.account, amount=Money(ONE, USD), kind="gift", once="g-2")
    used = use_credit_on(buyer.act(), of=buyer.account, invoices=[*invoices, dollars], once=uuid4())
    assert [(each.invoice, each.amount.minor) for each in used] == [(invoices[0], 1000), (dollars, ONE)]


def test_credit_goes_on_several_as_far_as_it_reaches_once_a_page(db) -> None:
    buyer, invoices = owing(3)
    give_credit(ACT, account=buyer.account, amount=Money(ONE + 1000, EUR), kind="gift", once="g-1")
    page = uuid4()
    for _ in range(2):
        used = use_credit_on(buyer.act(), of=buyer.account, invoices=[*invoices, invoices[0]], once=page)
    assert [(each.amount.minor, each.paid) for each in used] == [(ONE, True), (1000, False)]
    assert (owed(buyer, invoices), credit(buyer)) == ([0, ONE - 1000, ONE], 0)
    with pytest.raises(NoSuchInvoice):
        use_credit_on(Buyer().act(), of=Buyer().account, invoices=invoices, once=page)


def test_no_stored_card_is_charged_while_its_owner_may_be_paying_several_at_once(db) -> None:
    buyer, invoices = owing(2)
    begun = asks(buyer, begins(buyer, invoices).id)
    record_outcome(ACT, attempt=begun.attempt, outcome=Waiting("https://pay.example/1"))
    stored = begin_stored(ACT, invoice=invoices[0], method=uuid4(), once="c-1")
    assert (stored.again, stored.attempt) == (True, begun.attempt)
    assert [row.id for row in pages_of(invoices[1])] == [begun.attempt]


@pytest.mark.usefixtures("committed")
def test_payments_of_the_same_documents_at_once_cover_each_exactly() -> None:
    """Two payments of all, one of each alone and spends of credit, on connections of their own."""
    buyer, invoices = owing(2)
    give_credit(ACT, account=buyer.account, amount=Money(1500, EUR), kind="gift", once="g-1")
    all_of_them = begins(buyer, invoices)
    begun = [asks(buyer, all_of_them.id, gateway) for gateway in ("testpay", "bank_transfer")]
    begun += [begin_payment(buyer.act(), of=buyer.account, invoice=each, gateway="testpay") for each in invoices]
    deeds = [lambda each=each: comes(each) for each in begun]
    deeds += [lambda each=each: spends(buyer, each) for each in invoices]

    def done(deed) -> None:
        try:
            deed()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as pool:
        for each in [pool.submit(done, deed) for deed in deeds]:
            each.result()
    assert owed(buyer, invoices) == [0, 0]
    assert credit(buyer) == 1500 + 6 * ONE - 2 * ONE
    for each in invoices:
        assert sum(Allocation.objects.filter(invoice=each).values_list("minor", flat=True)) == ONE


@pytest.mark.usefixtures("committed")
def test_without_the_lock_a_document_is_covered_twice_and_the_database_refuses() -> None:
    """Both look at what is owed before one of them writes: only the last wall is left."""
    buyer, invoices = owing(1)
    alone = begin_payment(buyer.act(), of=buyer.account, invoice=invoices[0], gateway="testpay")
    begun = [asks(buyer, begins(buyer, invoices, ONE).id), alone]
    real, both = booking.owed_on, Barrier(2)

    def looks(row, **more):
        found = real(row, **more)
        both.wait(PATIENCE)
        return found

    def done(each) -> bool:
        try:
            comes(each)
        except IntegrityError:
            return False
        finally:
            connections.close_all()
        return True

    with unlocked(), pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr(booking, "owed_on", looks)
        assert sorted(pool.map(done, begun)) == [False, True]
    assert owed(buyer, invoices) == [0]


@pytest.mark.usefixtures("committed")
def test_who_begins_waits_for_who_has_the_first_by_id_and_holds_no_other_meanwhile() -> None:
    """What comes locks in the order of ids; who begins in another would wait for it while it waits for them."""
    buyer = Buyer()
    early = [buyer.owes(line()).id for _ in range(8)]
    late = [buyer.owes(line(), at=NOON + WEEK).id for _ in range(8)]
    first, last = min(late), max(early)  # ids are made at random: of so many one that is due later comes before one that is not
    assert first < last
    invoices = [first, last]

    def begin() -> None:
        try:
            begins(buyer, invoices)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Invoice.objects.select_for_update().get(id=first)
            begun = pool.submit(begin)
            until(somebody_waits)
            assert Invoice.objects.select_for_update(nowait=True).get(id=last)
        begun.result()
    assert TopUp.objects.filter(account=buyer.account).count() == 1


WAITING = """
SELECT count(*) FROM pg_locks w WHERE NOT w.granted AND EXISTS (
  SELECT FROM pg_locks h JOIN pg_database d ON d.oid = h.database WHERE h.pid = w.pid AND d.datname = current_database())
"""


def somebody_waits() -> bool:
    """Whether a statement in this database waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return bool(cursor.fetchone()[0])


def spends(buyer: Buyer, invoice: InvoiceId) -> None:
    try:
        use_credit(buyer.act(), account=buyer.account, invoice=invoice, once=uuid4().hex)
    except AlreadyPaid:
        pass


def test_while_its_payer_may_be_at_the_page_nobody_goes_after_any_of_them(db) -> None:
    buyer, invoices = owing(3)
    begun = asks(buyer, begins(buyer, invoices[:2]).id)
    assert not any(dunned(each, at=NOON + MINUTE).held for each in invoices)

    record_outcome(ACT, attempt=begun.attempt, outcome=Waiting("handle", "https://pay.example.test/"))
    assert [dunned(each, at=NOON + MINUTE).held for each in invoices] == [True, True, False]
    assert not any(dunned(each, at=NOON + 60 * MINUTE).held for each in invoices)

    comes(begun)
    assert [dunned(each, at=NOON + MINUTE).owed.minor for each in invoices] == [0, 0, ONE]


@pytest.mark.parametrize("how", ["page", "transfer"])
def test_what_a_bank_takes_back_of_it_holds_the_calendar_of_each_of_them(db, how: str) -> None:
    buyer, invoices = owing(3)
    paid, alone = invoices[:2], invoices[2]
    top_up = begins(buyer, paid)
    came = Money(ONE + 100, EUR)
    if how == "page":
        record_outcome(ACT, attempt=asks(buyer, top_up.id).attempt, outcome=Settled("p-1", came))
        gateway = "testpay"
    else:
        gateway, names = "bank_transfer", frozenset({top_up.reference})
        record_transfer(ACT, transfer=Transfer(gateway, "p-1", came, NOON.date(), names))
    assert not any(dunned(each, at=NOON).held for each in invoices)

    said = Disputed("d-1", "p-1", came, 0, "open")
    record_dispute(ACT, gateway=gateway, said=said)
    seen = [dunned(each, at=NOON) for each in (*paid, alone)]
    assert [(row.held, row.held_until, row.released) for row in seen] == [(True, None, None)] * 2 + [(False, None, None)]
    assert sorted(row.owed.minor for row in seen) == [0, ONE - 100, ONE]

    record_dispute(billing_act(role="billing", at=NOON + MINUTE), gateway=gateway, said=replace(said, state="won"))
    seen = [dunned(each, at=NOON + MINUTE) for each in (*paid, alone)]
    assert [(row.held, row.released) for row in seen] == [(False, NOON + MINUTE)] * 2 + [(False, None)]
