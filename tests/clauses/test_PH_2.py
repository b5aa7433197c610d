"""PH-2: the network address of a visit serves finding faults, running the site and its defence, and nothing else."""

from __future__ import annotations

import pytest

from hostkeep.runtime import clock
from hostkeep.runtime.tallies import tally
from tests.clauses.addresses import (
    STAFF,
    VISITOR,
    left_by_a_visit,
    purposes_of_addresses,
    purposes_where_support_reads_them,
    refused,
)

BRAND = "photonvps"
PURPOSES = {"diagnostics", "site_administration"}


def test_PH_2_the_policy_opens_an_address_for_these_purposes_alone() -> None:
    assert purposes_of_addresses(BRAND) == PURPOSES


@pytest.mark.parametrize("purpose", ["marketing", "company_news", "qualification", "fraud_prevention", "partner_offers"])
def test_PH_2_for_any_other_it_is_refused_to_every_role(scene, purpose: str) -> None:
    assert refused(scene(BRAND), purpose) == set(STAFF)


def test_PH_2_who_looks_for_a_fault_may_read_it(scene) -> None:
    allowed = set(STAFF) - refused(scene(BRAND), "diagnostics")

    assert allowed == {"system", "engineer", "owner"}


def test_PH_2_a_visit_leaves_no_address_in_any_table(shop) -> None:
    assert left_by_a_visit(shop, BRAND) == ()


def test_PH_2_an_address_that_was_kept_would_be_noticed(shop) -> None:
    tally(brand=BRAND, kind="visit", name=VISITOR, at=clock.now())

    assert left_by_a_visit(shop, BRAND) == ("runtime_tally",)


def test_PH_2_a_policy_that_gives_addresses_to_marketing_would_be_noticed() -> None:
    assert purposes_where_support_reads_them(BRAND) - PURPOSES == {"support"}
