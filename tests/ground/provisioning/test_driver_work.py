"""What an answer means, how long to wait, when to ask again."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from uuid import UUID

import pytest

from hostkeep.drivers.machines import Ask, Done, Outcome, Refused, Unknown, Waiting
from hostkeep.kernel.ids import ActionId, ServiceId
from hostkeep.provisioning.errors import NoSuchStep
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.provisioning.rules.work import (
    FROM,
    MOST_FAILURES,
    POLL,
    Claimed,
    Stage,
    Verb,
    Verdict,
    already_so,
    back_off,
    judge,
    may_ask,
)

HERE = {"address": "192.0.2.1"}


def claimed(verb: Verb, *, kept: frozenset[str] = frozenset(), facts: dict[str, str] | None = None) -> Claimed:
    return Claimed(
        id=ActionId(UUID(int=1)),
        service=ServiceId(UUID(int=2)),
        driver="fake",
        verb=verb,
        ask=Ask("1", "hk-00000001", {}, {}),
        fence=2,
        before=True,
        lost=False,
        facts=facts or {},
        kept=kept,
    )


def test_waits_double_from_one_minute() -> None:
    assert [back_off(n).total_seconds() / 60 for n in range(1, 8)] == [1, 2, 4, 8, 16, 32, 64]


@pytest.mark.parametrize(
    ("outcome", "failures", "verdict"),
    [
        (Done({}, {}), 3, Verdict(Stage.DONE, None, "", 3)),
        (Waiting("queued"), 0, Verdict(Stage.WAITING, POLL, "queued", 0)),
        (Waiting("for_staff"), 0, Verdict(Stage.WAITING, None, "for_staff", 0)),
        (Refused("capacity.full"), 1, Verdict(Stage.PARKED, None, "capacity.full", 1)),
        (Unknown(), 0, Verdict(Stage.QUEUED, timedelta(minutes=1), "no_answer", 1)),
        (Unknown(), MOST_FAILURES - 2, Verdict(Stage.QUEUED, timedelta(minutes=64), "no_answer", 7)),
        (Unknown(), MOST_FAILURES - 1, Verdict(Stage.PARKED, None, "no_answer", 8)),
    ],
)
def test_an_answer_has_one_meaning(outcome: Outcome, failures: int, verdict: Verdict) -> None:
    assert judge(outcome, failures) == verdict


@pytest.mark.parametrize(("verb", "state"), list(product(Verb, State)))
def test_what_can_be_asked_depends_on_the_state(verb: Verb, state: State) -> None:
    if state in FROM[verb]:
        may_ask(verb, state)
        return
    with pytest.raises(NoSuchStep):
        may_ask(verb, state)


@pytest.mark.parametrize(
    ("work", "told", "so"),
    [
        (claimed(Verb.CREATE), Done(HERE, {}), None),
        (claimed(Verb.CREATE), Done(HERE, {"a": "b"}), Done(HERE, {"a": "b"})),
        (claimed(Verb.CREATE, kept=frozenset({"a"}), facts=HERE), Done(HERE, {}), Done(HERE, {})),
        (claimed(Verb.CREATE, kept=frozenset({"a"}), facts={"address": "192.0.2.9"}), Done(HERE, {}), None),
        (claimed(Verb.CREATE), Refused("never_asked"), None),
        (claimed(Verb.CREATE), Refused("stopped"), None),
        (claimed(Verb.RESUME), Done(HERE, {}), Done(HERE, {})),
        (claimed(Verb.RESUME), Refused("stopped"), None),
        (claimed(Verb.SUSPEND), Refused("stopped"), Done({}, {})),
        (claimed(Verb.SUSPEND), Refused("never_asked"), None),
        (claimed(Verb.SUSPEND), Done(HERE, {}), None),
        (claimed(Verb.TERMINATE), Refused("never_asked"), Done({}, {})),
        (claimed(Verb.TERMINATE), Refused("stopped"), None),
        (claimed(Verb.TERMINATE), Done(HERE, {}), None),
        (claimed(Verb.RENEW), Done(HERE, {}), None),
    ],
)
def test_what_is_so_already_is_not_asked_again(work: Claimed, told: Outcome, so: Done | None) -> None:
    assert already_so(work, told) == so
