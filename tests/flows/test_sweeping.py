"""The sweeper: what is past its time goes from everywhere, once, and whatever happens in between."""

from __future__ import annotations

import itertools
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from hostkeep.audit.models import Entry
from hostkeep.flows import closing, retiring, sweeping
from hostkeep.kernel.ids import BrandId, CategoryId, MailId, SubjectId
from hostkeep.messaging.actions.choosing import want_stream
from hostkeep.messaging.calls import handing
from hostkeep.messaging.events import MailQueued
from hostkeep.messaging.models import Mail, Preference
from hostkeep.people.closings import closing_of
from hostkeep.people.models import ApiCall, LoginAddress, Session, StaySeries
from hostkeep.people.stores import person_of
from hostkeep.provisioning.actions.asking import close_service
from hostkeep.provisioning.events import ServiceClosed
from hostkeep.provisioning.models import Lease, Service
from hostkeep.provisioning.stores import OPAQUE
from hostkeep.runtime import clock, jobs, kept, outbox, stores
from hostkeep.runtime.models import Clock, Delivery, Event
from hostkeep.shop.models import Cart, CartLine, Receipt
from hostkeep.vault.columns import Boxed
from hostkeep.vault import door, dropping, due, erasing, exports, holds, retention
from hostkeep.vault.ending import Whose
from hostkeep.vault.models import Item, SubjectKey
from hostkeep.vault.wall import opened
from tests.conftest import NOON, make_act
from tests.flows.leaving import Leaver, works
from tests.flows.test_mailing import FakeMailer
from tests.rooms.brands.announcements import announce, changed
from tests.rooms.provisioning.conftest import Room, fake, room, set_up

__all__ = ["fake", "room", "set_up"]

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
HISTORY = CategoryId("login_history")


@pytest.fixture(autouse=True)
def mailer(monkeypatch) -> Iterator[FakeMailer]:
    fake = FakeMailer()
    monkeypatch.setattr(handing, "_makers", [lambda _brand: fake])
    return fake


def sweep(at: datetime) -> int:
    return sweeping.sweep(make_act("system", "service", brand="", at=at))


def somebody(at: datetime = NOON, brand: str = "vps6") -> SubjectId:
    """A person with a login on record."""
    who = SubjectId(uuid4())
    door.put(make_act(brand=brand, at=at), subject=who, category=HISTORY, value="a browser")
    return who


def end_of(who: SubjectId) -> datetime | None:
    with opened():
        return Item.objects.get(subject=who, category=HISTORY).expires_at


def left(*people: SubjectId) -> int:
    with opened():
        return Item.objects.filter(subject__in=people).count()


# -- runs ------------------------------------------------------------------------------------------------------


def test_a_sweep_leaves_nothing_past_due_and_says_when_it_was(db: None) -> None:
    who = somebody()
    late = NOON + 91 * DAY
    assert sweeping.overdue(late)["security"] == 1

    assert sweep(late) >= 1

    assert sweeping.overdue(late) == {}
    assert sweeping.last_run() == late
    assert left(who) == 0


def test_each_class_and_brand_has_one_entry_with_its_number(db: None) -> None:
    for _ in range(3):
        somebody()
    somebody(brand="photonvps")
    late = NOON + 91 * DAY
    sweep(late)

    found = Entry.objects.filter(verb="vault.values.expired").values_list("brand", "kind", "count")
    assert sorted(found) == [("vps6", "vault.class.security", 3)]


def test_a_run_in_which_something_failed_is_no_run_and_stops_nothing_else(db: None, monkeypatch) -> None:
    who = somebody()

    def breaks(_act, _most) -> int:
        raise OSError

    broken = stores.Store("a.broken", "account", "Breaks.", (), lambda _at: 1, breaks, stores.nothing, lambda _p: 0)
    monkeypatch.setitem(stores._stores, "a.broken", broken)
    sweep(NOON + 91 * DAY)

    assert left(who) == 0
    assert sweeping.last_run() is None
    assert sweeping.overdue(NOON + 91 * DAY) == {"account": 1}


