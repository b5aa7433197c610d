"""Customers in the back office: found by number, address or name, masked, and opened for a purpose alone.

Every search and every value asks the vault's door with the role of whoever asks and the purpose they name;
what the brand's policy does not list is refused there, and stands in the log either way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import BrandRow, all_brands, brand, policy_in_force
from hostkeep.faces.signin.proving import proven_lately
from hostkeep.faces.staff.access import ROOMS, role_of, staff_only
from hostkeep.faces.staff.ended import ended_of
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.faces.ui.values import lines_of
from hostkeep.faces.ui.words import said
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId, CategoryId, PurposeId
from hostkeep.people.finding import accounts_of_people
from hostkeep.people.queries import AccountRow, account
from hostkeep.policy.book import Policy
from hostkeep.vault import door, search
from hostkeep.vault.holdings import HeldRow, held, serves

HERE = "/staff/people/"
BY = ("customer_number", "email", "phone", "name")
Lines = tuple[tuple[str, str], ...]

TOLD_HOW_IT_ENDED = ROOMS["accounts"] | ROOMS["disputes"]
"""Roles that close accounts or hear disputes.  To others what is held back, and for whom, is no business."""

LOOKING = "account"
"""The purpose of a page that opens nothing."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A kind of fact.

    purposes  what the reader's role may open it for: (id, label, whether a reason is demanded)
    lines     its values as lines of (label, text), empty while they are sealed
    """

    category: CategoryId
    label: str
    count: int
    purposes: tuple[tuple[str, str, bool], ...]
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Search:
    """What a role may search by at a brand.

    purposes  what for: ("email:account", label, whether a reason is demanded)
    """

    label: str
    purposes: tuple[tuple[str, str, bool], ...]


@require_safe
@never_cache
@staff_only("people")
def people(request: HttpRequest) -> HttpResponse:
    """Offer the search."""
    return _search_page(request, ())


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only("people")
def find(request: HttpRequest) -> HttpResponse:
    """Search; whoever only looks here is led to the form."""
    return _find(request) if request.method == "POST" else HttpResponseRedirect(HERE)


@proven_lately
def _find(request: HttpRequest) -> HttpResponse:
    """Find people, "how" says by what and what for; one that is found alone is shown.

    Raises Refused, ReadsTooMuch, NoSuchBrand.
    """
    sent = request.POST
    by, _, purpose = sent.get("how", "").partition(":")
    act = _act(request, brand(BrandId(sent.get("shop", ""))).id, purpose)
    text, reason = sent.get("text", ""), sent.get("reason", "")
    try:
        if by == "name":
            found = search.by_name(act, text=text, reason=reason)
        else:
            one = search.find(act, category=CategoryId(by), value=text, reason=reason)
            found = (one,) if one is not None else ()
    except door.Refused as refusal:
        return _search_page(request, (), problem=_reason_wanted(refusal))
    rows = accounts_of_people(act.brand, found)
    if len(rows) == 1:
        return HttpResponseRedirect(f"{HERE}{rows[0].id}/")
    return _search_page(request, rows)


@require_safe
@never_cache
@staff_only("people")
def person(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Show an account with every fact masked."""
    return _person_page(request, account(AccountId(account_id)))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only("people")
