"""Labels of states, in English; templates translate.  The policy's own words stand in its vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hostkeep.kernel.words import gettext_noop
from hostkeep.policy.book import Text


def said(text: Text, language: str) -> str:
    """Pick a policy's text in a language, in English where it lacks one, else the first there is."""
    return text.get(language.split("-", maxsplit=1)[0]) or text.get("en") or next(iter(text.values()), "")


def spelled(word: str) -> str:
    """Make a readable word of an id that has no label: "site_news" becomes "Site news"."""
    return word.replace("_", " ").replace(".", " ").strip().capitalize()


STATES: Mapping[str, tuple[str, str]] = MappingProxyType({
    "active": ("ok", gettext_noop("Active")),
    "paid": ("ok", gettext_noop("Paid")),
    "settled": ("ok", gettext_noop("Received")),
    "done": ("ok", gettext_noop("Done")),
    "fulfilled": ("ok", gettext_noop("Done")),
    "in_force": ("ok", gettext_noop("In force")),
    "superseded": ("", gettext_noop("Superseded")),
    "ordered": ("info", gettext_noop("Ordered")),
    "building": ("info", gettext_noop("Being built")),
    "announced": ("info", gettext_noop("Announced")),
    "waiting": ("info", gettext_noop("Waiting")),
    "running": ("info", gettext_noop("Running")),
    "credited": ("info", gettext_noop("Credited")),
    "open": ("warn", gettext_noop("Open")),
    "due": ("warn", gettext_noop("Due")),
    "unpaid": ("warn", gettext_noop("Unpaid")),
    "pending": ("warn", gettext_noop("Pending")),
    "partly_paid": ("warn", gettext_noop("Partly paid")),
    "closing": ("warn", gettext_noop("Closing")),
    "unknown": ("warn", gettext_noop("Not known yet")),
    "suspended": ("bad", gettext_noop("Suspended")),
    "overdue": ("bad", gettext_noop("Overdue")),
    "failed": ("bad", gettext_noop("Failed")),
    "parked": ("bad", gettext_noop("Needs a person")),
    "declined": ("bad", gettext_noop("Declined")),
    "refused": ("bad", gettext_noop("Refused")),
    "closed": ("", gettext_noop("Closed")),
    "deactivated": ("", gettext_noop("Deactivated")),
    "cancelled": ("", gettext_noop("Cancelled")),
    "draft": ("", gettext_noop("Draft")),
    "queued": ("", gettext_noop("Queued")),
    "kept": ("ok", gettext_noop("Kept")),
    "gone": ("", gettext_noop("Gone")),
})
"""By state: the badge's tone ("ok", "info", "warn", "bad" or none) and its word."""

GATEWAYS: Mapping[str, str] = MappingProxyType({
    "testpay": gettext_noop("On the demo's payment page. It gets a number and the amount, nothing else."),
    "bank_transfer": gettext_noop("Your service starts when the money arrives, mostly the next working day."),
    "stripe": gettext_noop("Typed on our payment partner's page. We keep a reference only."),
    "manual": gettext_noop("Bring or send it to us; our staff write it down when it is here."),
})
"""By gateway: one sentence on how it goes.  Their names stand in the policy's vocabulary."""

LATER: Mapping[str, str] = MappingProxyType({
    "bank_transfer": gettext_noop("Your money is here mostly the next working day."),
})
"""By gateway, where what is paid for is no order: nothing new starts with it."""

TAX_CATEGORIES: Mapping[str, str] = MappingProxyType({
    "AE": gettext_noop("Reverse charge: the recipient of the service accounts for the tax."),
    "K": gettext_noop("Intra-Community supply, exempt from tax."),
    "G": gettext_noop("Export, no tax is charged."),
    "O": gettext_noop("Not subject to tax here."),
    "E": gettext_noop("Exempt from tax."),
    "Z": gettext_noop("Zero rated."),
})
"""By category of EN 16931: why no tax is charged.  The standard category has no such sentence."""

TAX_RULES: Mapping[str, str] = MappingProxyType({
    "destination": gettext_noop("The rate of your country applies."),
    "local": gettext_noop("The rate of your region applies."),
    "seller_rate": gettext_noop("We do not know your country, so the rate of ours applies."),
})
"""By rule of the tax engine: one sentence on the rate, where the category says nothing."""

TAX_NUMBERS: Mapping[str, str] = MappingProxyType({
    "unknown": gettext_noop("Your tax number could not be checked yet, so the tax is charged."),
    "invalid": gettext_noop("The registry does not know your tax number, so the tax is charged."),
})
"""By how a buyer's tax number stands, for want of which tax is charged."""

OUTCOMES: Mapping[str, str] = MappingProxyType({
    "passed": gettext_noop("refused, as it must be"),
    "failed": gettext_noop("not refused"),
    "absent": gettext_noop("could not be tried on this machine"),
    "unsure": gettext_noop("the attempt did not come to an end"),
    "untried": gettext_noop("not tried yet"),
})
"""By result of a forbidden attempt: how it went."""

FIELD_LABELS: Mapping[str, str] = MappingProxyType({
    "login": gettext_noop("E-mail"),
    "email": gettext_noop("E-mail"),
    "password": gettext_noop("Password"),
    "oldpassword": gettext_noop("Your password now"),
    "password1": gettext_noop("New password"),
    "password2": gettext_noop("New password, once more"),
    "code": gettext_noop("Code"),
    "name": gettext_noop("A name for this key"),
    "passwordless": gettext_noop("Log in with this key alone"),
})
"""By field of a sign-in form: its label."""

FIELD_HINTS: Mapping[str, str] = MappingProxyType({
    "password1": gettext_noop("At least ten characters. A few words in a row make a good one."),
    "code": gettext_noop("Six digits from your authenticator app, or one of your recovery codes."),
    "name": gettext_noop("So that you know it again, such as “blue key” or “phone”."),
    "passwordless": gettext_noop("The key then asks for your finger, your face or its PIN."),
    "stay": gettext_noop("Only on a device that is yours. You can end it in your account."),
})

LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "vi": "Tiếng Việt"})
"""Each language in its own words; never translated."""
