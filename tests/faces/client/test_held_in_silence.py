"""A hold that is secret by order shows to nobody it must not: whoever closes their account meets the same."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from hostkeep.brands.applying import policy_for
from hostkeep.flows import closing, sweeping
from hostkeep.flows.exporting.making import make_export
from hostkeep.kernel.ids import BrandId, CategoryId
from hostkeep.people.models import Account, LoginAddress
from hostkeep.runtime import clock
from hostkeep.vault import door, due
from hostkeep.vault.exports import fetch_export
from hostkeep.vault.holdings import held
from hostkeep.vault.holds import approve_hold, end_hold, open_hold, review_hold
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.faces.client.test_closing import LEFT, by_link, closes, mailer, signs_in
from tests.faces.shop.conftest import Browser, text
from tests.flows.leaving import Leaver, carries, works

__all__ = ["mailer"]

pytestmark = pytest.mark.django_db

ALL = ("account", "archive", "fiscal", "security", "session", "support", "traffic")
"""Every class that the policy of vpn has."""


def officer(who: Leaver):
    return make_act("privacy", "legal_obligation", brand=who.brand, at=clock.now(), actor="staff:one")


def holds(who: Leaver, *, secret: bool = True, classes=("account",)) -> UUID:
    act, until = officer(who), clock.now() + timedelta(days=30)
    row = open_hold(
        act, subject=who.subject, classes=list(classes), basis="legal_request", case=uuid4(),
        review_at=until, secret=secret,
    )  # fmt: skip
    approve_hold(replace(act, actor="staff:two"), hold=row.id)
    return row.id


def plain(page: str) -> str:
    """A page without what is drawn anew each time: tokens, handles, and who it is of."""
    page = re.sub(r"(held|free)@example\.test", "X", page)
    page = re.sub(r'value="[^"]{30,}"|nonce="[^"]*"|/account/left/[^/]+/', "", page)
    page = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|[0-9a-f]{24,}", "", page)
    return re.sub(r"\d\d:\d\d(:\d\d)?(\.\d+)?", "", page)


def mail_of(mailer, who: Leaver) -> str:
    carries(who.brand)
    return plain(mailer.read(-1).get_body(("plain",)).get_content())


def copy_by_link(browser: Browser, path: str) -> dict[str, str]:
    """What each file of a copy says, to the letter but for ids and instants."""
    answer = browser.sends(browser.get(path), path, do="export")
    return files_of(b"".join(answer) if answer.streaming else answer.content)


def files_of(copy: bytes) -> dict[str, str]:
    archive = zipfile.ZipFile(io.BytesIO(copy))
    said = {name: without_ids(name, archive.read(name).decode()) for name in archive.namelist()}
    for name in ("data/values.json", "tables/values.csv"):  # given in one instant, they come by their handles
        said[name] = "\n".join(sorted(line.strip(" [],\r") for line in said[name].splitlines()))
    return said


def without_ids(name: str, said: str) -> str:
    """A file of a copy without handles, names, numbers of entries, instants, and the sums over them."""
    said = re.sub(r"\b(held|free)@example\.test", "X", said)
    if name.rpartition("/")[2].startswith("account."):
        said = re.sub(r"\b\d{8}\b", "N", said)
    said = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|RF\d\d\w+|\b[A-Z0-9]+-2\d{3}-\d{6}\b", "H", said)
    said = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)?", "T", said)
    if name == "manifest.json":
        return re.sub(r'"(sha256|size)": ("\w+"|\d+)|"account": "[^"]*"', "", said)
    if name == "log/entries.json":
        return re.sub(r'[A-Za-z0-9+/=]{30,}|(?<=[^a-z])\d+|"(?=")', "", said)
    return re.sub(r'(?m)"id": \d+|^\d+(?=,)', "", said)


@pytest.mark.parametrize("brand", ["photonvps", "vietnam-server"])
def test_where_the_login_goes_it_goes_under_a_secret_hold_too(brand: str, mailer) -> None:
    ann, eve = Leaver(brand, "held"), Leaver(brand, "free")
    holds(ann)
    said = []
    for who in (ann, eve):
        done = closes(who)
        answers = [plain(text(each)) for each in (done, signs_in(who)[1])]
        own = who.get(LEFT)
        said.append((*answers, own.status_code, own.headers.get("Location"), mail_of(mailer, who), who.state))
    assert said[0] == said[1]
    assert signs_in(ann)[1].status_code == 200, "no answer but that of a login nobody knows"
    again = Member(brand, "held")
    assert again.get("/account/").status_code == 200, "the address is free for a new account"


def test_what_a_secret_hold_keeps_stays_sealed_for_the_law_and_goes_with_its_end(mailer) -> None:
    ann = Leaver("photonvps", "held")
    number, hold = ann.account.number, holds(ann)
    closes(ann)
    assert ann.keys()["account"] == "held"
    assert Account.objects.get(id=ann.account_id).number == number
    assert not LoginAddress.objects.filter(user=ann.user).exists()
    law = make_act("privacy", "legal_obligation", brand="photonvps", at=clock.now(), actor="staff:one")
    kept = door.reveal(law, subject=ann.subject, category=CategoryId("email"), reason="the order of a court")
    assert kept is not None and kept.open() == ann.email
    assert held(ann.act("rights"), subject=ann.subject) == ()

    end_hold(officer(ann), hold=hold)
    sweeping.sweep(make_act("system", at=clock.now()))
    works("photonvps")
    assert ann.keys()["account"] == "destroyed"
    assert Account.objects.get(id=ann.account_id).number != number


KEPT_AT_VPN = [("account",), ("security",), ("archive",), ("fiscal",), ("account", "archive", "security"), ALL]


@pytest.mark.parametrize("classes", KEPT_AT_VPN, ids=" ".join)
def test_the_page_behind_a_link_and_its_copy_tell_no_secret_hold(mailer, classes: tuple[str, ...]) -> None:
    ann, eve = Leaver("vpn", "held"), Leaver("vpn", "free")
    for who in (ann, eve):
        who.bills()
    holds(ann, classes=classes)
    pages, copies, mails = [], [], []
    for who in (ann, eve):
        closes(who)
        browser, path = by_link(mailer, who)
        mails.append(plain(mailer.read(-1).get_body(("plain",)).get_content()))
        pages.append(plain(text(browser.get(path))))
        copies.append(copy_by_link(browser, path))
    assert mails[0] == mails[1]
    assert pages[0] == pages[1]
    assert copies[0] == copies[1]
    assert copies[0]["data/values.json"], "the archive is in it"
    assert "account" in json.loads(copies[0]["data/erasures.json"])[0]["classes"]


@pytest.mark.parametrize("brand", ["vps6", "vpsfast"])
def test_the_copy_of_who_still_signs_in_tells_no_secret_hold(brand: str) -> None:
    ann, eve = Leaver(brand, "held"), Leaver(brand, "free")
    known = policy_for(BrandId(brand), ann.subject, clock.now()).retention
    holds(ann, classes=sorted(known))
    copies = []
    for who in (ann, eve):
        closes(who)
        act = who.act("rights")
        made = make_export(act, account=who.account, user=who.user)
        copies.append(files_of(fetch_export(act, subject=who.subject, export=made.id, key=made.key).data))
    assert copies[0] == copies[1]
    assert bool(json.loads(copies[0]["data/erasures.json"])) is (brand == "vps6"), "what was due at once, was there any"


def test_where_an_account_is_switched_off_for_a_term_its_login_ends_with_it(mailer) -> None:
    ann, eve = Leaver("vpsfast", "held"), Leaver("vpsfast", "free")
    hold = holds(ann)
    pages = []
    for who in (ann, eve):
        closes(who)
        browser, answer = signs_in(who)
        assert answer.status_code == 302
        pages.append(plain(text(browser.get(LEFT))))
    assert pages[0] == pages[1]

    later = clock.now() + timedelta(days=29, hours=23)
    assert closing.sweep_due(make_act("system", at=later)) == 0, "the term is not over"
    assert signs_in(ann)[1].status_code == 302
    review_hold(replace(officer(ann), actor="staff:two"), hold=hold, review_at=clock.now() + timedelta(days=60))
    later = clock.now() + timedelta(days=31)
    for whose in due.people_due(later, most=10):
        due.end(make_act(brand="vpsfast", at=later), whose=whose)
    works("vpsfast", later)
    closing.sweep_due(make_act("system", at=later))
    assert (ann.state, eve.state) == ("closed", "closed")
    answers = [plain(text(signs_in(who)[1])) for who in (ann, eve)]
    assert answers[0] == answers[1]
    assert signs_in(ann)[1].status_code == 200


def test_a_hold_that_may_be_told_of_leaves_the_page_that_tells_it(mailer) -> None:
    ann = Leaver("photonvps", "held")
    holds(ann, secret=False)
    closes(ann)
    browser, answer = signs_in(ann)
    assert answer.status_code == 302
    assert "Held back by law" in text(browser.get(LEFT))
