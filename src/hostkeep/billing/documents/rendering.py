"""Renders an invoice as PDF/A-3b: plain texts in, bytes out, the same bytes for the same texts."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import typst

SHEET = Path(__file__).parent / "invoice.typ"

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class InvoiceDocument:
    """Everything on the paper, as it is printed: texts in the document's language, amounts written out.

    language     "en" or "vi"
    title        what it is: "Invoice"
    brand        the shop's name; mark: its logo as SVG, or empty; colour: "#rrggbb"
    day          date of issue in the brand's zone; issued: the same in words
    stamp        "Paid" or empty
    seller       lines of the seller's block
    buyer        lines of the buyer's block; buyer_label stands above it
    facts        label and value beside the buyer
    columns      five headings: item, period, price, tax, amount; rows: the same five of each line
    sums         label and amount: net, tax by rate; total: the last line; paid: what came, what is open
    pay_label    heading of the payment box; pay: label and value; no rows, no box
    notes        small print, one paragraph each
    footer       on each page, beside the page number
    """

    language: str
    title: str
    number: str
    brand: str
    mark: str
    colour: str
    day: date
    issued: str
    stamp: str
    seller: tuple[str, ...]
    buyer_label: str
    buyer: tuple[str, ...]
    facts: tuple[Pair, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sums: tuple[Pair, ...]
    total: Pair
    paid: tuple[Pair, ...]
    pay_label: str
    pay: tuple[Pair, ...]
    notes: tuple[str, ...]
    footer: str

    def __repr__(self) -> str:
        return f"<invoice document {self.number}>"


def render_invoice(data: InvoiceDocument) -> bytes:
    """Return the document as PDF/A-3b.

    A sign that our own fonts lack (a name in Chinese) is taken from the machine's; where it has none either,
    the paper is plain PDF with a mark in its place, as a printable invoice is worth more than the standard.
    """
    said = json.dumps(asdict(data) | {"day": [data.day.year, data.day.month, data.day.day]})
    try:
        return _compiled(said, own_fonts_only=True, standard="a-3b")
    except typst.TypstError:
        pass
    try:
        return _compiled(said, own_fonts_only=False, standard="a-3b")
    except typst.TypstError:
        return _compiled(said, own_fonts_only=False, standard=None)


def _compiled(said: str, *, own_fonts_only: bool, standard: Literal["a-3b"] | None) -> bytes:
    """Run typst over the sheet."""
    pdf = typst.compile(
        str(SHEET), format="pdf", pdf_standards=standard, ignore_system_fonts=own_fonts_only,
        sys_inputs={"data": said},
    )  # fmt: skip
    return bytes(pdf)
