"""Sealing in bulk: as one by one, of many people at once, or of none."""

from __future__ import annotations

from uuid import uuid4

import pytest

from hostkeep.audit.models import Entry
from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.vault import door
from hostkeep.vault.asking import MARKER, LooksSealed, NotDeclared
from hostkeep.vault.batches import Document, ToSeal, put_documents, seal_many
from hostkeep.vault.boxes import KeyDestroyed
from hostkeep.vault.column_door import SEALED, one_row, use_columns
from hostkeep.vault.models import Item, SubjectKey
from hostkeep.vault.wall import opened
from tests.conftest import make_act

PARTY = CategoryId("invoice_party")
ACT = make_act("system", "billing", brand="vps6")


def people(count: int) -> list[SubjectId]:
    return [SubjectId(uuid4()) for _ in range(count)]


def wish(subject: SubjectId, row: str, title: str) -> ToSeal:
    return ToSeal(subject, PARTY, "billing_invoiceline", {row: {"title": title}})


def test_what_is_sealed_together_opens_alone_each_under_its_own_key(db) -> None:
    some = people(5)
    sealed = seal_many(ACT, [wish(who, f"r/{n}", f"Hexa {n}") for n, who in enumerate(some)])
    with opened():
        assert SubjectKey.objects.filter(subject__in=some, keep_class="fiscal").count() == 5
    for n, who in enumerate(some):
        box = sealed[n][f"r/{n}"]["title"]
        head = (ACT.brand, who, PARTY)
        asked = one_row(head, table="billing_invoiceline", row=f"r/{n}", boxes={"title": box}, make=lambda v: v["title"])
        assert use_columns(ACT, wishes=[asked], fn=lambda found: found[0]) == f"Hexa {n}"
    assert Entry.objects.filter(verb=SEALED, count=1).count() == 5


def test_documents_are_kept_once_and_read_through_the_door(db) -> None:
    some = people(3)
    put_documents(ACT, [Document(who, PARTY, "doc", f"party {n}") for n, who in enumerate(some)])
    for n, who in enumerate(some):
        assert door.reveal(ACT, subject=who, category=PARTY, slot="doc").open() == f"party {n}"
    assert Entry.objects.filter(verb="vault.value.put").count() == 3


def test_of_one_that_is_erased_nothing_is_written_of_any(db) -> None:
    some = people(3)
    seal_many(ACT, [wish(who, "r/1", "x") for who in some])
    with opened():
        SubjectKey.objects.filter(subject=some[1]).update(state="destroyed", wrapped=None)
    with pytest.raises(KeyDestroyed):
        seal_many(ACT, [wish(who, "r/2", "x") for who in some])
    with pytest.raises(KeyDestroyed):
        put_documents(ACT, [Document(who, PARTY, "doc", "x") for who in some])
    with opened():
        assert not Item.objects.filter(subject__in=some).exists()


@pytest.mark.parametrize(("category", "error"), [("hat_size", NotDeclared)])
def test_what_the_policy_does_not_declare_is_refused(db, category: str, error) -> None:
    (who,) = people(1)
    with pytest.raises(error):
        seal_many(ACT, [ToSeal(who, CategoryId(category), "t", {"r": {"c": "x"}})])
    with pytest.raises(error):
        put_documents(ACT, [Document(who, CategoryId(category), "s", "x")])


def test_a_bulk_run_is_the_systems_and_keeps_nothing_people_are_found_by(db) -> None:
    (who,) = people(1)
    with pytest.raises(ValueError, match="bulk run"):
        put_documents(make_act("customer", "billing", own=who), [Document(who, PARTY, "s", "x")])
    with pytest.raises(ValueError, match="bulk run"):
        put_documents(ACT, [Document(who, CategoryId("email"), "s", "ann@example.org")])
    with pytest.raises(LooksSealed):
        put_documents(ACT, [Document(who, PARTY, "s", f"{MARKER}x")])
