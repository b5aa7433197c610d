"""The grammar of policy.yaml: which keys there are, and what may stand in each.

docs/policy-language.md tells the same to operators; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from hostkeep.policy.desk import Desk, Path
from hostkeep.policy.rules import SHAPE
from hostkeep.policy.shapes import (
    BAD,
    Check,
    Keys,
    Schema,
    by_name,
    described,
    duration,
    flag,
    line_of_text,
    many,
    near,
    one_of,
    pattern,
    text,
    text_schema,
    whole,
)
from hostkeep.policy.vocabulary.terms import terms

SCHEMA = "hostkeep/1"
JURISDICTIONS = ("eu", "vn", "us", "us-ca")
NEEDS = ("reason", "consent", "grant", "case", "legal_request")
CLOSABLE = ("use", "disclose", "cookies", "communicate")
FACT_LENGTH = 60


@cache
def word(kind: str) -> Check:
    """A check for one word of the vocabulary."""
    labels = {name: term.label["en"] for name, term in terms(kind).items()}
    return one_of(tuple(labels), kind.replace("_", " "), labels)


def words(kind: str, *, least: int = 0) -> Check:
    """A check for a list of words of the vocabulary."""
    return many(word(kind), least=least)


@described({"anyOf": [{"const": "*"}, words("category", least=1).schema]})
def _categories(desk: Desk, at: Path, value: Any) -> Any:
    """A check for a list of categories, or "*" for all."""
    return "*" if value == "*" else words("category", least=1)(desk, at, value)


@described(text_schema(FACT_LENGTH))
def _fact(desk: Desk, at: Path, value: Any) -> Any:
    """A check for a line of the label, which is short."""
    found = text(desk, at, value)
    if found is not BAD and any(len(line) > FACT_LENGTH for line in found.values()):
        desk.say(at, "This line is too long for the label.", f"{FACT_LENGTH} characters are the most.")
        return BAD
    return found


_WEIGHED = Keys({"basis": word("basis")}, {"balance": text})


@described({"anyOf": [word("basis").schema, _WEIGHED.schema]})
def _purpose(desk: Desk, at: Path, value: Any) -> Any:
    """A check for a purpose: its basis, alone or with the note that weighs a legitimate interest."""
    if not isinstance(value, dict):
        value = word("basis")(desk, at, value)
        return BAD if value is BAD else {"basis": value}
    return _WEIGHED(desk, at, value)


UNDATED = ("indeterminate", "endless", "unlimited", "forever")
"""Words for a storage that has no end."""


@described(duration.schema)
def _span(desk: Desk, at: Path, value: Any) -> Any:
    """A check for how long something is kept: a duration, never a word for no end."""
    if value not in UNDATED:
        return duration(desk, at, value)
    rule = "lint.storage.indeterminate" if "eu" in desk.places else SHAPE
    desk.say(at, f"`{value}` is no end of storage.", "Write the longest time: `P2Y`.", rule=rule)
    return BAD


_ALLOW = many(
    Keys(
        {"categories": _categories, "purposes": words("purpose", least=1), "roles": words("role", least=1)},
        {"needs": many(one_of(NEEDS, "need")), "except": words("category", least=1)},
    ),
    least=1,
)
_FIELD = Keys({"ask": word("ask"), "why": text})
_STATEMENT = Keys({"text": text}, {"required": flag})
_STATEMENT_ID = pattern(r"[a-z][a-z0-9_]{1,40}", "name of a statement", "adult")
_COUNTRY = pattern(r"[A-Z]{2}", "country (ISO 3166-1)", "EE")
_MAILBOX = pattern(r"[^@\s]{1,64}@[^@\s]{3,255}", "e-mail address", "privacy@example.com")
_RECIPIENT = Keys(
    {
        "label": text,
        "basis": word("recipient_basis"),
        "categories": words("category", least=1),
        "purposes": words("purpose", least=1),
    },
    {"country": _COUNTRY, "exception": flag},
)
_RECIPIENT_ID = pattern(r"[a-z][a-z0-9_-]{1,40}", "name of a recipient", "registry-vn")


@described({"anyOf": [{"const": "session"}, duration.schema]})
def _life(desk: Desk, at: Path, value: Any) -> Any:
    """A check for a cookie's life: None for "session", else a duration."""
    return None if value == "session" else duration(desk, at, value)


