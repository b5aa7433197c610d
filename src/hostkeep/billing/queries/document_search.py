"""Documents of all accounts, found by what a clerk knows of them: number, amount, day, kind or standing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.lookups import Exact, GreaterThanOrEqual, LessThan

from hostkeep.billing.models import Invoice
from hostkeep.billing.queries.covered import with_paid
from hostkeep.billing.rules.numbering import CANARY, CREDIT_NOTE, Kind
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId
from hostkeep.kernel.money import Money, money

Standing = Literal["open", "overdue", "paid", "taken_back"]
"""open: something is owed; overdue: and its day is past; paid: nothing is; taken_back: and nobody paid."""

STANDINGS: tuple[Standing, ...] = ("open", "overdue", "paid", "taken_back")


@dataclass(frozen=True, slots=True)
class Sought:
    """What is asked for; None and empty ask for all.

    words     the beginning of a number, or a whole reference of payment
    accounts  whose, besides what the words find: those whose customer number was typed
    amounts   what a document comes to, by code of currency, in minor units
    since, until  when it was issued, until left out
    """

    brand: BrandId | None = None
    kind: Kind | None = None
    standing: Standing | None = None
    words: str = ""
    accounts: Collection[AccountId] = ()
    amounts: Mapping[str, int] | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document as a list of all accounts shows it; what was bought stays sealed."""

    id: InvoiceId
    brand: BrandId
    account: AccountId
    kind: Kind
    number: str
    net: Money
    tax: Money
    gross: Money
    paid: Money
    issued_at: datetime
    due_at: datetime
    is_taken_back: bool

    @property
    def owed(self) -> Money:
        """What is still to be paid."""
        return self.gross - self.paid


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """Some documents, newest first.  total: how many are found in all."""

    rows: tuple[DocumentRow, ...]
    total: int


FIELDS = (
    "id", "brand", "account", "kind", "number", "currency", "net_minor", "tax_minor", "gross_minor",
    "paid_minor", "issued_at", "due_at", "taken_back",
)  # fmt: skip


def documents_page(sought: Sought, *, at: datetime, first: int, skip: int = 0) -> DocumentPage:
    """Return documents that are sought, newest first; a canary's are none.  Two queries.

    at     when: what is overdue by then
    first  how many at most; skip: how many newer ones to leave out
    """
    found = _found(sought, at)
    return DocumentPage(tuple(_rows(found, first, skip)), found.count())


def documents_found(sought: Sought, *, at: datetime, most: int) -> tuple[DocumentRow, ...]:
    """Return the newest of the documents that are sought, for a file.  One query."""
    return tuple(_rows(_found(sought, at), most, 0))


def _rows(found: QuerySet[Invoice], first: int, skip: int) -> Iterator[DocumentRow]:
    """Read a page."""
    for row in found.order_by("-issued_at", "-id").values_list(*FIELDS)[skip : skip + first]:
        id_, brand, account, kind, number, code, net, tax, gross, paid, issued_at, due_at, back = cast(
            "tuple[UUID, str, UUID, Kind, str, str, int, int, int, int, datetime, datetime, bool]", row
        )
        yield DocumentRow(
            InvoiceId(id_), BrandId(brand), AccountId(account), kind, number, money(net, code),
            money(tax, code), money(gross, code), money(paid, code), issued_at, due_at, back,
        )  # fmt: skip


def _found(sought: Sought, at: datetime) -> QuerySet[Invoice]:
    """Return what is sought."""
    found = with_paid(Invoice.objects.exclude(kind=CANARY))
    if sought.brand is not None:
        found = found.filter(brand=sought.brand)
    if sought.kind is not None:
        found = found.filter(kind=sought.kind)
    if sought.words or sought.accounts:
        found = found.filter(_named(sought))
    if sought.amounts is not None:
        found = found.filter(_amounting(sought.amounts))
    if sought.since is not None:
        found = found.filter(issued_at__gte=sought.since)
    if sought.until is not None:
        found = found.filter(issued_at__lt=sought.until)
    return _standing(found, sought.standing, at)


def _named(sought: Sought) -> Q:
    """Say which documents bear what was typed."""
    of_accounts = Q(account__in=sought.accounts)
    if not sought.words:
        return of_accounts
    typed = sought.words.upper()
    return of_accounts | Q(number__startswith=typed) | Q(reference=typed.replace(" ", ""))


def _amounting(amounts: Mapping[str, int]) -> Q:
    """Say which documents come to an amount; none where it is one in no currency."""
    wanted = Q(pk__in=[])
    for code, minor in amounts.items():
        wanted |= Q(currency=code, gross_minor=minor)
    return wanted


def _standing(found: QuerySet[Invoice], standing: Standing | None, at: datetime) -> QuerySet[Invoice]:
    """Leave those that stand so.  A credit note is neither paid nor owed, and is taken back by nobody."""
    if standing is None:
        return found
    found = found.exclude(kind=CREDIT_NOTE)
    if standing == "taken_back":
        return found.filter(Exact(F("taken_back"), True))
    if standing == "paid":
        found = found.filter(GreaterThanOrEqual(F("paid_minor"), F("gross_minor")))
        return found.filter(Exact(F("taken_back"), False))
    owing = found.filter(LessThan(F("paid_minor"), F("gross_minor")))
    return owing.filter(due_at__lt=at) if standing == "overdue" else owing
