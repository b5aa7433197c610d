"""VPN-5: nothing about money but what the payment systems hold: a whole payment leaves a reference and a state."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from hostkeep.adapters.gateways.stripe.gateway import Config as StripeConfig
from hostkeep.adapters.gateways.stripe.gateway import Stripe
from hostkeep.billing.calls import gateways
from hostkeep.billing.models import GatewayNotice, Payment
from hostkeep.billing.queries.invoices import sheet

from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.ids import BrandId, CategoryId
from hostkeep.policy.compile import compile_policy
from hostkeep.faces.demo import pay_api
from hostkeep.faces.demo.pay_telling import message_of, signed_headers
from hostkeep.flows import noticing
from hostkeep.flows.exporting.gathering import Whose, parts_of
from hostkeep.policy.errors import PolicyError
from hostkeep.runtime import clock, jobs
from hostkeep.runtime.models import Delivery
from hostkeep.vault import door
from tests.conftest import make_act
from tests.drivers.hosted_page import DeafLine, HostedPage
from tests.drivers.stripe_side import KEY, SECRET, Side, signed
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import HERE, gateway, hidden
from tests.house.test_canaries import _dump, _forms
from tests.rooms.billing.making import Buyer, line

__all__ = ["gateway"]

BRAND = BrandId("vpn")
SOURCE = (Path(__file__).parents[2] / "brands" / "vpn" / "policy.yaml").read_text(encoding="utf-8")


def test_VPN_5_a_policy_that_switches_bank_transfers_on_is_refused_naming_clause_and_gateway() -> None:
    with_it = SOURCE.replace("gateways: [testpay]", "gateways: [testpay, bank_transfer]", 1)
    assert with_it != SOURCE

    with pytest.raises(PolicyError) as refused:
        compile_policy(with_it, file="policy.yaml")

    said = str(refused.value)
    assert "VPN-5" in said and "bank_transfer" in said


def test_VPN_5_the_checkout_offers_none_and_takes_none(db, gateway) -> None:
    ann = Member("vpn")
    ann.puts()
    page = ann.get("/checkout/")

    assert 'value="bank_transfer"' not in page.content.decode()
    assert ann.sends(page, "/checkout/", gateway="bank_transfer").status_code in {403, 404, 409, 422}


@pytest.mark.parametrize("category", ["card", "bank_account", "other_financial"])
def test_VPN_5_the_vault_refuses_it(scene, category: str) -> None:
    there = scene("vpn")
    assert CategoryId(category) not in policy_in_force(BRAND, clock.now()).categories

    with pytest.raises(door.NotDeclared) as no:
        door.put(there.act, subject=there.canary.subject, category=CategoryId(category), value="4111111111111111")

    assert no.value.clause == "VPN-5"


def test_VPN_5_without_the_prohibition_such_a_policy_would_load() -> None:
    loose = SOURCE.replace("gateways: [testpay]", "gateways: [testpay, bank_transfer]", 1)
    loose = loose.replace("  never: [card, bank_account, other_financial]\n", "  never: [card]\n", 1)

    assert "bank_transfer" in compile_policy(loose, file="policy.yaml").gateways


PAYER, LAST4, IBAN = "Canary-Kestrel Payer", "last4-canary-98765", "EE00CANARY2200221020145685"
PARTICULARS = {
    "payer": {"name": PAYER, "email": "canary-kestrel@payer.test"}, "card": {"last4": LAST4}, "iban": IBAN,
    "customer_details": {"name": PAYER}, "payment_method_details": {"card": {"last4": LAST4}, "sepa_debit": {"iban": IBAN}},
}  # fmt: skip


@pytest.fixture
def ways(db, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HostedPage]:
    """The hosted page, and a Stripe account that only calls back; a card policy of Stripe's is not needed for that."""
    monkeypatch.setattr(pay_api, "data", lambda: tmp_path)
    page = HostedPage(tmp_path)
    before = list(gateways._make)
    gateways.carry_with(lambda name, _: {"testpay": page.gateway(), "stripe": Stripe(DeafLine(), StripeConfig(KEY, (SECRET,)))}.get(name))
    yield page
    gateways._make[:] = before


