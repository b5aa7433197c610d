"""Ways to pay that a gateway keeps for an account: asked for, left, chosen, ended, let go of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from django.db.models import QuerySet

from hostkeep.audit.recorded import recorded
from hostkeep.billing.errors.gateways import NoSuchMethod, TooManyMethods
from hostkeep.billing.method_boxing import seal_method
from hostkeep.billing.models import StoredMethod
from hostkeep.drivers.payments import Declined, Keeping, Kept, Waiting
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, Ref, SubjectId
from hostkeep.runtime.transactions import take_turn

MOST = 10
"""Methods that an account may keep, those included whose owner is still on the gateway's page."""

TURN = "methods:{}"
"""What an account's deeds take turns at: rows that are not there yet cannot be locked."""

STILL_OPEN = timedelta(hours=1)
"""How long a second click leads to the page that the first one opened."""


@dataclass(frozen=True, slots=True)
class Method:
    """A stored method.  once: the key its gateway was asked under; state: "waiting", "ready" or "ended"."""

    id: UUID
    once: str
    gateway: str
    state: str

    @property
    def ref(self) -> Ref:
        """The method."""
        return Ref("billing.stored_method", self.id)


@recorded("billing.method.begun")
def begin_keeping(act: Act, *, of: AccountId, subject: SubjectId, gateway: str) -> Method:
    """Open a stored method before its gateway is asked.

    gateway  one that keeps methods, where the policy lets them be kept; the flow has checked both

    A second click within the hour gets the same one.  Raises TooManyMethods.
    """
    take_turn(TURN.format(of))
    alive = [row for row in _all_of(act, of) if row.state != "ended"]
    for row in alive:
        if row.state == "waiting" and row.gateway == gateway and row.created_at > act.at - STILL_OPEN:
            return _method(row)
    if len(alive) >= MOST:
        raise TooManyMethods(most=MOST)
    row = StoredMethod(
        id=uuid4(), once=f"keep-{uuid4().hex}", brand=act.brand, account=of, subject=subject, gateway=gateway,
        created_at=act.at,
    )  # fmt: skip
    seal_method(act, row, token="", label="")
    row.save(force_insert=True)
    return _method(row)


@recorded("billing.method.told")
def record_kept(act: Act, *, method: UUID, keeping: Keeping) -> Method:
    """Write down what a gateway told of a method that it was asked to keep.

    The first that is ready is the preferred one.  A method whose owner ended it meanwhile stays ended; what
    the gateway keeps of it is let go of later.  Safe to call twice.  Raises NoSuchMethod.
    """
    whose = StoredMethod.objects.filter(id=method, brand=act.brand).values_list("account", flat=True).first()
    take_turn(TURN.format(whose))
    row = _locked(act, method)
    if row.forgotten_at is not None:
        return _method(row)
    match keeping:
        case Kept() if row.state != "ready":
            seal_method(act, row, token=keeping.token, label=keeping.label)
            row.expires_on = keeping.expires_on
            if row.state == "waiting":
                row.state = "ready"
                row.preferred = not _others(row).exists()
        case Waiting(handle=str(handle)) if row.state == "waiting":
            # Something stands there from now on: whoever ends this has it looked up first.
            seal_method(act, row, token=handle or row.once, label="")
        case Declined() if row.state == "waiting":
            # Nothing was left with the gateway: there is nothing to let go of.
            seal_method(act, row, token="", label="")
            row.state, row.ended_at, row.forgotten_at = "ended", act.at, act.at
        case _:
            return _method(row)
    row.save()
    return _method(row)


@recorded("billing.method.preferred")
def prefer_method(act: Act, *, of: AccountId, method: UUID) -> Method:
    """Let a ready method be the one that is charged.  Raises NoSuchMethod, for another account's too."""
    rows = {row.id: row for row in _all_of(act, of)}
    chosen = rows.get(method)
    if chosen is None or chosen.state != "ready":
        raise NoSuchMethod
    StoredMethod.objects.filter(account=of, preferred=True).exclude(id=method).update(preferred=False)
    StoredMethod.objects.filter(id=method).update(preferred=True)
    return _method(chosen)


@recorded("billing.method.ended")
def end_method(act: Act, *, of: AccountId, method: UUID) -> Method:
    """End a method: it is charged no more.  Its gateway is told afterwards, by the flow.

    If it was the preferred one, the oldest ready one is from now on.  Twice is as once.
    Raises NoSuchMethod, for another account's too.
    """
    rows = _all_of(act, of)
    row = next((row for row in rows if row.id == method), None)
    if row is None:
        raise NoSuchMethod
    if row.state == "ended":
        return _method(row)
    was_preferred = row.preferred
    row.state, row.preferred, row.ended_at = "ended", False, act.at
    row.save(update_fields=["state", "preferred", "ended_at"])
    left = sorted((one for one in rows if one.state == "ready"), key=lambda one: one.created_at)
    if was_preferred and left:
        StoredMethod.objects.filter(id=left[0].id).update(preferred=True)
    return _method(row)


@recorded("billing.method.forgotten")
def note_forgotten(act: Act, *, method: UUID) -> Method:
    """Write down that the gateway let go of an ended method; what we knew of it is emptied.

    Raises NoSuchMethod, for one that is not ended too.
    """
    row = _locked(act, method)
    if row.state != "ended":
        raise NoSuchMethod
    if row.forgotten_at is None:
        seal_method(act, row, token="", label="")
        row.expires_on, row.forgotten_at = None, act.at
        row.save()
    return _method(row)


def _locked(act: Act, method: UUID) -> StoredMethod:
    """Return a method of the brand, its row locked.  Raises NoSuchMethod."""
    row = StoredMethod.objects.select_for_update().filter(id=method, brand=act.brand).first()
    if row is None:
        raise NoSuchMethod
    return row


def _all_of(act: Act, account: AccountId) -> list[StoredMethod]:
    """Return an account's methods, all locked in one order."""
    found = StoredMethod.objects.select_for_update().filter(account=account, brand=act.brand)
    return list(found.order_by("id"))


def _others(row: StoredMethod) -> QuerySet[StoredMethod]:
    """Return the account's preferred methods besides one."""
    return StoredMethod.objects.filter(account=row.account, preferred=True).exclude(id=row.id)


def _method(row: StoredMethod) -> Method:
    """Say which method it is, and how it stands."""
    return Method(row.id, row.once, row.gateway, row.state)
