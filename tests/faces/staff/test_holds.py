"""Legal holds in the back office: two people, a day of review, erasure in part that says so, and an end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import pytest
from django.http import HttpResponse

from hostkeep.audit.models import Entry
from hostkeep.flows import sweeping
from hostkeep.kernel.ids import BrandId, SubjectId
from hostkeep.people.queries import account
from hostkeep.runtime import clock
from hostkeep.vault import erasing, holds
from hostkeep.vault.models import Hold, SubjectKey
from hostkeep.vault.wall import opened
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.faces.services.conftest import Staff
from tests.faces.shop.conftest import text

pytestmark = pytest.mark.django_db

LIST = "/staff/holds/"


@dataclass
class Officers:
    """Two people who answer for data protection, each at their own machine, and a customer."""

    first: Staff
    second: Staff
    ann: Member

    @property
    def subject(self) -> SubjectId:
        return account(self.ann.account.id).subject

    def asks(self, **values: object) -> HttpResponse:
        path = f"{LIST}of/{self.ann.account.id}/"
        day = (clock.now() + timedelta(days=90)).strftime("%Y-%m-%d")
        sent = {"classes": ["account", "support"], "basis": "dispute", "review": day, **values}
        return self.first.posts(self.first.get(path), path, **sent)  # type: ignore[arg-type]

    def does(self, who: Staff, deed: str, **values: str) -> HttpResponse:
        return who.posts(who.get(LIST), f"{LIST}vps6/{self.hold().id}/{deed}/", **values)

    def hold(self) -> Hold:
        whose = self.subject
        with opened():
            return Hold.objects.get(subject=whose)


@pytest.fixture
def officers(ann: Member) -> Officers:
    made = Officers(Staff(), Staff(), ann)
    made.first.signs_in("privacy")
    made.second.signs_in("owner")
    return made


def test_one_opens_it_another_approves_it_and_both_are_entered(officers: Officers) -> None:
    assert officers.asks().status_code == 302
    assert holds.held_classes(officers.subject) == frozenset()
    assert "Waits for a second person" in text(officers.first.get(LIST))
    assert "Approve" not in text(officers.first.get(LIST))
    assert "Approve" in text(officers.second.get(LIST))

    assert officers.does(officers.second, "approve").status_code == 302

    assert holds.held_classes(officers.subject) == {"account", "support"}
    row = officers.hold()
    assert {row.opened_by, row.approved_by} == {
        entry.actor for entry in Entry.objects.filter(verb__in=["vault.hold.opened", "vault.hold.approved"])
    }
    assert "Stands" in text(officers.first.get(LIST))
    assert officers.ann.account.number in text(officers.first.get(LIST))


def test_who_opened_it_cannot_approve_it(officers: Officers) -> None:
    officers.asks()

    assert officers.does(officers.first, "approve").status_code == 403

    assert holds.held_classes(officers.subject) == frozenset()


@pytest.mark.parametrize(
    "wrong",
    [{"classes": []}, {"classes": ["shoes"]}, {"basis": "whim"}, {"review": "2020-01-01"}, {"review": "soon"}, {"case": "7"}],
    ids=["no-class", "no-such-class", "no-basis", "past", "no-day", "no-case"],
)
def test_a_form_that_says_less_opens_nothing_and_is_asked_again(officers: Officers, wrong: dict) -> None:
    answer = officers.asks(**wrong)

    assert answer.status_code == 422
    assert "A hold needs classes of this policy" in text(answer)
    with opened():
        assert not Hold.objects.exists()


def test_erasure_under_a_hold_is_in_part_and_the_rest_goes_with_the_holds_end(officers: Officers) -> None:
    officers.asks(classes=["account"])
    officers.does(officers.second, "approve")
    now = clock.now()
    act = make_act("system", "rights", brand="vps6", at=now)

    done = erasing.erase(act, subject=officers.subject, classes=frozenset({"account", "security"}), why="request")

    assert [stay.keep_class for stay in done.stays] == ["account"]
    assert state(officers.subject) == "held"
    sweeping.sweep(make_act("system", "service", brand="", at=now))
    assert state(officers.subject) == "held"
    assert officers.does(officers.second, "end").status_code == 302
    assert holds.held_classes(officers.subject) == frozenset()

    sweeping.sweep(make_act("system", "service", brand="", at=now))

    assert state(officers.subject) == "destroyed"


def state(subject: SubjectId) -> str:
    with opened():
        return SubjectKey.objects.get(subject=subject, keep_class="account").state


def test_it_is_let_stand_until_another_day(officers: Officers) -> None:
    officers.asks()
    officers.does(officers.second, "approve")
    day = (clock.now() + timedelta(days=200)).strftime("%Y-%m-%d")

    assert officers.does(officers.first, "review", review=day).status_code == 302

    assert abs(officers.hold().review_at - clock.now() - timedelta(days=200)) < timedelta(days=2)
    assert officers.does(officers.first, "review", review="2020-01-01").status_code == 422


def test_the_day_is_shown_as_it_was_given(officers: Officers) -> None:
    day = clock.now() + timedelta(days=200)

    officers.asks(review=day.strftime("%Y-%m-%d"))

    assert f"{day.day} {day:%b %Y}" in text(officers.first.get(LIST))


def test_a_hold_of_another_brand_is_not_found(officers: Officers) -> None:
    officers.asks()
    row = officers.hold()

    answer = officers.second.posts(officers.second.get(LIST), f"{LIST}vpn/{row.id}/approve/")

    assert answer.status_code == 404
    assert officers.second.posts(officers.second.get(LIST), f"{LIST}vps6/{uuid4()}/end/").status_code == 404
    assert holds.held_classes(officers.subject) == frozenset()


def test_the_customers_page_leads_there_for_who_may_and_for_nobody_else(officers: Officers) -> None:
    path = f"/staff/people/{officers.ann.account.id}/"
    assert f"{LIST}of/{officers.ann.account.id}/" in officers.first.get(path).content.decode()
    other = Staff()
    other.signs_in("support")
    assert f"{LIST}of/" not in other.get(path).content.decode()
    assert other.get(LIST).status_code == 403


def test_its_owner_sees_it_unless_an_order_says_otherwise(officers: Officers) -> None:
    officers.asks(secret="yes")
    officers.does(officers.second, "approve")
    own = make_act("customer", "rights", brand=BrandId("vps6"), at=clock.now(), actor="user:x", own=officers.subject)

    assert holds.holds_of(own, officers.subject) == ()
    assert len(holds.holds_of(make_act("privacy", "rights", at=clock.now(), actor="staff:x"), officers.subject)) == 1
