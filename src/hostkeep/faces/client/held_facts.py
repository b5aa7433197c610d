"""What is held about a customer, as the privacy page lists it: each kind of fact once, never a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext, ngettext

from hostkeep.faces.client.held_kinds import KINDS, OWN_KINDS, Called
from hostkeep.faces.ui.fates import FATES, held_by
from hostkeep.faces.ui.moments import day_text
from hostkeep.faces.ui.words import LANGUAGES, said
from hostkeep.flows.exporting.kinds import TRADE, tallies_of
from hostkeep.flows.exporting.own import OWN, Own, Whose, category_of, own_tallies
from hostkeep.flows.exporting.trading import Kind
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId
from hostkeep.people.queries import AcceptanceRow, AccountRow
from hostkeep.policy.book import Policy, Retention
from hostkeep.policy.render.wording import say_end, say_purposes, say_term
from hostkeep.runtime.counting import Tally
from hostkeep.vault.holdings import HeldRow, held
from hostkeep.vault.holds import holds_of

Back = Mapping[str, str]
"""What is said of classes whose data is held back from being erased."""


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
    part_of  the label of its category, of a kind that came of ordering and paying; else empty
    records  the page that shows such a kind record by record, or empty
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
    part_of: str = ""
    records: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """One kind of fact as it was found: a note, when it came in, where it is changed."""

    category: str
    note: str
    since: datetime | None
    change: str = ""
    sealed: bool = False


def held_back(act: Act, *, account: AccountRow, zone: str, language: str) -> Back:
    """Say of each class that a hold keeps that it is held back, why, and on which last day it is looked at.

    act  of the customer, for their rights: they see what is approved and not secret
    """
    standing = [row for row in holds_of(act, account.subject) if row.approved_at and row.ended_at is None]
    standing.sort(key=lambda row: row.review_at)
    days = {name: row.review_at for row in standing for name in row.classes}
    bases = {name: {row.basis for row in standing if name in row.classes} for name in days}
    return {
        name: gettext(FATES[held_by(bases[name])]).format(day=day_text(at, zone, language))
        for name, at in days.items()
    }


def facts_of(
    act: Act,
    *,
    account: AccountRow,
    policy: Policy,
    accepted: Sequence[AcceptanceRow],
    chosen: int,
    language: str,
    back: Back,
) -> tuple[HeldFact, ...]:
    """Return every kind of fact that is held besides what came of trade_of, in the order of the policy.

    act       of the customer, for their rights
    accepted  what they ticked; chosen: how many message streams they answered
    """
    seen = [*_sealed(held(act, subject=account.subject), policy), *_of_account(account, accepted, chosen)]
    by_category = {found.category: found for found in seen}
    return tuple(
        _fact(policy, by_category[category], language, back)
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


def trade_of(account: AccountRow, policy: Policy, language: str, back: Back) -> tuple[HeldFact, ...]:
    """Return every kind of fact that came of ordering and paying, in the order of flows.exporting.kinds."""
    found = tallies_of(account.id)
    return tuple(fact_of_kind(policy, TRADE[name], tally, language, back) for name, tally in found.items())


def fact_of_kind(policy: Policy, kind: Kind, tally: Tally, language: str, back: Back) -> HeldFact:
    """Join how much there is of a kind with what the policy says about its category.

    Where the policy has no such category, no clause lets it be used and no term is promised: both are empty.
    """
    return _counted(policy, kind.name, kind.category, KINDS[kind.name], tally, language, back)


def own_of(act: Act, whose: Whose, language: str, back: Back) -> tuple[HeldFact, ...]:
    """Return every kind of fact that stands beside the account, in the order of flows.exporting.own."""
    found = own_tallies(act, whose)
    return tuple(fact_of_own(whose.policy, OWN[name], tally, language, back) for name, tally in found.items())


def fact_of_own(policy: Policy, kind: Own, tally: Tally, language: str, back: Back) -> HeldFact:
    """Join how much there is of a kind with what the policy says about its category, as fact_of_kind."""
    category = category_of(kind, policy)
    return _counted(policy, kind.name, category, OWN_KINDS[kind.name], tally, language, back)


def _counted(
    policy: Policy, name: str, category: CategoryId, called: Called, tally: Tally, language: str, back: Back
) -> HeldFact:
    """Return what is said of rows of one kind."""
    count = tally.count
    note = ngettext("%(count)s record", "%(count)s records", count) % {"count": count}
    seen = Seen(category, note, tally.since, called.page)
    known = category in policy.categories
    fact = _fact(policy, seen, language, back) if known else _unknown(seen)
    records = "" if called.is_whole else f"/account/privacy/records/{name}/"
    term = gettext(called.term) if called.term else fact.term
    return replace(fact, label=gettext(called.label), part_of=fact.label, records=records, term=term)


def _unknown(seen: Seen) -> HeldFact:
    """Return a fact of a category that the policy does not know."""
    return HeldFact(CategoryId(seen.category), "", seen.note, seen.since, "", "", (), seen.change)


def _fact(policy: Policy, seen: Seen, language: str, back: Back) -> HeldFact:
    """Join what was found with what the policy says about it, and what a hold adds."""
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
        term=back.get(known.keep_class) or (_term(policy, category, rule, language) if rule else ""),
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
