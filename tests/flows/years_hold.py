"""What must hold at every step of a play of years, reckoned anew from the rows and not by the house's own queries.

`Books` reads all that a brand has in a few queries; each function says in words what is wrong with it.
"""

from __future__ import annotations

import calendar
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from hostkeep.billing.models import (
    Allocation,
    CreditEntry,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    Payment,
    ProformaEnded,
    Refund,
    Series,
)
from hostkeep.kernel.money import CURRENCIES
from hostkeep.ledger import book
from hostkeep.ledger.statements import totals
from hostkeep.provisioning.models import Service
from hostkeep.shop.models import PromoCode, Redemption
from hostkeep.subscriptions.models import Change, Part, Period, PeriodTurn, Reading, Subscription, Use

MILLION = 1_000_000
OWED = ("invoice", "debit_note")
SHORTEST = {"hour": timedelta(hours=1), "day": timedelta(hours=23), "month": timedelta(days=27, hours=23), "year": timedelta(days=364, hours=23)}
"""What a whole term is never shorter than."""


def rows(found: Any, *names: str) -> list[Any]:
    return list(found.values_list(*names, named=True))


def by(found: Iterable[Any], name: str) -> dict[Any, list[Any]]:
    sorted_in: dict[Any, list[Any]] = defaultdict(list)
    for each in found:
        sorted_in[getattr(each, name)].append(each)
    return sorted_in


def added(found: Iterable[Any], name: str = "minor") -> int:
    return sum(getattr(each, name) for each in found)


class Books:
    """All that stands in a brand's books at a moment."""

    def __init__(self, brand: str, zone: str) -> None:
        self.brand, self.zone = brand, ZoneInfo(zone)
        mine = Invoice.objects.filter(brand=brand)
        self.documents = {each.id: each for each in rows(
            mine, "id", "once", "kind", "number", "account", "currency", "net_minor", "tax_minor", "gross_minor", "corrects_id", "issued_at",
        )}  # fmt: skip
        self.lines = by(rows(
            InvoiceLine.objects.filter(invoice__brand=brand),
            "invoice_id", "position", "quantity", "unit_minor", "minor", "tax_rate", "tax_category", "exemption", "about_id", "starts_at", "ends_at",
        ), "invoice_id")  # fmt: skip
        self.taxes = by(rows(InvoiceTax.objects.filter(invoice__brand=brand), "invoice_id", "rate", "category", "exemption", "net_minor", "tax_minor"), "invoice_id")
        self.covered = by(rows(Allocation.objects.filter(invoice__brand=brand), "invoice_id", "source", "minor"), "invoice_id")
        self.withdrawn = set(ProformaEnded.objects.filter(invoice__brand=brand).values_list("invoice", flat=True))
        self.payments = rows(Payment.objects.filter(brand=brand), "id", "account", "currency", "minor")
        self.refunds = rows(Refund.objects.filter(payment__brand=brand).exclude(state="declined"), "payment_id", "currency", "minor")
        self.credits = rows(CreditEntry.objects.filter(brand=brand), "account", "currency", "kind", "minor")
        self.followed = {each.corrects_id: each for each in self.documents.values() if each.kind == "invoice" and each.corrects_id}
        self.notes = by((each for each in self.documents.values() if each.kind == "credit_note"), "corrects_id")
        self.by_about = by((line for some in self.lines.values() for line in some), "about_id")

    def left(self, document: UUID) -> int:
        """What a document bills once notes are taken off: nothing of one that was withdrawn."""
        row = self.documents[document]
        if document in self.withdrawn:
            return 0
        row = self.followed.get(document, row)
        return int(row.gross_minor - added(self.notes[row.id], "gross_minor"))

    def open(self, document: UUID) -> int:
        """What is to be paid of a document still."""
        row = self.documents[document]
        if row.kind == "credit_note" or document in self.withdrawn or document in self.followed:
            return 0
        return int(row.gross_minor - added(self.covered[document]))

    def asking(self, account: UUID) -> list[UUID]:
        """What asks an account for money, oldest first."""
        mine = [each for each in self.documents.values() if each.account == account and self.open(each.id) > 0]
        return [each.id for each in sorted(mine, key=lambda each: (each.issued_at, each.number))]


def everything_wrong(books: Books, given: Counter[tuple[UUID, str]], *, is_swept: bool = False) -> list[str]:
    """All that is wrong.  given: credit that was given less what was taken back, by account and currency."""
    return [
        *out_of_balance(), *documents_wrong(books), *numbers_wrong(books), *money_wrong(books, given),
        *periods_wrong(books, is_swept=is_swept), *use_wrong(books), *codes_wrong(books),
    ]  # fmt: skip


