"""What the owner of a brand is told about its `[tax]`."""

from __future__ import annotations

from datetime import date

import pytest

from hostkeep.billing.rules.taxing.advice import advise
from hostkeep.billing.rules.taxing.places import area_of
from hostkeep.billing.rules.taxing.placing import Seller
from hostkeep.billing.rules.taxing.rates import KNOWN, book_of
from hostkeep.brands.rules.taxing import read_tax
from tests.ground.policy.small import EVERYTHING, brand
from hostkeep.policy.compile import compile_policy

YEARS = "class: fiscal, until: invoice.year_ended, plus: P7Y2D"
TEN = EVERYTHING.replace(YEARS, YEARS.replace("P7Y2D", "P10Y"))
WHOLE = compile_policy(TEN, file="everything/policy.yaml")


def seller(country: str = "DE", **said: object) -> Seller:
    settings = read_tax({"scheme": "oss", "registry": "vies", **said})
    return Seller(area_of(country), settings, book_of(settings.rates))


def test_nothing_is_said_where_all_is_in_place() -> None:
    assert advise(seller(), WHOLE, KNOWN) == ()


@pytest.mark.parametrize(
    ("said", "country", "words"),
    [
        ({"registry": ""}, "DE", "looked up nowhere"),
        ({"scheme": "domestic", "threshold": "over"}, "DE", "over the threshold"),
        ({"scheme": "domestic"}, "GB", "from the first sale"),
        ({"scheme": "oss"}, "US", "no rate is known"),
    ],
)
def test_what_is_missing_is_said(said, country: str, words: str) -> None:
    (sentence,) = advise(seller(country, **said), WHOLE, KNOWN)
    assert words in sentence


def test_a_policy_that_asks_for_no_address_leaves_one_rate(monkeypatch) -> None:
    told = advise(seller("EE"), brand("vpn"), KNOWN)
    assert any("nobody's country is known" in sentence for sentence in told)
    assert any("does not let billing read a tax number" in sentence for sentence in told)


def test_rates_grow_old() -> None:
    (sentence,) = advise(seller(), WHOLE, date(2026, 11, 27))
    assert str(KNOWN) in sentence


@pytest.mark.parametrize("plus", ["P7Y2D", "P9Y364D"])
def test_records_of_the_one_stop_shop_are_kept_ten_years(plus: str) -> None:
    """Directive 2006/112/EC, art. 369k.  A brand without it keeps them as long as its own law says."""
    short = compile_policy(EVERYTHING.replace(YEARS, YEARS.replace("P7Y2D", plus)), file="everything/policy.yaml")
    (sentence,) = advise(seller(), short, KNOWN)
    assert "kept for ten years" in sentence and "art. 369k" in sentence
    assert f"after {plus[1]} years" in sentence and "Decide before" in sentence, "what is kept, and what is to be done"
    assert advise(seller(scheme="domestic"), short, KNOWN) == ()
