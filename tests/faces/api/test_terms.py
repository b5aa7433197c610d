"""Versions of the policy by program: announced by staff who answer for it, followed by the customers' calls."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hostkeep.brands import queries as brands
from hostkeep.brands.preparing import source_of
from hostkeep.brands.queries import versions_of
from hostkeep.kernel.ids import BrandId, UserId
from hostkeep.people.actions.keys import make_key
from hostkeep.people.models import User
from hostkeep.runtime import clock
from tests.conftest import make_act
from tests.faces.api.conftest import Program, problem


def staff(role: str, brand: str = "vps6", *scopes: str) -> Program:
    user = User.objects.create(brand="", staff_role=role)
    act = make_act(role, "site_administration", brand=brand, at=clock.now(), actor=f"staff:{user.id}")
    key = make_key(act, user=UserId(user.id), account=None, scopes=scopes or ("policy:announce", "keys:read"))
    return Program(brand, key.key)


def reworded(brand: str) -> str:
    """The brand's policy with another controller's name: another text, the same rules."""
    return source_of(BrandId(brand), 1).replace("VPS6 B.V.", "VPS6 Holding B.V.", 1)


@pytest.mark.parametrize("role", ["owner", "privacy"])
def test_who_answers_for_the_policy_announces_a_version(db, role: str, monkeypatch) -> None:
    monkeypatch.setattr(brands, "FRESH", 0.1)
    boss = staff(role)

    answer = boss.post("/policy/versions", {"source": reworded("vps6")}, "v-2")

    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert told["version"] == 2 and versions_of(BrandId("vps6"))[0].digest == told["digest"]
    listed = boss.get("/policy/versions").json()["items"]
    assert [each["version"] for each in listed] == [2, 1]
    changes = boss.get("/policy/versions/2/changes/1").json()
    assert changes["changes"] and changes["material"] is told["material"]


def test_a_notice_that_is_too_short_is_refused_with_its_clause(db) -> None:
    soon = (clock.now() + timedelta(days=2)).isoformat()
    body = {"source": reworded("vps6"), "effective_at": soon, "weighed": "material"}
    told = problem(staff("owner").post("/policy/versions", body), 422, "brands.policy.notice_too_short")
    assert told["clause"] and told["days"] == 30
    assert len(versions_of(BrandId("vps6"))) == 1


def test_a_policy_that_does_not_compile_is_refused_line_by_line(db) -> None:
    told = problem(staff("owner").post("/policy/versions", {"source": "a: [1"}), 422, "policy.refused")
    assert told["errors"][0]["field"].startswith("source:")
    assert len(versions_of(BrandId("vps6"))) == 1


def test_a_policy_of_another_brand_is_refused(db) -> None:
    answer = staff("owner").post("/policy/versions", {"source": source_of(BrandId("vpn"), 1)})
    problem(answer, 422, "brands.policy.other_brand")


def test_customers_and_visitors_announce_nothing(ann: Program, nobody: Program) -> None:
    body = {"source": reworded("vps6")}
    problem(ann.post("/policy/versions", body), 403, "api.scope.missing")
    problem(nobody.post("/policy/versions", body), 401, "api.key.missing")
    assert len(versions_of(BrandId("vps6"))) == 1


def test_a_staff_key_opens_no_account_and_no_other_brand(db) -> None:
    boss = staff("owner")
    problem(boss.get("/account"), 403, "api.scope.missing")
    problem(Program("vpn", boss.key).get("/keys"), 401, "api.key.refused")
    assert [each["role"] for each in boss.get("/keys").json()["items"]] == ["owner"]


def test_a_customer_sees_which_version_is_theirs_and_accepts_it(ann: Program) -> None:
    told = ann.get("/account/policy").json()
    assert (told["mine"], told["in_force"], told["rejected"]) == (1, 1, False)
    problem(ann.post("/account/policy/accept", {"digest": "0" * 64}), 409, "api.consent.other_version")
    assert ann.post("/account/policy/accept", {"digest": told["in_force_digest"]}).status_code == 204
    assert ann.get("/account/acceptances").json()["items"][0]["form"] == "api"
