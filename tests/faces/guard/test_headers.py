"""Headers on every answer, whoever made it; scripts by number on a person's pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from hostkeep.brands import queries as brands
from hostkeep.brands.models import Brand
from hostkeep.faces.ui import headers
from hostkeep.faces.ui.headers import FinalHeaders, fixed_headers
from hostkeep.promises.stranger import WsgiStranger

ROOT = Path(__file__).parents[3] / "src" / "hostkeep"
NAMES = set(fixed_headers())


def stranger() -> WsgiStranger:
    from hostkeep.project.wsgi import application

    return WsgiStranger(application)


@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        ("vps6.localhost", "/", 200), ("vps6.localhost", "/no-such-page/", 404), ("vps6.localhost", "/static/no-such.css", 404),
        ("vps6.localhost", "/account/", 302), ("nobody.invalid", "/", 421), ("localhost", "/health/live", 200),
        ("vps6.localhost", "/api/v1/account", 401), ("vps6.localhost", "/privacy/policy.json", 200),
    ],
)  # fmt: skip
def test_every_kind_of_answer_carries_the_headers(db: None, host: str, path: str, status: int) -> None:
    answer = stranger().request("GET", host, path)

    assert answer.status == status
    assert {name for name in NAMES if answer.header(name)} == NAMES
    assert answer.header("Server") == "web"
    assert not answer.header("X-Powered-By")


def test_a_static_file_carries_them(tmp_path: Path, settings) -> None:
    from whitenoise.middleware import WhiteNoiseMiddleware

    served = []

    def inner(_environ, start_response):
        start_response("200 OK", [("Content-Type", "text/css"), ("Server", "some/1.0")])
        return [b"a{}"]

    assert WhiteNoiseMiddleware.__name__ in "".join(settings.MIDDLEWARE)
    FinalHeaders(inner)({}, lambda _status, said, *_: served.extend(said))

    assert {name for name, _ in served} == NAMES | {"Content-Type", "Server"}
    assert dict(served)["Server"] == "web"


def test_a_failure_that_nobody_caught_is_answered_plainly(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[object] = []

    def broken(_environ, _start_response):
        raise ValueError("ann@example.test")

    body = FinalHeaders(broken)({}, lambda status, said, *_: told.extend([status, dict(said)]))

    assert told[0] == "500 Internal Server Error"
    assert set(told[1]) == NAMES | {"Content-Type", "Server"}
    assert b"example" not in b"".join(body)
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert "example" not in said


def scripts(answer) -> list[str]:
    return re.findall(r"<script (?![^>]*application/json)[^>]*>", answer.content.decode())


def script_sources(answer) -> str:
    return re.search(r"script-src ([^;]*);", answer["Content-Security-Policy"])[1]


PRODUCT = "/products/"


def product_page(client: Client) -> str:
    page = client.get("/", headers={"host": "vps6.localhost"}).content.decode()
    return re.search(r'href="(/products/[^"?]+)', page)[1]


def test_a_page_for_everybody_allows_the_files_of_this_host(db: None, client: Client) -> None:
    answer = client.get(product_page(client), headers={"host": "vps6.localhost"})

    assert scripts(answer)
    assert script_sources(answer) == "'self'"
    assert "nonce" not in answer.content.decode()


def test_a_page_for_one_browser_runs_only_what_it_drew(db: None, client: Client) -> None:
    path = product_page(client)
    client.cookies["__Host-cart"] = "a-token"

    first, second = (client.get(path, headers={"host": "vps6.localhost"}) for _ in range(2))

    for answer in (first, second):
        nonce = re.fullmatch(r"'nonce-([\w-]{22})'", script_sources(answer))
        assert nonce
        assert all(f'nonce="{nonce[1]}"' in tag for tag in scripts(answer))
        assert answer["Cache-Control"] == "no-store"
    assert script_sources(first) != script_sources(second)


def test_a_page_for_one_browser_without_scripts_runs_none(db: None, client: Client) -> None:
    client.cookies["__Host-cart"] = "a-token"

    answer = client.get("/privacy/", headers={"host": "vps6.localhost"})

    assert scripts(answer) == []
    assert script_sources(answer) == "'none'"


BROWSER_STORES = ("localStorage", "sessionStorage", "indexedDB", "caches.", "serviceWorker", "document.cookie", "cookieStore")


@pytest.mark.parametrize("store", BROWSER_STORES)
def test_nothing_of_ours_uses_the_browsers_storage(store: str) -> None:
    ours = [*(ROOT / "faces").rglob("*.js"), *(ROOT / "faces").rglob("*.html"), *(ROOT / "messaging").rglob("*.html")]
    assert len(ours) > 50
    assert [str(path.relative_to(ROOT)) for path in ours if store in path.read_text(encoding="utf-8")] == []


def test_scripts_of_libraries_are_told_not_to_store() -> None:
    """htmx keeps a history of pages unless it is told otherwise."""
    told = (ROOT / "faces/ui/templates/ui/htmx.html").read_text()
    assert '"historyCacheSize":0' in told
    users = [path for path in (ROOT / "faces").rglob("*.html") if "htmx-2" in path.read_text()]
    assert [path.name for path in users] == ["htmx.html"]
    assert headers.content_policy().count("'self'") >= 5


def form_action(answer) -> str:
    return re.search(r"form-action ([^;]*);", answer["Content-Security-Policy"])[1]


def test_a_form_may_lead_to_where_its_brands_gateways_have_people_pay_and_nowhere_else(db: None, client: Client) -> None:
    """Browsers stop an answer to a form that redirects elsewhere: nobody could pay by a card."""
    row = Brand.objects.get(id="vps6")
    row.profile = {**row.profile, "payment": ["testpay", "stripe", "none_such"]}
    row.save(update_fields=["profile"])
    brands.forget()
    pages = [client.get("/", headers={"host": f"{host}localhost"}) for host in ("vps6.", "vpn.", "")]
    assert [form_action(page).split()[2:] for page in pages] == [["https://checkout.stripe.com"], [], []]
    assert all(form_action(page).split()[0] == "'self'" for page in pages)
