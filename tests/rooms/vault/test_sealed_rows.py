"""A sealed row opens where it was put and nowhere else; whoever moves one is noticed, and sees nothing."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from hostkeep.audit.models import Entry
from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.vault import door
from hostkeep.vault.models import Item, SubjectKey
from hostkeep.vault.nyms import nym_of
from hostkeep.vault.wall import opened
from tests.conftest import make_act

NAME, PHONE, PARTY = CategoryId("name"), CategoryId("phone"), CategoryId("invoice_party")


def put(subject: SubjectId, category: CategoryId, value: str, slot: str = "") -> None:
    door.put(make_act("system", "account"), subject=subject, category=category, value=value, slot=slot)


def reads(subject: SubjectId, category: CategoryId = NAME, slot: str = "") -> str | None:
    act = make_act("customer", "rights", own=subject)
    sealed = door.reveal(act, subject=subject, category=category, slot=slot)
    return None if sealed is None else sealed.open()


@pytest.fixture
def ann(db: None) -> SubjectId:
    subject = SubjectId(uuid4())
    put(subject, NAME, "Ann Canary")
    put(subject, PHONE, "+31201230000")
    put(subject, PARTY, "party one", "i-1")
    put(subject, PARTY, "party two", "i-2")
    return subject


@pytest.fixture
def binh(db: None) -> SubjectId:
    subject = SubjectId(uuid4())
    put(subject, NAME, "Binh Canary")
    return subject


def is_broken(subject: SubjectId, category: CategoryId = NAME, slot: str = "") -> bool:
    """Whether the value raises, says nothing, and wakes somebody."""
    with pytest.raises(door.BrokenSeal) as broken:
        reads(subject, category, slot)
    assert "Canary" not in str(broken.value) and "party" not in str(broken.value)
    alarms = Entry.objects.using("audit").filter(verb="alarm.broken_seal.raised", thing=nym_of(subject))
    return alarms.count() == 1


def box(subject: SubjectId, category: CategoryId = NAME, slot: str = "") -> bytes:
    return bytes(Item.objects.get(subject=subject, category=category, slot=slot).box)


def test_another_persons_box_does_not_open(ann: SubjectId, binh: SubjectId) -> None:
    with opened():
        Item.objects.filter(subject=binh, category=NAME).update(box=box(ann))
    assert is_broken(binh)


def test_another_persons_row_does_not_open(ann: SubjectId, binh: SubjectId) -> None:
    with opened():
        Item.objects.filter(subject=binh, category=NAME).delete()
        Item.objects.filter(subject=ann, category=NAME).update(subject=binh)
    assert is_broken(binh)


def test_another_persons_row_with_their_key_does_not_open(ann: SubjectId, binh: SubjectId) -> None:
    with opened():
        SubjectKey.objects.filter(subject=binh).delete()
        Item.objects.filter(subject=binh).delete()
        SubjectKey.objects.filter(subject=ann, keep_class="account").update(subject=binh)
        Item.objects.filter(subject=ann, category=NAME).update(subject=binh)
    assert is_broken(binh)


def test_another_categorys_box_does_not_open(ann: SubjectId) -> None:
    with opened():
        Item.objects.filter(subject=ann, category=PHONE).update(box=box(ann))
    assert is_broken(ann, PHONE)


def test_a_row_under_another_category_does_not_open(ann: SubjectId) -> None:
    with opened():
        Item.objects.filter(subject=ann, category=PHONE).delete()
        Item.objects.filter(subject=ann, category=NAME).update(category=PHONE)
    assert is_broken(ann, PHONE)


def test_another_slots_box_does_not_open(ann: SubjectId) -> None:
    with opened():
        Item.objects.filter(subject=ann, slot="i-2").update(box=box(ann, PARTY, "i-1"))
    assert is_broken(ann, PARTY, "i-2")


def test_a_row_in_another_slot_does_not_open(ann: SubjectId) -> None:
    with opened():
        Item.objects.filter(subject=ann, slot="i-1").update(slot="i-3")
    assert is_broken(ann, PARTY, "i-3")


def test_a_box_in_another_row_of_the_same_slot_does_not_open(ann: SubjectId) -> None:
    with opened():
        former = box(ann)
    put(ann, NAME, "Ann Other")
    with opened():
        Item.objects.filter(subject=ann, category=NAME).update(box=former)
    assert is_broken(ann)


def test_a_row_in_another_class_does_not_open(ann: SubjectId) -> None:
    with opened():
        Item.objects.filter(subject=ann, category=NAME).update(keep_class="fiscal")
    assert is_broken(ann)


def test_a_class_that_borrows_anothers_key_does_not_open(ann: SubjectId) -> None:
    with opened():
        account = SubjectKey.objects.get(subject=ann, keep_class="account")
        SubjectKey.objects.filter(subject=ann, keep_class="fiscal").update(wrapped=bytes(account.wrapped or b""))
    assert is_broken(ann, PARTY, "i-1")


@pytest.mark.parametrize("short", [b"", b"x", b"x" * 12, b"x" * 27])
def test_what_is_too_short_to_be_a_box_does_not_open(ann: SubjectId, short: bytes) -> None:
    with opened():
        Item.objects.filter(subject=ann, category=NAME).update(box=short)
    assert is_broken(ann)


def test_a_broken_value_takes_its_whole_batch_with_it(ann: SubjectId) -> None:
    with opened():
        Item.objects.filter(subject=ann, category=PHONE).update(box=b"x" * 40)
    before = door.reveals_of_thread()

    with pytest.raises(door.BrokenSeal):
        door.reveal_many(
            make_act("customer", "rights", own=ann), wishes=[door.Wish(ann, NAME), door.Wish(ann, PHONE)]
        )

    assert door.reveals_of_thread() == before
    assert reads(ann) == "Ann Canary"


def test_a_slot_of_another_shop_is_not_overwritten(ann: SubjectId) -> None:
    with pytest.raises(door.Refused) as no:
        door.put(make_act("system", "account", brand="vpsfast"), subject=ann, category=NAME, value="Eve")

    assert no.value.facts["why"] == "other_brand"
    assert reads(ann) == "Ann Canary"
    door.drop(make_act("system", "account", brand="vpsfast"), subject=ann, category=NAME)
    assert reads(ann) == "Ann Canary"


def vault_tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'vault' ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]


def test_the_application_role_reads_and_writes_no_table_of_the_vault(db: None) -> None:
    tables = vault_tables()
    assert {"vault_item", "vault_subjectkey", "vault_mark", "vault_nym", "vault_hold", "vault_consent"} <= set(tables)

    for table in tables:
        for statement in (
            f"SELECT * FROM vault.{table}", f"SELECT count(*) FROM vault.{table}", f"DELETE FROM vault.{table}",
            f"INSERT INTO vault.{table} DEFAULT VALUES", f"TRUNCATE vault.{table}", f"COPY vault.{table} TO STDOUT",
        ):  # fmt: skip
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as c:
                c.execute(statement)


def test_no_column_of_the_vault_is_the_application_roles_to_read(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT table_name, column_name FROM information_schema.columns
            WHERE table_schema = 'vault' AND has_column_privilege(
              'hk_app', format('vault.%I', table_name), column_name, 'SELECT, INSERT, UPDATE')"""
        )
        assert cursor.fetchall() == []
