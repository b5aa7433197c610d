"""A login address changes: a mail to the new mailbox first, and when it is in force one to each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from hostkeep.flows.endings import ARCHIVE
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, PurposeId, UserId
from hostkeep.messaging.actions.queueing import queue_mail
from hostkeep.messaging.events import MailSettled
from hostkeep.people.actions.addresses import (
    Changed,
    ask_change,
    confirm_change,
    forget_mailed,
    forget_old,
    note_mail,
)
from hostkeep.people.actions.parting import end_old_links, prolong_links
from hostkeep.people.closings import alone, is_passing_for, links_ending
from hostkeep.people.events import AddressChanged
from hostkeep.people.queries import AccountRow, account
from hostkeep.vault.due_classes import held_and_told

STREAM = "account"
MESSAGES = PurposeId("account_messages")
CONFIRM, CHANGED, IN_FORCE = "account/new_address", "account/address_changed", "account/address_in_force"
ALREADY = "account/already"
SOON, FOR_NOW = timedelta(days=1), timedelta(days=2)
"""A link that ends soon leads on for now: long enough even where nobody works for a day."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A change of address that waits for its mailbox.  Says nothing of whether somebody has the address."""

    user: UserId


def ask_for(act: Act, *, user: UserId, of: AccountRow, address: str, once: str, language: str) -> Asked:
    """Have a new login address confirmed by its mailbox.

    address  in clear, of a form that was checked
    once     of the page that was shown

    Whoever has the address already gets the mail that says so; the answer is the same.
    Raises AddressTooLong, AddressSame, AccountNotOpen, NoSuchUser.
    """
    asked = ask_change(act, user=user, address=address)
    spoken = {"language": language}
    under = act.in_role("system").for_purpose(MESSAGES)
    if asked.passing is None:
        queue_mail(
            under, stream=STREAM, template=ALREADY, subject=asked.taken_by, address=str(asked.taken),
            facts=spoken, once=f"{ALREADY}:{user}:{once}",
        )  # fmt: skip
    else:
        queue_mail(
            under, stream=STREAM, template=CONFIRM, subject=user, address="passing",
            facts={"passing": str(asked.passing), "account": str(of.id), **spoken},
            once=f"{CONFIRM}:{asked.passing}",
        )  # fmt: skip
    return Asked(user)


def confirm(act: Act, *, passing: UUID) -> Changed:
    """Put a new address in force.  act: of the person.  Raises what confirm_change raises."""
    return confirm_change(act, passing=passing)


def on_address_changed(act: Act, event: AddressChanged) -> None:
    """Tell the old mailbox and the new one."""
    under = act.in_role("system").for_purpose(MESSAGES)
    spoken = account(event.account).language
    facts = {"account": str(event.account), **({"language": spoken} if spoken else {})}
    with alone(event.account):
        queued = queue_mail(
            under, stream=STREAM, template=CHANGED, subject=event.user, address="passing",
            facts={**facts, "former": str(event.former)}, once=f"{CHANGED}:{event.former}",
        )  # fmt: skip
        note_mail(under, passing=event.former, mail=queued.mail)
    queue_mail(
        under, stream=STREAM, template=IN_FORCE, subject=event.user, address="login", facts=facts,
        once=f"{IN_FORCE}:{event.former}",
    )  # fmt: skip


def on_mail_settled(act: Act, event: MailSettled) -> None:
    """Forget the address that was kept for a mail, now that the mail came to its end."""
    if is_passing_for(event.mail):
        forget_mailed(act, mail=event.mail)


def sweep_due(act: Act) -> int:
    """Forget addresses and links whose time is over; return how many.

    A link leads on, from day to day, as long as a hold keeps what it leads to and its owner may be told so.
    """
    return forget_old(act).count + _prolong_held(act) + end_old_links(act).count


def _prolong_held(act: Act) -> int:
    """Let links lead on whose archive is held; return how many."""
    held: dict[BrandId, list[UUID]] = defaultdict(list)
    for link, subject in links_ending(act.at + SOON):
        if ARCHIVE in held_and_told(subject, act.at):
            held[link.brand].append(link.id)
    until = act.at + FOR_NOW
    return sum(prolong_links(act.of_brand(of), links=some, until=until).count for of, some in held.items())
