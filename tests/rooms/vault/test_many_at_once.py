"""Many people in one go: each is decided by their own version, and a run through all keeps no page waiting."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest

from hostkeep.audit.models import Entry
from hostkeep.brands.applying import versions_for
from hostkeep.brands.queries import policy_by_digest
from hostkeep.kernel.ids import BrandId, CategoryId, SubjectId
from hostkeep.vault import asking, boxes, cipher, door, nyms
from tests.conftest import NOON, make_act

NAME, EMAIL = CategoryId("name"), CategoryId("email")
OTHER = "b" * 64
REVEALED, REFUSED = "vault.value.revealed", "vault.value.refused"


def people(count: int) -> list[SubjectId]:
    made = [SubjectId(uuid4()) for _ in range(count)]
    for number, subject in enumerate(made):
        for category, value in ((NAME, f"Ann Canary {number}"), (EMAIL, f"ann{number}@example.test")):
            door.put(make_act("visitor", "account"), subject=subject, category=category, value=value)
    return made


def under_other(monkeypatch: pytest.MonkeyPatch, who: set[SubjectId]) -> None:
    """Let a version apply to some people that grants nobody a name."""

    def versions(brand: BrandId, subjects, at):
        rows = versions_for(brand, subjects, at)
        return {one: SimpleNamespace(digest=OTHER) if one in who else row for one, row in rows.items()}

    def policy(digest: str):
        if digest != OTHER:
            return policy_by_digest(digest)
        real = policy_by_digest(versions_for(make_act().brand, [SubjectId(uuid4())], NOON).popitem()[1].digest)
        table = {at: cell for at, cell in real.table.items() if at[0] != NAME}
        return replace(real, digest=OTHER, table=table)

    monkeypatch.setattr(door, "versions_for", versions)
    monkeypatch.setattr(door, "policy_by_digest", policy)


def test_who_stands_under_another_version_is_decided_by_that_one(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    ann, binh = people(2)
    under_other(monkeypatch, {binh})

    with pytest.raises(asking.Refused):
        door.reveal_many(make_act("system", "account"), wishes=[door.Wish(ann, NAME), door.Wish(binh, NAME)])

    (refusal,) = Entry.objects.using("audit").filter(verb=REFUSED)
    assert (refusal.thing, refusal.digest) == (nyms.nym_of(binh), OTHER)
    assert not Entry.objects.using("audit").filter(verb=REVEALED).exists(), "one refusal refuses all"


def test_what_was_granted_a_moment_ago_is_decided_anew(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    (ann,) = people(1)
    act = make_act("system", "account")
    assert door.reveal(act, subject=ann, category=NAME) is not None

    under_other(monkeypatch, {ann})

    with pytest.raises(asking.Refused):
        door.reveal(act, subject=ann, category=NAME)


def test_keys_whose_boxes_lie_apart_open_again_and_few_are_kept_at_hand(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boxes.Bunch, "AT_HAND", 2)
    most: list[int] = []
    as_before = boxes.Bunch.open

    def opens(bunch: boxes.Bunch, box: boxes.Box) -> str | None:
        value = as_before(bunch, box)
        most.append(len(bunch._openers))
        return value

    monkeypatch.setattr(boxes.Bunch, "open", opens)
    crowd = people(5)
    wishes = [door.Wish(who, category) for category in (NAME, EMAIL) for who in crowd]

    shown = door.reveal_many(make_act("system", "account"), wishes=wishes)

    told = [shown[wish].open() for wish in wishes]
    assert told == [f"Ann Canary {n}" for n in range(5)] + [f"ann{n}@example.test" for n in range(5)]
    assert max(most) == 2


def test_the_book_does_not_tell_in_which_order_people_were_asked_about(db: None) -> None:
    crowd = people(8)
    against = sorted(crowd, key=nyms.nym_of, reverse=True)

    door.reveal_many(make_act("system", "account"), wishes=[door.Wish(who, NAME) for who in against])

    entered = Entry.objects.using("audit").filter(verb=REVEALED).order_by("id").values_list("thing", flat=True)
    assert list(entered) == sorted(nyms.nym_of(who) for who in crowd)


def test_a_run_through_everybody_washes_out_no_name_that_pages_ask_for(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nyms, "MOST", 6)
    monkeypatch.setattr(nyms, "MANY", 3)
    nyms._known.clear()
    ann, *others = (UUID(int=n) for n in range(1, 7))
    nyms.nyms_of([*others])
    nyms._known.clear()
    name = nyms.nym_of(ann)

    found = nyms.nyms_of(others)

    assert len(set(found.values())) == len(others)
    assert nyms._known.keys() == {ann}
    assert nyms.nym_of(ann) == name


def test_names_are_found_by_the_same_mark_one_by_one_and_together() -> None:
    key, subjects = b"k" * 32, [uuid4() for _ in range(3)]
    hasher = cipher.Hasher(key)

    together = [hasher.digest(subject.bytes)[: nyms.MARK_BYTES] for subject in subjects]

    assert together == [nyms._mark(key, subject) for subject in subjects]
