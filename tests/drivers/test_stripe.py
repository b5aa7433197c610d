"""Stripe's driver sits the exams against localstripe with Checkout in front; its events are read and never believed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from uuid import uuid4

import pytest

from hostkeep.adapters.gateways.stripe.gateway import BASE, Config, Stripe
from hostkeep.adapters.gateways.stripe.signing import BIGGEST
from hostkeep.billing.calls.charging import Where, charge
from hostkeep.billing.rules.attempts import Begun
from hostkeep.drivers.conformance.payments import (
    RefundsExam,
    Signed,
    StoringExam,
    ask,
    back_ask,
    keep_ask,
    looked_up,
    stored_ask,
)
from hostkeep.drivers.payments import (
    BadNotice,
    Declined,
    Disputed,
    Kept,
    Notice,
    NothingAsked,
    Settled,
    Unknown,
    Waiting,
)
from hostkeep.drivers.wire import Reply
from hostkeep.kernel.money import EUR, USD, VND, Money
from tests.drivers.hosted_page import DeafLine, SaysLine
from tests.drivers.stripe_side import KEY, SECRET, Line, Side, signed, stripe_side


@pytest.fixture(scope="module")
def there() -> Iterator[Side]:
    with stripe_side() as found:
        yield found


@pytest.fixture
def side(there: Side) -> Side:
    """The same server for all, without what the test before asked."""
    there.sessions.clear()
    there.answers.clear()
    there.asked.clear()
    there.lost = 0
    there.local("DELETE", "/_config/data", [])
    return there


class TestTheExam(RefundsExam, StoringExam):
    @pytest.fixture(autouse=True)
    def reach(self, side: Side) -> None:
        self.side = side

    def make(self) -> Stripe:
        return self.side.gateway()

    def make_deaf(self) -> Stripe:
        return Stripe(DeafLine(), Config(KEY, (SECRET,)))

    def pay(self, once: str) -> None:
        self.side.pay(once)

    def leave(self, once: str, *, careful_bank: bool = False) -> None:
        self.side.leave(once, careful_bank=careful_bank)

    def notice_of(self, once: str) -> Signed:
        return signed(self.side.event("checkout.session.completed", self.side.of(once)))


def fields(side: Side, path: str) -> dict:
    return [said for method, where, said in side.asked if (method, where) == ("POST", path)][-1]


def test_stripe_learns_an_amount_a_number_a_brand_and_a_key(side: Side) -> None:
    side.gateway().charge(ask("a"))

    said = fields(side, "/v1/checkout/sessions")
    assert set(said) == {
        "mode", "success_url", "cancel_url", "client_reference_id", "payment_method_types[0]", "metadata[once]",
        "metadata[shop]", "line_items[0][quantity]", "line_items[0][price_data][currency]",
        "line_items[0][price_data][unit_amount]", "line_items[0][price_data][product_data][name]",
        "payment_intent_data[metadata][once]", "payment_intent_data[metadata][shop]",
    }
    assert said["line_items[0][price_data][product_data][name]"] == "EX-2026-000001"


@pytest.mark.parametrize(
    ("amount", "units", "code"),
    [(Money(1990, EUR), "1990", "eur"), (Money(5, USD), "5", "usd"), (Money(90_000, VND), "90000", "vnd")],
)
def test_amounts_are_in_the_smallest_unit_of_each_currency(side: Side, amount: Money, units: str, code: str) -> None:
    gateway = side.gateway()
    asked = gateway.charge(ask("a", amount))
    said = fields(side, "/v1/checkout/sessions")
    assert said["line_items[0][price_data][unit_amount]"] == units
    assert said["line_items[0][price_data][currency]"] == code
    side.pay("a")
    assert looked_up(gateway, "a", asked).amount == amount


def test_the_answer_is_lost_and_nobody_can_pay_what_we_never_heard_of(side: Side) -> None:
    gateway = side.gateway()
    side.lost = 1
    assert gateway.charge(ask("a")) == Unknown()
    assert gateway.look_up("a") == Declined("never_asked")
    side.pay("a")
    assert isinstance(gateway.look_up("a"), Settled)


def test_the_same_key_for_another_amount_is_not_charged(side: Side) -> None:
    gateway = side.gateway()
    gateway.charge(ask("a"))
    assert gateway.charge(ask("a", Money(501, EUR))) == Unknown()
    assert len(side.sessions) == 1


def test_who_comes_back_elsewhere_is_led_to_the_page_that_is_open(side: Side) -> None:
    """By a link to pay, say, and then from the account's page: one attempt, two places to come back to."""
    gateway, first = side.gateway(), ask("a")
    opened = gateway.charge(first)
    begun = Begun(uuid4(), "a", "stripe", first.amount, first.memo, "waiting", opened.handle)
    where = Where(back="https://shop.example/account/", tell=first.tell, shop=first.shop)
    assert charge(gateway, begun, where=where) == opened
    assert len(side.sessions) == 1


