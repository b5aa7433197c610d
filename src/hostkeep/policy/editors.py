"""The JSON Schema of policy.yaml, for editors: made of what the checks say of themselves.

An editor completes words and marks what is misspelt; what depends on other parts of the file only
`hostkeep policy check` sees.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from hostkeep.policy.language import FILE
from hostkeep.policy.shapes import Schema

DRAFT = "https://json-schema.org/draft/2020-12/schema"
"""Source: JSON Schema 2020-12, core, 8.1.1."""

SMALL = 160
"""Parts shorter than this, in letters of JSON, stand where they are used; longer ones in one place."""

ABOUT: Mapping[str, str] = MappingProxyType(
    {
        "schema": "The version of the language.",
        "policy": "Who speaks, where, and under which laws.",
        "categories": "The personal data this is about.",
        ".categories": "The personal data that exists; nothing else can be stored.",
        "allow.categories": 'Data that may be read; "*" is all but the secret ones.',
        "roles": "Who reads.",
        "purposes": "What for.",
        ".purposes": "What data is used for, each with its legal basis.",
        "facts": "The five short lines of the label.",
        "clauses": "The clauses, in the order people read them.",
        "brand": "The brand's slug, as its folder is named.",
        "after": "One sentence: where the policy comes from.",
        "controller": "Who is responsible.",
        "controller.name": "The company's name.",
        "controller.contact": "The e-mail address for questions of privacy.",
        "postal": "The postal address in one line.",
        "hosts": "The host names the policy covers, without port.",
        "channels": "The ways: web, email, phone, ...",
        "jurisdictions": "The laws that apply; they may tighten what is written.",
        "languages": "The languages of every text.",
        "authoritative": "The language that decides.",
        "languages.also": "Other languages every text has.",
        "gateways": "Payment gateways that may be switched on.",
        "secrets": "sealed: a service's password may be shown again; once: it is shown once and not kept.",
        "class": "The retention class.",
        "label": "What people read.",
        "parent": "The category this one belongs to; who forbids that forbids this.",
        "basis": "The legal ground.",
        "balance": "Why a legitimate interest outweighs the person's.",
        "facts.ask": "What sign-up asks, in 60 letters.",
        "facts.keep": "How long data stays, in 60 letters.",
        "share": "Who else gets data, in 60 letters.",
        "facts.cookies": "Which cookies there are, in 60 letters.",
        "changes": "How changes are announced, in 60 letters.",
        "id": "The clause's name, such as V6-14.  It never changes its meaning.",
        "kind": "What the clause is about; it decides which keys follow.",
        "text": "What you promise, in plain words.",
        "keep": "What the program does to keep it, in plain words.",
        "statements": "Boxes a person must tick, by form.",
        "required": "false: the box may stay empty.",
        "choices": "Message streams offered on a form: ticked or unticked.",
        "closes": "This clause is the one named when something of that sort is not declared at all.",
        "also": "Further rules under the same id.",
        "forms": "What each form asks.",
        "ask": "Whether the field must be filled in.",
        "why": "The reason that stands beside the field.",
        "gathers": "What comes in by use and not by a form.",
        "never": "What must not exist, nor its children in the vocabulary.",
        "allow": "Who may read what for what.",
        "needs": "What the asker must bring.",
        "except": 'What "*" leaves out.',
        "longest": "The longest a grant of access may last.",
        "recipients": "Who outside receives data.",
        "country": "ISO 3166-1, two letters; left out where it depends.",
        "exception": "true: the clause does not promise it, the law compels it.",
        "nobody": "true: the clause says that nobody outside receives anything.",
        "until": "The event that starts the clock.",
        "plus": "How long after it; P0D at once.",
        "then": "What happens then.",
        "for": "How long switched-off data stays before it is erased.",
        "reads": "The only purposes still served afterwards.",
        "at_closing": "Closing the account erases it in any case.",
        "within": "The longest until it is done.",
        "acknowledge_within": "The longest until it is acknowledged.",
        "cookies": "The cookies that may be set; any other is removed.",
        "purpose": "What for.",
        "life": "session, or the longest life in the browser.",
        "holds": "What stands in it, in plain words.",
        "idle": "How long the server honours it unused.",
        "asked": "true: only after a visible yes.",
        "carries": "Categories it holds or points to; never a password.",
        "streams": "The messages you send.",
        "default": "Whether a new customer gets them.",
        "own_only": "Own products only.",
        "never_ask": "What no message or call of yours asks for.",
        "cap": "The most mass mail one person gets.",
        "mails": "How many mails.",
        "per": "In which span of time.",
        "review": "A mailing with a link to another site needs a second person.",
        "first_reply": "How soon a first reply is aimed at.",
        "minimum": "The least age, in years.",
        "guardian": "A parent may hold the account for a child.",
        "mode": "How changes are announced.",
        "by": "The ways they are announced.",
        "minor_by": "The ways a change that is not material is announced.",
        "period": "How long before.",
        "reject": "Who says no may leave under the old terms.",
        "by_use": "Going on using the service accepts a change; never a consent.",
        "rights": "The person's rights.",
        "how": "Where a right is used.",
        "mailbox": "The address that takes it by mail.",
        "measures": "What protects the data, in terms of the Data Privacy Vocabulary.",
        "authority": "The longest until the authority is told.",
        "owners": "The longest until the people are told.",
        "smallest_group": "A group with fewer people is not shown.",
        "on_close": "required: a ticket closes only with a note of what was done.",
        "department": "Where the contact page leads.",
    }
)
"""What an editor says of a key: by "parent.key" where that is here, else by key."""


def policy_schema() -> dict[str, Any]:
    """Return the JSON Schema 2020-12 of policy.yaml, ready for a JSON writer; the same at every call."""
    maker = _Maker()
    whole = maker.smaller(FILE.schema, "")
    return {
        "$schema": DRAFT,
        "title": "Hostkeep policy",
        "description": "A privacy policy that is a program; docs/policy-language.md explains every key.",
        **whole,
        "$defs": dict(sorted(maker.parts.items())),
    }


def _name_of(title: str) -> str:
    """Make the name of a part: "e-mail address" is "e-mail-address"."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


