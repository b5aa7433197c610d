"""What metered use costs: four models, allowances, caps, and the forecast."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.kernel.money import EUR, MILLION, USD, MixedCurrencies, Money
from hostkeep.kernel.period import Period
from hostkeep.subscriptions.errors import BadReading, BadTariff
from hostkeep.subscriptions.rules.metering import (
    MODELS,
    Tariff,
    Tier,
    charge,
    checked,
    expected,
    from_json,
    to_json,
)

GB = 10**9
CENT = MILLION


def tariff(model: str, *tiers: Tier, included: int = 0, per: int = GB) -> Tariff:
    return checked(Tariff(model, "GB", per, included, tiers))


@st.composite
def tariffs(draw: st.DrawFn, models: tuple[str, ...] = MODELS) -> Tariff:
    model = draw(st.sampled_from(models))
    count = 1 if model == "overage" else draw(st.integers(1, 5))
    ends = sorted(draw(st.sets(st.integers(1, 10_000), min_size=count - 1, max_size=count - 1)))
    rates = st.just(0) if model == "stair_step" else st.integers(0, 50 * CENT)
    tiers = tuple(Tier(end, draw(rates), draw(st.integers(0, 5_000))) for end in [*ends, None])
    return checked(Tariff(model, "GB", draw(st.sampled_from((1, 3600, GB))), draw(st.integers(0, 500)), tiers))


def test_each_span_is_priced_at_its_own_rate() -> None:
    prices = tariff("tiered", Tier(100, 10 * CENT), Tier(1_000, 5 * CENT), Tier(None, CENT))
    assert charge(prices, 1_500 * GB, EUR).amount == Money(100 * 10 + 900 * 5 + 500, EUR)
    assert charge(prices, 100 * GB, EUR).amount == Money(1_000, EUR)


def test_an_allowance_costs_nothing_and_what_is_beyond_does() -> None:
    prices = tariff("overage", Tier(None, 2 * CENT), included=1_000)
    assert charge(prices, 1_000 * GB, EUR).amount == Money(0, EUR)
    assert charge(prices, 1_000 * GB + GB // 4, EUR).amount == Money(1, EUR), "half a cent is rounded away from zero"
    assert charge(prices, 1_010 * GB, EUR).amount == Money(20, EUR)


def test_volume_prices_all_of_it_as_the_whole() -> None:
    prices = tariff("volume", Tier(100, 10 * CENT), Tier(None, 5 * CENT))
    assert charge(prices, 100 * GB, EUR).amount == Money(1_000, EUR)
    assert charge(prices, 101 * GB, EUR).amount == Money(505, EUR)


def test_a_step_has_one_price() -> None:
    prices = tariff("stair_step", Tier(10, 0, 500), Tier(50, 0, 900), Tier(None, 0, 2_000))
    assert [charge(prices, n * GB, EUR).amount.minor for n in (0, 1, 10, 11, 50, 51, 9_999)] == [
        0, 500, 500, 900, 900, 2_000, 2_000
    ]  # fmt: skip


def test_a_cap_is_never_passed() -> None:
    prices = tariff("tiered", Tier(None, CENT))
    told = charge(prices, 5_000 * GB, EUR, cap=Money(1_234, EUR))
    assert (told.amount, told.full, told.is_capped) == (Money(1_234, EUR), Money(5_000, EUR), True)
    assert not charge(prices, 10 * GB, EUR, cap=Money(1_234, EUR)).is_capped
    with pytest.raises(MixedCurrencies):
        charge(prices, GB, EUR, cap=Money(1, USD))


@given(tariffs(), st.integers(0, 20_000), st.integers(0, 20_000))
def test_more_use_never_costs_less_unless_the_model_says_so(prices: Tariff, first: int, second: int) -> None:
    low, high = sorted((first, second))
    cheap = charge(prices, low * prices.per, EUR).amount
    dear = charge(prices, high * prices.per, EUR).amount
    if prices.model in ("tiered", "overage"):
        assert cheap.minor <= dear.minor
    assert charge(prices, 0, EUR).amount.minor == 0


@given(tariffs(models=("tiered", "overage")), st.integers(0, 10**13))
def test_tiers_come_to_the_exact_sum_rounded_once(prices: Tariff, quantity: int) -> None:
    left, below, exact = max(0, quantity - prices.included * prices.per), 0, Fraction(0)
    for tier in prices.tiers:
        end = left if tier.up_to is None else min(left, tier.up_to * prices.per)
        if end > below:
            exact += Fraction((end - below) * tier.rate, prices.per * MILLION) + tier.flat
            below = end
    assert abs(charge(prices, quantity, EUR).amount.minor - exact) <= Fraction(1, 2)


@given(tariffs())
def test_a_tariff_comes_back_as_it_was_written(prices: Tariff) -> None:
    assert from_json(to_json(prices)) == prices


@pytest.mark.parametrize(
    ("why", "bad"),
    [
        ("model", Tariff("free", "GB", 1, 0, (Tier(None, 1),))),
        ("per", Tariff("tiered", "GB", 0, 0, (Tier(None, 1),))),
        ("included", Tariff("tiered", "GB", 1, -1, (Tier(None, 1),))),
        ("tiers", Tariff("tiered", "GB", 1, 0, ())),
        ("tiers", Tariff("tiered", "GB", 1, 0, (Tier(5, 1),))),
        ("tiers", Tariff("tiered", "GB", 1, 0, (Tier(5, 1), Tier(5, 1), Tier(None, 1)))),
        ("tiers", Tariff("tiered", "GB", 1, 0, (Tier(None, 1), Tier(None, 1)))),
        ("price", Tariff("tiered", "GB", 1, 0, (Tier(None, -1),))),
        ("overage", Tariff("overage", "GB", 1, 0, (Tier(5, 1), Tier(None, 1)))),
        ("step", Tariff("stair_step", "GB", 1, 0, (Tier(None, 1),))),
        ("unit", Tariff("tiered", "", 1, 0, (Tier(None, 1),))),
        ("unit", Tariff("tiered", "G\nB", 1, 0, (Tier(None, 1),))),
    ],
)
def test_what_does_not_fit_together_is_refused(why: str, bad: Tariff) -> None:
    with pytest.raises(BadTariff) as refused:
        checked(bad)
    assert refused.value.facts["why"] == why


@pytest.mark.parametrize("said", [{}, {"model": "tiered", "tiers": 3}, {"tiers": [[1]]}])
def test_a_damaged_tariff_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(BadTariff):
        from_json(said)


@pytest.mark.parametrize("quantity", [-1, 2**63])
def test_what_no_meter_can_show_is_refused(quantity: int) -> None:
    with pytest.raises(BadReading):
        charge(tariff("tiered", Tier(None, 1)), quantity, EUR)


def test_the_forecast_goes_on_as_it_did() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    march = Period(start, start + timedelta(days=30))
    assert expected(100, march, at=start + timedelta(days=10)) == 300
    assert expected(100, march, at=start) == 100
    assert expected(100, march, at=start + timedelta(days=90)) == 100
