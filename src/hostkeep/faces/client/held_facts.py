"""What is held about a customer, as the privacy page lists it: each kind of fact once, never a value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext, ngettext

from hostkeep.billing.queries.invoices import invoices_of
from hostkeep.faces.ui.words import LANGUAGES, said
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId
from hostkeep.people.queries import AcceptanceRow, AccountRow
from hostkeep.policy.book import Policy, Retention
from hostkeep.policy.render.wording import say_end, say_purposes, say_term
from hostkeep.shop.queries.orders import orders_of
from hostkeep.vault.holdings import HeldRow, held


@dataclass(frozen=True, slots=True)
class HeldFact:
    """One kind of fact.

    note    what can be said without showing it
    since   when the oldest of it came in, or None where no time is kept
    term    how long it stays and what happens then; empty where the policy does not say
    clause  the clause that lets it be used
    uses    what it may be used for
    change  where it is changed, or empty
    sealed  whether the vault keeps it: its values have a page of their own
    """

    category: CategoryId
    label: str
    note: str
    since: datetime | None
    term: str
    clause: str
    uses: tuple[str, ...]
    change: str = ""
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """One kind of fact as it was found: a note, when it came in, where it is changed."""

    category: str
    note: str
    since: datetime | None
    change: str = ""
    sealed: bool = False


def facts_of(
    act: Act,
    *,
    account: AccountRow,
    policy: Policy,
    accepted: Sequence[AcceptanceRow],
    chosen: int,
    language: str,
) -> tuple[HeldFact, ...]:
    """Return every kind of fact that is held, in the order of the policy.

    act       of the customer, for their rights
    accepted  what they ticked; chosen: how many message streams they answered
    """
    seen = [*_sealed(held(act, subject=account.subject), policy), *_of_account(account, accepted, chosen)]
    seen += _of_trade(account)
    by_category = {found.category: found for found in seen}
    return tuple(
        _fact(policy, by_category[category], language)
        for category in policy.categories
        if category in by_category
    )


def _sealed(rows: Iterable[HeldRow], policy: Policy) -> list[Seen]:
    """Gather what the vault keeps: one line a category, the oldest counts."""
    asked = {field.category for field in policy.forms["signup"].fields}
    found: dict[CategoryId, list[HeldRow]] = {}
    for row in rows:
        found.setdefault(row.category, []).append(row)
    return [
        Seen(
            category,
            _sealed_note(len(pieces)),
            min(piece.since for piece in pieces),
            CHANGED_AT.get(category, "/account/profile/") if category in asked else "",
            sealed=True,
        )
        for category, pieces in found.items()
    ]


CHANGED_AT = {CategoryId("email"): "/account/profile/email/"}
"""Facts that are changed on a page of their own."""


def _sealed_note(pieces: int) -> str:
    """Say how many values lie sealed."""
    if pieces == 1:
        return gettext("Sealed")
    return gettext("%(count)s values, each sealed") % {"count": pieces}


def _of_account(account: AccountRow, accepted: Sequence[AcceptanceRow], chosen: int) -> list[Seen]:
    """Gather what stands beside the account."""
    speaks = LANGUAGES.get(account.language, account.language)
    seen = [
        Seen("customer_number", account.number, account.opened_at),
        Seen("language", speaks, None, "/account/profile/#language"),
        Seen("password", gettext("A hash; nobody can read it back"), None, "/auth/password/change/"),
        Seen("cookies", gettext("A random number for this visit"), None),
    ]
    if accepted:
        note = ngettext("%(count)s record, below", "%(count)s records, below", len(accepted))
        seen.append(Seen("acceptance", note % {"count": len(accepted)}, accepted[-1].at))
    if chosen:
        note = ngettext("%(count)s choice, below", "%(count)s choices, below", chosen)
        seen.append(Seen("preferences", note % {"count": chosen}, None, "#messages"))
    return seen


def _of_trade(account: AccountRow) -> list[Seen]:
    """Gather what came of ordering and paying."""
    seen = []
    ordered = orders_of(account.id, first=500)
    if ordered:
        note = ngettext("%(count)s order", "%(count)s orders", len(ordered)) % {"count": len(ordered)}
        seen.append(Seen("chosen_service", note, ordered[-1].placed_at, "/account/orders/"))
    invoices = invoices_of(account.id, first=1)
    if invoices.total:
        note = ngettext("%(count)s invoice", "%(count)s invoices", invoices.total) % {"count": invoices.total}
        seen.append(Seen("payment_ref", note, None, "/account/invoices/"))
    return seen


def _fact(policy: Policy, seen: Seen, language: str) -> HeldFact:
    """Join what was found with what the policy says about it."""
    category = CategoryId(seen.category)
    known = policy.categories[category]
    rule = policy.retention.get(known.keep_class)
    cells = [(purpose, cell) for (of, purpose, _), cell in policy.table.items() if of == category]
    purposes = {purpose for purpose, _ in cells if purpose != "rights"}
    return HeldFact(
        category=category,
        label=said(known.label, language),
        note=seen.note,
        since=seen.since,
        term=_term(policy, category, rule, language) if rule else "",
        clause=next((cell.clause for purpose, cell in cells if purpose != "rights"), ""),
        uses=say_purposes(policy, purposes, language),
        change=seen.change,
        sealed=seen.sealed,
    )


def _term(policy: Policy, category: CategoryId, rule: Retention, language: str) -> str:
    """Say how long one fact stays and what happens then; an archive keeps only what it names."""
    archive = policy.duties.archive
    if rule.then == "archive" and (archive is None or category not in archive.categories):
        rule = replace(rule, then="erase")
    return f"{_capital(say_term(rule, language))}: {say_end(rule, language)}"


def _capital(text: str) -> str:
    """Begin with a capital letter."""
    return text[:1].upper() + text[1:]
