"""Programs see the add-ons of a service, price them, add them and take them off; and order them with a service."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from hostkeep.billing.models import Invoice
from hostkeep.kernel.ids import AccountId
from hostkeep.kernel.money import EUR, Money
from hostkeep.runtime import clock
from hostkeep.subscriptions.actions.opening import begin_subscription, open_subscription
from hostkeep.subscriptions.models import Change
from hostkeep.subscriptions.rules.agreeing import AddOn, Agreed, Taken
from hostkeep.subscriptions.rules.terms import Term
from tests.faces.api.conftest import Program, problem
from tests.rooms.subscriptions.having import act_at


def told(answer):
    assert answer.status_code in {200, 202}, answer.content
    return json.loads(answer.content)


def place(program: Program, pieces: int = 1, slug: str = "address") -> str:
    """Where the add-ons of a service stand that has one more address, free of charge this month."""
    account, service, at = program.account, uuid4(), clock.now()
    what = AddOn(slug, "One more IPv4 address", Money(200, EUR), Money(0, EUR), recurs=True, work=True)
    agreed = Agreed("hexa-m", "monthly", "Hexa M", {}, Term("month", 1), Money(1190, EUR), add_ons=(Taken(what, pieces),))
    open_subscription(
        act_at("vps6", at), account=AccountId(account.id), subject=account.subject, service=service, agreed=agreed, once=str(service)
    )
    begin_subscription(act_at("vps6", at), service=service, invoice=None)
    return f"/services/{service}/add-ons"


def test_a_program_lists_prices_adds_and_takes_off(ann: Program) -> None:
    here = place(ann)
    seen = told(ann.get(here))
    assert [(each["slug"], each["pieces"], each["price"]["minor"]) for each in seen["had"]] == [("address", 1, 200)]
    assert {each["slug"]: (each["had"], each["room"]) for each in seen["offers"]}["address"] == (1, 3)
    moves = told(ann.get(f"{here}/address?pieces=2"))
    due = moves["more"]["due"]["minor"]
    assert 0 < due <= 400 < moves["more"]["gross"]["minor"] * 2
    assert moves["less"] is None
    wish = {"add_on": "address", "pieces": 2, "expected": due}
    first, again = (told(ann.post(here, wish, once="k-1")) for _ in range(2))
    assert first == again and first["state"] == "waiting"
    assert Invoice.objects.filter(id=first["invoice"]).exists()
    problem(ann.post(here, wish), 409, "subscriptions.change.waits")
    told(ann.call("DELETE", here.replace("/add-ons", "/change")))
    less = told(ann.get(f"{here}/address"))["less"]["due"]["minor"]
    done = told(ann.post(f"{here}/address/take-off", {"expected": less}))
    assert (done["kind"], done["state"]) == ("add_on_off", "done")
    assert [each["ended_at"] is None for each in told(ann.get(here))["had"]] == [False]


def test_of_one_that_is_sold_no_more_each_offer_says_whether_it_stays(ann: Program) -> None:
    here = place(ann, slug="sold-no-more").replace("/add-ons", "/offers")
    named = ["One more IPv4 address"]
    found = {(each["product"] == "hexa-m", each["kind"] == "term"): each for each in told(ann.get(here))}
    said = {which: (each["add_ons_kept"], each["add_ons_dropped"]) for which, each in found.items()}
    assert said == {(True, True): (named, []), (True, False): (named, []), (False, False): ([], named)}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"pieces": 0}, "api.fields.bad"), ({"pieces": -1}, "api.fields.bad"), ({"pieces": 10**9}, "api.fields.bad"),
        ({"pieces": 4}, "subscriptions.add_on.too_many"), ({"add_on": "x y"}, "api.fields.bad"),
        ({"add_on": "nothing"}, "shop.add_on.unknown"), ({"expected": -1}, "api.fields.bad"),
        ({"expected": 1}, "subscriptions.price.bad"), ({"price": 1}, "api.fields.bad"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_its_code_and_changes_nothing(ann: Program, more: dict, code: str) -> None:
    problem(ann.post(place(ann), {"add_on": "address", "expected": 5, **more}), 422, code)
    assert not Change.objects.exists()


def test_more_than_there_is_and_what_is_not_there(ann: Program) -> None:
    here = place(ann)
    for path, wish in ((f"{here}/address", {"pieces": 2, "expected": 0}), (f"{here}/backup", {"expected": 0})):
        problem(ann.post(f"{path}/take-off", wish), 422, "subscriptions.add_on.none")


def test_anothers_service_is_none_and_a_key_that_reads_changes_nothing(programs) -> None:
    ann, eve = programs("vps6"), programs("vps6", "services:read", who="eve")
    here, own = place(ann), place(eve)
    problem(eve.get(here), 404, "subscriptions.subscription.none")
    problem(eve.post(own, {"add_on": "backup", "expected": 1}), 403, "api.scope.missing")
    assert not Change.objects.exists()


def test_a_program_orders_them_with_a_service(ann: Program) -> None:
    wish = {"product": "hexa-m", "plan": "monthly", "add_ons": {"address": 2, "move": 1}}
    cart = told(ann.post("/cart/lines", wish))
    (line,) = cart["lines"]
    assert [(each["slug"], each["pieces"]) for each in line["add_ons"]] == [("address", 2), ("move", 1)]
    assert line["first"]["minor"] == 1190 + 400 + 2500
    cart = told(ann.call("DELETE", f"/cart/lines/{line['id']}/add-ons/move"))
    assert cart["net"]["minor"] == 1590
    problem(ann.call("DELETE", f"/cart/lines/{line['id']}/add-ons/move"), 404, "shop.line.unknown")
    ordered = json.loads(ann.orders().content)
    (line,) = told(ann.get(f"/orders/{ordered['order']}"))["lines"]
    assert [(each["name"], each["recurring"]["minor"]) for each in line["add_ons"]] == [("One more IPv4 address", 400)]


@pytest.mark.parametrize(
    ("add_ons", "code"),
    [
        ({"address": 5}, "shop.add_on.quantity"), ({"nothing": 1}, "shop.add_on.unknown"),
        ({"address": -1}, "api.fields.bad"), ({"address": 10**9}, "api.fields.bad"), ({"a b": 1}, "api.fields.bad"),
    ],
)  # fmt: skip
def test_what_cannot_be_ordered_is_refused(ann: Program, add_ons: dict, code: str) -> None:
    wish = {"product": "hexa-m", "plan": "monthly", "add_ons": add_ons}
    problem(ann.post("/cart/lines", wish), 422, code)


def test_the_catalogue_tells_them(nobody: Program) -> None:
    found = told(nobody.get("/catalogue/products/hexa-m"))["add_ons"]
    backup = found[0]
    assert (backup["slug"], backup["monthly"]["minor"], backup["terms"], backup["most"]) == (
        "backup", 240, [{"term": {"unit": "month", "count": 12}, "price": {"minor": 2590, "currency": "EUR"}}], 1,
    )  # fmt: skip
    assert [each["recurs"] for each in found] == [True, True, True, False]
