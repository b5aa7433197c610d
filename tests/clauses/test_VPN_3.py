"""VPN-3: all that is learnt is confidential; sign-up asks e-mail and password only."""

from __future__ import annotations

from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.ids import BrandId
from hostkeep.promises.evidence.tables import holding, readable
from hostkeep.promises.pages import read_page
from hostkeep.promises.personas import persona
from hostkeep.promises.signing import sign_in
from hostkeep.runtime import clock

SIX = ("email", "service_secret", "cookies", "chosen_service", "use_time", "connect_ip")
CLEAR = "Every table outside the vault is searched for what a sign-up brought"


def test_VPN_3_the_form_has_two_fields_and_the_adult_statement(shop) -> None:
    form = read_page(shop("vpn").get("/auth/signup/").body).form("/auth/signup/")

    assert set(form.inputs) - {"next"} == {"email", "password1", "adult", "accept_policy"}


def test_VPN_3_a_third_field_is_refused(shop) -> None:
    somebody = persona(policy_in_force(BrandId("vpn"), clock.now()).forms["signup"])

    answer = shop("vpn").post("/auth/signup/", somebody.posting(name="Somebody"))

    assert answer.status == 422
    assert "VPN-3" in answer.body
    assert holding(somebody.marks) == ()


def test_VPN_3_every_category_is_sealed_under_a_class_of_its_own() -> None:
    policy = policy_in_force(BrandId("vpn"), clock.now())

    assert all(category.keep_class in policy.retention for category in policy.categories.values())
    assert set(SIX) <= set(policy.categories)
    assert not [s for s, _, _ in readable() if s == "vault"], "the application's role cannot read the vault"


def test_VPN_3_nothing_of_a_signup_stands_in_clear(shop, scene) -> None:
    there = scene("vpn")
    somebody = persona(there.policy.forms["signup"])
    browser = shop("vpn", HTTP_USER_AGENT="Browser-5f1c77aa09", REMOTE_ADDR="2001:db8:77:1:2:3:4:5")

    assert browser.post("/auth/signup/", somebody.posting()).status == 302
    sign_in(there, browser)

    marks = [*somebody.marks, "Browser-5f1c77aa09", "2001:db8:77:1:2:3:4:5", *browser.cookies.values()]
    assert holding(marks) == ()


def test_VPN_3_the_search_finds_what_is_there(db) -> None:
    from hostkeep.runtime.tallies import tally

    for name in ("mark0123456", "MARK0123456", b"mark0123456".hex(), "eG1hcmswMTIzNDU2eg"):
        tally(brand=BrandId("vpn"), kind="form.refused", name=name, at=clock.now())
        assert holding(["mark0123456"]) == ("runtime_tally",), name
        from hostkeep.runtime.models import Tally

        Tally.objects.all().delete()


def test_VPN_3_is_proven(prove) -> None:
    assert prove("VPN-3") == {}


def test_VPN_3_turns_red_when_login_addresses_are_not_sealed(prove, monkeypatch) -> None:
    from django.db.models import EmailField

    from hostkeep.people.fields import SealedEmailField

    monkeypatch.setattr(SealedEmailField, "get_prep_value", EmailField.get_prep_value)

    assert list(prove("VPN-3")) == [CLEAR]


def test_VPN_3_turns_red_when_sessions_are_not_sealed(prove, monkeypatch) -> None:
    from hostkeep.people import sessions

    monkeypatch.setattr(sessions, "_hash", lambda key: key)

    assert list(prove("VPN-3")) == [CLEAR]
