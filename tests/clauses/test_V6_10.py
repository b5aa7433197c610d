"""V6-10: the site links to sites of others and does not answer for them.  A statement: shown, versioned, never proven."""

from __future__ import annotations

import json

import pytest

from hostkeep.promises import ledger
from tests.clauses.statements import is_shown, never_burns

BRAND, CLAUSE = "vps6", "V6-10"


@pytest.mark.parametrize("language", ["en", "vi"])
def test_V6_10_the_policy_page_shows_it(shop, language: str) -> None:
    assert is_shown(shop, BRAND, CLAUSE, language)


def test_V6_10_stands_in_the_versions_data(shop) -> None:
    data = json.loads(shop(BRAND).get("/privacy/policy.json").body)
    (clause,) = [each for each in data["clauses"] if each["id"] == CLAUSE]

    assert clause["kind"] == "prose"
    assert data["digest"] in shop(BRAND).get("/privacy/history/").body


def test_V6_10_the_ledger_never_lights_it(shop) -> None:
    assert never_burns(shop, BRAND, CLAUSE)


def test_V6_10_is_not_shown_by_a_page_that_prints_another_policy(shop, monkeypatch) -> None:
    from hostkeep.brands.queries import policy_in_force
    from hostkeep.faces.storefront import policy_pages
    from hostkeep.policy.render.page import policy_page
    from hostkeep.runtime import clock

    other = policy_in_force("vpn", clock.now())
    monkeypatch.setattr(policy_pages, "policy_page", lambda _policy, language: policy_page(other, language))

    assert not is_shown(shop, BRAND, CLAUSE, "en")


def test_V6_10_a_ledger_that_took_it_for_a_promise_would_be_noticed(shop, monkeypatch) -> None:
    monkeypatch.setattr(ledger, "PROSE", "nothing is prose")

    assert not never_burns(shop, BRAND, CLAUSE)
