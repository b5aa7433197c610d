"""The tags of the back office's frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.template.context import Context

from hostkeep.faces.staff.rail import rail_of

register = template.Library()


@register.inclusion_tag("staff/rail.html", takes_context=True)
def rail(context: Context) -> Mapping[str, Any]:
    """Draw the rail with the rooms that the reader's role opens, the one of this page marked."""
    return {"rail": rail_of(context["request"])}
