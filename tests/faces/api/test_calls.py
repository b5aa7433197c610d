"""What every call passes: the key, its scope and pace, no cookies, problem documents for whatever is refused."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client

from hostkeep.faces.api.door import MOST_BYTES, PACE
from hostkeep.people.actions.keys import end_key, end_keys
from hostkeep.people.models import Account, ApiKey
from hostkeep.people.queries import keys_of
from hostkeep.runtime import clock
from tests.conftest import make_act
from tests.faces.api.conftest import Program, key_for, problem, program


def test_a_key_opens_what_its_scope_names(ann: Program) -> None:
    assert ann.get("/account").json()["number"] == ann.account.number


def test_without_a_key_nothing_of_a_customer_is_seen(nobody: Program) -> None:
    told = problem(nobody.get("/account"), 401, "api.key.missing")
    assert "number" not in told


def test_a_401_says_how_to_come_in(nobody: Program) -> None:
    assert nobody.get("/account").headers["WWW-Authenticate"] == 'Bearer realm="hostkeep"'


@pytest.mark.parametrize("path", ["/account", "/catalogue", "/nothing"])
def test_unknown_ended_foreign_and_broken_keys_get_one_and_the_same_answer(programs, path: str) -> None:
    ann, eve = programs(), programs("vpn", who="eve")
    end_key(make_act("customer"), user=ann.member.user, key=keys_of(ann.member.user)[0].id)
    tries = [ann.key, eve.key, ann.key[:-1] + "x", "hk_" + "0" * 12 + "_" + "a" * 43, "x", "", "hk__"]

    answers = [Program("vps6").get(path, headers={"authorization": f"Bearer {key}"}) for key in tries]
    answers.append(Program("vps6").get(path, headers={"authorization": "Basic YTpi"}))

    for answer in answers:
        problem(answer, 401, "api.key.refused")
        assert answer.content == answers[0].content
        assert answer.headers["WWW-Authenticate"] == answers[0].headers["WWW-Authenticate"]


def test_a_key_without_the_scope_is_told_which_it_lacks(programs) -> None:
    reader = programs("vps6", "account:read")
    told = problem(reader.call("PATCH", "/account", {"name": "Eve"}), 403, "api.scope.missing")
    assert told["scope"] == "account:write"
    assert reader.member.kept("name") == "Ann Fields"


def test_an_ended_key_is_dead_at_its_next_call(ann: Program) -> None:
    assert ann.get("/account").status_code == 200
    end_keys(make_act("customer"), user=ann.member.user)
    problem(ann.get("/account"), 401, "api.key.refused")


def test_keys_die_with_the_account(ann: Program) -> None:
    Account.objects.filter(id=ann.account.id).update(state="closed")
    problem(ann.get("/account"), 401, "api.key.refused")


def test_a_signed_in_browser_carries_no_right_into_the_api(ann: Program) -> None:
    browser = ann.member.client
    headers = {"host": "vps6.localhost", "sec-fetch-site": "same-origin"}
    assert browser.get("/account/", headers=headers).status_code == 200

    for method in ("GET", "PATCH"):
        answer = browser.generic(method, "/api/v1/account", "{}", content_type="application/json", headers=headers)
        problem(answer, 401, "api.key.missing")
        assert not answer.cookies


def test_a_cookie_beside_a_key_changes_nothing(programs) -> None:
    ann, eve = programs(), programs(who="eve")
    headers = {"host": "vps6.localhost", "authorization": f"Bearer {eve.key}"}
    answer = ann.member.client.get("/api/v1/account", headers=headers)
    assert answer.json()["number"] == eve.account.number


@pytest.mark.parametrize("path", ["/account?lang=vi", "/catalogue?lang=vi", "/docs?lang=vi", "/nothing?lang=vi"])
def test_the_api_sets_no_cookie(ann: Program, path: str) -> None:
    answer = ann.get(path)
    assert "Set-Cookie" not in answer.headers and not answer.cookies


def test_a_program_needs_no_form_token_and_no_origin(ann: Program) -> None:
    answer = ann.call("PATCH", "/account", {"name": "Anna"}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 200


def test_a_page_of_another_site_can_do_nothing_with_our_browser(ann: Program) -> None:
    answer = ann.member.client.post(
        "/api/v1/cart/lines", "{}", content_type="application/json",
        headers={"host": "vps6.localhost", "sec-fetch-site": "cross-site", "origin": "http://evil.test"},
    )
    problem(answer, 401, "api.key.missing")
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("query", ["api_key={key}", "token={key}", "q={key}", "access_token=x"])
def test_a_key_in_an_address_is_refused(ann: Program, query: str) -> None:
    answer = ann.get("/account?" + query.format(key=ann.key))
    problem(answer, 400, "api.key.in_address")
    assert ann.key not in answer.content.decode()


def test_a_key_calls_so_often_a_minute_and_no_more(ann: Program, programs, monkeypatch: pytest.MonkeyPatch) -> None:
    eve = programs(who="eve")
    stands = clock.now().replace(second=15) + timedelta(minutes=1)  # the count is a minute's, however long the calls take
    monkeypatch.setattr(clock, "now", lambda: stands)
    for _ in range(PACE):
        assert ann.get("/keys").status_code == 200
    answer = ann.get("/keys")
    told = problem(answer, 429, "api.pace.too_fast")
    assert 0 < int(answer.headers["Retry-After"]) <= 60 and str(told["wait"]) == answer.headers["Retry-After"]
    assert eve.get("/keys").status_code == 200


def test_the_day_of_the_last_call_is_noted_and_no_finer(ann: Program) -> None:
    before = clock.now().date()
    ann.get("/account")
    (row,) = keys_of(ann.member.user)
    assert row.used_on in {before, clock.now().date()}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "api.address.none"),
        ("GET", "/orders/not-a-uuid", 404, "api.address.none"),
        ("DELETE", "/account", 405, "api.method.wrong"),
        ("OPTIONS", "/account", 405, "api.method.wrong"),
        ("GET", "/orders?limit=0", 422, "api.fields.bad"),
        ("GET", "/orders?limit=101", 422, "api.fields.bad"),
        ("GET", "/orders?limit=x", 422, "api.fields.bad"),
        ("GET", "/orders?cursor=made-up", 400, "api.cursor.bad"),
        ("GET", "/catalogue/products/%00", 400, "api.call.unreadable"),
        ("GET", "/catalogue?currency=%00", 400, "api.call.unreadable"),
        ("GET", "/catalogue?currency=XXX", 422, "shop.currency.unknown"),
        ("GET", "/catalogue/products/no-such", 404, "shop.product.unknown"),
        ("GET", "/policy/versions/99", 404, "api.address.none"),
        ("GET", "/policy/versions/99999999999999999999", 404, "api.address.none"),
    ],
)  # fmt: skip
def test_whatever_goes_wrong_is_a_problem_document(ann: Program, method, path, status, code) -> None:
    problem(ann.call(method, path), status, code)


def test_a_405_says_what_is_allowed(ann: Program) -> None:
    assert "PATCH" in ann.call("DELETE", "/account").headers["Allow"]


@pytest.mark.parametrize(
    "body",
    ['{"name": "a", "name": "b"}', '{"name": NaN}', "[]", '"x"', "{", '{"name": "\\u0000"}', '{"name": "\\ud800"}',
     '{"a":' * 40 + "1" + "}" * 40, "\xff\xfe", "null"],
)  # fmt: skip
def test_broken_json_is_refused_and_nothing_is_kept(ann: Program, body: str) -> None:
    problem(ann.call("PATCH", "/account", body.encode("latin-1")), 400, "api.call.unreadable")
    assert ann.member.kept("name") == "Ann Fields"


def test_a_form_is_no_json(ann: Program) -> None:
    answer = ann.call("PATCH", "/account", "name=Eve", content_type="application/x-www-form-urlencoded")
    problem(answer, 415, "api.body.not_json")


def test_a_huge_body_is_not_read(ann: Program) -> None:
    told = problem(ann.call("PATCH", "/account", {"name": "x" * MOST_BYTES}), 413, "api.body.too_large")
    assert told["most"] == MOST_BYTES


def test_a_bug_of_ours_is_a_problem_document_without_a_detail(ann: Program, monkeypatch, caplog) -> None:
    from hostkeep.faces.api import account

    monkeypatch.setattr(account, "known_values", lambda *_: 1 / 0)
    problem(ann.get("/account"), 500, "api.broken")


def test_nobody_overrides_the_method(ann: Program) -> None:
    answer = ann.get("/keys", headers={"x-http-method-override": "DELETE", "x-method-override": "DELETE"})
    assert answer.status_code == 200
    assert ann.get("/keys?_method=DELETE").status_code == 200


def test_head_is_get_without_the_body(ann: Program) -> None:
    answer = ann.call("HEAD", "/account")
    assert (answer.status_code, answer.content) == (200, b"") and answer.headers["ETag"]


def test_an_answer_that_the_caller_has_is_not_sent_again(ann: Program) -> None:
    first = ann.get("/account")
    again = ann.get("/account", headers={"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    ann.call("PATCH", "/account", {"name": "Anna"})
    assert ann.get("/account", headers={"if-none-match": first.headers["ETag"]}).status_code == 200


def test_caches_keep_nothing_of_a_customer(ann: Program) -> None:
    answer = ann.get("/account")
    assert answer.headers["Cache-Control"] == "no-store" and "Authorization" in answer.headers["Vary"]


def test_refusals_speak_the_callers_language(ann: Program) -> None:
    answer = ann.get("/orders/00000000-0000-0000-0000-000000000000", headers={"accept-language": "vi"})
    assert answer.headers["Content-Language"] == "vi"


def test_the_operators_host_has_no_api(nobody: Program) -> None:
    answer = Client().get("/api/v1/catalogue", headers={"host": "localhost"})
    assert answer.status_code == 404 and answer.headers["Content-Type"] == "application/problem+json"


def test_a_mistake_in_a_body_is_named_and_its_value_is_not_repeated(ann: Program) -> None:
    answer = ann.post("/cart/lines", {"product": "Not A Slug", "plan": "x", "quantity": 99, "price": 0})
    told = problem(answer, 422, "api.fields.bad")
    assert {each["field"] for each in told["errors"]} == {"product", "quantity", "price"}
    assert "Not A Slug" not in answer.content.decode()


def test_no_header_can_be_smuggled_in(ann: Program) -> None:
    for name in ("idempotency-key", "if-none-match", "accept-language", "authorization"):
        answer = ann.get("/orders", headers={name: "x\r\nSet-Cookie: a=b"})
        assert "Set-Cookie" not in answer.headers and "\n" not in "".join(answer.headers.values())
    answer = ann.get("/orders?limit=1&cursor=%0d%0aSet-Cookie:a=b")
    assert answer.status_code == 400 and "Set-Cookie" not in answer.headers


def test_no_key_stands_in_a_log_line(ann: Program, capfd) -> None:
    ann.get("/account")
    ann.get("/account?token=" + ann.key)
    Program("vps6", ann.key + "x").get("/account")
    out = capfd.readouterr()
    assert ann.key not in out.out + out.err


def test_keys_are_kept_as_hashes(ann: Program) -> None:
    row = ApiKey.objects.get()
    assert ann.key.rsplit("_", 1)[-1] not in json.dumps([row.secret, row.prefix, row.scopes])
    assert key_for(ann.member) != ann.key and program(who="eve").key != ann.key