def out_of_balance() -> Iterator[str]:
    """The ledger sums to zero, and no constraint that waits for the commit is broken."""
    yield from (f"the ledger sums to {each}" for each in totals() if each.minor)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def documents_wrong(books: Books) -> Iterator[str]:
    """Each document equals its lines and its tax; notes take back no more than there was, by rate."""
    for row in books.documents.values():
        nets: Counter[tuple[int, str, str]] = Counter()
        for line in books.lines[row.id]:
            nets[line.tax_rate, line.tax_category, line.exemption] += line.minor
            if line.minor != line.quantity * line.unit_minor:
                yield f"{row.number}: a line is not unit times quantity"
        taxes = {(each.rate, each.category, each.exemption): each for each in books.taxes[row.id]}
        if {under: each.net_minor for under, each in taxes.items()} != dict(nets):
            yield f"{row.number}: its tax is not that of its lines"
        if row.net_minor != sum(nets.values()) or row.tax_minor != added(taxes.values(), "tax_minor"):
            yield f"{row.number}: it is not the sum of its lines"
        if row.gross_minor != row.net_minor + row.tax_minor:
            yield f"{row.number}: gross is not net and tax"
        if row.kind != "credit_note":
            yield from (f"{row.number}: {each.tax_minor} of tax" for each in taxes.values() if each.tax_minor != tax_of(each.net_minor, each.rate))
        if added(books.covered[row.id]) > row.gross_minor:
            yield f"{row.number}: it is covered twice"
        yield from _over_taken(books, row)


def tax_of(net: int, rate: int) -> int:
    """Tax rounded half away from zero."""
    whole = (abs(net) * rate * 2 + MILLION) // (2 * MILLION)
    return whole if net >= 0 else -whole


def _over_taken(books: Books, row: Any) -> Iterator[str]:
    if row.kind not in OWED or not books.notes[row.id]:
        return
    back: Counter[tuple[int, str, str]] = Counter()
    tax: Counter[tuple[int, str, str]] = Counter()
    for note in books.notes[row.id]:
        for each in books.taxes[note.id]:
            back[each.rate, each.category, each.exemption] += each.net_minor
            tax[each.rate, each.category, each.exemption] += each.tax_minor
    for each in books.taxes[row.id]:
        under = (each.rate, each.category, each.exemption)
        if abs(back[under]) > abs(each.net_minor) or abs(tax[under]) > abs(each.tax_minor):
            yield f"{row.number}: more was taken back than it came to"
        if back[under] == each.net_minor and tax[under] != each.tax_minor:
            yield f"{row.number}: taken back whole, but for tax"


def numbers_wrong(books: Books) -> Iterator[str]:
    """By kind and year of the brand's zone: 1, 2, 3, in the order of issue; each series at its last."""
    runs: dict[tuple[str, int], list[tuple[int, datetime]]] = defaultdict(list)
    for row in books.documents.values():
        year = row.issued_at.astimezone(books.zone).year
        if str(year) not in row.number:
            yield f"{row.number} is not of {year}"
        runs[row.kind, year].append((int(row.number[-6:]), row.issued_at))
    for (kind, year), found in runs.items():
        found.sort()
        if [count for count, _ in found] != list(range(1, len(found) + 1)):
            yield f"{kind} {year}: a gap"
        if sorted(at for _, at in found) != [at for _, at in found]:
            yield f"{kind} {year}: numbers do not follow the calendar"
    last = {(each.kind, each.year): each.last for each in Series.objects.filter(brand=books.brand) if each.last}
    if last != {name: len(found) for name, found in runs.items()}:
        yield f"series are at {last}"


