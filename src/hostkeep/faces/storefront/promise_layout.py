"""The public promise ledger as it is laid out: every clause, its light, and what stands behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from hostkeep.faces.ui.lights import WORST_FIRST, Light, light_of
from hostkeep.kernel.ids import ClauseId
from hostkeep.policy.render.page import ClauseText, PolicyPage
from hostkeep.promises.ledger import PromiseRow


@dataclass(frozen=True, slots=True)
class Promise:
    """One line of the ledger.

    why  why it has its light, in the active language; empty where nothing is known
    at   when it was last looked at, or None if never
    """

    clause: ClauseText
    title: str
    light: Light
    why: str
    kept: PromiseRow | None
    at: datetime | None


def promises_of(page: PolicyPage, ledger: Mapping[ClauseId, PromiseRow]) -> tuple[Promise, ...]:
    """Lay the ledger out: broken first, then stale, else in the policy's order.

    A clause the ledger does not know was never looked at, so it is stale; a statement stays one.
    """
    found = [_promise(clause, ledger.get(clause.id)) for group in page.groups for clause in group.clauses]
    order = {light: place for place, light in enumerate(WORST_FIRST)}
    return tuple(sorted(found, key=lambda promise: (order[promise.light], *_number(promise.clause.id))))


def _promise(clause: ClauseText, kept: PromiseRow | None) -> Promise:
    light: Light = "statement" if clause.statement else light_of(kept.light if kept else "grey")
    why = gettext(kept.why).format(lacks=kept.lacks) if kept and kept.why else ""
    return Promise(clause, _title(clause.text), light, why, kept, _looked_at(kept))


def _title(text: str) -> str:
    """Return the first sentence of a clause."""
    return text.split(". ", maxsplit=1)[0].rstrip(".")


def _looked_at(kept: PromiseRow | None) -> datetime | None:
    """Return when anything of a promise was last seen."""
    if kept is None:
        return None
    times = [seen.at for seen in kept.evidence if seen.at]
    if kept.probe and kept.probe.at:
        times.append(kept.probe.at)
    return max(times, default=None)


def _number(clause: str) -> tuple[str, int]:
    """Sort V6-2 before V6-10."""
    prefix, _, number = clause.rpartition("-")
    return prefix, int(number) if number.isdigit() else 0
