"""Invoices in the client area: one's own, readable, and payable."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hostkeep.audit.models import Entry as AuditEntry
from hostkeep.billing.models import Payment, PaymentAttempt
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.rules.party import Party
from hostkeep.kernel.money import EUR, VND, Money
from hostkeep.kernel.period import Period, months_after
from hostkeep.billing.rules.lines import Line
from hostkeep.kernel.ids import Ref
from hostkeep.runtime import clock
from tests.faces.billing.conftest import Customer, Payments, a_customer
from tests.faces.shop.conftest import hidden, text
from tests.rooms.billing.making import line


def test_the_list(ann: Customer) -> None:
    old, new = ann.owes(days_ago=10), ann.owes(line(1000), line(50))
    page = text(ann.browser.get("/account/invoices/"))
    assert page.index(new.number) < page.index(old.number)
    assert "Overdue" in page
    assert "Due in 7 days" in page
    assert "and 1 more" in page
    assert f"/account/invoices/{new.id}/" in page
    assert 'class="count">2<' in page


def test_an_empty_list_says_so(ann: Customer) -> None:
    assert "No invoices yet" in text(ann.browser.get("/account/invoices/"))
    assert ann.browser.get("/account/invoices/", page="7").status_code == 302
    assert ann.browser.get("/account/invoices/", page="x").status_code == 200


def test_a_long_list_has_pages(ann: Customer) -> None:
    numbers = [ann.owes().number for _ in range(27)]
    first, second = (text(ann.browser.get("/account/invoices/", page=n)) for n in ("1", "2"))
    assert numbers[-1] in first
    assert numbers[0] not in first
    assert numbers[0] in second
    assert "26–27 of 27" in second


def test_the_list_asks_the_database_little(ann: Customer) -> None:
    for _ in range(5):
        ann.owes()
    ann.browser.get("/account/invoices/")
    with CaptureQueriesContext(connection) as asked:
        ann.browser.get("/account/invoices/")
    said = [query["sql"] for query in asked.captured_queries]
    assert sum("billing_" in sql for sql in said) == 1
    assert sum("vault_" in sql for sql in said) == 1, "one look through the wall for all titles"
    # The rest: session, user, account, cart, and the wall's role and savepoint; the demo reads its clock besides.
    assert len([sql for sql in said if "runtime_clock" not in sql]) <= 10


def test_one_invoice_as_on_paper(ann: Customer) -> None:
    at = clock.now()
    lines = (
        Line("Server V-4", 2, Money(1990, EUR), 210_000, Ref("x", uuid4()), Period(at, months_after(at, 1))),
        line(500, rate=0),
    )
    party = Party("1", name="Ann <b>Åberg</b>", address="1 Way", city="Utrecht", postal_code="3500", country="NL")
    issued = ann.owes(*lines, party=party)

    page = ann.page(issued).content.decode().replace("\xa0", " ")

    assert issued.number in page
    assert "Ann &lt;b&gt;Åberg&lt;/b&gt;" in page
    assert "VPS6 B.V." in page
    assert "€53.16" in page
    assert "VAT 21 % of €39.80" in page
    assert "Pay €53.16" in page
    reference = sheet(issued.id, of=ann.buyer.account).reference
    assert reference in page
    assert "NL67 HKPD 0123 4567 89" in page
    assert "V6-" in page.partition("accounting law")[2][:200]
    assert "Simplified" not in page
    seen = AuditEntry.objects.using("audit").filter(verb="vault.value.revealed", category="invoice_party")
    assert seen.count() == 1


def test_the_pdf(ann: Customer, tmp_path) -> None:
    issued = ann.owes(party=Party("1", name="Ann Åberg"))
    answer = ann.page(issued, "pdf/")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="{issued.number}.pdf"'
    assert answer["Cache-Control"] == "no-store"
    assert answer.content.startswith(b"%PDF-1.7")
    (tmp_path / "a.pdf").write_bytes(answer.content)
    said = subprocess.run(["pdftotext", tmp_path / "a.pdf", "-"], capture_output=True, text=True, check=True).stdout
    for words in (issued.number, "Ann Åberg", "€24.08", "VPS6 B.V.", "VAT 21 % of €19.90"):
        assert words in said


def test_the_pdf_in_vietnamese(payments: Payments, tmp_path) -> None:
    binh = a_customer("vietnam-server")
    issued = binh.owes(line(79_000, rate=100_000, currency=VND), party=Party("1", name="Trần Thị Bình"))
    answer = binh.browser.get(f"/account/invoices/{issued.id}/pdf/", lang="vi")
    (tmp_path / "a.pdf").write_bytes(answer.content)
    said = subprocess.run(["pdftotext", tmp_path / "a.pdf", "-"], capture_output=True, text=True, check=True).stdout
    for words in ("Hóa đơn", "Trần Thị Bình", "86.900", "Thuế GTGT"):
        assert words in said


@pytest.mark.parametrize("tail", ["", "pdf/"])
def test_anothers_invoice_does_not_exist(ann: Customer, tail: str) -> None:
    eve = a_customer("vps6")
    issued = ann.owes()
    answer = eve.page(issued, tail)
    assert answer.status_code == 404
    assert issued.number not in text(answer)
    assert "Åberg" not in text(answer)
    assert not AuditEntry.objects.using("audit").filter(verb="vault.value.revealed").exists()


def test_anothers_invoice_cannot_be_paid_nor_asked_about(ann: Customer) -> None:
    eve = a_customer("vps6")
    issued, own = ann.owes(), eve.owes()
    answer = eve.browser.sends(
        eve.page(own), f"/account/invoices/{own.id}/pay/", gateway="testpay"
    )
    attempt = PaymentAttempt.objects.get()
    assert answer.status_code == 302
    form = hidden(eve.page(own), f"/account/invoices/{own.id}/pay/")
    assert eve.browser.post(f"/account/invoices/{issued.id}/pay/", gateway="testpay", **form).status_code == 404
    assert PaymentAttempt.objects.count() == 1
    assert ann.browser.get(f"/account/payments/{attempt.id}/return/").status_code == 404
    assert ann.browser.get(f"/account/payments/{uuid4()}/return/").status_code == 404


def test_a_visitor_is_sent_to_the_login(ann: Customer) -> None:
    issued = ann.owes()
    for path in ("invoices/", f"invoices/{issued.id}/", f"invoices/{issued.id}/pdf/"):
        answer = Client().get(f"/account/{path}", headers={"host": "vps6.localhost"})
        assert answer.status_code == 302
        assert answer["Location"].startswith("/auth/login/?next=")


def test_paying_from_click_to_paid(ann: Customer, payments: Payments) -> None:
    issued = ann.owes()

    sent = ann.pays(issued)

    assert sent.status_code == 302
    assert urlsplit(sent["Location"]).path.startswith("/demo/pay/")
    done = payments.decides(sent["Location"], "pay")
    assert 'http-equiv="refresh"' in done.content.decode()
    attempt = PaymentAttempt.objects.get()
    assert f"http://vps6.localhost:8000/account/payments/{attempt.id}/return/" in done.content.decode()
    assert sheet(issued.id, of=ann.buyer.account).is_paid
    assert payments.book.newest()[0].told
    back = ann.browser.get(f"/account/payments/{attempt.id}/return/")
    assert back["Location"] == f"/account/invoices/{issued.id}/"
    page = text(ann.page(issued))
    assert "Thank you. Your payment is here." in page
    assert "Paid" in page
    assert "Pay €" not in page
    assert "NL67" not in page


def test_the_message_is_lost_but_the_return_finds_out(ann: Customer, payments: Payments) -> None:
    issued = ann.owes()
    sent = ann.pays(issued)
    payments.decides(sent["Location"], "pay_silently")
    assert not sheet(issued.id, of=ann.buyer.account).is_paid
    assert not payments.book.newest()[0].told
    ann.browser.get(f"/account/payments/{PaymentAttempt.objects.get().id}/return/")
    assert sheet(issued.id, of=ann.buyer.account).is_paid


def test_the_shop_is_down_when_the_message_comes(ann: Customer, payments: Payments) -> None:
    issued = ann.owes()
    sent = ann.pays(issued)
    payments.wire.lost = True
    payments.decides(sent["Location"], "pay")
    assert not payments.book.newest()[0].told
    payments.wire.lost = False
    payments.decides(sent["Location"], "tell")
    payments.decides(sent["Location"], "tell")
    assert sheet(issued.id, of=ann.buyer.account).is_paid
    assert Payment.objects.count() == 1


def test_declining_takes_nothing(ann: Customer, payments: Payments) -> None:
    issued = ann.owes()
    sent = ann.pays(issued)
    payments.decides(sent["Location"], "decline")
    ann.browser.get(f"/account/payments/{PaymentAttempt.objects.get().id}/return/")
    page = text(ann.page(issued))
    assert "The payment was declined. Nothing was taken." in page
    assert "Pay €24.08" in page


def test_the_gateway_is_down(ann: Customer, payments: Payments) -> None:
    issued = ann.owes()
    payments.wire.lost = True
    answer = ann.pays(issued)
    assert answer["Location"] == f"/account/invoices/{issued.id}/"
    assert "We could not reach the payment company. We go on asking for you." in text(ann.page(issued))
    assert PaymentAttempt.objects.get().state == "unknown"
    payments.wire.lost = False
    ann.pays(issued)
    assert PaymentAttempt.objects.get().state == "declined"
    assert urlsplit(ann.pays(issued)["Location"]).path.startswith("/demo/pay/")


def test_by_bank_transfer(ann: Customer) -> None:
    issued = ann.owes()
    assert ann.pays(issued, "bank_transfer")["Location"] == f"/account/invoices/{issued.id}/"
    assert "Please transfer the amount with the reference shown below." in text(ann.page(issued))


def test_vpn5_no_bank_at_the_vpn_brand(payments: Payments) -> None:
    quiet = a_customer("vpn")
    issued = quiet.owes(line(500, rate=240_000), party=Party("1", email="a@example.test"))
    page = text(quiet.page(issued))
    assert "bank_transfer" not in page
    answer = quiet.pays(issued, "bank_transfer")
    assert answer.status_code == 422
    assert "VPN-5" in text(answer)
    assert not PaymentAttempt.objects.exists()


@pytest.mark.parametrize("gateway", ["", "stripe", "acme"])
def test_a_way_to_pay_that_is_not_offered(ann: Customer, gateway: str) -> None:
    issued = ann.owes()
    assert ann.pays(issued, gateway).status_code == 422
    assert not PaymentAttempt.objects.exists()


def test_a_paid_invoice_is_not_paid_again(ann: Customer, payments: Payments) -> None:
    issued = ann.owes()
    page = ann.page(issued)
    payments.decides(ann.pays(issued)["Location"], "pay")
    again = ann.browser.sends(page, f"/account/invoices/{issued.id}/pay/", gateway="testpay")
    assert again.status_code == 409
    assert "This invoice is paid. Nothing is owed on it." in text(again)


def test_paying_needs_a_post_from_the_page(ann: Customer) -> None:
    issued = ann.owes()
    path = f"/account/invoices/{issued.id}/pay/"
    assert ann.browser.get(path).status_code == 405
    ann.page(issued)
    assert ann.browser.post(path, gateway="testpay").status_code == 403
    foreign = ann.browser.client.post(
        path, {"gateway": "testpay"}, headers={"host": "vps6.localhost", "Sec-Fetch-Site": "cross-site"}
    )
    assert foreign.status_code == 403
    assert not PaymentAttempt.objects.exists()


def test_part_paid_shows_what_came_and_what_is_open(ann: Customer) -> None:
    from hostkeep.billing.actions.receiving import record_transfer
    from hostkeep.billing.transfers import Transfer
    from tests.rooms.billing.making import billing_act

    issued = ann.owes()
    reference = sheet(issued.id, of=ann.buyer.account).reference
    day = (clock.now() - timedelta(days=1)).date()
    transfer = Transfer("bank_transfer", "x/1", Money(1000, EUR), day, frozenset({reference}))
    record_transfer(billing_act(at=clock.now()), transfer=transfer)
    page = text(ann.page(issued))
    assert "Partly paid" in page
    assert "Still to pay" in page
    assert "Pay €14.08" in page


def test_a_call_back_over_http(ann: Customer, payments: Payments) -> None:
    host = {"host": "vps6.localhost"}
    for path, status in (("/callbacks/testpay/", 403), ("/callbacks/acme/", 422)):
        answer = Client().post(path, b"{}", "application/json", headers=host)
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/problem+json"
        assert "Set-Cookie" not in answer
    assert Client().get("/callbacks/testpay/", headers=host).status_code == 405
    assert Client().post("/callbacks/testpay/", b"{}", "application/json", headers={"host": "localhost"}).status_code in {404, 403}
