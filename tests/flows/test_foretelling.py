"""What is foretold of prices that were announced and of metered use is what the real runs do, for a year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from hostkeep.billing.queries.unpaid import unpaid_of
from hostkeep.flows import dunning, metering, renewing
from hostkeep.flows.foretelling import preview
from hostkeep.kernel.money import EUR, MILLION, Money
from hostkeep.kernel.period import Period
from hostkeep.subscriptions.actions.limiting import limit_meter
from hostkeep.subscriptions.actions.metering import Told
from hostkeep.subscriptions.actions.pricing import announce_price, withdraw_price
from hostkeep.subscriptions.models import Subscription
from hostkeep.subscriptions.queries.metering import meters_by_id, use_due
from hostkeep.subscriptions.queries.subscriptions import subscription
from hostkeep.subscriptions.rules.agreeing import AddOn, Discount, Taken
from hostkeep.subscriptions.rules.metering import Meter, Tariff, Tier
from tests.conftest import NOON, make_act
from tests.everything import BRAND, load_everything
from tests.flows.debtors import DAY, HOUR, Debtor, carry, machines, work

GB = 10**9
YEAR = NOON + timedelta(days=365)
TRAFFIC = Meter("traffic", "Traffic out", Tariff("overage", "GB", GB, 100, (Tier(None, 2 * MILLION),)))
HOURS = Meter("hours", "Hours of help", Tariff("tiered", "h", 3600, 0, (Tier(None, 5_000 * MILLION),)))
STRIDE = 6 * HOUR
ADDRESS = AddOn("address", "One more address", Money(200, EUR), Money(0, EUR), recurs=True, work=False)
TENTH = Discount("A tenth off", Money(120, EUR), rate=100_000, periods=5)


@pytest.fixture(autouse=True)
def house(db) -> Iterator:
    load_everything()
    with machines() as found:
        yield found


def subscribes() -> Debtor:
    return Debtor(brand=BRAND, discount=TENTH, add_ons=(Taken(ADDRESS, 2),)).starts()


def announces(minor: int, *, days: float, add_on: str = "", told: float = 0.1):
    act = make_act("owner", "billing", brand=BRAND, at=NOON + told * DAY, actor="staff:test")
    return announce_price(
        act, product="hexa-s", plan="monthly", each=Money(minor, EUR), effective_at=NOON + days * DAY, add_on=add_on
    )


def counts(ann: Debtor, *meters: Meter) -> tuple:
    under = make_act(brand=BRAND, at=ann.at)
    return metering.count_for(under, of=subscription(ann.subscription.id), meters=meters)


def reads(which, quantity: int, *, until: datetime) -> None:
    told = Told(which, uuid4().hex, quantity, Period(until - HOUR, until))
    metering.take(make_act(brand=BRAND, at=until), told=[told])


def passes(ann: Debtor, begin: datetime, until: datetime) -> None:
    """The house at work, metered use too; each invoice is paid when it is due."""
    at = begin
    while at < until:
        if dunning.falls_due(at) or renewing.falls_due(at) or use_due(at - metering.PATIENCE):
            work(at)
            metering.bill_due(make_act(brand="", at=at))
            carry(at)
        for row in unpaid_of(ann.account):
            if row.due_at <= at:
                ann.pays(row.id, at)
        at += STRIDE


def came(ann: Debtor, since: datetime) -> list[tuple[str, int]]:
    return [(f"{row.issued_at:%m-%d}", row.gross_minor) for row in ann.invoices() if row.issued_at >= since]


def told_of(ann: Debtor, at: datetime, *, role: str = "billing"):
    told = preview(ann.act(role, at=at), ann.account, assumed="on_time")
    assert not told.is_cut
    return told.events


def foretold(ann: Debtor, at: datetime, until: datetime = YEAR) -> list[tuple[str, int]]:
    return [
        (f"{each.at:%m-%d}", each.amount.minor) for each in told_of(ann, at)
        if each.what in ("invoice", "use") and each.amount.minor and each.at < until
    ]  # fmt: skip


@pytest.mark.parametrize("locked", [0, 170])
def test_a_year_of_announced_prices_and_of_use_comes_as_it_was_foretold(locked: int) -> None:
    ann, now = subscribes(), NOON + DAY
    if locked:
        Subscription.objects.filter(id=ann.subscription.id).update(locked_until=NOON + locked * DAY)
    traffic, hours = counts(ann, TRAFFIC, HOURS)
    announces(1500, days=80)
    announces(1800, days=200, told=0.2)
    announces(300, days=140, add_on="address")
    taken_back = announces(9900, days=100, told=0.3)
    withdraw_price(make_act("owner", "billing", brand=BRAND, at=NOON + 0.4 * DAY), change=taken_back.id)
    announces(7777, days=60, add_on="backup")
    reads(traffic, 150 * GB, until=now)
    reads(hours, 5400, until=now)
    told = foretold(ann, now)
    assert len({amount for _, amount in told}) > (3 if locked else 4), "each price and the use are in it"
    passes(ann, now, YEAR)
    assert came(ann, now) == told


def test_who_took_it_after_a_price_was_announced_is_foretold_the_agreed_one() -> None:
    announces(1500, days=80, told=-0.5)
    ann = subscribes()
    told = [amount for _, amount in foretold(ann, NOON + DAY)]
    assert told[-1] == round(1600 * 1.19)


def test_use_is_told_as_so_far_and_what_it_will_be_stands_beside_it_and_bears_nothing() -> None:
    ann = subscribes()
    (traffic,) = counts(ann, TRAFFIC)
    at = NOON + 15 * DAY
    without = told_of(ann, at)
    reads(traffic, 90 * GB, until=at)
    (use,) = [each for each in told_of(ann, at) if each.what == "use"]
    (seen,) = metering.outlook(ann.act("billing", at=at), meters_by_id([traffic]))
    assert (use.amount.minor, use.service) == (0, ann.service)
    assert use.likely.minor == round(seen.end.minor * 1.19) > 0
    assert [each for each in told_of(ann, at) if each != use] == list(without), "nothing follows on what nobody knows"
    limit_meter(ann.act(at=at), metered=traffic, cap=Money(50, EUR), alert=None)
    (use,) = [each for each in told_of(ann, at) if each.what == "use"]
    assert use.likely.minor == round(50 * 1.19)


def test_while_the_last_readings_of_a_month_may_still_come_what_is_used_since_is_foretold_with_the_next() -> None:
    ann = subscribes()
    (hours,) = counts(ann, HOURS)
    (row,) = meters_by_id([hours])
    over = row.period.end
    reads(hours, 3600, until=over - HOUR)
    passes(ann, NOON, over)
    reads(hours, 7200, until=over + 2 * HOUR)
    at = over + 3 * HOUR
    uses = [(each.at, each.amount.minor) for each in told_of(ann, at) if each.what == "use"]
    assert uses == [(over + 6 * HOUR, 5950), (over + 30 * DAY + 6 * HOUR, 11900)]
    passes(ann, over + 6 * HOUR, over + 40 * DAY)
    assert [amount for _, amount in came(ann, over) if amount in (5950, 11900)] == [5950, 11900]


def test_what_a_service_used_is_billed_at_its_end_if_that_comes_before_the_month_is_over() -> None:
    ann = subscribes()
    (hours,) = counts(ann, HOURS)
    reads(hours, 3600, until=NOON + DAY)
    Subscription.objects.filter(id=ann.subscription.id).update(state="ending", renew_at=None, ends_at=NOON + 10 * DAY)
    told = foretold(ann, NOON + 2 * DAY)
    assert told == [("03-11", 5950)]
    passes(ann, NOON + 2 * DAY, NOON + 60 * DAY)
    assert came(ann, NOON + 2 * DAY) == told


def test_who_may_not_see_what_is_used_is_foretold_nothing_of_it() -> None:
    ann = subscribes()
    (hours,) = counts(ann, HOURS)
    reads(hours, 3600, until=NOON + DAY)
    assert "use" in {each.what for each in told_of(ann, NOON + DAY)}
    assert "use" not in {each.what for each in told_of(ann, NOON + DAY, role="owner")}
