"""VF-1: the rules are for what comes in online; neither looking around nor accepting is a consent."""

from __future__ import annotations

import json

import pytest

from hostkeep.brands.queries import version_in_force
from hostkeep.kernel.ids import BrandId, CategoryId, PurposeId
from hostkeep.people.queries import acceptances_of, login_of_address, user
from hostkeep.promises.personas import persona
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock
from hostkeep.vault import door
from hostkeep.vault.consents import consents_of
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.faces.client.test_own_rights import copy_of

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


def values_in_the_copy(member: Member) -> dict[str, dict[str, object]]:
    _, archive = copy_of(member)
    return {row["category"]: row for row in json.loads(archive.read("data/values.json"))}


def test_VF_1_the_copy_tells_where_each_value_came_from(db) -> None:
    ann = Member(BRAND)

    told = values_in_the_copy(ann)

    assert set(told) == {"name", "email", "phone"}
    assert {row["channel"] for row in told.values()} == {"web"}


def test_VF_1_a_value_that_came_in_offline_is_marked_and_loses_no_protection(db) -> None:
    ann = Member(BRAND)
    subject = ann.account.subject
    by_hand = make_act("system", "account", brand=BRAND, at=clock.now())
    door.put(by_hand, subject=subject, category=CategoryId("name"), value="Ann Offline", channel="offline")

    row = values_in_the_copy(ann)["name"]

    assert (row["value"], row["channel"]) == ("Ann Offline", "offline")
    with pytest.raises(door.Refused) as no:
        door.reveal(by_hand.for_purpose(PurposeId("offers")), subject=subject, category=CategoryId("name"))
    assert no.value.clause == "VF-3"


def test_VF_1_a_way_in_that_is_not_noted_would_be_noticed(db, monkeypatch) -> None:
    from hostkeep.vault import putting

    real = putting.boxes.Row
    monkeypatch.setattr(putting.boxes, "Row", lambda **row: real(**{**row, "channel": "web"}))
    ann = Member(BRAND)
    by_hand = make_act("system", "account", brand=BRAND, at=clock.now())
    door.put(
        by_hand, subject=ann.account.subject, category=CategoryId("name"), value="Ann Offline", channel="offline"
    )

    assert values_in_the_copy(ann)["name"]["channel"] == "web"


def test_VF_1_a_sign_up_that_records_nothing_would_be_noticed(shop, scene, monkeypatch) -> None:
    from hostkeep.faces.signin import forms

    monkeypatch.setattr(forms, "accept_statements", lambda *_, **__: None)
    somebody = persona(scene(BRAND).policy.forms["signup"])
    shop(BRAND).post("/auth/signup/", somebody.posting())

    with running_brand.during(BRAND):
        subject = user(login_of_address(somebody.email)).subject
    assert acceptances_of(subject) == ()
