"""What credit is called on pages: why it moved, and why staff moved it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.translation import gettext

from hostkeep.billing.errors.credit import BadCredit
from hostkeep.billing.queries.credit import CreditLine
from hostkeep.billing.rules.crediting import Reason
from hostkeep.faces.ui.amounts import money_text
from hostkeep.kernel.money import Currency, Money
from hostkeep.kernel.words import gettext_noop

KINDS: Mapping[str, str] = MappingProxyType({
    "gift": gettext_noop("Given by us"),
    "unused": gettext_noop("Paid and not used"),
    "top_up": gettext_noop("Put in by you"),
    "used": gettext_noop("Used on an invoice"),
    "uncovered": gettext_noop("Taken off an invoice again"),
    "released": gettext_noop("A payment was taken off again"),
    "paid_out": gettext_noop("Paid back the way it came"),
    "returned": gettext_noop("The payment back did not arrive"),
    "taken": gettext_noop("Taken back by us"),
    "payment": gettext_noop("More was paid than was owed"),
    "credit_note": gettext_noop("Credit note"),
})

REASONS: Mapping[Reason, str] = MappingProxyType({
    "goodwill": gettext_noop("Goodwill"),
    "outage": gettext_noop("A service was not there"),
    "mistake": gettext_noop("A mistake is put right"),
    "agreed": gettext_noop("Agreed with the customer"),
})

LIMITS: Mapping[str, str] = MappingProxyType({
    "least": gettext_noop("At least %(limit)s can be put in."),
    "most": gettext_noop("At most %(limit)s can be put in at once."),
    "cap": gettext_noop("Your credit may come to %(limit)s at most, with what is on its way."),
    "currency": gettext_noop("We do not keep credit in this currency."),
})
"""By the `why` of BadCredit: one sentence for whoever puts credit in."""


def limit_said(refusal: BadCredit, currency: Currency, language: str) -> str:
    """Say which limit an amount broke."""
    limit = money_text(Money(int(str(refusal.facts.get("limit", 0))), currency), language)
    return gettext(LIMITS.get(str(refusal.facts["why"]), refusal.title)) % {"limit": limit}


def why_moved(line: CreditLine) -> str:
    """Say why credit moved, and where staff did it, their reason."""
    said = gettext(KINDS[line.kind])
    reason = REASONS.get(line.reason)  # type: ignore[call-overload]
    return f"{said} ({gettext(reason)})" if reason else said
