"""Rates and places: what is known, from when, and for whom a country's tax does not hold."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from hostkeep.billing.rules.taxing.places import area_at, area_of
from hostkeep.billing.rules.taxing.rates import KNOWN, UNION, BadRates, Span, book_of, rows_of, spans_by_place
from hostkeep.brands.rules.taxing import read_tax
from hostkeep.kernel.countries import COUNTRIES
from hostkeep.kernel.money import MILLION

DAY = date(2026, 3, 1)
LEAST, MOST = 150_000, 270_000
"""Source: Council Directive 2006/112/EC, art. 97 (15 %); no member state is above Hungary's 27 %."""


def rate(country: str, day: date = DAY, region: str = "", kind: str = "standard") -> int | None:
    return book_of().rate(country, region, kind, day)


def test_every_member_state_has_one_rate_on_every_day() -> None:
    assert len(UNION) == 27
    for country in UNION:
        days = [date(2020, 1, 1) + timedelta(days=n) for n in range(0, 2600, 7)]
        found = {rate(country, day) for day in days}
        assert all(each is not None and LEAST <= each <= MOST for each in found), (country, found)


@pytest.mark.parametrize(
    ("country", "day", "percent"),
    [
        ("DE", date(2020, 6, 30), 19), ("DE", date(2020, 7, 1), 16), ("DE", date(2020, 12, 31), 16),
        ("DE", date(2021, 1, 1), 19), ("EE", date(2023, 12, 31), 20), ("EE", date(2024, 1, 1), 22),
        ("EE", date(2025, 7, 1), 24), ("FI", date(2024, 8, 31), 24), ("FI", date(2024, 9, 1), 25.5),
        ("LU", date(2023, 6, 1), 16), ("LU", date(2024, 1, 1), 17), ("RO", date(2025, 7, 31), 19),
        ("RO", date(2025, 8, 1), 21), ("SK", date(2024, 12, 31), 20), ("SK", date(2025, 1, 1), 23),
        ("CH", date(2023, 12, 31), 7.7), ("CH", date(2024, 1, 1), 8.1), ("GB", DAY, 20), ("NO", DAY, 25),
        ("VN", DAY, 10),
    ],
)  # fmt: skip
def test_rates_change_on_their_day(country: str, day: date, percent: float) -> None:
    assert rate(country, day) == int(percent * 10_000)


def test_the_lower_rate_of_viet_nam_is_there_for_who_asks_and_ends() -> None:
    assert rate("VN", DAY, kind="temporary") == 80_000
    assert rate("VN", date(2026, 12, 31), kind="temporary") == 80_000
    assert rate("VN", date(2027, 1, 1), kind="temporary") == 100_000
    assert rate("VN", date(2023, 3, 1), kind="temporary") == 100_000  # between two decrees
    assert rate("DE", DAY, kind="temporary") == 190_000


def test_regions_with_rates_of_their_own() -> None:
    assert rate("PT", region="20") == 160_000
    assert rate("PT", region="30") == 220_000
    assert rate("PT", date(2020, 1, 1), region="20") == 180_000
    assert rate("AT", region="JUN") == 190_000
    assert rate("PT", region="11") == 230_000


def test_there_is_no_federal_sales_tax() -> None:
    assert rate("US") is None
    assert rate("US", region="TX") is None


def test_each_row_of_the_tables_can_be_and_says_where_it_is_from() -> None:
    for row in rows_of("rates.csv"):
        assert row["country"] in COUNTRIES
        assert row["source"]
        assert date.fromisoformat(row["from"]) < KNOWN
    for row in rows_of("territories.csv"):
        assert row["country"] in COUNTRIES
        assert len(row["region"]) <= 8
        assert row["source"]
        how, _, other = row["treated"].partition(" ")
        assert how in {"outside", "own", "same"} or (how == "as" and rate(other) is not None)
    assert len(rows_of("states.csv")) == 51


