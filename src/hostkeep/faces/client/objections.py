"""Objecting to a use of one's data, restricting all such uses, and taking either back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from hostkeep.brands.applying import policy_for
from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.forgery import TOKEN
from hostkeep.faces.ui.pages import language_of, posted, show
from hostkeep.faces.ui.reading import UndeclaredField
from hostkeep.faces.ui.words import said
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import PurposeId, SubjectId
from hostkeep.policy.book import Policy, Purpose
from hostkeep.policy.objection import objectable
from hostkeep.policy.render.wording import say_categories
from hostkeep.vault import objecting
from hostkeep.vault.objections import RESTRICTION, objections_of

HERE = "/account/privacy/objections/"
HOW = "client_area"


@dataclass(frozen=True, slots=True)
class Use:
    """A use that can be objected to.  about: the data it reads.  since: of a standing objection, or None."""

    purpose: PurposeId
    label: str
    about: tuple[str, ...]
    since: datetime | None


@require_safe
@customers_only
def objections(request: HttpRequest) -> HttpResponse:
    """List what rests on our interest, and what the customer objects to."""
    act, subject, language = _act(request), account_of(request).subject, language_of(request)
    policy = policy_for(act.brand, subject, act.at)
    rows = objections_of(act, subject=subject)
    standing = {row.purpose: row.at for row in rows if row.ended_at is None}
    context = {
        "uses": [_use(policy, each, standing.get(each.id), language) for each in objectable(policy)],
        "restricted": standing.get(RESTRICTION),
        "can_object": policy.duties.rights.get("object"),
        "can_restrict": policy.duties.rights.get("restrict"),
    }
    return show(request, "client/objections.html", context)


@require_POST
@customers_only
def make(request: HttpRequest) -> HttpResponse:
    """Object to one purpose.  Raises NothingToObject, UndeclaredField."""
    act, subject = _act(request), account_of(request).subject
    objecting.object_to(act, subject=subject, purpose=_purpose(request), how=HOW)
    return _done(request, gettext("Stopped. It holds from this moment on."))


@require_POST
@customers_only
def restrict(request: HttpRequest) -> HttpResponse:
    """Restrict all uses that can be objected to.  Raises NothingToObject, UndeclaredField."""
    _purpose(request)
    objecting.restrict(_act(request), subject=account_of(request).subject, how=HOW)
    return _done(request, gettext("Restricted. Only what you keep running, the law and claims go on."))


@require_POST
@customers_only
def take_back(request: HttpRequest) -> HttpResponse:
    """End an objection or the restriction; sent twice, it is done once.  Raises UndeclaredField."""
    return _ended(request, _purpose(request))


@require_POST
@customers_only
def lift(request: HttpRequest) -> HttpResponse:
    """End the restriction.  Raises UndeclaredField."""
    _purpose(request)
    return _ended(request, RESTRICTION)


def _ended(request: HttpRequest, purpose: PurposeId) -> HttpResponse:
    """End one that stands, and say so either way."""
    subject: SubjectId = account_of(request).subject
    end: Callable[..., object] = objecting.take_back
    try:
        end(_act(request), subject=subject, purpose=purpose)
    except objecting.NoObjection:
        return _done(request, gettext("It was taken back before."))
    return _done(request, gettext("Taken back. It may be used for this again."))


def _act(request: HttpRequest) -> Act:
    """Return the customer's act for their own rights."""
    return act_of(request, role="customer", purpose="rights")


def _purpose(request: HttpRequest) -> PurposeId:
    """Read which purpose the post is about.  Raises UndeclaredField."""
    given = posted(request)
    if not set(given) <= {"purpose", TOKEN}:
        policy: Policy = request.policy  # type: ignore[attr-defined]
        raise UndeclaredField(field="?", clause=policy.closed_by.get("use", ""))
    return PurposeId(next(iter(given.get("purpose", ())), "").replace("\0", ""))


def _done(request: HttpRequest, sentence: str) -> HttpResponse:
    """Say it on the page."""
    messages.success(request, sentence)
    return HttpResponseRedirect(HERE)


def _use(policy: Policy, purpose: Purpose, since: datetime | None, language: str) -> Use:
    """Lay out one use."""
    read = sorted({category for category, named, _ in policy.table if named == purpose.id})
    return Use(purpose.id, said(purpose.label, language), say_categories(policy, read, language), since)


objection_urls = [
    path("privacy/objections/", objections, name="objections"),
    path("privacy/objections/make/", make, name="objection_make"),
    path("privacy/objections/take-back/", take_back, name="objection_take_back"),
    path("privacy/objections/restrict/", restrict, name="restrict"),
    path("privacy/objections/lift/", lift, name="restriction_lift"),
]
"""Under /account/."""