def test_a_page_that_was_left_ends(side: Side) -> None:
    gateway = side.gateway()
    asked = gateway.charge(ask("a"))
    side.expire("a")
    assert looked_up(gateway, "a", asked) == Declined("expired")
    said = signed(side.event("checkout.session.expired", side.of("a")))
    assert gateway.read_notice(said.headers, said.body, said.at).outcome == Declined("expired")


def test_a_wrong_key_moves_nothing(side: Side) -> None:
    stranger = Stripe(Line(side), Config("sk_test_guess", (SECRET,), side.base))
    assert stranger.charge(ask("a")) == Declined("refused")
    assert stranger.look_up("a") == Unknown()


def test_a_stored_card_whose_answer_was_lost_is_found_by_its_customer(side: Side) -> None:
    gateway = side.gateway()
    handle = gateway.keep(keep_ask("k")).handle
    side.leave("k")
    kept = gateway.look_up_kept("k", handle)
    assert (kept.label, kept.expires_on) == ("Visa 4242", date(2031, 12, 31))
    side.lost = 1

    assert gateway.charge_stored(stored_ask("auto", kept.token, Money(90_000, VND))) == Unknown()

    told = gateway.look_up_stored("auto", kept.token)
    assert (type(told), told.amount) == (Settled, Money(90_000, VND))
    assert gateway.charge_stored(stored_ask("auto", kept.token, Money(90_000, VND))) == told


def test_a_careful_bank_takes_the_money_by_one_way_alone(side: Side) -> None:
    gateway = side.gateway()
    handle = gateway.keep(keep_ask("k")).handle
    side.leave("k", careful_bank=True)
    token = gateway.look_up_kept("k", handle).token

    told = gateway.charge_stored(stored_ask("auto", token))

    assert isinstance(told, Waiting)
    assert told.handle.startswith("cs_")
    assert gateway.look_up_stored("auto", token) == Declined("refused")  # what was called off stays so
    assert gateway.charge_stored(stored_ask("auto", token)) == told


def test_a_broken_line_in_the_middle_of_it(side: Side) -> None:
    gateway = side.gateway()
    handle = gateway.keep(keep_ask("k")).handle
    side.leave("k", careful_bank=True)
    token = gateway.look_up_kept("k", handle).token
    wire = Line(side)
    asked: list[str] = []

    class BreaksAt(Line):
        def request(self, method, url, **rest):
            asked.append(url)
            side.lost = 1 if len(asked) == broken else 0
            return wire.request(method, url, **rest)

    for broken, expected in ((2, Unknown()), (3, Declined("step_wanted"))):
        asked.clear()
        side.lost = 0
        assert side.gateway(BreaksAt(side)).charge_stored(stored_ask(f"auto-{broken}", token)) == expected
        assert isinstance(gateway.look_up_stored(f"auto-{broken}", token), Declined)


def test_refunds_are_told_by_their_own_events_too(side: Side) -> None:
    gateway = side.gateway()
    asked = gateway.charge(ask("a"))
    side.pay("a")
    of = looked_up(gateway, "a", asked).proof
    told = gateway.refund(back_ask("back", of, 200))
    [refund] = side.local("GET", "/v1/refunds", [("payment_intent", of)])[1]["data"]
    for kind, status, outcome in (
        ("refund.updated", "succeeded", told),
        ("refund.created", "pending", Waiting(None, told.proof)),
        ("charge.refund.updated", "failed", Declined("refused")),
    ):
        one = signed(side.event(kind, {**refund, "status": status}))
        notice = gateway.read_notice(one.headers, one.body, one.at)
        assert (notice.about, notice.once, notice.outcome) == ("refund", "back", outcome)


