"""Whatever a room holds of a person stands in their copy and on their page of what is held."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.apps import apps
from django.db.models import ForeignKey, Model, UUIDField

from hostkeep.faces.client.held_kinds import BESIDE, KINDS, OWN_KINDS
from hostkeep.flows.exporting.gathering import PARTS
from hostkeep.flows.exporting.kinds import TRADE, tallies_of
from hostkeep.flows.exporting.own import OWN
from hostkeep.kernel.columns import Personal
from hostkeep.kernel.ids import AccountId
from hostkeep.policy.vocabulary.terms import terms
from hostkeep.runtime.columns import declared_for, fields_of

ROOMS = ("billing", "shop", "subscriptions", "provisioning")

APART = {
    "billing_gatewaynotice": "a call-back by the ids that payments, refunds, disputes and methods bear too; 90 days",
    "billing_bankid": "more numbers of the bank's for movements that are told of as payments",
    "billing_doubt": "money that may be a payment that is told of; whose it is nobody has said, once they have it is a payment",
    "billing_paylinksrevoked": "when links to a document that is told of were taken back; 90 days",
    "shop_catalogue": "its handle names a revision of what is on sale, and nobody",
}
"""Tables that are told of nowhere, each with its reason."""

OWN_ROOMS = ("people", "messaging", "vault")

IN_PARTS = {
    "people_account": "account", "people_user": "account", "people_membership": "account",
    "people_acceptance": "acceptances", "account_emailaddress": "login", "vault_item": "values",
    "messaging_preference": "messages",
}
"""Tables that another part of the copy tells, with that part."""

OWN_APART = {
    "people_apicall": "answers that a program may ask again; a day",
    "people_apipace": "a count of calls in a minute that is over",
    "people_closing": "how an account was closed: the mail and the page for closed accounts say it",
    "people_closedlink": "a hash that stands in for the login of a closed account",
    "people_passingaddress": "an address until its mail has left",
    "vault_subjectkey": "keys, and no fact", "vault_mark": "a keyed hash to find a value by, and goes with it",
    "vault_nym": "a keyed hash of a handle, for the log",
    "vault_export": "a copy that waits to be fetched; a day", "vault_exportpart": "a piece of it",
}
"""Tables of people, messaging and the vault that are told of nowhere, each with its reason."""


def models_of_rooms(rooms: tuple[str, ...] = ROOMS) -> Iterator[type[Model]]:
    return (model for room in rooms for model in apps.get_app_config(room).get_models())


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


def test_every_table_beside_the_account_is_told_of_or_has_its_reason() -> None:
    told = {table for kind in OWN.values() for table in kind.tables}
    of_rooms = {name_of(model): model for model in models_of_rooms(OWN_ROOMS)}
    held = {name for name, model in of_rooms.items() if leads_to_a_person(model)}
    assert held - told - set(IN_PARTS) - set(OWN_APART) == set(), "bring it into flows/exporting/own.py"
    assert told - held == {"mfa_authenticator"}, "the sign-in library's; the others know nobody, or are not there"
    assert set(OWN_APART) <= held - told
    assert set(IN_PARTS.values()) <= set(PARTS)


def test_every_part_of_the_copy_has_its_place_on_the_page() -> None:
    assert set(OWN_KINDS) == set(OWN)
    assert set(BESIDE) == set(PARTS)
    assert not set(OWN) & (set(PARTS) | set(TRADE)), "one part, one kind"
    assert {category for kind in OWN.values() for category in kind.categories} <= set(terms("category"))
    for called in (*OWN_KINDS.values(), *KINDS.values()):
        assert called.page or not called.is_whole, called.label


def test_every_kind_has_its_words_and_its_category() -> None:
    assert set(KINDS) == set(TRADE)
    assert {kind.category for kind in TRADE.values()} <= set(terms("category"))


@pytest.mark.django_db
def test_every_kind_is_counted() -> None:
    assert tallies_of(AccountId(UUID(int=7))) == {}
