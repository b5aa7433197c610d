"""Puts an invoice into words: from a sheet, its brand and its buyer to the texts of a document.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import cast
from zoneinfo import ZoneInfo

from hostkeep.billing.documents import wording
from hostkeep.billing.documents.rendering import InvoiceDocument, Pair
from hostkeep.billing.queries.corrections import Related, Relations
from hostkeep.billing.queries.covered import TAKEN_BACK
from hostkeep.billing.queries.invoices import SheetTold
from hostkeep.billing.rules import reasons
from hostkeep.billing.rules.lines import Line
from hostkeep.billing.rules.numbering import CREDIT_NOTE, DEBIT_NOTE, INVOICE, PROFORMA, in_fours
from hostkeep.billing.rules.party import Party
from hostkeep.billing.rules.reasons import Reason
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
    others  what it corrects, and what corrects it
    """

    sheet: SheetTold
    brand: BrandRow
    keeping: Keeping
    number: str
    party: Party | None
    language: str
    mark: str
    bank: bool
    others: Relations

    @property
    def locale(self) -> str:
        """In which amounts and days are written."""
        return wording.locale_of(self.language)

    @property
    def words(self) -> Mapping[str, str]:
        """The words of its language, English for one there are none in."""
        return wording.words_of(self.language)

    @property
    def tax(self) -> str:
        """What the tax is called."""
        names = self.brand.tax_name
        return names.get(self.language.split("-", maxsplit=1)[0]) or names.get("en", "")

    @property
    def asks(self) -> bool:
        """Whether it asks for money that is still to come."""
        return self.sheet.kind != CREDIT_NOTE and not self.sheet.is_paid


def compose(paper: Paper) -> InvoiceDocument:
    """Write out everything that stands on an invoice."""
    sheet, zone, words, locale = paper.sheet, paper.brand.zone, paper.words, paper.locale
    return InvoiceDocument(
        language=wording.language_of(paper.language),
        title=title_of(paper),
        number=sheet.number,
        brand=paper.brand.name,
        mark=paper.mark,
        colour=COLOURS.get(paper.brand.look, INK),
        day=sheet.issued_at.astimezone(ZoneInfo(zone)).date(),
        issued=wording.day_text(sheet.issued_at, zone, locale),
        about=about_of(paper),
        stamp=words["paid"] if is_paid_in_money(sheet) else "",
        seller=seller_lines(paper.brand.seller, words),
        buyer_label=words["bought_by"],
        buyer=paper.party.lines() if paper.party else (words["customer"].format(number=paper.number),),
        facts=_facts(paper),
        columns=tuple(words[key] for key in ("item", "period", "price", "tax", "amount")),
        rows=tuple(_row(line, zone, locale) for line in sheet.lines),
        sums=_sums(paper),
        total=(
            words["credited" if sheet.kind == CREDIT_NOTE else "total"],
            wording.money_text(sheet.gross, locale),
        ),
        paid=_paid(paper),
        pay_label=words["pay"],
        pay=bank_rows(paper) if paper.bank and paper.asks else (),
        notes=(*tax_notes(paper), *_notes(paper)),
        footer=f"{paper.brand.name} · {sheet.number}",
    )


def title_of(paper: Paper) -> str:
    """Return what a document is, in words."""
    words, kind = paper.words, paper.sheet.kind
    if kind in (CREDIT_NOTE, DEBIT_NOTE, PROFORMA):
        return words[kind]
    placed = paper.party is not None and paper.party.is_placed
    return words["title"] if placed else words["simplified"]


def is_paid_in_money(sheet: SheetTold) -> bool:
    """Say whether a document was paid: a note never is, nor what was taken back, nor a request."""
    return sheet.kind not in (CREDIT_NOTE, PROFORMA) and sheet.is_paid and not sheet.is_taken_back


def about_of(paper: Paper) -> tuple[str, ...]:
    """Return what a document has to do with others, and why it corrects.

    Source: Council Directive 2006/112/EC, art. 219: it refers specifically to what it amends.
    """
    words, sheet, before = paper.words, paper.sheet, paper.others.corrects
    told = []
    if before is not None:
        told.append(_named(paper, "fulfils" if before.kind == PROFORMA else "corrects", before))
    if sheet.reason:
        reason = reasons.SAID[wording.language_of(paper.language)][cast("Reason", sheet.reason)]
        told.append(words["because"].format(reason=reason))
    told += [_named(paper, "corrected", note) for note in paper.others.by if note.kind != INVOICE]
    return tuple(told)


