"""Customer numbers: one that is taken is drawn again, and nobody's sign-up fails over it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import IntegrityError

from hostkeep.people import numbering
from hostkeep.people.models import Account
from hostkeep.people.numbering import DRAWS, numbered_account
from tests.conftest import make_act


def draws(monkeypatch: pytest.MonkeyPatch, *numbers: int) -> list[int]:
    """Let these numbers be drawn, in this order; the last for good.  Return those that are left."""
    left = list(numbers)

    def drawn(ceiling: int) -> int:
        assert ceiling == 10**8
        return left.pop(0) if len(left) > 1 else left[0]

    monkeypatch.setattr(numbering.secrets, "randbelow", drawn)
    return left


def opened(brand: str = "vps6", *, canary: bool = False) -> Account:
    return numbered_account(make_act(brand=brand), subject=uuid4(), language="en", canary=canary)


def test_a_number_that_another_customer_has_is_drawn_again(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    left = draws(monkeypatch, 7, 7, 7, 12345678, 99)
    numbers = [opened().number, opened().number]
    assert (numbers, left) == (["00000007", "12345678"], [99])
    assert Account.objects.filter(number__in=numbers).count() == 2


def test_a_number_is_one_customers_at_one_brand(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    draws(monkeypatch, 7)
    assert [opened("vps6").number, opened("vpn").number] == ["00000007", "00000007"]


def test_where_none_is_free_that_is_an_error_and_no_endless_search(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    monkeypatch.setattr(numbering.secrets, "randbelow", lambda _: counted.append(1) or 7)
    opened()
    with pytest.raises(IntegrityError):
        opened()
    assert len(counted) == 1 + DRAWS


def test_what_else_an_account_may_not_be_is_refused_at_once(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    Account.objects.filter(brand="vps6", canary=True).delete()
    left = draws(monkeypatch, 7, 8, 9)
    opened(canary=True)
    with pytest.raises(IntegrityError):
        opened(canary=True)
    assert left == [9]
