"""VS-14: no purpose lets anybody have what customers keep on their servers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.ids import BrandId, CategoryId
from hostkeep.policy.compile import compile_policy
from hostkeep.policy.errors import PolicyError
from hostkeep.runtime import clock
from hostkeep.vault import door

BRAND = BrandId("vietnam-server")
CONTENT = CategoryId("content")
SOURCE = (Path(__file__).parents[2] / "brands" / "vietnam-server" / "policy.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("recipient", ["[registrant, gov_id]", "[registrant]"])
def test_VS_14_a_policy_that_names_a_recipient_for_content_does_not_load(recipient: str) -> None:
    asked = f"      categories: {recipient}\n"
    wider = SOURCE.replace(asked, asked.replace("]", ", content]"), 1)
    assert wider != SOURCE

    with pytest.raises(PolicyError) as refused:
        compile_policy(wider, file="policy.yaml")

    assert "Nobody outside may receive content" in str(refused.value)


def test_VS_14_no_recipient_of_the_policy_may_get_it() -> None:
    policy = policy_in_force(BRAND, clock.now())

    assert policy.recipients
    assert [r.id for r in policy.recipients.values() if CONTENT in r.categories] == []


def test_VS_14_staff_get_it_for_no_purpose_without_a_grant(scene) -> None:
    there = scene("vietnam-server")
    staff = ("support", "billing", "sales", "engineer", "abuse", "privacy", "owner", "clerk")
    asked = [(role, purpose) for role in staff for purpose in there.policy.purposes]
    assert len(asked) > 50

    for role, purpose in asked:
        act = replace(there.act, role=role, purpose=purpose)
        with pytest.raises(door.Refused):
            door.reveal(act, subject=there.canary.subject, category=CONTENT, reason="I would like to know")


def test_VS_14_without_the_rule_such_a_policy_would_load(monkeypatch) -> None:
    from hostkeep.policy import compile as compiling
    from hostkeep.policy.checking import sending

    kept = tuple(rule for rule in compiling.PRESENT if rule is not sending.refuse_secret_recipients)
    assert len(kept) == len(compiling.PRESENT) - 1
    monkeypatch.setattr(compiling, "PRESENT", kept)
    wider = SOURCE.replace("      categories: [registrant]\n", "      categories: [registrant, content]\n", 1)
    assert wider != SOURCE

    recipients = compile_policy(wider, file="policy.yaml").recipients
    assert [r.id for r in recipients.values() if CONTENT in r.categories]
