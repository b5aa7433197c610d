"""V6-7: the network address of a visit serves finding faults and running the site, and nothing but V6-8 beside."""

from __future__ import annotations

import pytest

from tests.clauses import addresses

BRAND = "vps6"
PURPOSES = {"diagnostics", "site_administration", "fraud_prevention"}


def test_V6_7_the_policy_opens_an_address_for_these_purposes_alone() -> None:
    assert addresses.purposes_of_addresses(BRAND) == PURPOSES


@pytest.mark.parametrize("purpose", ["marketing", "offers", "product_news", "improvement", "billing", "support"])
def test_V6_7_for_any_other_it_is_refused_to_every_role(scene, purpose: str) -> None:
    assert addresses.allowed(scene(BRAND), purpose) == set()


def test_V6_7_who_looks_for_a_fault_may_read_it(scene) -> None:
    assert addresses.allowed(scene(BRAND), "diagnostics") == {"system", "engineer", "owner"}


def test_V6_7_a_visit_leaves_no_address_in_any_table(shop) -> None:
    assert addresses.left_by_a_visit(shop, BRAND) == ()


def test_V6_7_an_address_that_was_kept_would_be_noticed(shop) -> None:
    assert addresses.a_kept_address_is_found(shop, BRAND)


def test_V6_7_a_policy_that_gives_addresses_to_marketing_would_be_noticed() -> None:
    assert addresses.purposes_where_support_reads_them(BRAND) - PURPOSES == {"support"}
