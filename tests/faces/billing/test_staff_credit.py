"""Credit, refunds and chargebacks at the back office."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from hostkeep.billing.actions.disputing import record_dispute
from hostkeep.billing.models import CreditEntry, Payment, Refund
from hostkeep.drivers.payments import Disputed
from hostkeep.kernel.money import EUR, Money
from hostkeep.ledger import book
from tests.drivers.bank_files import Entry, camt
from tests.faces.billing.conftest import Customer, Payments, a_customer
from tests.faces.billing.test_client_credit import credit, puts_in
from tests.faces.billing.test_staff_payments import reads, staff
from tests.faces.shop.conftest import text
from tests.rooms.billing.making import billing_act


def page_of(ann: Customer) -> str:
    return f"/staff/accounts/{ann.buyer.account}/credit/"


def moves(member, ann: Customer, **form):
    page = member.get(page_of(ann))
    return member.posts(page, page_of(ann), **{"currency": "EUR", "reason": "goodwill", "do": "give", **form})


def put_in(ann: Customer, payments: Payments) -> UUID:
    payments.decides(puts_in(ann, "50")["Location"], "pay")
    return Payment.objects.get().id


def test_credit_is_given_and_taken_with_a_reason(ann: Customer) -> None:
    member = staff()
    assert moves(member, ann, amount="12.50").status_code == 302
    assert moves(member, ann, amount="2,50", do="take", reason="mistake").status_code == 302
    assert credit(ann) == 1000
    page = text(member.get(page_of(ann)))
    assert "Given by us (Goodwill)" in page and "Taken back by us (A mistake is put right)" in page
    assert f"/staff/accounts/{ann.buyer.account}/credit/" in text(member.get(f"/staff/people/{ann.buyer.account}/"))


def test_a_double_click_gives_once(ann: Customer) -> None:
    member, once = staff(), str(uuid4())
    for _ in range(2):
        moves(member, ann, amount="12.50", once=once)
    assert credit(ann) == 1250 and CreditEntry.objects.count() == 1


@pytest.mark.parametrize(
    "form",
    [
        {"amount": "1.005"}, {"amount": "-5"}, {"amount": "0"}, {"amount": "5", "currency": "VND"},
        {"amount": "5", "reason": ""}, {"amount": "5", "reason": "because I can"}, {"amount": "5.01", "do": "take"},
    ],
)  # fmt: skip
def test_what_staff_cannot_move(ann: Customer, form: dict[str, str]) -> None:
    member = staff()
    assert moves(member, ann, **form).status_code == 422
    assert credit(ann) == 0 and not CreditEntry.objects.exists()


@pytest.mark.parametrize("role", ["support", "engineer", "abuse", "privacy", "sales"])
def test_other_roles_move_no_money(ann: Customer, payments: Payments, role: str) -> None:
    payment, owner = put_in(ann, payments), staff()
    give, back = page_of(ann), f"/staff/payments/vps6/{payment}/refund/"
    member = staff(role)
    for path in (give, back, "/staff/payments/taken-back/"):
        assert member.get(path).status_code == 403
    assert member.posts(owner.get(give), give, amount="5", currency="EUR", reason="goodwill").status_code == 403
    assert member.posts(owner.get(back), back, amount="5").status_code == 403
    assert credit(ann) == 5000 and not Refund.objects.exists()


def test_a_payment_goes_back_the_way_it_came(ann: Customer, payments: Payments) -> None:
    payment, member = put_in(ann, payments), staff()
    path = f"/staff/payments/vps6/{payment}/refund/"
    assert path in text(member.get("/staff/payments/"))
    page = member.get(path)
    assert "€50.00" in text(page) and "asked at once, and once only" in text(page)
    over = member.posts(page, path, amount="50.01")
    assert over.status_code == 422 and not Refund.objects.exists()
    once = str(uuid4())
    assert member.posts(page, path, amount="20", once=once).status_code == 302
    row = Refund.objects.get()
    assert (row.state, credit(ann)) == ("settled", 3000)
    assert book.balance("gateway:vps6:testpay", EUR).minor == 3000
    assert member.posts(page, path, amount="20", once=once).status_code == 302
    assert Refund.objects.count() == 1
    assert "Paid back the way it came" in text(ann.browser.get("/account/credit/"))


def test_another_brands_address_opens_no_payment(ann: Customer, payments: Payments) -> None:
    payment, member = put_in(ann, payments), staff()
    mine = member.get(f"/staff/payments/vps6/{payment}/refund/")
    theirs = f"/staff/payments/vpsfast/{payment}/refund/"
    assert member.get(theirs).status_code == 404
    assert member.posts(mine, theirs, amount="5").status_code == 404
    assert not Refund.objects.exists()


def test_what_a_bank_brought_is_given_back_by_hand(ann: Customer) -> None:
    member, issued = staff(), ann.owes()
    from hostkeep.billing.queries.invoices import sheet

    reference = sheet(issued.id, of=ann.buyer.account).reference
    reads(member, camt(Entry("30.00", reference)))
    path = f"/staff/payments/vps6/{Payment.objects.get().id}/refund/"
    page = member.get(path)
    assert "€24.08 more went on an invoice" in text(page)
    member.posts(page, path, amount="5.92")
    row = Refund.objects.get()
    hand = f"/staff/payments/vps6/refunds/{row.id}/"
    page = member.get(path)
    assert hand in text(page)
    member.posts(page, hand, do="confirm", proof="")
    assert Refund.objects.get().state == "waiting"
    member.posts(page, hand, do="confirm", proof="NL1/OUT-7")
    assert (Refund.objects.get().state, Refund.objects.get().proof) == ("settled", "NL1/OUT-7")
    assert member.posts(page, hand, do="give_up").status_code == 409
    assert credit(ann) == 0


def test_what_a_bank_took_back_is_listed(ann: Customer, payments: Payments) -> None:
    put_in(ann, payments)
    member, of = staff(), Payment.objects.get().proof
    assert "No payer's bank" in text(member.get("/staff/payments/taken-back/"))
    said = Disputed("dp_1", of, Money(5000, EUR), 1500, "open")
    record_dispute(billing_act(), gateway="testpay", said=said)
    page = text(member.get("/staff/payments/taken-back/"))
    assert "dp_1" in page and "€15.00" in page and "Open" in page


def test_customers_do_not_enter(ann: Customer) -> None:
    assert ann.browser.get(page_of(ann)).status_code == 404
    assert a_customer("vps6").browser.get("/staff/payments/taken-back/").status_code == 404


def test_a_refund_names_the_credit_note_that_it_follows_and_leads_to_it(ann: Customer) -> None:
    from hostkeep.billing.actions.correcting import credit_whole
    from hostkeep.billing.queries.invoices import sheet
    from tests.rooms.billing.making import billing_act

    member, issued, other = staff(), ann.owes(), ann.owes()
    reads(member, camt(Entry("24.08", sheet(issued.id, of=ann.buyer.account).reference)))
    act = billing_act(role="billing")
    note = credit_whole(act, invoice=issued.id, reason="cancelled", once="n-1")
    strange = credit_whole(act, invoice=other.id, reason="cancelled", once="n-2")
    path = f"/staff/payments/vps6/{Payment.objects.get().id}/refund/"
    page = member.get(path)
    assert f"/staff/documents/{note.id}/" in text(page) and str(strange.id) not in text(page)

    member.posts(page, path, amount="10.00", note=str(note.id))
    member.posts(member.get(path), path, amount="5.00", note=str(strange.id))

    assert [row.credit_note_id for row in Refund.objects.order_by("-minor")] == [note.id, None]
    shown = text(member.get(path))
    assert shown.count(f'<a class="small num" href="/staff/documents/{note.id}/">') == 1 and note.number in shown
