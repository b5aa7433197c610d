"""Changes of a policy, made up to be rehearsed: the text in force with one thing otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hostkeep.brands import queries
from hostkeep.brands.actions.announcing import Announced, announce_policy
from hostkeep.brands.preparing import source_of
from hostkeep.brands.rules.texts import content_of
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId, PurposeId
from hostkeep.policy.vocabulary.terms import terms
from hostkeep.promises.control import Scene

ADDED = " This sentence was added by a probe."
"""Words no policy holds."""


PLAIN = ("improvement", "statistics", "technical_need", "agreement", "site_administration")
"""Purposes that need no stream, cookie or recipient beside them."""


@dataclass(frozen=True, slots=True)
class Widened:
    """A policy that serves one purpose more.  source: its text, as JSON, which is YAML too."""

    source: str
    category: CategoryId
    purpose: PurposeId


def widened(scene: Scene) -> Widened:
    """Let the program read what sign-up asks for one more purpose, one that the policy does not name yet."""
    fields = [each.category for each in scene.policy.forms["signup"].fields]
    secret = {name for name, term in terms("category").items() if term.mark == "secret"}
    category = next(each for each in reversed(fields) if each not in secret)
    purpose = next(each for each in (*PLAIN, *terms("purpose")) if each not in scene.policy.purposes)

    def widen(data: dict[str, Any]) -> None:
        data["purposes"][purpose] = "legitimate_interest"
        block = next(each for each in _blocks(data) if "allow" in each and each["kind"] == "use")
        block["allow"].append({"categories": [category], "purposes": [purpose], "roles": ["system"]})

    return Widened(_variant(scene, widen), CategoryId(category), PurposeId(purpose))


def reworded(scene: Scene) -> str:
    """Add a sentence to the first clause, in every language, and leave the rules alone."""

    def reword(data: dict[str, Any]) -> None:
        text = data["clauses"][0]["text"]
        data["clauses"][0]["text"] = {language: said + ADDED for language, said in text.items()}

    return _variant(scene, reword)


def announced(scene: Scene, source: str, effective_at: datetime | None = None) -> Announced:
    """Announce a text for the scene's brand, as its owner.  Only inside `rehearsed`."""
    act = owner_of(scene.act)
    made = announce_policy(act, brand=scene.brand.id, source=source, effective_at=effective_at)
    queries.forget()
    return made


def owner_of(act: Act) -> Act:
    """Return an act as the owner of the company does it."""
    return act.in_role("owner").for_purpose(PurposeId("site_administration"))


def _variant(scene: Scene, change: Callable[[dict[str, Any]], None]) -> str:
    """Return the text in force with a change, written as JSON."""
    held = queries.version_in_force(scene.brand.id, scene.act.at)
    data = content_of(source_of(scene.brand.id, held.version))
    change(data)
    return json.dumps(data, ensure_ascii=False)


def _blocks(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the clauses and what stands under their `also`."""
    return [each for clause in data["clauses"] for each in (clause, *clause.get("also", ()))]
