"""VS-18: changes come without prior notice; material ones are mailed as far as that goes; the date is shown."""

from __future__ import annotations

import json

import pytest

from hostkeep.brands.applying import notices_of, version_for
from hostkeep.drivers.mail import Bounced, Taken
from hostkeep.flows import policy_change
from hostkeep.kernel.ids import BrandId, CategoryId
from hostkeep.promises.pages import read_page
from hostkeep.runtime import clock
from hostkeep.vault import door
from tests.clauses.telling import tell
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.flows.test_policy_change import mailer
from tests.rooms.brands.announcements import announce, changed, longer, shorter

__all__ = ["mailer"]

VS = BrandId("vietnam-server")


@pytest.fixture(autouse=True)
def tables(db) -> None:
    """Tables."""


def test_VS_18_a_material_change_is_mailed_to_all_and_in_force_at_once(shop, mailer) -> None:
    people = [Member(VS, who) for who in ("ann", "ben")]
    mailer.answers = [Taken("250 ok"), Bounced("550 gone")]
    made = announce(VS, longer(VS))
    tell(VS, made)

    assert {letter.to for letter in mailer.letters} == {who.email for who in people}
    states = sorted(notices_of(VS, who.account.subject)[0].state for who in people)
    assert states == ["handed_over", "refused"], "who could not be reached is counted"
    assert all(version_for(VS, who.account.subject, clock.now()).version == 2 for who in people)
    data = json.loads(shop(VS).get("/privacy/policy.json").body)
    assert (data["version"], data["next"]) == (2, None)


@pytest.mark.parametrize("change", [longer, shorter], ids=["material", "immaterial"])
def test_VS_18_the_page_shows_the_latest_update(shop, mailer, change) -> None:
    before = read_page(shop(VS).get("/privacy/?lang=en").body).words
    announce(VS, change(VS))
    after = read_page(shop(VS).get("/privacy/?lang=en").body).words
    assert "Version 1, in force since" in before
    assert "Version 2, in force since" in after


def test_VS_18_an_immaterial_change_is_not_mailed(mailer) -> None:
    Member(VS)
    tell(VS, announce(VS, shorter(VS)))
    assert mailer.letters == []


def test_VS_18_a_new_purpose_is_refused_on_earlier_values_until_their_owner_was_told(mailer) -> None:
    ann = Member(VS)
    mailer.answers = [Bounced("550 gone")]
    text = changed(
        VS,
        ("purposes:\n", "purposes:\n  improvement: legitimate_interest\n"),
        ("  also:\n  - kind: use\n    allow:\n", "  also:\n  - kind: use\n    allow:\n    - {categories: [phone], purposes: [improvement], roles: [system]}\n"),
    )  # fmt: skip
    tell(VS, announce(VS, text))
    act = make_act("system", "improvement", brand=VS, at=clock.now())
    with pytest.raises(door.Refused) as no:
        door.reveal(act, subject=ann.account.subject, category=CategoryId("phone"))
    assert (no.value.clause, no.value.facts["why"]) == ("VS-18", "not_told")

    policy_change.show_changes(make_act("customer", "policy_change", brand=VS, at=clock.now()), ann.account)
    act = make_act("system", "improvement", brand=VS, at=clock.now())
    assert door.reveal(act, subject=ann.account.subject, category=CategoryId("phone")).open()


def test_VS_18_fails_when_nothing_asks_who_was_told(mailer, monkeypatch) -> None:
    monkeypatch.setattr(door, "reaches", lambda *_, **__: True)
    with pytest.raises(pytest.fail.Exception):
        test_VS_18_a_new_purpose_is_refused_on_earlier_values_until_their_owner_was_told(mailer)
