"""The words of the policy as the public page prints them: those that were compiled, in every language."""

from __future__ import annotations

from html.parser import HTMLParser

from hostkeep.kernel.words import gettext_noop
from hostkeep.policy.render.page import ClauseText, policy_page
from hostkeep.promises.control import Check, Scene, Seen, same_check, verdict

PAGE = "/privacy/"
SILENT = frozenset({"svg", "script", "style", "template", "summary"})
VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr", "use"})


@same_check
def printed_as_compiled() -> Check:
    """Check that each clause stands on the page word for word, with nothing beside it, in every language."""

    def look(scene: Scene) -> Seen:
        spoken = scene.policy.languages
        false = [f"{clause} {language}" for language in spoken for clause in _otherwise(scene, language)]
        total = len(scene.policy.clauses) * len(spoken)
        return verdict(not false, " ".join([f"{total - len(false)}/{total}", *false[:5]]))

    return Check(gettext_noop("The page prints every clause word for word, in every language"), look)


def _otherwise(scene: Scene, language: str) -> list[str]:
    """Return the clauses that the page of a language prints otherwise than they were compiled."""
    page = scene.stranger.request("GET", scene.brand.host, f"{PAGE}?lang={language}").body
    shown = _bodies(page)
    texts = {clause.id: clause.text[language] for clause in scene.policy.clauses}
    groups = policy_page(scene.policy, language).groups
    return [
        clause.id
        for group in groups
        for clause in group.clauses
        if shown.get(clause.id) != _expected(clause, texts[clause.id])
    ]


def _expected(clause: ClauseText, text: str) -> list[str]:
    """Return the paragraphs of a clause: its text, the laws, how it is kept; the last one leads on."""
    return [_tidy(said) for said in (text, *clause.because, *((clause.keep,) if clause.keep else ()))]


def _bodies(page: str) -> dict[str, list[str]]:
    """Return what the body of each clause says, piece by piece; a piece that only leads on is left out."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return {clause: [said for said in map(_tidy, pieces) if said] for clause, pieces in reader.found.items()}


def _tidy(text: str) -> str:
    return " ".join(text.split())


class _Reader(HTMLParser):
    """Collects the text within `section.clause > div.text`, a piece for each element; links are left out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self.clause = ""
        self.path: list[str] = []
        self.inside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Go into an element."""
        if tag in VOID:
            return
        said = {name: value or "" for name, value in attrs}
        self.path.append(tag)
        if tag == "section" and said.get("class") == "clause":
            self.clause = said.get("id", "")
            self.found[self.clause] = []
        elif self.clause and not self.inside and said.get("class") == "text":
            self.inside = len(self.path)
        if self.inside:
            self.found[self.clause].append("")

    def handle_endtag(self, tag: str) -> None:
        """Come out of it."""
        if tag in VOID or tag not in self.path:
            return
        while self.path.pop() != tag:
            pass
        if len(self.path) < self.inside:
            self.inside, self.clause = 0, ""
        elif self.inside:
            self.found[self.clause].append("")

    def handle_data(self, data: str) -> None:
        """Keep text that people read as the clause's own."""
        within = self.path[self.inside :]
        if self.inside and not (SILENT & set(within)) and "a" not in within:
            self.found[self.clause][-1] += data
