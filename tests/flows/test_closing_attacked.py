"""Closing under attack: two at once, money that comes meanwhile, and kill -9 at every step."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from django.db import connections

from hostkeep.flows import closing, disputing
from hostkeep.people.closings import closing_of
from hostkeep.people.models import Dispute
from hostkeep.provisioning.queries import service as service_row
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.runtime import clock
from hostkeep.vault import archive
from tests.conftest import make_act
from tests.flows.leaving import Leaver, carries
from tests.flows.test_closing import EMAIL, fake, mailer, room, set_up, signs_in_with
from tests.rooms.provisioning.conftest import Room

__all__ = ["fake", "mailer", "room", "set_up"]


def leaves() -> None:
    """Close this process's or thread's own connections."""
    for alias in ("default", "audit"):
        connections[alias].close()


def dies(deed: Callable[[], object]) -> None:
    """Run a deed in a process of its own that must die by SIGKILL."""
    leaves()
    child = os.fork()
    if child == 0:
        try:
            deed()
        finally:
            os._exit(3)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, status


def killed(*_args: object, **_kwargs: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("step", ["carry_on", "_end_services", "retention", "erase_login", "finish_closing"])
@pytest.mark.parametrize("brand", ["vpn", "photonvps"])
def test_kill_9_anywhere_in_a_closing_is_made_good_by_the_next_sweep(committed, mailer, monkeypatch, brand, step) -> None:
    ann = Leaver(brand)
    with monkeypatch.context() as patched:
        if step == "retention":
            patched.setattr(closing.retention, "fire", killed)
        else:
            patched.setattr(closing, step, killed)
        dies(ann.closes)
    assert ann.state == "closing" or step == "finish_closing"

    closing.sweep_due(make_act(brand="", at=clock.now()))

    assert ann.state == "closed"
    assert closing_of(ann.account_id).finished_at is not None
    assert not signs_in_with(ann)
    carries(brand)
    assert [mailer.read(n)["To"] for n in range(len(mailer.letters))] == [ann.email]
    if brand == "vpn":
        (kept,) = archive.archived(
            ann.staff("billing", "dispute"), subject=ann.subject, category=EMAIL, reason="a dispute"
        )
        assert kept.value.open() == ann.email


def test_two_closings_at_once_are_one(committed, mailer) -> None:
    ann = Leaver("vpn")

    def once(number: int) -> str:
        try:
            return closing.close(ann.act(), account=ann.account_id, by="customer", once=f"n:{number}").state
        finally:
            leaves()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(once, range(4)))
    closing.sweep_due(make_act(brand="", at=clock.now()))
    assert ann.state == "closed"
    carries("vpn")
    assert len(mailer.letters) == 1
    assert len(archive.archived(
        ann.staff("billing", "dispute"), subject=ann.subject, category=EMAIL, reason="a dispute"
    )) == 1


def test_a_dispute_sent_twice_at_once_is_one(committed, mailer) -> None:
    ann, once = Leaver("vps6"), uuid4()
    ann.closes()

    def brings(_number: int) -> UUID:
        try:
            return disputing.bring(ann.act(), of=ann.account, text="Twice.", how="client_area", once=once).id
        finally:
            leaves()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(brings, range(4))) == {once}
    assert Dispute.objects.count() == 1


def test_paying_and_closing_at_once_leave_no_service_behind(committed, room: Room) -> None:
    ann = Leaver("vps6", room=room)
    service = room.orders()

    def do(deed: Callable[[], object]) -> None:
        try:
            deed()
        finally:
            leaves()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(do, [ann.closes, lambda: room.pays(service)]))
    for _ in range(3):
        room.works()
        closing.sweep_due(make_act(brand="", at=clock.now()))
    assert service_row(service).state is State.CLOSED
    assert ann.state == "deactivated"
