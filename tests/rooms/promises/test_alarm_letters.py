"""Alarms that open together are told in one letter, each once to each reader; a worker that dies loses none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connections

from hostkeep.audit.alarms import raise_alarm
from hostkeep.brands.queries import policy_in_force
from hostkeep.flows.operator_mail import write_to_staff
from hostkeep.kernel.ids import BrandId, ClauseId, Ref
from hostkeep.messaging.models import Mail
from hostkeep.messaging.queries import mail
from hostkeep.promises import alarm_mail, ledger, rounds
from hostkeep.promises.actions.alarming import close_alarm, open_alarm
from hostkeep.promises.actions.noting import begin_round
from hostkeep.promises.alarm_watch import take_raised
from hostkeep.promises.alarms import open_alarms
from hostkeep.promises.control import Check, Control, Seen
from hostkeep.promises.models import Round
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import jobs
from tests.conftest import NOON, ROOT, make_act
from tests.meeting import PATIENCE
from tests.rooms.promises.test_alarms import plain, staff_member

MINUTE = timedelta(minutes=1)
OPERATOR = BrandId("")
OTHER = UUID("6f1c1a52-5d0e-4c39-9d32-0d0a6b1f0a11")


def watch(at=NOON) -> int:
    """The watch of each minute."""
    return alarm_mail.tell_all(make_act(brand="", at=at))


def letters() -> dict[str, list[str]]:
    """What lies in each reader's box, by address, as it is written now."""
    boxes: dict[str, list[str]] = {}
    with running_brand.during(OPERATOR):
        for row in Mail.objects.order_by("queued_at", "id"):
            letter = write_to_staff(make_act(brand="", at=NOON), mail(row.id))
            boxes.setdefault(letter.to, []).append(plain(letter))
    return boxes


def turned_red(brand: str, *clauses: str, at=NOON) -> None:
    for clause in clauses:
        open_alarm(make_act(brand=brand, at=at), clause=ClauseId(clause), value=f"Sweeper: {clause} was not swept")


def test_lights_of_several_brands_that_turned_together_are_one_letter_to_each_reader(db) -> None:
    for role in ("owner", "privacy", "support"):
        staff_member(role)
    turned_red("vpsfast", "VF-1", "VF-2")
    turned_red("vps6", "V6-2")

    assert watch() == 1
    assert watch(NOON + MINUTE) == 0

    boxes = letters()
    assert {to: len(box) for to, box in boxes.items()} == {"owner@staff.test": 1, "privacy@staff.test": 1}
    (text,) = {box[0] for box in boxes.values()}
    assert "3 alarms" in text
    for clause, place in (("VF-1", "vpsfast-VF-1"), ("VF-2", "vpsfast-VF-2"), ("V6-2", "vps6-V6-2")):
        assert f"The light of {clause} turned red" in text
        assert f"Sweeper: {clause} was not swept" in text
        assert f"/staff/promises/#{place}" in text
    assert {row.template for row in Mail.objects.all()} == {"operations/alarms_opened"}

    for row in open_alarms():
        close_alarm(make_act(brand=row.brand, at=NOON + 2 * MINUTE), alarm=row.id)
    assert watch(NOON + 2 * MINUTE) == 1
    assert watch(NOON + 3 * MINUTE) == 0
    boxes = letters()
    assert [len(box) for box in boxes.values()] == [2, 2]
    assert "These alarms are closed." in boxes["owner@staff.test"][1]


def test_a_round_that_breaks_more_than_a_portion_is_told_when_it_is_through(db, told, monkeypatch) -> None:
    staff_member("owner")
    clauses = [c.id for c in policy_in_force(BrandId("vpsfast"), NOON).clauses][: rounds.AT_ONCE + 4]
    seen: list[int] = []

    def look(_scene) -> Seen:
        watch()
        seen.append(Mail.objects.count())
        return Seen("failed", "the sweeper was not here")

    def control(clause: ClauseId) -> Control:
        return Control(clause, "builtins.len", (Check(f"Sweeper of {clause}", look),), (), (), max_age=timedelta(hours=1))

    book = {clause: control(clause) for clause in clauses}
    for module in (ledger, rounds):
        monkeypatch.setattr(module, "CONTROLS", book)
    told.goes_round()

    assert len(open_alarms()) == len(clauses) == len(seen) > rounds.AT_ONCE
    assert set(seen) == {0}
    assert watch() == 1
    (box,) = letters().values()
    assert len(box) == 1 and f"{len(clauses)} alarms" in box[0]


