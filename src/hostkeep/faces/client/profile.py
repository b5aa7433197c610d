"""What the customer told us at sign-up, shown and corrected; nothing more is asked than was then."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.fields import PolicyForm, blank_form
from hostkeep.faces.ui.forgery import TOKEN
from hostkeep.faces.ui.pages import language_of, posted, reader_of, show
from hostkeep.faces.ui.profiles import ACCOUNT, EMAIL, as_inputs, changes, correctable, known_values
from hostkeep.faces.ui.reading import UndeclaredField, read_form
from hostkeep.faces.ui.words import LANGUAGES
from hostkeep.kernel.ids import CategoryId
from hostkeep.people.actions.correcting import choose_language, correct_values
from hostkeep.people.queries import AccountRow
from hostkeep.policy.book import Policy

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
