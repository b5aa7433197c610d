"""Rounds and the ledger."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from hostkeep.brands.queries import all_brands, brand
from hostkeep.kernel.ids import BrandId, ClauseId
from hostkeep.people.errors import NotACanary
from hostkeep.people.queries import accounts_of_brand, canary_of_brand, owner_of
from hostkeep.people.actions.canaries import age_sessions, lend_password
from hostkeep.promises import ledger, rounds
from hostkeep.promises.book import CONTROLS
from hostkeep.promises.canaries import canary_of
from hostkeep.promises.control import Check, Control, Seen, lacks
from hostkeep.promises.documents import promises_document
from hostkeep.promises.findings import newest_round
from hostkeep.promises.models import Finding
from hostkeep.promises.rules.lights import BROKEN, NOT_BUILT, STALE, STATEMENT, UNSURE, UNTRIED
from tests.conftest import NOON, make_act
from tests.rooms.promises.conftest import CLAUSE

MINUTES = timedelta(minutes=1)


def test_a_promise_is_grey_until_it_was_tried_then_green_then_stale(told) -> None:
    assert (told.row().light, told.row().why) == ("grey", UNTRIED)

    assert told.goes_round() == 3

    assert told.row().light == "green"
    assert told.row(NOON + 60 * MINUTES).light == "green"
    assert (told.row(NOON + 61 * MINUTES).light, told.row(NOON + 61 * MINUTES).why) == ("grey", STALE)


@pytest.mark.parametrize("part", ["state", "sample", "probe"])
def test_a_failed_check_is_red_from_then_on_until_it_passes(told, part) -> None:
    told.goes_round()
    told.answers[part] = Seen("failed", "422 expected, 302 came")
    told.goes_round(NOON + 10 * MINUTES)
    told.goes_round(NOON + 20 * MINUTES)

    row = told.row(NOON + 20 * MINUTES)
    assert (row.light, row.why, row.since) == ("red", BROKEN, NOON + 10 * MINUTES)
    assert told.row(NOON + timedelta(days=9)).light == "red"

    told.answers.clear()
    told.goes_round(NOON + 30 * MINUTES)
    assert told.row(NOON + 30 * MINUTES).light == "green"


def test_a_check_that_breaks_is_grey_and_stops_no_other(told) -> None:
    told.answers["sample"] = RuntimeError("the tables are on fire")

    assert told.goes_round() == 3

    row = told.row()
    assert (row.light, row.why) == ("grey", UNSURE)
    assert [e.value for e in row.evidence] == ["1", "RuntimeError"]
    assert row.probe.result == "passed"


def test_a_span_grows_while_nothing_changes(told) -> None:
    for step in range(3):
        told.goes_round(NOON + step * 10 * MINUTES)

    assert {(f.since, f.at) for f in Finding.objects.all()} == {(NOON, NOON + 20 * MINUTES)}

    told.goes_round(NOON + timedelta(hours=9))
    assert Finding.objects.count() == 6, "what happened in nine hours nobody saw"


def waiting() -> list[str]:
    """The brands whose round waits for a worker, and empties the queue."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT args->>'about' FROM procrastinate_jobs WHERE task_name = 'hostkeep.errand' ORDER BY 1")
        found = [row[0] for row in cursor.fetchall()]
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'hostkeep.errand'")
    return found


def test_rounds_come_every_ten_minutes_one_job_a_brand_and_rest_in_between(told) -> None:
    act = lambda minutes: make_act(brand="", at=NOON + minutes * MINUTES)  # noqa: E731

    assert rounds.send_due(act(0)) == 5
    assert waiting() == ["photonvps", "vietnam-server", "vpn", "vps6", "vpsfast"]

    assert rounds.run_for(act(0), "vpsfast") == 3
    rounds._began.clear()
    rounds.send_due(act(9))
    assert "vpsfast" not in waiting()
    rounds._began.clear()
    rounds.send_due(act(10))
    assert "vpsfast" in waiting()
    assert rounds.send_due(act(20)) == 0, "the machine's own clock did not move on"


def test_a_round_waits_once(told) -> None:
    assert rounds.send_round(BrandId("vpsfast")) is True
    assert rounds.send_round(BrandId("vpsfast")) is False
    assert waiting() == ["vpsfast"]


def test_a_round_says_how_far_it_came(told) -> None:
    told.goes_round()

    found = newest_round(BrandId("vpsfast"))
    assert (found.begun_at, found.checks, found.done, found.running) == (NOON, 3, 3, False)


