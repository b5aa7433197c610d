"""What an electronic invoice states: sheet, seller and buyer of a document in the terms of EN 16931.  Pure.

The standard knows amounts without tax alone; where a brand's prices have tax in them, the net of a rate is
spread over its lines so that they sum to it, to the last unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from hostkeep.billing.queries.invoices import InvoiceSheet, SheetTold
from hostkeep.billing.rules.lines import Line, TaxSum
from hostkeep.billing.rules.numbering import CREDIT_NOTE, DEBIT_NOTE, INVOICE, Kind
from hostkeep.billing.rules.party import Party
from hostkeep.billing.rules.taxing.codes import NEEDS, OUTSIDE, REVERSE, STANDARD, ZERO
from hostkeep.billing.rules.taxing.numbers import read_number
from hostkeep.brands.queries import BrandRow
from hostkeep.kernel.money import Money

TYPES: Mapping[Kind, str] = MappingProxyType({INVOICE: "380", CREDIT_NOTE: "381", DEBIT_NOTE: "383"})
"""What a document is, BT-3.  Source: UNTDID 1001; a proforma is no invoice and has no electronic form."""


@dataclass(frozen=True, slots=True)
class Trader:
    """A seller (BG-4) or buyer (BG-7).

    vat       number for VAT with its country's prefix (BT-31, BT-48), or empty
    fiscal    another number for taxes (BT-32), or empty
    register  where it is entered as a company (BT-30, BT-47), or empty
    """

    name: str
    street: tuple[str, ...]
    city: str
    postal_code: str
    region: str
    country: str
    vat: str = ""
    fiscal: str = ""
    register: str = ""

    def __repr__(self) -> str:
        return "<trader>"


@dataclass(frozen=True, slots=True)
class StatedLine:
    """A line (BG-25).  net: BT-131, with the sign of the quantity; the price is never negative (BR-27)."""

    title: str
    quantity: int
    net: Money
    rate: int
    category: str
    days: tuple[date, date] | None


@dataclass(frozen=True, slots=True)
class Statement:
    """An electronic invoice.

    type_code    BT-3
    days         BT-2 and BT-9, in the brand's zone
    note         BT-22: why a note corrects, or empty
    corrects     number and day of what it corrects (BG-3), or None
    prepaid      BT-113: what had come when it was issued
    account      IBAN or account number and BIC to pay to (BG-17), or None
    """

    number: str
    type_code: str
    issued: date
    due: date
    note: str
    corrects: tuple[str, date] | None
    seller: Trader
    buyer: Trader
    lines: tuple[StatedLine, ...]
    rates: tuple[TaxSum, ...]
    reasons: Mapping[str, str]
    net: Money
    tax: Money
    gross: Money
    prepaid: Money
    reference: str
    account: tuple[str, str, str] | None


@dataclass(frozen=True, slots=True)
class Said:
    """What stands on the paper in words and is stated too.

    note      why a note corrects, or empty
    corrects  number and moment of issue of what it corrects, or None
    reasons   why a category bears no tax, by category
    bank      whether the brand is paid by bank transfer
    """

    note: str
    corrects: tuple[str, datetime] | None
    reasons: Mapping[str, str]
    bank: bool


def classed(sheet: SheetTold, seller: BrandRow) -> SheetTold:
    """Return a document whose lines without tax are in a category that may bear none.

    Where a brand states no tax, its lines are standard ones over nothing, which the standard does not know
    (BR-S-5).  A seller without a number for VAT is not subject to it: the whole document is outside its scope
    (O), and no other category may stand beside that (BR-O-11 to 14).  Else they are rated at zero (Z), which
    wants a number for taxes (BR-Z-2).  Where neither can be, the document is given back as it is.
    """
    block = seller.seller
    bare = [rate for rate in sheet.rates if rate.category == STANDARD and not rate.rate]
    others = {rate.category for rate in sheet.rates if rate not in bare}
    is_registered = read_number(block.get("tax_id", ""), country=block.get("country", "")) is not None
    if bare and (others == {OUTSIDE} or (not others and not is_registered)):
        to = (OUTSIDE, NEEDS[OUTSIDE])
    elif bare and block.get("tax_id"):
        to = (ZERO, "")
    else:
        return sheet
    lines = tuple(
        replace(line, tax_category=to[0], exemption=to[1]) if line.taxed == (0, STANDARD, "") else line
        for line in sheet.lines
    )
    return replace(sheet, lines=lines, rates=_merged(sheet.rates, to))


def _merged(rates: Sequence[TaxSum], to: tuple[str, str]) -> tuple[TaxSum, ...]:
    """Put standard rates over nothing under a category; of one category and reason there is one sum."""
    found: dict[tuple[int, str, str], TaxSum] = {}
    for rate in rates:
        bare = rate.category == STANDARD and not rate.rate
        now = replace(rate, category=to[0], exemption=to[1]) if bare else rate
        key = (now.rate, now.category, now.exemption)
        before = found.get(key)
        found[key] = replace(now, net=before.net + now.net, tax=before.tax + now.tax) if before else now
    return tuple(found.values())


def lacking(sheet: SheetTold, seller: BrandRow, party: Party | None) -> tuple[str, ...]:
    """Return why a document has no electronic form: words of ours, none where it has one.

    "kind"      it is no invoice or note
    "buyer"     the buyer's name or country is not known: a simplified invoice (BR-7, BR-11)
    "seller"    the seller's name, country, or a number that tells which seller it is (BR-6, BR-9, BR-CO-26)
    "numbers"   reverse charge without both numbers (BR-AE-2 to 4)
    "tax"       lines without tax beside taxed ones, of a seller without a number (BR-S-5, BR-Z-2, BR-O-11)
    """
    block, categories = seller.seller, {rate.category for rate in sheet.rates}
    known = party is not None and party.is_placed and bool(party.company or party.name)
    named = bool(block.get("name") and block.get("country") and _identifiers(block, categories))
    both = bool(block.get("tax_id")) and party is not None and bool(_vat_of(party))
    faults = {
        "kind": sheet.kind not in TYPES,
        "buyer": not known,
        "seller": not named,
        "numbers": REVERSE in categories and not both,
        "tax": any(rate.category == STANDARD and not rate.rate for rate in sheet.rates),
    }
    return tuple(why for why, bad in faults.items() if bad)


def state(sheet: SheetTold, seller: BrandRow, party: Party, said: Said) -> Statement:
    """State a document that lacks nothing."""
    zone = ZoneInfo(seller.zone)
    categories = {rate.category for rate in sheet.rates}
    came = [part.amount for part in sheet.payments if part.at <= sheet.issued_at]
    prepaid = Money(sum(amount.minor for amount in came), sheet.gross.currency)
    return Statement(
        number=sheet.number,
        type_code=TYPES[sheet.kind],
        issued=sheet.issued_at.astimezone(zone).date(),
        due=sheet.due_at.astimezone(zone).date(),
        note=said.note,
        corrects=(said.corrects[0], said.corrects[1].astimezone(zone).date()) if said.corrects else None,
        seller=_seller(seller, categories),
        buyer=_buyer(party, categories),
        lines=tuple(_stated(line, net, zone) for line, net in zip(sheet.lines, nets_of(sheet), strict=True)),
        rates=sheet.rates,
        # Zero rated stands for itself (BR-Z-10).
        reasons={key: why for key, why in said.reasons.items() if key != ZERO},
        net=sheet.net,
        tax=sheet.tax,
        gross=sheet.gross,
        prepaid=prepaid if sheet.kind != CREDIT_NOTE else prepaid.times(0),
        reference=sheet.reference,
        account=_account(seller.bank) if said.bank and sheet.kind != CREDIT_NOTE else None,
    )


def nets_of(sheet: InvoiceSheet) -> tuple[Money, ...]:
    """Return the lines' amounts without tax; those of one rate sum to that rate's net."""
    if sheet.prices == "net":
        return tuple(line.amount for line in sheet.lines)
    left = {(rate.rate, rate.category, rate.exemption): rate.net for rate in sheet.rates}
    last = {line.taxed: n for n, line in enumerate(sheet.lines)}
    nets: list[Money] = []
    for n, line in enumerate(sheet.lines):
        # The last line of a rate takes the rest.
        net = (
            left[line.taxed] if last[line.taxed] == n else line.amount - line.amount.tax_within(line.tax_rate)
        )
        left[line.taxed] = left[line.taxed] - net
        nets.append(net)
    return tuple(nets)


def _stated(line: Line, net: Money, zone: ZoneInfo) -> StatedLine:
    quantity = -line.quantity if net.minor < 0 else line.quantity
    days = None
    if line.period and line.period.end > line.period.start:
        days = line.period.start.astimezone(zone).date(), _last_day(line.period.end.astimezone(zone))
    return StatedLine(line.title, quantity, net, line.tax_rate, line.tax_category, days)


def _last_day(end: datetime) -> date:
    """Return the last day of a half-open period."""
    return (end - timedelta(microseconds=1)).date()


def _seller(seller: BrandRow, categories: set[str]) -> Trader:
    block = seller.seller
    vat, fiscal, register = _identifiers(block, categories) or ("", "", "")
    return Trader(
        name=block.get("name", ""), street=tuple(block.get("street", "").splitlines()),
        city=block.get("city", ""), postal_code=block.get("postal_code", ""), region=block.get("region", ""),
        country=block.get("country", ""), vat=vat, fiscal=fiscal, register=register,
    )  # fmt: skip


def _identifiers(block: Mapping[str, str], categories: set[str]) -> tuple[str, str, str] | None:
    """Return the seller's numbers for VAT, for other taxes and in a register; None where there is none.

    What is outside the scope of tax names no number for VAT (BR-O-2).
    """
    read = read_number(block.get("tax_id", ""), country=block.get("country", ""))
    vat = read.whole if read else ""
    fiscal = "" if vat else block.get("tax_id", "")
    found = ("" if OUTSIDE in categories else vat, fiscal, block.get("register", ""))
    return found if any(found) else None


def _buyer(party: Party, categories: set[str]) -> Trader:
    vat = "" if OUTSIDE in categories else _vat_of(party)
    return Trader(
        party.company or party.name, tuple(party.address.splitlines()), party.city, party.postal_code,
        party.region, party.country, vat,
    )  # fmt: skip


def _vat_of(party: Party) -> str:
    """Return the buyer's number with its prefix, or nothing where it cannot be right."""
    read = read_number(party.tax_id, country=party.country) if party.tax_id else None
    return read.whole if read else ""


def _account(bank: Mapping[str, str]) -> tuple[str, str, str] | None:
    """Return IBAN, else account number, and BIC."""
    iban, plain = bank.get("iban", "").replace(" ", ""), bank.get("account", "")
    return (iban, plain, bank.get("bic", "")) if iban or plain else None
