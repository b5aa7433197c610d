"""The disclosure gate: the one way by which something of a person leaves for somebody outside.

What leaves is a frozen Package of the permitted fields.  All that lets it go is looked at while it is held
(grounds.hold, handing.held): whoever takes a consent back or erases a value was there before, and nothing
leaves, or waits until the hand-over stands in the book and in the register.  Entry and row are one commit,
through the audit's own connection, and only then are the fields handed out.  A process that dies in between
leaves a register that says more than what left, never less.  Refusals stand in the register as well.

Locks are taken here first and then through the audit's connection, never the other way round.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import NoReturn
from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet

from hostkeep.audit.enter import APART, enter_apart
from hostkeep.brands.applying import policy_for, reaches_recipient
from hostkeep.drivers.packages import Package
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import CategoryId, ClauseId, PurposeId, Ref, SubjectId
from hostkeep.kernel.words import gettext_noop
from hostkeep.policy.book import Policy
from hostkeep.policy.objection import stopped_by
from hostkeep.runtime.transactions import assert_outside, take_turn
from hostkeep.vault import boxes, cipher, grounds, nyms, objections
from hostkeep.vault.asking import left_by_state
from hostkeep.vault.disclosures import CountRow, DisclosureRow, counts, disclosures_of
from hostkeep.vault.grounds import Approval, Asked, Ground, approved_by, ground_of, sign_wish
from hostkeep.vault.handing import assert_held, held
from hostkeep.vault.models import Disclosure
from hostkeep.vault.wall import opened

__all__ = [
    "Approval", "Asked", "CountRow", "DisclosureRow", "NotDisclosed", "OnceTaken", "Package", "approved_by",
    "counts", "disclose", "disclosures_of", "sign_wish",
]  # fmt: skip

HANDED, REFUSED = "handed", "refused"
COOKIES = CategoryId("cookies")
LONGEST_ONCE = 80
PERSONS = frozenset({"customer", "visitor"})
"""Roles that ask for their own alone."""


class NotDisclosed(Foreseen):
    """The gate stays shut.  Facts: clause, recipient, and why, a word of ours."""

    code = "vault.disclosure.refused"
    title = gettext_noop("Our privacy policy does not let this be given to anybody outside.")
    status = 403


class OnceTaken(Foreseen):
    """Another hand-over bears this key already, or the value has changed since."""

    code = "vault.disclosure.once_taken"
    title = gettext_noop("This was handed over before, with something else in it.")
    status = 409


@dataclass(frozen=True, slots=True)
class _Going:
    """A hand-over under way."""

    act: Act
    policy: Policy
    subject: SubjectId
    recipient: str
    categories: frozenset[CategoryId]
    purpose: PurposeId
    ticket: str
    once: str
    reason: str


def disclose(  # noqa: PLR0913  a hand-over is these seven things, and none of them can be left out
    act: Act,
    *,
    subject: SubjectId,
    recipient: str,
    categories: Collection[CategoryId],
    purpose: PurposeId,
    ticket: str,
    once: str,
    reason: str = "",
) -> Package:
    """Hand out the fields of one person that one recipient may have.

    recipient   its id in the policy that applies to the person
    categories  what it is to get; a value that belongs to what the ticket names goes before the person's own
    ticket      handle of what allows it: a consent's number (found by itself if left empty), a signed wish,
                a case, an order
    once        key of the hand-over: asked again it is decided anew, and the same package comes back without
                a second row
    reason      why, where two people must stand behind it; it is not kept in clear
    A value there is none of is left out.  The row says what was let out, whatever became of it afterwards.
    Never inside a transaction: what it saw there, such as a consent, might be rolled back after all.
    Raises NotDisclosed, OnceTaken, and RuntimeError inside a transaction.
    """
    assert_outside()
    going = _Going(
        act=act.for_purpose(purpose),
        policy=policy_for(act.brand, subject, act.at),
        subject=subject,
        recipient=recipient,
        categories=frozenset(categories),
        purpose=purpose,
        ticket=ticket,
        once=once if len(once) <= LONGEST_ONCE else hashlib.sha256(once.encode()).hexdigest(),
        reason=reason,
    )
    _demand_named(going)
    nyms.nym_of(subject)  # committed now: a rollback below would take back a name this process remembers
    with transaction.atomic():
        return _let_out(going)


def _let_out(going: _Going) -> Package:
    """Hold what lets it go, look at all of it, open, and enter; what was held is let go after that.

    Raises NotDisclosed, OnceTaken.
    """
    grounds.hold(going.act, _asked(going))
    ground = _demand_ground(going)
    going = replace(going, ticket=ground.ticket)
    fields = _fields(going)
    package = Package(going.recipient, fields, _digest(going, fields))
    _register(going, ground, package)
    return package


def _demand_named(going: _Going) -> None:
    """Refuse what the policy does not name, and cookies in any case.  Raises NotDisclosed."""
    policy, known = going.policy, going.policy.recipients.get(going.recipient)
    if going.act.role in PERSONS and going.act.own != going.subject:
        _refuse(going, "not_own")
    if COOKIES in going.categories:
        _refuse(going, "cookies_never", clause=policy.closed_by.get("cookies", ClauseId("")))
    if known is None:
        _refuse(going, "no_recipient")
    if not going.categories or not going.categories <= known.categories & policy.categories.keys():
        _refuse(going, "beyond_recipient")
    if any(policy.categories[category].sensitivity == "secret" for category in going.categories):
        _refuse(going, "secret")
    if going.purpose not in known.purposes:
        _refuse(going, "other_purpose")


def _demand_ground(going: _Going) -> Ground:
    """Ask for the ground that the policy puts the recipient on.  Raises NotDisclosed."""
    known = going.policy.recipients[going.recipient]
    ground = ground_of(going.act, _asked(going))
    if ground.why:
        _refuse(going, ground.why)
    if known.basis in {"legal_request", "breach_case"} and not going.reason:
        _refuse(going, "no_reason")
    if known.basis == "wish" and _is_used(ground.ticket, going.once):
        _refuse(going, "wish_used")
    return ground


def _asked(going: _Going) -> Asked:
    """Return what the ground is asked for."""
    known = going.policy.recipients[going.recipient]
    return Asked(going.subject, known, going.categories, going.purpose, going.ticket)


def _fields(going: _Going) -> Mapping[str, str]:
    """Open the values, as far as the state of their keys, their owner's word and the notices let them go.

    Raises NotDisclosed.
    """
    slots = [going.ticket, ""] if going.ticket else [""]
    found = held(going.subject, going.act.brand, going.categories, slots)
    _demand_no_objection(going)
    bunch, fields = boxes.Bunch(), dict[str, str]()
    for category, slot in product(sorted(going.categories), slots):
        box = found.get((category, slot))
        if box is None or category in fields:
            continue
        _demand_open(going, category, box)
        value = bunch.open(box)
        if value is not None:
            fields[category] = value
    if not fields:
        _refuse(going, "nothing_held")
    return fields


def _demand_no_objection(going: _Going) -> None:
    """Refuse what its owner objected to; their own yes or wish, and what the law compels, go before that.

    Raises NotDisclosed.
    """
    if going.policy.recipients[going.recipient].basis != "service":
        return
    objected = objections.standing([going.subject]).get(going.subject, frozenset())
    if stopped_by(going.policy, going.purpose, objected):
        _refuse(going, "objected")


def _demand_open(going: _Going, category: CategoryId, box: boxes.Box) -> None:
    """Refuse a value that its key's state closes, or whose owner was not told.  Raises NotDisclosed."""
    closed = left_by_state(
        going.policy, keep_class=box.key.keep_class, category=category, state=box.key.state, act=going.act
    )
    if closed is not None:
        _refuse(going, closed.why, clause=closed.clause)
    if not _was_told(going, category, box.digest):
        _refuse(going, "not_told", clause=going.policy.notice.clause)


