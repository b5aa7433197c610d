"""VF-1: the rules are for what comes in online; neither looking around nor accepting is a consent."""

from __future__ import annotations

from hostkeep.brands.queries import version_in_force
from hostkeep.kernel.ids import BrandId
from hostkeep.people.queries import acceptances_of, login_of_address, user
from hostkeep.promises.personas import persona
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock
from hostkeep.vault.consents import consents_of
from tests.conftest import make_act

BRAND = BrandId("vpsfast")


def test_VF_1_signing_up_records_the_version_shown_and_no_consent(shop, scene) -> None:
    somebody = persona(scene(BRAND).policy.forms["signup"])
    browser = shop(BRAND)
    for page in ("/", "/privacy/", "/privacy/promises/", "/auth/signup/"):
        browser.get(page)

    assert browser.post("/auth/signup/", somebody.posting()).status == 302

    with running_brand.during(BRAND):
        subject = user(login_of_address(somebody.email)).subject
    version = version_in_force(BRAND, clock.now())
    assert {(row.version, row.digest) for row in acceptances_of(subject)} == {(version.version, version.digest)}
    act = make_act("customer", "rights", brand=BRAND, at=clock.now(), own=subject)
    assert consents_of(act, subject=subject) == ()


def test_VF_1_only_a_box_of_its_own_is_a_consent(shop, scene) -> None:
    somebody = persona(scene(BRAND).policy.forms["signup"])
    page = shop(BRAND).get("/auth/signup/?lang=en").body
    box = page.split('name="newsletter"')[1].split(">")[0]
    assert "checked" not in box

    shop(BRAND).post("/auth/signup/", somebody.posting(newsletter="on"))

    with running_brand.during(BRAND):
        subject = user(login_of_address(somebody.email)).subject
    act = make_act("customer", "rights", brand=BRAND, at=clock.now(), own=subject)
    (row,) = consents_of(act, subject=subject)
    assert (row.purpose, row.state, row.clause) == ("newsletter", "given", "VF-4")


def test_VF_1_a_sign_up_that_records_nothing_would_be_noticed(shop, scene, monkeypatch) -> None:
    from hostkeep.faces.signin import forms

    monkeypatch.setattr(forms, "accept_statements", lambda *_, **__: None)
    somebody = persona(scene(BRAND).policy.forms["signup"])
    shop(BRAND).post("/auth/signup/", somebody.posting())

    with running_brand.during(BRAND):
        subject = user(login_of_address(somebody.email)).subject
    assert acceptances_of(subject) == ()
