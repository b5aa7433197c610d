"""A policy as JSON-LD in terms of the W3C Data Privacy Vocabulary 2.3.

Words of our own have the prefix `x` and name their broader terms; parts of one version have the prefix `p`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hostkeep.policy.book import Policy, Purpose
from hostkeep.policy.export.nodes import (
    PLACE,
    Node,
    part,
    ref,
    refs,
    source,
    span,
    texts,
    without_empty,
    word,
    word_node,
    words,
)
from hostkeep.policy.export.rules import durations, obligations, permissions, prohibitions, storages
from hostkeep.policy.vocabulary.dpv import NAMESPACES, OWN
from hostkeep.policy.vocabulary.terms import terms

OUTSIDE = {
    "dct": "http://purl.org/dc/terms/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
"""Prefixes beside those of the vocabulary."""

SUBJECTS = ("customer", "visitor")
"""The roles that are the people the data is about."""


def policy_jsonld(policy: Policy) -> dict[str, Any]:
    """Return a policy as a JSON-LD document, ready for a JSON writer: "@context" and "@graph".

    The graph holds one dpv:PersonalDataHandling for each purpose; a permission for each thing a form asks,
    each group of readings and each recipient; a prohibition for each clause that forbids; an obligation for
    each term of storage; and every clause with its text.
    Source: Data Privacy Vocabulary 2.3, https://w3id.org/dpv/2.3
    """
    context = {
        **NAMESPACES,
        "x": OWN,
        PLACE: f"urn:hostkeep:policy:{policy.brand}:{policy.digest}#",
        **OUTSIDE,
    }
    rules = {
        "dpv:hasPermission": list(permissions(policy)),
        "dpv:hasProhibition": list(prohibitions(policy)),
        "dpv:hasObligation": list(obligations(policy)),
    }
    nodes = [node for found in rules.values() for node in found]
    return {
        "@context": context,
        "@graph": [_policy(policy, rules), _controller(policy), *nodes, *_parts(policy), *_words(policy)],
    }


def _policy(policy: Policy, rules: Mapping[str, list[Node]]) -> Node:
    """Write the policy itself."""
    whole = {
        "@id": f"{PLACE}:policy",
        "@type": ["dpv:Policy", "dpv:PrivacyNotice"],
        "dct:title": policy.controller["name"],
        "dct:identifier": policy.digest,
        "dct:description": texts(policy.after),
        "dct:language": list(policy.languages),
        "dct:coverage": list(policy.hosts),
        "dct:hasPart": [ref(part("clause", each.id)) for each in policy.clauses],
        "dpv:hasDataController": ref(f"{PLACE}:controller"),
        "dpv:hasDataSubject": words("role", _subjects(policy)),
        "dpv:hasJurisdiction": words("jurisdiction", policy.jurisdictions),
        "dpv:hasPersonalData": words("category", policy.categories),
        "dpv:hasPersonalDataHandling": [ref(part("handling", each)) for each in policy.purposes],
        "dpv:hasProcess": [ref(part("stream", each)) for each in policy.streams],
        "dpv:isImplementedUsingTechnology": [ref(part("cookie", each)) for each in policy.cookies],
        "dpv:hasRecipient": [ref(part("recipient", each)) for each in policy.recipients],
        "dpv:hasStorageCondition": [ref(part("storage", each)) for each in policy.retention],
        "dpv:hasApplicableLaw": [ref(name) for name in _laws(policy)],
        "dpv:hasRight": [ref(part("right", each)) for each in policy.duties.rights],
        "dpv:hasTechnicalOrganisationalMeasure": refs(policy.duties.measures),
    }
    return without_empty(
        {**whole, **{key: [ref(node["@id"]) for node in found] for key, found in rules.items()}}
    )


def _subjects(policy: Policy) -> list[str]:
    """Return the people the data is about."""
    return [role for role in SUBJECTS if role in policy.roles]


def _controller(policy: Policy) -> Node:
    """Write who is responsible."""
    return without_empty(
        {
            "@id": f"{PLACE}:controller",
            "@type": "dpv:DataController",
            "dpv:hasName": policy.controller["name"],
            "dpv:hasContact": policy.controller["contact"],
            "dpv:hasAddress": policy.controller.get("postal"),
        }
    )


def _parts(policy: Policy) -> Iterator[Node]:
    """Write what belongs to this version alone."""
    yield from (_handling(policy, each) for each in policy.purposes.values())
    yield from storages(policy)
    yield from durations(policy)
    yield from _recipients(policy)
    yield from _rights(policy)
    yield from _sent(policy)
    yield from _laws(policy).values()
    for clause in policy.clauses:
        yield {
            "@id": part("clause", clause.id),
            "@type": list(terms("kind")[clause.kind].dpv),
            "dct:identifier": clause.id,
            "dct:description": texts(clause.text),
        }


def _handling(policy: Policy, purpose: Purpose) -> Node:
    """Write all that is done for one purpose: which data, on which basis, by whom, for how long, to whom."""
    held = {category for category, what_for, _ in policy.table if what_for == purpose.id}
    classes = {policy.categories[category].keep_class for category in held} & policy.retention.keys()
    return without_empty(
        {
            "@id": part("handling", purpose.id),
            "@type": "dpv:PersonalDataHandling",
            "dpv:hasPurpose": words("purpose", [purpose.id]),
            "dpv:hasLegalBasis": ref(word("basis", purpose.basis)),
            "dpv:hasPersonalData": words("category", held),
            "dpv:hasDataController": ref(f"{PLACE}:controller"),
            "dpv:hasDataSubject": words("role", _subjects(policy)),
            "dpv:hasEntity": words(
                "role", {role for _, what_for, role in policy.table if what_for == purpose.id}
            ),
            "dpv:hasStorageCondition": refs(part("storage", each) for each in classes),
            "dpv:hasRecipient": refs(
                part("recipient", each.id)
                for each in policy.recipients.values()
                if purpose.id in each.purposes
            ),
        }
    )


def _recipients(policy: Policy) -> Iterator[Node]:
    """Write who outside receives data, and the countries they are in."""
    for each in policy.recipients.values():
        _, kind = terms("recipient_basis")[each.basis].dpv
        yield without_empty(
            {
                "@id": part("recipient", each.id),
                "@type": kind,
                "skos:prefLabel": texts(each.label),
                "dpv:hasCountry": ref(word("country", each.country)) if each.country else None,
            }
        )
    for country in sorted({each.country for each in policy.recipients.values()} - {""}):
        yield {
            "@id": word("country", country),
            "@type": "dpv:Country",
            "skos:broader": ref("dpv:Country"),
            "dct:identifier": country,
        }


def _rights(policy: Policy) -> Iterator[Node]:
    """Write the rights, where each is exercised and how soon it is answered."""
    for each in policy.duties.rights.values():
        yield without_empty(
            {
                "@id": part("right", each.id),
                "@type": list(terms("right")[each.id].dpv),
                "dct:identifier": each.id,
                "skos:prefLabel": texts(terms("right")[each.id].label),
                "dpv:isExercisedAt": f"mailto:{each.mailbox}" if each.how == "mail" else "/account/privacy/",
                "dpv:hasDuration": None if each.within is None else span(each.within),
                "dct:source": source(each.clause),
            }
        )


def _laws(policy: Policy) -> dict[str, Node]:
    """Write the laws that make the policy stricter than its file, by the names of their nodes."""
    names = {each.source: each.law for each in policy.tightened}
    return {
        part("law", number): {
            "@id": part("law", number),
            "@type": "dpv:Law",
            "skos:prefLabel": texts(law),
            "dct:bibliographicCitation": source_text,
        }
        for number, (source_text, law) in enumerate(names.items(), start=1)
    }


def _sent(policy: Policy) -> Iterator[Node]:
    """Write the streams of messages and the cookies."""
    for stream in policy.streams.values():
        yield {
            "@id": part("stream", stream.id),
            "@type": "dpv:Process",
            "skos:prefLabel": texts(stream.label),
            "dpv:hasPurpose": words("purpose", [stream.purpose]),
            "dpv:hasEntityInvolvement": [ref(name) for name in terms("default")[stream.default].dpv],
            "dct:source": ref(part("clause", stream.clause)),
        }
    for cookie in policy.cookies.values():
        yield without_empty(
            {
                "@id": part("cookie", cookie.name),
                "@type": list(terms("cookie")[cookie.name].dpv),
                "dct:identifier": cookie.name,
                "dct:description": texts(cookie.holds),
                "dpv:hasPurpose": words("purpose", [cookie.purpose]),
                "dpv:hasPersonalData": words("category", cookie.carries),
                "dpv:hasContext": words("need", ["consent"] if cookie.asked else []),
                "dpv:hasDuration": "session" if cookie.life is None else span(cookie.life),
                "dct:source": ref(part("clause", cookie.clause)),
            }
        )


def _words(policy: Policy) -> Iterator[Node]:
    """Say of each of our own words in the graph what it means in the vocabulary."""
    forbidden = {category for never in policy.never for category in never.categories}
    for category in sorted({*policy.categories, *forbidden, *policy.duties.never_ask}):
        known = policy.categories.get(category)
        yield word_node("category", category, "dpv:PersonalData", known.label if known else None)
    for purpose in policy.purposes.values():
        yield word_node("purpose", purpose.id, "dpv:Purpose", purpose.label)
    needs = {need for cell in policy.table.values() for need in cell.needs}
    if any(cookie.asked for cookie in policy.cookies.values()):
        needs.add("consent")
    for basis in sorted({each.basis for each in policy.recipients.values()}):
        broader, _ = terms("recipient_basis")[basis].dpv
        yield {**word_node("recipient_basis", basis, "dpv:LegalBasis"), "skos:broader": ref(broader)}
    said: dict[tuple[str, str], set[str]] = {
        ("basis", "dpv:LegalBasis"): {each.basis for each in policy.purposes.values()},
        ("role", "dpv:Entity"): set(policy.roles),
        ("need", "dpv:Context"): needs,
        ("form", "dpv:Notice"): set(policy.forms),
        ("notice", "dpv:NoticeStatus"): {policy.notice.mode},
        ("jurisdiction", "dpv:Jurisdiction"): set(policy.jurisdictions),
    }
    for (kind, top), names in said.items():
        yield from (word_node(kind, name, top) for name in sorted(names))
