"""What customers and staff see of documents, and how staff put them right."""

from __future__ import annotations

import re
from dataclasses import replace
from uuid import uuid4

import pytest
from django.http import HttpResponse

from hostkeep.audit.enter import APART
from hostkeep.audit.models import Entry
from hostkeep.billing.actions.correcting import credit_whole
from hostkeep.billing.models import Invoice
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.rules.party import Party
from hostkeep.kernel.money import EUR, VND
from hostkeep.ledger import book
from tests.einvoices import broken_rules
from tests.faces.billing.conftest import Customer, a_customer
from tests.faces.billing.test_staff_payments import staff
from tests.faces.services.conftest import Staff
from tests.faces.shop.conftest import text
from tests.rooms.billing.making import billing_act, line
from tests.rooms.billing.test_proforma import asks

PLACED = Party("12345678", name="Ann Åberg", country="NL", city="Utrecht", address="Way 1", postal_code="3500 AA")


def form_of(page: HttpResponse) -> dict[str, str]:
    """What the one form of a page would send, hidden fields."""
    return dict(re.findall(r'<input type="hidden" name="([a-z0-9_-]+)" value="([^"]*)"', page.content.decode()))


def looks(member: Staff, path: str, **typed: str) -> HttpResponse:
    return member.posts(member.get(path), path, **typed)


def makes(member: Staff, path: str, **typed: str) -> HttpResponse:
    """Look, then press the button of the page that shows what would be done."""
    looked = looks(member, path, **typed)
    assert looked.status_code == 200
    return member.posts(looked, path, **{**form_of(looked), "do": "make"})


def test_a_customer_reads_what_corrects_what_and_takes_both_files(ann: Customer) -> None:
    issued = ann.owes(line(1000), party=PLACED)
    note = credit_whole(billing_act(), invoice=issued.id, reason="wrong_price", once="a")

    listed, page, corrected = text(ann.browser.get("/account/invoices/")), text(ann.page(note)), text(ann.page(issued))

    assert "Credit note" in listed
    assert "−" in listed
    for said in ("Credit note", "Credited", issued.number, "A price or quantity was wrong"):
        assert said in page
    assert "Pay " not in page
    assert "Taken back" in corrected
    assert note.number in corrected
    assert "Pay " not in corrected
    for one in (issued, note):
        answer = ann.page(one, "xml/")
        assert answer["Content-Type"] == "application/xml"
        assert f'filename="{one.number}.xml"' in answer["Content-Disposition"]
        assert broken_rules(answer.content) == []
        assert ann.page(one, "pdf/").content.startswith(b"%PDF")


def test_a_simplified_invoice_has_no_such_file(ann: Customer) -> None:
    issued = ann.owes()
    assert "EN 16931" not in text(ann.page(issued))
    assert ann.page(issued, "xml/").status_code == 404


def looks_at_buyers() -> int:
    """How often a buyer's block was opened, or asked for."""
    return Entry.objects.using(APART).filter(category="invoice_party").count()


def test_staff_take_the_electronic_form_beside_the_pdf_and_the_page_opens_no_buyer(ann: Customer) -> None:
    member = staff()
    issued = ann.owes(line(1000), party=PLACED)
    note = credit_whole(billing_act(), invoice=issued.id, reason="wrong_price", once="a")
    for one in (issued, note):
        here, before = f"/staff/documents/{one.id}/", looks_at_buyers()
        page = text(member.get(here))
        assert looks_at_buyers() == before + 1, "the lines' titles, and no more"
        assert f'href="{here}pdf/"' in page and f'href="{here}xml/"' in page
        before = looks_at_buyers()
        assert member.get(f"{here}pdf/")["Content-Type"] == "application/pdf"
        of_pdf, before = looks_at_buyers() - before, looks_at_buyers()
        answer = member.get(f"{here}xml/")
        assert looks_at_buyers() - before == of_pdf == 2, "it goes through the door, as the PDF does"
        assert answer["Content-Type"] == "application/xml"
        assert f'filename="{one.number}.xml"' in answer["Content-Disposition"]
        assert broken_rules(answer.content) == []
        assert answer.content == ann.page(one, "xml/").content


def test_where_there_is_no_electronic_form_staff_are_told_so(ann: Customer) -> None:
    member = staff()
    simplified = ann.owes()
    here = f"/staff/documents/{simplified.id}/"
    answer = member.get(f"{here}xml/")
    assert (answer.status_code, answer["Location"]) == (302, here)
    assert "This document has no electronic form" in text(member.get(here))


@pytest.mark.parametrize("brand", ["vpsfast", "vps6", "photonvps", "vpn", "vietnam-server"])
@pytest.mark.parametrize("party", [PLACED, replace(PLACED, company="Åberg BV", tax_id="NL001234567B01")])
def test_a_button_for_the_electronic_form_leads_to_it(db: None, brand: str, party: Party) -> None:
    member, buyer, currency = staff(), a_customer(brand), VND if brand == "vietnam-server" else EUR
    for rate in (0, 210_000):
        issued = buyer.owes(line(100000, rate=rate, currency=currency), party=party)
        here = f"/staff/documents/{issued.id}/"
        offered = f'href="{here}xml/"' in text(member.get(here))
        assert offered is (member.get(f"{here}xml/").status_code == 200)


def test_what_is_no_invoice_or_note_has_no_button_for_it(db: None) -> None:
    member, asked = staff(), asks(a_customer("vps6").buyer, party=PLACED)
    page = text(member.get(f"/staff/documents/{asked.id}/"))
    assert "/pdf/" in page and "/xml/" not in page


