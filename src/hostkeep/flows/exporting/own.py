"""What stands beside a person's account and is no value of theirs: one table of kinds for page and copy.

Mails we wrote, ways in, what they said to us and what was done for their rights.  A table of people,
messaging or the vault that knows somebody stands here, or tests/house/test_held.py fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from hostkeep.flows.exporting.disputes import disputes
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId, SubjectId, UserId
from hostkeep.messaging.queries import mail_of, mail_tally
from hostkeep.people.closings import disputes_of
from hostkeep.people.held import factors_of, sessions_of
from hostkeep.people.queries import AccountRow, keys_of, stays_of
from hostkeep.policy.book import Policy
from hostkeep.runtime.counting import NONE, Tally
from hostkeep.vault.certificates import certificates_of
from hostkeep.vault.consents import consents_of
from hostkeep.vault.disclosures import disclosures_of
from hostkeep.vault.holds import holds_of
from hostkeep.vault.objections import objections_of

MOST_MAILS = 100_000
HIDDEN = frozenset({"subject", "brand", "opened_by", "approved_by", "case"})
"""Who of our staff did it is theirs."""

OWN_HANDLES = frozenset({"subject", "account", "user", "brand"})
"""Handles of our own that repeat on each row and say nothing more about the person."""


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose copy or page is made.  user: their login, or None once it is gone.  policy: of theirs."""

    account: AccountRow
    user: UserId | None
    policy: Policy

    @property
    def subject(self) -> SubjectId:
        """The person."""
        return self.account.subject


Rows = Iterator[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Own:
    """One kind of fact.

    name        of its part in the copy, and of its page
    categories  it falls under the first of these that the policy has
    tables      where it stands
    gather      who gathers it, newest first; raises the vault's Refused
    count       how many there are, and since when; nothing is opened
    """

    name: str
    categories: tuple[CategoryId, ...]
    tables: tuple[str, ...]
    gather: Callable[[Act, Whose], Rows]
    count: Callable[[Act, Whose], Tally]


def own_tallies(act: Act, whose: Whose) -> Mapping[str, Tally]:
    """Return of how many rows a person's kinds are, by name, those without one left out, unopened."""
    found = ((name, kind.count(act, whose)) for name, kind in OWN.items())
    return {name: tally for name, tally in found if tally.count}


def category_of(kind: Own, policy: Policy) -> CategoryId:
    """Return the category of a policy that a kind falls under; its first where the policy has none."""
    return next((each for each in kind.categories if each in policy.categories), kind.categories[0])


def _kind(
    name: str,
    categories: str,
    table: str,
    rows: Callable[[Act, Whose], Iterable[Any]],
    *,
    since: str = "at",
    without: frozenset[str] = frozenset(),
) -> Own:
    """Return a kind of which there are few rows for one person: they are counted as they are read.

    since  the field that says when a row came in
    """

    def gather(act: Act, whose: Whose) -> Rows:
        yield from (_facts(row, without) for row in rows(act, whose))

    def count(act: Act, whose: Whose) -> Tally:
        times: list[datetime] = [getattr(row, since) for row in rows(act, whose)]
        return Tally(len(times), min(times)) if times else NONE

    return Own(name, tuple(map(CategoryId, categories.split())), (table,), gather, count)


def _facts(row: Any, without: frozenset[str]) -> Mapping[str, Any]:
    """Return a frozen row by its fields; what has no order is sorted."""
    found = {each.name: getattr(row, each.name) for each in fields(row) if each.name not in without}
    return {name: tuple(sorted(v)) if isinstance(v, frozenset) else v for name, v in found.items()}


def _mails(_act: Act, whose: Whose) -> Rows:
    """Gather the envelopes of what we wrote to them; the bodies are not kept."""
    yield from (_facts(row, frozenset()) for row in mail_of(whose.account.id, most=MOST_MAILS))


def _brought(_act: Act, whose: Whose) -> Tally:
    """Count what was brought forward, unopened."""
    times = [row.made_at for row in disputes_of(whose.account.id)]
    return Tally(len(times), min(times)) if times else NONE


def _of_consents(act: Act, whose: Whose) -> Tally:
    """Count consents; each began with its first word."""
    rows = consents_of(act, subject=whose.subject)
    times = [word.at for row in rows for word in row.words]
    return Tally(len(rows), min(times, default=None)) if rows else NONE


OWN: Mapping[str, Own] = {
    kind.name: kind
    for kind in (
        Own(
            "mails", (CategoryId("email"),), ("messaging_mail",), _mails,
            lambda _, whose: mail_tally(whose.account.id),
        ),
        _kind(
            "second_factors", "second_factor password", "mfa_authenticator",
            lambda _, whose: factors_of(whose.user) if whose.user else (), since="made_at",
        ),
        _kind(
            "sessions", "cookies password", "people_session",
            lambda act, whose: sessions_of(whose.user, act.at) if whose.user else (), since="started_at",
        ),
        _kind(
            "stays", "cookies password", "people_stayseries",
            lambda act, whose: stays_of(whose.user, act.at) if whose.user else (), since="started_at",
        ),
        _kind(
            "keys", "password", "people_apikey", lambda _, whose: keys_of(whose.user) if whose.user else (),
            since="made_at", without=OWN_HANDLES,
        ),
        Own(
            "consents", (CategoryId("preferences"), CategoryId("acceptance")), ("vault_consent",),
            lambda act, whose: (_facts(row, OWN_HANDLES) for row in consents_of(act, subject=whose.subject)),
            _of_consents,
        ),
        _kind(
            "objections", "preferences acceptance", "vault_objection",
            lambda act, whose: objections_of(act, subject=whose.subject),
        ),
        Own(
            "disputes", (CategoryId("message"), CategoryId("ticket")), ("people_dispute",),
            lambda act, whose: disputes(act, whose.account.id), _brought,
        ),
        _kind(
            "given", "acceptance", "vault_disclosure",
            lambda act, whose: disclosures_of(act, subject=whose.subject),
        ),
        _kind(
            "holds", "acceptance", "vault_hold", lambda act, whose: holds_of(act, whose.subject),
            since="opened_at", without=HIDDEN,
        ),
        _kind(
            "erasures", "acceptance", "vault_erasure",
            lambda act, whose: certificates_of(act, subject=whose.subject), since="asked_at", without=HIDDEN,
        ),
    )
}
"""Name -> kind."""