def test_it_is_sent_off_once_an_hour(db: None) -> None:
    sweep(NOON)
    assert sweeping.send_due(make_act(brand="", at=NOON + HOUR - timedelta(seconds=1))) == 0
    assert sweeping.send_due(make_act(brand="", at=NOON + HOUR)) == 1


# -- policies that change --------------------------------------------------------------------------------------

TERM = "class: security, until: collected, plus: P{}D"


def test_a_shorter_term_brings_dates_nearer_and_a_longer_one_leaves_them(db: None) -> None:
    now = clock.now()
    who = somebody(now)
    assert end_of(who) == pytest.approx(now + 90 * DAY, abs=HOUR)

    announce("vps6", changed("vps6", (TERM.format(90), TERM.format(30))))
    sweep(now + HOUR)
    nearer = end_of(who)
    assert nearer == pytest.approx(now + 30 * DAY, abs=HOUR)

    made = announce("vps6", changed("vps6", (TERM.format(90), TERM.format(365))))
    sweep(made.effective_at + HOUR)
    assert left(who) == 0 if made.effective_at + HOUR > nearer else end_of(who) == nearer


def test_a_closed_account_gains_by_a_shorter_term_too(db: None) -> None:
    now = clock.now()
    who = SubjectId(uuid4())
    door.put(make_act(brand="vpsfast", at=now), subject=who, category=CategoryId("email"), value="a@example.test")
    retention.fire(make_act("system", "account", brand="vpsfast", at=now), subject=who, event="account.closed")

    term = "class: account, until: account.closed, plus: P{}D"
    announce("vpsfast", changed("vpsfast", (term.format(30), term.format(7))))
    sweep(now + HOUR)
    with opened():
        key = SubjectKey.objects.get(subject=who, keep_class="account")
    assert key.ends_at == pytest.approx(now + 7 * DAY, abs=HOUR)
    sweep(now + 8 * DAY)
    assert left(who) == 0


@contextmanager
def cannot_go(*who: SubjectId) -> Iterator[None]:
    """Break every statement that would delete a value of some people."""
    kept = left(*who)

    def stops(execute, sql, params, many, context):
        done = execute(sql, params, many, context)
        if "DELETE FROM vault.vault_item" in sql and Item.objects.filter(subject__in=who).count() < kept:
            raise OSError("it cannot go")
        return done

    with connection.execute_wrapper(stops):
        yield


def test_a_value_that_cannot_go_keeps_no_other_and_the_run_does_not_count(db: None, monkeypatch) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 3)
    people = [somebody(NOON + n * HOUR) for n in range(8)]
    with cannot_go(people[1]):
        sweep(NOON + 92 * DAY)
    assert [left(who) for who in people] == [0, 1, 0, 0, 0, 0, 0, 0]
    assert sweeping.last_run() is None
    sweep(NOON + 93 * DAY)
    assert left(*people) == 0
    assert sweeping.last_run() == NOON + 93 * DAY


def test_where_nothing_can_go_not_each_value_is_tried(db: None, monkeypatch) -> None:
    tried = []

    def breaks(*_told, **_more):
        tried.append(1)
        raise OSError

    monkeypatch.setattr(dropping, "enter", breaks)
    monkeypatch.setattr(dropping, "HOPELESS", 3)
    monkeypatch.setattr(dropping, "SOME", 2)
    for n in range(12):
        somebody(NOON + n * HOUR)
    sweep(NOON + 92 * DAY)
    assert 0 < len(tried) < 12
    assert sweeping.last_run() is None


def test_many_values_that_cannot_go_keep_no_younger_one(db: None, monkeypatch) -> None:
    """Whole batches of them, the oldest of all: a sweep that stopped at some number would begin with them anew."""
    monkeypatch.setattr(sweeping, "BATCH", 8)
    monkeypatch.setattr(dropping, "HOPELESS", 3)
    monkeypatch.setattr(dropping, "SOME", 2)
    people = [somebody(NOON + n * HOUR) for n in range(28)]
    with cannot_go(*people[:20]):
        sweep(NOON + 92 * DAY)
    assert [left(who) for who in people] == [1] * 20 + [0] * 8
    assert sweeping.last_run() is None
    sweep(NOON + 93 * DAY)
    assert left(*people) == 0


