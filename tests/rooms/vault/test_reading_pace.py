"""A member of staff sees so many values of so many people in an hour; more wakes somebody."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connections

from hostkeep.audit.models import Entry
from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.vault import asking, door
from hostkeep.vault.nyms import nym_of
from hostkeep.vault.pace import PACE
from tests.conftest import NOON, make_act
from tests.meeting import PATIENCE

NAME, EMAIL = CategoryId("name"), CategoryId("email")


def people(count: int) -> list[SubjectId]:
    made = [SubjectId(uuid4()) for _ in range(count)]
    for subject in made:
        door.put(make_act("visitor", "account"), subject=subject, category=NAME, value="Ann Canary")
    return made


def reads(actor: str, *subjects: SubjectId, at=NOON, role: str = "support", categories=(NAME,)) -> int:
    wishes = [door.Wish(subject, category) for subject in subjects for category in categories]
    act = make_act(role, "account", actor=actor, at=at)
    return len(door.reveal_many(act, wishes=wishes, reason="they wrote to us"))


def entries(actor: str, verb: str) -> int:
    return Entry.objects.using("audit").filter(actor=actor, verb=verb).count()


@pytest.fixture
def actor(db: None) -> str:
    return f"staff:{uuid4()}"


def test_more_people_than_a_desk_sees_in_an_hour_are_refused_whole(actor: str) -> None:
    crowd = people(PACE.things + 1)
    assert reads(actor, *crowd[:-1]) == PACE.things

    with pytest.raises(asking.ReadsTooMuch) as no:
        reads(actor, crowd[-1])

    assert (no.value.status, no.value.clause[:3]) == (429, "V6-")
    assert entries(actor, "vault.value.revealed") == PACE.things
    (refusal,) = Entry.objects.using("audit").filter(actor=actor, verb="vault.value.refused")
    assert (refusal.thing, refusal.category) == (nym_of(crowd[-1]), "name")


def test_what_the_program_works_with_for_somebody_is_entered_and_counts_for_nothing(actor: str) -> None:
    crowd = people(PACE.things + 2)
    act = make_act("system", "account", actor=actor)
    for subject in crowd:
        assert door.use(act, subject=subject, category=NAME, fn=len) == len("Ann Canary")
    assert entries(actor, "vault.value.revealed") == PACE.things + 2

    assert reads(actor, *crowd[: PACE.things]) == PACE.things
    with pytest.raises(asking.ReadsTooMuch):
        reads(actor, crowd[-1])
    assert door.use(act, subject=crowd[-1], category=NAME, fn=len)


def test_nothing_of_a_batch_that_is_too_large_comes_out(actor: str) -> None:
    before = door.reveals_of_thread()

    with pytest.raises(asking.ReadsTooMuch):
        reads(actor, *people(PACE.things + 1))

    assert entries(actor, "vault.value.revealed") == 0
    assert door.reveals_of_thread() == before


def test_the_same_persons_values_count_each_time(actor: str) -> None:
    (ann,) = people(1)
    for _ in range((PACE.values or 0) // 2):
        reads(actor, ann, categories=(NAME, EMAIL))

    with pytest.raises(asking.ReadsTooMuch):
        reads(actor, ann)


def test_the_alarm_names_who_and_rings_once_an_hour(actor: str) -> None:
    crowd = people(PACE.things + 1)
    for at in (NOON, NOON, NOON + timedelta(minutes=59), NOON + timedelta(minutes=61)):
        with pytest.raises(asking.ReadsTooMuch):
            reads(actor, *crowd, at=at)

    alarms = Entry.objects.using("audit").filter(actor=actor, verb="alarm.mass_reading.raised").order_by("id")
    assert [(alarm.kind, alarm.thing, alarm.at) for alarm in alarms] == [
        ("people.user", UUID(actor[6:]), NOON), ("people.user", UUID(actor[6:]), NOON + timedelta(minutes=61)),
    ]  # fmt: skip


def test_after_an_hour_they_may_go_on(actor: str) -> None:
    crowd = people(PACE.things + 1)
    reads(actor, *crowd[:-1])

    assert reads(actor, crowd[-1], at=NOON + timedelta(hours=1, seconds=1)) == 1


def test_one_persons_reading_does_not_stop_a_colleague(actor: str) -> None:
    crowd = people(PACE.things)
    reads(actor, *crowd)

    assert reads(f"staff:{uuid4()}", *crowd) == PACE.things


def test_the_owner_is_bound_as_well(actor: str) -> None:
    with pytest.raises(asking.ReadsTooMuch):
        reads(actor, *people(PACE.things + 1), role="owner")


def test_a_job_is_not(db: None) -> None:
    crowd = people(PACE.things + 1)
    act = make_act("system", "account", actor="job:letters")

    assert len(door.reveal_many(act, wishes=[door.Wish(subject, NAME) for subject in crowd])) == PACE.things + 1


def test_refusals_do_not_use_the_pace_up(actor: str) -> None:
    crowd = people(PACE.things)
    for subject in crowd[:5]:
        with pytest.raises(door.Refused):
            door.reveal(make_act("support", "offers", actor=actor), subject=subject, category=NAME)

    assert reads(actor, *crowd) == PACE.things


def test_two_requests_at_once_get_no_more_than_one_after_the_other(committed: str) -> None:
    actor, crowd, answers = f"staff:{uuid4()}", people(PACE.things + 20), []
    gate = threading.Barrier(2)

    def ask(part: list[SubjectId]) -> None:
        try:
            gate.wait(PATIENCE)
            answers.append(reads(actor, *part))
        except asking.ReadsTooMuch:
            answers.append(0)
        finally:
            for alias in ("default", "audit"):
                connections[alias].close()

    half = len(crowd) // 2
    threads = [threading.Thread(target=ask, args=(part,)) for part in (crowd[:half], crowd[half:])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    assert sorted(answers) == [0, half]
    assert entries(actor, "vault.value.revealed") == half
