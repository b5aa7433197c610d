"""What an assistive program finds in a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser

NO_FACTS = re.compile(r"csrf|token|next|once|quantity|^currency|option-|plan|gateway|accept_policy|adult")
"""Names of controls that ask no fact about a person: tokens, what is bought, boxes that speak for themselves."""


class Page(HTMLParser):
    """What an assistive program finds in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.heads_without_scope = 0
        self.tables = 0
        self.captions = 0
        self.links: list[str] = []
        self.targets: set[str] = set()
        self.language = ""
        self.controls: dict[str, set[str]] = {}
        self.labels: set[str] = set()
        self.reasons: set[str] = set()
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {key: value or "" for key, value in attrs}
        if re.fullmatch(r"h[1-6]", tag):
            self.levels.append(int(tag[1]))
        self.heads_without_scope += tag == "th" and "scope" not in named
        self.tables += tag == "table"
        self.captions += tag == "caption"
        if tag == "html":
            self.language = named["lang"]
        if tag == "a":
            self.links.append(named.get("href", ""))
        if "id" in named:
            self.ids.append(named["id"])
        if tag == "label":
            self.labels.add(named.get("for", ""))
        if named.get("class") == "why":
            self.reasons.add(named.get("id", ""))
        if tag in ("input", "select", "textarea") and named.get("type") not in ("hidden", "radio"):
            self.controls[named.get("name", "")] = set(named.get("aria-describedby", "").split())


def unexplained(read: Page) -> list[str]:
    """The controls that ask for a fact and do not lead to a reason."""
    asked = {name: said for name, said in read.controls.items() if name and not NO_FACTS.search(name)}
    assert asked != {}
    return [name for name, said in asked.items() if not said & read.reasons]
