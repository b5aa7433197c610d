"""Seeing a mail through: take it, tell what became of it, wake it, refuse it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from django.db.models import QuerySet

from hostkeep.audit.recorded import recorded
from hostkeep.drivers.mail import Bounced, Later, Outcome, Taken
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, MailId, Ref
from hostkeep.messaging.errors import AlreadySettled, NoSuchMail, NotDue
from hostkeep.messaging.events import MailQueued, MailSettled
from hostkeep.messaging.models import Mail
from hostkeep.messaging.rules.catalogue import TEMPLATES
from hostkeep.messaging.rules.delivery import FINAL, LEASE, State, may_become, next_try
from hostkeep.runtime.deeds import Statement, leave
from hostkeep.runtime.outbox import publish
from hostkeep.runtime.written import objects_of

LONGEST_PROOF = 120
LONGEST_CODE = 64


@dataclass(frozen=True, slots=True)
class Stepped:
    """A mail that went on.  state: where it stands now."""

    mail: MailId
    state: State

    @property
    def ref(self) -> Ref:
        """The mail."""
        return Ref("messaging.mail", self.mail)


@recorded("messaging.mail.taken")
def take_mail(act: Act, *, mail: MailId) -> Stepped:
    """Take a queued mail for a hand-over that ends before act.at + LEASE.

    Raises NotDue if it is settled, waits for its time, or is in other hands.
    """
    row = _locked(mail)
    if not may_become(State(row.state), State.HANDING_OVER):
        raise NotDue(mail=str(mail), state=row.state)
    row.attempts += 1
    row.due_at = act.at + LEASE
    return _put(act, row, State.HANDING_OVER)


@recorded("messaging.mail.answered")
def record_outcome(act: Act, *, mail: MailId, outcome: Outcome) -> Stepped:
    """Note what the other side said.  One that says "later" too often has bounced, with the code "expired".

    An answer that comes after the lease ran out still counts, as long as no other came first.
    Raises AlreadySettled.
    """
    row = _locked(mail)
    if State(row.state) in FINAL:
        raise AlreadySettled(mail=str(mail), state=row.state)
    match outcome:
        case Taken(proof=proof):
            row.handed_over_at, row.proof, row.last_code = act.at, proof[:LONGEST_PROOF], ""
            return _put(act, row, State.SENT)
        case Later(code=code):
            row.last_code = code[:LONGEST_CODE]
            row.due_at = next_try(row.attempts, act.at)
            if row.due_at is None:
                row.last_code = "expired"
            return _put(act, row, State.DEFERRED if row.due_at else State.BOUNCED)
        case Bounced(code=code):
            row.last_code = code[:LONGEST_CODE]
            return _put(act, row, State.BOUNCED)
    assert_never(outcome)


@recorded("messaging.mail.woken")
def wake_mail(act: Act, *, mail: MailId) -> Stepped:
    """Queue a mail again whose next attempt is due or whose hand-over was never heard of again.

    Writes a MailQueued event under the mail's own brand.  Raises NotDue.
    """
    row = _locked(mail)
    if row.due_at is None or row.due_at > act.at or not may_become(State(row.state), State.QUEUED):
        raise NotDue(mail=str(mail), state=row.state)
    publish(act.of_brand(BrandId(row.brand)), MailQueued(mail))
    return _put(act, row, State.QUEUED)


@recorded("messaging.mail.refused")
def refuse_mail(act: Act, *, mail: MailId, code: str) -> Stepped:
    """Note that a queued mail must not leave.  code: a clause id or a refusal's code.  Raises NotDue."""
    row = _locked(mail)
    if not may_become(State(row.state), State.REFUSED):
        raise NotDue(mail=str(mail), state=row.state)
    row.last_code = code[:LONGEST_CODE]
    return _put(act, row, State.REFUSED)


def _locked(mail: MailId) -> Mail:
    """Return a mail that nobody else changes until the deed is done.  Raises NoSuchMail."""
    for row in objects_of(_held, mail):
        return row
    raise NoSuchMail


def _held(mail: MailId) -> QuerySet[Mail]:
    """Return the query of a mail, locked."""
    return Mail.objects.select_for_update().filter(id=mail)


def _put(act: Act, row: Mail, state: State) -> Stepped:
    """Store the mail in its new state; only what is under way or deferred has a due time.

    It is written as the deed ends, which has locked the row and does not read it again.
    Publishes MailSettled where somebody waits for the end of a mail of this kind.
    """
    row.state = state
    if state not in {State.HANDING_OVER, State.DEFERRED}:
        row.due_at = None
    leave(_stored, row)
    if state in FINAL and TEMPLATES[row.template].watched:
        publish(act.of_brand(BrandId(row.brand)), MailSettled(MailId(row.id)))
    return Stepped(MailId(row.id), state)


STORED = """
UPDATE messaging_mail SET state = %s, attempts = %s, due_at = %s, handed_over_at = %s, proof = %s,
  last_code = %s
WHERE id = %s
"""


def _stored(stepped: Sequence[Mail]) -> Statement:
    """Say how mails are stored that went on, in the order in which they did."""
    values = (
        (row.state, row.attempts, row.due_at, row.handed_over_at, row.proof, row.last_code, row.id)
        for row in stepped
    )
    return "; ".join([STORED] * len(stepped)), [value for each in values for value in each]