def test_people_whose_classes_cannot_end_keep_no_later_one(db: None, monkeypatch) -> None:
    monkeypatch.setattr(sweeping, "PEOPLE", 2)
    asked, people = [], [Whose(BrandId("vps6"), SubjectId(uuid4())) for _ in range(7)]
    freed = [holds.Freed(whose.brand, whose.subject, frozenset({"account"})) for whose in people]
    monkeypatch.setattr(due, "left_open", lambda *, most: tuple(people[:most]))
    monkeypatch.setattr(holds, "released", lambda *, most: tuple(freed[:most]))

    def breaks(act, *, subject, **more):
        asked.append(subject)
        raise OSError

    for room, name in ((retention, "fire"), (erasing, "erase")):
        asked.clear()
        with monkeypatch.context() as patch:
            patch.setattr(room, name, breaks)
            sweep(NOON)
        assert asked == [whose.subject for whose in people], name


def test_an_erasure_whose_rows_cannot_go_keeps_no_other(db: None) -> None:
    people = [SubjectId(uuid4()) for _ in range(3)]
    for who in people:
        door.put(make_act(brand="vps6"), subject=who, category=CategoryId("email"), value="a@example.test")
        erasing.erase(make_act("system", "account", brand="vps6"), subject=who, classes=frozenset({"account"}), why="request")
    with cannot_go(people[0]):
        sweep(NOON + HOUR)
    assert [left(who) for who in people] == [1, 0, 0]
    assert sweeping.last_run() is None
    sweep(NOON + 2 * HOUR)
    assert left(*people) == 0
    assert sweeping.last_run() == NOON + 2 * HOUR


# -- many at once, and cut off ---------------------------------------------------------------------------------


