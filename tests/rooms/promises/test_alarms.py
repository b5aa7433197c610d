"""Alarms: opened when a light turns red, told once, closed when it is green again; a probe's own wakes nobody."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from hostkeep.audit.alarms import raise_alarm
from hostkeep.brands.queries import brand, policy_in_force
from hostkeep.flows.operator_mail import write_to_staff
from hostkeep.kernel.ids import BrandId, ClauseId, Ref
from hostkeep.messaging.actions.queueing import queue_mail
from hostkeep.messaging.errors import NoSuchStream, NotStaff
from hostkeep.messaging.models import Mail
from hostkeep.messaging.queries import mail
from hostkeep.people.actions.joining import make_staff
from hostkeep.people.models import LoginAddress, User
from hostkeep.promises import alarm_mail
from hostkeep.promises.actions.alarming import close_alarm, open_alarm
from hostkeep.promises import alarm_watch
from hostkeep.promises.alarm_watch import expected_alarms, take_raised
from hostkeep.promises.alarms import alarm, closed_alarms, open_alarms
from hostkeep.promises.canaries import canary_of
from hostkeep.promises.control import Scene, Seen
from hostkeep.promises.errors import NoSuchAlarm
from hostkeep.promises.events import AlarmClosed, AlarmOpened
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime.models import Event
from tests.conftest import NOON, make_act
from tests.rooms.promises.conftest import CLAUSE

MINUTES = timedelta(minutes=1)
OPERATOR = BrandId("")


def staff_member(role: str) -> User:
    with running_brand.during(OPERATOR):
        user = User.objects.create(brand="", created_at=NOON)
        LoginAddress.objects.create(user=user, email=f"{role}@staff.test", verified=True, primary=True)
    make_staff(make_act("owner", "site_administration", brand=""), user=user.id, role=role)
    return user


def told_of(kind: type) -> list[str]:
    return [row.body["alarm"] for row in Event.objects.filter(kind=kind.__name__).order_by("at", "id")]


def carry(kind: type) -> None:
    """What the jobs of these events do."""
    handler = {AlarmOpened: alarm_mail.on_alarm_opened, AlarmClosed: alarm_mail.on_alarm_closed}[kind]
    for row in Event.objects.filter(kind=kind.__name__):
        handler(make_act(brand=row.brand, at=NOON), kind(row.body["alarm"]))


def test_a_light_that_turns_red_opens_one_alarm_and_green_closes_it(told) -> None:
    told.goes_round()
    assert open_alarms() == ()

    told.answers["probe"] = Seen("failed", "302 instead of 422")
    told.goes_round(NOON + 10 * MINUTES)
    told.goes_round(NOON + 20 * MINUTES)

    (row,) = open_alarms()
    assert (row.brand, row.clause, row.kind, row.opened_at) == ("vpsfast", CLAUSE, "broken", NOON + 10 * MINUTES)
    assert row.value == "The probe of a clause: 302 instead of 422"
    assert told_of(AlarmOpened) == [str(row.id)]

    told.answers["probe"] = RuntimeError("cannot tell")
    told.goes_round(NOON + 30 * MINUTES)
    assert open_alarms() == (row,), "grey is not mended"

    told.answers.clear()
    told.goes_round(NOON + 40 * MINUTES)

    assert open_alarms() == ()
    (closed,) = closed_alarms()
    assert (closed.id, closed.closed_at, closed.closed_by) == (row.id, NOON + 40 * MINUTES, "job:test")
    assert told_of(AlarmClosed) == [str(row.id)]

    told.answers["state"] = Seen("failed", "2 columns")
    told.goes_round(NOON + 50 * MINUTES)
    (again,) = open_alarms()
    assert again.id != row.id, "another break is another alarm"


def test_the_alarm_of_a_clause_that_the_policy_no_longer_has_is_closed(told, monkeypatch) -> None:
    from hostkeep.promises import ledger, rounds

    told.answers["state"] = Seen("failed", "2 columns")
    told.goes_round()
    assert len(open_alarms()) == 1

    book = {clause: control for clause, control in ledger.CONTROLS.items() if clause != CLAUSE}
    monkeypatch.setattr(rounds, "CONTROLS", book)
    told.goes_round(NOON + 10 * MINUTES)

    assert open_alarms() == ()


def test_owner_and_privacy_are_told_once_in_plain_words(told) -> None:
    for role in ("owner", "privacy", "support"):
        staff_member(role)
    told.answers["probe"] = Seen("failed", "302 instead of 422")
    told.goes_round()

    carry(AlarmOpened)
    carry(AlarmOpened)

    mails = list(Mail.objects.order_by("queued_at", "id"))
    assert {(m.brand, m.stream, m.template) for m in mails} == {("", "operations", "operations/alarm_opened")}
    with running_brand.during(OPERATOR):
        letters = [write_to_staff(make_act(brand="", at=NOON), mail(m.id)) for m in mails]
    assert {letter.to for letter in letters} == {"owner@staff.test", "privacy@staff.test"}
    (text,) = {plain(letter) for letter in letters}
    assert "The light of VF-1 turned red" in text
    assert "302 instead of 422" in text
    assert "/staff/promises/#vpsfast-VF-1" in text
    assert policy_in_force(BrandId("vpsfast"), NOON).clauses[0].text["en"] in " ".join(text.split())

    told.answers.clear()
    told.goes_round(NOON + 10 * MINUTES)
    carry(AlarmClosed)
    assert Mail.objects.filter(template="operations/alarm_closed").count() == 2


def plain(letter) -> str:
    from email import message_from_bytes, policy

    body = message_from_bytes(letter.body, policy=policy.default)
    assert body["X-Hostkeep-Brand"] == ""
    return body.get_body(("plain",)).get_content()


def test_the_operators_own_stream_carries_its_own_mail_to_staff_alone(db) -> None:
    customer = User.objects.create(brand="vps6", created_at=NOON)
    owner = staff_member("owner")
    ours = make_act("system", "site_administration", brand="")

    def queue(user, *, stream="operations", template="operations/alarm_opened", act=ours):
        facts = {"alarm": str(uuid4())} if template.startswith("operations/") else {}
        return queue_mail(
            act, stream=stream, template=template, subject=user.id, address="login", facts=facts, once=str(uuid4())
        )

    assert queue(owner).mail
    with pytest.raises(NotStaff):
        queue(customer)
    with pytest.raises(NoSuchStream):
        queue(owner, template="account/reset")
    with pytest.raises(NoSuchStream):
        queue(owner, stream="account")
    with pytest.raises(NoSuchStream):
        queue(owner, act=make_act(brand="vps6"))
    assert Mail.objects.count() == 1


def test_who_left_the_staff_is_told_no_more(told) -> None:
    owner = staff_member("owner")
    told.answers["probe"] = Seen("failed", "1")
    told.goes_round()
    carry(AlarmOpened)
    User.objects.filter(id=owner.id).update(staff_role="")

    with pytest.raises(NotStaff), running_brand.during(OPERATOR):
        write_to_staff(make_act(brand="", at=NOON), mail(Mail.objects.get().id))


@pytest.fixture
def scene(db) -> Scene:
    act = make_act(purpose="account", at=NOON)
    policy = policy_in_force(BrandId("vps6"), NOON)
    canary = canary_of(act, policy)
    probing = make_act(purpose="account", at=NOON)
    from dataclasses import replace

    return Scene(replace(probing, trace="probe:abc"), brand(BrandId("vps6")), policy, canary, None)


def raised(act, thing, kind: str = "person") -> None:
    raise_alarm(act, kind="mass_reading", about=Ref(kind, thing), clause=ClauseId("V6-2"))


def test_an_alarm_of_a_room_is_taken_in_and_told_once(scene) -> None:
    raised(make_act("support", "support", actor="staff:1"), uuid4())

    assert take_raised(make_act(brand="", at=NOON)) == 1
    assert take_raised(make_act(brand="", at=NOON)) == 0

    (row,) = open_alarms()
    assert (row.brand, row.kind, row.clause, row.matched_by) == ("vps6", "mass_reading", "V6-2", "")
    assert told_of(AlarmOpened) == [str(row.id)]


def test_many_alarms_in_one_moment_are_all_taken_in(scene) -> None:
    for _ in range(205):  # more than are read in one go
        raised(make_act("support", "support", actor="staff:1"), uuid4())

    assert take_raised(make_act(brand="", at=NOON)) == 205
    raised(make_act("support", "support", actor="staff:1"), uuid4())
    assert take_raised(make_act(brand="", at=NOON)) == 1


def test_an_alarm_that_cannot_be_taken_in_keeps_no_later_one_waiting(scene, monkeypatch) -> None:
    real, bad = alarm_watch.take_alarm, uuid4()

    def broken(act, *, raised, matched_by):
        if raised.thing == bad:
            raise ZeroDivisionError
        return real(act, raised=raised, matched_by=matched_by)

    monkeypatch.setattr(alarm_watch, "take_alarm", broken)
    raised(make_act("support", "support", actor="staff:1"), bad, "a.b")
    raised(make_act("support", "support", actor="staff:1"), uuid4(), "a.b")
    assert take_raised(make_act(brand="", at=NOON)) == 1
    monkeypatch.setattr(alarm_watch, "take_alarm", real)
    assert take_raised(make_act(brand="", at=NOON)) == 2, "the one that was left, and the alarm about it"


def test_an_alarm_that_a_probe_provokes_is_matched_and_closed_by_it(scene) -> None:
    with expected_alarms(scene) as caught:
        raised(scene.act, scene.canary.subject)

    assert caught.kinds == ["mass_reading"]
    (row,) = closed_alarms()
    assert (row.matched_by, row.closed_by) == ("probe:abc", scene.act.actor)
    assert take_raised(make_act(brand="", at=NOON)) == 0
    assert (open_alarms(), told_of(AlarmOpened)) == ((), [])


def test_a_probe_that_expects_an_alarm_and_gets_another_s_has_caught_none(scene) -> None:
    with expected_alarms(scene) as caught:
        raised(make_act("support", "support", actor="staff:1"), uuid4())

    assert caught.kinds == []
    assert take_raised(make_act(brand="", at=NOON)) == 1
    assert len(open_alarms()) == 1


def test_an_alarm_about_the_canary_wakes_nobody_even_where_no_probe_waited_for_it(scene) -> None:
    raised(scene.act, uuid4())
    raised(make_act("support", "support", actor="staff:1"), scene.canary.subject)
    raised(make_act("support", "support", actor="staff:1"), scene.canary.account, "people.account")

    assert take_raised(make_act(brand="", at=NOON)) == 3

    assert (open_alarms(), told_of(AlarmOpened)) == ((), [])
    assert {row.matched_by for row in closed_alarms()} == {"probe:abc", "probe:canary"}


def test_a_kind_of_alarm_is_a_word_of_ours(scene) -> None:
    with pytest.raises(ValueError, match="word"):
        raise_alarm(scene.act, kind="Ann, ann@example.test", about=Ref("a.b", uuid4()), clause=ClauseId(""))


def test_alarms_are_closed_once_and_known_by_their_number(db) -> None:
    act = make_act(brand="vps6")
    opened = open_alarm(act, clause=ClauseId("V6-2"), value="x" * 300)
    assert open_alarm(act, clause=ClauseId("V6-2"), value="y") == type(opened)(opened.alarm, fresh=False)
    assert len(alarm(opened.alarm).value) == 200

    assert close_alarm(act, alarm=opened.alarm).fresh is True
    assert close_alarm(act, alarm=opened.alarm).fresh is False
    for look in (lambda: alarm(uuid4()), lambda: close_alarm(act, alarm=uuid4())):
        with pytest.raises(NoSuchAlarm):
            look()