def _named(paper: Paper, key: str, other: Related) -> str:
    day = wording.day_text(other.issued_at, paper.brand.zone, paper.locale)
    return paper.words[key].format(number=other.number, day=day)


def seller_lines(seller: Mapping[str, str], words: Mapping[str, str]) -> tuple[str, ...]:
    """Return the seller's block, line by line, without empty ones."""
    keys = ("postal_code", "city", "region", "country")
    place = " ".join(seller[key] for key in keys if seller.get(key))
    tax_id = words["tax_id"].format(id=seller["tax_id"]) if seller.get("tax_id") else ""
    block = (seller.get("name", ""), seller.get("street", ""), place, tax_id, seller.get("register", ""))
    return tuple(line for line in block if line)


def bank_rows(paper: Paper) -> tuple[Pair, ...]:
    """Return what a payer types into their bank's form: label and value."""
    words, bank = paper.words, paper.brand.bank
    rows = [
        (words[key], in_fours(bank[key]) if key == "iban" else bank[key])
        for key in BANK_ROWS
        if bank.get(key)
    ]
    if not rows:
        return ()
    return (
        *rows,
        (words["amount_to_pay"], wording.money_text(paper.sheet.owed, paper.locale)),
        (words["reference"], in_fours(paper.sheet.reference)),
    )


def _facts(paper: Paper) -> tuple[Pair, ...]:
    """Return the facts beside the buyer: due date and reference of what is paid, and how prices are meant."""
    sheet, words = paper.sheet, paper.words
    said = words["prices_net" if sheet.prices == "net" else "prices_gross"].format(tax=paper.tax)
    rows = [
        (words["due"], wording.day_text(sheet.due_at, paper.brand.zone, paper.locale)),
        (words["reference"], in_fours(sheet.reference)),
    ]
    if sheet.kind == CREDIT_NOTE:
        rows = []
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


def _sums(paper: Paper) -> tuple[Pair, ...]:
    """Return net and the tax of each rate."""
    sheet, words, locale = paper.sheet, paper.words, paper.locale
    rates = (
        (
            words["tax_of"].format(
                tax=paper.tax,
                rate=wording.rate_text(rate.rate, locale),
                net=wording.money_text(rate.net, locale),
            ),
            wording.money_text(rate.tax, locale),
        )
        for rate in sheet.rates
        if rate.rate or rate.category != STANDARD
    )
    return ((words["net"], wording.money_text(sheet.net, locale)), *rates)


def tax_notes(paper: Paper) -> tuple[str, ...]:
    """Return why lines bear no tax, one sentence a category."""
    return tuple(tax_reasons(paper).values())


def tax_reasons(paper: Paper) -> Mapping[str, str]:
    """Return why lines bear no tax, by category.

    Source: Council Directive 2006/112/EC, art. 226(11) and (11a): the words "Reverse charge", or the reason.
    """
    seen = sorted({each.category for each in paper.sheet.rates if each.category != STANDARD})
    return {category: paper.words[f"note_{category}"].format(tax=paper.tax) for category in seen}


def _paid(paper: Paper) -> tuple[Pair, ...]:
    """Return what came and what is still open; nothing where nothing came."""
    sheet, zone, words, locale = paper.sheet, paper.brand.zone, paper.words, paper.locale
    if not sheet.payments:
        return ()
    keys = {TAKEN_BACK: "taken_on", "credit": "credit_on"}
    came = [
        (
            words[keys.get(part.gateway, "paid_on" if sheet.is_paid else "part_on")].format(
                day=wording.short_day_text(part.at, zone, locale)
            ),
            wording.money_text(part.amount, locale),
        )
        for part in sheet.payments
    ]
    left = (words["still_open"], wording.money_text(sheet.owed, locale))
    return tuple(came if sheet.is_paid else [*came, left])


def _notes(paper: Paper) -> tuple[str, ...]:
    """Return the small print."""
    words, keeping = paper.words, paper.keeping
    rounding = (words["rounding"].format(tax=paper.tax),) if paper.sheet.tax.minor else ()
    if ended := paper.sheet.withdrawn_at:
        day = wording.day_text(ended, paper.brand.zone, paper.locale)
        return (words["withdrawn"].format(day=day), *rounding)
    if paper.sheet.kind == PROFORMA:
        return (words["asks"], *rounding)
    if not keeping.years:
        return (*rounding, words["once"])
    return (*rounding, words["once"], words["kept"].format(years=keeping.years, clause=keeping.clause))
