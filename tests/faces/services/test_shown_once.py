"""A policy that lets a secret be shown only once: then it is gone, from the page and from the vault."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hostkeep.brands import queries as brands
from hostkeep.flows.brandloading import load_folder
from hostkeep.people.queries import account
from hostkeep.provisioning import queries
from tests.conftest import ROOT, make_act
from tests.faces.services.conftest import Customer
from tests.faces.shop.conftest import Browser, text
from tests.rooms.provisioning.conftest import Room
from tests.told import told

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def customer(room: Room, tmp_path: Path) -> Iterator[Customer]:
    folder = tmp_path / "oncevpn"
    shutil.copytree(ROOT / "brands" / "vpn", folder)
    for name in ("brand.toml", "policy.yaml"):
        told = (folder / name).read_text(encoding="utf-8")
        told = told.replace("secrets: sealed", "secrets: once").replace("vpn.localhost", "oncevpn.localhost")
        told = told.replace('id = "vpn"', 'id = "oncevpn"').replace("brand: vpn\n", "brand: oncevpn\n")
        (folder / name).write_text(told, encoding="utf-8")
    load_folder(make_act(role="owner", purpose="site_administration", brand="oncevpn"), folder=folder)
    browser = Browser("oncevpn")
    room.brand = "oncevpn"
    room.later(seconds=1)
    room.account = browser.signs_in()
    room.subject = account(room.account).subject
    yield Customer(browser, room)
    brands.forget()


def test_a_configuration_is_shown_once_and_a_new_key_can_be_had(customer: Customer) -> None:
    service = customer.room.builds("wireguard", spec={"devices": "2"})
    assert "Each configuration can be opened once." in text(customer.page(service))

    opened = text(customer.shows(service, "wireguard.conf"))
    assert "PrivateKey" in opened
    assert "shown this once" in opened
    assert customer.room.secret(service, "wireguard.conf") is None
    assert customer.room.secret(service, "wireguard-2.conf")
    assert told(queries.service(service)).kept == ("wireguard-2.conf",)

    after = customer.page(service)
    assert "Shown before, and gone" in text(after)
    assert "PrivateKey" not in text(after)
    token = text(after).partition('name="form_token" value="')[2].partition('"')[0]
    path = f"/account/services/{service}/access/wireguard.conf/"
    assert customer.browser.post(path, form_token=token).status_code == 404

    customer.browser.sends(after, f"{path}renew/")
    customer.room.later(minutes=1)
    customer.room.works()
    assert "PrivateKey" in text(customer.shows(service, "wireguard.conf"))


def test_a_password_typed_by_staff_is_shown_once(customer: Customer) -> None:
    from hostkeep.provisioning.actions.tasks import complete_task
    from hostkeep.provisioning.rules.access import access_data

    service = customer.room.builds("manual")
    task = queries.open_tasks()[0]
    complete_task(
        customer.room.act, task=task.id, access=access_data(address="192.0.2.9", login="root", secret="0nce0nly")
    )
    opened = text(customer.shows(service, "access"))
    assert "0nce0nly" in opened
    assert "Shown this once." in opened
    assert "0nce0nly" not in text(customer.page(service))
    assert customer.room.secret(service) is None
