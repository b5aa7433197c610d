"""PH-6: orders and enquiries ask for an e-mail address; card and account stay with the payment system."""

from __future__ import annotations

import pytest

from hostkeep.brands.queries import policy_in_force
from hostkeep.faces.signin import forms
from hostkeep.faces.ui.reading import read_form
from hostkeep.kernel.ids import BrandId, CategoryId
from hostkeep.promises.evidence.tables import holding
from hostkeep.promises.pages import read_page
from hostkeep.promises.personas import persona
from hostkeep.runtime import clock
from hostkeep.shop.queries.orders import orders_of
from hostkeep.vault import door
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import gateway, text

__all__ = ["gateway"]

BRAND = BrandId("photonvps")
CARD = "4111111111111111"
FIELDS = ("card", "card_number", "account_number", "iban", "gov_id")


@pytest.fixture
def ann(db) -> Member:
    return Member(BRAND)


def signs_up_with(shop, scene, field: str) -> tuple[int, str]:
    """Sign up with one more field; return the status and what the page says."""
    somebody = persona(scene(BRAND).policy.forms["signup"])
    answer = shop(BRAND).post("/auth/signup/", somebody.posting(**{field: CARD}))
    return answer.status, answer.body


def test_PH_6_sign_up_asks_for_an_address_and_no_more(shop) -> None:
    form = read_page(shop(BRAND).get("/auth/signup/").body).form("/auth/signup/")

    not_personal = {"company_news", "partner_offers", "accept_policy", "password1", "next"}
    assert set(form.inputs) - not_personal == {"email"}


@pytest.mark.parametrize("form", ["order", "enquiry", "contact"])
def test_PH_6_no_form_of_the_policy_asks_for_money_or_papers(form: str) -> None:
    asked = {field.category for field in policy_in_force(BRAND, clock.now()).forms[form].fields}

    assert asked <= {"email", "message"}


@pytest.mark.parametrize("field", FIELDS)
def test_PH_6_a_sign_up_with_one_is_refused_and_leaves_nothing(shop, scene, field: str) -> None:
    status, body = signs_up_with(shop, scene, field)

    assert status == 422
    assert "PH-6" in body
    assert holding([CARD]) == ()


def test_PH_6_a_form_that_drops_what_it_does_not_know_would_be_noticed(shop, scene, monkeypatch) -> None:
    def lenient(policy, form, posted, **rest):
        return read_form(policy, form, {k: v for k, v in posted.items() if k not in FIELDS}, **rest)

    monkeypatch.setattr(forms, "read_form", lenient)

    assert signs_up_with(shop, scene, "card")[0] == 302


@pytest.mark.parametrize("field", FIELDS)
def test_PH_6_nor_does_an_order_take_one(ann: Member, gateway, field: str) -> None:
    ann.puts()

    answer = ann.sends(ann.get("/checkout/"), "/checkout/", gateway="testpay", **{field: CARD})

    assert answer.status_code == 422
    assert "PH-6" in text(answer)
    assert orders_of(ann.account.id) == ()
    assert gateway.asked == []


@pytest.mark.parametrize("category", ["card", "gov_id", "bank_account"])
def test_PH_6_the_vault_has_no_place_for_one(ann: Member, category: str) -> None:
    with pytest.raises(door.NotDeclared) as no:
        door.put(make_act(brand=BRAND), subject=ann.account.subject, category=CategoryId(category), value=CARD)

    assert no.value.clause == ("" if category == "bank_account" else "PH-6")
    assert holding([CARD]) == ()
