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

pytest.register_assert_rewrite("tests.clauses.permitting", "tests.clauses.staying", "tests.clauses.statements")

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

    return lambda name: scene_at(name, stranger)


def scene_at(name: str, stranger: Stranger) -> Scene:
    """The scene of a brand, now."""
    row = brand(BrandId(name))
    act = make_act(brand=name, purpose="account", at=clock.now())
    policy = policy_in_force(row.id, act.at)
    return Scene(act, row, policy, canary_of(act, policy), stranger)


def looked(there: Scene, clause: str) -> dict[str, str]:
    """Run the control of a clause: the checks that did not pass, by their sentence; empty when all hold."""
    seen = {check.what: check.look(there) for _, check in CONTROLS[ClauseId(clause)].checks()}
    return {what: f"{s.result}: {s.value}" for what, s in seen.items() if s.result != "passed"}


@pytest.fixture
def prove(scene: Callable[[str], Scene]) -> Prove:
    """Run the control of a clause: the checks that did not pass, by their sentence; empty when all hold."""

    return lambda clause: looked(scene(BRANDS[clause.partition("-")[0]]), clause)


@pytest.fixture
def broken_into(committed: str, pg) -> Callable[[str, str], dict[str, str]]:
    """Break a wall of the database at its own prompt, then run the control of a clause on what is left."""
    import psycopg

    from hostkeep.project.wsgi import application

    def run(sql: str, clause: str) -> dict[str, str]:
        with psycopg.connect(pg.url("postgres", committed), autocommit=True) as line:
            line.execute(sql)
        queries.forget()
        there = scene_at(BRANDS[clause.partition("-")[0]], WsgiStranger(application))
        return looked(there, clause)

    return run
