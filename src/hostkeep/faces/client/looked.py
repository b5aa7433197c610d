"""Who looked at the customer's data, and to whom it was given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import policy_by_digest
from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.faces.ui.words import said
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import UserId
from hostkeep.kernel.words import gettext_noop
from hostkeep.people.queries import keys_of
from hostkeep.policy.book import Policy
from hostkeep.policy.render.wording import say_categories, say_purposes
from hostkeep.policy.vocabulary.terms import say, terms
from hostkeep.vault.disclosures import DisclosureRow, disclosures_of
from hostkeep.vault.looks import LookRow, looks_of

DONE: Mapping[str, str] = {
    "revealed": gettext_noop("Looked at"),
    "refused": gettext_noop("Refused"),
    "put": gettext_noop("Stored"),
    "dropped": gettext_noop("Deleted"),
    "archived": gettext_noop("Archived"),
    "disclosed": gettext_noop("Given to others"),
    "signed": gettext_noop("Signed"),
    "made": gettext_noop("Made"),
    "fetched": gettext_noop("Fetched"),
    "found": gettext_noop("Found by search"),
    "scanned": gettext_noop("Searched"),
    "done": gettext_noop("Done"),
    "fired": gettext_noop("End date set"),
    "accepted": gettext_noop("Ticked boxes recorded"),
    "opened": gettext_noop("Looked at"),
    "sealed": gettext_noop("Stored"),
    "sought": gettext_noop("Looked for"),
    "given": gettext_noop("Consent given"),
    "withdrawn": gettext_noop("Consent taken back"),
    "corrected": gettext_noop("Corrected"),
    "chosen": gettext_noop("Chosen"),
    "wanted": gettext_noop("Mail chosen"),
    "stopped": gettext_noop("Mail stopped"),
    "moved": gettext_noop("Moved to the archive"),
}
"""The last word of a verb, for people."""

WHO: Mapping[str, str] = {
    "self": gettext_noop("You"),
    "key": gettext_noop("A key of yours"),
    "job": gettext_noop("Our program"),
    "staff": gettext_noop("Our staff"),
    "visitor": gettext_noop("A visitor"),
    "cli": gettext_noop("Our administrator"),
}

TONES: Mapping[str, str] = {"refused": "bad", "handed": "ok"}


@dataclass(frozen=True, slots=True)
class Look:
    """A line of the list.  who, role, what, about, why: in words.

    number, prefix  of a key: the number it goes by, 0 where it is gone, and what its text begins with
    """

    row: LookRow
    who: str
    role: str
    what: str
    about: str
    why: str
    refused: bool
    number: int = 0
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """A hand-over in words: to whom, what, what for, on what ground.

    country  where the recipient is, ISO 3166-1 alpha-2; empty where it depends on the case
    """

    row: DisclosureRow
    to: str
    country: str
    about: tuple[str, ...]
    why: tuple[str, ...]
    ground: str
    tone: str


@require_safe
@never_cache
@customers_only
def looked(request: HttpRequest) -> HttpResponse:
    """List who looked; one's own looks only where they are asked for."""
    act, account, language = _act(request), account_of(request), language_of(request)
    policy = policy_for(act.brand, account.subject, act.at)
    rows = looks_of(act, subject=account.subject)
    others = [row for row in rows if row.who != "self"]
    every = request.GET.get("all") == "1"
    keys = _keys(request) if any(row.who == "key" for row in rows) else {}
    context = {
        "looks": [_look(policy, row, keys, language) for row in (rows if every else others)],
        "every": every,
        "own": len(rows) - len(others),
        "staff": sum(row.who == "staff" for row in rows),
        "refused": sum(row.verb.endswith(".refused") for row in rows),
        "keys": sum(row.who == "key" for row in rows),
        "programs": sum(row.who == "job" for row in rows),
    }
    return show(request, "client/looked.html", context)


@require_safe
@never_cache
@customers_only
def given(request: HttpRequest) -> HttpResponse:
    """List what was given to others, and what was refused to them."""
    account, language = account_of(request), language_of(request)
    rows = disclosures_of(_act(request), subject=account.subject)
    policy: Policy = request.policy  # type: ignore[attr-defined]
    context = {
        "given": [_given(row, language) for row in rows],
        "recipients": [
            (said(each.label, language), each.country, each.clause, _ground(each.basis, language))
            for each in policy.recipients.values()
        ],
        "closed_by": policy.closed_by.get("disclose", ""),
    }
    return show(request, "client/given.html", context)


def _act(request: HttpRequest) -> Act:
    """Return the customer's act for their own rights."""
    return act_of(request, role="customer", purpose="rights")


def _keys(request: HttpRequest) -> Mapping[str, int]:
    """Return the numbers of the keys that the login has, by prefix."""
    user: Any = request.user
    return {row.prefix: row.number for row in keys_of(UserId(user.pk))}


def _look(policy: Policy, row: LookRow, keys: Mapping[str, int], language: str) -> Look:
    """Put a line into words."""
    last = row.verb.rsplit(".", 1)[-1]
    role = say("role", row.role, language) if row.who == "staff" and row.role in terms("role") else ""
    return Look(
        row=row,
        who=gettext(WHO.get(row.who, WHO["job"])),
        role=role,
        what=gettext(DONE[last]) if last in DONE else row.verb,
        about=", ".join(say_categories(policy, row.about, language)),
        why=_one(say_purposes(policy, [row.purpose], language)) if row.purpose in policy.purposes else "",
        refused=last == "refused",
        number=keys.get(row.role, 0) if row.who == "key" else 0,
        prefix=row.role if row.who == "key" else "",
    )


def _given(row: DisclosureRow, language: str) -> Given:
    """Put a hand-over into the words of the version that decided."""
    policy = policy_by_digest(row.digest)
    known = policy.recipients.get(row.recipient)
    return Given(
        row=row,
        to=said(known.label, language) if known else row.recipient,
        country=known.country if known else "",
        about=say_categories(policy, [c for c in row.categories if c in policy.categories], language),
        why=say_purposes(policy, [row.purpose] if row.purpose in policy.purposes else [], language),
        ground=_ground(row.basis, language),
        tone=TONES.get(row.state, ""),
    )


def _ground(basis: str, language: str) -> str:
    """Say on what ground something is given."""
    return say("recipient_basis", basis, language) if basis in terms("recipient_basis") else ""


def _one(words: Iterable[str]) -> str:
    """Return the one word there is, or none."""
    return next(iter(words), "")


looked_urls = [
    path("privacy/looked/", looked, name="looked"),
    path("privacy/given/", given, name="given"),
]
"""Under /account/."""
