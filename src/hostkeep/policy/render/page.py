"""The public policy page: the short version, the clauses by kind, and the tables that the rules make."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.kernel.ids import ClauseId
from hostkeep.policy.book import Clause, Form, Policy
from hostkeep.policy.render.facts import Fact, facts_panel
from hostkeep.policy.render.wording import (
    said,
    say_authority,
    say_categories,
    say_category,
    say_country,
    say_end,
    say_laws,
    say_life,
    say_purposes,
    say_term,
)
from hostkeep.policy.vocabulary.terms import say, terms


@dataclass(frozen=True, slots=True)
class ClauseText:
    """One clause in one language.

    keep       what the program does to keep it; empty for a statement
    statement  whether it binds nobody but its reader, and so is never shown as proven
    because    the laws that make it stricter than its author wrote it, each one sentence
    """

    id: ClauseId
    kind: str
    text: str
    keep: str
    statement: bool
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """The clauses of one kind, in the order of the file.  title: its heading."""

    kind: str
    title: str
    clauses: tuple[ClauseText, ...]


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of a form.  ask: "required", "optional", or "where the product needs it"."""

    form: str
    field: str
    ask: str
    why: str
    clause: ClauseId


@dataclass(frozen=True, slots=True)
class UseRow:
    """One purpose.  what: all that may be read for it.  who: which roles may.  clauses: that say so."""

    purpose: str
    basis: str
    what: tuple[str, ...]
    who: tuple[str, ...]
    clauses: tuple[ClauseId, ...]


