"""Staff at the back office, and customers whose orders they see."""

from __future__ import annotations

import pytest

from tests.faces.client.conftest import Member
from tests.faces.services.conftest import Staff, staff
from tests.faces.shop.conftest import gateway

__all__ = ["gateway", "staff", "Staff"]


@pytest.fixture
def ann(db: None) -> Member:
    return Member("vps6")


@pytest.fixture
def ordered(ann: Member, gateway) -> Member:
    """Ann, who ordered."""
    ann.puts()
    ann.sends(ann.get("/checkout/"), "/checkout/", gateway="testpay")
    return ann