def reveal(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Open one kind of fact; whoever only looks here is led to the masked page."""
    if request.method != "POST":
        return HttpResponseRedirect(f"{HERE}{account_id}/")
    return _reveal(request, account_id)


@proven_lately
def _reveal(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Open one kind of fact for the purpose named.  Raises Refused, ReadsTooMuch, NoSuchAccount."""
    row, sent = account(AccountId(account_id)), request.POST
    category = CategoryId(sent.get("category", ""))
    act = _act(request, row.brand, sent.get("purpose", ""))
    there = [each for each in _held(act, row) if each.category == category and _may_stand(act, row, each)]
    wishes = [door.Wish(row.subject, category, slot) for slot in [each.slot for each in there] or [""]]
    try:
        found = door.reveal_many(act, wishes=wishes, reason=sent.get("reason", ""))
    except door.Refused as refusal:
        return _person_page(request, row, problem=_reason_wanted(refusal))
    lines = [line for value in found.values() if value is not None for line in lines_of(value.open())]
    return _person_page(request, row, category, tuple(lines))


def _reason_wanted(refusal: door.Refused) -> str:
    """Return what to say where nothing but a reason is missing.  Raises the refusal itself else."""
    if refusal.facts.get("why") != "needs:reason":
        raise refusal
    return gettext("Say why you read it.")


def _may_stand(act: Act, row: AccountRow, value: HeldRow) -> bool:
    """Say whether a value is asked for with the others: one in the archive where its rule reads for this.

    Else one old address in the archive would keep the present one shut, as the door refuses all or none.
    """
    rule = policy_for(act.brand, row.subject, act.at).retention.get(value.keep_class)
    return value.archived_at is None or (rule is not None and act.purpose in rule.reads)


def _act(request: HttpRequest, shop: BrandId, purpose: str) -> Act:
    """Return the act of a member of staff at a brand."""
    return act_of(request, role=role_of(request), purpose=purpose, brand=shop)


def _held(act: Act, row: AccountRow) -> tuple[HeldRow, ...]:
    """Return what is kept of a person, unopened."""
    return held(act.for_purpose(PurposeId(LOOKING)), subject=row.subject)


def _search_page(
    request: HttpRequest, rows: tuple[AccountRow, ...], *, problem: str = ""
) -> HttpResponse:
    """Draw the search, with what was found or what is missing."""
    shops = all_brands()
    shop = _shop(request, shops)
    context = {
        "shops": shops,
        "shop": shop,
        "rows": rows,
        "searches": _searches(request, shop.id) if shop else (),
        "sent": request.POST if request.method == "POST" else {},
        "searched": request.method == "POST" and not problem,
        "problem": problem,
    }
    return show(request, "staff/people.html", context, status=422 if problem else 200)


def _shop(request: HttpRequest, shops: Sequence[BrandRow]) -> BrandRow | None:
    """Return the brand that is searched: the one asked for, else the first; None where there is none."""
    sent = request.POST if request.method == "POST" else request.GET
    return next((row for row in shops if row.id == sent.get("shop", "")), next(iter(shops), None))


def _searches(request: HttpRequest, shop: BrandId) -> tuple[Search, ...]:
    """Return by what the reader's role may search at a brand, in the order of BY.  Empty: by nothing."""
    role, language = role_of(request), language_of(request)
    policy = policy_in_force(shop, _act(request, shop, LOOKING).at)
    found: dict[str, list[tuple[str, str, bool]]] = {by: [] for by in BY}
    for (category, purpose, reader), cell in policy.table.items():
        if reader == role and category in found:
            label = said(policy.purposes[purpose].label, language)
            found[category].append((f"{category}:{purpose}", label, "reason" in cell.needs))
    return tuple(
        Search(_by_word(by), tuple(sorted(uses, key=lambda use: use[1])))
        for by, uses in found.items()
        if uses
    )


def _by_word(by: str) -> str:
    """Say by what is searched."""
    return {
        "customer_number": gettext("Customer number"),
        "email": gettext("Exact e-mail address"),
        "phone": gettext("Exact phone number"),
        "name": gettext("Words of a name"),
    }[by]


def _person_page(
    request: HttpRequest,
    row: AccountRow,
    opened: CategoryId | None = None,
    lines: Lines = (),
    *,
    problem: str = "",
) -> HttpResponse:
    """Draw the account, masked but for what was just opened."""
    act = _act(request, row.brand, LOOKING)
    policy = policy_for(act.brand, row.subject, act.at)
    there: dict[CategoryId, list[HeldRow]] = {}
    for each in _held(act, row):
        there.setdefault(each.category, []).append(each)
    language = language_of(request)
    facts = [
        _fact(policy, act, found, language, lines if category == opened else ())
        for category in policy.categories
        if (found := there.get(category))
    ]
    empty = opened is not None and not lines
    context = {
        "buyer": row,
        "shop": brand(row.brand),
        "facts": facts,
        "opened": opened,
        "empty": empty,
        "problem": problem,
        "ended": ended_of(act, row, language) if act.role in TOLD_HOW_IT_ENDED else None,
        "open_rooms": [room for room, roles in ROOMS.items() if act.role in roles],
    }
    return show(request, "staff/person.html", context, status=422 if problem else 200)


def _fact(policy: Policy, act: Act, found: Sequence[HeldRow], language: str, lines: Lines) -> Fact:
    """Lay out one kind of fact.  A purpose that the state of every key refuses is not offered."""
    category = found[0].category
    purposes = tuple(
        (purpose, said(policy.purposes[purpose].label, language), "reason" in cell.needs)
        for (of, purpose, who), cell in policy.table.items()
        if of == category
        and who == act.role
        and any(serves(policy, act.for_purpose(purpose), value) for value in found)
    )
    label = said(policy.categories[category].label, language)
    return Fact(category, label, len(found), purposes, lines)


people_urls = [
    path("people/", people, name="staff_people"),
    path("people/find/", find, name="staff_people_find"),
    path("people/<uuid:account_id>/", person, name="staff_person"),
    path("people/<uuid:account_id>/reveal/", reveal, name="staff_person_reveal"),
]
"""Under /staff/."""
