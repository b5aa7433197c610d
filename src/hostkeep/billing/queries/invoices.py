"""What billing shows of invoices.  Rows are frozen; nothing here loads more when looked at.

They come closed: titles are opened by the door (vault.column_door), for a stated purpose.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Value, Window

from hostkeep.billing.boxing import LINES, PARTY, place_of
from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.models import Invoice, InvoiceLine, InvoiceTax, ProformaEnded
from hostkeep.billing.queries.covered import TAKEN_BACK, still_unpaid, with_paid
from hostkeep.billing.queries.sheet_questions import beside, document
from hostkeep.billing.queries.things import more_things
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.lines import Line, Prices, TaxSum
from hostkeep.billing.rules.numbering import CREDIT_NOTE, INVOICE, PROFORMA, Kind
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId, Ref, SubjectId
from hostkeep.kernel.money import CURRENCIES, Currency, Money, money
from hostkeep.kernel.period import Period
from hostkeep.ledger import book
from hostkeep.runtime.together import ask
from hostkeep.runtime.written import rows_of
from hostkeep.vault.column_door import ColumnWish, one_row
from hostkeep.vault.columns import Boxed


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """A document as a list shows it, closed.

    more   how many things it bills besides that of its first line (queries.things)
    is_taken_back  whether nothing is owed because credit notes alone took it back, or it is a proforma
                   that was withdrawn: nobody paid
    paid   what went on it so far
    boxes  the sealed title of its first line
    """

    id: InvoiceId
    brand: BrandId
    subject: SubjectId
    number: str
    more: int
    gross: Money
    paid: Money
    issued_at: datetime
    due_at: datetime
    kind: Kind
    is_taken_back: bool
    boxes: Mapping[str, Boxed] = field(repr=False)

    @property
    def is_paid(self) -> bool:
        """Whether nothing is owed."""
        return self.paid.minor >= self.gross.minor

    @property
    def owed(self) -> Money:
        """What is still to pay."""
        return self.gross - self.paid

    @property
    def wish(self) -> ColumnWish[InvoiceTold]:
        """What opens it."""
        head = (self.brand, self.subject, PARTY)
        return one_row(head, table=LINES, row=place_of(self.id, 1), boxes=self.boxes, make=self._told)

    def without(self, word: str) -> InvoiceTold:
        """Return what a page shows where it does not open."""
        return self._told({"title": word})

    def _told(self, values: Mapping[str, Any]) -> InvoiceTold:
        return InvoiceTold(
            self.id, self.brand, self.subject, self.number, self.more, self.gross, self.paid,
            self.issued_at, self.due_at, self.kind, self.is_taken_back, self.boxes, values["title"],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class InvoiceTold(InvoiceRow):
    """An invoice as a list shows it.  title: its first line."""

    title: str


@dataclass(frozen=True, slots=True)
class InvoicePage:
    """Some of an account's invoices.

    total   how many it has in all; unpaid: on how many of all of them something is owed
    Both are 0 where the page itself is empty.
    """

    rows: tuple[InvoiceRow, ...]
    total: int
    unpaid: int


@dataclass(frozen=True, slots=True)
class PaidPart:
    """What went on an invoice.  gateway: how it came; "credit" or TAKEN_BACK where it was no payment."""

    at: datetime
    gateway: str
    amount: Money


@dataclass(frozen=True, slots=True)
class InvoiceSheet:
    """A document with all that stands on it but the titles of its lines, closed.

    corrects   what it corrects or fulfils; fulfilled: whether it is a proforma whose invoice is there
    withdrawn_at  since when a proforma asks for nothing more, or None
    reason     of a note, a word of rules.reasons
    prices  whether its lines are without tax or with it
    lines   without titles
    boxes   the sealed titles, by position
    """

    id: InvoiceId
    brand: BrandId
    account: AccountId
    subject: SubjectId
    number: str
    reference: str
    prices: Prices
    net: Money
    tax: Money
    gross: Money
    rates: tuple[TaxSum, ...]
    lines: tuple[Line, ...]
    issued_at: datetime
    due_at: datetime
    payments: tuple[PaidPart, ...]
    kind: Kind
    reason: str
    corrects: InvoiceId | None
    fulfilled: bool
    withdrawn_at: datetime | None
    boxes: Mapping[int, Boxed] = field(repr=False)

    @property
    def paid(self) -> Money:
        """What went on it so far; a credit note asks for nothing, nor does what is withdrawn."""
        if self.kind == CREDIT_NOTE or self.fulfilled or self.withdrawn_at:
            return self.gross
        return Money(sum(part.amount.minor for part in self.payments), self.gross.currency)

    @property
    def owed(self) -> Money:
        """What is still to pay."""
        return self.gross - self.paid

    @property
    def is_paid(self) -> bool:
        """Whether nothing is owed."""
        return self.owed.minor <= 0

    @property
    def is_taken_back(self) -> bool:
        """Whether nothing is owed because notes alone took it back, or it is withdrawn: nobody paid."""
        if self.withdrawn_at:
            return True
        return self.is_paid and bool(self.payments) and {p.gateway for p in self.payments} == {TAKEN_BACK}

    @property
    def wish(self) -> ColumnWish[SheetTold]:
        """What opens it."""
        rows = {place_of(self.id, position): {"title": box} for position, box in self.boxes.items()}
        return ColumnWish(self.brand, self.subject, PARTY, LINES, rows, self._opened)

    def without(self, word: str) -> SheetTold:
        """Return what a page shows where it does not open."""
        return self._told([word] * len(self.lines))

    def _opened(self, found: Mapping[str, Mapping[str, Any]]) -> SheetTold:
        return self._told([found[place_of(self.id, position)]["title"] for position in self.boxes])

    def _told(self, titles: Sequence[str]) -> SheetTold:
        lines = tuple(replace(line, title=title) for line, title in zip(self.lines, titles, strict=True))
        return SheetTold(**{one.name: getattr(self, one.name) for one in fields(self)} | {"lines": lines})


@dataclass(frozen=True, slots=True)
class SheetTold(InvoiceSheet):
    """An invoice with the titles of its lines."""


LISTED = (
    "id", "brand", "subject", "number", "title", "more", "gross_minor", "paid_minor", "currency",
    "issued_at", "due_at", "kind", "taken_back", "total", "unpaid",
)  # fmt: skip
"""What `row_of` reads, in its order; total and unpaid come last and are the list's own."""

