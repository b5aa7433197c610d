"""The description of the API: OpenAPI 3.1, whole and true; and the page that people read."""

from __future__ import annotations

import inspect
import re

import pytest
from ninja import Schema
from openapi_spec_validator import OpenAPIV31SpecValidator

from hostkeep.faces.api.root import root
from hostkeep.people.rules.scopes import SCOPES
from tests.faces.api.conftest import Program
from tests.house.test_api_twins import modules_of


@pytest.fixture
def told(nobody: Program) -> dict:
    return nobody.get("/openapi.json").json()


def test_the_description_is_openapi_3_1_and_valid(told: dict) -> None:
    assert told["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(told).iter_errors()) == []


def test_every_operation_is_described_with_its_scope(told: dict) -> None:
    seen = set()
    for path, methods in told["paths"].items():
        for operation in methods.values():
            assert operation["description"] and operation["tags"], path
            assert operation["responses"]["default"]["content"]["application/problem+json"]
            seen |= {scope for each in operation["security"] for scope in each["key"]}
    assert seen == set(SCOPES)


def test_what_changes_something_takes_an_idempotency_key(told: dict) -> None:
    for methods in told["paths"].values():
        for method, operation in methods.items():
            names = [each["name"] for each in operation.get("parameters", ())]
            assert ("Idempotency-Key" in names) is (method != "get")


def test_no_two_shapes_share_a_name() -> None:
    import importlib

    shapes: dict[str, set[str]] = {}
    for name in modules_of("api"):
        for thing in vars(importlib.import_module(name)).values():
            if inspect.isclass(thing) and issubclass(thing, Schema) and thing.__module__.startswith("hostkeep."):
                shapes.setdefault(thing.__name__, set()).add(thing.__module__)
    assert {name: places for name, places in shapes.items() if len(places) > 1} == {}
    assert root.title == "Hostkeep"


def test_people_read_the_same_without_a_script_or_another_host(nobody: Program, told: dict) -> None:
    page = nobody.get("/docs")
    html = page.content.decode().replace("<wbr>", "")
    assert page.status_code == 200 and "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script[^>]*>[^<]", html) and "style=" not in html
    assert set(re.findall(r'(?:src|href)="(https?://[^"]+)"', html)) <= {
        link for link in re.findall(r'href="(https?://localhost[^"]*)"', html)
    }
    for path, methods in told["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path.removeprefix('/api/v1') or '/'}" in html


@pytest.mark.parametrize("language", ["en", "vi"])
def test_the_page_speaks_the_readers_language(nobody: Program, language: str) -> None:
    page = nobody.get("/docs", headers={"accept-language": language})
    assert f'lang="{language}"' in page.content.decode()


def test_the_list_of_refusals_in_the_docs_is_what_the_code_says() -> None:
    from tools.errors import PLACE, text

    assert PLACE.read_text(encoding="utf-8") == text(), "run: python tools/errors.py"
