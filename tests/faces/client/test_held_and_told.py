"""A hold that may be told of is told: before the closing, in its mail, after it, and in the certificate."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import override_settings

from hostkeep.billing.actions.issuing import issue_invoice
from hostkeep.billing.rules.lines import Line
from hostkeep.billing.rules.party import BilledTo
from hostkeep.brands.queries import brand as brand_row
from hostkeep.faces.ui import moments
from hostkeep.flows import addressing, closing, sweeping
from hostkeep.flows.exporting.making import make_export
from hostkeep.kernel.ids import BrandId, Ref
from hostkeep.kernel.money import money
from hostkeep.messaging.rules.shown import day_text
from hostkeep.runtime import clock
from hostkeep.vault import due
from hostkeep.vault.certificates import certificates_of
from hostkeep.vault.exports import fetch_export
from hostkeep.vault.holds import end_hold
from hostkeep.vault.models import Hold
from hostkeep.vault.wall import opened
from tests.conftest import make_act
from tests.faces.api.conftest import Program, key_for
from tests.faces.client.test_closing import BRANDS, HERE, LEFT, by_link, closes, mailer, signs_in
from tests.faces.client.test_held_in_silence import files_of, holds, officer
from tests.faces.shop.conftest import text as html_of
from tests.flows.leaving import Leaver, carries, works

__all__ = ["mailer"]

pytestmark = pytest.mark.django_db

HELD = "Part of what we have of you is held back by law."


def text(page) -> str:
    """What a page says, tags taken out."""
    return " ".join(re.sub(r"<[^>]+>", "", html_of(page)).split())


def billed(who: Leaver) -> None:
    """An invoice with the buyer's block, which the fiscal class keeps."""
    price = money(500, brand_row(BrandId(who.brand)).currencies[0])
    issue_invoice(
        who.staff("system", "billing"), to=BilledTo(who.account_id, who.subject, '{"name": "Ann Fields"}'),
        lines=[Line("Solo", 1, price, 0, Ref("shop.order_line", uuid4()))], due_in=timedelta(days=7), once=uuid4().hex,
    )  # fmt: skip


def mail_of(mailer, who: Leaver) -> list[str]:
    """The closing mail, as text and as HTML."""
    carries(who.brand)
    return [" ".join(mailer.read(-1).get_body((sort,)).get_content().split()) for sort in ("plain", "html")]


def review_day(who: Leaver) -> str:
    return day_text(clock.now() + timedelta(days=30), brand_row(BrandId(who.brand)).zone, "en")


def kept_classes(who: Leaver, *, beside: str) -> list[str]:
    """The classes of the account that its policy has any value in."""
    found = closing.preview(who.act(), account=who.account_id).fates
    return sorted({fate.keep_class for fate in found} | {beside})


@pytest.mark.parametrize("brand", BRANDS)
def test_where_a_hold_keeps_the_account_page_mail_and_sign_in_say_the_same(brand: str, mailer) -> None:
    ann = Leaver(brand, "held")
    day = review_day(ann)
    holds(ann, secret=False)
    before = text(ann.get(HERE))
    assert "The law keeps part of what we have of you from being erased, and your account with it." in before
    until = moments.day_text(clock.now() + timedelta(days=30), brand_row(BrandId(brand)).zone, "en")
    assert f"Held back by law; looked at again on {until}" in before and f"It is looked at again on {day}." in before
    assert "login is erased" not in before

    done = closes(ann)
    assert done.headers["Location"] == "/account/closed/done/held/"
    after = text(ann.get(done.headers["Location"]))
    # Nobody is signed in any more, so the page speaks the brand's own language.
    words = "Bạn vẫn có thể đăng nhập vào một trang" if brand == "vietnam-server" else "You can still log in to one page"
    assert words in after and "login is erased" not in after

    for said in mail_of(mailer, ann):
        assert "As long as that stands, your login is not erased" in said
        assert f"It is looked at again on {day}." in said and "/auth/login/" in said
        assert "Your login is erased" not in said and "Then your login is erased" not in said
        assert ("/account/left/" in said) is (brand == "vpn")
    browser, answer = signs_in(ann)
    assert answer.status_code == 302
    left = text(browser.get(LEFT))
    assert "Held back by law" in left and "This page stays until" not in left
    assert ann.keys()["account"] != "destroyed"


def test_the_login_outlives_the_term_of_its_policy_as_the_mail_said(mailer) -> None:
    ann, eve = Leaver("vpsfast", "held"), Leaver("vpsfast", "free")
    holds(ann, secret=False)
    for who in (ann, eve):
        closes(who)
    later = clock.now() + timedelta(days=31)
    for whose in due.people_due(later, most=10):
        due.end(make_act(brand="vpsfast", at=later), whose=whose)
    works("vpsfast", later)
    closing.sweep_due(make_act("system", at=later))
    assert [signs_in(who)[1].status_code for who in (ann, eve)] == [302, 200]


@pytest.mark.parametrize("brand", ["photonvps", "vpn", "vietnam-server"])
def test_the_certificate_says_what_is_held_and_goes_on_when_it_is_not(brand: str, mailer) -> None:
    ann = Leaver(brand, "held")
    billed(ann)
    hold = holds(ann, secret=False)
    closes(ann)
    act = ann.act("rights")
    (paper,) = certificates_of(act, subject=ann.subject)
    assert "account" not in paper.classes and paper.classes, "in part"
    assert [(stay.why, stay.until and stay.until.date()) for stay in paper.stays if stay.keep_class == "account"] == [
        ("legal_request", (clock.now() + timedelta(days=30)).date())
    ]
    made = make_export(act, account=ann.account, user=ann.user)
    copy = files_of(fetch_export(act, subject=ann.subject, export=made.id, key=made.key).data)
    told = json.loads(copy["data/erasures.json"].replace("{,", "{").replace("{ ,", "{"))
    assert [stay["why"] for row in told for stay in row["stays"] if stay["keep_class"] == "account"] == ["legal_request"]
    assert json.loads(copy["data/holds.json"].replace("{,", "{"))

    end_hold(officer(ann), hold=hold)
    sweeping.sweep(make_act("system", at=clock.now()))
    works(brand)
    assert ann.keys()["account"] == "destroyed"
    assert signs_in(ann)[1].status_code == 200, "and the login went with it"
    assert "account" in certificates_of(act, subject=ann.subject)[0].classes


@pytest.mark.parametrize("brand", BRANDS)
def test_a_hold_on_something_else_is_told_beside_what_the_policy_does_with_the_login(brand: str, mailer) -> None:
    ann, eve = Leaver(brand, "held"), Leaver(brand, "free")
    for who in (ann, eve):
        billed(who)
    day = review_day(ann)
    holds(ann, secret=False, classes=["fiscal"])
    said = []
    for who in (ann, eve):
        page = text(who.get(HERE))
        done = closes(who)
        assert done.headers["Location"] == "/account/closed/done/"
        said.append((page, *mail_of(mailer, who), signs_in(who)[1].status_code))
    for told, without in zip(said[0][:3], said[1][:3], strict=True):
        assert HELD in told and f"It is looked at again on {day}." in told
        assert HELD not in without and "looked at again" not in without
        assert ("ogin is erased" in told) is ("ogin is erased" in without)
    assert said[0][3] == said[1][3]


def test_a_hold_on_what_nobody_has_is_not_told(mailer) -> None:
    ann = Leaver("photonvps", "held")
    holds(ann, secret=False, classes=["fiscal"])
    assert "fiscal" not in ann.keys()
    assert HELD not in text(ann.get(HERE))
    closes(ann)
    for said in mail_of(mailer, ann):
        assert HELD not in said and "Your login is erased with the rest" in said


@pytest.mark.parametrize("brand", BRANDS)
def test_a_secret_hold_changes_neither_the_preview_nor_the_page_after(brand: str, mailer) -> None:
    ann, eve = Leaver(brand, "held"), Leaver(brand, "free")
    for who in (ann, eve):
        billed(who)
    holds(ann, classes=kept_classes(ann, beside="account"))
    said = []
    for who in (ann, eve):
        seen = closing.preview(who.act(), account=who.account_id)
        app = Program(brand, key_for(who, ("account:read",)), who).get("/account/closing").json()
        done = closes(who)
        said.append((
            seen.ending.login, seen.ending.stays, seen.ending.parted, app["login"], app["stays"],
            [(fate.category, fate.what) for fate in seen.fates],
            done.headers["Location"], [mail.replace(who.email, "X") for mail in mail_of(mailer, who)][0].split("/left/")[0],
        ))  # fmt: skip
    assert said[0] == said[1]
    assert said[0][1:3] == (False, False)


def test_a_program_is_told_that_the_account_stays() -> None:
    ann = Leaver("photonvps", "held")
    holds(ann, secret=False)
    said = Program("photonvps", key_for(ann, ("account:read",)), ann).get("/account/closing").json()
    assert (said["login"], said["stays"]) == ("limited", True)


def test_the_link_ends_on_its_day_where_a_hold_keeps_the_login(mailer) -> None:
    ann = Leaver("vpn", "held")
    holds(ann, secret=False)
    closes(ann)
    browser, path = by_link(mailer, ann)
    page = text(browser.get(path))
    assert "This page stays until" in page and "Held back by law" in page
    assert "This page stays until" not in text(signs_in(ann)[0].get(LEFT))


@pytest.fixture
def demo() -> Iterator[None]:
    """A house whose clock may be moved."""
    with override_settings(HOSTKEEP=replace(settings.HOSTKEEP, demo=True)):
        yield


@pytest.mark.parametrize("secret", [False, True], ids=["told", "secret"])
def test_the_link_leads_on_while_a_hold_of_which_its_owner_may_be_told_keeps_the_archive(
    mailer, demo, secret: bool
) -> None:
    ann = Leaver("vpn", "held")
    held = holds(ann, secret=secret, classes=("archive",))
    review = clock.now() + timedelta(days=800)
    with opened():
        Hold.objects.update(review_at=review)
    closes(ann)
    browser, path = by_link(mailer, ann)
    sweeps = lambda: addressing.sweep_due(make_act("system", at=clock.now()))  # noqa: E731

    clock.advance(timedelta(days=364, hours=23, minutes=30))
    sweeps()
    assert browser.get(path).status_code == 200
    for _ in range(3):
        clock.advance(timedelta(hours=23, minutes=30))
        sweeping.sweep(make_act("system", at=clock.now()))
        works("vpn")
        sweeps()
        page = browser.get(path)
        assert page.status_code == (404 if secret else 200)
    assert ("Held back by law" in text(page)) is not secret
    if secret:
        return
    assert "This page stays until" not in text(page)
    end_hold(officer(ann), hold=held)
    clock.advance(timedelta(days=2, minutes=1))
    sweeps()
    assert browser.get(path).status_code == 404
