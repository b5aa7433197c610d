"""VS-12: contact details go to the registry of a name, which is said before the order, and to nobody else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hostkeep.brands.queries import policy_in_force
from hostkeep.flows import brandloading
from hostkeep.flows.brandloading import load_folder
from hostkeep.kernel.ids import BrandId, PurposeId
from hostkeep.promises.pages import read_page
from hostkeep.runtime import clock
from hostkeep.shop.errors import CatalogueRefused
from hostkeep.vault import consenting
from tests.conftest import ROOT, make_act
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import gateway, text

__all__ = ["gateway"]

BRAND = BrandId("vietnam-server")
FOLDER = ROOT / "brands" / "vietnam-server"
NAME = "/products/ten-mien-vn/"


def loads_with(folder: Path, old: str, new: str) -> None:
    """Load the brand's folder with one thing changed in its catalogue."""
    copy = folder / "vietnam-server"
    shutil.copytree(FOLDER, copy)
    file = copy / "catalogue.yaml"
    said = file.read_text(encoding="utf-8")
    assert old in said
    file.write_text(said.replace(old, new, 1), encoding="utf-8")
    load_folder(make_act("owner", "site_administration", brand=BRAND, at=clock.now()), folder=copy)


def test_VS_12_the_policy_names_the_registries_and_the_authority_and_nobody_else(shop) -> None:
    recipients = policy_in_force(BRAND, clock.now()).recipients

    assert {r.id: r.basis for r in recipients.values()} == {
        "vnnic": "service", "gtld_registry": "service", "executive_authority": "legal_request",
    }  # fmt: skip
    words = read_page(shop(BRAND).get("/privacy/?lang=en").body).words
    assert all(r.label["en"] in words for r in recipients.values())


def test_VS_12_a_registry_gets_the_owners_fields_alone() -> None:
    recipients = policy_in_force(BRAND, clock.now()).recipients

    assert recipients["vnnic"].categories == {"registrant", "gov_id"}
    assert recipients["gtld_registry"].categories == {"registrant"}
    assert recipients["executive_authority"].country == "VN"


def test_VS_12_before_the_order_it_is_said_that_a_registry_gets_part_of_it(shop) -> None:
    words = read_page(shop(BRAND).get(f"{NAME}?lang=en").body).words

    assert "Part of it goes to the registry of the name." in words
    server = read_page(shop(BRAND).get("/products/sen-1/?lang=en").body).words
    assert "Part of it goes to the registry" not in server


def test_VS_12_the_order_asks_the_owners_fields_for_a_name_alone(db, gateway) -> None:
    binh = Member(BRAND, "binh")
    binh.puts("sen-1")
    assert 'name="registrant"' not in text(binh.get("/checkout/"))

    binh.puts("ten-mien-vn", **{"answer-domain": "vi-du.vn"})
    page = text(binh.get("/checkout/"))
    assert 'name="registrant"' in page
    assert 'name="gov_id"' in page


@pytest.mark.parametrize(
    ("old", "new"),
    [("recipient: vnnic", "recipient: somebody_else"), ("recipient: vnnic", "recipient: executive_authority"),
     ("recipient: vnnic", "recipient: gtld_registry")],
)  # fmt: skip
def test_VS_12_a_product_that_hands_more_or_to_others_is_not_put_on_sale(db, tmp_path, old: str, new: str) -> None:
    with pytest.raises(CatalogueRefused) as no:
        loads_with(tmp_path, old, new)

    assert "VS-12" in str(no.value.facts["mistakes"])


def test_VS_12_a_shop_that_asks_nobody_would_be_noticed(db, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(brandloading, "_mistakes", lambda *_: iter(()))

    loads_with(tmp_path, "recipient: vnnic", "recipient: somebody_else")


@pytest.mark.parametrize("recipient", ["vnnic", "gtld_registry", "executive_authority", "partner"])
def test_VS_12_no_permission_of_the_customer_lets_others_in(db, recipient: str) -> None:
    ann = Member(BRAND)
    subject = ann.account.subject
    act = make_act("customer", "rights", brand=BRAND, at=clock.now(), own=subject)

    with pytest.raises(consenting.NotAskedFor):
        consenting.give(act, subject=subject, purpose=PurposeId("offers"), recipient=recipient, how="client_area")
