"""How the parts of a policy are said in one language."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hostkeep.kernel.ids import CategoryId
from hostkeep.policy.book import Cookie, Notice, Policy, Recipient, Retention, Text
from hostkeep.policy.durations import say_duration
from hostkeep.policy.tightening import Tightening
from hostkeep.policy.vocabulary.terms import say, terms


def said(text: Text, language: str) -> str:
    """Return a text in a language, or in the first it has; empty for an empty text."""
    return text.get(language) or next(iter(text.values()), "")


def say_category(policy: Policy, category: CategoryId, language: str) -> str:
    """Name a category as the policy does."""
    return said(policy.categories[category].label, language)


def say_categories(policy: Policy, categories: Iterable[CategoryId], language: str) -> tuple[str, ...]:
    """Name categories, in the order of the policy."""
    wanted = set(categories)
    return tuple(say_category(policy, each, language) for each in policy.categories if each in wanted)


def say_purposes(policy: Policy, purposes: Iterable[str], language: str) -> tuple[str, ...]:
    """Name purposes, in the order of the policy."""
    wanted = set(purposes)
    return tuple(said(policy.purposes[each].label, language) for each in policy.purposes if each in wanted)


def say_life(cookie: Cookie, language: str) -> str:
    """Say how long a cookie lives in the browser."""
    return say("phrase", "session", language) if cookie.life is None else say_duration(cookie.life, language)


def say_term(rule: Retention, language: str) -> str:
    """Say when the time of a class is over: "2 years after the account is closed"."""
    return f"{say_duration(rule.plus, language)} {say('event', rule.until, language)}"


def say_end(rule: Retention, language: str) -> str:
    """Say what happens then: "erased", or "switched off, erased after 2 years"."""
    end = say("then", rule.then, language)
    if not rule.hold:
        return end
    after = say("phrase", "erased_after", language).format(span=say_duration(rule.hold, language))
    return f"{end}, {after}"


def say_notice(notice: Notice, language: str) -> str:
    """Say how changes are announced."""
    return say("notice", notice.mode, language).format(days=notice.period.days)


def say_country(recipient: Recipient, language: str) -> str:
    """Say where a recipient is: a country's two letters, or that it depends."""
    return recipient.country or say("phrase", "anywhere", language)


def say_authority(policy: Policy, language: str) -> str:
    """Say which language of the policy decides, and on a translation that it is one."""
    decides = policy.languages[0]
    name = say("tongue", decides, language) if decides in terms("tongue") else decides
    sentence = say("heading", "authoritative", language).format(language=name)
    return sentence if language == decides else f"{sentence} {say('heading', 'translated', language)}"


def say_laws(policy: Policy, language: str, fits: Callable[[Tightening], bool]) -> tuple[str, ...]:
    """Say what holds because of a law, and because of which, where a tightening fits: each one sentence."""
    sentence = say("heading", "because", language)
    return tuple(
        sentence.format(what=said(each.what, language), law=said(each.law, language))
        for each in policy.tightened
        if fits(each)
    )
