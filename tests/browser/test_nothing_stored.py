"""After whole walks the browser holds the declared cookies and nothing else."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.customers import EVERYBODY, Customer
from tests.browser.running_demo import RunningDemo
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
    product = person.page.request.get(person.shop + "/").text().split('href="/products/')[1].split('"')[0]

    assert policy_of(person, f"/products/{product}").startswith("'nonce-")
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
