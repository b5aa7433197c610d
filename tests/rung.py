"""Alarms as a test sees them that rolls its deeds back: those of the running transaction too."""

from __future__ import annotations

from hostkeep.audit.alarms import ALARM
from hostkeep.audit.models import Entry


def rung(since: int = 0) -> list[str]:
    """Return the kinds of the alarms that were entered after an entry, oldest first."""
    found = Entry.objects.filter(verb__startswith=ALARM, id__gt=since).order_by("id")
    return [verb.split(".")[1] for verb in found.values_list("verb", flat=True)]
