"""A save that is entered in the audit, to the same save without, both inside atomic(); and what peers take.

Each peer runs in a virtual environment of its own, on a database of its own on the same server.  None of the
three is evidence against its own administrator; they are here for what a record costs.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg

from bench.figures import Figure, compared
from bench.house import BRAND, ROOT

PEERS = {
    "auditlog": ("django-auditlog==3.4.1", "a save recorded by django-auditlog, to a plain one"),
    "simple_history": ("django-simple-history==3.13.0", "a save recorded by django-simple-history, to a plain one"),
    "pghistory": ("django-pghistory==3.9.2", "a save recorded by django-pghistory, to a plain one"),
}
ROUNDS = 5
TURNS = 300


@dataclass(frozen=True, slots=True)
class Saved:
    ref: object


def figures() -> Iterator[Figure]:
    from django.conf import settings

    folder = Path(settings.HOSTKEEP.data) / "postgres"
    with ExitStack() as stack:
        peers = {name: stack.enter_context(_peer(name, folder)) for name in PEERS}
        ours: list[tuple[float, float]] = []
        theirs: dict[str, list[tuple[float, float]]] = {name: [] for name in PEERS}
        save_plain, save_recorded = _ours()
        for _ in range(ROUNDS):
            ours.append(_in_turns(save_plain, save_recorded))
            for name, peer in peers.items():
                peer.stdin.write(f"{TURNS}\n")
                peer.stdin.flush()
                theirs[name].append(tuple(json.loads(peer.stdout.readline())))
    yield _figure("a recorded save inside atomic(), us, to a plain one", ours, "<= 1.5")
    for name, (_, said) in PEERS.items():
        yield _figure(f"{said}, us", theirs[name], "<= 100")


def _figure(name: str, pairs: list[tuple[float, float]], goal: str) -> Figure:
    return compared(name, tuple((recorded * 1e6, plain * 1e6) for plain, recorded in pairs), goal)


def _ours():
    """The two saves of one row of ours."""
    from django.db import transaction

    from hostkeep.audit.recorded import recorded
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.kernel.ids import BrandId, Ref
    from hostkeep.runtime.models import Event

    act = act_of_operator(brand=BrandId(BRAND), purpose="account")
    row = Event.objects.create(kind="bench", body={}, brand=BRAND, trace="0", at=act.at)
    saved = Saved(Ref("bench.thing", UUID(int=1)))

    def plain(n: int) -> None:
        row.trace = f"p{n}"
        with transaction.atomic():
            row.save()

    @recorded("runtime.event.saved")
    def save(act, *, n: int) -> Saved:
        row.trace = f"r{n}"
        row.save()
        return saved

    return plain, lambda n: save(act, n=n)


def _in_turns(*deeds) -> tuple[float, ...]:
    """Median seconds of each, measured in turns so that the machine's moods hit all."""
    spans: list[list[float]] = [[] for _ in deeds]
    for n in range(TURNS):
        for deed, took in zip(deeds, spans, strict=True):
            began = time.perf_counter()
            deed(n)
            took.append(time.perf_counter() - began)
    return tuple(statistics.median(took) for took in spans)


def _peer(name: str, folder: Path) -> subprocess.Popen[str]:
    """Start a peer on a fresh database."""
    with psycopg.connect(f"host={folder} user=postgres dbname=postgres", autocommit=True) as line:
        line.execute(f'DROP DATABASE IF EXISTS "peer_{name}"')
        line.execute(f'CREATE DATABASE "peer_{name}"')
    argv = [str(_python(name)), str(ROOT / "bench" / "peers" / "recorders.py"), name, str(folder), f"peer_{name}"]
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _python(name: str) -> Path:
    """The Python of a peer's environment, made at the first time."""
    place = ROOT / ".bench" / name
    python = place / "bin" / "python"
    if not (place / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
        quiet = ["--quiet", "--disable-pip-version-check"]
        wanted = [PEERS[name][0], "Django>=5.2,<5.3", "psycopg[binary]>=3.3,<3.4"]
        subprocess.run([str(python), "-m", "pip", "install", *quiet, *wanted], check=True)
        (place / "ready").touch()
    return python
