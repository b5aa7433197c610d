"""Puts an invoice into words: from a sheet, its brand and its buyer to the texts of a document.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from hostkeep.billing.documents import wording
from hostkeep.billing.documents.rendering import InvoiceDocument, Pair
from hostkeep.billing.queries.invoices import SheetTold
from hostkeep.billing.rules.lines import Line
from hostkeep.billing.rules.numbering import in_fours
from hostkeep.billing.rules.party import Party
from hostkeep.billing.rules.taxing.codes import STANDARD
from hostkeep.brands.queries import BrandRow

COLOURS: Mapping[str, str] = MappingProxyType({
    "vpsfast": "#b4480f", "vps6": "#24558f", "photonvps": "#6b5a00", "vpn": "#2d5a55",
    "vietnam-server": "#a8285f",
})  # fmt: skip
"""By look: the brand's colour, dark enough for paper."""
INK = "#2b3036"

DAY = timedelta(days=1)
BANK_ROWS = ("holder", "bank", "iban", "account", "routing", "bic")


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long invoices are kept, and the clause that says so.  years: whole ones, 0 where none is stated."""

    years: int
    clause: str


@dataclass(frozen=True, slots=True)
class Paper:
    """What is needed to print an invoice.

    number  the customer's number, printed where the buyer's block is empty or gone
    party   the buyer's block, or None where there is none
    mark    the brand's logo as SVG, or empty
    bank    whether the brand is paid by bank transfer
    """

    sheet: SheetTold
    brand: BrandRow
    keeping: Keeping
    number: str
    party: Party | None
    language: str
    mark: str
    bank: bool


def compose(paper: Paper) -> InvoiceDocument:
    """Write out everything that stands on an invoice."""
    sheet, zone = paper.sheet, paper.brand.zone
    language = paper.language if paper.language in wording.WORDS else "en"
    words = wording.words_of(language)
    placed = paper.party is not None and paper.party.is_placed
    return InvoiceDocument(
        language=language,
        title=words["title"] if placed else words["simplified"],
        number=sheet.number,
        brand=paper.brand.name,
        mark=paper.mark,
        colour=COLOURS.get(paper.brand.look, INK),
        day=sheet.issued_at.astimezone(ZoneInfo(zone)).date(),
        issued=wording.day_text(sheet.issued_at, zone, language),
        stamp=words["paid"] if sheet.is_paid else "",
        seller=seller_lines(paper.brand.seller, words),
        buyer_label=words["bought_by"],
        buyer=paper.party.lines() if paper.party else (words["customer"].format(number=paper.number),),
        facts=_facts(paper, words, language),
        columns=tuple(words[key] for key in ("item", "period", "price", "tax", "amount")),
        rows=tuple(_row(line, zone, language) for line in sheet.lines),
        sums=_sums(paper, words, language),
        total=(words["total"], wording.money_text(sheet.gross, language)),
        paid=_paid(paper, words, language),
        pay_label=words["pay"],
        pay=bank_rows(paper, language) if paper.bank and not sheet.is_paid else (),
        notes=(*tax_notes(paper, language), *_notes(paper.keeping, words)),
        footer=f"{paper.brand.name} · {sheet.number}",
    )


def seller_lines(seller: Mapping[str, str], words: Mapping[str, str]) -> tuple[str, ...]:
    """Return the seller's block, line by line, without empty ones."""
    keys = ("postal_code", "city", "region", "country")
    place = " ".join(seller[key] for key in keys if seller.get(key))
    tax_id = words["tax_id"].format(id=seller["tax_id"]) if seller.get("tax_id") else ""
    block = (seller.get("name", ""), seller.get("street", ""), place, tax_id, seller.get("register", ""))
    return tuple(line for line in block if line)


