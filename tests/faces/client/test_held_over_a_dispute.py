"""What is held back over a dispute is told as that, and not as the law's; a secret hold beside it adds no word."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from hostkeep.flows.exporting.making import make_export
from hostkeep.kernel.ids import CategoryId
from hostkeep.runtime import clock
from hostkeep.vault.due_classes import held_and_told
from hostkeep.vault.exports import fetch_export
from hostkeep.vault.holds import approve_hold, open_hold
from hostkeep.vault.outlook import outlook
from tests.conftest import make_act
from tests.faces.api.conftest import Program, key_for
from tests.faces.client.test_closing import HERE, LEFT, closes, mailer, signs_in
from tests.faces.client.test_held_and_told import billed, text
from tests.faces.client.test_held_in_silence import files_of, officer, plain
from tests.flows.leaving import Leaver, carries

__all__ = ["mailer"]

pytestmark = pytest.mark.django_db

HELD = "/account/privacy/"
LAW = ("by law", "The law keeps")
WORDS = {
    ("dispute",): "Held back over a dispute", ("legal_request",): "Held back by law", ("investigation",): "Held back by law",
    ("dispute", "legal_request"): "Held back by law and over a dispute",
    ("dispute", "dispute"): "Held back over a dispute",
}  # fmt: skip


def holds(who: Leaver, basis: str, *, secret: bool = False, days: int = 30, classes=("account",)) -> UUID:
    act, until = officer(who), clock.now() + timedelta(days=days)
    row = open_hold(
        act, subject=who.subject, classes=list(classes), basis=basis, case=uuid4(), review_at=until, secret=secret
    )
    approve_hold(replace(act, actor="staff:two"), hold=row.id)
    return row.id


def mails_of(mailer, who: Leaver) -> list[str]:
    carries(who.brand)
    return [" ".join(mailer.read(-1).get_body((kind,)).get_content().split()) for kind in ("plain", "html")]


def told_to(who: Leaver, mailer) -> list[str]:
    """All that an owner reads of what is held back: before the closing, of it, and after it."""
    app = Program(who.brand, key_for(who, ("account:read",)), who).get("/account/closing").json()
    before = [text(who.get(path)) for path in (HELD, HERE)] + [" ".join(each["says"] for each in app["fates"])]
    done = closes(who)
    after = [text(who.get(done.headers["Location"])), *mails_of(mailer, who)]
    return [*before, *after, text(signs_in(who)[0].get(LEFT))]


@pytest.mark.parametrize("bases", WORDS, ids=" ".join)
@pytest.mark.parametrize("brand", ["photonvps", "vpsfast"])
def test_each_page_and_the_mail_say_over_what_it_is_held(brand: str, bases: tuple[str, ...], mailer) -> None:
    ann = Leaver(brand, "held")
    for number, basis in enumerate(bases):
        holds(ann, basis, days=30 + number)
    said = told_to(ann, mailer)
    held, close, app, done, *mails, left = said
    for page in (held, close, app, left):
        assert WORDS[bases] in page
    if set(bases) == {"dispute"}:
        assert not any(word in page for page in said for word in LAW)
        assert "A dispute keeps your account from being erased for now." in done
        assert all("A dispute keeps part of what we have of you from being erased" in page for page in (close, *mails))
    else:
        assert "The law keeps your account from being erased for now." in done
        assert all("The law keeps part of what we have of you from being erased" in page for page in (close, *mails))
        assert not any("A dispute keeps" in page for page in said)


@pytest.mark.parametrize(("basis", "words"), [("dispute", "held back over a dispute"), ("legal_request", "held back by law")])
def test_where_it_keeps_a_part_alone_the_same_is_said_of_the_part(basis: str, words: str, mailer) -> None:
    ann = Leaver("photonvps", "held")
    billed(ann)
    holds(ann, basis, classes=["fiscal"])
    page = text(ann.get(HERE))
    closes(ann)
    for said in (page, *mails_of(mailer, ann)):
        assert f"Part of what we have of you is {words}." in said


@pytest.mark.parametrize("open_one", ["dispute", "legal_request", ""])
@pytest.mark.parametrize("secret", ["dispute", "legal_request", "investigation"])
def test_a_secret_hold_adds_no_word_to_what_is_told_of_another(open_one: str, secret: str, mailer) -> None:
    ann, eve = Leaver("photonvps", "held"), Leaver("photonvps", "free")
    for who in (ann, eve):
        if open_one:
            holds(who, open_one)
    for days in (20, 40):
        holds(ann, secret, secret=True, days=days, classes=["account", "security"])
    said, copies = [], []
    for who in (ann, eve):
        act, number = who.act("rights"), who.account.number
        made = make_export(act, account=who.account, user=who.user)
        copies.append(files_of(fetch_export(act, subject=who.subject, export=made.id, key=made.key).data))
        said.append([plain(page.replace(number, "N")) for page in told_to(who, mailer)])
    assert said[0] == said[1]
    assert copies[0] == copies[1]


def test_from_its_day_of_review_a_secret_hold_is_told_as_what_it_is() -> None:
    ann = Leaver("photonvps", "held")
    holds(ann, "dispute")
    holds(ann, "legal_request", secret=True, days=40)
    now = clock.now()

    def told(at) -> tuple[frozenset[str], set[frozenset[str]]]:
        fates = outlook(ann.act(at=at), subject=ann.subject, also=[CategoryId("email")])
        return held_and_told(ann.subject, at)["account"].bases, {each.bases for each in fates if each.keep_class == "account"}

    assert told(now + timedelta(days=39)) == ({"dispute"}, {frozenset({"dispute"})})
    both = frozenset({"dispute", "legal_request"})
    assert told(now + timedelta(days=41)) == (both, {both})
    officers = outlook(make_act("privacy", "legal_obligation", brand="photonvps", at=now, actor="staff:one"), subject=ann.subject)
    assert {each.bases for each in officers if each.keep_class == "account"} == {both}, "who answers for them sees them all"
