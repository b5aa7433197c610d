"""What an order asks beyond the account says why, at the field."""

from __future__ import annotations

import pytest

from tests.faces.assistive import Page, unexplained
from tests.faces.shop.conftest import text


@pytest.mark.parametrize(
    ("brand", "product", "asked"),
    [("vietnam-server", "ten-mien-vn", {"registrant", "gov_id"}), ("vps6", None, {"gov_id"})],
)
def test_each_field_of_an_order_says_why(browser, gateway, brand: str, product: str | None, asked: set[str]) -> None:
    ann = browser(brand)
    ann.signs_in()
    wanted = product or _needs_id(ann)
    ann.puts(wanted, **{"answer-domain": "vi-du.vn"})
    read = Page(text(ann.get("/checkout/")))

    assert asked <= read.controls.keys()
    assert unexplained(read) == []


def _needs_id(ann) -> str:
    """The product that asks for a government ID."""
    for number in range(20):
        slug = ann.product(number)
        if "Government ID" in text(ann.get(f"/products/{slug}/", lang="en")):
            return slug
    raise AssertionError("no such product")
