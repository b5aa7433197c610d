"""Changing what is had: asked for, paid where it costs more, and then so.  Or dropped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, Ref
from hostkeep.kernel.money import Money
from hostkeep.subscriptions.adding_on import close_add_on
from hostkeep.subscriptions.asking import Asked, asked_again, free_of_changes
from hostkeep.subscriptions.boxing import as_system, change_wish, seal_change, told_wish
from hostkeep.subscriptions.errors import BadPrice, NoSuchChange, NoSuchMove, NoSuchSubscription
from hostkeep.subscriptions.holding import calendar_of, held
from hostkeep.subscriptions.models import Change, Subscription
from hostkeep.subscriptions.rules.add_ons import ADDED, taken_from_told
from hostkeep.subscriptions.rules.agreeing import Told, checked
from hostkeep.subscriptions.rules.changing import DOWNGRADE, GivenBack, Late, Wanted, from_told, to_told
from hostkeep.subscriptions.rules.changing import Change as Reckoned
from hostkeep.subscriptions.rules.states import RENEWS, State
from hostkeep.subscriptions.rules.terms import checked as checked_calendar
from hostkeep.subscriptions.rules.terms import start_of
from hostkeep.subscriptions.turning import in_all_terms, make_so, reckoned_of, waiting
from hostkeep.vault.column_door import use_columns

BillLate = Callable[[Act, UUID, Late], InvoiceId]
"""Bills what a change, by its id, comes to for periods that were billed without it."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A change that waited, and how it stands now.  moved: whether this call settled it."""

    id: UUID
    state: str
    moved: bool

    @property
    def ref(self) -> Ref:
        """The change."""
        return Ref("subscriptions.change", self.id)


@recorded("subscriptions.change.asked")
def ask_change(
    act: Act, *, subscription: UUID, of: AccountId, wanted: Wanted, expected: Money,
    back: Sequence[GivenBack] = (), once: str,
) -> Asked:  # fmt: skip
    """Ask for another plan, choice or term in place of what an account has.

    expected  what the page showed: to be paid, or less than nothing where it is given back
    back      of which lines that is taken back; kept with the change, for whoever writes the notes
    once      idempotency key, at most 64 characters; the same key is the same change

    What costs more waits until it is paid; what costs less holds at once, and `back` is the account's;
    another term holds from the next period.  Writes a Change; SubscriptionChanged where it holds at once.
    Raises NoSuchSubscription, NoSuchMove, ChangeWaits, SameAsNow, BadTerm, BadPrice (also where it comes to
    something else than was shown), vault refusals.
    """
    row = held(subscription, brand=act.brand)
    if row.account != of:
        raise NoSuchSubscription
    if known := Change.objects.filter(once=once).first():
        return asked_again(act, row, known)
    free_of_changes(row)
    checked(wanted.agreed)
    wanted = in_all_terms(row, wanted, act.at)
    reckoned = use_columns(
        as_system(act, row), wishes=[told_wish(row)], fn=lambda told: _reckoned(act, row, told, wanted)
    )
    if reckoned.turn.due != expected:
        raise BadPrice
    change = Change(
        id=uuid4(), once=once, subscription=row, kind=reckoned.kind, credit_minor=reckoned.back.minor,
        asked_at=act.at, effective_at=reckoned.effective_at,
    )  # fmt: skip
    change.told = seal_change(act, row, change.id, to_told(wanted, reckoned, back))
    change.save(force_insert=True)
    if reckoned.kind == DOWNGRADE:
        make_so(act, row, change, wanted)
    return Asked(
        change.id, change.kind, change.state, reckoned.due, reckoned.back, change.effective_at, again=False
    )


@recorded("subscriptions.change.billed")
def attach_invoice(act: Act, *, change: UUID, invoice: InvoiceId) -> Settled:
    """Say which invoice a waiting change is paid by.  Again: changes nothing.  Raises NoSuchChange."""
    found = waiting(change, brand=act.brand)
    if found is None:
        raise NoSuchChange
    _, stands = found
    stands.invoice = stands.invoice or invoice
    stands.save(update_fields=["invoice"])
    return Settled(stands.id, stands.state, moved=stands.invoice == invoice)


@recorded("subscriptions.change.done")
def complete_change(act: Act, *, change: UUID, bill_late: BillLate) -> Settled:
    """Make a waiting change so: it is paid, or its time has come.

    bill_late  bills, in the running transaction, what periods cost more that were billed while it waited

    Publishes SubscriptionChanged.  One that waits no more stays as it is.
    Raises NoSuchChange, vault refusals, and what `bill_late` raises; nothing was written then.
    """
    found = waiting(change, brand=act.brand)
    if found is None:
        return _stands(act, change)
    row, stands = found
    told = use_columns(as_system(act, row), wishes=[change_wish(row, stands)], fn=lambda told: told[0])
    if told is None:
        raise NoSuchChange
    if stands.kind == ADDED:
        late = close_add_on(act, row, stands, taken_from_told(told))
    else:
        late = make_so(act, row, stands, from_told(told))
    if late:
        bill_late(act, stands.id, late)
    return Settled(stands.id, stands.state, moved=True)


@recorded("subscriptions.change.dropped")
def drop_change(act: Act, *, change: UUID) -> Settled:
    """Drop a waiting change: it was not paid in time, or is taken back.  Raises NoSuchChange."""
    found = waiting(change, brand=act.brand)
    if found is None:
        return _stands(act, change)
    _, stands = found
    stands.state, stands.done_at = "dropped", act.at
    stands.save(update_fields=["state", "done_at"])
    return Settled(stands.id, stands.state, moved=True)


@recorded("subscriptions.subscription.aligned")
def align(act: Act, *, subscription: UUID, of: AccountId, day: int | None) -> Settled:
    """Bring the periods after what is billed to a day of the month, so that several come due together.

    day  1 to 31, or None: as they are
    The first of them is cut short, and costs its days (rules.aligning).
    Raises NoSuchSubscription, NoSuchMove (it does not go on), ChangeWaits, BadTerm, DateOutOfReach.
    """
    row = held(subscription, brand=act.brand)
    if row.account != of:
        raise NoSuchSubscription
    if State(row.state) not in RENEWS:
        raise NoSuchMove(state=row.state, move="align")
    free_of_changes(row)
    if day != row.align_day:
        row.anchor_at, row.align_day = row.billed_to, day
        start_of(checked_calendar(calendar_of(row)), 1)
        row.save(update_fields=["anchor_at", "align_day"])
    return Settled(row.id, row.state, moved=True)


def _reckoned(act: Act, row: Subscription, told: Sequence[Told | None], wanted: Wanted) -> Reckoned:
    """Reckon a change.  Raises NoSuchSubscription where what is had is erased."""
    (had,) = told
    if had is None:
        raise NoSuchSubscription
    return reckoned_of(act, row, had, wanted)


def _stands(act: Act, change: UUID) -> Settled:
    """Answer for a change that waits no more.  Raises NoSuchChange."""
    known = Change.objects.filter(id=change, subscription__brand=act.brand).first()
    if known is None:
        raise NoSuchChange
    return Settled(known.id, known.state, moved=False)
