"""The rules of a policy as permissions, prohibitions and obligations, each with the clause it comes from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hostkeep.kernel.ids import CategoryId, ClauseId, PurposeId
from hostkeep.policy.book import Policy, Recipient, Retention
from hostkeep.policy.export.nodes import Node, part, ref, source, span, texts, without_empty, word, words
from hostkeep.policy.vocabulary.terms import terms

CLOSED = {
    "use": "dpv:Use",
    "disclose": "dpv:Disclose",
    "cookies": "dpv:Store",
    "communicate": "dpv:CommunicationManagement",
}
"""What is forbidden where a clause closes a kind: the processing, or for messages the purpose."""

TOLD = {"authority": "dpv:DataProtectionAuthority", "owners": "dpv:DataSubject"}
"""Who is told of a breach."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Some cells of the decision table that say the same: every category for every purpose by every role."""

    clause: ClauseId
    needs: frozenset[str]
    categories: frozenset[CategoryId]
    purposes: frozenset[PurposeId]
    roles: frozenset[str]


def grants_of(policy: Policy) -> tuple[Grant, ...]:
    """Gather the decision table into as few grants as are exact: together they are the table, no more."""
    by_asker: dict[tuple[ClauseId, frozenset[str], PurposeId, str], set[CategoryId]] = defaultdict(set)
    for (category, purpose, role), cell in policy.table.items():
        by_asker[cell.clause, cell.needs, purpose, role].add(category)
    by_purpose: dict[tuple[ClauseId, frozenset[str], PurposeId, frozenset[CategoryId]], set[str]]
    by_purpose = defaultdict(set)
    for (clause, needs, purpose, role), categories in by_asker.items():
        by_purpose[clause, needs, purpose, frozenset(categories)].add(role)
    whole: dict[tuple[ClauseId, frozenset[str], frozenset[CategoryId], frozenset[str]], set[PurposeId]]
    whole = defaultdict(set)
    for (clause, needs, purpose, held), roles in by_purpose.items():
        whole[clause, needs, held, frozenset(roles)].add(purpose)
    return tuple(
        Grant(clause, needs, held, frozenset(purposes), roles)
        for (clause, needs, held, roles), purposes in whole.items()
    )


def permissions(policy: Policy) -> Iterator[Node]:
    """Write what is permitted: to ask, to use, to disclose."""
    for form in policy.forms.values():
        for field in form.fields:
            yield {
                "@id": part("ask", f"{form.name}-{field.category}"),
                "@type": "dpv:Permission",
                "dpv:hasProcessing": ref("dpv:Collect"),
                "dpv:hasPersonalData": words("category", [field.category]),
                "dpv:hasNecessity": ref("dpv:Required" if field.required else "dpv:Optional"),
                "dpv:hasNotice": ref(word("form", form.name)),
                "dct:description": texts(field.why),
                "dct:source": ref(part("clause", field.clause)),
            }
    for number, grant in enumerate(grants_of(policy), start=1):
        yield without_empty(
            {
                "@id": part("use", number),
                "@type": "dpv:Permission",
                "dpv:hasProcessing": ref("dpv:Use"),
                "dpv:hasPersonalData": words("category", grant.categories),
                "dpv:hasPurpose": words("purpose", grant.purposes),
                "dpv:hasEntity": words("role", grant.roles),
                "dpv:hasContext": words("need", grant.needs),
                "dct:source": ref(part("clause", grant.clause)),
            }
        )
    yield from (_disclosure(each) for each in policy.recipients.values())


def _disclosure(recipient: Recipient) -> Node:
    """Write the permission to give data to a recipient."""
    return {
        "@id": part("disclose", recipient.id),
        "@type": "dpv:Permission",
        "dpv:hasProcessing": ref("dpv:Disclose"),
        "dpv:hasPersonalData": words("category", recipient.categories),
        "dpv:hasPurpose": words("purpose", recipient.purposes),
        "dpv:hasRecipient": ref(part("recipient", recipient.id)),
        "dpv:hasLegalBasis": ref(word("recipient_basis", recipient.basis)),
        "dct:source": ref(part("clause", recipient.clause)),
    }


