"""Certificates of erasure under a hold: what is, for who may know it; as if there were none, for who may not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.vault import certificates, door, erasing
from hostkeep.vault.certificates import Certificate
from hostkeep.vault.models import Hold
from hostkeep.vault.wall import opened
from tests.conftest import NOON, make_act
from tests.rooms.vault.test_erasing import ACCOUNT, hold, person, state_of

pytestmark = pytest.mark.django_db

REVIEW = NOON + timedelta(days=90)
BOTH = frozenset({"account", "support"})


@pytest.fixture
def ann() -> SubjectId:
    subject = person("Ann")
    door.put(make_act("visitor", "account"), subject=subject, category=CategoryId("ticket"), value="It broke", slot="t")
    return subject


def of(subject: SubjectId, *, role: str = "customer", at=NOON) -> tuple[Certificate, ...]:
    own = subject if role == "customer" else None
    return certificates.certificates_of(make_act(role, "rights", own=own, at=at), subject=subject)


def said(found: tuple[Certificate, ...]) -> list[tuple[list[str], list[tuple[str, str]]]]:
    """Of each certificate its classes, and what stays and why."""
    return [(sorted(one.classes), [(stay.keep_class, stay.why) for stay in one.stays]) for one in found]


def erases(subject: SubjectId, classes: frozenset[str] = BOTH, at=NOON) -> None:
    erasing.erase(make_act(at=at), subject=subject, classes=classes, why="request")


def ends_holds(at) -> None:
    with opened():
        Hold.objects.update(ended_at=at)


def test_a_class_that_a_secret_hold_keeps_reads_as_gone_until_the_day_of_review(ann: SubjectId) -> None:
    hold(ann, "support", secret=True)
    erases(ann)
    true = [(["account"], [("support", "dispute")])]
    assert state_of(ann, "support") == "held"
    assert said(of(ann)) == [(["account", "support"], [])]
    assert said(of(ann, role="support")) == said(of(ann))
    assert said(of(ann, role="privacy")) == said(of(ann, role="owner")) == true
    assert said(of(ann, at=REVIEW)) == true


def test_where_all_that_was_due_is_held_in_silence_a_certificate_stands_all_the_same(ann: SubjectId) -> None:
    hold(ann, "account", secret=True)
    eve = person("Eve")
    for who in (ann, eve):
        erases(who, ACCOUNT)
    assert said(of(ann)) == [(["account"], [("support", "retention")])]
    assert said(of(eve)) == [(["account"], [])]
    assert said(of(ann, role="privacy")) == [([], [("account", "dispute"), ("support", "retention")])]
    (mine,), (hers,) = of(ann), of(eve)
    assert (mine.live_at, mine.wal_at, mine.why) == (hers.live_at, hers.wal_at, hers.why)
    assert erasing.finish(make_act()) == 1
    assert [one.done for who in (ann, eve) for one in of(who)] == [True, True]
    assert state_of(ann) == "held"


def test_what_a_certificate_told_as_gone_no_later_one_tells_again(ann: SubjectId) -> None:
    hold(ann, "account", secret=True)
    erases(ann, ACCOUNT)
    erases(ann, ACCOUNT, at=NOON + timedelta(hours=1))
    assert len(of(ann)) == len(of(ann, role="privacy")) == 1

    erases(ann, at=NOON + timedelta(days=1))
    assert said(of(ann)) == [(["support"], []), (["account"], [("support", "retention")])]

    ends_holds(NOON + timedelta(days=2))
    erases(ann, ACCOUNT, at=NOON + timedelta(days=2))
    assert state_of(ann) == "destroyed"
    assert len(of(ann, role="privacy")) == 3
    assert said(of(ann)) == [(["support"], []), (["account"], [("support", "retention")])]
    assert said(of(ann, at=REVIEW))[0] == (["account"], []), "and then when it was"


def test_a_class_that_is_not_due_stays_under_its_rule_for_who_may_not_know_why_else(ann: SubjectId) -> None:
    eve = person("Eve")
    door.put(make_act("visitor", "account"), subject=eve, category=CategoryId("ticket"), value="It broke", slot="t")
    hold(ann, "support", secret=True)
    for who in (ann, eve):
        erases(who, ACCOUNT)
    assert of(ann)[0].stays == of(eve)[0].stays != ()
    assert of(ann)[0].stays[0].why == "retention"
    assert said(of(ann, role="privacy")) == [(["account"], [("support", "dispute")])]


def test_a_hold_that_may_be_told_goes_before_a_secret_one(ann: SubjectId) -> None:
    hold(ann, "support", secret=True)
    hold(ann, "support")
    erases(ann)
    assert said(of(ann)) == [(["account"], [("support", "dispute")])]


def test_a_secret_hold_whose_review_is_moved_stays_untold_until_the_new_day(ann: SubjectId) -> None:
    hold(ann, "support", secret=True)
    erases(ann)
    with opened():
        Hold.objects.update(review_at=REVIEW + timedelta(days=30))
    assert said(of(ann, at=REVIEW)) == [(["account", "support"], [])]
    assert said(of(ann, at=REVIEW + timedelta(days=30))) == [(["account"], [("support", "dispute")])]