def test_a_method_that_was_left_is_told_and_looked_up(side: Side) -> None:
    gateway = side.gateway()
    handle = gateway.keep(keep_ask("k")).handle
    side.leave("k")
    one = signed(side.event("checkout.session.completed", side.of("k")))
    notice = gateway.read_notice(one.headers, one.body, one.at)
    assert (notice.about, notice.once, notice.outcome) == ("method", "k", Waiting(None, handle))
    assert isinstance(gateway.look_up_kept("k", handle), Kept)


# --- a brand that changed its account

NEW = "sk_test_new"


class TwoAccounts(Line):
    """The new account has nothing of what was begun in the former one, and refuses it as Stripe does."""

    def request(self, method, url, *, headers, **rest):
        of = headers["authorization"]
        knows = url.endswith("/v1/checkout/sessions") and method == "POST"
        if of == f"Bearer {NEW}" and not knows:
            if "search" in url or "/v1/refunds?" in url:
                return Reply(200, {}, b'{"data": [], "has_more": false}')
            status = 400 if method == "POST" else 404
            return Reply(status, {}, b'{"error": {"code": "resource_missing", "type": "invalid_request_error"}}')
        return super().request(method, url, headers=headers, **rest)


def moved(side: Side) -> Stripe:
    return Stripe(TwoAccounts(side), Config(NEW, (SECRET,), side.base, former=KEY))


def test_what_was_begun_at_the_former_account_is_looked_up_and_goes_back_there(side: Side) -> None:
    before, now = side.gateway(), moved(side)
    asked = before.charge(ask("a"))
    assert now.look_up("a", asked.handle) == asked
    side.pay("a")
    told = looked_up(now, "a", asked)
    assert told == Settled(told.proof, asked_for := Money(500, EUR)), asked_for
    assert now.look_up("a") == told, "searched for in both"
    assert now.close("a", asked.handle) == told

    back = now.refund(back_ask("back", told.proof, 200))

    assert (type(back), back.amount) == (Settled, Money(200, EUR))
    assert now.look_up_refund("back", told.proof) == back == before.look_up_refund("back", told.proof)


def test_a_card_kept_at_the_former_account_is_let_go_of_there_and_charged_nowhere(side: Side) -> None:
    before, now = side.gateway(), moved(side)
    handle = before.keep(keep_ask("k")).handle
    side.leave("k")
    token = now.look_up_kept("k", handle).token
    assert now.charge_stored(stored_ask("auto", token)) == Declined("refused")
    assert now.look_up_stored("auto", token) == Declined("never_asked")
    assert now.forget(token)
    assert isinstance(before.charge_stored(stored_ask("again", token)), Declined)


def test_without_a_former_account_nothing_is_known_of_what_is_elsewhere(side: Side) -> None:
    asked = side.gateway().charge(ask("a"))
    side.pay("a")
    stranger = Stripe(TwoAccounts(side), Config(NEW, (SECRET,), side.base))
    assert stranger.look_up("a", asked.handle) == Unknown()
    proof = looked_up(side.gateway(), "a", asked).proof
    assert stranger.refund(back_ask("back", proof)) == Declined("refused")


# --- events in the shapes that Stripe documents

DISPUTE = {
    "id": "du_1MtJUT2eZvKYlo2CNaw2HvEv", "object": "dispute", "amount": 1000, "currency": "eur", "livemode": False,
    "charge": "ch_1AZtxr2eZvKYlo2CJDX8whov", "payment_intent": "pi_1AZtxr2eZvKYlo2C", "reason": "fraudulent",
    "status": "needs_response", "metadata": {}, "is_charge_refundable": False,
    "balance_transactions": [{"id": "txn_1", "amount": -1000, "fee": 2000, "net": -3000, "currency": "eur"}],
    "evidence": {"customer_name": "Canary Payer", "customer_email_address": "canary@example.test"},
    "payment_method_details": {"card": {"brand": "visa", "network_reason_code": "4837"}, "type": "card"},
}  # fmt: skip
SESSION = {
    "id": "cs_test_a1", "object": "checkout.session", "mode": "payment", "status": "complete", "payment_status": "paid",
    "amount_total": 2408, "currency": "eur", "payment_intent": "pi_3", "livemode": False, "client_reference_id": "pay-1",
    "metadata": {"once": "pay-1", "shop": "vps6"}, "customer": None, "url": None,
    "customer_details": {"name": "Canary Payer", "email": "canary@example.test", "phone": "+4915100000000"},
    "payment_method_details": {"card": {"last4": "9876"}, "sepa_debit": {"iban": "NL00CANARY"}},
}  # fmt: skip
HERE = Side()
GATEWAY = Stripe(DeafLine(), Config(KEY, (SECRET,)))


