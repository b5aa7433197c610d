"""Customers in the back office: found for a purpose, masked, opened one fact at a time; refused and on record."""

from __future__ import annotations

import json
import re
from dataclasses import fields

import pytest
from django.http import HttpResponse

from hostkeep.audit.enter import APART
from hostkeep.audit.models import Entry
from hostkeep.billing.rules.party import Party
from hostkeep.brands.queries import brand, policy_in_force
from hostkeep.faces.ui.values import lines_of
from hostkeep.kernel.ids import BrandId
from hostkeep.runtime import clock
from tests.faces.client.conftest import BRANDS, Member
from tests.faces.services.conftest import Staff
from tests.faces.shop.conftest import text
from tests.faces.staff.test_staff_keys import proves
from tests.flows.leaving import Leaver, works

HERE = "/staff/people/"


def entered(verb: str) -> list[tuple[str, str, str, str]]:
    found = Entry.objects.using(APART).filter(verb=verb, actor__startswith="staff:").order_by("id")
    return [(e.role, e.purpose, e.category, e.clause) for e in found]


def finds(staff: Staff, **values: str):
    by, purpose = values.pop("by", "email"), values.pop("purpose", "account")
    sent = {"shop": "vps6", "how": f"{by}:{purpose}", "text": "ann@example.test", "reason": "called us"}
    return staff.posts(staff.get(HERE), f"{HERE}find/", **{**sent, **values})


def offered(page: HttpResponse) -> list[str]:
    """What the form lets choose: by what, and what for."""
    return re.findall(r'<option value="(\w+:\w+)"', text(page))


def opens(staff: Staff, ann: Member, **values: str):
    at = f"{HERE}{ann.account.id}/"
    sent = {"category": "name", "purpose": "account", "reason": "called us"}
    return staff.posts(staff.get(at), f"{at}reveal/", **{**sent, **values})


@pytest.fixture
def support(staff: Staff) -> Staff:
    staff.signs_in("support")
    proves(staff)
    return staff


@pytest.mark.parametrize(("by", "told"), [
    ("email", "  ANN@example.test "), ("phone", "+31 20 123 4567"), ("name", "fields"),
])  # fmt: skip
def test_a_customer_is_found_by_what_they_told(support: Staff, ann: Member, by: str, told: str) -> None:
    answer = finds(support, by=by, text=told)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{HERE}{ann.account.id}/")


def test_a_customer_is_found_by_number_and_another_brand_does_not_know_them(support: Staff, ann: Member) -> None:
    number = ann.account.number
    assert finds(support, by="customer_number", text=number).status_code == 302
    elsewhere = finds(support, shop="vpsfast", by="customer_number", text=number)
    assert "Nobody was found" in text(elsewhere)


def test_the_page_masks_every_fact_and_opens_one_for_a_purpose(support: Staff, ann: Member) -> None:
    masked = text(support.get(f"{HERE}{ann.account.id}/"))
    for value in ("Ann Fields", "+31201234567", "Keizersgracht"):
        assert value not in masked
    shown = opens(support, ann)
    assert "Ann Fields" in text(shown) and "Keizersgracht" not in text(shown)
    assert "no-store" in shown.headers["Cache-Control"]
    assert ("support", "account", "name", "V6-2") in entered("vault.value.revealed")


def test_a_purpose_outside_the_list_is_refused_with_its_clause_and_stands_in_the_log(support: Staff, ann: Member) -> None:
    answer = opens(support, ann, purpose="offers")
    assert answer.status_code == 403
    assert "Ann Fields" not in text(answer)
    assert [row[:3] for row in entered("vault.value.refused")] == [("support", "offers", "name")]
    searched = finds(support, purpose="offers")
    assert searched.status_code == 403


