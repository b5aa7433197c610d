"""What metered use costs: by tiers, over an allowance, by volume or by steps; never more than a cap.

A quantity is an integer in the meter's smallest unit (bytes, seconds, byte-hours); a tariff prices `per` of
them, so that a gigabyte is 10**9 and no rate is a fraction.  A line is rounded once, half away from zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hostkeep.kernel.money import MILLION, Currency, Money, halves_away
from hostkeep.kernel.period import Period
from hostkeep.subscriptions.errors import BadLimit, BadReading, BadTariff

MODELS = ("tiered", "overage", "volume", "stair_step")
MOST_TIERS = 20
MOST_QUANTITY = 2**62
MOST_RATE = 10**15
MOST_FLAT = 10**12

OVERAGE_TIERS = 1
BY_HAND = "hand:"
"""How keys of readings begin that a person entered; a node's never do."""

REASONS_BY_HAND = ("not_read", "read_wrong", "no_reader")
"""Why a person enters a reading: it was not read for a while, it showed too little, or nothing reads it."""

LONGEST_UNIT = 20


@dataclass(frozen=True, slots=True)
class Tier:
    """A span of quantities and its price.

    up_to  the last whole unit (of `per`) that belongs to it, or None: without an end
    rate   for one unit, integer millionths of a minor unit
    flat   for entering it, minor units
    """

    up_to: int | None
    rate: int
    flat: int = 0


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a meter's use costs.

    model     "tiered": each span at its own rate; "overage": nothing up to the allowance, one rate beyond;
              "volume": all of it at the rate of the span that the whole falls into; "stair_step": the flat
              price of that span and nothing else
    unit      what one is called on paper: "GB", "h"
    per       so many of the meter's smallest unit are one
    included  units of a period that cost nothing
    tiers     in order, the last one without an end
    """

    model: str
    unit: str
    per: int
    included: int
    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True)
class Meter:
    """What is counted, as the catalogue calls it, and what it costs."""

    slug: str
    title: str
    tariff: Tariff


@dataclass(frozen=True, slots=True)
class Charge:
    """What a quantity comes to.  full: without the cap.  amount: what is asked for, never over the cap."""

    full: Money
    amount: Money

    @property
    def is_capped(self) -> bool:
        """Whether the cap takes something off."""
        return self.amount != self.full


def checked(tariff: Tariff) -> Tariff:
    """Return a tariff that can be reckoned with.  Raises BadTariff, which says what is wrong."""
    faults = {
        "model": tariff.model not in MODELS,
        "per": not 1 <= tariff.per <= 10**18,
        "included": not 0 <= tariff.included <= MOST_QUANTITY,
        "tiers": not _in_order(tariff.tiers),
        "price": any(not (0 <= t.rate <= MOST_RATE and 0 <= t.flat <= MOST_FLAT) for t in tariff.tiers),
        "overage": tariff.model == "overage" and len(tariff.tiers) != OVERAGE_TIERS,
        "step": tariff.model == "stair_step" and any(tier.rate for tier in tariff.tiers),
        "unit": not 1 <= len(tariff.unit) <= LONGEST_UNIT or not tariff.unit.isprintable(),
    }
    for why, wrong in faults.items():
        if wrong:
            raise BadTariff(why=why)
    return tariff


def charge(tariff: Tariff, quantity: int, currency: Currency, *, cap: Money | None = None) -> Charge:
    """Say what a period's use comes to.

    quantity  in the meter's smallest unit, 0 or more
    cap       in the same currency; None: without one
    Raises BadReading on less than nothing, MixedCurrencies on a cap of another currency.
    """
    if not 0 <= quantity <= MOST_QUANTITY:
        raise BadReading(why="quantity")
    free = tariff.included * tariff.per
    counted = max(0, quantity - free)
    parts = _PRICED[tariff.model](tariff, counted)
    minor = halves_away(parts, MILLION * tariff.per)
    full = Money(minor, currency)
    if cap is None:
        return Charge(full, full)
    over = full - cap
    return Charge(full, cap if over.minor > 0 else full)


def expected(quantity: int, period: Period, *, at: datetime) -> int:
    """Return what the use of a whole period will be if it goes on as it did so far.

    at  within the period, or later: then it is what it was
    """
    gone = min(at, period.end) - period.start
    whole = period.end - period.start
    if gone.total_seconds() <= 0:
        return quantity
    seconds, all_of_it = int(gone.total_seconds()) or 1, int(whole.total_seconds()) or 1
    return min(MOST_QUANTITY, quantity * all_of_it // seconds)


def limit_of(amount: Money | None, code: str) -> int | None:
    """Return a limit in minor units of a currency.  code: ISO 4217.  Raises BadLimit."""
    if amount is None:
        return None
    if amount.currency.code != code:
        raise BadLimit(why="currency")
    if not 0 <= amount.minor <= MOST_FLAT:
        raise BadLimit(why="amount")
    return amount.minor


def to_json(tariff: Tariff) -> dict[str, Any]:
    """Write a tariff for a sealed column."""
    return {
        "model": tariff.model, "unit": tariff.unit, "per": tariff.per, "included": tariff.included,
        "tiers": [[tier.up_to, tier.rate, tier.flat] for tier in tariff.tiers],
    }  # fmt: skip


def from_json(said: Mapping[str, Any]) -> Tariff:
    """Read a tariff back.  Raises BadTariff."""
    try:
        tiers = tuple(
            Tier(None if up is None else int(up), int(rate), int(flat)) for up, rate, flat in said["tiers"]
        )
        found = Tariff(
            str(said["model"]), str(said["unit"]), int(said["per"]), int(said["included"]), tiers
        )
    except (KeyError, TypeError, ValueError):
        raise BadTariff(why="shape") from None
    return checked(found)


def _in_order(tiers: Sequence[Tier]) -> bool:
    """Say whether spans follow one another and the last alone has no end."""
    if not 1 <= len(tiers) <= MOST_TIERS or tiers[-1].up_to is not None:
        return False
    ends = [tier.up_to for tier in tiers[:-1]]
    known = [end for end in ends if end is not None]
    return len(known) == len(ends) and all(end > 0 for end in known) and known == sorted(set(known))


def _tiered(tariff: Tariff, counted: int) -> int:
    """Price each span at its own rate, in millionths of a minor unit times `per`."""
    total, below = 0, 0
    for tier in tariff.tiers:
        if counted <= below:
            break
        end = counted if tier.up_to is None else min(counted, tier.up_to * tariff.per)
        total += (end - below) * tier.rate + tier.flat * MILLION * tariff.per
        below = end if tier.up_to is None else tier.up_to * tariff.per
    return total


def _volume(tariff: Tariff, counted: int) -> int:
    """Price all of it as the span that the whole falls into."""
    if not counted:
        return 0
    tier = _span_of(tariff, counted)
    return counted * tier.rate + tier.flat * MILLION * tariff.per


def _step(tariff: Tariff, counted: int) -> int:
    """Price the span that the whole falls into."""
    return _span_of(tariff, counted).flat * MILLION * tariff.per if counted else 0


def _span_of(tariff: Tariff, counted: int) -> Tier:
    """Return the span that a quantity falls into."""
    return next(tier for tier in tariff.tiers if tier.up_to is None or counted <= tier.up_to * tariff.per)


_PRICED = {"tiered": _tiered, "overage": _tiered, "volume": _volume, "stair_step": _step}
