"""VF-2: sign-up saves name, e-mail and phone, and there is no box for anything else about anybody."""

from __future__ import annotations

import pytest

from hostkeep.promises.evidence.tables import holding
from hostkeep.promises.pages import read_page
from hostkeep.promises.personas import persona
from hostkeep.runtime import clock
from hostkeep.vault.holdings import held
from tests.conftest import make_act
from tests.faces.client.conftest import ADDRESS, Member

BRAND = "vpsfast"
NOT_PERSONAL = {"password1", "accept_policy", "newsletter", "next"}


def with_an_address(shop, scene) -> tuple[int, str, tuple[str, ...]]:
    """Sign up with an address beside the three; return the status, the page, and where something of it stands."""
    somebody = persona(scene(BRAND).policy.forms["signup"])
    answer = shop(BRAND).post("/auth/signup/", somebody.posting(address="Nowhere Street 4711a"))
    return answer.status, answer.body, holding([*somebody.marks, "Nowhere Street 4711a"])


def test_VF_2_sign_up_asks_these_three(shop) -> None:
    form = read_page(shop(BRAND).get("/auth/signup/").body).form("/auth/signup/")

    assert set(form.inputs) - NOT_PERSONAL == {"name", "email", "phone"}


def test_VF_2_a_sign_up_with_an_address_is_refused_and_leaves_nothing(shop, scene) -> None:
    status, body, found = with_an_address(shop, scene)

    assert status == 422
    assert "VF-2" in body
    assert "Nowhere Street" not in body
    assert found == ()


def test_VF_2_a_form_that_drops_what_it_does_not_know_would_be_noticed(shop, scene, monkeypatch) -> None:
    from hostkeep.faces.signin import forms
    from hostkeep.faces.ui.reading import read_form

    def lenient(policy, form, posted, **rest):
        return read_form(policy, form, {k: v for k, v in posted.items() if k != "address"}, **rest)

    monkeypatch.setattr(forms, "read_form", lenient)

    status, _, _ = with_an_address(shop, scene)
    assert status == 302


def test_VF_2_the_three_stand_in_the_record_and_nothing_else(db) -> None:
    ann = Member(BRAND)

    assert (ann.kept("name"), ann.kept("email"), ann.kept("phone")) == ("Ann Fields", ann.email, "+31201234567")
    act = make_act("customer", "rights", brand=BRAND, at=clock.now(), own=ann.account.subject)
    found = {row.category for row in held(act, subject=ann.account.subject)}
    assert found == {"name", "email", "phone"}


@pytest.mark.parametrize("field", [*ADDRESS, "contacts", "gov_id", "birth_date"])
def test_VF_2_the_profile_takes_no_other_field_either(db, field: str) -> None:
    ann = Member(BRAND)

    answer = ann.sends(ann.get("/account/profile/"), "/account/profile/", **{field: "Nowhere Street 4711a"})

    assert answer.status_code == 422
    assert "VF-2" in answer.content.decode()
    assert holding(["Nowhere Street 4711a"]) == ()