def money_wrong(books: Books, given: Counter[tuple[UUID, str]]) -> Iterator[str]:
    """Covered and held = what came, less what went back, with notes and gifts; owed is what is not covered."""
    whose = {each.id: (each.account, each.currency) for each in books.payments}
    sums: dict[str, Counter[tuple[UUID, str]]] = defaultdict(Counter)
    for each in books.payments:
        if each.account is not None:
            sums["came"][each.account, each.currency] += each.minor
    for each in books.refunds:
        sums["back"][whose[each.payment_id]] += each.minor
    for row in books.documents.values():
        sums[row.kind][row.account, row.currency] += row.gross_minor
        for part in books.covered[row.id]:
            sums["covered"][row.account, row.currency] += part.minor
            sums[f"covered by {part.source}"][row.account, row.currency] += part.minor
    for each in books.credits:
        sums[f"credit {each.kind}"][each.account, each.currency] += each.minor
    for name in {name for some in sums.values() for name in some} | set(given):
        account, currency = name[0], CURRENCIES[name[1]]
        held = -book.balance(f"credit:{account}", currency).minor
        owed = book.balance(f"receivable:{account}", currency).minor
        come = sums["came"][name] - sums["back"][name] + sums["credit_note"][name] + given[name]
        if held < 0:
            yield f"credit is {held}"
        if sums["covered"][name] + held != come:
            yield f"{sums['covered'][name]} covered and {held} held of {come}"
        if owed != sums["invoice"][name] + sums["debit_note"][name] - sums["covered"][name] or owed < 0:
            yield f"{owed} owed"
        if sums["covered by credit"][name] != -sums["credit used"][name]:
            yield "credit that was used is not what it covers"


def periods_wrong(books: Books, *, is_swept: bool) -> list[str]:
    """No period is billed twice or missed, by documents' own lines and not by what subscriptions believe.

    is_swept  whether ends and undone ends have been followed up: then nothing may be missing either
    """
    subscriptions = rows(
        Subscription.objects.filter(brand=books.brand),
        "id", "service", "account", "state", "unit", "count", "zone", "anchor_at", "billed_to", "ends_at", "ended_at", "settle_at", "stopped_at",
        "stopped_code", "align_day", "trial_to", "created_at",
    )  # fmt: skip
    periods = by(rows(Period.objects.order_by("starts_at"), "id", "subscription_id", "starts_at", "ends_at", "invoice", "billed_at", "unit", "count"), "subscription_id")
    parts = by(rows(Part.objects.filter(kind="add_on"), "id", "subscription_id", "quantity", "started_at", "ended_at"), "subscription_id")
    turns = by(rows(PeriodTurn.objects.filter(kind="billed").order_by("no"), "period_id", "document"), "period_id")
    changes = by(rows(Change.objects.all(), "subscription_id", "kind", "state", "invoice"), "subscription_id")
    ordered = dict(Service.objects.filter(brand=books.brand).values_list("id", "invoice"))
    wrong = []
    for row in subscriptions:
        mine = periods[row.id]
        wrong += _one_after_another(row, mine)
        wrong += _not_of_the_calendar(row, mine, changes[row.id])
        wrong += _add_ons_wrong(books, mine, parts[row.id])
        wrong += _ahead_of_its_half(mine)
        for each in mine:
            document = turns[each.id][-1].document if turns[each.id] else each.invoice
            if each.invoice != ordered[row.service]:
                wrong += _billed_wrong(books, row, each, document, settled=is_swept or row.settle_at is None)
        wrong += [
            f"a change was dropped and is owed: {books.documents[each.invoice].number}"
            for each in changes[row.id] if each.state == "dropped" and each.invoice and books.left(each.invoice) > 0 and books.open(each.invoice) > 0
        ]  # fmt: skip
        if row.stopped_at is not None:
            wrong.append(f"given up: {row.stopped_code}")
    return wrong


def _one_after_another(row: Any, mine: list[Any]) -> Iterator[str]:
    for one, two in zip(mine, mine[1:], strict=False):
        if one.ends_at != two.starts_at:
            yield f"{one.ends_at} then {two.starts_at}"
    if mine and mine[-1].ends_at != row.billed_to:
        yield f"billed to {mine[-1].ends_at}, believed {row.billed_to}"


def _not_of_the_calendar(row: Any, mine: list[Any], changes: list[Any]) -> Iterator[str]:
    """Counted from the anchor on its own calendar, where nothing moved it."""
    if row.align_day or any(each.kind == "term" and each.state == "done" for each in changes):
        return
    zone = ZoneInfo(row.zone)
    begun = row.anchor_at.astimezone(zone)
    for n, each in enumerate(mine):
        starts = each.starts_at.astimezone(zone)
        if row.unit == "hour":
            is_so = each.starts_at == row.anchor_at + timedelta(hours=n * row.count)
        elif row.unit == "day":
            is_so = starts.date() == begun.date() + timedelta(days=n * row.count)
        else:
            years, month = divmod(begun.month - 1 + n * row.count, 12)
            day = min(begun.day, calendar.monthrange(begun.year + years, month + 1)[1])
            is_so = starts.date() == begun.date().replace(begun.year + years, month + 1, day)
        if not is_so:
            yield f"the period no {n} since {begun} begins {starts}"


