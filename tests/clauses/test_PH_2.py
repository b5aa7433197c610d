"""PH-2: the network address of a visit serves finding faults, running the site and its defence, and nothing else."""

from __future__ import annotations

import pytest

from tests.clauses import addresses

BRAND = "photonvps"
PURPOSES = {"diagnostics", "site_administration"}


def test_PH_2_the_policy_opens_an_address_for_these_purposes_alone() -> None:
    assert addresses.purposes_of_addresses(BRAND) == PURPOSES


@pytest.mark.parametrize("purpose", ["marketing", "company_news", "qualification", "fraud_prevention", "partner_offers"])
def test_PH_2_for_any_other_it_is_refused_to_every_role(scene, purpose: str) -> None:
    assert addresses.allowed(scene(BRAND), purpose) == set()


def test_PH_2_who_looks_for_a_fault_may_read_it(scene) -> None:
    assert addresses.allowed(scene(BRAND), "diagnostics") == {"system", "engineer", "owner"}


def test_PH_2_a_visit_leaves_no_address_in_any_table(shop) -> None:
    assert addresses.left_by_a_visit(shop, BRAND) == ()


def test_PH_2_an_address_that_was_kept_would_be_noticed(shop) -> None:
    assert addresses.a_kept_address_is_found(shop, BRAND)


def test_PH_2_a_policy_that_gives_addresses_to_marketing_would_be_noticed() -> None:
    assert addresses.purposes_where_support_reads_them(BRAND) - PURPOSES == {"support"}
