"""Say what leaves, and how long the rest stays."""

from __future__ import annotations

from collections.abc import Mapping

from hostkeep.kernel.ids import CategoryId
from hostkeep.policy.book import Policy, Retention
from hostkeep.policy.durations import say_duration
from hostkeep.policy.render.things.saying import (
    NOTHING,
    Sayer,
    Saying,
    category_name,
    joined,
    listed,
    phrase,
    span_or_none,
    word,
    yes_or_no,
)
from hostkeep.policy.render.wording import (
    said,
    say_categories,
    say_country,
    say_end,
    say_life,
    say_purposes,
    say_term,
)
from hostkeep.policy.vocabulary.terms import say


def _recipient(policy: Policy, name: str, language: str) -> Saying:
    """Say a recipient: what it gets, what for, on what ground, where."""
    found = policy.recipients.get(name)
    if found is None:
        return NOTHING
    words = joined(
        listed(say_categories(policy, found.categories, language)),
        phrase("purposes_for", language, what=listed(say_purposes(policy, found.purposes, language))),
        say("recipient_basis", found.basis, language),
        say_country(found, language),
        phrase("by_exception", language) if found.exception else "",
    )
    return Saying(said(found.label, language), words)


def _nobody(policy: Policy, _name: str, language: str) -> Saying:
    """Say whether the policy promises that nobody outside receives anything."""
    return Saying("", yes_or_no(language, holds=bool(policy.duties.nobody)))


def _gateway(policy: Policy, name: str, language: str) -> Saying:
    """Say a way to pay."""
    return Saying("", word("gateway", name, language)) if name in policy.gateways else NOTHING


def _cookie(policy: Policy, name: str, language: str) -> Saying:
    """Say a cookie: what for, how long, what is in it."""
    found = policy.cookies.get(name)
    if found is None:
        return NOTHING
    idle = phrase("unused", language, span=say_duration(found.idle, language)) if found.idle else ""
    carried = listed(say_categories(policy, found.carries, language))
    words = joined(
        listed(say_purposes(policy, [found.purpose], language)),
        say_life(found, language),
        idle,
        phrase("after_yes" if found.asked else "unasked", language),
        said(found.holds, language),
        phrase("carries", language, what=carried) if carried else "",
    )
    return Saying(name, words)


def _stream(policy: Policy, name: str, language: str) -> Saying:
    """Say a class of messages: what for, how, whether one gets it unasked."""
    found = policy.streams.get(name)
    if found is None:
        return NOTHING
    words = joined(
        listed(say_purposes(policy, [found.purpose], language)),
        listed(say("channel", each, language) for each in found.channels),
        say("default", found.default, language),
        phrase("own_only", language) if found.own_only else "",
    )
    return Saying(said(found.label, language), words)


def _never_ask(policy: Policy, name: str, language: str) -> Saying:
    """Say what no message asks for."""
    found = CategoryId(name) in policy.duties.never_ask
    return Saying("", category_name(policy, name, language)) if found else NOTHING


def _cap(policy: Policy, _name: str, language: str) -> Saying:
    """Say the cap on mass mail."""
    cap = policy.duties.cap
    if cap is None:
        return NOTHING
    return Saying("", phrase("cap", language, mails=cap.mails, span=say_duration(cap.per, language)))


def _review(policy: Policy, _name: str, language: str) -> Saying:
    """Say whether links are checked."""
    return Saying("", yes_or_no(language, holds=policy.duties.review_links))


def _first_reply(policy: Policy, _name: str, language: str) -> Saying:
    """Say how soon a first reply is aimed at."""
    return Saying("", span_or_none(policy.duties.first_reply, language))


def _retain(policy: Policy, name: str, language: str) -> Saying:
    """Say how long a class stays."""
    rule = policy.retention.get(name)
    if rule is None:
        return NOTHING
    held = [each.id for each in policy.categories.values() if each.keep_class == name]
    what = listed(say_categories(policy, held, language))
    return Saying(say("class", name, language), joined(what, _term(policy, rule, language)))


def _term(policy: Policy, rule: Retention, language: str) -> str:
    """Say a rule of retention."""
    reads = listed(say_purposes(policy, rule.reads, language))
    return joined(
        say_term(rule, language),
        say_end(rule, language),
        phrase("served_after", language, what=reads) if reads else "",
        phrase("at_closing", language) if rule.at_closing else "",
    )


def _class(policy: Policy, name: str, language: str) -> Saying:
    """Say which class a category is kept in, and how long."""
    found = policy.categories.get(CategoryId(name))
    if found is None:
        return NOTHING
    rule = policy.retention[found.keep_class]
    words = f"{say('class', found.keep_class, language)}: {_term(policy, rule, language)}"
    return Saying(said(found.label, language), words)


def _archive(policy: Policy, _name: str, language: str) -> Saying:
    """Say what the archive takes."""
    archive = policy.duties.archive
    return Saying("", listed(say_categories(policy, archive.categories, language))) if archive else NOTHING


def _backup(policy: Policy, _name: str, language: str) -> Saying:
    """Say how soon what was erased is gone from backups."""
    return Saying("", span_or_none(policy.duties.backups, language))


OUTGOING: Mapping[str, Sayer] = {
    "recipient": _recipient,
    "nobody": _nobody,
    "gateway": _gateway,
    "cookie": _cookie,
    "stream": _stream,
    "never_ask": _never_ask,
    "cap": _cap,
    "review": _review,
    "first_reply": _first_reply,
    "retain": _retain,
    "class": _class,
    "archive": _archive,
    "backup": _backup,
}