def test_two_sweepers_at_once_do_each_row_once(committed: str) -> None:
    people = [somebody() for _ in range(60)]
    late, done = NOON + 91 * DAY, []

    def sweeps() -> None:
        act = make_act("system", "service", brand="", at=late)
        gone = 0
        while count := dropping.drop_due(act, most=7):
            gone += count
        done.append(gone)
        connections.close_all()

    threads = [threading.Thread(target=sweeps) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.append(dropping.drop_due(make_act("system", "service", brand="", at=late), most=100))

    assert left(*people) == 0
    entries = Entry.objects.filter(verb="vault.values.expired", brand="vps6")
    assert sum(entries.values_list("count", flat=True)) == 60
    assert sum(done) == 60


def test_two_who_end_one_person_make_one_certificate(committed: str) -> None:
    who = SubjectId(uuid4())
    door.put(make_act(brand="vpsfast"), subject=who, category=CategoryId("email"), value="a@example.test")
    retention.fire(make_act("system", "account", brand="vpsfast"), subject=who, event="account.closed")
    late = NOON + 31 * DAY
    (whose,) = due.people_due(late, most=10)

    def ends() -> None:
        due.end(make_act("system", "service", brand="", at=late), whose=whose)
        connections.close_all()

    threads = [threading.Thread(target=ends) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sweep(late)

    assert Entry.objects.filter(verb="vault.keys.destroyed", brand="vpsfast").count() == 1
    assert due.people_due(late, most=10) == ()


def test_a_sweep_that_is_killed_is_finished_by_the_next(committed: str, monkeypatch) -> None:
    people = [somebody() for _ in range(20)]
    late = NOON + 91 * DAY
    connections.close_all()
    child = os.fork()
    if child == 0:
        act = make_act("system", "service", brand="", at=late)
        dropping.drop_due(act, most=5)
        monkeypatch.setattr(dropping, "enter", lambda *_a, **_k: os.kill(os.getpid(), signal.SIGKILL))
        dropping.drop_due(act, most=5)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL

    assert left(*people) == 15, "what was committed is gone, what was not is there"
    sweep(late)
    assert left(*people) == 0
    entries = Entry.objects.filter(verb="vault.values.expired", brand="vps6")
    assert sum(entries.values_list("count", flat=True)) == 20


# -- the last service ------------------------------------------------------------------------------------------


def ends(who: Leaver, service) -> None:
    """A service is cancelled, wiped, and the house is told."""
    act = make_act("system", "service", brand=who.brand, at=clock.now())
    close_service(act, service=service)
    who.room.act = act
    who.room.works()
    told(who)


def told(who: Leaver) -> None:
    act = make_act("system", "service", brand=who.brand, at=clock.now())
    for event in Event.objects.filter(kind="ServiceClosed").order_by("at", "id"):
        closing.on_service_closed(act, ServiceClosed(**event.body))
        retiring.on_service_closed(act, ServiceClosed(**event.body))


def test_at_vietnam_server_the_last_service_takes_the_account_with_it(db: None, room: Room) -> None:
    ann = Leaver("vietnam-server", room=room)
    first, last = room.builds(), room.builds()

    ends(ann, first)
    assert ann.state == "open"
    assert ann.keys()["account"] == "live"

    ends(ann, last)
    works("vietnam-server")
    assert ann.keys()["account"] == "destroyed"
    assert ann.state == "closed"
    assert closing_of(ann.account_id).by == "policy"
    assert not LoginAddress.objects.filter(user=ann.user).exists()
    assert not Session.objects.filter(user=ann.user).exists()


def test_an_order_that_never_ran_takes_no_account_with_it(db: None, room: Room) -> None:
    ann = Leaver("vietnam-server", room=room)
    ends(ann, room.orders())
    assert ann.state == "open"
    assert ann.keys()["account"] == "live"


def test_elsewhere_the_last_service_leaves_the_account_open(db: None, room: Room) -> None:
    ann = Leaver("vps6", room=room)
    ends(ann, room.builds())
    assert ann.state == "open"
    assert set(ann.keys().values()) == {"live"}


# -- the stores ------------------------------------------------------------------------------------------------


def test_a_cart_lies_as_long_as_its_cookie_and_no_longer(db: None) -> None:
    cart = Cart.objects.create(brand="vpsfast", token_hash="a" * 64, currency="USD", opened_at=NOON, touched_at=NOON)
    CartLine.objects.create(
        cart=cart, chosen=Boxed("c2.session.0.AAAA"), quantity=1, added_at=NOON,
        seen_minor=1, seen_currency="USD",
    )  # fmt: skip
    sweep(NOON + 6 * DAY)
    assert Cart.objects.filter(id=cart.id).exists()
    sweep(NOON + 8 * DAY)
    assert not Cart.objects.filter(id=cart.id).exists()


def test_sessions_calls_and_stays_end_by_their_own_dates(db: None) -> None:
    ann = Leaver("vps6")
    at = clock.now()
    StaySeries.objects.create(
        brand="vps6", user_id=ann.user, series="s" * 64, token="t" * 64, started_at=at, used_at=at,
        expires_at=at + DAY,
    )  # fmt: skip
    assert Session.objects.filter(user=ann.user).exists()
    sweep(at + 40 * DAY)
    assert not Session.objects.filter(user=ann.user).exists()
    assert not StaySeries.objects.filter(user=ann.user).exists()
    assert not ApiCall.objects.filter(expires_at__lte=at + 40 * DAY).exists()


def test_events_go_when_they_are_delivered_and_old_and_stay_while_they_wait(db: None) -> None:
    for state in (Delivery.DONE, Delivery.PARKED, Delivery.WAITING):
        known = set(Event.objects.values_list("id", flat=True))
        outbox.publish(make_act(), MailQueued(mail=MailId(uuid4())))
        Delivery.objects.exclude(event__in=known).update(state=state)
    store = next(each for each in kept.STORES if each.name == "runtime.events")

    def left_after(at: datetime) -> set[str]:
        store.erase(make_act(at=at), 100)
        assert store.list_due(at) == 0
        return set(Delivery.objects.values_list("state", flat=True))

    assert left_after(NOON + 29 * DAY) == {"done", "parked", "waiting"}
    assert left_after(NOON + 31 * DAY) == {"parked", "waiting"}
    assert left_after(NOON + 89 * DAY) == {"parked", "waiting"}
    assert left_after(NOON + 91 * DAY) == {"waiting"}
    assert left_after(NOON + 900 * DAY) == {"waiting"}


def test_a_job_that_failed_is_gone_a_week_later(db: None) -> None:
    store = next(s for s in kept.STORES if s.name == "runtime.jobs")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('x', 'x', 'failed') RETURNING id"
        )
        job = cursor.fetchone()[0]
        cursor.execute("DELETE FROM procrastinate_events WHERE job_id = %s", [job])
        cursor.execute("INSERT INTO procrastinate_events (job_id, type, at) VALUES (%s, 'failed', %s)", [job, NOON])
    before = store.list_due(NOON + 6 * DAY)
    assert store.list_due(NOON + 8 * DAY) == before + 1
    assert store.erase(make_act(at=NOON + 8 * DAY), 100) >= 1
    assert store.list_due(NOON + 8 * DAY) == 0


def test_a_moved_clock_ages_nothing_that_the_database_dated_itself(db: None, settings, tmp_path: Path, monkeypatch) -> None:
    settings.HOSTKEEP = replace(settings.HOSTKEEP, demo=True)
    log = tmp_path / "log"
    log.write_text(f"{clock.now():%Y-%m-%d %H:%M:%S}.000 UTC [1] LOG:  begins\n", encoding="utf-8")
    monkeypatch.setattr(kept, "log_file", lambda: log)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('x', 'x', 'failed')")
    kept_now = [s for s in kept.STORES if s.name in {"runtime.jobs", "runtime.server_log"}]
    before = [store.list_due(clock.now()) for store in kept_now]
    clock.advance(31 * DAY)
    assert [store.list_due(clock.now()) for store in kept_now] == before


def test_the_servers_log_is_emptied_when_its_first_line_is_a_week_old(db: None, tmp_path: Path, monkeypatch) -> None:
    log = tmp_path / "log"
    log.write_text("2026-03-01 12:00:00.000 UTC [1] LOG:  about ann@example.test\n", encoding="utf-8")
    monkeypatch.setattr(kept, "log_file", lambda: log)
    store = next(s for s in kept.STORES if s.name == "runtime.server_log")
    person = stores.Person((SubjectId(uuid4()),), words=("ann@example.test",))

    assert store.prove_absent(person) == 1
    assert (store.list_due(NOON + 6 * DAY), store.list_due(NOON + 8 * DAY)) == (0, 1)
    with log.open("ab") as server:
        assert store.erase(make_act(at=NOON + 8 * DAY), 10) == 1
        server.write(b"2026-03-09 12:00:00.000 UTC [1] LOG:  goes on\n")
    assert log.read_bytes().startswith(b"2026-03-09")
    assert store.prove_absent(person) == 0


def test_an_erased_person_is_absent_from_every_store(db: None, room: Room, mailer) -> None:
    ann = Leaver("photonvps", room=room)
    service = room.builds()
    at = clock.now()
    act = make_act("customer", "account", brand="photonvps", at=at, own=ann.subject)
    want_stream(act, subject=ann.subject, stream="company_news", how="client_area")
    exports.keep_export(act, subject=ann.subject, data=b"everything")
    StaySeries.objects.create(
        brand="photonvps", user_id=ann.user, series="s" * 64, token="t" * 64, started_at=at, used_at=at,
        expires_at=at + DAY,
    )  # fmt: skip
    words = (ann.email,)
    before = sweeping.absent(subject=ann.subject, words=words)
    assert {"people.logins", "people.stays", "vault.exports", "messaging.preferences"} <= before.keys()
    assert "provisioning.providers" in before

    ends(ann, service)
    ann.closes()
    works("photonvps")
    for _ in range(2):
        sweep(clock.now() + HOUR)
        works("photonvps")
        Delivery.objects.update(state=Delivery.DONE)
        sweep(clock.now() + 2 * DAY)

    assert sweeping.absent(subject=ann.subject, words=words) == {}
    assert not Preference.objects.filter(subject=ann.subject).exists()
    assert not Mail.objects.filter(account=ann.account_id).exists()
    assert not Receipt.objects.filter(order__account=ann.account_id).exists()


def test_drivers_know_a_service_by_a_random_name_alone(db: None, room: Room) -> None:
    room.builds()
    assert Service.objects.filter(handle__regex=OPAQUE).count() == Service.objects.count() == 1


def test_who_held_an_address_is_forgotten_after_a_month(db: None, room: Room) -> None:
    service = room.builds()
    Lease.objects.create(pool="p", address="10.0.0.2", service_id=service, since=NOON, until=NOON + DAY)
    sweep(NOON + 30 * DAY)
    assert Lease.objects.exists()
    sweep(NOON + 32 * DAY)
    assert not Lease.objects.exists()


def test_a_persons_handles_are_found_when_they_are_erased_already(db: None) -> None:
    ann = Leaver("photonvps")
    user = ann.user
    ann.closes()
    works("photonvps")
    assert person_of(ann.subject).users == (user,)


def comes_late(who: Leaver) -> None:
    """What was on its way when its person was erased: a browser, an answer about a stream, an event."""
    at = clock.now()
    Session.objects.create(key=uuid4().hex, brand=who.brand, user=who.user, box="x", started_at=at, used_at=at, expires_at=at + 9 * DAY)
    Preference.objects.create(brand=who.brand, subject=who.subject, stream="offers", wanted=True, at=at, how="page")
    Event.objects.create(kind="Late", body={"account": str(who.account_id)}, brand=who.brand, trace="t", at=at)


def late_rows(who: Leaver) -> int:
    return (
        Session.objects.filter(user=who.user).count()
        + Preference.objects.filter(subject=who.subject).count()
        + Event.objects.filter(kind="Late", body__account=str(who.account_id)).count()
    )


def test_late_rows_of_many_are_removed_by_as_many_statements_as_those_of_one(db: None, mailer) -> None:
    stays = Leaver("photonvps", "stays")
    gone = [Leaver("photonvps", f"who{number}") for number in range(4)]
    for who in gone:
        who.closes()
    works("photonvps")
    asked = []
    for some in (gone[:1], gone):
        for who in (*some, stays):
            comes_late(who)
        kept = late_rows(stays)
        with CaptureQueriesContext(connection) as met:
            sweeping.forget_people(make_act("system", "service", brand=""), *(who.subject for who in some))
        asked.append(len(met))
        assert [late_rows(who) for who in some] == [0] * len(some)
        assert late_rows(stays) == kept, "whoever lives keeps theirs"
    assert asked[0] == asked[1]


def test_once_a_day_for_eight_days_what_came_late_goes_in_batches(db: None, mailer, monkeypatch) -> None:
    monkeypatch.setattr(sweeping, "PEOPLE", 2)
    gone = [Leaver("photonvps", f"who{number}") for number in range(5)]
    for who in gone:
        who.closes()
    works("photonvps")
    for day in (1, 7):
        for who in gone:
            comes_late(who)
        sweep(clock.now() + day * DAY)
        assert sum(map(late_rows, gone)) == 0, day


# -- a moved clock ---------------------------------------------------------------------------------------------


def goes_by(hours: int) -> None:
    """The demo's clock is moved hour by hour, and the errand it sends at each stop is run."""
    for _ in range(hours):
        clock.advance(HOUR)
        jobs.do_due()
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM procrastinate_jobs WHERE task_name = 'hostkeep.errand' AND args ->> 'name' = %s"
                " RETURNING args ->> 'about'",
                [sweeping.ERRAND],
            )
            sent = cursor.fetchall()
        for (about,) in sent:
            jobs.run_errand(sweeping.ERRAND, about)