def prohibitions(policy: Policy) -> Iterator[Node]:
    """Write what is forbidden: what must not exist, what no message asks for, and all that is not named."""
    for number, never in enumerate(policy.never, start=1):
        yield _prohibition(f"never-{number}", "dpv:Collect", never.categories, never.clause)
    by_clause: dict[ClauseId, set[CategoryId]] = defaultdict(set)
    for category, clause in policy.duties.never_ask.items():
        by_clause[clause].add(category)
    for clause, categories in by_clause.items():
        yield _prohibition(f"never-asked-{clause}", "dpv:Collect", categories, clause)
    for kind, clause in policy.closed_by.items():
        said = "dpv:hasPurpose" if kind == "communicate" else "dpv:hasProcessing"
        yield {
            "@id": part("closed", kind),
            "@type": "dpv:Prohibition",
            said: ref(CLOSED[kind]),
            "dct:description": {"@value": "whatever this policy does not name", "@language": "en"},
            "dct:source": ref(part("clause", clause)),
        }


def _prohibition(name: str, processing: str, categories: Iterable[CategoryId], clause: ClauseId) -> Node:
    """Write one prohibition over categories."""
    return {
        "@id": part("forbid", name),
        "@type": "dpv:Prohibition",
        "dpv:hasProcessing": ref(processing),
        "dpv:hasPersonalData": words("category", categories),
        "dct:source": ref(part("clause", clause)),
    }


def obligations(policy: Policy) -> Iterator[Node]:
    """Write what the controller must do: keep no longer than it says, announce changes, tell of breaches."""
    for rule in policy.retention.values():
        yield {
            "@id": part("keep", rule.keep_class),
            "@type": "dpv:Obligation",
            "dpv:hasStorageCondition": ref(part("storage", rule.keep_class)),
            "dct:source": ref(part("clause", rule.clause)),
        }
    yield {
        "@id": part("announce", "changes"),
        "@type": "dpv:Obligation",
        "dpv:hasNoticeStatus": ref(word("notice", policy.notice.mode)),
        "dpv:hasDuration": span(policy.notice.period),
        "dct:source": ref(part("clause", policy.notice.clause)),
    }
    breach = policy.duties.breach
    if breach is not None:
        for told, within in (("authority", breach.authority), ("owners", breach.owners)):
            yield without_empty(
                {
                    "@id": part("breach", told),
                    "@type": "dpv:Obligation",
                    "dpv:hasNotice": ref("dpv:DataBreachNotice"),
                    "dpv:hasRecipient": ref(TOLD[told]),
                    "dpv:hasDuration": span(within),
                    "dct:source": source(breach.clause),
                }
            )


def storages(policy: Policy) -> Iterator[Node]:
    """Write how long each class of data stays, and what happens then."""
    for rule in policy.retention.values():
        yield _storage(rule)


def _storage(rule: Retention) -> Node:
    """Write one storage condition.  The hold of switched-off data follows the first span."""
    return without_empty(
        {
            "@id": part("storage", rule.keep_class),
            "@type": "dpv:StorageDuration",
            "skos:prefLabel": texts(terms("class")[rule.keep_class].label),
            "dpv:hasDuration": ref(part("duration", rule.keep_class)),
            "dpv:hasProcessing": [ref(name) for name in terms("then")[rule.then].dpv],
            "dpv:hasPurpose": words("purpose", rule.reads),
        }
    )


def durations(policy: Policy) -> Iterator[Node]:
    """Write the spans of the storage conditions: the event that starts each, and how long after it."""
    for rule in policy.retention.values():
        event = terms("event")[rule.until]
        yield without_empty(
            {
                "@id": part("duration", rule.keep_class),
                "@type": list(event.dpv),
                "dct:identifier": rule.until,
                "skos:prefLabel": texts(event.label),
                "rdf:value": span(rule.plus),
                "dct:extent": span(rule.hold) if rule.hold else None,
            }
        )
