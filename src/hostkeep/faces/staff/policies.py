"""Policies in the back office: versions and their notices, a draft, its weight, signatures, announcing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from hostkeep.brands.actions.announcing import (
    ANSWERABLE,
    SIGNERS,
    announce_policy,
    drop_draft,
    save_draft,
    sign_spelling,
    want_telling,
)
from hostkeep.brands.preparing import (
    DraftRow,
    TellingRow,
    adapters_of,
    draft_of,
    has_signed,
    signers_of,
    source_of,
    tellings_of,
)
from hostkeep.brands.queries import BrandRow, VersionRow, all_brands, brand, policy_by_digest, versions_of
from hostkeep.brands.rules.notice import earliest
from hostkeep.brands.rules.versions import State, state_of
from hostkeep.faces.signin.confirming import confirm_first, confirmed_lately
from hostkeep.faces.staff.access import NotYourRoom, role_of, staff_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.words import gettext_noop
from hostkeep.people.queries import canary_of_brand
from hostkeep.policy.changes import weigh
from hostkeep.policy.compile import check_policy, compile_policy
from hostkeep.policy.errors import Problem
from hostkeep.policy.render.changes import ChangeGroup, say_changes

BIGGEST = 300_000
"""Characters of a policy that are looked at; the compiler's own bound is lower."""


class NoDay(Foreseen):
    """What was typed as a day is none."""

    code = "staff.policy.no_day"
    title = gettext_noop("This is not a day and time we can read.")
    status = 422


@dataclass(frozen=True, slots=True)
class Shown:
    """A version with its state, and how far its customers were told; None where nobody is to be."""

    row: VersionRow
    state: State
    telling: TellingRow | None


@dataclass(frozen=True, slots=True)
class Weighed:
    """A draft against the version in force.

    groups    what it changes
    weight    "minor", "reworded" (material until signed), "spelling" (signed) or "material"
    signers   how many people signed that only spelling changed
    mine      whether the reader is one of them
    first     the earliest moment at which it may apply
    """

    row: DraftRow
    groups: tuple[ChangeGroup, ...]
    weight: str
    signers: int
    mine: bool
    first: datetime


@require_safe
@staff_only("policies")
def policy_list(request: HttpRequest) -> HttpResponse:
    """List the brands with the version in force and what is announced or drafted."""
    act = _act(request)
    rows = [(row, _newest(row, act.at), draft_of(row.id)) for row in all_brands()]
    return show(request, "staff/policies.html", {"rows": rows})


