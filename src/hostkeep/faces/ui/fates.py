"""What closing an account would do, and what it left, in words: one line a category."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.utils.translation import gettext

from hostkeep.faces.ui.moments import day_text
from hostkeep.faces.ui.words import said, spelled
from hostkeep.kernel.ids import ClauseId
from hostkeep.kernel.words import gettext_noop
from hostkeep.policy.book import Policy
from hostkeep.vault.holds import DISPUTE
from hostkeep.vault.outlook import Fate

AT_ONCE = gettext_noop("Erased at once")
FATES: Mapping[str, str] = MappingProxyType(
    {
        "erase": gettext_noop("Erased on {day}"),
        "deactivate": gettext_noop("Switched off at once, erased on {day}"),
        "archive": gettext_noop("In the archive until {day}"),
        "keep": gettext_noop("Kept under its own term, until {day}"),
        "hold": gettext_noop("Held back by law; looked at again on {day}"),
        "dispute": gettext_noop("Held back over a dispute; looked at again on {day}"),
        "both": gettext_noop("Held back by law and over a dispute; looked at again on {day}"),
    }
)
NO_DAY: Mapping[str, str] = MappingProxyType(
    {
        "erase": gettext_noop("Erased when the last service has ended"),
        "deactivate": gettext_noop("Switched off at once"),
        "archive": gettext_noop("In the archive"),
        "keep": gettext_noop("Kept under its own term"),
        "hold": gettext_noop("Held back by law"),
        "dispute": gettext_noop("Held back over a dispute"),
        "both": gettext_noop("Held back by law and over a dispute"),
    }
)
LEFT: Mapping[str, str] = MappingProxyType(
    {
        **FATES,
        "erase": gettext_noop("Kept until {day}, then erased"),
        "deactivate": gettext_noop("Switched off, erased on {day}"),
    }
)
"""Of what is there after the closing.  The rest is as it was announced."""

DUE = gettext_noop("Being erased")


@dataclass(frozen=True, slots=True)
class FateShown:
    """One line.  tone: of its badge."""

    label: str
    says: str
    tone: str
    clause: ClauseId


def held_by(bases: Collection[str]) -> str:
    """Return the word of FATES for what holds keep.

    bases  of those alone of which the reader may be told, so that one that is secret shows in no word
    """
    if DISPUTE not in bases:
        return "hold"
    return "dispute" if set(bases) == {DISPUTE} else "both"


def fates_shown(
    fates: Iterable[Fate], policy: Policy, *, at: datetime, zone: str, language: str
) -> tuple[FateShown, ...]:
    """Say what would become of each category, lines that say the same of one category once."""
    return _shown(fates, policy, at, language, lambda fate: _says(fate, at, AT_ONCE, FATES, zone, language))


def left_shown(
    fates: Iterable[Fate], policy: Policy, *, at: datetime, zone: str, language: str
) -> tuple[FateShown, ...]:
    """Say what is left of each category once the account is closed, and until when; as fates_shown."""
    return _shown(fates, policy, at, language, lambda fate: _says(fate, at, DUE, LEFT, zone, language))


def _shown(
    fates: Iterable[Fate], policy: Policy, at: datetime, language: str, say: Callable[[Fate], str]
) -> tuple[FateShown, ...]:
    """Say one line a category and fate."""
    shown: dict[tuple[str, str], FateShown] = {}
    for fate in fates:
        known = policy.categories.get(fate.category)
        label = said(known.label, language) if known else spelled(fate.category)
        says = say(fate)
        tone = "bad" if _is_due(fate, at) else ""
        shown.setdefault((label, says), FateShown(label, says, tone, fate.clause))
    return tuple(shown.values())


def _is_due(fate: Fate, at: datetime) -> bool:
    """Say whether a fate leaves nothing from now on."""
    return fate.what == "erase" and fate.until is not None and fate.until <= at


def _says(fate: Fate, at: datetime, due: str, words: Mapping[str, str], zone: str, language: str) -> str:
    """Say one fate.  due: the words where nothing is left from now on."""
    what = held_by(fate.bases) if fate.what == "hold" else fate.what
    if fate.until is None:
        return gettext(NO_DAY[what])
    if _is_due(fate, at):
        return gettext(due)
    return gettext(words[what]).format(day=day_text(fate.until, zone, language))
