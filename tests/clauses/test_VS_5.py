"""VS-5: the network address of a visit serves control alone; statistics and marketing never see it."""

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

BRAND = "vietnam-server"
PURPOSES = {"diagnostics", "site_administration"}


def test_VS_5_the_policy_opens_an_address_for_these_purposes_alone() -> None:
    assert purposes_of_addresses(BRAND) == PURPOSES


@pytest.mark.parametrize("purpose", ["marketing", "offers", "product_news", "announcements", "statistics", "support"])
def test_VS_5_for_any_other_it_is_refused_to_every_role(scene, purpose: str) -> None:
    assert refused(scene(BRAND), purpose) == set(STAFF)


def test_VS_5_who_looks_for_a_fault_may_read_it(scene) -> None:
    allowed = set(STAFF) - refused(scene(BRAND), "diagnostics")

    assert allowed == {"system", "engineer", "owner"}


def test_VS_5_a_visit_leaves_no_address_in_any_table(shop) -> None:
    assert left_by_a_visit(shop, BRAND) == ()


def test_VS_5_an_address_that_was_kept_would_be_noticed(shop) -> None:
    tally(brand=BRAND, kind="visit", name=VISITOR, at=clock.now())

    assert left_by_a_visit(shop, BRAND) == ("runtime_tally",)


def test_VS_5_a_policy_that_gives_addresses_to_marketing_would_be_noticed() -> None:
    assert purposes_where_support_reads_them(BRAND) - PURPOSES == {"support"}
