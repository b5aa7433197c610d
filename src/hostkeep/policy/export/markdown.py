"""A document as Markdown."""

from __future__ import annotations

import re

from hostkeep.policy.export.document import Block, Document, Heading, Pairs, Paragraph, Said, Table

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")


def markdown(document: Document) -> str:
    """Write a document as Markdown (CommonMark with tables), ending in a line break."""
    return "\n\n".join(_block(block) for block in document.blocks) + "\n"


def _block(block: Block) -> str:
    """Write one block."""
    match block:
        case Heading():
            return f"{'#' * block.level} {plain(block.text)}"
        case Paragraph():
            return plain(block.text)
        case Said():
            return _clause(block)
        case Pairs():
            return "\n".join(f"- **{plain(term)}**: {plain(said)}" for term, said in block.rows)
        case _:
            return _table(block)


def _clause(said: Said) -> str:
    """Write one clause: its id and text, and below how it is kept and because of which law."""
    parts = [f"**{plain(said.id)}** {plain(said.text)}"]
    if said.keep:
        parts.append(f"> {plain(said.keeps)}: {plain(said.keep)}")
    parts += [f"> {plain(law)}" for law in said.because]
    return "\n\n".join(parts)


def _table(table: Table) -> str:
    """Write a table under its caption."""
    lines = [table.head, tuple("---" for _ in table.head), *(tuple(map(plain, row)) for row in table.rows)]
    return f"*{plain(table.caption)}*\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plain(text: str) -> str:
    """Write a text so that its marks of Markdown and HTML stand for themselves."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
