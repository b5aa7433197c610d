"""The promise ledger in the back office."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from hostkeep.audit.models import Entry
from hostkeep.brands.queries import brand
from hostkeep.faces.staff import promises as pages
from hostkeep.flows import offering, taxing
from hostkeep.kernel.ids import BrandId
from hostkeep.people.models import Account
from hostkeep.people.queries import account
from hostkeep.promises import rounds
from hostkeep.promises.actions.alarming import open_alarm
from hostkeep.promises.history import days_of
from hostkeep.promises.pages import read_page
from hostkeep.provisioning.queries import services_where
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.runtime import clock
from hostkeep.shop.queries.desk import orders_page, placed_by_brand
from hostkeep.vault.stuck import Stuck
from tests.conftest import make_act
from tests.falsifiability.sabotages import SABOTAGES

HERE = "/staff/promises/"


def words(answer) -> str:
    return read_page(answer.content.decode()).words


def jobs() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT args->>'about' FROM procrastinate_jobs WHERE task_name = 'hostkeep.errand' ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]


@pytest.fixture
def looked(db, monkeypatch) -> None:
    """vps6 was looked at a moment ago."""
    monkeypatch.setattr(rounds, "_began", {})
    rounds.run_round(make_act(brand="", at=clock.now()), brand=brand(BrandId("vps6")))


def test_the_ledger_shows_every_brand_its_lights_evidence_and_days(looked, staff) -> None:
    staff.signs_in("support")

    page = staff.get(HERE)
    said = words(page)

    assert all(f'id="{slug}"' in page.content.decode() for slug in ("vps6", "vpn", "photonvps", "vpsfast", "vietnam-server"))
    assert "V6-2" in said and "hostkeep.faces.ui.reading.read_form" in said
    assert "Last 30 days: 1 proven, 29 unproven, 0 broken" in page.content.decode()
    assert "The control for this clause is not built yet." in said
    assert "No alarm is open" in said
    assert "Run the probes now" not in said, "support reads"


def test_what_is_not_set_up_and_what_is_to_be_decided_is_shown_to_those_who_can(staff, db, monkeypatch) -> None:
    told = {"vps6": ("payment: stripe is not set up for this brand, so nobody is offered it.",), "vpn": ("[tax] keep",)}
    monkeypatch.setattr(offering, "advice", lambda act: told.get(act.brand, ())[:1] if act.brand == "vps6" else ())
    monkeypatch.setattr(taxing, "advice", lambda act: told["vpn"] if act.brand == "vpn" else ())
    for role, sees in (("owner", True), ("billing", True), ("support", False)):
        staff.signs_in(role)
        said = words(staff.get(HERE))
        assert ("payment: stripe is not set up for this brand" in said) == sees, role
        assert ("[tax] keep" in said) == sees, role
    staff.signs_in("owner")
    assert "[tax] keep" not in words(staff.get(f"{HERE}?brand=vps6"))


def test_an_erasure_that_stands_still_is_shown(staff, db, monkeypatch) -> None:
    staff.signs_in("support")
    assert "An erasure cannot be completed" not in words(staff.get(HERE))
    monkeypatch.setattr(pages, "stuck", lambda at: Stuck(1, (7, 9), at))
    said = words(staff.get(HERE))
    assert "An erasure cannot be completed. The younger ones go on." in said
    assert "Lines 7, 9 of the erasure ledger cannot be carried out" in said


def test_one_brand_alone_is_shown_where_it_is_chosen(staff, db) -> None:
    staff.signs_in("owner")

    page = staff.get(f"{HERE}?brand=vpn").content.decode()

    assert 'id="vpn"' in page and 'id="vps6"' not in page


def test_alarms_stand_first_and_lead_to_their_clause(staff, db) -> None:
    open_alarm(make_act(brand="vps6", at=clock.now()), clause="V6-2", value="302 instead of 422")
    staff.signs_in("privacy")

    page = staff.get(HERE)

    assert "The light of V6-2 turned red" in words(page)
    assert "302 instead of 422" in words(page)
    assert "#vps6-V6-2" in read_page(page.content.decode()).links


@pytest.mark.parametrize("role", ["owner", "privacy"])
def test_owner_and_privacy_send_the_probes_at_once(staff, db, role) -> None:
    staff.signs_in(role)

    answer = staff.posts(staff.get(HERE), f"{HERE}run/")

    assert answer.status_code == 302
    assert jobs() == ["photonvps", "vietnam-server", "vpn", "vps6", "vpsfast"]
    staff.posts(staff.get(HERE), f"{HERE}run/", brand="vpn")
    assert len(jobs()) == 5, "what waits is not sent twice"


@pytest.mark.parametrize("role", ["support", "billing", "engineer"])
def test_the_others_cannot_send_them(staff, db, role) -> None:
    staff.signs_in(role)

    answer = staff.posts(staff.get("/staff/"), f"{HERE}run/")

    assert answer.status_code == 403
    assert jobs() == []


def test_a_visitor_is_sent_to_the_log_in(staff, db) -> None:
    assert staff.get(HERE).status_code == 302


def test_a_red_day_is_told_from_a_green_one(looked, monkeypatch) -> None:
    SABOTAGES["forms_take_everything"].how(monkeypatch)
    at = clock.now() + timedelta(days=1)

    rounds.run_round(make_act(brand="", at=at), brand=brand(BrandId("vps6")))

    days = days_of(BrandId("vps6"), at, "UTC")["V6-2"]
    assert (len(days), days[-2:], set(days[:-2])) == (30, ("green", "red"), {"grey"})


def test_what_a_canary_orders_is_on_no_list_of_staff(staff, ordered) -> None:
    staff.signs_in("owner")
    real = {path: words(staff.get(path)) for path in ("/staff/", "/staff/orders/", "/staff/services/")}
    number = account(ordered.account.id).number
    assert number in real["/staff/orders/"]
    assert placed_by_brand(clock.now() - timedelta(days=1)) == {"vps6": 1}

    Account.objects.filter(id=ordered.account.id).update(canary=True)

    assert number not in words(staff.get("/staff/orders/"))
    assert placed_by_brand(clock.now() - timedelta(days=1)) == {}
    assert orders_page().total == 0
    assert services_where(states=tuple(State))[:5] == ()


def test_what_probes_did_does_not_fill_the_desk(staff, looked) -> None:
    staff.signs_in("owner")

    said = words(staff.get("/staff/"))

    assert Entry.objects.filter(trace__startswith="probe:", verb="promises.round.noted").exists()
    assert "promises.round" not in said
    assert "brands.brand.loaded" in said, "what others did is there"