@require_safe
@staff_only("policies")
def policy_one(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one brand's versions and its draft."""
    return _page(request, brand(BrandId(slug)))


@require_POST
@staff_only("policies")
def draft(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep a draft, or say what is wrong with it; nothing typed is lost."""
    row, act = brand(BrandId(slug)), _answerable(request)
    if "drop" in request.POST:
        drop_draft(act.of_brand(row.id), brand=row.id)
        return HttpResponseRedirect(f"/staff/policies/{row.id}/")
    typed = request.POST.get("source", "")[:BIGGEST].replace("\r\n", "\n")
    problems = check_policy(typed, file="policy.yaml", installed=adapters_of(row.id))
    if any(each.level != "weak" for each in problems):
        return _page(request, row, typed=typed, problems=problems, status=422)
    save_draft(act.of_brand(row.id), brand=row.id, source=typed)
    messages.success(request, gettext("The draft is saved. It binds nobody yet."))
    return HttpResponseRedirect(f"/staff/policies/{row.id}/#draft")


@require_POST
@staff_only("policies")
def sign(request: HttpRequest, slug: str) -> HttpResponse:
    """Sign that in the draft only spelling changed."""
    row, act = brand(BrandId(slug)), _answerable(request)
    if not confirmed_lately(request):
        return confirm_first(f"/staff/policies/{row.id}/")
    kept = draft_of(row.id)
    if kept is not None and kept.digest == request.POST.get("digest"):
        signed = sign_spelling(act.of_brand(row.id), brand=row.id, source=kept.source)
        told = gettext("Signed. %(signers)s of %(needed)s people have signed.")
        messages.success(request, told % {"signers": signed.signers, "needed": SIGNERS})
    return HttpResponseRedirect(f"/staff/policies/{row.id}/#draft")


@require_POST
@staff_only("policies")
def announce(request: HttpRequest, slug: str) -> HttpResponse:
    """Announce the draft that was shown; another one that came meanwhile is not."""
    row, act = brand(BrandId(slug)), _answerable(request)
    if not confirmed_lately(request):
        return confirm_first(f"/staff/policies/{row.id}/")
    kept = draft_of(row.id)
    if kept is None or kept.digest != request.POST.get("digest"):
        messages.error(request, gettext("The draft has changed in the meantime. Look at it again."))
        return HttpResponseRedirect(f"/staff/policies/{row.id}/#draft")
    made = announce_policy(
        act.of_brand(row.id),
        brand=row.id,
        source=kept.source,
        effective_at=_day(request.POST.get("effective", ""), row.zone),
        weighed="material" if "material" in request.POST else "as_computed",
    )
    if "tell" in request.POST:
        want_telling(act.of_brand(row.id), brand=row.id, version=made.version)
    messages.success(request, gettext("Version %(number)s is announced.") % {"number": made.version})
    return HttpResponseRedirect(f"/staff/policies/{row.id}/")


@require_POST
@staff_only("policies")
def tell(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Write to every customer about a version, though the policy does not demand it."""
    row, act = brand(BrandId(slug)), _answerable(request)
    want_telling(act.of_brand(row.id), brand=row.id, version=number)
    messages.success(request, gettext("Every customer is being written to."))
    return HttpResponseRedirect(f"/staff/policies/{row.id}/")


def _page(
    request: HttpRequest,
    row: BrandRow,
    *,
    typed: str = "",
    problems: tuple[Problem, ...] = (),
    status: int = 200,
) -> HttpResponse:
    """Show one brand's page."""
    act = _act(request)
    kept = draft_of(row.id)
    newest = versions_of(row.id)[0]
    context = {
        "shop": row,
        "versions": _versions(row, act.at),
        "weighed": _weigh(act, kept, language_of(request)) if kept and not typed else None,
        "source": typed or (kept.source if kept else source_of(row.id, newest.version)),
        "problems": sorted(problems, key=lambda each: each.level == "weak"),
        "may_write": act.role in ANSWERABLE,
        "needed": SIGNERS,
    }
    return show(request, "staff/policies_one.html", context, status=status)


def _versions(row: BrandRow, at: datetime) -> list[Shown]:
    """Return a brand's versions, newest first."""
    canary = canary_of_brand(row.id)
    rows, told = versions_of(row.id), tellings_of(row.id, without=[canary.subject] if canary else ())
    return [Shown(each, state_of(each, rows, at), told.get(each.version)) for each in rows]


def _newest(row: BrandRow, at: datetime) -> list[Shown]:
    """Return what is announced, the version in force and the one before it."""
    shown = _versions(row, at)
    coming = sum(each.row.effective_at > at for each in shown)
    return shown[: coming + 2]


def _weigh(act: Act, kept: DraftRow, language: str) -> Weighed:
    """Compare a draft with the version in force."""
    held = next(row for row in versions_of(kept.brand) if row.effective_at <= act.at)
    old = policy_by_digest(held.digest)
    new = compile_policy(kept.source, file="policy.yaml")
    found = weigh(old, new)
    about = {"digest": kept.digest, "against": held.digest}
    signers = signers_of(kept.brand, **about)
    weight = "material" if found.beyond_wording else "minor"
    if found.material and not found.beyond_wording:
        weight = "spelling" if signers >= SIGNERS else "reworded"
    return Weighed(
        row=kept,
        groups=say_changes(old, new, language),
        weight=weight,
        signers=signers,
        mine=has_signed(kept.brand, signer=act.actor, **about),
        first=earliest(old.notice, act.at, material=weight in {"material", "reworded"}),
    )


def _day(typed: str, zone: str) -> datetime | None:
    """Read a day and time of a form, in the brand's zone; None where nothing is typed.  Raises NoDay."""
    if not typed.strip():
        return None
    try:
        found = datetime.fromisoformat(typed.strip())
    except ValueError:
        raise NoDay from None
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))


def _act(request: HttpRequest) -> Act:
    """Return the act of the staff member."""
    return act_of(request, role=role_of(request), purpose="site_administration")


def _answerable(request: HttpRequest) -> Act:
    """Return the act of a staff member who answers for policies.  Raises NotYourRoom."""
    act = _act(request)
    if act.role not in ANSWERABLE:
        raise NotYourRoom
    return act


policy_urls = [
    path("policies/", policy_list, name="staff_policies"),
    path("policies/<slug:slug>/", policy_one, name="staff_policy"),
    path("policies/<slug:slug>/draft/", draft, name="staff_policy_draft"),
    path("policies/<slug:slug>/sign/", sign, name="staff_policy_sign"),
    path("policies/<slug:slug>/announce/", announce, name="staff_policy_announce"),
    path("policies/<slug:slug>/versions/<int:number>/tell/", tell, name="staff_policy_tell"),
]
"""Under /staff/."""
