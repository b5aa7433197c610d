"""VS-9: customer information serves visits' statistics, and the account with all that looking after it brings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.ids import BrandId, CategoryId, PurposeId
from hostkeep.runtime import clock
from hostkeep.vault import door
from tests.clauses.asking import asks, refusal_on_record
from tests.rooms.brands.announcements import announce, changed

BRAND = BrandId("vietnam-server")
STATISTICS = {"statistics", "diagnostics", "site_administration"}
CARE = {
    "account", "order", "cart", "billing", "service", "domain_registration", "identity_verification",
    "authentication", "account_messages", "support", "information_request", "offers", "product_news",
    "announcements",
}  # fmt: skip
LAW = {"policy_change", "dispute", "terms_breach", "legal_obligation", "rights"}
OTHERS = ("marketing", "improvement", "newsletter", "partner_offers", "qualification", "profiling", "research")
ROLES = ("visitor", "customer", "system", "support", "sales", "owner", "privacy")


def purposes() -> set[str]:
    """The purposes of the policy in force."""
    return set(policy_in_force(BRAND, clock.now()).purposes)


def test_VS_9_the_policy_holds_exactly_these_purposes() -> None:
    assert purposes() == STATISTICS | CARE | LAW


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("purpose", OTHERS)
def test_VS_9_any_other_is_denied_to_everybody(scene, purpose: str, role: str) -> None:
    with pytest.raises(door.Refused) as no:
        asks(scene(BRAND), purpose, role)

    assert no.value.clause == "VS-9"


def test_VS_9_the_denial_is_on_record(scene) -> None:
    with pytest.raises(door.Refused):
        asks(scene(BRAND), "newsletter", "owner", trace="vs9-log")
    with pytest.raises(door.Refused):
        asks(scene(BRAND), "research", "owner", trace="vs9-word")

    assert refusal_on_record("vs9-log") == ("email", "newsletter", "VS-9")
    assert refusal_on_record("vs9-word") == ("email", "undeclared", "VS-9"), "what somebody makes up is not kept"


@pytest.mark.parametrize("category", ["name", "email", "phone", "contacts"])
def test_VS_9_statistics_never_see_who_somebody_is(scene, category: str) -> None:
    there = scene(BRAND)
    for purpose in sorted(STATISTICS):
        act = replace(there.act, purpose=PurposeId(purpose))
        with pytest.raises(door.Refused):
            door.reveal(act, subject=there.canary.subject, category=CategoryId(category))


def test_VS_9_looking_after_an_order_opens_the_address(scene) -> None:
    asks(scene(BRAND), "order", "system")


def test_VS_9_a_policy_with_one_purpose_more_would_be_noticed(scene) -> None:
    there = scene(BRAND)
    announce(
        BRAND,
        changed(
            BRAND,
            ("purposes:\n", "purposes:\n  improvement: legitimate_interest\n"),
            (
                "  closes: [use]\n  allow:\n",
                "  closes: [use]\n  allow:\n  - {categories: [email], purposes: [improvement], roles: [system]}\n",
            ),
        ),
    )

    assert purposes() - (STATISTICS | CARE | LAW) == {"improvement"}
    with pytest.raises(door.Refused) as no:
        asks(there, "improvement", "system")
    assert no.value.clause == "VS-18", "an earlier value waits until its owner was told"
