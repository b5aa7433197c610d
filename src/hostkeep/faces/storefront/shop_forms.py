"""What the shop's own small forms may hold.  Who posts more is told the clause that closes the order form."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.http import HttpRequest

from hostkeep.faces.ui.order_forms import closing_clause
from hostkeep.faces.ui.reading import UndeclaredField
from hostkeep.faces.ui.words import said
from hostkeep.policy.book import FormField, Policy

SIGNS = frozenset({"token", "form_token", "go"})
"""Keys that are no answers: the session's token and the names of buttons."""

LONGEST_SHOWN = 40


def asked_for(
    policy: Policy, fields: Iterable[FormField], language: str, also: Collection[str] = ()
) -> list[str]:
    """Return what these fields ask of everybody, as people call it; a password is no fact about anybody.

    also  categories that are asked here although the form leaves them open
    """
    asked = [field.category for field in fields if field.required or field.category in also]
    return [said(policy.categories[name].label, language) for name in asked if name != "password"]


def refuse_undeclared(request: HttpRequest, known: Collection[str], prefixes: tuple[str, ...] = ()) -> None:
    """Refuse a post with a key that the form does not have.  Raises UndeclaredField; nothing is kept then."""
    policy: Policy = request.policy  # type: ignore[attr-defined]
    for key in (*request.POST, *request.FILES):
        if key not in SIGNS and key not in known and not key.startswith(prefixes or ("\0",)):
            shown = key if key.isascii() and key.isprintable() and len(key) <= LONGEST_SHOWN else "?"
            raise UndeclaredField(clause=closing_clause(policy), field=shown)


def with_prefix(items: Iterable[tuple[str, str]], prefix: str) -> dict[str, str]:
    """Return the values whose key begins with a prefix, by what follows it."""
    return {key.removeprefix(prefix): value for key, value in items if key.startswith(prefix)}
