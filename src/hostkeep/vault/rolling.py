"""Rolling the keys: a new epoch, everything sealed anew under it, the old one destroyed.

What makes erasure reach the write-ahead log, replicas and backups: an old file holds keys wrapped under an
epoch that no longer exists.  The roll is one walk of steps, and where it stands is read from the folder and
the database: killed anywhere, the next call goes on.

A living process that has not read the new epoch is waited for, twice: before the switch and after it.  Then
every transaction that was under way is waited for, as it may hold something sealed a moment before.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from django.db import connection, transaction

from hostkeep.audit.enter import enter
from hostkeep.audit.reading import newest
from hostkeep.brands.queries import all_brands, policy_in_force
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import OPERATOR, Ref
from hostkeep.kernel.words import gettext_noop
from hostkeep.runtime.transactions import assert_outside
from hostkeep.vault import column_epochs, destroying, epochs, erasing, keys, marks, nodes, nyms, replaying
from hostkeep.vault.models import Erasure, Keyring
from hostkeep.vault.wall import opened

PATIENCE = 180.0
"""Seconds to wait for others before a roll gives up; what it did so far stays good."""

GRACE = 3.0
"""Seconds between two looks for what is left: long enough for what was sealed and is about to be written."""

AT_ONCE = 2000
ROUNDS = 5

LIFE = timedelta(days=7)
"""How long an epoch is written under by default; shorter where a policy promises less."""

MARGIN = timedelta(days=1)
"""What a roll may be late without breaking a promise."""

OLD_KEYS = """
SELECT id, subject, keep_class, epoch, wrapped FROM vault.vault_subjectkey
WHERE epoch <> %s AND wrapped IS NOT NULL
ORDER BY epoch, id LIMIT %s FOR UPDATE SKIP LOCKED
"""
"""Those of an erasure that is stuck among them: it opens for nobody, and must not keep the old epoch alive,
which every other erasure waits for in backups."""
NEW_KEYS = """
UPDATE vault.vault_subjectkey k SET epoch = %s, wrapped = n.wrapped
FROM unnest(%s::uuid[], %s::bytea[]) AS n (id, wrapped) WHERE k.id = n.id
"""
LEFT = "SELECT count(*) FROM vault.vault_subjectkey WHERE epoch <> %s AND wrapped IS NOT NULL"

KEYRING = Ref("vault.keyring", uuid5(NAMESPACE_URL, "hostkeep:keyring"))

ROLLED = "vault.keyring.rolled"

Reseal = Callable[[int, int, int], int]


class OthersLag(Foreseen):
    """A process of ours has not taken the new epoch up in time."""

    code = "vault.roll.others_lag"
    title = gettext_noop(
        "{count} processes have not taken up the new key in time; the old one stays. "
        "Does every machine see the keyring folder?"
    )
    status = 503


class SomethingLeft(Foreseen):
    """Something is still sealed under the old epoch."""

    code = "vault.roll.something_left"
    title = gettext_noop("{count} of {what} could not be sealed anew; the old key stays.")
    status = 503


class RollUnderWay(Foreseen):
    """Another process rolls the keys."""

    code = "vault.roll.under_way"
    title = gettext_noop("The keys are being rolled already.")


def _marks(old: int, new: int, most: int) -> int:
    """Mark values anew that people are found by."""
    with opened():
        return marks.remark(old, new, most)


_places: dict[str, Reseal] = {
    "vault.columns": column_epochs.reseal,
    "vault.nyms": nyms.remark,
    "vault.marks": _marks,
}


@dataclass(slots=True)
class Rolled:
    """What a roll did.

    ended      epochs whose keys are destroyed in the keyring
    rewrapped  how many data keys were wrapped anew
    resealed   how many rows elsewhere, by place
    """

    epoch: int
    ended: tuple[int, ...] = ()
    rewrapped: int = 0
    resealed: dict[str, int] = field(default_factory=dict)


def place(name: str, reseal: Reseal) -> None:
    """Make known that something is sealed or hashed under an epoch's key outside the vault's data keys.

    reseal  (old epoch, new epoch, most rows) -> how many rows it sealed anew; 0: none is left under the old
    """
    _places[name] = reseal


def places() -> frozenset[str]:
    """Return the names of what is known."""
    return frozenset(_places)


def roll(act: Act) -> Rolled:
    """Begin a new epoch, seal everything anew and destroy the older ones; or finish a roll that was cut off.

    Takes as long as it takes: seconds for a hundred thousand people.
    Raises OthersLag, SomethingLeft, RollUnderWay, Maintenance.
    """
    return _alone(act, epochs.begin)


def finish(act: Act) -> Rolled:
    """Finish a roll that was cut off, or take in keys that came back from escrow; no new epoch begins.

    Raises as roll.
    """
    return _alone(act, lambda: max(keys.ring().epochs))


def _alone(act: Act, begin: Callable[[], int]) -> Rolled:
    """Walk the steps, with nobody else rolling."""
    assert_outside()
    replaying.demand_open()
    try:
        with epochs.alone():
            return _walk(act, begin())
    except BlockingIOError:
        raise RollUnderWay from None


def _walk(act: Act, epoch: int) -> Rolled:
    """Take the steps from wherever the last walk stopped."""
    _wait(lambda: nodes.that_do_not_read(epoch))
    epochs.switch(epoch)
    _wait(lambda: nodes.that_do_not_write(epoch))
    done = Rolled(epoch)
    old = tuple(n for n in keys.ring().epochs if n != epoch)
    _wait_for_transactions()
    _move_proof(epoch)
    _seal_anew(act, done, old)
    time.sleep(GRACE if old else 0)
    _wait_for_transactions()
    _seal_anew(act, done, old)
    _nothing_left(epoch, old)
    epochs.end(old)
    done.ended = old
    certify(act)
    if old:
        with transaction.atomic():
            enter(act.of_brand(OPERATOR), ROLLED, KEYRING, count=done.rewrapped or 1)
    return done


def _wait(who: Callable[[], tuple[object, ...]]) -> None:
    """Wait until nobody is left.  Raises OthersLag."""
    until = time.monotonic() + PATIENCE
    while left := who():
        if time.monotonic() > until:
            raise OthersLag(count=len(left))
        time.sleep(0.1)


def _wait_for_transactions() -> None:
    """Wait until every transaction that runs now has ended.  Raises OthersLag."""
    before = nodes.transactions_under_way()
    _wait(lambda: tuple(before & nodes.transactions_under_way()))


def _move_proof(epoch: int) -> None:
    """Let the database recognise the keyring by the new epoch."""
    with transaction.atomic():
        row = destroying.lock()
        if row.epoch != epoch:
            nonce = keys.new_data_key()
            with opened():
                proof = keys.proof_of(nonce, epoch=epoch)
                Keyring.objects.filter(id=1).update(epoch=epoch, nonce=nonce, proof=proof)


def _seal_anew(act: Act, done: Rolled, old: tuple[int, ...]) -> None:
    """Wrap and seal anew until a whole turn finds nothing.  Raises SomethingLeft after too many turns."""
    for _ in range(ROUNDS):
        erasing.carry_on(act)
        count = rewrap(done.epoch)
        done.rewrapped += count
        for name, reseal in _places.items():
            for before in old:
                rows = _all_of(reseal, before, done.epoch)
                done.resealed[name] = done.resealed.get(name, 0) + rows
                count += rows
        if not count:
            return
    raise SomethingLeft(count=count, what="rows")


def _all_of(reseal: Reseal, old: int, new: int) -> int:
    """Seal anew all that one place has under an old epoch; return how many rows."""
    total = 0
    while rows := reseal(old, new, AT_ONCE):
        total += rows
    return total


def rewrap(epoch: int) -> int:
    """Wrap every data key under an epoch; return how many were.  In batches, each its own transaction."""
    total = 0
    while rows := _rewrap_some(epoch):
        total += rows
    return total


def _rewrap_some(epoch: int) -> int:
    """Wrap one batch anew; keys that somebody else has locked are left for the next."""
    with transaction.atomic(), opened(), connection.cursor() as cursor:
        cursor.execute(OLD_KEYS, [epoch, AT_ONCE])
        ids, wrapped = [], []
        for row, subject, keep_class, old, box in cursor.fetchall():
            about = f"{row}|{subject}|{keep_class}"
            data_key = keys.unwrap(bytes(box), epoch=old, about=f"{about}|{old}".encode())
            ids.append(row)
            wrapped.append(keys.wrap(data_key, epoch=epoch, about=f"{about}|{epoch}".encode()))
        if ids:
            cursor.execute(NEW_KEYS, [epoch, ids, wrapped])
        return len(ids)


def _nothing_left(epoch: int, old: tuple[int, ...]) -> None:
    """Prove that nothing is sealed under an old epoch any more.  Raises SomethingLeft."""
    with opened(), connection.cursor() as cursor:
        cursor.execute(LEFT, [epoch])
        left = int(cursor.fetchone()[0])
    if left:
        raise SomethingLeft(count=left, what="data keys")
    for name, reseal in _places.items():
        for before in old:
            if rows := reseal(before, epoch, AT_ONCE):
                raise SomethingLeft(count=rows, what=name)


def certify(act: Act) -> int:
    """Fill in what the keyring and the escrow make true of the certificates; return how many were filled.

    wal_at: no epoch that a key was wrapped under is in the keyring; backups_at: nor is a copy in escrow.
    """
    oldest = min(keys.ring().epochs)
    in_escrow = [number for number, _ in epochs.escrowed()]
    gone = min([oldest, *in_escrow])
    with opened():
        rolled = Erasure.objects.filter(epoch__lt=oldest, live_at__isnull=False, wal_at__isnull=True)
        count = rolled.update(wal_at=act.at)
        left = Erasure.objects.filter(epoch__lt=gone, wal_at__isnull=False, backups_at__isnull=True)
        return count + left.update(backups_at=act.at)


def promised(act: Act) -> timedelta | None:
    """Return the shortest time in which a brand promises that backups forget; None where none promises."""
    duties = (policy_in_force(row.id, act.at).duties for row in all_brands())
    return min((duty.backups for duty in duties if duty.backups is not None), default=None)


def life(act: Act) -> timedelta:
    """Return how long an epoch may be written under: its life and its time in escrow fit into the promise."""
    within = promised(act)
    return LIFE if within is None else max(min(LIFE, within - MARGIN), timedelta(hours=1))


def escrow_time(act: Act) -> timedelta:
    """Return how long a copy of an ended key may stay in escrow."""
    within = promised(act) or 4 * LIFE
    return max(within - life(act) - MARGIN, timedelta(0))


def is_due(act: Act) -> bool:
    """Say whether the epoch that is written under has lived its time; one without a database has not."""
    return is_in_use() and begun_at() + life(act) <= act.at


def is_in_use() -> bool:
    """Say whether a database was sealed with the keyring yet."""
    with opened():
        return Keyring.objects.filter(id=1).exists()


def begun_at() -> datetime:
    """Return when the epoch that is written under began: by the book, or by its file where that is newer."""
    last = newest(brand=OPERATOR, verb=ROLLED, first=1)
    return max([epochs.begun_at(), *(entry.at for entry in last)])


def end_escrow(act: Act) -> int:
    """Destroy copies in escrow whose time is over, and note it in the certificates; return how many."""
    gone = epochs.end_escrow(older_than=act.at - escrow_time(act))
    return gone + certify(act)
