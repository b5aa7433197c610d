"""The profile says at each field why it is asked."""

from __future__ import annotations

import pytest

from tests.faces.assistive import Page, unexplained
from tests.faces.client.conftest import BRANDS
from tests.faces.shop.conftest import text


@pytest.mark.parametrize("brand", BRANDS)
def test_each_field_of_the_profile_says_why(member, brand: str) -> None:
    read = Page(text(member(brand).get("/account/profile/")))

    assert "language" in read.controls
    assert unexplained(read) == []