def test_an_alarm_alone_has_a_letter_of_its_own(db) -> None:
    staff_member("owner")
    turned_red("vpsfast", "VF-1")

    assert watch() == 1
    (row,) = Mail.objects.all()
    assert row.template == "operations/alarm_opened"
    assert row.facts == {"alarm": str(open_alarms()[0].id)}


def test_a_round_that_died_holds_no_letter_back_for_long(db) -> None:
    staff_member("owner")
    begin_round(make_act(brand="vps6", at=NOON - MINUTE), checks=9)
    turned_red("vpsfast", "VF-1")

    assert watch(NOON + MINUTE) == 0
    assert watch(NOON + 5 * MINUTE) == 1


def test_rounds_under_way_for_ever_hold_no_letter_back_for_ever(db) -> None:
    staff_member("owner")
    turned_red("vpsfast", "VF-1")

    for minute in range(5):
        Round.objects.create(brand="vps6", begun_at=NOON + minute * MINUTE, checks=9)
        assert watch(NOON + minute * MINUTE) == 0
    assert watch(NOON + 5 * MINUTE) == 1


def test_a_round_that_waits_for_a_worker_is_waited_for(db) -> None:
    staff_member("owner")
    turned_red("vpsfast", "VF-1")
    assert jobs.send(rounds.ERRAND, "vps6")

    assert watch() == 0
    assert watch(NOON + 5 * MINUTE) == 1


def test_what_a_room_raised_waits_for_no_round(db) -> None:
    staff_member("owner")
    begin_round(make_act(brand="vps6", at=NOON), checks=9)
    turned_red("vpsfast", "VF-1")
    raise_alarm(make_act(brand="vps6"), kind="mass_reading", about=Ref("a.b", OTHER), clause=ClauseId("V6-2"))
    assert take_raised(make_act(brand="", at=NOON)) == 1

    assert watch() == 1
    ((text,),) = letters().values()
    assert "An alarm was raised: mass reading" in text and "VF-1" not in text


def test_a_letter_lists_a_hundred_and_says_how_many_more(db) -> None:
    staff_member("owner")
    for number in range(103):
        raise_alarm(make_act(brand="vps6"), kind="books_out", about=Ref("a.b", OTHER), clause=ClauseId(f"X-{number:03}"))
    take_raised(make_act(brand="", at=NOON))

    assert watch() == 1
    ((text,),) = letters().values()
    assert text.count("An alarm was raised: books out") == 100
    assert "103 alarms" in text and "And 3 more." in text


@pytest.mark.parametrize("written", [0, 1])
def test_a_worker_that_dies_before_a_letter_stands_loses_none_and_doubles_none(committed: str, pg, written: int) -> None:
    for role in ("owner", "privacy"):
        staff_member(role)
    turned_red("vpsfast", "VF-1", "VF-2")
    argv = [sys.executable, "-m", "tests.rooms.promises.telling_dies", committed, str(pg.folder), str(written)]
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    done = subprocess.run(argv, env=environ, cwd=ROOT, capture_output=True, timeout=PATIENCE)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]
    assert Mail.objects.count() == 0

    assert (watch(), watch()) == (1, 0)
    boxes = letters()
    assert {to: len(box) for to, box in boxes.items()} == {"owner@staff.test": 1, "privacy@staff.test": 1}
    assert all("VF-1" in box[0] and "VF-2" in box[0] for box in boxes.values())


def test_workers_at_the_same_time_write_one_letter(committed: str) -> None:
    staff_member("owner")
    turned_red("vpsfast", "VF-1", "VF-2", "VF-3")
    gate = Barrier(4)

    def work(_number: int) -> int:
        try:
            gate.wait()
            return watch()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(work, range(4))) == [0, 0, 0, 1]
    assert Mail.objects.count() == 1
