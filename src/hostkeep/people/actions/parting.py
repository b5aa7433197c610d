"""What is left to the owner of a closed account: a link in place of a login, and a word in a dispute."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid4

from hostkeep.audit.recorded import recorded
from hostkeep.brands.applying import policy_for
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, Ref, SubjectId
from hostkeep.people.errors import NoDisputes, NoSuchAccount, NoSuchDispute
from hostkeep.people.events import DisputeOpened
from hostkeep.people.models import Account, ClosedLink, Dispute
from hostkeep.people.rules.closing import kept_as
from hostkeep.people.rules.tokens import hash_of
from hostkeep.runtime.outbox import publish
from hostkeep.vault import door

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class LinkMade:
    """A link.  token: what its holder brings; it is stored nowhere here and cannot be shown again."""

    account: AccountId
    token: str = field(repr=False)

    @property
    def ref(self) -> Ref:
        """The account."""
        return Ref("people.account", self.account)


@dataclass(frozen=True, slots=True)
class Opened:
    """A dispute."""

    id: UUID

    @property
    def ref(self) -> Ref:
        """The dispute."""
        return Ref("people.dispute", self.id)


@dataclass(frozen=True, slots=True)
class LinksEnded:
    """Links whose time is over.  count: how many."""

    count: int

    @property
    def ref(self) -> Ref:
        """No single one."""
        return Ref("people.closed_links", UUID(int=0))


@dataclass(frozen=True, slots=True)
class LinksProlonged:
    """Links that lead on for a while.  count: how many."""

    count: int

    @property
    def ref(self) -> Ref:
        """No single one."""
        return Ref("people.closed_links", UUID(int=0))


@recorded("people.link.made")
def make_link(act: Act, *, account: AccountId, until: datetime) -> LinkMade:
    """Make a link for the owner of an account that has no login any more.  Raises NoSuchAccount.

    until  when what it leads to is gone
    """
    if not Account.objects.filter(id=account, brand=act.brand).exclude(state="open").exists():
        raise NoSuchAccount
    token = secrets.token_urlsafe(TOKEN_BYTES)
    ClosedLink.objects.create(
        account_id=account, brand=act.brand, token=hash_of(token), made_at=act.at, expires_at=until
    )
    return LinkMade(account, token)


@recorded("people.links.prolonged")
def prolong_links(act: Act, *, links: Collection[UUID], until: datetime) -> LinksProlonged:
    """Let links lead on until a time, where that is later than their own; those that are gone stay gone."""
    found = ClosedLink.objects.filter(id__in=links, brand=act.brand, expires_at__lt=until)
    return LinksProlonged(found.update(expires_at=until))


@recorded("people.links.ended")
def end_old_links(act: Act) -> LinksEnded:
    """Delete every link whose time is over."""
    return LinksEnded(ClosedLink.objects.filter(expires_at__lte=act.at).delete()[0])


@recorded("people.dispute.opened")
def open_dispute(act: Act, *, account: AccountId, text: str, how: str, until: datetime, once: UUID) -> Opened:
    """Keep what the owner of a closed account brings forward, under a handle of its own; tell staff.

    text   their words; sealed in the vault as a message
    how    "client_area" or "link"
    until  when it is erased
    once   handle of the page it was written on: sent twice, it is one

    Publishes DisputeOpened.  Raises NoSuchAccount (also for another's or an open one), NoDisputes, and what
    the door raises.
    """
    row = Account.objects.filter(id=account, brand=act.brand).exclude(state="open").first()
    if row is None or act.own != row.subject:
        raise NoSuchAccount
    category = kept_as(policy_for(act.brand, SubjectId(row.subject), act.at))
    if category is None:
        raise NoDisputes
    fresh = SubjectId(uuid4())
    given = {"brand": act.brand, "account": row, "subject": fresh, "how": how, "until": until}
    made, is_new = Dispute.objects.get_or_create(id=once, defaults={**given, "made_at": act.at})
    if made.account_id != row.id:
        raise NoSuchAccount
    if not is_new:
        return Opened(made.id)
    door.put(replace(act, own=fresh), subject=fresh, category=category, value=text, slot=str(made.id))
    publish(act, DisputeOpened(made.id))
    return Opened(made.id)


@recorded("people.dispute.forgotten")
def forget_dispute(act: Act, *, dispute: UUID) -> Opened:
    """Delete the row of a dispute whose words are erased.  Raises NoSuchDispute."""
    if not Dispute.objects.filter(id=dispute, brand=act.brand).delete()[0]:
        raise NoSuchDispute
    return Opened(dispute)
