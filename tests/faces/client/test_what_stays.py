"""What a closing promises and what then is: the page lists all that is kept, the login stands as it was said."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from hostkeep.drivers.conformance.machines import FakeProvisioner
from hostkeep.flows import closing, disputing, sweeping
from hostkeep.flows.brandloading import load_folder
from hostkeep.people.actions.closing import begin_closing
from hostkeep.people.closings import disputes_of
from hostkeep.policy.schedule import ACCOUNT_CLOSED
from hostkeep.runtime import clock
from hostkeep.vault import retention
from hostkeep.vault.models import SubjectKey
from hostkeep.vault.wall import opened
from tests.conftest import ROOT, make_act
from tests.faces.client.test_closing import HERE, LEFT, by_link, closes, mailer, signs_in
from tests.faces.services.conftest import staff
from tests.faces.shop.conftest import hidden, text
from tests.flows.leaving import DAY, Leaver, carries, works
from tests.rooms.provisioning.conftest import Room, fake, room, set_up

__all__ = ["fake", "mailer", "room", "set_up", "staff"]

pytestmark = pytest.mark.django_db

BESIDE = ("Customer number", "Language", "Password", "Record of the policy shown")


def panel(page: str, name: str) -> str:
    return page.split(f'id="{name}"')[1].split("</section>")[0]


# -- what is still kept ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("brand", ["vps6", "vpsfast"])
def test_what_the_preview_promised_to_keep_stands_on_the_page_afterwards(brand: str, mailer, room: Room) -> None:
    ann = Leaver(brand, room=room)
    room.builds("fake")
    promised = {fate.category for fate in closing.preview(ann.act(), account=ann.account_id).fates if fate.what in {"deactivate", "keep"} or fate.until}
    ann.closes()
    browser, _ = signs_in(ann)
    kept = panel(text(browser.get(LEFT)), "kept")
    assert "Erased when the last service has ended" in kept, "while services are being ended"
    room.works()
    works(brand)
    browser, _ = signs_in(ann)

    kept = panel(text(browser.get(LEFT)), "kept")

    assert {"password", "customer_number", "language", "acceptance", "chosen_service"} <= promised
    for word in (*BESIDE, "Services chosen"):
        assert word.lower() in kept.lower(), word


def test_where_the_login_is_erased_the_page_names_nothing_that_went_with_it(mailer) -> None:
    ann = Leaver("vpn")
    closes(ann)
    browser, path = by_link(mailer, ann)
    kept = panel(text(browser.get(path)), "kept")
    assert "E-mail" in kept
    for word in BESIDE:
        assert word not in kept


@pytest.mark.parametrize("brand", ["vps6", "vpsfast"])
def test_access_data_go_with_their_service_and_the_preview_says_so(brand: str, room: Room, fake: FakeProvisioner) -> None:
    ann = Leaver(brand, room=room)
    room.builds("fake")
    assert ("service_secret", "account") in ann.values() or "service_secret" in dict(ann.values())

    shown = panel(text(ann.get(HERE)), "fates")
    line = next(row for row in shown.split("<tr>") if "ccess data" in row)
    assert "Erased when the last service has ended" in line

    ann.closes()
    room.works()
    works(brand)
    assert "service_secret" not in dict(ann.values())


# -- an account that goes to the archive after a term ----------------------------------------------------------


@pytest.fixture
def everything(db: None) -> str:
    act = make_act("owner", "site_administration", brand="", at=clock.now(), actor="cli")
    load_folder(act, folder=ROOT / "tests" / "brands" / "everything")
    return "everything"


def test_a_login_that_stands_for_a_term_is_not_said_to_be_erased(everything: str, mailer) -> None:
    ann = Leaver(everything)
    ending = closing.preview(ann.act(), account=ann.account_id).ending
    assert ending.login == "link" and ending.signs_in_until is not None
    assert ending.signs_in_until - clock.now() == pytest.approx(7 * DAY, abs=timedelta(hours=1))
    before = panel(text(ann.get(HERE)), "after")
    done = closes(ann)
    after = text(ann.get(done.headers["Location"]))
    carries(everything)
    mail = " ".join(mailer.read().get_body(("plain",)).get_content().split())

    for said in (before, after, mail):
        assert "Your login is erased" not in said
        assert "you can" in said and "log in" in said

    browser, answer = signs_in(ann)
    assert answer.status_code == 302, "it does sign in, as was said"
    page = text(browser.get(LEFT))
    assert "Customer number" in panel(page, "kept")


def test_after_the_term_the_login_is_gone_and_the_link_stands(everything: str, mailer) -> None:
    ann = Leaver(everything)
    closes(ann)
    browser, path = by_link(mailer, ann)
    late = clock.now() + 8 * DAY

    sweeping.sweep(make_act("system", "service", brand="", at=late))
    works(everything, late)

    assert ann.state == "closed"
    assert signs_in(ann)[1].status_code == 200, "nothing signs in any more"
    assert browser.get(path).status_code == 200


# -- disputes --------------------------------------------------------------------------------------------------


def disputes(who: Leaver) -> str:
    """While the account is closing, its owner writes; then it closes."""
    begin_closing(who.act(), account=who.account_id, by="customer", once="close", why="")
    browser, _ = signs_in(who)
    page = browser.get(LEFT)
    assert "at most until" in panel(text(page), "dispute")
    sent = {**hidden(page, LEFT), "do": "dispute", "text": "Invoice 7 is not mine.", "once": str(uuid4())}
    assert browser.post(LEFT, **sent).status_code == 302
    closing.carry_on(make_act("system", "account", brand=who.brand, at=clock.now()), account=who.account_id)
    return str(disputes_of(who.account_id)[0].id)


@pytest.mark.parametrize(("brand", "days"), [("photonvps", 45), ("vietnam-server", 15)])
def test_what_is_written_while_an_account_closes_is_there_to_be_read(brand: str, days: int) -> None:
    ann = Leaver(brand)
    disputes(ann)
    assert ann.state == "closed"
    (row,) = disputes_of(ann.account_id)
    soon = clock.now() + DAY

    disputing.sweep_due(make_act(brand="", at=soon))
    sweeping.sweep(make_act("system", "service", brand="", at=soon))

    words = disputing.read(ann.staff("privacy", "dispute", at=soon), dispute=row, reason="to answer it")
    assert words is not None and words.open() == "Invoice 7 is not mine."
    assert row.until - row.made_at == days * DAY, "what the policy gives itself to answer"

    assert disputing.sweep_due(make_act(brand="", at=row.until)) == 1
    with opened():
        states = set(SubjectKey.objects.filter(subject=row.subject).values_list("state", flat=True))
    assert states <= {"erasing", "destroyed"}


def test_a_dispute_that_is_answered_goes_at_once_and_only_by_who_hears_disputes(staff) -> None:
    ann = Leaver("photonvps")
    here = f"/staff/disputes/{disputes(ann)}/"
    (row,) = disputes_of(ann.account_id)
    for role in ("support", "engineer"):
        staff.signs_in(role)
        staff.posts(staff.get("/staff/keys/"), f"{here}answered/")
        assert disputes_of(ann.account_id), role
    staff.signs_in("privacy")
    read = staff.posts(staff.get(here), here, reason="to answer it")
    assert staff.posts(read, f"{here}answered/").status_code == 302
    assert disputes_of(ann.account_id) == ()
    with opened():
        assert not SubjectKey.objects.filter(subject=row.subject, state="live").exists()
    assert staff.posts(staff.get("/staff/keys/"), f"{here}answered/").status_code == 404


def test_an_event_of_the_account_does_not_reach_what_was_written_of_it() -> None:
    ann = Leaver("photonvps")
    disputes(ann)
    (row,) = disputes_of(ann.account_id)
    retention.fire(make_act("system", "account", brand="photonvps", at=clock.now()), subject=ann.subject, event=ACCOUNT_CLOSED)
    assert disputing.read(ann.staff("privacy", "dispute"), dispute=row, reason="to answer it") is not None
