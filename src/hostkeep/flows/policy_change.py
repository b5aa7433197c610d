"""A policy changes: customers are told as the version before it says, may say no, and accept by going on.

The mail's hand-over to the customer's own mail host counts as telling; a mail that could not be handed over
is made up for by the first page after login.  Who says no keeps the old terms until their services end.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import structlog

from hostkeep.audit.rounds import each_once, go_through
from hostkeep.brands.actions.telling import (
    advance_telling,
    begin_telling,
    finish_telling,
    mark_ended,
    mark_handed_over,
    mark_refused,
    mark_shown,
    queue_notice,
)
from hostkeep.brands.applying import (
    NoticeRow,
    before,
    endings_due,
    notice,
    overtaken,
    untold,
    version,
    version_for,
)
from hostkeep.brands.events import ChangeRejected, PolicyAnnounced, TellingWanted
from hostkeep.brands.preparing import telling_of
from hostkeep.brands.queries import VersionRow, policy_by_digest
from hostkeep.brands.rules.notice import is_mailed
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import BrandId, PurposeId
from hostkeep.messaging.actions.queueing import queue_mail
from hostkeep.messaging.errors import NoSuchMail
from hostkeep.messaging.events import MailSettled
from hostkeep.messaging.queries import mail
from hostkeep.messaging.rules.delivery import State
from hostkeep.people.actions.joining import accept_statements
from hostkeep.people.queries import AccountRow, acceptances_of, accounts_after, canary_of_brand, owner_of
from hostkeep.provisioning.actions.asking import close_service
from hostkeep.provisioning.errors import StillBusy
from hostkeep.provisioning.queries import services_of
from hostkeep.provisioning.rules.lifecycle import State as ServiceState

log = structlog.get_logger()

TEMPLATE = "policy/changed"
STREAM = "policy_change"
PURPOSE = PurposeId("policy_change")
BY_USE = "policy_by_use"
PORTION = 100
"""Customers who get their notice before the progress is noted: so many at most are looked at twice."""
ENDINGS = 200
"""Rejected changes one sweep works on; the next minute's sweep takes the rest."""

GONE = frozenset({ServiceState.CLOSING, ServiceState.CLOSED})


def on_policy_announced(act: Act, event: PolicyAnnounced) -> None:
    """Tell every customer by mail, where the version that was in force promises it.

    Who was told of a version that this one overtakes is told that it will not come.
    """
    brand, row = version(event.version)
    held = before(brand, row)
    promised = held is not None and is_mailed(policy_by_digest(held.digest).notice, material=row.material)
    if promised or any(telling_of(brand, each.version) for each in overtaken(brand, row)):
        _tell_everybody(act.of_brand(brand), brand, row)


def on_telling_wanted(act: Act, event: TellingWanted) -> None:
    """Tell every customer by mail, because staff want it."""
    brand, row = version(event.version)
    _tell_everybody(act.of_brand(brand), brand, row)


def on_mail_settled(act: Act, event: MailSettled) -> None:
    """Note that a customer is told, from the hand-over on; or that the mail did not get there."""
    try:
        row = mail(event.mail)
    except NoSuchMail:  # deleted with its account meanwhile
        return
    if row.template != TEMPLATE:
        return
    about = UUID(row.facts["notice"])
    if row.state is State.SENT:
        mark_handed_over(replace(act, at=row.handed_over_at or act.at), notice=about)
    else:
        mark_refused(act, notice=about)


def on_change_rejected(act: Act, event: ChangeRejected) -> None:
    """End the services of who said no at once where their day has come; else the sweep does it then."""
    row = notice(event.notice)
    if row.ends_at is not None and row.ends_at <= act.at:
        _end(act, row)


def sweep_due(act: Act) -> int:
    """End the services of customers who rejected a change and whose day has come; return how many.

    One that goes wrong, or whose driver is at work, does not stop the next.
    """
    due = each_once(lambda most: endings_due(act.at, most=most), key=lambda row: row.id, page=ENDINGS)
    return sum(
        go_through(act, due, lambda row: _end(act, row), event="rejection.failed", about=lambda row: row.id)
    )


def show_changes(act: Act, account: AccountRow) -> tuple[VersionRow, ...]:
    """Return the changes a customer has not been told of, oldest first, and note that they are shown now."""
    found = untold(account.brand, account.subject, since=account.opened_at)
    for row in found:
        mark_shown(act, version=row.handle, subject=account.subject, account=account.id)
    return found


def note_use(act: Act, account: AccountRow) -> None:
    """Note that a customer goes on using a service under changed rules, where that accepts them.

    It is acceptance of the rules, never a consent, and written once a version.  A login is no use.
    """
    row = version_for(account.brand, account.subject, act.at)
    policy = policy_by_digest(row.digest)
    if row.version == 1 or not policy.duties.by_use:
        return
    known = {(a.what, a.version) for a in acceptances_of(account.subject)}
    accepted = any(number >= row.version for _, number in known)
    if not accepted:
        accept_statements(
            act,
            subject=account.subject,
            statements=[BY_USE],
            version=row.version,
            digest=row.digest,
            form="use",
        )


def _tell_everybody(act: Act, brand: BrandId, row: VersionRow) -> None:
    """Queue a notice for every open account that existed when the version was announced.

    It goes on where a worker that died left off; who has a notice gets no second one.
    """
    act = act.in_role("system").for_purpose(PURPOSE)
    progress = begin_telling(act, version=row.handle)
    canary = canary_of_brand(brand)
    if canary is not None:
        mark_shown(act, version=row.handle, subject=canary.subject, account=canary.id)
    last = progress.last
    while portion := accounts_after(brand, opened_by=row.announced_at, last=last, most=PORTION):
        for account in portion:
            _tell(act, row, account)
        last = portion[-1].id
        advance_telling(act, version=row.handle, last=last, count=len(portion))
    finish_telling(act, version=row.handle)


def _tell(act: Act, row: VersionRow, account: AccountRow) -> None:
    """Queue one customer's mail; one who cannot be written to is told at the next login."""
    told = queue_notice(act, version=row.handle, subject=account.subject, account=account.id)
    spoken = {"language": account.language} if account.language else {}
    try:
        queue_mail(
            act,
            stream=STREAM,
            template=TEMPLATE,
            subject=owner_of(account.id).id,
            address="login",
            facts={"notice": str(told.notice), "account": str(account.id), **spoken},
            once=f"{TEMPLATE}:{told.notice}",
        )
    except Foreseen as no:
        log.warning("notice.not_queued", account=str(account.id), code=no.code, trace=act.trace)
        mark_refused(act, notice=told.notice)


def _end(act: Act, row: NoticeRow) -> int:
    """End the services of one customer; one whose driver is at work is tried again; return how many.

    Who took the no back a moment ago keeps what still runs.
    """
    act = act.of_brand(row.brand).in_role("system")
    ended = 0
    for service in services_of(row.account):
        if service.state in GONE:
            continue
        if notice(row.id).accepted_at is not None:
            return ended
        try:
            close_service(act, service=service.id)
        except StillBusy:
            return ended
        ended += 1
    mark_ended(act, notice=row.id)
    return ended
