"""What the customer told us at sign-up, shown and corrected; nothing more is asked than was then."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.fields import ADDRESS, ADDRESS_INPUTS, PASSWORD, PolicyForm, blank_form
from hostkeep.faces.ui.forgery import TOKEN
from hostkeep.faces.ui.pages import language_of, posted, reader_of, show
from hostkeep.faces.ui.reading import UndeclaredField, read_form
from hostkeep.faces.ui.words import LANGUAGES
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId, PurposeId
from hostkeep.people.actions.correcting import choose_language, correct_values
from hostkeep.people.queries import AccountRow
from hostkeep.policy.book import Form, Policy
from hostkeep.vault import door

EMAIL = CategoryId("email")
ACCOUNT = PurposeId("account")
HERE = "/account/profile/"


@require_http_methods(["GET", "HEAD", "POST"])
@customers_only
def profile(request: HttpRequest) -> HttpResponse:
    """Show the profile; with a post, correct it."""
    account = account_of(request)
    act = act_of(request, role="customer", purpose=ACCOUNT)
    policy: Policy = request.policy  # type: ignore[attr-defined]
    form = correctable(policy)
    known = known_values(act, account, policy)
    if request.method != "POST":
        drawn = blank_form(policy, form, language=language_of(request), values=as_inputs(known))
        return _page(request, drawn, account, known)
    drawn = read_form(policy, form, posted(request), reader=reader_of(request), also=(TOKEN,))
    if drawn.answers is None:
        return _page(request, drawn, account, known, status=422)
    changed = changes(form, known, drawn.answers.values)
    if changed:
        correct_values(act, subject=account.subject, values=changed)
    messages.success(request, gettext("Saved.") if changed else gettext("Nothing was changed."))
    return HttpResponseRedirect(HERE)


@require_POST
@customers_only
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language of pages and mails."""
    account = account_of(request)
    chosen = request.POST.get("language", "")
    if chosen not in request.brand.languages or chosen not in LANGUAGES:  # type: ignore[attr-defined]
        raise UndeclaredField(field="language")
    act = act_of(request, role="customer", purpose=ACCOUNT)
    choose_language(act, account=account.id, language=chosen)
    return HttpResponseRedirect(f"{HERE}?lang={chosen}")


def correctable(policy: Policy) -> Form:
    """Return the sign-up form without what is changed elsewhere: address of the login, password, boxes."""
    signup = policy.forms["signup"]
    fields = tuple(
        field
        for field in signup.fields
        if field.category not in {EMAIL, PASSWORD} and (field.category, ACCOUNT, "customer") in policy.table
    )
    return replace(signup, fields=fields, statements=(), choices=())


def known_values(act: Act, account: AccountRow, policy: Policy) -> Mapping[CategoryId, str]:
    """Return what the vault keeps of the profile, by category: the customer's own, through the door."""
    categories = [field.category for field in correctable(policy).fields]
    if (EMAIL, act.purpose, act.role) in policy.table:
        categories.append(EMAIL)
    found = door.reveal_many(act, wishes=[door.Wish(account.subject, category) for category in categories])
    return {wish.category: sealed.open() for wish, sealed in found.items() if sealed is not None}


def as_inputs(known: Mapping[CategoryId, str]) -> Mapping[str, str]:
    """Return values by the names of their inputs: an address falls into its five."""
    inputs = {str(category): value for category, value in known.items() if category != ADDRESS}
    parts = json.loads(known.get(ADDRESS, "{}"))
    return inputs | {name: str(parts.get(name, "")) for name in ADDRESS_INPUTS}


def changes(
    form: Form, known: Mapping[CategoryId, str], answers: Mapping[CategoryId, str]
) -> Mapping[CategoryId, str]:
    """Return what differs from what is known, by category; an empty text where a value was taken away."""
    wanted = {field.category: answers.get(field.category, "") for field in form.fields}
    return {category: value for category, value in wanted.items() if value != known.get(category, "")}


def _page(
    request: HttpRequest,
    form: PolicyForm,
    account: AccountRow,
    known: Mapping[CategoryId, str],
    status: int = 200,
) -> HttpResponse:
    """Draw the page."""
    context = {
        "form": form,
        "account": account,
        "email": known.get(EMAIL, ""),
        "languages": [(c, LANGUAGES[c]) for c in request.brand.languages if c in LANGUAGES],  # type: ignore[attr-defined]
    }
    return show(request, "client/profile.html", context, status=status)
