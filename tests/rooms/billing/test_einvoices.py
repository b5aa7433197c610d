"""Electronic invoices hold before the official schema and business rules, whatever is billed or taken back."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest
from facturx import get_facturx_xml_from_pdf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from hostkeep.billing.actions.correcting import Part, credit_lines, credit_whole, debit_invoice
from hostkeep.billing.documents.printing import Wanted, invoice_xml, paper_of, print_invoice, xml_of
from hostkeep.billing.einvoice.cii import NAMES
from hostkeep.billing.einvoice.stating import lacking, nets_of
from hostkeep.billing.queries.invoices import InvoiceSheet, SheetTold, sheet
from hostkeep.billing.rules.lines import Line, Prices, totals
from hostkeep.billing.rules.numbering import reference
from hostkeep.billing.rules.party import Party
from hostkeep.brands.queries import brand
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId, SubjectId
from hostkeep.kernel.money import EUR, USD, VND, Money
from hostkeep.kernel.period import Period, months_after
from tests.conftest import NOON
from tests.einvoices import broken_rules
from tests.rooms.billing.making import WEEK, Buyer, billing_act, line
from tests.rooms.billing.test_proforma import asks, comes
from tests.told import told

ANN = Party("1", name="Ann Åberg", address="Way 1\nBack door", city="Utrecht", postal_code="3500 AA", country="NL")
FIRM = replace(ANN, company="Elsewhere <& Söhne> GmbH", country="DE", tax_id="DE 136 695 976")
FREE = {"AE": "VATEX-EU-AE", "E": "VATEX-EU-132", "G": "VATEX-EU-G", "O": "VATEX-EU-O", "Z": ""}
RAM = f"{{{NAMES['ram']}}}"


def xml_for(buyer: Buyer, invoice: InvoiceId, language: str = "en") -> bytes:
    return invoice_xml(buyer.act(), of=buyer.account, invoice=invoice, wanted=Wanted("1", language))


def said(xml: bytes, name: str) -> list[str]:
    return [found.text or "" for found in ET.fromstring(xml).iter(f"{RAM}{name}")]  # noqa: S314  ours, just made


def billed(*lines: Line, brand_id: str = "vps6", party: Party = ANN) -> tuple[Buyer, InvoiceId]:
    buyer = Buyer(brand_id)
    return buyer, buyer.owes(*lines, party=party).id


MONTH = Period(NOON, months_after(NOON, 1))


@pytest.mark.parametrize("brand_id", ["vps6", "vpn", "vietnam-server", "photonvps", "vpsfast"])
def test_each_brands_invoice_holds_or_says_why_there_is_none(db, brand_id: str) -> None:
    currency, rate = (VND, 100_000) if brand_id == "vietnam-server" else (EUR, 210_000)
    buyer, invoice = billed(
        replace(line(1999, rate=rate, currency=currency, quantity=3), period=MONTH), line(5, rate=rate, currency=currency),
        brand_id=brand_id,
    )  # fmt: skip
    xml = xml_for(buyer, invoice)
    if brand_id in ("vps6", "vpn", "vietnam-server") or xml:
        assert broken_rules(xml) == []
    else:
        assert lacking(told(sheet(invoice, of=buyer.account)), brand(BrandId(brand_id)), ANN)


def test_what_it_says_is_what_the_sheet_says(db) -> None:
    buyer, invoice = billed(line(1990, quantity=2), line(500, rate=90_000), party=FIRM)
    xml, shown = xml_for(buyer, invoice), sheet(invoice, of=buyer.account)
    assert broken_rules(xml) == []
    assert said(xml, "GrandTotalAmount") == ["53.61"]
    assert shown.gross == Money(5361, EUR)
    assert said(xml, "DuePayableAmount") == ["53.61"]
    assert said(xml, "LineTotalAmount") == ["39.80", "5.00", "44.80"]
    assert said(xml, "CalculatedAmount") == ["0.45", "8.36"]
    assert said(xml, "Name")[-1] == "Elsewhere <& Söhne> GmbH"
    assert "DE136695976" in said(xml, "ID")
    assert xml == xml_for(buyer, invoice), "the same bytes each time"


@pytest.mark.parametrize("category", sorted(FREE))
def test_without_tax_it_says_why(db, category: str) -> None:
    free = replace(line(1000, rate=0), tax_category=category, exemption=FREE[category])
    buyer, invoice = billed(free, party=FIRM)
    xml = xml_for(buyer, invoice)
    assert broken_rules(xml) == []
    assert said(xml, "CategoryCode") == [category, category]
    assert bool(said(xml, "ExemptionReason")) == (category != "Z")


def test_notes_name_what_they_correct_and_hold(db) -> None:
    buyer, invoice = billed(line(333), line(334), line(10_000, rate=90_000))
    act = billing_act()
    notes = [
        credit_lines(act, invoice=invoice, parts=[Part(1, Money(111, EUR))], reason="wrong_price", once="a"),
        debit_invoice(act, invoice=invoice, lines=[line(70)], reason="more_used", due_in=WEEK, once="b"),
        credit_whole(act, invoice=invoice, reason="cancelled", once="c"),
    ]
    for note, code in zip(notes, ("381", "383", "381"), strict=True):
        xml = xml_for(buyer, note.id)
        assert broken_rules(xml) == []
        assert said(xml, "TypeCode")[0] == code
        assert said(xml, "IssuerAssignedID") == ["V6-2026-000001"]
        assert "Corrects invoice V6-2026-000001" in said(xml, "Content")[0]
    assert "Lý do" in said(xml_for(buyer, notes[0].id, "vi"), "Content")[0]


def test_what_had_come_before_it_was_issued(db) -> None:
    buyer = Buyer()
    asked = asks(buyer, line(1000), party=ANN)
    assert xml_for(buyer, asked.id) == b"", "a proforma is no invoice"
    comes(buyer, asked.id, 1210, "b")
    from hostkeep.billing.queries.corrections import invoice_after

    made = invoice_after(asked.id)
    assert made is not None
    xml = xml_for(buyer, made)
    assert broken_rules(xml) == []
    assert (said(xml, "TotalPrepaidAmount"), said(xml, "DuePayableAmount")) == (["12.10"], ["0.00"])


@pytest.mark.parametrize(
    ("party", "one", "why"),
    [
        (None, line(), "buyer"),
        (Party("1", name="Ann"), line(), "buyer"),
        (Party("1", country="NL"), line(), "buyer"),
        (ANN, replace(line(rate=0), tax_category="AE", exemption="VATEX-EU-AE"), "numbers"),
    ],
)
def test_where_something_is_lacking_there_is_none_and_the_paper_stays(db, party, one, why) -> None:
    buyer = Buyer()
    invoice = buyer.owes(one, party=party).id
    assert lacking(told(sheet(invoice, of=buyer.account)), brand(BrandId("vps6")), party) == (why,)
    assert xml_for(buyer, invoice) == b""
    pdf = print_invoice(buyer.act(), of=buyer.account, invoice=invoice, wanted=Wanted("1", "en"))
    assert b"factur-x" not in pdf
    assert b"<pdfaid:part>3</pdfaid:part>" in pdf


def test_the_paper_carries_it_and_says_so(db) -> None:
    buyer, invoice = billed(line(1990))
    pdf = print_invoice(buyer.act(), of=buyer.account, invoice=invoice, wanted=Wanted("1", "en"))
    name, attached = get_facturx_xml_from_pdf(io.BytesIO(pdf), check_xsd=True)
    assert (name, attached) == ("factur-x.xml", xml_for(buyer, invoice))
    reader = PdfReader(io.BytesIO(pdf))
    root = reader.trailer["/Root"]
    file = root["/AF"][0].get_object()
    assert file["/AFRelationship"] == "/Alternative"
    assert file["/EF"]["/F"].get_object()["/Subtype"] == "/text/xml"
    packet = root["/Metadata"].get_object().get_data()
    described = ET.fromstring(packet[packet.index(b"<x:xmpmeta") : packet.index(b"<?xpacket end")])  # noqa: S314
    space = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
    found = {each.tag: each.text for each in described.iter() if each.tag.startswith(f"{{{space}}}")}
    assert found == {
        f"{{{space}}}DocumentFileName": "factur-x.xml", f"{{{space}}}DocumentType": "INVOICE",
        f"{{{space}}}Version": "1.0", f"{{{space}}}ConformanceLevel": "EN 16931",
    }  # fmt: skip
    named = "{http://www.aiim.org/pdfa/ns/property#}name"
    assert {p.text for p in described.iter(named)} >= {"DocumentFileName", "DocumentType", "Version", "ConformanceLevel"}
    assert b"<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>" in packet
    assert pdf == print_invoice(buyer.act(), of=buyer.account, invoice=invoice, wanted=Wanted("1", "en"))


@pytest.mark.parametrize("wild", ["]]><x/>", "&lol;", "<!DOCTYPE a>", "\x00\x1b\ufffe", "a\nb", "\u202eevil", "𝔘"])
def test_words_are_never_read_as_markup(db, wild: str) -> None:
    buyer, invoice = billed(line(5), party=replace(ANN, name=f"Ann {wild}", city=wild, address=wild))
    xml = xml_for(buyer, invoice)
    assert broken_rules(xml) == []
    assert len(ET.fromstring(xml)) == 3  # noqa: S314
    assert b"<!DOCTYPE" not in xml


RATES = (50_000, 55_000, 90_000, 190_000, 210_000, 250_000)
amounts = st.builds(lambda minor, rate, many: line(minor, rate=rate, quantity=many), st.integers(1, 10**6),
                    st.sampled_from(RATES), st.integers(1, 9))  # fmt: skip


def made_up(lines: list[Line], prices: Prices) -> SheetTold:
    sums = totals(lines, prices=prices)
    bare = InvoiceSheet(
        InvoiceId(uuid4()), BrandId("vps6"), AccountId(uuid4()), SubjectId(uuid4()), "V6-2026-000001",
        reference("V6-2026-000001"), prices, sums.net, sums.tax, sums.gross, sums.rates, tuple(lines),
        datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 8, tzinfo=UTC), (), "invoice", "", None, False, None, {},
    )  # fmt: skip
    return SheetTold(*(getattr(bare, name) for name in InvoiceSheet.__dataclass_fields__))


@given(st.lists(amounts, min_size=1, max_size=5), st.sampled_from(["net", "gross"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_lines_hold_with_tax_in_the_price_or_without(db, lines: list[Line], prices: Prices) -> None:
    shown = made_up(lines, prices)
    for rate in shown.rates:
        nets = [net for li, net in zip(shown.lines, nets_of(shown), strict=True) if li.tax_rate == rate.rate]
        assert sum(net.minor for net in nets) == rate.net.minor
        assert all(net.minor >= 0 for net in nets)
    buyer = Buyer()
    assert broken_rules(xml_of(paper_of(buyer.act(), shown, Wanted("1", "en"), ANN))) == []


def test_a_discount_is_a_line_of_fewer_pieces(db) -> None:
    buyer, invoice = billed(line(1000), line(-300))
    xml = xml_for(buyer, invoice)
    assert broken_rules(xml) == []
    assert said(xml, "ChargeAmount") == ["10.00", "3.00"]
    assert said(xml, "BilledQuantity") == ["1", "-1"]


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 100), st.sampled_from(RATES)), min_size=1, max_size=4),
       st.sampled_from(["net", "gross"]))  # fmt: skip
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_promo_code_holds_up_to_the_whole_price(db, said_lines: list[tuple[int, int, int]], prices: Prices) -> None:
    lines = [
        line(amount, rate=rate) for minor, percent, rate in said_lines
        for amount in (minor, -(minor * percent // 100)) if amount
    ]  # fmt: skip
    shown = made_up(lines, prices)
    assert sum(net.minor for net in nets_of(shown)) == shown.net.minor
    buyer = Buyer()
    assert broken_rules(xml_of(paper_of(buyer.act(), shown, Wanted("1", "en"), ANN))) == []


def test_another_account_gets_none(db) -> None:
    from hostkeep.billing.errors.documents import NoSuchInvoice

    _, invoice = billed(line())
    other = Buyer()
    with pytest.raises(NoSuchInvoice):
        xml_for(other, invoice)


@pytest.mark.parametrize(
    ("brand_id", "lines", "category"),
    [
        ("vps6", [line(rate=0)], "Z"),
        ("vps6", [line(rate=0), line(700), replace(line(300, rate=0), tax_category="Z")], "Z"),
        ("vpsfast", [line(rate=0, currency=USD), line(-300, rate=0, currency=USD)], "O"),
        ("vpsfast", [line(rate=0, currency=USD), line(500, currency=USD)], "Z"),
    ],
)
def test_a_seller_who_states_no_tax_is_in_a_category_that_may_bear_none(db, brand_id: str, lines, category: str) -> None:
    """BR-S-5: the standard category bears a rate; shown by the official rules."""
    buyer, invoice = billed(*lines, brand_id=brand_id, party=FIRM)
    xml = xml_for(buyer, invoice)
    assert xml and broken_rules(xml) == []
    assert category in said(xml, "CategoryCode")
    assert said(xml, "CategoryCode").count("S") == 2 * sum(bool(each.tax_rate) for each in lines)
    assert bool(said(xml, "ExemptionReason")) == (category == "O")
    pdf = print_invoice(buyer.act(), of=buyer.account, invoice=invoice, wanted=Wanted("1", "en"))
    assert get_facturx_xml_from_pdf(io.BytesIO(pdf), check_xsd=True)[1] == xml
