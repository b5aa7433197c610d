"""A catalogue goes on sale; what changes in it changes nothing that was sold."""

from __future__ import annotations

import pytest
from django.test.utils import CaptureQueriesContext
from django.db import connection

from hostkeep.kernel.money import EUR, VND, Money
from hostkeep.shop.errors import CatalogueRefused, NoSuchProduct
from hostkeep.shop.models import ChoicePrice, Price, Product
from hostkeep.shop.queries.shelves import catalogue_digest, groups_of, product_by_slug
from tests.rooms.shop.conftest import CATALOGUE, OTHER, SHOP, Shop, wish


def test_the_shelves_show_what_the_file_says(shop: Shop) -> None:
    servers, names = groups_of(SHOP, currency="EUR", language="vi")
    assert (servers.name, names.name) == ("Máy chủ", "Names")
    assert servers.labels == ("vCPU",)
    one = servers.cards[0]
    assert (one.name, one.plan.price, one.sold_out) == ("Một", Money(690, EUR), False)
    assert [card.slug for card in names.cards] == ["name"]


def test_another_currency_has_its_own_prices(shop: Shop) -> None:
    servers = groups_of(SHOP, currency="VND", language="en")[0]
    assert servers.cards[0].plan.price == Money(129_000, VND)
    assert groups_of(SHOP, currency="XXX", language="en") == ()


def test_a_brand_shows_its_own_alone(shop: Shop) -> None:
    assert groups_of(OTHER, currency="EUR", language="en") == ()
    with pytest.raises(NoSuchProduct):
        product_by_slug(OTHER, "one", currency="EUR", language="en")


def test_a_product_page_has_plans_options_and_questions(shop: Shop) -> None:
    one = product_by_slug(SHOP, "one", currency="EUR", language="en")
    assert [(p.slug, p.term.months, p.price.minor, p.setup.minor) for p in one.plans] == [
        ("monthly", 1, 690, 0),
        ("yearly", 12, 6900, 100),
    ]
    assert one.plans[1].monthly == Money(575, EUR)
    disk, move = one.options
    assert [(c.slug, c.monthly.minor) for c in disk.choices] == [("small", 0), ("large", 400)]
    assert move.choices[1].once == Money(2500, EUR)
    name = product_by_slug(SHOP, "name", currency="EUR", language="en")
    assert (name.questions[0].slug, name.questions[0].ending) == ("domain", ".vn")
    assert (name.requires, name.recipient, name.resold) == (("registrant", "gov_id"), "vnnic", True)


def test_a_hidden_product_has_a_page_all_the_same(shop: Shop) -> None:
    assert product_by_slug(SHOP, "secret", currency="EUR", language="en").name == "Secret"


def test_what_is_not_there_is_not_found(shop: Shop) -> None:
    for slug in ("nothing", "", "one'--", "x" * 500):
        with pytest.raises(NoSuchProduct):
            product_by_slug(SHOP, slug, currency="EUR", language="en")


def test_the_same_file_again_changes_nothing(shop: Shop) -> None:
    digest = catalogue_digest(SHOP)
    before = list(Price.objects.order_by("id").values())
    again = shop.loads()
    assert (again.changed, again.groups, again.products) == (False, 2, 4)
    assert catalogue_digest(SHOP) == digest != ""
    assert list(Price.objects.order_by("id").values()) == before


def test_an_equal_catalogue_under_another_digest_keeps_every_price(shop: Shop) -> None:
    before = list(Price.objects.order_by("id").values())
    assert shop.loads(CATALOGUE + "\n# a remark\n").changed
    assert list(Price.objects.order_by("id").values()) == before


def test_a_changed_price_keeps_its_history(shop: Shop) -> None:
    shop.loads(CATALOGUE.replace("EUR: 690,", "EUR: 790,"))
    history = Price.objects.filter(plan__slug="monthly", plan__product__slug="one", currency="EUR")
    assert [(p.minor, p.until is None) for p in history.order_by("since", "id")] == [(690, False), (790, True)]
    assert groups_of(SHOP, currency="EUR", language="en")[0].cards[0].plan.price == Money(790, EUR)


