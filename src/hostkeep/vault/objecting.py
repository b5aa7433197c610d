"""Objecting to a purpose, restricting all of them, and taking either back.  Source: GDPR articles 18, 21."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from hostkeep.audit.recorded import recorded
from hostkeep.brands.applying import policy_for
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import PurposeId, Ref, SubjectId
from hostkeep.kernel.words import gettext_noop
from hostkeep.policy.book import Policy
from hostkeep.policy.objection import objectable
from hostkeep.vault.consenting import NotYours
from hostkeep.vault.models import Objection
from hostkeep.vault.objections import RESTRICTION, hold
from hostkeep.vault.wall import opened


class NothingToObject(Foreseen):
    """The purpose does not rest on our interest, or the policy grants no such right."""

    code = "vault.objection.nothing"
    title = gettext_noop("Under our privacy policy there is nothing here that you could object to.")
    status = 422


class NoObjection(Foreseen):
    """There is no objection to take back."""

    code = "vault.objection.none"
    title = gettext_noop("There is no such objection any more.")
    status = 409


@dataclass(frozen=True, slots=True)
class Objected:
    """What was said.  purpose: empty is a restriction."""

    id: UUID
    subject: SubjectId
    purpose: PurposeId

    @property
    def ref(self) -> Ref:
        """The objection."""
        return Ref("vault.objection", self.id)


@recorded("vault.objection.made")
def object_to(act: Act, *, subject: SubjectId, purpose: PurposeId, how: str) -> Objected:
    """Stop the use of a person's data for one purpose, at once.  Said twice, it is one.

    how  where it was said, as in receipts.Event
    Raises NothingToObject, NotYours.
    """
    policy = _own_policy(act, subject)
    if "object" not in policy.duties.rights or purpose not in {each.id for each in objectable(policy)}:
        raise NothingToObject(purpose=purpose, clause=_clause(policy, "object"))
    return _say(act, subject, purpose, how)


@recorded("vault.objection.made")
def restrict(act: Act, *, subject: SubjectId, how: str) -> Objected:
    """Stop the use of a person's data for everything that can be objected to.

    Raises NothingToObject where the policy grants no restriction, NotYours.
    """
    policy = _own_policy(act, subject)
    if "restrict" not in policy.duties.rights:
        raise NothingToObject(clause=_clause(policy, "object"))
    return _say(act, subject, RESTRICTION, how)


@recorded("vault.objection.ended")
def take_back(act: Act, *, subject: SubjectId, purpose: PurposeId) -> Objected:
    """End an objection, or with RESTRICTION a restriction.  Raises NoObjection, NotYours."""
    _own_policy(act, subject)
    with opened():
        hold(subject, purpose)
        row = Objection.objects.filter(
            subject=subject, brand=act.brand, purpose=purpose, ended_at=None
        ).first()
        if row is None:
            raise NoObjection
        row.ended_at = act.at
        row.save(update_fields=["ended_at"])
    return Objected(row.id, subject, purpose)


def _say(act: Act, subject: SubjectId, purpose: PurposeId, how: str) -> Objected:
    """Add the row, unless it stands."""
    with opened():
        hold(subject, purpose)
        row = Objection.objects.filter(subject=subject, purpose=purpose, ended_at=None).first()
        if row is None:
            row = Objection.objects.create(
                id=uuid4(), brand=act.brand, subject=subject, purpose=purpose, how=how, at=act.at
            )
    return Objected(row.id, subject, purpose)


def _own_policy(act: Act, subject: SubjectId) -> Policy:
    """Return the policy that applies to the person.  Raises NotYours where a customer speaks for another."""
    if act.role != "customer" or act.own != subject:
        raise NotYours
    return policy_for(act.brand, subject, act.at)


def _clause(policy: Policy, right: str) -> str:
    """Return the clause that grants a right, or the one that closes use."""
    known = policy.duties.rights.get(right)
    return known.clause if known else policy.closed_by.get("use", "")
