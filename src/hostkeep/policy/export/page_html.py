"""A document as one HTML page that needs nothing else: no script, no image, no style sheet from outside."""

from __future__ import annotations

from html import escape

from hostkeep.policy.export.document import Block, Document, Heading, Pairs, Paragraph, Said, Table

STYLE = (
    "body{font:1rem/1.6 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#111;"
    "background:#fff}table{border-collapse:collapse;width:100%;margin:1rem 0}caption{text-align:left;"
    "font-weight:600;padding:.3rem 0}th,td{border:1px solid #999;padding:.3rem .5rem;text-align:left;"
    "vertical-align:top}h2{margin-top:2rem}blockquote{margin:.3rem 0 .3rem 1rem;color:#444}"
    "dt{font-weight:600}dd{margin:0 0 .4rem 1rem}@media print{h2,tr,section{break-inside:avoid}}"
)
"""The look of the page: black on white, also on paper."""


def page_html(document: Document) -> str:
    """Write a document as a complete HTML page, ending in a line break."""
    body = "\n".join(_block(block) for block in document.blocks)
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(document.language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(document.title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _block(block: Block) -> str:
    """Write one block."""
    match block:
        case Heading():
            anchor = f' id="{escape(block.anchor)}"' if block.anchor else ""
            return f"<h{block.level}{anchor}>{escape(block.text)}</h{block.level}>"
        case Paragraph():
            return f"<p{_lang(block.foreign)}>{escape(block.text)}</p>"
        case Said():
            return _clause(block)
        case Pairs():
            rows = "".join(f"<dt>{escape(term)}</dt><dd>{escape(said)}</dd>" for term, said in block.rows)
            return f"<dl>{rows}</dl>"
        case _:
            return _table(block)


def _lang(foreign: str) -> str:
    """Name the language of a text that is not in the page's."""
    return f' lang="{escape(foreign)}"' if foreign else ""


def _clause(said: Said) -> str:
    """Write one clause, with its id as an anchor."""
    name, lang = escape(said.id), _lang(said.foreign)
    keep = (
        f"<blockquote>{escape(said.keeps)}: <span{lang}>{escape(said.keep)}</span></blockquote>"
        if said.keep
        else ""
    )
    laws = "".join(f"<blockquote>{escape(law)}</blockquote>" for law in said.because)
    text = f'<p><a href="#{name}">{name}</a> <span{lang}>{escape(said.text)}</span></p>'
    return f'<section id="{name}">{text}{keep}{laws}</section>'


def _table(table: Table) -> str:
    """Write a table: a caption, heads of columns, and the first cell of each row as its head."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.head)
    rows = "".join(_row(row) for row in table.rows)
    return (
        f"<table><caption>{escape(table.caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _row(row: tuple[str, ...]) -> str:
    """Write one row."""
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
    return f'<tr><th scope="row">{escape(row[0])}</th>{cells}</tr>'
