"""policy.json: a version as programs read it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hostkeep.policy.book import Form, Policy
from hostkeep.policy.durations import write_duration
from hostkeep.policy.vocabulary.terms import inputs_of, must_be_given

SESSION = "session"
"""The life of a cookie that ends with the browser."""


def policy_json(
    policy: Policy,
    *,
    version: int,
    announced_at: datetime,
    effective_at: datetime,
    next: Mapping[str, Any] | None,  # noqa: A002 - the published name of the key
) -> dict[str, Any]:
    """Return the content of policy.json, ready for a JSON writer.

    announced_at, effective_at  aware; written in UTC with a Z
    next                        what is announced after this version, written as it is, or None

    A form lists one entry for each input: the category `address` has five, `password` is `password1`.
    Statements and choices of messages are no fields and are not listed.
    """
    return {
        "brand": policy.brand,
        "version": version,
        "digest": policy.digest,
        "announced_at": _moment(announced_at),
        "effective_at": _moment(effective_at),
        "next": None if next is None else dict(next),
        "languages": list(policy.languages),
        "clauses": [{"id": each.id, "kind": each.kind, "text": dict(each.text)} for each in policy.clauses],
        "categories": _categories(policy),
        "purposes": _purposes(policy),
        "forms": {name: _form(form) for name, form in policy.forms.items()},
        "cookies": _cookies(policy),
        "recipients": _recipients(policy),
        "streams": _streams(policy),
    }


def _moment(at: datetime) -> str:
    """Write a moment in UTC: "2026-11-22T10:00:00Z"."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _categories(policy: Policy) -> dict[str, Any]:
    """Write the categories, by id."""
    return {
        each.id: {"label": dict(each.label), "class": each.keep_class, "dpv": list(each.dpv)}
        for each in policy.categories.values()
    }


def _purposes(policy: Policy) -> dict[str, Any]:
    """Write the purposes, by id."""
    return {
        each.id: {"label": dict(each.label), "basis": each.basis, "dpv": each.dpv}
        for each in policy.purposes.values()
    }


def _form(form: Form) -> list[dict[str, Any]]:
    """Write the inputs of a form."""
    return [
        {
            "name": name,
            "category": each.category,
            "required": must_be_given(each.category, name, required=each.required),
            "clause": each.clause,
        }
        for each in form.fields
        for name in inputs_of(each.category)
    ]


def _cookies(policy: Policy) -> list[dict[str, Any]]:
    """Write the cookies."""
    return [
        {
            "name": each.name,
            "purpose": each.purpose,
            "life": SESSION if each.life is None else write_duration(each.life),
            "clause": each.clause,
        }
        for each in policy.cookies.values()
    ]


def _recipients(policy: Policy) -> dict[str, Any]:
    """Write the recipients, by id."""
    return {
        each.id: {
            "label": dict(each.label),
            "basis": each.basis,
            "categories": sorted(each.categories),
            "purposes": sorted(each.purposes),
            "country": each.country,
            "exception": each.exception,
            "clause": each.clause,
        }
        for each in policy.recipients.values()
    }


def _streams(policy: Policy) -> dict[str, Any]:
    """Write the streams of messages, by id."""
    return {
        each.id: {
            "label": dict(each.label),
            "purpose": each.purpose,
            "channels": list(each.channels),
            "default": each.default,
            "own_only": each.own_only,
            "clause": each.clause,
        }
        for each in policy.streams.values()
    }
