"""An invoice on paper: what was agreed, in the reader's language, and nothing read as markup."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.documents.composing import compose
from hostkeep.billing.documents.printing import Wanted, paper_of, print_invoice
from hostkeep.billing.documents.rendering import InvoiceDocument, render_invoice
from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.rules.lines import Line
from hostkeep.billing.rules.party import Party
from hostkeep.drivers.payments import Settled
from hostkeep.kernel.ids import Ref
from hostkeep.kernel.money import EUR, VND, Money
from hostkeep.kernel.period import Period, months_after
from hostkeep.vault.door import drop
from tests.conftest import NOON, ROOT
from tests.rooms.billing.making import Buyer, billing_act, line
from tests.told import told

MONTH = Period(NOON, months_after(NOON, 1))
MARK = (ROOT / "src/hostkeep/faces/ui/static/ui/logos/vps6.svg").read_text()


def said(pdf: bytes, tmp_path: Path) -> str:
    (tmp_path / "a.pdf").write_bytes(pdf)
    done = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "a.pdf", "-"], capture_output=True, text=True, check=True
    )
    return " ".join(done.stdout.replace("\xa0", " ").split())


def document(buyer: Buyer, issued, language: str = "en", party: Party | None = None) -> InvoiceDocument:
    found = told(sheet(issued.id, of=buyer.account))
    paper = paper_of(buyer.act(), found, Wanted("12345678", language, MARK), party)
    return compose(paper)


ANN = Party("12345678", name="Ann Åberg", address="Way 1", city="Utrecht", postal_code="3500 AA", country="NL")


def test_an_open_invoice(db, tmp_path: Path) -> None:
    buyer = Buyer()
    one = Line("Server V-4", 2, Money(1990, EUR), 210_000, Ref("x", uuid4()), MONTH)
    paper = said(render_invoice(document(buyer, buyer.owes(one, line(500, rate=0)), party=ANN)), tmp_path)
    for words in (
        "Invoice", "V6-2026-000001", "1 March 2026", "Ann Åberg", "Way 1", "3500 AA Utrecht", "VPS6 B.V.",
        "Tax number NL", "1 Mar 2026 – 31 Mar 2026", "2 × €19.90", "€39.80", "Net €44.80",
        "VAT 21 % of €39.80 €8.36", "Total €53.16", "To pay by bank transfer", "NL67 HKPD 0123 4567 89",
        "Due 8 March 2026", "before VAT", "Kept for", "V6-", "1 / 1",
    ):  # fmt: skip
        assert words.replace(" / ", "/") in paper.replace(" / ", "/"), words
    assert "Simplified" not in paper
    assert "0 % of" not in paper


def test_a_paid_one_asks_for_nothing(db, tmp_path: Path) -> None:
    buyer = Buyer()
    issued = buyer.owes()
    begun = begin_payment(buyer.act(), of=buyer.account, invoice=issued.id, gateway="testpay")
    record_outcome(billing_act(), attempt=begun.attempt, outcome=Settled("p", Money(1000, EUR)))
    part = said(render_invoice(document(buyer, issued)), tmp_path)
    assert "Received on 1 Mar 2026 €10.00" in part
    assert "Still to pay €14.08" in part
    assert "Amount €14.08" in part
    record_outcome(billing_act(), attempt=begun.attempt, outcome=Settled("q", Money(1408, EUR)))
    whole = said(render_invoice(document(buyer, issued)), tmp_path)
    assert "Paid on 1 Mar 2026 €14.08" in whole
    assert "bank transfer" not in whole
    assert "Simplified invoice" in whole
    assert "Customer 12345678" in whole


def test_in_vietnamese_and_dong(db, tmp_path: Path) -> None:
    buyer = Buyer("vietnam-server")
    issued = buyer.owes(line(79_000, rate=100_000, currency=VND))
    party = Party("1", name="Trần Thị Bình", country="VN")
    paper = said(render_invoice(document(buyer, issued, "vi", party)), tmp_path)
    for words in ("Hóa đơn", "VS-2026-000001", "Trần Thị Bình", "Thuế GTGT 10 % của 79.000 ₫", "86.900 ₫", "Mã tham chiếu"):
        assert words in paper
    assert said(render_invoice(document(buyer, issued, "fr", party)), tmp_path).startswith("Invoice")


def test_vpn5_no_bank_and_prices_with_tax(db, tmp_path: Path) -> None:
    buyer = Buyer("vpn")
    issued = buyer.owes(line(500, rate=240_000))
    paper = said(render_invoice(document(buyer, issued, party=Party("1", email="ann@example.test"))), tmp_path)
    assert "including VAT" in paper
    assert "VAT 24 % of €4.03 €0.97" in paper
    assert "ann@example.test" in paper
    assert "Simplified invoice" in paper
    assert "bank" not in paper.lower()


def test_it_is_pdf_a_3b_and_the_same_each_time(db) -> None:
    buyer = Buyer()
    data = document(buyer, buyer.owes(), party=ANN)
    pdf = render_invoice(data)
    assert b"<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>" in pdf
    assert render_invoice(data) == pdf


@pytest.mark.parametrize(
    "wild",
    ["#panic()", "$x$ *b* _i_ `c` @ref <label>", "#import \"x\"", "\\ // /* */", "]#eval(\"1\")[", "</text>", "{{7*7}}", '"; #'],
)
def test_words_are_never_read_as_markup(db, tmp_path: Path, wild: str) -> None:
    buyer = Buyer()
    odd = replace(line(), title=wild)
    data = document(buyer, buyer.owes(odd), party=Party("1", name=wild, address=wild))
    pdf = render_invoice(data)
    paper = said(pdf, tmp_path)
    assert paper.count(" ".join(wild.split())) == 3
    assert b"<pdfaid:part>3" in pdf


def test_a_name_our_fonts_do_not_have_still_gets_an_invoice(db, tmp_path: Path) -> None:
    buyer = Buyer()
    data = document(buyer, buyer.owes(), party=Party("1", name="李小龍 😀 ابن سينا"))
    assert "Total €24.08" in said(render_invoice(data), tmp_path)


def test_five_hundred_lines_go_over_pages(db, tmp_path: Path) -> None:
    buyer = Buyer()
    pdf = render_invoice(document(buyer, buyer.owes(*[line(100)] * 500)))
    paper = said(pdf, tmp_path)
    assert paper.count("Server V-4") == 500
    assert "Total €605.00" in paper


def test_printing_reads_the_frozen_block_and_survives_its_end(db, tmp_path: Path) -> None:
    buyer = Buyer()
    issued = buyer.owes(party=ANN)
    wanted = Wanted("12345678", "en")
    assert "Ann Åberg" in said(print_invoice(buyer.act(), of=buyer.account, invoice=issued.id, wanted=wanted), tmp_path)
    drop(billing_act(), subject=buyer.subject, category="invoice_party", slot=str(issued.id))
    after = said(print_invoice(buyer.act(), of=buyer.account, invoice=issued.id, wanted=wanted), tmp_path)
    assert "Ann" not in after
    assert "Customer 12345678" in after
    assert "Total €24.08" in after
    with pytest.raises(NoSuchInvoice):
        print_invoice(buyer.act(), of=Buyer().account, invoice=issued.id, wanted=wanted)


def test_a_document_does_not_print_its_buyer(db) -> None:
    buyer = Buyer()
    assert "Ann" not in repr(document(buyer, buyer.owes(), party=ANN))


def test_days_are_the_brands_own(db, tmp_path: Path) -> None:
    late = NOON.replace(hour=20)
    buyer = Buyer("vietnam-server")
    issued = buyer.owes(line(1000, currency=VND), at=late)
    assert "2 March 2026" in said(render_invoice(document(buyer, issued)), tmp_path)


@pytest.mark.parametrize(
    ("category", "exemption", "language", "words"),
    [
        ("AE", "VATEX-EU-AE", "en", "Reverse charge: the recipient of the service accounts for VAT."),
        ("AE", "VATEX-EU-AE", "vi", "Reverse charge: bên nhận dịch vụ tự kê khai"),
        ("O", "VATEX-EU-O", "en", "Not subject to VAT here"),
        ("E", "VATEX-EU-132", "en", "Exempt from VAT"),
    ],
)
def test_why_no_tax_is_charged_stands_on_it(db, tmp_path: Path, category, exemption, language, words) -> None:
    buyer = Buyer()
    free = replace(line(1000, rate=0), tax_category=category, exemption=exemption)
    issued = buyer.owes(free, line(2000))
    paper = said(render_invoice(document(buyer, issued, language)), tmp_path)
    assert words in paper
    if language == "en":
        assert "VAT 0 % of €10.00 €0.00" in paper
        assert "VAT 21 % of €20.00 €4.20" in paper
