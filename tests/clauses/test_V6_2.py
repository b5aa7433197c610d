"""V6-2: forms ask name, address, phone and e-mail, for orders, information and support."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.ids import BrandId, CategoryId, ClauseId, PurposeId
from hostkeep.policy.decide import Decision
from hostkeep.promises.evidence.tables import holding
from hostkeep.promises.pages import read_page
from hostkeep.promises.personas import persona
from hostkeep.runtime import clock
from hostkeep.vault import door
from tests.conftest import make_act

FOUR = {"name", "email", "phone"} | {"address", "city", "postal_code", "region", "country"}
NOT_PERSONAL = {"password1", "accept_policy", "product_news", "site_news", "offers", "next"}


def test_V6_2_signup_asks_these_four_and_says_why(shop) -> None:
    page = read_page(shop("vps6").get("/auth/signup/?lang=en").body)

    assert set(page.form("/auth/signup/").inputs) - NOT_PERSONAL == FOUR
    for why in ("for the order, and for the invoice", "when your server needs you", "it decides the tax"):
        assert why in page.words.lower()
    assert page.words.count("Why we ask") >= 4


def test_V6_2_an_undeclared_birth_date_is_refused_and_nothing_stored(shop) -> None:
    somebody = persona(policy_in_force(BrandId("vps6"), clock.now()).forms["signup"])

    answer = shop("vps6").post("/auth/signup/", somebody.posting(birth_date="1990-01-31"))

    assert answer.status == 422
    assert "V6-2" in answer.body
    assert "1990-01-31" not in answer.body
    assert holding(somebody.marks) == ()
    assert shop("vps6").post("/auth/signup/", somebody.posting()).status == 302, "the rest of the form was good"


def test_V6_2_the_address_opens_for_an_order_and_for_nothing_undeclared(scene) -> None:
    there = scene("vps6")
    act = make_act(brand="vps6", purpose="order", at=there.act.at)
    ask = {"subject": there.canary.subject, "category": CategoryId("address")}

    assert door.use(act, **ask, fn=len)
    with pytest.raises(door.Refused) as refused:
        door.reveal(act.for_purpose(PurposeId("offers")), **ask)
    assert refused.value.clause == "V6-2"


def test_V6_2_is_proven(prove) -> None:
    assert prove("V6-2") == {}


def test_V6_2_turns_red_when_forms_take_more_than_they_declare(prove, monkeypatch) -> None:
    from hostkeep.faces.signin import forms
    from hostkeep.faces.ui.reading import read_form

    def lenient(policy, form, posted, **rest):
        return read_form(policy, form, {k: v for k, v in posted.items() if k != "birth_date"}, **rest)

    monkeypatch.setattr(forms, "read_form", lenient)

    assert list(prove("V6-2")) == ["A form is sent with a field that the policy does not name"]


def test_V6_2_turns_red_when_the_door_asks_nobody(prove, monkeypatch) -> None:
    policy = policy_in_force(BrandId("vps6"), clock.now())
    monkeypatch.setattr(door, "decide", lambda *_: Decision(True, ClauseId(""), "permit"))
    monkeypatch.setattr(door, "policy_by_digest", lambda *_: replace(policy, table=Everything(policy.table)))

    assert list(prove("V6-2")) == ["A value is asked for a purpose that the policy does not name"]


class Everything(dict):
    """A decision table that has every cell."""

    def __missing__(self, _key):
        return next(iter(self.values()))
