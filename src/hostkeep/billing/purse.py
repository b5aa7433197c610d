"""What billing's actions share: moving an account's credit, inside their transaction.

The ledger's code credit:<account> is how much there is; a CreditEntry tells why it moved.  Whatever takes
from it is booked by ledger.book.post_covered: it is never below nothing, whoever takes at once.
Only modules of `billing.actions` call this.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from hostkeep.billing.errors.credit import BadCredit, CreditDiffers, NotEnoughCredit
from hostkeep.billing.models import CreditEntry
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.crediting import CreditKind
from hostkeep.billing.rules.numbering import CANARY
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId, Ref
from hostkeep.kernel.money import Currency, Money
from hostkeep.ledger import book
from hostkeep.ledger.errors import NotCovered
from hostkeep.ledger.rules import Leg
from hostkeep.people.queries import canary_accounts

ENTRY = "billing.credit_entry"


@dataclass(frozen=True, slots=True)
class Move:
    """Credit that is to be moved.

    amount  what the account's credit grows by; negative takes from it
    kind    why; reason: a word of rules.crediting, where staff did it
    about   the invoice, payment or refund that it has to do with, or None
    once    idempotency key, at most 64 characters
    """

    account: AccountId
    amount: Money
    kind: CreditKind
    once: str
    about: UUID | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """Credit that moved.  again: whether the same key had moved it before; then nothing was done now."""

    entry: UUID
    again: bool


def held(account: AccountId, currency: Currency) -> Money:
    """Return an account's credit in a currency, as it stands this moment."""
    return -book.balance(chart.credit(account), currency)


def books_for(act: Act, account: AccountId) -> BrandId:
    """Return under whose name an account's money is booked: the brand's, or one that no figure reads."""
    return chart.books_of(act.brand, CANARY if account in canary_accounts() else "")


def known(once: str) -> CreditEntry | None:
    """Return what a key moved before, or None."""
    return CreditEntry.objects.filter(once=once).first()


def move(act: Act, wanted: Move, *, against: str) -> Moved:
    """Move credit once a key, and tell why.  against: the account code on the other side.

    Raises CreditDiffers, NotEnoughCredit, BadCredit (an amount of nothing).
    """
    if not wanted.amount.minor:
        raise BadCredit(why="nothing")
    entry = _keep(act, wanted, uuid4())
    if entry.again:
        return entry
    book_move(act, wanted, entry=entry.entry, against=against)
    return entry


def spend_up_to(act: Act, most: Move, *, against: str) -> tuple[UUID, Money]:
    """Take what there is and at most an amount; return the entry and what was taken.

    most  of a key that is not known, its amount negative
    Raises NotEnoughCredit (there is none), CreditDiffers (the key was used elsewhere meanwhile).
    """
    entry, most_taken = uuid4(), -most.amount
    while True:
        there = held(most.account, most.amount.currency)
        if there.minor <= 0:
            raise _short(there)
        taken = Money(min(there.minor, most_taken.minor), there.currency)
        wanted = Move(most.account, -taken, most.kind, most.once, most.about, most.reason)
        try:
            book_move(act, wanted, entry=entry, against=against)
        except NotEnoughCredit:
            continue  # Somebody was quicker.  The ledger's lock is ours since, so the next look is true.
        if _keep(act, wanted, entry).again:
            raise CreditDiffers(entry=str(entry))
        return entry, taken


def book_move(act: Act, wanted: Move, *, entry: UUID, against: str) -> None:
    """Book one move.  Raises NotEnoughCredit; then nothing is booked, and the transaction may go on."""
    code = chart.credit(wanted.account)
    legs = [Leg(code, -wanted.amount), Leg(against, wanted.amount)]
    key, about = f"credit:{entry}", Ref(ENTRY, entry)
    if wanted.amount.minor > 0:
        book.post(act, key=key, about=about, postings=legs)
        return
    nothing = Money(0, wanted.amount.currency)
    try:
        book.post_covered(act, key=key, about=about, postings=legs, floors={code: nothing})
    except NotCovered:
        raise _short(held(wanted.account, nothing.currency)) from None


def _keep(act: Act, wanted: Move, entry: UUID) -> Moved:
    """Write down why credit moves, once a key.  Raises CreditDiffers."""
    row = CreditEntry(
        id=entry, once=wanted.once, brand=act.brand, account=wanted.account, kind=wanted.kind,
        minor=wanted.amount.minor, currency=wanted.amount.currency.code, about=wanted.about,
        reason=wanted.reason, at=act.at,
    )  # fmt: skip
    CreditEntry.objects.bulk_create([row], ignore_conflicts=True)
    stands = CreditEntry.objects.get(once=wanted.once)
    if _content(stands) != _content(row):
        raise CreditDiffers(entry=str(stands.id))
    return Moved(stands.id, again=stands.id != entry)


def _content(row: CreditEntry) -> tuple[object, ...]:
    """Return what two entries of one key must agree in."""
    return row.brand, row.account, row.kind, row.minor, row.currency, row.about


def _short(there: Money) -> NotEnoughCredit:
    """Return the refusal that tells how much there is."""
    return NotEnoughCredit(held=there.minor, currency=there.currency.code)
