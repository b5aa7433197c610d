"""The promise ledger in the back office: every brand's lights, their history, the alarms, a round at will."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from hostkeep.brands.queries import BrandRow, all_brands, brand, policy_in_force
from hostkeep.faces.staff.access import NotYourRoom, role_of, staff_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.lights import SPOKEN, Light, light_of
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.flows import offering, taxing
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.words import gettext_noop
from hostkeep.promises.alarm_mail import headline
from hostkeep.promises.alarms import AlarmRow, closed_alarms, open_alarms
from hostkeep.promises.findings import RoundRow, newest_round
from hostkeep.promises.history import DAYS, days_of
from hostkeep.promises.lateness import PROBES, SCAN, SEQUENCER, SWEEPER, works
from hostkeep.promises.ledger import PromiseRow, ledger_of
from hostkeep.promises.rounds import send_round
from hostkeep.vault.stuck import stuck

KEEPERS = frozenset({"owner", "privacy"})
"""Roles that may run the probes; the others read."""

OPERATORS = frozenset({"owner", "privacy", "billing"})
"""Roles that are shown what a brand lacks to take money, and what of its tax is for its owner to decide."""

HERE = "/staff/promises/"

LATE_WORDS = {
    SWEEPER: gettext_noop("The sweeper has not gone through what is past its time for more than 26 hours."),
    SCAN: gettext_noop("Nobody has looked for values in clear for more than 26 hours."),
    SEQUENCER: gettext_noop("The audit book has not been signed for more than 26 hours."),
    PROBES: gettext_noop("The probes of a brand have not begun for more than 26 hours."),
}
"""What stands on top of the page where something no longer comes round."""

STANDS_STILL = gettext_noop("An erasure cannot be completed. The younger ones go on.")
LINES = gettext_noop(
    "Lines {lines} of the erasure ledger cannot be carried out: a process that starts anew, or a backup that"
    " is restored, stays closed until they are."
)
"""What stands there where erasures stand still."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A clause as the back office shows it.

    why   why it has its light, in the reader's language
    days  its lights on the last days, oldest first; empty without a control
    """

    row: PromiseRow
    text: str
    light: Light
    why: str
    days: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BrandPart:
    """A brand's part of the page.  counts: by light.  round: the newest, or None."""

    brand: BrandRow
    kept: tuple[Kept, ...]
    counts: tuple[tuple[Light, int], ...]
    round: RoundRow | None


@dataclass(frozen=True, slots=True)
class ToldAlarm:
    """An alarm in words."""

    row: AlarmRow
    headline: str


@require_safe
@staff_only("promises")
def promises(request: HttpRequest) -> HttpResponse:
    """Show the ledger.  ?brand= chooses one."""
    role = role_of(request)
    act = act_of(request, role=role, purpose="site_administration")
    brands = all_brands()
    chosen = request.GET.get("brand", "")
    shown = [row for row in brands if row.id == chosen] or list(brands)
    parts = [_part(act, row, language_of(request)) for row in shown]
    context = {
        "parts": parts,
        "brands": brands,
        "chosen": chosen,
        "open": _told(open_alarms()),
        "closed": _told(closed_alarms()),
        "may_run": role in KEEPERS,
        "running": any(part.round is not None and part.round.running for part in parts),
        "history_days": DAYS,
        "late": [LATE_WORDS[work.name] for work in works(act.at) if work.late],
        "stuck": _stuck(act),
        "set_up": _set_up(act, shown) if role in OPERATORS else [],
    }
    return show(request, "staff/promises.html", context)


@require_POST
@staff_only("promises")
def run_probes(request: HttpRequest) -> HttpResponse:
    """Send the rounds of one brand, or of all, to the workers.  Raises NotYourRoom."""
    if role_of(request) not in KEEPERS:
        raise NotYourRoom
    wanted = request.POST.get("brand", "")
    chosen = [brand(BrandId(wanted))] if wanted else list(all_brands())
    sent = sum(1 for row in chosen if send_round(row.id))
    if sent:
        told = ngettext("%(count)s round is on its way.", "%(count)s rounds are on their way.", sent)
        messages.success(request, told % {"count": sent})
    else:
        messages.info(request, gettext("These rounds wait already."))
    return HttpResponseRedirect(f"{HERE}?brand={wanted}" if wanted else HERE)


def _part(act: Act, row: BrandRow, language: str) -> BrandPart:
    """Gather one brand's part."""
    texts = {clause.id: clause.text for clause in policy_in_force(row.id, act.at).clauses}
    history = days_of(row.id, act.at, row.zone)
    kept = tuple(
        Kept(
            row=promise,
            text=texts[promise.clause].get(language) or texts[promise.clause]["en"],
            light=light_of(promise.light),
            why=gettext(promise.why).format(lacks=promise.lacks),
            days=history.get(promise.clause, ()),
        )
        for promise in ledger_of(row.id, act.at)
    )
    counts = tuple((light, sum(1 for each in kept if each.light == light)) for light in SPOKEN)
    return BrandPart(row, kept, counts, newest_round(row.id))


def _set_up(act: Act, rows: Sequence[BrandRow]) -> list[tuple[BrandRow, tuple[str, ...]]]:
    """Say what is not set up at each brand, or is for its owner to decide, as `hostkeep brand load` does."""
    acts = [(row, act.of_brand(row.id)) for row in rows]
    found = [(row, (*offering.advice(mine), *taxing.advice(mine))) for row, mine in acts]
    return [(row, said) for row, said in found if said]


def _stuck(act: Act) -> list[str]:
    """Say which erasures stand still."""
    waits = stuck(act.at)
    said = [gettext(STANDS_STILL)] if waits else []
    return said + ([gettext(LINES).format(lines=", ".join(map(str, waits.lines)))] if waits.lines else [])


def _told(rows: Sequence[AlarmRow]) -> list[ToldAlarm]:
    """Put alarms into words."""
    return [ToldAlarm(row, headline(row)) for row in rows]


promise_urls = [
    path("promises/", promises, name="staff_promises"),
    path("promises/run/", run_probes, name="staff_promises_run"),
]
