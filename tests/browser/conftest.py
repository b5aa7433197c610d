"""One demo, one browser and one hypervisor for all tests of this folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.running_demo import ROOT, RunningDemo, running_demo, short_folder
from tests.browser.shoppers import Shopper, launch, shopper
from tests.browser.stories import Stories
from tests.real.lxd_daemon import IMAGE, Daemon, lxd_daemon

SCREENS = ROOT / "build" / "screens"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = launch(playwright)
        yield running
        running.close()


@pytest.fixture(scope="session")
def hypervisor() -> Iterator[Daemon]:
    with lxd_daemon() as daemon:
        yield daemon


@pytest.fixture(scope="session")
def demo(hypervisor: Daemon) -> Iterator[RunningDemo]:
    settings = {
        "HOSTKEEP_LXD_SOCKET": hypervisor.socket,
        "HOSTKEEP_LXD_IMAGE": IMAGE,
        "HOSTKEEP_LOG_LEVEL": "DEBUG",
    }
    with short_folder() as folder, running_demo(folder / "d", settings=settings) as running:
        yield running
        if "BROWSER_LOG" in os.environ:
            shutil.copy(running.log, os.environ["BROWSER_LOG"])


@pytest.fixture(scope="session")
def stories(demo: RunningDemo, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stories]:
    """Each brand's walk, walked once for all tests that need it."""
    told = Stories(demo, browser, tmp_path_factory.mktemp("walks"), SCREENS)
    yield told
    told.close()


@pytest.fixture
def visitor(demo: RunningDemo, browser: Browser) -> Iterator[Callable[..., Shopper]]:
    """Open fresh browser windows: `visitor("vpn")`; "" is the operator's host."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda brand="", **wishes: stack.enter_context(
            shopper(browser, demo.shop(brand) if brand else demo.home, **wishes)
        )
