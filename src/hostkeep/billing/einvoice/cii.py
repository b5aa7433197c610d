"""Writes an electronic invoice as XML: UN/CEFACT Cross Industry Invoice, the EN 16931 profile of Factur-X.

Source: EN 16931-1 (terms), CEN/TS 16931-3-3 (their places in CII D16B), Factur-X 1.07 / ZUGFeRD 2.3.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from xml.etree import ElementTree as ET

from hostkeep.billing.einvoice.stating import StatedLine, Statement, Trader
from hostkeep.billing.rules.lines import TaxSum
from hostkeep.billing.rules.taxing.codes import OUTSIDE
from hostkeep.kernel.money import MILLION, Money

PROFILE = "urn:cen.eu:en16931:2017"
"""BT-24.  Source: EN 16931-1, 6.2: the standard itself, without an extension."""

NAMES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}

PIECE = "C62"
"""Unit of quantities: one.  Source: UN/ECE Recommendation 20."""
SEPA, TRANSFER = "58", "30"
"""Ways to pay, BT-81: by IBAN, or by another account number.  Source: UNTDID 4461."""
LONGEST_STREET = 3


def write_cii(said: Statement) -> bytes:
    """Write a statement: the same bytes for the same statement, values always as text."""
    root = ET.Element("rsm:CrossIndustryInvoice", {f"xmlns:{short}": full for short, full in NAMES.items()})
    context = _in(root, "rsm:ExchangedDocumentContext", "ram:GuidelineSpecifiedDocumentContextParameter")
    _put(context, "ram:ID", PROFILE)
    head = _in(root, "rsm:ExchangedDocument")
    _put(head, "ram:ID", said.number)
    _put(head, "ram:TypeCode", said.type_code)
    _day(head, "ram:IssueDateTime", said.issued)
    if said.note:
        _put(_in(head, "ram:IncludedNote"), "ram:Content", said.note)
    trade = _in(root, "rsm:SupplyChainTradeTransaction")
    for number, line in enumerate(said.lines, start=1):
        _line(trade, number, line)
    agreement = _in(trade, "ram:ApplicableHeaderTradeAgreement")
    _trader(_in(agreement, "ram:SellerTradeParty"), said.seller)
    _trader(_in(agreement, "ram:BuyerTradeParty"), said.buyer)
    _in(trade, "ram:ApplicableHeaderTradeDelivery")
    _settlement(_in(trade, "ram:ApplicableHeaderTradeSettlement"), said)
    body: bytes = ET.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body


def _line(trade: ET.Element, number: int, line: StatedLine) -> None:
    """BG-25: one line."""
    item = _in(trade, "ram:IncludedSupplyChainTradeLineItem")
    _put(_in(item, "ram:AssociatedDocumentLineDocument"), "ram:LineID", str(number))
    _put(_in(item, "ram:SpecifiedTradeProduct"), "ram:Name", line.title)
    price = _in(item, "ram:SpecifiedLineTradeAgreement", "ram:NetPriceProductTradePrice")
    pieces, whole = abs(line.quantity), abs(line.net.minor)
    each = Money(whole // pieces, line.net.currency) if whole % pieces == 0 else abs_of(line.net)
    _put(price, "ram:ChargeAmount", amount_text(each))
    if whole % pieces:
        # The net of so many is not that of one times as many: BT-149 says for how many the price is.
        _put(price, "ram:BasisQuantity", str(pieces), unitCode=PIECE)
    delivery = _in(item, "ram:SpecifiedLineTradeDelivery")
    _put(delivery, "ram:BilledQuantity", str(line.quantity), unitCode=PIECE)
    settled = _in(item, "ram:SpecifiedLineTradeSettlement")
    tax = _in(settled, "ram:ApplicableTradeTax")
    _put(tax, "ram:TypeCode", "VAT")
    _put(tax, "ram:CategoryCode", line.category)
    if line.category != OUTSIDE:
        _put(tax, "ram:RateApplicablePercent", percent_text(line.rate))
    if line.days:
        period = _in(settled, "ram:BillingSpecifiedPeriod")
        _day(period, "ram:StartDateTime", line.days[0])
        _day(period, "ram:EndDateTime", line.days[1])
    total = _in(settled, "ram:SpecifiedTradeSettlementLineMonetarySummation")
    _put(total, "ram:LineTotalAmount", amount_text(line.net))


def _trader(into: ET.Element, who: Trader) -> None:
    """BG-4, BG-7: a seller or buyer."""
    _put(into, "ram:Name", who.name)
    if who.register:
        _put(_in(into, "ram:SpecifiedLegalOrganization"), "ram:ID", who.register)
    place = _in(into, "ram:PostalTradeAddress")
    if who.postal_code:
        _put(place, "ram:PostcodeCode", who.postal_code)
    street = [line for line in who.street if line.strip()]
    kept = [*street[: LONGEST_STREET - 1], ", ".join(street[LONGEST_STREET - 1 :])]
    for name, text in zip(("ram:LineOne", "ram:LineTwo", "ram:LineThree"), filter(None, kept), strict=False):
        _put(place, name, text)
    if who.city:
        _put(place, "ram:CityName", who.city)
    _put(place, "ram:CountryID", who.country)
    if who.region:
        _put(place, "ram:CountrySubDivisionName", who.region)
    for scheme, number in (("VA", who.vat), ("FC", who.fiscal)):
        if number:
            _put(_in(into, "ram:SpecifiedTaxRegistration"), "ram:ID", number, schemeID=scheme)


def _settlement(into: ET.Element, said: Statement) -> None:
    """BG-16 to BG-23: how it is paid, its tax and its sums."""
    _put(into, "ram:PaymentReference", said.reference)
    _put(into, "ram:InvoiceCurrencyCode", said.gross.currency.code)
    if said.account:
        _means(into, *said.account)
    for rate in said.rates:
        _tax(into, rate, said.reasons.get(rate.category, ""))
    terms = _in(into, "ram:SpecifiedTradePaymentTerms")
    _day(terms, "ram:DueDateDateTime", said.due)
    sums = _in(into, "ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    _put(sums, "ram:LineTotalAmount", amount_text(said.net))
    _put(sums, "ram:TaxBasisTotalAmount", amount_text(said.net))
    _put(sums, "ram:TaxTotalAmount", amount_text(said.tax), currencyID=said.tax.currency.code)
    _put(sums, "ram:GrandTotalAmount", amount_text(said.gross))
    if said.prepaid.minor:
        _put(sums, "ram:TotalPrepaidAmount", amount_text(said.prepaid))
    _put(sums, "ram:DuePayableAmount", amount_text(said.gross - said.prepaid))
    if said.corrects:
        number, day = said.corrects
        before = _in(into, "ram:InvoiceReferencedDocument")
        _put(before, "ram:IssuerAssignedID", number)
        _day(before, "ram:FormattedIssueDateTime", day, kind="qdt")


def _means(into: ET.Element, iban: str, plain: str, bic: str) -> None:
    """BG-16: the account to pay to."""
    means = _in(into, "ram:SpecifiedTradeSettlementPaymentMeans")
    _put(means, "ram:TypeCode", SEPA if iban else TRANSFER)
    account = _in(means, "ram:PayeePartyCreditorFinancialAccount")
    _put(account, "ram:IBANID" if iban else "ram:ProprietaryID", iban or plain)
    if bic:
        _put(_in(means, "ram:PayeeSpecifiedCreditorFinancialInstitution"), "ram:BICID", bic)


def _tax(into: ET.Element, rate: TaxSum, reason: str) -> None:
    """BG-23: the tax of one category and rate."""
    tax = _in(into, "ram:ApplicableTradeTax")
    _put(tax, "ram:CalculatedAmount", amount_text(rate.tax))
    _put(tax, "ram:TypeCode", "VAT")
    if reason:
        _put(tax, "ram:ExemptionReason", reason)
    _put(tax, "ram:BasisAmount", amount_text(rate.net))
    _put(tax, "ram:CategoryCode", rate.category)
    if rate.exemption:
        _put(tax, "ram:ExemptionReasonCode", rate.exemption)
    if rate.category != OUTSIDE:
        _put(tax, "ram:RateApplicablePercent", percent_text(rate.rate))


def amount_text(amount: Money) -> str:
    """Write an amount with the decimals of its currency, a dot before them."""
    return f"{Decimal(amount.minor).scaleb(-amount.currency.places):f}"


def percent_text(rate: int) -> str:
    """Write a rate in percent: 190_000 gives "19", 55_000 gives "5.5"."""
    return f"{(Decimal(rate * 100) / MILLION).normalize():f}"


def abs_of(amount: Money) -> Money:
    """Return an amount without its sign."""
    return amount if amount.minor >= 0 else -amount


def _in(parent: ET.Element, *path: str) -> ET.Element:
    """Add elements one in another, and return the innermost."""
    for name in path:
        parent = ET.SubElement(parent, name)
    return parent


def _put(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    """Add an element with a text: what XML cannot carry of it is left out."""
    ET.SubElement(parent, name, attributes).text = "".join(sign for sign in text if sign.isprintable())


def _day(parent: ET.Element, name: str, day: date, *, kind: str = "udt") -> None:
    """Add a date as the syntax writes it: format 102, YYYYMMDD."""
    _put(_in(parent, name), f"{kind}:DateTimeString", f"{day:%Y%m%d}".rjust(8, "0"), format="102")
