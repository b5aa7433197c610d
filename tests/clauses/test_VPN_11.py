"""VPN-11: no children as customers: without the statement there is no account."""

from __future__ import annotations

import pytest

from hostkeep.kernel.ids import BrandId
from hostkeep.people.queries import acceptances_of, login_of_address, user
from hostkeep.promises.pages import read_page
from hostkeep.promises.personas import persona
from hostkeep.runtime import brand as running_brand

BRAND = BrandId("vpn")


def login_of(address: str):
    with running_brand.during(BRAND):
        return login_of_address(address)


@pytest.mark.parametrize("said", [{}, {"adult": ""}, {"adult": "no"}])
def test_VPN_11_without_the_statement_there_is_no_account(shop, scene, said) -> None:
    somebody = persona(scene("vpn").policy.forms["signup"])
    posted = {key: value for key, value in somebody.posting().items() if key != "adult"} | said

    answer = shop("vpn").post("/auth/signup/", posted)

    assert answer.status in {200, 422}
    assert "Tick this to go on." in answer.body
    assert login_of(somebody.email) is None


def test_VPN_11_with_it_there_is_one_and_the_statement_is_on_record(shop, scene) -> None:
    somebody = persona(scene("vpn").policy.forms["signup"])

    assert shop("vpn").post("/auth/signup/", somebody.posting()).status == 302

    found = acceptances_of(user(login_of(somebody.email)).subject)
    assert "adult" in {row.what for row in found}


def test_VPN_11_the_form_shows_it_unticked_with_the_clause(shop) -> None:
    body = shop("vpn").get("/auth/signup/?lang=en").body
    box = body.split('name="adult"')[1].split(">")[0]

    assert "checked" not in box
    assert "VPN-11" in read_page(body).words


def test_VPN_11_a_form_that_ticks_the_box_itself_would_be_noticed(shop, scene, monkeypatch) -> None:
    from hostkeep.faces.signin import forms
    from hostkeep.faces.ui.reading import read_form

    monkeypatch.setattr(forms, "read_form", lambda p, f, posted, **rest: read_form(p, f, {**posted, "adult": ["on"]}, **rest))
    somebody = persona(scene("vpn").policy.forms["signup"])

    shop("vpn").post("/auth/signup/", {key: value for key, value in somebody.posting().items() if key != "adult"})

    assert login_of(somebody.email) is not None