_COOKIE = Keys(
    {"purpose": word("purpose"), "life": _life, "holds": text},
    {"idle": duration, "asked": flag, "carries": words("category")},
)
_STREAM = Keys(
    {
        "channels": many(one_of(("email", "phone"), "channel of messages"), least=1),
        "default": word("default"),
    },
    {"own_only": flag, "purpose": word("purpose"), "label": text},
)
_RIGHT = Keys(
    {"how": one_of(("client_area", "mail"), "way to use a right")},
    {"within": duration, "acknowledge_within": duration, "mailbox": _MAILBOX},
)

_WAY = one_of(("policy_page", "home_page", "email"), "way")

ROOM_FOR_ALL: Mapping[str, Check] = {
    "statements": by_name(word("form"), by_name(_STATEMENT_ID, _STATEMENT)),
    "choices": by_name(
        word("form"), by_name(word("stream"), one_of(("ticked", "unticked"), "state of a box"))
    ),
}
"""The keys every kind but prose may have."""

KINDS: Mapping[str, tuple[Mapping[str, Check], Mapping[str, Check]]] = {
    "scope": ({}, {}),
    "collect": (
        {},
        {
            "forms": by_name(word("form"), by_name(word("category"), _FIELD)),
            "gathers": words("category"),
            "never": words("category", least=1),
        },
    ),
    "use": ({}, {"allow": _ALLOW}),
    "staff_access": ({"allow": _ALLOW}, {"longest": duration}),
    "disclose": ({}, {"recipients": by_name(_RECIPIENT_ID, _RECIPIENT), "nobody": flag}),
    "retain": (
        {"class": word("class"), "until": word("event"), "plus": _span, "then": word("then")},
        {"for": _span, "reads": words("purpose", least=1), "at_closing": one_of(("erase",), "deed")},
    ),
    "archive": (
        {"categories": words("category", least=1), "until": word("event"), "plus": _span},
        {"reads": words("purpose", least=1)},
    ),
    "backup": ({"within": duration}, {}),
    "cookies": ({}, {"cookies": by_name(word("cookie"), _COOKIE)}),
    "communicate": (
        {},
        {
            "streams": by_name(word("stream"), _STREAM),
            "never_ask": words("category", least=1),
            "cap": Keys({"mails": whole(1, 1000), "per": duration}),
            "review": one_of(("links",), "thing to review"),
            "first_reply": duration,
        },
    ),
    "age": ({"minimum": whole(1, 25)}, {"guardian": flag}),
    "change_notice": (
        {},
        {
            "mode": word("notice"),
            "by": many(_WAY, least=1),
            "minor_by": many(_WAY, least=1),
            "period": duration,
            "reject": flag,
        },
    ),
    "acceptance": ({}, {"by_use": flag, "purposes": words("purpose", least=1)}),
    "rights": ({"rights": by_name(word("right"), _RIGHT)}, {}),
    "security": ({}, {"measures": words("measure")}),
    "breach": ({"authority": duration, "owners": duration}, {}),
    "public_posting": ({}, {}),
    "statistics": ({}, {"smallest_group": whole(1, 1000)}),
    "support_record": ({}, {"on_close": one_of(("required",), "state")}),
    "contact": ({}, {"department": pattern(r"[a-z][a-z_]{1,30}", "name of a department", "privacy")}),
    "prose": ({}, {}),
}
"""By kind: the keys that must stand there, and those that may."""

_ID = pattern(r"[A-Z][A-Z0-9]{0,7}-[1-9]\d{0,2}", "clause id", "V6-14")


def _kind_of(desk: Desk, at: Path, value: Any) -> str | None:
    """Return the kind of a clause or block, after saying what is wrong with it."""
    if not isinstance(value, dict):
        desk.say(at, "Here stands no map.", "Write `kind:` and the keys of that kind.")
        return None
    kind = value.get("kind")
    if isinstance(kind, str) and kind in KINDS:
        return kind
    if "kind" not in value:
        desk.say(at, "The key `kind` is missing.", near("", KINDS))
    else:
        desk.say((*at, "kind"), f"There is no kind `{kind}`.", near(str(kind), KINDS))
    return None


