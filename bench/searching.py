"""Finding a person among 100,000: by name, through every one of them, and by an exact address, by index."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from bench.figures import Figure, median_of
from bench.house import BRAND
from bench.people import fill, name_of

PEOPLE = 100_000
TURNS = 5
EXACT = 200


def figures() -> Iterator[Figure]:
    from hostkeep.brands.queries import policy_in_force
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.kernel.ids import BrandId, CategoryId, SubjectId
    from hostkeep.vault import door, search

    act = act_of_operator(brand=BrandId(BRAND), purpose="account")
    people = fill(BRAND, PEOPLE, {"name": "{name}"}, digest=policy_in_force(act.brand, act.at).digest)
    email = CategoryId("email")
    door.put(act, subject=SubjectId(people[7]), category=email, value="Ann@Example.test")
    desk = replace(act, role="support")

    def by_name() -> None:
        wanted = name_of(77_777).rsplit(" ", 1)[1]
        assert search.by_name(desk, text=wanted, reason="they rang") == (people[77_777],)

    def exact() -> None:
        for _ in range(EXACT):
            assert search.find(desk, category=email, value="ann@example.test", reason="they rang") == people[7]

    yield Figure(f"one name among {PEOPLE:,}, s", median_of([_seconds(by_name) for _ in range(TURNS)]), None, "<= 0.5")
    each = median_of([_seconds(exact) for _ in range(TURNS)]) * 1000 / EXACT
    yield Figure("an exact address, found, decided and entered, ms", each, None, "<= 5")


def _seconds(deed: Callable[[], None]) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began
