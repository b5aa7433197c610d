"""One kind of what is held beside the sealed values, on request: record by record, as the copy has it."""

from __future__ import annotations

from itertools import islice

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from hostkeep.brands.applying import policy_for
from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.client.asked import shown_when_asked
from hostkeep.faces.client.held_facts import Back, HeldFact, fact_of_kind, fact_of_own, held_back, own_of
from hostkeep.faces.client.held_kinds import KINDS, OWN_KINDS
from hostkeep.faces.client.held_words import Group, Reader, groups_of
from hostkeep.faces.client.security import user_of
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.flows.exporting.kinds import TRADE, tallies_of
from hostkeep.flows.exporting.own import OWN, Whose
from hostkeep.kernel.act import Act
from hostkeep.policy.book import Policy
from hostkeep.runtime.counting import Tally

MOST = 50
"""Records on the page; all of them are in the copy."""


@require_safe
@customers_only
def held_own(request: HttpRequest) -> HttpResponse:
    """List every kind that stands beside the account; it counts too much for the page of all facts."""
    act = act_of(request, role="customer", purpose="rights")
    account, language = account_of(request), language_of(request)
    policy = policy_for(act.brand, account.subject, act.at)
    zone = request.brand.zone  # type: ignore[attr-defined]
    back = held_back(act, account=account, zone=zone, language=language)
    own = own_of(act, Whose(account, user_of(request), policy), language, back)
    return show(request, "client/held_own.html", {"own": own})


@customers_only
@shown_when_asked
def held_records(request: HttpRequest, name: str) -> HttpResponse:
    """Show what is kept of one kind; a post shows the records too.  What is not kept has no page."""
    act = act_of(request, role="customer", purpose="rights")
    account, language = account_of(request), language_of(request)
    policy = policy_for(act.brand, account.subject, act.at)
    whose = Whose(account, user_of(request), policy)
    tally = OWN[name].count(act, whose) if name in OWN else tallies_of(account.id).get(name)
    if tally is None or not tally.count:
        raise Http404
    reader = Reader(language, request.brand.zone)  # type: ignore[attr-defined]
    called = OWN_KINDS[name] if name in OWN else KINDS[name]
    opened = request.method == "POST"
    back = held_back(act, account=account, zone=reader.zone, language=language)
    context = {
        "name": name,
        "label": gettext(called.label),
        "fact": _fact(policy, name, tally, language, back),
        "page": called.page,
        "opened": opened,
        "records": _records(act, name, whose, reader) if opened else [],
        "more": max(0, tally.count - MOST),
    }
    return show(request, "client/held_records.html", context)


def _fact(policy: Policy, name: str, tally: Tally, language: str, back: Back) -> HeldFact:
    """Return what is said of a kind."""
    if name in OWN:
        return fact_of_own(policy, OWN[name], tally, language, back)
    return fact_of_kind(policy, TRADE[name], tally, language, back)


def _records(act: Act, name: str, whose: Whose, reader: Reader) -> list[tuple[Group, ...]]:
    """Gather the newest records, each in groups of lines."""
    own = OWN.get(name)
    rows = own.gather(act, whose) if own else TRADE[name].gather(act, whose.account.id, MOST)
    return [groups_of(row, reader) for row in islice(rows, MOST)]


held_records_urls = [
    path("privacy/records/", held_own, name="held_own"),
    path("privacy/records/<slug:name>/", held_records, name="held_records"),
]
"""Under /account/."""
