"""A page as a probe reads it: its forms, its words, what it links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

CONTROLS = frozenset({"input", "select", "textarea", "button"})
CELLS = frozenset({"td", "th"})
SILENT = frozenset({"script", "style", "template", "svg"})


@dataclass(frozen=True, slots=True)
class SeenForm:
    """A form of a page.  action: as written.  inputs: name -> value; buttons count where they have a name."""

    action: str
    inputs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SeenPage:
    """A page.

    words  its visible text, one space between words
    links  where it leads, as written
    rows   of its tables, the text of each cell
    """

    words: str
    forms: tuple[SeenForm, ...]
    links: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def form(self, action: str) -> SeenForm | None:
        """Return the form that posts to an address, or None."""
        return next((form for form in self.forms if form.action.partition("?")[0] == action), None)


def read_page(body: str) -> SeenPage:
    """Read a page's source."""
    reader = _Reader()
    reader.feed(body)
    reader.close()
    forms = tuple(SeenForm(action, inputs) for action, inputs in reader.forms)
    rows = tuple(tuple(_tidy(cell) for cell in row) for row in reader.rows)
    return SeenPage(_tidy(reader.texts), forms, tuple(reader.links), rows)


def _tidy(texts: Iterable[str]) -> str:
    """Join texts with one space between words."""
    return " ".join(" ".join(texts).split())


class _Reader(HTMLParser):
    """Collects forms, texts, links and rows."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.links: list[str] = []
        self.rows: list[list[list[str]]] = []
        self.silent = 0
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form, a control or a link."""
        found = {name: value or "" for name, value in attrs}
        self.silent += tag in SILENT
        if tag == "tr":
            self.rows.append([])
        elif tag in CELLS and self.rows:
            self.rows[-1].append([])
        if tag == "form":
            self.inside = True
            self.forms.append((found.get("action", ""), {}))
        elif tag in CONTROLS and self.inside and found.get("name"):
            self.forms[-1][1][found["name"]] = found.get("value", "")
        elif tag == "a" and found.get("href"):
            self.links.append(found["href"])

    def handle_endtag(self, tag: str) -> None:
        """Leave a form or a silent part."""
        self.silent -= tag in SILENT and self.silent > 0
        self.inside = self.inside and tag != "form"
        if tag == "table":
            self.rows.append([])

    def handle_data(self, data: str) -> None:
        """Collect text that people see."""
        if self.silent:
            return
        self.texts.append(data)
        if self.rows and self.rows[-1]:
            self.rows[-1][-1].append(data)
