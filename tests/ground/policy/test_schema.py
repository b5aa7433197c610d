"""The JSON Schema for editors: made of the grammar, takes what the compiler takes, refuses what is misspelt."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hostkeep.policy.editors import ABOUT, policy_schema
from hostkeep.policy.language import FILE, HEAD, KINDS, ROOM_FOR_ALL
from hostkeep.policy.reading import read_source
from hostkeep.policy.shapes import Check, Keys
from hostkeep.policy.vocabulary.terms import terms
from tests.ground.policy.documents import BRANDS, FILES
from tests.ground.policy.small import ROOT, SMALL


@cache
def whole() -> dict[str, Any]:
    return policy_schema()


@cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(whole())


@cache
def _read(brand: str) -> Any:
    return read_source(FILES[brand].read_text(encoding="utf-8"), file="policy.yaml").data


def data_of(brand: str) -> Any:
    """A brand's file as plain data, to break on purpose."""
    return copy.deepcopy(_read(brand))


def clause_of(data: Any, kind: str) -> Any:
    return next(clause for clause in data["clauses"] if clause["kind"] == kind)


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Every part of a schema, itself first."""
    if isinstance(schema, dict):
        yield schema
        for each in schema.values():
            yield from parts(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from parts(each)


def test_the_published_schema_is_the_one_of_this_grammar() -> None:
    published = (ROOT / "docs" / "policy.schema.json").read_text(encoding="utf-8")

    assert published == json.dumps(whole(), ensure_ascii=False, indent=2) + "\n", (
        "write it anew: hostkeep policy schema > docs/policy.schema.json"
    )


def test_it_is_a_schema_of_2020_12() -> None:
    Draft202012Validator.check_schema(whole())
    assert whole()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("brand", BRANDS)
def test_it_takes_what_the_compiler_takes(brand: str) -> None:
    assert [error.message for error in validator().iter_errors(data_of(brand))] == []


def test_it_takes_the_small_policy_of_the_guide() -> None:
    assert list(validator().iter_errors(read_source(SMALL, file="policy.yaml").data)) == []


@pytest.mark.parametrize("brand", BRANDS)
def test_an_editor_finds_it_by_the_first_line(brand: str) -> None:
    path = FILES[brand]
    first = path.read_text(encoding="utf-8").split("\n", 1)[0]
    name = first.removeprefix("# yaml-language-server: $schema=")

    assert (path.parent / name).resolve() == ROOT / "docs" / "policy.schema.json"


BROKEN = {
    "an unknown key at the top": lambda data: data.update(extra=1),
    "an unknown key in the head": lambda data: data["policy"].update(colour="red"),
    "a missing head": lambda data: data.pop("policy"),
    "another version of the language": lambda data: data.update(schema="hostkeep/2"),
    "an unknown category": lambda data: data["categories"].update(shoe_size={}),
    "an unknown purpose": lambda data: data["purposes"].update(world_domination="contract"),
    "an unknown basis": lambda data: data["purposes"].update(account="because"),
    "an unknown role": lambda data: data["roles"].append("janitor"),
    "no roles at all": lambda data: data.update(roles=[]),
    "a label that is too long": lambda data: data["facts"]["ask"].update(en="x" * 61),
    "a text that is empty": lambda data: data["facts"]["ask"].update(en=" "),
    "a text that is no map": lambda data: data["policy"].update(after="we"),
    "an unknown kind": lambda data: data["clauses"][0].update(kind="wish"),
    "a clause without a kind": lambda data: data["clauses"][0].pop("kind"),
    "a clause without an id": lambda data: data["clauses"][0].pop("id"),
    "a malformed id": lambda data: data["clauses"][0].update(id="V6-0"),
    "a key of another kind": lambda data: clause_of(data, "contact").update(minimum=18),
    "a prose clause that claims to be kept": lambda data: clause_of(data, "prose").update(keep={"en": "we do"}),
    "a duration in months": lambda data: clause_of(data, "change_notice").update(period="P1M"),
    "a field asked in an unknown way": lambda data: clause_of(data, "collect")["forms"]["signup"]["name"].update(
        ask="perhaps"
    ),
    "an unknown form": lambda data: clause_of(data, "collect")["forms"].update(survey={}),
    "an unknown block under also": lambda data: clause_of(data, "collect")["also"].append({"kind": "prose"}),
    "an unknown country": lambda data: clause_of(data, "disclose")["recipients"]["authority"].update(country="nl"),
    "a truth in words": lambda data: clause_of(data, "disclose")["recipients"]["authority"].update(exception="yes"),
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_it_refuses(name: str) -> None:
    data = data_of("vps6")
    BROKEN[name](data)

    assert not validator().is_valid(data)


def keys_of(check: Check) -> set[str]:
    return {*check.must, *check.may} if isinstance(check, Keys) else set()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_has_the_keys_of_the_grammar(kind: str) -> None:
    must, may = KINDS[kind]
    part = whole()["$defs"][f"clause-{kind.replace('_', '-')}"]
    common = {"id", "kind", "text"} if kind == "prose" else {"id", "kind", "text", "keep", "closes", "also", *ROOM_FOR_ALL}

    assert set(part["properties"]) == {*must, *may, *common}
    assert set(must) <= set(part["required"])
    assert part["additionalProperties"] is False


def test_every_word_of_the_vocabulary_is_offered_with_its_label() -> None:
    offered = {each["const"]: each["description"] for each in whole()["$defs"]["purpose"]["oneOf"]}

    assert offered == {name: term.label["en"] for name, term in terms("purpose").items()}


def test_every_key_is_described() -> None:
    chosen = [part for part in parts(whole()) if "if" not in part]
    silent = [
        name
        for part in chosen
        for name, said in part.get("properties", {}).items()
        if not {"description", "const", "enum"} & said.keys()
    ]

    assert silent == []


def test_no_description_is_of_a_key_that_is_gone() -> None:
    known = keys_of(FILE) | keys_of(HEAD) | {name for must, may in KINDS.values() for name in (*must, *may)}
    known |= {name for part in parts(whole()) for name in part.get("properties", {})}

    assert {name.rpartition(".")[2] for name in ABOUT} - known == set()


def test_nothing_is_referred_to_that_is_not_there() -> None:
    schema = whole()
    named = {part["$ref"] for part in parts(schema) if isinstance(part.get("$ref"), str)}

    assert named == {f"#/$defs/{name}" for name in schema["$defs"]}
