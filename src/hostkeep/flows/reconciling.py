"""The daily self-check: the ledger beside documents, payments and credit, and the ledger beside itself.

Once a day for each brand, in the small hours of its zone, and once for the book as a whole.  Everything is
read as of one moment, so that what is booked meanwhile is in both sides or in none.  What deviates is a
finding that stands until it is gone, and rings an alarm when it is new.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from hostkeep.billing.actions.reconciling import record_findings
from hostkeep.billing.queries import reconciling as billing
from hostkeep.billing.rules.reconciling import (
    OF_ACCOUNTS,
    OF_BRANDS,
    OF_THE_BOOK,
    Deviation,
    Sums,
    added,
    differ,
    handle_of,
    ranges,
)
from hostkeep.brands.queries import all_brands
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import OPERATOR, BrandId
from hostkeep.ledger import checking
from hostkeep.runtime.jobs import send
from hostkeep.runtime.tallies import last_tallied, tally
from hostkeep.runtime.transactions import one_moment

ERRAND = "reconcile"
HOUR = 4
"""From this hour of a brand's day on."""

BOOK = "book"
"""The errand about the book as a whole."""

CHUNK = 50_000
"""Documents whose accounts are looked at in one go."""

UTC = ZoneInfo("UTC")


def send_due(act: Act) -> int:
    """Send the self-check off for each brand whose day has come to it, and for the book; return how many."""
    zones = {str(row.id): ZoneInfo(row.zone) for row in all_brands()}
    due = [name for name, zone in {**zones, BOOK: UTC}.items() if _is_due(name, act.at.astimezone(zone))]
    return sum(send(ERRAND, name) for name in due)


def send_now(name: str) -> bool:
    """Send the self-check of a brand (its slug) or of the BOOK off; say whether it was not on its way."""
    return send(ERRAND, name)


def checked_at(name: str) -> datetime | None:
    """Return when the books of a brand (its slug), or the BOOK, were last checked; None: never."""
    return last_tallied(brand=OPERATOR, kind=ERRAND, name=name)


def run(act: Act, about: str) -> int:
    """Check one brand, or the book, as an errand; return how much is out of step.

    With the book, accounts whose history no snapshot has shortened for long get one.
    """
    brand = OPERATOR if about == BOOK else BrandId(about)
    found = reconcile(act.of_brand(brand))
    if about == BOOK:
        checking.shorten_tails()
    tally(brand=OPERATOR, kind=ERRAND, name=about, at=act.at)
    return len(found)


def reconcile(act: Act) -> tuple[Deviation, ...]:
    """Check the books of act.brand (OPERATOR: the ledger itself), keep what is out, ring for what is new."""
    found = check_book() if act.brand == OPERATOR else check_brand(act.brand)
    checked = OF_THE_BOOK if act.brand == OPERATOR else (*OF_ACCOUNTS, *OF_BRANDS)
    record_findings(act, found=found, checked=checked)
    return found


def check_brand(brand: BrandId) -> tuple[Deviation, ...]:
    """Return where a brand's account codes are not what its documents, payments and credit come to.

    In chunks of accounts, so memory does not grow with the brand.
    """
    with one_moment():
        return (*_accounts_out(brand), *_brand_out(brand))


def check_book() -> tuple[Deviation, ...]:
    """Return entries and snapshots of the ledger that do not add up."""
    with one_moment():
        return tuple(
            Deviation("snapshot", handle_of(fault.account))
            if fault.entry is None
            else Deviation("entry", fault.entry)
            for fault in checking.faults()
        )


def _accounts_out(brand: BrandId) -> Iterator[Deviation]:
    """Compare each account's receivable and credit."""
    for first, last in ranges(billing.document_count(brand) // CHUNK + 1):
        for what in OF_ACCOUNTS:
            # "!" is the first character that a longer code could go on with.
            booked = _booked(brand, f"{what}:{first}", f"{what}:{last}!")
            told = billing.owed if what == "receivable" else billing.due_back
            yield from differ(what, booked=booked, told=told(brand, first, last))


def _brand_out(brand: BrandId) -> Iterator[Deviation]:
    """Compare the account codes that a brand has for itself."""
    for what, told in billing.of_brand(brand).items():
        booked = _booked(brand, f"{what}:", f"{what};", whole=what != "gateway")
        yield from differ(what, booked=booked, told=told)


def _booked(brand: BrandId, first: str, behind: str, *, whole: bool = False) -> Sums:
    """Return what the ledger's codes in a range stand at, each by its handle, or as a whole."""
    return added(
        *(
            {(None if whole else _handle(each.account), each.balance.currency.code): each.balance.minor}
            for each in checking.standings(brand, first, behind)
        )
    )


def _handle(code: str) -> UUID:
    """Return what an account code is about: the account in it, or the gateway."""
    name = code.rsplit(":", 1)[1]
    try:
        return UUID(name)
    except ValueError:
        return handle_of(name)


def _is_due(name: str, local: datetime) -> bool:
    """Say whether a check's hour has come and it was not done since this day's began."""
    last = last_tallied(brand=OPERATOR, kind=ERRAND, name=name)
    today = local.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return local >= today and (last is None or last < today)