TITLE = LISTED.index("title")


def invoices_of(account: AccountId, *, first: int = 50, skip: int = 0) -> InvoicePage:
    """Return an account's invoices, newest first.  One database query.

    first  how many at most; skip: how many newer ones to leave out
    """
    rows = rows_of(page_query, account, first, skip)
    total, unpaid = rows[0][-2:] if rows else (0, 0)
    return InvoicePage(tuple(map(_listed, rows)), total, unpaid)


def page_query(account: AccountId, first: int, skip: int) -> QuerySet[Invoice, Any]:
    """Return the query of invoices_of."""
    found = with_paid(Invoice.objects.filter(account=account)).annotate(
        title=Subquery(InvoiceLine.objects.filter(invoice=OuterRef("pk"), position=1).values("title")),
        more=more_things(),
        total=Window(Count("*")),
        unpaid=Window(Count("pk", filter=Q(paid_minor__lt=F("gross_minor")))),
    )
    return found.order_by("-issued_at", "-id").values_list(*LISTED)[skip : skip + first]


def invoices_from(
    account: AccountId, *, after: tuple[datetime, UUID] | None, first: int
) -> tuple[InvoiceRow, ...]:
    """Return an account's invoices that come after a place in its list, newest first.  One database query.

    after  time and id of the last one that was shown, or None to begin
    """
    found = Invoice.objects.filter(account=account)
    if after is not None:
        at, last = after
        found = found.filter(Q(issued_at__lt=at) | Q(issued_at=at, id__lt=last))
    rows = _titled(found).order_by("-issued_at", "-id").values_list(*LISTED)[:first]
    return tuple(row_of(row) for row in rows)


