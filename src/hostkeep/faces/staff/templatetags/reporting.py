"""The cells of a report."""

from __future__ import annotations

from django import template
from django.utils.translation import get_language

from hostkeep.faces.staff.report_tables import Cell, Column
from hostkeep.faces.ui.amounts import money_text, number_text, rate_text
from hostkeep.kernel.money import Money

register = template.Library()


@register.simple_tag
def cell(column: Column, value: Cell) -> str:
    """Write a cell as people read it; nothing for None."""
    language = get_language() or "en"
    if value is None:
        return ""
    if isinstance(value, Money):
        return money_text(value, language)
    if isinstance(value, int):
        return rate_text(value, language) if column.kind == "rate" else number_text(value, language)
    return str(value)
