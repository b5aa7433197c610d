"""Compile a policy file: read it, check its shape, check its sense, form the book.  Start here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hostkeep.policy.book import Policy
from hostkeep.policy.checking import (
    adapting,
    collecting,
    keeping,
    lawful,
    naming,
    noting,
    permitting,
    sending,
)
from hostkeep.policy.desk import Desk
from hostkeep.policy.draft import Draft, draft_of
from hostkeep.policy.errors import PolicyError, Problem
from hostkeep.policy.forming.whole import policy_of
from hostkeep.policy.language import FILE, languages_of, places_of
from hostkeep.policy.needs import AdapterNeeds
from hostkeep.policy.overlays.applying import tightened
from hostkeep.policy.reading import read_source

SensibleCheck = Callable[[Desk, Draft], None]

PRESENT: tuple[SensibleCheck, ...] = (
    naming.refuse_ids,
    naming.refuse_doubles,
    naming.refuse_undeclared,
    naming.refuse_cycles,
    collecting.refuse_forbidden,
    adapting.refuse_forbidden_needs,
    permitting.refuse_idle_exceptions,
    permitting.refuse_two_answers,
    permitting.refuse_open_secrets,
    permitting.refuse_ungranted_access,
    sending.refuse_secret_cookies,
    sending.refuse_secret_recipients,
    sending.refuse_contradiction,
    sending.refuse_loud_streams,
    keeping.refuse_endless,
    keeping.refuse_archived_secrets,
    keeping.refuse_disorder,
    keeping.refuse_notice,
    keeping.refuse_unreachable_rights,
    lawful.refuse_ticked,
    lawful.refuse_promotions,
    lawful.refuse_implied,
    lawful.refuse_sudden_changes,
    lawful.refuse_hard_withdrawal,
    noting.note_long_keeping,
    noting.note_small_groups,
    noting.note_silent_changes,
    noting.note_unweighed_interests,
    noting.note_unnamed_partners,
)
"""Checks of what stands in the file."""

ABSENT: tuple[SensibleCheck, ...] = (
    naming.miss_uses,
    adapting.miss_needs,
    collecting.miss_collecting,
    collecting.miss_readers,
    collecting.miss_forms,
    permitting.miss_closed_kinds,
    sending.miss_streams,
    sending.miss_session,
    keeping.miss_retention,
    keeping.miss_notice,
    lawful.miss_rights,
)
"""Checks of what does not stand in the file."""


def compile_policy(text: str, *, file: str, installed: Sequence[AdapterNeeds] = ()) -> Policy:
    """Compile the text of a policy file, and tighten it where the law of its places asks for more.

    file       its name in messages
    installed  what the adapters need that the brand uses; gateways the policy names are checked anyhow
    Raises PolicyError, which holds every problem found; never anything else.
    """
    desk, draft = _checked(text, file, installed)
    if desk.refuses():
        raise PolicyError([problem for problem in desk.problems if problem.level != "weak"])
    return tightened(policy_of(desk, draft))


def compile_announced(text: str, *, file: str) -> Policy:
    """Compile a version that was announced: it binds, even where a later release's rules would refuse it.

    Its shape must still be that of the language.  Raises PolicyError.
    """
    desk, draft = _drafted(text, file)
    if desk.problems:
        raise PolicyError(list(desk.problems))
    return tightened(policy_of(desk, draft))


def check_policy(text: str, *, file: str, installed: Sequence[AdapterNeeds] = ()) -> tuple[Problem, ...]:
    """Return all problems of a policy file, the weak ones too, by line; none if there is nothing to say."""
    try:
        desk, _ = _checked(text, file, installed)
    except PolicyError as error:
        return error.problems
    return tuple(sorted(desk.problems, key=lambda problem: problem.line))


def _checked(text: str, file: str, installed: Sequence[AdapterNeeds]) -> tuple[Desk, Draft]:
    """Read and check a file.  Raises PolicyError where it is not even readable."""
    desk, draft = _drafted(text, file)
    desk.installed = tuple(installed)
    whole = not desk.problems
    for check in PRESENT:
        check(desk, draft)
    if whole:
        for check in ABSENT:
            check(desk, draft)
    return desk, draft


def _drafted(text: str, file: str) -> tuple[Desk, Draft]:
    """Read a file and check its shape.  Raises PolicyError where it is not even readable."""
    desk = read_source(text, file=file)
    desk.languages = languages_of(desk.data)
    desk.places = places_of(desk.data)
    return desk, draft_of(FILE.parts(desk, (), desk.data))