def _add_ons_wrong(books: Books, periods: list[Any], parts: list[Any]) -> Iterator[str]:
    """A renewal has one line for each add-on that was had when it was made, with all its pieces, and none for others.

    What came or went at the very moment may stand on it or not.
    """
    for each in periods:
        bill = books.documents.get(each.invoice)
        if bill is None or not bill.once.startswith("renewal:"):
            continue
        lines = by((line for line in books.lines[bill.id]), "about_id")
        for part in parts:
            over = part.ended_at is not None and part.ended_at < each.billed_at
            had = part.started_at < each.billed_at and (part.ended_at is None or part.ended_at > each.billed_at)
            pieces = [line.quantity for line in lines[part.id]]
            if (had and pieces != [part.quantity]) or (over and pieces) or len(pieces) > 1:
                yield f"{bill.number} has {pieces} of an add-on of which {part.quantity if had else 0} were had"


def _ahead_of_its_half(periods: list[Any]) -> Iterator[str]:
    """No period is billed before half of the one before it is over, or before it has begun where it is cut short."""
    for one, two in zip(periods, periods[1:], strict=False):
        whole = SHORTEST[one.unit] * one.count
        if two.billed_at < one.starts_at or (one.ends_at - one.starts_at >= whole and two.billed_at - one.starts_at < (one.ends_at - one.starts_at) / 2):
            yield f"{two.starts_at} is billed {two.billed_at}"


def _billed_wrong(books: Books, row: Any, each: Any, document: UUID | None, *, settled: bool) -> Iterator[str]:
    lines = [line for line in books.by_about[row.id] if line.starts_at == each.starts_at]
    found = {books.documents[line.invoice_id] for line in lines}
    bills = [
        bill for bill in found
        if bill.kind != "credit_note" and bill.corrects_id is None and not bill.once.startswith("use:") and books.left(bill.id) > 0
    ]  # fmt: skip
    if len(bills) > 1:
        yield f"{each.starts_at} is billed {len(bills)} times"
    waits = row.settle_at is not None and row.settle_at > each.billed_at and row.state == "active"
    gone = any(over is not None and each.starts_at >= over for over in (row.ends_at, row.ended_at))
    if settled and gone and any(books.open(bill.id) > 0 for bill in bills):
        yield f"{each.starts_at} is owed, and never comes"
    if settled and not gone and each.invoice is not None and not bills and not waits and not _given_back(books, document):
        yield f"{each.starts_at} is billed by nothing"


def _given_back(books: Books, document: UUID | None) -> bool:
    """Whether all that bills a period was given back for something cheaper, or billed nothing."""
    if document is None:
        return False
    row = books.followed.get(document, books.documents[document])
    notes = books.notes[row.id]
    return row.gross_minor == 0 or (books.left(document) == 0 and any(note.once.startswith(("back:", "after:", "goodwill:")) for note in notes))


def use_wrong(books: Books) -> Iterator[str]:
    """Periods of use follow one another, and each reading is billed with one of them alone."""
    uses = by(rows(Use.objects.order_by("starts_at"), "id", "metered_id", "starts_at", "ends_at", "quantity", "minor", "invoice"), "metered_id")
    readings = by(rows(Reading.objects.exclude(use=None), "use_id", "quantity"), "use_id")
    for mine in uses.values():
        for one, two in zip(mine, mine[1:], strict=False):
            if one.ends_at != two.starts_at:
                yield f"use to {one.ends_at} then from {two.starts_at}"
        for each in mine:
            if added(readings[each.id], "quantity") != each.quantity:
                yield f"use of {each.quantity} is not what was read"
            if (each.minor > 0) != (each.invoice is not None) or (each.invoice and books.documents[each.invoice].net_minor != each.minor):
                yield f"use over {each.minor} is billed otherwise"


def codes_wrong(books: Books) -> Iterator[str]:
    """A code counts its uses, and not those that were given back."""
    used = Counter(Redemption.objects.filter(promo__brand=books.brand).exclude(state="released").values_list("promo", flat=True))
    for code in PromoCode.objects.filter(brand=books.brand):
        if code.uses != used[code.id] or (code.most_uses is not None and code.uses > code.most_uses):
            yield f"{code.code} counts {code.uses} of {used[code.id]}"
