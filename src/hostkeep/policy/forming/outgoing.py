"""Form what leaves: cookies, messages, disclosures."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hostkeep.kernel.ids import CategoryId, PurposeId
from hostkeep.policy.book import Cookie, Recipient, Stream
from hostkeep.policy.draft import Draft
from hostkeep.policy.vocabulary.terms import terms


def cookies_of(draft: Draft) -> Mapping[str, Cookie]:
    """Form the cookies, by name."""
    cookies = {}
    for found in draft.named("cookies"):
        name, entry = found.thing
        cookies[name] = Cookie(
            name=name,
            purpose=PurposeId(entry["purpose"]),
            life=entry["life"],
            idle=entry.get("idle"),
            clause=found.clause,
            asked=entry.get("asked", False),
            holds=MappingProxyType(entry["holds"]),
            carries=tuple(CategoryId(each) for each in entry.get("carries", ())),
        )
    return MappingProxyType(cookies)


def streams_of(draft: Draft) -> Mapping[str, Stream]:
    """Form the streams of messages, by id."""
    streams = {}
    for found in draft.named("streams"):
        name, entry = found.thing
        streams[name] = Stream(
            id=name,
            purpose=PurposeId(draft.purpose_of(name, entry)),
            label=MappingProxyType(entry["label"]) if "label" in entry else terms("stream")[name].label,
            channels=entry["channels"],
            default=entry["default"],
            own_only=entry.get("own_only", False),
            clause=found.clause,
        )
    return MappingProxyType(streams)


def recipients_of(draft: Draft) -> Mapping[str, Recipient]:
    """Form the recipients, by id."""
    recipients = {}
    for found in draft.named("recipients"):
        name, entry = found.thing
        recipients[name] = Recipient(
            id=name,
            label=MappingProxyType(entry["label"]),
            basis=entry["basis"],
            categories=frozenset(CategoryId(each) for each in entry["categories"]),
            purposes=frozenset(PurposeId(each) for each in entry["purposes"]),
            country=entry.get("country", ""),
            clause=found.clause,
            exception=entry.get("exception", False),
        )
    return MappingProxyType(recipients)
