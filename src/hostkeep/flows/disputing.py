"""A dispute of somebody whose account is closed: kept, told to staff, read with a reason, erased in time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from hostkeep.audit.rounds import each_once, go_through
from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import brand
from hostkeep.flows.endings import ending_for
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import OPERATOR, PurposeId
from hostkeep.kernel.sealed import Sealed
from hostkeep.messaging.actions.queueing import queue_mail
from hostkeep.messaging.queries import MailRow
from hostkeep.messaging.rules.operations import OPERATIONS
from hostkeep.messaging.rules.shown import day_text
from hostkeep.people import closings
from hostkeep.people.actions.parting import Opened, forget_dispute, open_dispute
from hostkeep.people.closings import DisputeRow
from hostkeep.people.errors import NoDisputes, NoSuchDispute
from hostkeep.people.events import DisputeOpened
from hostkeep.people.queries import AccountRow, staff_in
from hostkeep.people.rules.closing import kept_as
from hostkeep.runtime.addresses import operator_url
from hostkeep.vault import door, erasing

READERS = ("owner", "privacy", "billing")
"""Roles that are told, and that may read."""

TEMPLATE = "operations/dispute_opened"
DISPUTE = PurposeId("dispute")
AT_ONCE = 200

ANSWERED_WITHIN = timedelta(days=30)
"""How long a dispute waits for its answer where the policy states no time for the rights of a person.

Source: GDPR article 12(3), one month.
"""


def bring(act: Act, *, of: AccountRow, text: str, how: str, once: UUID) -> Opened:
    """Keep what the owner of a closed account has to say, until `kept_until`.

    act   of the owner, for the purpose of a dispute
    how   "client_area" or "link"
    once  of the page it was written on

    Raises NoSuchAccount, NoDisputes, and what the door raises.
    """
    until = kept_until(act, of=of)
    return open_dispute(act.for_purpose(DISPUTE), account=of.id, text=text, how=how, until=until, once=once)


def kept_until(act: Act, *, of: AccountRow) -> datetime:
    """Return when a dispute that is written now is erased, where nobody says before that it is answered.

    It is a new fact, told to be answered: it stays as long as the account's own rest, and never shorter than
    the policy gives itself to answer the rights of a person, counted from the writing.  Else one that is
    written while an account ends would be erased with it, before anybody read it.
    Source: GDPR articles 12(3) and 17(3)(e).
    """
    closing = closings.closing_of(of.id)
    ending = ending_for(of.brand, of.subject, closing.begun_at if closing else act.at)
    rights = policy_for(of.brand, of.subject, act.at).duties.rights
    within = max((each.within for each in rights.values() if each.within), default=ANSWERED_WITHIN)
    return max(ending.until, act.at + within)


def read(act: Act, *, dispute: DisputeRow, reason: str) -> Sealed[str] | None:
    """Open the words of a dispute for a member of staff.  reason: where the clause demands one.  Refused."""
    category = kept_as(policy_for(dispute.brand, dispute.subject, act.at))
    if category is None:
        raise NoDisputes
    return door.reveal(
        act.for_purpose(DISPUTE),
        subject=dispute.subject,
        category=category,
        slot=str(dispute.id),
        reason=reason,
    )


def on_dispute_opened(act: Act, event: DisputeOpened) -> None:
    """Tell staff that somebody brings something forward: what it is, they read in the back office."""
    ours = act.of_brand(OPERATOR)
    for reader in staff_in(READERS):
        queue_mail(
            ours, stream=OPERATIONS, template=TEMPLATE, subject=reader.id, address="login",
            facts={"dispute": str(event.dispute)}, once=f"{TEMPLATE}:{event.dispute}:{reader.id}",
        )  # fmt: skip


def said_of_dispute(row: MailRow) -> Mapping[str, object]:
    """Return what the mail to staff shows.  Raises NoSuchDispute, NoSuchBrand."""
    found = closings.dispute(UUID(row.facts["dispute"]))
    shop = brand(found.brand)
    return {
        "brand_name": shop.name,
        "day": day_text(found.made_at, shop.zone, row.language),
        "until": day_text(found.until, shop.zone, row.language),
        "link": operator_url(f"/staff/disputes/{found.id}/"),
    }


WRITTEN = MappingProxyType({TEMPLATE: said_of_dispute})
"""Handed to flows.operator_mail at start."""


def sweep_due(act: Act) -> int:
    """Erase disputes whose time is over; return how many.  One that goes wrong does not stop the next."""
    over = each_once(
        lambda most: closings.disputes_over(act.at, most=most), key=lambda row: row.id, page=AT_ONCE
    )
    return len(
        go_through(
            act, over, lambda row: _erase(act.of_brand(row.brand), row, "dispute.over"),
            event="dispute.not_erased", about=lambda row: row.id,
        )
    )  # fmt: skip


def answered(act: Act, *, dispute: DisputeRow) -> None:
    """Erase a dispute that is answered: nothing needs its words any more.  Again: changes nothing.

    act  of a member of staff who may read it, at its brand
    """
    _erase(act.for_purpose(DISPUTE), dispute, "dispute.answered")


def _erase(act: Act, row: DisputeRow, why: str) -> None:
    """Erase the words first, then the row: killed in between, the sweep finds the row again."""
    erasing.erase(act, subject=row.subject, classes=_classes(act, row), why=why)
    try:
        forget_dispute(act, dispute=row.id)
    except NoSuchDispute:
        return


def _classes(act: Act, row: DisputeRow) -> frozenset[str]:
    """Return the class of data that a dispute's words are."""
    policy = policy_for(row.brand, row.subject, act.at)
    category = kept_as(policy)
    return frozenset({policy.categories[category].keep_class} if category else {"support"})
