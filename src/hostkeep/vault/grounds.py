"""On which ground something may leave: a permission, a wish, a case of two people, a service that needs it.

The gate asks here and nowhere else.  Permissions stand in the vault, wishes carry their owner's seal; cases
and services are known to rooms above, which say so through `approved_by`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from hostkeep.audit.enter import enter
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import CategoryId, PurposeId, Ref, SubjectId
from hostkeep.kernel.words import gettext_noop
from hostkeep.policy.book import Recipient
from hostkeep.vault import cipher, consents, objections
from hostkeep.vault.wall import opened

TWO_PEOPLE = frozenset({"legal_request", "breach_case"})
"""Bases that need a case, and two of us who stand behind it."""

WISH_LASTS = timedelta(hours=24)
"""A wish is carried out within this time, or signed anew."""

WISH_PARTS = 3
SEAL_LETTERS = 32


class NotYourWish(Foreseen):
    """Somebody would sign a wish for another."""

    code = "vault.wish.not_yours"
    title = gettext_noop("Only you yourself can ask for something of yours to be given to somebody.")
    status = 403


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks the gate for.

    categories  what is to leave
    ticket      handle of what allows it: a consent's number, a signed wish, a case, an order
    """

    subject: SubjectId
    recipient: Recipient
    categories: frozenset[CategoryId]
    purpose: PurposeId
    ticket: str


@dataclass(frozen=True, slots=True)
class Approval:
    """What a room says of a ticket that it knows: this may leave.

    categories   what it covers; nothing beyond leaves
    opened_by    who asked for it, and who agreed: role and handle, two people; empty for a service's need
    country      of the authority that asks, ISO 3166-1 alpha-2, or empty
    told_from    when the person may see it in their list, where a secrecy order delays that; None: at once
    """

    categories: frozenset[CategoryId]
    opened_by: str = ""
    approved_by: str = ""
    country: str = ""
    told_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """Whether a basis holds.

    why        why not, a word of ours; empty: it holds
    ticket     what the register names
    told_from  as in Approval
    """

    why: str = ""
    ticket: str = ""
    told_from: datetime | None = None


Checker = Callable[[Act, Asked], Approval | None]

_checkers: dict[str, Checker] = {}


def approved_by(basis: str, fn: Checker) -> None:
    """Say who knows the tickets of a basis: "legal_request", "breach_case" or "service".  Once, at start.

    fn  returns what a ticket allows for this person and recipient, or None where it allows nothing
    It is asked inside the gate's transaction.  What can be taken back it locks as it looks (FOR SHARE): so
    whoever takes it back was there before, or waits until the hand-over stands in the register.
    A basis that nobody answers for lets nothing out.
    """
    if basis not in TWO_PEOPLE | {"service"}:
        raise ValueError(f"{basis} is not approved by anybody")
    _checkers[basis] = fn


def hold(act: Act, asked: Asked) -> None:
    """Let nobody take back what a basis rests on until the running transaction ends.

    Whoever is taking it back is waited for, so ask `ground_of` after this.  A person's yes is held, and where
    a service needs it their objections; a wish cannot be taken back, and what other rooms say they lock
    themselves (approved_by).
    """
    basis = asked.recipient.basis
    if basis == "consent":
        consents.hold(act.brand, asked.subject, asked.purpose, asked.recipient.id, shared=True)
    elif basis == "service":
        for purpose in (asked.purpose, objections.RESTRICTION):
            objections.hold(asked.subject, purpose, shared=True)


def ground_of(act: Act, asked: Asked) -> Ground:
    """Say whether the basis that the policy gives a recipient holds for what is asked."""
    basis = asked.recipient.basis
    if basis == "consent":
        return _permitted(act, asked)
    if basis == "wish":
        return _wished(act, asked)
    return _approved(act, asked)


def sign_wish(
    act: Act, *, subject: SubjectId, recipient: str, categories: Collection[CategoryId], purpose: PurposeId
) -> str:
    """Seal a customer's own wish that these categories go to a recipient; return the ticket to carry it out.

    It lasts 24 hours, for exactly this, and is good once.  Entered.  Raises NotYourWish.
    """
    if act.role != "customer" or act.own != subject:
        raise NotYourWish
    number, stamp = uuid4(), f"{int(act.at.timestamp()):x}"
    enter(act, "vault.wish.signed", Ref("person", subject))
    said = _words(act, subject, recipient, categories, purpose)
    return f"{number.hex}.{stamp}.{_seal(number.hex, stamp, said)}"


def _permitted(act: Act, asked: Asked) -> Ground:
    """Look for the person's standing yes to this recipient, which was shown each of the categories."""
    with opened():
        found = consents.newest(act.brand, asked.subject, asked.purpose, asked.recipient.id)
    record = str(found.record) if found else ""
    stands = record and all(
        consents.standing(
            brand=act.brand, subject=asked.subject, purpose=asked.purpose, at=act.at,
            recipient=asked.recipient.id, category=category,
        )
        for category in asked.categories
    )  # fmt: skip
    if not stands:
        return Ground("no_consent")
    return Ground(ticket=record) if asked.ticket in {"", record} else Ground("wrong_ticket")


def _wished(act: Act, asked: Asked) -> Ground:
    """Check the seal and the age of a wish."""
    parts = asked.ticket.split(".")
    if len(parts) != WISH_PARTS:
        return Ground("no_wish")
    number, stamp, seal = parts
    said = _words(act, asked.subject, asked.recipient.id, asked.categories, asked.purpose)
    if not hmac.compare_digest(seal.encode(), _seal(number, stamp, said).encode()):
        return Ground("no_wish")
    age = act.at.timestamp() - int(stamp, 16)
    return Ground(ticket=asked.ticket) if 0 <= age <= WISH_LASTS.total_seconds() else Ground("old_wish")


def _approved(act: Act, asked: Asked) -> Ground:
    """Ask the room that knows the ticket; two people where the basis needs them."""
    checker = _checkers.get(asked.recipient.basis)
    found = checker(act, asked) if checker is not None and asked.ticket else None
    if found is None:
        return Ground("not_approved")
    if not asked.categories <= found.categories:
        return Ground("beyond_approval")
    if asked.recipient.basis in TWO_PEOPLE:
        people = {found.opened_by, found.approved_by} - {""}
        if len(people) < len(("one", "another")):
            return Ground("one_person")
        if asked.recipient.country and found.country != asked.recipient.country:
            return Ground("foreign_authority")
    return Ground(ticket=asked.ticket, told_from=found.told_from)


def _words(
    act: Act, subject: SubjectId, recipient: str, categories: Collection[CategoryId], purpose: PurposeId
) -> str:
    """Put what a wish says into one line."""
    return "|".join((act.brand, str(subject), recipient, purpose, ",".join(sorted(set(categories)))))


def _seal(number: str, stamp: str, said: str) -> str:
    """Return the seal of a wish."""
    return cipher.keyed_hash("wish", f"{number}|{stamp}|{said}")[:SEAL_LETTERS]
