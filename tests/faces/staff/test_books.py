"""The books in the back office: what is out of step is named, what is settled too, and a check can be sent off."""

from __future__ import annotations

from uuid import uuid4

import pytest

from hostkeep.billing.actions.reconciling import note_not_given
from hostkeep.flows import reconciling
from hostkeep.kernel.ids import AccountId, Ref
from hostkeep.kernel.money import EUR, Money
from hostkeep.ledger import book
from hostkeep.ledger.rules import Leg
from hostkeep.people.queries import account
from hostkeep.runtime import clock
from tests.conftest import make_act
from tests.faces.services.conftest import Staff
from tests.faces.shop.conftest import text
from tests.rooms.subscriptions.having import opens_account

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def owner(staff: Staff) -> Staff:
    staff.signs_in("owner")
    return staff


def out_of_step() -> AccountId:
    """Five euro are booked as owed, and no document asks for them."""
    who, _ = opens_account()
    strays(who, 500)
    checks()
    return who


def strays(who: AccountId, minor: int) -> None:
    legs = [Leg(f"receivable:{who}", Money(minor, EUR)), Leg("sales:vps6", Money(-minor, EUR))]
    book.post(make_act(), key=uuid4().hex, about=Ref("x.y", uuid4()), postings=legs)


def checks() -> None:
    reconciling.run(make_act(brand="", at=clock.now()), "vps6")


def test_what_is_out_of_step_is_named_with_its_customer_and_amount(owner: Staff) -> None:
    who = out_of_step()
    page = owner.get("/staff/books/")
    assert "What a customer owes" in text(page)
    assert account(who).number in text(page)
    assert f"/staff/accounts/{who}/credit/" in page.content.decode()
    assert "€5.00" in text(page)
    assert "All books agree" not in text(page)


def test_what_was_put_right_is_settled(owner: Staff) -> None:
    strays(out_of_step(), -500)
    checks()
    page = text(owner.get("/staff/books/"))
    assert "All books agree" in page
    assert "Settled in the last 30 days" in page


def test_the_rail_counts_what_is_out_of_step(owner: Staff) -> None:
    before = owner.get("/staff/books/").content.decode()
    out_of_step()
    after = owner.get("/staff/books/").content.decode()

    def counted(page: str) -> str:
        return page.partition('href="/staff/books/"')[2].partition("</a>")[0]

    assert "num" not in counted(before)
    assert ">2<" in counted(after)  # what is owed, and what was sold


def test_a_check_is_sent_off_and_its_time_is_shown(owner: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, str]] = []
    monkeypatch.setattr(reconciling, "send", lambda errand, name: not sent.append((errand, name)))
    page = owner.get("/staff/books/")
    assert "Not yet" in text(page)
    assert owner.posts(page, "/staff/books/vps6/check/").status_code == 302
    assert owner.posts(page, "/staff/books/book/check/").status_code == 302
    assert owner.posts(page, "/staff/books/nobody/check/").status_code == 404
    assert sent == [("reconcile", "vps6"), ("reconcile", "book")]
    for name in ("vps6", "vpn", "vpsfast", "photonvps", "vietnam-server", "book"):
        reconciling.run(make_act(brand="", at=clock.now()), name)
    assert "Not yet" not in text(owner.get("/staff/books/"))


@pytest.mark.parametrize("role", ["support", "sales", "engineer", "privacy"])
def test_books_are_for_who_keeps_them(staff: Staff, role: str) -> None:
    staff.signs_in(role)
    assert staff.get("/staff/books/").status_code == 403


def test_what_could_not_be_given_back_is_shown_and_settled_by_hand(owner: Staff) -> None:
    who, _ = opens_account()
    act = make_act(brand="vps6", at=clock.now())
    note_not_given(act, account=who, amount=Money(700, EUR), why=uuid4())
    finding = note_not_given(act, account=who, amount=Money(300, EUR), why=uuid4()).finding
    page = owner.get("/staff/books/")
    assert "To be given by hand" in text(page)
    assert account(who).number in text(page)
    assert "€10.00" in text(page), "two changes, one line"
    assert owner.posts(page, f"/staff/books/{finding}/settle/").status_code == 302
    assert "To be given by hand" not in text(owner.get("/staff/books/"))
    assert owner.posts(page, f"/staff/books/{uuid4()}/settle/").status_code == 404
