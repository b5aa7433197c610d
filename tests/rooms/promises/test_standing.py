"""What the policy hangs over its clauses: a value in clear, or a sweeper that does not come, turns exactly them red."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings

from hostkeep.brands import queries
from hostkeep.brands.queries import brand
from hostkeep.flows import scanning, sweeping
from hostkeep.kernel.ids import BrandId, CategoryId, SubjectId
from hostkeep.people.models import Session
from hostkeep.promises import ledger, rounds
from hostkeep.promises.alarms import open_alarms
from hostkeep.promises.book import CONTROLS
from hostkeep.promises.control import Check, Control, Seen
from hostkeep.promises.rules.lights import BROKEN, NOT_BUILT, UNKNOWN
from hostkeep.runtime.tallies import tally
from hostkeep.vault import door
from tests.conftest import NOON, make_act
from tests.everything import load_everything
from tests.ground.promises.test_speaking import AGAINST, ENDS

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BRANDS = ["photonvps", "vietnam-server", "vpn", "vps6", "vpsfast", "everything"]
SAMPLES = {
    "email": "ann@example.test",
    "phone": "+31 6 1234 5678",
    "ip": "203.0.113.9",
    "card": "4111 1111 1111 1111",
    "iban": "NL91ABNA0417164300",
    "canary": "canary0123456789abcdef",
}
PLANT = (
    "INSERT INTO runtime_event (id, kind, body, brand, trace, at)"
    " VALUES (gen_random_uuid(), 'planted', jsonb_build_object('said', %s::text), %s, 't', now())"
)


@pytest.fixture
def house(db, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The controls that are built pass whatever they try: what is hung over them is seen alone."""
    load_everything()
    good = (Check("A check that passes", lambda _scene: Seen("passed", "1")),)
    book = {clause: Control(clause, "builtins.len", good, good, good) for clause in CONTROLS}
    monkeypatch.setattr(ledger, "CONTROLS", book)
    monkeypatch.setattr(rounds, "CONTROLS", book)
    monkeypatch.setattr(rounds, "arrive", lambda _trace: None)
    with override_settings(HOSTKEEP=replace(settings.HOSTKEEP, data=tmp_path, logs="")):
        yield
    queries.forget()
    ledger.forget()


