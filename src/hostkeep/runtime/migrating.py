"""Bringing the database up to this release, as its owner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from hostkeep.runtime.roles import OWNER_SQL


@contextmanager
def as_owner() -> Iterator[None]:
    """Log in as the owner for what is inside; the application's role owns nothing."""
    alias = connections["default"]
    before = dict(alias.settings_dict)
    alias.close()
    alias.settings_dict.update(settings.HOSTKEEP.owner)
    try:
        yield
    finally:
        alias.close()
        alias.settings_dict.clear()
        alias.settings_dict.update(before)


def migrate() -> bool:
    """Apply what is missing; return whether there was anything to apply."""
    with as_owner():
        executor = MigrationExecutor(connections["default"])
        if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        with connections["default"].cursor() as cursor:
            cursor.execute(OWNER_SQL)
        call_command("migrate", verbosity=0, interactive=False)
        return True


def is_up_to_date() -> bool:
    """Say whether every migration is applied; readable by the application's role too."""
    executor = MigrationExecutor(connections["default"])
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
