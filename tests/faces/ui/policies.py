"""Policies to draw forms of: a real one, with other forms put in."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from hostkeep.kernel.ids import CategoryId, ClauseId
from hostkeep.policy.book import Choice, Form, FormField, Policy, Statement
from hostkeep.policy.compile import compile_policy

BRANDS = Path(__file__).parents[3] / "brands"
CLAUSE = ClauseId("T-1")


@cache
def policy(slug: str = "vpsfast") -> Policy:
    """A brand's own policy."""
    return compile_policy((BRANDS / slug / "policy.yaml").read_text(encoding="utf-8"), file=f"{slug}/policy.yaml")


def field(category: str, required: bool = True, asked: str = "always") -> FormField:
    """One field; its reason says which."""
    why = {"en": f"for {category}", "vi": f"vì {category}"}
    return FormField(CategoryId(category), required, CLAUSE, why, asked)


def form(*fields: FormField, statements: tuple[str, ...] = (), choices: tuple[str, ...] = ()) -> Form:
    """A form of these fields."""
    return Form(
        name="signup",
        fields=fields,
        statements=tuple(Statement(s, True, CLAUSE, {"en": f"I say {s}", "vi": f"Tôi nói {s}"}) for s in statements),
        choices=tuple(Choice(c, c == "site_news", CLAUSE) for c in choices),
        closed_by=ClauseId("T-9"),
    )


def without_name_field(slug: str = "vpsfast") -> Policy:
    """A policy with a category that its label table lacks."""
    known = policy(slug)
    return replace(known, categories={k: v for k, v in known.categories.items() if k != "name"})
