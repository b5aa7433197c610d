"""The profile: what sign-up asked, corrected; the new value sealed, the log without it."""

from __future__ import annotations

import json

import pytest
from django.db import connections

from hostkeep.audit.models import Entry
from hostkeep.people.queries import account
from hostkeep.vault.nyms import nym_of
from tests.faces.client.conftest import ADDRESS, BRANDS
from tests.faces.shop.conftest import hidden, text

HERE = "/account/profile/"


@pytest.mark.parametrize("brand", BRANDS)
def test_it_shows_what_this_brands_sign_up_asks(member, brand: str) -> None:
    page = text(member(brand).get(HERE))
    asked = {"vpsfast": {"name", "phone"}, "vps6": {"name", "phone", "address"}, "vietnam-server": {"name", "phone"}}
    for name, value in (("name", "Ann Fields"), ("phone", "+31201234567"), ("address", "Keizersgracht 7")):
        assert (value in page) == (name in asked.get(brand, set()))
    assert "ann@example.test" in page
    assert 'name="email"' not in page
    assert 'name="password1"' not in page


def test_a_change_is_sealed_and_the_log_says_which_field_but_not_what(ann) -> None:
    assert ann.saves(name="Ann Meadows").status_code == 302
    assert ann.kept("name") == "Ann Meadows"
    page = text(ann.get(HERE))
    assert "Ann Meadows" in page
    assert "Saved." in page
    changed = Entry.objects.filter(verb="vault.value.put", thing=nym_of(ann.account.subject), role="customer")
    assert [entry.kind for entry in changed] == ["person.name"]
    deed = Entry.objects.get(verb="people.profile.corrected")
    assert (deed.thing, deed.actor) == (nym_of(ann.account.subject), f"user:{ann.user}")
    for alias in ("default", "audit"):
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM audit_entry e WHERE e::text ILIKE '%meadows%'")
            assert cursor.fetchone() == (0,)


def test_an_address_is_kept_as_a_whole(ann) -> None:
    assert ann.saves(city="Utrecht", postal_code="3511 AA").status_code == 302
    assert json.loads(ann.kept("address")) == {**ADDRESS, "city": "Utrecht", "postal_code": "3511 AA"}
    assert 'value="Utrecht"' in text(ann.get(HERE))


def test_saving_what_stands_changes_nothing(ann) -> None:
    assert ann.saves().status_code == 302
    assert not Entry.objects.filter(verb="people.profile.corrected").exists()


def test_an_optional_value_can_be_taken_away(member) -> None:
    ann = member("vietnam-server")
    assert ann.kept("contacts") == "@ann on chat"
    typed = {"name": "Ann Fields", "phone": "+31201234567", "contacts": ""}
    assert ann.sends(ann.get(HERE), HERE, **typed).status_code == 302
    assert ann.kept("contacts") == ""
    assert Entry.objects.filter(verb="vault.value.dropped", kind="person.contacts").exists()


def test_a_bad_value_is_shown_with_a_sentence_and_nothing_is_stored(ann) -> None:
    answer = ann.saves(name="Ann Meadows", phone="12")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in text(answer)
    assert "Ann Meadows" in text(answer)
    assert ann.kept("name") == "Ann Fields"


@pytest.mark.parametrize(("brand", "clause"), [("vps6", "V6-2"), ("vpn", "VPN-3"), ("photonvps", "PH-6")])
def test_a_field_the_policy_does_not_ask_is_refused_with_its_clause(member, brand: str, clause: str) -> None:
    ann = member(brand)
    page = ann.get(HERE)
    token = hidden(page, "/account/profile/language/")
    answer = ann.post(HERE, **token, birthday="1990-01-01")
    assert answer.status_code == 422
    assert clause in text(answer)
    assert ann.post(HERE, **token, email="new@example.test").status_code == 422
    assert ann.kept("email") == "ann@example.test"


def test_the_language_is_chosen_for_pages_and_mails(ann) -> None:
    page = ann.get(HERE)
    answer = ann.sends(page, "/account/profile/language/", language="vi")
    assert answer.status_code == 302
    assert account(ann.account.id).language == "vi"
    assert ann.get(answer["Location"].partition("?")[0], lang="vi")["Content-Language"] == "vi"
    assert ann.get("/account/")["Content-Language"] == "vi"
    refused = ann.sends(page, "/account/profile/language/", language="tlh")
    assert refused.status_code == 422
    assert account(ann.account.id).language == "vi"


def test_reading_the_profile_is_written_down(ann) -> None:
    ann.get(HERE)
    read = Entry.objects.using("audit").filter(verb="vault.value.revealed", thing=nym_of(ann.account.subject), purpose="account")
    assert {each for entry in read for each in entry.category.split()} == {"name", "email", "phone", "address"}
    assert {entry.role for entry in read} == {"customer"}
