"""V6-3: a government ID is asked where a product needs it, lies sealed, and no form of ours takes a card."""

from __future__ import annotations

import pytest

from hostkeep.faces.storefront import checkout
from hostkeep.faces.ui.reading import read_form
from hostkeep.kernel.ids import CategoryId
from hostkeep.promises.evidence.tables import holding
from hostkeep.shop.queries.orders import orders_of
from hostkeep.vault import door
from tests.clauses.orders import places_order
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import gateway, text

__all__ = ["gateway"]

BRAND = "vps6"
NUMBER = "NL-ID-0047110815"
CARD = "4111111111111111"
GOV_ID = CategoryId("gov_id")


@pytest.fixture
def ann(db, gateway) -> Member:
    return Member(BRAND)


def product_with_id(member: Member) -> str:
    """The product whose page says that a government ID is asked."""
    slugs = [member.product(number) for number in range(5)]
    (found,) = [slug for slug in slugs if "ID number" in text(member.get(f"/products/{slug}/", lang="en"))]
    return found


def test_V6_3_a_product_that_needs_no_id_has_no_such_field(ann: Member) -> None:
    ann.puts()

    page = text(ann.get("/checkout/"))
    assert 'name="gov_id"' not in page
    assert 'name="other_financial"' not in page


def test_V6_3_a_product_that_needs_one_asks_it_once_and_says_why(ann: Member) -> None:
    ann.puts(product_with_id(ann))

    page = text(ann.get("/checkout/", lang="en"))
    assert page.count('name="gov_id"') == 1
    assert "V6-3" in page
    assert "this product is sold only to people whose identity is checked" in page.lower()
    assert 'name="other_financial"' not in page


def test_V6_3_the_number_lies_sealed_and_nowhere_else(ann: Member, capsys) -> None:
    places_order(ann, product_with_id(ann), gov_id=NUMBER)

    assert ann.kept("gov_id") == NUMBER
    assert holding([NUMBER]) == ()
    said = capsys.readouterr()
    assert NUMBER not in said.out + said.err


def test_V6_3_a_number_kept_with_the_order_would_be_noticed(ann: Member) -> None:
    from hostkeep.runtime import clock
    from hostkeep.runtime.tallies import tally

    places_order(ann, product_with_id(ann), gov_id=NUMBER)
    tally(brand=ann.brand, kind="form.refused", name=NUMBER, at=clock.now())

    assert holding([NUMBER]) == ("runtime_tally",)


@pytest.mark.parametrize("role", ["support", "sales", "engineer", "abuse", "clerk"])
def test_V6_3_staff_whose_work_is_not_to_check_it_never_see_it(ann: Member, role: str) -> None:
    places_order(ann, product_with_id(ann), gov_id=NUMBER)

    act = make_act(role, "identity_verification", brand=BRAND)
    with pytest.raises(door.Refused):
        door.reveal(act, subject=ann.account.subject, category=GOV_ID, reason="I would like to know")


@pytest.mark.parametrize("field", ["card", "card_number", "cvc", "iban", "other_financial"])
def test_V6_3_no_form_takes_a_card(ann: Member, field: str) -> None:
    ann.puts()

    for path in ("/checkout/", "/account/profile/"):
        answer = ann.sends(ann.get(path), path, gateway="testpay", **{field: CARD})
        assert answer.status_code == 422, path
        assert "V6-" in text(answer)
    assert orders_of(ann.account.id) == ()
    assert holding([CARD]) == ()


def test_V6_3_the_vault_has_no_place_for_one(ann: Member) -> None:
    with pytest.raises(door.NotDeclared) as no:
        door.put(make_act(brand=BRAND), subject=ann.account.subject, category=CategoryId("card"), value=CARD)

    assert no.value.clause == "V6-3"


def test_V6_3_a_checkout_that_drops_what_it_does_not_know_would_be_noticed(ann: Member, monkeypatch) -> None:
    def lenient(policy, form, posted, **rest):
        return read_form(policy, form, {k: v for k, v in posted.items() if k != "card"}, **rest)

    monkeypatch.setattr(checkout, "read_form", lenient)
    ann.puts()

    answer = ann.sends(ann.get("/checkout/"), "/checkout/", gateway="testpay", card=CARD)
    assert answer.status_code == 302
