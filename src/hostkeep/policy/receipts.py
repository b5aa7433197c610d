"""Receipts: what a person said yes or no to, or was shown, under the version of the policy that they saw.

Names of fields, and which must be there: ISO/IEC TS 27560:2023, 6.3 (record) and 6.4 (receipt); terms: W3C
Data Privacy Vocabulary 2.3.  Pure: rows and the version go in, JSON comes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from hostkeep.kernel.ids import CategoryId, ClauseId, PurposeId
from hostkeep.policy.book import Policy, Recipient, Text
from hostkeep.policy.consent import Matter, matter_of
from hostkeep.policy.durations import write_duration
from hostkeep.policy.vocabulary.terms import terms

SCHEMA = "ISO/IEC TS 27560:2023"
CONTROLLER = "controller"
UNSAID = "not stated by the policy"
"""Where the standard demands a word that a policy does not have to say."""

UNTIL_WITHDRAWN = "until withdrawn"
NO_END = "no end"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was said.

    state     given, refused, withdrawn or expired
    version   of the policy in force then, with its digest
    language  of the page, or empty
    how       where it was said, a `consent_place` of the vocabulary
    """

    state: str
    at: datetime
    version: int
    digest: str
    language: str
    how: str


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent as a receipt tells it.

    principal  what the person is called by: the customer number
    recipient  id of a recipient of the policy, or empty
    until      when a yes ends by itself, or None
    events     oldest first, at least one; the first carries the version that was shown
    """

    record: UUID
    principal: str
    purpose: PurposeId
    recipient: str
    clause: ClauseId
    until: datetime | None
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A notice that a person was shown, or a statement they ticked.  what: its id; form: where."""

    record: UUID
    principal: str
    what: str
    form: str
    version: int
    digest: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Pages:
    """Absolute addresses.

    notice    of the policy
    withdraw  where a consent is taken back
    rights    where rights are exercised
    """

    notice: str
    withdraw: str
    rights: str


def consent_receipt(policy: Policy, consent: Consent, pages: Pages) -> dict[str, Any]:
    """Return the receipt of one consent with all that was said, ready for a JSON writer.

    policy  the version of the consent's first event
    """
    first = consent.events[0]
    language = first.language if first.language in policy.languages else policy.languages[0]
    matter = matter_of(policy, consent.purpose, consent.recipient)
    recipient = policy.recipients.get(consent.recipient)
    return {
        "header": {
            **_header(consent.record, len(consent.events), consent.principal),
            "record_kind": "consent",
        },
        "processing": {
            **_notice(policy, pages, first.version, language),
            "clause": consent.clause,
            "purposes": [_purpose(policy, consent, matter, language) | _ways(policy, recipient, pages)],
        },
        "party_identification": [_controller(policy, pages), *_recipients(recipient, language)],
        "event": [_event(each, consent) for each in consent.events],
    }


def notice_receipt(policy: Policy, shown: Shown, pages: Pages) -> dict[str, Any]:
    """Return the receipt of a notice: the person saw it, and consented to nothing by that.

    policy  the version that was shown
    """
    return {
        "header": {**_header(shown.record, 1, shown.principal), "record_kind": "notice_acknowledgement"},
        "note": "The person was shown this or ticked it. It is no consent to any processing.",
        "processing": {
            **_notice(policy, pages, shown.version, policy.languages[0]),
            "statement": shown.what,
            "statement_text": _statement(policy, shown.what),
            "purposes": [],
        },
        "party_identification": [_controller(policy, pages)],
        "event": [
            {
                "event_time": _moment(shown.at),
                "validity_duration": NO_END,
                "entity_id": shown.principal,
                "event_type": "notice",
                "event_state": "dpv:NoticeCommunicated",
                "policy_version": shown.version,
                "policy_digest": shown.digest,
                "place": shown.form,
            }
        ],
    }


def _header(record: UUID, events: int, principal: str) -> dict[str, Any]:
    """Write who and which.  The receipt's own number changes with each event.  Source: 6.3.3, 6.4.5."""
    return {
        "schema_version": SCHEMA,
        "record_id": str(record),
        "receipt_id": str(uuid5(record, f"receipt {events}")),
        "pii_principal_id": principal,
    }


def _notice(policy: Policy, pages: Pages, version: int, language: str) -> dict[str, Any]:
    """Write what was shown.  Source: 6.3.4.1, 6.3.4.2."""
    return {
        "privacy_notice": {
            "type": "dpv:PrivacyNotice",
            "url": pages.notice,
            "version": version,
            "digest": policy.digest,
            "digest_algorithm": "SHA-256",
        },
        "language": language,
    }


def _purpose(policy: Policy, consent: Consent, matter: Matter | None, language: str) -> dict[str, Any]:
    """Write for what, on what ground, with which data, for how long.  Source: 6.3.4.3 to 6.3.4.12."""
    known = policy.purposes.get(consent.purpose)
    categories = matter.categories if matter else ()
    return {
        "purpose": _said(known.label, language) if known else consent.purpose,
        "purpose_id": consent.purpose,
        "purpose_type": known.dpv if known else UNSAID,
        "lawful_basis": _basis(consent.recipient),
        "pii_information": [_pii(policy, each) for each in categories],
        "pii_controllers": [CONTROLLER],
        "collection_method": _collected(policy, categories),
        "retention_period": _kept(policy, categories),
    }


