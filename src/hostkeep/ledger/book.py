"""The book: every entry balances, none is ever changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db.models import Sum

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import Ref
from hostkeep.kernel.money import Currency, Money
from hostkeep.ledger.errors import EntryDiffers
from hostkeep.ledger.models import Entry, Posting
from hostkeep.ledger.rules import Leg, check


@dataclass(frozen=True, slots=True)
class Posted:
    """An entry that stands.  again: whether it stood before this call."""

    id: UUID
    again: bool


def post(act: Act, *, key: str, about: Ref, postings: Sequence[Leg]) -> Posted:
    """Book the legs as one entry of act.brand, in the caller's transaction.

    key       idempotency key, at most 120 ASCII characters; the same legs again change nothing
    about     the thing that caused it
    postings  two or more, none zero, each currency summing to zero

    Writes an Entry and its Postings, or nothing.  The database checks the sum once more at commit.
    Raises Unbalanced, EntryDiffers (the key stands for other legs).
    """
    check(postings)
    entry = Entry(
        id=uuid4(), key=key, brand=act.brand, at=act.at, about_kind=about.kind, about_id=about.id,
        legs=len(postings),
    )  # fmt: skip
    Entry.objects.bulk_create([entry], ignore_conflicts=True)
    known = Entry.objects.only("id").get(key=key)
    if known.id != entry.id:
        return _again(known, postings)
    Posting.objects.bulk_create(
        Posting(
            entry_id=entry.id,
            account=leg.account,
            minor=leg.amount.minor,
            currency=leg.amount.currency.code,
        )
        for leg in postings
    )
    return Posted(entry.id, again=False)


def balance(account: str, currency: Currency) -> Money:
    """Return what an account code stands at: debits less credits.  One database query."""
    found = Posting.objects.filter(account=account, currency=currency.code).aggregate(sum=Sum("minor"))
    return Money(int(found["sum"] or 0), currency)


def _again(known: Entry, postings: Sequence[Leg]) -> Posted:
    """Accept a key that was used before, if it was used for the same legs."""
    stands = Counter(Posting.objects.filter(entry=known).values_list("account", "minor", "currency"))
    asked = Counter((leg.account, leg.amount.minor, leg.amount.currency.code) for leg in postings)
    if stands != asked:
        raise EntryDiffers(entry=str(known.id))
    return Posted(known.id, again=True)
