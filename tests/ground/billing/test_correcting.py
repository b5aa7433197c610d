"""Credit notes in any order and any parts: never more than the document, and together exactly it."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.billing.errors.documents import BadLine, NothingToCredit, OverCredit, TwoCurrencies
from hostkeep.billing.rules.correcting import LineLeft, rest_of, take
from hostkeep.billing.rules.lines import Line, Prices, Totals, totals
from hostkeep.kernel.ids import Ref
from hostkeep.kernel.money import EUR, USD, Money

RATES = (0, 19, 50_000, 190_000, 210_000, 1_000_000)


def line(minor: int, rate: int = 190_000, quantity: int = 1) -> Line:
    return Line("Server", quantity, Money(minor, EUR), rate, Ref("shop.order_line", uuid4()))


def untouched(*lines: Line) -> list[LineLeft]:
    return [LineLeft(n, each, Money(0, EUR)) for n, each in enumerate(lines, start=1)]


def after(left: list[LineLeft], parts: dict[int, Money]) -> list[LineLeft]:
    return [
        replace(each, taken=each.taken + parts[each.position]) if each.position in parts else each for each in left
    ]


billed = st.builds(line, st.integers(1, 10**7), st.sampled_from(RATES), st.integers(1, 9))
prices_kinds = st.sampled_from(["net", "gross"])


def by_rate(sums: list[Totals]) -> dict[object, tuple[int, int]]:
    found: dict[object, tuple[int, int]] = {}
    for each in sums:
        for rate in each.rates:
            net, tax = found.get(rate.rate, (0, 0))
            found[rate.rate] = net + rate.net.minor, tax + rate.tax.minor
    return found


shares = st.dictionaries(st.integers(0, 3), st.integers(1, 100), min_size=1)
"""A note: of which lines how much of what is left, in percent."""


@given(st.lists(billed, min_size=1, max_size=4), prices_kinds, st.lists(shares, max_size=6))
def test_partial_notes_never_exceed_and_a_full_set_is_the_document(
    lines: list[Line], prices: Prices, wanted: list[dict[int, int]]
) -> None:
    whole = totals(lines, prices=prices)
    left: list[LineLeft] = untouched(*lines)
    notes: list[Totals] = []
    for share in [*wanted, dict.fromkeys(range(len(lines)), 100)]:
        rest = rest_of(left)
        parts = {n: Money(-(-rest[n].minor * share[n - 1] // 100), EUR) for n in rest if n - 1 in share}
        if not parts:
            continue
        taken = take(left, parts, prices=prices)
        notes.append(taken.sums)
        left = after(left, parts)
        so_far = by_rate(notes)
        for rate in whole.rates:
            net, tax = so_far.get(rate.rate, (0, 0))
            assert 0 <= net <= rate.net.minor
            assert 0 <= tax <= rate.tax.minor
        assert sum(each.gross.minor for each in notes) <= whole.gross.minor
        assert [each.amount for _, each in taken.lines] == [amount for _, amount in sorted(parts.items())]
    assert by_rate(notes) == {r.rate: (r.net.minor, r.tax.minor) for r in whole.rates}
    assert sum(each.gross.minor for each in notes) == whole.gross.minor


@given(st.lists(billed, min_size=1, max_size=5), prices_kinds)
def test_one_note_over_all_is_the_document(lines: list[Line], prices: Prices) -> None:
    left = untouched(*lines)
    taken = take(left, rest_of(left), prices=prices)
    assert taken.sums == totals(lines, prices=prices)
    assert [each for _, each in taken.lines] == lines


@given(st.lists(billed, min_size=1, max_size=4), prices_kinds, st.integers(1, 10**9))
def test_more_than_is_left_of_a_line_is_refused(lines: list[Line], prices: Prices, more: int) -> None:
    left = untouched(*lines)
    with pytest.raises(OverCredit):
        take(left, {1: Money(lines[0].amount.minor + more, EUR)}, prices=prices)


def test_a_cent_at_a_time_the_tax_comes_to_the_same() -> None:
    left, taxes = untouched(line(10)), []
    for _ in range(10):
        parts = {1: Money(1, EUR)}
        taxes.append(take(left, parts, prices="net").sums.tax.minor)
        left = after(left, parts)
    assert (sum(taxes), max(taxes), min(taxes)) == (2, 1, 0)
    with pytest.raises(OverCredit):
        take(left, {1: Money(1, EUR)}, prices="net")


def test_a_discount_is_not_left_behind() -> None:
    left = untouched(line(100), line(-30))
    with pytest.raises(OverCredit):
        take(left, {1: Money(100, EUR)}, prices="net")
    taken = take(left, {1: Money(100, EUR), 2: Money(-30, EUR)}, prices="net")
    assert (taken.sums.net.minor, taken.sums.tax.minor) == (70, 13)
    part = take(left, {1: Money(70, EUR)}, prices="net")
    assert part.sums == taken.sums
    rest = after(left, {1: Money(70, EUR)})
    assert rest_of(rest) == {1: Money(30, EUR), 2: Money(-30, EUR)}
    with pytest.raises(NothingToCredit):
        take(rest, rest_of(rest), prices="net")


@pytest.mark.parametrize("amount", [-1, -100, 0])
def test_no_amount_below_one(amount: int) -> None:
    with pytest.raises((OverCredit, BadLine)):
        take(untouched(line(100)), {1: Money(amount, EUR)}, prices="net")


@pytest.mark.parametrize("amount", [1, 31, -31])
def test_of_a_discount_only_what_it_took(amount: int) -> None:
    with pytest.raises(OverCredit):
        take(untouched(line(100), line(-30)), {2: Money(amount, EUR)}, prices="net")


def test_a_note_over_a_discount_alone_is_none() -> None:
    with pytest.raises((NothingToCredit, OverCredit)):
        take(untouched(line(100), line(-30)), {2: Money(-30, EUR)}, prices="net")


def test_other_currencies_lines_and_nothing_are_refused() -> None:
    with pytest.raises(TwoCurrencies):
        take(untouched(line(100)), {1: Money(5, USD)}, prices="net")
    with pytest.raises(BadLine):
        take(untouched(line(100)), {2: Money(5, EUR)}, prices="net")
    with pytest.raises(NothingToCredit):
        take(untouched(line(100)), {}, prices="net")
