"""Reveals: one with its committed audit row, a page of 50 people, and everybody of a brand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import uuid4

from bench.figures import Figure, compared, interleaved
from bench.house import BRAND
from bench.people import fill

TURNS = 400
PAGE = 50
FIELDS = ("name", "email", "phone", "address")
EVERYBODY = 50_000
AT_ONCE = 2_000
"""People in one batch: those the door decides on, enters and opens together."""


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

    rounds = interleaved(lambda: _each(reveal), lambda: _each(plain))
    yield compared("reveal with its audit row, ms, to a committed INSERT plus a SELECT", rounds, "<= 2.5")
    yield from _batch(reveal)
    yield from _everybody()


def _batch(one: Callable[[], None]) -> Iterator[Figure]:
    """A page of 50 people with four fields each, to one reveal."""
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.kernel.ids import BrandId, CategoryId, SubjectId
    from hostkeep.vault import door

    act = replace(act_of_operator(brand=BrandId(BRAND), purpose="account"), role="system")
    people = [SubjectId(uuid4()) for _ in range(PAGE)]
    wishes = [door.Wish(subject, CategoryId(field)) for subject in people for field in FIELDS]
    for wish in wishes:
        door.put(act, subject=wish.subject, category=wish.category, value=f"{wish.category} of somebody")

    def page() -> None:
        shown = door.reveal_many(act, wishes=wishes)
        assert len(shown) == PAGE * len(FIELDS)
        assert all(sealed is not None for sealed in shown.values())

    rounds = interleaved(lambda: _each(page, turns=40), lambda: _each(one, turns=100), rounds=9)
    yield compared(f"{PAGE} people x {len(FIELDS)} fields in one batch, ms, to one reveal", rounds, "<= 3")


def _everybody() -> Iterator[Figure]:
    """50,000 people through the door, in batches, to a plain ORM read of as many rows."""
    from hostkeep.brands.queries import policy_in_force
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.kernel.ids import BrandId, CategoryId, SubjectId
    from hostkeep.runtime.models import Event
    from hostkeep.vault import door

    act = replace(act_of_operator(brand=BrandId(BRAND), purpose="account"), role="system")
    people = fill(BRAND, EVERYBODY, {"name": "{name}"}, digest=policy_in_force(act.brand, act.at).digest)
    kind, name = f"bench-{uuid4().hex[:8]}", CategoryId("name")
    Event.objects.bulk_create(
        Event(kind=kind, body={}, brand=BRAND, trace=f"person {n}", at=act.at) for n in range(EVERYBODY)
    )

    def through_the_door() -> float:
        began, read = time.perf_counter(), 0
        for start in range(0, EVERYBODY, AT_ONCE):
            wishes = [door.Wish(SubjectId(who), name) for who in people[start : start + AT_ONCE]]
            read += sum(sealed is not None for sealed in door.reveal_many(act, wishes=wishes).values())
        assert read == EVERYBODY
        return EVERYBODY / (time.perf_counter() - began)

    def plain() -> float:
        began = time.perf_counter()
        assert sum(bool(row.trace) for row in Event.objects.filter(kind=kind)) == EVERYBODY
        return EVERYBODY / (time.perf_counter() - began)

    through_the_door()
    plain()
    rounds = interleaved(through_the_door, plain)
    yield compared(f"{EVERYBODY:,} people read through the door, a second, to a plain ORM read", rounds, ">= 0.7")


def _each(deed: Callable[[], None], *, turns: int = TURNS) -> float:
    """Milliseconds a turn."""
    began = time.perf_counter()
    for _ in range(turns):
        deed()
    return (time.perf_counter() - began) * 1000 / turns