def test_a_clock_that_is_moved_leaves_nothing_past_due_on_its_way(db: None) -> None:
    now = clock.now()
    who = somebody(now)
    vpsfast = SubjectId(uuid4())
    act = make_act("system", "account", brand="vpsfast", at=now)
    door.put(act, subject=vpsfast, category=CategoryId("email"), value="a@example.test")
    with opened():
        Item.objects.filter(subject=who).update(expires_at=now + 3 * HOUR)
    retention.fire(act, subject=vpsfast, event="account.closed")
    with opened():
        SubjectKey.objects.filter(subject=vpsfast, keep_class="account").update(ends_at=now + 2 * HOUR)

    goes_by(2)
    assert left(vpsfast) == 0
    assert left(who) == 1
    goes_by(2)

    assert left(who, vpsfast) == 0
    assert sweeping.overdue(clock.now() - sweeping.EVERY) == {}
    assert clock.now() - sweeping.last_run() < sweeping.EVERY


class Stops:
    """Where a moved clock stopped, in hours from the start."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.hours = clock.now(), []
        real = jobs.do_due

        def do_due() -> int:
            self.hours.append(round((clock.now() - self.begun) / HOUR))
            done = real()
            works_at_once()
            return done

        monkeypatch.setattr(jobs, "do_due", do_due)
        monkeypatch.setattr(jobs, "drain", lambda: None)
        monkeypatch.setattr(jobs, "look", lambda: 0)
        monkeypatch.setattr(jobs, "PATIENCE", 0.0)  # what was sent waits for a worker, and none comes


def works_at_once() -> None:
    """Run the errand that was sent, as a worker would."""
    jobs.run_errand(sweeping.ERRAND, "all")


def test_a_moved_clock_leaps_over_hours_of_nothing_and_stops_where_something_falls_due(
    db: None, settings, monkeypatch
) -> None:
    settings.HOSTKEEP = replace(settings.HOSTKEEP, demo=True)
    now = clock.now()
    who = somebody(now)
    with opened():
        Item.objects.filter(subject=who).update(expires_at=now + 30 * HOUR + timedelta(minutes=10))
    works_at_once()
    assert not sweeping.falls_due(clock.now() + 30 * HOUR)
    assert sweeping.falls_due(clock.now() + 31 * HOUR)
    stops = Stops(monkeypatch)
    jobs.advance_clock(72 * HOUR)
    assert stops.hours[0] == 24
    assert {30, 31} <= set(stops.hours), "no leap over what falls due: it is swept within the hour"
    assert stops.hours[-1] == 72
    assert max(b - a for a, b in itertools.pairwise([0, *stops.hours])) <= 24, "a stop every day"
    assert len(stops.hours) < 12
    assert left(who) == 0


def test_a_moved_clock_stops_at_every_hour_where_nobody_can_tell(db: None, settings, monkeypatch) -> None:
    settings.HOSTKEEP = replace(settings.HOSTKEEP, demo=True)
    monkeypatch.setattr(jobs, "_outlooks", {})
    stops = Stops(monkeypatch)
    jobs.advance_clock(3 * HOUR + timedelta(minutes=20))
    assert stops.hours == [1, 2, 3, 3]


def test_two_who_move_the_clock_move_it_by_both(db: None, settings, monkeypatch) -> None:
    settings.HOSTKEEP = replace(settings.HOSTKEEP, demo=True)
    begun = clock.now()
    real = Clock.objects.get_or_create

    def other_first(**wanted: object) -> object:
        found = real(**wanted)
        monkeypatch.setattr(Clock.objects, "get_or_create", real)
        clock.advance(2 * HOUR)
        return found

    monkeypatch.setattr(Clock.objects, "get_or_create", other_first)
    clock.advance(HOUR)
    assert round((clock.now() - begun) / HOUR) == 3
