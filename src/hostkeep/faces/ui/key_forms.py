"""How keys of the API are asked for and shown: for the client area and the back office alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, UserId
from hostkeep.kernel.words import gettext_noop
from hostkeep.people.actions.keys import KeyMade, make_key
from hostkeep.people.errors import NoScope, NoSuchLife, TooManyKeys
from hostkeep.people.queries import KeyRow
from hostkeep.people.rules.scopes import scopes_for

WORDS: Mapping[str, str] = MappingProxyType({
    "account:read": gettext_noop("Read the account, its profile and choices"),
    "account:write": gettext_noop("Correct the profile, choose messages, give and withdraw consents"),
    "orders:read": gettext_noop("Read the cart and the orders"),
    "orders:write": gettext_noop("Fill the cart and order"),
    "invoices:read": gettext_noop("Read invoices and save them as PDF"),
    "invoices:pay": gettext_noop("Begin the payment of invoices"),
    "services:read": gettext_noop("Read services and what is done with them"),
    "services:write": gettext_noop("Have access data made anew"),
    "account:close": gettext_noop("Close the account and end every service"),
    "services:secrets": gettext_noop("Open passwords and private keys of services"),
    "policy:announce": gettext_noop("Announce versions of the policy"),
    "people:read": gettext_noop("Open values of customers, for purposes your role may"),
    "keys:read": gettext_noop("List your keys"),
    "keys:write": gettext_noop("End your keys"),
})

LIVES: Mapping[str, timedelta | None] = MappingProxyType({
    "30": timedelta(days=30),
    "90": timedelta(days=90),
    "365": timedelta(days=365),
    "none": None,
})
"""How long a key may live, by what the form sends."""

USUAL_LIFE = "90"

REFUSED = (NoScope, NoSuchLife, TooManyKeys)
"""What the page itself tells of a key that was asked for and not made."""


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A key in the list.  state: active, expired or ended.  can: what it may, in words."""

    id: UUID
    number: int
    brand: str
    prefix: str
    can: tuple[str, ...]
    state: str
    made_at: datetime
    expires_at: datetime | None
    used_on: date | None


@dataclass(frozen=True, slots=True)
class Offer:
    """A scope that may be chosen."""

    scope: str
    label: str


def offers_for(role: str) -> tuple[Offer, ...]:
    """Return what a key of a role may be allowed."""
    return tuple(Offer(scope, gettext(WORDS[scope])) for scope in scopes_for(role))


def lives() -> tuple[tuple[str, str], ...]:
    """Return how long a key may live: (value, words)."""
    days = gettext("%(count)s days")
    return tuple(
        (name, days % {"count": name} if life else gettext("Until I end it")) for name, life in LIVES.items()
    )


def end_of(sent: QueryDict, at: datetime) -> datetime | None:
    """Return when a key that is asked for ends by itself.  Raises NoSuchLife."""
    name = sent.get("life", "")
    if name not in LIVES:
        raise NoSuchLife
    life = LIVES[name]
    return at + life if life else None


def shown(row: KeyRow, at: datetime) -> ShownKey:
    """Show a key in the reader's language."""
    state = "active" if row.alive(at) else "expired" if row.ended_at is None else "ended"
    can = tuple(gettext(WORDS[scope]) for scope in WORDS if scope in row.scopes)
    return ShownKey(
        row.id, row.number, row.brand, row.prefix, can, state, row.made_at, row.expires_at, row.used_on
    )


def asked_key(act: Act, sent: QueryDict, *, user: UserId, account: AccountId | None) -> KeyMade:
    """Make the key that a form asks for.  Raises those REFUSED."""
    scopes, end = sent.getlist("scope"), end_of(sent, act.at)
    return make_key(act, user=user, account=account, scopes=scopes, expires_at=end)


def key_page(
    sent: QueryDict, rows: Iterable[KeyRow], act: Act, *, made: KeyMade | None, problem: str
) -> dict[str, Any]:
    """Return what every page of keys shows.

    sent   the form as it was sent, kept where no key came of it
    rows   the keys that there are
    made   the key to show this once
    """
    keys = [shown(row, act.at) for row in rows]
    return {
        "keys": keys,
        "alive": [key for key in keys if key.state == "active"],
        "offers": offers_for(act.role),
        "lives": lives(),
        "usual_life": sent.get("life", USUAL_LIFE),
        "ticked": sent.getlist("scope") if not made else [],
        "made": made,
        "problem": problem,
    }
