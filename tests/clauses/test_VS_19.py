"""VS-19: whoever gives contact details on request accepts that they are stored; a visit is nothing."""

from __future__ import annotations

import pytest

from hostkeep.brands.queries import version_in_force
from hostkeep.kernel.ids import BrandId, CategoryId, PurposeId
from hostkeep.people import queries as people
from hostkeep.promises.evidence.tables import written
from hostkeep.promises.pages import read_page
from hostkeep.promises.personas import persona
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock
from hostkeep.vault import door
from tests.clauses.visiting import a_visit_counts_as_acceptance
from tests.conftest import make_act

BRAND = BrandId("vietnam-server")


def test_VS_19_the_notice_stands_beside_the_fields(shop) -> None:
    page = read_page(shop(BRAND).get("/auth/signup/?lang=en").body)

    assert "my contact details are stored in your systems" in page.words
    assert "VS-19" in page.words


def test_VS_19_registering_records_notice_and_version(shop, scene) -> None:
    there = scene(BRAND)
    somebody = persona(there.policy.forms["signup"])

    assert shop(BRAND).post("/auth/signup/", somebody.posting()).status == 302

    with running_brand.during(BRAND):
        subject = people.user(people.login_of_address(somebody.email)).subject
    version = version_in_force(BRAND, clock.now())
    records = {(a.what, a.version, a.digest, a.form) for a in people.acceptances_of(subject)}
    assert records == {
        ("storage_notice", version.version, version.digest, "signup"),
        ("accept_policy", version.version, version.digest, "signup"),
    }
    with pytest.raises(door.Refused):
        act = make_act(brand=BRAND, purpose="offers", at=clock.now())
        door.reveal(act.for_purpose(PurposeId("offers")), subject=subject, category=CategoryId("email"))


def test_VS_19_a_visit_alone_leaves_nothing(shop) -> None:
    before = written()
    browser = shop(BRAND)
    for page in ("/", "/privacy/", "/auth/signup/", "/auth/login/", "/contact/"):
        assert browser.get(page).status == 200

    assert browser.given == []
    assert written() == before


def test_VS_19_is_proven(prove) -> None:
    assert prove("VS-19") == {}


def test_VS_19_turns_red_when_registering_records_nothing(prove, monkeypatch) -> None:
    from hostkeep.faces.signin import forms

    monkeypatch.setattr(forms, "accept_statements", lambda *_, **__: None)

    assert list(prove("VS-19")) == ["Registering records the notice with the version of the policy"]


def test_VS_19_turns_red_when_a_visit_counts_as_acceptance(prove, monkeypatch) -> None:
    a_visit_counts_as_acceptance(monkeypatch)

    assert list(prove("VS-19")) == ["Somebody visits and gives nothing"]


def test_VS_19_turns_red_when_registering_counts_as_consent(prove, monkeypatch) -> None:
    real = door.decide

    def consenting(policy, ask):
        return real(policy, type(ask)(ask.category, ask.purpose, ask.role, ask.has | {"consent"}))

    monkeypatch.setattr(door, "decide", consenting)

    assert list(prove("VS-19")) == ["What needs a consent is asked of somebody who only registered"]
