"""What a mail says: the templates, filled in and translated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext

from hostkeep.messaging.rules.catalogue import Template
from hostkeep.messaging.rules.colours import accent_of
from hostkeep.messaging.rules.message import Words


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What every mail of a brand carries.

    brand        its shown name
    look         slug of its look
    seller       the seller's name and postal address, in one line
    clause       the clause under which this stream is sent
    clause_url   where the policy says so
    """

    brand: str
    look: str
    seller: str
    clause: str
    clause_url: str


def write_mail(template: Template, *, language: str, head: Letterhead, said: Mapping[str, object]) -> Words:
    """Fill a template in, in one language: subject, text and HTML.

    said  what the template shows; the texts among it may fill the subject's named fields
    """
    fields = {"brand": head.brand} | {k: v for k, v in said.items() if isinstance(v, str)}
    with translation.override(language):
        subject = gettext(template.subject).format_map(fields)
        context = {
            **said,
            "head": head,
            "accent": accent_of(head.look),
            "language": language,
            "subject": subject,
            "why": gettext(template.why).format_map(fields),
        }
        text = render_to_string(f"mail/{template.name}.txt", context)
        html = render_to_string(f"mail/{template.name}.html", context)
    return Words(subject=subject, text=text, html=html)
