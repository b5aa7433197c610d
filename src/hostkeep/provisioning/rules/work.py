"""Work asked of drivers: what can be asked when, what an answer means, how often it is tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

from hostkeep.drivers.machines import Ask, Done, Outcome, Refused, Unknown, Waiting
from hostkeep.kernel.ids import ActionId, ServiceId
from hostkeep.provisioning.errors import NoSuchStep
from hostkeep.provisioning.rules.lifecycle import State, Step


class Verb(StrEnum):
    """What is asked.  RENEW replaces one secret of a running service, CHANGE its sizes."""

    CREATE = "create"
    SUSPEND = "suspend"
    RESUME = "resume"
    TERMINATE = "terminate"
    RENEW = "renew"
    CHANGE = "change"


class Stage(StrEnum):
    """Where a piece of work stands."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    PARKED = "parked"
    DROPPED = "dropped"


OPEN = frozenset({Stage.QUEUED, Stage.RUNNING, Stage.WAITING})
"""Not finished and not given up.  A service has at most one piece of work here."""

FROM: Mapping[Verb, frozenset[State]] = MappingProxyType(
    {
        Verb.CREATE: frozenset({State.BUILDING}),
        Verb.SUSPEND: frozenset({State.ACTIVE}),
        Verb.RESUME: frozenset({State.SUSPENDED}),
        Verb.TERMINATE: frozenset({State.CLOSING}),
        Verb.RENEW: frozenset({State.ACTIVE}),
        Verb.CHANGE: frozenset({State.ACTIVE}),
    }
)

TAKES: Mapping[Verb, Step] = MappingProxyType(
    {
        Verb.CREATE: Step.BUILT,
        Verb.SUSPEND: Step.OVERDUE,
        Verb.RESUME: Step.SETTLED,
        Verb.TERMINATE: Step.WIPED,
    }
)
"""The step a service takes when the driver has answered Done."""

LEASE = timedelta(minutes=5)
"""How long work is in one worker's hands: longer than any driver may take, so only the dead lose it."""

POLL = timedelta(seconds=20)
MOST_FAILURES = 8
FOR_STAFF = "for_staff"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A piece of work in one worker's hands.

    fence   how often it was taken up; an answer counts only if nobody has taken it up since
    before  whether it was asked before and the answer is not known
    lost    whether so many workers were lost over it that no other should be
    facts   what the house holds to be so of the service
    kept    names of the secrets that lie in the vault
    """

    id: ActionId
    service: ServiceId
    driver: str
    verb: Verb
    ask: Ask
    fence: int
    before: bool
    lost: bool
    facts: Mapping[str, str]
    kept: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of the work.

    wait  time until it is taken up again, or None if no time will do it
    code  why, a word of the driver protocol
    """

    stage: Stage
    wait: timedelta | None
    code: str
    failures: int


def may_ask(verb: Verb, state: State) -> None:
    """Return if a verb can be asked for a service in a state.  Raises NoSuchStep."""
    if state not in FROM[verb]:
        raise NoSuchStep(state=state, step=verb)


def judge(outcome: Outcome, failures: int) -> Verdict:
    """Say what an answer means.  failures: how often no answer came before."""
    match outcome:
        case Done():
            return Verdict(Stage.DONE, None, "", failures)
        case Waiting(note=note):
            return Verdict(Stage.WAITING, None if note == FOR_STAFF else POLL, note, failures)
        case Refused(code=code):
            return Verdict(Stage.PARKED, None, code, failures)
        case Unknown():
            failed = failures + 1
            if failed >= MOST_FAILURES:
                return Verdict(Stage.PARKED, None, "no_answer", failed)
            return Verdict(Stage.QUEUED, back_off(failed), "no_answer", failed)
        case _:
            assert_never(outcome)


def back_off(failures: int) -> timedelta:
    """Return how long to wait after so many failures: 1, 2, 4, 8, ... minutes.  failures >= 1."""
    return timedelta(minutes=2 ** (failures - 1))


def already_so(work: Claimed, told: Outcome) -> Done | None:
    """Say whether what was asked is so, by what look_up told; None if it must be asked again.

    A service that stands without the secret it was made with is made again: the answer that held the secret
    was lost, and so was one whose facts differ from ours.  Drivers make that one service, not two.
    """
    match work.verb, told:
        case Verb.CREATE, Done(facts=facts, secrets=secrets):
            known = bool(work.kept) and facts.items() <= work.facts.items()
            return told if known or secrets else None
        case Verb.RESUME, Done():
            return told
        case Verb.SUSPEND, Refused(code="stopped"):
            return Done({}, {})
        case Verb.TERMINATE, Refused(code="never_asked"):
            return Done({}, {})
        case _:
            return None
