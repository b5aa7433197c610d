"""Steps on consent: cookies wait for a yes, boxes come empty, promotions ask first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from hostkeep.policy.book import Policy, Purpose
from hostkeep.policy.duties import NO_CLAUSE
from hostkeep.policy.overlays.steps import Stricter, put_in
from hostkeep.policy.tightening import Law, Tightening, tightening
from hostkeep.policy.vocabulary.terms import LANGUAGES, terms

ESSENTIAL = frozenset({"authentication", "cart", "order", "service", "account", "billing"})
"""Purposes of cookies without which a service that somebody asked for cannot be given."""

NO_ADVERTISING = frozenset({"announcements"})
"""Mass mail that may carry no offer."""

_COOKIE = {"en": "The cookie {thing} waits for your yes", "vi": "Cookie {thing} chỉ được đặt khi bạn đồng ý"}
_BOX = {"en": "The box for {thing} comes empty", "vi": "Ô {thing} luôn để trống sẵn"}
_STREAM = {"en": "{thing}: off until you choose it", "vi": "{thing}: tắt cho đến khi bạn chọn"}
_PURPOSE = {"en": "{thing}: only with your consent", "vi": "{thing}: chỉ khi bạn đồng ý"}


@dataclass(frozen=True, slots=True)
class AskForCookies:
    """A step that asks before any cookie that is not essential."""

    law: Law

    def __call__(self, policy: Policy) -> Stricter:
        """Take the step."""
        found = {}
        for name, cookie in policy.cookies.items():
            if not cookie.asked and cookie.purpose not in ESSENTIAL:
                what = _words(_COOKIE, dict.fromkeys(LANGUAGES, name))
                note = tightening(cookie.clause, f"cookie.{name}", what, self.law)
                found[name] = (replace(cookie, asked=True), note)
        cookies, notes = put_in(policy.cookies, found)
        return replace(policy, cookies=cookies), notes


@dataclass(frozen=True, slots=True)
class LeaveBoxesEmpty:
    """A step that lets no box of a stream come ticked."""

    law: Law

    def __call__(self, policy: Policy) -> Stricter:
        """Take the step."""
        notes: list[Tightening] = []
        forms = {}
        for name, form in policy.forms.items():
            ticked = [choice for choice in form.choices if choice.ticked]
            for choice in ticked:
                what = _words(_BOX, terms("stream")[choice.stream].label)
                notes.append(tightening(choice.clause, f"choice.{name}.{choice.stream}", what, self.law))
            empty = tuple(replace(choice, ticked=False) for choice in form.choices)
            forms[name] = replace(form, choices=empty)
        return replace(policy, forms=MappingProxyType(forms)), tuple(notes)


@dataclass(frozen=True, slots=True)
class KeepPromotionsOff:
    """A step that sends no advertising before somebody chose it."""

    law: Law

    def __call__(self, policy: Policy) -> Stricter:
        """Take the step."""
        found = {}
        for name, stream in policy.streams.items():
            if stream.default == "on" and terms("stream")[name].mark == "mass" and name not in NO_ADVERTISING:
                note = tightening(stream.clause, f"stream.{name}", _words(_STREAM, stream.label), self.law)
                found[name] = (replace(stream, default="off"), note)
        streams, notes = put_in(policy.streams, found)
        return replace(policy, streams=streams), notes


@dataclass(frozen=True, slots=True)
class AskForPromotions:
    """A step that puts the purposes of advertising on consent, and so each reading for them."""

    law: Law

    def __call__(self, policy: Policy) -> Stricter:
        """Take the step."""
        found = {
            name: (replace(purpose, basis="consent"), _asked_first(policy, purpose, self.law))
            for name, purpose in policy.purposes.items()
            if purpose.dpv == "dpv:DirectMarketing" and purpose.basis != "consent"
        }
        purposes, notes = put_in(policy.purposes, found)
        table = {
            question: replace(cell, needs=cell.needs | {"consent"}) if question[1] in found else cell
            for question, cell in policy.table.items()
        }
        return replace(policy, purposes=purposes, table=MappingProxyType(table)), notes


def _asked_first(policy: Policy, purpose: Purpose, law: Law) -> Tightening:
    """Note a purpose that now asks first, under the clause that closes use."""
    what = _words(_PURPOSE, purpose.label)
    return tightening(policy.closed_by.get("use", NO_CLAUSE), f"purpose.{purpose.id}", what, law)


def _words(words: Mapping[str, str], thing: Mapping[str, str]) -> Mapping[str, str]:
    """Say what holds, in each language."""
    named = {language: thing.get(language, thing[LANGUAGES[0]]) for language in LANGUAGES}
    return MappingProxyType(
        {language: words[language].format(thing=named[language]) for language in LANGUAGES}
    )
