"""The walks of all brands, each walked once and kept open: the tests look at what they left behind."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.customers import EVERYBODY, Customer
from tests.browser.running_demo import RunningDemo
from tests.browser.shoppers import shopper
from tests.browser.walking import Bought, buy


class Stories:
    """What each customer bought, by brand."""

    def __init__(self, demo: RunningDemo, browser: Browser, folder: Path, screens: Path) -> None:
        self.demo, self.browser, self.folder, self.screens = demo, browser, folder, screens
        self._open = ExitStack()
        self._told: dict[str, Bought] = {}

    def of(self, customer: Customer) -> Bought:
        """The walk of one customer, walked now if it was not before."""
        if customer.brand not in self._told:
            self._told[customer.brand] = self._walk(customer)
        return self._told[customer.brand]

    def all(self) -> list[Bought]:
        """The walks of everybody."""
        return [self.of(customer) for customer in EVERYBODY]

    def close(self) -> None:
        """Close the windows; each says what it saw go wrong."""
        self._open.close()

    def _walk(self, customer: Customer) -> Bought:
        folder = self.folder / customer.brand
        folder.mkdir(exist_ok=True)
        window = self._open.enter_context(
            shopper(
                self.browser, self.demo.shop(customer.brand), screens=self.screens / customer.brand,
                java_script_enabled=customer.scripts,
            )
        )  # fmt: skip
        try:
            return buy(self.demo, customer, window, folder)
        except BaseException:
            window.picture("FAILED")
            raise