def _was_told(going: _Going, category: CategoryId, collected: str) -> bool:
    """Say whether this recipient reaches a value given under the version of that digest."""
    return reaches_recipient(
        going.policy, subject=going.subject, collected=collected, category=category,
        recipient=going.recipient, purpose=going.purpose, at=going.act.at,
    )  # fmt: skip


def _register(going: _Going, ground: Ground, package: Package) -> None:
    """Add entry and row in one commit, apart, so that no rollback takes them back.

    Raises OnceTaken, NotDisclosed.
    """
    row = _row(going, HANDED, going.once, sorted(package.fields), package.digest)
    row.told_from = ground.told_from or going.act.at
    is_wish = going.policy.recipients[going.recipient].basis == "wish"
    with transaction.atomic(using=APART):
        with opened(APART):
            # Two with one wish or one key: the second waits here for the first, and then finds its row.
            for matter in ([f"wish|{going.ticket}"] if is_wish else []) + [f"out|{going.once}"]:
                take_turn(matter, using=APART)
            used = is_wish and _uses(going.ticket, going.once).exists()
            if not used and not _is_there(row):
                row.save(using=APART, force_insert=True)
        if not used:
            _enter(going, "vault.disclosure.made", sorted(package.fields))
            assert_held()
    if used:
        _refuse(going, "wish_used")


