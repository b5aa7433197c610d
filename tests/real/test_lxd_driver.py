"""The LXD driver at a real daemon that the tests start themselves."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hostkeep.adapters.provisioners.lxd.config import LxdConfig
from hostkeep.adapters.provisioners.lxd.driver import Lxd, addresses
from hostkeep.drivers.conformance.machines import HANDLE, OTHER, NoWire, ProvisionerExam
from hostkeep.drivers.machines import Ask, Done, Refused, Unknown
from tests.real.lxd_daemon import IMAGE, Daemon, lxd_daemon


@pytest.fixture(scope="module")
def running() -> Iterator[Daemon]:
    with lxd_daemon() as daemon:
        yield daemon


@pytest.fixture
def daemon(running: Daemon) -> Iterator[Daemon]:
    yield running
    for name in running.lxc("list", "-c", "n", "-f", "csv").split():
        running.lxc("delete", "--force", name)


def a_driver(daemon: Daemon, **changes: object) -> Lxd:
    fields = {"socket": daemon.socket, "image": IMAGE, **changes}
    return Lxd(LxdConfig(**fields), NoWire())


def an_ask(handle: str = HANDLE, **spec: str) -> Ask:
    return Ask("a-1", handle, {"cpu": "1", "memory_mb": "64", **spec}, {})


class TestExam(ProvisionerExam):
    """What every provisioner must do, at the real thing."""

    spec = {"cpu": "1", "memory_mb": "64"}
    short = {"memory_mb": "0"}

    @pytest.fixture(autouse=True)
    def _sandbox(self, daemon: Daemon) -> None:
        self.daemon = daemon

    def make(self) -> Lxd:
        return a_driver(self.daemon)

    def make_broken(self) -> Lxd:
        return a_driver(self.daemon, socket="/nonexistent/unix.socket")

    def standing(self, handle: str) -> int:
        return self.daemon.lxc("list", "-c", "n", "-f", "csv").split().count(handle)


def test_the_container_answers(daemon: Daemon) -> None:
    assert isinstance(a_driver(daemon).create(an_ask()), Done)
    assert daemon.lxc("exec", HANDLE, "--", "hostname").strip() == HANDLE


def test_the_container_has_the_size_that_was_bought(daemon: Daemon) -> None:
    a_driver(daemon).create(an_ask(cpu="2", memory_mb="96", backup="nightly"))
    assert daemon.lxc("config", "get", HANDLE, "limits.cpu").strip() == "2"
    assert daemon.lxc("config", "get", HANDLE, "limits.memory").strip() == "96MiB"


def test_a_missing_image_is_refused_and_leaves_nothing(daemon: Daemon) -> None:
    assert a_driver(daemon, image="nowhere").create(an_ask()) == Refused("image.missing")
    assert daemon.lxc("list", "-c", "n", "-f", "csv") == ""


@pytest.mark.parametrize("bad", ["0", "-1", "1.5", "many", "", "1; id", "9" * 5000])
def test_sizes_that_cannot_be_are_refused(daemon: Daemon, bad: str) -> None:
    assert a_driver(daemon).create(an_ask(cpu=bad)) == Refused("spec.unknown")


def test_the_content_survives_a_suspension_and_dies_with_the_service(daemon: Daemon) -> None:
    driver = a_driver(daemon)
    driver.create(an_ask())
    daemon.lxc("exec", HANDLE, "--", "sh", "-c", "echo mine > /root/note")
    driver.suspend(an_ask())
    driver.resume(an_ask())
    assert daemon.lxc("exec", HANDLE, "--", "cat", "/root/note").strip() == "mine"

    driver.terminate(an_ask())
    assert not list(Path(daemon.folder, "storage-pools/default/containers").glob(HANDLE))
    driver.create(an_ask())
    assert daemon.lxc("exec", HANDLE, "--", "ls", "/root").strip() == ""


def test_two_at_once_with_one_key_make_one_container(daemon: Daemon) -> None:
    outcomes: list[object] = []
    asking = [
        threading.Thread(target=lambda: outcomes.append(a_driver(daemon).create(an_ask()))) for _ in range(4)
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(60)

    assert isinstance(a_driver(daemon).create(an_ask()), Done)
    assert not [o for o in outcomes if isinstance(o, Refused)], outcomes
    assert daemon.lxc("list", "-c", "n", "-f", "csv").split() == [HANDLE]


def test_no_name_and_no_label_says_who_it_is_for(daemon: Daemon) -> None:
    a_driver(daemon).create(an_ask())
    shown = daemon.lxc("config", "show", HANDLE)
    ours = [line.strip() for line in shown.splitlines() if "user." in line or "description: " in line]
    assert ours == ['description: ""']


def test_a_daemon_that_does_not_answer_is_unknown_in_time(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(4)
        started = time.monotonic()
        driver = Lxd(LxdConfig(socket=path, seconds=1.0), NoWire())
        assert driver.create(an_ask()) == Unknown()
        assert time.monotonic() - started < 5


def test_a_daemon_that_hung_and_came_back_holds_one_container() -> None:
    with lxd_daemon() as daemon:
        driver = a_driver(daemon, seconds=10.0)
        os.kill(daemon.process.pid, signal.SIGSTOP)
        assert a_driver_is_unknown(daemon)
        os.kill(daemon.process.pid, signal.SIGCONT)
        assert isinstance(driver.create(an_ask()), Done)
        assert isinstance(driver.create(an_ask(OTHER)), Done)
        assert len(daemon.lxc("list", "-c", "n", "-f", "csv").split()) == 2


def a_driver_is_unknown(daemon: Daemon) -> bool:
    return a_driver(daemon, seconds=1.0).create(an_ask()) == Unknown()


def test_addresses_are_those_the_outside_can_reach() -> None:
    def card(*entries: tuple[str, str, str]) -> dict[str, object]:
        return {"addresses": [{"family": f, "scope": s, "address": a} for f, s, a in entries]}

    cards = {
        "lo": card(("inet", "global", "127.0.0.1")),
        "eth0": card(("inet6", "link", "fe80::1"), ("inet", "global", "192.0.2.7"), ("inet6", "global", "2001:db8::7")),
        "eth1": card(("inet", "global", "192.0.2.8")),
        "eth2": {"addresses": None},
    }
    assert addresses(cards) == {"address": "192.0.2.7", "address6": "2001:db8::7"}
