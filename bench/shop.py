"""The shop's page of twenty products, to the like of two shops that stand on the same Django and the same PostgreSQL.

Each peer runs in a virtual environment of its own under .bench, set up as its documentation says, on a database of its
own on the same server, behind the same WSGI server as we are: one process on core 0.  PostgreSQL and the client are on
core 1.  Nobody brings a cookie: ours is drawn once a second then, so it is measured too as somebody signed in gets it,
who gets it drawn for them alone.  What the peers give is to a visitor always, which is their cheapest.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.figures import Figure, compared, interleaved
from bench.house import BRAND, ROOT, get, per_second, postgres_on, serving
from bench.pages import customer_with_invoices

OURS = "hostkeep.project.wsgi:application"
PRODUCTS = 20
SERVER = "granian==2.8.9"
CHANGES = re.compile(rb'(?<=name="csrfmiddlewaretoken" value=")[^"]+|(?<=data-now=")[^"]+|(?<=theme.css\?version=)[^"]+')
"""What a peer's page has of its own each time it is asked for."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A shop of others.

    name       of its environment, and of its script under bench/peers
    packages   what is installed into the environment
    page       the address of its page of twenty products
    product    how the page names a product
    """

    name: str
    packages: tuple[str, ...]
    page: str
    product: bytes

    @property
    def place(self) -> Path:
        return ROOT / ".bench" / self.name

    @property
    def python(self) -> Path:
        return self.place / "bin" / "python"

    @property
    def database(self) -> str:
        return f"peer_{self.name}"


OSCAR = Peer(
    "oscar", ("django-oscar==4.2.1", "sorl-thumbnail==13.4.0", "Whoosh==2.7.4", "psycopg[binary]>=3.3,<3.4"), "/catalogue/", b"product_pod",
)
PRETIX = Peer("pretix", ("pretix==2026.8.0", "psycopg[binary]>=3.3,<3.4"), "/bench/shop/", b'<article ')
GOALS = {OSCAR: ">= 10", PRETIX: ">= 80"}


def figures() -> Iterator[Figure]:
    stock(BRAND)
    cookie = customer_with_invoices(0)
    with postgres_on(1), serving(OURS) as ours:
        for peer, goal in GOALS.items():
            environ = prepare(peer)
            with serving(f"shop_{peer.name}:application", python=peer.python, environ=environ, alive=peer.page) as theirs:
                assert get(ours, "/")[1].count(b"/products/") == PRODUCTS
                shown = get(theirs, peer.page)[1].count(peer.product)
                assert shown == PRODUCTS, shown
                rounds = interleaved(
                    lambda: per_second(ours, "/"), lambda: per_second(theirs, peer.page, changes=CHANGES)
                )
                anew = interleaved(
                    lambda: per_second(ours, "/", cookie=cookie), lambda: per_second(theirs, peer.page, changes=CHANGES)
                )
            named = f"shop page of {PRODUCTS} products, requests/s/core, to {peer.name}'s"
            yield compared(named, rounds, goal)
            yield compared(f"{named}, drawn anew", anew, ">= 1")


def stock(brand: str) -> None:
    """Put twenty products on a brand's shelf, each with the plans and the options of its first one."""
    import yaml

    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.kernel.ids import BrandId
    from hostkeep.shop.actions.loading import load_catalogue

    catalogue = yaml.safe_load((ROOT / "brands" / brand / "catalogue.yaml").read_text(encoding="utf-8"))
    shelf = catalogue["groups"][0]
    first = shelf["products"][0]
    products = [{**first, "slug": f"server-{n}", "name": f"Server {n}"} for n in range(PRODUCTS)]
    text = yaml.safe_dump({**catalogue, "groups": [{**shelf, "products": products}]})
    load_catalogue(act_of_operator(brand=BrandId(brand)), brand=BrandId(brand), text=text)


def prepare(peer: Peer) -> Mapping[str, str]:
    """Make a peer's environment, its database and its products; return what its processes are told."""
    from django.conf import settings

    folder = Path(settings.HOSTKEEP.data) / "postgres"
    if not (peer.place / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(peer.place)], check=True)
        quiet = ["--quiet", "--disable-pip-version-check"]
        wanted = [*peer.packages, "Django>=5.2,<5.3", SERVER]
        subprocess.run([str(peer.python), "-m", "pip", "install", *quiet, *wanted], check=True)
        (peer.place / "ready").touch()
    with psycopg.connect(f"host={folder} user=postgres dbname=postgres", autocommit=True) as line:
        line.execute(f"DROP DATABASE IF EXISTS {peer.database}")
        line.execute(f"CREATE DATABASE {peer.database}")
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("HOSTKEEP", "DJANGO", "PYTHON"))}
    environ = {
        **bare, "PYTHONPATH": str(ROOT / "bench" / "peers"), "BENCH_FOLDER": str(folder),
        "BENCH_DATABASE": peer.database, "BENCH_FILES": str(Path(settings.HOSTKEEP.data) / peer.name),
    }  # fmt: skip
    script = ROOT / "bench" / "peers" / f"shop_{peer.name}.py"
    subprocess.run([str(peer.python), str(script)], check=True, env=environ)
    return environ
