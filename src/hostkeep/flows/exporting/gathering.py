"""What is held about a person, room by room, as rows for their own copy.

Each part asks its room's queries and the door, for purpose "rights"; what the policy does not let its owner
read (a password is a hash that nobody reads back) is listed without its value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hostkeep.flows.exporting.archive_file import Part
from hostkeep.flows.exporting.disputes import disputes
from hostkeep.flows.exporting.kinds import TRADE, tallies_of
from hostkeep.flows.exporting.plain import as_plain, row_of
from hostkeep.flows.exporting.trading import MOST, Kind
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import SubjectId, UserId
from hostkeep.messaging.queries import mail_of, preferences_of
from hostkeep.people.queries import AccountRow, acceptances_of, keys_of, login_address, stays_of
from hostkeep.policy.book import Policy
from hostkeep.vault import door
from hostkeep.vault.consents import consents_of
from hostkeep.vault.disclosures import disclosures_of
from hostkeep.vault.erasing import certificates_of
from hostkeep.vault.holdings import HeldRow, held
from hostkeep.vault.holds import holds_of
from hostkeep.vault.looks import looks_of
from hostkeep.vault.objections import objections_of

MOST_MAILS = 100_000
MOST_LOOKS = 100_000
HIDDEN = frozenset({"subject", "brand", "opened_by", "approved_by", "case"})
"""Who of our staff did it is theirs."""

OWN_HANDLES = frozenset({"subject", "account", "user", "brand"})
"""Handles of our own that repeat on each row and say nothing more about the person."""


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose copy is made.  user: their login, or None once it is gone.  policy: what applies to them."""

    account: AccountRow
    user: UserId | None
    policy: Policy

    @property
    def subject(self) -> SubjectId:
        """The person."""
        return self.account.subject


Gather = Callable[[Act, Whose], Iterator[Mapping[str, Any]]]


def parts_of(act: Act, whose: Whose) -> tuple[Part, ...]:
    """Return all that is held about a person.  act: in the person's own role, for purpose "rights"."""
    own = (Part(name, tuple(gather(act, whose))) for name, gather in PARTS.items())
    there = tallies_of(whose.account.id)  # most have nothing of most kinds, and asking takes a query each
    trade = (_traded(act, whose, kind) if name in there else Part(name, ()) for name, kind in TRADE.items())
    return (*own, *trade, Part("disputes", tuple(disputes(act, whose.account.id))))


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
    """Say whether the policy lets the owner read a category."""
    return (row.category, act.purpose, act.role) in whose.policy.table


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


def _consents(act: Act, whose: Whose) -> Iterator[Mapping[str, Any]]:
    """Gather every word on every consent."""
    yield from (row_of(row, without=OWN_HANDLES) for row in consents_of(act, subject=whose.subject))


def _objections(act: Act, whose: Whose) -> Iterator[Mapping[str, Any]]:
    """Gather objections and restrictions."""
    yield from (row_of(row) for row in objections_of(act, subject=whose.subject))


def _messages(_act: Act, whose: Whose) -> Iterator[Mapping[str, Any]]:
    """Gather which mail is wanted."""
    rows = preferences_of(whose.subject, policy=whose.policy)
    yield from ({"stream": row.stream, "wanted": row.wanted, "chosen": row.chosen} for row in rows)


def _mails(_act: Act, whose: Whose) -> Iterator[Mapping[str, Any]]:
    """Gather the envelopes of what we wrote to them; the bodies are not kept."""
    yield from (row_of(row) for row in mail_of(whose.account.id, most=MOST_MAILS))


def _stays(act: Act, whose: Whose) -> Iterator[Mapping[str, Any]]:
    """Gather browsers that stay signed in."""
    yield from (row_of(row) for row in (stays_of(whose.user, act.at) if whose.user else ()))


def _keys(_act: Act, whose: Whose) -> Iterator[Mapping[str, Any]]:
    """Gather keys for programs, without their secrets."""
    rows = keys_of(whose.user) if whose.user else ()
    yield from (row_of(row, without=OWN_HANDLES) for row in rows)


def _looked(act: Act, whose: Whose) -> Iterator[Mapping[str, Any]]:
    """Gather who looked, and what else the log says of their data."""
    yield from (row_of(row) for row in looks_of(act, subject=whose.subject, first=MOST_LOOKS))


def _given(act: Act, whose: Whose) -> Iterator[Mapping[str, Any]]:
    """Gather what was given to others, and what was refused."""
    yield from (row_of(row) for row in disclosures_of(act, subject=whose.subject))


def _holds(act: Act, whose: Whose) -> Iterator[Mapping[str, Any]]:
    """Gather what is held back from erasure, as far as they may be told."""
    yield from (row_of(row, without=HIDDEN) for row in holds_of(act, whose.subject))


def _erasures(act: Act, whose: Whose) -> Iterator[Mapping[str, Any]]:
    """Gather certificates of what was erased."""
    yield from (row_of(row, without=HIDDEN) for row in certificates_of(act, subject=whose.subject))


PARTS: Mapping[str, Gather] = {
    "account": _account,
    "values": _values,
    "login": _login,
    "acceptances": _acceptances,
    "consents": _consents,
    "objections": _objections,
    "messages": _messages,
    "mails": _mails,
    "stays": _stays,
    "keys": _keys,
    "looked": _looked,
    "given": _given,
    "holds": _holds,
    "erasures": _erasures,
}
"""Part -> who gathers it."""
