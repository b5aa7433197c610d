"""V6-10: the site links to sites of others and does not answer for them.  A statement: shown, versioned, never proven."""

from __future__ import annotations

import pytest

from hostkeep.promises import ledger
from tests.clauses.statements import is_shown, never_burns, prints_the_policy_of, stands_in_the_versions_data

BRAND, CLAUSE = "vps6", "V6-10"


@pytest.mark.parametrize("language", ["en", "vi"])
def test_V6_10_the_policy_page_shows_it(shop, language: str) -> None:
    assert is_shown(shop, BRAND, CLAUSE, language)


def test_V6_10_stands_in_the_versions_data(shop) -> None:
    stands_in_the_versions_data(shop, BRAND, CLAUSE)


def test_V6_10_the_ledger_never_lights_it(shop) -> None:
    assert never_burns(shop, BRAND, CLAUSE)


def test_V6_10_is_not_shown_by_a_page_that_prints_another_policy(shop, monkeypatch) -> None:
    prints_the_policy_of("vpn", monkeypatch)

    assert not is_shown(shop, BRAND, CLAUSE, "en")


def test_V6_10_a_ledger_that_took_it_for_a_promise_would_be_noticed(shop, monkeypatch) -> None:
    monkeypatch.setattr(ledger, "PROSE", "nothing is prose")

    assert not never_burns(shop, BRAND, CLAUSE)
