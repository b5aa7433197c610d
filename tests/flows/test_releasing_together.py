"""A transfer that had paid several documents at once is taken off them again: off all or none, and the books add up."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from hostkeep.billing.actions.crediting import give_credit, use_credit
from hostkeep.billing.actions.paying import begin_payment
from hostkeep.billing.actions.proforma import issue_proforma
from hostkeep.billing.actions.receiving import match_payment, record_transfer
from hostkeep.billing.actions.refunding import begin_refund
from hostkeep.billing.actions.releasing import release_payment
from hostkeep.billing.errors.credit import NotEnoughCredit
from hostkeep.billing.errors.payments import CannotRelease
from hostkeep.billing.models import Allocation, CreditEntry, DunningAgenda, Invoice, Payment, TopUp
from hostkeep.billing.queries.credit import credit_lines, received_for, top_up
from hostkeep.billing.queries.dunned import dunned
from hostkeep.billing.queries.liability import held_at
from hostkeep.billing.queries.payments import payment
from hostkeep.billing.rules.party import BilledTo
from hostkeep.billing.transfers import Transfer
from hostkeep.kernel.ids import BrandId, InvoiceId, PaymentId
from hostkeep.kernel.money import EUR, Money
from hostkeep.ledger import book
from tests.conftest import NOON
from tests.flows.stating import statement_wrong
from tests.flows.test_paying_together import ACT, MINUTE, ONE, begins, comes, credit, holds, owed, owing
from tests.rooms.billing.making import WEEK, Buyer, billing_act, line
from tests.rooms.messaging.test_mail_racing import at_once

VPS6 = BrandId("vps6")
LATER = billing_act(role="billing", at=NOON + MINUTE)


def transfers(reference: str, minor: int, *, proof: str = "B-1", act=ACT, beside: str = "") -> PaymentId:
    names = frozenset({reference, beside} - {""})
    told = record_transfer(act, transfer=Transfer("bank_transfer", proof, Money(minor, EUR), NOON.date(), names))
    return told.booked.payment


def of_proforma(buyer: Buyer, due_in: timedelta = WEEK) -> InvoiceId:
    return issue_proforma(
        ACT, to=BilledTo(buyer.account, buyer.subject, ""), lines=[line()], due_in=due_in, once=uuid4().hex
    ).id  # fmt: skip


def unmatched() -> int:
    return -book.balance("unmatched:vps6", EUR).minor


def all_of(buyer: Buyer, invoices) -> tuple[object, ...]:
    """All that a release could have changed."""
    return (
        owed(buyer, invoices), credit(buyer), unmatched(), Allocation.objects.count(), CreditEntry.objects.count(),
        sorted(Payment.objects.values_list("account", "turns")), list(TopUp.objects.values_list("paid_at")),
        list(DunningAgenda.objects.order_by("invoice").values_list("next_at")),
    )  # fmt: skip


def test_it_comes_off_all_of_them_and_what_was_left_over_leaves_the_credit(db) -> None:
    buyer, invoices = owing(3)
    topped = begins(buyer, invoices[:2])
    money = transfers(topped.reference, 2 * ONE + 500)
    assert (owed(buyer, invoices), credit(buyer), unmatched()) == ([0, 0, ONE], 500, 0)
    DunningAgenda.objects.filter(invoice=invoices[0]).delete()
    DunningAgenda.objects.update(next_at=None)

    done = release_payment(LATER, payment=money)

    assert (set(done.invoices), done.again) == (set(invoices[:2]), False)
    assert (owed(buyer, invoices), credit(buyer), unmatched()) == ([ONE] * 3, 0, 2 * ONE + 500)
    assert payment(money, brand=VPS6).waits and not Allocation.objects.exists()
    assert [dunned(each, at=LATER.at).owed.minor for each in invoices] == [ONE] * 3
    looked = DunningAgenda.objects.filter(next_at=LATER.at).values_list("invoice", flat=True)
    assert set(looked) == set(invoices[:2]), "reminders look at them again, and at no other"
    row = top_up(topped.id, of=buyer.account)
    assert row.paid_at is None and received_for([row]) == {row.id: ()}
    assert begins(buyer, invoices[:2]).id == topped.id, "it waits for its money again"
    lines = [(each.kind, each.amount.minor) for each in credit_lines(buyer.account)]
    assert lines[0] == ("released", -2 * ONE - 500)
    assert sorted(lines[1:]) == [("top_up", 2 * ONE + 500), *[("uncovered", ONE)] * 2, *[("used", -ONE)] * 2]
    assert held_at(VPS6, at=LATER.at + MINUTE) == ()
    holds(buyer, invoices)
    ends = {"begin": NOON - WEEK, "end": NOON + WEEK}
    assert statement_wrong(buyer.account, cuts=[NOON + MINUTE / 2], **ends) == []


def test_again_it_does_nothing_and_what_is_matched_anew_can_be_released_anew(db) -> None:
    buyer, invoices = owing(2)
    topped = begins(buyer, invoices)
    money = transfers(topped.reference, 2 * ONE)
    release_payment(LATER, payment=money)
    before = all_of(buyer, invoices)
    assert release_payment(LATER, payment=money).again and all_of(buyer, invoices) == before
    assert transfers(topped.reference, 2 * ONE) == money and all_of(buyer, invoices) == before, "the file is read again"
    other, [theirs] = owing(1)
    match_payment(LATER, payment=money, invoice=theirs)
    assert (owed(other, [theirs]), credit(other), owed(buyer, invoices)) == ([0], ONE, [ONE, ONE])
    assert received_for([top_up(topped.id, of=buyer.account)]) == {topped.id: ()}, "it was theirs"
    assert release_payment(LATER, payment=money).invoices == (theirs,)
    assert (owed(other, [theirs]), credit(other)) == ([ONE], 0)
    match_payment(LATER, payment=money, invoice=invoices[0])
    assert (owed(buyer, invoices), credit(buyer)) == ([0, ONE], ONE)
    transfers(topped.reference, ONE, proof="B-2")
    assert (owed(buyer, invoices), credit(buyer)) == ([0, 0], ONE)
    holds(buyer, invoices)
    holds(other, [theirs])


def test_where_what_was_left_over_is_spent_it_comes_off_none(db) -> None:
    buyer, invoices = owing(3)
    money = transfers(begins(buyer, invoices[:2]).reference, 2 * ONE + 500)
    use_credit(ACT, account=buyer.account, invoice=invoices[2], once="spent")
    before = all_of(buyer, invoices)
    with pytest.raises(CannotRelease) as refusal:
        release_payment(LATER, payment=money)
    assert refusal.value.facts == {"why": "spent"} and all_of(buyer, invoices) == before
    give_credit(ACT, account=buyer.account, amount=Money(500, EUR), kind="gift", once="g")
    release_payment(LATER, payment=money)
    assert (owed(buyer, invoices), credit(buyer)) == ([ONE, ONE, ONE - 500], 0)
    holds(buyer, invoices)


def test_what_was_given_back_in_part_or_put_in_as_credit_stays(db) -> None:
    buyer, invoices = owing(2)
    money = transfers(begins(buyer, invoices).reference, 2 * ONE + 500)
    begin_refund(ACT, payment=money, amount=Money(500, EUR), once="r")
    TopUp.objects.create(
        once="plain", brand="vps6", account=buyer.account, minor=500, currency="EUR", reference="RF00PLAIN", created_at=NOON
    )  # fmt: skip
    plain = transfers("RF00PLAIN", 500, proof="B-2")
    before = all_of(buyer, invoices)
    for each, why in ((money, "refunded"), (plain, "top_up")):
        with pytest.raises(CannotRelease) as refusal:
            release_payment(LATER, payment=each)
        assert refusal.value.facts == {"why": why}
    assert all_of(buyer, invoices) == before


def test_what_something_else_put_on_one_of_them_stays(db) -> None:
    buyer, invoices = owing(2)
    invoices.sort()  # due at one time, they are paid in this order
    topped = begins(buyer, invoices)
    give_credit(ACT, account=buyer.account, amount=Money(408, EUR), kind="gift", once="g")
    use_credit(buyer.act(), account=buyer.account, invoice=invoices[0], once="u")
    first = transfers(topped.reference, 1000)
    comes(begin_payment(buyer.act(), of=buyer.account, invoice=invoices[1], gateway="testpay"))
    second = transfers(topped.reference, 1000, proof="B-2")
    assert (owed(buyer, invoices), credit(buyer)) == ([0, 0], 0)

    release_payment(LATER, payment=first)

    assert owed(buyer, invoices) == [1000, 0]
    assert TopUp.objects.get().paid_at is not None, "other money came for it"
    release_payment(LATER, payment=second)
    assert TopUp.objects.get().paid_at is None
    assert (owed(buyer, invoices), unmatched()) == ([2000, 0], 2000)
    holds(buyer, invoices)


@pytest.mark.parametrize(("gift", "asked", "left"), [(1000, 2 * ONE - 1000, 0), (ONE, 2 * ONE, ONE)])
def test_credit_that_a_proforma_had_taken_is_its_owners_again(db, gift: int, asked: int, left: int) -> None:
    buyer = Buyer()
    proforma, invoice = of_proforma(buyer, timedelta(days=1)), buyer.owes(line()).id
    give_credit(ACT, account=buyer.account, amount=Money(gift, EUR), kind="gift", once="g")
    money = transfers(begins(buyer, [proforma, invoice], asked).reference, asked)
    made = InvoiceId(Invoice.objects.get(corrects=proforma, kind="invoice").id)
    assert (owed(buyer, [made, invoice]), credit(buyer)) == ([0, 0], left)

    done = release_payment(LATER, payment=money)

    assert set(done.invoices) == {made, invoice}
    assert (owed(buyer, [made, invoice]), credit(buyer), unmatched()) == ([ONE, ONE], gift, asked)
    assert DunningAgenda.objects.get(invoice=made).next_at == LATER.at
    holds(buyer, [made, invoice])


def test_a_proforma_that_other_money_paid_keeps_it(db) -> None:
    buyer = Buyer()
    proforma, invoice = of_proforma(buyer, 2 * WEEK), buyer.owes(line()).id
    money = transfers(begins(buyer, [proforma, invoice]).reference, ONE)
    assert (owed(buyer, [invoice]), credit(buyer)) == ([0], 0)
    later = billing_act(role="billing", at=NOON + MINUTE / 2)
    own = transfers(Invoice.objects.get(id=proforma).reference, ONE, proof="B-2", act=later)
    made = InvoiceId(Invoice.objects.get(corrects=proforma, kind="invoice").id)

    assert release_payment(LATER, payment=money).invoices == (invoice,)

    assert (owed(buyer, [made, invoice]), credit(buyer)) == ([0, ONE], 0)
    assert release_payment(LATER, payment=own).invoices == (made,)
    holds(buyer, [made, invoice])


def test_the_database_lets_no_other_use_of_credit_go(db) -> None:
    buyer, invoices = owing(3)
    transfers(begins(buyer, invoices[:2]).reference, 2 * ONE)
    give_credit(ACT, account=buyer.account, amount=Money(ONE, EUR), kind="gift", once="g")
    use_credit(ACT, account=buyer.account, invoice=invoices[2], once="u")
    part = Allocation.objects.get(invoice=invoices[2])
    told = {"brand": "vps6", "account": buyer.account, "currency": "EUR", "at": NOON}
    for once, kind, about, minor in (
        (f"uncovered:{part.id + 1}", "uncovered", part.invoice_id, ONE), (f"uncovered:{part.id}", "gift", part.invoice_id, ONE),
        (f"uncovered:{part.id}", "uncovered", invoices[0], ONE), (f"uncovered:{part.id}", "uncovered", part.invoice_id, ONE - 1),
    ):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic():
            CreditEntry.objects.create(once=once, kind=kind, about=about, minor=minor, **told)
            part.delete()
    for attempt in (lambda: Allocation.objects.all().delete(), lambda: Allocation.objects.update(minor=1)):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()
    assert Allocation.objects.count() == 3


def test_whoever_pays_a_top_up_and_whoever_releases_it_lock_it_before_its_documents(db) -> None:
    """Else a transfer that names both, and a release, would wait for each other."""
    buyer, invoices = owing(2)
    topped = begins(buyer, invoices)
    beside = Invoice.objects.get(id=invoices[0]).reference

    def locked(deed) -> list[str]:
        with CaptureQueriesContext(connection) as seen:
            deed()
        said = [each["sql"] for each in seen if "FOR UPDATE" in each["sql"]]
        return [table for sql in said for table in ("topup", "invoice") if f'FROM "billing_{table}"' in sql]

    assert locked(lambda: transfers(topped.reference, 5, proof="B-0", beside=beside))[:2] == ["topup", "invoice"]
    money = transfers(topped.reference, 2 * ONE)
    assert locked(lambda: release_payment(LATER, payment=money))[:2] == ["topup", "invoice"]


def test_pressed_by_several_at_once_it_is_released_once(committed: str) -> None:
    buyer, invoices = owing(3)
    money = transfers(begins(buyer, invoices[:2]).reference, 2 * ONE + 500)

    def presses() -> str:
        try:
            return "again" if release_payment(LATER, payment=money).again else "released"
        except CannotRelease as refusal:
            return str(refusal.facts["why"])

    said = at_once(5, presses)
    assert (said.count("released"), said.count("again")) == (1, 4), said
    assert (owed(buyer, invoices), credit(buyer), unmatched()) == ([ONE] * 3, 0, 2 * ONE + 500)
    assert CreditEntry.objects.filter(kind="uncovered").count() == 2
    holds(buyer, invoices)


def test_who_spends_what_is_left_over_at_the_same_moment_is_not_robbed(committed: str) -> None:
    buyer, invoices = owing(3)
    money = transfers(begins(buyer, invoices[:2]).reference, 2 * ONE + 500)
    turn = iter(range(4))

    def presses() -> str:
        try:
            if next(turn) % 2:
                use_credit(ACT, account=buyer.account, invoice=invoices[2], once="u")
                return "used"
            return "again" if release_payment(LATER, payment=money).again else "released"
        except CannotRelease as refusal:
            return str(refusal.facts["why"])
        except NotEnoughCredit:
            return "short"

    said = at_once(4, presses)
    done = (owed(buyer, invoices), credit(buyer), unmatched())
    if "released" in said:
        assert done == ([ONE] * 3, 0, 2 * ONE + 500) and "used" not in said, said
    else:
        assert done == ([0, 0, ONE - 500], 0, 0) and "used" in said, said
    holds(buyer, invoices)