def test_a_question_that_several_clauses_ask_is_asked_once_a_round(told, monkeypatch) -> None:
    looks = []

    def look(_scene):
        looks.append(1)
        return Seen("passed", "1")

    shared = Check("A question of two clauses", look)
    other = ClauseId("VF-2")
    book = {
        **ledger.CONTROLS,
        CLAUSE: Control(CLAUSE, "builtins.len", (shared,), (told.check("sample"),), (told.check("probe"),)),
        other: Control(other, "builtins.len", (shared,), (told.check("sample"),), (shared,)),
    }
    monkeypatch.setattr(ledger, "CONTROLS", book)
    monkeypatch.setattr(rounds, "CONTROLS", book)

    assert told.goes_round() == 6
    assert len(looks) == 1
    assert told.goes_round(NOON + 10 * MINUTES) == 6
    assert len(looks) == 2


def test_what_the_machine_lacks_is_named(told) -> None:
    told.answers["sample"] = lacks("LXD")
    told.answers["probe"] = lacks("TLS")
    told.goes_round()

    row = told.row()
    assert (row.light, row.why.format(lacks=row.lacks)) == ("grey", "This machine lacks: LXD, TLS")
    (promise,) = promises_document(BrandId("vpsfast"), NOON, [CLAUSE])["promises"]
    assert promise["why"] == "This machine lacks: LXD, TLS"
    told.answers.clear()
    told.goes_round(NOON + 10 * MINUTES)
    assert told.row(NOON + 10 * MINUTES).lacks == ""


def test_prose_is_a_statement_and_what_is_not_built_says_so(db) -> None:
    rows = {row.clause: row for row in ledger.ledger_of(BrandId("vietnam-server"), NOON)}

    assert (rows["VS-20"].light, rows["VS-20"].why, rows["VS-20"].probe) == ("statement", STATEMENT, None)
    assert (rows["VS-1"].light, rows["VS-1"].why) == ("grey", NOT_BUILT)
    assert rows["VS-4"].probe.result == "untried"


def test_lights_are_believed_for_a_while(told, django_assert_num_queries) -> None:
    told.goes_round()
    first = ledger.lights_of(BrandId("vpsfast"), NOON)

    with django_assert_num_queries(0):
        assert ledger.lights_of(BrandId("vpsfast"), NOON) is first
    assert dict(first.pairs)["VF-1"] == "green"
    assert first.at == NOON


def test_a_brand_has_one_canary_and_does_not_count_it(db) -> None:
    from hostkeep.brands.queries import policy_in_force

    act = make_act(purpose="account")
    policy = policy_in_force(BrandId("vps6"), NOON)
    before = accounts_of_brand(BrandId("vps6"))

    first, again = canary_of(act, policy), canary_of(act, policy)

    assert first == again
    assert canary_of_brand(BrandId("vps6")).id == first.account
    assert owner_of(first.account).id == first.user
    assert accounts_of_brand(BrandId("vps6")) == before


def test_what_is_done_to_canaries_is_done_to_nobody_else(db) -> None:
    from uuid import uuid4

    with pytest.raises(NotACanary):
        lend_password(make_act(), user=uuid4())
    with pytest.raises(NotACanary):
        age_sessions(make_act(), user=uuid4(), by=MINUTES)


def test_a_real_round_proves_all_that_is_built_and_leaves_nothing_behind(committed, own_logs) -> None:
    from hostkeep.flows import sweeping
    from hostkeep.promises.evidence.tables import readable
    from hostkeep.runtime import clock

    def sizes() -> dict[str, int]:
        with connection.cursor() as cursor:
            counted = {}
            for schema, name, _ in readable():
                cursor.execute(f'SELECT count(*) FROM "{schema}"."{name}"')
                counted[name] = cursor.fetchone()[0]
            return counted

    def all_round(act) -> int:
        return sum(rounds.run_for(act, row.id) for row in all_brands())

    act = make_act(brand="", at=clock.now())
    sweeping.sweep(act)
    assert all_round(act) > 0
    lights = {
        row.clause: (row.light, row.why)
        for each in all_brands()
        for row in ledger.ledger_of(each.id, act.at)
        if row.control
    }
    assert {clause: light for clause, (light, _) in lights.items()} == dict.fromkeys(CONTROLS, "green")

    before = sizes()
    assert all_round(make_act(brand="", at=clock.now())) > 0

    grown = {name: count - before[name] for name, count in sizes().items() if count != before[name]}
    assert set(grown) <= {"audit_entry", "runtime_tally", "runtime_cache", "promises_round"}
    assert before["people_account"] == 5, "a canary for each brand that has a control"
    assert before["people_session"] == before["people_acceptance"] == 0
