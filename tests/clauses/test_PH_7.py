"""PH-7: contact details serve orders, company news and reaching the customer; payment data serves checks and bills."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hostkeep.audit.enter import APART
from hostkeep.audit.models import Entry
from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.ids import BrandId, CategoryId, PurposeId
from hostkeep.runtime import clock
from hostkeep.vault import door
from tests.rooms.brands.announcements import announce, changed

BRAND = BrandId("photonvps")
EMAIL, PAYMENT, ADDRESS = CategoryId("email"), CategoryId("payment_ref"), CategoryId("ip")
STAFF = ("support", "billing", "sales", "engineer", "abuse", "owner", "clerk")


def cells(category: str) -> set[str]:
    """The purposes a category opens for, to anybody but the customer and their own rights."""
    table = policy_in_force(BRAND, clock.now()).table
    return {p for (c, p, role), cell in table.items() if c == category and cell and role != "customer"} - {"rights"}


def asks(there, category: CategoryId, purpose: str, role: str = "system", trace: str = "ph7") -> None:
    act = replace(there.act, at=clock.now(), role=role, purpose=PurposeId(purpose), trace=trace)
    door.reveal(act, subject=there.canary.subject, category=category, reason="I would like to know")


@pytest.mark.parametrize("role", ["system", "customer", *STAFF])
@pytest.mark.parametrize("purpose", ["company_news", "partner_offers", "marketing"])
def test_PH_7_a_payment_is_not_read_for_marketing(scene, role: str, purpose: str) -> None:
    with pytest.raises(door.Refused) as no:
        asks(scene(BRAND), PAYMENT, purpose, role)

    assert no.value.clause == "PH-7"


def test_PH_7_the_refusal_stands_in_the_log(scene) -> None:
    with pytest.raises(door.Refused):
        asks(scene(BRAND), PAYMENT, "company_news", trace="ph7-log")

    (entry,) = Entry.objects.using(APART).filter(trace="ph7-log", verb="vault.value.refused")
    assert (entry.category, entry.purpose, entry.clause) == (PAYMENT, "company_news", "PH-7")


@pytest.mark.parametrize("role", ["system", *STAFF])
def test_PH_7_a_check_of_an_order_never_sees_a_network_address_or_a_contact(scene, role: str) -> None:
    for category in (ADDRESS, EMAIL, CategoryId("phone"), CategoryId("chosen_service")):
        with pytest.raises(door.Refused):
            asks(scene(BRAND), category, "qualification", role)


def test_PH_7_a_check_reads_payment_data_alone() -> None:
    table = policy_in_force(BRAND, clock.now()).table

    assert {c for (c, purpose, _), cell in table.items() if cell and purpose == "qualification"} == {
        "payment_ref", "solvency",
    }


def test_PH_7_contact_data_opens_for_what_the_clauses_name_and_nothing_else() -> None:
    assert cells("phone") <= {
        "account", "order", "contact", "support", "dispute", "legal_obligation",
    }
    assert not cells("email") & {"qualification", "statistics", "diagnostics"}


def test_PH_7_an_order_opens_the_address(scene) -> None:
    there = scene(BRAND)

    asks(there, EMAIL, "order")


def test_PH_7_a_policy_that_sells_payment_data_to_marketing_would_be_noticed(scene) -> None:
    there = scene(BRAND)
    line = "purposes: [company_news], roles: [system]}"
    announce(
        BRAND,
        changed(BRAND, (f"[email, language, preferences], {line}", f"[email, language, preferences, payment_ref], {line}")),
    )

    asks(there, PAYMENT, "company_news")
    assert "company_news" in cells("payment_ref")
