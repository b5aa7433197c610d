"""The page, the label, the row of a table, and policy.json."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial

import pytest

from hostkeep.policy.book import Policy
from hostkeep.policy.render.facts import compare, facts_panel
from hostkeep.policy.render.page import policy_page
from hostkeep.policy.render.record import policy_json
from hostkeep.policy.vocabulary.terms import terms
from tests.ground.policy.clause_ids import CLAUSE_IDS
from tests.ground.policy.small import brand, small, whole

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLICIES: dict[str, Callable[[], Policy]] = {
    "tinyhost": small,
    "everything": whole,
    **{slug: partial(brand, slug) for slug in CLAUSE_IDS},
}


def record(policy: Policy) -> dict[str, object]:
    return policy_json(
        policy, version=2, announced_at=NOON, effective_at=NOON + timedelta(days=30), next=None
    )


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_policy_json_has_the_published_shape(name: str) -> None:
    policy = POLICIES[name]()
    found = json.loads(json.dumps(record(policy)))

    assert list(found) == [
        "brand",
        "version",
        "digest",
        "announced_at",
        "effective_at",
        "next",
        "languages",
        "clauses",
        "categories",
        "purposes",
        "forms",
        "cookies",
        "recipients",
        "streams",
    ]
    assert all(set(each) == {"id", "kind", "text"} for each in found["clauses"])
    assert all(
        set(each) == {"name", "category", "required", "clause"}
        for form in found["forms"].values()
        for each in form
    )
    assert all(set(each) == {"name", "purpose", "life", "clause"} for each in found["cookies"])
    assert found["digest"] == policy.digest


@pytest.mark.parametrize("name", ["vps6", "everything"])
def test_policy_json_demands_of_an_address_what_the_form_demands(name: str) -> None:
    given = {each["name"]: each["required"] for each in record(POLICIES[name]())["forms"]["signup"]}
    assert {part: given[part] for part in ("address", "city", "postal_code", "region", "country")} == {
        "address": True, "city": True, "postal_code": False, "region": False, "country": True,
    }  # fmt: skip


def test_moments_are_written_in_utc() -> None:
    hanoi = timezone(timedelta(hours=7))
    found = policy_json(
        whole(), version=1, announced_at=NOON.astimezone(hanoi), effective_at=NOON, next={"version": 2}
    )

    assert found["announced_at"] == "2026-03-01T12:00:00Z"
    assert found["next"] == {"version": 2}


def test_a_form_lists_its_inputs() -> None:
    forms = record(brand("vps6"))["forms"]
    assert isinstance(forms, dict)

    assert [each["name"] for each in forms["signup"] if each["category"] == "address"] == [
        "address",
        "city",
        "postal_code",
        "region",
        "country",
    ]
    assert {each["name"] for each in record(brand("vpn"))["forms"]["signup"]} == {"email", "password1"}  # type: ignore[index]


def test_a_life_is_a_duration_or_the_session() -> None:
    lives = {each["name"]: each["life"] for each in record(whole())["cookies"]}  # type: ignore[attr-defined]

    assert (lives["__Host-sid"], lives["__Host-keep"]) == ("session", "P30D")


@pytest.mark.parametrize("language", ["en", "vi", "fr"])
@pytest.mark.parametrize("name", sorted(POLICIES))
def test_the_page_shows_every_clause_once_and_every_rule(name: str, language: str) -> None:
    policy = POLICIES[name]()
    page = policy_page(policy, language)
    shown = [clause for group in page.groups for clause in group.clauses]

    assert sorted(each.id for each in shown) == sorted(each.id for each in policy.clauses)
    assert all(each.text for each in shown)
    assert all(bool(each.keep) != each.statement for each in shown)
    assert {each.name for each in page.cookies} == set(policy.cookies)
    assert len(page.recipients) == len(policy.recipients)
    assert len(page.streams) == len(policy.streams)
    assert len(page.retention) == len(policy.retention)
    assert len(page.uses) == len({purpose for _, purpose, _ in policy.table})
    assert all(each.what and each.who and each.clauses for each in page.uses)
    assert len(page.fields) == sum(len(form.fields) for form in policy.forms.values())
    assert [each.key for each in page.short] == ["ask", "keep", "share", "cookies", "changes"]
    assert all(each.what for each in page.retention)


def test_the_page_in_words() -> None:
    page = policy_page(whole(), "en")
    ends = {each.name: (each.term, each.end) for each in page.retention}
    asks = {(each.form, each.field): each.ask for each in page.fields}

    assert ends["Support"] == ("at once after the account is closed", "switched off, erased after 1 year")
    assert ends["Archive"] == ("1 year after the account is closed", "erased")
    assert asks["Order", "Government ID number"] == "where the product needs it"
    assert asks["Sign-up", "Name"] == "required"
    assert asks["Sign-up", "Company"] == "optional"
    assert (
        next(each for each in page.recipients if each.name == "Whomever you name").country
        == "depends on the case"
    )
    assert [group.kind for group in page.groups] == [
        kind for kind in terms("kind") if kind in {c.kind for c in whole().clauses}
    ]
    assert policy_page(whole(), "vi").groups[0].title == "Phạm vi áp dụng"


def test_the_label() -> None:
    label = facts_panel(brand("vps6"), "vi")

    assert [each.title for each in label][:2] == ["Chúng tôi hỏi", "Chúng tôi giữ"]


def test_policies_side_by_side() -> None:
    rows = {slug: compare(brand(slug)) for slug in CLAUSE_IDS}

    assert rows["vps6"].asks == ("Name", "E-mail address", "Phone number", "Postal address")
    assert rows["vpn"].asks == ("E-mail address", "I am at least 18 years old.")
    assert rows["vps6"].notice == "Announced 30 days before"
    assert rows["vpn"].notice == "Mailed 14 days before"
    assert len({row.notice for row in rows.values()}) >= 4
    assert len({row.keeps for row in rows.values()}) == 5
    assert rows["vpn"].keeps == "at once after the account is closed: archived in the part named"
