"""A house to test in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connections

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ActorId, BrandId, PurposeId, SubjectId
from tests import chance, places

chance.steady()

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROOT = Path(__file__).parent.parent


def make_act(
    role: str = "system",
    purpose: str = "service",
    *,
    brand: str = "vps6",
    at: datetime = NOON,
    actor: str = "job:test",
    own: SubjectId | None = None,
) -> Act:
    """An act for a test.  Time is a parameter, so nothing is frozen."""
    return Act(ActorId(actor), role, PurposeId(purpose), at, "t-1", BrandId(brand), own)


@pytest.fixture(scope="session")
def pg(django_db_blocker):
    """The run's own server, its template migrated."""
    from tests import database

    with django_db_blocker.unblock():
        return database.server()


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test learns brands and versions anew, and believes them to its end, however slow the machine."""
    from hostkeep.brands import queries
    from hostkeep.faces.ui import still

    monkeypatch.setattr(queries, "FRESH", 60.0)
    queries.forget()
    still.forget()
    yield
    queries.forget()


@pytest.fixture(autouse=True)
def own_ledger(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test has an erasure ledger of its own, as it has a database of its own; and the house is open."""
    from hostkeep.vault import erasure_ledger, replaying

    monkeypatch.setattr(erasure_ledger, "NAME", f"erasures-{uuid4()}.jsonl")
    monkeypatch.setattr(replaying, "_open", [True])
    yield
    erasure_ledger.path().unlink(missing_ok=True)


@pytest.fixture(scope="session", autouse=True)
def seen_from_here() -> None:
    """No server answers at a public address while tests run: what is asked for from outside is asked in this process."""
    from hostkeep.project.wsgi import application
    from hostkeep.promises.evidence import outside
    from hostkeep.promises.stranger import WsgiStranger

    def ask(host: str, path: str) -> outside.Look:
        answer = WsgiStranger(application).request("GET", host, path)
        return outside.Look(outside.names_in(", ".join(answer.cookies)), outside.OURS in answer.header("Content-Security-Policy"))

    outside.carry_with(ask)


@pytest.fixture(scope="session")
def django_db_setup(pg, django_db_blocker) -> Iterator[None]:
    """One clone of the template for this worker, used as the application's role."""
    from tests import database

    with django_db_blocker.unblock(), database.clone(pg) as name:
        database.point(name, user="hk_app", folder=pg.folder)
        yield
        database.close()


@pytest.fixture
def committed(pg, django_db_blocker) -> Iterator[str]:
    """A database of its own where commits are real: for races, kill -9 and triggers."""
    from tests import database

    before = dict(connections["default"].settings_dict)
    with django_db_blocker.unblock(), database.clone(pg) as name:
        database.point(name, user="hk_app", folder=pg.folder)
        yield name
        database.point(before["NAME"], user="hk_app", folder=Path(before["HOST"]))


@pytest.fixture
def own_logs(settings, tmp_path: Path) -> None:
    """Log files of its own, apart from those of the tests beside it."""
    settings.HOSTKEEP = replace(settings.HOSTKEEP, data=tmp_path, logs="")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every database test may use both connections: deeds and the audit's own."""
    for item in items:
        for mark in item.iter_markers("django_db"):
            if not mark.kwargs.get("databases"):
                mark.kwargs["databases"] = "__all__"
        if "db" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.django_db(databases="__all__"))


def pytest_unconfigure(config: pytest.Config) -> None:
    """The controller ends the server it started, and removes its folder."""
    if hasattr(config, "workerinput"):
        return
    places.remove(Path(os.environ.get("TEST_DATA", "")))
