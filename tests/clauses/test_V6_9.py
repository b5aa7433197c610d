"""V6-9: cookies keep cart and receipts and know the customer again; each is a random reference, chosen at login."""

from __future__ import annotations

import pytest
from django.test import Client

from hostkeep.shop.models import Order
from tests.clauses import staying
from tests.clauses.logins import at, reopened
from tests.clauses.orders import places_order
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import gateway, text

__all__ = ["gateway"]

BRAND = "vps6"


@pytest.fixture
def ann(db) -> Member:
    return Member(BRAND)


def test_V6_9_who_chose_to_stay_is_still_known_when_the_browser_is_opened_again(ann: Member) -> None:
    staying.who_chose_to_stay_is_still_known(ann)


def test_V6_9_without_the_choice_the_browser_is_nobody_when_opened_again(ann: Member) -> None:
    staying.without_the_choice_nobody_is_known(ann)


def test_V6_9_a_token_that_was_used_is_refused_and_ends_the_series(ann: Member) -> None:
    staying.a_used_token_is_refused_and_ends_the_series(ann)


def test_V6_9_ended_in_the_client_area_it_is_over(ann: Member) -> None:
    staying.ended_in_the_client_area_it_is_over(ann)


def test_V6_9_the_cookie_holds_a_random_token_and_no_password(ann: Member) -> None:
    staying.the_cookie_holds_a_random_token_and_no_password(ann)


def test_V6_9_it_lives_no_longer_than_declared_and_no_other_cookie_leaves(ann: Member, shop) -> None:
    staying.it_lives_no_longer_than_declared_and_no_other_cookie_leaves(ann, shop)


def test_V6_9_the_cart_is_kept_by_a_random_reference(db) -> None:
    staying.the_cart_is_kept_by_a_random_reference(BRAND)


def test_V6_9_a_tick_that_nobody_asks_for_would_be_noticed(ann: Member, monkeypatch) -> None:
    staying.a_tick_that_nobody_asks_for_keeps_somebody_in(ann, monkeypatch)


def test_V6_9_the_receipts_are_there_when_the_browser_is_opened_again(ann: Member, gateway) -> None:
    places_order(ann)
    number = str(Order.objects.get().id)[:8].upper()

    again = reopened(ann.client)
    page = text(again.get("/receipts/", headers=at(ann)))
    assert number in page
    assert ann.email not in page
    assert number not in text(Client().get("/receipts/", headers=at(ann)))
