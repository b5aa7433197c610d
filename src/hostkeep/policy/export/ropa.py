"""The record of processing activities, made from the rules.  Source: GDPR, art. 30(1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from hostkeep.kernel.ids import CategoryId
from hostkeep.policy.book import Policy, Purpose, Recipient
from hostkeep.policy.export.document import Block, Document, Heading, Pairs
from hostkeep.policy.render.wording import said, say_categories, say_country, say_end, say_term
from hostkeep.policy.vocabulary.terms import say

EEA = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT",
    "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
"""Countries to which data goes without being a transfer.  Source: Agreement on the European Economic Area."""

_COUNTRY = re.compile(r"\b([A-Z]{2})\.?$", re.ASCII)
_OF_CHILDREN = "guardian"
_OF_REGISTRANTS = "registrant"


@dataclass(frozen=True, slots=True)
class Limit:
    """How long one class of the data stays: "Account data", "2 years after ...", "erased"."""

    data: str
    term: str
    end: str


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody outside.  country: two letters, or that it depends.  basis: on what ground, in words."""

    name: str
    basis: str
    country: str


@dataclass(frozen=True, slots=True)
class Activity:
    """What is done for one purpose.

    subjects   the categories of people
    readers    roles that may read
    transfers  the receivers outside the controller's own area of law, or in no country known beforehand
    """

    id: str
    purpose: str
    basis: str
    subjects: tuple[str, ...]
    data: tuple[str, ...]
    readers: tuple[str, ...]
    recipients: tuple[Receiver, ...]
    transfers: tuple[Receiver, ...]
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class ProcessingRecord:
    """The whole record, in one language.

    digest    of the policy it was made from
    measures  technical and organisational; the general description that art. 30(1)(g) asks for
    """

    brand: str
    language: str
    digest: str
    controller: str
    contact: str
    postal: str
    jurisdictions: tuple[str, ...]
    measures: tuple[str, ...]
    activities: tuple[Activity, ...]


def processing_record(policy: Policy, language: str) -> ProcessingRecord:
    """Return the record of processing activities of a policy: one activity for each of its purposes."""
    return ProcessingRecord(
        brand=policy.brand,
        language=language,
        digest=policy.digest,
        controller=policy.controller["name"],
        contact=policy.controller["contact"],
        postal=policy.controller.get("postal", ""),
        jurisdictions=tuple(say("jurisdiction", each, language) for each in policy.jurisdictions),
        measures=tuple(say("measure", each, language) for each in policy.duties.measures),
        activities=tuple(_activity(policy, each, language) for each in policy.purposes.values()),
    )


def record_json(record: ProcessingRecord) -> dict[str, Any]:
    """Return the record ready for a JSON writer: its fields by their names, lists for tuples."""
    return asdict(record)


def _activity(policy: Policy, purpose: Purpose, language: str) -> Activity:
    """Write the activity of one purpose."""
    held = {category for category, what_for, _ in policy.table if what_for == purpose.id}
    roles = {role for _, what_for, role in policy.table if what_for == purpose.id}
    outside = [each for each in policy.recipients.values() if purpose.id in each.purposes]
    given = {category for each in outside for category in each.categories}
    return Activity(
        id=purpose.id,
        purpose=said(purpose.label, language),
        basis=say("basis", purpose.basis, language),
        subjects=tuple(say("subject", each, language) for each in _subjects(policy, held | given, roles)),
        data=say_categories(policy, held | given, language),
        readers=tuple(say("role", each, language) for each in sorted(roles)),
        recipients=tuple(_receiver(each, language) for each in outside),
        transfers=tuple(_receiver(each, language) for each in outside if _is_abroad(policy, each)),
        limits=tuple(_limits(policy, held | given, language)),
    )


def _subjects(policy: Policy, held: set[CategoryId], roles: set[str]) -> Iterator[str]:
    """Name the categories of people whose data is held for a purpose."""
    yield "customer"
    if "visitor" in roles or any(policy.categories[each].keep_class == "traffic" for each in held):
        yield "visitor"
    if _OF_REGISTRANTS in held:
        yield "registrant"
    if _OF_CHILDREN in held:
        yield "child"


def _receiver(recipient: Recipient, language: str) -> Receiver:
    """Write one receiver."""
    return Receiver(
        said(recipient.label, language),
        say("recipient_basis", recipient.basis, language),
        say_country(recipient, language),
    )


def _is_abroad(policy: Policy, recipient: Recipient) -> bool:
    """Whether a recipient is outside the EEA for a controller under its law, else outside its own country."""
    if "eu" in policy.jurisdictions:
        return recipient.country not in EEA
    found = _COUNTRY.search(policy.controller.get("postal", ""))
    return found is None or recipient.country != found[1]


def _limits(policy: Policy, held: set[CategoryId], language: str) -> Iterator[Limit]:
    """Write how long the classes of some data stay, the archive among them where it keeps some of it."""
    classes = {policy.categories[category].keep_class for category in held}
    archive = policy.duties.archive
    if archive is not None and held & archive.categories:
        classes.add("archive")
    for rule in policy.retention.values():
        if rule.keep_class in classes:
            yield Limit(
                say("class", rule.keep_class, language), say_term(rule, language), say_end(rule, language)
            )


def record_document(record: ProcessingRecord) -> Document:
    """Lay the record out: the controller, then one section for each activity."""

    def titled(name: str) -> str:
        return say("heading", name, record.language)

    def listed(each: tuple[str, ...]) -> str:
        return ", ".join(each) or titled("none")

    title = f"{record.controller}: {titled('record')}"
    head = (
        (titled("controller"), ", ".join(filter(None, (record.controller, record.postal)))),
        (titled("contact"), record.contact),
        (titled("jurisdictions"), listed(record.jurisdictions)),
        (titled("measures"), listed(record.measures)),
        (titled("digest"), record.digest),
    )
    blocks: list[Block] = [Heading(1, title), Pairs(head)]
    for each in record.activities:
        rows = (
            (titled("basis"), each.basis),
            (titled("subjects"), listed(each.subjects)),
            (titled("data"), listed(each.data)),
            (titled("readers"), listed(each.readers)),
            (titled("recipient"), listed(_named(each.recipients))),
            (titled("transfers"), listed(_named(each.transfers))),
            (titled("limits"), _told(each.limits) or titled("none")),
        )
        blocks += [Heading(2, each.purpose), Pairs(rows)]
    return Document(record.language, title, tuple(blocks))


def _named(receivers: tuple[Receiver, ...]) -> tuple[str, ...]:
    """Name receivers with their ground and country."""
    return tuple(f"{each.name} ({each.basis}; {each.country})" for each in receivers)


def _told(limits: tuple[Limit, ...]) -> str:
    """Say how long each class stays."""
    return "; ".join(f"{each.data}: {each.term}, {each.end}" for each in limits)
