"""Colours: green is earned, never a default."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hostkeep.promises.rules.lights import ABSENT, BROKEN, KEPT, PARTS, STALE, UNSURE, UNTRIED, Sight, light_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ages = st.timedeltas(timedelta(0), timedelta(days=3))
results = st.sampled_from(["passed", "failed", "absent", "unsure"])
tried = st.builds(lambda part, result, age: Sight(part, result, NOON - age), st.sampled_from(PARTS), results, ages)
untried = st.builds(lambda part: Sight(part, None, None), st.sampled_from(PARTS))


def passed(age: timedelta = timedelta(0)) -> list[Sight]:
    return [Sight(part, "passed", NOON - age) for part in PARTS]


@given(st.lists(tried | untried, max_size=6))
def test_green_needs_every_check_of_all_three_parts_passed_and_young(sights) -> None:
    light, why = light_of(sights, at=NOON, max_age=HOUR)

    earned = {s.part for s in sights} == set(PARTS) and all(
        s.result == "passed" and NOON - s.at <= HOUR for s in sights
    )
    assert (light == "green") == earned
    assert why


@given(st.lists(tried | untried, max_size=6))
def test_any_failure_is_red_however_old(sights) -> None:
    light, _ = light_of(sights, at=NOON, max_age=HOUR)

    assert (light == "red") == any(s.result == "failed" for s in sights)


def test_an_old_proof_is_grey_and_says_so() -> None:
    assert light_of(passed(HOUR), at=NOON, max_age=HOUR) == ("green", KEPT)
    assert light_of(passed(HOUR + timedelta(seconds=1)), at=NOON, max_age=HOUR) == ("grey", STALE)


def test_each_reason_is_its_own() -> None:
    for result, expected in (
        ("failed", ("red", BROKEN)), ("absent", ("grey", ABSENT)), ("unsure", ("grey", UNSURE)), (None, ("grey", UNTRIED)),
    ):
        odd = Sight("probe", result, NOON if result else None)
        assert light_of([*passed(), odd], at=NOON, max_age=HOUR) == expected
    assert light_of(passed()[:2], at=NOON, max_age=HOUR) == ("grey", UNTRIED)
    assert light_of([], at=NOON, max_age=HOUR) == ("grey", UNTRIED)
