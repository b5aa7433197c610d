"""Every place that keeps something of people has a store that answers for it."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from django.apps import apps
from django.db.models import FileField, Model
from django.test.utils import isolate_apps

from hostkeep.flows import sweeping
from hostkeep.kernel.columns import Personal
from hostkeep.runtime import columns, kept
from hostkeep.runtime.stores import Store, all_stores, register
from hostkeep.vault.columns import SealedColumn
from tests.conftest import ROOT
from tests.ground.policy.small import brand

SWEPT_ITSELF = {"vault_item"}
"""Sealed values: the sweeper ends them without a store."""

MUST = {
    "people_session", "people_stayseries", "people_apicall", "people_acceptance", "people_user",
    "account_emailaddress", "mfa_authenticator", "messaging_mail", "messaging_preference", "shop_cart",
    "shop_receipt", "billing_gatewaynotice", "provisioning_lease", "procrastinate_jobs", "runtime_event",
    "runtime_delivery", "vault_export", "vault_exportpart", "postgres/log", "providers", "runtime_cache",
    "people_account", "subscriptions_reading", "subscriptions_use", "billing_payment", "billing_refund",
    "billing_dispute", "billing_taxdecision", "billing_paymentattempt", "billing_paylinksrevoked", "*.log", "logs/", "HOSTKEEP_LOGS",
}  # fmt: skip

CLASSES = {"account", "session", "security", "traffic", "fiscal", "content"}
BRANDS = ("photonvps", "vietnam-server", "vpn", "vps6", "vpsfast")


WHOSE = frozenset({"account", "subject", "user", "actor", "thing", "set_by", "opened_by", "approved_by"})
"""What a column is called that leads to a person by a handle."""

REASONS = {
    "the vault ends it itself, with the key of the class or the person's name in the book": {
        "vault_consent", "vault_disclosure", "vault_erasure", "vault_hold", "vault_item", "vault_mark", "vault_nym",
        "vault_subjectkey",
    },
    "the book: pseudonyms, whose connection goes with the person; months are dropped whole": {"audit_entry"},
    "the books need the row, and with the keys gone its handle leads nowhere": {
        "billing_allocation", "billing_creditentry", "billing_dunningagenda", "billing_dunningexception",
        "billing_dunningstep", "billing_invoicetax", "billing_proformaended", "billing_registration", "billing_topup",
        "ledger_posting", "ledger_snapshot", "shop_order", "shop_redemption", "subscriptions_period", "subscriptions_periodturn",
        "subscriptions_pricechange", "provisioning_action", "provisioning_task", "brands_notice", "people_closing",
    },
    "flows.closing ends it by its own `until`, with its words": {"people_dispute"},
    "always empty: confirmations are signed links": {"account_emailconfirmation"},
}  # fmt: skip
"""Tables that lead to a person and have no store, each with its reason.  Short, and may only get shorter."""


def of_people(models: Iterable[type[Model]]) -> set[str]:
    """Tables that hold a personal column, lead to a person by a handle, or hang on one that does."""
    models = list(models)
    found = {each.table for each in columns.declarations() if isinstance(each.declared, Personal)}
    handles = {model: {field.name for field in model._meta.concrete_fields} for model in models}  # noqa: SLF001
    found |= {model._meta.db_table for model in models if handles[model] & WHOSE}  # noqa: SLF001
    while more := {model._meta.db_table for model in models if hangs_on(model, found)} - found:  # noqa: SLF001
        found |= more
    return found


def hangs_on(model: type[Model], tables: set[str]) -> bool:
    """Whether rows of a table hang on rows of one of these."""
    keys = [field for field in model._meta.concrete_fields if field.is_relation]  # noqa: SLF001
    return any(field.related_model._meta.db_table in tables for field in keys)  # noqa: SLF001


def ends_with_keys() -> set[str]:
    """Tables whose personal columns all stand behind the door: they are noise once their person's key is gone."""
    clear = {
        each.table for each in columns.declarations()
        if isinstance(each.declared, Personal) and each.declared.how != "sealed"
    }  # fmt: skip
    behind = {
        model._meta.db_table for model in apps.get_models()  # noqa: SLF001
        if any(isinstance(field, SealedColumn) for field in model._meta.concrete_fields)  # noqa: SLF001
        and model.SEALED.subject
    }  # fmt: skip
    return behind - clear


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


def unanswered(models: Iterable[type[Model]]) -> set[str]:
    """Tables of people that no store, no key and no reason ends."""
    return of_people(models) - places() - ends_with_keys() - {name for some in REASONS.values() for name in some}


def test_every_table_that_is_about_people_has_its_store_or_a_reason() -> None:
    assert unanswered(apps.get_models(include_auto_created=True)) == set()


def test_no_reason_outlives_its_table() -> None:
    tables = {model._meta.db_table for model in apps.get_models()}  # noqa: SLF001
    listed = [name for some in REASONS.values() for name in some]
    assert len(listed) == len(set(listed))
    assert set(listed) - tables == set()
    assert set(listed) & places() == set()
    assert set(listed) & ends_with_keys() == set()


@isolate_apps("hostkeep.shop")
@pytest.mark.parametrize("name", ["account", "subject", "user"])
def test_a_new_table_that_leads_to_a_person_is_seen(name: str) -> None:
    from django.db import models

    made = type("Wish", (models.Model,), {
        name: models.UUIDField(), "__module__": __name__, "Meta": type("Meta", (), {"app_label": "shop"}),
    })  # fmt: skip
    hung = type("Note", (models.Model,), {
        "wish": models.ForeignKey(made, on_delete=models.CASCADE), "__module__": __name__,
        "Meta": type("Meta", (), {"app_label": "shop"}),
    })  # fmt: skip

    seen = unanswered([*apps.get_models(), made, hung])
    assert seen - unanswered(apps.get_models()) == {"shop_wish", "shop_note"}


def test_a_new_personal_column_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    real = columns.declarations()
    one = next(each for each in real if isinstance(each.declared, Personal))
    fresh = type(one)(**{**{name: getattr(one, name) for name in one.__slots__}, "table": "shop_guess"})
    before = unanswered(apps.get_models())
    monkeypatch.setattr(columns, "declarations", lambda: (*real, fresh))

    assert unanswered(apps.get_models()) - before == {"shop_guess"}


def told() -> set[str]:
    """The stores that docs/retention.md names."""
    text = (ROOT / "docs" / "retention.md").read_text()
    table = text.partition("## The stores")[2]
    first = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {name for cell in first for name in re.findall(r"`([a-z_.]+)`", cell)} - {"vault"}


def test_the_document_names_every_store_and_no_other() -> None:
    assert told() == {store.name for store in all_stores()}


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
