"""The tags of the client area's frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.http import HttpRequest
from django.template.context import Context
from django.utils.translation import gettext

from hostkeep.billing.queries.invoices import unpaid_count
from hostkeep.faces.client.account import account_of
from hostkeep.faces.ui.pages import Link

register = template.Library()

HOME = "/account/"


@register.inclusion_tag("ui/tabs.html", takes_context=True)
def account_tabs(context: Context) -> Mapping[str, Any]:
    """Draw the account's tabs, the one of this page marked.

    A page that knows how many invoices are unpaid gives the number as `unpaid`; else it is counted.
    """
    request: HttpRequest = context["request"]
    unpaid = context.get("unpaid")
    if unpaid is None:
        unpaid = unpaid_count(account_of(request).id)
    pages = (
        (HOME, gettext("Overview"), 0),
        ("/account/services/", gettext("Services"), 0),
        ("/account/invoices/", gettext("Invoices"), int(unpaid)),
        ("/account/orders/", gettext("Orders"), 0),
        ("/account/profile/", gettext("Profile"), 0),
        ("/account/privacy/", gettext("Privacy"), 0),
        ("/account/security/", gettext("Security"), 0),
    )
    tabs = [Link(href, label, here=_here(request.path, href), count=count) for href, label, count in pages]
    return {"tabs": tabs, "label": gettext("Your account"), "inside": ""}


def _here(path: str, href: str) -> bool:
    """Say whether a page lies under a tab; the overview is itself alone."""
    return path == href if href == HOME else path.startswith(href)
