"""Form the whole book."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from hostkeep.kernel.ids import BrandId, CategoryId, ClauseId, PurposeId
from hostkeep.policy.book import NO_TEXT, Category, Clause, Facts, Policy, Purpose
from hostkeep.policy.canonical import digest_of
from hostkeep.policy.desk import Desk
from hostkeep.policy.draft import Draft
from hostkeep.policy.forming import forms, keeping, outgoing, permissions
from hostkeep.policy.shapes import PLACE
from hostkeep.policy.vocabulary.terms import terms

FACTS = ("ask", "keep", "share", "cookies", "changes")
Sensitivity = Literal["basic", "secret", "identity"]


def policy_of(desk: Desk, draft: Draft) -> Policy:
    """Form the policy of a draft in which nothing is wrong.

    desk  on which the draft was made, for the lines and the digest
    """
    head: Any = draft.head
    return Policy(
        brand=BrandId(head["brand"]),
        digest=digest_of(desk.data),
        after=MappingProxyType(head["after"]),
        controller=_controller(head["controller"]),
        hosts=head["hosts"],
        jurisdictions=head["jurisdictions"],
        languages=desk.languages,
        categories=MappingProxyType({name: _category(draft, name) for name in draft.categories}),
        purposes=MappingProxyType({name: _purpose(draft, name) for name in draft.purposes}),
        roles=frozenset(draft.roles),
        clauses=tuple(_clause(desk, clause) for clause in draft.clauses),
        forms=forms.forms_of(draft),
        cookies=outgoing.cookies_of(draft),
        streams=outgoing.streams_of(draft),
        recipients=outgoing.recipients_of(draft),
        retention=keeping.retention_of(draft),
        never=permissions.nevers_of(draft),
        notice=keeping.notice_of(draft),
        facts=Facts(**{key: MappingProxyType(draft.facts[key]) for key in FACTS}),
        gateways=frozenset(head["gateways"]),
        secrets=head["secrets"],
        table=permissions.table_of(draft),
        closed_by=permissions.closers_of(draft),
        duties=keeping.duties_of(draft),
        channels=head["channels"],
        gathers=draft.by_category("gathers"),
    )


def _controller(entry: Mapping[str, str]) -> Mapping[str, str]:
    """Form who answers for the policy; the postal address may be left out where no law asks for it."""
    return MappingProxyType({key: entry.get(key, "") for key in ("name", "contact", "postal")})


def _category(draft: Draft, name: CategoryId) -> Category:
    """Form one category: the vocabulary's, with what the policy says otherwise."""
    term = terms("category")[name]
    label = draft.categories[name].get("label")
    sensitivity: Sensitivity = "basic"
    if term.mark in ("secret", "identity"):
        sensitivity = "secret" if term.mark == "secret" else "identity"
    return Category(
        id=name,
        label=MappingProxyType(label) if label else term.label,
        keep_class=draft.keep_class(name),
        sensitivity=sensitivity,
        dpv=term.dpv,
    )


def _purpose(draft: Draft, name: PurposeId) -> Purpose:
    """Form one purpose."""
    term = terms("purpose")[name]
    basis: Any = draft.purposes[name]
    return Purpose(name, term.label, basis, term.dpv[0], MappingProxyType(draft.balances.get(name, {})))


def _clause(desk: Desk, clause: Mapping[str, Any]) -> Clause:
    """Form one clause as people read it."""
    return Clause(
        id=ClauseId(clause["id"]),
        kind=clause["kind"],
        text=MappingProxyType(clause["text"]),
        keep=MappingProxyType(clause["keep"]) if "keep" in clause else NO_TEXT,
        line=desk.line(clause[PLACE]),
    )
