"""The same call again: one deed, one answer, also at the same moment and after a crash."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.test import Client

from hostkeep.billing.queries.invoices import invoices_of
from hostkeep.brands import queries as brands
from hostkeep.people.models import ApiCall
from hostkeep.provisioning.queries import services_of
from hostkeep.shop.queries.orders import orders_of
from tests.faces.api.conftest import Program, problem, program


def test_the_same_call_gets_the_same_answer_and_is_done_once(ann: Program) -> None:
    product = ann.product()
    body = {"product": product["slug"], "plan": product["plans"][0]["slug"]}

    first, again = ann.post("/cart/lines", body, "k-1"), ann.post("/cart/lines", body, "k-1")

    assert again.content == first.content and again.status_code == first.status_code == 200
    assert "Idempotent-Replayed" not in first.headers and again.headers["Idempotent-Replayed"] == "true"
    assert ann.get("/cart").json()["lines"][0]["quantity"] == 1


def test_location_and_status_are_repeated_too(ann: Program) -> None:
    cart = ann.puts()
    first = ann.post("/orders", {"expected": cart["gross"]}, "o-1")
    again = ann.post("/orders", {"expected": cart["gross"]}, "o-1")
    assert (again.status_code, again.headers["Location"]) == (201, first.headers["Location"])
    assert len(orders_of(ann.account.id)) == 1


def test_another_body_path_or_method_under_the_same_key_is_refused(ann: Program) -> None:
    ann.call("PATCH", "/account", {"name": "Anna"}, "k-1")
    problem(ann.call("PATCH", "/account", {"name": "Eve"}, "k-1"), 422, "api.idempotency.reused")
    problem(ann.call("PATCH", "/account/messages", {"name": "Anna"}, "k-1"), 422, "api.idempotency.reused")
    problem(ann.call("PATCH", "/account?x=1", {"name": "Anna"}, "k-1"), 422, "api.idempotency.reused")
    assert ann.member.kept("name") == "Anna"


def test_the_key_may_come_in_quotes_as_the_draft_writes_it(ann: Program) -> None:
    ann.call("PATCH", "/account", {"name": "Anna"}, '"k-1"')
    assert ann.call("PATCH", "/account", {"name": "Anna"}, "k-1").headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("once", ['""', "a b", "x" * 129, '"', "é"])
def test_an_odd_key_is_refused(ann: Program, once: str) -> None:
    problem(ann.call("PATCH", "/account", {"name": "Anna"}, once), 400, "api.idempotency.bad")


def test_one_programs_key_says_nothing_to_anothers(programs) -> None:
    ann, eve = programs(), programs(who="eve")
    ann.call("PATCH", "/account", {"name": "Anna"}, "k-1")
    answer = eve.call("PATCH", "/account", {"name": "Anna"}, "k-1")
    assert "Idempotent-Replayed" not in answer.headers and eve.member.kept("name") == "Anna"


def test_a_refusal_is_repeated_too(ann: Program) -> None:
    first = ann.call("PATCH", "/account", {"gov_id": "1"}, "k-1")
    again = ann.call("PATCH", "/account", {"gov_id": "1"}, "k-1")
    problem(again, 422, "form.field.undeclared")
    assert again.content == first.content and again.headers["Idempotent-Replayed"] == "true"


def test_a_call_that_was_not_let_in_is_not_remembered(programs) -> None:
    reader = programs("vps6", "account:read")
    for _ in range(2):
        answer = reader.call("PATCH", "/account", {"name": "Eve"}, "k-1")
        problem(answer, 403, "api.scope.missing")
        assert "Idempotent-Replayed" not in answer.headers
    assert ApiCall.objects.count() == 0


def test_a_call_that_broke_can_be_tried_again(ann: Program, monkeypatch) -> None:
    from hostkeep.faces.api import account

    with monkeypatch.context() as broken:
        broken.setattr(account, "correct_values", lambda *_, **__: 1 / 0)
        problem(ann.call("PATCH", "/account", {"name": "Anna"}, "k-1"), 500, "api.broken")
    assert ann.call("PATCH", "/account", {"name": "Anna"}, "k-1").json() == {"changed": ["name"]}


def test_what_is_kept_to_be_repeated_holds_nothing_in_clear(ann: Program) -> None:
    ann.call("PATCH", "/account", {"name": "Marker Person"}, "marker-key")
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(c::text, ' ') FROM people_apicall c")
        kept = cursor.fetchone()[0].lower()
    assert "marker" not in kept and "changed" not in kept


def together(program: Program, calls: int, do) -> list:
    def one(number: int):
        twin = Program(program.brand, program.key, program.member, Client())
        try:
            return do(twin, number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(calls) as pool:
        return list(pool.map(one, range(calls)))


def test_many_at_once_are_one_order(committed: str, gateway) -> None:
    brands.forget()
    ann = program()
    cart = ann.puts(quantity=2)
    body = {"expected": cart["gross"], "gateway": "testpay"}

    answers = together(ann, 6, lambda twin, _: twin.post("/orders", body, "o-1"))

    statuses = sorted(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 409} and 201 in statuses
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert len(orders_of(ann.account.id)) == 1
    assert invoices_of(ann.account.id).total == 1
    assert len(services_of(ann.account.id)) == 2
    assert len({ask.once for ask in gateway.asked}) == 1
    brands.forget()


def test_a_crash_between_deed_and_answer_makes_no_second_order(committed: str, gateway) -> None:
    """The process dies after the order was committed and before its answer was kept."""
    brands.forget()
    ann = program()
    cart = ann.puts(quantity=2)
    body = {"expected": cart["gross"]}
    first = ann.post("/orders", body, "o-1").json()
    call = ApiCall.objects.get(state="answered", key__prefix=ann.key.split("_")[1], answer__isnull=False)
    ApiCall.objects.filter(id=call.id).update(state="running", answer=None)
    problem(ann.post("/orders", body, "o-1"), 409, "api.idempotency.running")
    ApiCall.objects.filter(id=call.id).update(leased_to=call.expires_at.replace(year=2000))

    again = ann.post("/orders", body, "o-1")

    assert again.status_code == 201 and again.json() == first
    assert len(orders_of(ann.account.id)) == 1 and len(services_of(ann.account.id)) == 2
    brands.forget()
