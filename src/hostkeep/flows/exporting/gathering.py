"""What is held about a person, room by room, as rows for their own copy.

Each part asks its room's queries and the door, for purpose "rights"; what the policy does not let its owner
read (a password is a hash that nobody reads back) is listed without its value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hostkeep.flows.exporting.archive_file import Part
from hostkeep.flows.exporting.kinds import TRADE, tallies_of
from hostkeep.flows.exporting.own import OWN, OWN_HANDLES, Whose
from hostkeep.flows.exporting.plain import as_plain, row_of
from hostkeep.flows.exporting.trading import MOST, Kind
from hostkeep.kernel.act import Act
from hostkeep.messaging.queries import preferences_of
from hostkeep.people.queries import acceptances_of, login_address
from hostkeep.policy.book import Policy
from hostkeep.vault import door
from hostkeep.vault.due_classes import account_is_over
from hostkeep.vault.holdings import HeldRow, held, serves
from hostkeep.vault.looks import looks_of

MOST_LOOKS = 100_000

Gather = Callable[[Act, Whose], Iterator[Mapping[str, Any]]]


def parts_of(act: Act, whose: Whose) -> tuple[Part, ...]:
    """Return all that is held about a person.  act: in the person's own role, for purpose "rights"."""
    gone = WITH_ACCOUNT if account_is_over(whose.subject, act.at) else frozenset[str]()
    gather = {**PARTS, **{name: kind.gather for name, kind in OWN.items()}}
    own = (Part(name, () if name in gone else _plainly(act, whose, how)) for name, how in gather.items())
    there = tallies_of(whose.account.id)  # most have nothing of most kinds, and asking takes a query each
    trade = (_traded(act, whose, kind) if name in there else Part(name, ()) for name, kind in TRADE.items())
    return (*own, *trade)


def _plainly(act: Act, whose: Whose, gather: Gather) -> tuple[Mapping[str, Any], ...]:
    """Return what is gathered as the copy writes it."""
    return tuple(map(as_plain, gather(act, whose)))


def _traded(act: Act, whose: Whose, kind: Kind) -> Part:
    """Return one kind of what came of ordering and paying."""
    return Part(kind.name, tuple(map(as_plain, kind.gather(act, whose.account.id, MOST))))


def _account(_act: Act, whose: Whose) -> Iterator[Mapping[str, Any]]:
    """Gather what stands beside the account."""
    yield row_of(whose.account, without=OWN_HANDLES | {"id"})


def _values(act: Act, whose: Whose) -> Iterator[Mapping[str, Any]]:
    """Gather the sealed values, each with where it came from and under which version of the policy."""
    rows = held(act, subject=whose.subject)
    readable = [row for row in rows if _readable(act, whose, row)]
    wishes = {row: door.Wish(whose.subject, row.category, row.slot) for row in readable}
    opened = door.reveal_many(act, wishes=list(wishes.values())) if wishes else {}
    for row in rows:
        sealed = opened.get(wishes[row]) if row in wishes else None
        yield {
            **row_of(row),
            "value": sealed.open() if sealed is not None else None,
            "purposes": _purposes(whose.policy, row),
        }


def _readable(act: Act, whose: Whose, row: HeldRow) -> bool:
    """Say whether the policy lets the owner read a category, and no hold has shut its class."""
    permitted = (row.category, act.purpose, act.role) in whose.policy.table
    return permitted and serves(whose.policy, act, row)


def _purposes(policy: Policy, row: HeldRow) -> list[str]:
    """Return what a value may be used for; what the archive took, only as far as the archive is read."""
    uses = {purpose for of, purpose, _ in policy.table if of == row.category}
    rule = policy.retention.get(row.keep_class) if row.archived_at else None
    return sorted(uses & rule.reads if rule is not None and rule.reads else uses)


def _login(_act: Act, whose: Whose) -> Iterator[Mapping[str, Any]]:
    """Gather the address of the login."""
    sealed = login_address(whose.user) if whose.user else None
    if sealed is not None:
        yield {"address": sealed.open()}


def _acceptances(_act: Act, whose: Whose) -> Iterator[Mapping[str, Any]]:
    """Gather what was shown and ticked."""
    yield from (row_of(row) for row in acceptances_of(whose.subject))


def _messages(_act: Act, whose: Whose) -> Iterator[Mapping[str, Any]]:
    """Gather which mail is wanted."""
    rows = preferences_of(whose.subject, policy=whose.policy)
    yield from ({"stream": row.stream, "wanted": row.wanted, "chosen": row.chosen} for row in rows)


def _looked(act: Act, whose: Whose) -> Iterator[Mapping[str, Any]]:
    """Gather who looked, and what else the log says of their data."""
    yield from (row_of(row) for row in looks_of(act, subject=whose.subject, first=MOST_LOOKS))


GOING = ("mails", "second_factors", "sessions", "stays", "keys", "objections")
WITH_ACCOUNT = frozenset({"account", "login", "acceptances", "messages", *GOING})
"""Parts that go with the account: once it is due they are in no copy, whatever still keeps their rows."""

PARTS: Mapping[str, Gather] = {
    "account": _account,
    "values": _values,
    "login": _login,
    "acceptances": _acceptances,
    "messages": _messages,
    "looked": _looked,
}
"""Part -> who gathers it."""
