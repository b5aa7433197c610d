"""Versions under attack: processes killed in between, many at once, statements past the program, many notices."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, connections, transaction

from hostkeep.brands import queries
from hostkeep.brands.actions import announcing
from hostkeep.brands.actions.telling import mark_shown, reject_change
from hostkeep.brands.applying import endings_due, notices_of, rejected
from hostkeep.brands.events import PolicyAnnounced
from hostkeep.brands.models import Notice, PolicyVersion
from hostkeep.brands.preparing import telling_of
from hostkeep.flows import policy_change
from hostkeep.kernel.ids import BrandId
from hostkeep.messaging.models import Mail
from hostkeep.promises.control import rehearsed
from hostkeep.runtime import clock
from hostkeep.runtime.models import Event
from tests import database
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.meeting import PATIENCE
from tests.rooms.brands.announcements import announce, longer, reworded, shorter

VPS6, VPN = BrandId("vps6"), BrandId("vpn")
DAY = timedelta(days=1)


def killed(work: Callable[[], object]) -> None:
    """Do something in a process of its own, which kills itself on the way."""
    database.close()
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(3)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, status
    queries.forget()


def dies(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dies_at(place: object, name: str, call: int) -> None:
    """Kill the process instead of a call, the first, second, ..."""
    real, left = getattr(place, name), [call]

    def counted(*args: object, **named: object) -> object:
        left[0] -= 1
        return dies() if left[0] == 0 else real(*args, **named)

    setattr(place, name, counted)


@pytest.mark.parametrize(
    ("step", "call"),
    [("begin_telling", 1), ("queue_notice", 1), ("queue_mail", 1), ("queue_mail", 4), ("advance_telling", 1),
     ("advance_telling", 3), ("finish_telling", 1)],
)  # fmt: skip
def test_a_worker_killed_between_the_steps_of_telling_writes_nobody_twice_and_forgets_nobody(
    committed: str, monkeypatch: pytest.MonkeyPatch, step: str, call: int
) -> None:
    monkeypatch.setattr(policy_change, "PORTION", 2)
    people = [Member("vps6", f"p{number}") for number in range(5)]
    made = announce("vps6", longer("vps6"))
    act = make_act("system", "policy_change", brand="vps6", at=clock.now())

    def tell() -> None:
        policy_change.on_policy_announced(act, PolicyAnnounced(made.handle))

    def tell_and_die() -> None:
        dies_at(policy_change, step, call)
        tell()

    killed(tell_and_die)
    told = telling_of(VPS6, 2)
    assert told is None or told.finished_at is None
    tell()
    tell()

    assert telling_of(VPS6, 2).finished_at is not None
    mails = Mail.objects.filter(template=policy_change.TEMPLATE)
    assert mails.count() == len(people) == Notice.objects.filter(account__in=[p.account.id for p in people]).count()
    assert {row.facts["account"] for row in mails} == {str(p.account.id) for p in people}


def test_a_process_killed_while_announcing_has_announced_nothing(committed: str) -> None:
    def announce_and_die() -> None:
        dies_at(announcing, "publish", 1)
        announce("vps6", longer("vps6"))

    killed(announce_and_die)
    assert len(queries.versions_of(VPS6)) == 1
    assert not Event.objects.filter(kind="PolicyAnnounced").exists()
    assert announce("vps6", longer("vps6")).version == 2, "no lock stays behind"


def test_a_process_killed_while_a_no_is_written_has_written_none(committed: str) -> None:
    from hostkeep.brands.actions import telling

    ann = Member("vpn")
    made = announce("vpn", longer("vpn"))
    act = make_act("system", "policy_change", brand="vpn", at=clock.now())
    told = mark_shown(act, version=made.handle, subject=ann.account.subject, account=ann.account.id)

    def reject_and_die() -> None:
        dies_at(telling, "publish", 1)
        reject_change(act, notice=told.notice)

    killed(reject_and_die)
    assert rejected(VPN, ann.account.subject) is None
    reject_change(act, notice=told.notice)
    assert rejected(VPN, ann.account.subject) is not None


def together(*deeds: Callable[[], object]) -> list[object]:
    """Do several things at the same moment; return what came of each."""
    start, came = threading.Barrier(len(deeds)), [None] * len(deeds)

    def go(place: int, deed: Callable[[], object]) -> None:
        try:
            start.wait(PATIENCE)
            came[place] = deed()
        except Exception as error:  # noqa: BLE001  what came of it is looked at
            came[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=go, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    queries.forget()
    return came


def test_one_person_told_by_four_pages_at_once_has_one_notice(committed: str) -> None:
    ann = Member("vpn")
    made = announce("vpn", longer("vpn"))
    subject, account = ann.account.subject, ann.account.id
    act = make_act("customer", "policy_change", brand="vpn", at=clock.now(), own=subject)
    came = together(*[lambda: mark_shown(act, version=made.handle, subject=subject, account=account)] * 4)
    assert len({each.notice for each in came}) == 1
    assert len(notices_of(VPN, subject)) == 1


def test_saying_no_four_times_at_once_is_told_once(committed: str) -> None:
    ann = Member("vpn")
    made = announce("vpn", longer("vpn"))
    act = make_act("system", "policy_change", brand="vpn", at=clock.now())
    told = mark_shown(act, version=made.handle, subject=ann.account.subject, account=ann.account.id)
    came = together(*[lambda: reject_change(act, notice=told.notice)] * 4)
    assert [each for each in came if isinstance(each, Exception)] == []
    assert Event.objects.filter(kind="ChangeRejected").count() == 1


def test_the_same_text_announced_four_times_at_once_is_one_version(committed: str) -> None:
    came = together(*[lambda: announce("vps6", longer("vps6"))] * 4)
    assert [each for each in came if isinstance(each, Exception)] == []
    assert {each.version for each in came} == {2}
    assert Event.objects.filter(kind="PolicyAnnounced").count() == 1


def test_what_a_rehearsal_announces_no_other_thread_ever_sees(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "FRESH", 0.0)
    seen: set[int] = set()
    done = threading.Event()

    def watch() -> None:
        try:
            while not done.is_set():
                seen.add(len(queries.versions_of(VPS6)))
        finally:
            connections.close_all()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for _ in range(3):
            with rehearsed():
                announce("vps6", shorter("vps6"))
                assert len(queries.versions_of(VPS6)) == 2
            assert len(queries.versions_of(VPS6)) == 1
    finally:
        done.set()
        watcher.join()
    assert seen == {1}
    assert announce("vps6", shorter("vps6")).version == 2


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO brands_policyversion SELECT * FROM brands_policyversion LIMIT 1",
        "UPDATE brands_policyversion SET announced_at = announced_at - interval '1 day'",
        "ALTER TABLE brands_policyversion DISABLE TRIGGER ALL",
        "DROP FUNCTION brands_hold_to_notice() CASCADE",
        "CREATE OR REPLACE FUNCTION brands_hold_to_notice() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "SET ROLE hk_owner",
        "SET SESSION AUTHORIZATION hk_owner",
        "SET session_replication_role = replica",
        "DELETE FROM brands_spelling",
        "UPDATE brands_spelling SET signer = 'x'",
        "SELECT * FROM vault.vault_consent",
        "DELETE FROM vault.vault_consent",
        "SELECT brands_announce('vps6', repeat('0', 64), 'x', 'first', 'page', '0', NULL)",
        "SELECT brands_announce('vps6', repeat('0', 64), 'x', 'spelling', 'page', '0', NULL)",
        "SELECT brands_announce('vps6', repeat('0', 64), 'x', 'light', 'page', '0', NULL)",
        "SELECT brands_announce('vps6', repeat('0', 64), 'x', 'material', 'page', '-1 day', NULL)",
        "SELECT brands_announce('vps6', repeat('0', 64), 'x', 'material', 'page', '0', runtime.now() + interval '29 days')",
        "SELECT brands_announce('vps6', repeat('0', 64), 'x', 'material', 'page', '0', '-infinity')",
        "SELECT brands_announce('vps6', repeat('0', 64), 'x', 'material', 'page', '0', 'infinity')",
        "SELECT brands_announce('vps6', repeat('0', 64), 'x', 'minor', 'page', '0', '10000-01-01')",
        "SELECT brands_announce('nobody', repeat('0', 64), 'x', 'first', 'page', '0', NULL)",
        "SELECT brands_announce(NULL, repeat('0', 64), 'x', 'first', 'page', '0', NULL)",
        "SELECT brands_announce('vps6', NULL, 'x', 'minor', 'page', '0', NULL)",
    ],
)
def test_the_applications_own_role_gets_no_version_past_the_walls(db: None, statement: str) -> None:
    staff = make_act("owner", "site_administration", at=clock.now(), actor="staff:1")
    announcing.sign_spelling(staff, brand=VPS6, source=reworded())
    with transaction.atomic():
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert PolicyVersion.objects.filter(brand_id="vps6").count() == 1


def test_functions_that_run_as_their_owner_search_in_named_places_and_are_not_everybodys(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, coalesce(array_to_string(proconfig, ','), ''), coalesce(proacl::text, '') FROM pg_proc p"
            " JOIN pg_namespace n ON n.oid = pronamespace"
            " WHERE prosecdef AND nspname NOT IN ('pg_catalog', 'information_schema')"
        )
        rows = cursor.fetchall()
    assert "brands_announce" in {name for name, _, _ in rows}
    for name, settings, grants in rows:
        assert settings.startswith("search_path="), name
        assert grants and "{=X" not in grants and ",=X" not in grants, name


def many_notices(how_many: int) -> None:
    made = announce("vpn", longer("vpn"))
    row = PolicyVersion.objects.get(handle=made.handle)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO brands_notice (id, version_id, brand, subject, account, state, queued_at, differs)"
            " SELECT gen_random_uuid(), %s, 'vpn', gen_random_uuid(), gen_random_uuid(), 'queued', now(), true"
            " FROM generate_series(1, %s)",
            [row.id, how_many],
        )
        cursor.execute("ANALYZE brands_notice")


def test_with_very_many_notices_one_persons_are_found_by_index(db: None) -> None:
    many_notices(20_000)
    who = Notice.objects.filter(brand="vpn").first()
    asked = [
        Notice.objects.filter(subject=who.subject, brand="vpn"),
        Notice.objects.filter(brand="vps6", differs=True),
        Notice.objects.filter(ends_at__lte=clock.now(), ended_at=None, accepted_at=None).order_by("ends_at")[:200],
        Notice.objects.filter(version_id=who.version_id, subject=who.subject),
    ]
    for query in asked:
        plan = query.explain()
        assert "Seq Scan" not in plan, plan
    assert endings_due(clock.now(), most=200) == ()

