"""Credit: why it comes and goes, how much may be put in, and which invoices it covers first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hostkeep.kernel.money import Currency, Money

Given = Literal["gift", "unused"]
"""Credit that we give: out of our own pocket, or for time that was paid and will not be used."""

CreditKind = Literal["gift", "unused", "top_up", "used", "uncovered", "paid_out", "returned", "taken"]
"""Why credit moved.

"top_up": its owner put it in.  "used": it went on an invoice.  "uncovered": it came off one again, for what
had been put in was another's.  "paid_out": it left for where it came from; "returned": that did not arrive.
"taken": staff took it back.
"""

GIVEN: tuple[Given, ...] = ("gift", "unused")

Reason = Literal["goodwill", "outage", "mistake", "agreed"]

REASONS: tuple[Reason, ...] = ("goodwill", "outage", "mistake", "agreed")
"""Why staff give credit or take it: words of ours, so that nothing personal can be written there."""

AT_ISSUE = "at_issue"
BY_HAND = "by_hand"
APPLIES = (AT_ISSUE, BY_HAND)

OWED_KINDS = ("invoice", "debit_note", "canary")
"""Documents on which something is owed, and which credit may cover."""

LEAST, MOST, CAP = 5, 500, 1_000
"""Top-up limits where a brand says nothing, in whole units of the brand's first currency."""

DONG_A_UNIT = 25_000
"""A currency without a minor unit is counted in steps about as large as a euro."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be put in.

    least, most  at once
    cap          how much credit there may be afterwards
    """

    least: Money
    most: Money
    cap: Money


def applies_at_issue(words: Mapping[str, Any]) -> bool:
    """Say whether a brand's invoices take from credit by themselves.  words: of brand.toml."""
    return bool(words.get("credit_applies", AT_ISSUE) != BY_HAND)


def read_limits(words: Mapping[str, Any], currency: Currency) -> Limits | None:
    """Return how much may be put in, in one currency; None where a brand takes no top-ups.

    words  of brand.toml: [top_up.EUR] least, most, cap, integers in minor units; top_up = false takes none
    Raises ValueError on limits that contradict each other.
    """
    said = words.get("top_up", {})
    if said is False:
        return None
    unit = 10**currency.places if currency.places else DONG_A_UNIT
    own = said.get(currency.code, {})
    least, most, cap = (
        own.get(name, whole * unit) for name, whole in (("least", LEAST), ("most", MOST), ("cap", CAP))
    )
    if not all(type(each) is int for each in (least, most, cap)) or not 0 < least <= most <= cap:
        raise ValueError("[top_up] needs integers in minor units: 0 < least <= most <= cap")
    return Limits(Money(least, currency), Money(most, currency), Money(cap, currency))


def demand_settings(words: Mapping[str, Any], currencies: Sequence[Currency]) -> None:
    """Check what a brand.toml says of credit.  Raises ValueError with what to mend."""
    if words.get("credit_applies", AT_ISSUE) not in APPLIES:
        raise ValueError(f"credit_applies is one of {', '.join(APPLIES)}")
    said = words.get("top_up", {})
    if said is False:
        return
    known = {each.code for each in currencies}
    if not isinstance(said, Mapping) or not all(isinstance(own, Mapping) for own in said.values()):
        raise ValueError("top_up is false, or limits by currency: [top_up.EUR]")
    unknown = sorted(set(said) - known)
    if unknown:
        raise ValueError(f"[top_up] speaks of {unknown[0]}, which is none of the brand's currencies")
    for each in currencies:
        read_limits(words, each)


def spread(credit: Money, owed: Sequence[Money]) -> tuple[Money, ...]:
    """Say how much of some credit each invoice gets, the first one first.

    credit  nothing or more
    owed    each nothing or more, in the credit's currency
    """
    left, parts = credit, []
    for each in owed:
        part = Money(min(left.minor, each.minor), credit.currency)
        parts.append(part)
        left = left - part
    return tuple(parts)
