"""VS-3: looking around needs no details; registering needs true ones, as far as a program can tell."""

from __future__ import annotations

import pytest

from hostkeep.brands.queries import policy_in_force
from hostkeep.faces.signin.logins import known_login
from hostkeep.faces.ui import field_checks
from hostkeep.kernel.ids import BrandId
from hostkeep.promises.evidence.tables import holding
from hostkeep.promises.pages import read_page
from hostkeep.promises.personas import persona
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock
from tests.clauses.logins import is_in
from tests.faces.client.conftest import Member

BRAND = BrandId("vietnam-server")


def registers(shop, scene, **typed: str) -> tuple[int, bool, str]:
    """Sign up with some values typed over; return the status, whether there is an account, the page's words."""
    somebody = persona(scene(BRAND).policy.forms["signup"])
    answer = shop(BRAND).post("/auth/signup/?lang=en", somebody.posting(**typed))
    with running_brand.during(BRAND):
        known = known_login(typed.get("email", somebody.email))
    return answer.status, known is not None, read_page(answer.body).words


def test_VS_3_the_whole_catalogue_is_open_to_somebody_who_says_nothing(shop) -> None:
    browser = shop(BRAND)
    products = {link for link in read_page(browser.get("/").body).links if link.startswith("/products/")}
    assert len(products) >= 3

    for path in ("/", "/privacy/", "/contact/", "/cart/", *products):
        assert (path, browser.get(path).status) == (path, 200)
    assert browser.given == []


def test_VS_3_asking_demands_no_detail() -> None:
    forms = policy_in_force(BRAND, clock.now()).forms

    for name in ("contact", "enquiry"):
        assert {field.category for field in forms[name].fields if field.required} == {"message"}


@pytest.mark.parametrize(
    "number", ["12", "+84 1", "+84 00 000 0000", "+999 123456789", "0000000000", "call me", "+31 6 1234567890123"]
)
def test_VS_3_an_impossible_phone_number_is_refused_with_the_reason(shop, scene, number: str) -> None:
    status, known, words = registers(shop, scene, phone=number)

    assert status in {200, 422}
    assert not known
    assert "phone number" in words.lower()


@pytest.mark.parametrize("number", ["0912345678", "+84912345678", "+31201234567"])
def test_VS_3_one_of_a_numbering_plan_is_taken(shop, scene, number: str) -> None:
    status, known, _ = registers(shop, scene, phone=number)

    assert (status, known) == (302, True)


def test_VS_3_a_form_that_takes_any_number_would_be_noticed(shop, scene, monkeypatch) -> None:
    monkeypatch.setattr(field_checks.phonenumbers, "is_valid_number", lambda _: True)

    assert registers(shop, scene, phone="+84 00 000 0000")[:2] == (302, True)


@pytest.mark.parametrize("field", ["name", "email", "phone"])
def test_VS_3_what_is_left_out_is_asked_for(shop, scene, field: str) -> None:
    status, known, _ = registers(shop, scene, **{field: ""})

    assert status in {200, 422}
    assert not known


def test_VS_3_further_contacts_are_up_to_the_customer(shop, scene) -> None:
    assert registers(shop, scene, contacts="")[:2] == (302, True)


def test_VS_3_an_address_counts_once_its_letter_was_answered(shop, scene) -> None:
    somebody = persona(scene(BRAND).policy.forms["signup"])
    browser = shop(BRAND)
    answer = browser.post("/auth/signup/", somebody.posting())

    assert "confirm" in answer.header("Location")
    assert browser.get("/account/").status == 302
    login = {"login": somebody.email, "password": somebody.inputs["password1"]}
    assert "confirm" in browser.post("/auth/login/", login).header("Location")
    assert browser.get("/account/").status == 302
    assert holding(somebody.marks) == ()


def test_VS_3_one_whose_address_is_confirmed_gets_in(db) -> None:
    ann = Member(BRAND)

    assert is_in(ann, ann.client)