def test_another_customer_gets_neither_page_nor_file(ann: Customer) -> None:
    issued = ann.owes(party=PLACED)
    other = a_customer("vps6")
    for tail in ("", "pdf/", "xml/"):
        answer = other.page(issued, tail)
        assert answer.status_code == 404
        assert "Åberg" not in text(answer)


def test_staff_look_first_and_then_credit_by_amount(ann: Customer) -> None:
    member, issued = staff(), ann.owes(line(1000), line(500, rate=0))
    path = f"/staff/documents/{issued.id}/credit/"
    looked = looks(member, path, reason="goodwill", **{"line-1": "4", "line-2": "0,50", "do": "look"})
    page = text(looked)
    for said in ("4.50", "0.84", "5.34", "A reduction granted after the sale", "Make the credit note"):
        assert said in page
    assert Invoice.objects.count() == 1, "a look makes nothing"

    done = member.posts(looked, path, **{**form_of(looked), "do": "make"})
    again = member.posts(looked, path, **{**form_of(looked), "do": "make"})

    assert (done.status_code, again["Location"]) == (302, done["Location"])
    note = Invoice.objects.get(kind="credit_note")
    assert (note.gross_minor, note.reason) == (534, "goodwill")
    assert re.fullmatch(r"V6-20\d\d-C000001", note.number)
    assert sheet(issued.id, of=ann.buyer.account).owed.minor == issued.gross.minor - 534
    shown = text(member.get(done["Location"]))
    assert "Credit note" in shown
    assert issued.number in shown
    assert note.number in text(member.get(f"/staff/accounts/{ann.buyer.account}/documents/"))


def test_staff_take_back_all_that_is_left(ann: Customer) -> None:
    member, issued = staff("owner"), ann.owes(line(1000))
    path = f"/staff/documents/{issued.id}/credit/"
    assert makes(member, path, reason="cancelled", all="1").status_code == 302
    assert book.balance(f"receivable:{ann.buyer.account}", EUR).minor == 0
    assert path not in text(member.get(f"/staff/documents/{issued.id}/"))
    assert looks(member, path, reason="cancelled", all="1").status_code == 422


def test_staff_bill_more_under_the_same_title(ann: Customer) -> None:
    member, issued = staff(), ann.owes(line(1000))
    done = makes(member, f"/staff/documents/{issued.id}/debit/", reason="more_used", **{"line-1": "2.50"})
    assert done.status_code == 302
    note = Invoice.objects.get(kind="debit_note")
    assert (note.gross_minor, note.corrects_id) == (303, issued.id)
    assert "Server V-4" in text(ann.page(sheet(note.id, of=ann.buyer.account)))


@pytest.mark.parametrize(
    "typed",
    [
        {"reason": "goodwill", "line-1": "10.01"},
        {"reason": "goodwill", "line-1": "-1"},
        {"reason": "goodwill", "line-1": "1.234"},
        {"reason": "goodwill", "line-1": "0"},
        {"reason": "goodwill", "line-1": "9999-12-31"},
        {"reason": "goodwill", "line-1": "1e3"},
        {"reason": "goodwill", "line-2": "5"},
        {"reason": "goodwill"},
        {"reason": "because", "line-1": "5"},
        {"line-1": "5"},
    ],
)
@pytest.mark.parametrize("do", ["look", "make"])
def test_what_cannot_be_makes_nothing_and_says_why(ann: Customer, typed: dict[str, str], do: str) -> None:
    member, issued = staff(), ann.owes(line(1000))
    path = f"/staff/documents/{issued.id}/credit/"
    answer = looks(member, path, **typed, do=do)
    assert answer.status_code == 422
    assert "One thing to put right" in text(answer)
    assert Invoice.objects.count() == 1


@pytest.mark.parametrize("role", ["support", "sales", "engineer", "privacy", "abuse", "clerk"])
def test_only_billing_and_owners_put_documents_right(ann: Customer, role: str) -> None:
    member, issued = staff(role), ann.owes(line(1000))
    for path in ("credit/", "debit/", "", "pdf/", "xml/"):
        assert member.get(f"/staff/documents/{issued.id}/{path}").status_code == 403
    for path in ("credit/", "debit/"):
        sent = {"reason": "goodwill", "line-1": "5", "do": "make"}
        assert looks(member, f"/staff/documents/{issued.id}/{path}", **sent).status_code == 403
    assert member.get(f"/staff/accounts/{ann.buyer.account}/documents/").status_code == 403
    assert Invoice.objects.count() == 1


def test_customers_and_strangers_come_nowhere_near(ann: Customer) -> None:
    issued = ann.owes(line(1000))
    path = f"/staff/documents/{issued.id}/credit/"
    assert ann.browser.get(path).status_code == 404
    assert Staff().get(path).status_code == 302
    assert staff().get(f"/staff/documents/{uuid4()}/").status_code == 404


def test_a_forged_post_does_nothing(ann: Customer) -> None:
    member, issued = staff(), ann.owes(line(1000))
    sent = {"reason": "goodwill", "line-1": "5", "do": "make", "form_token": "x"}
    path = f"/staff/documents/{issued.id}/credit/"
    assert member.client.post(path, sent, headers={"host": "localhost", "sec-fetch-site": "cross-site"}).status_code == 403
    assert Invoice.objects.count() == 1
