"""Metered use: counted only where the policy lets it be, billed by the month, told before it is owed."""

from __future__ import annotations

import shutil
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from hostkeep.brands.queries import policy_in_force
from hostkeep.flows import checkout, metering
from hostkeep.flows.brandloading import load_folder
from hostkeep.kernel.money import EUR, MILLION, Money
from hostkeep.kernel.period import Period
from hostkeep.shop.errors import CatalogueRefused
from hostkeep.shop.events import OrderPlaced
from hostkeep.subscriptions.actions.cancelling import end_subscription
from hostkeep.subscriptions.actions.limiting import limit_meter
from hostkeep.subscriptions.actions.metering import Told
from hostkeep.subscriptions.errors import NoSuchMeter, NotMetered
from hostkeep.subscriptions.models import Alert, Metered, Reading, Use
from hostkeep.subscriptions.queries.metering import meter, meters_of, use_due, uses_of
from hostkeep.subscriptions.queries.subscriptions import subscription
from hostkeep.subscriptions.rules.metering import Meter, Tariff, Tier
from tests.conftest import NOON, ROOT, make_act
from tests.everything import BRAND, FOLDER, Customer, load_everything
from tests.rooms.subscriptions.having import CURRENCY, act_at, after, opens_account, takes

GB = 10**9
TRAFFIC = Meter("traffic", "Traffic out", Tariff("overage", "GB", GB, 100, (Tier(None, 2 * MILLION),)))
HOURS = Meter("hours", "Hours of help", Tariff("tiered", "h", 3600, 0, (Tier(None, 5_000 * MILLION),)))
CURRENCY.setdefault(BRAND, EUR)


@pytest.fixture
def metered(db):
    load_everything()
    taker = takes(BRAND)
    ids = metering.count_for(act_at(BRAND), of=subscription(taker.id), meters=[TRAFFIC, HOURS])
    return taker, ids


def reads(which: UUID, quantity: int, *, day: float = 1):
    told = Told(which, uuid4().hex, quantity, Period(after(day - 0.5), after(day)))
    return metering.take(act_at(BRAND, after(day)), told=[told])


def runs(at) -> int:
    return metering.bill_due(make_act(brand="", at=at))


def test_use_is_billed_when_its_month_is_over(metered) -> None:
    taker, (traffic, hours) = metered
    reads(traffic, 150 * GB)
    reads(hours, 5400, day=2)
    assert runs(after(20)) == 0
    assert runs(after(32)) == 1
    billed = uses_of(taker.account)
    assert {(use.quantity, use.amount.minor) for use in billed} == {(150 * GB, 100), (5400, 7_500)}
    assert len({use.invoice for use in billed}) == 1
    assert runs(after(33)) == 0


