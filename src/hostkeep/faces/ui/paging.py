"""A number in an address, as somebody may have typed it."""

from __future__ import annotations

from django.http import HttpRequest

MOST_PAGES = 10_000
LONGEST = 9
"""Digits; more are no number of ours, and thousands of them Python itself refuses to read."""


def number_asked(request: HttpRequest, name: str) -> int | None:
    """Return the whole number that a query names, None where it is none or has more than nine digits."""
    said = request.GET.get(name, "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) <= LONGEST else None


def page_number(request: HttpRequest) -> int:
    """Return the page asked for with ?page=, from 1 to 10,000; the first where that is no number."""
    return min(max(number_asked(request, "page") or 1, 1), MOST_PAGES)
