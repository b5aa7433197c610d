"""What enforcement costs a page: guard, decision, door and book, to the same page with a door that passes through.

The door in its place asks nobody, enters nothing and seals nothing: it reads the values in clear from a table,
in one SELECT a call, as a house without a door would.
"""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Iterator
from typing import Any

from bench.figures import Figure, compared, interleaved
from bench.house import BRAND
from bench.pages import customer_with_invoices

PATH = "/account/profile/"
TURNS = 20


def figures() -> Iterator[Figure]:
    from hostkeep.project import wsgi

    cookie = customer_with_invoices(3)
    values = values_of(cookie)
    bare = wsgi.FinalHeaders(wsgi.Tempter(wsgi._inner))

    def ours() -> float:
        return _each(wsgi.application, cookie)

    def reference() -> float:
        with giving(values):
            return _each(bare, cookie)

    assert _page(wsgi.application, cookie).count(b"Bench") >= 1
    with giving(values):
        assert _page(bare, cookie).count(b"Bench") >= 1
    ours()
    rounds = interleaved(ours, reference, rounds=9)
    yield compared("a page with personal data, ms, to the same without guard, decision and book", rounds, "<= 1.1")


def values_of(cookie: str) -> dict[tuple[object, str, str], str]:
    """What the vault holds of the customer, read once: the reference gives it away from memory."""
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.kernel.ids import BrandId, SubjectId
    from hostkeep.people.models import Account
    from hostkeep.vault import door
    from hostkeep.vault.models import Item
    from hostkeep.vault.wall import opened

    subject = SubjectId(Account.objects.filter(brand=BRAND, canary=False).latest("opened_at").subject)
    act = act_of_operator(brand=BrandId(BRAND), purpose="rights").in_role("customer")
    with opened():
        rows = list(Item.objects.filter(subject=subject).values_list("category", "slot"))
    found: dict[tuple[object, str, str], str] = {}
    from dataclasses import replace

    for category, slot in rows:
        sealed = door.reveal(replace(act, own=subject), subject=subject, category=category, slot=slot)
        if sealed is not None:
            found[subject, category, slot] = sealed.open()
    return found


@contextlib.contextmanager
def giving(values: dict[tuple[object, str, str], str]) -> Iterator[None]:
    """Put a door in its place that passes through: one SELECT of values in clear, and nothing else."""
    from django.db import connection

    from hostkeep.kernel.sealed import Sealed
    from hostkeep.vault import door

    def reveal_many(_act: Any, *, wishes: Any, **_: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT subject, category, slot, value FROM bench_plain WHERE subject = ANY(%s) AND category = ANY(%s)",
                [[wish.subject for wish in wishes], [wish.category for wish in wishes]],
            )
            found = {(subject, category, slot): value for subject, category, slot, value in cursor.fetchall()}
        shown = {wish: found.get((wish.subject, wish.category, wish.slot)) for wish in wishes}
        return {wish: None if value is None else Sealed(value, wish.category) for wish, value in shown.items()}

    def reveal(act: Any, *, subject: Any, category: Any, slot: str = "", **_: Any) -> Any:
        wish = door.Wish(subject, category, slot)
        return reveal_many(act, wishes=[wish])[wish]

    def use(act: Any, *, fn: Any, **told: Any) -> Any:
        sealed = reveal(act, **told)
        return None if sealed is None else fn(sealed.open())

    _lay_in_clear(values)
    kept = door.reveal_many, door.reveal, door.use
    door.reveal_many, door.reveal, door.use = reveal_many, reveal, use
    try:
        yield
    finally:
        door.reveal_many, door.reveal, door.use = kept


def _lay_in_clear(values: dict[tuple[object, str, str], str]) -> None:
    """Write values in clear into a table of the owner's, which the application may read."""
    import psycopg
    from django.conf import settings

    said = settings.HOSTKEEP.owner
    with psycopg.connect(dbname=said["NAME"], user=said["USER"], host=said["HOST"], autocommit=True) as owner:
        owner.execute("DROP TABLE IF EXISTS bench_plain")
        owner.execute("CREATE TABLE bench_plain (subject uuid, category text, slot text, value text)")
        owner.execute("CREATE INDEX ON bench_plain (subject)")
        owner.execute("GRANT SELECT ON bench_plain TO hk_app")
        for where, value in values.items():
            owner.execute("INSERT INTO bench_plain VALUES (%s, %s, %s, %s)", [*where, value])


def _each(application: Any, cookie: str) -> float:
    """Milliseconds a page."""
    began = time.perf_counter()
    for _ in range(TURNS):
        _page(application, cookie)
    return (time.perf_counter() - began) * 1000 / TURNS


def _page(application: Any, cookie: str) -> bytes:
    """Ask once, as a server does."""
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": PATH, "SCRIPT_NAME": "", "QUERY_STRING": "", "HTTP_HOST": f"{BRAND}.localhost",
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
        "HTTP_COOKIE": cookie, "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(), "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip
    status: list[str] = []
    answer = application(environ, lambda said, _headers, *_: status.append(said))
    try:
        body = b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
    assert status[0].startswith("200"), status
    return body
