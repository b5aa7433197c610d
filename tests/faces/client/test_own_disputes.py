"""What the owner of a closed account wrote: shown to them on request, and in their copy; to nobody else."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from hostkeep.audit.enter import APART
from hostkeep.audit.models import Entry
from hostkeep.flows import disputing
from hostkeep.flows.exporting.disputes import brought_by
from hostkeep.people.actions.closing import begin_closing
from hostkeep.people.closings import disputes_of
from hostkeep.people.errors import NoSuchAccount
from hostkeep.runtime import clock
from hostkeep.vault import erasing
from hostkeep.vault.holdings import held
from tests.conftest import make_act
from tests.faces.client.test_closing import BRANDS, LEFT, by_link, closes, mailer, signs_in
from tests.faces.shop.conftest import Browser, hidden, text
from tests.flows.leaving import Leaver

__all__ = ["mailer"]

pytestmark = pytest.mark.django_db

WORDS = "Invoice 7 is not mine.\n<b>Look</b> again."


def writes(who: Leaver, words: str = WORDS, how: str = "client_area"):
    return disputing.bring(who.act("rights"), of=who.account, text=words, how=how, once=uuid4())


def copied(answer) -> list[dict]:
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert "data/disputes.json" in {row["name"] for row in json.loads(archive.read("manifest.json"))["files"]}
    return json.loads(archive.read("data/disputes.json"))


@pytest.mark.parametrize("brand", BRANDS)
def test_at_every_brand_an_owner_reads_what_they_wrote(brand: str) -> None:
    ann = Leaver(brand)
    begin_closing(ann.act(), account=ann.account_id, by="customer", once="close", why="")
    writes(ann)
    (found,) = brought_by(ann.act("rights"), account=ann.account_id)
    assert found.words is not None and found.words.open() == WORDS
    assert found.how == "client_area"


def test_their_page_shows_it_on_request_and_when(mailer) -> None:
    ann = Leaver("vps6")
    ann.closes()
    writes(ann)
    browser, _ = signs_in(ann)
    page = browser.get(LEFT)
    assert "What you wrote" in text(page) and "Invoice 7" not in text(page)
    before = Entry.objects.using(APART).filter(verb="vault.value.revealed").count()

    shown = browser.post(LEFT, **{**hidden(page, LEFT), "do": "read"})

    assert shown.status_code == 200 and "no-store" in shown.headers["Cache-Control"]
    assert "Invoice 7 is not mine.<br><b>Look</b> again." in text(shown), "one line after the other"
    assert b"&lt;b&gt;Look" in shown.content, "what somebody typed is text"
    assert Entry.objects.using(APART).filter(verb="vault.value.revealed").count() == before + 1
    assert "Invoice 7" not in text(browser.get(LEFT))


def test_by_the_link_too_and_in_the_copy(mailer) -> None:
    ann = Leaver("vpn")
    closes(ann)
    browser, path = by_link(mailer, ann)
    assert browser.post(path, do="dispute", text="I was charged twice.", once=str(uuid4())).status_code == 200
    assert "charged twice" not in text(browser.get(path)), "a mail program that opens links reads nothing"
    assert "I was charged twice." in text(browser.post(path, do="read"))

    (row,) = copied(browser.post(path, do="export"))
    assert row["words"] == "I was charged twice." and row["how"] == "link"
    assert row["made_at"] == disputes_of(ann.account_id)[0].made_at.isoformat()


def test_nobody_else_reads_it(mailer) -> None:
    ann, binh = Leaver("vps6"), Leaver("vps6", "binh")
    ann.closes()
    binh.closes()
    writes(ann)
    mine = binh.act("rights")
    for act in (
        mine,
        replace(mine, own=None),
        replace(ann.act("rights"), role="visitor"),
        replace(ann.act("rights"), brand="vpn"),
        make_act("owner", "rights", brand="vps6", at=clock.now(), own=ann.subject),
    ):
        with pytest.raises(NoSuchAccount):
            brought_by(act, account=ann.account_id)
    browser, _ = signs_in(binh)
    page = browser.get(LEFT)
    assert "What you wrote" not in text(page)
    assert "Invoice 7" not in text(browser.post(LEFT, **{**hidden(page, LEFT), "do": "read"}))
    assert Browser("vps6").post(LEFT, do="read").headers["Location"].startswith("/auth/login/")


def test_what_is_erased_stands_there_without_its_words(mailer) -> None:
    ann = Leaver("vps6")
    ann.closes()
    writes(ann)
    (row,) = disputes_of(ann.account_id)
    act = make_act("system", brand="vps6", at=clock.now() + timedelta(days=1))
    classes = frozenset(each.keep_class for each in held(act, subject=row.subject))
    erasing.erase(act, subject=row.subject, classes=classes, why="test")
    (found,) = brought_by(ann.act("rights"), account=ann.account_id)
    assert found.words is None
    browser, _ = signs_in(ann)
    page = browser.get(LEFT)
    assert "erased" in text(browser.post(LEFT, **{**hidden(page, LEFT), "do": "read"})).split('id="brought"')[1]
