"""One reveal with its committed audit row, to a committed INSERT plus a SELECT by Django."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import uuid4

from bench.figures import Figure, interleaved
from bench.house import BRAND

TURNS = 400


def figures() -> Iterator[Figure]:
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.kernel.ids import BrandId, CategoryId, SubjectId
    from hostkeep.runtime.models import Event
    from hostkeep.vault import door

    subject, name = SubjectId(uuid4()), CategoryId("name")
    act = act_of_operator(brand=BrandId(BRAND), purpose="account")
    door.put(act, subject=subject, category=name, value="Ann Example")
    asking = replace(act, role="customer", own=subject)

    def reveal() -> None:
        sealed = door.reveal(asking, subject=subject, category=name)
        assert sealed is not None

    def plain() -> None:
        row = Event.objects.create(kind="bench", body={}, brand=BRAND, trace="bench", at=act.at)
        assert Event.objects.get(pk=row.pk)

    ours, theirs = interleaved(lambda: _each(reveal), lambda: _each(plain))
    yield Figure("reveal with its audit row, ms, to a committed INSERT plus a SELECT", ours, theirs, "<= 2.5")


def _each(deed: Callable[[], None]) -> float:
    """Milliseconds a turn."""
    began = time.perf_counter()
    for _ in range(TURNS):
        deed()
    return (time.perf_counter() - began) * 1000 / TURNS
