"""A report as a table with typed columns: drawn on a page, or written as CSV for a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from typing import Literal

from django.http import HttpResponse
from django.utils.safestring import SafeString

from hostkeep.kernel.money import MILLION, Money

Kind = Literal["text", "day", "number", "money", "rate", "strong"]
Cell = str | int | date | Money | None

NUMBERS: frozenset[Kind] = frozenset({"number", "money", "rate"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column.  key: its head in CSV; label: its head on the page; kind: what its cells are.

    "strong" is money that a row comes to, "rate" a share or tax rate in millionths.
    """

    key: str
    label: str
    kind: Kind = "text"

    @property
    def is_number(self) -> bool:
        """Whether its cells are set at the end of the line."""
        return self.kind in NUMBERS or self.kind == "strong"


@dataclass(frozen=True, slots=True)
class Report:
    """A report.

    key     its name in addresses and files
    said    what it counts, and what it leaves out, in plain words
    charts  each with a heading
    rows    as many cells each as there are columns; None is nothing
    """

    key: str
    title: str
    said: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    charts: tuple[tuple[str, SafeString], ...] = field(default=())

    @property
    def shown(self) -> Iterator[tuple[tuple[Column, Cell], ...]]:
        """Its rows, each cell beside its column."""
        return (tuple(zip(self.columns, row, strict=True)) for row in self.rows)


def as_csv(report: Report, *, name: str) -> HttpResponse:
    """Answer with a report as CSV (RFC 4180): plain numbers with a dot, days as ISO 8601, currency apart.

    name  of the file, without its ending
    """
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    money = any(column.kind in {"money", "strong"} for column in report.columns)
    writer.writerow([*(["currency"] if money else []), *(column.key for column in report.columns)])
    for row in report.rows:
        writer.writerow([*([_currency(row)] if money else []), *map(_plain, report.columns, row)])
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8; header=present")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _currency(row: Sequence[Cell]) -> str:
    """Return the currency that a row is in."""
    return next((cell.currency.code for cell in row if isinstance(cell, Money)), "")


def _plain(column: Column, cell: Cell) -> str:
    """Write a cell for a program.  A text that a spreadsheet would take for a formula is quoted."""
    if cell is None:
        return ""
    if isinstance(cell, Money):
        return str(Decimal(cell.minor).scaleb(-cell.currency.places))
    if isinstance(cell, datetime):
        return cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if column.kind == "rate":
        return str(Decimal(cell) / MILLION)
    text = str(cell)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} and column.kind == "text" else text
