"""What leaves: recipients, gateways, cookies and messages."""

from __future__ import annotations

from collections.abc import Iterator

from hostkeep.kernel.ids import ClauseId
from hostkeep.policy.book import Cookie, Policy, Recipient, Stream
from hostkeep.policy.changing.change import Change, change
from hostkeep.policy.changing.places import clause_of_kind, clause_that_closes
from hostkeep.policy.changing.steps import (
    Step,
    both,
    entries,
    graded,
    grown,
    lasting,
    other,
    placed,
    ranked,
    single,
    turned,
    wider,
)
from hostkeep.policy.duties import MailCap

PERMISSIONS = ("wish", "consent", "legal_request", "breach_case", "service")
"""Why a recipient gets data, from the person's own wish to what just goes with the service."""
DEFAULTS = ("off", "on", "always")
SESSION = -1
"""The life, in seconds, of a cookie that ends with the browser: shorter than any other."""


def disclosed(old: Policy, new: Policy) -> Iterator[Change]:
    """Compare who outside receives what."""
    yield from entries("disclose", "recipient ", old.recipients, new.recipients, "new_recipient")
    for name, was, now in both(old.recipients, new.recipients):
        thing = f"recipient {name}"
        yield from graded("disclose", thing, now.clause, "wider_disclosure", _recipient(was, now))
        if was.country != now.country and was.country and now.country:
            yield change("disclose", "changed", thing, now.clause, "other_country")
    yield from placed("disclose", "", _nobody(old), _nobody(new), "new_prohibition")
    yield from placed("disclose", "gateway ", _gateways(old, new), _gateways(new, new), "new_gateway")


def _nobody(policy: Policy) -> dict[str, ClauseId]:
    """Return the promise that nobody outside receives anything, where the policy gives it."""
    return {"nobody": policy.duties.nobody} if policy.duties.nobody else {}


def _recipient(old: Recipient, new: Recipient) -> Step:
    """Say how what a recipient may get moved; one that is bound to no country is wider."""
    return (
        wider(old.categories, new.categories)
        | wider(old.purposes, new.purposes)
        | ranked(PERMISSIONS, old.basis, new.basis)
        | ranked((False, True), old.exception, new.exception)
        | ranked((True, False), bool(old.country), bool(new.country))
    )


def _gateways(policy: Policy, named_by: Policy) -> dict[str, ClauseId]:
    """Return the gateways, all under one clause of one of the two policies: they stand in the head."""
    return dict.fromkeys(sorted(policy.gateways), clause_that_closes(named_by, "disclose"))


def set_in_browsers(old: Policy, new: Policy) -> Iterator[Change]:
    """Compare the cookies."""
    yield from entries("cookies", "cookie ", old.cookies, new.cookies, "new_cookie")
    for name, was, now in both(old.cookies, new.cookies):
        yield from graded("cookies", f"cookie {name}", now.clause, "wider_cookie", _cookie(was, now))


def _cookie(old: Cookie, new: Cookie) -> Step:
    """Say how a cookie moved."""
    return (
        grown(_life(old), _life(new))
        | lasting(old.idle, new.idle)
        | ranked((True, False), old.asked, new.asked)
        | wider(old.carries, new.carries)
        | other(old.purpose, new.purpose)
    )


def _life(cookie: Cookie) -> int:
    """Return how long a cookie lives in the browser, in seconds."""
    return SESSION if cookie.life is None else round(cookie.life.total_seconds())


def sent(old: Policy, new: Policy) -> Iterator[Change]:
    """Compare the messages."""
    yield from entries("communicate", "stream ", old.streams, new.streams, "more_messages")
    for name, was, now in both(old.streams, new.streams):
        yield from graded("communicate", f"stream {name}", now.clause, "more_messages", _stream(was, now))
    yield from _duties(old, new)


def _duties(old: Policy, new: Policy) -> Iterator[Change]:
    """Compare what binds all messages."""
    was, now = old.duties, new.duties
    yield from placed("communicate", "never_ask ", was.never_ask, now.never_ask, "new_prohibition")
    yield from _cap(was.cap, now.cap)
    clause = clause_of_kind(new, "communicate")
    step = ranked((True, False), was.review_links, now.review_links)
    yield from graded("communicate", "review", clause, "weaker_protection", step)
    step = lasting(was.first_reply, now.first_reply)
    yield from graded("communicate", "first_reply", clause, "weaker_protection", step)


def _stream(old: Stream, new: Stream) -> Step:
    """Say how a stream of messages moved."""
    return (
        wider(old.channels, new.channels)
        | ranked(DEFAULTS, old.default, new.default)
        | ranked((True, False), old.own_only, new.own_only)
        | other(old.purpose, new.purpose)
    )


def _cap(old: MailCap | None, new: MailCap | None) -> Iterator[Change]:
    """Compare the cap on mass mail."""
    yield from single("communicate", "cap", old, new, "fewer_messages")
    if old is not None and new is not None:
        step = grown(old.mails, new.mails) | turned(lasting(old.per, new.per))
        yield from graded("communicate", "cap", new.clause, "more_messages", step)
