"""A book of some entries, and somebody who breaks into the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from hostkeep.audit import checkpoints
from hostkeep.audit.enter import enter
from hostkeep.kernel.ids import Ref
from tests.conftest import NOON, make_act

BREAK = "SET session_replication_role = replica"
"""What a superuser says to have no trigger fire."""


@pytest.fixture
def keyring(tmp_path, settings):
    """A keyring folder of this test's own: the tests of a run share one, and their books do not."""
    from dataclasses import replace

    settings.HOSTKEEP = replace(settings.HOSTKEEP, keyring=tmp_path / "keys")
    return tmp_path / "keys"


def write(many: int, *, day: int = 0) -> None:
    """Enter deeds about things, some days after noon."""
    act = make_act(at=NOON + timedelta(days=day))
    for n in range(many):
        enter(act, "shop.order.placed", Ref("shop.order", uuid4()), count=n + 1)


@pytest.fixture
def book(committed, keyring) -> Callable[..., None]:
    """A database of its own whose book is sealed over forty entries and what loading the brands entered."""
    write(40)
    checkpoints.seal_all(make_act())
    return write


@pytest.fixture
def broken(pg, committed) -> Callable[..., None]:
    """Run statements as the superuser, past every trigger."""

    def run(*statements: str) -> None:
        with psycopg.connect(pg.url("postgres", committed), autocommit=True) as line:
            line.execute(BREAK)
            for statement in statements:
                line.execute(statement)

    return run
