"""What a policy lays on single rooms: the archive, age, rights, deadlines.  Part of the book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Literal

from hostkeep.kernel.ids import CategoryId, ClauseId, PurposeId

NO_CLAUSE = ClauseId("")


@dataclass(frozen=True, slots=True)
class Archive:
    """What survives a change or a goodbye in its old form.

    categories  whose old value is archived when it changes, and what `then: archive` leaves
    The period and the readers stand in Policy.retention["archive"].
    """

    categories: frozenset[CategoryId]
    clause: ClauseId


@dataclass(frozen=True, slots=True)
class Age:
    """Who may be a customer.

    minimum   in years
    guardian  whether an adult may hold the account for a child
    """

    minimum: int
    guardian: bool
    clause: ClauseId


@dataclass(frozen=True, slots=True)
class Right:
    """A right of the person.

    id       "access", "correct", "erase", "export", "object", "withdraw", "opt_out", "restrict", "hand_over"
    how      in the client area, or by a mail to mailbox
    within   the longest until it is answered, or None
    acknowledge  the longest until its receipt is confirmed, or None
    """

    id: str
    how: Literal["client_area", "mail"]
    within: timedelta | None
    mailbox: str
    clause: ClauseId
    acknowledge: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """The longest until the authority and the owners are told of a breach."""

    authority: timedelta
    owners: timedelta
    clause: ClauseId


@dataclass(frozen=True, slots=True)
class MailCap:
    """The most mass mail one person gets: so many mails in any span of that length."""

    mails: int
    per: timedelta
    clause: ClauseId


@dataclass(frozen=True, slots=True)
class Duties:
    """What a policy lays on single rooms.  None, empty or 0: the policy does not say.

    grant_longest   the longest a grant of staff access may last
    backups         how long until what was erased is gone from backups too
    never_ask       categories no message or call of ours may ask for, with the clause that says so
    review_links    whether a mailing with an outside link needs a second person
    by_use          whether going on using the service after a change accepts the rules (never a consent)
    accepts         the purposes that going on accepts; none named: all that need no consent
    nobody          the clause that lets nobody outside receive anything but what the law compels, or ""
    smallest_group  groups of fewer people are not shown
    support_note    whether a ticket closes only with a note of what was done
    first_reply     how soon a first reply is aimed at
    department      where the contact page leads, or ""
    measured_by     terms of the vocabulary, "dpv:EncryptionInTransfer", with the first clause that names each
    """

    archive: Archive | None = None
    age: Age | None = None
    breach: Breach | None = None
    rights: Mapping[str, Right] = field(default_factory=lambda: MappingProxyType({}))
    grant_longest: timedelta | None = None
    backups: timedelta | None = None
    never_ask: Mapping[CategoryId, ClauseId] = field(default_factory=lambda: MappingProxyType({}))
    cap: MailCap | None = None
    review_links: bool = False
    by_use: bool = False
    smallest_group: int = 0
    support_note: bool = False
    first_reply: timedelta | None = None
    department: str = ""
    measured_by: Mapping[str, ClauseId] = field(default_factory=lambda: MappingProxyType({}))
    nobody: ClauseId = NO_CLAUSE
    accepts: frozenset[PurposeId] = frozenset()

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures of security, in the order they are named."""
        return tuple(self.measured_by)
