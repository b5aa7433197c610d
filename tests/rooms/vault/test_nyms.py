"""Pseudonyms: one a person, found by a keyed mark, gone with the person."""

from __future__ import annotations

import threading
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, connections, transaction

from hostkeep.audit.enter import Line, enter, enter_all_apart, enter_apart
from hostkeep.audit.models import Entry
from hostkeep.audit.reading import entries_about_person
from hostkeep.kernel.ids import CategoryId, Ref, SubjectId
from hostkeep.vault import door, keys, nyms
from hostkeep.vault.models import Nym, SubjectKey
from hostkeep.vault.wall import opened
from tests.conftest import make_act


@pytest.fixture(autouse=True)
def forgetful_process():
    nyms._known.clear()
    yield
    nyms._known.clear()


def put(subject: SubjectId) -> None:
    door.put(make_act("visitor", "account"), subject=subject, category=CategoryId("name"), value="Ann Canary")


def rows() -> list[Nym]:
    with opened():
        return list(Nym.objects.order_by("id"))


def test_a_person_has_one_name_and_it_is_not_their_handle(committed) -> None:
    ann, binh = uuid4(), uuid4()
    assert nyms.known(ann) is None
    name = nyms.nym_of(ann)
    assert nyms.nym_of(ann) == nyms.known(ann) == name != ann
    nyms._known.clear()
    assert nyms.nym_of(ann) == name
    assert nyms.nyms_of([ann, binh])[ann] == name
    assert nyms.nym_of(binh) not in {name, binh}
    assert len(rows()) == 2


def test_the_book_never_has_a_persons_handle(committed) -> None:
    ann, thing = uuid4(), uuid4()
    act = make_act()
    enter(act, "a.b.done", Ref("person", ann))
    enter(act, "a.b.done", Ref("person.email", ann))
    enter(act, "a.b.done", Ref("personnel.file", thing))
    enter_apart(act, "a.b.done", Ref("person", ann), category="email", clause="V6-2", digest="")
    told = list(Entry.objects.filter(verb="a.b.done").order_by("id").values_list("kind", "thing"))
    name = nyms.nym_of(ann)
    assert told == [("person", name), ("person.email", name), ("personnel.file", thing), ("person", name)]
    assert len(entries_about_person(name)) == 3
    assert not Entry.objects.filter(thing=ann).exists()


def test_many_entries_of_one_act_are_one_statement(committed, django_assert_max_num_queries) -> None:
    people = [uuid4() for _ in range(50)]
    names = nyms.nyms_of(people)
    lines = [Line(Ref("person", who), "name", "V6-2", "d" * 64) for who in people]
    with django_assert_max_num_queries(3, connection=connections["audit"]):
        enter_all_apart(make_act(), "a.b.read", lines)
    assert set(Entry.objects.filter(verb="a.b.read").values_list("thing", flat=True)) == set(names.values())


def test_names_of_many_are_found_in_one_query(db, django_assert_max_num_queries) -> None:
    people = [uuid4() for _ in range(50)]
    names = nyms.nyms_of(people)
    nyms._known.clear()
    with django_assert_max_num_queries(6, connection=connections["audit"]):
        assert nyms.nyms_of(people) == names
    with django_assert_max_num_queries(0, connection=connections["audit"]):
        assert nyms.nyms_of(people) == names


def test_a_forgotten_person_is_nobody_and_gets_no_row_again(committed) -> None:
    ann = SubjectId(uuid4())
    put(ann)
    name = nyms.nym_of(ann)
    with opened():
        SubjectKey.objects.filter(subject=ann).update(state="destroyed", wrapped=None)
    nyms.forget(ann)
    assert nyms.known(ann) is None
    first, second = nyms.nym_of(ann), nyms.nym_of(ann)
    assert len({name, first, second}) == 3
    assert rows() == []


def test_an_erasure_that_is_rolled_back_keeps_the_name(committed) -> None:
    ann = uuid4()
    name = nyms.nym_of(ann)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        nyms.forget(ann)
        assert nyms.nym_of(ann) == name, "nothing waits for the erasure, and no second name is made"
        raise ZeroDivisionError
    nyms._known.clear()
    assert nyms.nym_of(ann) == name


def test_a_name_outlives_the_rollback_of_the_deed_that_needed_it(committed) -> None:
    ann = uuid4()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        enter_apart(make_act(), "a.b.refused", Ref("person", ann), category="", clause="", digest="")
        raise ZeroDivisionError
    nyms._known.clear()
    name = nyms.known(ann)
    assert name is not None
    assert [row.verb for row in entries_about_person(name)] == ["a.b.refused"]


def test_two_at_once_name_a_person_alike(committed) -> None:
    ann, names = uuid4(), list[UUID]()
    go = threading.Barrier(6)

    def work() -> None:
        try:
            go.wait()
            names.append(nyms._make([ann])[ann])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(names), len(set(names)), len(rows())) == (6, 1, 1)


def test_the_application_reads_no_names_outside_the_wall(db) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM vault.vault_nym")


def test_a_roll_marks_every_name_anew_and_nobody_is_lost(committed, monkeypatch) -> None:
    people = [SubjectId(uuid4()) for _ in range(7)]
    for who in people:
        put(who)
    names = nyms.nyms_of(people)
    stranger = nyms.nym_of(uuid4())
    real = keys.key_of
    monkeypatch.setattr(keys, "key_of", lambda epoch, use, **more: real(1, f"{use}/{epoch}", **more) if use == "nym" and epoch > 1 else real(epoch, use, **more))
    done = []
    while step := nyms.remark(1, 2, 3):
        done.append(step)
    assert sum(done) == 8
    monkeypatch.setattr(keys, "epochs", lambda: (2,))
    nyms._known.clear()
    assert {who: nyms.known(who) for who in people} == dict(names)
    assert {row.epoch for row in rows()} == {2}
    assert stranger not in {row.nym for row in rows()}, "whose it was, nobody could have told any more"