@pytest.mark.parametrize(
    ("country", "region", "postal", "area"),
    [
        ("ES", "", "35001", ("ES", "CN", "")), ("ES", "Canary Islands", "", ("ES", "CN", "")),
        ("ES", "cn", "28001", ("ES", "CN", "")), ("ES", "", "28001", ("ES", "", "ES")),
        ("ES", "", "51 001", ("ES", "CE", "")), ("ES", "", "52001", ("ES", "ML", "")),
        ("IT", "", "23041", ("IT", "LIV", "")), ("IT", "", "22061", ("IT", "CAM", "")),
        ("DE", "", "78266", ("DE", "BUS", "")), ("DE", "", "27498", ("DE", "HEL", "")),
        ("DE", "", "10115", ("DE", "", "DE")), ("FI", "", "22100", ("FI", "01", "")),
        ("FI", "Åland", "", ("FI", "01", "")), ("AX", "", "", ("AX", "", "AX")),
        ("GR", "", "63086", ("GR", "69", "")), ("EL", "", "", ("GR", "", "GR")),
        ("GB", "", "BT1 1AA", ("GB", "NIR", "GB")), ("GB", "", "B1 1AA", ("GB", "", "GB")),
        ("MC", "", "", ("MC", "", "FR")), ("IM", "", "", ("IM", "", "GB")), ("LI", "", "", ("LI", "", "CH")),
        ("FR", "", "97400", ("FR", "974", "")), ("FR", "", "75001", ("FR", "", "FR")),
        ("PT", "", "9000-001", ("PT", "30", "PT")), ("PT", "", "9500-321", ("PT", "20", "PT")),
        ("US", "texas", "", ("US", "TX", "US")), ("US", "TX", "", ("US", "TX", "US")),
        ("US", "Nowhere", "", ("US", "", "US")), (" de ", "", "", ("DE", "", "DE")),
        ("", "", "", ("", "", "")), ("XX", "", "", ("", "", "")), ("Germany", "", "", ("", "", "")),
        ("D" * 500, "R" * 500, "1" * 500, ("", "", "")), ("DE", "R" * 500, "1" * 500, ("DE", "", "DE")),
    ],
)  # fmt: skip
def test_where_an_address_lies(country: str, region: str, postal: str, area: tuple[str, str, str]) -> None:
    found = area_of(country, region=region, postal_code=postal)
    assert (found.country, found.region, found.taxed) == area


def test_an_owner_writes_regions_that_no_table_knows() -> None:
    assert area_at("CA", "qc").region == "QC"
    assert area_at("US", "TX").region == "TX"
    assert area_at("ES", "CN").taxed == ""


def test_what_the_owner_set_goes_before_the_house() -> None:
    own = read_tax({"rates": [
        {"country": "DE", "rate": 200_000, "from": "2027-01-01"},
        {"country": "US", "region": "TX", "rate": 82_500},
    ]}).rates  # fmt: skip
    book = book_of(own)
    assert book.rate("DE", "", "standard", date(2026, 12, 31)) == 190_000
    assert book.rate("DE", "", "standard", date(2027, 1, 1)) == 200_000
    assert book.rate("US", "TX", "standard", DAY) == 82_500
    assert book.rate("US", "CA", "standard", DAY) is None
    assert book.has_own("US", "TX")
    assert not book.has_own("US", "")


def test_tables_that_cannot_be_are_refused() -> None:
    place = ("DE", "", "standard")
    for bad in (Span(MILLION + 1, DAY, DAY, ""), Span(-1, DAY, DAY, ""), Span(1, DAY, DAY - timedelta(1), "")):
        with pytest.raises(BadRates):
            spans_by_place([(place, bad)])
    week = timedelta(7)
    with pytest.raises(BadRates, match="two rates"):
        spans_by_place([(place, Span(1, DAY, DAY + week, "")), (place, Span(2, DAY + week, DAY + 2 * week, ""))])
    assert len(spans_by_place([(place, Span(1, DAY, DAY, "")), (("DE", "", "x"), Span(2, DAY, DAY, ""))])) == 2
