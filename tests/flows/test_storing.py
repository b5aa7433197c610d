"""Cards that a gateway keeps: left, charged while their owner is away, let go of; and nowhere that a policy forbids it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from hostkeep.billing.actions.storing import MOST, begin_keeping, prefer_method, record_kept
from hostkeep.billing.calls import gateways
from hostkeep.billing.errors.documents import AlreadyPaid, NoSuchInvoice
from hostkeep.billing.errors.gateways import GatewayCannot, GatewayNotOffered, MethodsNotKept, NoSuchMethod, TooManyMethods
from hostkeep.billing.models import Payment, PaymentAttempt, StoredMethod
from hostkeep.billing.queries import methods, payments
from hostkeep.billing.queries.invoices import sheet
from hostkeep.drivers.conformance.payments import FakeGateway
from hostkeep.drivers.payments import Declined, Kept, Settled, Unknown, Waiting
from hostkeep.faces.demo import pay_api
from hostkeep.flows import noticing, paying, storing
from hostkeep.kernel.ids import AccountId, BrandId, CategoryId, UserId
from hostkeep.kernel.money import Money, VND
from hostkeep.people.actions.joining import open_account
from hostkeep.people.events import AccountClosing
from hostkeep.people.models import User
from hostkeep.people.queries import account
from hostkeep.runtime import brand as running_brand
from hostkeep.vault.column_door import open_columns
from tests.cards import BRAND, load_card_brand
from tests.conftest import NOON, make_act
from tests.drivers.hosted_page import HostedPage
from tests.rooms.billing.making import Buyer, billing_act, line

LINKS = storing.Links(
    back=lambda method: f"http://{BRAND}.localhost:8000/account/payment-methods/{method}/return/",
    tell=lambda gateway: f"http://{BRAND}.localhost:8000/callbacks/{gateway}/",
)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def page(db, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HostedPage]:
    monkeypatch.setattr(pay_api, "data", lambda: tmp_path)
    load_card_brand(tmp_path)
    hosted = HostedPage(tmp_path)
    yield from carried({"testpay": hosted.gateway()}, hosted)


@pytest.fixture
def fake(db, tmp_path: Path) -> Iterator[FakeGateway]:
    load_card_brand(tmp_path)
    gateway = FakeGateway()
    yield from carried({"testpay": gateway, "stripe": gateway}, gateway)


def carried(there: dict, given) -> Iterator:
    before = list(gateways._make)
    gateways.carry_with(lambda name, _: there.get(name))
    yield given
    gateways._make[:] = before


def customer(brand: str = BRAND) -> Buyer:
    with running_brand.during(BrandId(brand)):
        user = User.objects.create(brand=brand)
        act = make_act("visitor", "account", brand=brand)
        joined = open_account(act, user=UserId(user.id), values={CategoryId("email"): "ann@example.test"}, language="en")
    return Buyer(brand, joined.account, account(joined.account).subject)


def asks(buyer: Buyer, gateway: str = "testpay", **how) -> storing.Asked:
    return storing.keep_method(buyer.act(**how), of=buyer.account, gateway=gateway, links=LINKS)


def kept(page: HostedPage, buyer: Buyer, *, careful: bool = False):
    asked = asks(buyer)
    page.leave(once_of(asked.method), careful_bank=careful)
    assert storing.look_up_method(buyer.act(), of=buyer.account, method=asked.method) == "ready"
    return asked.method


def once_of(method) -> str:
    return StoredMethod.objects.get(id=method).once


def labels(buyer: Buyer) -> list[str]:
    rows = methods.methods_of(buyer.account, brand=BrandId(buyer.brand))
    return [told.open().label for told in open_columns(buyer.act(), wishes=[row.wish for row in rows])]


def charges(buyer: Buyer, invoice, method, once: str = "dun-1", at=NOON) -> paying.Asked:
    return paying.charge_stored(billing_act(buyer.brand, at), invoice=invoice, method=method, once=once)


def test_a_card_is_left_and_charged_while_its_owner_is_away(page: HostedPage) -> None:
    buyer = customer()
    asked = asks(buyer)
    assert isinstance(asked.keeping, Waiting)
    page.leave(once_of(asked.method))

    assert storing.look_up_method(buyer.act(), of=buyer.account, method=asked.method) == "ready"

    assert labels(buyer) == ["Test card 4242"]
    assert methods.preferred_method(buyer.account) == asked.method
    invoice = buyer.owes(line(90_000, rate=0, currency=VND)).id
    told = charges(buyer, invoice, asked.method)
    assert isinstance(told.outcome, Settled)
    assert told.outcome.amount == Money(90_000, VND)
    assert sheet(invoice, of=buyer.account).is_paid
    assert charges(buyer, invoice, asked.method).attempt == told.attempt
    with pytest.raises(AlreadyPaid):
        charges(buyer, invoice, asked.method, "dun-2")
    assert Payment.objects.count() == 1


def test_token_and_label_stand_sealed(page: HostedPage) -> None:
    buyer = customer()
    kept(page, buyer)
    with connection.cursor() as cursor:
        cursor.execute("SELECT token, label FROM billing_storedmethod")
        [row] = cursor.fetchall()
    assert all(column.startswith("c2.fiscal.") for column in row)


def test_the_message_that_a_card_was_left_is_enough(page: HostedPage) -> None:
    from hostkeep.faces.demo import pay_methods, pay_telling

    buyer = customer()
    asked = asks(buyer)
    page.leave(once_of(asked.method))
    body = pay_telling.message_of_method(pay_methods.method_by_key(page.book, once_of(asked.method)))
    heard = noticing.Heard(pay_telling.signed_headers(page.secret, body, at=1000), body, 1000.0)
    assert noticing.take_notice(billing_act(BRAND), gateway="testpay", heard=heard) == "new"
    assert noticing.take_notice(billing_act(BRAND), gateway="testpay", heard=heard) == "known"
    assert noticing.work_off(billing_act("")) == 1
    assert StoredMethod.objects.get(id=asked.method).state == "ready"


def test_nobody_returns_and_no_message_comes(page: HostedPage) -> None:
    buyer = customer()
    asked = asks(buyer)
    page.leave(once_of(asked.method))
    assert storing.sweep_due(billing_act("", at=NOON + MINUTE)) == 0
    assert storing.sweep_due(billing_act("", at=NOON + 3 * MINUTE)) == 1
    assert methods.preferred_method(buyer.account) == asked.method


def test_a_careful_bank_sends_the_payer_to_a_page_and_nothing_is_taken_twice(page: HostedPage) -> None:
    buyer = customer()
    method = kept(page, buyer, careful=True)
    invoice = buyer.owes().id
    told = charges(buyer, invoice, method)
    assert isinstance(told.outcome, Waiting)
    assert told.outcome.visit
    row = payments.attempt_row(told.attempt)
    assert row.visit == told.outcome.visit
    page.pay(row.once)
    assert paying.look_up_payment(buyer.act(at=NOON + 3 * MINUTE), of=buyer.account, attempt=told.attempt).state == "settled"
    assert sheet(invoice, of=buyer.account).is_paid


def test_an_answer_that_was_lost_is_looked_up_and_never_asked_again(fake: FakeGateway) -> None:
    buyer = customer()
    method = ready(fake, buyer)
    invoice = buyer.owes().id
    fake.will = [Unknown()]
    assert charges(buyer, invoice, method).outcome == Unknown()
    [ask] = fake.asked

    # While it may still be on its way, not even that it was never asked is believed.
    fake.told.clear()
    assert paying.look_up_payment(buyer.act(at=NOON + MINUTE), of=buyer.account, attempt=attempt().id).state == "unknown"
    assert charges(buyer, invoice, method).outcome == Unknown()

    fake.told[ask.once] = Settled("p-1", ask.amount)
    assert paying.look_up_open(billing_act("", at=NOON + 3 * MINUTE)) == 1
    assert isinstance(charges(buyer, invoice, method, at=NOON + timedelta(days=2)).outcome, Settled)
    assert sheet(invoice, of=buyer.account).is_paid
    assert len(fake.asked) == 1


def attempt() -> PaymentAttempt:
    return PaymentAttempt.objects.get()


def ready(fake: FakeGateway, buyer: Buyer, gateway: str = "testpay", token: str = "tok"):
    asked = asks(buyer, gateway)
    fake.kept[once_of(asked.method)] = Kept(token, "Visa 4242")
    storing.look_up_method(buyer.act(), of=buyer.account, method=asked.method)
    return asked.method


def test_the_same_wish_at_the_same_moment_asks_once(fake: FakeGateway) -> None:
    buyer = customer()
    method = ready(fake, buyer)
    invoice = buyer.owes().id
    # Another worker began it and has not heard yet.
    from hostkeep.billing.actions.paying import begin_stored

    begin_stored(billing_act(BRAND), invoice=invoice, method=method, once="dun-1")
    assert charges(buyer, invoice, method).outcome == Waiting(None)
    assert fake.asked == []


def test_a_card_of_another_account_or_brand_is_not_charged(fake: FakeGateway) -> None:
    buyer, other = customer(), customer()
    method = ready(fake, buyer)
    with pytest.raises(NoSuchMethod):
        charges(other, other.owes().id, method)
    invoice = buyer.owes().id
    with pytest.raises((NoSuchInvoice, GatewayNotOffered, MethodsNotKept)):
        paying.charge_stored(billing_act("vps6"), invoice=invoice, method=method, once="x")
    for do in (storing.choose_method, storing.drop_method, storing.look_up_method):
        with pytest.raises(NoSuchMethod):
            do(other.act(), of=other.account, method=method)
    assert fake.asked == []


def test_a_declined_card_moves_nothing(fake: FakeGateway) -> None:
    buyer = customer()
    method, invoice = ready(fake, buyer), buyer.owes().id
    fake.will = [Declined("refused")]
    assert charges(buyer, invoice, method).outcome == Declined("refused")
    assert charges(buyer, invoice, method).outcome == Declined("refused")
    assert isinstance(charges(buyer, invoice, method, "dun-2").outcome, Settled)


def test_one_is_preferred_and_the_next_takes_its_place(fake: FakeGateway) -> None:
    buyer = customer()
    first, second = ready(fake, buyer, token="a"), ready(fake, buyer, "stripe", token="b")
    assert methods.preferred_method(buyer.account) == first
    storing.choose_method(buyer.act(), of=buyer.account, method=second)
    assert methods.preferred_method(buyer.account) == second
    assert storing.drop_method(buyer.act(), of=buyer.account, method=second)
    assert methods.preferred_method(buyer.account) == first
    with pytest.raises(NoSuchMethod):
        prefer_method(buyer.act(), of=buyer.account, method=second)
    with pytest.raises(IntegrityError), transaction.atomic():
        StoredMethod.objects.filter(id__in=[first, second]).update(preferred=True, state="ready")


def test_what_is_removed_is_let_go_of_and_emptied(page: HostedPage) -> None:
    buyer = customer()
    method = kept(page, buyer)
    assert storing.drop_method(buyer.act(), of=buyer.account, method=method)
    assert storing.drop_method(buyer.act(), of=buyer.account, method=method)
    row = StoredMethod.objects.get(id=method)
    assert (row.state, row.expires_on, row.forgotten_at) == ("ended", None, NOON)
    held = methods.with_held(billing_act(BRAND), method, lambda found: (found.token, found.label))
    assert held == ("", "")
    with pytest.raises(NoSuchMethod):
        charges(buyer, buyer.owes().id, method)
    assert labels(buyer) == []


def test_a_gateway_that_does_not_answer_is_asked_to_let_go_again(page: HostedPage, monkeypatch) -> None:
    buyer = customer()
    method = kept(page, buyer)
    monkeypatch.setattr(type(page.gateway()), "forget", lambda *_: False)
    assert not storing.drop_method(buyer.act(), of=buyer.account, method=method)
    with pytest.raises(NoSuchMethod):
        charges(buyer, buyer.owes().id, method)
    monkeypatch.undo()
    monkeypatch.setattr(pay_api, "data", lambda: page.folder)
    assert storing.sweep_due(billing_act("", at=NOON + timedelta(days=1))) == 1
    assert StoredMethod.objects.get(id=method).forgotten_at
    assert storing.sweep_due(billing_act("", at=NOON + timedelta(days=1))) == 0


def test_a_card_left_after_its_account_closed_is_let_go_of(page: HostedPage) -> None:
    buyer = customer()
    ready_one, waiting = kept(page, buyer), asks(buyer).method
    storing.on_account_closing(billing_act(BRAND), AccountClosing(buyer.account))
    page.leave(once_of(waiting))
    assert storing.sweep_due(billing_act("", at=NOON + 3 * MINUTE)) == 2
    assert {row.state for row in StoredMethod.objects.all()} == {"ended"}
    assert all(row.forgotten_at for row in StoredMethod.objects.all())
    from hostkeep.faces.demo import pay_methods

    assert {pay_methods.method_by_key(page.book, once_of(each)).state for each in (ready_one, waiting)} == {"gone"}


def test_news_that_comes_late_or_twice_changes_nothing(fake: FakeGateway) -> None:
    buyer = customer()
    method = ready(fake, buyer)
    act = billing_act(BRAND)
    for keeping in (Kept("other", "Other 1"), Waiting("http://x/", "h"), Declined("expired"), Unknown()):
        assert record_kept(act, method=method, keeping=keeping).state == "ready"
    assert labels(buyer) == ["Visa 4242"]
    storing.drop_method(buyer.act(), of=buyer.account, method=method)
    assert record_kept(act, method=method, keeping=Kept("tok", "Visa 4242")).state == "ended"
    assert methods.with_held(act, method, lambda held: held.label) == ""


def test_a_second_click_leads_to_the_same_page_and_no_account_keeps_without_end(fake: FakeGateway) -> None:
    buyer = customer()
    first = asks(buyer)
    assert asks(buyer) == first
    for number in range(1, MOST):
        asks(buyer, at=NOON + timedelta(hours=2 * number))
    with pytest.raises(TooManyMethods):
        asks(buyer, at=NOON + timedelta(days=9))
    assert StoredMethod.objects.count() == MOST


@pytest.mark.parametrize(
    ("brand", "clause"),
    [("vpn", "VPN-5"), ("vps6", "V6-10"), ("photonvps", "PH-5"), ("vpsfast", "VF-4"), ("vietnam-server", None)],
)
def test_no_shop_of_the_five_keeps_a_card_and_each_names_its_clause(fake: FakeGateway, brand: str, clause: str | None) -> None:
    from hostkeep.billing.rules.gateways import not_kept_by
    from hostkeep.brands.queries import policy_in_force

    buyer = customer(brand) if brand != "vietnam-server" else Buyer(brand)
    policy = policy_in_force(BrandId(brand), NOON)
    expected = not_kept_by(policy)
    assert expected is not None
    with pytest.raises(MethodsNotKept) as refusal:
        asks(buyer)
    assert refusal.value.clause == expected
    assert [each.clause for each in policy.never if "card" in each.categories] in ([expected], [])
    if brand == "vpn":
        assert expected == clause
    assert paying.storing_gateways(billing_act(brand)) == ()
    assert not StoredMethod.objects.exists()


def test_a_policy_that_forbids_cards_later_stops_charges_too(fake: FakeGateway, monkeypatch) -> None:
    buyer = customer()
    method, invoice = ready(fake, buyer), buyer.owes().id
    monkeypatch.setattr(paying, "not_kept_by", lambda _policy: "EV-2")
    with pytest.raises(MethodsNotKept):
        charges(buyer, invoice, method)
    assert fake.asked == []


def test_a_gateway_that_keeps_nothing_says_so(fake: FakeGateway) -> None:
    from hostkeep.adapters.gateways.manual.gateway import ByHand

    gateways.carry_with(lambda name, _: {"manual": ByHand(), "testpay": fake}.get(name))
    with pytest.raises(GatewayCannot):
        asks(customer(), "manual")
    assert paying.storing_gateways(billing_act(BRAND)) == ("testpay",)


def test_begun_and_never_asked(fake: FakeGateway) -> None:
    """The process died before the gateway was asked."""
    buyer = customer()
    begun = begin_keeping(buyer.act(), of=AccountId(buyer.account), subject=buyer.subject, gateway="testpay")
    assert storing.sweep_due(billing_act("", at=NOON + 3 * MINUTE)) == 1
    assert StoredMethod.objects.get(id=begun.id).state == "ended"
