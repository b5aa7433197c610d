"""PH-3: cookies keep the cart and spare typing the password again, after a yes; none ever holds the password."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hostkeep.people.models import StaySeries
from hostkeep.runtime import clock
from tests.clauses import staying
from tests.clauses.logins import is_in, reopened
from tests.faces.client.conftest import Member

BRAND = "photonvps"


@pytest.fixture
def ann(db) -> Member:
    return Member(BRAND)


def test_PH_3_who_chose_to_stay_is_still_known_when_the_browser_is_opened_again(ann: Member) -> None:
    staying.who_chose_to_stay_is_still_known(ann)


def test_PH_3_without_the_choice_the_browser_is_nobody_when_opened_again(ann: Member) -> None:
    staying.without_the_choice_nobody_is_known(ann)


def test_PH_3_a_token_that_was_used_is_refused_and_ends_the_series(ann: Member) -> None:
    staying.a_used_token_is_refused_and_ends_the_series(ann)


def test_PH_3_ended_in_the_client_area_it_is_over(ann: Member) -> None:
    staying.ended_in_the_client_area_it_is_over(ann)


def test_PH_3_the_cookie_holds_a_random_token_and_no_password(ann: Member) -> None:
    staying.the_cookie_holds_a_random_token_and_no_password(ann)


def test_PH_3_it_lives_no_longer_than_declared_and_no_other_cookie_leaves(ann: Member, shop) -> None:
    staying.it_lives_no_longer_than_declared_and_no_other_cookie_leaves(ann, shop)


def test_PH_3_the_cart_is_kept_by_a_random_reference(db) -> None:
    staying.the_cart_is_kept_by_a_random_reference(BRAND)


def test_PH_3_a_tick_that_nobody_asks_for_would_be_noticed(ann: Member, monkeypatch) -> None:
    staying.a_tick_that_nobody_asks_for_keeps_somebody_in(ann, monkeypatch)


def test_PH_3_nothing_that_was_looked_at_is_remembered_before_a_yes(shop) -> None:
    browser = shop(BRAND)
    for path in ("/", "/privacy/", "/auth/signup/", "/cart/"):
        browser.get(path)

    assert browser.given == []


@pytest.mark.parametrize(("days", "known"), [(13, True), (15, False)])
def test_PH_3_a_token_that_lay_unused_for_a_fortnight_is_refused(ann: Member, days: int, known: bool) -> None:
    browser = staying.stays(ann)
    StaySeries.objects.update(used_at=clock.now() - timedelta(days=days))

    assert is_in(ann, reopened(browser)) == known
