"""PH-5: nothing goes to any third party: nobody can be set up who would receive something."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hostkeep.adapters.gateways.bank_transfer.gateway import BankTransfer
from hostkeep.adapters.gateways.testpay.gateway import TestPay
from hostkeep.adapters.provisioners.lxd.driver import Lxd
from hostkeep.adapters.provisioners.manual.driver import Manual
from hostkeep.brands.queries import policy_in_force
from hostkeep.flows import brandloading
from hostkeep.flows.brandloading import load_folder
from hostkeep.kernel.ids import BrandId
from hostkeep.policy.compile import compile_policy
from hostkeep.policy.errors import PolicyError
from hostkeep.policy.needs import AdapterNeeds
from hostkeep.runtime import clock
from hostkeep.shop.errors import CatalogueRefused
from hostkeep.shop.models import Product
from hostkeep.vault import consenting
from tests.clauses.orders import mails_of_an_order
from tests.conftest import ROOT, make_act
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import gateway
from tests.flows.test_mailing import mailer

__all__ = ["gateway", "mailer"]

BRAND = BrandId("photonvps")
FOLDER = ROOT / "brands" / "photonvps"
SOURCE = (FOLDER / "policy.yaml").read_text(encoding="utf-8")
DOMAIN = """\
- slug: names
  name: Names
  products:
  - slug: com
    name: .com
    driver: manual
    requires: [registrant]
    recipient: gtld_registry
    resold: yes
    asks: [{slug: domain, label: Name, kind: domain_name, ending: .com}]
    plans:
    - {slug: year, months: 12, prices: {USD: 1500}}
"""


@pytest.fixture
def selling_names(tmp_path: Path) -> Path:
    """The brand's folder with a domain name among its products."""
    folder = tmp_path / "photonvps"
    shutil.copytree(FOLDER, folder)
    with (folder / "catalogue.yaml").open("a", encoding="utf-8") as file:
        file.write(DOMAIN)
    return folder


def loads(folder: Path) -> None:
    load_folder(make_act("owner", "site_administration", brand=BRAND, at=clock.now()), folder=folder)


def test_PH_5_a_gateway_that_tells_somebody_cannot_be_set_up() -> None:
    with_it = SOURCE.replace("gateways: [testpay,", "gateways: [testpay, stripe,", 1)
    assert with_it != SOURCE

    with pytest.raises(PolicyError) as no:
        compile_policy(with_it, file="policy.yaml")

    assert "PH-5" in str(no.value)
    assert "stripe" in str(no.value)


@pytest.mark.parametrize("name", ["mail_relay", "partner_feed", "registry"])
def test_PH_5_nor_a_relay_or_a_partner_that_receives_an_address(name: str) -> None:
    partner = AdapterNeeds(name, recipient=name, discloses=frozenset({"email"}))

    with pytest.raises(PolicyError) as no:
        compile_policy(SOURCE, file="policy.yaml", installed=[partner])

    assert "PH-5" in str(no.value)
    assert name in str(no.value)


def test_PH_5_an_adapter_without_a_recipient_is_welcome() -> None:
    assert compile_policy(SOURCE, file="policy.yaml", installed=[AdapterNeeds("quiet")]).brand == BRAND


@pytest.mark.parametrize("driver", [TestPay, BankTransfer, Lxd, Manual])
def test_PH_5_what_is_set_up_receives_nothing_about_anybody(driver) -> None:
    assert (driver.manifest.discloses, driver.manifest.recipient) == (frozenset(), "")


def test_PH_5_a_domain_name_is_not_put_on_sale_and_nothing_is_written(db, selling_names: Path) -> None:
    before = set(Product.objects.filter(brand=BRAND, retired_at=None).values_list("slug", flat=True))

    with pytest.raises(CatalogueRefused) as no:
        loads(selling_names)

    said = str(no.value.facts["mistakes"])
    assert "PH-5" in said
    assert "gtld_registry" in said
    assert set(Product.objects.filter(brand=BRAND, retired_at=None).values_list("slug", flat=True)) == before


def test_PH_5_a_shop_that_asks_nobody_would_be_noticed(db, selling_names: Path, monkeypatch) -> None:
    monkeypatch.setattr(brandloading, "_mistakes", lambda *_: iter(()))

    loads(selling_names)

    assert Product.objects.filter(brand=BRAND, slug="com").exists()


def test_PH_5_there_is_nobody_to_permit_and_no_permission_can_be_given(db) -> None:
    ann = Member(BRAND)
    subject = ann.account.subject
    recipients = policy_in_force(BRAND, clock.now()).recipients
    assert {r.id for r in recipients.values() if not r.exception} == set()

    act = make_act("customer", "rights", brand=BRAND, at=clock.now(), own=subject)
    for name in (*recipients, "partner"):
        with pytest.raises(consenting.NotAskedFor):
            consenting.give(act, subject=subject, purpose="partner_offers", recipient=name, how="client_area")


def test_PH_5_mail_goes_to_the_customers_own_host_and_to_nobody_else(db, gateway, mailer) -> None:
    ann = Member(BRAND)

    mails_of_an_order(ann)

    assert [letter.to for letter in mailer.letters] == [ann.email]
    (asked,) = gateway.asked
    for value in (ann.email, ann.account.number, str(ann.user), str(ann.account.subject)):
        assert value not in repr(asked)


def test_PH_5_nobody_outside_has_a_role_and_no_address_takes_a_web_hook_of_theirs(shop) -> None:
    staff = {"support", "billing", "sales", "engineer", "abuse", "privacy", "owner", "clerk"}
    ours = {"visitor", "customer", "system", *staff}

    assert {role for _, _, role in policy_in_force(BRAND, clock.now()).table} <= ours
    for path in ("/api/v1/webhooks", "/api/v1/partners", "/api/v1/feeds"):
        assert shop(BRAND).get(path).status in {401, 404}, path
