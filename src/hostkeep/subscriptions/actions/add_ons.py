"""Add-ons of a subscription that runs: one more is asked for, paid and had; one is taken off."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId
from hostkeep.kernel.money import Money, money
from hostkeep.subscriptions.adding_on import close_add_on, reckoned_less, reckoned_more
from hostkeep.subscriptions.asking import Asked, asked_again, free_of_changes
from hostkeep.subscriptions.boxing import seal_change
from hostkeep.subscriptions.errors import BadPrice, NoSuchAddOn, NoSuchSubscription, TooManyAddOns
from hostkeep.subscriptions.extras import had_of, take_off
from hostkeep.subscriptions.holding import held
from hostkeep.subscriptions.models import Change, Subscription
from hostkeep.subscriptions.rules.add_ons import pieces_of, told_of_add_on
from hostkeep.subscriptions.rules.agreeing import AddOn, Taken, checked_taken
from hostkeep.subscriptions.rules.changing import Change as Reckoned
from hostkeep.subscriptions.rules.changing import GivenBack
from hostkeep.subscriptions.turning import close, taken_in_all_terms


@recorded("subscriptions.add_on.asked")
def ask_add_on(
    act: Act, *, subscription: UUID, of: AccountId, taken: Taken, most: int, expected: Money, once: str
) -> Asked:  # fmt: skip
    """Ask for an add-on beside what an account has.

    most      how many a service may have of it, those that it has among them
    expected  what the page showed: what it comes to now, what is due once with it
    once      idempotency key, at most 64 characters; the same key is the same change

    It waits until it is paid; what costs nothing now (in a trial) holds at once.
    Writes a Change; SubscriptionChanged where it holds at once.
    Raises NoSuchSubscription, NoSuchMove, ChangeWaits, TooManyAddOns, BadPrice (also where it comes to
    something else than was shown), vault refusals.
    """
    row = _held_for(act, subscription, of)
    if known := Change.objects.filter(once=once).first():
        return asked_again(act, row, known)
    free_of_changes(row)
    taken = taken_in_all_terms(row, checked_taken(taken, currency=row.currency), act.at)
    had = had_of(act, row)
    if pieces_of(had, taken.add_on.slug) + taken.quantity > most:
        raise TooManyAddOns(most=most)
    reckoned = reckoned_more(act, row, had, taken)
    due = reckoned.due + taken.once
    if due != expected:
        raise BadPrice
    change = _write(act, row, (taken, reckoned, ()), once)
    if not due.minor:
        close_add_on(act, row, change, taken)
    return _asked(row, change, reckoned, due)


@recorded("subscriptions.add_on.taken_off")
def take_off_add_on(
    act: Act, *, subscription: UUID, of: AccountId, wanted: tuple[str, int], expected: Money,
    back: Sequence[GivenBack], once: str,
) -> Asked:  # fmt: skip
    """Take an add-on off, so many pieces of it; it holds at once.

    wanted    which, as the catalogue names it, and how many
    expected  what the page showed: less than nothing, what is given back
    back      of which lines that is taken back; kept with the change, for whoever writes the notes
    once      idempotency key, at most 64 characters; the same key is the same change

    Writes a Change; publishes SubscriptionChanged.
    Raises NoSuchSubscription, NoSuchAddOn, NoSuchMove, ChangeWaits, BadPrice, vault refusals.
    """
    row = _held_for(act, subscription, of)
    if known := Change.objects.filter(once=once).first():
        return asked_again(act, row, known)
    free_of_changes(row)
    slug, quantity = wanted
    had = had_of(act, row)
    reckoned = reckoned_less(act, row, had, slug=slug, quantity=quantity)
    if reckoned.turn.due != expected:
        raise BadPrice
    part = next((each for each in had if each.slug == slug), None)
    if part is None:
        raise NoSuchAddOn
    nothing = money(0, row.currency)
    taken = Taken(AddOn(slug, part.title, part.unit, nothing, recurs=True, work=part.work), quantity)
    change = _write(act, row, (taken, reckoned, back), once)
    take_off(act, row, had, slug=slug, quantity=quantity)
    close(act, row, change)
    return _asked(row, change, reckoned, nothing)


def _held_for(act: Act, subscription: UUID, of: AccountId) -> Subscription:
    """Return an account's subscription under lock.  Raises NoSuchSubscription."""
    row = held(subscription, brand=act.brand)
    if row.account != of:
        raise NoSuchSubscription
    return row


def _write(
    act: Act, row: Subscription, what: tuple[Taken, Reckoned, Sequence[GivenBack]], once: str
) -> Change:
    """Write what is asked for, sealed."""
    taken, reckoned, back = what
    change = Change(
        id=uuid4(), once=once, subscription=row, kind=reckoned.kind, credit_minor=reckoned.back.minor,
        asked_at=act.at, effective_at=act.at,
    )  # fmt: skip
    change.told = seal_change(act, row, change.id, told_of_add_on(taken, reckoned, back))
    change.save(force_insert=True)
    return change


def _asked(row: Subscription, change: Change, reckoned: Reckoned, due: Money) -> Asked:
    """Return a change as it stands."""
    return Asked(
        change.id, change.kind, change.state, due, money(reckoned.back.minor, row.currency),
        change.effective_at, again=False,
    )  # fmt: skip