def test_a_changed_extra_keeps_its_history(shop: Shop) -> None:
    shop.loads(CATALOGUE.replace("EUR: 400", "EUR: 500"))
    history = ChoicePrice.objects.filter(choice__slug="large", currency="EUR").order_by("since", "id")
    assert [(p.monthly_minor, p.until is None) for p in history] == [(400, False), (500, True)]


def test_what_disappears_is_retired_and_comes_back(shop: Shop) -> None:
    without = CATALOGUE[: CATALOGUE.index("- slug: names")]
    shop.loads(without)
    assert [group.slug for group in groups_of(SHOP, currency="EUR", language="en")] == ["servers"]
    with pytest.raises(NoSuchProduct):
        product_by_slug(SHOP, "name", currency="EUR", language="en")
    assert Product.objects.get(brand=SHOP, slug="name").retired_at is not None
    kept = Product.objects.get(brand=SHOP, slug="name").id
    shop.loads()
    assert product_by_slug(SHOP, "name", currency="EUR", language="en").name == ".vn"
    assert Product.objects.get(brand=SHOP, slug="name").id == kept


def test_plans_options_and_choices_retire_too(shop: Shop) -> None:
    text = CATALOGUE
    for gone in (
        "    - slug: yearly\n      months: 12\n      prices: {EUR: 6900, USD: 7500, VND: 1290000}\n"
        "      setup: {EUR: 100, USD: 110, VND: 20000}\n",
        "      - {slug: staff, label: You do it, setup: {EUR: 2500, USD: 2700, VND: 500000}}\n",
        "    options:\n    - {slug: colour, label: Colour, choices: [{slug: red, label: Red}]}\n",
    ):
        assert gone in text
        text = text.replace(gone, "")
    shop.loads(text)
    one = product_by_slug(SHOP, "one", currency="EUR", language="en")
    assert [plan.slug for plan in one.plans] == ["monthly"]
    assert [choice.slug for choice in one.options[1].choices] == ["self"]
    assert product_by_slug(SHOP, "rare", currency="EUR", language="en").options == ()


def test_a_bad_file_changes_nothing(shop: Shop) -> None:
    digest = catalogue_digest(SHOP)
    with pytest.raises(CatalogueRefused):
        shop.loads(CATALOGUE.replace("months: 12", "months: 0", 1))
    assert catalogue_digest(SHOP) == digest


@pytest.mark.parametrize(
    ("line", "left"),
    [("    stock: 5\n", 4), ("    stock: 1\n", 0), ("    stock: 0\n", 0), ("", None), ("    stock: 2\n", 1)],
)
def test_a_new_stock_counts_what_was_sold(shop: Shop, line: str, left: int | None) -> None:
    shop.orders(shop.cart(wish("rare")), shop.customer())
    shop.loads(CATALOGUE.replace("    stock: 2\n", line) + "\n")
    assert product_by_slug(SHOP, "rare", currency="EUR", language="en").left == left


def test_two_brands_may_use_one_slug(shop: Shop, other_shop: Shop) -> None:
    other_shop.loads(CATALOGUE.replace("EUR: 690,", "EUR: 990,"))
    assert groups_of(SHOP, currency="EUR", language="en")[0].cards[0].plan.price == Money(690, EUR)
    assert groups_of(OTHER, currency="EUR", language="en")[0].cards[0].plan.price == Money(990, EUR)


def test_the_shelves_cost_one_query_once_they_are_known(shop: Shop) -> None:
    with CaptureQueriesContext(connection) as first:
        groups_of(SHOP, currency="EUR", language="en")
    with CaptureQueriesContext(connection) as second:
        groups_of(SHOP, currency="EUR", language="en")
    assert (len(first), len(second)) == (2, 1)
    with CaptureQueriesContext(connection) as product:
        product_by_slug(SHOP, "one", currency="EUR", language="en")
    assert len(product) == 3


def test_a_sold_out_product_says_so_at_once(shop: Shop) -> None:
    assert not groups_of(SHOP, currency="EUR", language="en")[0].cards[1].sold_out
    shop.orders(shop.cart(wish("rare", quantity=2)), shop.customer())
    assert groups_of(SHOP, currency="EUR", language="en")[0].cards[1].sold_out