def bank_rows(paper: Paper, language: str) -> tuple[Pair, ...]:
    """Return what a payer types into their bank's form: label and value."""
    words, bank = wording.words_of(language), paper.brand.bank
    rows = [
        (words[key], in_fours(bank[key]) if key == "iban" else bank[key])
        for key in BANK_ROWS
        if bank.get(key)
    ]
    if not rows:
        return ()
    return (
        *rows,
        (words["amount_to_pay"], wording.money_text(paper.sheet.owed, language)),
        (words["reference"], in_fours(paper.sheet.reference)),
    )


def _facts(paper: Paper, words: Mapping[str, str], language: str) -> tuple[Pair, ...]:
    """Return the facts beside the buyer: due date, reference, how prices are meant."""
    sheet = paper.sheet
    tax = paper.brand.tax_name.get(language) or paper.brand.tax_name.get("en", "")
    said = words["prices_net" if sheet.prices == "net" else "prices_gross"].format(tax=tax)
    rows = [
        (words["due"], wording.day_text(sheet.due_at, paper.brand.zone, language)),
        (words["reference"], in_fours(sheet.reference)),
    ]
    return tuple([*rows, (words["prices"], said)] if any(rate.rate for rate in sheet.rates) else rows)


def _row(line: Line, zone: str, language: str) -> tuple[str, ...]:
    """Return the five cells of a line.  A period is half open; on paper its last day is printed."""
    period = ""
    if line.period:
        last = max(line.period.start, line.period.end - DAY)
        ends = (wording.short_day_text(at, zone, language) for at in (line.period.start, last))
        period = " \N{EN DASH} ".join(ends)
    unit = wording.money_text(line.unit, language)
    return (
        line.title,
        period,
        unit if line.quantity == 1 else f"{line.quantity} \N{MULTIPLICATION SIGN} {unit}",
        wording.rate_text(line.tax_rate, language),
        wording.money_text(line.amount, language),
    )


def _sums(paper: Paper, words: Mapping[str, str], language: str) -> tuple[Pair, ...]:
    """Return net and the tax of each rate."""
    sheet = paper.sheet
    tax = paper.brand.tax_name.get(language) or paper.brand.tax_name.get("en", "")
    rates = (
        (
            words["tax_of"].format(
                tax=tax,
                rate=wording.rate_text(rate.rate, language),
                net=wording.money_text(rate.net, language),
            ),
            wording.money_text(rate.tax, language),
        )
        for rate in sheet.rates
        if rate.rate or rate.category != STANDARD
    )
    return ((words["net"], wording.money_text(sheet.net, language)), *rates)


def tax_notes(paper: Paper, language: str) -> tuple[str, ...]:
    """Return why lines bear no tax, one sentence a category.

    Source: Council Directive 2006/112/EC, art. 226(11) and (11a): the words "Reverse charge", or the reason.
    """
    words = wording.words_of(language)
    tax = paper.brand.tax_name.get(language) or paper.brand.tax_name.get("en", "")
    seen = sorted({each.category for each in paper.sheet.rates if each.category != STANDARD})
    return tuple(words[f"note_{category}"].format(tax=tax) for category in seen)


def _paid(paper: Paper, words: Mapping[str, str], language: str) -> tuple[Pair, ...]:
    """Return what came and what is still open; nothing where nothing came."""
    sheet, zone = paper.sheet, paper.brand.zone
    if not sheet.payments:
        return ()
    key = "paid_on" if sheet.is_paid else "part_on"
    came = [
        (
            words[key].format(day=wording.short_day_text(part.at, zone, language)),
            wording.money_text(part.amount, language),
        )
        for part in sheet.payments
    ]
    left = (words["still_open"], wording.money_text(sheet.owed, language))
    return tuple(came if sheet.is_paid else [*came, left])


def _notes(keeping: Keeping, words: Mapping[str, str]) -> tuple[str, ...]:
    """Return the small print."""
    if not keeping.years:
        return (words["once"],)
    return words["once"], words["kept"].format(years=keeping.years, clause=keeping.clause)
