"""Attacks on the API: strange bodies, headers and days; keys that lost their right; answers asked by others."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from hostkeep.brands import queries
from hostkeep.kernel.ids import BrandId
from hostkeep.people.actions.keys import end_keys, make_key
from hostkeep.people.models import User
from hostkeep.people.rules.scopes import scopes_for
from hostkeep.runtime import clock
from tests.conftest import make_act
from tests.faces.api.conftest import Program, ann, gateway, key_for, problem, program, programs
from tests.faces.staff.test_policies import Desk
from tests.rooms.brands.announcements import longer, shipped

__all__ = ["ann", "gateway", "programs"]

pytestmark = pytest.mark.django_db

VPS6 = BrandId("vps6")
VERSIONS = "/policy/versions"


def staff_program(role: str = "owner") -> tuple[Program, User]:
    desk = Desk()
    desk.signs_in(role)
    user = User.objects.get(staff_role=role)
    act = make_act(role, "authentication", brand="vps6", at=clock.now(), actor=f"staff:{user.pk}")
    return Program("vps6", make_key(act, user=user.pk, account=None, scopes=scopes_for(role)).key), user


def versions() -> int:
    queries.forget()
    return len(queries.versions_of(VPS6))


@pytest.mark.parametrize(
    "day",
    ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+14:00", "1e20", "-1", 99999999999999,
     1.5, "infinity", "2027-01-01T00:00:00+25:00", True, "", [], "2027-06-31T00:00:00Z", "2500-01-01T00:00:00Z"],
)  # fmt: skip
def test_no_day_that_a_program_sends_is_kept_unless_people_can_plan_for_it(monkeypatch, day: object) -> None:
    monkeypatch.setattr(queries, "FRESH", 0.0)
    owner, _ = staff_program()
    answer = owner.post(VERSIONS, {"source": longer("vps6"), "effective_at": day})
    assert answer.status_code == 422, answer.content
    assert versions() == 1


def test_a_key_whose_owner_lost_the_role_or_the_login_announces_nothing() -> None:
    owner, user = staff_program()
    for change in ({"staff_role": "support"}, {"staff_role": ""}, {"staff_role": "owner", "is_active": False}):
        User.objects.filter(pk=user.pk).update(**change)
        problem(owner.post(VERSIONS, {"source": longer("vps6")}), 401, "api.key.refused")
    assert versions() == 1


@pytest.mark.parametrize("role", ["support", "billing", "sales", "engineer", "abuse", "customer"])
def test_who_does_not_answer_for_policies_gets_no_key_that_announces(role: str) -> None:
    assert "policy:announce" not in scopes_for(role)


def test_a_key_announces_for_its_own_brand_alone() -> None:
    owner, _ = staff_program()
    problem(owner.post(VERSIONS, {"source": shipped("vpn")}), 422, "brands.policy.other_brand")
    problem(Program("vpn", owner.key).post(VERSIONS, {"source": shipped("vpn")}), 401, "api.key.refused")


@pytest.mark.parametrize("size", [500_000, 500_001, 990_000, 1_000_001, 10_000_000])
@pytest.mark.parametrize("sign", ["#", "[", "- ", "&a [*a, ", "\t"])
def test_a_huge_policy_is_refused(size: int, sign: str) -> None:
    owner, _ = staff_program()
    answer = owner.post(VERSIONS, {"source": sign * (size // len(sign))})
    assert answer.status_code in {413, 422}
    assert versions() == 1


@pytest.mark.parametrize(
    "body",
    [b'{"source": "\\ud800"}', b'{"source": "a\\u0000b"}', b"[" * 60_000, b'{"a":' * 10_000, b"\xff\xfe", b'{"source": NaN}',
     b'{"source":"x","source":"y"}', b"null", b"[]", b'"x"', b"1" * 5_000, b"", b"{}"],
)  # fmt: skip
def test_no_strange_body_breaks_anything(body: bytes) -> None:
    owner, _ = staff_program()
    eve = program(who="eve")
    for who, path in (
        (owner, VERSIONS), (eve, "/cart/lines"), (eve, "/orders"), (eve, "/account/policy/accept"), (eve, "/account/consents"),
    ):  # fmt: skip
        answer = who.call("POST", path, body, "once", content_type="application/json")
        assert 400 <= answer.status_code < 500, path
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "headers",
    [{"idempotency-key": "a\r\nX: y"}, {"idempotency-key": ""}, {"idempotency-key": "é"}, {"idempotency-key": "x" * 129},
     {"x-http-method-override": "DELETE"}, {"accept-language": "x" * 50_000}, {"authorization": "Bearer " + "x" * 50_000},
     {"authorization": "Bearer hk_\x00"}, {"authorization": "Basic YTpi"}, {"authorization": ""}, {"content-length": "-1"},
     {"content-length": "١"}, {"content-length": "9" * 30}, {"host": "vpn.localhost:99999"}, {"host": "a@vps6.localhost"},
     {"x-forwarded-host": "vpn.localhost"}, {"cookie": "__Host-sid=x"}],
)  # fmt: skip
def test_no_strange_header_breaks_anything_or_ends_a_key(ann: Program, headers: dict[str, str]) -> None:
    for method, path in (("GET", "/account"), ("POST", "/cart/lines"), ("GET", "/keys")):
        more = dict(headers)
        length = {"CONTENT_LENGTH": more.pop("content-length")} if "content-length" in more else {}
        answer = ann.call(method, path, {} if method == "POST" else None, headers=more, **length)
        assert answer.status_code < 500
        assert not answer.cookies
    assert ann.get("/keys").status_code == 200


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "OPTIONS", "HEAD", "POST\t"])
def test_a_method_that_is_none_of_ours_does_nothing(ann: Program, method: str) -> None:
    for path in ("/keys", "/account/policy/accept", "/policy/versions"):
        assert ann.call(method, path).status_code in {200, 405}
    assert ann.get("/keys").status_code == 200


def test_an_answer_is_asked_again_with_the_same_living_key_alone(ann: Program) -> None:
    other = Program("vps6", key_for(ann.member), ann.member)
    product = ann.product()
    line = {"product": product["slug"], "plan": product["plans"][0]["slug"]}
    assert ann.post("/cart/lines", line, "same").status_code == 200
    assert "Idempotent-Replayed" not in other.post("/cart/lines", line, "same").headers
    assert ann.post("/cart/lines", line, "same").headers["Idempotent-Replayed"] == "true"
    act = make_act("customer", "authentication", brand="vps6", at=clock.now(), own=ann.account.subject)
    end_keys(act, user=ann.member.user)
    assert ann.post("/cart/lines", line, "same").status_code == 401


def test_a_call_that_began_a_day_ago_is_made_anew(ann: Program, monkeypatch) -> None:
    product = ann.product()
    line = {"product": product["slug"], "plan": product["plans"][0]["slug"]}
    ann.post("/cart/lines", line, "same")
    later = clock.now() + timedelta(hours=24, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert "Idempotent-Replayed" not in ann.post("/cart/lines", line, "same").headers


def test_what_a_call_says_stands_in_clear_in_no_table(ann: Program, gateway) -> None:
    assert ann.call("PATCH", "/account", {"name": "Planted Mark"}, "once-planted").status_code == 200
    ann.puts()
    assert ann.orders(gateway="testpay").status_code == 201
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
            " AND table_schema NOT IN ('pg_catalog', 'information_schema', 'vault')"
        )
        for schema, table in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*) FROM "{schema}"."{table}" AS x WHERE x::text ILIKE ANY (%s)',
                [["%planted%", "%ann@example.test%"]],
            )
            found += [table] if cursor.fetchone()[0] else []
    assert found == []
