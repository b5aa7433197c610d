"""The life of a service, walked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.provisioning.errors import NoSuchStep
from hostkeep.provisioning.rules.lifecycle import TABLE, State, Step, after
from hostkeep.provisioning.rules.work import FROM, TAKES, Verb


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("step", Step)
def test_a_step_is_in_the_table_or_refused(state: State, step: Step) -> None:
    if (state, step) in TABLE:
        assert after(state, step) is TABLE[state, step]
        return
    with pytest.raises(NoSuchStep) as refused:
        after(state, step)
    assert refused.value.facts == {"state": state, "step": step}


def test_every_state_can_be_reached_and_every_one_but_closed_can_be_left() -> None:
    assert {target for target in TABLE.values()} == set(State) - {State.ORDERED}
    assert {state for state, _ in TABLE} == set(State) - {State.CLOSED}


@given(st.lists(st.sampled_from(Step), max_size=20))
def test_nobody_runs_who_has_not_paid_and_nobody_comes_back_from_closed(steps: list[Step]) -> None:
    state, taken = State.ORDERED, []
    for step in steps:
        try:
            state = after(state, step)
        except NoSuchStep:
            continue
        taken.append(step)
        if state in {State.ACTIVE, State.SUSPENDED}:
            assert taken[0] is Step.PAID
            assert Step.BUILT in taken
        if state is State.CLOSED:
            assert not any((State.CLOSED, later) in TABLE for later in Step)


@pytest.mark.parametrize("verb", [verb for verb in Verb if verb in TAKES])
def test_a_verb_is_asked_only_where_its_answer_can_be_entered(verb: Verb) -> None:
    assert all((state, TAKES[verb]) in TABLE for state in FROM[verb])
