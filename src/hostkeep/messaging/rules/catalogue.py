"""The mails the house can write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hostkeep.kernel.words import gettext_noop

CARRIED = frozenset({"account", "language"})
"""Facts any mail may have: the account whose history lists it, and the language it is written in."""

_ID = re.compile(r"[0-9]{1,18}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of mail.

    name     its files are templates/mail/<name>.html and .txt
    subject  its subject line with {named} fields, marked for translation
    why      why one gets it, one sentence, marked for translation
    needs    the facts it is written from, each the id of a row
    watched  whether the house is told what became of it, by MailSettled
    """

    name: str
    subject: str
    why: str
    needs: frozenset[str]
    watched: bool = False


_ALL = (
    Template(
        "account/confirm",
        gettext_noop("Confirm your address for {brand}"),
        gettext_noop("You get this mail because this address was given when an account was made at {brand}."),
        frozenset({"address"}),
    ),
    Template(
        "account/reset",
        gettext_noop("Set a new password for {brand}"),
        gettext_noop("You get this mail because somebody asked for a new password for your account."),
        frozenset(),
    ),
    Template(
        "account/already",
        gettext_noop("You already have an account at {brand}"),
        gettext_noop("You get this mail because somebody tried to sign up with your address."),
        frozenset(),
    ),
    Template(
        "account/password_changed",
        gettext_noop("Your password at {brand} was changed"),
        gettext_noop("You get this mail because the password of your account was changed."),
        frozenset(),
    ),
    Template(
        "account/new_address",
        gettext_noop("Confirm your new address for {brand}"),
        gettext_noop("You get this mail because this address was given as the new login of an account."),
        frozenset({"passing"}),
    ),
    Template(
        "account/address_changed",
        gettext_noop("Your login address at {brand} was changed"),
        gettext_noop("You get this mail because the login address of an account was changed."),
        frozenset({"former"}),
        watched=True,
    ),
    Template(
        "account/address_in_force",
        gettext_noop("Your new login address at {brand}"),
        gettext_noop("You get this mail because this is the login address of your account now."),
        frozenset(),
    ),
    Template(
        "account/closed",
        gettext_noop("Your account at {brand} is closed"),
        gettext_noop("You get this mail because your account was closed."),
        frozenset({"passing"}),
        watched=True,
    ),
    Template(
        "order/confirmed",
        gettext_noop("Your order {number}"),
        gettext_noop("You get this mail because you ordered."),
        frozenset({"order"}),
    ),
    Template(
        "order/held_back",
        gettext_noop("A person looks at your order {number}"),
        gettext_noop("You get this mail because you ordered."),
        frozenset({"order", "check"}),
    ),
    Template(
        "order/refused",
        gettext_noop("We cannot take your order {number}"),
        gettext_noop("You get this mail because you ordered."),
        frozenset({"order", "check"}),
    ),
    Template(
        "billing/invoice",
        gettext_noop("Invoice {number} from {brand}"),
        gettext_noop("You get this mail because there is a new invoice in your account."),
        frozenset({"invoice"}),
    ),
    Template(
        "billing/credit_note",
        gettext_noop("Credit note {number} from {brand}"),
        gettext_noop("You get this mail because an invoice of yours was corrected."),
        frozenset({"invoice"}),
    ),
    Template(
        "billing/paid",
        gettext_noop("We have your payment for invoice {number}"),
        gettext_noop("You get this mail because you paid an invoice."),
        frozenset({"invoice"}),
    ),
    Template(
        "billing/price",
        gettext_noop("A new price for {service} from {day}"),
        gettext_noop("You get this mail because a service of yours gets another price."),
        frozenset({"change", "subscription"}),
    ),
    Template(
        "billing/reminder",
        gettext_noop("Invoice {number} is due on {due_day}"),
        gettext_noop("You get this mail because an invoice in your account is open."),
        frozenset({"invoice", "step"}),
    ),
    Template(
        "billing/due_today",
        gettext_noop("Invoice {number} is due today"),
        gettext_noop("You get this mail because an invoice in your account is open."),
        frozenset({"invoice", "step"}),
    ),
    Template(
        "billing/overdue",
        gettext_noop("Invoice {number} is overdue"),
        gettext_noop("You get this mail because an invoice in your account is open."),
        frozenset({"invoice", "step"}),
    ),
    Template(
        "billing/suspend_warning",
        gettext_noop("{brand}: on {day} we stop what invoice {number} pays for"),
        gettext_noop("You get this mail because an invoice in your account is open."),
        frozenset({"invoice", "step", "on"}),
        watched=True,
    ),
    Template(
        "billing/suspended",
        gettext_noop("{service} stands still"),
        gettext_noop("You get this mail because an invoice in your account is open."),
        frozenset({"invoice", "step", "service"}),
    ),
    Template(
        "billing/resumed",
        gettext_noop("{service} runs again"),
        gettext_noop("You get this mail because a service of yours stood still."),
        frozenset({"step", "service"}),
    ),
    Template(
        "billing/end_warning",
        gettext_noop("{brand}: on {day} what invoice {number} pays for is deleted"),
        gettext_noop("You get this mail because an invoice in your account is open."),
        frozenset({"invoice", "step", "on"}),
        watched=True,
    ),
    Template(
        "billing/ended",
        gettext_noop("{service} has ended"),
        gettext_noop("You get this mail because a service of yours has ended."),
        frozenset({"invoice", "step", "service"}),
    ),
    Template(
        "billing/order_cancelled",
        gettext_noop("Your order at {brand} is cancelled"),
        gettext_noop("You get this mail because you ordered."),
        frozenset({"invoice", "step"}),
    ),
    Template(
        "billing/charge_failed",
        gettext_noop("We could not charge your stored way to pay: invoice {number}"),
        gettext_noop("You get this mail because an invoice in your account is open."),
        frozenset({"invoice", "step"}),
    ),
    Template(
        "billing/card_expires",
        gettext_noop("Your stored way to pay at {brand} ends soon"),
        gettext_noop("You get this mail because you let us keep a way to pay."),
        frozenset({"method", "on"}),
    ),
    Template(
        "service/ready",
        gettext_noop("{service} is ready"),
        gettext_noop("You get this mail because a service you ordered is ready."),
        frozenset({"service"}),
    ),
    Template(
        "service/ending",
        gettext_noop("{service} ends on {day}"),
        gettext_noop("You get this mail because a service of yours was cancelled."),
        frozenset({"subscription", "on"}),
    ),
    Template(
        "use/alert",
        gettext_noop("{meter} of {service} has come to {now}"),
        gettext_noop("You get this mail because you asked to hear when your use comes to an amount."),
        frozenset({"meter", "on"}),
    ),
    Template(
        "use/cap",
        gettext_noop("{meter} of {service} has reached your cap"),
        gettext_noop("You get this mail because you set a cap on what your use may cost."),
        frozenset({"meter", "on"}),
    ),
    Template(
        "policy/changed",
        gettext_noop("The privacy policy of {brand} changes"),
        gettext_noop("You get this mail because you have an account and the rules for your data change."),
        frozenset({"notice"}),
        watched=True,
    ),
    Template(
        "operations/alarm_opened",
        gettext_noop("{brand_name}: {headline}"),
        gettext_noop("You get this mail because you look after the promises of this company."),
        frozenset({"alarm"}),
    ),
    Template(
        "operations/alarm_closed",
        gettext_noop("{brand_name}: mended: {headline}"),
        gettext_noop("You get this mail because you look after the promises of this company."),
        frozenset({"alarm"}),
    ),
    Template(
        "operations/alarms_opened",
        gettext_noop("{brand_name}: {headline}"),
        gettext_noop("You get this mail because you look after the promises of this company."),
        frozenset({"letter"}),
    ),
    Template(
        "operations/alarms_closed",
        gettext_noop("{brand_name}: mended: {headline}"),
        gettext_noop("You get this mail because you look after the promises of this company."),
        frozenset({"letter"}),
    ),
    Template(
        "operations/dispute_opened",
        gettext_noop("{brand_name}: the owner of a closed account wrote"),
        gettext_noop("You get this mail because you look after disputes of this company."),
        frozenset({"dispute"}),
    ),
)

TEMPLATES: Mapping[str, Template] = MappingProxyType({t.name: t for t in _ALL})
"""Every mail by its name.  A reset asked for an unknown address writes to nobody: there is none for it."""


def checked_facts(template: Template, facts: Mapping[str, str]) -> dict[str, str]:
    """Return the facts of a mail if they are ids alone, all that it needs and no other.

    Raises ValueError: a fact that is no id could be a person's name, and it would be stored in clear.
    """
    missing = template.needs - facts.keys()
    foreign = facts.keys() - template.needs - CARRIED
    if missing or foreign:
        raise ValueError(f"{template.name}: missing {sorted(missing)}, foreign {sorted(foreign)}")
    for key, value in facts.items():
        shape = _LANGUAGE if key == "language" else _ID
        if not shape.fullmatch(value):
            raise ValueError(f"{template.name}: the fact {key} is no id")
    return dict(facts)
