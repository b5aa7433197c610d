"""Closing an account: its services end, then its data meets what its owner's version of the policy says.

Each step is keyed or changes nothing when it is done twice.  A closing that was cut off, or waits for a
driver, is taken up by the event that was stored with it, by the end of its last service, or by the sweep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import structlog

from hostkeep.audit.rounds import each_once, go_through
from hostkeep.billing.queries.invoices import InvoiceRow
from hostkeep.billing.queries.unpaid import unpaid_of
from hostkeep.brands.applying import policy_for
from hostkeep.flows.endings import Ending, ending_for, under_holds
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import AccountId, CategoryId, PurposeId, SubjectId, UserId
from hostkeep.messaging.actions.queueing import queue_mail
from hostkeep.messaging.actions.stopping import stop_waiting
from hostkeep.people import closings
from hostkeep.people.actions.addresses import keep_for_farewell, note_mail
from hostkeep.people.actions.closing import begin_closing, erase_login, finish_closing, note_told
from hostkeep.people.errors import NoSuchAccount, NoSuchUser
from hostkeep.people.events import AccountClosing
from hostkeep.people.queries import AccountRow, account_of_subject, owner_of
from hostkeep.people.queries import account as account_row
from hostkeep.people.rules.closing import CLOSED, DEACTIVATED, LIMITED
from hostkeep.policy import schedule
from hostkeep.provisioning.actions.asking import close_service
from hostkeep.provisioning.errors import StillBusy
from hostkeep.provisioning.events import ServiceClosed
from hostkeep.provisioning.queries import ServiceRow, ServiceTold, services_of
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.vault import certificates, consenting, consents, door, retention
from hostkeep.vault.column_door import use_columns
from hostkeep.vault.due_classes import account_is_over, held_and_told, kept_in_silence
from hostkeep.vault.events import KeysDestroyed
from hostkeep.vault.outlook import Fate, outlook

log = structlog.get_logger()

ACCOUNT = PurposeId("account")
CHOSEN = CategoryId("chosen_service")
TEMPLATE = "account/closed"
AT_ONCE = 200
"""Closings one sweep takes up; the next minute's takes the rest."""

BESIDE = tuple(map(CategoryId, ("password", "customer_number", "language", "acceptance")))
"""What every account has outside the vault's own table, until its login is erased."""

ACCESS = CategoryId("service_secret")
"""What opens a service.  It is dropped with it, whatever term its class has."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What closing an account would do.

    services  what ends, newest first
    unpaid    invoices that stay owed: they do not stop a closing
    fates     what becomes of each category
    ending    what is left of the account, with what a hold keeps that may be told of
    """

    services: tuple[ServiceRow, ...]
    unpaid: Sequence[InvoiceRow]
    fates: tuple[Fate, ...]
    ending: Ending


@dataclass(frozen=True, slots=True)
class Closed:
    """An account that is closing, deactivated or closed.  waits: how many services are still being ended."""

    account: AccountId
    state: str
    waits: int


def preview(act: Act, *, account: AccountId) -> Preview:
    """Say what closing an account would do, and do nothing.

    A customer may ask for their own alone.  Raises NoSuchAccount, the door's Refused.
    """
    row = account_row(account)
    if row.brand != act.brand:
        raise NoSuchAccount
    services = tuple(each for each in services_of(account) if each.state is not State.CLOSED)
    fates = fates_of(act, row)
    return Preview(
        services=services,
        unpaid=unpaid_of(account),
        fates=fates,
        ending=ending_with(act, row, fates, closed_at=act.at),
    )


def ending_with(act: Act, row: AccountRow, fates: Sequence[Fate], *, closed_at: datetime) -> Ending:
    """Return what is left of an account closed at a time, with what is held and may be told of by act.at.

    fates  as fates_of returns them
    """
    ending = ending_for(row.brand, row.subject, closed_at)
    return under_holds(ending, fates, told=held_and_told(row.subject, act.at), at=act.at)


def fates_of(act: Act, row: AccountRow) -> tuple[Fate, ...]:
    """Return what becomes, or is left, of each category: vault.outlook with what stands outside the vault.

    Once the login is erased nothing does any more.  Raises the door's Refused.
    """
    beside = () if row.state == CLOSED else (*BESIDE, *((CHOSEN,) if services_of(row.id) else ()))
    return tuple(map(_with_service, outlook(act, subject=row.subject, also=beside)))


def _with_service(fate: Fate) -> Fate:
    """Let access data go with the last service: its term is never reached."""
    goes = fate.category == ACCESS and fate.what != "hold"
    return replace(fate, what="erase", until=None) if goes else fate


def close(
    act: Act, *, account: AccountId, by: Literal["customer", "staff", "policy"], once: str, why: str = ""
) -> Closed:
    """Close an account.  Its ways in end at once; the rest follows as soon as its services have ended.

    by, why, once  as in people.actions.closing.begin_closing
    The face has asked for a fresh confirmation.  Unpaid invoices stay owed.  Again: changes nothing.
    Raises NoSuchAccount, NoSuchReason, OnceUsed.
    """
    begin_closing(act, account=account, by=by, once=once, why=why)
    return carry_on(act, account=account)


