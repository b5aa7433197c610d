"""What the WireGuard driver writes brings up a real tunnel: keys, peers, suspension, a new key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hostkeep.adapters.provisioners.wireguard.config import WireGuardConfig
from hostkeep.adapters.provisioners.wireguard.driver import WireGuard
from hostkeep.drivers.conformance.machines import HANDLE
from hostkeep.drivers.machines import Ask, Done, Refused
from tests.real.tunnels import OUTSIDE_SERVER, Place, PlaceWire, open_server, two_places, use_configuration

INSIDE_SERVER = "10.77.0.1"
ASK = Ask("a-1", HANDLE, {"devices": "1"}, {})


@pytest.fixture
def places() -> Iterator[tuple[Place, Place]]:
    with two_places() as both:
        yield both


@pytest.fixture
def driver(places: tuple[Place, Place], tmp_path: Path) -> WireGuard:
    server, _ = places
    open_server(server, f"{INSIDE_SERVER}/16")
    config = WireGuardConfig(
        folder=str(tmp_path / "server"), endpoint=OUTSIDE_SERVER, interface=server.interface, sync=True
    )
    return WireGuard(config, PlaceWire(server))


def created(driver: WireGuard, ask: Ask = ASK) -> Done:
    outcome = driver.create(ask)
    assert isinstance(outcome, Done)
    return outcome


def test_the_configuration_brings_up_a_tunnel(
    places: tuple[Place, Place], driver: WireGuard, tmp_path: Path
) -> None:
    _, customer = places
    assert not customer.reaches(INSIDE_SERVER), "nothing may answer before there is a tunnel"

    use_configuration(customer, created(driver).secrets["wireguard.conf"], tmp_path)

    assert customer.reaches(INSIDE_SERVER)


def test_a_suspended_tunnel_carries_nothing_until_it_is_resumed(
    places: tuple[Place, Place], driver: WireGuard, tmp_path: Path
) -> None:
    _, customer = places
    use_configuration(customer, created(driver).secrets["wireguard.conf"], tmp_path)
    assert customer.reaches(INSIDE_SERVER)

    driver.suspend(ASK)
    assert driver.look_up(ASK) == Refused("stopped")
    assert not customer.reaches(INSIDE_SERVER)

    driver.resume(ASK)
    assert customer.reaches_again(INSIDE_SERVER)

    driver.terminate(ASK)
    assert not customer.reaches(INSIDE_SERVER)


def test_a_new_key_shuts_out_the_old_one(
    places: tuple[Place, Place], driver: WireGuard, tmp_path: Path
) -> None:
    _, customer = places
    old = created(driver).secrets["wireguard.conf"]
    renewed = created(driver, Ask("a-2", HANDLE, {"devices": "1", "renew": "wireguard.conf"}, {}))

    use_configuration(customer, old, tmp_path)
    assert not customer.reaches(INSIDE_SERVER)
    use_configuration(customer, renewed.secrets["wireguard.conf"], tmp_path)
    assert customer.reaches(INSIDE_SERVER)


def test_the_server_writes_down_no_trace_of_use(
    places: tuple[Place, Place], driver: WireGuard, tmp_path: Path
) -> None:
    _, customer = places
    use_configuration(customer, created(driver).secrets["wireguard.conf"], tmp_path)
    before = {path.name: path.read_bytes() for path in (tmp_path / "server").iterdir()}

    assert customer.reaches(INSIDE_SERVER)
    assert isinstance(driver.look_up(ASK), Done)

    assert {path.name: path.read_bytes() for path in (tmp_path / "server").iterdir()} == before