@cache
def _keys_of_block(kind: str) -> Keys:
    """Return what a block of a kind may hold under `also`."""
    must, may = KINDS[kind]
    return Keys({"kind": word("kind"), **must}, {**may, **ROOM_FOR_ALL})


def _by_kind(what: str, keys_of: Callable[[str], Keys], kinds: Iterable[str]) -> Schema:
    """Say what a map looks like whose `kind` decides about its other keys.  what: a name for such a map."""
    known = list(kinds)
    chosen = [
        {
            "if": {"properties": {"kind": {"const": kind}}},
            "then": {"title": f"{what} {kind}", **keys_of(kind).schema},
        }
        for kind in known
    ]
    kind = {"kind": {"enum": known}}
    return {"type": "object", "properties": kind, "required": ["kind"], "allOf": chosen}


@described(_by_kind("block", _keys_of_block, (kind for kind in KINDS if kind != "prose")))
def _block(desk: Desk, at: Path, value: Any) -> Any:
    """A check for one block under `also`."""
    kind = _kind_of(desk, at, value)
    if kind is None:
        return BAD
    if kind == "prose":
        desk.say(at, "A sentence that binds nobody is a clause of its own.", "Take it out of `also`.")
        return BAD
    return _keys_of_block(kind)(desk, at, value)


@cache
def _keys_of_clause(kind: str) -> Keys:
    """Return what a clause of a kind may hold."""
    must, may = KINDS[kind]
    head = {"id": _ID, "kind": word("kind"), "text": text}
    if kind == "prose":
        return Keys(head)
    more = {**may, **ROOM_FOR_ALL, "closes": many(one_of(CLOSABLE, "sort")), "also": many(_block)}
    return Keys({**head, "keep": text, **must}, more)


@described(_by_kind("clause", _keys_of_clause, KINDS))
def _clause(desk: Desk, at: Path, value: Any) -> Any:
    """A check for one clause."""
    kind = _kind_of(desk, at, value)
    return BAD if kind is None else _keys_of_clause(kind)(desk, at, value)


_HOST = pattern(r"[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?", "host name", "my.example.com")

HEAD = Keys(
    {
        "brand": pattern(r"[a-z0-9][a-z0-9-]{0,40}", "slug", "vps6"),
        "after": text,
        "controller": Keys({"name": line_of_text, "contact": _MAILBOX}, {"postal": line_of_text}),
        "hosts": many(_HOST, least=1),
        "channels": words("channel", least=1),
        "jurisdictions": many(one_of(JURISDICTIONS, "jurisdiction")),
        "languages": Keys(
            {"authoritative": pattern(r"[a-z]{2}", "language", "en")},
            {"also": many(pattern(r"[a-z]{2}", "language", "vi"))},
        ),
        "gateways": words("gateway"),
        "secrets": one_of(("sealed", "once"), "way to give a secret"),
    }
)

_CATEGORY = Keys({}, {"class": word("class"), "label": text, "parent": word("category")})

FILE = Keys(
    {
        "schema": one_of((SCHEMA,), "schema"),
        "policy": HEAD,
        "categories": by_name(word("category"), _CATEGORY),
        "roles": words("role", least=1),
        "purposes": by_name(word("purpose"), _purpose),
        "facts": Keys(dict.fromkeys(("ask", "keep", "share", "cookies", "changes"), _fact)),
        "clauses": many(_clause, least=1),
    }
)


def languages_of(data: Any) -> tuple[str, ...]:
    """Return the languages a file names, the authoritative one first; English where it names none rightly."""
    try:
        named = data["policy"]["languages"]
        found = (named["authoritative"], *named.get("also", ()))
    except (KeyError, TypeError, AttributeError):
        return ("en",)
    return tuple(dict.fromkeys(each for each in found if isinstance(each, str))) or ("en",)


def places_of(data: Any) -> tuple[str, ...]:
    """Return the jurisdictions a file names rightly; none where it names none."""
    try:
        named = data["policy"]["jurisdictions"]
    except (KeyError, TypeError):
        return ()
    return tuple(each for each in JURISDICTIONS if isinstance(named, list) and each in named)
