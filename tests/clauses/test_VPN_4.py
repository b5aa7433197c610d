"""VPN-4: where customers go through the tunnel is neither steered nor written down."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hostkeep.adapters.provisioners.wireguard.driver import WireGuard
from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.ids import BrandId, CategoryId
from hostkeep.policy.compile import compile_policy
from hostkeep.policy.errors import PolicyError
from hostkeep.policy.needs import AdapterNeeds
from hostkeep.promises.evidence.tables import holding
from hostkeep.runtime import clock
from hostkeep.vault import door
from tests.drivers.test_wireguard import OTHER, FakeWg, a_config, an_ask

BRAND = BrandId("vpn")
SOURCE = (Path(__file__).parents[2] / "brands" / "vpn" / "policy.yaml").read_text(encoding="utf-8")
VISITED = "secret-destination.example"
KNOWN = {"[Interface]", "PrivateKey", "ListenPort", "[Peer]", "PublicKey", "AllowedIPs"}


def asked_of_the_server(folder: Path) -> list[list[str]]:
    """Live through a service's life, and return every command that the server was given."""
    wg = FakeWg()
    driver = WireGuard(a_config(folder, sync=True), wg)
    for verb in (driver.create, driver.look_up, driver.suspend, driver.resume, driver.look_up, driver.terminate):
        verb(an_ask())
    return [list(argv) for argv in wg.ran]


def curious(ran: list[list[str]]) -> list[list[str]]:
    """The commands that ask for more than the list of public keys, or hand more than the peer file over."""
    return [argv for argv in ran if argv[1] != "syncconf" and argv[1:2] + argv[3:] != ["show", "peers"]]


@pytest.mark.parametrize("category", ["activity", "page_visits"])
def test_VPN_4_the_vault_refuses_to_store_it(scene, category: str) -> None:
    there = scene(BRAND)
    assert CategoryId(category) not in policy_in_force(BRAND, clock.now()).categories

    for slot in ("", "a-service"):
        with pytest.raises(door.NotDeclared) as no:
            door.put(
                there.act, subject=there.canary.subject, category=CategoryId(category), value=VISITED, slot=slot
            )
        assert no.value.clause == "VPN-4"
    assert holding([VISITED]) == ()


def test_VPN_4_a_policy_that_declares_it_does_not_load() -> None:
    wider = SOURCE.replace("categories:\n", "categories:\n  activity: {}\n", 1)

    with pytest.raises(PolicyError) as no:
        compile_policy(wider, file="policy.yaml")

    assert "VPN-4" in str(no.value)


@pytest.mark.parametrize("leaves", ["keeps", "touches"])
def test_VPN_4_nor_can_an_adapter_be_set_up_that_handles_it(leaves: str) -> None:
    nosy = AdapterNeeds("nosy", **{leaves: frozenset({"activity"})})

    with pytest.raises(PolicyError) as no:
        compile_policy(SOURCE, file="policy.yaml", installed=[nosy])

    assert "VPN-4" in str(no.value)
    assert "nosy" in str(no.value)


def test_VPN_4_the_driver_asks_the_server_for_its_public_keys_and_for_nothing_else(tmp_path: Path) -> None:
    ran = asked_of_the_server(tmp_path)

    assert [argv for argv in ran if argv[1] == "show"]
    assert curious(ran) == []


@pytest.mark.parametrize("what", ["transfer", "dump", "endpoints", "latest-handshakes", "all"])
def test_VPN_4_a_driver_that_asks_for_traffic_would_be_noticed(tmp_path: Path, monkeypatch, what: str) -> None:
    def nosy(driver: WireGuard) -> set[str]:
        driver._wire.run(["wg", "show", "wg-hk", what], stdin=b"", seconds=1.0)
        return set()

    monkeypatch.setattr(WireGuard, "_live", nosy)

    assert curious(asked_of_the_server(tmp_path)) != []


def test_VPN_4_the_servers_configuration_names_no_destination_no_filter_and_no_log(tmp_path: Path) -> None:
    driver = WireGuard(a_config(tmp_path), FakeWg())
    driver.create(an_ask())
    driver.create(an_ask(OTHER, devices="3"))

    text = (tmp_path / "wg-hk.conf").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert {line.split(" = ")[0] for line in lines} == KNOWN
    for line in lines:
        if line.startswith("AllowedIPs"):
            assert re.fullmatch(r"AllowedIPs = 10\.77\.0\.\d+/32", line), "the inner address of the peer itself"


def test_VPN_4_the_customers_own_configuration_sends_everything_and_steers_nothing(tmp_path: Path) -> None:
    made = WireGuard(a_config(tmp_path), FakeWg()).create(an_ask())
    text = made.secrets["wireguard.conf"]

    assert "AllowedIPs = 0.0.0.0/0, ::/0\n" in text
    assert not re.search(r"PostUp|PreUp|PostDown|Table", text)


def test_VPN_4_no_fact_that_is_kept_counts_or_names_traffic(tmp_path: Path) -> None:
    made = WireGuard(a_config(tmp_path), FakeWg()).create(an_ask())

    assert set(made.facts) == {"address", "endpoint", "public_key", "devices", "pool", "leases"}
