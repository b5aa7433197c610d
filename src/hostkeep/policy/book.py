"""A compiled policy, as frozen data.  Forms, cookies, streams, decisions and the public page read this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Literal

from hostkeep.kernel.ids import BrandId, CategoryId, ClauseId, PurposeId
from hostkeep.policy.duties import Duties
from hostkeep.policy.tightening import Tightening

Text = Mapping[str, str]
"""A text by language: {"en": ..., "vi": ...}."""

NO_TEXT: Text = MappingProxyType({})

Basis = Literal["consent", "contract", "legal_obligation", "legitimate_interest"]
Then = Literal["erase", "deactivate", "archive", "aggregate", "hand_over"]


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of personal data this policy lets exist.

    label        what people read
    keep_class   retention class: one data key per (subject, keep_class)
    sensitivity  basic: shown to its owner; secret: never shown to staff; identity: masked to the last 3
    dpv          terms of the W3C Data Privacy Vocabulary, "pd:EmailAddress"
    """

    id: CategoryId
    label: Text
    keep_class: str
    sensitivity: Literal["basic", "secret", "identity"]
    dpv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Purpose:
    """A reason for which data may be used.

    basis    the legal ground
    dpv      a term of the vocabulary
    balance  why a legitimate interest outweighs the person's, where the policy says so
    """

    id: PurposeId
    label: Text
    basis: Basis
    dpv: str
    balance: Text = field(default_factory=lambda: NO_TEXT)


@dataclass(frozen=True, slots=True)
class Cell:
    """One permission of the decision table.

    clause   the clause that grants it
    needs    what the asker must bring: any of "reason", "consent", "grant", "case", "legal_request"
    """

    clause: ClauseId
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FormField:
    """A field a form may ask.

    category    what it is; the category `address` is drawn as its five inputs
    required    whether an empty one is refused
    clause      the collect clause that lets us ask
    why         the reason shown beside it
    asked       "always", or "product": only where the product needs it, and required there
    """

    category: CategoryId
    required: bool
    clause: ClauseId
    why: Text
    asked: Literal["always", "product"] = "always"


@dataclass(frozen=True, slots=True)
class Statement:
    """A box a person must tick, such as "adult" or "accept_policy".  It is no personal field."""

    id: str
    required: bool
    clause: ClauseId
    text: Text


@dataclass(frozen=True, slots=True)
class Choice:
    """A message stream offered on a form.  ticked: whether the box comes ticked (only where law allows)."""

    stream: str
    ticked: bool
    clause: ClauseId


