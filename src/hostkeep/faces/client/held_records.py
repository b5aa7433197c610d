"""One kind of what came of ordering and paying, on request: record by record, as the copy has it."""

from __future__ import annotations

from itertools import islice

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext

from hostkeep.brands.applying import policy_for
from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.client.asked import shown_when_asked
from hostkeep.faces.client.held_facts import fact_of_kind, held_back
from hostkeep.faces.client.held_kinds import KINDS
from hostkeep.faces.client.held_words import Group, Reader, groups_of
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.flows.exporting.kinds import TRADE, tallies_of
from hostkeep.flows.exporting.trading import Kind
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId

MOST = 50
"""Records on the page; all of them are in the copy."""


@customers_only
@shown_when_asked
def held_records(request: HttpRequest, name: str) -> HttpResponse:
    """Show what is kept of one kind; a post shows the records too.  What is not kept has no page."""
    act = act_of(request, role="customer", purpose="rights")
    account, language = account_of(request), language_of(request)
    tally = tallies_of(account.id).get(name)
    if tally is None:
        raise Http404
    policy = policy_for(act.brand, account.subject, act.at)
    reader = Reader(language, request.brand.zone)  # type: ignore[attr-defined]
    opened = request.method == "POST"
    back = held_back(act, account=account, zone=reader.zone, language=language)
    context = {
        "name": name,
        "label": gettext(KINDS[name].label),
        "fact": fact_of_kind(policy, TRADE[name], tally, language, back),
        "page": KINDS[name].page,
        "opened": opened,
        "records": _records(act, TRADE[name], account.id, reader) if opened else [],
        "more": max(0, tally.count - MOST),
    }
    return show(request, "client/held_records.html", context)


def _records(act: Act, kind: Kind, account: AccountId, reader: Reader) -> list[tuple[Group, ...]]:
    """Gather the newest records, each in groups of lines."""
    return [groups_of(row, reader) for row in islice(kind.gather(act, account, MOST), MOST)]


held_records_urls = [path("privacy/records/<slug:name>/", held_records, name="held_records")]
"""Under /account/."""