def reads(event: object, *, gateway: Stripe = GATEWAY, **how) -> Notice:
    one = signed(event, **how)
    return gateway.read_notice(one.headers, one.body, one.at)


def dispute(**over) -> dict:
    return HERE.event("charge.dispute.created", {**DISPUTE, **over})


def session(kind: str = "checkout.session.completed", **over) -> dict:
    return HERE.event(kind, {**SESSION, **over})


@pytest.mark.parametrize(
    ("status", "state"), [("needs_response", "open"), ("under_review", "open"), ("won", "won"), ("lost", "lost")]
)
def test_a_dispute_is_read(status: str, state: str) -> None:
    notice = reads(dispute(status=status))
    assert notice.about == "dispute"
    assert notice.disputed == Disputed(DISPUTE["id"], "pi_1AZtxr2eZvKYlo2C", Money(1000, EUR), 2000, state)
    assert "Canary" not in repr(notice)


def test_a_fee_in_another_currency_is_not_counted_as_ours() -> None:
    moves = [{"fee": 2000, "currency": "usd"}, {"fee": "9", "currency": "eur"}, "x", {"fee": 10**20, "currency": "eur"}]
    assert reads(dispute(balance_transactions=moves)).disputed.fee == 0


@pytest.mark.parametrize("status", ["warning_needs_response", "warning_under_review", "warning_closed", "prevented"])
def test_an_inquiry_moves_no_money_and_is_dropped(status: str) -> None:
    with pytest.raises(NothingAsked):
        reads(dispute(status=status))


def test_an_event_is_cut_down_to_what_it_means() -> None:
    notice = reads(session())
    assert (notice.once, notice.shop, notice.outcome) == ("pay-1", "vps6", Settled("pi_3", Money(2408, EUR)))
    for canary in ("Canary", "9876", "NL00", "+49"):
        assert canary not in repr(notice)


def test_several_events_tell_of_one_payment_in_any_order() -> None:
    intent = {
        "id": "pi_3", "object": "payment_intent", "status": "succeeded", "amount": 2408, "amount_received": 2408,
        "currency": "eur", "metadata": {"once": "pay-1", "shop": "vps6"},
    }  # fmt: skip
    first, second = reads(HERE.event("payment_intent.succeeded", intent)), reads(session())
    assert first.outcome == second.outcome
    assert first.event != second.event


def test_money_that_takes_its_time() -> None:
    assert reads(session(payment_status="unpaid")).outcome == Waiting(None, "cs_test_a1")
    assert isinstance(reads(session("checkout.session.async_payment_succeeded")).outcome, Settled)
    failed = session("checkout.session.async_payment_failed", payment_status="unpaid")
    assert reads(failed).outcome == Declined("refused")


@pytest.mark.parametrize(
    "event",
    [
        HERE.event("payment_intent.payment_failed", {"id": "pi_1", "metadata": {"once": "pay-1", "shop": "vps6"}}),
        HERE.event("customer.created", {"id": "cus_1"}),
        session(metadata={}),
        session(metadata={"order": "of another program"}),
        dispute(payment_intent=None),
    ],
)
def test_what_nobody_here_asked_for_is_dropped(event: dict) -> None:
    with pytest.raises(NothingAsked):
        reads(event)


@pytest.mark.parametrize(
    "event",
    [
        b"", b"{}", b"[]", b"\xff", b"[" * 100_000,
        {**session(), "livemode": True}, {**session(), "livemode": None}, {**session(), "account": "acct_other"},
        {**session(), "object": "list"}, {**session(), "id": ""}, {**session(), "id": "x" * 65},
        {**session(), "type": None}, session(amount_total=0), session(amount_total=True), session(amount_total="2408"),
        session(currency="gbp"), session(currency=None), session(payment_intent=None), session(payment_intent="p\n"),
        session(id=5), session(metadata={"once": 5, "shop": "vps6"}), session(metadata={"once": "Ånn", "shop": "vps6"}),
        session(metadata={"once": "pay-1", "shop": "x" * 33}), session(metadata={"once": "pay-1"}),
        session(payment_status="unpaid", status="elsewhere"), dispute(amount=-5), dispute(id=None),
    ],
)  # fmt: skip
def test_a_signed_event_that_cannot_be_is_refused(event: object) -> None:
    with pytest.raises(BadNotice):
        reads(event)


