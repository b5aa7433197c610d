"""The main pages of every brand on a phone, in the dark, in Vietnamese: nothing sticks out, nothing is left in English."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import SCREENS
from tests.browser.customers import EVERYBODY, Customer
from tests.browser.running_demo import RunningDemo
from tests.browser.shoppers import Shopper, shopper
from tests.browser.stories import Stories
from tests.browser.walking import log_in

OPEN_PAGES = (
    "/", "/cart/", "/auth/signup/", "/auth/login/", "/privacy/", "/privacy/history/", "/privacy/promises/", "/contact/",
)  # fmt: skip
OWN_PAGES = (
    "/account/", "/account/services/", "/account/invoices/", "/account/orders/", "/account/profile/",
    "/account/privacy/", "/account/security/",
)  # fmt: skip
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "locale": "vi-VN", "has_touch": True}


def open_small(person: Shopper, path: str) -> None:
    """Open a page as on a phone at night; it fits, is dark, and speaks Vietnamese."""
    page = person.open(path)
    person.picture(re.sub(r"[^a-z0-9]+", "-", path).strip("-")[:40] or "shop")
    assert page.locator("html").get_attribute("lang") == "vi", path
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, f"{path} is wider than the screen"
    assert brightness(page.evaluate("getComputedStyle(document.body).backgroundColor")) < 80, f"{path} is not dark"
    assert brightness(page.evaluate("getComputedStyle(document.body).color")) > 150, f"{path} writes dark on dark"


def brightness(colour: str) -> float:
    """The mean of red, green and blue of a colour as the browser tells it."""
    numbers = [float(one) for one in re.findall(r"[\d.]+", colour)[:3]]
    if "oklch" in colour or "oklab" in colour:
        return numbers[0] * 255
    return sum(numbers) / 3 * (255 if colour.startswith("color(") else 1)


@pytest.mark.parametrize("customer", EVERYBODY, ids=lambda c: c.brand)
def test_the_main_pages_fit_a_phone(customer: Customer, demo: RunningDemo, browser: Browser, stories: Stories) -> None:
    bought = stories.of(customer)
    screens = SCREENS / f"{customer.brand}-phone"
    with shopper(browser, demo.shop(customer.brand), screens=screens, **PHONE) as person:
        for path in OPEN_PAGES:
            open_small(person, path)
        for wanted in customer.wants:
            open_small(person, f"/products/{wanted.slug}/")
    # A login of its own: the chosen language is kept in the session, and the story goes on in English.
    with shopper(browser, demo.shop(customer.brand), screens=screens, **PHONE) as person:
        person.seen = 40
        person.open("/auth/login/?next=/account/")
        log_in(person, customer.email, customer.signup["password1"])
        for path in (*OWN_PAGES, *bought.services.values()):
            open_small(person, f"{path}?lang=vi")


def test_the_operators_pages_fit_a_phone(demo: RunningDemo, browser: Browser) -> None:
    with shopper(browser, demo.home, screens=SCREENS / "operator-phone", **PHONE) as person:
        for path in ("/", "/demo/mail/", "/demo/pay/", "/auth/login/?next=/staff/"):
            open_small(person, path)
