"""A process that dies while it reads has been entered as a reader; one that is refused leaves its refusal."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connections, transaction

from hostkeep.audit.models import Entry
from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.vault import boxes, door
from hostkeep.vault.models import Item
from hostkeep.vault.nyms import nym_of
from hostkeep.vault.wall import opened
from tests.conftest import make_act

NAME, EMAIL = CategoryId("name"), CategoryId("email")


@pytest.fixture
def ann(committed: str) -> SubjectId:
    subject = SubjectId(uuid4())
    for category, value in ((NAME, "Ann Canary"), (EMAIL, "ann@example.test")):
        door.put(make_act("visitor", "account"), subject=subject, category=category, value=value)
    return subject


def dies(deed: Callable[[], object]) -> None:
    """Run a deed in a process of its own that must end by SIGKILL."""
    connections.close_all()
    child = os.fork()
    if not child:
        try:
            deed()
        finally:
            os._exit(3)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


def killed(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def entered(subject: SubjectId, verb: str = "vault.value.revealed") -> list[str]:
    found = Entry.objects.using("audit").filter(verb=verb, thing=nym_of(subject)).order_by("id")
    return [entry.category for entry in found]


def test_who_dies_with_the_value_in_hand_was_entered(ann: SubjectId) -> None:
    act = make_act("system", "account")

    dies(lambda: door.use(act, subject=ann, category=NAME, fn=killed))

    assert entered(ann) == ["name"]


def test_who_dies_inside_a_transaction_of_their_own_was_entered_too(ann: SubjectId) -> None:
    def deed() -> None:
        with transaction.atomic():
            door.use(make_act("system", "account"), subject=ann, category=NAME, fn=killed)

    dies(deed)

    assert entered(ann) == ["name"]


def test_who_dies_before_the_first_value_is_open_was_entered_for_the_whole_batch(
    ann: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boxes.Bunch, "open", killed)
    wishes = [door.Wish(ann, NAME), door.Wish(ann, EMAIL)]

    dies(lambda: door.reveal_many(make_act("system", "account"), wishes=wishes))

    assert entered(ann) == ["email name"]


def test_a_refusal_stands_although_the_process_is_gone(ann: SubjectId) -> None:
    def deed() -> None:
        with transaction.atomic():
            try:
                door.reveal(make_act("support", "offers"), subject=ann, category=NAME)
            except door.Refused:
                killed()

    dies(deed)

    assert entered(ann, "vault.value.refused") == ["name"]
    assert entered(ann) == []


def test_a_value_half_put_is_not_there(ann: SubjectId) -> None:
    def deed() -> None:
        with transaction.atomic():
            door.put(make_act("customer", "account", own=ann), subject=ann, category=NAME, value="Ann Other")
            killed()

    dies(deed)

    assert door.use(make_act("system", "account"), subject=ann, category=NAME, fn=str) == "Ann Canary"
    with opened():
        assert Item.objects.filter(subject=ann).count() == 2