def test_an_event_of_the_other_mode_is_refused() -> None:
    live = Stripe(DeafLine(), Config("rk_live_x", (SECRET,)))
    assert reads({**session(), "livemode": True}, gateway=live).once == "pay-1"
    with pytest.raises(BadNotice):
        reads(session(), gateway=live)


def test_while_a_secret_is_replaced_both_are_good() -> None:
    both = Stripe(DeafLine(), Config(KEY, ("whsec_new", SECRET)))
    assert reads(session(), gateway=both)
    assert reads(session(), gateway=both, secrets=("whsec_new",))
    assert reads(session(), secrets=("whsec_new", SECRET))
    for secrets in (("whsec_old",), ()):
        with pytest.raises(BadNotice):
            reads(session(), secrets=secrets)


def test_nobody_signs_with_no_secret() -> None:
    with pytest.raises(BadNotice):
        reads(session(), gateway=Stripe(DeafLine(), Config(KEY, ())), secrets=("",))


@pytest.mark.parametrize("away", [301, -301])
def test_five_minutes_and_no_more(away: int) -> None:
    one = signed(session())
    assert GATEWAY.read_notice(one.headers, one.body, int(one.at) + (300 if away > 0 else -300))
    with pytest.raises(BadNotice):
        GATEWAY.read_notice(one.headers, one.body, int(one.at) + away)


def test_a_signature_that_was_touched() -> None:
    one = signed(session())
    said = one.headers["Stripe-Signature"]
    for header in (
        "", "x", "t=1", said.replace("v1=", "v2="), said.replace("t=", "t=1,t="), said.replace("t=", "t=１"),
        said.replace(f"t={int(one.at)}", f"t={int(one.at) + 1}"), said + ",v1=" + "x" * 3000, "t=,v1=é",
    ):  # fmt: skip
        with pytest.raises(BadNotice):
            GATEWAY.read_notice({"Stripe-Signature": header}, one.body, one.at)
    with pytest.raises(BadNotice):
        GATEWAY.read_notice(one.headers, one.body + b" ", one.at)


def test_a_body_without_bound_is_not_looked_at() -> None:
    one = signed(json.dumps({**session(), "padding": "x" * BIGGEST}).encode())
    with pytest.raises(BadNotice, match="size"):
        GATEWAY.read_notice(one.headers, one.body, one.at)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, {}, b""), Reply(302, {}, b"{}"), Reply(200, {}, b""), Reply(200, {}, b"[]"), Reply(200, {}, b"<html>"),
        Reply(200, {}, b"[" * 100_000), Reply(409, {}, b"{}"), Reply(429, {}, b"{}"),
        Reply(200, {}, b'{"id": "cs_1", "status": "open", "url": "javascript:alert(1)"}'),
        Reply(200, {}, b'{"id": "cs_1", "status": "open"}'), Reply(200, {}, b'{"id": 1, "payment_status": "paid"}'),
        Reply(200, {}, b'{"id": "cs_1", "payment_status": "paid", "payment_intent": "pi_1", "amount_total": 1e3}'),
        Reply(200, {}, b'{"id": "cs_1", "status": "elsewhere"}'),
        Reply(400, {}, b'{"error": {"type": "idempotency_error"}}'),
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_is_unknown(reply: Reply) -> None:
    gateway = Stripe(SaysLine(reply), Config(KEY, (SECRET,)))
    assert gateway.charge(ask("a")) == Unknown()
    assert gateway.look_up("a", "cs_1") == Unknown()
    assert gateway.look_up("a", "pi_1") == Unknown()
    assert gateway.refund(back_ask("b", "pi_1")) == Unknown()
    assert gateway.look_up_refund("b", "pi_1") == Unknown()
    assert gateway.keep(keep_ask("k")) == Unknown()
    assert gateway.charge_stored(stored_ask("s", "cus_1/pm_1")) == Unknown()
    assert gateway.look_up_stored("s", "cus_1/pm_1") == Unknown()


