"""What a migration adds to a table that stood before, a process from before it can leave out."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from django.apps import apps
from django.db import connection
from django.db.migrations.operations import AddField, CreateModel, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation

FIRST = frozenset({
    "billing_allocation.source", "billing_creditentry.reason", "billing_gatewaynotice.about",
    "billing_gatewaynotice.attempts", "billing_gatewaynotice.fee_minor", "billing_gatewaynotice.of",
    "billing_gatewaynotice.proof", "billing_gatewaynotice.state", "billing_invoiceline.exemption",
    "billing_invoiceline.tax_category", "billing_invoicetax.category", "billing_invoicetax.exemption",
    "billing_paymentattempt.handle", "brands_policyversion.handle", "brands_policyversion.mode",
    "brands_policyversion.period", "brands_policyversion.weight", "people_account.canary",
    "subscriptions_subscription.stopped_code", "vault_item.why", "vault_keyring.replayed",
    "vault_keyring.replayed_head", "vault_subjectkey.brand",
})  # fmt: skip
"""Added before any house was updated while it ran: no process is left that does not know them."""


def operations(found: list[Operation]) -> Iterator[Operation]:
    for one in found:
        if isinstance(one, SeparateDatabaseAndState):
            yield from operations([*one.state_operations, *one.database_operations])
        else:
            yield one


def added() -> set[str]:
    """Columns that were added to tables in a later migration than the table's, as table and column."""
    found = set()
    for config in apps.get_app_configs():
        if not config.name.startswith("hostkeep.") or importlib.util.find_spec(f"{config.name}.migrations") is None:
            continue
        package = importlib.import_module(f"{config.name}.migrations")
        for _, module, _ in pkgutil.iter_modules(package.__path__):
            steps = list(operations(importlib.import_module(f"{package.__name__}.{module}").Migration.operations))
            made = {step.name_lower for step in steps if isinstance(step, CreateModel)}
            for step in steps:
                if isinstance(step, AddField) and step.model_name_lower not in made:
                    name = f"{step.name}_id" if step.field.remote_field else step.name
                    found.add(f"{config.label}_{step.model_name_lower}.{name}")
    return found


def test_a_column_that_was_added_may_be_left_out_by_whoever_does_not_know_it(db) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped"
            " AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''"
        )
        demanded = {name for (name,) in cursor.fetchall()}
    assert len(added()) > 50
    assert added() & demanded <= FIRST
    assert FIRST <= demanded, "mended since: off the list"
