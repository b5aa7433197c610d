"""VPN-12: significant changes are mailed fourteen days before, counted for each customer; the rules are shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hostkeep.brands import queries
from hostkeep.brands.applying import version_for
from hostkeep.brands.errors import NoticeTooShort
from hostkeep.drivers.mail import Bounced, Later, Letter, Outcome, Taken
from hostkeep.flows import policy_change
from hostkeep.kernel.ids import BrandId
from hostkeep.promises.pages import read_page
from hostkeep.runtime import clock
from tests.clauses.telling import carry, tell
from tests.conftest import make_act
from tests.faces.client.conftest import PASSWORD, Member
from tests.flows.test_policy_change import mailer
from tests.rooms.brands.announcements import announce, longer

__all__ = ["mailer"]

VPN = BrandId("vpn")
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def tables(db) -> None:
    """Tables."""


def applies(who: Member, at) -> int:
    return version_for(VPN, who.account.subject, at).version


def test_VPN_12_thirteen_days_are_refused_and_fourteen_are_scheduled() -> None:
    with pytest.raises(NoticeTooShort) as no:
        announce("vpn", longer("vpn"), effective_at=clock.now() + 13 * DAY)
    assert no.value.clause == "VPN-12"
    made = announce("vpn", longer("vpn"), effective_at=clock.now() + 14 * DAY)
    assert made.effective_at - made.announced_at >= 14 * DAY


def test_VPN_12_three_days_in_the_queue_are_three_days_later_and_who_bounced_counts_from_the_login(mailer) -> None:
    ann, ben = Member("vpn", "ann"), Member("vpn", "ben")
    start = clock.now()
    made = announce("vpn", longer("vpn"))
    mailer.answers = [Later("451 full"), Later("451 full")]
    tell("vpn", made, start)
    _answers(mailer, {ann.email: Taken("250 ok"), ben.email: Bounced("550 gone")})
    carry("vpn", start + 3 * DAY)

    assert (applies(ann, start + 17 * DAY - timedelta(hours=1)), applies(ann, start + 17 * DAY)) == (1, 2)
    assert applies(ben, start + 300 * DAY) == 1, "nobody told them yet"

    policy_change.show_changes(make_act("customer", "policy_change", brand="vpn", at=start + 20 * DAY), ben.account)
    assert (applies(ben, start + 34 * DAY - timedelta(hours=1)), applies(ben, start + 34 * DAY)) == (1, 2)


def _answers(mailer, by: dict[str, Outcome]) -> None:
    """Answer by address: mails of one moment leave in no order."""
    take = mailer.hand_over

    def hand_over(letter: Letter) -> Outcome:
        take(letter)
        return by[letter.to]

    mailer.hand_over = hand_over


def test_VPN_12_the_rules_are_shown_at_sign_up_and_at_login(shop) -> None:
    announce("vpn", longer("vpn"))
    for path in ("/auth/signup/?lang=en", "/auth/login/?lang=en"):
        words = read_page(shop("vpn").get(path).body).words
        assert "Rules in force: version 1" in words, path
        assert "Version 2 is announced" in words, path


def test_VPN_12_the_first_page_after_login_shows_the_change_once() -> None:
    ann = Member("vpn")
    announce("vpn", longer("vpn"))
    ann.client.logout()

    def logs_in():
        ann.client.logout()
        return ann.sends(ann.get("/auth/login/"), "/auth/login/", login=ann.email, password=PASSWORD)

    first = logs_in()
    assert first["Location"].startswith("/account/policy/?next=")
    page = ann.get("/account/policy/", lang="en").content.decode()
    assert "<del>14</del> days" in page and "<ins>21</ins> days" in page
    assert logs_in()["Location"] == "/account/", "once is enough"
    assert "Nothing has changed since" in ann.get("/account/policy/", lang="en").content.decode()
    assert "version 1 of the privacy policy applies" in ann.get("/account/policy/", lang="en").content.decode()


def test_VPN_12_fails_when_the_days_are_not_counted_for_each(mailer, monkeypatch) -> None:
    from hostkeep.brands import applying

    ann = Member("vpn")
    start = clock.now()
    made = announce("vpn", longer("vpn"))
    mailer.answers = [Later("451 full")]
    tell("vpn", made, start)
    carry("vpn", start + 3 * DAY)
    assert applies(ann, start + 15 * DAY) == 1

    monkeypatch.setattr(applying, "stands_apart", lambda _brand: False)
    queries.forget()
    assert applies(ann, start + 15 * DAY) == 2, "with the counting off, the version applies to everybody alike"
