"""A closed account in the back office: what was erased and when, what stays and until when, and no future."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from hostkeep.faces.client.closed import closed_path
from hostkeep.messaging import links
from hostkeep.messaging.calls import handing
from hostkeep.people.actions.closing import begin_closing
from hostkeep.people.closings import closing_of
from hostkeep.runtime import clock
from hostkeep.vault.certificates import certificates_of
from tests.faces.services.conftest import Staff
from tests.faces.shop.conftest import text
from tests.flows.leaving import Leaver, works
from tests.flows.test_mailing import FakeMailer

pytestmark = pytest.mark.django_db

BRANDS = ["vpsfast", "vps6", "photonvps", "vpn", "vietnam-server"]
FUTURE = ("Erased at once", "Switched off at once", "Close it", "Services that end")


@pytest.fixture(autouse=True)
def mailer(monkeypatch) -> Iterator[FakeMailer]:
    fake = FakeMailer()
    monkeypatch.setattr(handing, "_makers", [lambda _brand: fake])
    monkeypatch.setattr(links, "_makers", {"account/closed": closed_path})
    return fake


@pytest.fixture
def owner(staff: Staff) -> Staff:
    staff.signs_in("owner")
    return staff


def closed(brand: str) -> Leaver:
    ann = Leaver(brand)
    ann.closes()
    works(brand)
    return ann


def pages(owner: Staff, who: Leaver) -> tuple[str, str]:
    met = [owner.get(path) for path in (f"/staff/accounts/{who.account_id}/close/", f"/staff/people/{who.account_id}/")]
    assert [each.status_code for each in met] == [200, 200]
    first, second = map(text, met)
    return first, second


def panel(page: str, name: str) -> str:
    return page.split(f'id="{name}"')[1].split("</section>")[0]


@pytest.mark.parametrize("brand", BRANDS)
def test_a_closed_account_is_told_as_it_is_and_not_as_it_will_be(owner: Staff, brand: str) -> None:
    ann = closed(brand)
    row = closing_of(ann.account_id)
    assert row is not None and row.finished_at is not None and row.told_at is not None
    for page in pages(owner, ann):
        for word in FUTURE:
            assert word not in page
        assert 'href="/privacy/' not in page, "the back office has no such page"
        assert "Closed by its owner." in page and "All was done on" in page
        assert row.begun_at.isoformat() in page and row.finished_at.isoformat() in page


@pytest.mark.parametrize(("brand", "kinds"), [("photonvps", "Account data"), ("vietnam-server", "Account data")])
def test_what_was_erased_stands_with_its_time_from_the_certificate(owner: Staff, brand: str, kinds: str) -> None:
    ann = closed(brand)
    act = ann.staff("owner", "account")
    made = [each for each in certificates_of(act, subject=ann.subject) if "account" in each.classes]
    assert made and made[0].live_at is not None
    for page in pages(owner, ann):
        gone = panel(page, "gone")
        assert kinds in gone and made[0].live_at.isoformat() in gone
        assert "until the keys of its week end" in gone, "no backup is claimed clean before it is"
        assert "E-mail address" not in panel(page, "left")


def test_what_is_switched_off_stays_with_a_day_that_does_not_move(owner: Staff, monkeypatch) -> None:
    ann = closed("vps6")
    first = panel(pages(owner, ann)[0], "left")
    days = re.findall(r"Switched off, erased on ([^<]+)<", first)
    assert days and "V6-14" in first
    assert "Account data" not in panel(pages(owner, ann)[0], "gone")

    later = clock.now() + timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: later)
    owner.signs_in("owner")
    assert re.findall(r"Switched off, erased on ([^<]+)<", panel(pages(owner, ann)[0], "left")) == days


def test_what_the_archive_took_stays_until_its_day(owner: Staff) -> None:
    ann = closed("vpn")
    left = panel(pages(owner, ann)[0], "left")
    assert "In the archive until" in left and "E-mail address" in left
    assert "Account data" in panel(pages(owner, ann)[0], "gone")


def test_while_services_are_ended_the_page_says_what_will_become(owner: Staff) -> None:
    ann = Leaver("photonvps")
    begin_closing(ann.act(), account=ann.account_id, by="customer", once="close", why="")
    page = text(owner.get(f"/staff/accounts/{ann.account_id}/close/"))
    assert "Its services are being ended." in page and "Erased at once" in page
    assert 'id="gone"' not in page


def test_no_value_and_no_address_stands_on_the_pages(owner: Staff) -> None:
    for brand in BRANDS:
        ann = Leaver(brand, "zoe")
        ann.closes()
        for page in pages(owner, ann):
            assert ann.email not in page and "Ann Fields" not in page and "+31201234567" not in page


@pytest.mark.parametrize("role", ["engineer", "sales", "clerk", "privacy"])
def test_who_may_not_close_sees_no_closing_page(staff: Staff, role: str) -> None:
    ann = closed("vps6")
    staff.signs_in(role)
    assert staff.get(f"/staff/accounts/{ann.account_id}/close/").status_code == 403


def test_only_roles_that_close_or_hear_disputes_are_told_what_was_erased_and_held_back(staff: Staff) -> None:
    ann = closed("vps6")
    for role, told in {"privacy": True, "billing": True, "sales": False, "engineer": False}.items():
        staff.signs_in(role)
        page = staff.get(f"/staff/people/{ann.account_id}/")
        assert page.status_code == 200
        assert ('id="gone"' in text(page)) == told, role
