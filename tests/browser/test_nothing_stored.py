"""After whole walks the browser holds the declared cookies and nothing else."""

from __future__ import annotations

import http.client
from contextlib import closing

import pytest
from playwright.sync_api import Page

from tests.browser.customers import EVERYBODY, Customer
from tests.browser.running_demo import RunningDemo, until
from tests.browser.shoppers import Shopper
from tests.browser.stories import Stories

STORES = """async () => ({
    localStorage: Object.keys(localStorage),
    sessionStorage: Object.keys(sessionStorage),
    indexedDB: (await indexedDB.databases()).map(each => each.name),
    caches: await caches.keys(),
    serviceWorkers: (await navigator.serviceWorker.getRegistrations()).map(each => each.scope),
    readable: document.cookie === '' ? [] : [document.cookie],
    files: await (async () => {
        const found = [];
        for await (const name of (await navigator.storage.getDirectory()).keys()) found.push(name);
        return found;
    })(),
})"""
"""Everything a page can keep in a browser.  Source: WHATWG Storage; W3C Service Workers; File System."""

WITH_SCRIPTS = [customer for customer in EVERYBODY if customer.scripts]
NOTHING = {
    "localStorage": [], "sessionStorage": [], "indexedDB": [], "caches": [], "serviceWorkers": [], "readable": [], "files": [],
}  # fmt: skip


def stored(page: Page) -> dict[str, list[str]]:
    return page.evaluate(STORES)


def test_the_look_sees_what_a_page_stores(stories: Stories) -> None:
    bought = stories.of(WITH_SCRIPTS[0])
    page = bought.shopper.page
    page.evaluate("() => { localStorage.setItem('a', '1'); sessionStorage.setItem('b', '2'); }")
    assert stored(page) == {**NOTHING, "localStorage": ["a"], "sessionStorage": ["b"]}
    page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")


@pytest.mark.parametrize("customer", WITH_SCRIPTS, ids=lambda each: each.brand)
def test_after_the_walk_nothing_is_stored(stories: Stories, customer: Customer) -> None:
    bought = stories.of(customer)
    assert stored(bought.shopper.page) == NOTHING


@pytest.mark.parametrize("customer", EVERYBODY, ids=lambda each: each.brand)
def test_only_declared_cookies_were_ever_held(stories: Stories, demo: RunningDemo, customer: Customer) -> None:
    bought = stories.of(customer)
    declared = {each["name"]: each for each in demo.data_of("/privacy/policy.json", customer.brand)["cookies"]}

    assert set(bought.cookies) <= set(declared)
    for cookie in bought.shopper.context.cookies(bought.shopper.shop):
        assert cookie["path"] == "/"
        assert cookie["httpOnly"]
        assert cookie["secure"]
        assert cookie["sameSite"] == "Lax"
        assert not cookie["domain"].startswith("."), "for this host alone"


def policy_of(person: Shopper, path: str) -> str:
    answer = person.page.goto(person.shop + path)
    assert answer is not None
    return answer.all_headers()["content-security-policy"].split("script-src ")[1].split(";")[0]


@pytest.mark.parametrize("customer", WITH_SCRIPTS, ids=lambda each: each.brand)
def test_a_script_that_the_page_did_not_draw_does_not_run(stories: Stories, customer: Customer) -> None:
    person = stories.of(customer).shopper
    product = person.open("/").locator("main a[href^='/products/']").first.get_attribute("href")

    assert policy_of(person, str(product)).startswith("'nonce-")
    before = list(person.broken)
    ran = person.page.evaluate(
        """() => new Promise(tell => {
            const drawn = document.querySelector('script[src]');
            const other = document.createElement('script');
            other.src = drawn.src + '?again';
            other.onload = () => tell('ran');
            other.onerror = () => tell('refused');
            document.head.append(other);
        })"""
    )
    person.broken[:] = before  # the refusal is what was wanted

    assert ran == "refused"


@pytest.mark.parametrize("path", ["/", "/no-such-page/", "/static/no-such.css", "/privacy/policy.json", "/health/live"])
def test_what_leaves_the_server_is_complete_and_does_not_name_it(demo: RunningDemo, path: str) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", demo.port, timeout=20)) as line:
        line.request("GET", path, headers={"Host": f"vps6.localhost:{demo.port}"})
        answer = line.getresponse()
        answer.read()
    told = {name.lower(): value for name, value in answer.getheaders()}

    assert {"content-security-policy", "x-content-type-options", "referrer-policy", "permissions-policy"} <= set(told)
    assert not set(told) & {"x-powered-by", "via", "set-cookie"}
    assert told["server"] == "web"


def test_the_probes_see_it_from_outside_through_the_same_address(demo: RunningDemo) -> None:
    def proven() -> bool:
        promises = demo.data_of("/privacy/promises.json", "vpn")["promises"]
        told = [each for row in promises if row["clause"] == "VPN-6" for each in row["evidence"]]
        return any(each["what"].startswith("Seen from outside") and each["value"] == "4 pages" for each in told)

    until(proven, "VPN-6 seen from outside", told=demo.last_lines)
