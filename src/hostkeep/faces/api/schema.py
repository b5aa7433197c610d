"""The description of the API: OpenAPI 3.1, made from the resources themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from hostkeep.faces.api.door import SAFE
from hostkeep.faces.api.keyed import Needs
from hostkeep.faces.api.root import root

PREFIX = "api/v1/"
SCHEME = "key"

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "A problem document (RFC 9457).  A refusal of the privacy policy names its clause.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "clause": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string"},
                    "why": {"type": "string"},
                    "clause": {"type": "string"},
                },
            },
        },
    },
}

ONCE = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "For 24 hours the same call under the same key gets the same answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128},
}

REFUSED = {
    "description": "Refused, and why",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """Return the whole description, ready for a JSON writer."""
    made: dict[str, Any] = json.loads(json.dumps(root.get_openapi_schema(path_prefix=PREFIX)))
    scopes = dict(_scopes())
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            _complete(operation, method.upper(), scopes[operation["operationId"]])
        made["paths"][path] = methods
    components = made["components"]
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["securitySchemes"] = {
        SCHEME: {"type": "http", "scheme": "bearer", "description": "A key of the API, hk_…"}
    }
    made["servers"] = [{"url": "/"}]
    return made


def _scopes() -> Iterator[tuple[str, str]]:
    """Say of each operation which scope it needs; an empty text where it needs no key."""
    for view in (view for router in root._get_bound_routers() for view in router.path_operations.values()):  # noqa: SLF001  the library shows its operations nowhere else
        for operation in view.operations:
            needs = [each.scope for each in operation.auth_callbacks if isinstance(each, Needs)]
            yield str(operation.operation_id), needs[0] if needs else ""


def _complete(operation: dict[str, Any], method: str, scope: str) -> None:
    """Add to an operation what the door does for all of them."""
    operation["security"] = [{SCHEME: [scope]}] if scope else []
    operation["responses"]["default"] = REFUSED
    if method not in SAFE:
        needed = operation["operationId"] == "place_order"
        operation.setdefault("parameters", []).append({**ONCE, "required": needed})
