"""Templates keep to the strict content policy and to the kit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[3] / "src" / "hostkeep"
PAGES = sorted(path for path in (SOURCE / "faces").rglob("*.html"))
STYLES = SOURCE / "faces" / "ui" / "static" / "ui"


def names(path: Path) -> str:
    return str(path.relative_to(SOURCE))


@pytest.mark.parametrize("path", PAGES, ids=names)
def test_nothing_inline_and_nothing_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert not re.search(r"\sstyle=|<style", text), "inline style"
    assert not re.search(r"\son[a-z]+=", text), "inline script"
    for tag in re.findall(r"<script[^>]*>", text):
        assert 'type="application/json"' in tag, f"{tag}: a script is loaded by the tag script, which adds its nonce"
    assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", text), "an address elsewhere"
    assert "|safe" not in text
    assert "csrf_token" not in text


@pytest.mark.parametrize("path", PAGES, ids=names)
def test_every_post_carries_the_token(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    for form in re.split(r"<form", text)[1:]:
        head, _, body = form.partition(">")
        if 'method="post"' in head:
            assert "{% form_token %}" in body.split("</form>")[0], head


@pytest.mark.parametrize("path", PAGES, ids=names)
def test_icons_are_in_the_sprite(path: Path) -> None:
    known = set(re.findall(r'<symbol id="([^"]+)"', (STYLES / "icons.svg").read_text()))

    for used in re.findall(r'{% icon "([^"]+)"', path.read_text(encoding="utf-8")):
        assert used in known, used
