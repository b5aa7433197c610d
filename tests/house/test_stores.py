"""Every place that keeps something of people has a store that answers for it."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db.models import FileField

from hostkeep.flows import sweeping
from hostkeep.runtime import kept
from hostkeep.runtime.stores import Store, all_stores, register
from tests.ground.policy.small import brand

SWEPT_ITSELF = {"vault_item"}
"""Sealed values: the sweeper ends them without a store."""

MUST = {
    "people_session", "people_stayseries", "people_apicall", "people_acceptance", "people_user",
    "account_emailaddress", "mfa_authenticator", "messaging_mail", "messaging_preference", "shop_cart",
    "shop_receipt", "billing_gatewaynotice", "provisioning_lease", "procrastinate_jobs", "runtime_event",
    "runtime_delivery", "vault_export", "vault_exportpart", "postgres/log", "providers",
}  # fmt: skip

CLASSES = {"account", "session", "security", "traffic", "fiscal", "content"}
BRANDS = ("photonvps", "vietnam-server", "vpn", "vps6", "vpsfast")


def places() -> set[str]:
    return {place for store in all_stores() for place in store.places}


def test_every_place_on_the_list_has_its_store() -> None:
    assert places() >= MUST


def test_every_table_with_an_end_of_its_own_has_its_store() -> None:
    ended = {
        model._meta.db_table  # noqa: SLF001  Django's documented way to a table's name
        for model in apps.get_models()
        if any(field.name == "expires_at" for field in model._meta.get_fields())  # noqa: SLF001
    }
    assert ended - places() == SWEPT_ITSELF


def test_nothing_is_kept_in_files_that_people_send() -> None:
    fields = [field for model in apps.get_models() for field in model._meta.get_fields()]  # noqa: SLF001
    assert not [field for field in fields if isinstance(field, FileField)]


def test_every_store_says_what_it_keeps_and_how_long_and_belongs_to_a_class() -> None:
    for store in all_stores():
        assert store.what.endswith("."), store.name
        assert len(store.what) > 40, store.name
        assert store.keep_class in CLASSES, store.name


@pytest.mark.parametrize("slug", BRANDS)
def test_a_log_line_lives_no_longer_than_the_shortest_life_of_traffic(slug: str) -> None:
    traffic = brand(slug).retention.get("traffic")
    assert traffic is None or kept.LOG_DAYS <= (traffic.plus + traffic.hold).days


def test_a_name_is_taken_once() -> None:
    sweeping.join()
    taken = all_stores()[0]
    other = Store(
        taken.name, "account", "Something else.", (), taken.list_due, taken.erase, taken.forget,
        taken.prove_absent,
    )  # fmt: skip
    with pytest.raises(ValueError, match="two stores"):
        register([other])