def plant(shape: str, whose: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(PLANT, [SAMPLES[shape], whose])


def repair() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM runtime_event WHERE kind = 'planted'")


def lights(slug: str, at=NOON) -> dict[str, tuple[str, str]]:
    """Make a round of a brand; return its clauses' lights and why they have them."""
    rounds.run_round(make_act(brand="", at=at), brand=brand(BrandId(slug)))
    return {row.clause: (row.light, row.why) for row in ledger.ledger_of(BrandId(slug), at)}


def red(slug: str, at=NOON) -> set[str]:
    return {clause for clause, (light, _) in lights(slug, at).items() if light == "red"}


def swept(at=NOON) -> None:
    tally(brand=BrandId(""), kind=sweeping.KIND, name=sweeping.RUN, at=at)


@pytest.mark.parametrize(
    ("slug", "shape", "clauses"),
    [
        (slug, shape, set(clauses.split()))
        for slug, told in AGAINST.items()
        for shapes, clauses in told.items()
        for shape in shapes.split()
    ],
)  # fmt: skip
def test_a_value_in_clear_turns_its_clauses_red_and_no_others_until_it_is_gone(
    house, slug: str, shape: str, clauses: set[str]
) -> None:
    swept()
    plant(shape, slug)
    scanning.scan(make_act(brand="", at=NOON))

    seen = lights(slug)

    assert {clause for clause, (light, _) in seen.items() if light == "red"} == clauses
    assert all(seen[clause] == ("red", BROKEN) for clause in clauses)
    row = next(row for row in ledger.ledger_of(BrandId(slug), NOON) if row.clause in clauses)
    assert f"runtime_event.body: {shape}" in [told.value for told in row.evidence]
    assert {alarm.clause for alarm in open_alarms() if alarm.brand == slug} == clauses

    repair()
    swept(NOON + DAY)
    scanning.scan(make_act(brand="", at=NOON + DAY))
    mended = lights(slug, NOON + DAY)

    for clause in clauses:
        grey = ("grey", UNKNOWN if slug == "everything" else NOT_BUILT)
        assert mended[clause] == grey if clause not in CONTROLS else mended[clause][0] == "green"
    assert not open_alarms()


def test_a_value_in_a_row_of_one_brand_speaks_against_that_brand_alone(house) -> None:
    swept()
    plant("email", "vps6")
    scanning.scan(make_act(brand="", at=NOON))

    assert red("vps6") == {"V6-2"}
    assert red("vpn") == red("vpsfast") == set()


@pytest.mark.parametrize("whose", ["", "nobody"])
def test_a_value_of_which_nobody_can_tell_whose_it_is_speaks_against_all(house, whose: str) -> None:
    swept()
    plant("email", whose)
    scanning.scan(make_act(brand="", at=NOON))

    assert {slug: red(slug) for slug in BRANDS} == {
        slug: {c for shapes, told in AGAINST[slug].items() if "email" in shapes for c in told.split()} for slug in BRANDS
    }


@pytest.mark.parametrize("slug", BRANDS)
def test_without_a_sweep_of_26_hours_every_clause_that_promises_an_end_is_red(house, slug: str) -> None:
    swept(NOON)
    plain: Callable[[int], set[str]] = lambda hours: red(slug, NOON + hours * HOUR)  # noqa: E731

    assert plain(25) == set()
    assert plain(26) == set()
    assert plain(27) == set(ENDS[slug])
    row = next(row for row in ledger.ledger_of(BrandId(slug), NOON + 27 * HOUR) if row.clause in ENDS[slug])
    assert "no run for more than 26 hours; the last 2026-03-01 12:00 UTC" in [told.value for told in row.evidence]
    assert {alarm.clause for alarm in open_alarms() if alarm.brand == slug} == set(ENDS[slug])

    swept(NOON + 28 * HOUR)
    assert plain(28) == set()
    assert not open_alarms()


def test_a_house_that_was_never_swept_is_not_called_broken_and_not_proven(house) -> None:
    seen = lights("vpn")

    assert {clause: seen[clause][0] for clause in ENDS["vpn"]} == dict.fromkeys(ENDS["vpn"], "grey")


def test_what_is_past_due_turns_the_clause_of_its_class_red_alone(house, monkeypatch: pytest.MonkeyPatch) -> None:
    swept()
    monkeypatch.setattr(sweeping, "overdue", lambda _at, _brand: {"traffic": 3})

    assert red("photonvps") == {"PH-2"}
    assert red("vpsfast") == set(), "it keeps nothing of that class"


def test_what_one_brand_has_past_due_speaks_against_that_brand_alone(house) -> None:
    """A value of vps6 that was to go an hour ago and more; what no place can tell by brand speaks against all."""
    late = NOON + 91 * DAY
    act = make_act("system", "account", brand="vps6")
    door.put(act, subject=SubjectId(uuid4()), category=CategoryId("login_history"), value="a browser")
    Session.objects.create(key="s1", brand="vpn", started_at=NOON, used_at=NOON, expires_at=NOON, box="x")
    swept(late)
    assert "security" in sweeping.overdue(late, BrandId("vps6"))
    assert "security" not in sweeping.overdue(late, BrandId("photonvps"))
    assert "session" in sweeping.overdue(late, BrandId("vpn"))
    assert "session" not in sweeping.overdue(late, BrandId("vps6"))
    assert set(sweeping.overdue(late)) >= {"security", "session"}
    assert red("photonvps", late) == set()
    assert red("vps6", late) != set()
