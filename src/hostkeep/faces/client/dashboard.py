"""The account's first page: what runs, what is due, what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from hostkeep.billing.queries.invoices import InvoiceRow, InvoiceTold
from hostkeep.billing.queries.unpaid import unpaid_of
from hostkeep.brands.applying import untold
from hostkeep.brands.queries import VersionRow, versions_of
from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.signin.factors import factors_of
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.amounts import money_text
from hostkeep.faces.ui.dunning_words import next_threat
from hostkeep.faces.ui.moments import day_text
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.faces.ui.telling import told_together
from hostkeep.faces.ui.words import STATES
from hostkeep.flows.foretelling import preview_invoice
from hostkeep.kernel.act import Act
from hostkeep.kernel.money import Currency, Money
from hostkeep.people.queries import AccountRow
from hostkeep.provisioning.queries import ServiceRow, ServiceTold, services_of
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.vault.holdings import held

SHOWN = 6
"""Services and invoices on the first page; the rest is behind its tab."""


@dataclass(frozen=True, slots=True)
class Next:
    """Something to do, or to know.  tone, icon: of the note.  href: empty where nothing is to be done."""

    tone: str
    icon: str
    title: str
    text: str
    href: str = ""
    action: str = ""


@require_safe
@customers_only
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show the account at a glance."""
    account = account_of(request)
    act = act_of(request, role="customer", purpose="account")
    services = services_of(account.id)
    unpaid = unpaid_of(account.id)
    alive = [row for row in services if row.state is not State.CLOSED]
    unready = [row for row in alive if row.state in {State.FAILED, State.BUILDING}][:2]
    wanted = {row.id: row for row in (*alive[:SHOWN], *unready)}
    shown, invoices = told_together(act, (list(wanted.values()), "service"), (unpaid[:SHOWN], "billing"))
    opened = {row.id: row for row in shown}
    context = {
        "account": account,
        "services": [opened[row.id] for row in alive[:SHOWN]],
        "more_services": max(0, len(services) - SHOWN),
        "service_count": len(alive),
        "states": states_said(alive),
        "invoices": invoices,
        "unpaid": len(unpaid),
        "owed": owed_sums(unpaid),
        "facts": len({row.category for row in held(act, subject=account.subject)}),
        "nexts": (
            *_rules(account),
            *_nexts(request, act, account, invoices[:2], [opened[row.id] for row in unready]),
            *(_second_lock(request) if alive else ()),
        ),
        "announced": _announced(account, act.at),
        "now_at": act.at,
    }
    return show(request, "client/dashboard.html", context)


def owed_sums(unpaid: Iterable[InvoiceRow]) -> tuple[Money, ...]:
    """Return what is still to pay, one sum a currency."""
    sums: dict[Currency, Money] = {}
    for row in unpaid:
        known = sums.get(row.owed.currency)
        sums[row.owed.currency] = row.owed if known is None else known + row.owed
    return tuple(sums.values())


def states_said(services: Iterable[ServiceRow]) -> str:
    """Say how many services stand in which state: "2 active, 1 being built"."""
    counts = Counter(row.state for row in services)
    said = ((count, gettext(STATES[state][1]).lower()) for state, count in counts.most_common())
    return ", ".join(f"{count} {word}" for count, word in said)


def _announced(account: AccountRow, at: datetime) -> VersionRow | None:
    """Return the version of the policy that comes next, or None."""
    coming = [row for row in versions_of(account.brand) if row.effective_at > at]
    return coming[-1] if coming else None


def _rules(account: AccountRow) -> tuple[Next, ...]:
    """Point to changes of the policy that the customer was not told of: a browser may stay signed in."""
    if not untold(account.brand, account.subject, since=account.opened_at):
        return ()
    title = gettext("The rules changed since your last visit.")
    text = gettext("What is different, from when, and what you can do.")
    return (Next("info", "book", title, text, "/account/policy/", gettext("See what changed")),)


def _nexts(
    request: HttpRequest, act: Act, account: AccountRow, unpaid: Sequence[InvoiceTold],
    unready: Sequence[ServiceTold],
) -> tuple[Next, ...]:  # fmt: skip
    """Say what comes next: money first, then what is being done."""
    found = [_pay(request, row, act, account) for row in unpaid]
    found += [_service(row) for row in unready]
    return tuple(found)


def _second_lock(request: HttpRequest) -> tuple[Next, ...]:
    """Advise a second factor, where there is none."""
    if factors_of(request).any:
        return ()
    title = gettext("Your password is the only lock.")
    text = gettext("A second factor keeps others out even if they learn your password.")
    return (Next("", "lock", title, text, "/auth/2fa/", gettext("Set one up")),)


def _pay(request: HttpRequest, row: InvoiceTold, act: Act, account: AccountRow) -> Next:
    """Ask for the payment of an invoice; of one that is overdue, say what follows if it stays open."""
    language = language_of(request)
    zone = request.brand.zone  # type: ignore[attr-defined]
    day = day_text(row.due_at, zone, language)
    due = {"amount": money_text(row.owed, language), "day": day, "what": row.title}
    late = row.due_at <= act.at
    threat = next_threat(preview_invoice(act, row.id, of=account.id)) if late else None
    follows = f" {threat.text}: {day_text(threat.at, zone, language)}." if threat else ""
    waits = gettext("Invoice %(number)s waits for payment.")
    title = gettext("Invoice %(number)s is overdue.") if late else waits
    return Next(
        "bad" if late else "warn", "alert", title % {"number": row.number},
        gettext("%(amount)s until %(day)s for %(what)s.") % due + follows,
        f"/account/invoices/{row.id}/", gettext("Pay now"),
    )  # fmt: skip


def _service(row: ServiceTold) -> Next:
    """Tell of a service that is not ready yet."""
    if row.state is State.FAILED:
        title = gettext("%(service)s could not be built by itself.") % {"service": row.title}
        return Next("bad", "alert", title, gettext("Our staff are on it. You need not do anything."))
    title = gettext("%(service)s is being built.") % {"service": row.title}
    href = f"/account/services/{row.id}/"
    return Next("info", "clock", title, gettext("We write to you when it is ready."), href, gettext("Watch"))
