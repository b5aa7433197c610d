"""The tags of forms: problems, fields of a framework form, the session's token, QR codes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import segno
from django import forms, template
from django.forms.boundfield import BoundField
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from hostkeep.faces.ui.field_checks import Wrong
from hostkeep.faces.ui.fields import PolicyForm
from hostkeep.faces.ui.forgery import TOKEN
from hostkeep.faces.ui.words import FIELD_HINTS, FIELD_LABELS

register = template.Library()


@register.filter
def sentence(wrong: Wrong | None) -> str:
    """Say in the page's language what is wrong."""
    if wrong is None:
        return ""
    text = gettext(wrong.text)
    return text.format(**wrong.facts) if wrong.facts else text


@register.simple_tag(takes_context=True)
def form_token(context: Context) -> SafeString | str:
    """Carry the session's token in a signed-in form; on public pages nothing, so that no session starts."""
    token = getattr(context.get("request"), TOKEN, "")
    return format_html('<input type="hidden" name="{}" value="{}">', TOKEN, token) if token else ""


@register.inclusion_tag("ui/errors.html")
def problems(form: PolicyForm | forms.BaseForm | None) -> Mapping[str, Any]:
    """List what to put right, above the form; nothing where all is well."""
    if form is None:
        return {"lines": []}
    if isinstance(form, PolicyForm):
        return {"lines": [(p.name, gettext(form.label_of(p.name)), sentence(p.wrong)) for p in form.problems]}
    lines = [
        (form[name].auto_id, label_of(form[name]), message) if name in form.fields else ("", "", message)
        for name, messages in form.errors.items()
        for message in messages
    ]
    return {"lines": lines}


@register.inclusion_tag("ui/fields.html")
def fields(form: forms.BaseForm) -> Mapping[str, Any]:
    """Draw all fields of a framework form, with our own words for the ones we know."""
    return {"form": form}


@register.inclusion_tag("ui/field.html")
def field(bound: BoundField, label: str = "", hint: str = "", kind: str = "") -> Mapping[str, Any]:
    """Draw a field of a framework form: label, hint, control, error.

    label, hint  instead of our words for a field of this name, or the field's own
    kind         "short" narrows the control; "code" is for one-time codes
    """
    widget = bound.field.widget
    if not hint and bound.name in FIELD_HINTS:
        hint = gettext(FIELD_HINTS[bound.name])
    kind = kind or ("code" if bound.name == "code" else "")
    widget.attrs.pop("placeholder", None)
    described = [f"{bound.auto_id}-h"] * bool(hint) + [f"{bound.auto_id}-e"] * bool(bound.errors)
    attrs: dict[str, Any] = {"class": _style(widget, kind)}
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    if kind == "code":
        attrs |= {"inputmode": "numeric", "autocomplete": "one-time-code", "spellcheck": "false"}
    return {
        "bound": bound,
        "label": label or label_of(bound),
        "hint": hint,
        "control": bound.as_widget(attrs=attrs),
        "ticks": isinstance(widget, forms.CheckboxInput),
    }


def label_of(bound: BoundField) -> str:
    """Return our word for a field of this name, else the field's own label."""
    known = FIELD_LABELS.get(bound.name)
    return gettext(known) if known else str(bound.label)


def _style(widget: forms.Widget, kind: str) -> str:
    """Name the look of a control."""
    if isinstance(widget, forms.CheckboxInput):
        return ""
    style = "input"
    if isinstance(widget, forms.Select):
        style = "select"
    elif isinstance(widget, forms.Textarea):
        style = "area"
    return f"{style} is-short" if kind else style


@register.simple_tag
def qr(text: str, label: str) -> SafeString:
    """Draw a QR code as SVG.  label: what it holds, for who cannot see it."""
    out = io.BytesIO()
    segno.make(text, micro=False).save(
        out, kind="svg", xmldecl=False, svgclass="qr", lineclass=None, omitsize=True, nl=False
    )
    drawing = out.getvalue().decode()
    named = format_html('<svg role="img" aria-label="{}"', label)
    return mark_safe(drawing.replace("<svg", named, 1))  # noqa: S308 - our own drawing; the label is escaped above
