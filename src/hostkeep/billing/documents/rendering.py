"""Renders an invoice as PDF/A-3b: plain texts in, bytes out, the same bytes for the same texts."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

import typst

from hostkeep.billing.documents.describing import described

SHEET = Path(__file__).parent / "invoice.typ"

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class InvoiceDocument:
    """Everything on the paper, as it is printed: texts in the document's language, amounts written out.

    language     "en" or "vi"
    title        what it is: "Invoice"
    brand        the shop's name; mark: its logo as SVG, or empty; colour: "#rrggbb"
    day          date of issue in the brand's zone; issued: the same in words
    about        what it corrects and why, a line each
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
    about: tuple[str, ...]
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


def render_invoice(data: InvoiceDocument, *, xml: bytes = b"") -> bytes:
    """Return the document as PDF/A-3b, with its electronic form attached where it has one.

    xml  as einvoice.cii writes it, or empty

    A sign that our own fonts lack (a name in Chinese) is taken from the machine's; where it has none either,
    the paper is plain PDF with a mark in its place, as a printable invoice is worth more than the standard.
    """
    said = json.dumps(asdict(data) | {"day": [data.day.year, data.day.month, data.day.day]})
    pdf = render_sheet(SHEET, {"data": said, "xml": xml.decode()})
    return described(pdf) if xml else pdf


def render_sheet(sheet: Path, inputs: dict[str, str]) -> bytes:
    """Return a sheet of ours as PDF/A-3b with texts set in it, by the same rules as for invoices.

    sheet  a typst file beside this one; inputs: what it reads from sys.inputs
    """
    try:
        return _compiled(sheet, inputs, own_fonts_only=True, standard="a-3b")
    except typst.TypstError:
        return _with_fonts_of_the_machine(sheet, inputs)


def _with_fonts_of_the_machine(sheet: Path, inputs: dict[str, str]) -> bytes:
    """Render with whatever signs there are, to the standard if that can be."""
    try:
        return _compiled(sheet, inputs, own_fonts_only=False, standard="a-3b")
    except typst.TypstError:
        return _compiled(sheet, inputs, own_fonts_only=False, standard=None)


def _compiled(
    sheet: Path, inputs: dict[str, str], *, own_fonts_only: bool, standard: Literal["a-3b"] | None
) -> bytes:
    """Run typst over a sheet.  A compiler a paper: it keeps what it was given, and this is somebody's."""
    compiler = typst.Compiler(str(sheet), font_paths=_fonts(own_only=own_fonts_only), sys_inputs=inputs)
    pdf = compiler.compile(format="pdf", pdf_standards=standard or [])
    if not isinstance(pdf, bytes):
        raise TypeError("typst gave no file")
    return pdf


@cache
def _fonts(*, own_only: bool) -> typst.Fonts:
    """Return fonts, read once a process."""
    return typst.Fonts(include_system_fonts=not own_only)
