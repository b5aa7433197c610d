"""A shop as a stranger meets it: the whole application, guard included, called in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from hostkeep.brands import queries
from hostkeep.brands.queries import brand, policy_in_force
from hostkeep.kernel.ids import BrandId, ClauseId
from hostkeep.promises import ledger
from hostkeep.promises.book import CONTROLS
from hostkeep.promises.canaries import canary_of
from hostkeep.promises.control import Scene
from hostkeep.promises.stranger import Browser, Stranger, WsgiStranger
from hostkeep.runtime import clock
from tests.conftest import make_act

Open = Callable[..., Browser]
Prove = Callable[[str], dict[str, str]]
BRANDS = {"V6": "vps6", "PH": "photonvps", "VPN": "vpn", "VS": "vietnam-server", "VF": "vpsfast"}


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """What a process believes of brands and lights ends with the test that read it."""
    yield
    queries.forget()
    ledger.forget()


@pytest.fixture
def stranger(db) -> Stranger:
    from hostkeep.project.wsgi import application

    return WsgiStranger(application)


@pytest.fixture
def shop(stranger: Stranger) -> Open:
    """Open a browser at a brand."""
    return lambda name, **environ: Browser(stranger, f"{name}.localhost", environ)


@pytest.fixture
def scene(stranger: Stranger) -> Callable[[str], Scene]:
    """Where the checks of a brand act."""

    def make(name: str) -> Scene:
        row = brand(BrandId(name))
        act = make_act(brand=name, purpose="account", at=clock.now())
        policy = policy_in_force(row.id, act.at)
        return Scene(act, row, policy, canary_of(act, policy), stranger)

    return make


@pytest.fixture
def prove(scene: Callable[[str], Scene]) -> Prove:
    """Run the control of a clause: the checks that did not pass, by their sentence; empty when all hold."""

    def run(clause: str) -> dict[str, str]:
        there = scene(BRANDS[clause.partition("-")[0]])
        seen = {check.what: check.look(there) for _, check in CONTROLS[ClauseId(clause)].checks()}
        return {what: f"{s.result}: {s.value}" for what, s in seen.items() if s.result != "passed"}

    return run


@pytest.fixture
def as_owner(db, pg) -> Callable[[str], None]:
    """Run a statement as the database's owner, in the test's own transaction, which undoes it."""
    from django.db import connection

    def run(sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_database()")
            name = cursor.fetchone()[0]
        raise_privileges(pg, name)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE hk_owner")
            cursor.execute(sql)
            cursor.execute("SET LOCAL ROLE hk_app")
        queries.forget()

    return run


def raise_privileges(pg, name: str) -> None:
    """Let the tests' application role become the owner for a statement: it breaks a wall on purpose."""
    import psycopg

    with psycopg.connect(pg.url("postgres", name), autocommit=True) as line:
        line.execute("GRANT hk_owner TO hk_app WITH INHERIT FALSE, SET TRUE")