def calls_back(way: str, page: HostedPage, once: str) -> tuple[dict[str, str], bytes]:
    """What the payment system says when the payer has paid: everything it knows of them."""
    if way == "testpay":
        page.pay(once)
        body = json.dumps({**json.loads(message_of(page.kept(once))), **PARTICULARS}).encode()
        return signed_headers(page.secret, body, at=time.time()), body
    session = {
        "id": "cs_1", "object": "checkout.session", "mode": "payment", "status": "complete", "payment_status": "paid",
        "amount_total": 500, "currency": "eur", "payment_intent": "pi_1", "metadata": {"once": once, "shop": BRAND},
    }  # fmt: skip
    one = signed(Side().event("checkout.session.completed", {**session, **PARTICULARS}))
    return dict(one.headers), one.body


@pytest.mark.parametrize("way", ["testpay", "stripe"])
def test_VPN_5_a_whole_payment_leaves_a_reference_a_state_and_the_invoices_amounts(
    ways: HostedPage, way: str, capfd: pytest.CaptureFixture[str]
) -> None:
    from hostkeep.billing.actions.paying import begin_payment

    ann = Member("vpn")
    buyer = Buyer("vpn", ann.account.id, ann.account.subject)
    issued = buyer.owes(line(500, rate=240_000), at=clock.now())
    if way == "testpay":
        page = ann.get(f"/account/invoices/{issued.id}/")
        assert "/demo/pay/" in ann.sends(page, f"/account/invoices/{issued.id}/pay/", gateway="testpay")["Location"]
        (once,) = (kept.once for kept in ways.book.newest())
    else:
        act = make_act("customer", "billing", brand="vpn", at=clock.now(), own=buyer.subject)
        once = begin_payment(act, of=buyer.account, invoice=issued.id, gateway="stripe").once
    headers, body = calls_back(way, ways, once)
    assert all(word.encode() in body for word in (PAYER, LAST4, IBAN))

    answer = Client().post(
        f"/callbacks/{way}/", body, content_type="application/json", headers={"host": "vpn.localhost", **headers, **HERE}
    )
    noticing.work_off(make_act("system", "billing", brand="", at=clock.now()))
    for delivery in Delivery.objects.all():
        jobs.deliver([str(delivery.id)])

    assert answer.status_code == 204
    assert sheet(issued.id, of=buyer.account).is_paid
    assert ann.get(f"/account/invoices/{issued.id}/pdf/").status_code == 200
    owner = make_act("customer", "rights", brand="vpn", at=clock.now(), own=buyer.subject)
    copy = parts_of(owner, Whose(ann.account, None, policy_in_force(BRAND, clock.now())))
    copied = json.dumps({part.name: [*map(str, part.rows)] for part in copy})
    assert issued.number.startswith("QT-20") and issued.number[:7] in copied
    told = capfd.readouterr()
    places = {"tables, jobs and mail": _dump(), "log": told.out + told.err, "copy": copied}
    for word in (PAYER, LAST4, IBAN, "canary-kestrel@payer.test"):
        for form in _forms(word):
            assert [name for name, text in places.items() if form in text] == []
    [notice] = GatewayNotice.objects.all()
    [payment] = Payment.objects.all()
    assert (notice.outcome, notice.state, notice.minor, notice.proof) == ("settled", "done", 500, payment.proof)
    assert (payment.minor, payment.reference, payment.booked_on) == (500, "", None)


def test_VPN_5_no_card_is_kept_by_any_gateway(ways: HostedPage) -> None:
    ann = Member("vpn")

    page = ann.get("/account/payment-methods/")
    token = hidden(ann.get("/account/security/"), "/account/security/end/")
    sent = ann.post("/account/payment-methods/keep/", **token, gateway="testpay")

    assert "VPN-5" in page.content.decode()
    assert 'action="/account/payment-methods/keep/"' not in page.content.decode()
    assert sent.status_code == 422
    assert "VPN-5" in sent.content.decode()
    assert ways.requests == []


def test_VPN_5_its_light_is_green(prove) -> None:
    assert prove("VPN-5") == {}


def test_VPN_5_a_driver_that_read_more_would_be_seen(prove, monkeypatch) -> None:
    from tests.falsifiability.sabotages import SABOTAGES

    SABOTAGES["a_driver_reads_more_than_it_should"].how(monkeypatch)

    assert [said for said in prove("VPN-5").values()]
