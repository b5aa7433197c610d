"""Services of a house from before there were subscriptions: each gets one, once, and is billed from then on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hostkeep.billing.models import Invoice
from hostkeep.flows import adopting, checkout, renewing
from hostkeep.kernel.ids import ServiceId
from hostkeep.provisioning.models import Service
from hostkeep.shop.models import Order
from hostkeep.kernel.money import EUR, Money
from hostkeep.subscriptions.models import Part, Period, Subscription
from hostkeep.subscriptions.rules.discounts import Off
from tests.conftest import NOON, make_act
from tests.flows import test_changing, test_promoting
from tests.flows.test_changing import BRAND, Customer
from tests.told import told


def at(days: float):
    return NOON + timedelta(days=days)


@pytest.fixture
def before(monkeypatch: pytest.MonkeyPatch):
    """What the house did before: an order opened services, and nothing beside them."""

    def buys(*what: str) -> Customer:
        with monkeypatch.context() as patch:
            patch.setattr(checkout.subscribing, "subscribe", lambda *_, **__: None)
            return test_changing.buys(*what)

    return buys


def adopts(days: float, brand: str = BRAND) -> tuple[int, int, int]:
    done = adopting.adopt_services(make_act("owner", "site_administration", brand=brand, at=at(days)))
    return done.opened, done.once, done.failed


def test_each_service_that_runs_gets_what_its_order_says_once(db, before) -> None:
    ann, bob = before(), before("hexa-m")
    new = test_changing.buys()
    assert Subscription.objects.count() == 1
    assert adopts(10, "vpn") == (0, 0, 0)
    assert adopts(10) == (2, 0, 0)
    assert adopts(11) == (0, 0, 0)
    for one, product in ((ann, "hexa-s"), (bob, "hexa-m"), (new, "hexa-s")):
        assert told(one.row).told.product == product
        assert one.row.calendar.anchor == NOON
        assert one.row.billed_to == new.row.billed_to
        assert one.row.renew_at == new.row.renew_at
    assert ann.row.price == new.row.price != bob.row.price
    assert told(ann.row).told == told(new.row).told
    assert renewing.renew_due(make_act(brand="", at=new.row.renew_at)) == 3


def test_terms_that_passed_unasked_stay_free_and_the_next_is_billed_once(db, before) -> None:
    ann = before()
    assert adopts(100) == (1, 0, 0)
    first, gap = Period.objects.order_by("starts_at")
    assert (first.invoice, gap.invoice) == (Service.objects.get().invoice, None)
    assert first.ends_at == gap.starts_at
    assert gap.ends_at == ann.row.billed_to > at(100)
    assert renewing.renew_due(make_act(brand="", at=at(100))) == 0
    due = ann.row.renew_at
    assert renewing.renew_due(make_act(brand="", at=due)) == 1
    assert renewing.renew_due(make_act(brand="", at=due + timedelta(days=1))) == 0
    (renewal,) = Invoice.objects.filter(once__startswith="renewal:")
    assert renewal.net_minor == ann.row.price.minor
    assert renewal.due_at == gap.ends_at


def test_one_that_goes_wrong_does_not_stop_the_next_and_is_tried_again(db, before, monkeypatch) -> None:
    ann, bob = before(), before()
    real = adopting.begin_since

    def poisoned(act, *, subscription, since, invoice):
        if Subscription.objects.get(id=subscription).service == ann.service:
            raise RuntimeError("poison")
        return real(act, subscription=subscription, since=since, invoice=invoice)

    with monkeypatch.context() as patch:
        patch.setattr(adopting, "begin_since", poisoned)
        assert adopts(10) == (1, 0, 1)
    assert bob.row.billed_to > at(10)
    assert adopts(11) == (1, 0, 0)
    assert ann.row.billed_to == bob.row.billed_to


def test_what_is_gone_or_was_never_built_gets_none(db, before) -> None:
    ann, bob = before(), before()
    Service.objects.filter(id=ann.service).update(state="closed")
    Service.objects.filter(id=bob.service).update(state="building")
    assert adopts(10) == (0, 0, 0)
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(("periods", "day", "left"), [(None, 10, "for good"), (3, 10, 2), (3, 40, 1), (3, 100, None), (1, 10, None)])
def test_the_discount_of_the_order_goes_on_for_the_terms_that_are_left(db, monkeypatch, periods, day, left) -> None:
    test_promoting.makes(kind="percent", value=100_000, periods=periods)
    with monkeypatch.context() as patch:
        patch.setattr(checkout.subscribing, "subscribe", lambda *_, **__: None)
        ann = test_promoting.buys("hexa-s")
        ann.pays()
        ann.runs()
    assert adopts(day) == (1, 0, 0)
    (part,) = Part.objects.filter(kind="discount")
    assert (part.rate, part.ended_at is not None) == (100_000, left is None)
    assert part.cycles_left == {"for good": None, None: 0}.get(left, left)
    assert Period.objects.order_by("starts_at").first().off_rate == 100_000
    renewing.renew_due(make_act(brand="", at=ann.row.renew_at))
    (renewal,) = Invoice.objects.filter(once__startswith="renewal:")
    price = Part.objects.get(kind="plan").unit_minor
    assert renewal.net_minor == price - (Off(100_000).on(Money(price, EUR)).minor if left else 0)
