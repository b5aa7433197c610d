"""kill -9 at the worst moment: the next start has all data, and what was paid is built exactly once."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import expect

from tests.browser.holding_line import HoldingLine, holding_line
from tests.browser.running_demo import RunningDemo, descendants, kill, running_demo, short_folder, start, stop, until
from tests.browser.separate_parts import Parts, family_of_database, separate_parts
from tests.browser.shoppers import Shopper, shopper
from tests.browser.walking import log_in, pay
from tests.real.lxd_daemon import IMAGE, Daemon

Visitor = Callable[..., Shopper]


@pytest.fixture
def line(hypervisor: Daemon) -> Iterator[HoldingLine]:
    """The way to the hypervisor, which can lose answers."""
    with short_folder() as folder, holding_line(folder / "lxd.socket", hypervisor.socket) as opened:
        yield opened


@pytest.fixture
def settings(line: HoldingLine) -> dict[str, str]:
    return {"HOSTKEEP_LXD_SOCKET": str(line.path), "HOSTKEEP_LXD_IMAGE": IMAGE, "HOSTKEEP_LOG_LEVEL": "INFO"}


@pytest.fixture
def prepared(settings: dict[str, str]) -> Iterator[RunningDemo]:
    """A data folder that a demo has made and left."""
    with short_folder() as folder:
        with running_demo(folder / "r", settings=settings) as demo:
            pass
        yield demo


@pytest.fixture
def parts(prepared: RunningDemo) -> Iterator[Parts]:
    with separate_parts(prepared) as running:
        yield running


def order(person: Shopper, password: str, product: str) -> None:
    """Order one product as a demo customer and pay for it."""
    person.open("/auth/login/?next=/account/")
    log_in(person, "ann@example.test", password)
    person.open(f"/products/{product}/")
    person.press("^Add to cart$")
    person.press("^Check out$")
    person.page.locator("[name=gateway][value=testpay]").check()
    person.press("^Order and pay")
    expect(person.page).to_have_url(re.compile("/demo/pay/"))
    pay(person, "")


def password_of(demo: RunningDemo) -> str:
    return demo.login("customer", "vpsfast")["password"]


def asked(demo: RunningDemo, sql: str) -> int:
    """One number from the database."""
    with psycopg.connect(demo.told()["database_url"]) as line:
        row = line.execute(sql).fetchone()
        assert row
        return int(row[0])


def becomes_active(person: Shopper, demo: RunningDemo) -> None:
    def active() -> bool:
        person.open("/account/services/")
        return person.page.locator("main table .badge", has_text=re.compile("^Active$")).count() == 1

    until(active, "the service", seconds=90, pause=1, told=demo.last_lines)


def exactly_one(demo: RunningDemo, hypervisor: Daemon, before: set[str]) -> None:
    assert asked(demo, "SELECT count(*) FROM provisioning_service") == 1
    assert asked(demo, "SELECT count(*) FROM provisioning_action WHERE verb = 'create'") == 1
    assert asked(demo, "SELECT count(*) FROM billing_payment") == 1
    assert len(machines(hypervisor) - before) == 1


def machines(hypervisor: Daemon) -> set[str]:
    return set(hypervisor.lxc("list", "-c", "n", "-f", "csv").split())


def test_a_worker_killed_after_the_payment(parts: Parts, browser, hypervisor: Daemon) -> None:
    demo, before = parts.demo, machines(hypervisor)
    with shopper(browser, demo.shop("vpsfast")) as person:
        parts.signal("worker", signal.SIGSTOP)
        order(person, password_of(demo), "dash-1")
        parts.kill("worker")
        assert asked(demo, "SELECT count(*) FROM billing_payment") == 1
        assert machines(hypervisor) == before, "paid, and nothing built yet"

        parts.start_worker()
        becomes_active(person, demo)
    exactly_one(demo, hypervisor, before)


def test_a_worker_killed_before_it_heard_the_answer(
    parts: Parts, line: HoldingLine, browser, hypervisor: Daemon
) -> None:
    demo, before = parts.demo, machines(hypervisor)
    with shopper(browser, demo.shop("vpsfast")) as person:
        line.losing.set()
        order(person, password_of(demo), "dash-1")
        assert line.asked.wait(60), "the worker asks the hypervisor"
        until(lambda: len(machines(hypervisor) - before) == 1, "the hypervisor to make the container")
        parts.kill("worker")
        line.losing.clear()
        assert asked(demo, "SELECT count(*) FROM provisioning_action WHERE stage = 'running'") == 1

        parts.start_worker()
        demo.command("clock", "advance", "1h")
        becomes_active(person, demo)
    exactly_one(demo, hypervisor, before)


def test_a_start_after_everything_was_killed_has_all_data(settings: dict[str, str], browser, hypervisor: Daemon) -> None:
    before = machines(hypervisor)
    with short_folder() as folder:
        data: Path = folder / "k"
        demo = start(data, settings=settings)
        try:
            with shopper(browser, demo.shop("vpsfast")) as person:
                order(person, password_of(demo), "dash-1")
                becomes_active(person, demo)
        finally:
            kill(descendants(demo.process.pid) | family_of_database(data))
            demo.process.wait(10)
        until(lambda: not family_of_database(data), "the database to be gone", seconds=10)

        again = start(data, settings=settings, port=demo.port)
        try:
            with shopper(browser, again.shop("vpsfast")) as person:
                person.open("/auth/login/?next=/account/")
                log_in(person, "ann@example.test", password_of(again))
                becomes_active(person, again)
            exactly_one(again, hypervisor, before)
        finally:
            stop(again)
