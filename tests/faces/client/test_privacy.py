"""What is held, what was ticked, which mail is wanted."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from hostkeep.audit.models import Entry
from hostkeep.kernel.ids import BrandId
from hostkeep.messaging.queries import choices_of
from hostkeep.runtime import clock
from hostkeep.vault.door import Refused
from hostkeep.vault.holdings import held
from hostkeep.vault.holds import approve_hold, end_hold, holds_of, open_hold
from hostkeep.vault.nyms import nym_of
from tests.conftest import make_act
from tests.faces.client.conftest import BRANDS
from tests.faces.shop.conftest import hidden, text

HERE, MESSAGES = "/account/privacy/", "/account/privacy/messages/"


@pytest.mark.parametrize("brand", BRANDS)
def test_it_lists_the_kinds_of_facts_but_no_value(member, brand: str) -> None:
    ann = member(brand)
    page = text(ann.get(HERE))
    for value in ("Ann Fields", "+31201234567", "Keizersgracht", "ann@example.test"):
        assert value not in page
    assert ("Postal address" in page) == (brand == "vps6")
    assert "Customer number" in page
    assert "Version 1" in page


def test_it_says_since_when_why_and_until_when(ann) -> None:
    page = text(ann.get(HERE))
    assert "At once after the account is closed: switched off, erased after 2 years" in page
    assert '<a class="clause-id" href="/privacy/#V6-2">V6-2</a>' in page


def test_what_is_held_is_told_to_its_owner_alone(member) -> None:
    ann, bob = member("vps6"), member("vps6", "bob")
    act = make_act("customer", "rights", brand="vps6", at=clock.now(), own=bob.account.subject)
    assert {row.category for row in held(act, subject=bob.account.subject)} == {"name", "email", "phone", "address"}
    with pytest.raises(Refused):
        held(act, subject=ann.account.subject)
    assert Entry.objects.using("audit").filter(verb="vault.holdings.refused", thing=nym_of(ann.account.subject)).count() == 1


def test_a_stream_is_switched_off_and_on(ann) -> None:
    page = ann.get(HERE)
    assert text(page).count('class="switch"') == 3
    assert ann.sends(page, MESSAGES, site_news="on").status_code == 302
    assert choices_of(ann.account.subject, brand=BrandId("vps6")) == {"offers": False, "product_news": False}
    assert Entry.objects.filter(verb="messaging.stream.stopped", thing=nym_of(ann.account.subject)).count() == 2

    assert ann.sends(ann.get(HERE), MESSAGES, site_news="on", offers="on").status_code == 302
    assert choices_of(ann.account.subject, brand=BrandId("vps6")) == {"offers": True, "product_news": False}


@pytest.mark.parametrize(("key", "clause"), [("billing", "V6-"), ("newsletter", "V6-"), ("<b>", "V6-")])
def test_a_stream_that_is_not_theirs_to_switch_is_refused(ann, key: str, clause: str) -> None:
    page = ann.get(HERE)
    answer = ann.sends(page, MESSAGES, **{key: "on"})
    assert answer.status_code == 422
    assert clause in text(answer)
    assert "<b>" not in answer.content.decode().split("<main")[1].replace("<b>Why", "")
    assert choices_of(ann.account.subject, brand=BrandId("vps6")) == {}


def test_where_nothing_can_be_switched_off_there_is_no_switch(member) -> None:
    ann = member("vpn")
    page = ann.get(HERE)
    assert 'class="switch"' not in text(page)
    assert hidden(page, MESSAGES) == {}
    assert "We send nothing that you could switch off" in text(page)


def test_of_an_archive_only_what_it_names_is_said_to_stay(member) -> None:
    page = text(member("vpn").get(HERE))
    assert re.search(r">E-mail address</th>.*?archived", page)
    assert re.search(r">Password</th>[^\n]*?At once after the account is closed: erased", page)


def test_what_a_hold_keeps_is_said_to_its_owner_unless_it_is_secret(member) -> None:
    ann, eve = member("vps6"), member("vps6", "eve")
    act = make_act("privacy", "legal_obligation", brand="vps6", at=clock.now(), actor="staff:one")
    day = clock.now() + timedelta(days=30)
    for who, secret in ((ann, False), (eve, True)):
        asked = {"subject": who.account.subject, "classes": ["account"], "basis": "dispute", "case": uuid4()}
        opened = open_hold(act, **asked, review_at=day, secret=secret)
        assert "Held back" not in text(who.get(HERE)), "nobody approved it yet"
        approve_hold(replace(act, actor="staff:two"), hold=opened.id)
    assert "Held back over a dispute; looked at again on" in text(ann.get(HERE))
    assert "Held back" not in text(eve.get(HERE))
    for row in holds_of(act, ann.account.subject):
        end_hold(act, hold=row.id)
    assert "Held back" not in text(ann.get(HERE))


def test_a_stream_that_was_objected_to_says_so_beside_its_switch(ann) -> None:
    said = "Stopped by your objection or restriction"
    assert said not in text(ann.get(HERE))
    there = "/account/privacy/objections/"
    ann.sends(ann.get(there), f"{there}make/", purpose="product_news")
    assert text(ann.get(HERE)).count(said) == 1
    ann.sends(ann.get(there), f"{there}restrict/")
    assert text(ann.get(HERE)).count(said) == 3