@dataclass(frozen=True, slots=True)
class CookieRow:
    """One cookie.  name: as it is sent.  asked: only after a yes.  because: laws that make it stricter."""

    name: str
    purpose: str
    life: str
    holds: str
    asked: bool
    clause: ClauseId
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """Somebody outside.  exception: the law compels it though the clause does not promise it."""

    name: str
    basis: str
    gets: tuple[str, ...]
    purposes: tuple[str, ...]
    country: str
    exception: bool
    clause: ClauseId


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One class of messages.  because: laws that make it stricter.

    default  "always", "on until you stop it", "off until you choose it"
    """

    name: str
    purpose: str
    channels: tuple[str, ...]
    default: str
    clause: ClauseId
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RetentionRow:
    """How long one class stays.  what: its categories.  reads: purposes still served afterwards."""

    name: str
    what: tuple[str, ...]
    term: str
    end: str
    reads: tuple[str, ...]
    clause: ClauseId


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """All the page shows.

    authority  which language decides, and whether this is it
    foreign    the language the texts of the policy are in where it has none in `language`; else empty
    short      the label's five lines
    groups     in the reading order of the vocabulary's kinds
    by_law     what a law adds that no clause speaks of, each one sentence
    """

    language: str
    authority: str
    foreign: str
    digest: str
    controller: str
    contact: str
    postal: str
    after: str
    hosts: tuple[str, ...]
    short: tuple[Fact, ...]
    groups: tuple[Group, ...]
    fields: tuple[FieldRow, ...]
    uses: tuple[UseRow, ...]
    cookies: tuple[CookieRow, ...]
    recipients: tuple[RecipientRow, ...]
    streams: tuple[StreamRow, ...]
    retention: tuple[RetentionRow, ...]
    by_law: tuple[str, ...] = ()


def policy_page(policy: Policy, language: str) -> PolicyPage:
    """Return the page of a policy in a language; texts it lacks come in the authoritative one."""
    return PolicyPage(
        language=language,
        authority=say_authority(policy, language),
        foreign="" if language in policy.languages else policy.languages[0],
        digest=policy.digest,
        controller=policy.controller["name"],
        contact=policy.controller["contact"],
        postal=policy.controller.get("postal", ""),
        after=said(policy.after, language),
        hosts=policy.hosts,
        short=facts_panel(policy, language),
        groups=_groups(policy, language),
        fields=tuple(row for form in policy.forms.values() for row in _fields(policy, form, language)),
        uses=_uses(policy, language),
        cookies=_cookies(policy, language),
        recipients=_recipients(policy, language),
        streams=_streams(policy, language),
        retention=_retention(policy, language),
        by_law=say_laws(policy, language, lambda each: not each.clause),
    )


def _groups(policy: Policy, language: str) -> tuple[Group, ...]:
    """Gather the clauses by kind; a kind without clauses has no group."""
    return tuple(
        Group(kind, said(term.label, language), tuple(_clause(policy, each, language) for each in found))
        for kind, term in terms("kind").items()
        if (found := [each for each in policy.clauses if each.kind == kind])
    )


def _clause(policy: Policy, clause: Clause, language: str) -> ClauseText:
    """Say one clause."""
    return ClauseText(
        id=clause.id,
        kind=clause.kind,
        text=said(clause.text, language),
        keep=said(clause.keep, language),
        statement=clause.kind == "prose",
        because=say_laws(policy, language, lambda each: each.clause == clause.id),
    )


def _fields(policy: Policy, form: Form, language: str) -> tuple[FieldRow, ...]:
    """Say the fields of one form."""
    return tuple(
        FieldRow(
            form=say("form", form.name, language),
            field=say_category(policy, each.category, language),
            ask=say("ask", _ask(each.asked, required=each.required), language),
            why=said(each.why, language),
            clause=each.clause,
        )
        for each in form.fields
    )


def _uses(policy: Policy, language: str) -> tuple[UseRow, ...]:
    """Say what is read for each purpose, and by whom: the whole list, as nothing else opens."""
    rows = []
    used = {purpose for _, purpose, _ in policy.table}
    for purpose in [each for each in policy.purposes.values() if each.id in used]:
        cells = {key: cell for key, cell in policy.table.items() if key[1] == purpose.id}
        read, roles = {key[0] for key in cells}, {key[2] for key in cells}
        rows.append(
            UseRow(
                purpose=said(purpose.label, language),
                basis=say("basis", purpose.basis, language),
                what=say_categories(policy, [each for each in policy.categories if each in read], language),
                who=tuple(say("role", each, language) for each in terms("role") if each in roles),
                clauses=tuple(sorted({cell.clause for cell in cells.values()})),
            )
        )
    return tuple(rows)


def _ask(asked: str, *, required: bool) -> str:
    """Name how a field is asked."""
    if asked == "product":
        return "product"
    return "required" if required else "optional"


def _cookies(policy: Policy, language: str) -> tuple[CookieRow, ...]:
    """Say the cookies."""
    return tuple(
        CookieRow(
            name=each.name,
            purpose=said(policy.purposes[each.purpose].label, language),
            life=say_life(each, language),
            holds=said(each.holds, language),
            asked=each.asked,
            clause=each.clause,
            because=_laws_on(policy, f"cookie.{each.name}", language),
        )
        for each in policy.cookies.values()
    )


def _recipients(policy: Policy, language: str) -> tuple[RecipientRow, ...]:
    """Say the recipients."""
    return tuple(
        RecipientRow(
            name=said(each.label, language),
            basis=say("recipient_basis", each.basis, language),
            gets=say_categories(policy, each.categories, language),
            purposes=say_purposes(policy, each.purposes, language),
            country=say_country(each, language),
            exception=each.exception,
            clause=each.clause,
        )
        for each in policy.recipients.values()
    )


def _streams(policy: Policy, language: str) -> tuple[StreamRow, ...]:
    """Say the streams of messages."""
    return tuple(
        StreamRow(
            name=said(each.label, language),
            purpose=said(policy.purposes[each.purpose].label, language),
            channels=tuple(say("channel", channel, language) for channel in each.channels),
            default=say("default", each.default, language),
            clause=each.clause,
            because=_laws_on(policy, f"stream.{each.id}", language),
        )
        for each in policy.streams.values()
    )


def _laws_on(policy: Policy, thing: str, language: str) -> tuple[str, ...]:
    """Say because of which laws one thing is stricter."""
    return say_laws(policy, language, lambda each: each.thing == thing)


def _retention(policy: Policy, language: str) -> tuple[RetentionRow, ...]:
    """Say how long each class stays; the archive holds what its clause names."""
    archive = policy.duties.archive
    rows = []
    for rule in policy.retention.values():
        held = [each.id for each in policy.categories.values() if each.keep_class == rule.keep_class]
        if archive is not None and rule.keep_class == "archive":
            held = list(archive.categories)
        rows.append(
            RetentionRow(
                name=say("class", rule.keep_class, language),
                what=say_categories(policy, held, language),
                term=say_term(rule, language),
                end=say_end(rule, language),
                reads=say_purposes(policy, rule.reads, language),
                clause=rule.clause,
            )
        )
    return tuple(rows)
