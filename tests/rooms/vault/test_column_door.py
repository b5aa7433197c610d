"""What stands in the rooms' sealed columns opens through the door alone, where it stands, for whom it may."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hostkeep.audit.enter import APART
from hostkeep.audit.models import Entry
from hostkeep.billing.models import Invoice, InvoiceLine
from hostkeep.kernel.ids import CategoryId, InvoiceId, SubjectId
from hostkeep.provisioning import queries as services
from hostkeep.provisioning.actions.opening import Bought, open_service
from hostkeep.provisioning.models import Service
from hostkeep.shop.models import CartLine, OrderLine
from hostkeep.vault import cipher, column_resealing
from hostkeep.vault.column_door import OPENED, ColumnWish, open_columns, seal_columns, use_columns
from hostkeep.vault.columns import MARK, OLD_MARK, Boxed, SealedColumn, SealedJSON
from hostkeep.vault.door import NotDeclared, Refused
from hostkeep.vault.models import SubjectKey
from hostkeep.vault.nyms import nym_of
from hostkeep.vault.sealing import BrokenSeal
from hostkeep.vault.wall import opened
from tests.conftest import make_act
from tests.told import is_erased, told

BRAND = "vps6"
CHOSEN = CategoryId("chosen_service")


@pytest.fixture
def ann(db: None) -> SubjectId:
    return SubjectId(uuid4())


def a_service(subject: SubjectId, title: str = "Hexa S"):
    made = open_service(
        make_act(brand=BRAND), account=uuid4(), subject=subject, bought=Bought(title, "hexa-s", "lxd", {"cpu": "2"}),
        invoice=InvoiceId(uuid4()), order_line=uuid4(), once=uuid4().hex,
    )  # fmt: skip
    return services.service(made.id)


def as_owner(subject: SubjectId, purpose: str = "service"):
    return make_act("customer", purpose, brand=BRAND, own=subject)


def sealed_for(subject: SubjectId, value: str = "x", *, table: str = "t", row: str = "r", column: str = "a") -> Boxed:
    act = make_act(brand=BRAND)
    return seal_columns(act, subject=subject, category=CHOSEN, table=table, row=row, values={column: value})[column]


def wish_for(subject: SubjectId, box: Boxed, *, table: str = "t", row: str = "r", column: str = "a") -> ColumnWish:
    return ColumnWish(BRAND, subject, CHOSEN, table, {row: {column: box}}, lambda found: found[row][column])


def opens(wish: ColumnWish):
    (one,) = open_columns(make_act(brand=BRAND), wishes=[wish])
    return None if one is None else one.open()


def set_state(subject: SubjectId, keep_class: str, state: str) -> None:
    with opened():
        SubjectKey.objects.filter(subject=subject, keep_class=keep_class).update(state=state)


def entries(verb: str, subject: SubjectId) -> list[Entry]:
    return list(Entry.objects.using(APART).filter(verb=verb, thing=nym_of(subject)).order_by("id"))


def test_what_is_sealed_comes_back_where_it_stands(ann: SubjectId) -> None:
    assert opens(wish_for(ann, sealed_for(ann, "Hexa S"))) == "Hexa S"


@pytest.mark.parametrize("moved", [{"table": "other"}, {"row": "other"}, {"column": "b"}])
def test_moved_to_another_table_row_or_column_it_does_not_open(ann: SubjectId, moved: dict[str, str]) -> None:
    with pytest.raises(BrokenSeal):
        opens(wish_for(ann, sealed_for(ann), **moved))


def test_moved_to_another_person_it_does_not_open(ann: SubjectId) -> None:
    ben = SubjectId(uuid4())
    sealed_for(ben)
    with pytest.raises(BrokenSeal):
        opens(wish_for(ben, sealed_for(ann)))


def test_moved_to_another_class_or_policy_it_does_not_open(ann: SubjectId) -> None:
    box = sealed_for(ann)
    seal_columns(
        make_act(brand=BRAND), subject=ann, category=CategoryId("invoice_party"), table="t", row="r", values={"a": "y"}
    )
    with pytest.raises(BrokenSeal):
        opens(wish_for(ann, Boxed(box.text.replace(".account.", ".fiscal."))))
    with pytest.raises(BrokenSeal):
        opens(wish_for(ann, Boxed(box.text[:-8] + "AAAAAAA=")))
    with pytest.raises(BrokenSeal):
        Boxed("c2.only.two").keep_class  # noqa: B018  it raises


def test_a_box_does_not_print_and_takes_no_plain_value(ann: SubjectId) -> None:
    assert str(sealed_for(ann)) == repr(sealed_for(ann)) == "<sealed column>"
    with pytest.raises(TypeError):
        Service.objects.filter(id=uuid4()).update(title="Hexa S")


def test_one_entry_a_person_and_batch_is_committed_before_anything_opens(ann: SubjectId) -> None:
    rows = [a_service(ann) for _ in range(3)]
    before = len(entries(OPENED, ann))

    def look(found: tuple[object, ...]) -> int:
        return len(entries(OPENED, ann)) - before

    assert use_columns(as_owner(ann), wishes=[row.wish for row in rows], fn=look) == 1
    newest = entries(OPENED, ann)[-1]
    assert (newest.count, newest.category, newest.purpose, newest.role) == (3, "chosen_service", "service", "customer")


def test_a_batch_looks_through_the_wall_once(ann: SubjectId, django_assert_max_num_queries) -> None:
    rows = [a_service(ann) for _ in range(5)]
    with django_assert_max_num_queries(5):
        open_columns(as_owner(ann), wishes=[row.wish for row in rows])


def test_a_customer_sees_their_own_alone(ann: SubjectId) -> None:
    row = a_service(ann)
    with pytest.raises(Refused) as no:
        open_columns(as_owner(SubjectId(uuid4())), wishes=[row.wish])
    assert no.value.facts["why"] == "not_own"
    assert len(entries("vault.value.refused", ann)) == 1
    with pytest.raises(Refused):
        open_columns(make_act("customer", brand="vpn", own=ann), wishes=[row.wish])
    with pytest.raises(Refused):
        open_columns(make_act("visitor", "support", brand=BRAND), wishes=[row.wish])


def test_a_role_or_purpose_the_policy_does_not_name_is_refused_by_its_clause(ann: SubjectId) -> None:
    row = a_service(ann)
    for act in (make_act("sales", "service", brand=BRAND), make_act("support", "diagnostics", brand=BRAND)):
        with pytest.raises(Refused) as no:
            open_columns(act, wishes=[row.wish])
        assert no.value.facts["clause"]
    with pytest.raises(Refused):
        open_columns(make_act("support", "account", brand=BRAND), wishes=[row.wish])
    assert open_columns(make_act("support", "account", brand=BRAND), wishes=[row.wish], reason="a call")[0] is not None


def test_what_no_policy_declares_is_not_sealed(ann: SubjectId) -> None:
    with pytest.raises(NotDeclared):
        seal_columns(
            make_act(brand=BRAND), subject=ann, category=CategoryId("religion"), table="t", row="r", values={"a": "x"}
        )


def test_a_key_that_is_gone_leaves_noise_and_no_entry(ann: SubjectId) -> None:
    row = a_service(ann)
    assert told(row).title == "Hexa S"
    set_state(ann, "account", "erasing")
    before = len(entries(OPENED, ann))
    assert is_erased(row)
    assert len(entries(OPENED, ann)) == before


def test_a_switched_off_account_opens_for_law_and_disputes_alone(ann: SubjectId) -> None:
    row = a_service(ann)
    set_state(ann, "account", "deactivated")
    with pytest.raises(Refused) as no:
        open_columns(as_owner(ann), wishes=[row.wish])
    assert no.value.facts["why"] == "deactivated"
    disputes = make_act("billing", "dispute", brand=BRAND)
    assert open_columns(disputes, wishes=[row.wish], reason="a dispute")[0] is not None


def test_erasing_an_account_leaves_its_invoices_readable(ann: SubjectId) -> None:
    from hostkeep.billing.queries.invoices import sheet
    from hostkeep.vault import erasing
    from tests.rooms.billing.making import Buyer

    buyer = Buyer()
    invoice = sheet(buyer.owes().id, of=buyer.account)
    row = a_service(buyer.subject)
    erasing.erase(make_act(brand=BRAND), subject=buyer.subject, classes=frozenset({"account"}), why="asked")
    assert is_erased(row)
    assert told(invoice).lines[0].title


def before_the_door(model, row_id, column: str, value: object) -> None:
    """Put a column back as it stood before there was a door."""
    import json

    table = model._meta.db_table
    text = cipher.seal_column(json.dumps(value), place=f"{table}.{column}")
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [text, row_id])


def test_old_texts_are_read_until_the_job_has_sealed_all_of_them_anew(ann: SubjectId) -> None:
    rows = [a_service(ann) for _ in range(3)]
    for row in rows:
        for column, value in (("title", "Old"), ("facts", {"address": "192.0.2.1"}), ("kept", ["access"])):
            before_the_door(Service, row.id, column, value)
    assert told(services.service(rows[0].id)).title == "Old"
    assert column_resealing.left() == 3

    assert column_resealing.reseal_columns(make_act(brand=BRAND)) == 3

    assert column_resealing.left() == 0
    assert column_resealing.reseal_columns(make_act(brand=BRAND)) == 0
    seen = told(services.service(rows[1].id))
    assert (seen.title, seen.product, seen.facts, seen.kept) == ("Old", "hexa-s", {"address": "192.0.2.1"}, ("access",))
    texts = Service.objects.values_list("title", flat=True)
    assert all(box.text.startswith(MARK) and not box.text.startswith(OLD_MARK) for box in texts)


def test_the_job_goes_on_where_it_was_cut_off(ann: SubjectId, monkeypatch) -> None:
    rows = [a_service(ann) for _ in range(5)]
    for row in rows:
        before_the_door(Service, row.id, "title", "Old")
    monkeypatch.setattr(column_resealing, "AT_ONCE", 2)
    assert [column_resealing.reseal_columns(make_act(brand=BRAND)) for _ in range(4)] == [2, 2, 1, 0]


def test_where_none_is_left_the_tables_are_read_once_a_day(ann: SubjectId) -> None:
    row = a_service(ann)
    act = make_act(brand=BRAND)
    assert column_resealing.reseal_columns(act) == 0

    with CaptureQueriesContext(connection) as met:
        assert column_resealing.reseal_columns(act) == 0
    assert len(met) == 1 and "runtime_tally" in met[0]["sql"], "one row is read, and no table of anybody's"

    before_the_door(Service, row.id, "title", "Old")
    late = make_act(brand=BRAND, at=act.at + column_resealing.LOOK_AGAIN)
    assert column_resealing.reseal_columns(late) == 1, "what an older process wrote is found the next day"
    assert column_resealing.reseal_columns(late) == 0
    assert column_resealing.left() == 0


def test_a_row_that_somebody_holds_is_no_reason_to_rest(ann: SubjectId, monkeypatch) -> None:
    row = a_service(ann)
    before_the_door(Service, row.id, "title", "Old")
    monkeypatch.setattr(column_resealing, "_reseal", lambda *_: 0)
    assert column_resealing.reseal_columns(make_act(brand=BRAND)) == 0
    monkeypatch.undo()
    assert column_resealing.reseal_columns(make_act(brand=BRAND)) == 1


def test_what_an_erased_person_had_becomes_noise(ann: SubjectId) -> None:
    row = a_service(ann)
    before_the_door(Service, row.id, "title", "Old")
    set_state(ann, "account", "erasing")
    assert column_resealing.reseal_columns(make_act(brand=BRAND)) == 1
    assert column_resealing.left() == 0
    assert is_erased(services.service(row.id))


def test_every_table_with_sealed_columns_says_what_they_are() -> None:
    from django.apps import apps

    has = {m for m in apps.get_models() if any(isinstance(f, SealedColumn) for f in m._meta.local_fields)}
    assert has == {model for model, _ in column_resealing.sealed_tables()} >= {Service, Invoice, InvoiceLine, CartLine, OrderLine}


def test_migrations_know_djangos_own_field_alone() -> None:
    for field in (SealedColumn(), SealedJSON(null=True)):
        _, path, _args, kwargs = field.deconstruct()
        assert path == "django.db.models.TextField"
        assert "default" not in kwargs


def test_sealing_under_a_key_that_is_there_asks_for_it_on_one_way(ann: SubjectId) -> None:
    sealed_for(ann, "first")  # makes the key

    with CaptureQueriesContext(connection) as asked:
        box = sealed_for(ann, "second")

    assert [query["sql"].split()[0] for query in asked] == ["SET", "INSERT"]  # the key under its role; the entry
    assert opens(wish_for(ann, box)) == "second"
