"""An act: the who, why and when that every deed in the house carries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from hostkeep.kernel.ids import ActorId, BrandId, PurposeId, SubjectId

CHANNELS = frozenset({"web", "mail", "call", "staff", "api", "offline", "system"})
"""Ways in: a page, a mail, a telephone call, our staff, our API, paper or a file, the program itself."""


@dataclass(frozen=True, slots=True)
class Act:
    """One deed.

    actor    who: "user:<uuid>", "key:<prefix>" (a program with a key of a customer), "staff:<uuid>",
             "job:<name>", "visitor" or "cli"
    role     what the actor is in this deed, one of the policy's roles: "visitor", "customer",
             "system", "support", "billing", ...
    purpose  why, one of the policy's purposes
    at       when, an aware datetime in UTC; nothing below a face reads the clock
    trace    request or job id, to find the deed's log lines
    brand    whose policy applies; kernel.ids.OPERATOR on the operator's own host
    own      the data subject that the actor is, where the role is "customer"; the door lets nobody else's out
    channel  how what is said in this deed came in, one of CHANNELS; each value kept remembers it
    """

    actor: ActorId
    role: str
    purpose: PurposeId
    at: datetime
    trace: str
    brand: BrandId
    own: SubjectId | None = None
    channel: str = "web"

    def for_purpose(self, purpose: PurposeId) -> Act:
        """Return the same deed, done for another reason."""
        return replace(self, purpose=purpose)

    def in_role(self, role: str) -> Act:
        """Return the same deed, done in another role."""
        return replace(self, role=role)

    def of_brand(self, brand: BrandId) -> Act:
        """Return the same deed under another brand's policy."""
        return replace(self, brand=brand)