def unpaid_count(account: AccountId) -> int:
    """Return how many invoices of an account still owe something, for its tab.  One database query."""
    return sum(count for (count,) in rows_of(_unpaid, account))


def _unpaid(account: AccountId) -> QuerySet[Invoice, Any]:
    """Count invoices that still owe something; no row where there is none."""
    owed = still_unpaid(Invoice.objects.filter(account=account)).values(of=Value(1))
    return owed.annotate(count=Count("pk")).values_list("count")


def invoice_by_number(brand: BrandId, number: str) -> InvoiceId | None:
    """Return the id of a brand's invoice by its number, or None."""
    said = number.replace("\0", "").strip().upper()  # no text of the database has a NUL
    found = Invoice.objects.filter(brand=brand, number=said).values_list("id", flat=True)
    return next((InvoiceId(i) for i in found), None)


def currency_of(invoice: InvoiceId) -> Currency:
    """Return the currency of an invoice.  Raises NoSuchInvoice."""
    found = Invoice.objects.filter(id=invoice).values_list("currency", flat=True).first()
    if found is None:
        raise NoSuchInvoice
    return CURRENCIES[found]


def invoice_by_once(once: str) -> InvoiceId | None:
    """Return the id of the invoice that a key made, or None."""
    found = Invoice.objects.filter(once=once).values_list("id", flat=True)
    return next((InvoiceId(i) for i in found), None)


def listed(invoice: InvoiceId) -> InvoiceRow:
    """Return an invoice as a list shows it.  Raises NoSuchInvoice.  One query."""
    for row in rows_of(_alone, invoice):
        return _listed(row)
    raise NoSuchInvoice


def _alone(invoice: InvoiceId) -> QuerySet[Invoice, Any]:
    return _titled(Invoice.objects.filter(id=invoice)).values_list(*LISTED)


