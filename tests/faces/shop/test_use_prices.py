"""What use costs stands in the shop before anybody buys, in the reader's words and the cart's currency."""

from __future__ import annotations

import re
import shutil

import pytest

from hostkeep.kernel.ids import BrandId
from hostkeep.runtime import brand as running_brand
from tests.everything import BRAND, FOLDER, Customer, load_everything
from tests.faces.api.conftest import Program
from tests.faces.shop.conftest import Browser, gateway, text

__all__ = ["gateway"]

TIERS = """    - slug: calls
      label: {en: Calls, vi: Lượt gọi}
      model: volume
      unit: k
      per: 1000
      tiers:
      - {up_to: 10, rates: {EUR: 50000000, USD: 55000000, VND: 12500000000}}
      - {rates: {EUR: 500000, USD: 550000, VND: 125000000}, flat: {EUR: 100, USD: 110, VND: 25000}}
    plans:
    - {slug: monthly, months: 1, prices: {EUR: 100, USD: 120, VND: 28000}}
"""
"""A second meter of the secret box, with spans."""


def words(page) -> str:
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", text(page)).split())


@pytest.fixture
def loaded(db, gateway, tmp_path) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "brand")
    file = folder / "catalogue.yaml"
    plans = TIERS[TIERS.index("    plans:"):]
    whole = file.read_text(encoding="utf-8")
    assert whole.count(plans) == 1
    file.write_text(whole.replace(plans, TIERS), encoding="utf-8")
    load_everything(folder)


@pytest.mark.usefixtures("loaded")
def test_the_product_says_what_its_use_costs() -> None:
    browser = Browser(BRAND)
    said = words(browser.get("/products/secret-box/", currency="EUR"))
    for each in (
        "Traffic out 100 GB a month included Above 100 GB €0.02 for each GB", "billed afterwards",
        "Calls Up to 10 k €0.50 for each k Above 10 k €1.00, and €0.005 for each k",
        "The price of the part that the whole falls into holds for all that is counted.",
    ):  # fmt: skip
        assert each in said, each
    assert "$0.022 for each GB" in words(browser.get("/products/secret-box/", currency="USD"))
    assert "500\N{NO-BREAK SPACE}₫" in browser.get("/products/secret-box/", currency="VND").content.decode()
    plain = words(browser.get("/products/box/"))
    assert "What you use" not in plain and "billed afterwards" not in plain


@pytest.mark.usefixtures("loaded")
def test_cart_and_checkout_name_that_use_is_billed_afterwards() -> None:
    ann = Customer.at("DE")
    ann.fills("secret-box")
    browser = Browser(BRAND)
    with running_brand.during(BrandId(BRAND)):
        browser.client.force_login(ann.user)
    for path in ("/cart/", "/checkout/"):
        said = words(browser.get(path))
        assert "What Secret box uses is counted and billed afterwards" in said, path
        assert "100 GB a month included. Above 100 GB: €0.02 for each GB" in said, path


@pytest.mark.usefixtures("loaded")
def test_a_visitors_summary_names_it_too() -> None:
    browser = Browser(BRAND)
    browser.puts("secret-box", currency="USD")
    said = words(browser.get("/checkout/"))
    assert "What Secret box uses is counted and billed afterwards" in said
    assert "Above 100 GB: $0.022 for each GB" in said


@pytest.mark.usefixtures("loaded")
def test_programs_are_told_the_same() -> None:
    meters = Program(BRAND).get("/catalogue/products/secret-box?currency=USD").json()["meters"]
    assert [(each["slug"], each["prices"]["included"], each["prices"]["tiers"][0]["rate"]) for each in meters] == [
        ("traffic", 100, 2_200_000), ("calls", 0, 55_000_000),
    ]  # fmt: skip
    assert Program(BRAND).get("/catalogue/products/box").json()["meters"] == []


def test_what_a_policy_does_not_let_be_counted_is_not_offered(db) -> None:
    """A catalogue that was loaded under an earlier policy shows no prices of use under this one."""
    from hostkeep.brands.queries import policy_in_force
    from hostkeep.flows.using import sold_with
    from tests.conftest import NOON

    load_everything()
    asked = {"brand": BrandId(BRAND), "products": ["secret-box"], "currency": "EUR", "language": "en"}
    assert sold_with(policy_in_force("vpn", NOON), **asked) == {}
    assert set(sold_with(policy_in_force(BRAND, NOON), **asked)) == {"secret-box"}
