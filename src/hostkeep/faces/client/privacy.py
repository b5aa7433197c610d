"""What is held about the customer, what they were shown, and which mail they want."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.client.held_facts import facts_of, held_back, trade_of
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.forgery import TOKEN
from hostkeep.faces.ui.pages import language_of, posted, show
from hostkeep.faces.ui.reading import TICKED, UndeclaredField
from hostkeep.faces.ui.words import said
from hostkeep.kernel.words import gettext_noop
from hostkeep.messaging.actions.choosing import stop_stream, want_stream
from hostkeep.messaging.queries import preferences_of
from hostkeep.people.queries import acceptances_of
from hostkeep.policy.book import Policy
from hostkeep.policy.consent import matter_of
from hostkeep.policy.duties import Right
from hostkeep.policy.objection import stopped_by
from hostkeep.policy.vocabulary.terms import say
from hostkeep.vault.consents import ConsentRow, consents_of
from hostkeep.vault.objections import standing

HERE = "/account/privacy/"
WAYS: Mapping[str, str] = {
    "access": "#held",
    "correct": "/account/profile/",
    "erase": "/account/privacy/close/",
    "restrict": "/account/privacy/objections/",
    "export": "/account/privacy/export/",
    "object": "/account/privacy/objections/",
    "opt_out": "#messages",
    "withdraw": "/account/privacy/consents/",
    "hand_over": "/account/privacy/content/",
}
"""Where a right is exercised."""

STORAGE_NOTICE = gettext_noop("You were told what is stored when you signed up.")


@require_safe
@customers_only
def privacy(request: HttpRequest) -> HttpResponse:
    """Show what is held, why and until when; what was accepted; what mail is wanted."""
    account, language = account_of(request), language_of(request)
    policy: Policy = request.policy  # type: ignore[attr-defined]
    act = act_of(request, role="customer", purpose="rights")
    accepted = acceptances_of(account.subject)
    streams = preferences_of(account.subject, policy=policy)
    back = held_back(act, account=account, zone=request.brand.zone, language=language)  # type: ignore[attr-defined]
    facts = facts_of(
        act, account=account, policy=policy, accepted=accepted,
        chosen=sum(row.chosen for row in streams), language=language, back=back,
    )  # fmt: skip
    trade = trade_of(account, policy, language, back)
    context = {
        "facts": facts,
        "trade": trade,
        "kinds": len({fact.category for fact in facts}) + len(trade),
        "accepted": [(row, _statement(policy, row.what, language)) for row in accepted],
        "standing": _standing(policy, consents_of(act, subject=account.subject), language),
        "offered": [row for row in streams if row.can_stop],
        "stopped": _stopped(policy, standing([account.subject]).get(account.subject, frozenset())),
        "always": [row for row in streams if not row.can_stop],
        "rights": [(say("right", r.id, language), r.clause, _way(r)) for r in policy.duties.rights.values()],
        "hands_over": "hand_over" in policy.duties.rights,
        "contact": policy.controller.get("contact", ""),
    }
    return show(request, "client/privacy.html", context)


@require_POST
@customers_only
def choose(request: HttpRequest) -> HttpResponse:
    """Note which streams the customer wants.  Raises UndeclaredField for one that is not theirs to switch."""
    account = account_of(request)
    policy: Policy = request.policy  # type: ignore[attr-defined]
    act = act_of(request, role="customer", purpose="account")
    streams = {row.stream: row for row in preferences_of(account.subject, policy=policy) if row.can_stop}
    wanted = _wanted(request, policy, frozenset(streams))
    changed = [stream for stream, row in streams.items() if wanted[stream] != row.wanted]
    for stream in changed:
        deed = want_stream if wanted[stream] else stop_stream
        deed(act, subject=account.subject, stream=stream, how="client_area", language=language_of(request))
    messages.success(request, gettext("Saved.") if changed else gettext("Nothing was changed."))
    return HttpResponseRedirect(f"{HERE}#messages")


def _wanted(request: HttpRequest, policy: Policy, streams: frozenset[str]) -> Mapping[str, bool]:
    """Read the switches.  Raises UndeclaredField, naming the clause on messages."""
    given = posted(request)
    for key in given:
        if key not in streams and key != TOKEN:
            known = key if key in policy.streams else "?"
            raise UndeclaredField(field=known, clause=policy.closed_by.get("communicate", ""))
    return {stream: any(value.lower() in TICKED for value in given.get(stream, ())) for stream in streams}


def _way(right: Right) -> str:
    """Return where a right is exercised: a page, or the mailbox that the policy names."""
    return WAYS[right.id] if right.how == "client_area" else f"mailto:{right.mailbox}"


def _standing(policy: Policy, rows: Iterable[ConsentRow], language: str) -> list[tuple[str, str]]:
    """Name the consents that stand, with the clause that asked for each."""
    found = ((matter_of(policy, row.purpose, row.recipient), row) for row in rows if row.state == "given")
    return [(said(matter.label, language) if matter else row.purpose, row.clause) for matter, row in found]


def _stopped(policy: Policy, objections: frozenset[str]) -> frozenset[str]:
    """Return the streams that an objection or the restriction stops, whatever was chosen."""
    return frozenset(s.id for s in policy.streams.values() if stopped_by(policy, s.purpose, objections))


def _statement(policy: Policy, what: str, language: str) -> str:
    """Return what was ticked, in the words of the policy in force, else its id."""
    for form in policy.forms.values():
        for statement in form.statements:
            if statement.id == what:
                return said(statement.text, language)
    return gettext(STORAGE_NOTICE) if what == "storage_notice" else what
