"""A document as headings, paragraphs and tables, before it is Markdown, HTML or plain text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hostkeep.policy.render.page import ClauseText, PolicyPage
from hostkeep.policy.vocabulary.terms import say


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading.  level: 1 to 3, never skipping one.  anchor: its name in HTML, or an empty text."""

    level: int
    text: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph.  foreign: the language it is in, where that is not the document's; else an empty text."""

    text: str
    foreign: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A clause.

    keep     how it is kept, after `keeps`; empty for a statement
    because  the laws that made it stricter than its author wrote it, each a sentence
    foreign  the language text and keep are in, where that is not the document's; else an empty text
    """

    id: str
    text: str
    keeps: str
    keep: str
    because: tuple[str, ...]
    foreign: str


@dataclass(frozen=True, slots=True)
class Pairs:
    """Terms with what is said of each."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table.  The first cell of each row is its heading; every row is as long as head."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Paragraph | Said | Pairs | Table


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document.  Its first block is the one heading of level 1."""

    language: str
    title: str
    blocks: tuple[Block, ...]


def policy_document(page: PolicyPage) -> Document:
    """Lay the public policy out: the short version, every clause by kind, the tables, who is responsible."""

    def titled(name: str) -> str:
        return say("heading", name, page.language)

    title = f"{page.controller}: {titled('policy')}"
    return Document(
        page.language,
        title,
        (
            Heading(1, title),
            Paragraph(page.authority),
            Heading(2, titled("short"), "short"),
            Pairs(tuple((fact.title, fact.text) for fact in page.short)),
            Paragraph(page.after, page.foreign),
            *_groups(page),
            *_by_law(page),
            Heading(2, titled("who"), "who"),
            Paragraph(", ".join(filter(None, (page.controller, page.postal)))),
            Paragraph(page.contact),
            Paragraph(f"{titled('covers')}: {', '.join(page.hosts)}"),
            Paragraph(f"{titled('digest')}: {page.digest}"),
        ),
    )


def _groups(page: PolicyPage) -> Iterator[Block]:
    """Lay out the clauses of each kind, with the table of that kind; tables without clauses come last."""
    done = set()
    for group in page.groups:
        done.add(group.kind)
        yield Heading(2, group.title, group.kind)
        yield from (_said(page, clause) for clause in group.clauses)
        yield from _table(page, group.kind)
    for kind in TABLES:
        if kind not in done and any(_table(page, kind)):
            yield Heading(2, say("kind", kind, page.language), kind)
            yield from _table(page, kind)


def _by_law(page: PolicyPage) -> Iterator[Block]:
    """Lay out what a law adds that no clause speaks of."""
    if page.by_law:
        yield Heading(2, say("heading", "by_law", page.language), "by-law")
        yield from (Paragraph(sentence) for sentence in page.by_law)


def _said(page: PolicyPage, clause: ClauseText) -> Said:
    """Lay out one clause."""
    keeps = say("heading", "keeps", page.language)
    return Said(clause.id, clause.text, keeps, clause.keep, clause.because, page.foreign)


def _table(page: PolicyPage, kind: str) -> Iterator[Block]:
    """Lay out the table of a kind of clause, where it has rows."""
    if kind not in TABLES:
        return
    name, heads, rows_of = TABLES[kind]
    rows = rows_of(page)
    if rows:
        yield Table(
            say("heading", name, page.language),
            tuple(say("heading", each, page.language) for each in heads),
            rows,
        )
    elif kind == "disclose":
        yield Paragraph(say("heading", "nobody", page.language))


Rows = tuple[tuple[str, ...], ...]


def _fields(page: PolicyPage) -> Rows:
    """The rows of what the forms ask."""
    return tuple((row.field, row.form, row.ask, row.why, row.clause) for row in page.fields)


def _uses(page: PolicyPage) -> Rows:
    """The rows of what is read for which purpose."""
    return tuple(
        (row.purpose, row.basis, ", ".join(row.what), ", ".join(row.who), ", ".join(row.clauses))
        for row in page.uses
    )


def _cookies(page: PolicyPage) -> Rows:
    """The rows of the cookies."""
    yes = say("heading", "after_yes", page.language)
    return tuple(
        (row.name, f"{row.purpose}, {yes}" if row.asked else row.purpose, row.life, row.holds, row.clause)
        for row in page.cookies
    )


def _streams(page: PolicyPage) -> Rows:
    """The rows of the messages."""
    return tuple((row.name, ", ".join(row.channels), row.default, row.clause) for row in page.streams)


def _recipients(page: PolicyPage) -> Rows:
    """The rows of the recipients."""
    by_law = say("heading", "exception", page.language)
    return tuple(
        (
            f"{row.name} ({by_law})" if row.exception else row.name,
            row.basis,
            ", ".join(row.gets),
            ", ".join(row.purposes),
            row.country,
            row.clause,
        )
        for row in page.recipients
    )


def _retention(page: PolicyPage) -> Rows:
    """The rows of how long data stays."""
    still = say("heading", "still", page.language)
    return tuple(
        (
            f"{row.name}: {', '.join(row.what)}",
            row.term,
            f"{row.end}; {still}: {', '.join(row.reads)}" if row.reads else row.end,
            row.clause,
        )
        for row in page.retention
    )


TABLES: dict[str, tuple[str, tuple[str, ...], Callable[[PolicyPage], Rows]]] = {
    "collect": ("forms", ("field", "form", "asked", "why", "clause"), _fields),
    "use": ("uses", ("purpose", "basis", "data", "readers", "clause"), _uses),
    "cookies": ("cookies", ("cookie", "for", "lives", "holds", "clause"), _cookies),
    "communicate": ("streams", ("messages", "how", "you_get", "clause"), _streams),
    "disclose": ("recipients", ("recipient", "ground", "at_most", "for", "where", "clause"), _recipients),
    "retain": ("retention", ("data", "until", "then", "clause"), _retention),
}
"""By kind of clause: the caption, the heads and the rows of the table below its clauses."""
