"""The policy printed by a real browser: all of it, black on white, without what only a screen needs."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from hostkeep.policy.render.page import policy_page
from tests.browser.shoppers import Shopper
from tests.ground.policy.documents import policy_of

BLACK_ON_WHITE = """() => {
  const shown = [...document.querySelectorAll('main *')].filter((each) => each.getClientRects().length);
  const light = shown.filter((each) => getComputedStyle(each).color !== 'rgb(0, 0, 0)');
  return [getComputedStyle(document.body).backgroundColor, light.map((each) => each.outerHTML.slice(0, 80))];
}"""


FOLIO = 3
"""Words of the foot of a sheet: "9 / 13"."""

NO_COLOUR = "rgba(0, 0, 0, 0)"
"""Nothing is painted: the paper is white."""


LIGHTS = "Proven|Unproven|Broken|Statement|Đãchứngminh|Chưachứngminh|Bịphávỡ|Tuyênbố"


def bare(text: str, ids: str) -> str:
    """A text without blanks, hyphens, clause ids and lights: lines break anywhere, and the margin reads between.

    An id and its light stand above one another, and each may be read after another line of the clause.
    """
    return re.sub(rf"{ids}|{LIGHTS}", "", text.replace(" ", "")).replace("-", "")


def printed(page: Page, place: Path) -> str:
    """What stands on the paper, in one line; no sheet of it is empty but for its number."""
    page.pdf(path=place, format="A4")
    said = subprocess.run(["pdftotext", str(place), "-"], capture_output=True, text=True, check=True).stdout
    sheets = said.split("\f")[:-1]
    assert all(len(sheet.split()) > FOLIO for sheet in sheets), "a sheet stands empty"
    return " ".join(said.replace("-\n", "-").split())


@pytest.mark.parametrize("language", ["en", "vi"])
@pytest.mark.parametrize("brand", ["vpsfast", "vps6", "photonvps", "vpn", "vietnam-server"])
def test_the_whole_policy_stands_on_paper(
    visitor: Callable[..., Shopper], tmp_path: Path, brand: str, language: str
) -> None:
    page = visitor(brand, color_scheme="dark").open(f"/privacy/?lang={language}")
    text = printed(page, tmp_path / "policy.pdf")
    laid = policy_page(policy_of(brand), language)
    names = [clause.id for group in laid.groups for clause in group.clauses]
    ids = "|".join(sorted(names, key=len, reverse=True))
    tight = bare(text, ids)

    for group in laid.groups:
        for clause in group.clauses:
            assert clause.id in text
            assert bare(clause.text, ids) in tight
            assert bare(clause.keep, ids) in tight, "what is folded on the screen is open on paper"
    for row in laid.cookies:
        assert bare(row.name, ids) in tight
    for only_on_a_screen in ("Log in", "Skip to content", "On this page", "JSON"):
        assert only_on_a_screen not in text
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(BLACK_ON_WHITE) == [NO_COLOUR, []]
