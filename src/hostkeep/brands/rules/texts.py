"""What the text of a policy says, read once a process: it depends on nothing else.

To read one takes a good part of a second, and the rounds of the promises ask for the same few texts every
few minutes.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from hostkeep.policy.book import Policy
from hostkeep.policy.compile import compile_policy
from hostkeep.policy.needs import AdapterNeeds
from hostkeep.policy.reading import read_source

KEPT = 64
"""Texts; the one that was asked for longest ago goes first."""


@lru_cache(maxsize=KEPT)
def compiled(text: str, *, file: str, installed: tuple[AdapterNeeds, ...] = ()) -> Policy:
    """Compile a text, as policy.compile.compile_policy does.  Raises PolicyError."""
    return compile_policy(text, file=file, installed=installed)


def content_of(text: str) -> dict[str, Any]:
    """Return the content of a text that was announced, the caller's own to change.  Raises PolicyError."""
    content: dict[str, Any] = json.loads(_as_json(text))
    return content


@lru_cache(maxsize=KEPT)
def _as_json(text: str) -> str:
    """Return the content of a text as JSON, which has all that the language of policies has."""
    return json.dumps(read_source(text, file="policy.yaml").data)
