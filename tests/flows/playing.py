"""How a machine of rules is played: led through fixed steps to every end it must show, and at random to find faults.

What must be seen is never left to chance: a led play brings it about, by the machine's own rules and with
everything checked after each step as in a play at random.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Set
from contextlib import contextmanager
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine

Step = tuple[str, dict[str, Any]]
"""A rule by its name, and what is drawn for it."""


def lead(machine: type[RuleBasedStateMachine], *steps: Step) -> None:
    """Play steps one after another, each by a rule that may be played then; all that holds is looked at after each.

    Raises what a step, an invariant or the teardown raises, with the step in its notes.
    """
    played = machine()
    rules = {rule.function.__name__: rule for rule in (*played.rules, *machine.setup_state().initializers)}
    try:
        for no, (name, drawn) in enumerate(steps, 1):
            with noted(f"step {no}: {name}({drawn})"):
                rule = rules[name]
                assert drawn.keys() == rule.arguments.keys(), "drawn for other arguments"
                assert all(may_be(played) for may_be in rule.preconditions), "may not be played now"
                getattr(played, name)(**drawn)
                for each in played.invariants:
                    if all(may_be(played) for may_be in each.preconditions):
                        each.function(played)
    finally:
        played.teardown()


@contextmanager
def noted(step: str) -> Iterator[None]:
    """Say at which step something went wrong."""
    try:
        yield
    except BaseException as wrong:
        wrong.add_note(step)
        raise


def missing(seen: Counter[str], wanted: Set[str]) -> Set[str]:
    """What is wanted and was not seen; a name with the count 0 was not."""
    return {name for name in wanted if not seen[name]}
