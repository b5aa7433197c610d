"""Policies in the back office: draft, weight, two signatures, announcing; who may and who may not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hostkeep.brands import queries
from hostkeep.brands.actions.telling import begin_telling, mark_shown
from hostkeep.brands.preparing import draft_of
from hostkeep.kernel.ids import BrandId
from hostkeep.promises.canaries import canary_of
from hostkeep.runtime import clock
from tests.conftest import make_act
from tests.faces.services.conftest import Staff
from tests.faces.shop.conftest import hidden
from tests.rooms.brands.announcements import announce, longer, reworded, shipped, shorter

VPS6 = BrandId("vps6")
PAGE = "/staff/policies/vps6/"


class Desk(Staff):
    """A staff member who fills in pages as they came."""

    def sends(self, page, path: str, **typed: str):
        values = {**hidden(page, path), **typed}
        return self.posts(page, path, **{k: v for k, v in values.items() if k != "form_token"})


@pytest.fixture
def staff(db: None):
    def signed_in(role: str) -> Desk:
        made = Desk()
        made.signs_in(role)
        return made

    return signed_in


@pytest.fixture
def confirmed(monkeypatch) -> None:
    """The staff of this test proved themselves a moment ago."""
    from hostkeep.faces.staff import policies

    monkeypatch.setattr(policies, "confirmed_lately", lambda _request: True)


def saves(staff: Desk, source: str):
    return staff.sends(staff.get(PAGE), f"{PAGE}draft/", source=source)


def announces(staff: Desk, **typed):
    return staff.sends(staff.get(PAGE), f"{PAGE}announce/", **typed)


def versions() -> int:
    queries.forget()
    return len(queries.versions_of(VPS6))


def test_a_draft_is_saved_weighed_and_announced(staff, confirmed) -> None:
    owner = staff("owner")
    assert saves(owner, longer("vps6")).status_code == 302
    page = owner.get(PAGE).content.decode()
    assert "Material" in page and "V6-7" in page
    assert versions() == 1

    assert announces(owner).status_code == 302

    assert versions() == 2
    assert draft_of(VPS6) is None
    assert "Announced" in owner.get(PAGE).content.decode()
    assert "VPS6" in owner.get("/staff/policies/").content.decode()


@pytest.mark.parametrize("days", [4, -2000])
def test_a_day_too_soon_is_refused_on_the_page_too(staff, confirmed, days: int) -> None:
    owner = staff("owner")
    saves(owner, longer("vps6"))
    answer = announces(owner, effective=f"{clock.now() + timedelta(days=days):%Y-%m-%dT%H:%M}")
    assert answer.status_code == 422
    assert versions() == 1
    assert draft_of(VPS6) is not None, "nothing typed is lost"


def test_what_is_no_day_is_refused_in_plain_words(staff, confirmed) -> None:
    owner = staff("owner")
    saves(owner, shorter("vps6"))
    answer = announces(owner, effective="soon")
    assert answer.status_code == 422 and "not a day" in answer.content.decode()


def test_a_text_that_does_not_compile_is_shown_with_its_lines_and_what_was_typed_stays(staff) -> None:
    broken = shipped("vps6").replace("kind: disclose", "kind: gossip", 1)
    answer = saves(staff("owner"), broken)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "gossip" in page and "Line " in page
    assert draft_of(VPS6) is None


def test_a_rewording_needs_two_people(staff, confirmed) -> None:
    owner, officer = staff("owner"), staff("privacy")
    saves(owner, reworded())
    assert "material until signed" in owner.get(PAGE).content.decode()
    for _ in range(2):
        owner.sends(owner.get(PAGE), f"{PAGE}sign/")
    assert "1 of 2 people" in owner.get(PAGE).content.decode()

    officer.sends(officer.get(PAGE), f"{PAGE}sign/")

    assert "Only spelling, signed" in officer.get(PAGE).content.decode()
    announces(officer)
    queries.forget()
    newest = queries.versions_of(VPS6)[0]
    assert newest.weight == "spelling" and newest.effective_at == newest.announced_at


def test_another_draft_than_the_one_shown_is_not_announced(staff, confirmed) -> None:
    owner, officer = staff("owner"), staff("privacy")
    saves(owner, shorter("vps6"))
    seen = owner.get(PAGE)
    saves(officer, longer("vps6"))
    owner.sends(seen, f"{PAGE}announce/")
    assert versions() == 1


def test_announcing_asks_for_the_lock_once_more(staff) -> None:
    owner = staff("owner")
    saves(owner, shorter("vps6"))
    answer = announces(owner)
    assert answer.status_code == 302 and answer["Location"].startswith("/auth/reauthenticate/")
    assert versions() == 1


@pytest.mark.parametrize("what", ["draft/", "sign/", "announce/", "versions/1/tell/"])
def test_staff_without_the_role_may_read_and_change_nothing(staff, confirmed, what: str) -> None:
    support = staff("support")
    page = support.get(PAGE)
    assert page.status_code == 200 and "policy.yaml" not in page.content.decode()
    answer = support.sends(page, PAGE + what, source=shorter("vps6"))
    assert answer.status_code == 403
    assert (versions(), draft_of(VPS6)) == (1, None)


def test_a_visitor_is_sent_to_the_login_and_a_customer_sees_nothing(staff) -> None:
    from tests.faces.client.conftest import Member

    assert Member("vps6").get(PAGE).status_code == 404


def test_writing_to_all_is_queued_once(staff, confirmed) -> None:
    from hostkeep.runtime.models import Event

    owner = staff("owner")
    saves(owner, shorter("vps6"))
    announces(owner, tell="on")
    assert Event.objects.filter(kind="TellingWanted").count() == 1


def test_the_list_names_the_version_in_force_however_many_are_announced(staff) -> None:
    at = clock.now()
    for source, days in ((longer("vps6"), 40), (reworded(), 41)):
        announce("vps6", source, effective_at=at + timedelta(days=days))

    assert staff("owner").get("/staff/policies/").content.decode().count("In force") == 5


def test_what_stops_a_draft_is_said_before_what_is_weak(staff) -> None:
    answer = saves(staff("owner"), shipped("vps6").replace("- id: V6-3", "- id: V6-2", 1))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.index("stands here a second time") < page.index("outweighs the person")


def test_a_text_of_ten_megabytes_is_refused_in_plain_words_and_what_is_there_stays(staff) -> None:
    owner = staff("owner")
    answer = saves(owner, "x" * 10_000_000)
    assert answer.status_code == 413
    assert "This is more than we take in" in answer.content.decode()
    assert draft_of(VPS6) is None


def test_the_earliest_time_is_said_in_the_zone_in_which_it_is_typed(staff) -> None:
    owner = staff("owner")
    saves(owner, longer("vps6"))
    hint = owner.get(PAGE).content.decode().partition('id="effective-h">')[2].partition("Times are in the zone")[0]
    assert "Amsterdam time" in hint and "UTC" not in hint


def test_a_refused_announcement_leads_back_to_the_page_it_was_sent_from(staff, confirmed) -> None:
    owner = staff("owner")
    saves(owner, longer("vps6"))
    typed = {**hidden(owner.get(PAGE), f"{PAGE}announce/"), "effective": "2020-01-01T10:00"}
    here = {"host": "localhost", "origin": "http://localhost", "referer": f"http://localhost{PAGE}"}
    answer = owner.client.post(f"{PAGE}announce/", typed, headers=here)
    assert answer.status_code == 422
    assert f'<a class="btn is-main" href="{PAGE}">Back</a>' in answer.content.decode()


def test_the_canary_is_no_customer_that_was_told(staff) -> None:
    announce("vps6", longer("vps6"))
    canary = canary_of(make_act(brand="vps6", purpose="account", at=clock.now()), queries.policy_in_force(VPS6, clock.now()))
    version = queries.versions_of(VPS6)[0].handle
    act = make_act("system", "policy_change", brand="vps6", at=clock.now())
    begin_telling(act, version=version)
    mark_shown(act, version=version, subject=canary.subject, account=canary.account)

    assert "0 of 0" in staff("owner").get(PAGE).content.decode()
