"""The sweeper: what is past its time goes, from the vault and from every other place that keeps something.

Every hour, over all brands.  Work is done in batches that commit by themselves, so a sweep that is killed is
taken up by the next, and two at once share the work.  A run in which something failed does not count as one:
the light that watches the sweeper then goes out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog

from hostkeep.audit.enter import enter
from hostkeep.audit.rounds import each_once, go_through
from hostkeep.billing import stores as billing
from hostkeep.brands.errors import NoSuchBrand
from hostkeep.brands.queries import all_brands
from hostkeep.flows import log_ends
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import OPERATOR, BrandId, Ref, SubjectId
from hostkeep.messaging import stores as messaging
from hostkeep.people import stores as people
from hostkeep.policy.schedule import ACCOUNT_CLOSED
from hostkeep.provisioning import stores as provisioning
from hostkeep.runtime import kept
from hostkeep.runtime.jobs import send
from hostkeep.runtime.stores import Store, all_stores, register
from hostkeep.runtime.tallies import last_tallied, tally
from hostkeep.shop import stores as shop
from hostkeep.subscriptions import stores as subscriptions
from hostkeep.vault import certificates, dropping, due, erasing, holds, replaying, rescheduling, retention
from hostkeep.vault import stores as vault
from hostkeep.vault.ending import Whose
from hostkeep.vault.events import KeysDestroyed, ValueDropped

log = structlog.get_logger()

ERRAND = "sweep"
Row = TypeVar("Row")
EVERY = timedelta(hours=1)
BATCH = 5000
PEOPLE = 500
"""People whose classes end in one go."""

LATE = timedelta(hours=26)
"""Without a run for so long, nobody knows that nothing is past due."""

AGAIN = timedelta(days=8)
"""For so long after an erasure the stores are gone through again: a mail may have been on its way then."""

DAY = timedelta(days=1)
RELEASED = "hold.ended"
"""Why it is erased, in the certificate."""

KIND, RUN, FORGOTTEN = "sweep", "run", "forgotten"
STORES = uuid5(NAMESPACE_URL, "hostkeep:store")


def join() -> None:
    """Make the stores of every room known.  Called once at start."""
    for room in (kept, log_ends, vault, people, shop, billing, subscriptions, provisioning, messaging):
        register(room.STORES)


def send_due(act: Act) -> int:
    """Send the sweeper off, if its last run was an hour ago.  It is an errand, for it may take its time."""
    last = last_run()
    return 0 if last is not None and act.at - last < EVERY else int(send(ERRAND, "all"))


def run(act: Act, about: str) -> int:
    """Sweep, as an errand; return how much went."""
    del about
    return sweep(act)


def sweep(act: Act) -> int:
    """Set new dates where a policy shortened a term, then let go all that is past due; return how much went.

    What goes wrong is logged and does not stop the rest, but the run does not count then.
    """
    work: dict[str, Callable[[Act], int]] = {
        "terms": _apply_terms,
        "values": lambda act: _past_stuck(lambda stuck: dropping.drop_due(act, most=BATCH, stuck=stuck)),
        "newcomers": _close_newcomers,
        "classes": _end_classes,
        "released": _erase_released,
        "rows": _finish_erasures,
        **{store.name: _emptying(store) for store in all_stores()},
        "people": _forget_again,
    }
    done, failed = 0, False
    for name, step in work.items():
        try:
            done += step(act)
        except Exception as error:  # noqa: BLE001  the rest of the sweep must go on
            failed = True
            log.warning("sweep.failed", name=name, code=type(error).__name__, trace=act.trace)
    if not failed:
        tally(brand=OPERATOR, kind=KIND, name=RUN, at=act.at)
    return done


def last_run() -> datetime | None:
    """Return when a sweep last went through without a fault, or None."""
    return last_tallied(brand=OPERATOR, kind=KIND, name=RUN)


def overdue(at: datetime, brand: BrandId | None = None) -> Mapping[str, int]:
    """Return what is past due at a time, by retention class; empty where nothing is.

    brand  of this one alone, and what a place cannot tell by brand; None: of all

    The sweeper comes once an hour: what fell due since then is no fault, so ask about an hour ago.
    What a hold covers is not counted.
    """
    found = Counter(due.overdue(at, brand))
    for store in all_stores():
        found[store.keep_class] += store.due(at, brand)
    return {name: count for name, count in sorted(found.items()) if count}


def falls_due(by: datetime) -> bool:
    """Say whether anything is past due by a time, which may be to come; holds as in `overdue`."""
    return any(due.overdue(by).values()) or any(store.list_due(by) for store in all_stores())


def on_keys_destroyed(act: Act, event: KeysDestroyed) -> None:
    """Remove from every store what names a person whose account was erased."""
    gone = certificates.certificate(event.erasure)
    if gone is not None and "account" in gone.classes:
        forget_people(act.of_brand(gone.brand), gone.subject)


def on_value_dropped(act: Act, event: ValueDropped) -> None:
    """Put a deleted value on the erasure ledger, so that a restored backup deletes it again."""
    erasing.note_items_gone(act, items=[event.item])


def forget_people(act: Act, *subjects: SubjectId) -> int:
    """Remove what names erased people from every store; return how much.  Again: finds nothing.

    A store takes one statement or a few for all of them.
    """
    person = people.person_of(*subjects)
    return sum(store.forget(act, person) for store in all_stores())


def absent(*, subject: SubjectId, words: tuple[str, ...] = ()) -> Mapping[str, int]:
    """Return what each store still has of a person, by its name; empty is the proof that they are gone.

    words  texts that must not stand anywhere: values of somebody made up
    """
    person = people.person_of(subject, words=words)
    left = {store.name: store.prove_absent(person) for store in all_stores()}
    return {name: count for name, count in left.items() if count}


def _apply_terms(act: Act) -> int:
    """Set dates anew at brands whose version in force is not applied yet."""
    return _all_of(act, all_brands(), lambda row: _apply(act, row.id), name="terms")


def _apply(act: Act, brand: BrandId) -> int:
    """Set dates anew at a brand, where its version in force is not applied yet."""
    try:
        if rescheduling.owed(act, brand=brand):
            return rescheduling.reschedule(act, brand=brand).moved
    except NoSuchBrand:  # no version in force yet
        pass
    return 0


def _close_newcomers(act: Act) -> int:
    """Let classes that came after their account had ended end as they would have with it."""

    def close(whose: Whose) -> int:
        retention.fire(act.of_brand(whose.brand), subject=whose.subject, event=ACCOUNT_CLOSED)
        return 1

    waiting = each_once(lambda most: due.left_open(most=most), key=lambda whose: whose, page=PEOPLE)
    return _all_of(act, waiting, close, name="newcomers")


def _end_classes(act: Act) -> int:
    """End the classes that are due, person by person.  One that goes wrong does not stop the next."""
    waiting = each_once(
        lambda most: due.people_due(act.at, most=most), key=lambda whose: whose, page=PEOPLE
    )
    return _all_of(act, waiting, lambda whose: due.end(act, whose=whose), name="class")


def _erase_released(act: Act) -> int:
    """Erase what was due under a hold that ended since, and no other keeps; return how many classes."""

    def erase(freed: holds.Freed) -> int:
        under = act.of_brand(freed.brand)
        erasing.erase(under, subject=freed.subject, classes=freed.classes, why=RELEASED)
        return len(freed.classes)

    freed = each_once(lambda most: holds.released(most=most), key=lambda each: each, page=PEOPLE)
    return _all_of(act, freed, erase, name="released")


def _finish_erasures(act: Act) -> int:
    """Delete the rows that no key opens any more; return how many.

    Raises RuntimeError at the end where an erasure, or a line of its ledger, is stuck.
    """
    gone = _past_stuck(lambda stuck: erasing.finish(act, BATCH, stuck=stuck))
    if replaying.stuck_lines():
        raise RuntimeError("lines of the erasure ledger are left")
    return gone


def _all_of(act: Act, rows: Iterable[Row], do: Callable[[Row], int], *, name: str) -> int:
    """Do something with each row; return how much went.  One that goes wrong does not stop the next.

    Raises RuntimeError once all had their turn, where one went wrong: the run does not count then.
    """
    begun = 0

    def one(row: Row) -> int:
        nonlocal begun
        begun += 1
        return do(row)

    # Whose it is stays out of the log: people are rows here.
    done = go_through(act, rows, one, event="sweep.one_failed", about=lambda _: name)
    if len(done) < begun:
        raise RuntimeError("some of what is past due is left")
    return sum(done)


def _emptying(store: Store) -> Callable[[Act], int]:
    """Return the work of one store: erase what is past due, and enter how much it was."""

    def work(act: Act) -> int:
        gone = _until_none(lambda: store.erase(act, BATCH))
        if gone:
            ref = Ref(f"runtime.store.{store.name}", uuid5(STORES, store.name))
            enter(act, "runtime.store.swept", ref, count=gone)
        return gone

    return work


def _forget_again(act: Act) -> int:
    """Once a day, go through the stores again for people who were erased lately."""
    last = last_tallied(brand=OPERATOR, kind=KIND, name=FORGOTTEN)
    if last is not None and act.at - last < DAY:
        return 0
    found = [whose.subject for whose in due.erased_since(act.at - AGAIN)]
    gone = sum(forget_people(act, *found[at : at + PEOPLE]) for at in range(0, len(found), PEOPLE))
    tally(brand=OPERATOR, kind=KIND, name=FORGOTTEN, at=act.at)
    return gone


def _past_stuck(batch: Callable[[set[UUID]], int]) -> int:
    """Do batches until one finds nothing; return how much they did.  What cannot go keeps no other.

    batch  leaves out what it is given, and adds what cannot go
    Raises RuntimeError at the end where something could not: the run does not count then.
    """
    stuck: set[UUID] = set()
    done = 0
    while True:
        known = len(stuck)
        count = batch(stuck)
        done += count
        if not count and len(stuck) == known:
            break  # a batch of nothing but what cannot go is not the last one
    if stuck:
        raise RuntimeError("some of what is past due is left")
    return done


def _until_none(batch: Callable[[], int]) -> int:
    """Do batches until one finds nothing; return how much they did."""
    done = 0
    while count := batch():
        done += count
    return done
