"""What a stranger tries with a key of their own: other people's things do not exist for it."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from hostkeep.billing.queries.invoices import invoices_of
from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.ids import BrandId
from hostkeep.people.queries import account, keys_of
from hostkeep.people.rules.scopes import SCOPES
from hostkeep.runtime import clock
from hostkeep.shop.queries.orders import orders_of
from tests.faces.api.conftest import Program, problem


@pytest.fixture
def pair(programs, gateway) -> tuple[Program, Program]:
    """Ann with an order, and Eve with a key for everything that a customer may."""
    ann, eve = programs(), programs(who="eve")
    ann.puts()
    assert ann.orders(gateway="testpay").status_code == 201
    return ann, eve


def things(ann: Program) -> list[tuple[str, str, object]]:
    order = ann.get("/orders").json()["items"][0]["id"]
    invoice = ann.get("/invoices").json()["items"][0]["id"]
    service = ann.get("/services").json()["items"][0]["id"]
    payment = ann.post(f"/invoices/{invoice}/pay", {"gateway": "testpay"}).json()["payment"]
    line = ann.puts()["lines"][0]["id"]
    return [
        ("GET", f"/orders/{order}", None),
        ("GET", f"/invoices/{invoice}", None),
        ("GET", f"/invoices/{invoice}/pdf", None),
        ("POST", f"/invoices/{invoice}/pay", {"gateway": "testpay"}),
        ("POST", f"/invoices/payments/{payment}/look-up", None),
        ("GET", f"/services/{service}", None),
        ("POST", f"/services/{service}/access/password", None),
        ("POST", f"/services/{service}/access/password/renew", None),
        ("PATCH", f"/cart/lines/{line}", {"quantity": 9}),
        ("DELETE", f"/cart/lines/{line}", None),
        ("DELETE", f"/keys/{keys_of(ann.member.user)[0].id}", None),
    ]


def test_anothers_things_do_not_exist_just_as_what_never_did(pair) -> None:
    ann, eve = pair
    eve.puts()
    for method, path, body in things(ann):
        parts = path.split("/")
        made_up = "/".join(str(uuid4()) if len(part) == 36 else part for part in parts)
        theirs, nobodys = eve.call(method, path, body), eve.call(method, made_up, body)
        assert (theirs.status_code, theirs.content) == (404, nobodys.content), path
    assert ann.get("/account").status_code == 200
    assert ann.get("/cart").json()["lines"][0]["quantity"] == 1


def test_a_key_of_one_brand_opens_nothing_at_another(pair) -> None:
    ann, _ = pair
    for method, path, body in things(ann):
        problem(Program("vpn", ann.key).call(method, path, body), 401, "api.key.refused")


def test_each_scope_opens_its_own_resources_alone(programs, gateway) -> None:
    ann = programs()
    ann.puts()
    ann.orders()
    calls = things(ann) + [
        ("GET", "/account", None), ("PATCH", "/account", {"name": "Eve"}), ("PUT", "/account/language", {"language": "vi"}),
        ("GET", "/account/messages", None), ("PATCH", "/account/messages", {}), ("GET", "/account/consents", None),
        ("POST", "/account/policy/accept", {"digest": "x"}), ("GET", "/cart", None), ("GET", "/keys", None),
        ("DELETE", "/keys", None), ("POST", "/orders", {"expected": {"minor": 0, "currency": "EUR"}}),
        ("POST", "/policy/versions", {"source": "x"}),
    ]  # fmt: skip
    from tests.faces.api.conftest import key_for

    reader = Program("vps6", key_for(ann.member, ("invoices:read",)), ann.member)
    for method, path, body in calls:
        answer = reader.call(method, path, body)
        if path.startswith("/invoices/") and method == "GET":
            assert answer.status_code == 200
        else:
            assert problem(answer, 403, "api.scope.missing")["scope"] in SCOPES
    assert len(orders_of(ann.account.id)) == 1 and account(ann.account.id).language == "en"


@pytest.mark.parametrize(
    "extra",
    [{"account": str(uuid4())}, {"brand": "vpn"}, {"subject": str(uuid4())}, {"price": 0}, {"__proto__": {}}, {"at": "2020-01-01"}],
)
def test_nobody_sets_what_is_not_theirs_to_set(ann: Program, extra: dict) -> None:
    cart = ann.puts()
    problem(ann.post("/orders", {"expected": cart["gross"], **extra}, "o-1"), 422, "api.fields.bad")
    product = ann.product()
    line = {"product": product["slug"], "plan": product["plans"][0]["slug"], **extra}
    problem(ann.post("/cart/lines", line), 422, "api.fields.bad")
    assert ann.call("PATCH", "/account", {k: str(v) for k, v in extra.items()}).status_code == 422
    assert orders_of(ann.account.id) == ()


def test_nobody_orders_below_the_price(ann: Program) -> None:
    ann.puts()
    for expected in ({"minor": 0, "currency": "EUR"}, {"minor": -1, "currency": "EUR"}, {"minor": 1, "currency": "USD"}):
        assert ann.post("/orders", {"expected": expected}, f"o-{expected}".replace(" ", "")[:40].replace('"', "")).status_code in {409, 422}
    assert invoices_of(ann.account.id).total == 0


@pytest.mark.parametrize("quantity", [0, -1, 21, 1e9, "many", None, True, 1.5])
def test_odd_quantities_are_refused(ann: Program, quantity: object) -> None:
    product = ann.product()
    line = {"product": product["slug"], "plan": product["plans"][0]["slug"], "quantity": quantity}
    answer = ann.post("/cart/lines", line)
    if quantity is True:
        assert answer.status_code in {200, 422}
    else:
        problem(answer, 422, "api.fields.bad")


def test_where_the_policy_names_no_programs_they_bring_nothing_in(programs, monkeypatch) -> None:
    from hostkeep.faces.ui import hosts

    ann = programs("vpsfast")
    policy = policy_in_force(BrandId("vpsfast"), clock.now())
    closed = replace(policy, channels=("web", "email"))
    monkeypatch.setattr(hosts, "policy_in_force", lambda *_: closed)
    told = problem(ann.call("PATCH", "/account", {"name": "Eve"}), 403, "api.channel.closed")
    assert told["clause"] in {clause.id for clause in policy.clauses if clause.kind == "scope"}
    assert ann.member.kept("name") == "Ann Fields"
    assert ann.get("/account").status_code == 200


def test_a_refusal_tells_no_version_and_no_place_of_ours(ann: Program) -> None:
    for path in ("/nothing", "/orders/1", "/orders?cursor=%FF%FE", "/catalogue/products/' OR 1=1"):
        answer = ann.get(path)
        text = answer.content.decode().lower()
        assert answer.status_code in {400, 404, 422}
        assert not any(word in text for word in ("django", "ninja", "pydantic", "traceback", "/src/", "psycopg"))
