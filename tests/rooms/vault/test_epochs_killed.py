"""Killed anywhere: a roll goes on at the next call, an erasure is completed, and nothing is lost or comes back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from django.db import connections

from hostkeep.people.models import LoginAddress, User
from hostkeep.runtime import brand as running_brand
from hostkeep.vault import destroying, epochs, erasing, erasure_ledger, keys, nodes, nyms, replaying, rolling, sealing
from hostkeep.vault.models import Erasure, Keyring, SubjectKey
from hostkeep.vault.wall import opened
from tests.conftest import NOON, make_act
from tests.meeting import PATIENCE, until
from tests.rooms.vault.test_epochs import ring  # noqa: F401  a fixture
from tests.rooms.vault.test_erasing import ACCOUNT, opens, person, replayed, state_of


def dies(deed: Callable[[], object]) -> None:
    """Run a deed in a process of its own that must end by SIGKILL."""
    connections.close_all()
    child = os.fork()
    if not child:
        try:
            deed()
        finally:
            os._exit(3)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def killed(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after(function: Callable[..., object]) -> Callable[..., object]:
    """What a function does, and then the end."""

    def done(*arguments: object, **named: object) -> None:
        function(*arguments, **named)
        killed()

    return done


@pytest.mark.parametrize(
    ("module", "name", "when"),
    [
        (keys, "write_list", "before"),
        (epochs, "switch", "before"),
        (epochs, "switch", "after"),
        (rolling, "_move_proof", "after"),
        (rolling, "_rewrap_some", "after"),
        (nyms, "_remark_from", "before"),
        (rolling, "_nothing_left", "after"),
        (epochs, "_into_escrow", "after"),
        (epochs, "sweep", "before"),
        (epochs, "destroy", "after"),
        (rolling, "certify", "before"),
    ],
    ids=[
        "key-without-list", "before-switch", "after-switch", "after-proof", "half-wrapped", "before-the-names",
        "before-the-end", "off-the-list-not-yet", "off-the-list", "key-destroyed", "before-certificates",
    ],
)
def test_a_roll_killed_on_its_way_is_finished_by_the_next(
    ring: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, when: str,
) -> None:
    people = [person(f"P{i}") for i in range(5)]
    names = [nyms.nym_of(who) for who in people]
    with running_brand.during("vps6"):
        login = User.objects.create(brand="vps6")
        LoginAddress.objects.create(user=login, email="ann@example.test", verified=True)
    factor = sealing.seal_for("totp", "JBSWY3DP")
    old = (ring / "epoch-1.key").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(rolling, "AT_ONCE", 2)
        patch.setattr(module, name, killed if when == "before" else after(getattr(module, name)))
        dies(lambda: rolling.roll(make_act(brand="")))
    assert all(opens(who) for who in people)
    with running_brand.during("vps6"):
        assert LoginAddress.objects.filter(email="ann@example.test").count() == 1

    rolling.roll(make_act(brand=""))

    nyms._known.clear()
    assert all(opens(who) for who in people) and [nyms.known(who) for who in people] == names
    with running_brand.during("vps6"):
        assert LoginAddress.objects.filter(email="ann@example.test").count() == 1
    assert len(keys.epochs()) == 1 and [f"epoch-{keys.current_epoch()}.key"] == [p.name for p in ring.glob("*.key")]
    assert all(old not in path.read_bytes() for path in ring.iterdir())
    with pytest.raises(sealing.BrokenSeal):
        sealing.unseal_for("totp", factor)
    sealing.check_keyring()


@pytest.mark.parametrize(
    ("module", "name", "when"),
    [
        (erasing, "_destroy", "before"),
        (erasure_ledger, "add", "before"),
        (erasure_ledger, "add", "after"),
        (destroying, "carry_out", "after"),
        (erasing, "_destroy", "after"),
    ],
    ids=["after-the-fence", "before-the-line", "after-the-line", "before-the-commit", "after-all"],
)
def test_an_erasure_killed_on_its_way_is_completed(
    ring: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, when: str,
) -> None:
    ann, binh = person(), person("Binh")
    with monkeypatch.context() as patch:
        patch.setattr(module, name, killed if when == "before" else after(getattr(module, name)))
        dies(lambda: erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request"))
    assert not opens(ann)

    monkeypatch.setattr(replaying, "_open", [])
    replaying.catch_up(make_act())
    erasing.finish(make_act())

    assert state_of(ann) == "destroyed" and opens(binh) and replaying.is_open()
    assert replayed() == erasure_ledger.head().number == 1
    with opened():
        row = Erasure.objects.get(subject=ann)
        assert (row.state, row.live_at, row.why) == ("done", NOON, "request")


def test_two_erasures_at_once_are_one(ring: Path) -> None:
    ann, ready, done = person(), threading.Barrier(4), []

    def erase() -> None:
        ready.wait(PATIENCE)
        try:
            done.append(erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=erase) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(bool(one.erasure) for one in done) == [False, False, False, True]
    assert state_of(ann) == "destroyed" and replayed() == erasure_ledger.head().number == 1


def test_many_people_erased_at_once_leave_a_whole_ledger(ring: Path) -> None:
    people, ready = [person(f"P{i}") for i in range(6)], threading.Barrier(6)

    def erase(who) -> None:
        ready.wait(PATIENCE)
        try:
            erasing.erase(make_act(), subject=who, classes=ACCOUNT, why="request")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=erase, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(opens(who) for who in people)
    assert [line.number for line in erasure_ledger.lines_after(0, "")] == [1, 2, 3, 4, 5, 6]
    assert replayed() == 6 and replaying.behind() == 0


def test_an_erasure_in_the_middle_of_a_roll_reaches_its_backups_with_the_new_epoch_alone(ring: Path) -> None:
    ann = person()
    epochs.begin()
    epochs.switch(2)
    erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request")
    rolling.finish(make_act(brand=""))
    with opened():
        assert Erasure.objects.get(subject=ann).wal_at is None
    rolling.roll(make_act(brand=""))
    with opened():
        assert Erasure.objects.get(subject=ann).wal_at == NOON


def test_a_transaction_under_way_is_waited_for(ring: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something sealed a moment before the switch and written after it must not be lost."""
    begun, go_on = threading.Event(), threading.Event()
    people = []

    def slow() -> None:
        from django.db import transaction

        with transaction.atomic():
            people.append(person("Slow"))
            begun.set()
            go_on.wait(PATIENCE)
        connections.close_all()

    writer = threading.Thread(target=slow)
    writer.start()
    assert begun.wait(PATIENCE)
    roller = threading.Thread(target=lambda: (rolling.roll(make_act(brand="")), connections.close_all()))
    roller.start()
    until(lambda: keys.current_epoch() != 1)
    time.sleep(0.3)
    assert keys.epochs() == (2, 1)
    go_on.set()
    writer.join(PATIENCE)
    roller.join(PATIENCE)
    assert keys.epochs() == (2,) and opens(people[0])
    with opened():
        assert set(SubjectKey.objects.exclude(wrapped=None).values_list("epoch", flat=True)) == {2}
        assert Keyring.objects.get().epoch == 2


