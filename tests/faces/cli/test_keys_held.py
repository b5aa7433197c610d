"""`hostkeep keys held`: a key that is due and stands names the hold that keeps it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from hostkeep.faces.cli import key_keeping
from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.vault import door, erasing, holds
from hostkeep.vault.held_keys import held_keys
from tests.conftest import NOON, make_act
from tests.rooms.vault.test_holds import CASE, FIRST, SECOND, staff

DUE = NOON + timedelta(days=1)


@pytest.fixture
def said(db, monkeypatch: pytest.MonkeyPatch):
    """Run a command of the keys in this process, on this database; return what it says."""
    lines: list[str] = []
    monkeypatch.setattr(key_keeping, "ready_and_checked", lambda: None)
    monkeypatch.setattr(key_keeping, "say", lines.append)

    def run(command) -> str:
        lines.clear()
        assert command() == 0
        return "\n".join(lines)

    return run


@pytest.fixture
def ann(db) -> SubjectId:
    subject = SubjectId(uuid4())
    door.put(make_act("visitor", "account"), subject=subject, category=CategoryId("name"), value="Ann Canary")
    return subject


def stands(subject: SubjectId, *, secret: bool = False, classes=("account",)):
    row = holds.open_hold(
        staff(FIRST), subject=subject, classes=classes, basis="dispute", case=CASE,
        review_at=NOON + timedelta(days=90), secret=secret,
    )  # fmt: skip
    return holds.approve_hold(staff(SECOND), hold=row.id)


def falls_due(subject: SubjectId) -> None:
    erasing.erase(make_act(at=DUE), subject=subject, classes=frozenset({"account"}), why="request")


def test_without_a_hold_no_key_is_kept(said, ann) -> None:
    stands(ann)

    assert said(key_keeping.held) == "no key is kept by a hold", "it is not due yet"
    assert "keys held" not in said(key_keeping.show)


def test_a_key_that_is_due_names_the_hold_that_keeps_it_and_no_other(said, ann) -> None:
    other = stands(ann, classes=("support",))
    hold = stands(ann)
    falls_due(ann)

    told = said(key_keeping.held)

    assert f"vps6 {ann} account: due since 2026-03-02" in told
    assert f"kept by hold {hold.id} (dispute, case {CASE}, " in told
    assert "2026-05-30" in told
    assert str(other.id) not in told
    assert "Ann" not in told
    assert "1 keys are due to be destroyed and kept by a hold" in said(key_keeping.show)


def test_a_secret_hold_is_named_and_said_to_be_secret(said, ann) -> None:
    stands(ann, secret=True)
    falls_due(ann)

    assert "secret: the person must not be told" in said(key_keeping.held)


def test_a_key_whose_hold_has_ended_waits_for_the_sweep_alone(said, ann) -> None:
    hold = stands(ann)
    falls_due(ann)
    holds.end_hold(staff(FIRST), hold=hold.id)

    (key,) = held_keys(DUE)
    assert key.holds == ()
    assert "no hold keeps it any more: the next sweep destroys it" in said(key_keeping.held)
