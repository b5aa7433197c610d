"""A new price: announced with the promised notice, told to those who have the plan, and theirs when it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hostkeep.billing.models import Invoice
from hostkeep.brands.queries import brand as real
from hostkeep.flows import price_changes
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import EUR, VND, Money
from hostkeep.messaging.models import Mail
from hostkeep.people.models import Membership
from hostkeep.runtime.models import Event
from hostkeep.subscriptions.actions import pricing
from hostkeep.subscriptions.actions.changing import ask_change
from hostkeep.subscriptions.actions.pricing import announce_price, withdraw_price
from hostkeep.subscriptions.errors import BadPrice, NoSuchChange, NoticeTooShort, PriceLocked
from hostkeep.subscriptions.events import PriceAnnounced
from hostkeep.subscriptions.models import PriceChange
from hostkeep.subscriptions.queries.coming import coming
from hostkeep.subscriptions.queries.changes import preview
from hostkeep.subscriptions.rules.agreeing import Agreed
from hostkeep.subscriptions.rules.changing import Wanted
from tests.conftest import NOON, make_act
from tests.rooms.subscriptions.having import MONTH, Taker, act_at, after, runs, takes


BEFORE = NOON - timedelta(minutes=20)


def announces(minor: int = 1500, *, at=NOON, since=None, brand: str = "vps6", currency=EUR):
    act = make_act("owner", "billing", brand=brand, at=at, actor="staff:test")
    return announce_price(act, product="hexa-s", plan="monthly", each=Money(minor, currency), effective_at=since)


def is_told(change, at=NOON) -> None:
    price_changes.on_price_announced(act_at(at=at), PriceAnnounced(change.id))


def nets(taker: Taker) -> list[int]:
    return list(Invoice.objects.filter(account=taker.account).order_by("issued_at", "number").values_list("net_minor", flat=True))


def test_it_holds_after_the_notice_and_is_told_once_to_those_who_have_it(db) -> None:
    taker, other = takes(price=1200, at=BEFORE), takes(price=1200, at=BEFORE, product="hexa-m")
    change = announces(since=after(40))
    assert Event.objects.filter(kind="PriceAnnounced").count() == 1
    late = takes(price=1500, at=after(1))
    for _ in range(2):
        is_told(change)
    mails = list(Mail.objects.filter(template="billing/price"))
    assert [mail.account for mail in mails] == [taker.account]
    assert Membership.objects.get(account_id=taker.account).user_id == mails[0].subject
    runs(after(110))
    assert nets(taker)[:3] == [1200, 1500, 1500]
    assert set(nets(other)) == {1200}
    assert set(nets(late)) == {1500}


def test_the_next_invoice_is_told_at_the_price_that_was_announced_for_it(db) -> None:
    taker = takes(at=BEFORE)
    before = coming(act_at(), taker.id)
    is_told(announces(1500))

    seen = coming(act_at(), taker.id)

    assert (seen.plan, seen.bill) == (before.plan, Money(1500, EUR)) != (before.bill, before.bill)
    runs(after(20))
    assert nets(taker)[-1] == seen.bill.minor


def test_the_mail_says_what_it_costs_and_from_when(db) -> None:
    taker = takes(price=1200, at=BEFORE)
    is_told(announces())
    from hostkeep.flows.mail_contents import said_by
    from hostkeep.messaging.queries import mail

    row = mail(Mail.objects.get(template="billing/price").id)
    said = said_by(act_at(), row, real(BrandId("vps6")))
    assert said["service"] == "Hexa S: Debian 13"
    assert ("12" in str(said["old"]), "15" in str(said["new"])) == (True, True)
    assert price_changes.first_at(taker.row, after(30)) > after(30)


def test_shorter_than_promised_is_refused_and_nothing_is_written(db) -> None:
    with pytest.raises(NoticeTooShort) as no:
        announces(since=after(30) - timedelta(seconds=1))
    assert no.value.facts["days"] == 30
    for bad in (-1, 10**16):
        with pytest.raises(BadPrice):
            announces(bad)
    with pytest.raises(BadPrice):
        announces(currency=VND)
    assert not PriceChange.objects.exists()


def test_without_a_day_it_holds_as_early_as_is_promised(db) -> None:
    assert announces().effective_at == after(30)


def test_the_same_again_is_one_change(db) -> None:
    assert announces().id == announces(at=after(2)).id
    assert announces(1600, at=after(3)).effective_at == after(33)
    assert list(PriceChange.objects.order_by("minor").values_list("minor", flat=True)) == [1500, 1600]


def test_taken_back_nobody_pays_it_and_nobody_is_told(db) -> None:
    taker = takes(price=1200, at=BEFORE)
    change = announces()
    with pytest.raises(NoSuchChange):
        withdraw_price(make_act("owner", "billing", brand="vpn"), change=change.id)
    withdraw_price(make_act("owner", "billing", brand="vps6", at=after(1)), change=change.id)
    is_told(change, at=after(1))
    runs(after(110))
    assert set(nets(taker)) == {1200}
    assert not Mail.objects.filter(template="billing/price").exists()


def test_a_brand_that_promised_its_prices_for_good_cannot_announce_and_never_applies_one(db, monkeypatch) -> None:
    taker = takes(price=1200, at=BEFORE)
    PriceChange.objects.create(
        brand="vps6", product="hexa-s", plan="monthly", currency="EUR", minor=9900, set_by="x", announced_at=NOON, effective_at=after(1)
    )
    kept = replace(real(BrandId("vps6")), words={**real(BrandId("vps6")).words, "price_lock": "always"})
    monkeypatch.setattr(pricing, "brand", lambda _: kept)
    monkeypatch.setattr("hostkeep.subscriptions.actions.renewing.brand", lambda _: kept)
    with pytest.raises(PriceLocked):
        announces()
    runs(after(60))
    assert set(nets(taker)) == {1200}


def test_one_announced_while_another_waits_for_its_period_holds_too(db) -> None:
    taker = takes(price=1200, at=BEFORE)
    announces(1500)  # holds from the second period on, which is billed two weeks before
    runs(after(20))
    announces(1800, at=after(21))
    runs(after(110))
    assert nets(taker)[:3] == [1500, 1800, 1800]


def test_of_two_that_were_announced_each_holds_from_its_own_day(db) -> None:
    taker = takes(price=1200, at=BEFORE)
    announces(1800, since=after(85))
    announces(1500)
    runs(after(140))
    assert nets(taker)[:4] == [1500, 1500, 1800, 1800]


def test_who_took_something_else_meanwhile_was_told_its_price(db) -> None:
    """A change of price that was announced before they took it is not theirs."""
    taker = takes(price=900, product="hexa-xs", at=BEFORE)
    announces(1500)
    wanted = Wanted(Agreed("hexa-s", "monthly", "Hexa S", {}, MONTH, Money(800, EUR)), {})
    ask_change(act_at(at=after(2)), subscription=taker.id, of=taker.account, wanted=wanted, expected=reckoned(taker, wanted), once="x")
    runs(after(110))
    assert set(nets(taker)) == {800}


def reckoned(taker: Taker, wanted: Wanted) -> Money:
    return preview(act_at(at=after(2)), taker.id, of=taker.account, wanted=wanted.agreed).turn.due
