"""What a copy holds of orders, services and the look of a mailbox's owner: all of it, opened for them alone."""

from __future__ import annotations

import pytest

from hostkeep.brands.queries import policy_in_force
from hostkeep.flows.exporting.gathering import Whose, parts_of
from hostkeep.kernel.act import Act
from hostkeep.vault.door import Refused
from tests.flows.leaving import Leaver
from tests.flows.test_closing import fake, mailer, room, set_up
from tests.rooms.provisioning.conftest import Room

__all__ = ["fake", "mailer", "room", "set_up"]

pytestmark = pytest.mark.django_db


def copied(act: Act, ann: Leaver) -> dict[str, tuple]:
    whose = Whose(ann.account, None, policy_in_force(ann.account.brand, act.at))
    return {part.name: tuple(part.rows) for part in parts_of(act, whose)}


def test_a_copy_holds_what_was_ordered_and_what_runs(room: Room) -> None:
    ann = Leaver("vps6", room=room)
    room.orders()
    copy = copied(ann.act("rights"), ann)
    (service,) = copy["services"]
    assert service["title"] and service["product"] and service["state"]
    assert "boxes" not in service and "subject" not in service
    assert {"orders", "invoices"} <= set(copy)


def test_nobody_gathers_the_copy_of_another(room: Room) -> None:
    ann, binh = Leaver("vps6", room=room), Leaver("vps6", "binh")
    room.orders()
    with pytest.raises(Refused):
        copied(binh.act("rights"), ann)