def _ways(policy: Policy, recipient: Recipient | None, pages: Pages) -> dict[str, Any]:
    """Write how it is processed, where, for whom, and how it ends.  Source: 6.3.4.10 to 6.3.4.19."""
    return {
        "processing_method": ["dpv:Disclose"] if recipient else ["dpv:Use", "dpv:Store"],
        "storage_locations": [UNSAID],
        "processing_locations": [recipient.country or UNSAID] if recipient else [UNSAID],
        "jurisdiction": [each.upper() for each in policy.jurisdictions] or [UNSAID],
        "recipient_third_parties": [recipient.id] if recipient else [],
        "withdrawal_method": pages.withdraw,
        "privacy_rights": {
            "url": pages.rights,
            "rights": [
                {"right": name, "type": list(terms("right")[name].dpv), "clause": each.clause}
                for name, each in policy.duties.rights.items()
            ],
        },
    }


def _pii(policy: Policy, category: CategoryId) -> dict[str, Any]:
    """Write one kind of data; none of the vocabulary is of a special category.  Source: 6.3.5."""
    known = policy.categories[category]
    return {
        "pii_type": list(known.dpv),
        "pii_attribute_id": category,
        "pii_optional": True,
        "sensitive_pii_category": known.sensitivity != "basic",
        "special_pii_category": False,
    }


def _collected(policy: Policy, categories: Iterable[CategoryId]) -> list[str]:
    """Say how the data came in: typed into a form, or by using the service."""
    asked = {field.category for form in policy.forms.values() for field in form.fields}
    ways = {"provided by the person" if each in asked else "by use of the service" for each in categories}
    return sorted(ways) or [UNSAID]


def _kept(policy: Policy, categories: Iterable[CategoryId]) -> list[dict[str, Any]]:
    """Write how long each class of the data stays, whatever the consent does.  Source: 6.3.4.12."""
    classes = sorted({policy.categories[each].keep_class for each in categories})
    rules = [policy.retention[each] for each in classes if each in policy.retention]
    return [
        {
            "class": rule.keep_class,
            "until": rule.until,
            "plus": write_duration(rule.plus),
            "then": rule.then,
            "clause": rule.clause,
        }
        for rule in rules
    ]


def _basis(recipient: str) -> str:
    """Return the term of the ground: a consent, or a permission for one recipient."""
    word = terms("recipient_basis")["consent"] if recipient else terms("basis")["consent"]
    return word.dpv[0]


def _controller(policy: Policy, pages: Pages) -> dict[str, Any]:
    """Write who answers for it.  Source: 6.3.6."""
    contact = policy.controller.get("contact", "")
    return {
        "party_id": CONTROLLER,
        "party_name": policy.controller.get("name", policy.brand),
        "party_address": policy.controller.get("postal", UNSAID),
        "party_email": contact,
        "party_url": pages.notice,
        "party_role": "dpv:DataController",
        "party_contact": [{"contact_type": "email", "contact_information": contact}],
        "party_type": "service provider",
    }


def _recipients(recipient: Recipient | None, language: str) -> list[dict[str, Any]]:
    """Write who receives, if anybody.  Source: 6.3.6."""
    if recipient is None:
        return []
    return [
        {
            "party_id": recipient.id,
            "party_name": _said(recipient.label, language),
            "party_address": recipient.country or UNSAID,
            "party_role": "dpv:ThirdParty",
            "party_contact": [],
            "party_type": "recipient",
            "clause": recipient.clause,
        }
    ]


def _event(event: Event, consent: Consent) -> dict[str, Any]:
    """Write one thing that was said.  Source: 6.3.7."""
    return {
        "event_time": _moment(event.at),
        "validity_duration": _lasts(event, consent.until),
        "entity_id": consent.principal,
        "event_type": "explicit",
        "event_state": terms("consent")[event.state].dpv[0],
        "policy_version": event.version,
        "policy_digest": event.digest,
        "place": event.how,
    }


def _lasts(event: Event, until: datetime | None) -> str:
    """Say how long a word holds: a yes for a time or until it is withdrawn, another word for good."""
    if event.state != "given":
        return NO_END
    return UNTIL_WITHDRAWN if until is None else write_duration(until - event.at)


def _statement(policy: Policy, what: str) -> Mapping[str, str]:
    """Return the words that were ticked, by language; empty where it was no box."""
    found = (each.text for form in policy.forms.values() for each in form.statements if each.id == what)
    return dict(next(found, {}))


def _said(text: Text, language: str) -> str:
    """Return a text in a language, or in the first it has."""
    return text.get(language) or next(iter(text.values()), "")


def _moment(at: datetime) -> str:
    """Write a moment in UTC: "2026-11-22T10:00:00Z"."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
