"""The door from outside: words that are free, numbers that are guessed, signs that nothing of ours has."""

from __future__ import annotations

from functools import partial

import pytest

from hostkeep.audit.enter import APART
from hostkeep.audit.models import Entry
from hostkeep.kernel.ids import CategoryId
from hostkeep.people.actions.addresses import ask_change, confirm_change
from hostkeep.people.actions.keys import make_key
from hostkeep.people.errors import LinkOver
from hostkeep.people.models import User
from hostkeep.runtime import clock
from hostkeep.vault import door
from tests.conftest import make_act
from tests.faces.api.conftest import Program, key_for
from tests.faces.client.conftest import Member
from tests.faces.services.conftest import Staff, staff
from tests.faces.shop.conftest import text
from tests.faces.staff.test_people import finds, opens
from tests.faces.staff.test_staff_keys import proves
from tests.rooms.vault.test_two_at_once import at_once

__all__ = ["staff"]

ODD = ["\x00", "a\x00b", "x" * 5000, "Ann Fields <ann@example.test>", " ", "NAME", "архив"]
ODD_IDS = ["nul", "nul inside", "long", "a person", "blank", "capitals", "letters"]


@pytest.fixture
def support(staff: Staff) -> Staff:
    staff.signs_in("support")
    staff.client.raise_request_exception = False
    proves(staff)
    return staff


def words_in_the_book() -> str:
    found = Entry.objects.using(APART).values_list("purpose", "category", "role", "kind", "actor")
    return "\n".join(" ".join(row) for row in found)


@pytest.mark.parametrize("odd", ODD, ids=ODD_IDS)
@pytest.mark.parametrize("field", ["category", "purpose"])
def test_what_staff_type_for_a_fact_or_a_purpose_is_refused_and_never_entered(support: Staff, ann: Member, field: str, odd: str) -> None:
    answer = opens(support, ann, **{field: odd})
    assert answer.status_code in {403, 404, 422}
    assert "ann@example" not in words_in_the_book()


@pytest.mark.parametrize("odd", ODD, ids=ODD_IDS)
@pytest.mark.parametrize("field", ["by", "text", "purpose", "shop"])
def test_what_staff_type_into_the_search_breaks_nothing_and_is_never_entered(support: Staff, ann: Member, field: str, odd: str) -> None:
    answer = finds(support, **{field: odd})
    assert answer.status_code in {200, 403, 404, 422}
    assert "ann@example" not in words_in_the_book()


@pytest.mark.parametrize("odd", ["x" * 5000, "\x00", "ab\x00"], ids=["long", "nul", "nul after words"])
@pytest.mark.parametrize("by", ["name", "email"])
def test_an_odd_reason_breaks_nothing(support: Staff, ann: Member, by: str, odd: str) -> None:
    assert opens(support, ann, reason=odd).status_code < 500
    assert finds(support, by=by, text="ann", reason=odd).status_code < 500


def key_of_staff(role: str, brand: str = "vps6") -> Program:
    user = User.objects.create(brand="", staff_role=role)
    act = make_act(role, "site_administration", brand=brand, at=clock.now())
    made = make_key(act, user=user.pk, account=None, scopes=["people:read"])
    return Program(brand, made.key)


@pytest.mark.parametrize("odd", ["%00", "ann%40example.test", "NAME", "x" * 64, "%20", "%ED%A0%80"])
def test_what_a_program_of_staff_asks_for_breaks_nothing_and_is_never_entered(ann: Member, odd: str) -> None:
    app, number = key_of_staff("support"), ann.account.number
    for path in (
        f"/people/{number}/{odd}?purpose=account&reason=called+us",
        f"/people/{number}/name?purpose={odd}&reason=called+us",
        f"/people/{odd}/name?purpose=account&reason=called+us",
    ):
        answer = app.get(path)
        assert answer.status_code in {403, 404, 422, 400}, path
        assert b"Ann Fields" not in answer.content
    assert "ann@example" not in words_in_the_book()


def test_without_the_right_a_number_that_is_there_is_answered_like_one_that_is_not(ann: Member) -> None:
    app = key_of_staff("sales")
    known = app.get(f"/people/{ann.account.number}/password?purpose=offers&reason=called+us")
    unknown = app.get("/people/99999999/password?purpose=offers&reason=called+us")
    assert known.status_code == unknown.status_code == 403
    assert known.json() == unknown.json()


def test_with_the_right_another_brands_customer_is_not_there(ann: Member, member) -> None:
    other = member("vpn", "bob")
    app = key_of_staff("support")
    assert app.get(f"/people/{other.account.number}/email?purpose=account&reason=called+us").status_code == 404
    shown = app.get(f"/people/{ann.account.number}/email?purpose=account&reason=called+us")
    assert (shown.status_code, shown.headers["Cache-Control"]) == (200, "no-store")


def test_a_customers_program_reaches_nobody_by_number(ann: Member) -> None:
    app = Program("vps6", key_for(ann))
    assert app.get(f"/people/{ann.account.number}/email?purpose=account&reason=mine").status_code == 403


def test_two_accounts_that_confirm_one_address_at_the_same_moment_do_not_both_get_it(committed: str) -> None:
    """Whoever is later is told that the link is over; nothing breaks, and nobody has half a change."""
    both = [Member("vpn", "ann"), Member("vpn", "bob")]
    acts = [make_act("customer", "account", brand="vpn", at=clock.now(), own=each.account.subject) for each in both]
    links = [
        ask_change(act, user=each.user, address="new@example.test").passing
        for act, each in zip(acts, both, strict=True)
    ]
    raised = at_once(*(
        partial(confirm_change, act, passing=link) for act, link in zip(acts, links, strict=True) if link
    ))
    assert [type(error) for error in raised] == [LinkOver]
    assert sorted(each.kept("email") == "new@example.test" for each in both) == [False, True]


def test_an_old_address_in_the_archive_keeps_the_present_one_neither_shut_nor_company(staff: Staff, member) -> None:
    ann = member("vpn")
    act = make_act("customer", "account", brand="vpn", at=clock.now(), own=ann.account.subject)
    door.put(act, subject=ann.account.subject, category=CategoryId("email"), value="new@example.test")
    staff.signs_in("support")
    proves(staff)

    shown = text(opens(staff, ann, category="email", purpose="account"))

    assert "new@example.test" in shown and ann.email not in shown