OTHER_NODE = """
import select, sys, time, uuid, django
django.setup()
from pathlib import Path
from dataclasses import replace
from django.conf import settings
from django.db import connections
ring, name, host = sys.argv[1:]
for alias in ("default", "audit"):
    connections[alias].settings_dict.update(NAME=name, USER="hk_app", HOST=host, PORT="", PASSWORD="")
settings.HOSTKEEP = replace(settings.HOSTKEEP, keyring=Path(ring))
from hostkeep.vault import keys, nodes
node, seen = uuid.uuid4(), keys.ring()
keys.ring = lambda: seen  # a machine whose view of the shared folder is old
nodes.beat(node, role="web")
print("beating", flush=True)
while not select.select([sys.stdin], [], [], 1)[0]:
    nodes.beat(node, role="web")
del keys.ring
import importlib; importlib.reload(keys); nodes.keys = keys
while True:
    nodes.beat(node, role="web"); time.sleep(0.05)
"""


def test_a_roll_waits_for_another_process_with_an_old_view_of_the_folder(ring: Path, committed: str) -> None:
    ann = person()
    said = connections["default"].settings_dict
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    argv = [sys.executable, "-W", "ignore", "-c", OTHER_NODE, str(ring), str(said["NAME"]), str(said["HOST"])]
    with subprocess.Popen(argv, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        try:
            assert other.stdout and other.stdin and other.stdout.readline() == "beating\n"
            done: list[rolling.Rolled] = []
            roller = threading.Thread(target=lambda: (done.append(rolling.roll(make_act(brand=""))), connections.close_all()))
            roller.start()
            until(lambda: keys.epochs() == (1, 2))
            time.sleep(1)
            assert keys.epochs() == (1, 2) and not done
            other.stdin.write("look again\n")
            other.stdin.flush()
            roller.join(PATIENCE)
            assert done and done[0].ended == (1,) and opens(ann)
        finally:
            other.kill()


def test_a_node_that_was_killed_is_waited_for_a_minute_at_most() -> None:
    assert nodes.DEAD == 60 and rolling.PATIENCE > nodes.DEAD
