"""A statement of account in words: its rows as texts, for a page and for paper, and the paper as PDF/A-3b."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hostkeep.billing.documents import wording
from hostkeep.billing.documents.composing import COLOURS, INK, seller_lines
from hostkeep.billing.documents.rendering import render_sheet
from hostkeep.billing.documents.statement_words import WORDS
from hostkeep.billing.queries.account_statement import CurrencyStatement, StatementRow
from hostkeep.brands.queries import BrandRow
from hostkeep.kernel.money import Money

SHEET = Path(__file__).parent / "statement.typ"

HEADS = ("day", "what", "charged", "settled", "balance")


@dataclass(frozen=True, slots=True)
class Part:
    """A currency on paper.

    rows, sums  five texts each
    said        what is to pay and what is held, a line each
    """

    currency: str
    rows: tuple[tuple[str, ...], ...]
    sums: tuple[tuple[str, ...], ...]
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StatementDocument:
    """Everything on the paper, as it is printed: texts in the document's language, amounts written out.

    number  the customer's, in words; days: from which to which; day: the last one, for the file
    mark    the brand's logo as SVG, or empty; colour: "#rrggbb"; seller: lines of the seller's block
    columns five headings; parts: a currency each; nothing: stands where there is none
    """

    language: str
    title: str
    number: str
    days: str
    day: date
    brand: str
    mark: str
    colour: str
    seller: tuple[str, ...]
    columns: tuple[str, ...]
    parts: tuple[Part, ...]
    nothing: str
    notes: tuple[str, ...]
    footer: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a statement is wanted.

    number       the customer's number; nothing else of them is on it
    language     a language tag
    first, last  days of the brand's zone
    called       what a gateway is called, by its name
    mark         the brand's logo as SVG, or empty
    """

    number: str
    language: str
    first: date
    last: date
    called: Callable[[str], str]
    mark: str = ""


def what_of(row: StatementRow, language: str, called: Callable[[str], str]) -> str:
    """Say what a row is: "Invoice V6-2026-000012", "Payment, bank transfer V6-2026-000012"."""
    words = WORDS[wording.language_of(language)]
    said = words[row.kind]
    if row.gateway:
        said = words["by"].format(what=said, gateway=called(row.gateway))
    if row.used.minor:
        used = wording.money_text(row.used, wording.locale_of(language))
        said = words["used_of"].format(what=said, amount=used)
    return " ".join((said, *row.numbers))


def print_statement(parts: Sequence[CurrencyStatement], brand: BrandRow, wanted: Wanted) -> bytes:
    """Return a statement as PDF/A-3b."""
    document = compose(parts, brand, wanted)
    said = json.dumps(asdict(document) | {"day": [document.day.year, document.day.month, document.day.day]})
    return render_sheet(SHEET, {"data": said})


def compose(parts: Sequence[CurrencyStatement], brand: BrandRow, wanted: Wanted) -> StatementDocument:
    """Write out everything that stands on a statement."""
    language, locale = wording.language_of(wanted.language), wording.locale_of(wanted.language)
    words = WORDS[language]
    last = _day(wanted.last, brand.zone, locale)
    return StatementDocument(
        language=language,
        title=words["title"],
        number=words["customer"].format(number=wanted.number),
        days=words["days"].format(first=_day(wanted.first, brand.zone, locale), last=last),
        day=wanted.last,
        brand=brand.name,
        mark=wanted.mark,
        colour=COLOURS.get(brand.look, INK),
        seller=seller_lines(brand.seller, wording.words_of(wanted.language)),
        columns=tuple(words[key] for key in HEADS),
        parts=tuple(_part(part, brand.zone, wanted, last) for part in parts),
        nothing=words["nothing"],
        notes=(words["note"],),
        footer=f"{brand.name} · {words['customer'].format(number=wanted.number)}",
    )


def _part(part: CurrencyStatement, zone: str, wanted: Wanted, last: str) -> Part:
    """Write out one currency."""
    locale, words = wording.locale_of(wanted.language), WORDS[wording.language_of(wanted.language)]

    def text(amount: Money) -> str:
        return wording.money_text(amount, locale)

    rows = [("", words["opening"], "", "", text(part.opening))]
    rows += [
        (
            wording.short_day_text(row.at, zone, locale), what_of(row, wanted.language, wanted.called),
            text(row.charged) if row.charged.minor else "",
            text(row.settled) if row.settled.minor else "", text(row.balance),
        )
        for row in part.rows
    ]  # fmt: skip
    closing = words["closing"].format(last=last)
    sums = ("", closing, text(part.charged), text(part.settled), text(part.closing))
    return Part(part.currency.code, tuple(rows), (sums,), _said(part, words, text))


def _said(
    part: CurrencyStatement, words: Mapping[str, str], text: Callable[[Money], str]
) -> tuple[str, ...]:
    """Say what is to pay and what is held, each where there is some."""
    owed = part.closing + part.credit
    found = (("owed", owed), ("held", part.credit))
    return tuple(words[key].format(amount=text(amount)) for key, amount in found if amount.minor)


def _day(day: date, zone: str, locale: str) -> str:
    """Write a day of the brand's zone."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone))
    return wording.day_text(noon, zone, locale)
