"""Say what a person may count on, what the head says, and the words of the clauses."""

from __future__ import annotations

from collections.abc import Mapping

from hostkeep.policy.book import Policy
from hostkeep.policy.durations import say_duration
from hostkeep.policy.render.things.saying import (
    NOTHING,
    Sayer,
    Saying,
    joined,
    listed,
    phrase,
    span_or_none,
    word,
    yes_or_no,
)
from hostkeep.policy.render.wording import said, say_notice, say_purposes
from hostkeep.policy.vocabulary.terms import say


def _right(policy: Policy, name: str, language: str) -> Saying:
    """Say a right: where to use it, how soon it is answered."""
    found = policy.duties.rights.get(name)
    if found is None:
        return NOTHING
    how = phrase("client_area", language)
    if found.how == "mail":
        how = phrase("by_mail", language, mailbox=found.mailbox)
    within = phrase("within", language, span=say_duration(found.within, language)) if found.within else ""
    receipt = ""
    if found.acknowledge:
        receipt = phrase("acknowledged", language, span=say_duration(found.acknowledge, language))
    return Saying(say("right", name, language), joined(how, within, receipt))


def _notice(policy: Policy, _name: str, language: str) -> Saying:
    """Say how changes come."""
    notice = policy.notice
    words = joined(
        say_notice(notice, language),
        listed(say("way", each, language) for each in notice.by),
        phrase("may_reject", language) if notice.reject else "",
        phrase("minor_by", language, ways=listed(say("way", each, language) for each in notice.minor_by)),
    )
    return Saying("", words)


def _by_use(policy: Policy, _name: str, language: str) -> Saying:
    """Say whether going on accepts the rules."""
    duties = policy.duties
    purposes = listed(say_purposes(policy, duties.accepts, language)) if duties.by_use else ""
    return Saying("", joined(yes_or_no(language, holds=duties.by_use), purposes))


def _age(policy: Policy, _name: str, language: str) -> Saying:
    """Say who may be a customer."""
    age = policy.duties.age
    if age is None:
        return NOTHING
    guardian = phrase("guardian", language) if age.guardian else ""
    return Saying("", joined(phrase("years_old", language, years=age.minimum), guardian))


def _breach(policy: Policy, _name: str, language: str) -> Saying:
    """Say how soon a breach is told."""
    breach = policy.duties.breach
    if breach is None:
        return NOTHING
    authority = phrase("told_authority", language, span=say_duration(breach.authority, language))
    owners = phrase("told_owners", language, span=say_duration(breach.owners, language))
    return Saying("", joined(authority, owners))


def _measure(policy: Policy, name: str, language: str) -> Saying:
    """Say a measure of security."""
    return Saying("", word("measure", name, language)) if name in policy.duties.measures else NOTHING


def _smallest_group(policy: Policy, _name: str, language: str) -> Saying:
    """Say the smallest group that is shown."""
    return Saying("", str(policy.duties.smallest_group or phrase("no_end", language)))


def _support_note(policy: Policy, _name: str, language: str) -> Saying:
    """Say whether a ticket closes only with a note."""
    return Saying("", yes_or_no(language, holds=policy.duties.support_note))


def _grant_longest(policy: Policy, _name: str, language: str) -> Saying:
    """Say how long a grant may last."""
    return Saying("", span_or_none(policy.duties.grant_longest, language))


def _secrets(policy: Policy, _name: str, language: str) -> Saying:
    """Say how a service's password is given."""
    return Saying("", phrase(policy.secrets, language))


def _department(policy: Policy, _name: str, _language: str) -> Saying:
    """Say where the contact page leads."""
    return Saying("", policy.duties.department.replace("_", " "))


def _controller(policy: Policy, _name: str, _language: str) -> Saying:
    """Say who is responsible."""
    return Saying("", joined(*(policy.controller[key] for key in ("name", "postal", "contact"))))


def _host(policy: Policy, name: str, _language: str) -> Saying:
    """Say a site."""
    return Saying("", name if name in policy.hosts else "")


def _jurisdiction(policy: Policy, name: str, _language: str) -> Saying:
    """Say a law."""
    return Saying("", name if name in policy.jurisdictions else "")


def _language_of(policy: Policy, name: str, _language: str) -> Saying:
    """Say a language."""
    return Saying("", name if name in policy.languages else "")


def _authoritative(policy: Policy, _name: str, _language: str) -> Saying:
    """Say which language decides."""
    return Saying("", policy.languages[0])


def _after(policy: Policy, _name: str, language: str) -> Saying:
    """Say where the policy comes from."""
    return Saying("", said(policy.after, language))


def _order(policy: Policy, _name: str, _language: str) -> Saying:
    """Say the order of the clauses."""
    return Saying("", listed(each.id for each in policy.clauses))


def _notation(_policy: Policy, _name: str, language: str) -> Saying:
    """Say that only the way of writing changed."""
    return Saying("", say("weight", "notation", language))


def _text(policy: Policy, name: str, language: str) -> Saying:
    """Say a clause."""
    found = next((each.text for each in policy.clauses if each.id == name), {})
    return Saying("", said(found, language))


def _keep(policy: Policy, name: str, language: str) -> Saying:
    """Say how a clause is kept."""
    found = next((each.keep for each in policy.clauses if each.id == name), {})
    return Saying("", said(found, language))


def _kind(policy: Policy, name: str, language: str) -> Saying:
    """Say of which kind a clause is."""
    found = next((each.kind for each in policy.clauses if each.id == name), "")
    return Saying("", word("kind", found, language))


def _fact(policy: Policy, name: str, language: str) -> Saying:
    """Say a line of the short version."""
    return Saying(say("fact", name, language), said(getattr(policy.facts, name), language))


STANDING: Mapping[str, Sayer] = {
    "right": _right,
    "notice": _notice,
    "by_use": _by_use,
    "age": _age,
    "breach": _breach,
    "measure": _measure,
    "smallest_group": _smallest_group,
    "support_note": _support_note,
    "grant_longest": _grant_longest,
    "secrets": _secrets,
    "department": _department,
    "controller": _controller,
    "host": _host,
    "jurisdiction": _jurisdiction,
    "language": _language_of,
    "authoritative": _authoritative,
    "after": _after,
    "order": _order,
    "notation": _notation,
    "text": _text,
    "keep": _keep,
    "kind": _kind,
    "fact": _fact,
}
