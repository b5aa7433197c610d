"""Staying signed in: a token works once, a copied one ends the series."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hostkeep.kernel.ids import UserId
from hostkeep.people.actions.staying import HASTE, begin_stay, end_stay, end_stay_of_cookie, use_stay
from hostkeep.people.models import Session, StaySeries, User
from hostkeep.people.queries import stays_of
from tests.conftest import NOON, make_act

MONTH = timedelta(days=30)


@pytest.fixture
def user(db: None) -> UserId:
    return UserId(User.objects.create(brand="vps6").id)


def act(**kw):
    return make_act("customer", "authentication", **kw)


def test_each_use_hands_out_the_next_token(user: UserId) -> None:
    first = begin_stay(act(), user=user, life=MONTH)
    second = use_stay(act(), cookie=first.cookie)
    third = use_stay(act(), cookie=second.cookie)
    assert (second.user, third.user) == (user, user)
    assert len({first.cookie, second.cookie, third.cookie}) == 3


def test_a_token_used_again_ends_the_series_for_both_holders(user: UserId) -> None:
    first = begin_stay(act(), user=user, life=MONTH)
    second = use_stay(act(), cookie=first.cookie)
    later = act(at=NOON + HASTE)
    assert use_stay(later, cookie=first.cookie).user is None
    assert use_stay(later, cookie=second.cookie).user is None


def test_it_ends_every_session_of_the_login_at_this_brand(user: UserId) -> None:
    other = User.objects.create(brand="vps6").id
    first = begin_stay(act(), user=user, life=MONTH)
    use_stay(act(), cookie=first.cookie)
    for key, brand, of in (("a", "vps6", user), ("b", "vps6", other), ("c", "photonvps", user)):
        Session.objects.create(
            key=key, brand=brand, user=of, box="", started_at=NOON, used_at=NOON, expires_at=NOON + MONTH
        )
    use_stay(act(at=NOON + HASTE), cookie=first.cookie)
    assert set(Session.objects.values_list("key", flat=True)) == {"b", "c"}


def test_the_other_tabs_of_a_browser_that_opens_end_nothing(user: UserId) -> None:
    first = begin_stay(act(), user=user, life=MONTH)
    use_stay(act(at=NOON + MONTH / 2), cookie=first.cookie)
    tab = use_stay(act(at=NOON + MONTH / 2 + HASTE / 2), cookie=first.cookie)
    assert (tab.user, tab.cookie, tab.goes_on) == (None, "", True)
    assert StaySeries.objects.get().ended_at is None


def test_it_ends_with_its_life(user: UserId) -> None:
    first = begin_stay(act(), user=user, life=MONTH)
    assert use_stay(act(at=NOON + MONTH), cookie=first.cookie).user is None


def test_another_brand_does_not_take_it(user: UserId) -> None:
    first = begin_stay(act(), user=user, life=MONTH)
    assert use_stay(act(brand="photonvps"), cookie=first.cookie).user is None


@pytest.mark.parametrize("cookie", ["", ".", "x", "x.y", "a" * 4000])
def test_nonsense_signs_nobody_in(user: UserId, cookie: str) -> None:
    assert use_stay(act(), cookie=cookie).user is None


def test_its_owner_can_end_it_and_nobody_else(user: UserId) -> None:
    first = begin_stay(act(), user=user, life=MONTH)
    stranger = UserId(User.objects.create(brand="vps6").id)
    end_stay(act(), stay=first.id, user=stranger)
    assert [s.id for s in stays_of(user, NOON)] == [first.id]
    end_stay(act(), stay=first.id, user=user)
    assert stays_of(user, NOON) == ()
    assert use_stay(act(), cookie=first.cookie).user is None


def test_signing_out_ends_this_browsers_series(user: UserId) -> None:
    first = begin_stay(act(), user=user, life=MONTH)
    end_stay_of_cookie(act(), cookie=first.cookie)
    assert use_stay(act(), cookie=first.cookie).user is None


def test_neither_series_nor_token_stands_in_the_table(user: UserId) -> None:
    series, _, token = begin_stay(act(), user=user, life=MONTH).cookie.partition(".")
    row = repr(StaySeries.objects.values().get())
    assert series not in row
    assert token not in row
