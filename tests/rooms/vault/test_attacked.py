"""The vault under attack: a value that is read while it is erased, one wish carried out twice, odd values."""

from __future__ import annotations

import threading
import time
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connections

from hostkeep.kernel.ids import CategoryId, PurposeId, SubjectId
from hostkeep.vault import boxes, disclosing, door, erasing, putting
from tests.conftest import make_act
from tests.meeting import PATIENCE
from tests.rooms.vault.test_epochs import ring, roll
from tests.rooms.vault.test_two_at_once import at_once

__all__ = ["ring"]

NAME = CategoryId("name")
ACCOUNT = frozenset({"account"})


def person() -> SubjectId:
    subject = SubjectId(uuid4())
    door.put(make_act("visitor", "account"), subject=subject, category=NAME, value="Ann Canary")
    return subject


def erased(subject: SubjectId) -> None:
    """Erase in a thread of its own, as another request does."""

    def deed() -> None:
        try:
            erasing.erase(make_act(), subject=subject, classes=ACCOUNT, why="request")
        finally:
            for alias in ("default", "audit"):
                connections[alias].close()

    thread = threading.Thread(target=deed)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_what_is_erased_while_a_reader_waits_for_the_book_opens_no_more(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = person()
    as_before = door._enter_reads

    def meanwhile(*given: object) -> None:
        as_before(*given)
        erased(subject)
        time.sleep(door.FRESH)

    monkeypatch.setattr(door, "_enter_reads", meanwhile)
    assert door.reveal(make_act("system", "account"), subject=subject, category=NAME) is None


def test_a_value_put_while_its_class_is_erased_is_never_read_again(committed: str) -> None:
    for _ in range(5):
        subject = person()
        act = make_act("customer", "account", own=subject)
        raised = at_once(
            lambda: erasing.erase(make_act(), subject=subject, classes=ACCOUNT, why="request"),
            lambda: door.put(act, subject=subject, category=NAME, value="Ann Again"),
            lambda: door.put(act, subject=subject, category=NAME, value="Ann Again", slot="2"),
        )
        assert all(isinstance(error, boxes.KeyDestroyed) for error in raised), raised
        for slot in ("", "2"):
            assert door.reveal(make_act("system", "account"), subject=subject, category=NAME, slot=slot) is None


@pytest.mark.parametrize("value", ["a\x00b", "x" * 1_000_000, "[" * 100_000, '{"a":' * 50_000, "𝔄\u202e\ufeff"],
    ids=["nul", "long", "lists", "objects", "signs"])  # fmt: skip
def test_whatever_is_put_comes_out_as_it_was(db: None, value: str) -> None:
    subject = person()
    act = make_act("customer", "account", own=subject)
    door.put(act, subject=subject, category=NAME, value=value)
    assert door.use(act, subject=subject, category=NAME, fn=str) == value


@pytest.mark.parametrize("value", ["<sealed name>", " \n<SEALED x>", '["<sealed name>', '{"a": {"<sealed b>": 1}}', '{"a": "\\u003csealed b>"}'])
def test_a_printed_seal_is_not_taken_in(db: None, value: str) -> None:
    subject = person()
    act = make_act("customer", "account", own=subject)
    with pytest.raises(putting.LooksSealed):
        door.put(act, subject=subject, category=NAME, value=value)


def test_one_wish_is_carried_out_once_however_many_try_at_the_same_moment(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each passes the first look before any of them is registered."""
    subject = SubjectId(uuid4())
    owner = make_act("customer", "rights", own=subject, brand="vpn")
    door.put(owner, subject=subject, category=CategoryId("email"), value="ann@example.test")
    wish = {"recipient": "owner_named", "categories": [CategoryId("email")], "purpose": PurposeId("rights")}
    ticket = disclosing.sign_wish(owner, subject=subject, **wish)
    gate, as_before = threading.Barrier(3), disclosing._fields

    def together(*given: object) -> object:
        found = as_before(*given)
        gate.wait(PATIENCE)
        return found

    monkeypatch.setattr(disclosing, "_fields", together)
    packages = []

    def hand(once: str) -> None:
        act = make_act("system", "service", brand="vpn")
        packages.append(disclosing.disclose(act, subject=subject, **wish, ticket=ticket, once=once))

    raised = at_once(*(partial(hand, f"wish-{n}") for n in range(3)))

    assert len(packages) == 1
    assert [error.facts["why"] for error in raised] == ["wish_used", "wish_used"]


def test_a_hand_over_that_is_asked_for_again_after_a_roll_of_the_keys_is_still_the_same(ring: Path) -> None:
    subject = SubjectId(uuid4())
    owner = make_act("customer", "rights", own=subject, brand="vpn")
    door.put(owner, subject=subject, category=CategoryId("email"), value="ann@example.test")
    wish = {"recipient": "owner_named", "categories": [CategoryId("email")], "purpose": PurposeId("rights")}

    def hand() -> str:
        ticket = disclosing.sign_wish(owner, subject=subject, **wish)
        act = make_act("system", "service", brand="vpn")
        return disclosing.disclose(act, subject=subject, **wish, ticket=ticket, once="one").digest

    before = hand()
    roll()
    assert hand() != before
    assert len(disclosing.disclosures_of(owner, subject=subject)) == 1
