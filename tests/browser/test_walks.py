"""The main job, proven: at each brand a visitor becomes a customer with a service that works."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.customers import EVERYBODY, PHOTONVPS, VPN, Customer
from tests.browser.running_demo import RunningDemo
from tests.browser.stories import Stories
from tests.browser.walking import Bought
from tests.real.lxd_daemon import Daemon
from tests.real.tunnels import OUTSIDE_SERVER, open_server, two_places, use_configuration

by_brand = pytest.mark.parametrize("customer", EVERYBODY, ids=lambda c: c.brand)


@by_brand
def test_a_visitor_ends_with_working_services(customer: Customer, stories: Stories, hypervisor: Daemon) -> None:
    bought = stories.of(customer)

    assert set(bought.services) == {wanted.named for wanted in customer.wants}
    for wanted in customer.wants:
        if wanted.driver == "lxd":
            container_answers(bought, wanted.named, hypervisor)
        if wanted.driver == "manual":
            clerk_filled_in(bought, wanted.named)


def container_answers(bought: Bought, named: str, hypervisor: Daemon) -> None:
    """The page names a container; the hypervisor runs it, and it answers by its name."""
    page = bought.shopper.open(bought.services[named])
    machine = page.locator("dt:text-is('Container') + dd").inner_text().strip()
    assert hypervisor.lxc("exec", machine, "--", "hostname").strip() == machine
    shown = hypervisor.lxc("config", "show", machine)
    for value in bought.shopper.typed.values():
        assert value not in shown, "the hypervisor learns nothing about whose it is"


def clerk_filled_in(bought: Bought, named: str) -> None:
    """The demo clerk entered an address for documentation and a password; the page says that it was a program."""
    shopper = bought.shopper
    shopper.open(bought.services[named])
    assert re.search(r"\b192\.0\.2\.\d+\b", shopper.says()), shopper.says()
    assert "demo clerk, a program" in shopper.says()
    assert len(bought.secrets[named]) >= 8


def test_the_configuration_brings_up_a_real_tunnel(stories: Stories, demo: RunningDemo, tmp_path: Path) -> None:
    text = stories.of(VPN).secrets["Solo"]
    inside = re.findall(r"^Address = (10\.77\.\d+\.\d+)/32", text, re.M)
    assert "Endpoint = localhost:51820" in text and inside

    with two_places() as (server, customer):
        open_server(server, "10.77.0.1/16")
        server.run("wg", "setconf", server.interface, str(demo.data / "wireguard" / "wg-hk.conf"))
        assert not customer.reaches("10.77.0.1"), "nothing answers before there is a tunnel"
        with names_leading_to(customer.namespace, {"localhost": OUTSIDE_SERVER}):
            use_configuration(customer, text, tmp_path)
        assert customer.reaches("10.77.0.1")
        assert server.reaches(inside[0])


@contextmanager
def names_leading_to(namespace: str, hosts: Mapping[str, str]) -> Iterator[None]:
    """In a namespace let names lead elsewhere: the demo's server is called localhost."""
    folder = Path("/etc/netns") / namespace
    folder.mkdir(parents=True)
    (folder / "hosts").write_text("".join(f"{address} {name}\n" for name, address in hosts.items()))
    try:
        yield
    finally:
        (folder / "hosts").unlink()
        folder.rmdir()


def test_without_scripts_a_button_tells_the_price(stories: Stories) -> None:
    shopper = stories.of(PHOTONVPS).shopper
    page = shopper.open("/products/p-2/")
    assert "$9.95" in page.locator("main aside").inner_text()
    page.locator("[name=plan][value=yearly]").check()
    assert "$9.95" in page.locator("main aside").inner_text(), "no script runs in this walk"
    shopper.press("^Update price$")
    assert "$109.00" in page.locator("main aside").inner_text()
