"""Steps on rights and on breaches: answers come sooner, rights are added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType

from hostkeep.policy.book import Policy
from hostkeep.policy.durations import say_duration
from hostkeep.policy.duties import NO_CLAUSE, Breach, Right
from hostkeep.policy.overlays.steps import Stricter, put_in
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


@dataclass(frozen=True, slots=True)
class AnswerWithin:
    """A step that answers rights in time.  limits: the longest, by right."""

    limits: Mapping[str, timedelta]
    law: Law

    def __call__(self, policy: Policy) -> Stricter:
        """Take the step."""
        found = {}
        for name, limit in self.limits.items():
            right = policy.duties.rights.get(name)
            if right is not None and (right.within is None or right.within > limit):
                found[name] = (replace(right, within=limit), _said(right, "within", _ANSWER, limit, self.law))
        return _with_rights(policy, found)


@dataclass(frozen=True, slots=True)
class AcknowledgeWithin:
    """A step that confirms the receipt of a request in time."""

    rights: tuple[str, ...]
    limit: timedelta
    law: Law

    def __call__(self, policy: Policy) -> Stricter:
        """Take the step."""
        found = {}
        for name in self.rights:
            right = policy.duties.rights.get(name)
            if right is not None and (right.acknowledge is None or right.acknowledge > self.limit):
                note = _said(right, "acknowledge", _RECEIPT, self.limit, self.law)
                found[name] = (replace(right, acknowledge=self.limit), note)
        return _with_rights(policy, found)


@dataclass(frozen=True, slots=True)
class Give:
    """A step that gives a right the policy is silent on, by a mail to the controller."""

    name: str
    within: timedelta
    law: Law

    def __call__(self, policy: Policy) -> Stricter:
        """Take the step."""
        rights = policy.duties.rights
        if self.name in rights:
            return policy, ()
        clause = next((right.clause for right in rights.values()), NO_CLAUSE)
        right = Right(self.name, "mail", self.within, policy.controller["contact"], clause)
        return _with_rights(
            policy, {self.name: (right, _said(right, "given", _ADDED, self.within, self.law))}
        )


@dataclass(frozen=True, slots=True)
class ReportWithin:
    """A step that reports a breach in time; where the policy is silent, owners wait no longer."""

    limit: timedelta
    law: Law

    def __call__(self, policy: Policy) -> Stricter:
        """Take the step."""
        breach = policy.duties.breach or Breach(timedelta.max, self.limit, NO_CLAUSE)
        if breach.authority <= self.limit:
            return policy, ()
        duties = replace(policy.duties, breach=replace(breach, authority=self.limit))
        what = _words(_BREACH, "", self.limit)
        return replace(policy, duties=duties), (
            tightening(breach.clause, "breach.authority", what, self.law),
        )


def _with_rights(policy: Policy, found: Mapping[str, tuple[Right, Tightening]]) -> Stricter:
    """Put stricter rights into a policy."""
    rights, notes = put_in(policy.duties.rights, found)
    return replace(policy, duties=replace(policy.duties, rights=rights)), notes


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