def test_the_invoice_says_what_was_used(metered) -> None:
    from hostkeep.billing.queries.invoices import sheet
    from hostkeep.kernel.ids import InvoiceId
    from tests.told import told

    taker, (traffic, _) = metered
    reads(traffic, 150 * GB + GB // 2)
    runs(after(32))
    invoice = next(use.invoice for use in uses_of(taker.account) if use.invoice)
    page = told(sheet(InvoiceId(invoice), of=taker.account))
    assert [line.title for line in page.lines] == ["Traffic out: 150.5 GB"]
    assert page.net == Money(101, EUR)


def test_nothing_used_is_no_invoice(metered) -> None:
    taker, _ = metered
    runs(after(32))
    assert {(use.quantity, use.invoice) for use in uses_of(taker.account)} == {(0, None)}


def test_one_that_ends_is_billed_to_its_end_and_no_more(metered) -> None:
    taker, (traffic, _) = metered
    reads(traffic, 200 * GB)
    end_subscription(act_at(BRAND, after(10)), subscription=taker.id, reason="customer")
    assert runs(after(11)) == 1
    assert [use.period.end for use in uses_of(taker.account)] == [after(10)] * 2
    assert runs(after(80)) == 0
    assert use_due(after(80)) == ()


def test_one_that_goes_wrong_stops_nobody_else(metered, monkeypatch) -> None:
    taker, (traffic, _) = metered
    other = takes(BRAND)
    (fresh,) = metering.count_for(act_at(BRAND), of=subscription(other.id), meters=[TRAFFIC])
    for each in (traffic, fresh):
        reads(each, 150 * GB)
    closes = metering.close_period

    def breaks(act, *, subscription, **how):
        if subscription == taker.id:
            raise ZeroDivisionError
        return closes(act, subscription=subscription, **how)

    monkeypatch.setattr(metering, "close_period", breaks)
    runs(after(32))
    assert {use.amount.minor for use in uses_of(other.account)} == {100}
    assert uses_of(taker.account) == ()


def test_what_it_will_come_to_is_told_at_any_moment(metered) -> None:
    taker, (traffic, _) = metered
    reads(traffic, 90 * GB, day=10)
    rows = meters_of(taker.account)
    own = make_act("customer", "billing", brand=BRAND, at=after(15.5), own=taker.subject)
    told = {each.meter.slug: each for each in metering.outlook(own, rows)}
    assert (told["traffic"].now.minor, told["traffic"].used) == (0, 90 * GB)
    assert 170 * GB < told["traffic"].expected < 190 * GB
    assert told["traffic"].end.minor == pytest.approx(160, abs=20)
    assert told["hours"].end.minor == 0


def test_a_limit_is_noted_once_a_period_and_caps_the_bill(metered) -> None:
    taker, (traffic, _) = metered
    limit_meter(act_at(BRAND), metered=traffic, cap=Money(300, EUR), alert=Money(100, EUR))
    reads(traffic, 120 * GB)
    assert not Alert.objects.exists()
    reads(traffic, 40 * GB, day=2)
    reads(traffic, 40 * GB, day=3)
    assert [row.kind for row in Alert.objects.all()] == ["alert"]
    reads(traffic, 400 * GB, day=4)
    assert {row.kind for row in Alert.objects.all()} == {"alert", "cap"}
    runs(after(32))
    use = Use.objects.get(metered=traffic)
    assert (use.minor, use.full_minor) == (300, 1_000)


@pytest.mark.parametrize("brand", ["vpn", "vps6", "vpsfast", "photonvps", "vietnam-server"])
def test_where_the_policy_does_not_let_use_be_counted_nothing_is(db, brand: str) -> None:
    taker = takes(brand)
    with pytest.raises(NotMetered) as refused:
        metering.count_for(act_at(brand), of=subscription(taker.id), meters=[TRAFFIC])
    assert refused.value.clause == metering.may_count(policy_in_force(brand, NOON))
    with pytest.raises((NotMetered, NoSuchMeter)):
        metering.take(act_at(brand, after(1)), told=[Told(uuid4(), "a", 1, Period(NOON, after(1)))])
    assert not Metered.objects.exists()
    assert not Reading.objects.exists()


def test_another_accounts_meter_is_none(metered) -> None:
    _, (traffic, _) = metered
    other, _ = opens_account(BRAND)
    with pytest.raises(NoSuchMeter):
        meter(traffic, of=other)
    assert meters_of(other) == ()


def test_a_run_that_dies_before_the_invoice_leaves_the_period_open(metered, monkeypatch) -> None:
    taker, (traffic, _) = metered
    reads(traffic, 150 * GB)

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(metering, "issue_invoice", dies)
        with pytest.raises(KeyboardInterrupt):
            runs(after(32))
    assert not Use.objects.exists()
    assert runs(after(32) + timedelta(hours=1)) == 1
    assert {use.amount.minor for use in uses_of(taker.account)} == {100, 0}


def test_what_the_catalogue_counts_is_counted_from_the_order_on(db) -> None:
    from hostkeep.provisioning.queries import services_billed_by

    load_everything()
    ann = Customer.at("DE")
    ordered = ann.orders(ann.fills("secret-box", currency="USD"))
    service = services_billed_by(ordered.invoice)[0]
    (row,) = meters_of(ann.account, service=service.id)
    (told,) = metering.outlook(ann.act("billing"), [row])
    tariff = told.meter.tariff
    assert (told.meter.title, tariff.included, tariff.tiers[0].rate) == ("Traffic out", 100, 2_200_000)
    checkout.on_order_placed(ann.act(), OrderPlaced(ordered.order, ann.account))
    assert len(meters_of(ann.account)) == 1


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("model: overage", "model: free", "mistake in model"),
        ("per: 1000000000", "per: 0", "no whole number"),
        ("- {rates: {EUR: 2000000, USD: 2200000, VND: 500000000}}", "- {up_to: 5}", "mistake in tiers"),
        ("rates: {EUR: 2000000, USD: 2200000, VND: 500000000}", "rates: {EUR: 1}", "`USD` is missing"),
    ],
)
def test_a_catalogue_whose_meter_cannot_be_reckoned_with_is_refused(db, tmp_path, was: str, becomes: str, said: str) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "brand")
    file = folder / "catalogue.yaml"
    text = file.read_text(encoding="utf-8")
    assert was in text
    file.write_text(text.replace(was, becomes), encoding="utf-8")
    with pytest.raises(CatalogueRefused) as refused:
        load_everything(folder)
    assert said in str(refused.value.facts["mistakes"])


def test_a_catalogue_that_counts_what_the_policy_does_not_allow_is_refused(db, tmp_path) -> None:
    folder = shutil.copytree(ROOT / "brands" / "vps6", tmp_path / "brand")
    file = folder / "catalogue.yaml"
    text = file.read_text(encoding="utf-8")
    meter = (
        "    meters:\n    - {slug: traffic, label: Traffic, model: overage, unit: GB, per: 1000000000,\n"
        "       tiers: [{rates: {EUR: 1, USD: 1}}]}\n    driver: lxd\n"
    )
    file.write_text(text.replace("    driver: lxd\n", meter, 1), encoding="utf-8")
    with pytest.raises(CatalogueRefused) as refused:
        load_folder(make_act("owner", "site_administration", brand="vps6"), folder=folder)
    assert "does not allow" in str(refused.value.facts["mistakes"])
    assert refused.value.clause
