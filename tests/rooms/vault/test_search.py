"""Finding a person by an exact value or by a name: decided, entered, bound to a pace."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from hostkeep.audit.models import Entry
from hostkeep.kernel.ids import BrandId, CategoryId, SubjectId
from hostkeep.vault import asking, door, scanning, search
from hostkeep.vault.models import Item, Mark, SubjectKey
from hostkeep.vault.nyms import nym_of
from hostkeep.vault.wall import opened
from tests.conftest import make_act

NAME, EMAIL, PHONE = CategoryId("name"), CategoryId("email"), CategoryId("phone")
NUMBER = CategoryId("customer_number")
ADDRESS, CALLED = "Ann.Canary@Example.test", "+31 20 123 0000"


def person(name: str = "Ann Canary", brand: str = "vps6", **values: str) -> SubjectId:
    subject = SubjectId(uuid4())
    for category, value in {"name": name, **values}.items():
        act = make_act("visitor", "account", brand=brand)
        door.put(act, subject=subject, category=CategoryId(category), value=value)
    return subject


@pytest.fixture
def ann(db: None) -> SubjectId:
    return person(email=ADDRESS, phone=CALLED)


def desk(role: str = "support", purpose: str = "account", brand: str = "vps6", actor: str = ""):
    return make_act(role, purpose, brand=brand, actor=actor or f"staff:{uuid4()}")


def finds(category: CategoryId, value: str, act=None) -> SubjectId | None:
    return search.find(act or desk(), category=category, value=value, reason="they rang")


def named(text: str, act=None) -> set[SubjectId]:
    return set(search.by_name(act or desk(), text=text, reason="they rang"))


@pytest.mark.parametrize("typed", ["ann.canary@example.test", "  ANN.CANARY@EXAMPLE.TEST ", "Ａnn.canary@example.test"])
def test_an_address_is_found_however_it_is_typed(ann: SubjectId, typed: str) -> None:
    assert finds(EMAIL, typed) == ann


@pytest.mark.parametrize("typed", ["+31201230000", "+31 (0)20 123 0000", "+31-20-1230000"])
def test_a_number_is_found_however_it_is_grouped(ann: SubjectId, typed: str) -> None:
    assert finds(PHONE, typed) == ann


def test_a_customer_number_is_found_once_it_is_noted(ann: SubjectId) -> None:
    assert finds(NUMBER, "ab-1234") is None
    search.note_number(make_act("visitor", "account"), subject=ann, number="AB-1234")

    assert finds(NUMBER, " ab-1234 ") == ann


@pytest.mark.parametrize("typed", ["ann.canary@example", "canary@example.test", "ann.canary@example.tes", ""])
def test_part_of_an_address_finds_nobody(ann: SubjectId, typed: str) -> None:
    assert finds(EMAIL, typed) is None


def test_another_shops_people_are_not_found(ann: SubjectId) -> None:
    assert finds(EMAIL, ADDRESS, desk(brand="vietnam-server")) is None


def test_two_people_with_one_address_the_first_is_found(ann: SubjectId) -> None:
    person(email=ADDRESS)

    assert finds(EMAIL, ADDRESS) == ann


def test_a_mark_moves_with_the_value_and_goes_with_it(ann: SubjectId) -> None:
    mine = make_act("customer", "account", own=ann)
    door.put(mine, subject=ann, category=EMAIL, value="new@example.test")
    assert (finds(EMAIL, ADDRESS), finds(EMAIL, "new@example.test")) == (None, ann)

    door.drop(mine, subject=ann, category=EMAIL)

    assert finds(EMAIL, "new@example.test") is None
    with opened():
        assert set(Mark.objects.filter(subject=ann).values_list("category", flat=True)) == {"phone"}


def test_a_mark_says_nothing_and_names_what_few_have_in_common_get_none(ann: SubjectId) -> None:
    with opened():
        rows = list(Mark.objects.filter(subject=ann))
    assert {row.category for row in rows} == {"email", "phone"}
    assert {len(bytes(row.mark)) for row in rows} == {16}
    other = person(email=ADDRESS, brand="vietnam-server")
    with opened():
        theirs = Mark.objects.get(subject=other, category="email")
    assert bytes(theirs.mark) not in {bytes(row.mark) for row in rows}


@pytest.mark.parametrize(("role", "purpose"), [("sales", "offers"), ("engineer", "account"), ("support", "marketing")])
def test_who_may_not_read_a_category_does_not_search_by_it(ann: SubjectId, role: str, purpose: str) -> None:
    actor = f"staff:{uuid4()}"
    for category, value in ((EMAIL, ADDRESS), (EMAIL, "nobody@example.test")):
        with pytest.raises(door.Refused):
            finds(category, value, desk(role, purpose, actor=actor))
    with pytest.raises(door.Refused):
        named("canary", desk(role, purpose, actor=actor))

    refused = Entry.objects.using("audit").filter(actor=actor)
    assert set(refused.values_list("verb", "kind")) == {("vault.value.refused", "vault.people")}


def test_a_search_needs_the_reason_that_the_clause_demands(ann: SubjectId) -> None:
    with pytest.raises(door.Refused) as no:
        search.find(desk(), category=EMAIL, value=ADDRESS)
    assert no.value.facts["why"] == "needs:reason"
    with pytest.raises(door.Refused):
        search.by_name(desk(), text="canary", reason=" ")


@pytest.mark.parametrize("role", ["customer", "visitor"])
def test_a_customer_finds_nobody_not_even_themselves(ann: SubjectId, role: str) -> None:
    act = make_act(role, "account", own=ann)

    with pytest.raises(door.Refused):
        search.find(act, category=EMAIL, value=ADDRESS, reason="it is me")
    with pytest.raises(door.Refused):
        search.by_name(act, text="canary", reason="it is me")


def test_nobody_is_found_by_what_has_no_index(ann: SubjectId) -> None:
    with pytest.raises(door.Refused) as no:
        finds(NAME, "Ann Canary")
    assert no.value.facts["why"] == "no_index"


def test_a_search_is_entered_whether_it_finds_or_not(ann: SubjectId) -> None:
    actor = f"staff:{uuid4()}"
    finds(EMAIL, ADDRESS, desk(actor=actor))
    finds(EMAIL, "nobody@example.test", desk(actor=actor))

    entries = Entry.objects.using("audit").filter(actor=actor, verb="vault.person.sought").order_by("id")
    assert [(e.kind, e.category, e.purpose, e.count) for e in entries] == [
        ("person", "email", "account", 1), ("vault.people", "email", "account", 0),
    ]  # fmt: skip
    assert entries[0].thing == nym_of(ann)
    assert entries[1].thing not in {ann, nym_of(ann)}


@pytest.mark.parametrize("state", ["deactivated", "held"])
def test_a_closed_account_is_not_found_for_service(ann: SubjectId, state: str) -> None:
    with opened():
        SubjectKey.objects.filter(subject=ann).update(state=state)

    assert finds(EMAIL, ADDRESS) is None
    assert named("canary") == set()


def test_a_closed_account_is_found_for_a_dispute(ann: SubjectId) -> None:
    with opened():
        SubjectKey.objects.filter(subject=ann).update(state="deactivated")

    assert finds(EMAIL, ADDRESS, desk("billing", "dispute")) == ann
    assert ann in named("canary", desk("billing", "dispute"))


@pytest.mark.parametrize("typed", ["nguyen", "Nguyễn", "NGUYEN DUC", "duc anh", "đức", "guy", "  anh   nguyễn "])
def test_a_name_is_found_by_any_of_its_words_without_marks(db: None, typed: str) -> None:
    anh, thu = person("Nguyễn Đức Anh"), person("Trần Thu")

    assert anh in named(typed)
    assert thu not in named(typed)


@pytest.mark.parametrize("written", ["Nguyễn Đức", "Nguyễn Đức", "NGUYỄN ĐỨC", "nguyen duc"])
def test_it_does_not_matter_how_the_name_was_written(db: None, written: str) -> None:
    subject = person(written)

    assert subject in named("nguyen duc")
    assert subject in named("Nguyễn Đức")


@pytest.mark.parametrize(("name", "typed"), [
    ("Zoë Müller", "zoe muller"), ("Łukasz Żak", "lukasz zak"), ("Søren O'Neil", "soren o'neil"), ("A.B. [x]", "[x]"),
])  # fmt: skip
def test_other_peoples_marks_do_not_matter_either(db: None, name: str, typed: str) -> None:
    subject = person(name)

    assert subject in named(typed)


def test_every_word_must_be_there(db: None) -> None:
    person("Ann Rare Canary")

    assert named("rare mismatch") == set()


@pytest.mark.parametrize("typed", ["", " ", "a", "."])
def test_one_letter_is_no_search(ann: SubjectId, typed: str) -> None:
    actor = f"staff:{uuid4()}"

    assert named(typed, desk(actor=actor)) == set()
    assert not Entry.objects.using("audit").filter(actor=actor).exists()


def test_a_look_through_all_names_is_one_entry_with_how_many(ann: SubjectId) -> None:
    person("Binh")
    with opened():
        there = Item.objects.filter(brand="vps6", category="name", slot="").count()
    actor = f"staff:{uuid4()}"
    assert named("canary", desk(actor=actor)) >= {ann}

    (entry,) = Entry.objects.using("audit").filter(actor=actor)
    assert (entry.verb, entry.kind, entry.category, entry.count) == ("vault.names.scanned", "vault.people", "name", there)
    assert entry.thing != ann


def test_another_shops_names_are_not_looked_at(ann: SubjectId) -> None:
    assert ann not in named("canary", desk(brand="vietnam-server"))


def test_no_more_than_a_page_of_people_is_handed_out(db: None) -> None:
    for _ in range(search.MOST + 3):
        person("Common Name")

    assert len(named("common")) == search.MOST


def test_a_name_that_was_tampered_with_hides_nobody_else_and_raises_an_alarm(ann: SubjectId) -> None:
    binh = person("Binh Canary")
    with opened():
        Item.objects.filter(subject=ann, category=NAME).update(box=b"x" * 40)
    actor = f"staff:{uuid4()}"

    assert named("canary", desk(actor=actor)) >= {binh}

    verbs = set(Entry.objects.using("audit").filter(actor=actor).values_list("verb", flat=True))
    assert verbs == {"vault.names.scanned", "alarm.broken_seal.raised"}


def test_searches_by_name_have_a_pace(ann: SubjectId) -> None:
    act = desk()
    for _ in range(30):
        named("canary", act)

    with pytest.raises(asking.ReadsTooMuch):
        named("canary", act)

    alarms = Entry.objects.using("audit").filter(actor=act.actor, verb="alarm.mass_reading.raised")
    assert alarms.count() == 1


def test_the_handles_of_search_are_handles(ann: SubjectId) -> None:
    assert isinstance(finds(EMAIL, ADDRESS), UUID)


@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
def test_every_name_is_looked_at_however_many_are_in_memory_at_once(
    db: None, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(scanning, "AT_ONCE", at_once)
    rare = {person(f"Rarely {letter * 3}") for letter in "abcde"}

    with opened():
        found, broken = scanning.whose(BrandId("vps6"), ("rarely",), most=50)

    assert (set(found), broken) == (rare, 0)


def test_a_shop_without_customers_is_looked_through_as_well(db: None) -> None:
    with opened():
        assert scanning.count(BrandId("nobody")) == 0
        assert scanning.whose(BrandId("nobody"), ("ann",), most=50) == ((), 0)