@dataclass(frozen=True, slots=True)
class Form:
    """What a form asks: "signup", "order", "contact", "enquiry", "board".

    fields     in the order they are drawn
    closed_by  the clause named to who posts more
    """

    name: str
    fields: tuple[FormField, ...]
    statements: tuple[Statement, ...]
    choices: tuple[Choice, ...]
    closed_by: ClauseId


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie that may leave.

    name    as it is sent: "__Host-sid"
    life    None: until the browser closes; else the longest Max-Age
    idle    how long the server honours it unused, or None
    clause  what declares it
    asked   whether it needs a visible yes first
    holds   what stands in it, in plain words
    carries categories it holds or points to
    """

    name: str
    purpose: PurposeId
    life: timedelta | None
    idle: timedelta | None
    clause: ClauseId
    asked: bool
    holds: Text
    carries: tuple[CategoryId, ...] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """A class of messages.

    default    whether a new customer gets it: "on", "off" or "always" (cannot be stopped)
    own_only   may speak of the brand's own products only
    """

    id: str
    purpose: PurposeId
    label: Text
    channels: tuple[str, ...]
    default: Literal["on", "off", "always"]
    own_only: bool
    clause: ClauseId


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody outside who may receive data.

    basis       any of "consent", "wish", "legal_request", "breach_case", "service"
    categories  the most it may get
    country     ISO 3166-1 alpha-2, or "" where it depends on the case
    exception   the clause does not promise it, the law compels it: the ledger shows it as an exception
    """

    id: str
    label: Text
    basis: str
    categories: frozenset[CategoryId]
    purposes: frozenset[PurposeId]
    country: str
    clause: ClauseId
    exception: bool = False


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a class of data stays.

    until  the event that starts the clock: "account.closed", "service.ended", "last_service.ended",
           "collected", "browser.closed", "invoice.year_ended"
    plus   how long after it
    then   what happens at the end of plus
    reads  the only purposes served once the account is closed, or the value archived; empty: closing
           alone takes no purpose away
    hold   with then "deactivate": how long it stays switched off before it is erased; else nothing
    at_closing  "erase": closing the account erases it in any case, however young it is
    """

    keep_class: str
    until: str
    plus: timedelta
    then: Then
    reads: frozenset[PurposeId]
    clause: ClauseId
    hold: timedelta = timedelta(0)
    at_closing: Literal["", "erase"] = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """How changes of the policy come.

    mode    page: at once, the page shows it; ahead: so many days before, by any way named;
            mail: so many days after each customer's own mail; attempt: at once, mail is tried
    period  the days of notice for a material change
    by      "policy_page", "home_page", "email"
    reject  whether a customer may refuse and leave under the old terms
    minor_by  where a change that is not material is shown
    """

    mode: Literal["page", "ahead", "mail", "attempt"]
    period: timedelta
    by: tuple[str, ...]
    reject: bool
    clause: ClauseId
    minor_by: tuple[str, ...] = ("policy_page",)


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause as people read it.

    kind  scope, collect, use, staff_access, disclose, retain, archive, backup, cookies, communicate, age,
          change_notice, acceptance, rights, security, breach, public_posting, statistics, support_record,
          contact, prose
    keep  in plain words, what the program does to keep it; empty for prose
    line  where it stands in its file
    """

    id: ClauseId
    kind: str
    text: Text
    keep: Text
    line: int


@dataclass(frozen=True, slots=True)
class Never:
    """Something that must not be collected.  categories: these and their children in the vocabulary."""

    clause: ClauseId
    categories: frozenset[CategoryId]


@dataclass(frozen=True, slots=True)
class Facts:
    """The 'Privacy facts' panel: short sentences per language, drawn by the operator or from the clauses."""

    ask: Text
    keep: Text
    share: Text
    cookies: Text
    changes: Text


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole of one version, compiled.

    digest     SHA-256 of the canonical JSON (RFC 8785) of the source, hex
    hosts      host names it covers, without port
    gateways   payment gateways the policy allows to be enabled
    secrets    how a service's secret is given: "sealed" (may be shown again) or "once"
    table      (category, purpose, role) -> Cell; what is not in it is refused
    """

    brand: BrandId
    digest: str
    after: Text
    controller: Mapping[str, str]
    hosts: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    languages: tuple[str, ...]
    categories: Mapping[CategoryId, Category]
    purposes: Mapping[PurposeId, Purpose]
    roles: frozenset[str]
    clauses: tuple[Clause, ...]
    forms: Mapping[str, Form]
    cookies: Mapping[str, Cookie]
    streams: Mapping[str, Stream]
    recipients: Mapping[str, Recipient]
    retention: Mapping[str, Retention]
    never: tuple[Never, ...]
    notice: Notice
    facts: Facts
    gateways: frozenset[str]
    secrets: Literal["sealed", "once"]
    table: Mapping[tuple[CategoryId, PurposeId, str], Cell]
    closed_by: Mapping[str, ClauseId] = field(default_factory=lambda: MappingProxyType({}))
    """By kind ("use", "disclose", "cookies", "communicate"): the clause named for what is not declared."""
    duties: Duties = field(default_factory=Duties)
    """What single rooms owe: archive, age, rights, deadlines."""
    channels: tuple[str, ...] = ()
    """Where information comes in: "web", "email", "phone", "chat", "api", "offline"."""
    gathers: Mapping[CategoryId, ClauseId] = field(default_factory=lambda: MappingProxyType({}))
    """What comes in by use and not by a form, with the first clause that says so."""
    tightened: tuple[Tightening, ...] = ()
    """What is stricter than the file says, because of the law of the places it names."""
