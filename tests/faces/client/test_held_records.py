"""What came of ordering and paying stands on the page of what is held, each kind with its records on request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from hostkeep.audit.models import Entry
from hostkeep.brands.queries import policy_in_force
from hostkeep.faces.client.held_kinds import KINDS
from hostkeep.faces.client.held_words import FIELDS, Group, Reader, groups_of
from hostkeep.flows.exporting.kinds import TRADE, tallies_of
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import EUR, Money
from hostkeep.provisioning.stores import KEPT_DAYS
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock
from hostkeep.subscriptions.rules.metering import Meter, Tariff, Tier
from hostkeep.vault.nyms import nym_of
from tests.cards import keeps_cards
from tests.everything import BRAND, Customer
from tests.faces.client.conftest import BRANDS
from tests.faces.shop.conftest import Browser, text
from tests.holders import CARD, holding

HELD, RECORDS = "/account/privacy/", "/account/privacy/records/"
SHOWN_ELSEWHERE = {name for name, called in KINDS.items() if called.is_whole}


def browser_of(who: Customer) -> Browser:
    browser = Browser(BRAND)
    with running_brand.during(BrandId(BRAND)):
        browser.client.force_login(who.user)
    return browser


@pytest.fixture
def holder(db, tmp_path: Path) -> Iterator[Customer]:
    with holding(tmp_path) as who:
        yield who


def rows_of(page: str) -> dict[str, str]:
    """The rows of the panel by what they are called."""
    panel = page.split('id="trade"', 1)[1].split("</section>", 1)[0]
    return {re.search(r'<th scope="row">([^<]+)', row)[1]: row for row in panel.split("<tr>")[2:]}


def test_every_kind_stands_there_with_why_since_when_and_until_when(holder: Customer) -> None:
    rows = rows_of(text(browser_of(holder).get(HELD)))
    held = tallies_of(holder.account)
    policy = policy_in_force(BrandId(BRAND), clock.now())
    assert set(rows) == {KINDS[name].label for name in held}
    for name, tally in held.items():
        row, known = rows[KINDS[name].label], policy.categories[TRADE[name].category]
        assert f"{tally.count} record" in row
        assert unescape(str(known.label["en"])) in row
        assert 'since <time datetime="2026-0' in row
        assert re.search(r'<a class="clause-id" href="/privacy/#EV-\d+">', row), name
        until = re.search(r'data-l="Until">([^<]*)<', row)[1]
        assert ("account is closed" in until) or len(until) > 10, (name, until)
        assert (f'href="{RECORDS}{name}/"' in row) == (name not in SHOWN_ELSEWHERE)


def test_an_address_of_a_service_is_told_by_its_own_end(holder: Customer) -> None:
    """It is ours, and no visitor's: it stands while the service holds it, whatever ends those of visitors."""
    row = rows_of(text(browser_of(holder).get(HELD)))[KINDS["addresses"].label]
    assert f'data-l="Until">{KEPT_DAYS} days after a service gave it back' in row
    assert unescape(row).count("Services chosen") == 1
    assert KINDS["addresses"].term in text(browser_of(holder).get(f"{RECORDS}addresses/"))


def test_records_show_on_request_and_never_before(holder: Customer) -> None:
    browser = browser_of(holder)
    for name in sorted(set(KINDS) - SHOWN_ELSEWHERE - {"promo_uses", "registrations"}):
        path = f"{RECORDS}{name}/"
        page = browser.get(path)
        assert page.status_code == 200
        assert '<h2 class="hide">Record 1' not in text(page)
        shown = browser.sends(page, path)
        found = text(shown)
        assert found.count('<h2 class="hide">Record ') == tallies_of(holder.account)[name].count, name
        assert "no-store" in shown["Cache-Control"]
        labels = set(re.findall(r"<dt>([^<]*)</dt>", found.split('<h2 class="hide">Record 1', 1)[1]))
        unworded = labels - set(FIELDS.values())
        assert not unworded or name == "subscription_changes", (name, unworded)


def test_what_has_parts_stands_in_groups_of_their_own() -> None:
    tariff = Tariff("overage", "GB", 10**9, 100, (Tier(None, 5), Tier(7, 2)))
    row = {"kind": "plan", "amount": Money(1250, EUR), "meter": Meter("t", "Traffic", tariff), "told": {"choices": ("a", "b")}, "code": ""}
    groups = groups_of(row, Reader("en", "Europe/Berlin"))
    assert groups == (
        Group("", (("Kind", "plan"), ("Amount", "\u20ac12.50"))),
        Group("Meter", (("Name", "t"), ("Title", "Traffic"))),
        Group("Meter, Tariff", (("Reckoned", "overage"), ("Unit", "GB"), ("Units in one", "1000000000"), ("Included", "100"))),
        Group("Meter, Tariff, Steps 1", (("Rate", "5"), ("For entering it", "0"))),
        Group("Meter, Tariff, Steps 2", (("Up to", "7"), ("Rate", "2"), ("For entering it", "0"))),
        Group("What it is", (("Choices", "a, b"),)),
    )


def test_what_is_sealed_is_opened_through_the_door(holder: Customer) -> None:
    browser, path = browser_of(holder), f"{RECORDS}payment_methods/"
    opened = Entry.objects.using("audit").filter(thing=nym_of(holder.row.subject), verb="vault.columns.opened", category="card")
    page = browser.get(path)
    assert (CARD in text(page), opened.count()) == (False, 0)
    shown = text(browser.sends(page, path))
    assert CARD in shown and "Visa 1881" in shown
    assert [(entry.purpose, entry.role) for entry in opened] == [("rights", "customer")]


def test_what_its_owner_may_not_read_back_is_shown_without_it(db, tmp_path: Path) -> None:
    with holding(tmp_path, policy_of=keeps_cards) as who:
        browser, path = browser_of(who), f"{RECORDS}payment_methods/"
        shown = browser.sends(browser.get(path), path)
    assert shown.status_code == 200
    assert "12-31" in text(shown) and CARD not in text(shown)


def test_what_is_not_held_has_no_page(holder: Customer, member) -> None:
    browser = browser_of(holder)
    for name in ("promo_uses", "registrations", "shoes", "accounts"):
        assert browser.get(f"{RECORDS}{name}/").status_code == 404
    bob = member("vps6", "bob")
    assert bob.get(f"{RECORDS}payments/").status_code == 404
    assert 'id="trade"' not in text(bob.get(HELD))


@pytest.mark.parametrize("brand", BRANDS)
def test_somebody_without_orders_has_the_page_too(member, brand: str) -> None:
    assert member(brand).get(HELD).status_code == 200


def test_in_vietnamese_it_stands_too(holder: Customer) -> None:
    browser = browser_of(holder)
    assert browser.get(HELD, lang="vi").status_code == 200
    path = f"{RECORDS}refunds/"
    assert browser.sends(browser.get(path, lang="vi"), path).status_code == 200
