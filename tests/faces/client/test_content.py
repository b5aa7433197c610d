"""What lies on services: named as their owner knows them, deleted with a receipt, for its owner alone."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from hostkeep.audit.enter import APART
from hostkeep.audit.models import Entry
from hostkeep.provisioning.queries import service as service_row
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.vault import erasing
from hostkeep.vault.holdings import held
from tests.faces.client.test_keys_page import proves
from tests.faces.shop.conftest import text
from tests.flows.leaving import Leaver
from tests.rooms.provisioning.conftest import Room, fake, room, set_up

__all__ = ["fake", "room", "set_up"]

pytestmark = pytest.mark.django_db

HERE = "/account/privacy/content/"


@pytest.fixture
def ann(room: Room) -> Iterator[Leaver]:
    return Leaver("vietnam-server", room=room)


def test_a_service_is_named_as_its_owner_knows_it(ann: Leaver, room: Room) -> None:
    service = room.builds()
    handle = service_row(service).handle
    page = text(ann.get(HERE))
    assert "<b>Solo</b>" in page and f">{handle[:11]}<" in page
    assert 'Delete everything on it<span class="hide"> Solo</span>' in page, "read aloud it has a name too"
    opened = Entry.objects.using(APART).filter(category="chosen_service", role="customer").latest("id")
    assert opened.purpose == "rights", "the door was asked"


def test_what_is_erased_has_no_name_any_more(ann: Leaver, room: Room) -> None:
    room.builds()
    act = ann.staff("system", "account")
    classes = frozenset(row.keep_class for row in held(act, subject=ann.subject)) | {"account"}
    erasing.erase(act, subject=ann.subject, classes=classes, why="test")
    page = text(ann.get(HERE))
    assert "Solo" not in page and "<b>erased</b>" in page


def test_another_customer_sees_and_deletes_nothing(ann: Leaver, room: Room) -> None:
    service = room.builds()
    binh = Leaver("vietnam-server", "binh")
    page = binh.get(HERE)
    assert "Solo" not in text(page) and "You have no services." in text(page)
    page = ann.get(HERE)
    forged = binh.sends(page, f"{HERE}{service}/delete/", sure="on")
    if forged.headers.get("Location", "").startswith("/auth/"):
        forged = proves(binh, forged)
    assert forged.status_code in {403, 404}
    assert service_row(service).state is State.ACTIVE
    assert binh.get(f"{HERE}{service}/receipt.json").status_code == 404


def test_deleting_gives_a_receipt_of_that_service(ann: Leaver, room: Room) -> None:
    service = room.builds()
    answer = ann.sends(ann.get(HERE), f"{HERE}{service}/delete/", sure="on")
    assert service_row(service).state is State.ACTIVE, "before the password nothing happens"
    assert proves(ann, answer).status_code == 302
    room.later(minutes=1)
    room.works()
    receipt = ann.get(f"{HERE}{service}/receipt.json")
    assert json.loads(receipt.content)["service"] == service_row(service).handle
    assert "<b>Solo</b>" in text(ann.get(HERE)) and "deleted" in text(ann.get(HERE))


def test_nothing_is_deleted_by_one_click(ann: Leaver, room: Room) -> None:
    service = room.builds()
    answer = ann.sends(ann.get(HERE), f"{HERE}{service}/delete/")
    assert proves(ann, answer).status_code == 302
    room.later(minutes=1)
    room.works()
    assert service_row(service).state is State.ACTIVE
    assert "Nothing was deleted" in text(ann.get(HERE))


def test_of_the_last_service_it_is_said_what_goes_with_it(ann: Leaver, room: Room) -> None:
    room.builds()
    said = "This is your last service."
    assert said in text(ann.get(HERE))
    room.builds()
    assert said not in text(ann.get(HERE))
