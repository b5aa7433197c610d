"""Credit through the API: seen, used, put in; each once, and nobody else's."""

from __future__ import annotations

from uuid import uuid4

from hostkeep.billing.actions.crediting import give_credit
from hostkeep.billing.models import Allocation, TopUp
from hostkeep.kernel.money import EUR, Money
from hostkeep.runtime import clock
from tests.faces.api.conftest import Program, problem, program
from tests.rooms.billing.making import Buyer, billing_act

CREDIT = "/credit"


def gift(who: Program, minor: int) -> None:
    act = billing_act(who.brand, at=clock.now(), role="billing")
    give_credit(act, account=who.account.id, amount=Money(minor, EUR), kind="gift", once=uuid4().hex)


def owes(who: Program):
    return Buyer(who.brand, who.account.id, who.account.subject).owes(at=clock.now()).id


def test_credit_is_seen_and_used_once_a_key(ann: Program) -> None:
    gift(ann, 1000)
    invoice = owes(ann)
    told = ann.get(CREDIT).json()
    assert told["held"] == [{"minor": 1000, "currency": "EUR"}]
    assert [(line["kind"], line["amount"]["minor"]) for line in told["lines"]] == [("gift", 1000)]
    assert told["limits"][0]["most"] == {"minor": 50_000, "currency": "EUR"}
    body = {"invoice": str(invoice), "amount": {"minor": 400, "currency": "EUR"}}
    for _ in range(2):
        used = ann.post(f"{CREDIT}/use", body, once="k1")
        assert used.json() == {"invoice": str(invoice), "amount": {"minor": 400, "currency": "EUR"}, "paid": False}
    assert ann.post(f"{CREDIT}/use", {"invoice": str(invoice)}).json()["amount"]["minor"] == 600
    problem(ann.post(f"{CREDIT}/use", {"invoice": str(invoice)}), 409, "billing.credit.not_enough")
    assert Allocation.objects.count() == 2


def test_what_cannot_be_used(ann: Program) -> None:
    gift(ann, 9000)
    mine, theirs = owes(ann), Buyer().owes().id
    problem(ann.post(f"{CREDIT}/use", {"invoice": str(theirs)}), 404, "billing.invoice.none")
    for amount, code in (
        ({"minor": 100, "currency": "USD"}, "billing.credit.bad"),
        ({"minor": 9000, "currency": "EUR"}, "billing.credit.bad"),
        ({"minor": -1, "currency": "EUR"}, "api.fields.bad"),
        ({"minor": 1.5, "currency": "EUR"}, "api.fields.bad"),
    ):
        problem(ann.post(f"{CREDIT}/use", {"invoice": str(mine), "amount": amount}), 422, code)
    assert not Allocation.objects.exists()


def test_credit_is_put_in(ann: Program, gateway) -> None:
    body = {"amount": {"minor": 2500, "currency": "EUR"}, "gateway": "testpay"}
    first = ann.post(f"{CREDIT}/top-ups", body, once="t1").json()
    again = ann.post(f"{CREDIT}/top-ups", body, once="t1").json()
    assert first == again and TopUp.objects.count() == 1
    (row,) = ann.get(f"{CREDIT}/top-ups").json()["items"]
    one = ann.get(f"{CREDIT}/top-ups/{first['top_up']}").json()
    assert row == one and one["amount"]["minor"] == 2500
    problem(program("vpsfast").get(f"{CREDIT}/top-ups/{first['top_up']}"), 404, "billing.top_up.none")
    for minor in (499, 50_001):
        more = {**body, "amount": {"minor": minor, "currency": "EUR"}}
        problem(ann.post(f"{CREDIT}/top-ups", more), 422, "billing.credit.bad")


def test_several_are_paid_in_one_and_from_credit(ann: Program, gateway) -> None:
    one, two, theirs = owes(ann), owes(ann), Buyer().owes().id
    body = {"invoices": [str(one), str(two)], "expected": {"minor": 4816, "currency": "EUR"}, "gateway": "testpay"}
    first = ann.post(f"{CREDIT}/together", body, once="t1").json()
    assert ann.post(f"{CREDIT}/together", body, once="t1").json() == first
    told = ann.get(f"{CREDIT}/top-ups/{first['top_up']}").json()
    assert (sorted(told["invoices"]), told["amount"]["minor"]) == (sorted(body["invoices"]), 4816)
    problem(ann.post(f"{CREDIT}/together", {**body, "expected": {"minor": 4815, "currency": "EUR"}}), 409, "billing.together.bad")
    problem(ann.post(f"{CREDIT}/together", {**body, "invoices": [str(theirs)]}), 404, "billing.invoice.none")
    problem(ann.post(f"{CREDIT}/together", {**body, "invoices": []}), 422, "api.fields.bad")
    gift(ann, 3000)
    for _ in range(2):
        used = ann.post(f"{CREDIT}/use-on", {"invoices": body["invoices"]}, once="u1").json()["items"]
        assert [(each["amount"]["minor"], each["paid"]) for each in used] == [(2408, True), (592, False)]
    problem(ann.post(f"{CREDIT}/use-on", {"invoices": [str(theirs)]}), 404, "billing.invoice.none")
