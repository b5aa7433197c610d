"""VF-3: what is held is read for the purposes of a closed list; every other reading is refused and recorded."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from django.test import Client
from django.utils.html import escape

from hostkeep.audit.enter import APART
from hostkeep.audit.models import Entry
from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.ids import BrandId, CategoryId, PurposeId, UserId
from hostkeep.people.actions.keys import make_key
from hostkeep.people.models import User
from hostkeep.runtime import clock
from hostkeep.vault import door
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.faces.services.conftest import staff
from tests.faces.shop.conftest import text
from tests.faces.staff.test_staff_keys import proves

__all__ = ["staff"]

BRAND = BrandId("vpsfast")
NAME, EMAIL = CategoryId("name"), CategoryId("email")


def refusals(trace: str) -> list[tuple[str, str, str]]:
    found = Entry.objects.using(APART).filter(trace=trace, verb="vault.value.refused")
    return [(e.category, e.purpose, e.clause) for e in found]


@pytest.mark.parametrize("role", ["customer", "system", "support", "owner"])
def test_VF_3_a_name_is_refused_for_a_purpose_that_is_not_in_the_list(scene, role: str) -> None:
    there = scene("vpsfast")
    act = replace(there.act, role=role, purpose=PurposeId("offers"), trace=f"vf3-{role}", own=there.canary.subject)

    with pytest.raises(door.Refused) as no:
        door.reveal(act, subject=there.canary.subject, category=NAME, reason="I would like to know")

    assert no.value.clause == "VF-3"
    assert refusals(f"vf3-{role}") == [("name", "offers", "VF-3")]


def test_VF_3_a_purpose_that_does_not_cover_this_person_is_refused_and_recorded(scene) -> None:
    there = scene("vpsfast")
    act = replace(there.act, purpose=PurposeId("newsletter"), trace="vf3-newsletter")

    with pytest.raises(door.Refused) as no:
        door.reveal(act, subject=there.canary.subject, category=EMAIL)

    assert (no.value.clause, no.value.facts["why"]) == ("VF-4", "needs:consent")
    assert refusals("vf3-newsletter") == [("email", "newsletter", "VF-4")]


def test_VF_3_the_staff_page_refuses_and_records(db, staff) -> None:
    ann = Member("vpsfast")
    staff.signs_in("support")
    proves(staff)
    at = f"/staff/people/{ann.account.id}/"

    for purpose, category in (("offers", "name"), ("newsletter", "email")):
        answer = staff.posts(staff.get(at), f"{at}reveal/", category=category, purpose=purpose, reason="please")
        assert answer.status_code == 403
        assert set(re.findall(r"\bVF-\d+", text(answer))) == {"VF-3"}
        assert "Ann Fields" not in text(answer) and ann.email not in text(answer)

    found = Entry.objects.using(APART).filter(verb="vault.value.refused", role="support").order_by("id")
    assert [(e.category, e.purpose, e.clause) for e in found] == [("name", "offers", "VF-3"), ("email", "newsletter", "VF-3")]
    shown = staff.posts(staff.get(at), f"{at}reveal/", category="name", purpose="account", reason="called us")
    assert "Ann Fields" in text(shown)


def test_VF_3_the_api_refuses_and_records(db, staff) -> None:
    ann = Member("vpsfast")
    staff.signs_in("support")
    act = make_act("support", "authentication", brand="vpsfast", at=clock.now(), actor="staff:test")
    user = UserId(User.objects.get(staff_role="support").id)
    key = make_key(act, user=user, account=None, scopes=["people:read"], expires_at=None).key

    def asks(purpose: str, category: str):
        where = f"/api/v1/people/{ann.account.number}/{category}?purpose={purpose}&reason=called+us"
        return Client().get(where, headers={"host": "vpsfast.localhost", "authorization": f"Bearer {key}"})

    refused = asks("offers", "name")
    assert refused.status_code == 403
    assert refused.json()["clause"] == "VF-3"
    again = asks("newsletter", "email")
    assert (again.status_code, again.json()["clause"]) == (403, "VF-3")
    assert "Ann Fields" not in refused.content.decode() and ann.email not in again.content.decode()
    found = Entry.objects.using(APART).filter(verb="vault.value.refused", role="support").order_by("id")
    assert [(e.category, e.purpose, e.clause) for e in found] == [("name", "offers", "VF-3"), ("email", "newsletter", "VF-3")]
    assert asks("account", "name").json()["value"] == "Ann Fields"


def test_VF_3_the_policy_page_shows_the_whole_list(shop) -> None:
    policy = policy_in_force(BRAND, clock.now())
    page = shop("vpsfast").get("/privacy/?lang=en").body

    for purpose in {purpose for _, purpose, _ in policy.table}:
        assert escape(policy.purposes[purpose].label["en"]) in page


def test_VF_3_a_purpose_of_the_list_opens(db) -> None:
    ann = Member("vpsfast").account.subject

    sealed = door.reveal(make_act("system", "account", brand="vpsfast", at=clock.now()), subject=ann, category=NAME)
    assert sealed is not None and sealed.open() == "Ann Fields"


def test_VF_3_the_published_policy_names_every_purpose_that_opens_anything(shop) -> None:
    policy = policy_in_force(BRAND, clock.now())
    opening = {purpose for (_, purpose, _), cell in policy.table.items() if cell}

    published = json.loads(shop("vpsfast").get("/privacy/policy.json").body)["purposes"]

    assert opening and opening <= set(published)


def test_VF_3_a_list_with_one_purpose_more_would_be_noticed(db) -> None:
    from tests.rooms.brands.announcements import announce, changed

    wider = changed(
        "vpsfast",
        ("purposes:\n", "purposes:\n  offers: legitimate_interest\n"),
        ("  closes: [use]\n  allow:\n", "  closes: [use]\n  allow:\n  - {categories: [name], purposes: [offers], roles: [system]}\n"),
    )
    announce("vpsfast", wider)
    late = Member("vpsfast", "late").account.subject

    act = make_act("system", "offers", brand="vpsfast", at=clock.now())
    sealed = door.reveal(act, subject=late, category=NAME)
    assert sealed is not None and sealed.open() == "Ann Fields"
