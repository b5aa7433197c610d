"""How a play at random is played: again and again, until it has shown what it must show, or long enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Set

MOST_ROUNDS = 8


def play_until(seen: Counter[str], wanted: Set[str], play: Callable[[], None]) -> None:
    """Play until all that is wanted was seen: a round at random may leave a rare end out, and proves less then.

    seen  filled by the play; a name with the count 0 was not seen
    Raises AssertionError where MOST_ROUNDS did not show all of it.
    """
    for _ in range(MOST_ROUNDS):
        play()
        if not missing(seen, wanted):
            return
    raise AssertionError(f"never seen: {sorted(missing(seen, wanted))}; seen: {seen}")


def missing(seen: Counter[str], wanted: Set[str]) -> Set[str]:
    return {name for name in wanted if not seen[name]}
