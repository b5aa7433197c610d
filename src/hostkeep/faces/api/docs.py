"""/api/v1/openapi.json and /api/v1/docs: the description for programs, and for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from hostkeep.faces.api.schema import ONCE, description
from hostkeep.faces.ui.pages import show
from hostkeep.kernel.words import gettext_noop

METHODS = ("get", "post", "put", "patch", "delete")
BASE = "/api/v1"

GROUPS: Mapping[str, str] = MappingProxyType({
    "policy": gettext_noop("Privacy policy"),
    "catalogue": gettext_noop("Products"),
    "account": gettext_noop("Account"),
    "messages": gettext_noop("Messages"),
    "consents": gettext_noop("Consents"),
    "terms": gettext_noop("Rules that apply"),
    "cart": gettext_noop("Cart"),
    "orders": gettext_noop("Orders"),
    "invoices": gettext_noop("Invoices"),
    "payment-methods": gettext_noop("Ways to pay"),
    "credit": gettext_noop("Credit"),
    "services": gettext_noop("Services"),
    "keys": gettext_noop("Keys for programs"),
    "people": gettext_noop("Customers"),
})
"""By tag: how a group is called."""


@dataclass(frozen=True, slots=True)
class Member:
    """A value that a call takes or gives.  kind: its type.  needed: whether it must be there."""

    name: str
    kind: str
    needed: bool
    about: str


@dataclass(frozen=True, slots=True)
class Deed:
    """One operation.  scope: what the key needs, or empty.  once: whether it takes an Idempotency-Key."""

    method: str
    path: str
    anchor: str
    title: str
    about: str
    scope: str
    once: bool
    takes: tuple[Member, ...]
    gives: tuple[Member, ...]

    @property
    def steps(self) -> tuple[str, ...]:
        """The path in pieces, after each of which a narrow screen may break the line."""
        return tuple(f"/{step}" for step in self.path.strip("/").split("/"))


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """Give the description as data."""
    del request
    return JsonResponse(description(), json_dumps_params={"ensure_ascii": False})


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show the description as a page, without a script and without another host."""
    groups: dict[str, list[Deed]] = {}
    for tag, deed in _deeds(description()):
        groups.setdefault(tag, []).append(deed)
    shown = [(gettext(GROUPS[tag]), f"group-{tag}", deeds) for tag, deeds in groups.items()]
    context = {"groups": shown, "base": BASE}
    return show(request, "api/docs.html", context)


def _deeds(made: Mapping[str, Any]) -> Iterator[tuple[str, Deed]]:
    """List every operation with its group."""
    for path, methods in made["paths"].items():
        for method in METHODS:
            if method in methods:
                operation = methods[method]
                yield operation["tags"][0], _deed(made, path, method, operation)


def _deed(made: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]) -> Deed:
    """Read one operation."""
    parameters = [each for each in operation.get("parameters", ()) if each["name"] != ONCE["name"]]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    answers = [answer for code, answer in operation["responses"].items() if code.startswith("2")]
    content = answers[0].get("content", {}).get("application/json", {}).get("schema", {})
    scopes = [scope for each in operation["security"] for names in each.values() for scope in names]
    first, _, rest = operation.get("description", "").partition("\n")
    return Deed(
        method=method.upper(),
        path=path.removeprefix(BASE) or "/",
        anchor=operation["operationId"].replace("_", "-"),
        title=first,
        about=" ".join(rest.split()),
        scope=next(iter(scopes), ""),
        once=len(parameters) != len(operation.get("parameters", ())),
        takes=(*(_parameter(made, each) for each in parameters), *_members(made, body)),
        gives=tuple(_members(made, content)),
    )


def _parameter(made: Mapping[str, Any], each: Mapping[str, Any]) -> Member:
    """Read a parameter of the path or the query."""
    kind = f"{each['in']}: {_kind(made, each['schema'])}"
    return Member(each["name"], kind, bool(each.get("required")), each.get("description", ""))


def _members(made: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Member]:
    """List the members of an object; of a free one, what it holds."""
    found = _resolved(made, schema)
    needed = found.get("required", ())
    for name, each in found.get("properties", {}).items():
        yield Member(name, _kind(made, each), name in needed, each.get("description", ""))
    if isinstance(found.get("additionalProperties"), dict):
        yield Member("…", _kind(made, found["additionalProperties"]), needed=False, about="")


def _resolved(made: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference."""
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = made["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def _kind(made: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Name a type in a few words: "list of Order", "text or null"."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(_kind(made, each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"[{_kind(made, schema.get('items', {}))}]"
    return str(schema.get("format") or schema.get("type", "any"))
