"""What may become of an account, and why a company closes one."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hostkeep.kernel.ids import CategoryId
from hostkeep.kernel.words import gettext_noop
from hostkeep.policy.book import Policy

OPEN, CLOSING, DEACTIVATED, CLOSED = "open", "closing", "deactivated", "closed"

LIMITED = frozenset({CLOSING, DEACTIVATED})
"""States in which the owner's login still opens a page: to take data along, to opt out, to dispute."""

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "asked": gettext_noop("The customer asked for it."),
        "breach": gettext_noop("The terms were broken."),
        "unpaid": gettext_noop("Invoices were not paid."),
        "ended": gettext_noop("We no longer offer the service."),
    }
)
"""Why staff may close an account: a word for the record, a sentence for people."""

WORDS = (CategoryId("message"), CategoryId("ticket"))
"""Where the words of a dispute are kept: the first that the policy has."""


def kept_as(policy: Policy) -> CategoryId | None:
    """Return the category under which a policy keeps what is said in a dispute.

    None where it has none that anybody may read for that: then there is nobody to hear.
    """
    heard = {category for category, purpose, who in policy.table if purpose == "dispute" and who != "system"}
    return next((each for each in WORDS if each in heard), None)
