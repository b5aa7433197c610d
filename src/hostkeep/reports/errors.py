"""Refusals of reports."""

from __future__ import annotations

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop


class BadSpan(Foreseen):
    """Days that no report can be made of: out of order, out of reach, or too many spans between."""

    code = "reports.bad_span"
    title = gettext_noop("A report runs from a day to a later one, over at most 60 parts.")
    status = 422
