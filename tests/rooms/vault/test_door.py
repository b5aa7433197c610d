"""The door: asks the policy, writes the audit first, opens nothing that was moved."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, connections, transaction

from hostkeep.audit.models import Entry
from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.vault import boxes, cipher, door
from hostkeep.vault.models import Item, SubjectKey
from hostkeep.vault.nyms import nym_of
from hostkeep.vault.wall import opened
from tests.conftest import make_act

NAME, PHONE, EMAIL = CategoryId("name"), CategoryId("phone"), CategoryId("email")


@pytest.fixture
def ann(db: None) -> SubjectId:
    subject = SubjectId(uuid4())
    door.put(make_act("visitor", "account"), subject=subject, category=NAME, value="Ann Canary")
    return subject


def as_owner(subject: SubjectId):
    return make_act("customer", "account", own=subject)


def entries(verb: str, subject: SubjectId) -> int:
    return Entry.objects.using("audit").filter(verb=verb, thing=nym_of(subject)).count()


def test_what_is_put_comes_back_to_its_owner(ann: SubjectId) -> None:
    sealed = door.reveal(as_owner(ann), subject=ann, category=NAME)
    assert sealed is not None
    assert sealed.open() == "Ann Canary"
    assert entries("vault.value.revealed", ann) == 1


def test_an_undeclared_purpose_is_refused_by_clause_and_entered(ann: SubjectId) -> None:
    act = make_act("support", "offers")
    with pytest.raises(door.Refused) as refusal:
        door.reveal(act, subject=ann, category=NAME)
    assert refusal.value.clause.startswith("V6-")
    assert (entries("vault.value.refused", ann), entries("vault.value.revealed", ann)) == (1, 0)


def test_a_category_the_policy_lacks_is_not_stored(ann: SubjectId) -> None:
    with pytest.raises(door.NotDeclared):
        door.put(make_act("visitor", "account", brand="vpn"), subject=ann, category=PHONE, value="+4930901820")
    with opened():
        assert not Item.objects.filter(subject=ann, category=PHONE).exists()


def test_a_printed_seal_is_no_value(ann: SubjectId) -> None:
    with pytest.raises(door.LooksSealed):
        door.put(make_act("visitor", "account"), subject=ann, category=NAME, value="<sealed name>")


def test_a_box_moved_to_another_person_does_not_open(ann: SubjectId) -> None:
    binh = SubjectId(uuid4())
    door.put(make_act("visitor", "account"), subject=binh, category=NAME, value="Binh")
    with opened():
        stolen = bytes(Item.objects.get(subject=ann, category=NAME).box)
        Item.objects.filter(subject=binh, category=NAME).update(box=stolen)
    with pytest.raises(cipher.BrokenSeal):
        door.reveal(as_owner(binh), subject=binh, category=NAME)


def test_a_box_moved_to_another_category_does_not_open(ann: SubjectId) -> None:
    door.put(make_act("visitor", "account"), subject=ann, category=PHONE, value="+4930901820")
    with opened():
        Item.objects.filter(subject=ann, category=PHONE).update(
            box=bytes(Item.objects.get(subject=ann, category=NAME).box)
        )
    with pytest.raises(cipher.BrokenSeal):
        door.reveal(as_owner(ann), subject=ann, category=PHONE)


def test_another_brand_has_no_such_value(ann: SubjectId) -> None:
    elsewhere = make_act("customer", "account", brand="vpsfast", own=ann)
    assert door.reveal(elsewhere, subject=ann, category=NAME) is None


def test_one_bit_is_noticed(ann: SubjectId) -> None:
    with opened():
        row = Item.objects.get(subject=ann, category=NAME)
        box = bytearray(row.box)
        box[-1] ^= 1
        Item.objects.filter(id=row.id).update(box=bytes(box))
    with pytest.raises(cipher.BrokenSeal):
        door.reveal(as_owner(ann), subject=ann, category=NAME)


def test_the_application_role_cannot_read_the_vault(ann: SubjectId) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as c:
        c.execute("SELECT * FROM vault.vault_item")


def test_the_role_is_given_back(ann: SubjectId) -> None:
    door.reveal(as_owner(ann), subject=ann, category=NAME)
    with connection.cursor() as c:
        c.execute("SELECT current_user")
        assert c.fetchone() == ("hk_app",)


def test_a_refusal_outlives_the_rollback_it_causes(committed: str) -> None:
    subject = SubjectId(uuid4())
    with pytest.raises(door.Refused), transaction.atomic():
        door.reveal(make_act("support", "offers"), subject=subject, category=NAME)
    assert entries("vault.value.refused", subject) == 1


def test_the_read_is_entered_before_the_value_comes_back(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = SubjectId(uuid4())
    door.put(make_act("visitor", "account"), subject=subject, category=NAME, value="Ann")

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(boxes.Bunch, "open", dies)
    with pytest.raises(KeyboardInterrupt):
        door.reveal(as_owner(subject), subject=subject, category=NAME)
    assert entries("vault.value.revealed", subject) == 1


def test_a_deed_and_its_values_commit_together_or_not_at_all(committed: str) -> None:
    subject = SubjectId(uuid4())
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        door.put(make_act("visitor", "account"), subject=subject, category=NAME, value="Ann")
        1 / 0
    with opened():
        assert not Item.objects.filter(subject=subject).exists()


def test_a_destroyed_key_never_lives_again(ann: SubjectId) -> None:
    with opened():
        SubjectKey.objects.filter(subject=ann).update(state="destroyed", wrapped=None)
    with pytest.raises(boxes.KeyDestroyed):
        door.put(make_act("visitor", "account"), subject=ann, category=NAME, value="again")
    with pytest.raises(DatabaseError), transaction.atomic(), opened():
        SubjectKey.objects.filter(subject=ann).update(state="live")


def test_the_audit_is_written_once(ann: SubjectId) -> None:
    for statement in ("UPDATE audit.audit_entry SET verb = 'x'", "DELETE FROM audit.audit_entry", "TRUNCATE audit.audit_entry"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as c:
            c.execute(statement)


def test_not_even_the_owner_changes_the_audit_by_mistake(committed: str, pg) -> None:
    door.put(make_act("visitor", "account"), subject=SubjectId(uuid4()), category=NAME, value="Ann")
    alias = connections["default"]
    alias.close()
    alias.settings_dict["USER"] = "hk_owner"
    with pytest.raises(DatabaseError, match="written once"), alias.cursor() as c:
        c.execute("DELETE FROM audit.audit_entry")