def _titled(found: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Add to documents what LISTED reads of each."""
    titles = InvoiceLine.objects.filter(invoice=OuterRef("pk"), position=1).values("title")
    counts = {"more": more_things(), "total": Value(0), "unpaid": Value(0)}
    return with_paid(found).annotate(title=Subquery(titles), **counts)


def sheet(invoice: InvoiceId, *, of: AccountId) -> InvoiceSheet:
    """Return an invoice of an account, whole.  Raises NoSuchInvoice, for another account's too.

    One way to the server; of a proforma another.
    """
    found, *parts = ask(document(invoice), *beside((invoice,)))
    for row in found:
        if row.account == of:
            return _filled([row], *parts)[0]
    raise NoSuchInvoice


def sheets_of(account: AccountId, *, first: int) -> tuple[InvoiceSheet, ...]:
    """Return an account's invoices, whole, newest first: four database queries, with proformas six."""
    found = list(Invoice.objects.filter(account=account).order_by("-issued_at", "-id")[:first])
    return _filled(found, *ask(*beside(tuple(InvoiceId(row.id) for row in found)))) if found else ()


def _filled(
    found: Sequence[Invoice], taxes: Iterable[InvoiceTax], lines: Iterable[InvoiceLine],
    parts: Iterable[Sequence[Any]],
) -> tuple[InvoiceSheet, ...]:  # fmt: skip
    """Fill the sheets of some invoices, in their order.  parts: as sheet_questions reads them."""
    taxed: dict[UUID, list[InvoiceTax]] = defaultdict(list)
    lined: dict[UUID, list[InvoiceLine]] = defaultdict(list)
    paid: dict[UUID, list[PaidPart]] = defaultdict(list)
    codes = {row.id: row.currency for row in found}
    for tax in taxes:
        taxed[tax.invoice_id].append(tax)
    for line in lines:
        lined[line.invoice_id].append(line)
    for invoice, at, source, gateway, minor in parts:
        if invoice in codes:
            paid[invoice].append(PaidPart(at, gateway or source, money(minor, codes[invoice])))
    asked = [row.id for row in found if row.kind == PROFORMA]
    done = set(Invoice.objects.filter(corrects__in=asked, kind=INVOICE).values_list("corrects", flat=True))
    ended = dict(ProformaEnded.objects.filter(invoice__in=asked).values_list("invoice", "at"))
    return tuple(
        _sheet(row, taxed[row.id], lined[row.id], paid[row.id], row.id in done, ended.get(row.id))
        for row in found
    )


def held_for(account: AccountId, currency: Currency) -> Money:
    """Return what an account holds as credit and has not used."""
    held = -book.balance(chart.credit(account), currency)
    return Money(max(held.minor, 0), currency)


def _waiting(row: Invoice) -> tuple[PaidPart, ...]:
    """Return what came for an open proforma already and waits as credit."""
    held = held_for(AccountId(row.account), CURRENCIES[row.currency])
    enough = held.minor >= row.gross_minor
    return () if enough or not held.minor else (PaidPart(row.issued_at, "credit", held),)


def _sheet(
    row: Invoice, taxes: Sequence[InvoiceTax], lines: Sequence[InvoiceLine], parts: Sequence[PaidPart],
    fulfilled: bool, ended: datetime | None,
) -> InvoiceSheet:  # fmt: skip
    """Fill an invoice's sheet."""
    code, asks = row.currency, row.kind == PROFORMA and not fulfilled
    return InvoiceSheet(
        id=InvoiceId(row.id), brand=BrandId(row.brand), account=AccountId(row.account),
        subject=SubjectId(row.subject), number=row.number, reference=row.reference,
        prices=cast("Prices", row.prices), net=money(row.net_minor, code), tax=money(row.tax_minor, code),
        gross=money(row.gross_minor, code),
        rates=tuple(_sum(tax, code) for tax in taxes),
        lines=tuple(line_of(line, code) for line in lines),
        boxes={line.position: line.title for line in lines},
        issued_at=row.issued_at, due_at=row.due_at, kind=cast("Kind", row.kind), reason=row.reason,
        corrects=InvoiceId(row.corrects_id) if row.corrects_id else None, fulfilled=fulfilled,
        withdrawn_at=ended,
        payments=tuple(parts) if not asks or ended else _waiting(row),
    )  # fmt: skip


def line_of(line: InvoiceLine, code: str) -> Line:
    """Return a line as it was given, without its title."""
    period = Period(line.starts_at, line.ends_at) if line.starts_at and line.ends_at else None
    about = Ref(line.about_kind, line.about_id)
    return Line(
        "", line.quantity, money(line.unit_minor, code), line.tax_rate, about, period, line.tax_category,
        line.exemption,
    )  # fmt: skip


def _sum(tax: InvoiceTax, code: str) -> TaxSum:
    """Return the tax of one rate and category as it stands."""
    net, taxed = money(tax.net_minor, code), money(tax.tax_minor, code)
    return TaxSum(tax.rate, net, taxed, tax.category, tax.exemption)


def _listed(row: Sequence[Any]) -> InvoiceRow:
    """Make a list row of what page_query fetched: the title as the driver read it."""
    title = row[TITLE]
    return row_of((*row[:TITLE], None if title is None else Boxed(title), *row[TITLE + 1 :]))


def row_of(row: Sequence[object]) -> InvoiceRow:
    """Make a list row of what LISTED fetched."""
    id_, brand, subject, number, title, more, gross, paid, code, issued_at, due_at, kind, back = cast(
        "tuple[UUID, str, UUID, str, Boxed | None, int, int, int, str, datetime, datetime, Kind, bool]",
        row[:-2],
    )
    return InvoiceRow(
        InvoiceId(id_), BrandId(brand), SubjectId(subject), number, more, money(gross, code),
        money(paid, code), issued_at, due_at, kind, back, {} if title is None else {"title": title},
    )  # fmt: skip
