"""People before a browser: what they type, what they see, and a picture of each step."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Response

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE = 30_000


def launch(playwright: Playwright) -> Browser:
    """Start Debian's Chromium; no browser is ever downloaded."""
    assert Path(CHROMIUM).exists(), "install the Debian package chromium first"
    return playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


@dataclass(slots=True)
class Shopper:
    """One person's browser at one shop.

    typed     every value this person typed, by input
    strangers addresses outside this machine that a page asked for
    broken    what went wrong in the page itself: script errors, refused style or script, 5xx
    """

    context: BrowserContext
    page: Page
    shop: str
    screens: Path | None = None
    typed: dict[str, str] = field(default_factory=dict)
    strangers: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    seen: int = 0

    def open(self, path: str) -> Page:
        """Open an address of the shop; it must answer 200."""
        answer = self.page.goto(self.shop + path if path.startswith("/") else path)
        assert answer is not None and answer.status == 200, f"{path}: {answer and answer.status}"
        return self.page

    def type(self, values: Mapping[str, str]) -> None:
        """Fill inputs by name, as their kind wants it."""
        for name, value in values.items():
            box = self.page.locator(f"main [name='{name}']")
            kind = box.evaluate("e => e.tagName === 'SELECT' ? 'select' : e.type")
            if kind == "checkbox":
                box.check()
            elif kind == "select":
                box.select_option(value)
            else:
                box.fill(value)
                self.typed[name] = value

    def press(self, name: str) -> None:
        """Press the one button or link of the main part that is called so."""
        wanted = re.compile(name)
        here = self.page.locator("main")
        found = here.get_by_role("button", name=wanted).or_(here.get_by_role("link", name=wanted))
        found.first.click()
        self.page.wait_for_load_state()

    def says(self) -> str:
        """The text of the main part."""
        return self.page.locator("main").inner_text()

    def picture(self, name: str) -> None:
        """Keep a picture of the whole page."""
        if self.screens is not None:
            self.seen += 1
            self.screens.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=self.screens / f"{self.seen:02}-{name}.png", full_page=True)

    def inputs(self, form: str) -> list[str]:
        """The names of a form's visible inputs, in order."""
        return self.page.eval_on_selector_all(
            f"{form} :is(input, select, textarea)",
            "all => [...new Set(all.filter(e => !['hidden', 'submit', 'button'].includes(e.type)).map(e => e.name))]",
        )

    def cookies(self) -> dict[str, str]:
        """The cookies this browser holds for the shop, by name."""
        return {c["name"]: c["value"] for c in self.context.cookies(self.shop)}


@contextmanager
def shopper(browser: Browser, shop: str, *, screens: Path | None = None, **wishes: Any) -> Iterator[Shopper]:
    """A fresh browser window that remembers nothing; it must load nothing from elsewhere and break nowhere."""
    context = browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, **wishes})
    try:
        person = watched(context, shop, screens)
        yield person
    finally:
        context.close()
    assert person.strangers == [], f"requests to others: {person.strangers}"
    assert person.broken == [], person.broken


def watched(context: BrowserContext, shop: str, screens: Path | None = None) -> Shopper:
    """A shopper in a context; every page of it is watched."""
    context.set_default_timeout(PATIENCE)
    person = Shopper(context, context.new_page(), shop, screens)
    context.on("page", lambda page: _watch(page, person))
    _watch(person.page, person)
    return person


def _watch(page: Page, person: Shopper) -> None:
    page.on("request", lambda asked: _note_stranger(asked.url, person))
    page.on("pageerror", lambda error: person.broken.append(f"script: {error}"))
    page.on("console", lambda said: _note_console(said.text, person))
    page.on("response", lambda answer: _note_answer(answer, person))


def _note_console(text: str, person: Shopper) -> None:
    if "Content Security Policy" in text or "Refused to" in text:
        person.broken.append(text)


def _note_stranger(url: str, person: Shopper) -> None:
    if not re.match(r"(http://([a-z0-9-]+\.)?localhost:\d+/|data:|blob:|about:)", url):
        person.strangers.append(url)


def _note_answer(answer: Response, person: Shopper) -> None:
    if answer.status >= 500 or (answer.status == 404 and "/static/" in answer.url):
        person.broken.append(f"{answer.status} {answer.url}")
