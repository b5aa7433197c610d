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

from hostkeep.flows import closing, sweeping
from hostkeep.kernel.ids import CategoryId
from hostkeep.people.models import Account, LoginAddress
from hostkeep.runtime import clock
from hostkeep.vault import door, due
from hostkeep.vault.holdings import held
from hostkeep.vault.holds import approve_hold, end_hold, open_hold, review_hold
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.faces.client.test_closing import LEFT, by_link, closes, mailer, signs_in
from tests.faces.shop.conftest import Browser, text
from tests.flows.leaving import Leaver, carries, works

__all__ = ["mailer"]

pytestmark = pytest.mark.django_db


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


def copy_by_link(browser: Browser, path: str) -> dict[str, object]:
    """What each file of a copy holds: the number of its rows, and the facts of the values."""
    answer = browser.sends(browser.get(path), path, do="export")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer) if answer.streaming else answer.content))
    parts = {name: json.loads(archive.read(name)) for name in archive.namelist() if name.startswith("data/")}
    cover = json.loads(archive.read("manifest.json"))
    values = [(row["category"], row["keep_class"], row["value"] is None) for row in parts.pop("data/values.json")]
    for apart in ("data/looked.json", "data/erasures.json"):
        parts.pop(apart)
    return {"cover": cover["account"], "values": sorted(values), **{name: len(rows) for name, rows in parts.items()}}


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


def test_the_page_behind_a_link_and_its_copy_tell_no_secret_hold(mailer) -> None:
    ann, eve = Leaver("vpn", "held"), Leaver("vpn", "free")
    holds(ann)
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
    assert copies[0]["values"], "the archive is in it"


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
