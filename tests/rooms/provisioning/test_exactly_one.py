"""Exactly one service in the end: two workers at once, and kill -9 at every point of a building."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connections

from hostkeep.adapters.provisioners.wireguard.config import WireGuardConfig
from hostkeep.adapters.provisioners.wireguard.driver import WireGuard
from hostkeep.adapters.provisioners.wireguard.keys import public_of
from hostkeep.adapters.provisioners.wireguard.peers import parse
from hostkeep.drivers.conformance.machines import FakeProvisioner, NoWire
from hostkeep.drivers.machines import Ask, Outcome
from hostkeep.flows import activation
from hostkeep.kernel.ids import ServiceId
from hostkeep.provisioning import queries
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.provisioning.rules.work import LEASE
from tests.meeting import PATIENCE
from tests.rooms.provisioning.conftest import Room
from tests.told import told

pytestmark = pytest.mark.usefixtures("committed")


def a_wireguard(folder: Path) -> WireGuard:
    return WireGuard(WireGuardConfig(folder=str(folder), endpoint="vpn.example"), NoWire())


class Slow(FakeProvisioner):
    """Takes its time, so that workers meet."""

    def create(self, ask: Ask) -> Outcome:
        time.sleep(0.3)
        return super().create(ask)


def in_threads(count: int, deed: Callable[[], object]) -> None:
    def run() -> None:
        try:
            deed()
        finally:
            for alias in ("default", "audit"):
                connections[alias].close()

    workers = [threading.Thread(target=run) for _ in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)


def test_two_workers_at_once_make_one_service(room: Room) -> None:
    slow = room.drivers["fake"] = Slow()
    service = room.orders()
    in_threads(4, lambda: room.pays(service))
    in_threads(4, room.works)

    assert queries.service(service).state is State.ACTIVE
    assert [verb for verb, _ in slow.asked] == ["create"]
    assert len(queries.work_of(service)) == 1


class Dying(WireGuard):
    """Dies by kill -9 before or after it has acted."""

    acts_first = True

    def create(self, ask: Ask) -> Outcome:
        if self.acts_first:
            super().create(ask)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


class DyingEarly(Dying):
    acts_first = False


def dies(deed: Callable[[], object]) -> None:
    """Run a deed in a process of its own that must die by SIGKILL."""
    for alias in ("default", "audit"):
        connections[alias].close()
    child = os.fork()
    if child == 0:
        deed()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


def matches(room: Room, service: ServiceId, folder: Path) -> bool:
    """Whether the one peer at the server is the one whose key the customer has."""
    row = queries.service(service)
    peers = parse((folder / "wg-hk.conf").read_text()).of(row.handle)
    text = room.secret(service, "wireguard.conf") or ""
    private = re.search(r"^PrivateKey = (\S+)$", text, re.M)
    assert private
    return [peer.public for peer in peers] == [public_of(private.group(1))] == [told(row).facts["public_key"]]


@pytest.mark.parametrize("dying", [DyingEarly, Dying])
def test_a_worker_killed_at_the_driver_leaves_one_service(room: Room, tmp_path: Path, dying: type[Dying]) -> None:
    config = WireGuardConfig(folder=str(tmp_path), endpoint="vpn.example")
    room.drivers["wireguard"] = dying(config, NoWire())
    service = room.orders("wireguard")
    room.pays(service)
    dies(room.works)
    assert queries.service(service).state is State.BUILDING

    room.drivers["wireguard"] = a_wireguard(tmp_path)
    assert room.works() == 0, "the dead worker's lease still runs"
    room.later(seconds=int(LEASE.total_seconds()))
    room.works()

    assert queries.service(service).state is State.ACTIVE
    assert len(parse((tmp_path / "wg-hk.conf").read_text()).peers) == 1
    assert matches(room, service, tmp_path)


def test_a_worker_killed_between_payment_and_provisioning_loses_nothing(room: Room, tmp_path: Path) -> None:
    room.drivers["wireguard"] = a_wireguard(tmp_path)
    service = room.orders("wireguard")

    def pays_and_dies() -> None:
        room.pays(service)
        os.kill(os.getpid(), signal.SIGKILL)

    dies(pays_and_dies)
    room.works()
    assert matches(room, service, tmp_path)
    assert len(parse((tmp_path / "wg-hk.conf").read_text()).peers) == 1


def test_a_worker_killed_before_the_answer_is_entered_leaves_one_service(room: Room, tmp_path: Path) -> None:
    room.drivers["wireguard"] = a_wireguard(tmp_path)
    service = room.orders("wireguard")
    room.pays(service)

    def answers_and_dies() -> None:
        activation.record_outcome = lambda *args, **kwargs: os.kill(os.getpid(), signal.SIGKILL)
        room.works()

    dies(answers_and_dies)
    room.later(seconds=int(LEASE.total_seconds()))
    room.works()
    assert matches(room, service, tmp_path)
    assert len(parse((tmp_path / "wg-hk.conf").read_text()).peers) == 1


def test_many_customers_at_once_share_no_address(room: Room, tmp_path: Path) -> None:
    room.drivers["wireguard"] = a_wireguard(tmp_path)
    services = [room.orders("wireguard", spec={"devices": "2"}) for _ in range(6)]
    for service in services:
        room.pays(service)
    in_threads(4, room.works)

    rows = [queries.service(service) for service in services]
    assert {row.state for row in rows} == {State.ACTIVE}
    addresses = [address for row in rows for address in told(row).facts["leases"].split()]
    assert len(set(addresses)) == len(addresses) == 12