class _Maker:
    """Makes a large schema small: what is long stands once, under `parts`, and is referred to."""

    def __init__(self) -> None:
        self.parts: dict[str, Schema] = {}
        self._names: dict[str, str] = {}
        self._done: dict[tuple[int, str], dict[str, Any]] = {}

    def smaller(self, schema: Schema, name: str) -> dict[str, Any]:
        """Return a schema with its long parts referred to.  name: of the key it describes."""
        small: dict[str, Any] = {}
        for key, value in schema.items():
            if key == "properties":
                small[key] = {each: self._described(each, part, name) for each, part in value.items()}
            elif key in ("items", "additionalProperties", "propertyNames", "if", "then"):
                small[key] = value if isinstance(value, bool) else self._part(value, name)
            elif key in ("anyOf", "allOf"):
                small[key] = [self._part(each, name) for each in value]
            else:
                small[key] = value
        return _without_single(small)

    def _described(self, key: str, schema: Schema, parent: str) -> dict[str, Any]:
        """Return what is said of one key, with a sentence about it."""
        small = self._part(schema, f"{parent} entry" if "description" in schema else key)
        about = ABOUT.get(f"{parent}.{key}") or ABOUT.get(key)
        if "const" in small or "description" in small or about is None:
            return small
        return {"description": about, **small}

    def _part(self, schema: Schema, name: str) -> dict[str, Any]:
        """Return a part, or a reference to it where it is long; the same part is worked out once."""
        if (id(schema), name) not in self._done:
            self._done[id(schema), name] = self._worked_out(schema, name)
        return self._done[id(schema), name]

    def _worked_out(self, schema: Schema, name: str) -> dict[str, Any]:
        """Make a part smaller and find its place."""
        small = self.smaller(schema, name)
        text = json.dumps(small, sort_keys=True)
        if len(text) < SMALL or "description" in small:
            return small
        if text not in self._names:
            self._names[text] = self._free(_name_of(str(small.get("title", name))))
            self.parts[self._names[text]] = small
        return {"$ref": f"#/$defs/{self._names[text]}"}

    def _free(self, name: str) -> str:
        """Return a name for a part that no other has."""
        number, free = 1, name or "file"
        while free in self.parts:
            number += 1
            free = f"{name}-{number}"
        return free


def _without_single(small: dict[str, Any]) -> dict[str, Any]:
    """Write `allOf` of one part as that part, beside what else is said."""
    if len(small.get("allOf", ())) == 1 and "if" not in small["allOf"][0]:
        (only,) = small.pop("allOf")
        return {**small, **only}
    return small