def test_a_list_without_an_end_is_unknown() -> None:
    page = Reply(200, {}, b'{"data": [{"id": "re_1", "metadata": {}}], "has_more": true}')
    gateway = Stripe(SaysLine(page), Config(KEY, (SECRET,)))
    assert gateway.look_up_refund("b", "pi_1") == Unknown()


def test_the_secrets_do_not_print_and_the_host_is_stripes_own() -> None:
    config = Config("sk_live_hush", ("whsec_hush",))
    assert "hush" not in repr(config)
    assert (config.live, Config("sk_test_live", ()).live) == (True, False)
    made = Stripe.configured(DeafLine(), {"key": "sk_test_1", "secrets": " a  b "})
    assert (made.config.secrets, made.config.base) == (("a", "b"), BASE)
    assert Stripe.hosts({}) == ("api.stripe.com",)
    assert Stripe.hosts({"base": "http://127.0.0.1:9"}) == ("127.0.0.1:9",)


@pytest.mark.parametrize(
    ("body", "country"),
    [
        (b'{"id": "pi_1", "latest_charge": {"payment_method_details": {"card": {"country": "FR"}}}}', "FR"),
        (b'{"id": "pi_1", "latest_charge": "ch_1"}', ""), (b'{"id": "pi_1"}', ""), (b"{", ""),
        (b'{"latest_charge": {"payment_method_details": {"card": {"country": "France"}}}}', ""),
        (b'{"latest_charge": {"payment_method_details": {"card": {"country": 33}}}}', ""),
        (b'{"latest_charge": {"payment_method_details": {"card": {"country": null}}}}', ""),
        (b'{"latest_charge": {"payment_method_details": {"sepa_debit": {"country": "FR"}}}}', ""),
    ],
)  # fmt: skip
def test_where_a_card_was_issued(body: bytes, country: str) -> None:
    class OneAnswer:
        def request(self, method: str, url: str, **_: object) -> Reply:
            assert (method, url.partition("?")[0]) == ("GET", "https://api.stripe.com/v1/payment_intents/pi_1")
            return Reply(200, {}, body)

    assert Stripe(OneAnswer(), Config("sk_test_x", ("s",))).country_of("pi_1") == country
    assert Stripe(DeafLine(), Config("sk_test_x", ("s",))).country_of("pi_1") == ""


def test_a_session_that_is_gone_under_the_key_that_opened_it_was_never_paid(side: Side) -> None:
    gateway = side.gateway()
    handle = gateway.charge(ask("a")).handle
    assert gateway.look_up("a", handle) == gateway.charge(ask("a"))
    side.sessions.clear()
    assert gateway.look_up("a", handle) == Declined("never_asked")


def test_what_another_key_does_not_find_may_have_moved_elsewhere(side: Side) -> None:
    gateway = side.gateway()
    handle = gateway.charge(ask("a")).handle
    side.pay("a")
    side.sessions.clear()
    other = Stripe(Line(side), Config("sk_test_other", (SECRET,), side.base))
    side.keys = (KEY, "sk_test_other")
    assert other.look_up("a", handle) == Unknown()
    assert gateway.look_up("a", handle.partition("@")[0]) == Unknown(), "nobody knows under which key it was opened"


def test_a_page_that_is_closed_takes_no_money(side: Side) -> None:
    gateway = side.gateway()
    open_one, paid_one = gateway.charge(ask("a")), gateway.charge(ask("b"))
    side.pay("b")
    assert gateway.close("a", open_one.handle) == Declined("expired")
    assert gateway.close("a", open_one.handle) == Declined("expired")
    assert isinstance(gateway.close("b", paid_one.handle), Settled)
    third = gateway.charge(ask("c"))
    side.lost = 1
    assert gateway.close("c", third.handle) == Declined("expired"), "the answer was lost, and asked for again"


def test_money_that_went_back_by_the_dashboard_is_told_with_its_payment() -> None:
    refund = {
        "id": "re_1", "object": "refund", "status": "succeeded", "amount": 200, "currency": "eur", "metadata": {},
        "payment_intent": "pi_1",
    }  # fmt: skip
    notice = reads(HERE.event("refund.created", refund))
    assert (notice.about, notice.once, notice.of) == ("returned", "", "pi_1")
    assert notice.outcome == Settled("re_1", Money(200, EUR))
    for other in ({"status": "pending"}, {"payment_intent": None}):
        with pytest.raises(NothingAsked):
            reads(HERE.event("refund.created", {**refund, **other}))
