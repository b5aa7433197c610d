"""Closing an account on its page, what is left to its owner, and the link that stands in for a login."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpResponse

from hostkeep.audit.models import Entry
from hostkeep.faces.client.addresses import new_address_path
from hostkeep.faces.client.closed import closed_path
from hostkeep.flows import disputing
from hostkeep.kernel.ids import BrandId, PurposeId
from hostkeep.messaging import links
from hostkeep.messaging.calls import handing
from hostkeep.messaging.models import Mail
from hostkeep.messaging.queries import choices_of
from hostkeep.people.actions.closing import begin_closing
from hostkeep.people.actions.keys import make_key
from hostkeep.people.actions.staying import begin_stay
from hostkeep.people.closings import dispute, disputes_of
from hostkeep.people.models import ClosedLink, Dispute, User
from hostkeep.people.queries import key_of_text, stays_of
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock
from hostkeep.vault import consenting, consents
from hostkeep.vault.holds import approve_hold, open_hold
from hostkeep.vault.models import Item, SubjectKey
from hostkeep.vault.wall import opened
from tests.conftest import make_act
from tests.faces.client.conftest import PASSWORD
from tests.faces.client.test_keys_page import proves
from tests.faces.services.conftest import staff
from tests.faces.shop.conftest import Browser, hidden, text
from tests.flows.leaving import Leaver, carries, link_in
from tests.flows.test_mailing import FakeMailer

__all__ = ["staff"]

pytestmark = pytest.mark.django_db

HERE = "/account/privacy/close/"
LEFT = "/account/closed/"
BRANDS = ["vpsfast", "vps6", "photonvps", "vpn", "vietnam-server"]


@pytest.fixture(autouse=True)
def mailer(monkeypatch) -> Iterator[FakeMailer]:
    fake = FakeMailer()
    monkeypatch.setattr(handing, "_makers", [lambda _brand: fake])
    monkeypatch.setattr(
        links, "_makers", {"account/closed": closed_path, "account/new_address": new_address_path}
    )
    return fake


def closes(who: Leaver, **values: object) -> HttpResponse:
    """Close the account on its page, the password given on the way."""
    return proves(who, who.sends(who.get(HERE), HERE, **{"sure": "on", **values}))


def signs_in(who: Leaver, password: str = PASSWORD) -> tuple[Browser, HttpResponse]:
    """A fresh browser tries the login."""
    browser = Browser(who.brand)
    page = browser.get("/auth/login/")
    return browser, browser.post("/auth/login/", **{**hidden(page, "/auth/login/"), "login": who.email, "password": password})


def by_link(mailer: FakeMailer, who: Leaver) -> tuple[Browser, str]:
    """A browser with nothing in it, and the path in the closing mail."""
    carries(who.brand)
    return Browser(who.brand), link_in(mailer)


@pytest.mark.parametrize("brand", BRANDS)
def test_the_page_says_what_would_happen_and_does_nothing(brand) -> None:
    ann = Leaver(brand)
    page = ann.get(HERE)
    assert page.status_code == 200
    assert ann.state == "open"
    shown = text(page)
    assert "Nothing happens before you confirm below" in shown
    clause = {"vpsfast": "VF-10", "vps6": "V6-14", "photonvps": "PH-12", "vpn": "VPN-10", "vietnam-server": "VS-7"}
    assert clause[brand] in shown
    words = {
        "vpsfast": "Erased on", "vps6": "Switched off at once", "photonvps": "Erased at once",
        "vpn": "In the archive until", "vietnam-server": "Erased at once",
    }  # fmt: skip
    assert words[brand] in shown


@pytest.mark.parametrize("brand", BRANDS)
def test_closing_asks_for_the_password_first_and_signs_every_browser_out(brand) -> None:
    ann = Leaver(brand)
    other = Browser(brand)
    other.client.cookies = ann.client.cookies.copy()

    asked = ann.sends(ann.get(HERE), HERE, sure="on")
    assert ann.state == "open", "before the password nothing happens"
    done = proves(ann, asked)

    assert (done.status_code, done.headers["Location"]) == (302, "/account/closed/done/")
    assert ann.state in {"deactivated", "closed"}
    assert ann.get("/account/").headers["Location"].startswith("/auth/login/")
    assert other.get("/account/").headers["Location"].startswith("/auth/login/")
    assert ann.get("/account/closed/done/").status_code == 200


def test_a_wrong_password_closes_nothing() -> None:
    ann = Leaver("vps6")
    asked = ann.sends(ann.get(HERE), HERE, sure="on")
    proves(ann, asked, "wrong wrong wrong")
    assert ann.state == "open"


def test_without_the_tick_nothing_is_closed() -> None:
    ann = Leaver("vps6")
    answer = proves(ann, ann.sends(ann.get(HERE), HERE))
    assert answer.status_code == 422
    assert ann.state == "open"


def test_an_undeclared_field_closes_nothing() -> None:
    ann = Leaver("vps6")
    assert closes(ann, account=str(uuid4())).status_code == 422
    assert ann.state == "open"


def test_a_visitor_is_led_to_the_login() -> None:
    assert Browser("vps6").get(HERE).headers["Location"].startswith("/auth/login/")
    assert Browser("vps6").post(HERE, sure="on").headers["Location"].startswith("/auth/login/")


@pytest.mark.parametrize("brand", ["vps6", "vpsfast"])
def test_the_owner_of_a_switched_off_account_signs_in_to_one_page(brand) -> None:
    ann = Leaver(brand)
    closes(ann)
    browser, answer = signs_in(ann)
    assert answer.status_code == 302
    for path in ("/account/", "/account/profile/", "/account/orders/", "/account/security/", "/account/security/keys/",
                 "/account/privacy/close/", "/checkout/", "/auth/password/change/", "/auth/2fa/"):
        met = browser.get(path)
        assert (met.status_code, met.headers.get("Location")) == (302, LEFT), path
    page = browser.get(LEFT)
    assert page.status_code == 200
    assert "Take your data along" in text(page) and "Opt out" in text(page) and "Dispute something" in text(page)
    for path in ("/account/policy/", "/account/privacy/export/"):
        assert browser.get(path).status_code == 200, path


def test_a_post_to_a_page_that_is_shut_changes_nothing() -> None:
    ann = Leaver("vps6")
    ann.closes()
    with running_brand.during(BrandId("vps6")):
        ann.client.force_login(User.objects.get(pk=ann.user))
    answer = ann.post("/account/profile/", name="Mallory")
    assert answer.headers["Location"] == LEFT
    assert ann.kept("name") == "Ann Fields"


@pytest.mark.parametrize("brand", ["photonvps", "vpn", "vietnam-server"])
def test_sign_in_answers_as_for_an_unknown_login_where_the_login_is_erased(brand) -> None:
    ann = Leaver(brand)
    closes(ann)
    _, known = signs_in(ann)
    ann.email = "nobody@example.test"
    _, unknown = signs_in(ann)
    assert known.status_code == unknown.status_code == 200
    said = [text(each).replace("ann@example.test", "X").replace("nobody@example.test", "X") for each in (known, unknown)]
    assert said[0] == said[1]


def test_an_open_account_has_no_page_for_closed_ones() -> None:
    ann = Leaver("vps6")
    assert ann.get(LEFT).headers["Location"] == "/account/"
    token = hidden(ann.get("/account/profile/"), "/account/profile/")
    answer = ann.post(LEFT, **token, do="dispute", text="x", once=str(uuid4()))
    assert answer.headers["Location"] == "/account/"
    assert not Dispute.objects.exists()


def test_while_services_end_the_page_says_so() -> None:
    ann = Leaver("vps6")
    begin_closing(ann.act(), account=ann.account_id, by="customer", once="c")
    browser, _ = signs_in(ann)
    assert "Your services are being ended" in text(browser.get(LEFT))


def test_a_page_that_stays_for_a_hold_or_for_services_names_no_day_that_is_over() -> None:
    ann = Leaver("photonvps")
    act = make_act("privacy", "legal_obligation", brand="photonvps", at=clock.now(), actor="staff:one")
    until = clock.now() + timedelta(days=30)
    held = open_hold(act, subject=ann.subject, classes=["account"], basis="dispute", case=uuid4(), review_at=until, secret=False)
    approve_hold(replace(act, actor="staff:two"), hold=held.id)
    closes(ann)
    browser, _ = signs_in(ann)
    page = text(browser.get(LEFT))
    assert "Held back over a dispute" in page and "This page stays until" not in page
    begun = Leaver("photonvps", "eve")
    begin_closing(begun.act(), account=begun.account_id, by="customer", once="c")
    browser, _ = signs_in(begun)
    page = text(browser.get(LEFT))
    assert "Your services are being ended" in page and "This page stays until" not in page
    left = Leaver("vps6", "lee")
    closes(left)
    assert "This page stays until" in text(signs_in(left)[0].get(LEFT))


def test_the_owner_of_a_closed_account_opts_out() -> None:
    ann = Leaver("vps6")
    ann.closes()
    browser, _ = signs_in(ann)
    page = browser.get(LEFT)
    answer = browser.post(LEFT, **{**hidden(page, LEFT), "do": "opt_out"})
    assert answer.status_code == 302
    assert set(choices_of(ann.subject, brand=BrandId("vps6")).values()) == {False}
    assert "you said no" in text(browser.get(LEFT))


def test_a_dispute_is_sealed_told_to_staff_and_read_with_a_reason(mailer, staff) -> None:
    staff.signs_in("owner")
    ann = Leaver("vps6")
    ann.closes()
    browser, _ = signs_in(ann)
    page = browser.get(LEFT)
    sent = {**hidden(page, LEFT), "do": "dispute", "text": "Invoice 7 is not mine.", "once": str(uuid4())}
    for _ in range(2):
        assert browser.post(LEFT, **sent).status_code == 302

    (row,) = disputes_of(ann.account_id)
    assert row.subject != ann.subject
    with opened():
        assert [i.category for i in Item.objects.filter(subject=row.subject)] == ["message"]
    disputing.on_dispute_opened(make_act(brand="vps6", at=clock.now()), disputing.DisputeOpened(row.id))
    assert Mail.objects.filter(template="operations/dispute_opened").exists()
    here = f"/staff/disputes/{row.id}/"
    page = staff.get(here)
    assert "Invoice 7" not in text(page)
    assert staff.posts(page, here, reason="").status_code == 422
    read = text(staff.posts(page, here, reason="to answer it"))
    assert "Invoice 7 is not mine." in read and "The reason is not kept." in read
    assert not any("to answer it" in str(row) for row in Entry.objects.values())
    assert ann.account.number in text(staff.get("/staff/disputes/"))
    staff.signs_in("support")
    assert staff.get(here).status_code == 403


@pytest.mark.parametrize("brand", ["vpsfast", "vps6", "photonvps", "vpn", "vietnam-server"])
def test_what_is_disputed_can_be_read_by_those_who_are_told_of_it(brand: str) -> None:
    ann = Leaver(brand)
    account = ann.account
    begin_closing(ann.act(), account=account.id, by="customer", once="close", why="")
    made = disputing.bring(ann.act(), of=account, text="It is not mine.", how="link", once=uuid4())
    row = dispute(made.id)
    for role in disputing.READERS:
        words = disputing.read(ann.staff(role, "dispute"), dispute=row, reason="to answer it")
        assert words is not None and words.open() == "It is not mine."


def test_a_dispute_is_erased_when_its_time_is_over() -> None:
    ann = Leaver("vps6")
    ann.closes()
    made = disputing.bring(ann.act(), of=ann.account, text="It is not mine.", how="client_area", once=uuid4())
    row = Dispute.objects.get(id=made.id)
    assert disputing.sweep_due(make_act(brand="", at=row.until - timedelta(days=1))) == 0
    assert disputing.sweep_due(make_act(brand="", at=row.until)) == 1
    assert not Dispute.objects.exists()
    with opened():
        assert set(SubjectKey.objects.filter(subject=row.subject).values_list("state", flat=True)) <= {"erasing", "destroyed"}


def test_an_empty_or_endless_dispute_is_not_taken() -> None:
    ann = Leaver("vps6")
    ann.closes()
    browser, _ = signs_in(ann)
    for words in ("", "  ", "x" * 4001):
        page = browser.get(LEFT)
        assert browser.post(LEFT, **{**hidden(page, LEFT), "do": "dispute", "text": words}).status_code == 422
    assert not Dispute.objects.exists()


# --- The link in place of a login, at vpn


def test_the_link_opens_what_is_left_and_a_get_changes_nothing(mailer) -> None:
    ann = Leaver("vpn")
    closes(ann)
    browser, path = by_link(mailer, ann)
    page = browser.get(path)
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page.headers["Cache-Control"]
    assert not browser.client.cookies, "it sets no cookie"
    assert "In the archive until" in text(page)
    assert ann.email not in text(page)
    assert not Dispute.objects.exists()


def test_the_token_stands_nowhere_but_in_the_mail(mailer) -> None:
    ann = Leaver("vpn")
    closes(ann)
    _, path = by_link(mailer, ann)
    token = path.split("/")[3]
    assert len(token) >= 43, "256 bits"
    assert [row.token != token for row in ClosedLink.objects.all()] == [True]
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(x::text, ' ') FROM people_closedlink x")
        assert token not in cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(x::text, ' ') FROM messaging_mail x")
        assert token not in cursor.fetchone()[0]


def test_by_the_link_one_takes_a_copy_opts_out_and_disputes(mailer) -> None:
    ann = Leaver("vpn")
    closes(ann)
    browser, path = by_link(mailer, ann)

    copy = browser.post(path, do="export")
    assert copy.headers["Content-Type"] == "application/zip"
    assert zipfile.ZipFile(io.BytesIO(copy.content)).namelist()
    assert browser.post(path, do="opt_out").status_code == 200
    assert browser.post(path, do="dispute", text="I was charged twice.", once=str(uuid4())).status_code == 200
    assert [row.how for row in disputes_of(ann.account_id)] == ["link"]
    assert browser.post(path, do="sell").status_code == 404


def test_a_forged_a_foreign_and_an_old_link_answer_alike(mailer, monkeypatch) -> None:
    ann = Leaver("vpn")
    closes(ann)
    browser, path = by_link(mailer, ann)
    token = path.split("/")[3]
    forged = browser.get(f"/account/left/{token[:-1]}{'A' if token[-1] != 'A' else 'B'}/")
    foreign = Browser("vps6").get(path)
    ClosedLink.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    old = browser.get(path)
    assert [each.status_code for each in (forged, foreign, old)] == [404, 404, 404]
    assert text(forged) == text(old)
    for method in (browser.get, browser.post):
        assert method(f"/account/left/{'x' * 43}/").status_code == 404


def test_links_are_not_to_be_guessed(mailer) -> None:
    browser = Browser("vpn")
    met = [browser.get(f"/account/left/{number:043d}/").status_code for number in range(40)]
    assert met[0] == 404
    assert met[-1] == 429


def test_a_link_ends_with_the_archive(mailer) -> None:
    ann = Leaver("vpn")
    closes(ann)
    by_link(mailer, ann)
    (row,) = ClosedLink.objects.all()
    assert timedelta(days=364) < row.expires_at - clock.now() < timedelta(days=366)


def test_a_consent_that_stands_is_taken_back_by_opting_out() -> None:
    ann = Leaver("vps6")
    consenting.give(ann.act("rights"), subject=ann.subject, purpose=PurposeId("remember"), how="client_area")
    begin_closing(ann.act(), account=ann.account_id, by="customer", once="c")
    browser, _ = signs_in(ann)
    page = browser.get(LEFT)
    assert "1 consent stands" in text(page)
    browser.post(LEFT, **{**hidden(page, LEFT), "do": "opt_out"})
    stands = consents.standing(
        brand=BrandId("vps6"), subject=ann.subject, purpose=PurposeId("remember"), at=clock.now()
    )
    assert not stands


def test_logging_out_everywhere_ends_browsers_and_programs() -> None:
    ann = Leaver("vps6")
    other = Browser("vps6")
    with running_brand.during(BrandId("vps6")):
        other.client.force_login(User.objects.get(pk=ann.user))
    key = make_key(ann.act("authentication"), user=ann.user, account=ann.account_id, scopes=["account:read"])
    begin_stay(ann.act("authentication"), user=ann.user, life=timedelta(days=9))

    answer = ann.sends(ann.get("/account/security/"), "/account/security/end/")

    assert answer.headers["Location"] == "/auth/login/"
    for browser in (ann, other):
        assert browser.get("/account/").headers["Location"].startswith("/auth/login/")
    assert key_of_text(BrandId("vps6"), key.key, clock.now()) is None
    assert stays_of(ann.user, clock.now()) == ()
    assert ann.state == "open"
