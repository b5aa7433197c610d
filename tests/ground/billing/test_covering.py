"""What money covers, and in what order news may come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.billing.rules.attempts import attempt_after
from hostkeep.billing.rules.covering import cover, invoice_state
from hostkeep.billing.rules.party import Party, from_json, to_json
from hostkeep.drivers.payments import Declined, Settled, Unknown, Waiting
from hostkeep.kernel.money import EUR, USD, Money

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@given(st.integers(1, 10**12), st.integers(0, 10**12))
def test_no_cent_is_lost_and_no_invoice_overpaid(came: int, owed: int) -> None:
    used = cover(Money(came, EUR), Money(owed, EUR))
    assert used.applied + used.credit == Money(came, EUR)
    assert 0 <= used.applied.minor <= owed
    assert used.credit.minor >= 0


def test_another_currency_pays_nothing_and_stays_whole() -> None:
    used = cover(Money(500, USD), Money(500, EUR))
    assert (used.applied, used.credit) == (Money(0, EUR), Money(500, USD))


@pytest.mark.parametrize(
    ("paid", "late", "state"),
    [(0, -1, "unpaid"), (1, -1, "partly_paid"), (0, 1, "overdue"), (1, 1, "overdue"), (500, 1, "paid")],
)
def test_how_an_invoice_stands(paid: int, late: int, state: str) -> None:
    at = NOON + timedelta(days=late)
    assert invoice_state(gross=Money(500, EUR), paid=Money(paid, EUR), due_at=NOON, at=at) == state


NEWS = (Settled("p", Money(1, EUR)), Declined("cancelled"), Waiting(None), Unknown())


@pytest.mark.parametrize("order", list(permutations(NEWS)))
def test_money_that_came_stays_come_in_any_order(order) -> None:
    state = "waiting"
    for news in order:
        state = attempt_after(state, news)
    assert state == "settled"


@pytest.mark.parametrize(
    ("state", "news", "then"),
    [
        ("waiting", Declined("expired"), "declined"),
        ("unknown", Declined("never_asked"), "declined"),
        ("declined", Waiting(None), "declined"),
        ("declined", Unknown(), "declined"),
        ("waiting", Unknown(), "unknown"),
        ("unknown", Waiting("https://x/"), "waiting"),
    ],
)
def test_how_an_attempt_goes_on(state, news, then) -> None:
    assert attempt_after(state, news) == then


texts = st.text(max_size=40)


@given(st.builds(Party, texts, texts, texts, texts, texts, texts, texts, texts, texts, texts))
def test_a_buyers_block_comes_back_as_it_went(party: Party) -> None:
    assert from_json(to_json(party)) == party
    assert "Party" not in repr(party)


def test_a_buyers_block_shows_what_there_is() -> None:
    assert Party("C-1").lines() == ("C-1",)
    assert Party("C-1", email="a@example.test").lines() == ("a@example.test",)
    full = Party("C-1", name="Ann", company="Ann & Co", address="1 Way\nDoor 2", city="Utrecht",
                 postal_code="3500", country="NL", tax_id="NL1", email="a@example.test")
    assert full.lines() == ("Ann & Co", "Ann", "1 Way", "Door 2", "3500 Utrecht", "NL", "NL1")
    assert full.is_placed
    assert not Party("C-1", name="Ann").is_placed


def test_a_block_of_a_later_version_can_still_be_read() -> None:
    assert from_json('{"number": "C-1", "fax": "1", "name": "Ann"}') == Party("C-1", name="Ann")