def carry_on(act: Act, *, account: AccountId) -> Closed:
    """Take a closing as far as it goes now; one that is finished, or never began, is left alone."""
    row = account_row(account)
    under = closings.closing_of(account)
    if under is None or under.finished_at is not None:
        return Closed(account, row.state, 0)
    act = replace(act.of_brand(row.brand).in_role("system").for_purpose(ACCOUNT), own=None)
    _say_farewell(act, row)
    _end_consents(act, row.subject)
    waits = _end_services(act, account)
    if waits:
        return Closed(account, row.state, waits)
    _put_chosen_aside(act, row)
    with closings.alone(account):
        retention.fire(act, subject=row.subject, event=schedule.ACCOUNT_CLOSED)
    gone = closings.is_being_erased(row.subject)
    silent = not gone and account_is_over(row.subject, act.at)
    if gone or silent:
        erase_login(act, account=account, but_row=silent)
        gone = True
    done = finish_closing(act, account=account, state=CLOSED if gone else DEACTIVATED)
    return Closed(account, done.state, 0)


def on_account_closing(act: Act, event: AccountClosing) -> None:
    """Take up a closing that was cut off."""
    carry_on(act, account=event.account)


def on_service_closed(act: Act, event: ServiceClosed) -> None:
    """Go on with a closing that waited for a service to end."""
    carry_on(act, account=event.account)


def on_keys_destroyed(act: Act, event: KeysDestroyed) -> None:
    """Erase the login of a person whose account is erased, whoever erased it."""
    gone = certificates.certificate(event.erasure)
    if gone is None or "account" not in gone.classes:
        return
    found = account_of_subject(gone.subject)
    if found is not None:
        erase_login(act.of_brand(found.brand).in_role("system"), account=found.id)


def sweep_due(act: Act) -> int:
    """Take up closings that wait, and logins whose person is erased; return how many there were.

    One that goes wrong does not stop the next.
    """
    waiting = each_once(lambda most: closings.unfinished(most=most), key=lambda row: row.id, page=AT_ONCE)
    taken = go_through(
        act, waiting, lambda row: carry_on(act, account=row.account), event="closing.failed",
        about=lambda row: row.account,
    )  # fmt: skip
    left = each_once(lambda most: closings.erased_logins(most=most), key=lambda row: row[1], page=AT_ONCE)
    erased = go_through(
        act, left, lambda row: erase_login(act.of_brand(row[0]), account=row[1]), event="login.not_erased",
        about=lambda row: row[1],
    )  # fmt: skip
    return len(taken) + len(erased) + _shut_in_silence(act)


def _shut_in_silence(act: Act) -> int:
    """Erase the logins of those whose account is due, and kept by a hold that they are not told of."""
    found = (account_of_subject(who) for who in kept_in_silence(act.at))
    due = [row for row in found if row is not None and row.state in LIMITED]
    shut = go_through(
        act, due, lambda row: erase_login(act.of_brand(row.brand), account=row.id, but_row=True),
        event="login.not_erased", about=lambda row: row.id,
    )  # fmt: skip
    return len(shut)


def _say_farewell(act: Act, row: AccountRow) -> None:
    """Queue the mail that says the account is closed, and stop all that waits of mail nobody needs now.

    The address is kept for that mail alone, as it may be erased before the mail is written.
    """
    policy = policy_for(row.brand, row.subject, act.at)
    try:
        owner = owner_of(row.id).id
        _tell(act, row, owner)
    except (NoSuchAccount, NoSuchUser):
        return  # the login is erased already, and was told
    streams = frozenset(each.id for each in policy.streams.values() if each.default != "always")
    stop_waiting(act, user=owner, subject=row.subject, streams=streams)


def _tell(act: Act, row: AccountRow, owner: UserId) -> None:
    """Queue the mail, once: what is noted, kept and queued stands together or not at all."""
    with closings.alone(row.id):
        under = closings.closing_of(row.id)
        if under is None or under.told_at is not None:
            return
        kept = keep_for_farewell(act, user=owner)
        spoken = {"language": row.language} if row.language else {}
        queued = queue_mail(
            act,
            stream="account",
            template=TEMPLATE,
            subject=owner,
            address="passing",
            facts={"passing": str(kept.id), "account": str(row.id), **spoken},
            once=f"{TEMPLATE}:{row.id}",
        )
        note_mail(act, passing=kept.id, mail=queued.mail)
        note_told(act, account=row.id)


def _end_consents(act: Act, subject: SubjectId) -> None:
    """End every yes that stands: what it was given for is over."""
    for row in consents.consents_of(act, subject=subject):
        if row.state == "given":
            try:
                consenting.expire(
                    act, subject=subject, purpose=row.purpose, recipient=row.recipient, how="closed"
                )
            except consenting.NoneStands:
                continue


def _end_services(act: Act, account: AccountId) -> int:
    """Ask for the end of every service; return how many have not ended yet."""
    under = act.for_purpose(PurposeId("service"))
    waits = 0
    for service in services_of(account):
        if service.state is State.CLOSED:
            continue
        try:
            waits += close_service(under, service=service.id).state is not State.CLOSED
        except StillBusy:
            waits += 1
    return waits


def _put_chosen_aside(act: Act, row: AccountRow) -> None:
    """Put what was chosen where the archive finds it, in a policy that archives it."""
    wanted = policy_for(row.brand, row.subject, act.at).duties.archive
    if wanted is None or CHOSEN not in wanted.categories or closings.is_being_erased(row.subject):
        return

    def put_aside(told: Sequence[ServiceTold | None]) -> None:
        for service in filter(None, told):
            try:
                door.put(act, subject=row.subject, category=CHOSEN, value=service.title, slot=str(service.id))
            except Foreseen as no:
                log.warning("closing.not_archived", service=str(service.id), code=no.code, trace=act.trace)

    under = act.of_brand(row.brand).in_role("system").for_purpose(PurposeId("service"))
    use_columns(under, wishes=[service.wish for service in services_of(row.id)], fn=put_aside)
