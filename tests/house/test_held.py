"""Whatever the rooms of the business hold of a person stands in their copy and on their page of what is held."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.apps import apps
from django.db.models import ForeignKey, Model, UUIDField

from hostkeep.faces.client.held_kinds import KINDS
from hostkeep.flows.exporting.kinds import TRADE, tallies_of
from hostkeep.kernel.columns import Personal
from hostkeep.kernel.ids import AccountId
from hostkeep.policy.vocabulary.terms import terms
from hostkeep.runtime.columns import declared_for, fields_of

ROOMS = ("billing", "shop", "subscriptions", "provisioning")

APART = {
    "billing_gatewaynotice": "a call-back by the ids that payments, refunds, disputes and methods bear too; 90 days",
    "shop_catalogue": "its handle names a revision of what is on sale, and nobody",
}
"""Tables that are told of nowhere, each with its reason."""


def models_of_rooms() -> Iterator[type[Model]]:
    return (model for room in ROOMS for model in apps.get_app_config(room).get_models())


def name_of(model: type[Model]) -> str:
    return model._meta.db_table  # noqa: SLF001  Django's documented way to a table's name


def leads_to_a_person(model: type[Model], seen: frozenset[type[Model]] = frozenset()) -> bool:
    """Whether a row knows somebody: by a handle of another room, a key to such a row, or a personal column."""
    if model in seen:
        return False
    for one in model._meta.get_fields():  # noqa: SLF001  as above
        if isinstance(one, UUIDField) and not one.primary_key:
            return True
        if isinstance(one, ForeignKey):
            there = one.related_model
            if there._meta.app_label == "people" or leads_to_a_person(there, seen | {model}):  # noqa: SLF001
                return True
    label, declared, _ = declared_for(model)
    return any(isinstance(declared.get(f"{label}.{one.name}"), Personal) for one in fields_of(model))


def test_every_table_of_somebody_is_told_of_or_has_its_reason() -> None:
    told = {table for kind in TRADE.values() for table in kind.tables}
    held = {name_of(model) for model in models_of_rooms() if leads_to_a_person(model)}
    assert held - told - set(APART) == set(), "bring it into flows/exporting, and it stands on the page too"
    assert told - held == set(), "there is no such table, or it knows nobody"
    assert set(APART) <= held - told


def test_the_walk_finds_who_is_behind_a_row() -> None:
    found = {name_of(model): leads_to_a_person(model) for model in models_of_rooms()}
    assert {found["billing_invoiceline"], found["shop_cartline"], found["subscriptions_reading"]} == {True}
    assert {found["billing_series"], found["shop_plan"], found["subscriptions_pricechange"]} == {False}


def test_a_table_is_told_of_once() -> None:
    tables = [table for kind in TRADE.values() for table in kind.tables]
    assert sorted(tables) == sorted(set(tables))


def test_every_kind_has_its_words_and_its_category() -> None:
    assert set(KINDS) == set(TRADE)
    assert {kind.category for kind in TRADE.values()} <= set(terms("category"))


@pytest.mark.django_db
def test_every_kind_is_counted() -> None:
    assert tallies_of(AccountId(UUID(int=7))) == {}
