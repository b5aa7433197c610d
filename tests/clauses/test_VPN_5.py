"""VPN-5: nothing about money but what the payment systems hold: bank transfers cannot be switched on."""

from __future__ import annotations

from pathlib import Path

import pytest

from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.ids import BrandId, CategoryId
from hostkeep.policy.compile import compile_policy
from hostkeep.policy.errors import PolicyError
from hostkeep.runtime import clock
from hostkeep.vault import door
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import gateway

__all__ = ["gateway"]

BRAND = BrandId("vpn")
SOURCE = (Path(__file__).parents[2] / "brands" / "vpn" / "policy.yaml").read_text(encoding="utf-8")


def test_VPN_5_a_policy_that_switches_bank_transfers_on_is_refused_naming_clause_and_gateway() -> None:
    with_it = SOURCE.replace("gateways: [testpay]", "gateways: [testpay, bank_transfer]", 1)
    assert with_it != SOURCE

    with pytest.raises(PolicyError) as refused:
        compile_policy(with_it, file="policy.yaml")

    said = str(refused.value)
    assert "VPN-5" in said and "bank_transfer" in said


def test_VPN_5_the_checkout_offers_none_and_takes_none(db, gateway) -> None:
    ann = Member("vpn")
    ann.puts()
    page = ann.get("/checkout/")

    assert 'value="bank_transfer"' not in page.content.decode()
    assert ann.sends(page, "/checkout/", gateway="bank_transfer").status_code in {403, 404, 409, 422}


@pytest.mark.parametrize("category", ["card", "bank_account", "other_financial"])
def test_VPN_5_the_vault_refuses_it(scene, category: str) -> None:
    there = scene("vpn")
    assert CategoryId(category) not in policy_in_force(BRAND, clock.now()).categories

    with pytest.raises(door.NotDeclared) as no:
        door.put(there.act, subject=there.canary.subject, category=CategoryId(category), value="4111111111111111")

    assert no.value.clause == "VPN-5"


def test_VPN_5_without_the_prohibition_such_a_policy_would_load() -> None:
    loose = SOURCE.replace("gateways: [testpay]", "gateways: [testpay, bank_transfer]", 1)
    loose = loose.replace("  never: [card, bank_account, other_financial]\n", "  never: [card]\n", 1)

    assert "bank_transfer" in compile_policy(loose, file="policy.yaml").gateways
