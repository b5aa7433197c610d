"""Programs see what recurs, change it and end it, within what their key may."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from hostkeep.brands.queries import policy_in_force
from hostkeep.flows import changing, renewing
from hostkeep.kernel.ids import AccountId, BrandId, CategoryId
from hostkeep.runtime import clock
from hostkeep.subscriptions.models import Change, Subscription
from hostkeep.vault.erasing import erase
from tests.conftest import make_act
from tests.faces.api.conftest import Program, problem
from tests.rooms.subscriptions.having import Taker, takes


def taken(program: Program) -> Taker:
    account = program.account
    return takes(program.brand, price=690, at=clock.now(), who=(AccountId(account.id), account.subject))


def told(answer):
    assert answer.status_code in {200, 202}, answer.content
    return json.loads(answer.content)


def test_a_program_sees_what_recurs_and_what_it_can_become(ann: Program) -> None:
    taker = taken(ann)
    seen = told(ann.get(f"/services/{taker.service}/subscription"))
    assert (seen["state"], seen["term"], seen["price"]) == (
        "active", {"unit": "month", "count": 1}, {"minor": 690, "currency": "EUR"},
    )  # fmt: skip
    offers = told(ann.get(f"/services/{taker.service}/offers"))
    assert {offer["kind"] for offer in offers} >= {"upgrade", "term"}
    assert all(offer["gross"]["minor"] >= offer["due"]["minor"] for offer in offers if offer["kind"] == "upgrade")


def test_a_program_changes_and_takes_back(ann: Program) -> None:
    taker = taken(ann)
    offer = next(o for o in told(ann.get(f"/services/{taker.service}/offers")) if o["kind"] == "upgrade")
    wish = {"product": offer["product"], "plan": offer["plan"], "choices": offer["choices"], "expected": offer["due"]["minor"]}
    problem(ann.post(f"/services/{taker.service}/change", {**wish, "expected": 1}), 422, "subscriptions.price.bad")
    problem(ann.post(f"/services/{taker.service}/change", {**wish, "price": 1}), 422, "api.fields.bad")
    once = uuid4().hex
    first = told(ann.post(f"/services/{taker.service}/change", wish, once=once))
    again = told(ann.post(f"/services/{taker.service}/change", wish, once=once))
    assert first == again
    assert first["invoice"]
    assert Change.objects.count() == 1
    problem(ann.post(f"/services/{taker.service}/change", wish), 409, "subscriptions.change.waits")
    assert told(ann.call("DELETE", f"/services/{taker.service}/change"))["change"] is None


def test_a_program_sees_which_term_runs_and_which_one_comes(ann: Program) -> None:
    taker = taken(ann)
    path, month = f"/services/{taker.service}/subscription", {"unit": "month", "count": 1}
    before = told(ann.get(path))
    assert before["next_term"] is None
    offer = next(o for o in told(ann.get(f"/services/{taker.service}/offers")) if o["kind"] == "term")
    wish = {"product": offer["product"], "plan": offer["plan"], "choices": offer["choices"], "expected": 0}
    told(ann.post(f"/services/{taker.service}/change", wish))
    seen = told(ann.get(path))
    comes = {"begins": before["billed_to"], "runs": month, "term": offer["term"], "price": offer["price"]}
    assert (seen["term"], seen["next_term"]) == (month, {**comes, "billed": False})
    assert offer["term"] != month

    due = make_act(brand="", at=Subscription.objects.get().renew_at)
    changing.sweep_due(due)
    renewing.renew_due(due)
    seen = told(ann.get(path))
    assert (seen["term"], seen["price"]) == (offer["term"], offer["price"])
    assert seen["next_term"] == {**comes, "billed": True}


def test_a_term_that_was_erased_is_told_by_its_day_alone(ann: Program) -> None:
    taker = taken(ann)
    offer = next(o for o in told(ann.get(f"/services/{taker.service}/offers")) if o["kind"] == "term")
    wish = {"product": offer["product"], "plan": offer["plan"], "choices": offer["choices"], "expected": 0}
    told(ann.post(f"/services/{taker.service}/change", wish))
    chosen = policy_in_force(BrandId(ann.brand), clock.now()).categories[CategoryId("chosen_service")]
    erase(make_act(), subject=ann.account.subject, classes=frozenset({chosen.keep_class}), why="request")
    seen = told(ann.get(f"/services/{taker.service}/subscription"))["next_term"]
    assert (seen["term"], seen["price"], seen["runs"]) == (None, None, {"unit": "month", "count": 1})


def test_a_program_cancels_for_the_end_and_keeps(ann: Program) -> None:
    taker = taken(ann)
    assert told(ann.post(f"/services/{taker.service}/cancel"))["state"] == "ending"
    assert told(ann.call("DELETE", f"/services/{taker.service}/cancel"))["state"] == "active"


@pytest.mark.parametrize(("method", "path", "body"), [
    ("GET", "subscription", None), ("GET", "offers", None), ("POST", "cancel", None), ("DELETE", "cancel", None),
    ("DELETE", "change", None), ("POST", "change", {"product": "hexa-m", "plan": "monthly", "expected": 0}),
])  # fmt: skip
def test_another_accounts_is_none_and_a_key_that_may_only_read_changes_nothing(programs, method, path, body) -> None:
    ann, bob, reader = programs(), programs(who="bob"), programs("vps6", "services:read", who="eve")
    taker, own = taken(ann), taken(reader)
    problem(bob.call(method, f"/services/{taker.service}/{path}", body), 404, "subscriptions.subscription.none")
    answer = reader.call(method, f"/services/{own.service}/{path}", body)
    assert answer.status_code == (200 if method == "GET" else 403)
    assert set(Subscription.objects.values_list("state", flat=True)) == {"active"}
    assert not Change.objects.exists()
