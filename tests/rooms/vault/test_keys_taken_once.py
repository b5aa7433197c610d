"""A deed takes a person's key once, and lets go of it: at its end, with a savepoint, and when the key is ended."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.runtime.deeds import deed
from hostkeep.vault import door, wall
from hostkeep.vault.boxes import KeyDestroyed
from hostkeep.vault.column_door import GUEST, ColumnWish, forget_guest, open_columns, seal_columns, seal_rows
from hostkeep.vault.columns import Boxed
from hostkeep.vault.models import Item, SubjectKey
from hostkeep.vault.wall import opened
from tests.conftest import make_act

pytestmark = pytest.mark.django_db

BRAND, CART, CHOSEN, PARTY = "vps6", CategoryId("cart"), CategoryId("chosen_service"), CategoryId("invoice_party")


@pytest.fixture
def ann() -> SubjectId:
    subject = SubjectId(uuid4())
    sealed(subject)
    door.put(make_act(brand=BRAND), subject=subject, category=PARTY, value="Ann", slot="before")
    return subject


def sealed(subject: SubjectId, value: str = "x") -> Boxed:
    act = make_act(brand=BRAND)
    return seal_columns(act, subject=subject, category=CHOSEN, table="t", row="r", values={"a": value})["a"]


def opens(subject: SubjectId, box: Boxed) -> str | None:
    wish = ColumnWish(BRAND, subject, CHOSEN, "t", {"r": {"a": box}}, lambda found: found["r"]["a"])
    (one,) = open_columns(make_act(brand=BRAND), wishes=[wish])
    return None if one is None else one.open()


def destroy(subject: SubjectId) -> None:
    with opened():
        SubjectKey.objects.filter(subject=subject).update(state="destroyed", wrapped=None)


def role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])


def test_many_values_of_one_deed_take_their_key_once(ann: SubjectId) -> None:
    with CaptureQueriesContext(connection) as asked, deed():
        boxes = [sealed(ann, f"value {n}") for n in range(3)]
    assert sum("FOR SHARE" in each["sql"] for each in asked) == 1
    assert [opens(ann, box) for box in boxes] == ["value 0", "value 1", "value 2"]


def test_documents_of_one_deed_are_a_statement_each(ann: SubjectId) -> None:
    act = make_act(brand=BRAND)
    with deed():
        door.put(act, subject=ann, category=PARTY, value="first", slot="1")
        with CaptureQueriesContext(connection) as asked:
            door.put(act, subject=ann, category=PARTY, value="second", slot="2")
    assert len(asked) == 1
    assert role() == "hk_app"
    read = make_act("customer", "rights", brand=BRAND, own=ann)
    found = door.reveal(read, subject=ann, category=PARTY, slot="2")
    assert found is not None and found.open() == "second"


def test_the_next_deed_takes_the_key_anew(ann: SubjectId) -> None:
    with deed():
        sealed(ann)
    destroy(ann)
    with pytest.raises(KeyDestroyed), deed():
        sealed(ann)


def test_with_its_savepoint_the_key_is_let_go(ann: SubjectId) -> None:
    with deed():
        with pytest.raises(LookupError), transaction.atomic():
            sealed(ann)
            raise LookupError
        destroy(ann)
        with pytest.raises(KeyDestroyed):
            sealed(ann)


def test_a_deed_that_ends_a_key_does_not_write_under_it() -> None:
    guest, act = SubjectId(uuid4()), make_act(brand=BRAND)

    def put(value: str) -> Boxed:
        rows = {"r": {"a": value}}
        return seal_rows(act, subject=guest, category=CART, table="t", rows=rows, kind=GUEST)["r"]["a"]

    with deed():
        put("first")
        forget_guest(guest)
        box = put("second")
    wish = ColumnWish(BRAND, guest, CART, "t", {"r": {"a": box}}, lambda found: found["r"]["a"], GUEST)
    (one,) = open_columns(make_act("visitor", "cart", brand=BRAND), wishes=[wish])
    assert one is not None and one.open() == "second"


def test_a_statement_behind_the_wall_leaves_the_role_behind(ann: SubjectId) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        wall.write("INSERT INTO vault.vault_item (id) VALUES (%s)", [uuid4()])
    assert role() == "hk_app"
    assert wall.write("UPDATE vault.vault_item SET why = '' WHERE subject = %s", [ann]) == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        list(Item.objects.filter(subject=ann))
