"""Saying no to a change and what can go wrong on the way: too early, taken back, twice, at the last moment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hostkeep.brands import queries
from hostkeep.brands.actions.telling import accept_changes, mark_handed_over, mark_shown, reject_change
from hostkeep.brands.applying import notices_of, policy_under, rejected, untold, version_for, versions_for
from hostkeep.brands.errors import CannotReject
from hostkeep.brands.events import ChangeRejected, PolicyAnnounced
from hostkeep.faces.storefront.rejecting import reject_path
from hostkeep.flows import policy_change
from hostkeep.flows.buyers import party_of
from hostkeep.flows.service_access import shown_once
from hostkeep.kernel.ids import BrandId
from hostkeep.provisioning.queries import service as service_row
from hostkeep.runtime import clock
from tests.clauses.telling import tell
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.flows.test_policy_change import job, mailer, serving, told_and_no
from tests.rooms.brands.announcements import announce, changed, longer, shipped

__all__ = ["mailer", "serving"]

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
VPN = BrandId("vpn")


def test_who_takes_a_no_back_in_time_keeps_their_services(mailer, serving) -> None:
    ann, told = told_and_no(mailer)
    room = serving(ann)
    service = room.builds()
    reject_change(job("vpn", clock.now()), notice=told.id)

    accept_changes(job("vpn", clock.now() + DAY), subject=ann.account.subject)
    policy_change.on_change_rejected(job("vpn", told.applies_at), ChangeRejected(told.id))
    policy_change.sweep_due(job("vpn", told.applies_at))

    assert service_row(service).state == "active"
    assert notices_of(VPN, ann.account.subject)[0].ended_at is None


def test_who_says_no_before_the_hand_over_is_noted_has_the_whole_notice(mailer, serving) -> None:
    ann = Member("vpn")
    room = serving(ann)
    service = room.builds()
    made = announce("vpn", longer("vpn"))
    now = clock.now()
    policy_change.on_policy_announced(job("vpn", now), PolicyAnnounced(made.handle))
    (waiting,) = notices_of(VPN, ann.account.subject)
    assert waiting.told_at is None, "the mail is on its way, and was not seen to arrive"

    reject_change(job("vpn", now), notice=waiting.id)
    policy_change.on_change_rejected(job("vpn", now), ChangeRejected(waiting.id))

    (said,) = notices_of(VPN, ann.account.subject)
    assert said.ends_at == now + 13 * DAY
    assert service_row(service).state == "active"
    mark_handed_over(job("vpn", now + DAY), notice=waiting.id)
    assert notices_of(VPN, ann.account.subject)[0].applies_at == now + 14 * DAY


def test_a_moment_before_a_change_applies_a_no_counts_and_at_that_moment_none(mailer) -> None:
    ann, told = told_and_no(mailer)
    with pytest.raises(CannotReject):
        reject_change(job("vpn", told.applies_at), notice=told.id)
    late = told.applies_at - timedelta(microseconds=1)
    assert reject_change(job("vpn", late), notice=told.id).ends_at == late
    assert version_for(VPN, ann.account.subject, told.applies_at).version == 1


def test_a_no_sent_twice_is_one_and_ends_once(mailer, serving) -> None:
    ann, told = told_and_no(mailer)
    room = serving(ann)
    room.builds()
    path = reject_path(str(told.id))
    page = ann.get(path)
    for _ in range(2):
        assert ann.sends(page, path).status_code == 302
    no = rejected(VPN, ann.account.subject)
    assert policy_change.sweep_due(job("vpn", no.ends_at)) == 1
    assert policy_change.sweep_due(job("vpn", no.ends_at)) == 0


def test_a_second_change_can_be_refused_after_the_first_was_accepted(mailer) -> None:
    ann, told = told_and_no(mailer)
    reject_change(job("vpn", clock.now()), notice=told.id)
    accept_changes(job("vpn", clock.now()), subject=ann.account.subject)
    tell("vpn", announce("vpn", changed("vpn", ("plus: P30D", "plus: P60D"))))
    third = notices_of(VPN, ann.account.subject)[0]
    assert third.version.version == 3
    reject_change(job("vpn", clock.now()), notice=third.id)
    assert version_for(VPN, ann.account.subject, third.applies_at + DAY).version == 2
    assert rejected(VPN, ann.account.subject).version.version == 3


def test_announcing_the_old_text_again_is_a_change_that_is_told_and_refused_like_any(mailer) -> None:
    ann, told = told_and_no(mailer)
    made = announce("vpn", shipped("vpn"), weighed="material")
    assert made.version == 3
    tell("vpn", made)
    reject_change(job("vpn", clock.now()), notice=told.id)
    assert version_for(VPN, ann.account.subject, told.applies_at + 90 * DAY).version == 1


def test_who_comes_while_a_change_in_force_is_still_being_told_stands_under_what_they_were_shown(monkeypatch) -> None:
    old = Member("vpn", "old")
    made = announce("vpn", longer("vpn"))
    late = made.effective_at + DAY
    monkeypatch.setattr(clock, "now", lambda: late)

    new = Member("vpn", "new")

    assert queries.version_in_force(VPN, late).version == 2
    assert version_for(VPN, new.account.subject, late).version == 2
    assert version_for(VPN, old.account.subject, late).version == 1, "not before they are told"
    assert untold(VPN, new.account.subject, since=new.account.opened_at) == ()
    (shown,) = notices_of(VPN, new.account.subject)
    assert (shown.state, shown.applies_at) == ("shown", late)


def test_who_comes_before_a_change_applies_or_after_all_were_told_needs_no_notice(mailer, monkeypatch) -> None:
    made = announce("vpn", longer("vpn"))
    early = Member("vpn", "early")
    tell("vpn", made)
    monkeypatch.setattr(clock, "now", lambda: made.effective_at + DAY)
    late = Member("vpn", "late")
    assert [notices_of(VPN, who.account.subject) for who in (early, late)] == [(), ()]
    assert version_for(VPN, late.account.subject, clock.now()).version == 2


def test_fifty_people_under_two_versions_are_read_with_one_question_for_their_notices() -> None:
    people = [Member("vpn", f"p{number}") for number in range(5)]
    made = announce("vpn", longer("vpn"))
    for who in people[:3]:
        mark_shown(job("vpn", clock.now()), version=made.handle, subject=who.account.subject, account=who.account.id)
    subjects = [who.account.subject for who in people]
    at = made.effective_at + DAY
    queries.versions_of(VPN)
    with CaptureQueriesContext(connection) as asked:
        found = versions_for(VPN, subjects, at)
    assert len(asked) == 1
    assert [found[who].version for who in subjects] == [version_for(VPN, who, at).version for who in subjects]
    assert {row.version for row in found.values()} == {1, 2}


def test_what_is_done_with_a_persons_data_follows_their_own_version_and_not_everybodys(mailer) -> None:
    line = "purposes: [billing], roles: [customer, system, billing, owner]"
    ann, ben = Member("vpn", "ann"), Member("vpn", "ben")
    made = announce("vpn", changed("vpn", (line, line.replace("system, ", "")), ("secrets: sealed", "secrets: once")), weighed="material")
    tell("vpn", made)
    told = next(row for row in notices_of(VPN, ann.account.subject))
    reject_change(job("vpn", clock.now()), notice=told.id)
    at = told.applies_at + DAY

    bill = make_act("system", "billing", brand="vpn", at=at)
    assert party_of(bill, ann.account).email == "ann@example.test"
    assert party_of(bill, ben.account).email == "", "the new rules let the program read none"
    for who, once in ((ann, False), (ben, True)):
        theirs = make_act("customer", "service", brand="vpn", at=at, own=who.account.subject)
        assert shown_once(theirs) is once
        assert policy_under(theirs).digest == version_for(VPN, who.account.subject, at).digest
    assert policy_under(make_act("visitor", "order", brand="vpn", at=at)).digest == made.digest


def test_who_takes_a_no_back_accepts_what_they_rejected_and_not_what_is_in_force_still(mailer) -> None:
    from hostkeep.people.queries import acceptances_of

    ann = Member("vpn")
    tell("vpn", announce("vpn", longer("vpn")))
    told = notices_of(VPN, ann.account.subject)[0]
    reject_change(job("vpn", clock.now()), notice=told.id)

    page = ann.get("/account/policy/", lang="en")
    assert "I accept version 2" in page.content.decode()
    ann.sends(page, "/account/policy/accept/")

    newest = acceptances_of(ann.account.subject)[0]
    assert (newest.what, newest.version, newest.form) == ("accept_policy", 2, "client_area")
