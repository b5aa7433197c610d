"""What the kinds of facts beside the sealed ones are called, and the page that shows them best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hostkeep.kernel.words import gettext_noop


@dataclass(frozen=True, slots=True)
class Called:
    """One kind.

    page      where its owner works with it, or empty
    is_whole  whether that page shows all of it; what it does not show has a page of records
    term      when it ends, where that is not when the policy ends its category
    """

    label: str
    page: str = ""
    is_whole: bool = False
    term: str = ""


OWN_KINDS: Mapping[str, Called] = MappingProxyType({
    "mails": Called(gettext_noop("Mails that we wrote to you")),
    "second_factors": Called(gettext_noop("Second factors"), "/account/security/"),
    "sessions": Called(
        gettext_noop("Visits that are signed in"), "/account/security/",
        term=gettext_noop("Each until it ends, or you sign out"),
    ),
    "stays": Called(
        gettext_noop("Browsers that stay signed in"), "/account/security/", is_whole=True,
        term=gettext_noop("Each until it ends, or you end it"),
    ),
    "keys": Called(
        gettext_noop("Keys for programs"), "/account/security/keys/",
        term=gettext_noop("90 days after its end, and at most as long as the account"),
    ),
    "consents": Called(
        gettext_noop("What you consented to, and took back"), "/account/privacy/consents/", is_whole=True
    ),
    "objections": Called(gettext_noop("Objections and restrictions"), "/account/privacy/objections/"),
    "disputes": Called(gettext_noop("What you brought in a dispute")),
    "given": Called(
        gettext_noop("What was given to others, or refused"), "/account/privacy/given/", is_whole=True
    ),
    "holds": Called(gettext_noop("What is held back from being erased")),
    "erasures": Called(
        gettext_noop("Certificates of what was erased"), term=gettext_noop("Stays, as proof of the erasure")
    ),
})
"""By the name of the kind in flows.exporting.own.OWN: every one of them, see tests/house/test_held.py."""

BESIDE: Mapping[str, str] = MappingProxyType({
    "account": 'id="held"',
    "values": 'id="held"',
    "login": "/account/profile/email/",
    "acceptances": 'id="accepted"',
    "messages": 'id="messages"',
    "looked": "/account/privacy/looked/",
})
"""The other parts of the copy, each with the place on the page, or the page, that shows it."""

KINDS: Mapping[str, Called] = MappingProxyType({
    "orders": Called(gettext_noop("Orders"), "/account/orders/", is_whole=True),
    "cart": Called(gettext_noop("Your cart"), "/cart/", is_whole=True),
    "order_receipts": Called(gettext_noop("Browsers that may see an order")),
    "promo_uses": Called(gettext_noop("Promo codes that you used")),
    "services": Called(gettext_noop("Services"), "/account/services/", is_whole=True),
    "service_work": Called(gettext_noop("Work on your services")),
    "addresses": Called(
        gettext_noop("Addresses that your services hold and held"),
        term=gettext_noop("30 days after a service gave it back: forgotten"),
    ),
    "subscriptions": Called(gettext_noop("Subscriptions"), "/account/services/"),
    "subscription_parts": Called(gettext_noop("What your subscriptions are made of")),
    "subscription_periods": Called(gettext_noop("Periods that were billed")),
    "subscription_changes": Called(gettext_noop("Changes of subscriptions")),
    "meters": Called(gettext_noop("What is counted, and your limits"), "/account/services/"),
    "meter_uses": Called(gettext_noop("Use that was billed")),
    "meter_readings": Called(gettext_noop("Readings of meters")),
    "meter_alerts": Called(gettext_noop("Limits that were reached")),
    "invoices": Called(gettext_noop("Invoices, notes and proformas"), "/account/invoices/", is_whole=True),
    "registrations": Called(gettext_noop("Documents that a national system was told of")),
    "tax_decisions": Called(gettext_noop("Why your documents bear the tax they do")),
    "tax_number_checks": Called(gettext_noop("Checks of your tax number")),
    "payments": Called(gettext_noop("Payments")),
    "payment_attempts": Called(gettext_noop("Attempts to pay")),
    "payment_checks": Called(gettext_noop("Checks of your payments")),
    "payment_methods": Called(gettext_noop("Stored ways to pay"), "/account/payment-methods/"),
    "refunds": Called(gettext_noop("Money given back")),
    "payment_disputes": Called(gettext_noop("Payments that a bank took back")),
    "credit": Called(gettext_noop("How your credit moved"), "/account/credit/", is_whole=True),
    "top_ups": Called(gettext_noop("Credit that you wanted to put in"), "/account/credit/", is_whole=True),
    "reminders": Called(gettext_noop("What was done about unpaid invoices")),
    "reminder_dates": Called(gettext_noop("When an unpaid invoice is looked at next")),
    "reminder_exceptions": Called(gettext_noop("Exceptions from reminders")),
    "book_findings": Called(gettext_noop("What our check of the books found")),
})
"""By the name of the kind in flows.exporting.kinds.TRADE: every one of them, see tests/house/test_held.py."""
