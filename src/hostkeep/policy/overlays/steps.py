"""The shape of an overlay: steps, each of which tightens one thing of a policy and notes what it did."""

from __future__ import annotations

from collections.abc import Callable

from hostkeep.policy.book import Policy
from hostkeep.policy.tightening import Tightening

Stricter = tuple[Policy, tuple[Tightening, ...]]
"""The policy after a step, and what the step tightened; nothing where it was strict enough."""

Step = Callable[[Policy], Stricter]
