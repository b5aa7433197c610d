"""Reading `[tax]` of a brand.toml: what cannot be right is refused, in words that say what to write."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.brands.errors import BadProfile
from hostkeep.brands.rules.profile import read_profile
from hostkeep.brands.rules.taxing import TaxClass, TaxSettings, read_tax
from tests.conftest import ROOT

WHOLE = """
scheme = "oss"
threshold = "over"
unknown_number = "trust"
inclusive = "net"
number_days = 60
registry = "vies"

[registrations]
CH = "CHE-123.456.788 MWST"
US-TX = "32000000000"

[[rates]]
country = "US"
region = "tx"
rate = 62500
from = "2026-01-01"
to = "2026-12-31"
source = "comptroller.texas.gov"

[classes]
metal = {treated = "goods"}
lower = {kind = "temporary"}
free = {treated = "exempt", exemption = "VATEX-EU-132-1I"}

[products]
box = "metal"
"""


def refused(why: str, **said: object) -> None:
    with pytest.raises(BadProfile) as refusal:
        read_tax(said)
    assert why in str(refusal.value.facts["why"])


def test_all_of_it_is_read() -> None:
    found = read_tax(tomllib.loads(WHOLE))
    assert (found.scheme, found.threshold, found.unknown_number, found.inclusive) == ("oss", "over", "trust", "net")
    assert (found.number_days, found.registry) == (60, "vies")
    assert found.registrations == {"CH": "CHE-123.456.788 MWST", "US-TX": "32000000000"}
    assert found.rates[0].place == ("US", "TX", "standard")
    assert (found.rates[0].rate, str(found.rates[0].last)) == (62_500, "2026-12-31")
    assert found.class_of("box").treated == "goods"
    assert found.class_of("other") == TaxClass()
    assert found.classes["free"].exemption == "VATEX-EU-132-1I"
    assert read_tax({}) == TaxSettings()


def test_what_cannot_be_right_is_refused() -> None:
    refused("no sceme", sceme="oss")
    refused("scheme is one of", scheme="always")
    refused("scheme is one of", scheme=["oss"])
    refused("number_days", number_days=0)
    refused("number_days", number_days="30")
    refused("is a list", rates={"country": "DE"})
    refused("no country", rates=[{"country": "XX", "rate": 1}])
    refused("no country", rates=[{"rate": 1}])
    for rate in (1_000_001, -1, 0.19, "19", True, None):
        refused("integer in millionths, 0 to 1000000", rates=[{"country": "DE", "rate": rate}])
    refused("a day is written", rates=[{"country": "DE", "rate": 1, "from": "1.1.2026"}])
    refused("ends before", rates=[{"country": "DE", "rate": 1, "from": "2026-02-01", "to": "2026-01-31"}])
    refused("a region", rates=[{"country": "US", "region": "Long Island", "rate": 1}])
    refused("no country", registrations={"XX": "1"})
    refused("has a number", registrations={"DE": 1})
    refused("treated is one of", classes={"a": {"treated": "magic"}})
    refused("there is no class", products={"box": "none"})
    refused("at most", exemption="x" * 500)


def test_two_rates_for_one_day_are_refused() -> None:
    first = {"country": "DE", "rate": 1, "from": "2026-01-01", "to": "2026-06-30"}
    refused("two standard rates of DE", rates=[first, {"country": "DE", "rate": 2, "from": "2026-06-30"}])
    refused("two standard rates of DE", rates=[first, {"country": "DE", "rate": 2}])
    refused("two standard rates of US-TX", rates=[{"country": "US", "region": "TX", "rate": 1}] * 2)
    after = {"country": "DE", "rate": 2, "from": "2026-07-01"}
    assert len(read_tax({"rates": [first, after, {**first, "kind": "low"}, {**first, "region": "BE"}]}).rates) == 4


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
)


@given(st.dictionaries(
    st.sampled_from(["scheme", "rates", "classes", "products", "registrations", "number_days", "exemption"]),
    ANYTHING, max_size=4,
))  # fmt: skip
def test_whatever_stands_there_is_read_or_refused(said) -> None:
    try:
        assert isinstance(read_tax(said), TaxSettings)
    except BadProfile as refusal:
        assert refusal.facts["why"]


def test_a_brand_that_cannot_be_taxed_is_not_loaded() -> None:
    text = (ROOT / "brands/vps6/brand.toml").read_text(encoding="utf-8")
    assert read_profile(text).id == "vps6"
    for bad in (text.replace("tax_rate = 210000", "tax_rate = 1000001"),
                text.replace("tax_rate = 210000", "tax_rate = true"),
                text + '\n[tax]\nscheme = "never"\n',
                text.replace('country = "NL"', 'country = "Holland"') + "\n[tax]\n"):  # fmt: skip
        with pytest.raises(BadProfile):
            read_profile(bad)
    assert read_profile(text + '\n[tax]\nscheme = "oss"\n').whole["tax"] == {"scheme": "oss"}
