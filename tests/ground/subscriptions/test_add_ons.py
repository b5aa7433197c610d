"""What an add-on comes to in what is billed: whole days, sums that add up, a way there and back for nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.kernel.money import EUR, USD, Money
from hostkeep.subscriptions.errors import BadPrice, NoSuchAddOn, TooManyAddOns
from hostkeep.subscriptions.rules.add_ons import (
    ADDED,
    Had,
    counted,
    extras_at,
    extras_of,
    left_of,
    reckon_less,
    reckon_more,
    taken_from_told,
    told_of_add_on,
)
from hostkeep.subscriptions.rules.agreeing import AddOn, Agreed, Taken, Told, checked_taken
from hostkeep.subscriptions.rules.changing import BilledAt, Now, dues_from_told, reckon
from hostkeep.subscriptions.rules.discounts import Off
from hostkeep.subscriptions.rules.projecting import Priced, amounts_of
from hostkeep.subscriptions.rules.terms import Calendar, Term, period_no

START = datetime(2026, 1, 31, 8, tzinfo=UTC)
MONTH = Calendar(START, "Europe/Amsterdam", Term("month", 1))
HOURS = Calendar(START, "Europe/Amsterdam", Term("hour", 10))
NOTHING = Money(0, EUR)


def euros(minor: int) -> Money:
    return Money(minor, EUR)


def had(unit: int, quantity: int = 1, slug: str = "address") -> Had:
    name = uuid4()
    return Had(name, slug, "Address", euros(unit), quantity, work=True, lines=frozenset({name}))


def taken(unit: int, quantity: int = 1, *, once: int = 0, recurs: bool = True) -> Taken:
    return Taken(AddOn("address", "Address", euros(unit), euros(once), recurs, work=True), quantity)


def now(calendar: Calendar = MONTH, periods: int = 1, off: Off | None = None) -> Now:
    billed = [BilledAt(period_no(calendar, n), euros(1190), off or Off()) for n in range(periods)]
    return Now(Told("hexa-m", "monthly", "Hexa M", {}), euros(1190), billed, billed[-1].period.end if billed else START, calendar)


def moment(calendar: Calendar, part: float) -> datetime:
    period = period_no(calendar, 0)
    return period.start + (period.end - period.start) * part


def test_whole_days_that_are_left_of_all_that_is_billed_count() -> None:
    at = moment(MONTH, 0.5)  # of 28 days of which 14 have begun
    change = reckon_more(now(periods=2), (), taken(280, 2), at=at)
    assert change.kind == ADDED
    assert [share.turn.due.minor for share in change.shares] == [280, 560]
    assert change.due == euros(840)


def test_hours_are_split_by_the_second() -> None:
    change = reckon_more(now(HOURS), (), taken(1000), at=moment(HOURS, 0.25))
    assert change.due == euros(750)


def test_a_discount_of_the_plan_takes_nothing_off_an_add_on() -> None:
    change = reckon_more(now(off=Off(rate=500_000, minor=300)), (), taken(280), at=START)
    assert change.due == euros(280)


def test_where_nothing_is_billed_yet_nothing_is_due() -> None:
    assert reckon_more(now(periods=0), (), taken(280, once=100), at=START).due == NOTHING


units, pieces, cuts = st.integers(0, 10**7), st.integers(1, 9), st.floats(0, 1)


@given(units, st.lists(pieces, min_size=1, max_size=5), cuts, st.booleans())
def test_pieces_one_by_one_cost_what_they_do_together_and_all_the_way_back_costs_nothing(
    unit: int, steps: list[int], part: float, hours: bool
) -> None:
    calendar = HOURS if hours else MONTH
    at, seen, paid = moment(calendar, part), now(calendar, 2), 0
    mine: tuple[Had, ...] = ()
    for step in steps:
        paid += reckon_more(seen, mine, taken(unit, step), at=at).turn.due.minor
        mine = (*mine, had(unit, step))
    assert paid == reckon_more(seen, (), taken(unit, sum(steps)), at=at).turn.due.minor
    back = -reckon_less(seen, mine, slug="address", quantity=sum(steps), at=at).turn.due.minor
    assert back == paid


@given(st.lists(st.tuples(units, pieces), min_size=1, max_size=4), cuts, st.data())
def test_what_is_taken_off_in_steps_is_never_more_than_it_cost(parts, part: float, data) -> None:
    at, seen = moment(MONTH, part), now(periods=1)
    mine = tuple(had(unit, quantity) for unit, quantity in parts)
    whole = -reckon_less(seen, mine, slug="address", quantity=sum(q for _, q in parts), at=at).turn.due.minor
    some = data.draw(st.integers(1, sum(q for _, q in parts)))
    got = -reckon_less(seen, mine, slug="address", quantity=some, at=at).turn.due.minor
    assert 0 <= got <= whole <= sum(unit * quantity for unit, quantity in parts)


def test_the_newest_pieces_go_first_and_no_more_than_there_are() -> None:
    mine = (had(200, 2), had(300, 1))
    assert [(part.unit.minor, rest) for part, rest in left_of(mine, slug="address", quantity=2)] == [(300, 0), (200, 1)]
    for quantity in (0, -1, 4, 10**9):
        with pytest.raises(NoSuchAddOn):
            left_of(mine, slug="address", quantity=quantity)
    with pytest.raises(NoSuchAddOn):
        left_of(mine, slug="backup", quantity=1)


@pytest.mark.parametrize("quantity", [0, -1, 101, 10**9])
def test_a_number_that_nobody_can_have_is_refused(quantity: int) -> None:
    with pytest.raises(TooManyAddOns):
        checked_taken(taken(200, quantity), currency="EUR")


@pytest.mark.parametrize("unit", [-1, 10**15 + 1])
def test_a_price_that_cannot_be_is_refused(unit: int) -> None:
    with pytest.raises(BadPrice):
        checked_taken(taken(unit), currency="EUR")
    with pytest.raises(BadPrice):
        checked_taken(taken(200), currency=USD.code)


def test_what_is_sealed_of_a_change_says_the_same_again() -> None:
    want = taken(280, 2, once=100)
    change = reckon_more(now(), (), want, at=moment(MONTH, 0.5))
    told = told_of_add_on(want, change, ())
    assert taken_from_told(told) == want
    assert told["due"] == 480
    assert [(span is not None, due.minor) for span, due in dues_from_told(told)] == [(True, 280), (False, 200)]
    once = taken(0, once=2500, recurs=False)
    alone = told_of_add_on(once, reckon_more(now(), (), once, at=START), ())
    assert [(span, due.minor) for span, due in dues_from_told(alone)] == [(None, 2500)]


def test_another_plan_keeps_what_it_knows_at_its_price_and_gives_back_the_rest() -> None:
    mine = (had(280, 2), had(560, slug="backup"), had(100, slug="support"))
    seen = Now(**{**{f: getattr(now(), f) for f in ("told", "price", "billed", "billed_to", "calendar")}, "extras": extras_of(mine)})
    wanted = Agreed("hexa-l", "monthly", "Hexa L", {}, Term("month", 1), euros(1750))
    kept = extras_at(mine, {"address": euros(280), "backup": euros(700)})
    at = moment(MONTH, 0.5)
    plan = reckon(seen, wanted, at=at)
    assert plan.due == euros((1750 - 1190) // 2)
    change = reckon(seen, wanted, at=at, extras=kept)
    assert change.due == euros((1750 - 1190) // 2 + (700 - 560) // 2 - 100 // 2)


def test_a_discount_takes_no_more_than_the_plan_costs_and_nothing_off_add_ons() -> None:
    parts = [Priced("plan", euros(500), 1), Priced("add_on", euros(200), 2), Priced("discount", euros(-700), 1)]
    amounts = amounts_of(parts, MONTH, period_no(MONTH, 0))
    assert amounts == ((1, euros(500)), (2, euros(200)), (1, euros(-500)))


def test_a_line_for_several_pieces_says_so() -> None:
    assert counted("Address", 1) == "Address"
    assert counted("Address", 3) == "3 \N{MULTIPLICATION SIGN} Address"
