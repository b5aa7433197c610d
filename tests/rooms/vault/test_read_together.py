"""What is read of a person together is one entry that names every category, and every reader tells them apart."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from hostkeep.audit.enter import LONGEST, named_together
from hostkeep.audit.models import Entry
from hostkeep.audit.reading import entries_about_person
from hostkeep.faces.staff.desk import told
from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.policy.vocabulary.terms import terms
from hostkeep.vault import door, looks
from hostkeep.vault.nyms import nym_of
from tests.conftest import make_act

NAME, EMAIL, PHONE = CategoryId("name"), CategoryId("email"), CategoryId("phone")
REVEALED = "vault.value.revealed"


@pytest.fixture
def people(db: None) -> tuple[SubjectId, ...]:
    made = tuple(SubjectId(uuid4()) for _ in range(3))
    for subject in made:
        for category, value in ((NAME, "Ann Canary"), (EMAIL, "ann@example.test"), (PHONE, "+4930901820")):
            door.put(make_act("visitor", "account"), subject=subject, category=category, value=value)
    return made


def entered(subject: SubjectId) -> list[tuple[str, int]]:
    found = Entry.objects.using("audit").filter(verb=REVEALED, thing=nym_of(subject)).order_by("id")
    return [(entry.category, entry.count) for entry in found]


def test_each_person_of_a_batch_has_one_entry_with_all_that_was_read(people: tuple[SubjectId, ...]) -> None:
    wishes = [door.Wish(who, category) for category in (PHONE, NAME) for who in people]
    wishes.append(door.Wish(people[0], EMAIL))

    shown = door.reveal_many(make_act("system", "account"), wishes=wishes)

    assert {wish.subject: value.open() for wish, value in shown.items() if wish.category == NAME} == dict.fromkeys(people, "Ann Canary")
    assert entered(people[0]) == [("email name phone", 3)]
    assert [entered(who) for who in people[1:]] == [[("name phone", 2)]] * 2


def test_what_was_read_more_often_stands_apart_so_that_the_number_tells(people: tuple[SubjectId, ...]) -> None:
    wishes = [door.Wish(people[0], NAME), door.Wish(people[0], EMAIL), door.Wish(people[0], EMAIL, uuid4().hex)]

    door.reveal_many(make_act("system", "account"), wishes=wishes)

    assert sorted(entered(people[0])) == [("email", 2), ("name", 1)]


def test_more_than_the_column_takes_is_told_in_more_entries_and_nothing_is_lost() -> None:
    words = [CategoryId(each) for each in terms("category")]

    texts = named_together(words)

    assert 1 < len(texts) < len(words)
    assert max(map(len, texts)) <= LONGEST
    assert [each for text in texts for each in text.split()] == sorted(words)


def test_a_word_as_long_as_the_column_stands_alone() -> None:
    assert named_together(["b" * LONGEST, "a", "c"]) == ("a", "b" * LONGEST, "c")


def test_the_person_and_the_desk_are_told_each_category(people: tuple[SubjectId, ...]) -> None:
    act = make_act("support", "account", actor=f"staff:{UUID(int=7)}")
    door.reveal_many(act, wishes=[door.Wish(people[0], NAME), door.Wish(people[0], EMAIL)], reason="they wrote to us")

    own = make_act("customer", "rights", own=people[0])
    (look,) = (row for row in looks.looks_of(own, subject=people[0]) if row.verb == REVEALED)
    assert (look.about, look.who, look.role) == ((EMAIL, NAME), "staff", "support")
    (line,) = told(row for row in entries_about_person(nym_of(people[0])) if row.verb == REVEALED)
    assert line.categories == ("email", "name")
