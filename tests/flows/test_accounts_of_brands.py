"""Each brand is a company with a Stripe account of its own: its key asks, its secret lets in, its money is its own."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from hostkeep.billing import inbox
from hostkeep.billing.calls import gateways
from hostkeep.billing.errors.gateways import GatewayNotOffered
from hostkeep.billing.errors.payments import NoticeRefused
from hostkeep.billing.models import Dispute, GatewayNotice, Payment
from hostkeep.billing.rules.reconciling import handle_of
from hostkeep.brands.queries import all_brands
from hostkeep.drivers.conformance.payments import FakeGateway
from hostkeep.drivers.payments import Declined, Disputed, Notice, RefundAsk
from hostkeep.drivers.payouts import Holding, PayoutLine
from hostkeep.flows import noticing, offering, refunding
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import EUR, Money
from hostkeep.project import outgoing, wiring
from tests.conftest import NOON, make_act
from tests.drivers.stripe_side import Side, signed
from tests.flows.payer_of_gateways import PaysOut
from tests.flows.test_paying_out import DAY, VPS6, FAST, found, goes_round, out, paid, stands
from tests.rooms.billing.making import Buyer, billing_act
from tests.rooms.billing.test_refunding import overpaid

OWN = {
    "vps6": {"key": "sk_test_six", "secrets": "whsec_six"},
    "vpsfast": {"key": "sk_test_fast", "secrets": "whsec_fast"},
}  # fmt: skip


@pytest.fixture
def own(db, settings) -> Iterator[None]:
    """Two brands with keys, as the composition root sets them up."""
    settings.HOSTKEEP = replace(settings.HOSTKEEP, stripe=OWN)
    before = list(gateways._make)
    gateways.carry_with(wiring._gateway, outgoing.account_of)
    yield
    gateways._make[:] = before


def dispute(of: str, event: str = "") -> dict:
    thing = {"id": "du_1", "object": "dispute", "amount": 1000, "currency": "eur", "payment_intent": of, "status": "lost", "metadata": {}}
    return Side().event("charge.dispute.closed", thing, **({"id": event} if event else {}))


def heard(event: dict, *, brand: str, secret: str):
    one = signed(event, secrets=(secret,))
    return noticing.take_notice(billing_act(brand), gateway="stripe", heard=noticing.Heard(one.headers, one.body, one.at))


def test_a_brand_is_asked_for_and_signed_with_its_own_keys_alone(own: None) -> None:
    six, fast = (gateways.gateway_for("stripe", brand) for brand in (VPS6, FAST))
    assert (six.config.key, six.config.secrets) == ("sk_test_six", ("whsec_six",))
    assert (fast.config.key, fast.config.secrets) == ("sk_test_fast", ("whsec_fast",))
    assert not gateways.is_ready("stripe", BrandId("vpn")), "who has no keys offers no cards"
    with pytest.raises(GatewayNotOffered):
        gateways.gateway_for("stripe", BrandId("vpn"))


def test_a_message_signed_with_one_brands_secret_is_refused_at_anothers_address(own: None) -> None:
    assert heard(dispute("pi_1"), brand="vpsfast", secret="whsec_fast") == "new"  # noqa: S106
    for brand, secret in (("vpsfast", "whsec_six"), ("vps6", "whsec_fast")):
        with pytest.raises(NoticeRefused):
            heard(dispute("pi_1"), brand=brand, secret=secret)
    with pytest.raises(GatewayNotOffered):
        heard(dispute("pi_1"), brand="vpn", secret="whsec_fast")  # noqa: S106
    assert GatewayNotice.objects.count() == 1


def test_a_brand_without_keys_of_its_own_has_the_account_that_is_for_all(own: None, settings) -> None:
    settings.HOSTKEEP = replace(settings.HOSTKEEP, stripe_key="sk_test_all", stripe_secrets="whsec_all")
    assert gateways.gateway_for("stripe", BrandId("vpn")).config.key == "sk_test_all"
    assert gateways.gateway_for("stripe", VPS6).config.key == "sk_test_six"
    shared = {account.brands for account in gateways.accounts_of("stripe", [VPS6, FAST, BrandId("vpn"), BrandId("photonvps")])}
    assert shared == {(VPS6,), (FAST,), (BrandId("vpn"), BrandId("photonvps"))}


def test_the_owner_is_told_what_is_not_set_up_and_whose_account_is_shared(own: None, settings, monkeypatch) -> None:
    rows = {row.id: replace(row, payment=("stripe",)) for row in all_brands() if row.id in OWN}
    monkeypatch.setattr(offering, "all_brands", lambda: tuple(rows.values()))
    monkeypatch.setattr(offering, "brand", rows.get)

    def told(brand: str) -> str:
        return " ".join(offering.advice(make_act(brand=brand)))

    assert told("vps6") == told("vpsfast") == ""
    settings.HOSTKEEP = replace(settings.HOSTKEEP, stripe={"vps6": OWN["vps6"]})
    assert told("vps6") == ""
    assert "stripe is not set up for this brand" in told("vpsfast")
    settings.HOSTKEEP = replace(settings.HOSTKEEP, stripe={brand: OWN["vps6"] for brand in OWN})
    assert "stripe is one account for this brand and vpsfast: one company" in told("vps6")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "it needs a key and the signing secret of a webhook"),
        ({"stripe_key": "sk_test_all"}, "set HOSTKEEP_STRIPE_SECRETS"),
        ({"stripe_secrets": "whsec_all"}, "set HOSTKEEP_STRIPE_KEY"),
    ],
    ids=["nothing", "no secret", "no key"],
)
def test_the_owner_is_told_which_part_is_missing_and_never_what_is_there(
    own: None, settings, monkeypatch, said: dict[str, str], words: str
) -> None:
    rows = {row.id: replace(row, payment=("stripe",)) for row in all_brands() if row.id in OWN}
    monkeypatch.setattr(offering, "all_brands", lambda: tuple(rows.values()))
    monkeypatch.setattr(offering, "brand", rows.get)
    gateways.carry_with(wiring._gateway, outgoing.account_of, outgoing.named, outgoing.lacking)
    settings.HOSTKEEP = replace(settings.HOSTKEEP, **{"stripe": {}, "stripe_key": "", "stripe_secrets": "", **said})
    (told,) = offering.advice(make_act(brand="vps6"))
    assert "HOSTKEEP_STRIPE names no account for vps6" in told and words in told
    assert "sk_" not in told and "whsec_" not in told
    assert "outgoing.lacking" in inspect.getsource(wiring), "the composition root says what is missing"


def test_the_owner_is_told_of_names_that_are_no_brand_here(own: None, settings, monkeypatch) -> None:
    rows = {row.id: replace(row, payment=("manual",)) for row in all_brands() if row.id in OWN}
    monkeypatch.setattr(offering, "all_brands", lambda: tuple(rows.values()))
    monkeypatch.setattr(offering, "brand", rows.get)
    gateways.carry_with(wiring._gateway, outgoing.account_of, outgoing.named)
    assert offering.advice(make_act(brand="vps6")) == ()
    settings.HOSTKEEP = replace(settings.HOSTKEEP, stripe={**OWN, "vps-6": OWN["vps6"], "VPSfast": OWN["vpsfast"]})
    (told,) = offering.advice(make_act(brand="vps6"))
    assert "HOSTKEEP_STRIPE names VPSfast, vps-6: no brand here" in told
    assert "sk_" not in told
    assert "outgoing.named" in inspect.getsource(wiring), "the composition root tells whom it names"


# --- two accounts at one gateway, each with what is its own


@pytest.fixture
def two_paying_out(two: dict) -> dict[str, PaysOut]:
    two |= {"vps6": PaysOut(), "vpsfast": PaysOut()}
    return two


@pytest.fixture
def two(db) -> Iterator[dict[str, FakeGateway]]:
    each = {"vps6": FakeGateway(), "vpsfast": FakeGateway()}
    before = list(gateways._make)
    gateways.carry_with(lambda name, brand: each.get(brand) if name == "testpay" else None, lambda _, brand: brand)
    yield each
    gateways._make[:] = before


def asks(gateway: FakeGateway) -> list[str]:
    return [ask.once for ask in gateway.asked if isinstance(ask, RefundAsk)]


def test_money_goes_back_by_the_account_it_came_to(two: dict[str, FakeGateway]) -> None:
    for brand in ("vps6", "vpsfast"):
        payment = overpaid(Buyer(brand), 500)
        act = billing_act(brand, role="billing")
        refunding.refund_payment(act, payment_id=payment, amount=Money(300, EUR), once=f"back-{brand}")
    assert (asks(two["vps6"]), asks(two["vpsfast"])) == (["back-vps6"], ["back-vpsfast"])


def test_refunds_of_a_brand_without_an_account_wait_for_staff_and_others_do_not(two: dict[str, FakeGateway]) -> None:
    two["vps6"].will = [Declined("refused")]
    del two["vpsfast"]
    waits = overpaid(Buyer("vpsfast"), 500)
    row = refunding.refund_payment(
        billing_act("vpsfast", role="billing"), payment_id=waits, amount=Money(300, EUR), once="by-hand"
    )
    assert row.state in {"waiting", "unknown"}
    assert refunding.look_up_due(make_act(brand="", at=NOON + timedelta(hours=1))) == 0
    assert refunding.confirm_by_hand(billing_act("vpsfast", role="billing"), refund=row.id, proof="BACK-1").state == "settled"


def test_another_accounts_word_about_a_payment_is_left_to_a_person(two: dict[str, FakeGateway]) -> None:
    said = Disputed("du_1", "pi_of_vps6", Money(5000, EUR), 0, "lost")
    inbox.take(billing_act("vpsfast"), gateway="testpay", notice=Notice("evt_1", "", Declined("-"), about="dispute", disputed=said))
    paid(5000, proof="pi_of_vps6")
    noticing.work_off(billing_act(""))
    assert not Dispute.objects.exists()
    assert inbox.parked_count() == 1


def test_each_account_is_compared_with_the_books_of_its_own_brands(two_paying_out: dict[str, PaysOut]) -> None:
    mine, theirs = paid(5000)[1], paid(3000, brand="vpsfast")[1]
    two_paying_out["vps6"].told, two_paying_out["vps6"].held = [out(PayoutLine(mine, 4900, 100))], [Holding(Money(0, EUR), 0)]
    two_paying_out["vpsfast"].held = [Holding(Money(2000, EUR), 0)]
    for day in range(2):
        goes_round(NOON + day * DAY)
    assert (stands(), stands(FAST)) == ((0, 4900, 0, 100), (3000, 0, 0, 0))
    assert found() == {("holding", handle_of("testpay:vpsfast"), 1000)}
    assert theirs in set(Payment.objects.values_list("proof", flat=True))


def test_a_pay_out_of_the_account_that_was_used_before_is_still_of_whom_it_was_paid_to(two_paying_out: dict[str, PaysOut]) -> None:
    mine, theirs = paid(5000)[1], paid(3000, brand="vpsfast")[1]
    two_paying_out["vps6"].told = [out(PayoutLine(mine, 4900, 100), PayoutLine(theirs, 3000), PayoutLine("", -10))]
    goes_round()
    assert (stands()[:2], stands(FAST)[:2]) == ((10, 4890), (0, 3000))


def test_what_is_of_no_payment_is_its_accounts_own_brands(two_paying_out: dict[str, PaysOut]) -> None:
    paid(5000)
    paid(3000, brand="vpsfast")
    two_paying_out["vpsfast"].told = [out(PayoutLine("", 500))]
    goes_round()
    assert (stands()[:2], stands(FAST)[:2]) == ((5000, 0), (2500, 500))
