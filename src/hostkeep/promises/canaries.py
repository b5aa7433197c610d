"""The canary of a brand: the account on which the probes act."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, SubjectId, UserId
from hostkeep.people.actions.canaries import open_canary
from hostkeep.people.queries import AccountRow, canary_of_brand, owner_of
from hostkeep.policy.book import Policy
from hostkeep.promises.personas import persona


@dataclass(frozen=True, slots=True)
class Canary:
    """An account made up by us."""

    account: AccountId
    user: UserId
    subject: SubjectId


def canary_of(act: Act, policy: Policy) -> Canary:
    """Return the canary of act.brand, made at the first call as its sign-up form would have it."""
    known = canary_of_brand(act.brand)
    if known is None:
        made_up = persona(policy.forms["signup"])
        try:
            made = open_canary(act, address=made_up.email, values=made_up.values)
            return Canary(made.account, made.user, made.subject)
        except IntegrityError:  # another worker made it a moment ago
            known = canary_of_brand(act.brand)
            if known is None:
                raise
    return _canary(known)


def _canary(row: AccountRow) -> Canary:
    """Return an account as a canary."""
    return Canary(row.id, owner_of(row.id).id, row.subject)
