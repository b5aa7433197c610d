"""The one way for a template to load a script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hostkeep.faces.ui.nonces import nonce_of

register = template.Library()


@register.simple_tag(takes_context=True)
def script(context: Mapping[str, Any], path: str) -> SafeString:
    """Draw a script of ours, with the number of this answer where it has one.  path: of a static file."""
    request = context.get("request")
    nonce = nonce_of(request) if request is not None else ""
    number = format_html(' nonce="{}"', nonce) if nonce else ""
    return format_html('<script src="{}"{} defer></script>', static(path), number)
