"""Consents: what the customer said yes to and how to take it back, what else could be agreed to; receipts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from hostkeep.brands.queries import BrandRow, policy_by_digest
from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.client.security import user_of
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.forgery import TOKEN
from hostkeep.faces.ui.forgetting import forget_cookies
from hostkeep.faces.ui.pages import language_of, posted, show
from hostkeep.faces.ui.reading import UndeclaredField
from hostkeep.faces.ui.words import said
from hostkeep.flows import agreeing
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import PurposeId
from hostkeep.people.queries import acceptances_of
from hostkeep.policy import receipts
from hostkeep.policy.book import Policy
from hostkeep.policy.consent import Matter, asked_by_cookie, matter_of, matters_of
from hostkeep.policy.render.wording import say_categories
from hostkeep.policy.vocabulary.terms import say, terms
from hostkeep.runtime.addresses import brand_url
from hostkeep.vault import consenting
from hostkeep.vault.consents import ConsentRow, consents_of, standing_now

HERE = "/account/privacy/consents/"
KEYS = frozenset({"purpose", "recipient", "digest", TOKEN})
TONES: Mapping[str, str] = {"given": "ok", "refused": "bad"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A consent as the page shows it.

    what     its label; about: the data it is about; why: of a recipient, what it is for
    state    a word of the vocabulary, with the tone of its badge
    history  what was said, for the timeline, newest first
    """

    row: ConsentRow
    what: str
    why: str
    about: tuple[str, ...]
    state: str
    tone: str
    history: tuple[Mapping[str, Any], ...]

    @property
    def stands(self) -> bool:
        """Whether there is something to take back."""
        return self.row.state == "given"


@dataclass(frozen=True, slots=True)
class Offered:
    """Something that could be agreed to.  here: on this page; else it is asked where it is needed."""

    matter: Matter
    what: str
    why: str
    about: tuple[str, ...]
    here: bool


@require_safe
@customers_only
def consents(request: HttpRequest) -> HttpResponse:
    """List consents given, refused and taken back, and what else the policy would ask a consent for."""
    account, language = account_of(request), language_of(request)
    rows = consents_of(_act(request), subject=account.subject)
    policy: Policy = request.policy  # type: ignore[attr-defined]
    standing = standing_now(rows)
    context = {
        "shown": [_shown(row, language) for row in rows],
        "offered": [
            _offered(policy, matter, language)
            for matter in matters_of(policy)
            if (matter.purpose, matter.recipient) not in standing
        ],
    }
    return show(request, "client/consents.html", context)


@require_POST
@customers_only
def agree(request: HttpRequest) -> HttpResponse:
    """Say yes to one purpose or one recipient, under the version that the page showed.

    Raises UndeclaredField, consenting.NotAskedFor, and Http404 for what is asked elsewhere, as at login.
    """
    purpose, recipient = _named(request)
    policy: Policy = request.policy  # type: ignore[attr-defined]
    matter = matter_of(policy, purpose, recipient)
    if matter is not None and asked_by_cookie(policy, matter):
        raise Http404
    if matter is not None and request.POST.get("digest", "") != policy.digest:
        messages.warning(request, gettext("The policy has changed since. Please read it again."))
        return HttpResponseRedirect(HERE)
    agreeing.agree(
        _act(request), subject=account_of(request).subject, purpose=purpose, recipient=recipient,
        how="client_area", language=language_of(request),
    )  # fmt: skip
    messages.success(request, gettext("Noted. You can take it back here at any time."))
    return HttpResponseRedirect(HERE)


@require_POST
@customers_only
def take_back(request: HttpRequest) -> HttpResponse:
    """Take a yes back, with all that hangs on it; sent twice, it is done once.  Raises UndeclaredField."""
    purpose, recipient = _named(request)
    act, subject, language = _act(request), account_of(request).subject, language_of(request)
    policy: Policy = request.policy  # type: ignore[attr-defined]
    try:
        if agreeing.is_staying(policy, purpose) and not recipient:
            agreeing.stop_staying(act, user=user_of(request), subject=subject, language=language)
        else:
            agreeing.take_back(
                act, subject=subject, purpose=purpose, recipient=recipient,
                how="client_area", language=language,
            )  # fmt: skip
    except consenting.NoneStands:
        messages.info(request, gettext("It was taken back before."))
    else:
        messages.success(request, gettext("Taken back. It holds from this moment on."))
    response = HttpResponseRedirect(HERE)
    if not recipient:
        forget_cookies(request, response, purpose)
    return response


