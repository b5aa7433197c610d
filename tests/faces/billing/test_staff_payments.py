"""Payments at the back office."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from hostkeep.billing.models import Payment
from hostkeep.billing.queries.invoices import sheet
from tests.drivers.bank_files import Entry, camt
from tests.faces.billing.conftest import Customer, Payments, a_customer
from tests.faces.services.conftest import Staff
from tests.faces.shop.conftest import text

FILE = "/staff/payments/bank-file/"


def staff(role: str = "billing") -> Staff:
    member = Staff()
    member.signs_in(role)
    return member


def reads(member: Staff, body: bytes, brand: str = "vps6") -> HttpResponse:
    file = SimpleUploadedFile("statement.xml", body, "application/xml")
    return member.posts(member.get(FILE), FILE, brand=brand, file=file)


def test_a_bank_file_from_upload_to_paid(ann: Customer) -> None:
    member, issued = staff(), ann.owes()
    reference = sheet(issued.id, of=ann.buyer.account).reference
    body = camt(Entry("24.08", f"CANARY {reference}"), Entry("5.00", "no idea", ref="b"), Entry("1.00", side="DBIT"))

    page = text(reads(member, body))

    assert "2 transfers in" in page
    assert "1 other entry left out" in page
    assert issued.number in page
    assert "Paid in full" in page
    assert "Unmatched" in page
    assert "CANARY" not in page
    assert re.search(r"<td[^>]*>\d{1,2} [A-Z][a-z]{2} \d{4}</td>", page), "days as on all other pages"
    assert sheet(issued.id, of=ann.buyer.account).is_paid
    assert "This very file was read before." in text(reads(member, body))
    assert Payment.objects.count() == 2


def test_money_nobody_claims_is_matched_by_hand(ann: Customer) -> None:
    member, issued = staff(), ann.owes()
    reads(member, camt(Entry("24.08", "no idea")))
    page = text(member.get("/staff/payments/"))
    assert "Unmatched" in page
    waiting = Payment.objects.get()
    path = f"/staff/payments/vps6/{waiting.id}/match/"
    assert path in page
    form = member.get(path)
    assert issued.number in text(form)
    assert re.search(r"<dd>\d{1,2} [A-Z][a-z]{2} \d{4}</dd>", text(form))
    for unknown in ("V6-1999-000001", "VF-2026-000001", "\0", ""):
        refused = member.posts(form, path, number=unknown)
        assert refused.status_code == 422
        assert "No document of this brand has that number." in text(refused)
        assert issued.number in text(refused), "the form is there again"
    assert member.posts(form, path, number=f" {issued.number.lower()} ").status_code == 302
    assert sheet(issued.id, of=ann.buyer.account).is_paid
    listed = text(member.get("/staff/payments/", brand="vps6"))
    assert "Unmatched" not in listed.partition("<table")[2]
    assert f"The payment went on invoice {issued.number}." in listed
    assert f'href="/staff/documents/{issued.id}/"' in listed
    assert member.posts(form, path, number=issued.number).status_code == 409


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<no xml", "The file begins as XML and is none."),
        (b'<!DOCTYPE d [<!ENTITY a "b">]><d>&a;</d>', "The file declares entities."),
        (b"<html/>", "no CAMT.053 statement"),
        (camt(Entry("1.001")), "finer than its currency"),
        (camt(Entry("1.00", day="soon")), "A booking date"),
        (camt(Entry("1.00"), account="NL00OTHR0000000001"), "another account"),
        (b"x" * 5_000_001, "larger than 5 MB"),
        (b" ", "The file is empty."),
    ],
    ids=["xml", "bomb", "format", "decimals", "date", "account", "size", "empty"],
)
def test_a_file_that_cannot_be_used(payments: Payments, body: bytes, said: str) -> None:
    answer = reads(staff(), body)
    assert answer.status_code == 422
    assert said in text(answer)
    assert "Nothing was booked." in text(answer)
    assert not Payment.objects.exists()


def test_no_file_at_all(payments: Payments) -> None:
    member = staff()
    answer = member.posts(member.get(FILE), FILE, brand="vps6")
    assert (answer.status_code, "The file is empty." in text(answer)) == (422, True)


def test_vpn5_a_bank_file_at_the_vpn_brand(payments: Payments) -> None:
    answer = reads(staff(), camt(Entry("5.00")), brand="vpn")
    assert answer.status_code == 422
    assert "VPN-5" in text(answer)
    assert not Payment.objects.exists()


def test_a_brand_that_is_none(payments: Payments) -> None:
    assert reads(staff(), camt(Entry("5.00")), brand="acme").status_code in {404, 422}


@pytest.mark.parametrize("role", ["support", "engineer"])
def test_only_who_looks_after_money(payments: Payments, role: str) -> None:
    member = staff(role)
    for path in ("/staff/payments/", FILE):
        assert member.get(path).status_code == 403


def test_a_customer_is_no_staff(ann: Customer) -> None:
    answer = ann.browser.client.get("/staff/payments/", headers={"host": "localhost"})
    assert answer.status_code in {302, 403}
    assert ann.browser.get("/staff/payments/").status_code == 404


def test_another_brands_payment_is_not_matched_here(ann: Customer) -> None:
    member = staff()
    reads(member, camt(Entry("24.08", "no idea")))
    path = f"/staff/payments/vpsfast/{Payment.objects.get().id}/match/"
    assert member.get(path).status_code == 404


def test_credit_is_shown(payments: Payments) -> None:
    member, customer = staff(), a_customer("vps6")
    issued = customer.owes()
    reference = sheet(issued.id, of=customer.buyer.account).reference
    reads(member, camt(Entry("30.00", reference, ref="a"), Entry("1.00", reference, ref="b")))
    page = text(member.get("/staff/payments/"))
    assert "€5.92" in page
    assert "None, all of it is credit" in page


def test_what_nobody_could_tell_waits_for_a_person_who_looked(ann: Customer) -> None:
    from datetime import timedelta

    from hostkeep.billing.actions.paying import begin_payment, record_outcome
    from hostkeep.billing.models import PaymentAttempt
    from hostkeep.drivers.payments import Settled, Unknown
    from hostkeep.runtime import clock
    from tests.rooms.billing.making import billing_act

    issued, member = ann.owes(), staff()
    ago = clock.now() - timedelta(days=3)

    def begun():
        act = ann.buyer.act(at=ago)
        return begin_payment(act, of=ann.buyer.account, invoice=issued.id, gateway="testpay")

    first = begun()
    path = f"/staff/payments/vps6/attempts/{first.attempt}/nothing/"
    assert path not in text(member.get("/staff/payments/"))
    assert member.posts(member.get(FILE), path).status_code == 409, "it waits for its payer"
    record_outcome(billing_act(), attempt=first.attempt, outcome=Unknown())
    page = member.get("/staff/payments/")
    assert path in text(page) and first.once in text(page) and issued.number in text(page)
    assert member.posts(page, path.replace("vps6", "vpn")).status_code == 404
    assert staff("support").posts(page, path).status_code in {302, 403, 404}
    assert PaymentAttempt.objects.get().state == "unknown" and begun().attempt == first.attempt

    assert member.posts(page, path).status_code == 302

    assert (PaymentAttempt.objects.get().state, PaymentAttempt.objects.get().code) == ("declined", "by_staff")
    assert path not in text(member.get("/staff/payments/"))
    assert begun().attempt != first.attempt
    record_outcome(billing_act(), attempt=first.attempt, outcome=Settled("late", first.amount))
    assert sheet(issued.id, of=ann.buyer.account).is_paid, "money that comes all the same counts"


def turns(member: Staff, waiting: Payment, do: str, **more: str) -> HttpResponse:
    page = member.get(f"/staff/payments/vps6/{waiting.id}/{'refund' if do == 'release' else 'match'}/")
    return member.posts(page, f"/staff/payments/vps6/{waiting.id}/turn/", do=do, **more)


def test_a_wrong_match_is_taken_back_and_the_money_sent_back(ann: Customer) -> None:
    member, issued = staff(), ann.owes()
    reads(member, camt(Entry("24.08", sheet(issued.id, of=ann.buyer.account).reference)))
    waiting = Payment.objects.get()
    assert "Take the match back" in text(member.get(f"/staff/payments/vps6/{waiting.id}/refund/"))
    assert turns(member, waiting, "release").status_code == 302
    assert not sheet(issued.id, of=ann.buyer.account).is_paid
    assert turns(member, waiting, "back", why="he said so").status_code == 302
    assert turns(member, waiting, "back", why="not_ours").status_code == 302
    waiting.refresh_from_db()
    page = text(member.get(f"/staff/payments/vps6/{waiting.id}/match/"))
    assert waiting.back_ref in page and "It was meant for somebody else" in page and "The invoice it was for" not in page
    assert "On its way back" in text(member.get("/staff/payments/"))
    turns(member, waiting, "sent", proof="NL67HKPD0123456789")
    assert "own id of this transfer" in text(member.get("/staff/payments/"))
    turns(member, waiting, "sent", proof="OUT-1")
    waiting.refresh_from_db()
    assert (waiting.aside, waiting.back_proof) == ("sent", "OUT-1")
    listed = text(member.get("/staff/payments/"))
    assert "Sent back" in listed and "Unmatched" not in listed.partition("<table")[2]


def test_money_is_put_away_and_taken_out(ann: Customer) -> None:
    member = staff("owner")
    reads(member, camt(Entry("24.08", "no idea")))
    waiting = Payment.objects.get()
    turns(member, waiting, "away", why="test")
    assert "Put away" in text(member.get("/staff/payments/"))
    turns(member, waiting, "out")
    waiting.refresh_from_db()
    assert waiting.aside == ""
    assert turns(member, waiting, "nothing").status_code == 404


def test_spent_credit_is_said_in_plain_words_and_another_brand_or_role_does_nothing(ann: Customer) -> None:
    from hostkeep.billing.actions.crediting import use_credit
    from tests.rooms.billing.making import billing_act

    member, issued = staff(), ann.owes()
    reads(member, camt(Entry("30.00", sheet(issued.id, of=ann.buyer.account).reference)))
    use_credit(billing_act(), account=ann.buyer.account, invoice=ann.owes().id, once="x")
    waiting = Payment.objects.get()
    answer = turns(member, waiting, "release")
    assert "has gone on something else" in text(member.get(answer.headers["location"]))
    page = member.get(f"/staff/payments/vps6/{waiting.id}/refund/")
    assert member.posts(page, f"/staff/payments/vpsfast/{waiting.id}/turn/", do="release").status_code == 404
    support = staff("support")
    assert support.posts(page, f"/staff/payments/vps6/{waiting.id}/turn/", do="release").status_code in {302, 403}
    assert sheet(issued.id, of=ann.buyer.account).is_paid


def test_money_that_may_be_booked_already_waits_until_somebody_says_whether_it_came_twice(payments: Payments) -> None:
    member = staff()
    report = camt(Entry("24.08", "CANARY words", ref="NONREF", uetr="U-1"), report=True)
    reads(member, camt(Entry("24.08", ref="A-1")))
    page = text(reads(member, report))
    assert "Not booked: it may be booked already" in page
    assert "1 transfer may be booked already" in page
    listed = member.get("/staff/payments/")
    assert "These may be booked already" in text(listed)
    assert "CANARY" not in text(listed)
    path = re.search(r'action="(/staff/payments/vps6/doubts/[0-9a-f-]+/)"', text(listed))
    assert path is not None
    assert staff("support").posts(listed, path[1], do="second").status_code in (403, 404)
    assert member.posts(listed, path[1], do="else").status_code == 404
    assert Payment.objects.count() == 1
    assert member.posts(listed, path[1], do="second").status_code == 302
    assert Payment.objects.count() == 2
    after = text(member.get("/staff/payments/"))
    assert "It is booked as a second payment." in after and "These may be booked already" not in after
    assert member.posts(listed, path[1], do="same").status_code == 302
    after = text(member.get("/staff/payments/"))
    assert "decided already" in after, re.findall(r"(?s)<main.{0,1500}", after)
    assert Payment.objects.count() == 2
