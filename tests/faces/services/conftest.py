"""A customer with services, and staff at the back office."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.http import HttpResponse
from django.test import Client

from hostkeep.adapters.provisioners.manual.driver import Manual, ManualConfig
from hostkeep.adapters.provisioners.wireguard.config import WireGuardConfig
from hostkeep.adapters.provisioners.wireguard.driver import WireGuard
from hostkeep.drivers.conformance.machines import FakeProvisioner, NoWire
from hostkeep.people.models import User
from hostkeep.people.queries import account
from hostkeep.provisioning.calls import drivers
from hostkeep.runtime import clock
from tests.conftest import make_act
from tests.faces.shop.conftest import HERE, Browser
from tests.rooms.provisioning.conftest import Room


@dataclass
class Customer:
    """A signed-in customer of the vpn brand, and the room their services stand in."""

    browser: Browser
    room: Room

    def page(self, service: object) -> HttpResponse:
        return self.browser.get(f"/account/services/{service}/")

    def shows(self, service: object, name: str) -> HttpResponse:
        path = f"/account/services/{service}/access/{name}/"
        return self.browser.sends(self.page(service), path)

    def saves(self, service: object, name: str) -> HttpResponse:
        path = f"/account/services/{service}/access/{name}/file/"
        return self.browser.sends(self.page(service), path)


@pytest.fixture
def room(db: None, tmp_path: Path) -> Iterator[Room]:
    before = list(drivers._make)
    config = WireGuardConfig(folder=str(tmp_path / "wg"), endpoint="vpn.example")
    made = {
        "fake": FakeProvisioner(),
        "manual": Manual(ManualConfig(), NoWire()),
        "wireguard": WireGuard(config, NoWire()),
    }
    drivers.carry_with(made.get)
    yield Room(made, act=make_act(brand="vpn", at=clock.now()))
    drivers._make[:] = before


def a_customer(room: Room) -> Customer:
    browser = Browser("vpn")
    room.account = browser.signs_in()
    room.subject = account(room.account).subject
    return Customer(browser, room)


@pytest.fixture
def customer(room: Room) -> Customer:
    return a_customer(room)


@dataclass
class Staff:
    """A staff member at the operator's host."""

    client: Client = field(default_factory=Client)

    def signs_in(self, role: str) -> None:
        user = User.objects.create(brand="", staff_role=role)
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
        self.client.force_login(user)

    def get(self, path: str, **query: str) -> HttpResponse:
        return self.client.get(path, query, headers={"host": "localhost", **HERE})

    def posts(self, page: HttpResponse, path: str, **values: str) -> HttpResponse:
        token = page.content.decode().partition('name="form_token" value="')[2].partition('"')[0]
        return self.client.post(path, {"form_token": token, **values}, headers={"host": "localhost", **HERE})


@pytest.fixture
def staff(db: None) -> Staff:
    return Staff()