def _is_there(row: Disclosure) -> bool:
    """Say whether this very hand-over stands in the register.  Inside the wall.

    Raises OnceTaken if another has its key.
    """
    known = Disclosure.objects.using(APART).filter(once=row.once).first()
    if known is None:
        return False
    told = ["brand", "subject", "recipient", "purpose", "categories", "state"]
    if cipher.is_of_one_epoch(known.package, row.package):  # else nobody can tell whether they are alike
        told.append("package")
    if any(getattr(known, name) != getattr(row, name) for name in told):
        raise OnceTaken(recipient=row.recipient)
    return True


def _is_used(ticket: str, once: str) -> bool:
    """Say whether a wish was carried out before, under another key."""
    with opened(APART):
        return _uses(ticket, once).exists()


def _uses(ticket: str, once: str) -> QuerySet[Disclosure]:
    """Return the hand-overs by a ticket under other keys.  Inside the wall."""
    return Disclosure.objects.using(APART).filter(ticket=ticket[:80], state=HANDED).exclude(once=once)


def _refuse(going: _Going, why: str, *, clause: ClauseId | None = None) -> NoReturn:
    """Enter a refusal and put it into the register, both apart.  Raises NotDisclosed."""
    clause = _clause(going) if clause is None else clause
    _enter(going, "vault.disclosure.refused", sorted(going.categories), clause=clause)
    row = _row(going, REFUSED, f"{going.once}|{uuid4().hex}", sorted(going.categories), "")
    row.clause = clause
    with opened(APART):
        row.save(using=APART, force_insert=True)
    raise NotDisclosed(clause=clause, recipient=going.recipient, why=why)


def _enter(going: _Going, verb: str, categories: list[str], *, clause: ClauseId | None = None) -> None:
    """Add one entry a category to the audit, committed when this returns."""
    for category in categories or [""]:
        enter_apart(
            going.act, verb, Ref("person", going.subject), category=category[:64],
            clause=_clause(going) if clause is None else clause, digest=going.policy.digest,
        )  # fmt: skip


def _row(going: _Going, state: str, once: str, categories: list[str], package: str) -> Disclosure:
    """Return a row of the register, not yet added."""
    known = going.policy.recipients.get(going.recipient)
    return Disclosure(
        once=once, brand=going.act.brand, subject=going.subject,
        recipient=going.recipient[:64], purpose=going.purpose[:32], basis=known.basis if known else "none",
        clause=_clause(going), categories=categories, ticket=going.ticket[:80], digest=going.policy.digest,
        package=package, state=state, at=going.act.at, told_from=going.act.at,
    )  # fmt: skip


def _clause(going: _Going) -> ClauseId:
    """Return the clause that names the recipient, else the one that closes the way out."""
    known = going.policy.recipients.get(going.recipient)
    return known.clause if known else going.policy.closed_by.get("disclose", ClauseId(""))


def _digest(going: _Going, fields: Mapping[str, str]) -> str:
    """Return a keyed hash of what leaves: it proves a package to us and lets nobody guess its values.

    It does so until the keys are rolled; then it is a number that says nothing.
    """
    said = json.dumps([going.act.brand, str(going.subject), going.recipient, dict(sorted(fields.items()))])
    return cipher.dated_hash("disclosure", said)