@require_safe
@customers_only
def consent_receipt(request: HttpRequest, record: UUID) -> HttpResponse:
    """Give the receipt of one consent.  Another customer's does not exist."""
    account = account_of(request)
    rows = consents_of(_act(request), subject=account.subject)
    row = next((each for each in rows if each.record == record), None)
    if row is None:
        raise Http404
    told = receipts.Consent(
        record=row.record, principal=account.number, purpose=row.purpose, recipient=row.recipient,
        clause=row.clause, until=row.until, events=row.words,
    )  # fmt: skip
    body = receipts.consent_receipt(policy_by_digest(row.shown.digest), told, _pages(request))
    return _download(body, f"consent-{record}.json")


@require_safe
@customers_only
def notice_receipt(request: HttpRequest, record: UUID) -> HttpResponse:
    """Give the receipt of what the customer was shown or ticked.  Another customer's does not exist."""
    account = account_of(request)
    row = next((each for each in acceptances_of(account.subject) if each.id == record), None)
    if row is None:
        raise Http404
    told = receipts.Shown(
        record=row.id, principal=account.number, what=row.what, form=row.form, version=row.version,
        digest=row.digest, at=row.at,
    )  # fmt: skip
    body = receipts.notice_receipt(policy_by_digest(row.digest), told, _pages(request))
    return _download(body, f"notice-{record}.json")


def _act(request: HttpRequest) -> Act:
    """Return the customer's act for their own rights."""
    return act_of(request, role="customer", purpose="rights")


def _named(request: HttpRequest) -> tuple[PurposeId, str]:
    """Read what the post is about.  Raises UndeclaredField."""
    given = posted(request)
    for key in given:
        if key not in KEYS:
            policy: Policy = request.policy  # type: ignore[attr-defined]
            raise UndeclaredField(field="?", clause=policy.closed_by.get("use", ""))
    return PurposeId(_one(given, "purpose").replace("\0", "")), _one(given, "recipient").replace("\0", "")


def _one(given: Mapping[str, Any], key: str) -> str:
    """Return the one value of a key, or an empty text."""
    values = given.get(key, ())
    return str(values[0]) if len(values) == 1 else ""


def _shown(row: ConsentRow, language: str) -> Shown:
    """Lay out a consent in the words of the version that was shown."""
    policy = policy_by_digest(row.shown.digest)
    matter = matter_of(policy, row.purpose, row.recipient)
    history = tuple(
        {
            "title": say("consent", word.state, language),
            "at": word.at,
            "tone": TONES.get(word.state, ""),
            "text": say("consent_place", word.how, language) if word.how in terms("consent_place") else "",
        }
        for word in reversed(row.words)
    )
    return Shown(
        row=row,
        what=said(matter.label, language) if matter else str(row.purpose),
        why=_why(policy, row.purpose, language) if row.recipient else "",
        about=say_categories(policy, matter.categories, language) if matter else (),
        state=say("consent", row.state, language),
        tone=TONES.get(row.state, ""),
        history=history,
    )


def _offered(policy: Policy, matter: Matter, language: str) -> Offered:
    """Lay out what could be agreed to."""
    about = say_categories(policy, matter.categories, language)
    why = _why(policy, matter.purpose, language) if matter.recipient else ""
    return Offered(matter, said(matter.label, language), why, about, not asked_by_cookie(policy, matter))


def _why(policy: Policy, purpose: PurposeId, language: str) -> str:
    """Name a purpose."""
    known = policy.purposes.get(purpose)
    return said(known.label, language) if known else str(purpose)


def _pages(request: HttpRequest) -> receipts.Pages:
    """Return where the notice stands, and where a consent is taken back."""
    brand: BrandRow = request.brand  # type: ignore[attr-defined]
    return receipts.Pages(
        notice=brand_url(brand.host, "/privacy/"),
        withdraw=brand_url(brand.host, HERE),
        rights=brand_url(brand.host, "/account/privacy/"),
    )


def _download(body: Mapping[str, Any], name: str) -> HttpResponse:
    """Answer with a file of JSON that nobody keeps on the way."""
    text = json.dumps(body, ensure_ascii=False, indent=2)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


consent_urls = [
    path("privacy/consents/", consents, name="consents"),
    path("privacy/consents/agree/", agree, name="consent_agree"),
    path("privacy/consents/withdraw/", take_back, name="consent_withdraw"),
    path("privacy/consents/<uuid:record>.json", consent_receipt, name="consent_receipt"),
    path("privacy/acceptances/<uuid:record>.json", notice_receipt, name="notice_receipt"),
]