def test_where_only_a_reason_is_missing_the_page_asks_for_it_and_opens_nothing(support: Staff, ann: Member) -> None:
    before = len(entered("vault.value.revealed"))
    for answer in (opens(support, ann, reason=""), finds(support, reason="")):
        assert answer.status_code == 422
        assert "Say why you read it." in text(answer) and "Ann Fields" not in text(answer)
    assert len(entered("vault.value.revealed")) == before
    assert entered("vault.value.refused")


def test_without_the_lock_given_anew_nothing_opens(staff: Staff, ann: Member) -> None:
    staff.signs_in("support")
    assert opens(staff, ann).status_code == 302
    assert finds(staff).status_code == 302
    assert entered("vault.value.revealed") == []


def test_a_clerk_has_no_such_room(staff: Staff, ann: Member) -> None:
    staff.signs_in("clerk")
    assert staff.get(HERE).status_code == 403
    assert staff.get(f"{HERE}{ann.account.id}/").status_code == 403


@pytest.mark.parametrize("role", ["owner", "support", "billing", "sales", "engineer", "abuse", "privacy"])
def test_the_form_offers_what_the_brand_grants_the_role_and_nothing_else(staff: Staff, role: str) -> None:
    staff.signs_in(role)
    for shop in BRANDS:
        granted = {
            f"{category}:{purpose}"
            for category, purpose, reader in policy_in_force(BrandId(shop), clock.now()).table
            if reader == role and category in {"customer_number", "email", "phone", "name"}
        }
        page = staff.get(HERE, shop=shop)
        assert set(offered(page)) == granted
        assert ("may search nobody" in text(page)) == (not granted)


def test_each_thing_that_is_offered_first_is_searched_and_not_refused(staff: Staff, ann: Member) -> None:
    staff.signs_in("privacy")
    proves(staff)
    for shop in BRANDS:
        by, _, purpose = offered(staff.get(HERE, shop=shop))[0].partition(":")
        assert finds(staff, shop=shop, by=by, purpose=purpose).status_code == 200
    assert entered("vault.value.refused") == []


def test_where_the_brand_grants_nothing_the_page_says_so_and_has_no_form(staff: Staff) -> None:
    staff.signs_in("sales")
    proves(staff)
    page = text(staff.get(HERE, shop="vpn"))
    assert f"Your role may search nobody at {brand(BrandId('vpn')).name}" in page and "find/" not in page
    assert finds(staff, shop="vpn").status_code == 403, "a form made by hand is refused as before"


def test_a_brand_that_is_none_is_not_searched(staff: Staff) -> None:
    staff.signs_in("support")
    proves(staff)
    assert staff.get(HERE, shop="nowhere").status_code == 200
    assert finds(staff, shop="nowhere").status_code == 404


def test_of_an_account_that_is_switched_off_only_what_still_opens_is_offered(staff: Staff) -> None:
    """At vps6 the class reads for the law, disputes, agreements and the person's rights."""
    ann = Leaver("vps6")
    at = f"{HERE}{ann.account_id}/"
    staff.signs_in("billing")
    proves(staff)
    before = purposes(staff.get(at))
    assert {"account", "billing", "dispute"} <= before
    ann.closes()
    works("vps6")
    page = staff.get(at)
    left = purposes(page)
    assert left and left <= {"dispute", "agreement", "legal_obligation", "rights"}
    assert "The account is switched off" in text(page)
    for purpose in before | left:
        answer = staff.posts(page, f"{at}reveal/", category="email", purpose=purpose, reason="they wrote")
        assert (answer.status_code == 200) == (purpose in left), purpose


def purposes(page: HttpResponse) -> set[str]:
    return set(re.findall(r'<option value="(\w+)"', text(page).split('id="p-email"')[1].split("</select>")[0]))


def test_each_part_of_an_invoices_party_has_a_word_of_ours() -> None:
    shown = {field.name: label for field in fields(Party) for label, _ in lines_of(json.dumps({field.name: "x"}))}
    for name, label in shown.items():
        assert label != name and label[0].isupper(), (name, label)
