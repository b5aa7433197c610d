"""Steps on rights and on breaches: answers come sooner, rights are added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

from hostkeep.policy.book import Policy
from hostkeep.policy.durations import say_duration
from hostkeep.policy.duties import NO_CLAUSE, Breach, Right
from hostkeep.policy.overlays.steps import Step, Stricter
from hostkeep.policy.tightening import Law, Tightening, tightening
from hostkeep.policy.vocabulary.terms import LANGUAGES, say

_ANSWER = {"en": "{right}: answered within {span}", "vi": "{right}: trả lời trong vòng {span}"}
_RECEIPT = {
    "en": "{right}: receipt confirmed within {span}",
    "vi": "{right}: xác nhận đã nhận trong vòng {span}",
}
_ADDED = {"en": "{right}: a right you have here too", "vi": "{right}: bạn cũng có quyền này"}
_BREACH = {
    "en": "A breach is reported to the authority within {span}",
    "vi": "Sự cố được báo cho cơ quan có thẩm quyền trong vòng {span}",
}


def answer_within(limits: Mapping[str, timedelta], law: Law) -> Step:
    """Return a step that answers rights in time.  limits: the longest, by right."""

    def step(policy: Policy) -> Stricter:
        found = {}
        for name, limit in limits.items():
            right = policy.duties.rights.get(name)
            if right is not None and (right.within is None or right.within > limit):
                found[name] = (replace(right, within=limit), _said(right, "within", _ANSWER, limit, law))
        return _with_rights(policy, found)

    return step


def acknowledge_within(rights: tuple[str, ...], limit: timedelta, law: Law) -> Step:
    """Return a step that confirms the receipt of a request in time."""

    def step(policy: Policy) -> Stricter:
        found = {}
        for name in rights:
            right = policy.duties.rights.get(name)
            if right is not None and (right.acknowledge is None or right.acknowledge > limit):
                note = _said(right, "acknowledge", _RECEIPT, limit, law)
                found[name] = (replace(right, acknowledge=limit), note)
        return _with_rights(policy, found)

    return step


def give(name: str, within: timedelta, law: Law) -> Step:
    """Return a step that gives a right the policy is silent on, by a mail to the controller."""

    def step(policy: Policy) -> Stricter:
        rights = policy.duties.rights
        if name in rights:
            return policy, ()
        clause = next((right.clause for right in rights.values()), NO_CLAUSE)
        right = Right(name, "mail", within, policy.controller["contact"], clause)
        return _with_rights(policy, {name: (right, _said(right, "given", _ADDED, within, law))})

    return step


def report_within(limit: timedelta, law: Law) -> Step:
    """Return a step that reports a breach in time; where the policy is silent, owners wait no longer."""

    def step(policy: Policy) -> Stricter:
        breach = policy.duties.breach or Breach(timedelta.max, limit, NO_CLAUSE)
        if breach.authority <= limit:
            return policy, ()
        duties = replace(policy.duties, breach=replace(breach, authority=limit))
        what = _words(_BREACH, "", limit)
        return replace(policy, duties=duties), (tightening(breach.clause, "breach.authority", what, law),)

    return step


def _with_rights(policy: Policy, found: Mapping[str, tuple[Right, Tightening]]) -> Stricter:
    """Put stricter rights into a policy."""
    rights = {**policy.duties.rights, **{name: right for name, (right, _) in found.items()}}
    duties = replace(policy.duties, rights=MappingProxyType(rights))
    return replace(policy, duties=duties), tuple(note for _, note in found.values())


def _said(right: Right, what: str, words: Mapping[str, str], span: timedelta, law: Law) -> Tightening:
    """Note what holds for a right."""
    return tightening(right.clause, f"right.{right.id}.{what}", _words(words, right.id, span), law)


def _words(words: Mapping[str, str], right: str, span: timedelta) -> Mapping[str, str]:
    """Say what holds, in each language."""
    return MappingProxyType(
        {
            language: words[language].format(
                right=say("right", right, language) if right else "", span=say_duration(span, language)
            )
            for language in LANGUAGES
        }
    )
