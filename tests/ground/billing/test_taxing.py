"""The place of supply, for every seller, buyer and item."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.billing.rules.lines import Line, totals
from hostkeep.billing.rules.taxing import codes
from hostkeep.billing.rules.taxing.places import NOWHERE, area_of
from hostkeep.billing.rules.taxing.placing import Buyer, Seller, place
from hostkeep.billing.rules.taxing.prices import due
from hostkeep.billing.rules.taxing.proving import Where, agree, buyer_of, written
from hostkeep.billing.rules.taxing.rates import UNION, book_of
from hostkeep.brands.rules.taxing import TaxClass, read_tax
from hostkeep.kernel.countries import COUNTRIES
from hostkeep.kernel.ids import Ref
from hostkeep.kernel.money import EUR, MILLION, Money
from uuid import UUID

DAY = date(2026, 3, 1)
ITEM = TaxClass()


def seller(country: str, region: str = "", **said: object) -> Seller:
    settings = read_tax(said)
    return Seller(area_of(country, region=region), settings, book_of(settings.rates))


def decide(one: Seller, country: str, number: str = "none", *, region: str = "", postal: str = "", item=ITEM):
    found = place(one, Buyer(area_of(country, region=region, postal_code=postal), number), item, DAY)
    return found.rule, found.country, found.rate // 10_000, found.category


OSS = {"scheme": "oss"}
OVER = {"threshold": "over"}


@pytest.mark.parametrize(
    ("home", "said", "country", "number", "expected"),
    [
        # A seller in Germany
        ("DE", OSS, "DE", "none", ("domestic", "DE", 19, "S")),
        ("DE", OSS, "DE", "valid", ("domestic", "DE", 19, "S")),
        ("DE", OSS, "FR", "none", ("destination", "FR", 20, "S")),
        ("DE", OSS, "MC", "none", ("destination", "MC", 20, "S")),
        ("DE", OSS, "FR", "invalid", ("destination", "FR", 20, "S")),
        ("DE", OSS, "FR", "unknown", ("destination", "FR", 20, "S")),
        ("DE", OSS, "FR", "valid", ("reverse_charge", "FR", 0, "AE")),
        ("DE", {**OSS, "unknown_number": "trust"}, "FR", "unknown", ("reverse_charge", "FR", 0, "AE")),
        ("DE", {}, "FR", "none", ("threshold", "DE", 19, "S")),
        ("DE", OVER, "FR", "none", ("destination", "FR", 20, "S")),
        ("DE", {"registrations": {"FR": "FR00"}}, "FR", "none", ("destination", "FR", 20, "S")),
        ("DE", OSS, "US", "none", ("outside", "US", 0, "O")),
        ("DE", OSS, "GB", "none", ("outside", "GB", 0, "O")),
        ("DE", {"registrations": {"GB": "GB1"}}, "GB", "none", ("destination", "GB", 20, "S")),
        ("DE", {"registrations": {"CH": "CHE"}}, "LI", "none", ("destination", "LI", 8, "S")),
        ("DE", OSS, "AX", "none", ("outside", "AX", 0, "O")),
        ("DE", OSS, "", "none", ("seller_rate", "", 19, "S")),
        ("DE", {"scheme": "exempt"}, "FR", "valid", ("exempt_seller", "DE", 0, "E")),
        ("DE", {"scheme": "none"}, "FR", "none", ("no_registration", "DE", 0, "O")),
        # A seller in Great Britain
        ("GB", {}, "GB", "none", ("domestic", "GB", 20, "S")),
        ("GB", {}, "IM", "none", ("domestic", "IM", 20, "S")),
        ("GB", {}, "DE", "none", ("outside", "DE", 0, "O")),
        ("GB", OSS, "DE", "none", ("destination", "DE", 19, "S")),
        ("GB", OSS, "DE", "valid", ("reverse_charge", "DE", 0, "AE")),
        ("GB", {}, "DE", "valid", ("outside", "DE", 0, "O")),
        # A seller in Viet Nam
        ("VN", {}, "VN", "none", ("domestic", "VN", 10, "S")),
        ("VN", {}, "DE", "none", ("outside", "DE", 0, "G")),
        ("VN", OSS, "DE", "none", ("destination", "DE", 19, "S")),
        # A seller in the United States
        ("US", {}, "US", "none", ("no_registration", "US", 0, "O")),
        ("US", {}, "DE", "none", ("outside", "DE", 0, "O")),
        ("US", OSS, "DE", "none", ("destination", "DE", 19, "S")),
        ("US", {}, "", "none", ("no_registration", "US", 0, "O")),
        # Elsewhere
        ("JP", {}, "DE", "none", ("outside", "DE", 0, "O")),
        ("JP", {"rates": [{"country": "JP", "rate": 100_000}]}, "JP", "none", ("domestic", "JP", 10, "S")),
    ],
)
def test_whose_tax_a_sale_bears(home: str, said, country: str, number: str, expected) -> None:
    assert decide(seller(home, **said), country, number) == expected


def test_territories_outside_their_countrys_tax() -> None:
    spain = seller("ES", scheme="oss")
    assert decide(spain, "ES", postal="35001") == ("outside", "ES", 0, "O")
    assert decide(spain, "ES", postal="28001") == ("domestic", "ES", 21, "S")
    assert decide(seller("DE", scheme="oss"), "ES", "valid", postal="35001") == ("outside", "ES", 0, "O")
    assert decide(seller("DE", scheme="oss"), "PT", postal="9500-001") == ("destination", "PT", 16, "S")
    assert decide(seller("PT"), "PT", postal="9500-001") == ("domestic", "PT", 16, "S")
    canary = seller("ES", "CN", rates=[{"country": "ES", "region": "CN", "rate": 70_000}])
    assert decide(canary, "ES", region="CN") == ("local", "ES", 7, "S")
    assert decide(canary, "") == ("seller_rate", "", 7, "S")
    assert decide(seller("ES", "CN"), "") == ("no_registration", "ES", 0, "O")


def test_states_tax_by_what_the_owner_configured() -> None:
    texan = seller("US", "TX", rates=[
        {"country": "US", "region": "TX", "rate": 60_000}, {"country": "US", "region": "NY", "rate": 40_000},
    ])  # fmt: skip
    assert decide(texan, "US", region="Texas") == ("local", "US", 6, "S")
    assert decide(texan, "US", region="NY") == ("local", "US", 4, "S")
    assert decide(texan, "US", region="OR") == ("no_registration", "US", 0, "O")
    assert decide(texan, "US") == ("no_registration", "US", 0, "O")
    assert decide(texan, "") == ("seller_rate", "", 6, "S")
    # A state is no country of the Union: nobody owes there by a German's One Stop Shop.
    assert decide(seller("DE", scheme="oss"), "US", region="TX") == ("outside", "US", 0, "O")


def test_products_are_taxed_by_their_class() -> None:
    german = seller("DE", scheme="oss")
    goods, free = TaxClass("goods"), TaxClass("exempt", exemption="VATEX-EU-132-1I")
    assert decide(german, "FR", "valid", item=goods) == ("reverse_charge", "FR", 0, "K")
    assert decide(german, "US", item=goods) == ("outside", "US", 0, "G")
    assert decide(german, "FR", item=goods) == ("destination", "FR", 20, "S")
    assert decide(german, "DE", item=free) == ("exempt_item", "DE", 0, "E")
    assert place(german, Buyer(NOWHERE), free, DAY).exemption == "VATEX-EU-132-1I"
    assert decide(german, "DE", item=TaxClass("outside")) == ("outside", "DE", 0, "O")
    assert decide(seller("VN"), "VN", item=TaxClass(kind="temporary")) == ("domestic", "VN", 8, "S")


SCHEMES = st.fixed_dictionaries({
    "scheme": st.sampled_from(["none", "domestic", "oss", "exempt"]),
    "threshold": st.sampled_from(["under", "over"]),
    "unknown_number": st.sampled_from(["charge", "trust"]),
    "registrations": st.dictionaries(st.sampled_from(sorted(COUNTRIES)), st.just("1"), max_size=3),
})  # fmt: skip
PLACES = st.sampled_from([*sorted(COUNTRIES), "", "XX"])
ITEMS = st.builds(
    TaxClass, st.sampled_from(["electronic", "goods", "exempt", "outside"]),
    st.sampled_from(["standard", "temporary", "nothing"]),
)  # fmt: skip
NUMBERS = st.sampled_from(["none", "valid", "invalid", "unknown"])


@given(PLACES, PLACES, SCHEMES, ITEMS, NUMBERS, st.text(max_size=12), st.text(max_size=8), st.dates())
def test_every_sale_gets_an_answer_that_a_document_may_carry(
    home, country, said, item, number, region, postal, day
) -> None:
    where = area_of(country, region=region, postal_code=postal)
    found = place(seller(home, **said), Buyer(where, number), item, day)
    assert codes.fits(found.category, found.exemption, found.rate)
    assert 0 <= found.rate <= MILLION
    assert len(found.country) in {0, 2}
    assert len(found.region) <= 8
    assert len(found.rule) <= 24
    if found.category == "AE":
        assert number in {"valid", "unknown"}
        assert found.country in COUNTRIES
        assert found.country != home
    if found.rule in {"domestic", "destination"}:
        assert found.country == where.country


@pytest.mark.parametrize("home", sorted(UNION))
def test_inside_the_union_a_consumer_bears_one_countrys_rate_and_a_business_none_abroad(home: str) -> None:
    book = book_of()
    for country in sorted(UNION):
        there = book.rate(country, "", "standard", DAY)
        assert place(seller(home, scheme="oss"), Buyer(area_of(country)), ITEM, DAY).rate == there
        business = place(seller(home), Buyer(area_of(country), "valid"), ITEM, DAY)
        assert (business.category, business.rate) == (("S", there) if country == home else ("AE", 0))


@given(st.integers(0, 10**9), st.integers(0, 400_000), st.integers(0, 400_000))
def test_inclusive_prices_keep_the_gross_or_the_net(minor: int, home: int, rate: int) -> None:
    listed = Money(minor, EUR)
    assert due(listed, home_rate=home, rate=rate, inclusive="gross") == listed
    other = due(listed, home_rate=home, rate=rate, inclusive="net")
    kept = listed - listed.tax_within(home)
    # What the seller keeps is the same to one unit, which rounding to the gross and back can cost.
    assert abs((other - other.tax_within(rate) - kept).minor) <= 1
    assert due(listed, home_rate=home, rate=home, inclusive="net") == listed


lines = st.lists(
    st.builds(
        lambda minor, quantity, rate: Line(
            "x", quantity, Money(minor, EUR), rate, Ref("x", UUID(int=1)), None, "S" if rate else "Z"
        ),
        st.integers(0, 10**7), st.integers(1, 50), st.sampled_from([0, 81_000, 190_000, 255_000, 270_000]),
    ),
    min_size=1, max_size=8,
)  # fmt: skip


@given(lines, st.sampled_from(["net", "gross"]))
def test_tax_of_each_rate_is_net_times_rate_as_the_standard_wants_it(some: list[Line], prices) -> None:
    """Source: EN 16931-1, BR-CO-17.  From prices with tax in them it can be a cent off: not every gross
    amount is a net plus its rounded tax; the standard's own test leaves one unit of room.
    """
    sums = totals(some, prices=prices)
    assert sums.net + sums.tax == sums.gross
    for each in sums.rates:
        exact = Fraction(each.net.minor * each.rate, MILLION)
        assert abs(each.tax.minor - exact) <= (Fraction(1, 2) if prices == "net" else Fraction(1))


def test_two_proofs_that_agree() -> None:
    assert agree({"address": "DE", "payment": "DE"}) == Where("DE", ("address", "payment"))
    assert agree({"address": "DE", "payment": "DE"}).is_proved
    assert agree({"address": "de"}) == Where("DE", ("address",))
    assert not agree({"address": "DE"}).is_proved
    assert agree({}) == Where("")
    assert agree({"address": "Mars", "payment": ""}) == Where("")


def test_proofs_that_contradict() -> None:
    assert agree({"address": "DE", "payment": "FR"}) == Where("DE", ("address",), ("payment",))
    found = agree({"address": "DE", "payment": "FR", "bank": "FR"})
    assert found == Where("FR", ("payment", "bank"), ("address",))
    assert not found.is_proved
    assert agree({"number": "EL", "address": "GR"}).proofs == ("address", "number")


def test_a_number_counts_where_its_own_country_is_the_buyers() -> None:
    items = {"address": "FR", "number": "FR"}
    assert buyer_of(agree(items), "valid", "FR", ("", "75001")).number == "valid"
    items = {"address": "FR", "number": "DE"}
    buyer = buyer_of(agree(items), "valid", "DE", ("", "97400"))
    assert (buyer.number, buyer.where.region) == ("invalid", "974")
    items = {"address": "ES", "payment": "FR", "bank": "FR"}
    assert buyer_of(agree(items), "none", "", ("Canary Islands", "35001")).where.region == ""
    assert written({"bank": "FR", "address": "ES", "payment": ""}) == "address=ES bank=FR"


HOMES = ("DE", "ES", "FR", "GB", "CH", "NO", "VN", "US", "JP", "MC", "IM", "AX", "")


@pytest.mark.parametrize("home", HOMES)
def test_every_country_in_the_world_gets_an_answer(home: str) -> None:
    """All countries, numbers, schemes and kinds of product; never a rate where the category has none."""
    sellers = [
        seller(home, scheme=scheme, threshold=threshold)
        for scheme in ("none", "domestic", "oss", "exempt") for threshold in ("under", "over")
    ]  # fmt: skip
    items = [TaxClass(treated) for treated in ("electronic", "goods", "exempt", "outside")]
    areas = [area_of(country) for country in (*sorted(COUNTRIES), "")]
    for where in areas:
        for number in ("none", "valid", "invalid", "unknown"):
            buyer = Buyer(where, number)
            for one in sellers:
                for item in items:
                    found = place(one, buyer, item, DAY)
                    assert codes.fits(found.category, found.exemption, found.rate), (where, number, item)
                    assert found.category != "AE" or (where.in_union and number == "valid")
