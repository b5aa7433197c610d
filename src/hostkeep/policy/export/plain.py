"""A document as plain text."""

from __future__ import annotations

import textwrap

from hostkeep.policy.export.document import Block, Document, Heading, Pairs, Paragraph, Said, Table

WIDTH = 88
"""Letters in a line."""

_LINES = {1: "=", 2: "-"}


def plain_text(document: Document) -> str:
    """Write a document as plain text in lines of at most WIDTH letters, ending in a line break."""
    return "\n\n".join(_block(block) for block in document.blocks) + "\n"


def _block(block: Block) -> str:
    """Write one block."""
    match block:
        case Heading():
            line = _LINES.get(block.level, "")
            return f"{block.text}\n{line * len(block.text)}".rstrip()
        case Paragraph():
            return _wrapped(block.text)
        case Said():
            return _clause(block)
        case Pairs():
            return "\n".join(_wrapped(f"{term}: {said}", "- ") for term, said in block.rows)
        case _:
            return _table(block)


def _clause(said: Said) -> str:
    """Write one clause."""
    below = [f"{said.keeps}: {said.keep}"] if said.keep else []
    lines = [
        _wrapped(f"[{said.id}] {said.text}"),
        *(_wrapped(each, "    ") for each in (*below, *said.because)),
    ]
    return "\n".join(lines)


def _table(table: Table) -> str:
    """Write a table as a list: each row under its first cell."""
    lines = [_wrapped(f"{table.caption}:")]
    for row in table.rows:
        lines.append(_wrapped(row[0], "- "))
        lines += [
            _wrapped(f"{head}: {cell}", "    ") for head, cell in zip(table.head[1:], row[1:], strict=True)
        ]
    return "\n".join(lines)


def _wrapped(text: str, start: str = "") -> str:
    """Break a text into lines; the first begins with start, the others stand below it."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )
