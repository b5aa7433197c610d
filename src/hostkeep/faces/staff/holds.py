"""Legal holds: opened by one member of staff, approved by another, looked at again on a day, ended.

A hold keeps classes of one person's data from being erased and opens nothing.  Every deed is entered in the
audit; whether the role may do it, and that two people stand behind it, the vault demands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import path, reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import all_brands, brand
from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId
from hostkeep.kernel.words import gettext_noop
from hostkeep.people.errors import NoSuchAccount
from hostkeep.people.finding import accounts_of_people
from hostkeep.people.queries import AccountRow, account, canary_accounts
from hostkeep.policy.vocabulary.terms import say
from hostkeep.vault import holds as vault
from hostkeep.vault.holds import BadHold, Basis, HoldRow
from hostkeep.vault.open_holds import open_holds

PURPOSE = "legal_obligation"

BASES = {
    "legal_request": gettext_noop("Request of an authority"),
    "dispute": gettext_noop("Dispute"),
    "investigation": gettext_noop("Investigation"),
}
"""By basis: what it is called."""


@dataclass(frozen=True, slots=True)
class HoldShown:
    """A hold as the list shows it.

    whose     the account, or None where it has gone with its person
    classes   what is held, in words
    is_mine   whether who looks opened it, and so cannot approve it
    """

    row: HoldRow
    shop: BrandId
    whose: AccountRow | None
    classes: tuple[str, ...]
    basis: str
    is_mine: bool


@require_safe
@never_cache
@staff_only("holds")
def hold_list(request: HttpRequest) -> HttpResponse:
    """List the holds of every brand that stand or wait, the next to be reviewed first."""
    shown = [each for shop in all_brands() for each in _shown(request, _act(request, shop.id))]
    return show(request, "staff/holds.html", {"holds": sorted(shown, key=lambda each: each.row.review_at)})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only("holds")
def hold_person(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Show the holds on one person's data; with a post, open one.

    Raises NoSuchAccount, also for a canary, which belongs to nobody.
    """
    row = account(AccountId(account_id))
    if row.id in canary_accounts():
        raise NoSuchAccount
    if request.method != "POST":
        return _person_page(request, row)
    try:
        _open(_act(request, row.brand), row, request.POST)
    except BadHold as refusal:
        return _person_page(request, row, problem=gettext(refusal.title).format(**refusal.facts))
    messages.success(request, gettext("Opened. It keeps nothing until somebody else approves it."))
    return HttpResponseRedirect(reverse("staff_holds"))


@require_POST
@staff_only("holds")
def hold_approve(request: HttpRequest, shop: str, hold: UUID) -> HttpResponse:
    """Approve a hold that somebody else opened.  Raises NotForYou, NoSuchHold, SamePerson."""
    vault.approve_hold(_act(request, BrandId(shop)), hold=hold)
    messages.success(request, gettext("Approved. What it names is kept from being erased."))
    return HttpResponseRedirect(reverse("staff_holds"))


@require_POST
@staff_only("holds")
def hold_review(request: HttpRequest, shop: str, hold: UUID) -> HttpResponse:
    """Let a hold stand until another day.  Raises NotForYou, NoSuchHold, NoSuchBrand, BadHold."""
    act = _act(request, BrandId(shop))
    vault.review_hold(act, hold=hold, review_at=_day(act.brand, request.POST.get("review", "")))
    messages.success(request, gettext("It stands until that day."))
    return HttpResponseRedirect(reverse("staff_holds"))


@require_POST
@staff_only("holds")
def hold_end(request: HttpRequest, shop: str, hold: UUID) -> HttpResponse:
    """End a hold.  Raises NotForYou, NoSuchHold."""
    vault.end_hold(_act(request, BrandId(shop)), hold=hold)
    messages.success(request, gettext("Ended. What was due meanwhile is erased within the hour."))
    return HttpResponseRedirect(reverse("staff_holds"))


def _open(act: Act, row: AccountRow, sent: QueryDict) -> HoldRow:
    """Open a hold as the form says.  Raises BadHold."""
    return vault.open_hold(
        act,
        subject=row.subject,
        classes=sent.getlist("classes"),
        basis=cast("Basis", sent.get("basis", "")),
        case=_case(sent.get("case", "")),
        review_at=_day(row.brand, sent.get("review", "")),
        secret=sent.get("secret") == "yes",
    )


def _case(text: str) -> UUID:
    """Return the handle of the case, a fresh one where none was given.  Raises BadHold."""
    try:
        return UUID(text.strip()) if text.strip() else uuid4()
    except ValueError:
        raise BadHold(days=vault.LONGEST.days) from None


def _day(shop: BrandId, text: str) -> datetime:
    """Return noon of a day as the brand counts it: the same day for staff elsewhere.

    Raises BadHold, NoSuchBrand.
    """
    zone = ZoneInfo(brand(shop).zone)
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(hour=12, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadHold(days=vault.LONGEST.days) from None


def _act(request: HttpRequest, shop: BrandId) -> Act:
    """Return the act of a member of staff who deals with holds."""
    return act_of(request, role=role_of(request), purpose=PURPOSE, brand=shop)


def _shown(request: HttpRequest, act: Act) -> list[HoldShown]:
    """Return a brand's open holds with the accounts they are about."""
    rows = open_holds(act)
    whose = {row.subject: row for row in accounts_of_people(act.brand, [each.subject for each in rows])}
    return [_one(request, act, each, whose.get(each.subject)) for each in rows]


def _one(request: HttpRequest, act: Act, row: HoldRow, whose: AccountRow | None) -> HoldShown:
    """Return a hold in words."""
    named = tuple(say("class", name, language_of(request)) for name in sorted(row.classes))
    return HoldShown(row, act.brand, whose, named, gettext(BASES[row.basis]), row.opened_by == act.actor)


def _person_page(request: HttpRequest, row: AccountRow, *, problem: str = "") -> HttpResponse:
    """Draw one person's holds, with the form for another."""
    act, language = _act(request, row.brand), language_of(request)
    classes = sorted(policy_for(row.brand, row.subject, act.at).retention)
    context = {
        "row": row,
        "shop": brand(row.brand),
        "holds": [_one(request, act, each, row) for each in vault.holds_of(act, row.subject)],
        "classes": [(name, say("class", name, language)) for name in classes],
        "bases": [(word, gettext(text)) for word, text in BASES.items()],
        "sent": request.POST,
        "chosen": request.POST.getlist("classes"),
        "most": vault.LONGEST.days,
        "problem": problem,
    }
    return show(request, "staff/holds_person.html", context, status=422 if problem else 200)


def _deed(word: str, view: Callable[..., HttpResponse]) -> object:
    """Return the address of a deed on one hold."""
    return path(f"holds/<slug:shop>/<uuid:hold>/{word}/", view, name=f"staff_hold_{word}")


hold_urls = [
    path("holds/", hold_list, name="staff_holds"),
    path("holds/of/<uuid:account_id>/", hold_person, name="staff_hold_person"),
    _deed("approve", hold_approve),
    _deed("review", hold_review),
    _deed("end", hold_end),
]
"""Under /staff/."""
