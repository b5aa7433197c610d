"""The 'Privacy facts' label, and policies side by side."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.policy.book import Policy
from hostkeep.policy.render.wording import (
    said,
    say_category,
    say_end,
    say_life,
    say_notice,
    say_term,
)
from hostkeep.policy.vocabulary.terms import say

FACTS = ("ask", "keep", "share", "cookies", "changes")
NO_PERSONAL_FIELD = ("password",)
"""Categories a sign-up asks for that are no fact about a person."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the label.  key: "ask", "keep", "share", "cookies", "changes"."""

    key: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One policy beside others, drawn from its rules and not from its label.

    asks     what sign-up asks, password aside; statements such as full age by their text
    keeps    what becomes of the account's data
    shares   who may receive data, with the basis; empty: nobody
    sets     the cookies with their lives; those only set after a yes are marked by asked
    notice   how changes are announced
    """

    brand: str
    after: str
    asks: tuple[str, ...]
    keeps: str
    shares: tuple[str, ...]
    sets: tuple[Set, ...]
    notice: str


@dataclass(frozen=True, slots=True)
class Set:
    """One cookie in a Row.  asked: only after a yes."""

    name: str
    life: str
    asked: bool


def facts_panel(policy: Policy, language: str) -> tuple[Fact, ...]:
    """Return the five lines of the label."""
    return tuple(
        Fact(key, say("fact", key, language), said(getattr(policy.facts, key), language)) for key in FACTS
    )


def compare(policy: Policy, language: str = "en") -> Row:
    """Return a policy as one row of a table that holds several."""
    return Row(
        brand=policy.brand,
        after=said(policy.after, language),
        asks=_asks(policy, language),
        keeps=_keeps(policy, language),
        shares=tuple(
            f"{said(each.label, language)} ({say('recipient_basis', each.basis, language)})"
            for each in policy.recipients.values()
        ),
        sets=tuple(Set(each.name, say_life(each, language), each.asked) for each in policy.cookies.values()),
        notice=say_notice(policy.notice, language),
    )


def _asks(policy: Policy, language: str) -> tuple[str, ...]:
    """Say what sign-up asks."""
    form = policy.forms["signup"]
    fields = [each.category for each in form.fields if each.category not in NO_PERSONAL_FIELD]
    asked = [say_category(policy, category, language) for category in fields]
    stated = [said(each.text, language) for each in form.statements if each.id != "accept_policy"]
    return (*asked, *stated)


def _keeps(policy: Policy, language: str) -> str:
    """Say what becomes of the account's data."""
    rule = policy.retention["account"]
    return f"{say_term(rule, language)}: {say_end(rule, language)}"
